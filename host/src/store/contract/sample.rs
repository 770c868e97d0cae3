//! Streams to append, made by asking the core.

use enterprise_credentials::log::write_line;
use enterprise_credentials::{Command, Enterprise, EnterpriseSlug, Timestamp};

use super::failure::{Holds, Verdict};
use super::lines::Line;
use crate::token;

const OWNER: u64 = 7;
const MEMBER: u64 = 9;

/// An enterprise, and the lines that made it.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) slug: EnterpriseSlug,
    pub(super) enterprise: Enterprise,
    pub(super) lines: Vec<Line>,
    at: Timestamp,
}

impl Sample {
    /// An enterprise of managed users with two organizations, some people, and credentials with fingerprints. `salt`
    /// stands behind each token, so that those of one sample are not those of another.
    pub(super) fn new(slug: &str, salt: &str) -> Verdict<Self> {
        let mut sample = Self {
            slug: EnterpriseSlug::new(slug).holds("a slug")?,
            enterprise: Enterprise::new(),
            lines: Vec::new(),
            at: Timestamp::parse("2026-03-10T09:00:00.000Z").holds("a time")?,
        };
        for command in [
            format!(r#"{{"type":"CreateEnterprise","slug":"{slug}","kind":"managed_users"}}"#),
            r#"{"type":"AddOrganization","organization":1,"login":"octo-org"}"#.to_owned(),
            r#"{"type":"AddOrganization","organization":2,"login":"octo-labs"}"#.to_owned(),
            format!(r#"{{"type":"AddMember","member":{OWNER},"login":"mona","role":"owner"}}"#),
            format!(r#"{{"type":"AddMember","member":{MEMBER},"login":"lisa","role":"member"}}"#),
        ] {
            sample.ask(&command)?;
        }
        for (credential, owner) in [(901, OWNER), (902, OWNER), (903, MEMBER), (904, MEMBER)] {
            sample.issue_to(owner, credential, &format!("ghp_{credential}{salt}"))?;
            sample.ask(&format!(
                r#"{{"type":"AuthorizeCredential","credential":{credential},"organization":1}}"#
            ))?;
        }
        // Ends with an issue, so that the last line can be at fault.
        sample.issue(905, &format!("ghp_905{salt}"))?;
        Ok(sample)
    }

    /// One that ends with a request to revoke everything; its tokens are those of no other slug.
    pub(super) fn revoked(slug: &str) -> Verdict<Self> {
        let mut sample = Self::new(slug, slug)?;
        sample.revoke_all()?;
        Ok(sample)
    }

    /// Issues a member a credential with this token.
    pub(super) fn issue(&mut self, credential: u64, token: &str) -> Verdict {
        self.issue_to(MEMBER, credential, token)
    }

    fn issue_to(&mut self, owner: u64, credential: u64, token: &str) -> Verdict {
        let fingerprint = token::fingerprint(token).holds("a fingerprint")?;
        let issued = format!(r#""credential":{credential},"owner":{owner},"fingerprint":"{fingerprint}""#);
        self.ask(&format!(
            r#"{{"type":"IssueCredential",{issued},"kind":"classic_pat","scopes":[]}}"#
        ))
    }

    /// Requests a revocation, which has the position that the stream then ends with.
    pub(super) fn revoke_all(&mut self) -> Verdict {
        self.ask(&format!(
            r#"{{"type":"RevokeAll","caller":{{"person":{OWNER}}},"revoke_credentials":true}}"#
        ))
    }

    /// Requests a narrower one.
    pub(super) fn revoke_classic_pats(&mut self) -> Verdict {
        let filter = r#""credential_type":"classic_pat""#;
        self.ask(&format!(
            r#"{{"type":"Revoke","caller":{{"person":{OWNER}}},{filter},"revoke_credentials":true}}"#
        ))
    }

    /// Records at most `limit` items of a revocation.
    pub(super) fn continue_revocation(&mut self, revocation: u64, limit: u32) -> Verdict {
        self.ask(&format!(
            r#"{{"type":"ContinueRevocation","revocation":{revocation},"limit":{limit}}}"#
        ))
    }

    /// Asks the core, records and applies what it answers.
    fn ask(&mut self, command: &str) -> Verdict {
        let command: Command = serde_json::from_str(command).holds("a command")?;
        let events = self.enterprise.decide(&command, self.at);
        for event in self.enterprise.record(events.holds("the core decides")?, self.at, None) {
            self.enterprise
                .apply(&event)
                .holds("the core applies what it decides")?;
            let mut bytes = Vec::new();
            write_line(&event, &mut bytes);
            bytes.pop();
            self.lines.push(Line { event, bytes });
        }
        self.at = Timestamp::from_milliseconds(self.at.milliseconds() + 1).holds("a time")?;
        Ok(())
    }
}
