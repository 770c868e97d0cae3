//! What must hold of any bytes that are read as a log. The fuzz target and the replay of its corpus both call it.

use std::num::NonZeroU32;

use enterprise_credentials::audit::Auditor;
use enterprise_credentials::limits::LINE_BYTES_MAX;
use enterprise_credentials::log::{self, Decoder, LogError, ReplayError, Until};
use enterprise_credentials::{
    Caller, Command, Enterprise, EnterpriseKind, InstallationId, Position, RecordedEvent, RevocationId, RevokeAll,
    Scopes, Timestamp,
};

use crate::{memory, spellings};

/// Pairs of credential and organization that are asked about in one state, so that no input takes long.
const PAIRS_MAX: usize = 400;

/// Gives why the log does not replay, if so.
pub(crate) fn check(bytes: &[u8]) -> Option<ReplayError> {
    let (events, fault) = decode(bytes);
    the_reader_says_the_same(bytes, &events, fault.as_ref());
    resuming_says_the_same(bytes, &events, fault.as_ref());
    canonical_bytes_mean_the_same(&events);
    let (state, failed) = replay(bytes, &events, fault);
    audit(&events, &state);
    ask(&state);
    revoke_all(state);
    failed
}

/// A line feed ends a line. Told in another way than the reader tells it.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines
}

/// Line by line, in every spelling, also beyond the first fault, after which every line has that same fault.
fn decode(bytes: &[u8]) -> (Vec<RecordedEvent>, Option<LogError>) {
    let mut decoder = Decoder::new();
    let (mut events, mut fault) = (Vec::new(), None);
    for (line, number) in lines(bytes).into_iter().zip(1..) {
        if fault.is_none() {
            assert_eq!(spellings::judged_alike(&decoder, line), Ok(()), "line {number}");
        }
        let decoded = decoder.decode(line);
        match (decoded, &fault) {
            (Ok(event), None) => events.push(event),
            (Ok(_), Some(_)) => panic!("line {number} was read after a fault"),
            (Err(error), None) => {
                assert_eq!(error.line, number);
                assert!(!error.to_string().is_empty());
                assert!(
                    error.column.is_none_or(|column| (1..=line.len() + 1).contains(&column)),
                    "{error:?}"
                );
                fault = Some(error);
            }
            (Err(error), Some(first)) => assert_eq!(error, *first),
        }
    }
    (events, fault)
}

fn the_reader_says_the_same(bytes: &[u8], events: &[RecordedEvent], fault: Option<&LogError>) {
    let mut read = log::read(bytes);
    for event in events {
        assert_eq!(read.next().as_ref(), Some(&Ok(event.clone())));
    }
    assert_eq!(read.next(), fault.map(|fault| Err(fault.clone())));
    assert!(read.next().is_none());
    let decoded = memory::bounded(bytes.len(), || log::read(bytes).count());
    assert_eq!(decoded, events.len() + usize::from(fault.is_some()));
}

/// A host reads a stream in parts, and goes on from the state that it has.
fn resuming_says_the_same(bytes: &[u8], events: &[RecordedEvent], fault: Option<&LogError>) {
    let middle = events.len() / 2;
    let before = middle.checked_sub(1).map(|last| &events[last]);
    let position = before.map_or(Position::START, |event| event.position);
    let mut decoder = Decoder::resume(position, before.map(|event| event.at));
    for (index, line) in lines(bytes).into_iter().enumerate().skip(middle) {
        let with_feed = [line, b"\n"].concat();
        match events.get(index) {
            Some(event) => assert_eq!(decoder.decode(&with_feed).as_ref(), Ok(event)),
            None => assert_eq!(decoder.decode(&with_feed).as_ref().err(), fault),
        }
    }
}

fn canonical_bytes_mean_the_same(events: &[RecordedEvent]) {
    let mut canonical = Vec::new();
    for event in events {
        let start = canonical.len();
        log::write_line(event, &mut canonical);
        let length = canonical.len() - start;
        assert!(length < LINE_BYTES_MAX / 8, "a canonical line of {length} bytes");
    }
    let (again, fault) = decode(&canonical);
    assert_eq!(fault, None);
    assert_eq!(again, events);
}

/// Folds by hand, and compares with every way in which the crate folds.
fn replay(bytes: &[u8], events: &[RecordedEvent], fault: Option<LogError>) -> (Enterprise, Option<ReplayError>) {
    let mut state = Enterprise::new();
    let mut corrupt = None;
    for (event, line) in events.iter().zip(1..) {
        let before = state.position();
        if let Err(error) = state.apply(event) {
            assert_eq!(state.position(), before);
            corrupt = Some(ReplayError::Corrupt { line, corrupt: error });
            break;
        }
    }
    let replayed = memory::bounded(bytes.len(), || log::replay(bytes));
    let failed = corrupt.or(fault.map(ReplayError::Log));
    assert_eq!(replayed.as_ref(), failed.as_ref().map_or(Ok(&state), Err));
    let applied = usize::try_from(state.position().value()).unwrap();
    let until_last = Until::Position(state.position());
    assert_eq!(log::replay_until(bytes, until_last).as_ref(), Ok(&state));
    replays_until_the_middle(bytes, &events[..applied]);
    let mut canonical = Vec::new();
    for event in &events[..applied] {
        log::write_line(event, &mut canonical);
    }
    assert_eq!(log::replay(&canonical).as_ref(), Ok(&state));
    (state, failed)
}

