//! A candidate behind the operations over HTTP, as a service would be built around it: a token must authenticate before
//! its owner is asked about.

use std::vec::Vec;

use enterprise_credentials::rest::{Decider, Operation, Place};
use enterprise_credentials::{
    Caller, Command, CredentialType, Enterprise, Event, PersonId, Refusal, Requested, Revoke, RevokeAll, Timestamp,
};

use crate::candidate::Candidate;
use crate::spoken::Spoken;

impl<C: Candidate + Send + Sync + 'static> Decider for Spoken<C> {
    fn enterprise(&self) -> &Enterprise {
        self.0.enterprise()
    }

    /// A candidate has no function of its own that says who may ask: the least that the caller could ask for tells it.
    fn authorize(&self, operation: Operation, owner: &str, caller: &Caller, at: Timestamp) -> Result<(), Refusal> {
        let caller = self.authenticated(caller, at)?;
        let Some(least) = self.least(operation, owner, &caller) else {
            return Decider::authorize(self.0.enterprise(), operation, owner, &caller, at);
        };
        match self.0.decide(&least, at) {
            // Too much of others is at work, which is asked after who asks.
            Err(Refusal::TooManyUnfinished { .. } | Refusal::TooManyOfOrganization(_)) => Ok(()),
            decided => decided.map(drop),
        }
    }

    fn person_by_login(&self, login: &str) -> Option<PersonId> {
        self.0.person_by_login(login)
    }

    fn decide(&self, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        let mut command = command.clone();
        if let Command::RevokeAll(RevokeAll { caller, .. }) | Command::Revoke(Revoke { caller, .. }) = &mut command {
            *caller = self.authenticated(caller, at)?;
        }
        self.0.decide(&command, at)
    }

    fn may_warn(&self, request: Requested<'_>, at: Timestamp) -> bool {
        self.0.warns(request, at)
    }
}

impl<C: Candidate> Spoken<C> {
    /// The caller, if the candidate says that the token authenticates. Where it alone says so, the person stands for
    /// the token: no token of theirs would be taken for alive behind it.
    fn authenticated(&self, caller: &Caller, at: Timestamp) -> Result<Caller, Refusal> {
        let Caller::Person {
            person,
            credential: Some(credential),
        } = *caller
        else {
            return Ok(caller.clone());
        };
        let owner = self.0.authenticates(credential, at).map_err(Refusal::Credential)?;
        let is_alone = owner == person && self.0.enterprise().authenticates(credential, at).is_err();
        Ok(match is_alone {
            true => Caller::Person {
                person,
                credential: None,
            },
            false => caller.clone(),
        })
    }

    /// The least that a caller of the operation could ask for there; nothing where no command asks for it.
    fn least(&self, operation: Operation, owner: &str, caller: &Caller) -> Option<Command> {
        let caller = caller.clone();
        let (organization, credential_type) = match (operation, operation.place()) {
            (Operation::List, _) => return None,
            (Operation::RevokeAll, _) => {
                return Some(Command::RevokeAll(RevokeAll {
                    caller,
                    revoke_credentials: false,
                    idempotency_key: None,
                }));
            }
            (_, Place::Enterprise) => (None, Some(CredentialType::ClassicPat)),
            (_, Place::Organization) => (Some(self.0.enterprise().organization_by_login(owner)?), None),
        };
        Some(Command::Revoke(Revoke {
            caller,
            organization,
            person: None,
            credential_type,
            revoke_credentials: false,
            idempotency_key: None,
        }))
    }
}
