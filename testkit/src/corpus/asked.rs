//! Steps of every sort over the small world, drawn by chance: most of them of somebody who is there.

use core::num::NonZeroU32;
use std::vec::Vec;

use enterprise_credentials::limits::ID_MAX;
use enterprise_credentials::{Command, CredentialKind, CredentialType, EnterpriseKind, Role};
use serde_json::{Value, json};

use crate::corpus::chance::Chance;
use crate::word::{Ask, Step};
use crate::world::{self, valid};

const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Where cases begin.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) name: &'static str,
    /// What was asked before.
    pub(super) steps: Vec<Step>,
    spelling: Spelling,
}

/// How ids and names of the small world are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// From 1 on.
    Small,
    /// Down from 2^53 − 1, and names with a quote and a backslash.
    Largest,
}

/// Each world, and how often of a hundred walks one begins there.
pub(super) fn worlds() -> [(World, u64); 4] {
    use EnterpriseKind::{ManagedUsers, PersonalAccounts};
    let world = |name, kind: Option<EnterpriseKind>, spelling| {
        let commands = kind.map(world::populated).unwrap_or_default();
        let steps = commands.into_iter().map(|command| Step::from(spelt(spelling, command)));
        let steps = steps.collect();
        World { name, steps, spelling }
    };
    [
        (world("empty", None, Spelling::Small), 4),
        (world("managed_users", Some(ManagedUsers), Spelling::Small), 60),
        (world("personal_accounts", Some(PersonalAccounts), Spelling::Small), 26),
        (world("largest_ids", Some(ManagedUsers), Spelling::Largest), 10),
    ]
}

impl World {
    /// The next step.
    pub(super) fn step(&self, chance: &mut Chance) -> Step {
        let wait_ms = match chance.below(40) {
            0..4 => (1 + chance.below(20)) * HOUR_MS,
            4 => DAY_MS - 1,
            5 => DAY_MS,
            6..9 => 1 + chance.below(999),
            _ => 0,
        };
        let ask = match chance.below(100) {
            0..16 => Ask::Continue {
                nth: usize::from(chance.one_in(4)),
                limit: chance.pick(&[1, 1, 2, 3, u32::MAX].map(|limit| valid(NonZeroU32::try_from(limit)))),
            },
            16..22 => Ask::Retry {
                nth: usize::from(chance.one_in(3)),
                altered: chance.one_in(3),
            },
            _ => Ask::Command(self.command(chance)),
        };
        Step { wait_ms, ask }
    }

    fn command(&self, chance: &mut Chance) -> Command {
        let command = match chance.below(80) {
            0..35 => request(chance),
            35..58 => about_credentials(chance),
            58..70 => about_people(chance),
            70..78 => about_organizations(chance),
            78 => json!({"type": "ContinueRevocation", "revocation": world::revocation_never_requested(), "limit": 1}),
            _ => {
                let (slug, kind) = (
                    chance.pick(&["octo-corp", "other-corp"]),
                    chance.pick(&EnterpriseKind::ALL),
                );
                json!({"type": "CreateEnterprise", "slug": slug, "kind": kind})
            }
        };
        spelt(self.spelling, valid(serde_json::from_value(command)))
    }
}

fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

fn person(chance: &mut Chance) -> u64 {
    1 + chance.below(world::PEOPLE)
}

fn organization(chance: &mut Chance) -> u64 {
    1 + chance.below(world::ORGANIZATIONS)
}

fn credential(chance: &mut Chance) -> u64 {
    1 + chance.below(world::CREDENTIALS)
}

/// A request to revoke everything, or less.
fn request(chance: &mut Chance) -> Value {
    let mut request = json!({"type": "RevokeAll", "caller": caller(chance), "revoke_credentials": chance.one_in(2)});
    if !chance.one_in(4) {
        set(&mut request, "type", json!("Revoke"));
        if chance.one_in(2) {
            set(&mut request, "organization", json!(organization(chance)));
            set(&mut request, "revoke_credentials", json!(chance.one_in(10)));
        }
        if chance.one_in(2) {
            set(&mut request, "person", json!(person(chance)));
        }
        if chance.one_in(2) {
            set(
                &mut request,
                "credential_type",
                json!(chance.pick(&CredentialType::ALL)),
            );
        }
    }
    if chance.one_in(3) {
        set(
            &mut request,
            "idempotency_key",
            json!(chance.pick(&["breach-1", "breach-2"])),
        );
    }
    request
}