fn replays_until_the_middle(bytes: &[u8], applied: &[RecordedEvent]) {
    let Some(middle) = applied.get(applied.len() / 2) else {
        return;
    };
    let fold = |until: &dyn Fn(&RecordedEvent) -> bool| {
        let mut state = Enterprise::new();
        for event in applied.iter().take_while(|event| until(event)) {
            state.apply(event).unwrap();
        }
        state
    };
    let as_of_position = fold(&|event| event.position <= middle.position);
    assert_eq!(
        log::replay_until(bytes, Until::Position(middle.position)),
        Ok(as_of_position)
    );
    // Beyond the last event that fits, a replay up to a time needs the next line.
    if applied.last().is_some_and(|last| last.at > middle.at) {
        let as_of_time = fold(&|event| event.at <= middle.at);
        assert_eq!(log::replay_until(bytes, Until::Time(middle.at)), Ok(as_of_time));
    }
}

/// Whatever apply takes, the audit can report on, the same each time.
fn audit(events: &[RecordedEvent], state: &Enterprise) {
    let mut auditor = Auditor::new();
    let observed = events.iter().take_while(|event| auditor.observe(event).is_ok()).count();
    assert_eq!(auditor.enterprise(), state);
    assert_eq!(u64::try_from(observed), Ok(state.position().value()));
    let report = auditor.finish();
    assert!(serde_json::to_vec(&report).is_ok());
    let mut again = Auditor::new();
    assert!(events[..observed].iter().all(|event| again.observe(event).is_ok()));
    assert_eq!(again.finish(), report);
}

fn ask(state: &Enterprise) {
    let at = state.last_at().unwrap_or(Timestamp::MIN);
    let summary = state.summary(at);
    let issued: u64 = summary.credentials.iter().map(|of_kind| of_kind.issued).sum();
    assert_eq!(u64::try_from(state.credentials().count()), Ok(issued));
    let pairs = state.credentials().flat_map(|credential| {
        state
            .organizations()
            .map(move |(organization, _)| (credential, organization))
    });
    for (credential, organization) in pairs.take(PAIRS_MAX) {
        let id = credential.id();
        assert_eq!(state.credential(id).map(|found| found.id()), Some(id));
        let authenticates = state.authenticates(id, at);
        assert!(authenticates.is_err() || authenticates == Ok(credential.owner()));
        assert!(state.may_use(id, organization, at).is_err() || authenticates.is_ok());
    }
    for progress in state.revocations() {
        assert_eq!(state.progress(progress.id), Some(progress));
    }
}

/// Whatever the history was, a request made after it does what its plan says, and its job and those before it end.
fn revoke_all(mut state: Enterprise) {
    let Some(kind) = state.kind() else {
        return;
    };
    let at = state.last_at().unwrap();
    let caller = Caller::Installation {
        organization: None,
        installation: InstallationId::new(1).unwrap(),
        permissions: Scopes::parse(["enterprise_credentials=write"]).unwrap(),
    };
    let request = RevokeAll {
        caller,
        revoke_credentials: kind == EnterpriseKind::ManagedUsers,
        idempotency_key: None,
    };
    let plan = state.plan(&request, at);
    decide_and_apply(&mut state, &Command::RevokeAll(request), at);
    let pending: Vec<_> = state.pending_revocations().collect();
    for revocation in pending {
        run_job(&mut state, revocation, at);
    }
    assert!(state.pending_revocations().next().is_none());
    let last = state.revocations().last().unwrap();
    assert_eq!(last.id.cut(), plan.cut);
    assert_eq!(
        (last.authorizations_revoked, last.credentials_destroyed),
        (plan.authorizations_revoked, plan.credentials_destroyed)
    );
}

/// Each batch but the last leaves something behind, so there are no more than credentials, and a completion.
fn run_job(state: &mut Enterprise, revocation: RevocationId, at: Timestamp) {
    let batches_max = state.credentials().count() + 1;
    let limit = NonZeroU32::new(3).unwrap();
    for _ in 0..batches_max {
        if state.progress(revocation).unwrap().completed_at.is_some() {
            return;
        }
        decide_and_apply(state, &Command::ContinueRevocation { revocation, limit }, at);
    }
    assert!(
        state.progress(revocation).unwrap().completed_at.is_some(),
        "the job does not end"
    );
}

fn decide_and_apply(state: &mut Enterprise, command: &Command, at: Timestamp) {
    let events = state.decide(command, at).unwrap();
    for recorded in state.record(events, at, None) {
        state.apply(&recorded).unwrap();
    }
}
