//! Of several faults of a request, the one that the catalogue puts first is answered.

use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use crate::limits::BODY_BYTES_MAX;
use crate::testkit::candidate::Candidate;
use crate::testkit::laws::{Law, Violation};
use crate::testkit::run::{Moment, Run};
use crate::{Command, RevokeAll, Rule, rest};

pub(crate) fn precedence<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for moment in &run.moments {
        let Some(request) = moment.command.requested() else {
            continue;
        };
        let narrower = matches!(moment.command, Command::Revoke(_));
        if narrower && request.is_of_everything() {
            continue;
        }
        let broken = moment.witness_before.faults(request, moment.at);
        let found = moment.decided.as_ref().err().map(|refusal| refusal.rule());
        is_first(moment, &broken, found, || format!("decide {request:?}"))?;
    }
    for (moment, request) in asked(run) {
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
    refusals.collect()
}

fn asked<C: Candidate>(run: &Run<C>) -> impl Iterator<Item = (&Moment<C>, &RevokeAll)> {
    run.moments.iter().filter_map(|moment| match &moment.command {
        Command::RevokeAll(request) => Some((moment, request)),
        _ => None,
    })
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
    request: &'a RevokeAll,
    fault: &'a Fault,
}

impl<C: Candidate> Exchange<'_, C> {
    /// Every rule that the request breaks.
    fn broken(&self) -> Vec<Rule> {
        let fault = self.fault;
        let body = match fault.body {
            Body::AsAsked => None,
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
            fault.other_slug.then_some(Rule::EnterpriseOfToken),
            fault.malformed_key.then_some(Rule::IdempotencyKeyWellFormed),
            body,
        ];
        let mut asked = self.request.clone();
        asked.revoke_credentials &= body.is_none();
        asked.idempotency_key = asked.idempotency_key.filter(|_| !fault.malformed_key && body.is_none());
        let of_caller = match fault.unknown_token {
            true => Vec::new(),
            false => self.moment.witness_before.faults(&asked, self.moment.at),
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
        let slug = self
            .moment
            .before
            .enterprise()
            .slug()
            .map_or("octo-corp", |slug| slug.as_str());
        let request = rest::Request {
            enterprise: if fault.other_slug { "another-corp" } else { slug },
            headers: &headers,
            request_id: "1",
        };
        let caller = (!fault.unknown_token).then_some(&self.request.caller);
        self.moment
            .before
            .handle(&request, caller, &self.body(), self.moment.at)
    }

    fn body(&self) -> Vec<u8> {
        match self.fault.body {
            Body::AsAsked => format!(r#"{{"revoke_credentials":{}}}"#, self.request.revoke_credentials).into_bytes(),
            Body::TooLarge => vec![b' '; BODY_BYTES_MAX + 1],
            Body::NotJson => b"{".to_vec(),
            Body::NotObject => b"[]".to_vec(),
            Body::Twice => br#"{"revoke_credentials":true,"revoke_credentials":null}"#.to_vec(),
            Body::NotBoolean => br#"{"revoke_credentials":null}"#.to_vec(),
        }
    }
}
