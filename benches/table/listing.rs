//! The list of an organization's authorizations: for how long it keeps appends waiting.

use enterprise_credentials::rest::{self, Listing, Operation, Path, Presented, Request};
use enterprise_credentials::{Caller, Enterprise};
use enterprise_credentials_benches::history::{Grown, at, person};
use enterprise_credentials_benches::rounds::{ROUNDS, timed};

use crate::{figure, title};

const LIST: Request<'_> = Request {
    path: Path {
        operation: Operation::List,
        owner: "org-0",
        target: "",
    },
    headers: &[("User-Agent", b"bench")],
    request_id: "1",
};

pub(crate) fn run(largest: u64) {
    title(&format!(
        "A list of {largest} authorizations of one organization: the state is held for each look, and for the answer"
    ));
    let grown = Grown { credentials: largest };
    let enterprise = grown.in_one_organization();
    let rounds = [(); ROUNDS].map(|()| Holds::of(&enterprise));
    figure("the longest look", median(rounds.map(|round| round.longest_look)), "ms");
    figure("all looks", median(rounds.map(|round| round.looks)), "ms");
    figure("the answer", median(rounds.map(|round| round.answer)), "ms");
    figure(
        "the longest look, of all looks",
        median(rounds.map(|round| round.longest_look / round.looks)) * 100.0,
        "%",
    );
}

/// For how many milliseconds the state is held.
#[derive(Clone, Copy)]
struct Holds {
    longest_look: f64,
    looks: f64,
    answer: f64,
}

impl Holds {
    fn of(enterprise: &Enterprise) -> Self {
        let presented = presented(enterprise);
        let mut listing = rest::list(&LIST, Some(&presented), "", at(0)).expect("an owner may list");
        let (mut longest_look, mut looks) = (0.0_f64, 0.0);
        let mut there_is_more = true;
        while there_is_more {
            let taken = milliseconds(|| there_is_more = listing.look(enterprise));
            longest_look = longest_look.max(taken);
            looks += taken;
        }
        let answer = answer(listing, &presented);
        Self {
            longest_look,
            looks,
            answer,
        }
    }
}

/// The pass is left out: no row is observed.
fn answer(listing: Listing, presented: &Presented<'_>) -> f64 {
    let page = listing.page();
    let mut status = 0;
    let taken = milliseconds(|| status = page.respond(&LIST, Some(presented), at(0)).status);
    assert_eq!(status, 200);
    taken
}

/// The organization's owner in a web session.
fn presented(enterprise: &Enterprise) -> Presented<'_> {
    let caller = Caller::Person {
        person: person(0),
        credential: None,
    };
    Presented { enterprise, caller }
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    timed(1, work).seconds() * 1e3
}

fn median(mut rounds: [f64; ROUNDS]) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}
