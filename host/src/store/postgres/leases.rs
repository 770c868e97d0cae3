//! Which process works on an enterprise. A lease is a row that says who, and until when by the server's clock.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use enterprise_credentials::EnterpriseSlug;

use super::cluster::Cluster;
use crate::store::StoreError;

const LEASE: &str = "take an enterprise";
/// How long a lease is taken to hold without asking: half of what the server gives,
/// so that it is renewed long before its end.
const TRUSTED_FOR: Duration = Duration::from_secs(5);

const TAKE: &str = "INSERT INTO leases (enterprise, owner, until) \
     VALUES ($1, $2, clock_timestamp() + interval '10 seconds') \
     ON CONFLICT (enterprise) DO UPDATE SET owner = excluded.owner, until = excluded.until \
     WHERE leases.owner = excluded.owner OR leases.until < clock_timestamp() RETURNING 1";
const GIVE_BACK: &str = "DELETE FROM leases WHERE enterprise = $1 AND owner = $2";
const GIVE_ALL_BACK: &str = "DELETE FROM leases WHERE owner = $1";

/// What this process has taken, and when it was last renewed.
#[derive(Debug)]
pub(super) struct Leases {
    owner: String,
    taken: Mutex<HashMap<EnterpriseSlug, Instant>>,
}

impl Leases {
    /// Of a process whose name no other has.
    pub(super) fn of(owner: String) -> Self {
        Self {
            owner,
            taken: Mutex::default(),
        }
    }

    /// Takes a lease, or renews it; false where another process holds it.
    pub(super) async fn take(&self, cluster: &Cluster, enterprise: &EnterpriseSlug) -> Result<bool, StoreError> {
        let asked = Instant::now();
        let taken = self.taken().get(enterprise).copied();
        if taken.is_some_and(|taken| asked.duration_since(taken) < TRUSTED_FOR) {
            return Ok(true);
        }
        let rows = cluster
            .change(LEASE, TAKE, &[&enterprise.as_str(), &self.owner])
            .await?;
        let mut taken = self.taken();
        if rows.is_empty() {
            taken.remove(enterprise);
            return Ok(false);
        }
        taken.insert(enterprise.clone(), asked);
        Ok(true)
    }

    /// Gives a lease back. Where that fails, it ends by itself.
    pub(super) async fn give_back(&self, cluster: &Cluster, enterprise: &EnterpriseSlug) {
        if self.taken().remove(enterprise).is_some() {
            let _ = cluster
                .change(LEASE, GIVE_BACK, &[&enterprise.as_str(), &self.owner])
                .await;
        }
    }

    /// Gives all back, before the process ends.
    pub(super) async fn give_all_back(&self, cluster: &Cluster) {
        if !std::mem::take(&mut *self.taken()).is_empty() {
            let _ = cluster.change(LEASE, GIVE_ALL_BACK, &[&self.owner]).await;
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<EnterpriseSlug, Instant>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
