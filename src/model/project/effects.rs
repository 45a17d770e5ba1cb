//! What functions do besides computing their result, closed over the call graph to a fixed point.
//!
//! Each function has what its own code does, and what it does through its calls, as that looks from
//! outside: what a callee does to its parameter is done to whatever the caller passes, and is nothing
//! to others if the caller made it. The closure is found out on demand, over what can be reached from
//! the function that is asked for, and remembered. Of many effects of one kind the first few are kept,
//! each with the shortest way to it, so that the answer does not depend on who asked before.

use super::doings::Doings;
use super::edges::{Key, Step, Via};
use super::evaluate::Evaluator;
use super::{FunctionRef, Project};
use crate::model::file::Holder;
use crate::text::{FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Everything a function does, through all that it calls; each effect once, with the way to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub found: Vec<Found>,
    /// It may raise, as far as can be seen: nothing in it catches all that its body may raise.
    pub may_fail: bool,
}

/// One effect of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub effect: Does,
    /// How it is reached, call by call, down to the line that has the effect: ``app/mail.py:12:
    /// `httpx.AsyncClient.post` ``.
    pub way: Vec<String>,
}

/// What code does besides computing its result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Does {
    Reads(World),
    Writes(World),
    /// It waits on purpose: `asyncio.sleep`.
    Sleeps,
    /// It holds a lock or something like it, by the name of its class.
    Holds(Box<str>),
    /// It sets a context variable, or asks for the current task.
    Context,
    /// It writes log lines.
    Logs,
    /// It gives something that other code may hold a new value: `self.count = ...`, `global`. What
    /// is changed, as it is written.
    Changes(Holder, Box<str>),
    /// It puts something into a collection that other code may hold, and changes nothing else of it.
    Fills(Holder, Box<str>),
    /// It uses an object that serves one call at a time, by the name of its class. What it opened
    /// itself concerns nobody else.
    Exclusive(Holder, Box<str>),
    /// It calls something that is not known: how that is written, and whether it is awaited.
    Unknown(Box<str>, bool),
    /// A comment says that the function does nothing that others notice: `# asyncfix: pure`.
    ClaimedPure,
}

/// A part of the world outside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum World {
    Network,
    Disk,
    Database,
    Process,
    Terminal,
    Clock,
    Random,
}

/// As a clause: `reads from the network`.
impl fmt::Display for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = |holder: &Holder| match holder {
            Holder::Receiver => "its object",
            Holder::Parameter(_) => "what it is passed",
            Holder::Global => "the whole program",
            Holder::Closure => "the function around it",
            Holder::Entered | Holder::Somebody => "other code",
        };
        match self {
            Self::Reads(World::Clock) => f.write_str("asks for the time"),
            Self::Reads(World::Random) => f.write_str("draws random numbers"),
            Self::Reads(world) => write!(f, "reads from {world}"),
            Self::Writes(World::Process) => f.write_str("runs a process"),
            Self::Writes(world) => write!(f, "writes to {world}"),
            Self::Sleeps => f.write_str("waits on purpose"),
            Self::Holds(class) => write!(f, "holds a `{class}`"),
            Self::Context => f.write_str("uses what belongs to one task"),
            Self::Logs => f.write_str("writes log lines"),
            Self::Changes(holder, what) => write!(f, "changes `{what}`, of {}", whose(holder)),
            Self::Fills(holder, what) => write!(f, "fills `{what}`, of {}", whose(holder)),
            Self::Exclusive(_, class) => {
                write!(f, "uses a `{class}`, which serves one call at a time")
            }
            Self::Unknown(name, true) => write!(f, "awaits `{name}`, which is not known"),
            Self::Unknown(name, false) => write!(f, "calls `{name}`, which is not known"),
            Self::ClaimedPure => f.write_str("a comment says that it does nothing others notice"),
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "the network",
            Self::Disk => "the disk",
            Self::Database => "a database",
            Self::Process => "a process",
            Self::Terminal => "the terminal",
            Self::Clock => "the clock",
            Self::Random => "chance",
        })
    }
}

