//! What was signed of an enterprise's log: the latest checkpoint, and the proof that the log only grew since another
//! one. It is for the enterprise's auditors, and for whoever may revoke there.

use enterprise_credentials::{EnterpriseSlug, rest};
use tokio::time::timeout;

use super::Api;
use super::answer::Answer;
use super::bearer::Bearer;
use super::operation::Asked;
use crate::enterprises::{EnterpriseError, now};
use crate::seal::{GrowthError, KeptCheckpoint, SealError, growth};
use crate::store::{Holder, Store, StoreError};

impl<S: Store> Api<S> {
    /// The latest checkpoint.
    pub(super) async fn checkpoint(&self, asked: &Asked) -> Result<Answer, EnterpriseError> {
        self.sealed(asked, None).await
    }

    /// The proof that leads to it from the one of as many lines as the path says. It ends with the checkpoint.
    pub(super) async fn consistency(&self, asked: &Asked) -> Result<Answer, EnterpriseError> {
        self.sealed(asked, Some(asked.target())).await
    }

    async fn sealed(&self, asked: &Asked, since: Option<&str>) -> Result<Answer, EnterpriseError> {
        let (holder, refused) = self.may_read(asked).await?;
        if let Some(refused) = refused {
            return Ok(Answer::to(holder, refused));
        }
        let not_found = |holder| Ok(Answer::to(holder, rest::not_found(&asked.request_id)));
        let Ok(enterprise) = EnterpriseSlug::new(asked.owner().1) else {
            return not_found(holder);
        };
        // A stream that was set back has checkpoints that are older than some that were given out.
        self.enterprises.fresh(&enterprise).await?;
        // And a host that signs nothing has no journal, by which it would find that out.
        let Some(sealer) = self.enterprises.sealer() else {
            return not_found(holder);
        };
        let given = sealer.given_out(self.enterprises.store(), &enterprise).await;
        let Some(latest) = given.map_err(unknown)? else {
            return not_found(holder);
        };
        let text = match since {
            None => latest.note.to_string(),
            Some(since) => match self.proof(&enterprise, since, &latest).await? {
                Some(proof) => proof,
                None => return not_found(holder),
            },
        };
        Ok(Answer::to(holder, self::text(&asked.request_id, text)))
    }

    /// Nothing where no checkpoint of so many lines was given out. One proof is made at a time:
    /// it may take a walk over a long stream.
    async fn proof(
        &self,
        enterprise: &EnterpriseSlug,
        since: &str,
        latest: &KeptCheckpoint,
    ) -> Result<Option<String>, EnterpriseError> {
        // No checkpoint of nothing is given out, and what grew from nothing needs no proof.
        let is_canonical = |since: &&str| !since.starts_with(['0', '+']);
        let Some(old) = Some(since).filter(is_canonical).and_then(|since| since.parse().ok()) else {
            return Ok(None);
        };
        let proving = async {
            // Nobody closes it.
            let _proving = self.proving.acquire().await;
            growth(self.enterprises.store(), enterprise, old, latest).await
        };
        match timeout(self.options.list_timeout, proving).await {
            Ok(Ok(proof)) => Ok(Some(proof.to_string())),
            Ok(Err(GrowthError::NotGiven { .. })) => Ok(None),
            Ok(Err(GrowthError::Store(error))) => Err(error.into()),
            Err(late) => Err(StoreError::transient("prove in time that a log only grew", late).into()),
        }
    }

    /// Whose token it is, and why its bearer may not read what was signed.
    async fn may_read(&self, asked: &Asked) -> Result<(Option<Holder>, Option<rest::Response>), EnterpriseError> {
        const UNAUTHORIZED: u16 = 401;
        let headers = asked.headers();
        let token = rest::bearer_token(&headers);
        let auditors = self.options.auditors.as_ref().zip(token);
        if let Some(may_audit) = auditors.and_then(|(auditors, token)| auditors.may_audit(token, asked.owner().1)) {
            // What an auditor is asked for before the token is asked for of all.
            let refused = rest::authorize(&asked.with(&headers, &Bearer::default()), None, now()).err();
            let refused = refused.filter(|refused| refused.status != UNAUTHORIZED);
            let of_another = (!may_audit).then(|| rest::not_found(&asked.request_id));
            return Ok((None, refused.or(of_another)));
        }
        let bearer = self.bearer(asked).await?;
        let authorized = self.ask(asked, &bearer, rest::authorize).await?;
        Ok((bearer.holder, authorized.err()))
    }
}

/// Where the journal cannot be read, nobody knows what may be given out.
fn unknown(error: SealError) -> EnterpriseError {
    match error {
        SealError::Store(error) => error.into(),
        error => StoreError::transient("look up what may be given out", error).into(),
    }
}

fn text(request_id: &str, text: String) -> rest::Response {
    rest::Response {
        status: 200,
        headers: Vec::from([
            ("Content-Type", "text/plain; charset=utf-8".to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("X-GitHub-Request-Id", request_id.to_owned()),
        ]),
        body: text.into_bytes(),
        refused_by: None,
    }
}
