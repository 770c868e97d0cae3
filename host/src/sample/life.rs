//! The course of a sample's history: the enterprise is founded, people join, credentials are issued, and things end.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use enterprise_credentials::{
    Actor, Command, CredentialId, CredentialKind, Enterprise, OrganizationId, Permission, PersonId, RecordedEvent,
    Refusal, Scopes, Timestamp,
};

use super::Sample;
use super::cast::{self, FOUNDERS};
use super::draw::Draw;
use super::fate::{self, HOUR_MS};

/// 2025-09-01T07:00:00.000Z
const START_MS: i64 = 1_756_710_000_000;
const SPAN_MS: i64 = 180 * 24 * HOUR_MS;
/// The most time that passes between two events of one occasion.
const MOMENT_MS: u64 = 250;
/// How many people there are to an organization, about, and the fewest and the most organizations.
const MEMBERS_PER_ORGANIZATION: u32 = 200;
const ORGANIZATIONS_MIN: u32 = 5;
const ORGANIZATIONS_MAX: u32 = 200;

/// An enterprise that is being lived.
pub(super) struct Life<'a> {
    sample: &'a Sample,
    record: &'a mut dyn FnMut(&RecordedEvent) -> Result<()>,
    enterprise: Enterprise,
    draw: Draw,
    owners: Draw,
    now_ms: i64,
    /// What is to come, in the order of its time, then of its planning.
    agenda: BTreeMap<(i64, u64), Command>,
    planned: u64,
    joined: u32,
    organizations: u32,
}

impl<'a> Life<'a> {
    pub(super) fn new(sample: &'a Sample, record: &'a mut dyn FnMut(&RecordedEvent) -> Result<()>) -> Result<Self> {
        Ok(Self {
            sample,
            record,
            enterprise: Enterprise::new(),
            draw: Draw::of_history(sample),
            owners: Draw::of_organization_owners(sample),
            now_ms: START_MS,
            agenda: BTreeMap::new(),
            planned: 0,
            joined: 0,
            organizations: (sample.members / MEMBERS_PER_ORGANIZATION).clamp(ORGANIZATIONS_MIN, ORGANIZATIONS_MAX),
        })
    }

    pub(super) fn live(mut self) -> Result<Enterprise> {
        self.found()?;
        let credentials = i64::from(self.sample.credentials);
        let pause_ms = SPAN_MS.checked_div(credentials).unwrap_or(SPAN_MS);
        for number in 1..=self.sample.credentials {
            let since_ms = self.draw.below(u64::try_from(pause_ms)?);
            self.live_until(START_MS + pause_ms * i64::from(number - 1) + i64::try_from(since_ms)?)?;
            self.join_until(self.due_to_join(number))?;
            self.issue(number)?;
        }
        self.live_until(START_MS + SPAN_MS)?;
        self.join_until(self.sample.members)?;
        Ok(self.enterprise)
    }

    fn found(&mut self) -> Result<()> {
        let kind = self.sample.kind;
        self.ask(
            &Command::CreateEnterprise {
                slug: cast::slug(kind)?,
                kind,
            },
            None,
        )?;
        for number in 1..=self.organizations {
            let (organization, login) = (organization(number)?, cast::organization_login(number)?);
            for (share, command) in fate::of_organization(number, organization, &login) {
                self.plan(START_MS + SPAN_MS * share / 100, command);
            }
            if !fate::joins_late(number) {
                self.ask(&Command::AddOrganization { organization, login }, None)?;
            }
        }
        self.join_until(u32::try_from(FOUNDERS.len())?.min(self.sample.members))?;
        for number in 1..=self.organizations {
            self.own(organization(number)?, cast::OWNER_OF_ALL)?;
        }
        let (owner, count) = cast::OWNER_OF_FIRST;
        for number in 1..=count {
            self.own(organization(number)?, owner)?;
        }
        Ok(())
    }

    /// Makes a founder an owner of an organization, where both are there.
    fn own(&mut self, organization: OrganizationId, founder: u32) -> Result<()> {
        let member = person(founder)?;
        let add = Command::AddOrganizationOwner { organization, member };
        self.ask_if_allowed(&add, administrator()?).map(drop)
    }

    /// All have joined when four fifths of the credentials are issued.
    fn due_to_join(&self, issued: u32) -> u32 {
        let (members, issued) = (u64::from(self.sample.members), u64::from(issued));
        let due = members * issued * 5 / (u64::from(self.sample.credentials) * 4).max(1);
        u32::try_from(due.min(members)).unwrap_or(self.sample.members)
    }

    fn join_until(&mut self, due: u32) -> Result<()> {
        while self.joined < due.max(1) {
            self.joined += 1;
            self.join(self.joined)?;
        }
        Ok(())
    }

    fn join(&mut self, number: u32) -> Result<()> {
        let (member, kind) = (person(number)?, self.sample.kind);
        let login = cast::person_login(kind, number)?;
        let founder = founder(number);
        let role = match founder {
            Some(founder) => founder.role(kind),
            None => cast::role(&mut self.draw, kind),
        };
        let add = Command::AddMember { member, login, role };
        self.ask(&add, None)?;
        match founder {
            None => {
                let fates = fate::of_person(&mut self.draw, &add);
                let ownership = fate::of_ownership(&mut self.owners, member, self.organizations);
                for (delay_ms, command) in fates.into_iter().chain(ownership) {
                    self.plan(self.now_ms + delay_ms, command);
                }
            }
            Some(founder) if founder.may_write_credentials => {
                let permission = Permission::WriteEnterpriseCredentials;
                self.ask(&Command::GrantPermission { member, permission }, administrator()?)?;
            }
            Some(_) => (),
        }
        Ok(())
    }

