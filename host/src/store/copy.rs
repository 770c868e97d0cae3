//! Copies of a whole store: what a backup and a restore say about themselves.

use std::fmt;

use enterprise_credentials::{EnterpriseSlug, Position};

use super::Head;

/// What to do where a file exists that a copy shall be put to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfThere {
    /// Fail: it may be the last good copy.
    Fail,
    /// Put the new one in its place, once that is whole.
    Replace,
}

/// A copy of a store, as it was at one moment, and was found well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// How long the file is.
    pub bytes: u64,
    /// Where each stream ends, in the order of the slugs.
    pub heads: Vec<(EnterpriseSlug, Head)>,
}

impl Copied {
    fn head(&self, enterprise: &EnterpriseSlug) -> Option<&Head> {
        let at = self.heads.binary_search_by(|(slug, _)| slug.cmp(enterprise)).ok()?;
        self.heads.get(at).map(|(_, head)| head)
    }
}

/// A store that was put in place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What is there now.
    pub copied: Copied,
    /// What was there before and is not any more, in the order of the slugs.
    pub lost: Vec<Lost>,
}

/// A stream of which a restored store holds less than, or something else than, the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Which stream.
    pub enterprise: EnterpriseSlug,
    /// Where it ended; nothing where its head was broken or lost, so that nobody knows.
    pub before: Option<Position>,
    /// Where it ends now: at the start where it is not there any more.
    pub now: Position,
}

impl Lost {
    /// What a copy lacks of the streams that were there.
    pub(super) fn of(before: Vec<(EnterpriseSlug, Option<Head>)>, copied: &Copied) -> Vec<Self> {
        let lost = before.into_iter().filter_map(|(enterprise, before)| {
            let now = copied.head(&enterprise).cloned().unwrap_or_default();
            let is_kept = before
                .as_ref()
                .is_some_and(|before| before.position() < now.position() || before.frontier() == now.frontier());
            (!is_kept).then(|| Self {
                enterprise,
                before: before.map(|before| before.position()),
                now: now.position(),
            })
        });
        lost.collect()
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            enterprise,
            before,
            now,
        } = self;
        match before {
            None => write!(
                f,
                "`{enterprise}` ends at position {now}; where it ended before nobody can tell"
            ),
            Some(before) if before == now => {
                write!(f, "`{enterprise}` ends at position {now}, as before, with other lines")
            }
            Some(before) => write!(
                f,
                "`{enterprise}` ends at position {now}, and ended at {before}: {} events are lost",
                before.value().saturating_sub(now.value())
            ),
        }
    }
}
