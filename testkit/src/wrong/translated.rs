//! Wrong about what is in scope. These cores misunderstand an event, and do so consistently.

use super::around_the_core;
use enterprise_credentials::{CorruptHistory, CredentialKind, Event, RecordedEvent, Role};

around_the_core! {
    GuestsAreMembers {
        fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
            let guest = |role| if role == Role::GuestCollaborator { Role::Member } else { role };
            self.0.apply(&with_role(recorded, guest))
        }
    }

    BillingManagersAreSpared {
        fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
            let manager = |role| if role == Role::BillingManager { Role::RepositoryCollaborator } else { role };
            self.0.apply(&with_role(recorded, manager))
        }
    }

    AppTokensAreDestroyed {
        fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
            let mut understood = recorded.clone();
            if let Event::CredentialIssued { kind, .. } = &mut understood.event
                && *kind == CredentialKind::OauthAppUserToken
            {
                *kind = CredentialKind::ClassicPat;
            }
            self.0.apply(&understood)
        }
    }
}

fn with_role(recorded: &RecordedEvent, understand: impl Fn(Role) -> Role) -> RecordedEvent {
    let mut understood = recorded.clone();
    if let Event::MemberAdded { role, .. } | Event::MemberRoleChanged { role, .. } = &mut understood.event {
        *role = understand(*role);
    }
    understood
}
