//! T10: single commands, and how their cost grows with the enterprise.

use enterprise_credentials::{Command, CredentialKind, Scopes};
use enterprise_credentials_benches::history::{Grown, credential, organization, person};
use enterprise_credentials_benches::rounds::{compare, timed};

use crate::{at_most, carry_out, figure, title};

/// How many credentials a round works on.
const ROUND: usize = 1_000;

pub(crate) fn run(largest: u64) {
    title("Single commands on random credentials: decide, record and apply");
    let sizes = [1_000, 100_000, largest];
    let [mut small, mut medium, mut large] = sizes.map(|credentials| {
        let grown = Grown { credentials };
        let mut enterprise = grown.folded();
        let mut unused = credentials;
        let mut chosen = grown.shuffled().filter(|number| number % 4 == 0).cycle();
        move || {
            let commands: Vec<Command> = chosen
                .by_ref()
                .take(ROUND)
                .flat_map(|number| {
                    unused += 1;
                    four(number, unused)
                })
                .collect();
            timed(commands.len() as u64, || {
                commands.iter().for_each(|command| carry_out(&mut enterprise, command))
            })
        }
    });
    let taken = compare([&mut small, &mut medium, &mut large]);
    for (credentials, taken) in sizes.iter().zip(taken) {
        figure(&format!("{credentials} credentials"), taken, "ns/command");
    }
    let [smallest, _, largest] = taken;
    at_most("T10", "largest enterprise ÷ smallest", largest / smallest, 6.0);
}

/// One command of each kind: an authorization comes and goes, and so does a credential.
fn four(number: u64, unused: u64) -> [Command; 4] {
    let (credential, organization, issued) = (credential(number), organization(number % 200), credential(unused));
    [
        Command::AuthorizeCredential {
            credential,
            organization,
        },
        Command::IssueCredential {
            credential: issued,
            owner: person(number % 100),
            kind: CredentialKind::ClassicPat,
            scopes: Scopes::default(),
            expires_at: None,
            fingerprint: None,
        },
        Command::RevokeAuthorization {
            credential,
            organization,
        },
        Command::DestroyCredential { credential: issued },
    ]
}
