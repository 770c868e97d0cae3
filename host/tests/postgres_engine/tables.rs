//! The tables: who creates them, who may use them, and what becomes of a row that somebody has changed.

use enterprise_credentials_host::error_chain;
use enterprise_credentials_host::store::{Alteration, Head, IfMissing, Store, StoreError, Streams};

use crate::common::history::History;
use crate::common::lines::{append, head_of, lines};
use crate::server::Database;

pub(crate) async fn created_at_once() {
    let database = Database::new().await;
    let (a, b, c, d) = tokio::join!(database.store(), database.store(), database.store(), database.store());
    let history = History::sample("octo-corp", "");
    let lines = lines(&history.log);
    append(&a, &history.slug(), &Head::EMPTY, &lines).await.unwrap();
    for store in [&b, &c, &d] {
        assert_eq!(store.head(&history.slug()).await.unwrap(), Some(head_of(&lines)));
    }
}

pub(crate) async fn missing() {
    let database = Database::new().await;
    let refused = database.open(IfMissing::Fail).await.unwrap_err();
    assert!(matches!(refused, StoreError::Permanent { .. }), "{refused:?}");
    assert!(error_chain(&refused).contains("`import` creates one"));
    assert_eq!(tables(&database).await, 0);
}

pub(crate) async fn abandoned() {
    let database = Database::new().await;
    let store = database.store().await;
    assert_eq!(tables(&database).await, 9);
    store.abandon().await;
    assert_eq!(tables(&database).await, 0);

    let (used, other) = (database.store().await, database.store().await);
    used.abandon().await;
    assert_eq!(tables(&database).await, 9, "another process uses it");
    other.close().await;
}

/// A store of the version before the seal: whoever may add the tables that it lacks does, and nobody else needs them.
pub(crate) async fn before_the_seal() {
    let database = Database::new().await;
    let store = database.store().await;
    let history = History::sample("octo-corp", "");
    let (slug, lines) = (history.slug(), lines(&history.log));
    append(&store, &slug, &Head::EMPTY, &lines).await.unwrap();
    store.close().await;
    let client = database.client().await;
    client.batch_execute("DROP TABLE checkpoints, log_name").await.unwrap();
    let name = database.url().rsplit('/').next().unwrap().to_owned();
    let reader = format!(
        "CREATE ROLE reads_{name} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reads_{name}; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    );
    client.batch_execute(&reader).await.unwrap();
    let by_reader = database.url().replacen("postgres@", &format!("reads_{name}@"), 1);
    let reading = crate::server::open(&by_reader, IfMissing::Fail).await.unwrap();
    assert_eq!(reading.head(&slug).await.unwrap(), Some(head_of(&lines)));
    reading.close().await;
    assert_eq!(tables(&database).await, 7);

    let store = database.open(IfMissing::Fail).await.unwrap();
    assert_eq!(tables(&database).await, 9);
    assert_eq!(store.head(&slug).await.unwrap(), Some(head_of(&lines)));
    let name = "credentials.example.com".parse().unwrap();
    assert_eq!(store.name_logs(&name).await.unwrap(), name);
    assert_eq!(store.last_checkpoint(&slug).await.unwrap(), None);
}

pub(crate) async fn of_another_version() {
    let database = Database::new().await;
    let store = database.store().await;
    let history = History::sample("octo-corp", "");
    let lines = lines(&history.log);
    append(&store, &history.slug(), &Head::EMPTY, &lines[..2])
        .await
        .unwrap();
    let migrate = "UPDATE schema_epoch SET epoch = 2";
    database.client().await.batch_execute(migrate).await.unwrap();
    for refused in [
        append(&store, &history.slug(), &head_of(&lines[..2]), &lines[2..])
            .await
            .unwrap_err(),
        append(&store, &"new-corp".parse().unwrap(), &Head::EMPTY, &lines)
            .await
            .unwrap_err(),
        database.open(IfMissing::Create).await.unwrap_err(),
        database.open(IfMissing::Fail).await.unwrap_err(),
    ] {
        assert!(matches!(refused, StoreError::Permanent { .. }), "{refused:?}");
        assert!(error_chain(&refused).contains("version 2"), "{refused:?}");
    }
    assert_eq!(store.head(&history.slug()).await.unwrap(), Some(head_of(&lines[..2])));
}

pub(crate) async fn altered() {
    let history = History::sample("octo-corp", "");
    let (slug, lines) = (history.slug(), lines(&history.log));
    let issue = lines.iter().find_map(|line| line.fingerprint()).unwrap();
    let broken = |alteration| move |found: &Alteration| *found == alteration;
    for (statement, is_expected) in [
        ("UPDATE heads SET running = running + 1", broken(Alteration::HeadBroken)),
        ("UPDATE heads SET frontier = 'x'::bytea", broken(Alteration::HeadBroken)),
        ("DELETE FROM heads", broken(Alteration::HeadLost)),
    ] {
        let database = Database::new().await;
        let store = database.store().await;
        append(&store, &slug, &Head::EMPTY, &lines[..4]).await.unwrap();
        database.client().await.batch_execute(statement).await.unwrap();
        for found in [
            store.head(&slug).await.unwrap_err(),
            append(&store, &slug, &head_of(&lines[..4]), &lines[4..])
                .await
                .unwrap_err(),
        ] {
            let StoreError::Altered(altered) = found else {
                panic!("{statement}: {found:?}")
            };
            assert!(is_expected(&altered.alteration), "{statement}: {altered:?}");
        }
        let doubtful = database.store().await.unfinished().await.unwrap();
        assert_eq!(doubtful, [slug.clone()], "{statement}");
    }
    for (statement, position) in [
        ("DELETE FROM segments WHERE first = 1", 0),
        ("UPDATE segments SET last = last + 1 WHERE first = 1", 0),
        ("UPDATE segments SET lines = 'x'::bytea WHERE first = 5", 4),
    ] {
        let database = Database::new().await;
        let store = database.store().await;
        append(&store, &slug, &Head::EMPTY, &lines[..4]).await.unwrap();
        append(&store, &slug, &head_of(&lines[..4]), &lines[4..]).await.unwrap();
        database.client().await.batch_execute(statement).await.unwrap();
        let found = store
            .read(&slug, enterprise_credentials::Position::START, 1_000)
            .await
            .unwrap_err();
        let StoreError::Altered(altered) = found else {
            panic!("{statement}: {found:?}")
        };
        assert!(
            matches!(altered.alteration, Alteration::Missing { position: at } if at.value() == position),
            "{statement}: {altered:?}"
        );
    }
    let database = Database::new().await;
    let store = database.store().await;
    append(&store, &slug, &Head::EMPTY, &lines).await.unwrap();
    let statement = "UPDATE look_up SET position = 1";
    database.client().await.batch_execute(statement).await.unwrap();
    let found = store.holders(issue.0).await.unwrap_err();
    assert!(matches!(found, StoreError::Altered(_)), "{found:?}");
}

/// How many there are.
async fn tables(database: &Database) -> i64 {
    let count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    database.client().await.query_one(count, &[]).await.unwrap().get(0)
}
