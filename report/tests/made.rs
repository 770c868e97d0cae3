//! A history made of an inventory: its events are those that the rules allow, it says that it was made, and of what.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeMap;
use std::io;

use enterprise_credentials::audit::Auditor;
use enterprise_credentials::reconcile::Reconciler;
use enterprise_credentials::{CountByKind, CredentialKind, Enterprise, EnterpriseKind, Event, Role, log};
use enterprise_credentials_report::inventory::Inventory;
use enterprise_credentials_report::made::{
    MadeFrom, Making, Map, NotMade, People, Readings, is_role_unknown, made_id, make,
};
use enterprise_credentials_report::reconciliation::{Ids, compare};

const NAMES: &str = "credential_id,credential_type,item_type,hashed_token,fingerprint,owner_id,owner,owner_type,\
                     credential_state,expires_at,scopes,permissions,authorization_count,organization_id,organization\n";
/// Ids that are the provider's only together with the type; a login and an organization that cannot be taken as they
/// are; what is dead, and what had expired when the inventory was exported.
const ROWS: &str = "11,classic_pat,credential,a=,,7,mona,User,active,2027-01-01T00:00:00Z,repo;admin:enterprise,\
                    ,2,3,octo\n\
                    11,classic_pat,credential,a=,,7,mona,User,active,2027-01-01T00:00:00Z,repo;admin:enterprise,\
                    ,2,4,OCTO\n\
                    11,oauth_app_user_token,credential,b=,,8,a b,User,active,,repo,,0,,\n\
                    12,fine_grained_pat,credential,,,8,a b,User,expired,2026-01-01T00:00:00Z,,contents:read,1,3,octo\n\
                    ,ssh_key,credential,,SHA256:k,9,Mona,User,revoked,,,,1,4,OCTO\n\
                    ,ssh_key,credential,,SHA256:l,9,Mona,User,deleted,,,,0,,\n\
                    13,github_app_user_token,credential,c=,,9,Mona,User,active,,,enterprise_credentials:write,0,,\n\
                    5,github_app_installation,credential,,,9,octo,Organization,active,,,,1,3,octo\n";
const EXPORTED_AT: &str = "2026-03-10T09:00:00.000Z";

struct Text(String);

impl<'a> Readings for &'a Text {
    type Read = &'a [u8];

    fn read_again(&self) -> io::Result<&'a [u8]> {
        Ok(self.0.as_bytes())
    }
}

fn making() -> Making {
    Making {
        slug: "octo-corp".parse().unwrap(),
        kind: EnterpriseKind::ManagedUsers,
        exported_at: EXPORTED_AT.parse().unwrap(),
        people: People::default(),
        assumed_role: None,
    }
}

struct Made {
    from: MadeFrom,
    history: String,
    left_out: Vec<String>,
    map: String,
}

fn made(making: &Making, list: &str) -> Result<Made, NotMade> {
    let (mut history, mut left_out) = (Vec::new(), Vec::new());
    let mut bytes = Vec::new();
    let mut map = Map::new(&mut bytes).unwrap();
    let from = make(
        making,
        &&Text(list.to_owned()),
        &mut |out| left_out.push(format!("record {} {}: {}", out.place.record, out.named.id, out.why)),
        &mut |entry, id| map.write(entry, id),
        &mut |line| {
            history.extend_from_slice(line);
            Ok(())
        },
    )?;
    map.finish().unwrap();
    Ok(Made {
        from,
        history: String::from_utf8(history).unwrap(),
        left_out,
        map: String::from_utf8(bytes).unwrap(),
    })
}

fn list() -> String {
    [NAMES, ROWS].concat()
}

