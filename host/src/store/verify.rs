//! Whether a store holds what was appended to it. It checks every stream from its first line to its head, and the
//! look-up against the lines, in both directions.

mod finding;
mod stream;

use std::collections::HashMap;

use enterprise_credentials::EnterpriseSlug;

use self::finding::Findings;
use self::stream::Walked;
use super::{Inspect, LookUpRow, StoreError};
use crate::error_chain;

pub use self::finding::{Fault, Finding};

/// How many rows of the look-up are read at a time.
const PAGE_ROWS: usize = 4_096;

/// What was verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// How many streams.
    pub streams: u64,
    /// How many lines of them.
    pub lines: u64,
    /// How many rows of the look-up.
    pub look_up_rows: u64,
    /// How many differences were found.
    pub findings: u64,
}

/// Examines a whole store, and hands each difference to `each`. What is appended meanwhile is none,
/// and need not be examined.
///
/// Memory holds a page of lines or of rows, and a few numbers for each stream.
///
/// # Errors
/// [`StoreError::Transient`], where the storage does not answer: nothing is known of what was not examined.
pub async fn verify<S: Inspect>(store: &S, each: impl FnMut(Finding) + Send) -> Result<Verified, StoreError> {
    let mut verification = Verification::of(store, None, each);
    match store.storage_faults().await {
        Ok(faults) => {
            let faults = faults.into_iter().map(|said| Fault::Storage { said });
            faults.for_each(|fault| verification.findings.tell(None, fault));
        }
        Err(error) => verification.findings.tell_error(None, error)?,
    }
    let mut name = String::new();
    while let Some(next) = verification.next_name(&name).await? {
        verification.stream(&next).await?;
        name = next;
    }
    verification.look_up().await?;
    Ok(verification.findings.verified)
}

/// Examines one stream, and its rows of the look-up.
///
/// # Errors
/// As of [`verify`].
pub async fn verify_stream<S: Inspect>(
    store: &S,
    enterprise: &EnterpriseSlug,
    each: impl FnMut(Finding) + Send,
) -> Result<Verified, StoreError> {
    let mut verification = Verification::of(store, Some(enterprise), each);
    verification.stream(enterprise.as_str()).await?;
    verification.look_up().await?;
    Ok(verification.findings.verified)
}

struct Verification<'a, S, E> {
    store: &'a S,
    only: Option<&'a EnterpriseSlug>,
    findings: Findings<E>,
    streams: HashMap<String, Rows>,
}

/// What is known of the rows of a stream.
#[derive(Default)]
struct Rows {
    stream: Stream,
    /// How many rows name a line as far as it was walked.
    counted: u64,
    /// How many name no line that issues their fingerprint, and one of them.
    wrong: u64,
    example: LookUpRow,
}

#[derive(Default)]
enum Stream {
    /// There was none when the streams were walked.
    #[default]
    Unknown,
    /// Its lines do not lead to its head: nothing can be said of its rows.
    Altered,
    Walked(Walked),
}

impl<'a, S: Inspect, E: FnMut(Finding) + Send> Verification<'a, S, E> {
    fn of(store: &'a S, only: Option<&'a EnterpriseSlug>, each: E) -> Self {
        Self {
            store,
            only,
            findings: Findings::to(each),
            streams: HashMap::new(),
        }
    }

    async fn next_name(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        match self.store.next_name(name).await {
            // The rows of a damaged file may stand in no order.
            Ok(Some(next)) if next.as_str() <= name => Ok(None),
            Ok(next) => Ok(next),
            Err(error) => self.findings.tell_error(None, error).map(|()| None),
        }
    }

    async fn stream(&mut self, name: &str) -> Result<(), StoreError> {
        self.findings.verified.streams += 1;
        let walked = match EnterpriseSlug::new(name) {
            Ok(enterprise) => stream::walk(self.store, &enterprise, &mut self.findings).await?,
            Err(_) => {
                self.findings.tell(Some(name), Fault::NoName);
                None
            }
        };
        let rows = Rows {
            stream: walked.map_or(Stream::Altered, Stream::Walked),
            ..Rows::default()
        };
        self.streams.insert(name.to_owned(), rows);
        Ok(())
    }

