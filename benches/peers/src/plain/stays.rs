//! Who and what is in the enterprise, and was: a returning id begins a stay of its own.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// All stays by id, the latest last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stays<T>(HashMap<u64, Vec<Stay<T>>>);

/// One stay of a person or an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stay<T> {
    joined_at: u64,
    left_at: Option<u64>,
    pub(super) of: T,
}

impl<T> Stay<T> {
    pub(super) const fn is_present(&self) -> bool {
        self.left_at.is_none()
    }

    /// Whether it had not ended at a cut.
    pub(super) fn was_present_at(&self, cut: u64) -> bool {
        self.left_at.is_none_or(|left_at| left_at > cut)
    }
}

impl<T> Default for Stays<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Stays<T> {
    /// The latest stay of an id, ended or not; nothing for one that never was.
    pub(super) fn latest(&self, id: u64) -> Option<&Stay<T>> {
        self.0.get(&id)?.last()
    }

    pub(super) fn latest_mut(&mut self, id: u64) -> Option<&mut Stay<T>> {
        self.0.get_mut(&id)?.last_mut()
    }

    pub(super) fn present(&self, id: u64) -> Option<&T> {
        let stay = self.latest(id).filter(|stay| stay.is_present())?;
        Some(&stay.of)
    }

    pub(super) fn any_present(&self, is: impl Fn(&T) -> bool) -> bool {
        let mut latest = self.0.values().filter_map(|stays| stays.last());
        latest.any(|stay| stay.is_present() && is(&stay.of))
    }

    /// The stay to which belongs what was issued or granted at this position.
    pub(super) fn at(&self, id: u64, position: u64) -> Option<&Stay<T>> {
        self.0.get(&id)?.iter().rfind(|stay| stay.joined_at < position)
    }

    pub(super) fn begin(&mut self, id: u64, joined_at: u64, of: T) {
        let left_at = None;
        self.0.entry(id).or_default().push(Stay { joined_at, left_at, of });
    }

    pub(super) fn end(&mut self, id: u64, left_at: u64) {
        if let Some(stay) = self.latest_mut(id) {
            stay.left_at = Some(left_at);
        }
    }
}