/// What one round of the search knows of the functions that it looks at.
struct Search<'p> {
    project: &'p Project,
    /// What each function does itself, and whom it calls.
    own: FxHashMap<FunctionRef, Doings>,
    /// In the order in which callees come before callers, as far as there is one.
    order: Vec<FunctionRef>,
    found: FxHashMap<FunctionRef, Arc<BTreeMap<Key, Step>>>,
}

/// Of effects that differ only in what they are written like, so many are kept.
const MAX_OF_A_KIND: usize = 12;

/// Effects that are more calls away than these are not heard of.
const MAX_DEPTH: u32 = 400;

impl Project {
    /// What a function does, through everything that it calls.
    pub fn effects(&self, function: FunctionRef) -> Arc<Summary> {
        self.remembered.summaries.get(function, || {
            let found = self.closed(function);
            let may_fail = self.function(function).is_none_or(|of| !of.never_fails);
            Arc::new(self.summary(&found, may_fail))
        })
    }

    /// What the code of a span does, the bodies of functions that it defines left out. Objects that
    /// the function around made are nobody's.
    pub fn effects_within(&self, file: FileId, span: Span) -> Summary {
        let doings = Doings::within(&mut Evaluator::new(self), file, span);
        let mut search = Search::new(self);
        for edge in &doings.edges {
            search.close(edge.callee);
        }
        let found = search.through(&doings, None);
        self.summary(&found, true)
    }

    /// What one call does, by its place among those of the file.
    pub fn effects_of_call(&self, file: FileId, call: usize) -> Summary {
        let mut doings = Doings::default();
        doings.call(&mut Evaluator::new(self), file, call);
        let mut search = Search::new(self);
        let mut may_fail = doings.edges.is_empty();
        for edge in &doings.edges {
            search.close(edge.callee);
            may_fail |= self.function(edge.callee).is_none_or(|of| !of.never_fails);
        }
        may_fail |= !doings.own.is_empty();
        let found = search.through(&doings, self.caller_of(file, call));
        self.summary(&found, may_fail)
    }

    fn caller_of(&self, file: FileId, call: usize) -> Option<FunctionRef> {
        let index = self.call(file, call)?.function?;
        Some(FunctionRef { file, index })
    }

    fn closed(&self, function: FunctionRef) -> Arc<BTreeMap<Key, Step>> {
        let mut search = Search::new(self);
        search.close(function);
        search.of(function)
    }

    fn summary(&self, found: &BTreeMap<Key, Step>, may_fail: bool) -> Summary {
        let mut effects: BTreeMap<&Does, &Step> = BTreeMap::new();
        for (key, step) in found {
            let known = effects.entry(&key.does).or_insert(step);
            if *step < **known {
                *known = step;
            }
        }
        let found = effects.into_iter().map(|(does, step)| Found {
            effect: does.clone(),
            way: self.way(step),
        });
        Summary {
            found: found.collect(),
            may_fail,
        }
    }

    /// The calls from a step on, one a line.
    fn way(&self, step: &Step) -> Vec<String> {
        let mut way = Vec::new();
        let mut at = step.clone();
        let mut seen = FxHashSet::default();
        loop {
            let path = self.modules().path(at.file).display().to_string();
            let line = self
                .facts(at.file)
                .map_or(0, |facts| facts.line_of(at.at as usize));
            let what = match &at.via {
                Via::Here(what) => what.to_string(),
                Via::Function(function, _) => self.name_of(*function),
            };
            way.push(format!("{path}:{line}: `{what}`"));
            let Via::Function(function, key) = &at.via else {
                return way;
            };
            let next = self.remembered.doings.known(function);
            let next = next.and_then(|found| found.get(key).cloned());
            match next {
                Some(next) if seen.insert((*function, key.clone())) => at = next,
                _ => return way,
            }
        }
    }
}

