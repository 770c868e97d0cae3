//! Wrong about who may ask, and about what is asked first.

use std::vec::Vec;

use super::around_the_core;
use enterprise_credentials::rest::{self, Outcome};
use enterprise_credentials::{
    ADMIN_ENTERPRISE_SCOPE, Authority, Caller, Command, ENTERPRISE_CREDENTIALS_WRITE, Enterprise, EnterpriseKind,
    Event, Refusal, RevokeAll, Scopes, Timestamp,
};

type Decision = Result<Vec<Event>, Refusal>;

around_the_core! {
    OwnersOnly {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match (self.0.decide(command, at)?.as_slice(), command) {
                (
                    [Event::RevokeAllRequested { authority: Authority::Permission, .. }],
                    Command::RevokeAll(RevokeAll { caller: Caller::Person { person, .. }, .. }),
                ) => Err(Refusal::NotQualified(*person)),
                (events, _) => Ok(events.to_vec()),
            }
        }
    }

    ChildScopesSuffice {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            let Command::RevokeAll(request) = command else {
                return self.0.decide(command, at);
            };
            match self.0.decide(command, at) {
                Err(Refusal::ScopeMissing) if has_child_scope(&self.0, &request.caller) => {
                    self.0.decide(&Command::RevokeAll(in_a_web_session(request)), at)
                }
                decided => decided,
            }
        }
    }

    AnyonesToken {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match (self.0.decide(command, at), command) {
                (Err(Refusal::CredentialOfAnother { .. }), Command::RevokeAll(request)) => {
                    self.0.decide(&Command::RevokeAll(in_a_web_session(request)), at)
                }
                (decided, _) => decided,
            }
        }
    }

    ForgetsManagedUsers {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match (self.0.decide(command, at), command) {
                (Err(Refusal::NotManagedUsers), Command::RevokeAll(request)) => {
                    let request = RevokeAll { revoke_credentials: false, ..request.clone() };
                    self.0.decide(&Command::RevokeAll(request), at)
                }
                (decided, _) => decided,
            }
        }
    }

    ManagedUsersBeforeAuthority {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match command {
                Command::RevokeAll(request)
                    if request.revoke_credentials && self.0.kind() == Some(EnterpriseKind::PersonalAccounts) =>
                {
                    Err(Refusal::NotManagedUsers)
                }
                _ => self.0.decide(command, at),
            }
        }
    }

    BodyBeforeAuthority {
        fn handle(
            &self,
            request: &rest::Request<'_>,
            caller: Option<&Caller>,
            body: &[u8],
            at: Timestamp,
        ) -> Outcome {
            let answered = self.0.handle(request, caller, body, at);
            let installation = Caller::Installation {
                installation: crate::world::installation(1),
                organization: None,
                permissions: crate::world::valid(Scopes::parse([ENTERPRISE_CREDENTIALS_WRITE])),
            };
            let trusted = self.0.handle(request, caller.map(|_| &installation), body, at);
            match (answered.response.status, trusted.response.status) {
                (403, 400 | 413) => trusted,
                _ => answered,
            }
        }
    }
}

fn has_child_scope(enterprise: &Enterprise, caller: &Caller) -> bool {
    let credential = caller.credential().and_then(|id| enterprise.credential(id));
    credential
        .is_some_and(|it| it.scopes().contains("read:enterprise") && !it.scopes().contains(ADMIN_ENTERPRISE_SCOPE))
}

/// The same request by the same person, with no token that could be in the way.
fn in_a_web_session(request: &RevokeAll) -> RevokeAll {
    let caller = match request.caller {
        Caller::Person { person, .. } => Caller::Person {
            person,
            credential: None,
        },
        ref other => other.clone(),
    };
    RevokeAll {
        caller,
        ..request.clone()
    }
}