#[test]
fn a_made_history_is_one_that_the_rules_allow_and_agrees_with_its_inventory() {
    let Made {
        from,
        history,
        left_out,
        ..
    } = made(&making(), &list()).unwrap();
    assert_eq!(left_out, Vec::<String>::new());
    let mut auditor = Auditor::new();
    for recorded in log::read(history.as_bytes()) {
        auditor.observe(&recorded.unwrap()).unwrap();
    }
    let report = auditor.finish();
    assert!(report.is_clean(), "{report:#?}");

    let enterprise = log::replay(history.as_bytes()).unwrap();
    let at = EXPORTED_AT.parse().unwrap();
    let kinds = enterprise.summary(at).credentials;
    let sum = |count: fn(&CountByKind) -> u64| kinds.iter().map(count).sum::<u64>();
    let fates = (sum(|of| of.alive), sum(|of| of.expired), sum(|of| of.destroyed));
    assert_eq!(fates, (3, 1, 2));
    assert_eq!((from.credentials, from.people, from.left_out), (6, 3, 0));
    assert_eq!(
        from.not_modelled,
        BTreeMap::from([("github_app_installation".to_owned(), 1)])
    );

    let mut reconciler = Reconciler::new(&enterprise, at);
    for recorded in log::read(history.as_bytes()) {
        reconciler.learn(&recorded.unwrap().event);
    }
    let list = list();
    let inventory = Inventory::open(list.as_bytes()).unwrap();
    let mut findings = Vec::new();
    compare(&enterprise, reconciler, inventory, Ids::Made, &mut |finding| {
        findings.push(finding)
    })
    .unwrap();
    assert_eq!(findings, []);
}

#[test]
fn ids_are_made_of_type_and_id_and_told_in_the_map() {
    let Made { map, .. } = made(&making(), &list()).unwrap();
    let expected = "credential_type,credential_id,fingerprint,credential\n\
                    classic_pat,11,a=,89\n\
                    oauth_app_user_token,11,b=,92\n\
                    fine_grained_pat,12,,98\n\
                    ssh_key,,SHA256:k,8\n\
                    ssh_key,,SHA256:l,16\n\
                    github_app_user_token,13,c=,109\n";
    assert_eq!(map, expected);
    let mut ids: Vec<u64> = CredentialKind::ALL
        .map(|kind| made_id(kind, "11").unwrap().value())
        .to_vec();
    ids.dedup();
    assert_eq!(ids.len(), CredentialKind::ALL.len());
    assert!(ids.iter().all(|id| id / 8 == 11 && id % 8 > 0), "{ids:?}");
    for id in ["", "0", "x", "1125899906842624", "9007199254740991"] {
        assert!(made_id(CredentialKind::ClassicPat, id).is_err(), "{id}");
    }
}

