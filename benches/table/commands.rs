//! T10: single commands, and how their cost grows with the enterprise; and lists of commands, decided as one.

use enterprise_credentials::limits::COMMANDS_MAX;
use enterprise_credentials::{Command, CredentialKind, Scopes};
use enterprise_credentials_benches::history::{Grown, at, credential, organization, person};
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

/// Decided alone: what a list takes beyond its commands is the small state that it is decided on.
pub(crate) fn run_lists(largest: u64) {
    title("Lists of 1,000 commands on random credentials: decided as one");
    let sizes = [1_000, 100_000, largest];
    let [mut small, mut medium, mut large] = sizes.map(|credentials| {
        let grown = Grown { credentials };
        let enterprise = grown.folded();
        let mut chosen = grown.shuffled().filter(|number| number % 4 == 0).cycle();
        move || {
            let numbers = chosen.by_ref().take(COMMANDS_MAX / 4);
            let unused = credentials..;
            let list: Vec<Command> = numbers
                .zip(unused)
                .flat_map(|(number, unused)| four(number, unused))
                .collect();
            timed(list.len() as u64, || {
                let events = enterprise.decide_all(&list, at(0)).expect("allowed commands");
                assert!(!events.is_empty());
            })
        }
    });
    let taken = compare([&mut small, &mut medium, &mut large]);
    for (credentials, taken) in sizes.iter().zip(taken) {
        figure(&format!("{credentials} credentials"), taken, "ns/command");
    }
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
