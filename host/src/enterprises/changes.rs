//! The enterprises that wait for the worker to look at them. Each waits once, however often somebody asks for it.

use std::collections::BTreeSet;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use enterprise_credentials::EnterpriseSlug;
use tokio::sync::Notify;

/// Tells the worker at once which enterprises a revocation was requested for.
///
/// An enterprise that waits already is not added again, so this holds at most one slug per enterprise.
/// To add one never waits.
#[derive(Debug)]
pub struct Changes(Arc<Waiting>);

/// Where requests say that an enterprise has changed.
#[derive(Debug)]
pub(super) struct ChangesSender(Weak<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    slugs: Mutex<BTreeSet<EnterpriseSlug>>,
    /// Keeps one permit while nobody listens, so that no slug is overslept.
    added: Notify,
}

/// The two ends.
pub(super) fn changes() -> (ChangesSender, Changes) {
    let waiting = Arc::<Waiting>::default();
    (ChangesSender(Arc::downgrade(&waiting)), Changes(waiting))
}

impl ChangesSender {
    /// Lets an enterprise wait, if somebody may come for it: where no worker runs, the other end is gone.
    pub(super) fn send(&self, slug: &EnterpriseSlug) {
        let Some(waiting) = self.0.upgrade() else {
            return;
        };
        let mut slugs = waiting.slugs();
        if !slugs.contains(slug) {
            slugs.insert(slug.clone());
            waiting.added.notify_one();
        }
    }
}

impl Changes {
    /// Takes all that wait, as soon as there is one. Nothing is lost where the future is dropped.
    pub async fn recv(&mut self) -> BTreeSet<EnterpriseSlug> {
        loop {
            let slugs = self.take();
            if !slugs.is_empty() {
                return slugs;
            }
            self.0.added.notified().await;
        }
    }

    /// Takes all that wait now.
    pub fn take(&mut self) -> BTreeSet<EnterpriseSlug> {
        mem::take(&mut *self.0.slugs())
    }
}

impl Waiting {
    fn slugs(&self) -> MutexGuard<'_, BTreeSet<EnterpriseSlug>> {
        self.slugs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Waker};

    use super::*;

    fn slug(name: &str) -> EnterpriseSlug {
        EnterpriseSlug::new(name).unwrap()
    }

    #[test]
    fn a_hundred_thousand_requests_to_one_enterprise_leave_one_entry() {
        let (sender, mut changes) = changes();
        for _ in 0..100_000 {
            sender.send(&slug("octo-corp"));
        }
        sender.send(&slug("acme"));
        assert_eq!(changes.take(), BTreeSet::from([slug("acme"), slug("octo-corp")]));
        assert_eq!(changes.take(), BTreeSet::new());
    }

    #[tokio::test]
    async fn what_is_sent_before_or_after_somebody_listens_wakes_them() {
        let (sender, mut changes) = changes();
        sender.send(&slug("acme"));
        assert_eq!(changes.recv().await, BTreeSet::from([slug("acme")]));
        // What was taken by then is sent again.
        sender.send(&slug("acme"));
        assert_eq!(changes.take(), BTreeSet::from([slug("acme")]));
        let listening = tokio::spawn(async move { changes.recv().await });
        tokio::task::yield_now().await;
        sender.send(&slug("octo-corp"));
        assert_eq!(listening.await.unwrap(), BTreeSet::from([slug("octo-corp")]));
    }

    #[tokio::test]
    async fn a_listener_that_gives_up_takes_nothing_along() {
        let (sender, mut changes) = changes();
        {
            let mut listening = Box::pin(changes.recv());
            let mut context = Context::from_waker(Waker::noop());
            assert!(listening.as_mut().poll(&mut context).is_pending());
            sender.send(&slug("acme"));
        }
        assert_eq!(changes.recv().await, BTreeSet::from([slug("acme")]));
    }

    #[test]
    fn where_nobody_can_come_for_them_none_waits() {
        let (sender, changes) = changes();
        let waiting = Arc::downgrade(&changes.0);
        drop(changes);
        sender.send(&slug("acme"));
        assert!(waiting.upgrade().is_none());
    }
}
