//! What the look-up holds.

use enterprise_credentials_host::store::{HOLDERS_MAX, Head, Store, StoreError};
use enterprise_credentials_host::token;

use super::{Verdict, hold, holders, sample, slug_of};
use crate::common::history::{History, MEMBER};
use crate::common::lines::{Line, append, head_of, lines as lines_of};
use crate::common::memory::held_by;

pub(crate) async fn the_look_up_is_filled_by_issues<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    hold!(
        append(store, &slug, &Head::EMPTY, &lines).await.is_ok(),
        "a new stream can be begun"
    );
    for (fingerprint, credential) in lines.iter().filter_map(Line::fingerprint) {
        hold!(
            holders(store, fingerprint).await == [held_by(&slug, credential)],
            "every issue is found"
        );
    }
    let unknown = token::fingerprint("ghp_unknown").map_err(|_| "a fingerprint")?;
    hold!(
        holders(store, &unknown).await.is_empty(),
        "what nobody issued is not found"
    );
    Ok(())
}

pub(crate) async fn a_fingerprint_stands_for_one_credential_of_an_enterprise<S: Store>(store: &S) -> Verdict {
    let mut history = History::sample("octo-corp", "");
    let before = lines_of(&history.log).len();
    for credential in [5_000, 5_001] {
        history.issue(credential, MEMBER, "classic_pat", "[]", "ghp_same", "");
    }
    let (slug, lines) = (slug_of("octo-corp"), lines_of(&history.log));
    let (first, second) = (&lines[before], &lines[before + 1]);
    let (fingerprint, holder) = first.fingerprint().ok_or("a credential is issued there")?;
    for kept in [before, before + 1] {
        let head = head_of(&lines[..kept]);
        let (from, expected) = if kept == before {
            (0, Head::EMPTY)
        } else {
            (before, head_of(&lines[..before]))
        };
        hold!(
            append(store, &slug, &expected, &lines[from..kept]).await.is_ok(),
            "the stream can be continued"
        );
        // Both in one append at first, then each in one of its own.
        match append(store, &slug, &head, &lines[kept..]).await {
            Err(StoreError::DuplicateFingerprint {
                position,
                credential,
                fingerprint: named,
                holder: first_holder,
            }) => {
                hold!(named == *fingerprint, "the repeated fingerprint is named");
                hold!(position == second.event.position, "the position of the second is named");
                hold!(credential.value() == 5_001, "the second credential is named");
                hold!(first_holder == holder, "the first holder is named");
            }
            _ => return Err("a fingerprint of another credential of the enterprise is refused"),
        }
    }
    hold!(
        holders(store, fingerprint).await == [held_by(&slug, holder)],
        "the first keeps it"
    );
    Ok(())
}

pub(crate) async fn a_fingerprint_may_stand_in_many_enterprises<S: Store>(store: &S) -> Verdict {
    // The last slug comes first, and there is one more than is told.
    let slugs: Vec<String> = (0..=HOLDERS_MAX)
        .rev()
        .map(|number| format!("corp-{number:02}"))
        .collect();
    let mut expected = Vec::new();
    let mut of_all = None;
    for slug in &slugs {
        let (slug, lines) = sample(slug, "");
        hold!(
            append(store, &slug, &Head::EMPTY, &lines).await.is_ok(),
            "a fingerprint of another enterprise is accepted"
        );
        let issued = lines.iter().find_map(Line::fingerprint);
        let (fingerprint, credential) = issued.ok_or("the sample issues a credential")?;
        expected.insert(0, held_by(&slug, credential));
        let fingerprint = of_all.get_or_insert_with(|| fingerprint.clone());
        let found = holders(store, fingerprint).await;
        hold!(found.len() <= HOLDERS_MAX, "no more holders are told than the most");
        hold!(
            found == expected[..expected.len().min(HOLDERS_MAX)],
            "each enterprise that knows it is told, in the order of the slugs"
        );
    }
    Ok(())
}
