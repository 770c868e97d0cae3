//! The kind of enterprise, as an argument.

use enterprise_credentials::EnterpriseKind;

/// Reads the name on the wire, with hyphens or underscores.
pub(super) fn enterprise_kind(text: &str) -> Result<EnterpriseKind, String> {
    let name = text.replace('-', "_");
    let known = EnterpriseKind::ALL.into_iter().find(|kind| kind.as_str() == name);
    known.ok_or_else(|| "the kinds are `managed_users` and `personal_accounts`".to_owned())
}
