//! A list of commands is decided as its commands are one by one, or not at all.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod seeds;

use core::num::NonZeroU32;

use enterprise_credentials::limits::COMMANDS_MAX;
use enterprise_credentials::{
    Command, CredentialId, Enterprise, EnterpriseKind, EnterpriseSlug, Event, ListRefusal, Login, OrganizationId,
    PersonId, RevocationId, Role, Rule, Timestamp,
};
use enterprise_credentials_testkit::{Run, explore};

use crate::seeds::seeds;

/// Random words under each seed.
const WORDS: u32 = 400;
/// How long the lists are that are cut out of a word.
const LENGTHS: [usize; 5] = [1, 2, 4, 12, 60];

type Answer = Result<Vec<Event>, ListRefusal>;
type DecideAll = fn(&Enterprise, &[Command], Timestamp) -> Answer;

/// What [`Enterprise::decide_all`] promises to equal.
fn one_by_one(enterprise: &Enterprise, commands: &[Command], at: Timestamp) -> Answer {
    let mut state = enterprise.clone();
    let mut decided = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        let events = state.decide(command, at);
        let events = events.map_err(|refusal| ListRefusal::Refused { index, refusal })?;
        decided.extend(events.clone());
        for recorded in state.record(events, at, None) {
            let applied = state.apply(&recorded);
            applied.map_err(|misfit| ListRefusal::Misfit { index, misfit })?;
        }
    }
    Ok(decided)
}

/// What was met on the way: a test that met nothing has shown nothing.
#[derive(Debug, Default)]
struct Met {
    accepted: u32,
    refused: u32,
    while_running: u32,
    with_request: u32,
    early_records: u32,
}

impl Met {
    fn note(&mut self, enterprise: &Enterprise, list: &[Command], answer: &Answer) {
        match answer {
            Ok(events) if list.len() > 1 => {
                self.accepted += 1;
                self.while_running += u32::from(enterprise.pending_revocations().next().is_some());
                let has = |is: fn(&Event) -> bool| u32::from(events.iter().any(is));
                self.with_request += has(|event| matches!(event, Event::RevokeAllRequested { .. }));
                self.early_records += has(|event| {
                    matches!(
                        event,
                        Event::AuthorizationRevoked {
                            revocation: Some(_),
                            ..
                        } | Event::CredentialDestroyed {
                            revocation: Some(_),
                            ..
                        }
                    )
                });
            }
            Ok(_) => {}
            Err(_) => self.refused += 1,
        }
    }
}

/// Compares on lists cut out of random words, from every state that they reach: as they are,
/// and without the commands that are refused.
fn judge(decide_all: DecideAll, seed: u64, words: u32) -> Result<Met, String> {
    let mut met = Met::default();
    let explored = explore(seed, words, |word| {
        let run = Run::<Enterprise>::of(word);
        for (first, moment) in run.moments.iter().enumerate() {
            let length = LENGTHS[first % LENGTHS.len()];
            let commands = run.moments[first..].iter().map(|moment| &moment.command);
            let commands = commands.filter(|command| !matches!(command, Command::ContinueRevocation { .. }));
            let mut list: Vec<Command> = commands.take(length).cloned().collect();
            loop {
                let expected = one_by_one(&moment.before, &list, moment.at);
                let found = decide_all(&moment.before, &list, moment.at);
                if found != expected {
                    return Err(format!("{list:#?}\nexpected: {expected:?}\nfound:    {found:?}"));
                }
                met.note(&moment.before, &list, &found);
                match found.as_ref().err().and_then(ListRefusal::index) {
                    Some(refused) => drop(list.remove(refused)),
                    None => break,
                }
            }
        }
        Ok(())
    });
    explored.map_err(|counterexample| counterexample.to_string())?;
    Ok(met)
}

#[test]
fn a_list_is_decided_as_its_commands_one_by_one() {
    for seed in seeds() {
        let met = judge(Enterprise::decide_all, seed, WORDS).unwrap_or_else(|differs| panic!("{differs}"));
        println!("{met:?}");
        let Met {
            accepted,
            refused,
            while_running,
            with_request,
            early_records,
        } = met;
        let least = [accepted, refused, while_running, with_request, early_records]
            .into_iter()
            .min();
        assert!(least > Some(50), "{met:?}");
    }
}

/// Each command as if it were the first.
fn without_memory(enterprise: &Enterprise, commands: &[Command], at: Timestamp) -> Answer {
    let decided = commands.iter().enumerate().map(|(index, command)| {
        let events = enterprise.decide(command, at);
        events.map_err(|refusal| ListRefusal::Refused { index, refusal })
    });
    decided.collect::<Result<Vec<_>, _>>().map(|events| events.concat())
}