fn caller(chance: &mut Chance) -> Value {
    const OWN: [(u64, u64); 10] = [
        (1, 1),
        (1, 1),
        (2, 2),
        (2, 2),
        (2, 3),
        (1, 4),
        (1, 5),
        (4, 6),
        (3, 7),
        (3, 8),
    ];
    match chance.below(12) {
        0..5 => {
            let (person, credential) = chance.pick(&OWN);
            json!({"person": person, "credential": credential})
        }
        5 => json!({"person": person(chance), "credential": credential(chance)}),
        6..10 => json!({"person": person(chance)}),
        10 => {
            let mut installation = json!({"installation": 1 + chance.below(2), "permissions": scopes(chance)});
            if chance.one_in(2) {
                set(&mut installation, "organization", json!(organization(chance)));
            }
            installation
        }
        _ => json!({}),
    }
}

fn scopes(chance: &mut Chance) -> Value {
    let scopes: [&[&str]; 6] = [
        &[],
        &["admin:enterprise"],
        &["read:enterprise", "read:org"],
        &["repo", "enterprise_credentials=write"],
        &["admin:org", "admin:enterprise"],
        &["organization_administration=write"],
    ];
    json!(chance.pick(&scopes))
}

fn about_credentials(chance: &mut Chance) -> Value {
    let credential = credential(chance);
    match chance.below(23) {
        0..5 => {
            let kind = chance.pick(&CredentialKind::ALL);
            let mut issue = json!({
                "type": "IssueCredential", "credential": credential, "owner": person(chance), "kind": kind,
                "scopes": scopes(chance),
            });
            if chance.one_in(3) {
                set(
                    &mut issue,
                    "expires_at",
                    json!(chance.pick(&["2100-01-01T12:00:00.000Z", "9999-12-31T23:59:59.999Z"])),
                );
            }
            issue
        }
        5..15 => {
            json!({"type": "AuthorizeCredential", "credential": credential, "organization": organization(chance)})
        }
        15..19 => {
            json!({"type": "RevokeAuthorization", "credential": credential, "organization": organization(chance)})
        }
        _ => json!({"type": "DestroyCredential", "credential": credential}),
    }
}

fn about_people(chance: &mut Chance) -> Value {
    let (member, role) = (person(chance), chance.pick(&Role::ALL));
    let permission = "write_enterprise_credentials";
    match chance.below(14) {
        0..4 => json!({"type": "AddMember", "member": member, "login": world::login("person", member), "role": role}),
        4 => {
            let login = world::login("PERSON", person(chance));
            json!({"type": "AddMember", "member": member, "login": login, "role": role})
        }
        5..10 => json!({"type": "ChangeMemberRole", "member": member, "role": role}),
        10..12 => json!({"type": "RemoveMember", "member": member}),
        12 => json!({"type": "GrantPermission", "member": member, "permission": permission}),
        _ => json!({"type": "WithdrawPermission", "member": member, "permission": permission}),
    }
}

fn about_organizations(chance: &mut Chance) -> Value {
    let organization = organization(chance);
    let add = |prefix, of| {
        let login = world::login(prefix, of);
        json!({"type": "AddOrganization", "organization": organization, "login": login})
    };
    match chance.below(10) {
        0..3 => add("organization", organization),
        3 => add("renamed", organization),
        4 => add("Organization", self::organization(chance)),
        5..7 => json!({"type": "RemoveOrganization", "organization": organization}),
        7..9 => json!({"type": "AddOrganizationOwner", "organization": organization, "member": person(chance)}),
        _ => json!({"type": "RemoveOrganizationOwner", "organization": organization, "member": person(chance)}),
    }
}

/// The command with its ids and names so written.
fn spelt(spelling: Spelling, command: Command) -> Command {
    if spelling == Spelling::Small {
        return command;
    }
    let mut value = valid(serde_json::to_value(command));
    spell(&mut value);
    valid(serde_json::from_value(value))
}

fn spell(object: &mut Value) {
    for (field, value) in object.as_object_mut().into_iter().flatten() {
        match (field.as_str(), &*value) {
            ("login" | "idempotency_key", Value::String(name)) => *value = json!(name.replacen('-', "\"\\", 1)),
            ("revocation" | "limit", _) => {}
            (_, Value::Number(id)) => *value = json!(id.as_u64().map(|id| ID_MAX + 1 - id)),
            _ => spell(value),
        }
    }
}
