//! Proofs between checkpoints that were given out.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::seal::{GrowthError, growth, latest};
use enterprise_credentials_host::store::{KeptCheckpoint, SqliteStore, Store};
use enterprise_credentials_seal::{Checkpoint, KeyName, SealedGrowth, SigningKey};

use crate::common::Directory;
use crate::common::history::History;
use crate::common::lines::{head_of, lines};

const SIZES: [usize; 5] = [1, 7, 8, 13, 20];

fn key() -> SigningKey {
    SigningKey::from_seed(KeyName::new("credentials.example.com").unwrap(), &[7; 32])
}

/// A stream of which checkpoints of some sizes are kept.
async fn sealed(store: &SqliteStore) -> (EnterpriseSlug, Vec<Checkpoint>) {
    let history = History::sample("octo-corp", "");
    history.import(store).await;
    let (slug, lines) = (history.slug(), lines(&history.log));
    assert!(lines.len() > SIZES[4], "the sample is long enough");
    let origin = KeptCheckpoint::origin(key().name(), &slug, 1).unwrap();
    let mut checkpoints = Vec::new();
    for size in SIZES {
        let frontier = head_of(&lines[..size]).frontier().clone();
        let checkpoint = Checkpoint::of(origin.clone(), &frontier);
        let note = checkpoint.sign(&[key()]);
        let kept = KeptCheckpoint { log: 1, frontier, note };
        store.keep_checkpoint(&slug, &kept).await.unwrap();
        checkpoints.push(checkpoint);
    }
    (slug, checkpoints)
}

#[tokio::test]
async fn each_that_was_given_out_leads_to_the_latest() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (slug, checkpoints) = sealed(&store).await;
    let last = latest(&store, &slug).await.unwrap().unwrap();
    assert_eq!(last.note.text(), checkpoints[4].to_string());
    let known = key().named(checkpoints[0].origin.clone()).verifier_key();
    for older in &checkpoints {
        let proof = growth(&store, &slug, older.size, &last).await.unwrap().to_string();
        let proof = SealedGrowth::parse(proof.as_bytes()).unwrap();
        let newer = proof.open(older, std::slice::from_ref(&known)).unwrap();
        assert_eq!(newer, checkpoints[4]);
    }
    // A witness that has seen nothing yet.
    let from_nothing = growth(&store, &slug, 0, &last).await.unwrap();
    assert_eq!((from_nothing.old, from_nothing.proof.hashes.len()), (0, 0));
}

#[tokio::test]
async fn nothing_is_proven_from_what_was_not_given_out() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (slug, _) = sealed(&store).await;
    let last = latest(&store, &slug).await.unwrap().unwrap();
    let seventh = store_checkpoint(&store, &slug, 7).await;
    for (old, newer) in [(2, &last), (19, &last), (21, &last), (1_000, &last), (8, &seventh)] {
        let proof = growth(&store, &slug, old, newer).await;
        assert!(
            matches!(proof, Err(GrowthError::NotGiven { old: of, .. }) if of == old),
            "{old}: {proof:?}"
        );
    }
    let of_another_log = KeptCheckpoint { log: 2, ..last };
    let proof = growth(&store, &slug, 7, &of_another_log).await;
    assert!(matches!(proof, Err(GrowthError::NotGiven { .. })), "{proof:?}");
    let nobody = EnterpriseSlug::new("nobody").unwrap();
    assert!(latest(&store, &nobody).await.unwrap().is_none());
}

async fn store_checkpoint(store: &SqliteStore, slug: &EnterpriseSlug, size: u64) -> KeptCheckpoint {
    use enterprise_credentials_host::store::Streams;
    store.checkpoint(slug, 1, size).await.unwrap().unwrap()
}

/// Else a proof would be given of lines that nobody signed.
#[tokio::test]
async fn nothing_is_proven_by_other_lines() {
    let directory = Directory::new();
    let store = directory.store().await;
    let (slug, _) = sealed(&store).await;
    let last = latest(&store, &slug).await.unwrap().unwrap();
    directory
        .connection()
        .execute(
            "UPDATE segments SET lines = CAST(replace(lines, 'lisa', 'lise') AS BLOB)",
            [],
        )
        .unwrap();
    let proof = growth(&store, &slug, 1, &last).await;
    assert!(matches!(proof, Err(GrowthError::Store(_))), "{proof:?}");
}