impl<'p> Search<'p> {
    fn new(project: &'p Project) -> Self {
        Self {
            project,
            own: FxHashMap::default(),
            order: Vec::new(),
            found: FxHashMap::default(),
        }
    }

    /// What is known of a function so far.
    fn of(&self, function: FunctionRef) -> Arc<BTreeMap<Key, Step>> {
        self.found
            .get(&function)
            .map(Arc::clone)
            .unwrap_or_default()
    }

    /// Finds out what a function does, and all that it reaches.
    fn close(&mut self, function: FunctionRef) {
        self.collect(function);
        let order = std::mem::take(&mut self.order);
        let mut callers: FxHashMap<FunctionRef, Vec<FunctionRef>> = FxHashMap::default();
        for at in &order {
            for edge in self.own.get(at).map_or(&[] as &[_], |own| &own.edges) {
                callers.entry(edge.callee).or_default().push(*at);
            }
        }
        let mut open: FxHashSet<FunctionRef> = order.iter().copied().collect();
        while !open.is_empty() {
            for at in &order {
                if !open.remove(at) {
                    continue;
                }
                let Some(own) = self.own.get(at) else {
                    continue;
                };
                let new = self.through(own, Some(*at));
                if new != *self.of(*at) {
                    self.found.insert(*at, Arc::new(new));
                    open.extend(callers.get(at).into_iter().flatten());
                }
            }
        }
        for at in order {
            let found = self.of(at);
            self.project.remembered.doings.get(at, || found);
        }
    }

    /// Looks through everything that a function reaches and that is not known yet, callees first.
    fn collect(&mut self, function: FunctionRef) {
        let mut evaluator = Evaluator::new(self.project);
        let mut waiting = vec![(function, false)];
        while let Some((at, done)) = waiting.pop() {
            if done {
                self.order.push(at);
                continue;
            }
            if self.own.contains_key(&at) || self.found.contains_key(&at) {
                continue;
            }
            if let Some(known) = self.project.remembered.doings.known(&at) {
                self.found.insert(at, known);
                continue;
            }
            let own = Doings::of(&mut evaluator, at);
            waiting.push((at, true));
            waiting.extend(own.edges.iter().map(|edge| (edge.callee, false)));
            self.own.insert(at, own);
        }
    }

    /// What code does by itself and through its calls, as far as the callees are known.
    fn through(&self, own: &Doings, caller: Option<FunctionRef>) -> BTreeMap<Key, Step> {
        let mut all: BTreeMap<Key, Step> = BTreeMap::new();
        let mut add = |key: Key, step: Step| {
            let known = all.entry(key).or_insert_with(|| step.clone());
            if step < *known {
                *known = step;
            }
        };
        for (key, step) in &own.own {
            add(key.clone(), step.clone());
        }
        for edge in &own.edges {
            for (key, step) in &*self.of(edge.callee) {
                if step.depth < MAX_DEPTH
                    && let Some(mapped) = edge.mapped(self.project, caller, key)
                {
                    add(
                        mapped,
                        Step {
                            depth: step.depth + 1,
                            file: edge.file,
                            at: edge.at,
                            via: Via::Function(edge.callee, key.clone()),
                        },
                    );
                }
            }
        }
        first_of_each_kind(all)
    }
}

/// Keeps the first few of the effects that differ only in how they are written.
fn first_of_each_kind(all: BTreeMap<Key, Step>) -> BTreeMap<Key, Step> {
    let mut counts: FxHashMap<(u8, Option<Holder>, Option<Holder>, bool), usize> =
        FxHashMap::default();
    all.into_iter()
        .filter(|(key, _)| {
            let count = counts.entry(key.kind()).or_default();
            *count += 1;
            *count <= MAX_OF_A_KIND
        })
        .collect()
}
