//! What became of a flip.

use std::fmt;
use std::ops::AddAssign;
use std::path::Path;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::store::verify::verify;
use enterprise_credentials_host::store::{self, IfMissing, Page, Store, StoreError, Streams, walk};
use enterprise_credentials_host::token::fingerprint;
use enterprise_credentials_seal::Frontier;

use crate::asked::ask_all;
use crate::world::{Token, World, put, runtime, url};

/// How many flips and answers came out in which way.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    flips: usize,
    /// The store was not opened.
    refused: usize,
    /// Every answer and every export was right.
    unnoticed: usize,
    /// Some answer was 503, or an export failed.
    noticed: usize,
    /// A token was nobody's, or not what another enterprise has made it,
    /// for a row of the look-up could not be found: `verify` says so.
    row_gone: usize,
    answers: Answers,
    exports: Exports,
}

#[derive(Debug, Default)]
struct Answers {
    right: usize,
    unavailable: usize,
    row_gone: usize,
    /// An enterprise judged a token by itself, for the row of another one that has destroyed it was gone.
    other_gone: usize,
}

#[derive(Debug, Default)]
struct Exports {
    right: usize,
    failed: usize,
}

/// Asks everything of a flipped file, and fails where an answer is wrong.
pub(crate) fn of(world: &World, path: &Path, file: &[u8], context: &str) -> Outcomes {
    put(path, file);
    let runtime = runtime();
    let outcomes = runtime.block_on(async {
        let mut outcomes = Outcomes {
            flips: 1,
            ..Outcomes::default()
        };
        for history in &world.streams {
            match export(path, &history.slug()).await {
                Ok(log) if log == history.log => outcomes.exports.right += 1,
                Ok(log) => panic!("{context}: an export of {} gave {} bytes", history.slug(), log.len()),
                Err(_) => outcomes.exports.failed += 1,
            }
        }
        let Ok(store) = store::open(&url(path), IfMissing::Fail).await else {
            outcomes.refused = 1;
            return outcomes;
        };
        judge(world, &store, context, &mut outcomes).await;
        store.close().await;
        for history in &world.streams {
            if let Ok(log) = export(path, &history.slug()).await {
                let slug = history.slug();
                assert!(
                    log.starts_with(&history.log),
                    "{context}: {slug} has other lines after requests"
                );
            }
        }
        if outcomes.answers.row_gone + outcomes.answers.other_gone > 0 {
            put(path, file);
            assert!(is_found(path).await, "{context}: `verify` finds no row gone");
        }
        outcomes
    });
    outcomes.counted()
}

async fn judge(world: &World, store: &(impl Store + Clone), context: &str, outcomes: &mut Outcomes) {
    let asked = ask_all(store.clone(), &world.tokens).await;
    let tokens = world.tokens.iter().cycle();
    for (((asked, expected), alone), token) in asked.iter().zip(&world.expected).zip(&world.alone).zip(tokens) {
        if asked == expected {
            outcomes.answers.right += 1;
        } else if asked.status == 503 {
            outcomes.answers.unavailable += 1;
        } else {
            let found = store.holders(&fingerprint(&token.token).unwrap()).await;
            let has = |slug| (found.as_ref()).is_ok_and(|found| found.iter().any(|holder| holder.enterprise == slug));
            let knowing = world.tokens.iter().filter(|known| known.token == token.token);
            let is_gone = |known: &Token| found.is_ok() && !has(known.enterprise.clone());
            let is_no = (400..500).contains(&asked.status);
            let row_gone = is_no && is_gone(token);
            let other_gone = asked == alone && knowing.into_iter().any(is_gone);
            assert!(
                row_gone || other_gone,
                "{context}: {token:?} was answered {asked:?}, not {expected:?}; the look-up: {found:?}"
            );
            outcomes.answers.row_gone += usize::from(row_gone);
            outcomes.answers.other_gone += usize::from(!row_gone);
        }
    }
}

/// Whether `verify` finds anything.
async fn is_found(path: &Path) -> bool {
    let store = store::open_to_read(&url(path)).await.unwrap();
    let verified = verify(&store, |_| {}).await.unwrap();
    store.close().await;
    verified.findings > 0
}

/// A stream as `export` reads it.
async fn export(path: &Path, slug: &EnterpriseSlug) -> Result<Vec<u8>, StoreError> {
    let store = store::open_to_read(&url(path)).await?;
    let exported = async {
        let head = store
            .head(slug)
            .await?
            .ok_or_else(|| StoreError::permanent("export", "no such enterprise"))?;
        let add = |log: &mut Vec<u8>, page: &Page| -> Result<(), StoreError> {
            log.extend_from_slice(page.bytes());
            Ok(())
        };
        walk(&store, slug, &Frontier::EMPTY, &head, Vec::new(), add).await
    };
    let exported = exported.await;
    store.close().await;
    exported
}

/// From how many flips on every kind of outcome is met: in fewer, chance may leave out a rare one.
const FLIPS_OF_EVERY_KIND: usize = 2_000;

impl Outcomes {
    /// One flip's, as one of its ways.
    fn counted(mut self) -> Self {
        if self.answers.row_gone + self.answers.other_gone > 0 {
            self.row_gone = 1;
        } else if self.answers.unavailable + self.exports.failed > 0 {
            self.noticed = 1 - self.refused;
        } else {
            self.unnoticed = 1 - self.refused;
        }
        self
    }

    /// Fails where the run met too little to say anything.
    pub(crate) fn check(&self, flips: usize) {
        assert_eq!(self.flips, flips);
        assert_eq!(self.flips, self.refused + self.unnoticed + self.noticed + self.row_gone);
        if flips < FLIPS_OF_EVERY_KIND {
            assert!(self.noticed > 0, "no flip of {flips} was noticed");
            return;
        }
        for (what, count) in [
            ("store refused", self.refused),
            ("flip without consequence", self.unnoticed),
            ("flip noticed", self.noticed),
            ("export failed", self.exports.failed),
            ("503", self.answers.unavailable),
        ] {
            assert!(count > 0, "no {what} among {flips} flips");
        }
    }
}

impl AddAssign for Outcomes {
    fn add_assign(&mut self, other: Self) {
        self.flips += other.flips;
        self.refused += other.refused;
        self.unnoticed += other.unnoticed;
        self.noticed += other.noticed;
        self.row_gone += other.row_gone;
        self.answers.right += other.answers.right;
        self.answers.unavailable += other.answers.unavailable;
        self.answers.row_gone += other.answers.row_gone;
        self.answers.other_gone += other.answers.other_gone;
        self.exports.right += other.exports.right;
        self.exports.failed += other.exports.failed;
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answers, exports, .. } = self;
        writeln!(
            f,
            "{} flips: {} stores not opened, {} without consequence, {} noticed (503, failed export), {} with a row \
             of the look-up gone",
            self.flips, self.refused, self.unnoticed, self.noticed, self.row_gone
        )?;
        writeln!(
            f,
            "answers: {} right, {} with 503, {} a no for want of the row, {} for want of another enterprise's; wrong: \
             none",
            answers.right, answers.unavailable, answers.row_gone, answers.other_gone
        )?;
        writeln!(
            f,
            "exports: {} right, {} failed; wrong: none",
            exports.right, exports.failed
        )
    }
}
