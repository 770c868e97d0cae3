//! If a request has several faults, the answer names the first one in the catalogue's order.

use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use crate::candidate::Candidate;
use crate::laws::{Law, Violation};
use crate::run::{Moment, Run};
use enterprise_credentials::limits::BODY_BYTES_MAX;
use enterprise_credentials::rest::{self, Operation};
use enterprise_credentials::{Command, Requested, Rule};

pub(crate) fn precedence<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for (moment, request) in asked(run) {
        let broken = moment.witness_before.faults(request, moment.at);
        let found = moment.decided.as_ref().err().map(|refusal| refusal.rule());
        is_first(moment, &broken, found, || format!("decide {request:?}"))?;
        for fault in faults() {
            let exchange = Exchange {
                moment,
                request,
                fault: &fault,
            };
            let broken = exchange.broken();
            let answer = exchange.send();
            is_first(moment, &broken, answer.response.refused_by, || {
                format!("{fault:?} of {request:?}")
            })?;
            let status = broken
                .iter()
                .filter_map(|rule| rule.http())
                .min_by_key(|http| http.precedence);
            let status = status.map_or(202, |http| http.status);
            let found = answer.response.status;
            Law::Precedence.at(moment, found == status, || {
                format!("{fault:?}: status {found} where {status} is due")
            })?;
        }
    }
    Ok(())
}

/// The rules that refuse the requests of a run, when each is sent over HTTP with every combination of faults.
pub(crate) fn rules_over_http<C: Candidate>(run: &Run<C>) -> Vec<Rule> {
    let refusals = asked(run).flat_map(|(moment, request)| {
        let sent = faults().into_iter().map(move |fault| {
            Exchange {
                moment,
                request,
                fault: &fault,
            }
            .send()
        });
        sent.filter_map(|outcome| outcome.response.refused_by)
    });
    refusals.chain(rules_of_lists_and_removals(run)).collect()
}

/// The rules that whoever asks meets when they list an organization's authorizations, and remove one.
fn rules_of_lists_and_removals<C: Candidate>(run: &Run<C>) -> impl Iterator<Item = Rule> {
    let at_organizations = asked(run).filter(|(_, request)| request.organization.is_some());
    at_organizations
        .flat_map(|(moment, request)| {
            let owner = owner(moment, request);
            let headers: [(&str, &[u8]); 1] = [("User-Agent", b"testkit")];
            let of = |operation, target| rest::Request {
                path: rest::Path {
                    operation,
                    owner: &owner,
                    target,
                },
                headers: &headers,
                request_id: "1",
            };
            let presented = rest::Presented {
                enterprise: moment.before.enterprise(),
                caller: request.caller.clone(),
            };
            let listed = match rest::list(&of(Operation::List, ""), Some(&presented), "", moment.at) {
                Err(refused) => refused.refused_by,
                Ok(mut listing) => {
                    while listing.look(moment.before.enterprise()) {}
                    listing.needs_stream().then_some(Rule::ListedInOrderOfGrant)
                }
            };
            let removal = of(Operation::Remove, "999999");
            let removed = moment.before.handle(&removal, Some(request.caller), b"", moment.at);
            [listed, removed.response.refused_by]
        })
        .flatten()
}

/// The first name in the path of a request: of what is not there, a name that nothing has.
fn owner<C: Candidate>(moment: &Moment<C>, request: Requested<'_>) -> String {
    let enterprise = moment.before.enterprise();
    match request.organization {
        None => enterprise.slug().map_or("octo-corp", |slug| slug.as_str()).to_string(),
        Some(organization) => match moment.witness_before.organizations.get(&organization) {
            Some(Some(login)) => login.as_str().to_ascii_uppercase(),
            _ => String::from("nowhere"),
        },
    }
}

/// The requests of a run that some operation makes.
fn asked<C: Candidate>(run: &Run<C>) -> impl Iterator<Item = (&Moment<C>, Requested<'_>)> {
    run.moments.iter().filter_map(|moment| {
        let request = moment.command.requested()?;
        let is_one = matches!(moment.command, Command::RevokeAll(_)) || !request.is_of_everything();
        is_one.then_some((moment, request))
    })
}

/// The operation that makes a request.
fn operation(request: Requested<'_>) -> Operation {
    match (request.organization, request.person, request.credential_type) {
        (None, None, None) => Operation::RevokeAll,
        (None, None, Some(_)) => Operation::RevokeType,
        (None, Some(_), None) => Operation::RevokePerson,
        (None, Some(_), Some(_)) => Operation::RevokePersonType,
        (Some(_), None, None) => Operation::OrganizationRevokeAll,
        (Some(_), None, Some(_)) => Operation::OrganizationRevokeType,
        (Some(_), Some(_), None) => Operation::OrganizationRevokePerson,
        (Some(_), Some(_), Some(_)) => Operation::OrganizationRevokePersonType,
    }
}

fn is_first<C>(
    moment: &Moment<C>,
    broken: &[Rule],
    found: Option<Rule>,
    what: impl FnOnce() -> String,
) -> Result<(), Violation> {
    let turn = |rule: &Rule| rule.http().map(|http| http.precedence);
    let first = broken.iter().min_by_key(|rule| turn(rule));
    let as_it_must = match (first, found) {
        (None, None) => true,
        (Some(first), Some(found)) => turn(first) == turn(&found) && broken.contains(&found),
        _ => false,
    };
    Law::Precedence.at(moment, as_it_must, || {
        let rules: Vec<&str> = broken.iter().map(|rule| rule.id()).collect();
        let (first, found) = (first.map(|rule| rule.id()), found.map(Rule::id));
        format!("{}\n  breaks {rules:?}, so is due {first:?}, found {found:?}", what())
    })
}

