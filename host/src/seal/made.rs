//! Histories that were made up are not signed.

use enterprise_credentials::{EnterpriseSlug, Position};

use super::SealError;
use crate::import::is_made;
use crate::store::Streams;

/// Fails where the stream is a made history.
pub(super) async fn refuse_made(streams: &impl Streams, enterprise: &EnterpriseSlug) -> Result<(), SealError> {
    let first = streams.read(enterprise, Position::START, 1).await?;
    if first.lines().next().is_some_and(is_made) {
        return Err(SealError::Made);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Stream;
    use crate::seal::{SealOptions, Sealer, random_key};
    use crate::store::contract::Memory;

    const MADE: &str = r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"made-corp","kind":"managed_users","made_from":{"people":0}}
"#;
    const OTHER: &str = r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
"#;

    #[tokio::test]
    async fn a_made_history_is_signed_only_if_that_is_asked_for() {
        let state = std::env::temp_dir().join(format!("enterprise-credentials-made-{}", std::process::id()));
        let store = Memory::default();
        for log in [MADE, OTHER] {
            let stream = Stream::check(log.as_bytes().to_vec()).unwrap();
            assert_eq!(stream.import(&store).await.unwrap().appended, 1);
        }
        let [made, other] = ["made-corp", "octo-corp"].map(|slug| EnterpriseSlug::new(slug).unwrap());
        let key = random_key("credentials.example.com".parse().unwrap()).unwrap();
        let mut options = SealOptions::new(vec![key], state.clone());
        let sealer = Sealer::open(&store, options.clone()).await.unwrap();
        assert!(sealer.seal(&store, &other, None).await.unwrap().is_some());
        let refused = sealer.seal(&store, &made, None).await;
        assert!(matches!(refused, Err(SealError::Made)), "{refused:?}");
        assert!(store.last_checkpoint(&made).await.unwrap().is_none());

        drop(sealer);
        options.made = true;
        let forced = Sealer::open(&store, options).await.unwrap();
        assert!(forced.seal(&store, &made, None).await.unwrap().is_some());
        std::fs::remove_dir_all(state).unwrap();
    }
}