    /// Every line that was walked and issues a credential has its row. So there are rows that name something else only
    /// if there are more rows than such lines: then each is held against its line,
    /// which takes far longer than to count.
    async fn look_up(&mut self) -> Result<(), StoreError> {
        self.each_row(Pass::Count).await?;
        if self.streams.values().any(Rows::has_more) {
            self.each_row(Pass::Compare).await?;
        }
        let mut wrong: Vec<(&String, &Rows)> = self.streams.iter().filter(|(_, rows)| rows.wrong > 0).collect();
        wrong.sort_unstable_by_key(|(name, _)| *name);
        for (name, rows) in wrong {
            let (count, fingerprint) = (rows.wrong, rows.example.fingerprint.clone());
            let fault = match rows.stream {
                Stream::Unknown => Fault::NoStream { count, fingerprint },
                Stream::Altered | Stream::Walked(_) => Fault::LooksUpWrong {
                    count,
                    fingerprint,
                    position: rows.example.position,
                },
            };
            self.findings.tell(Some(name), fault);
        }
        Ok(())
    }

    async fn each_row(&mut self, pass: Pass) -> Result<(), StoreError> {
        let mut last = LookUpRow::default();
        loop {
            let rows = match self.store.rows(&last, PAGE_ROWS).await {
                Ok(rows) => rows,
                Err(error) if pass == Pass::Count => return self.findings.tell_error(None, error),
                Err(error) => return Err(error),
            };
            let Some(end) = rows.last() else { return Ok(()) };
            let key = |row: &LookUpRow| (row.fingerprint.clone(), row.enterprise.clone());
            if key(end) <= key(&last) {
                let said = "rows of the look-up stand in no order".to_owned();
                self.findings.tell(None, Fault::Storage { said });
                return Ok(());
            }
            last = end.clone();
            let only = self.only;
            let wanted = |row: &LookUpRow| only.is_none_or(|only| only.as_str() == row.enterprise);
            for row in rows.into_iter().filter(wanted) {
                match pass {
                    Pass::Count => self.count(row).await?,
                    Pass::Compare => self.compare(row).await?,
                }
            }
        }
    }

    async fn count(&mut self, row: LookUpRow) -> Result<(), StoreError> {
        self.findings.verified.look_up_rows += 1;
        let rows = self.streams.entry(row.enterprise.clone()).or_default();
        match &rows.stream {
            Stream::Altered => Ok(()),
            Stream::Walked(walked) if walked.covers(&row) => {
                rows.counted += 1;
                Ok(())
            }
            // Appended since, or wrong.
            Stream::Walked(_) | Stream::Unknown => self.hold(row).await,
        }
    }

    async fn compare(&mut self, row: LookUpRow) -> Result<(), StoreError> {
        let is_doubtful = |rows: &Rows| {
            let walked = rows.walked();
            rows.has_more() && walked.is_some_and(|walked| walked.covers(&row))
        };
        if self.streams.get(&row.enterprise).is_some_and(is_doubtful) {
            self.hold(row).await?;
        }
        Ok(())
    }

    /// Holds a row against the line that it names.
    async fn hold(&mut self, row: LookUpRow) -> Result<(), StoreError> {
        match self.store.is_issued(&row).await {
            Ok(true) => {}
            Ok(false) => {
                let rows = self.streams.entry(row.enterprise.clone()).or_default();
                if rows.wrong == 0 {
                    rows.example = row;
                }
                rows.wrong += 1;
            }
            Err(error) => self.findings.tell_error(Some(&row.enterprise), error)?,
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Count,
    Compare,
}

impl Rows {
    fn has_more(&self) -> bool {
        self.walked().is_some_and(|walked| self.counted > walked.looked_up)
    }

    fn walked(&self) -> Option<&Walked> {
        match &self.stream {
            Stream::Walked(walked) => Some(walked),
            Stream::Unknown | Stream::Altered => None,
        }
    }
}

impl<E: FnMut(Finding)> Findings<E> {
    /// Of an error that says something of the store, and not that it could not be asked.
    fn tell_error(&mut self, stream: Option<&str>, error: StoreError) -> Result<(), StoreError> {
        match error {
            StoreError::Altered(altered) => {
                let fault = Fault::Altered(altered.alteration);
                self.tell(stream, fault);
            }
            StoreError::Permanent { .. } => {
                let said = error_chain(&error);
                self.tell(stream, Fault::Storage { said });
            }
            error => return Err(error),
        }
        Ok(())
    }
}
