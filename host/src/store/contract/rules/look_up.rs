//! What the look-up holds.

use super::{Storage, holders};
use crate::store::contract::failure::{Holds, Verdict};
use crate::store::contract::lines::{Line, append, go_on, head_at, line, part};
use crate::store::contract::memory::held_by;
use crate::store::contract::sample::Sample;
use crate::store::{HOLDERS_MAX, Head, StoreError};
use crate::token;

pub(super) async fn the_look_up_is_filled_by_issues(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    go_on(store, &slug, &Head::EMPTY, &lines).await?;
    for (fingerprint, credential) in lines.iter().filter_map(Line::fingerprint) {
        let found = holders(store, fingerprint).await?;
        (found == [held_by(&slug, credential)]).holds("every issue is found")?;
    }
    let unknown = token::fingerprint("ghp_unknown").holds("a fingerprint")?;
    let found = holders(store, &unknown).await?;
    found.is_empty().holds("what nobody issued is not found")
}

pub(super) async fn a_fingerprint_stands_for_one_credential_of_an_enterprise(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let mut sample = Sample::new("octo-corp", "")?;
    let before = sample.lines.len();
    sample.issue(5_000, "ghp_same")?;
    sample.issue(5_001, "ghp_same")?;
    let Sample { slug, lines, .. } = sample;
    let (first, second) = (line(&lines, before)?, line(&lines, before + 1)?);
    let (fingerprint, holder) = first.fingerprint().holds("a credential is issued there")?;
    for (from, kept) in [(0, before), (before, before + 1)] {
        go_on(store, &slug, &head_at(&lines, from)?, part(&lines, from..kept)?).await?;
        // Both in one append at first, then each in one of its own.
        let appended = append(store, &slug, &head_at(&lines, kept)?, part(&lines, kept..)?).await?;
        let Err(StoreError::DuplicateFingerprint {
            position,
            credential,
            fingerprint: named,
            holder: first_holder,
        }) = appended
        else {
            return Err("a fingerprint of another credential of the enterprise is refused".into());
        };
        (named == *fingerprint).holds("the repeated fingerprint is named")?;
        (position == second.event.position).holds("the position of the second is named")?;
        (credential.value() == 5_001).holds("the second credential is named")?;
        (first_holder == holder).holds("the first holder is named")?;
    }
    let found = holders(store, fingerprint).await?;
    (found == [held_by(&slug, holder)]).holds("the first keeps it")
}

pub(super) async fn a_fingerprint_may_stand_in_many_enterprises(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let mut expected = Vec::new();
    let mut of_all = None;
    // The last slug comes first, and there is one more than is told.
    for number in (0..=HOLDERS_MAX).rev() {
        let Sample { slug, lines, .. } = Sample::new(&format!("corp-{number:02}"), "")?;
        let appended = append(store, &slug, &Head::EMPTY, &lines).await?;
        appended.holds("a fingerprint of another enterprise is accepted")?;
        let issued = lines.iter().find_map(Line::fingerprint);
        let (fingerprint, credential) = issued.holds("the sample issues a credential")?;
        expected.insert(0, held_by(&slug, credential));
        let fingerprint = of_all.get_or_insert_with(|| fingerprint.clone());
        let found = holders(store, fingerprint).await?;
        (found.len() <= HOLDERS_MAX).holds("no more holders are told than the most")?;
        let told = expected.iter().take(HOLDERS_MAX);
        found
            .iter()
            .eq(told)
            .holds("each enterprise that knows it is told, in the order of the slugs")?;
    }
    Ok(())
}
