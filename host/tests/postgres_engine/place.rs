//! Where the server is, and what stands between.

use std::os::unix::fs::PermissionsExt;

use enterprise_credentials_host::error_chain;
use enterprise_credentials_host::store::{Durability, IfMissing, Store, StoreError, Streams};

use crate::common::Directory;
use crate::server::{Database, given, open};

pub(crate) async fn behind_a_pooler() {
    let database = Database::new().await;
    let url = database.url_by("POSTGRES_BY_TRANSACTION_POOLER");
    for _ in 0..3 {
        let refused = open(&url, IfMissing::Create).await.unwrap_err();
        assert!(matches!(refused, StoreError::Permanent { .. }), "{refused:?}");
        assert!(
            error_chain(&refused).contains("pool_mode = session"),
            "{}",
            error_chain(&refused)
        );
    }
}

pub(crate) async fn behind_a_session_pooler() {
    let database = Database::new().await;
    let store = open(&database.url_by("POSTGRES_BY_SESSION_POOLER"), IfMissing::Create)
        .await
        .unwrap();
    assert_eq!(store.head(&"octo-corp".parse().unwrap()).await.unwrap(), None);
}

pub(crate) async fn over_tls() {
    let database = Database::new().await;
    let root = given("POSTGRES_ROOT_CERTIFICATE");
    let other = given("POSTGRES_OTHER_CERTIFICATE");
    let is_encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE ssl AND datname = current_database() AND pid <> pg_backend_pid()";
    for (mode, expected) in [
        ("sslmode=disable".to_owned(), Ok(false)),
        ("sslmode=prefer".to_owned(), Ok(true)),
        ("sslmode=require".to_owned(), Ok(true)),
        (format!("sslmode=verify-full&sslrootcert={root}"), Ok(true)),
        (format!("sslmode=verify-full&sslrootcert={other}"), Err(())),
    ] {
        let url = format!("{}?{mode}", database.url_by("POSTGRES_BY_NAME"));
        match (open(&url, IfMissing::Create).await, expected) {
            (Ok(store), Ok(is_expected)) => {
                let count = database.client().await.query_one(is_encrypted, &[]).await.unwrap();
                assert_eq!(count.get::<_, i64>(0) > 0, is_expected, "{mode}");
                store.close().await;
                until_alone(&database).await;
            }
            (Err(error), Err(())) => assert!(error_chain(&error).contains("certificate"), "{}", error_chain(&error)),
            (opened, _) => panic!("{mode}: {opened:?}"),
        }
    }
    let other_name = database.url_by("POSTGRES_BY_OTHER_NAME");
    let url = format!("{other_name}?sslmode=verify-full&sslrootcert={root}");
    let refused = open(&url, IfMissing::Fail).await.unwrap_err();
    assert!(
        error_chain(&refused).contains("certificate"),
        "{}",
        error_chain(&refused)
    );
    open(&format!("{other_name}?sslmode=require"), IfMissing::Fail)
        .await
        .unwrap();
}

async fn until_alone(database: &Database) {
    let others = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> ''";
    let client = database.client().await;
    while client.query_one(others, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

pub(crate) async fn with_a_passfile() {
    let database = Database::new().await;
    let client = database.client().await;
    client
        .batch_execute(
            "DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'of:one'; GRANT ALL ON SCHEMA \
            public TO locked",
        )
        .await
        .unwrap();
    let by_password = database.url_by("POSTGRES_BY_NAME").replace("postgres@", "locked@");
    let directory = Directory::new();
    let file = directory.file("passwords");
    std::fs::write(&file, "localhost:*:*:locked:of\\:one\n").unwrap();
    let url = format!("{by_password}?passfile={}", file.display());
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let refused = open(&url, IfMissing::Create).await.unwrap_err();
    assert!(error_chain(&refused).contains("chmod 600"), "{}", error_chain(&refused));
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let store = open(&url, IfMissing::Create).await.unwrap();
    // Who has no rights but to its own tables can show that the server is the primary.
    let health = store.health().await.unwrap();
    assert_eq!(health.durability, Some(Durability::ThisNode));
    let refused = open(&by_password, IfMissing::Create).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Permanent { .. }) || error_chain(&refused).contains("password"),
        "{refused:?}"
    );
}
