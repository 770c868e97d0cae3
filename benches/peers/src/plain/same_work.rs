//! The plain decider beside the core, on the words of the test kit: it accepts and refuses the same, by the same rules,
//! and records the same. The plain decider is frozen at revoke-all, so the words are without the steps that it does not
//! have, and what only those steps can meet is named here.

use enterprise_credentials::{Caller, Command, CredentialId, OrganizationId, Timestamp};
use enterprise_credentials_testkit::foreign::{Answer, Asked, Implementation, compare_word};
use enterprise_credentials_testkit::{Ask, Coverage, Run, Word, explore};

use super::{Actor, Enterprise, Recorded, Refusal};
use crate::counts::Counts;
use crate::lines;
use crate::word::{by_chrono, plainly};

/// Under which words begin, and how many there are.
const SEED: u64 = 1;
const WORDS: u32 = 1_000;

/// The events and rules that only narrower revocations meet, in the catalogue's order.
const BEYOND_REVOKE_ALL: [&str; 18] = [
    "event OrganizationOwnerAdded",
    "event OrganizationOwnerRemoved",
    "event RevocationRequested",
    "rule organization_of_path",
    "rule admin_org_scope",
    "rule organization_administration",
    "rule token_authorized_for_organization",
    "rule organization_owner_required",
    "rule person_of_path",
    "rule organization_destroys_nothing",
    "rule first_owner_is_no_target",
    "rule organization_owner_is_member",
    "rule ownership_ends",
    "rule revocation_names_its_scope",
    "rule filters_narrow_the_scope",
    "rule app_tokens_are_one_type",
    "rule person_whatever_the_role",
    "rule organization_leaves_no_tombstone",
];

struct Plain(Enterprise);

impl Plain {
    /// Records and applies what was decided.
    fn follow(&mut self, asked: &Asked<'_>, events: Vec<super::Event>) -> Result<(), String> {
        let by_core: Vec<Recorded> = asked.recorded_by_core.iter().map(read_back).collect();
        let by = match asked.command {
            // The core's envelope is without a cause then, whatever the host says: so is this one.
            Command::RevokeAll(_) => Some(Actor::Installation { installation: 1 }),
            _ => by_core.first().and_then(|recorded| recorded.by),
        };
        let recorded: Vec<Recorded> = self.0.record(events, by_chrono(asked.at), by).collect();
        if recorded != by_core {
            return Err(format!("recorded {recorded:?}"));
        }
        recorded.into_iter().for_each(|recorded| self.0.apply(recorded));
        let mut core = asked.core_before.clone();
        core.apply_all(asked.recorded_by_core)
            .map_err(|error| error.to_string())?;
        let (counts, by_core) = (Counts::from(&self.0), Counts::from(&core));
        if counts == by_core {
            return Ok(());
        }
        Err(format!("counts {counts:?}, the core {by_core:?}"))
    }
}

impl Implementation for Plain {
    type Error = String;

    fn begin(&mut self) -> Result<(), String> {
        self.0 = Enterprise::default();
        Ok(())
    }

    fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, String> {
        match self.0.decide(plainly(asked.command), by_chrono(asked.at)) {
            Ok(events) => self.follow(asked, events).map(|()| Answer::accepted(None, None)),
            Err(Refusal(rule)) => Ok(Answer::refused(Some(rule), None)),
        }
    }

    fn authenticates(&mut self, credential: CredentialId, at: Timestamp) -> Result<Option<bool>, String> {
        let authenticated = self.0.authenticated(credential.value(), by_chrono(at));
        Ok(Some(authenticated.is_ok()))
    }

    fn may_use(
        &mut self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<Option<bool>, String> {
        let authenticated = self.0.authenticated(credential.value(), by_chrono(at));
        Ok(Some(authenticated.is_ok_and(|credential| {
            credential.authorization(organization.value()).is_some_and(|had| {
                self.0.is_live(credential, had) && self.0.pending_authorization(credential, had).is_none()
            })
        })))
    }
}

/// What the core recorded, as the plain decider reads it from a log.
fn read_back(recorded: &enterprise_credentials::RecordedEvent) -> Recorded {
    let mut line = Vec::new();
    enterprise_credentials::log::write_line(recorded, &mut line);
    lines::parse(str::from_utf8(&line).unwrap()).unwrap()
}

#[test]
fn the_plain_decider_does_the_same_work_as_the_core() {
    let mut coverage = Coverage::default();
    let explored = explore(SEED, WORDS, |word| {
        let word = up_to_revoke_all(word);
        coverage.observe(&Run::<enterprise_credentials::Enterprise>::of(&word));
        compare_word(&mut Plain(Enterprise::default()), &word)
    });
    explored.unwrap_or_else(|counterexample| panic!("{counterexample}"));
    assert_eq!(
        coverage.missing(),
        BEYOND_REVOKE_ALL,
        "every other event and rule was met"
    );
}

/// The word without the steps that the plain decider does not have.
fn up_to_revoke_all(word: &Word) -> Word {
    let steps = word.0.iter().filter(|step| is_known(&step.ask));
    Word(steps.cloned().collect())
}

fn is_known(ask: &Ask) -> bool {
    match ask {
        Ask::Command(Command::RevokeAll(request)) => !is_limited_to_an_organization(&request.caller),
        Ask::Command(
            Command::Revoke(_) | Command::AddOrganizationOwner { .. } | Command::RemoveOrganizationOwner { .. },
        ) => false,
        Ask::Command(_) | Ask::Continue { .. } | Ask::Retry { .. } => true,
    }
}

const fn is_limited_to_an_organization(caller: &Caller) -> bool {
    matches!(
        caller,
        Caller::Installation {
            organization: Some(_),
            ..
        }
    )
}
