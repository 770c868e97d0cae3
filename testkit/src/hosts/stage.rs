//! The turns of two instances, one after the other.

use core::fmt;
use std::borrow::Cow;
use std::boxed::Box;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use enterprise_credentials::{Command, Enterprise, RecordedEvent, Timestamp};

use crate::hosts::judge::{Asked, Scene, Verdict};
use crate::hosts::{Driven, Fault, Finding, Host, Hosts, How, Meanwhile, Turn};
use crate::panics::caught;
use crate::run::{later, resolve};
use crate::word::json;
use crate::world;

/// Two instances in the middle of their turns.
struct Stage<'h, H: Hosts> {
    hosts: &'h mut H,
    instances: [H::Host; 2],
    known: Vec<RecordedEvent>,
    state: Enterprise,
    asked: Vec<Command>,
    happened: Vec<String>,
}

/// Takes these turns.
pub(super) fn take<H: Hosts>(
    hosts: &mut H,
    turns: &[Turn],
    seed: u64,
    driven: &mut Driven,
) -> Result<(), Box<Finding>> {
    let place = Place::of(None, "to begin anew");
    let mut happened = Vec::new();
    let taken = place.call(|| hosts.begin()).and_then(|instances| {
        let mut stage = Stage {
            hosts,
            instances,
            known: Vec::new(),
            state: Enterprise::new(),
            asked: Vec::new(),
            happened: Vec::new(),
        };
        let taken = stage.take_all(turns, driven);
        happened = stage.happened;
        taken
    });
    taken.map_err(|verdict| {
        Box::new(Finding {
            seed,
            turns: turns.to_vec(),
            fault: verdict.fault,
            instance: verdict.instance,
            asked: verdict.asked,
            said: verdict.said,
            core: verdict.core,
            had_read: verdict.had_read,
            unseen: verdict.unseen,
            happened,
        })
    })
}

impl<H: Hosts> Stage<'_, H> {
    fn take_all(&mut self, turns: &[Turn], driven: &mut Driven) -> Result<(), Box<Verdict>> {
        let mut at = world::start();
        let mut turns = turns.iter().peekable();
        while let Some(turn) = turns.next() {
            at = later(at, turn.step.wait_ms);
            let Some(command) = self.command(turn) else {
                continue;
            };
            if !self.hosts.takes(&command) {
                self.append_from_elsewhere(&command, at)?;
            } else {
                let next = turns.next_if(|next| turn.how == How::Between && self.is_taken(next));
                let other = next.and_then(|next| {
                    at = later(at, next.step.wait_ms);
                    self.command(next)
                });
                self.ask(turn, command, other, at, driven)?;
            }
            self.compare_access(at)?;
        }
        Ok(())
    }

    fn command(&self, turn: &Turn) -> Option<Command> {
        resolve(&turn.step.ask, self.asked.iter(), &self.state)
    }

    fn is_taken(&self, turn: &Turn) -> bool {
        self.command(turn).is_some_and(|command| self.hosts.takes(&command))
    }

    /// What no host has a command for is recorded as the core does.
    fn append_from_elsewhere(&mut self, command: &Command, at: Timestamp) -> Result<(), Box<Verdict>> {
        let json = json(command);
        self.happened.push(format!("elsewhere  {json}"));
        self.asked.push(command.clone());
        let events = self.state.decide(command, at).unwrap_or_default();
        let recorded: Vec<_> = self.state.record(events, at, None).collect();
        if recorded.is_empty() {
            return Ok(());
        }
        Place::of(None, &json).call(|| self.hosts.append(&recorded))?;
        self.look_at_the_store(&[], |scene| {
            let same = scene.stored.strip_prefix(scene.known)? == recorded;
            let mut state = scene.before.clone();
            (same && state.apply_all(&recorded).is_ok()).then_some(state)
        })
    }

    fn ask(
        &mut self,
        turn: &Turn,
        command: Command,
        other: Option<Command>,
        at: Timestamp,
        driven: &mut Driven,
    ) -> Result<(), Box<Verdict>> {
        let before = self.known.len();
        self.happened
            .push(format!("{} {}{}", name(turn.instance), json(&command), turn.how));
        self.asked.push(command.clone());
        let is_raced = other.is_some();
        let (asked, in_between) = self.exchange(turn, command, other, at, driven)?;
        if let Some(other) = asked.get(1).filter(|_| is_raced) {
            let when = if in_between {
                "between its read and its append"
            } else {
                "after it"
            };
            let other_asked = format!("  {when}, {} {}", name(other.instance), json(&other.command));
            self.happened.push(other_asked);
            self.asked.push(other.command.clone());
        }
        self.look_at_the_store(&asked, |scene| {
            let in_turn = scene.explained(asked.iter());
            in_turn.or_else(|| scene.explained(asked.iter().rev()).filter(|_| in_between))
        })?;
        driven.events += (self.known.len() - before) as u64;
        Ok(())
    }

    /// Asks one instance, and the other in between or after it, or the same once more. What they said,
    /// and whether it was in between.
    fn exchange(
        &mut self,
        turn: &Turn,
        command: Command,
        other: Option<Command>,
        at: Timestamp,
        driven: &mut Driven,
    ) -> Result<(Vec<Asked>, bool), Box<Verdict>> {
        let [first, second] = &mut self.instances;
        let (one, two) = if turn.instance == 0 {
            (first, second)
        } else {
            (second, first)
        };
        let is_raced = other.is_some();
        let next = other.or_else(|| (turn.how == How::AnswerLost).then(|| command.clone()));

        let mut of_next = None;
        let mut ask_next = || {
            let mut nothing = Meanwhile::new(None, false);
            of_next = next
                .as_ref()
                .map(|command| ask(two, usize::from(turn.instance == 0), command, at, &mut nothing));
        };
        let between: Option<&mut dyn FnMut()> = if is_raced { Some(&mut ask_next) } else { None };
        let mut meanwhile = Meanwhile::new(between, turn.how == How::AppendLost);
        let mut asked = Vec::from([ask(one, turn.instance, &command, at, &mut meanwhile)?]);
        let in_between = is_raced && meanwhile.other.is_none();
        driven.appends_lost += u64::from(turn.how == How::AppendLost && !meanwhile.loses_answer);
        meanwhile.before_append();
        if turn.how == How::AnswerLost {
            asked.iter_mut().for_each(|asked| asked.heard = None);
            driven.answers_lost += 1;
            ask_next();
        } else {
            driven.unanswered += u64::from(asked.iter().any(|asked| asked.heard.is_none()));
        }
        if let Some(of_next) = of_next {
            let of_next = of_next?;
            driven.unanswered += u64::from(of_next.heard.is_none());
            asked.push(of_next);
        }
        driven.asked += asked.len() as u64;
        driven.in_between += u64::from(in_between);
        Ok((asked, in_between))
    }

    /// Reads the store, and goes on from there if it is as it should be.
    fn look_at_the_store(
        &mut self,
        asked: &[Asked],
        explained: impl Fn(&Scene<'_>) -> Option<Enterprise>,
    ) -> Result<(), Box<Verdict>> {
        let stored = Place::of(None, "what the store holds").call(|| self.hosts.stored())?;
        let hosts = &*self.hosts;
        let scene = Scene {
            before: &self.state,
            known: &self.known,
            stored: &stored,
            time: &|asked, last| hosts.time(asked, last),
        };
        let state = explained(&scene).ok_or_else(|| Box::new(scene.verdict(asked)))?;
        (self.state, self.known) = (state, stored);
        Ok(())
    }

    /// Both instances honour what the core honours, in the state that the store holds.
    fn compare_access(&mut self, at: Timestamp) -> Result<(), Box<Verdict>> {
        let at = self.hosts.time(at, self.state.last_at());
        let Self {
            instances,
            state,
            known,
            ..
        } = self;
        for (host, instance) in instances.iter_mut().zip(0..) {
            for credential in world::credentials() {
                let honours = |state: &Enterprise| state.authenticates(credential, at).is_ok();
                let asked = format!("whether credential {credential} authenticates");
                let place = Place::of(Some(instance), &asked);
                let said = place.call(|| host.authenticates(credential, at))?;
                place.compare(said, state, known, honours)?;
            }
            for (credential, organization) in world::pairs() {
                let honours = |state: &Enterprise| state.may_use(credential, organization, at).is_ok();
                let asked = format!("whether credential {credential} may be used for organization {organization}");
                let place = Place::of(Some(instance), &asked);
                let said = place.call(|| host.may_use(credential, organization, at))?;
                place.compare(said, state, known, honours)?;
            }
        }
        Ok(())
    }
}

