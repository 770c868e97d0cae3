//! Who works on an enterprise.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::store::{Store, Streams};

use crate::server::Database;

fn slug() -> EnterpriseSlug {
    EnterpriseSlug::new("octo-corp").unwrap()
}

pub(crate) async fn are_exclusive() {
    let database = Database::new().await;
    let (one, two) = (database.store().await, database.store().await);
    assert!(one.lease(&slug()).await.unwrap());
    assert!(one.lease(&slug()).await.unwrap(), "whoever has it goes on with it");
    assert!(!two.lease(&slug()).await.unwrap());
    assert!(two.lease(&EnterpriseSlug::new("other-corp").unwrap()).await.unwrap());
    two.release(&slug()).await;
    assert!(
        !two.lease(&slug()).await.unwrap(),
        "what one has not got one cannot give back"
    );
    one.release(&slug()).await;
    assert!(two.lease(&slug()).await.unwrap());
}

pub(crate) async fn expire() {
    let database = Database::new().await;
    let (one, two) = (database.store().await, database.store().await);
    assert!(one.lease(&slug()).await.unwrap());
    let expire = "UPDATE leases SET until = clock_timestamp() - interval '1 second'";
    database.client().await.batch_execute(expire).await.unwrap();
    assert!(two.lease(&slug()).await.unwrap());
    let held = "SELECT until > clock_timestamp() + interval '5 seconds' FROM leases";
    let held = database.client().await.query_one(held, &[]).await.unwrap();
    assert!(held.get::<_, bool>(0), "it is taken for some seconds");
}

pub(crate) async fn end_with_the_store() {
    let database = Database::new().await;
    let (one, two) = (database.store().await, database.store().await);
    assert!(one.lease(&slug()).await.unwrap());
    one.close().await;
    assert!(two.lease(&slug()).await.unwrap());
}
