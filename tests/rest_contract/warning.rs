//! The 202 warns whenever the caller's own token has anything pending then, and at no other time.

use serde_json::{Value, json};

use crate::world::{AGENT, APP, CLASSIC, OAUTH, World, is_warned, with_token};

const DESTROY: &[u8] = br#"{"revoke_credentials":true}"#;

fn warned(world: &mut World, caller: Value, body: &[u8]) -> bool {
    is_warned(&world.post(caller, &[AGENT], body))
}

#[test]
fn a_token_that_this_request_hits() {
    for token in [CLASSIC, OAUTH, APP] {
        let mut world = World::managed();
        world.authorize(token);
        assert!(warned(&mut world, with_token(token), b""), "{token} is authorized");
    }
    assert!(
        warned(&mut World::managed(), with_token(CLASSIC), DESTROY),
        "it is destroyed, authorized or not"
    );
}

#[test]
fn a_token_that_this_request_spares() {
    for token in [CLASSIC, OAUTH, APP] {
        assert!(
            !warned(&mut World::managed(), with_token(token), b""),
            "{token} is authorized nowhere"
        );
    }
    for token in [OAUTH, APP] {
        assert!(
            !warned(&mut World::managed(), with_token(token), DESTROY),
            "{token} cannot be destroyed"
        );
    }
}

#[test]
fn a_token_that_an_earlier_request_hit_until_its_job_is_done() {
    let mut world = World::managed();
    world.authorize(CLASSIC);
    assert!(!warned(&mut world, json!({"person": 8}), b""));
    assert!(
        warned(&mut world, with_token(CLASSIC), b""),
        "this request finds nothing, the earlier one did"
    );
    world.finish_jobs();
    assert!(!warned(&mut world, with_token(CLASSIC), b""));
}

#[test]
fn a_collaborators_token_loses_authorizations_only() {
    let mut world = World::managed();
    world.ask(json!({"type": "AddMember", "member": 9, "login": "guest", "role": "guest_collaborator"}));
    world.ask(json!({"type": "GrantPermission", "member": 9, "permission": "write_enterprise_credentials"}));
    world.issue(920, 9, "classic_pat", &["admin:enterprise"]);
    let guest = || json!({"person": 9, "credential": 920});
    assert!(!warned(&mut world, guest(), DESTROY), "a guest keeps it");
    world.authorize(920);
    assert!(warned(&mut world, guest(), DESTROY));
}

#[test]
fn a_token_revoked_singly_before_is_not_hit() {
    let mut world = World::managed();
    world.authorize(CLASSIC);
    world.ask(json!({"type": "RevokeAuthorization", "credential": CLASSIC, "organization": 3}));
    assert!(!warned(&mut world, with_token(CLASSIC), b""));
}

#[test]
fn callers_without_a_token_of_their_own() {
    let mut world = World::managed();
    world.authorize(CLASSIC);
    assert!(!warned(&mut world, json!({"person": 7}), DESTROY), "a web session");
    let installation = json!({"installation": 55, "permissions": ["enterprise_credentials=write"]});
    assert!(!warned(&mut world, installation, DESTROY), "an installation");
}
