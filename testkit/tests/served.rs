//! The operations over HTTP, asked of a candidate: the core as a candidate answers as the core itself.

use std::collections::BTreeSet;

use enterprise_credentials::rest::{self, Decider, Operation, Outcome, Place, Presented, Request};
use enterprise_credentials::{Caller, Enterprise, OrganizationId, PersonId, Timestamp};
use enterprise_credentials_testkit::{Run, Spoken, explore};

/// How many random words.
const WORDS: u32 = 60;
const HEADERS: [(&str, &[u8]); 1] = [("User-Agent", b"testkit")];
const BODY: &[u8] = br#"{"credential_type":"classic_pat","revoke_credentials":true}"#;

fn answer(decider: &dyn Decider, caller: &Caller, path: rest::Path<'_>, body: &[u8], at: Timestamp) -> Outcome {
    let presented = Presented {
        enterprise: decider,
        caller: caller.clone(),
    };
    let request = Request {
        path,
        headers: &HEADERS,
        request_id: "1",
    };
    if path.operation != Operation::List {
        return rest::handle(&request, Some(&presented), body, at);
    }
    let refused = rest::list(&request, Some(&presented), "", at).err();
    Outcome {
        events: Vec::new(),
        by: None,
        response: refused.unwrap_or_else(|| rest::not_found("listed")),
        repeats: None,
    }
}

/// Every path that names who or what is in the enterprise, and one that names nobody.
fn paths(enterprise: &Enterprise, mut each: impl FnMut(rest::Path<'_>)) {
    let slug = enterprise.slug().map_or("octo-corp", |slug| slug.as_str());
    let person = PersonId::new(1).ok().and_then(|person| enterprise.last_login(person));
    let organization = OrganizationId::new(1).ok();
    let organization = organization.and_then(|organization| enterprise.last_organization_login(organization));
    for operation in Operation::ALL {
        let owner = match operation.place() {
            Place::Enterprise => slug,
            Place::Organization => organization.map_or("nowhere", |login| login.as_str()),
        };
        for target in [person.map_or("nobody", |login| login.as_str()), "1"] {
            each(rest::Path {
                operation,
                owner,
                target,
            });
        }
    }
}

#[test]
fn the_core_answers_as_itself() {
    let mut statuses = BTreeSet::new();
    let same = explore(1, WORDS, |word| {
        for moment in Run::<Enterprise>::of(word).moments {
            let Some(asked) = moment.command.requested() else {
                continue;
            };
            let (core, candidate) = (&moment.before, Spoken(moment.before.clone()));
            let mut differs = None::<String>;
            paths(core, |path| {
                for body in [b"{}".as_slice(), BODY] {
                    let due = answer(core, asked.caller, path, body, moment.at);
                    let found = answer(&candidate, asked.caller, path, body, moment.at);
                    statuses.insert(due.response.status);
                    if found != due {
                        differs = Some(format!("{path:?} by {:?}: {found:?}, and due is {due:?}", asked.caller));
                    }
                }
            });
            if let Some(differs) = differs {
                return Err(differs);
            }
        }
        Ok(())
    });
    same.unwrap();
    assert_eq!(Vec::from_iter(statuses), [202, 204, 401, 403, 404, 422]);
}