#[test]
fn the_first_line_says_what_the_history_was_made_from_and_is_read_all_the_same() {
    let Made { from, history, .. } = made(&making(), &list()).unwrap();
    let first = history.lines().next().unwrap();
    assert_eq!(MadeFrom::of_line(first.as_bytes()).unwrap(), from);
    assert_eq!(from.exported_at.to_string(), EXPORTED_AT);
    assert_eq!((from.unknown_roles, from.assumed_roles), (3, 0));
    let marked = r#"{"position":1,"at":"2025-12-31T23:59:59.999Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users","made_from":{"#;
    assert!(first.starts_with(marked), "before anything expires: {first}");

    let unknown: Vec<&str> = history
        .lines()
        .filter(|line| is_role_unknown(line.as_bytes()))
        .collect();
    assert_eq!(unknown.len(), 3);
    let last = r#""type":"MemberAdded","member":9,"login":"person-9","role":"guest_collaborator","role_unknown":true}"#;
    assert!(unknown[2].ends_with(last), "whose login is another's: {}", unknown[2]);
    assert!(
        unknown[1].contains(r#""login":"person-8""#),
        "a login has no spaces: {}",
        unknown[1]
    );
    let organizations = [
        r#""organization":3,"login":"octo"}"#,
        r#""organization":4,"login":"organization-4"}"#,
    ];
    for organization in organizations {
        assert!(history.contains(organization), "{organization}");
    }
    for (scopes, credential) in [
        (r#"["admin:enterprise","repo"]"#, 89),
        (r#"[]"#, 98),
        (r#"["enterprise_credentials=write"]"#, 109),
    ] {
        let issued = history
            .lines()
            .find(|line| line.contains(&format!("\"CredentialIssued\",\"credential\":{credential},")));
        assert!(issued.unwrap().contains(&format!("\"scopes\":{scopes}")), "{issued:?}");
    }
    assert_eq!(MadeFrom::of_line(history.lines().nth(1).unwrap().as_bytes()), None);
    assert_eq!(MadeFrom::of_line(b""), None);
}

#[test]
fn roles_are_those_of_the_people_file_and_then_the_assumed_one() {
    let people = "role,id,login,team\nowner,7,mona_octo,x\nbilling_manager,10,nobody,y\n";
    let mut making = making();
    making.people = People::read(people.as_bytes()).unwrap();
    let roles = |made: &Made| -> Vec<(u64, String, Role)> {
        let added = log::read(made.history.as_bytes()).filter_map(|recorded| match recorded.unwrap().event {
            Event::MemberAdded { member, login, role } => Some((member.value(), login.to_string(), role)),
            _ => None,
        });
        added.collect()
    };
    let unknown = made(&making, &list()).unwrap();
    assert_eq!((unknown.from.people, unknown.from.unknown_roles), (4, 2));
    let expected = [
        (7, "mona_octo".to_owned(), Role::Owner),
        (8, "person-8".to_owned(), Role::GuestCollaborator),
        (9, "Mona".to_owned(), Role::GuestCollaborator),
        (10, "nobody".to_owned(), Role::BillingManager),
    ];
    assert_eq!(roles(&unknown), expected);
    making.assumed_role = Some(Role::Member);
    let assumed = made(&making, &list()).unwrap();
    assert_eq!((assumed.from.unknown_roles, assumed.from.assumed_roles), (0, 2));
    assert!(!assumed.history.contains("role_unknown"));
    assert_eq!(roles(&assumed)[1].2, Role::Member);

    making.kind = EnterpriseKind::PersonalAccounts;
    making.assumed_role = None;
    let personal = made(&making, &list()).unwrap();
    assert_eq!(roles(&personal)[1].2, Role::OutsideCollaborator);
    making.assumed_role = Some(Role::GuestCollaborator);
    let refused = made(&making, &list()).err().unwrap().to_string();
    assert!(refused.starts_with("person 8: "), "{refused}");
}

#[test]
fn people_are_refused_by_record_and_byte() {
    for (text, expected) in [
        ("login,id\na,1\n", "the column `role` is missing"),
        (
            "login,id,role\na,1,owner\nb,x,member\n",
            "record 2, at byte 24: a person id must be",
        ),
        ("login,id,role\na,1,owner\nb,2,admin\n", "record 2, at byte 24: "),
        ("login,id,role\na b,1,owner\n", "record 1, at byte 14: a login must be"),
        (
            "login,id,role\na,1,owner\na,1,member\n",
            "record 2, at byte 24: person 1 is there twice",
        ),
        ("login,id,role\na,1\n", "record 1, at byte 14: it has 2 fields"),
    ] {
        let error = People::read(text.as_bytes()).err().unwrap().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn what_cannot_be_taken_at_its_word_is_left_out_by_name_and_counted() {
    let more = "11,classic_pat,credential,z=,,7,mona,User,active,,,,0,,\n\
                14,classic_pat,credential,d=,,7,mona,User,expired,,,,0,,\n\
                x5,classic_pat,credential,e=,,7,mona,User,active,,,,0,,\n\
                15,classic_pat,credential,f=,,7,mona,Bot,active,,,,0,,\n\
                16,classic_pat,credential,g=,,7,mona,User,active,,,,2,3,octo\n";
    let made = made(&making(), &(list() + more)).unwrap();
    let expected = [
        "record 9 11: is listed more than once",
        "record 10 14: has expired, and by `expires_at` not when the inventory was exported",
        "record 11 x5: has no valid `credential_id`: ",
        "record 12 15: is owned by a `Bot`",
        "record 13 16: has 1 row with an organization, and by `authorization_count` 2",
    ];
    assert_eq!(made.left_out.len(), expected.len(), "{:?}", made.left_out);
    for (left_out, expected) in made.left_out.iter().zip(expected) {
        assert!(left_out.starts_with(expected), "{left_out}");
    }
    assert_eq!((made.from.left_out, made.from.credentials), (5, 6));
    assert_eq!(
        MadeFrom::of_line(made.history.lines().next().unwrap().as_bytes()).unwrap(),
        made.from
    );
    assert!(log::replay(made.history.as_bytes()).is_ok());
}

#[test]
fn a_list_of_ours_and_an_output_that_fails_are_errors() {
    let ours = "id,kind,owner,fingerprint,status,expires,organization,authorization\n";
    let error = made(&making(), ours).err().unwrap();
    assert!(matches!(error, NotMade::OurList), "{error}");
    let failed = make(&making(), &&Text(list()), &mut |_| {}, &mut |_, _| Ok(()), &mut |_| {
        Err(io::Error::from(io::ErrorKind::BrokenPipe))
    });
    assert!(matches!(failed, Err(NotMade::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe));
    let nothing = made(&making(), NAMES).unwrap();
    assert_eq!(
        log::replay(nothing.history.as_bytes()).map(|it: Enterprise| it.position().value()),
        Ok(1)
    );
}
