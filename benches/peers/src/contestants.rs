//! Who carries out the commands, and how.

use std::collections::HashMap;
use std::hint::black_box;

use ::cqrs_es::mem_store::{MemStore, MemStoreAggregateContext};
use ::cqrs_es::{AggregateError, CqrsFramework, EventStore};
use enterprise_credentials::log;
use futures::executor::block_on;

use crate::counts::{Counts, Outcome};
use crate::with_cqrs_es::{self, Cached, Clock};
use crate::word::{Prepared, by_chrono, now, plainly};
use crate::{lines, plain};

/// Who carries out the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contestant {
    Core,
    Plain,
    CqrsEsCached,
    CqrsEsMemStore,
}

impl Contestant {
    pub(crate) const ALL: [Self; 4] = [Self::Core, Self::Plain, Self::CqrsEsCached, Self::CqrsEsMemStore];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Plain => "plain",
            Self::CqrsEsCached => "cqrs-es-cached",
            Self::CqrsEsMemStore => "cqrs-es-mem-store",
        }
    }

    /// Carries out the commands, and says what came of it. Each contestant consumes them: each hands its state to the
    /// next command, and none keeps the events.
    pub(crate) fn carry_out(self, prepared: Prepared) -> Outcome {
        match self {
            Self::Core => core(prepared),
            Self::Plain => plain(&prepared),
            Self::CqrsEsCached => cqrs_es_cached(&prepared),
            Self::CqrsEsMemStore => cqrs_es_mem_store(&prepared),
        }
    }
}

/// What callgrind counts: set-up stays outside.
#[inline(never)]
fn measured<R>(work: impl FnOnce() -> R) -> R {
    black_box(work())
}

fn core(Prepared { log, commands }: Prepared) -> Outcome {
    let mut enterprise = log::replay(&log.bytes).expect("a log");
    let mut refused = 0;
    let before = enterprise.position().value();
    let number = commands.len() as u64;
    measured(|| {
        for command in commands {
            let Ok(events) = enterprise.decide(&command, now()) else {
                refused += 1;
                continue;
            };
            for recorded in enterprise.record(events, now(), None) {
                enterprise.apply(&recorded).expect("a decided event fits");
            }
        }
    });
    Outcome {
        commands: number,
        events: enterprise.position().value() - before,
        refused,
        counts: Counts::from(&enterprise),
    }
}

fn plain(prepared: &Prepared) -> Outcome {
    let mut enterprise = folded(prepared);
    let commands = plain_commands(prepared);
    let (mut events, mut refused) = (0, 0);
    let at = by_chrono(now());
    measured(|| {
        for command in commands {
            let Ok(decided) = enterprise.decide(command, at) else {
                refused += 1;
                continue;
            };
            for recorded in enterprise.record(decided, at, None) {
                enterprise.apply(recorded);
                events += 1;
            }
        }
    });
    Outcome {
        commands: prepared.commands.len() as u64,
        events,
        refused,
        counts: Counts::from(&enterprise),
    }
}

fn cqrs_es_cached(prepared: &Prepared) -> Outcome {
    let store = Cached::new(folded(prepared));
    let refused = execute(store.clone(), prepared);
    let events = store.committed();
    let context = block_on(store.load_aggregate(with_cqrs_es::ID)).expect("a state");
    Outcome {
        commands: prepared.commands.len() as u64,
        events,
        refused,
        counts: Counts::from(context.state()),
    }
}

/// The store of the crate itself. It loads by folding all events anew, copies all to append,
/// and prints two lines for it.
fn cqrs_es_mem_store(prepared: &Prepared) -> Outcome {
    let store = MemStore::default();
    let history = str::from_utf8(&prepared.log.bytes).expect("UTF-8").lines();
    let history = history.map(|line| lines::parse(line).expect("an event")).collect();
    let start = MemStoreAggregateContext {
        aggregate_id: with_cqrs_es::ID.to_owned(),
        aggregate: plain::Enterprise::default(),
        current_sequence: 0,
    };
    block_on(store.commit(history, start, HashMap::new())).expect("an empty store");
    let refused = execute(store.clone(), prepared);
    let context = block_on(store.load_aggregate(with_cqrs_es::ID)).expect("a state");
    Outcome {
        commands: prepared.commands.len() as u64,
        events: context.current_sequence as u64 - prepared.log.events,
        refused,
        counts: Counts::from(&context.aggregate),
    }
}

/// Executes the commands on a store: how many were refused.
fn execute(store: impl EventStore<plain::Enterprise>, prepared: &Prepared) -> u64 {
    let framework = CqrsFramework::new(store, Vec::new(), Clock(by_chrono(now())));
    let commands = plain_commands(prepared);
    let mut refused = 0;
    measured(|| {
        block_on(async {
            for command in commands {
                match framework.execute(with_cqrs_es::ID, command).await {
                    Ok(()) => {}
                    Err(AggregateError::UserError(_)) => refused += 1,
                    Err(error) => panic!("{error}"),
                }
            }
        });
    });
    refused
}

fn folded(prepared: &Prepared) -> plain::Enterprise {
    lines::replay(str::from_utf8(&prepared.log.bytes).expect("UTF-8")).expect("a log")
}

fn plain_commands(prepared: &Prepared) -> Vec<plain::Command> {
    prepared.commands.iter().map(plainly).collect()
}
