//! Plain functions that run an event loop in whoever calls them, which fails where one runs already.

use super::{FunctionRef, Project, Target, in_coroutine};
use crate::model::file::{Call, CallKind, CallPlace, Facts, Index, Term};
use crate::text::FileId;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// By function, the call that runs a loop, or that leads to one: its file and place among the calls.
pub type LoopRunners = FxHashMap<FunctionRef, (FileId, u32)>;

const RUNS: [&str; 3] = [
    "asyncio.run",
    "asyncio.AbstractEventLoop.run_until_complete",
    "asyncio.Runner.run",
];

/// Who asks these knows whether a loop runs.
const ASKS: [&str; 4] = [
    "asyncio.get_running_loop",
    "asyncio._get_running_loop",
    "asyncio.current_task",
    "asyncio.AbstractEventLoop.is_running",
];

impl Project {
    /// The plain functions that run an event loop themselves or further down, and do not look first
    /// whether one runs already.
    pub fn loop_runners(&self) -> &LoopRunners {
        self.remembered
            .loop_runners
            .get_or_init(|| self.find_loop_runners())
    }

    fn find_loop_runners(&self) -> LoopRunners {
        let mut found = LoopRunners::default();
        let mut waiting = VecDeque::new();
        for (file, facts) in self.files() {
            for (index, call) in facts.calls.iter().enumerate() {
                let runs = matches!(self.graph().target(file, index),
                    Some(Target::Library(name)) if RUNS.contains(&&**name));
                if runs && let Some(function) = self.unasking_caller(file, facts, call) {
                    found.entry(function).or_insert_with(|| {
                        waiting.push_back(function);
                        (file, index as u32)
                    });
                }
            }
        }
        while let Some(function) = waiting.pop_front() {
            for (file, index) in self.graph().callers(function) {
                let Some(facts) = self.facts(*file) else {
                    continue;
                };
                let only = matches!(self.graph().target(*file, *index as usize),
                    Some(Target::Functions(functions)) if functions.len() == 1);
                let call = facts.calls.get(*index as usize).filter(|_| only);
                let caller = call.and_then(|call| self.unasking_caller(*file, facts, call));
                if let Some(caller) = caller {
                    found.entry(caller).or_insert_with(|| {
                        waiting.push_back(caller);
                        (*file, *index)
                    });
                }
            }
        }
        found
    }

    /// The plain function in whose own code a call stands, unless it looks whether a loop runs, or
    /// has an answer where one does.
    fn unasking_caller(&self, file: FileId, facts: &Facts, call: &Call) -> Option<FunctionRef> {
        let index = call.function?;
        let of = facts.functions.get(index.0 as usize)?;
        let runs_there = call.kind == CallKind::Call && matches!(call.place, CallPlace::Body(_));
        let is_plain = !of.is_async && !of.is_generator;
        let has_answer = facts.tries.iter().any(|tried| {
            tried.function == Some(index)
                && tried.body.contains(call.at)
                && (tried.catches_all
                    || tried.classes.iter().any(|class| {
                        matches!(facts.terms.get(class.0 as usize),
                            Some(Term::Builtin(name)) if matches!(&**name, "RuntimeError" | "Exception" | "BaseException"))
                    }))
        });
        (runs_there && is_plain && !has_answer && !self.asks(file, facts, index))
            .then_some(FunctionRef { file, index })
    }

    /// Whether a function looks whether an event loop runs.
    fn asks(&self, file: FileId, facts: &Facts, function: Index) -> bool {
        let mut calls = facts.calls.iter().enumerate();
        calls.any(|(index, call)| {
            let here = call.function == Some(function) && call.kind == CallKind::Call;
            here && match self.graph().target(file, index) {
                Some(Target::Library(name)) => ASKS.contains(&&**name),
                Some(Target::Unknown(_)) => matches!(
                    facts.terms.get(call.callee.0 as usize),
                    Some(Term::Member(_, name)) if **name == *"is_running"
                ),
                _ => false,
            }
        })
    }

    /// The plain function that a call of a coroutine runs, if it runs an event loop.
    pub fn nested_runner(&self, file: FileId, facts: &Facts, index: usize) -> Option<FunctionRef> {
        let call = facts.calls.get(index)?;
        let Some(Target::Functions(functions)) = self.graph().target(file, index) else {
            return None;
        };
        let [function] = &functions[..] else {
            return None;
        };
        (call.kind == CallKind::Call
            && self.loop_runners().contains_key(function)
            && in_coroutine(facts, call))
        .then_some(*function)
    }

    /// Whether what a call runs is a plain function that runs an event loop, or a call of asyncio that
    /// does.
    pub fn runs_a_loop(&self, file: FileId, index: usize) -> bool {
        match self.graph().target(file, index) {
            Some(Target::Library(name)) => RUNS.contains(&&**name),
            Some(Target::Functions(functions)) => functions
                .iter()
                .any(|function| self.loop_runners().contains_key(function)),
            _ => false,
        }
    }

    /// A call that runs an event loop inside another, or may: in a coroutine, through plain functions,
    /// or in a function that looks whether one runs.
    pub fn nested_run(&self) -> Option<(FileId, usize)> {
        self.files().find_map(|(file, facts)| {
            let mut calls = facts.calls.iter().enumerate();
            let found = calls.find(|(index, call)| {
                let runs = match self.graph().target(file, *index) {
                    Some(Target::Library(name)) => RUNS.contains(&&**name),
                    Some(Target::Unknown(_)) => matches!(
                        facts.terms.get(call.callee.0 as usize),
                        Some(Term::Member(_, name)) if **name == *"run_until_complete"
                    ),
                    _ => false,
                };
                let nests = || {
                    let asks = |function| self.asks(file, facts, function);
                    in_coroutine(facts, call) || call.function.is_some_and(asks)
                };
                runs && nests() || self.nested_runner(file, facts, *index).is_some()
            });
            found.map(|(index, _)| (file, index))
        })
    }

    /// The way from a function that runs an event loop to the call that does.
    pub fn way_to_run(&self, from: FunctionRef) -> Vec<(FileId, u32)> {
        let mut way = Vec::new();
        let mut at = Some(from);
        while let Some((file, index)) = at.and_then(|at| self.loop_runners().get(&at)) {
            way.push((*file, *index));
            at = match self.graph().target(*file, *index as usize) {
                Some(Target::Functions(functions)) => functions.first().copied(),
                _ => None,
            };
        }
        way
    }

    /// The functions at the ends of such ways from coroutines.
    pub(super) fn loop_leaves(&self) -> Vec<FunctionRef> {
        let mut found = Vec::new();
        if self.loop_runners().is_empty() {
            return found;
        }
        for (file, facts) in self.files() {
            for index in 0..facts.calls.len() {
                let Some(function) = self.nested_runner(file, facts, index) else {
                    continue;
                };
                let Some((last, call)) = self.way_to_run(function).pop() else {
                    continue;
                };
                let index = self
                    .call(last, call as usize)
                    .and_then(|call| call.function);
                found.extend(index.map(|index| FunctionRef { file: last, index }));
            }
        }
        found
    }
}
