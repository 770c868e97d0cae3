//! One stream, from its first line to its head.

use enterprise_credentials::log::Decoder;
use enterprise_credentials::{EnterpriseSlug, Event, Fingerprint, Position};
use enterprise_credentials_seal::leaf_hash;
use tokio::task::spawn_blocking;

use super::{Fault, Finding, Findings};
use crate::store::{Alteration, Batch, Ends, Head, Inspect, LookUpRow, Page, StoreError, check_end};

/// How many lines are read at a time.
const PAGE_LINES: usize = 8 * 1024;
const VERIFY: &str = "be verified";

/// A stream whose lines lead to its head.
pub(super) struct Walked {
    /// Where it ended.
    size: Position,
    /// How many of its lines issue a credential that the look-up holds so.
    pub(super) looked_up: u64,
}

impl Walked {
    /// Whether a row names a line that was walked over, or none.
    pub(super) fn covers(&self, row: &LookUpRow) -> bool {
        u64::try_from(row.position).is_ok_and(|position| position <= self.size.value())
    }
}

/// Walks a stream, and tells what is wrong with it. Gives nothing where its lines do not lead to its head.
pub(super) async fn walk<S: Inspect, E: FnMut(Finding) + Send>(
    store: &S,
    enterprise: &EnterpriseSlug,
    findings: &mut Findings<E>,
) -> Result<Option<Walked>, StoreError> {
    let name = enterprise.as_str();
    let ends = match store.ends(enterprise).await {
        Ok(ends) => ends,
        Err(error) => return findings.tell_error(Some(name), error).map(|()| None),
    };
    let (head, lines) = match ends {
        Ends {
            head: Ok(Some(head)),
            lines,
        } => (head, lines),
        Ends { head: Ok(None), .. } => return Ok(None),
        Ends { head: Err(altered), .. } => {
            findings.tell(Some(name), Fault::Altered(altered.alteration));
            return Ok(None);
        }
    };
    if lines > head.position() {
        let head = head.position();
        findings.tell(Some(name), Fault::Altered(Alteration::Beyond { head, lines }));
    }
    let mut checked = Checked::new(enterprise);
    while checked.head.position() < head.position() {
        let after = checked.head.position();
        let left = usize::try_from(head.position().value() - after.value()).unwrap_or(usize::MAX);
        let page = match store.read(enterprise, after, left.min(PAGE_LINES)).await {
            Ok(page) if page.is_empty() => break,
            Ok(page) => page,
            Err(error) => return findings.tell_error(Some(name), error).map(|()| None),
        };
        findings.verified.lines += page.len() as u64;
        let added = spawn_blocking(move || checked.add(&page)).await;
        let issued;
        (checked, issued) = added.map_err(|error| StoreError::transient(VERIFY, error))??;
        if let Err(error) = checked.look_up(store, enterprise, issued).await {
            return findings.tell_error(Some(name), error).map(|()| None);
        }
    }
    if let Err(StoreError::Altered(altered)) = check_end(enterprise, checked.head.frontier(), &head) {
        findings.tell(Some(name), Fault::Altered(altered.alteration));
        return Ok(None);
    }
    let walked = Walked {
        size: head.position(),
        looked_up: checked.looked_up,
    };
    checked.tell(&head, findings);
    Ok(Some(walked))
}

/// A stream as far as it was walked.
struct Checked {
    name: EnterpriseSlug,
    /// As the lines lead to it.
    head: Head,
    decoder: Decoder,
    /// The first line that is no event. From there on the lines are only hashed.
    no_event: Option<(Position, String)>,
    looked_up: u64,
    not_looked_up: u64,
    first_not_looked_up: Position,
}

/// What a page issues.
struct Issued {
    position: Position,
    fingerprint: Fingerprint,
    leaf: i64,
}

impl Checked {
    fn new(name: &EnterpriseSlug) -> Self {
        Self {
            name: name.clone(),
            head: Head::EMPTY,
            decoder: Decoder::new(),
            no_event: None,
            looked_up: 0,
            not_looked_up: 0,
            first_not_looked_up: Position::START,
        }
    }

    /// Takes the next lines.
    fn add(mut self, page: &Page) -> Result<(Self, Vec<Issued>), StoreError> {
        let mut batch = Batch::behind(self.head.position());
        for line in page.lines() {
            if self.no_event.is_some() {
                break;
            }
            let position = batch.end().next();
            if let Err(said) = self.event(line, &mut batch) {
                self.no_event = Some((position, said));
            }
        }
        let mut frontier = self.head.frontier().clone();
        frontier
            .extend(page.lines().map(leaf_hash))
            .map_err(|error| StoreError::permanent(VERIFY, error))?;
        self.head = self.head.behind(&batch, frontier);
        let issued = batch.issued().iter().map(|issued| Issued {
            position: issued.position,
            fingerprint: issued.fingerprint.clone(),
            leaf: issued.leaf_begin(),
        });
        Ok((self, issued.collect()))
    }

    fn event(&mut self, line: &[u8], batch: &mut Batch) -> Result<(), String> {
        let event = self.decoder.decode(line).map_err(|error| crate::error_chain(&error))?;
        match &event.event {
            Event::EnterpriseCreated { slug, .. } if *slug != self.name => {
                return Err(format!("it creates the enterprise `{slug}`"));
            }
            _ => {}
        }
        batch.push(&event, line).map_err(|error| error.to_string())
    }

    async fn look_up<S: Inspect>(
        &mut self,
        store: &S,
        enterprise: &EnterpriseSlug,
        issued: Vec<Issued>,
    ) -> Result<(), StoreError> {
        if issued.is_empty() {
            return Ok(());
        }
        let fingerprints = issued.iter().map(|issued| issued.fingerprint.clone()).collect();
        let rows = store.rows_of(enterprise, fingerprints).await?;
        for (issued, row) in issued.iter().zip(rows) {
            match row {
                Some(row) if issued.is(&row) => self.looked_up += 1,
                // A row that names something else is found among the rows.
                Some(_) => {}
                None => {
                    if self.not_looked_up == 0 {
                        self.first_not_looked_up = issued.position;
                    }
                    self.not_looked_up += 1;
                }
            }
        }
        Ok(())
    }

    fn tell<E: FnMut(Finding)>(self, head: &Head, findings: &mut Findings<E>) {
        let name = Some(self.name.as_str());
        if let Some((position, said)) = self.no_event {
            findings.tell(name, Fault::NotAnEvent { position, said });
            return;
        }
        if self.head.last_at() != head.last_at() {
            let (head, lines) = (head.last_at(), self.head.last_at());
            findings.tell(name, Fault::LastAt { head, lines });
        }
        if self.head.running() != head.running() {
            let (head, lines) = (head.running(), self.head.running());
            findings.tell(name, Fault::Running { head, lines });
        }
        if self.not_looked_up > 0 {
            let (count, position) = (self.not_looked_up, self.first_not_looked_up);
            findings.tell(name, Fault::NotLookedUp { count, position });
        }
    }
}

impl Issued {
    fn is(&self, row: &LookUpRow) -> bool {
        u64::try_from(row.position) == Ok(self.position.value()) && row.leaf == self.leaf
    }
}