/// Right until a job runs.
fn without_memory_while_a_job_runs(enterprise: &Enterprise, commands: &[Command], at: Timestamp) -> Answer {
    let is_quiet = enterprise.pending_revocations().next().is_none();
    if is_quiet {
        one_by_one(enterprise, commands, at)
    } else {
        without_memory(enterprise, commands, at)
    }
}

#[test]
fn the_comparison_notices_a_list_whose_commands_do_not_see_each_other() {
    for wrong in [without_memory as DecideAll, without_memory_while_a_job_runs] {
        assert!(judge(wrong, 1, WORDS).is_err());
    }
}

fn at() -> Timestamp {
    Timestamp::parse("2026-03-10T09:00:00.000Z").unwrap()
}

fn founding() -> Vec<Command> {
    let organization = OrganizationId::new(3).unwrap();
    let [octo_org, mona] = ["octo-org", "mona"].map(|login| Login::new(login).unwrap());
    Vec::from([
        Command::CreateEnterprise {
            slug: EnterpriseSlug::new("octo-corp").unwrap(),
            kind: EnterpriseKind::ManagedUsers,
        },
        Command::AddOrganization {
            organization,
            login: octo_org,
        },
        Command::AddMember {
            member: PersonId::new(7).unwrap(),
            login: mona,
            role: Role::Owner,
        },
    ])
}

#[test]
fn an_enterprise_can_be_founded_by_one_list() {
    let events = Enterprise::new().decide_all(&founding(), at()).unwrap();
    let names: Vec<&str> = events.iter().map(Event::name).collect();
    assert_eq!(names, ["EnterpriseCreated", "OrganizationAdded", "MemberAdded"]);
    assert_eq!(Enterprise::new().decide_all(&[], at()), Ok(Vec::new()));
}

#[test]
fn a_refusal_names_the_command_and_its_rule_and_says_so_to_machines() {
    let mut list = founding();
    let credential = CredentialId::new(901).unwrap();
    list.push(Command::DestroyCredential { credential });
    let refusal = Enterprise::new().decide_all(&list, at()).unwrap_err();
    assert_eq!(
        (refusal.index(), refusal.rule()),
        (Some(3), Some(Rule::CredentialKnown))
    );
    let json =
        r#"{"index":3,"rule":"credential_known","message":"command 4 of the list: credential `901` was never issued"}"#;
    assert_eq!(serde_json::to_string(&refusal).unwrap(), json);
}

#[test]
fn a_list_has_an_end_and_no_batch_of_a_job() {
    let organization = OrganizationId::new(3).unwrap();
    let remove = Command::RemoveOrganization { organization };
    let mut enterprise = Enterprise::new();
    let events = enterprise.decide_all(&founding(), at()).unwrap();
    for recorded in enterprise.record(events, at(), None) {
        enterprise.apply(&recorded).unwrap();
    }
    let most = vec![remove.clone(); COMMANDS_MAX];
    assert_eq!(
        enterprise.decide_all(&most, at()).unwrap().len(),
        1,
        "the others find nothing to do"
    );
    let more = vec![remove.clone(); COMMANDS_MAX + 1];
    assert_eq!(
        enterprise.decide_all(&more, at()),
        Err(ListRefusal::TooLong { found: 1_001 })
    );

    let (revocation, limit) = (RevocationId::new(4).unwrap(), NonZeroU32::MIN);
    let list = [remove, Command::ContinueRevocation { revocation, limit }];
    let refusal = enterprise.decide_all(&list, at()).unwrap_err();
    assert_eq!(refusal, ListRefusal::Continuation { index: 1, revocation });
    assert_eq!((refusal.index(), refusal.rule()), (Some(1), None));
}

#[test]
fn a_time_before_the_streams_last_is_no_refusal_of_a_rule() {
    let mut enterprise = Enterprise::new();
    let events = enterprise.decide_all(&founding(), at()).unwrap();
    for recorded in enterprise.record(events, at(), None) {
        enterprise.apply(&recorded).unwrap();
    }
    let organization = OrganizationId::new(3).unwrap();
    let list = [Command::RemoveOrganization { organization }];
    let refusal = enterprise.decide_all(&list, Timestamp::MIN).unwrap_err();
    assert!(matches!(refusal, ListRefusal::Misfit { index: 0, .. }), "{refusal}");
    assert_eq!(refusal.rule(), None);
}
