//! The list of an organization's authorizations. The state says which they are, look by look. One pass over the stream
//! adds the rest.

use std::sync::Arc;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials::rest::{self, Listing, Presented, Request};
use tokio::task::spawn_blocking;

use super::Api;
use super::answer::Answer;
use super::operation::Asked;
use crate::enterprises::EnterpriseError;
use crate::store::{Store, StoreError};

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
        let begin = |request: &Request<'_>, presented: Option<&Presented<'_>>, at| {
            rest::list(request, presented, &asked.query, at)
        };
        let listing = match self.ask(asked, &bearer, begin).await? {
            Ok(listing) => listing,
            Err(refused) => return Ok(Answer::to(bearer.holder, refused)),
        };
        let listing = match &bearer.holder {
            Some(holder) => self.fill(&holder.enterprise, listing).await?,
            None => listing,
        };
        let page = spawn_blocking(|| listing.page()).await;
        let page = page.map_err(|error| StoreError::transient("choose the rows of a list", error))?;
        // The pass may have taken seconds, too: whoever has lost the right meanwhile is not answered.
        let bearer = self.bearer(asked).await?;
        let respond =
            |request: &Request<'_>, presented: Option<&Presented<'_>>, at| page.respond(request, presented, at);
        let response = self.ask(asked, &bearer, respond).await?;
        Ok(Answer::to(bearer.holder, response))
    }

    /// Finds what there is to list, and what the stream says of it.
    async fn fill(&self, enterprise: &EnterpriseSlug, listing: Listing) -> Result<Listing, EnterpriseError> {
        let (listing, head) = self.enterprises.look(enterprise, listing, Listing::look).await?;
        if !listing.needs_stream() {
            return Ok(listing);
        }
        self.enterprises
            .pass(enterprise, &head, listing, Listing::observe)
            .await
    }
}