    fn issue(&mut self, number: u32) -> Result<()> {
        let credential = CredentialId::new(number.into())?;
        let (owner, kind, scopes, hours) = match founder(number).filter(|_| number <= self.joined) {
            Some(founder) => (
                person(number)?,
                founder.kind,
                Scopes::parse(founder.scopes.iter().copied())?,
                None,
            ),
            None => self.next_credential()?,
        };
        let issue = Command::IssueCredential {
            credential,
            owner,
            kind,
            scopes,
            expires_at: hours
                .map(|hours| Timestamp::from_milliseconds(self.now_ms + hours * HOUR_MS))
                .transpose()?,
            fingerprint: Some(self.sample.fingerprint(credential, kind)?),
        };
        let by = Some(Actor::Person {
            person: owner,
            credential: None,
        });
        self.ask(&issue, by)?;
        let is_founders = founder(number).is_some();
        let count = if is_founders {
            2
        } else {
            cast::authorizations(&mut self.draw, kind)
        };
        self.authorize(credential, count, is_founders, by)?;
        if let Some((delay_ms, command)) = fate::of_credential(&mut self.draw, credential).filter(|_| !is_founders) {
            self.plan(self.now_ms + delay_ms, command);
        }
        Ok(())
    }

    fn next_credential(&mut self) -> Result<(PersonId, CredentialKind, Scopes, Option<i64>)> {
        let owner = self.owner()?;
        let kind = cast::kind(&mut self.draw);
        let scopes = cast::scopes(&mut self.draw, kind)?;
        Ok((owner, kind, scopes, cast::hours_to_expiry(&mut self.draw, kind)))
    }

    /// Somebody who is present; those who have been there for longer have more credentials.
    fn owner(&mut self) -> Result<PersonId> {
        const ATTEMPTS: u8 = 8;
        for _ in 0..ATTEMPTS {
            let index = self
                .draw
                .below(self.joined.into())
                .min(self.draw.below(self.joined.into()));
            let candidate = PersonId::new(index + 1)?;
            if self.enterprise.role(candidate).is_some() {
                return Ok(candidate);
            }
        }
        person(1)
    }

    fn authorize(&mut self, credential: CredentialId, count: u64, lasts: bool, by: Option<Actor>) -> Result<()> {
        let organizations = u64::from(self.organizations);
        // The first organizations are the large ones.
        let first = if lasts {
            0
        } else {
            self.draw.below(organizations).min(self.draw.below(organizations))
        };
        for index in first..first + count {
            let organization = OrganizationId::new(index % organizations + 1)?;
            let authorize = Command::AuthorizeCredential {
                credential,
                organization,
            };
            if !self.ask_if_allowed(&authorize, by)? || lasts {
                continue;
            }
            for (delay_ms, command) in fate::of_authorization(&mut self.draw, credential, organization) {
                self.plan(self.now_ms + delay_ms, command);
            }
        }
        Ok(())
    }

    fn plan(&mut self, at_ms: i64, command: Command) {
        self.agenda.insert((at_ms, self.planned), command);
        self.planned += 1;
    }

    /// Lets time pass, and what was planned for it happen. Where that is not allowed any more, it does not happen.
    fn live_until(&mut self, at_ms: i64) -> Result<()> {
        while let Some(next) = self.agenda.first_entry().filter(|next| next.key().0 <= at_ms) {
            let ((due_ms, _), command) = next.remove_entry();
            self.now_ms = self.now_ms.max(due_ms);
            let is_allowed = self.ask_if_allowed(&command, administrator()?)?;
            if let Command::AddOrganization { organization, .. } = command
                && is_allowed
            {
                self.own(organization, cast::OWNER_OF_ALL)?;
            }
        }
        self.now_ms = self.now_ms.max(at_ms);
        Ok(())
    }

    fn ask(&mut self, command: &Command, by: Option<Actor>) -> Result<()> {
        self.attempt(command, by)?.context("the sample breaks a rule")
    }

    /// Whether it was allowed.
    fn ask_if_allowed(&mut self, command: &Command, by: Option<Actor>) -> Result<bool> {
        Ok(self.attempt(command, by)?.is_ok())
    }

    fn attempt(&mut self, command: &Command, by: Option<Actor>) -> Result<Result<(), Refusal>> {
        let at = Timestamp::from_milliseconds(self.now_ms)?;
        let events = match self.enterprise.decide(command, at) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for recorded in self.enterprise.record(events, at, by) {
            self.enterprise.apply(&recorded)?;
            (self.record)(&recorded)?;
        }
        // The owners of organizations take no time: all else is as it would be without them.
        let is_of_owners = matches!(
            command,
            Command::AddOrganizationOwner { .. } | Command::RemoveOrganizationOwner { .. }
        );
        if !is_of_owners {
            self.now_ms += i64::try_from(self.draw.below(MOMENT_MS))?;
        }
        Ok(Ok(()))
    }
}

fn founder(number: u32) -> Option<&'static cast::Founder> {
    FOUNDERS.get(usize::try_from(number).ok()?.checked_sub(1)?)
}

/// The setup user, in a web session.
fn administrator() -> Result<Option<Actor>> {
    Ok(Some(Actor::Person {
        person: person(1)?,
        credential: None,
    }))
}

fn person(number: u32) -> Result<PersonId> {
    Ok(PersonId::new(number.into())?)
}

fn organization(number: u32) -> Result<OrganizationId> {
    Ok(OrganizationId::new(number.into())?)
}