fn name(instance: usize) -> String {
    format!("instance {}", instance + 1)
}

fn ask<H: Host>(
    host: &mut H,
    instance: usize,
    command: &Command,
    at: Timestamp,
    meanwhile: &mut Meanwhile<'_>,
) -> Result<Asked, Box<Verdict>> {
    let place = Place::of(Some(instance), json(command));
    let heard = place.call(|| host.ask(command, at, meanwhile))?;
    let command = command.clone();
    Ok(Asked {
        instance,
        command,
        at,
        heard,
    })
}

/// Whom something is asked.
struct Place<'a> {
    instance: Option<usize>,
    asked: Cow<'a, str>,
}

impl<'a> Place<'a> {
    fn of(instance: Option<usize>, asked: impl Into<Cow<'a, str>>) -> Self {
        let asked = asked.into();
        Self { instance, asked }
    }

    fn call<T, E: fmt::Display>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, Box<Verdict>> {
        match caught(call) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.verdict(Fault::Unreachable, error.to_string())),
            Err(panic) => Err(self.verdict(Fault::Panicked, panic)),
        }
    }

    fn compare(
        &self,
        said: Option<bool>,
        state: &Enterprise,
        known: &[RecordedEvent],
        honours: impl Fn(&Enterprise) -> bool,
    ) -> Result<(), Box<Verdict>> {
        let Some(said) = said.filter(|said| *said != honours(state)) else {
            return Ok(());
        };
        let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_string();
        let mut verdict = self.verdict(Fault::Unexplained, yes_or_no(said));
        verdict.core = yes_or_no(!said);
        for read in (0..known.len()).rev() {
            let (seen, unseen) = known.split_at(read);
            let mut earlier = Enterprise::new();
            if earlier.apply_all(seen).is_ok() && honours(&earlier) == said {
                verdict.fault = Fault::StaleAnswer;
                verdict.had_read = Some(earlier.position());
                verdict.unseen = unseen.to_vec();
                break;
            }
        }
        Err(verdict)
    }

    fn verdict(&self, fault: Fault, said: String) -> Box<Verdict> {
        Box::new(Verdict {
            fault,
            instance: self.instance,
            asked: self.asked.to_string(),
            said,
            core: String::new(),
            had_read: None,
            unseen: Vec::new(),
        })
    }
}
