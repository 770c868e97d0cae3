//! The list of an organization's authorizations. The state says which they are. One pass over the stream adds the rest.

use std::sync::Arc;

use enterprise_credentials::rest::{self, Listing, Presented, Request};
use enterprise_credentials::{Enterprise, Timestamp};
use tokio::task::spawn_blocking;

use super::Api;
use super::answer::Answer;
use super::bearer::Bearer;
use super::operation::{Asked, presented};
use crate::enterprises::EnterpriseError;
use crate::store::{Head, Store, StoreError};

/// A list that waits for the stream up to this head, or the answer instead.
type Begun = Result<(Listing, Head), rest::Response>;

impl<S: Store> Api<S> {
    /// The list, unless it takes too long or nobody waits for it any more: then nothing is read on.
    pub(super) async fn list_in_time(&self, asked: Arc<Asked>) -> Result<Answer, EnterpriseError> {
        let client = asked.connection.clone();
        let is_gone = async {
            match client {
                Some(connection) => connection.closed_by_client().await,
                None => std::future::pending().await,
            }
            tokio::time::sleep(self.options.closed_timeout).await;
        };
        let request_id = &asked.request_id;
        tokio::select! {
            answer = self.list(&asked) => return answer,
            () = tokio::time::sleep(self.options.list_timeout) => {
                tracing::warn!(request_id, "a list took too long, and was given up");
            }
            () = is_gone => tracing::info!(request_id, "a list was given up: its client has gone"),
        }
        Ok(rest::unavailable(request_id).into())
    }

    async fn list(&self, asked: &Arc<Asked>) -> Result<Answer, EnterpriseError> {
        let bearer = self.bearer(asked).await?;
        if let Err(refused) = self.ask(asked, &bearer, rest::admit).await? {
            return Ok(Answer::to(bearer.holder, refused));
        }
        asked.has_authenticated();
        let _turn = match &bearer.holder {
            Some(holder) => Some(self.enterprises.turn(&holder.enterprise).await),
            None => None,
        };
        // The turn may have taken seconds.
        let bearer = self.bearer(asked).await?;
        let (mut listing, head) = match self.begin(asked, &bearer).await? {
            Ok(begun) => begun,
            Err(refused) => return Ok(Answer::to(bearer.holder, refused)),
        };
        if let Some(holder) = bearer.holder.as_ref().filter(|_| listing.needs_stream()) {
            let pass = self
                .enterprises
                .pass(&holder.enterprise, &head, listing, Listing::observe);
            listing = pass.await?;
            // And so may the pass: whoever has lost the right meanwhile is not answered.
            let bearer = self.bearer(asked).await?;
            if let Err(refused) = self.ask(asked, &bearer, rest::admit).await? {
                return Ok(Answer::to(bearer.holder, refused));
            }
        }
        let response = spawn_blocking(|| listing.finish()).await;
        let response = response.map_err(|error| StoreError::transient("finish a list", error))?;
        Ok(Answer::to(bearer.holder, response))
    }

    /// The rows, as far as the token's own enterprise knows them, and the end of the stream that it knows them from.
    async fn begin(&self, asked: &Arc<Asked>, bearer: &Bearer) -> Result<Begun, EnterpriseError> {
        let Some(holder) = bearer.holder.clone() else {
            let list = |request: &Request<'_>, presented: Option<&Presented<'_>>, at| {
                rest::list(request, presented, &asked.query, at)
            };
            let listed = self.ask(asked, bearer, list).await?;
            return Ok(listed.map(|listing| (listing, Head::EMPTY)));
        };
        let (asked, bearer) = (Arc::clone(asked), bearer.clone());
        let enterprise = holder.enterprise.clone();
        let list = move |enterprise: &Enterprise, at: Timestamp| {
            let headers = asked.headers();
            let request = asked.with(&headers, &bearer);
            let presented = presented(enterprise, holder.credential);
            rest::list(&request, presented.as_ref(), &asked.query, at)
        };
        let (listed, head) = self.enterprises.ask_at_length(&enterprise, list).await?;
        Ok(listed.map(|listing| (listing, head)))
    }
}