/// What is wrong with an HTTP request, beside what its caller may not do.
#[derive(Debug, Clone)]
struct Fault {
    no_user_agent: bool,
    unknown_token: bool,
    unknown_version: bool,
    other_slug: bool,
    malformed_key: bool,
    body: Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    AsAsked,
    TooLarge,
    NotJson,
    NotObject,
    Twice,
    NoType,
    NotBoolean,
}

/// Every combination of faults.
fn faults() -> Vec<Fault> {
    let bodies = [
        Body::AsAsked,
        Body::TooLarge,
        Body::NotJson,
        Body::NotObject,
        Body::Twice,
        Body::NoType,
        Body::NotBoolean,
    ];
    let combinations = (0..32_u8).flat_map(|bits| bodies.into_iter().map(move |body| (bits, body)));
    let fault = |(bits, body): (u8, Body)| Fault {
        no_user_agent: bits & 1 != 0,
        unknown_token: bits & 2 != 0,
        unknown_version: bits & 4 != 0,
        other_slug: bits & 8 != 0,
        malformed_key: bits & 16 != 0,
        body,
    };
    combinations.map(fault).collect()
}

struct Exchange<'a, C> {
    moment: &'a Moment<C>,
    request: Requested<'a>,
    fault: &'a Fault,
}

impl<C: Candidate> Exchange<'_, C> {
    /// Every rule that the request breaks.
    fn broken(&self) -> Vec<Rule> {
        let fault = self.fault;
        let names_type = operation(self.request).names_type();
        let body = match fault.body {
            Body::AsAsked => None,
            Body::NoType => names_type.then_some(Rule::CredentialTypeNamed),
            Body::TooLarge => Some(Rule::BodyWithinLimit),
            Body::NotJson => Some(Rule::BodyIsJson),
            Body::NotObject => Some(Rule::BodyIsObject),
            Body::Twice => Some(Rule::RevokeCredentialsOnce),
            Body::NotBoolean => Some(Rule::RevokeCredentialsBoolean),
        };
        let of_http = [
            fault.no_user_agent.then_some(Rule::UserAgentRequired),
            fault.unknown_token.then_some(Rule::TokenKnown),
            fault.unknown_version.then_some(Rule::ApiVersionKnown),
            fault.other_slug.then_some(match self.request.organization {
                None => Rule::EnterpriseOfToken,
                Some(_) => Rule::OrganizationOfPath,
            }),
            fault.malformed_key.then_some(Rule::IdempotencyKeyWellFormed),
            body,
        ];
        let mut asked = self.request;
        asked.revoke_credentials &= body.is_none() && fault.body == Body::AsAsked;
        asked.idempotency_key = asked.idempotency_key.filter(|_| !fault.malformed_key && body.is_none());
        let of_caller = match fault.unknown_token {
            true => Vec::new(),
            false => self.moment.witness_before.faults(asked, self.moment.at),
        };
        of_http.into_iter().flatten().chain(of_caller).collect()
    }

    fn send(&self) -> rest::Outcome {
        let fault = self.fault;
        let key = self.request.idempotency_key.as_ref().map(|key| key.as_str());
        let mut headers: Vec<(&str, &[u8])> = vec![("Authorization", b"Bearer T")];
        headers.extend((!fault.no_user_agent).then_some(("User-Agent", b"testkit".as_slice())));
        headers.extend(
            fault
                .unknown_version
                .then_some(("X-GitHub-Api-Version", b"1999-01-01".as_slice())),
        );
        match (fault.malformed_key, key) {
            (true, _) => headers.push(("Idempotency-Key", b"two words")),
            (false, Some(key)) => headers.push(("Idempotency-Key", key.as_bytes())),
            (false, None) => {}
        }
        let owner = owner(self.moment, self.request);
        let person = self
            .request
            .person
            .and_then(|person| self.moment.witness_before.person(person));
        let target = person.map(|person| person.login.as_str().to_ascii_uppercase());
        let request = rest::Request {
            path: rest::Path {
                operation: operation(self.request),
                owner: if fault.other_slug { "another-corp" } else { &owner },
                target: target.as_deref().unwrap_or("nobody"),
            },
            headers: &headers,
            request_id: "1",
        };
        let caller = (!fault.unknown_token).then_some(self.request.caller);
        self.moment
            .before
            .handle(&request, caller, &self.body(), self.moment.at)
    }

    fn body(&self) -> Vec<u8> {
        let of_type = self
            .request
            .credential_type
            .map(|of| format!(r#""credential_type":"{of}","#));
        let of_type = of_type.unwrap_or_default();
        let asks = self.request.revoke_credentials;
        match self.fault.body {
            Body::AsAsked => format!(r#"{{{of_type}"revoke_credentials":{asks}}}"#).into_bytes(),
            Body::TooLarge => vec![b' '; BODY_BYTES_MAX + 1],
            Body::NotJson => b"{".to_vec(),
            Body::NotObject => b"[]".to_vec(),
            Body::Twice => br#"{"revoke_credentials":true,"revoke_credentials":null}"#.to_vec(),
            Body::NoType => b"{}".to_vec(),
            Body::NotBoolean => format!(r#"{{{of_type}"revoke_credentials":null}}"#).into_bytes(),
        }
    }
}
