//! The comparison with a foreign implementation: one that agrees passes, one that differs is told where, and by which rule.

use enterprise_credentials::{CorruptHistory, CredentialId, Enterprise, OrganizationId, Refusal, Rule, Timestamp};
use enterprise_credentials_testkit::foreign::{Answer, Asked, Implementation, compare};

/// The core again, as a stranger would wrap it: behind answers of its own.
#[derive(Default)]
struct Service {
    enterprise: Enterprise,
    /// The one rule that it does not know.
    forgotten: Option<Rule>,
}

impl Implementation for Service {
    type Error = CorruptHistory;

    fn begin(&mut self) -> Result<(), CorruptHistory> {
        self.enterprise = Enterprise::new();
        Ok(())
    }

    fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, CorruptHistory> {
        match self.enterprise.decide(asked.command, asked.at) {
            Ok(events) => {
                for recorded in self.enterprise.record(events.clone(), asked.at, None) {
                    self.enterprise.apply(&recorded)?;
                }
                Ok(Answer::accepted(Some(events), None))
            }
            Err(refusal) if Some(refusal.rule()) == self.forgotten => Ok(Answer::accepted(None, None)),
            Err(refusal) => Ok(refused(&refusal)),
        }
    }

    fn authenticates(&mut self, credential: CredentialId, at: Timestamp) -> Result<Option<bool>, CorruptHistory> {
        Ok(Some(self.enterprise.authenticates(credential, at).is_ok()))
    }

    fn may_use(
        &mut self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<Option<bool>, CorruptHistory> {
        Ok(Some(self.enterprise.may_use(credential, organization, at).is_ok()))
    }
}

fn refused(refusal: &Refusal) -> Answer {
    Answer::refused(Some(refusal.rule()), refusal.rule().http().map(|http| http.status))
}

#[test]
fn an_implementation_that_agrees_passes_and_has_met_every_rule() {
    let coverage = compare(&mut Service::default(), 1, 400).unwrap_or_else(|divergence| panic!("{divergence}"));
    assert_eq!(coverage.missing(), Vec::<String>::new());
}

#[test]
fn whichever_rule_an_implementation_forgets_the_divergence_names_it() {
    let forgotten = [
        Rule::OwnerOrPermission,
        Rule::RevokedPairIsTombstone,
        Rule::ManagedUsersOnly,
        Rule::CredentialIdNeverReused,
        Rule::RevocationsInOrder,
    ];
    for rule in forgotten {
        let mut service = Service {
            forgotten: Some(rule),
            ..Service::default()
        };
        let found = compare(&mut service, 1, 400).expect_err("it forgets a rule");
        assert_eq!(found.reason.rules, [rule]);
        assert!(found.to_string().contains(rule.sentence()), "{found}");
        println!("{found}");
    }
}
