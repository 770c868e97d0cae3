//! The calls that change nothing.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::audit::Report;
use crate::command::Command;
use crate::enterprise::Enterprise;
use crate::enterprise::membership::Ordinal;
use crate::id::{CredentialId, OrganizationId, RevocationId};
use crate::oracle::answer::{Access, AllAccess, Decision, Permitted, Revocations, Snapshot, Version};
use crate::oracle::bounds::{PAIRS_MAX, PROTOCOL, RULE_SET};
use crate::oracle::decision::Asked;
use crate::oracle::enterprises::Enterprises;
use crate::oracle::fault::{ErrorKind, Fault};
use crate::oracle::fields::Fields;
use crate::oracle::hex;
use crate::plan::Plan;
use crate::receipt::{self, NoReceipt, Receipt};

/// Who speaks, and whether they and the caller mean the same.
pub(super) fn version(mut fields: Fields<'_>) -> Result<Version, Fault> {
    for (field, what, spoken) in [("protocol", "protocol", PROTOCOL), ("rule_set", "rule set", RULE_SET)] {
        let asked = fields.optional(field)?.unwrap_or(spoken);
        if asked != spoken {
            return Err(Fault::version(what, asked, spoken));
        }
    }
    fields.done()?;
    Ok(Version {
        version: env!("CARGO_PKG_VERSION"),
        protocol: PROTOCOL,
        rule_set: RULE_SET,
    })
}

impl Enterprises {
    pub(super) fn decide(&self, mut fields: Fields<'_>) -> Result<Decision, Fault> {
        let kept = self.named(&mut fields)?;
        let asked = Asked::read(&mut fields, kept)?;
        fields.done()?;
        Ok(asked.decide(kept.core.as_ref()).decision)
    }

    /// What one credential may do.
    pub(super) fn access(&self, mut fields: Fields<'_>) -> Result<Access, Fault> {
        let kept = self.named(&mut fields)?;
        let at = kept.time(&mut fields)?;
        let credential = fields.required("credential")?;
        let organization: Option<OrganizationId> = fields.optional("organization")?;
        fields.done()?;
        let may_use = organization.map(|organization| kept.core.may_use(credential, organization, at));
        Ok(Access {
            authenticates: Permitted::of(kept.core.authenticates(credential, at).map(Some)),
            may_use: may_use.map(|answer| Permitted::of(answer.map(|()| None))),
        })
    }

    /// What every credential may do, with every organization that ever was there.
    pub(super) fn access_all(&self, mut fields: Fields<'_>) -> Result<AllAccess, Fault> {
        let kept = self.named(&mut fields)?;
        let at = kept.time(&mut fields)?;
        fields.done()?;
        let core = &kept.core;
        let credentials: BTreeSet<CredentialId> = core.enterprise().credentials().map(|it| it.id()).collect();
        let organizations = organizations(core.enterprise());
        if credentials.len().saturating_mul(organizations.len()) > PAIRS_MAX {
            return Err(Fault::too_many_pairs());
        }
        let mut all = AllAccess {
            authenticates: Vec::new(),
            may_use: Vec::new(),
        };
        for credential in credentials {
            if core.authenticates(credential, at).is_ok() {
                all.authenticates.push(credential);
            }
            let usable = organizations
                .iter()
                .filter(|of| core.may_use(credential, **of, at).is_ok());
            all.may_use
                .extend(usable.map(|organization| (credential, *organization)));
        }
        Ok(all)
    }

    pub(super) fn plan(&self, mut fields: Fields<'_>) -> Result<Plan, Fault> {
        let kept = self.named(&mut fields)?;
        let at = kept.time(&mut fields)?;
        let command: Command = fields.required("command")?;
        fields.done()?;
        let request = command.requested().ok_or_else(Fault::not_a_request)?;
        Ok(kept.core.plan(request, at))
    }

    /// How far one revocation is, or each.
    pub(super) fn progress(&self, mut fields: Fields<'_>) -> Result<Revocations, Fault> {
        let enterprise = self.named(&mut fields)?.core.enterprise();
        let revocation: Option<RevocationId> = fields.optional("revocation")?;
        fields.done()?;
        let revocations = match revocation {
            None => enterprise.revocations().collect(),
            Some(id) => {
                let progress = enterprise.progress(id);
                Vec::from([progress.ok_or_else(|| Fault::unknown_revocation(id))?])
            }
        };
        Ok(Revocations { revocations })
    }

    pub(super) fn audit(&self, mut fields: Fields<'_>) -> Result<Report, Fault> {
        let kept = self.named(&mut fields)?;
        fields.done()?;
        Ok(kept.core.audit(kept.history()?)?)
    }

    /// Why an event was recorded, or why a command would be answered as it would be. It is the core that explains,
    /// whoever speaks.
    pub(super) fn explain(&self, mut fields: Fields<'_>) -> Result<Receipt, Fault> {
        let kept = self.named(&mut fields)?;
        let (position, command) = (fields.optional("position")?, fields.optional("command")?);
        let at = match position {
            Some(_) => fields.optional("at")?,
            None => Some(kept.time(&mut fields)?),
        };
        fields.done()?;
        let history = kept.history()?;
        let open = || Ok::<_, Infallible>(history.iter().cloned().map(Ok));
        let receipt = match (position, command, at) {
            (Some(position), None, None) => receipt::explain(open, position),
            (None, Some(command), Some(at)) => receipt::explain_command(open, command, at),
            (None, _, _) => {
                return Err(Fault::of_field(
                    "command",
                    "the field `command` is missing, or `position`",
                ));
            }
            (Some(_), _, _) => {
                let message = "an event is explained by its `position` alone, a command by `command` and `at`";
                return Err(Fault::of_field("position", message));
            }
        };
        receipt.map_err(|error| match error {
            NoReceipt::Corrupt(corrupt) => corrupt.into(),
            error => Fault::new(ErrorKind::UnknownPosition, error),
        })
    }

    pub(super) fn snapshot(&self, mut fields: Fields<'_>) -> Result<Snapshot, Fault> {
        let kept = self.named(&mut fields)?;
        fields.done()?;
        let snapshot = hex::write(&kept.core.snapshot());
        Ok(Snapshot { snapshot })
    }
}

/// The organizations that are or were in the enterprise.
fn organizations(enterprise: &Enterprise) -> BTreeSet<OrganizationId> {
    let stays = (0..)
        .map(Ordinal)
        .take_while(|stay| enterprise.organizations.has(*stay));
    stays
        .filter_map(|stay| Some(enterprise.organizations.get(stay)?.id))
        .collect()
}
