//! What becomes of checkpoints.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{Checkpoint, KeyName, SigningKey};

use super::{Storage, slug_of};
use crate::store::contract::failure::{Holds, Verdict};
use crate::store::contract::lines::{Line, go_on, head_of, part};
use crate::store::contract::sample::Sample;
use crate::store::{Alteration, Altered, Head, KeptCheckpoint, Store, StoreError, Streams};

pub(super) async fn checkpoints_are_given_back(storage: &impl Storage) -> Verdict {
    let (store, other) = (&storage.open().await?, &storage.open().await?);
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    go_on(store, &slug, &Head::EMPTY, &lines).await?;
    let none = store.last_checkpoint(&slug).await?;
    none.is_none().holds("at first there is no checkpoint")?;
    let [four, nine, seven] = [4, 9, 7].map(|size| sealed(&slug, &lines, size, 1));
    let (four, nine, seven) = (four?, nine?, seven?);
    for (kept, last) in [(&four, &four), (&nine, &nine), (&seven, &nine)] {
        store.keep_checkpoint(&slug, kept).await?;
        let found = other.last_checkpoint(&slug).await?;
        (found.as_ref() == Some(last)).holds("the last checkpoint is the one that covers the most lines")?;
    }
    for kept in [&four, &nine, &seven] {
        let found = other.checkpoint(&slug, 1, kept.size()).await?;
        (found.as_ref() == Some(kept)).holds("a checkpoint is given back by its size")?;
    }
    let none = store.checkpoint(&slug, 1, 8).await?;
    none.is_none().holds("and none of another size")?;
    let again = KeptCheckpoint {
        note: signed(&slug, &nine.frontier, 2)?,
        ..nine
    };
    store.keep_checkpoint(&slug, &again).await?;
    let found = other.last_checkpoint(&slug).await?;
    (found == Some(again)).holds("one that other keys signed takes the place of one of the same tree")
}

pub(super) async fn checkpoints_are_kept_apart(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    go_on(store, &slug, &Head::EMPTY, &lines).await?;
    let first = sealed(&slug, &lines, 9, 1)?;
    store.keep_checkpoint(&slug, &first).await?;
    let other = slug_of("other-corp")?;
    let none = store.last_checkpoint(&other).await?;
    none.is_none().holds("another stream has no checkpoint")?;
    let second = KeptCheckpoint {
        log: 2,
        ..sealed(&slug, &lines, 0, 1)?
    };
    store.keep_checkpoint(&slug, &second).await?;
    let last = store.last_checkpoint(&slug).await?;
    (last == Some(second)).holds("the last checkpoint is of the latest log")?;
    let found = store.checkpoint(&slug, 1, 9).await?;
    (found == Some(first)).holds("a checkpoint of the log before is still there")?;
    let named = store.next_sealed("").await?;
    (named.as_deref() == Some(slug.as_str())).holds("the streams that have checkpoints are named")?;
    let none = store.next_sealed(slug.as_str()).await?;
    none.is_none().holds("each of them once, and no other")?;
    let none = store.checkpoint(&slug, 2, 9).await?;
    none.is_none().holds("and is none of the latest log")
}

pub(super) async fn a_checkpoint_stands_for_one_tree(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    go_on(store, &slug, &Head::EMPTY, &lines).await?;
    let right = sealed(&slug, &lines, 9, 1)?;
    let wrong = sealed(&slug, &Sample::new("octo-corp", "-other")?.lines, 9, 1)?;
    store.keep_checkpoint(&slug, &right).await?;
    let kept = store.keep_checkpoint(&slug, &wrong).await;
    let Err(StoreError::Altered(Altered {
        alteration: Alteration::SealedOtherwise {
            size, sealed, lines, ..
        },
        ..
    })) = kept
    else {
        return Err("a checkpoint of another tree is refused as altered".into());
    };
    let both = (9, right.frontier.root(), wrong.frontier.root());
    ((size, sealed, lines) == both).holds("both roots are named")?;
    let found = store.last_checkpoint(&slug).await?;
    (found == Some(right)).holds("the first stays")
}

pub(super) async fn the_first_log_name_stays(storage: &impl Storage) -> Verdict {
    let (store, other) = (&storage.open().await?, &storage.open().await?);
    let none = store.log_name().await?;
    none.is_none().holds("at first the logs have no name")?;
    let name = |name| KeyName::new(name).holds("a name");
    let first = name("credentials.example.com")?;
    for (process, asked) in [(store, &first), (other, &name("other.example.com")?), (store, &first)] {
        let told = process.name_logs(asked).await?;
        (told == first).holds("the first name stays")?;
        let told = other.log_name().await?;
        (told.as_ref() == Some(&first)).holds("every process is told it")?;
    }
    Ok(())
}

/// A checkpoint of the first `size` lines.
fn sealed(slug: &EnterpriseSlug, lines: &[Line], size: usize, seed: u8) -> Verdict<KeptCheckpoint> {
    let frontier = head_of(part(lines, ..size)?)?.frontier().clone();
    let note = signed(slug, &frontier, seed)?;
    Ok(KeptCheckpoint { log: 1, frontier, note })
}

fn signed(
    slug: &EnterpriseSlug,
    frontier: &enterprise_credentials_seal::Frontier,
    seed: u8,
) -> Verdict<enterprise_credentials_seal::Note> {
    let origin = KeyName::new("credentials.example.com").holds("a name")?;
    let origin = origin.join(slug.as_str()).holds("a name")?;
    let key = SigningKey::from_seed(origin.clone(), &[seed; SigningKey::SEED_LENGTH]);
    Ok(Checkpoint::of(origin, frontier).sign(&[key]))
}
