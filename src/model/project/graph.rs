//! Who calls whom, and what blocks through calls: closures over the call graph.

use super::evaluate::Evaluator;
use super::{FunctionRef, Project, Target};
use crate::model::file::{ArgumentValue, Call, CallKind, CallPlace, Facts, TermId};
use crate::model::libraries::{Blocking, Fallback, Kind, Lasts};
use crate::text::FileId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The calls of a project, and which functions block through them.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// By file, what each of its calls runs.
    targets: BTreeMap<FileId, Arc<Targets>>,
    /// The calls that run a function: file and place among its calls.
    callers: FxHashMap<FunctionRef, Vec<(FileId, u32)>>,
    /// Plain functions that block whoever calls them.
    blocked: FxHashMap<FunctionRef, Blocked>,
}

/// How a plain function blocks: the shortest way to something that does, the longest waits first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub hop: Hop,
    /// How many calls it is to the one that blocks, that one included.
    pub length: u32,
    pub lasts: Lasts,
}

/// One step on the way to a call that blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    pub file: FileId,
    /// The call, by its place among those of the file.
    pub call: u32,
    pub next: Next,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A library's callable, which blocks by itself.
    Library(Box<str>),
    Function(FunctionRef),
}

/// What the calls of a file run, each thing once.
#[derive(Debug, Default)]
struct Targets {
    distinct: Vec<Target>,
    /// By call, which of them.
    of_call: Vec<u32>,
    /// The places of those that block by themselves.
    blocking: Vec<u32>,
    /// What coroutines of the file wait for: a bit for each kind.
    kinds: u32,
}

impl Targets {
    fn find(evaluator: &mut Evaluator<'_>, file: FileId, facts: &Facts) -> Self {
        let mut targets = Self::default();
        let mut known: FxHashMap<(CallKind, TermId), u32> = FxHashMap::default();
        for call in &facts.calls {
            let index = *known.entry((call.kind, call.callee)).or_insert_with(|| {
                let target = evaluator.target(file, call.kind, call.callee);
                targets.distinct.push(target);
                targets.distinct.len() as u32 - 1
            });
            targets.of_call.push(index);
        }
        let catalogue = evaluator.project.catalogue();
        let mut kinds = Vec::with_capacity(targets.distinct.len());
        for (index, target) in targets.distinct.iter().enumerate() {
            let entry = match target {
                Target::Library(name) => catalogue.blocking(name),
                _ => None,
            };
            if entry.is_some() {
                targets.blocking.push(index as u32);
            }
            kinds.push(entry.map_or(0, |entry| 1 << entry.kind as u32));
        }
        for (call, target) in facts.calls.iter().zip(&targets.of_call) {
            let kind = kinds.get(*target as usize).copied().unwrap_or_default();
            if kind != 0 && in_coroutine(facts, call) {
                targets.kinds |= kind;
            }
        }
        targets
    }

    fn get(&self, call: usize) -> Option<&Target> {
        self.distinct.get(*self.of_call.get(call)? as usize)
    }

    /// The target of every call, in their order.
    fn iter(&self) -> impl Iterator<Item = &Target> {
        self.of_call
            .iter()
            .filter_map(|index| self.distinct.get(*index as usize))
    }

    fn mentions(&self, files: &FxHashSet<FileId>) -> bool {
        self.distinct.iter().any(|target| match target {
            Target::Functions(functions) => functions.iter().any(|it| files.contains(&it.file)),
            _ => false,
        })
    }
}

impl Graph {
    pub(super) fn build(project: &Project) -> Self {
        let all = project.files().map(|(file, _)| file).collect();
        Self::default().refreshed(project, all)
    }

    /// The graph after a change of some files that others see nothing of, but for the numbers of
    /// their functions.
    pub(super) fn changed(&self, project: &Project, changed: &FxHashSet<FileId>) -> Self {
        let mut again = changed.clone();
        let others = self.targets.iter();
        again.extend(
            others
                .filter(|(_, targets)| targets.mentions(changed))
                .map(|(file, _)| *file),
        );
        self.refreshed(project, again)
    }

    /// The same graph with the calls of some files looked at anew.
    fn refreshed(&self, project: &Project, files: FxHashSet<FileId>) -> Self {
        let mut files: Vec<FileId> = files.into_iter().collect();
        files.sort();
        let found: Vec<(FileId, Arc<Targets>)> = files
            .into_par_iter()
            .filter_map(|file| Some((file, project.facts(file)?)))
            .map_init(
                || Evaluator::new(project),
                |evaluator, (file, facts)| (file, Arc::new(Targets::find(evaluator, file, facts))),
            )
            .collect();
        let mut graph = Self {
            targets: self.targets.clone(),
            callers: self.callers.clone(),
            ..Self::default()
        };
        for (file, targets) in found {
            graph.unlink_callers(file);
            graph.link_callers(file, &targets);
            graph.targets.insert(file, targets);
        }
        graph.close(project);
        graph
    }

    /// Forgets the calls that a file makes.
    fn unlink_callers(&mut self, file: FileId) {
        let Some(targets) = self.targets.get(&file) else {
            return;
        };
        for target in &targets.distinct {
            if let Target::Functions(functions) = target {
                for function in functions {
                    if let Some(callers) = self.callers.get_mut(function) {
                        callers.retain(|(other, _)| *other != file);
                    }
                }
            }
        }
    }

    fn link_callers(&mut self, file: FileId, targets: &Targets) {
        for (index, target) in targets.iter().enumerate() {
            if let Target::Functions(functions) = target {
                for function in functions {
                    let callers = self.callers.entry(*function).or_default();
                    // In the order of files, whatever was looked at when.
                    let at = callers.partition_point(|known| *known < (file, index as u32));
                    callers.insert(at, (file, index as u32));
                }
            }
        }
    }

    /// A search backwards from what blocks, for unbounded waits first.
    fn close(&mut self, project: &Project) {
        let ends = self.ends(project);
        for lasts in [Lasts::Unbounded, Lasts::Brief] {
            let mut waiting = VecDeque::new();
            for (caller, hop, _) in ends.iter().filter(|(_, _, end)| *end == lasts) {
                if !self.blocked.contains_key(caller) {
                    let hop = hop.clone();
                    let blocked = Blocked {
                        hop,
                        length: 1,
                        lasts,
                    };
                    self.blocked.insert(*caller, blocked);
                    waiting.push_back(*caller);
                }
            }
            while let Some(function) = waiting.pop_front() {
                self.block_callers(project, function, lasts, &mut waiting);
            }
        }
    }

    /// The calls in plain functions that block by themselves, each with its function and how long.
    fn ends(&self, project: &Project) -> Vec<(FunctionRef, Hop, Lasts)> {
        let mut ends = Vec::new();
        for (file, targets) in &self.targets {
            if targets.blocking.is_empty() {
                continue;
            }
            let Some(facts) = project.facts(*file) else {
                continue;
            };
            for (index, (call, target)) in facts.calls.iter().zip(&targets.of_call).enumerate() {
                if targets.blocking.binary_search(target).is_err() {
                    continue;
                }
                let Some(Target::Library(name)) = targets.distinct.get(*target as usize) else {
                    continue;
                };
                let Some(caller) = plain_caller(project, *file, call).filter(|_| !call.awaited)
                else {
                    continue;
                };
                let entry = blocking(project, facts, name, call).filter(|entry| matters(entry));
                if let Some(entry) = entry {
                    let hop = Hop {
                        file: *file,
                        call: index as u32,
                        next: Next::Library(name.clone()),
                    };
                    ends.push((caller, hop, entry.lasts));
                }
            }
        }
        ends
    }

    fn block_callers(
        &mut self,
        project: &Project,
        function: FunctionRef,
        lasts: Lasts,
        waiting: &mut VecDeque<FunctionRef>,
    ) {
        let length = self
            .blocked
            .get(&function)
            .map_or(1, |blocked| blocked.length);
        for (file, index) in self.callers.get(&function).into_iter().flatten() {
            let caller = project
                .call(*file, *index as usize)
                .and_then(|call| plain_caller(project, *file, call));
            let Some(caller) = caller.filter(|caller| !self.blocked.contains_key(caller)) else {
                continue;
            };
            let hop = Hop {
                file: *file,
                call: *index,
                next: Next::Function(function),
            };
            let blocked = Blocked {
                hop,
                length: length + 1,
                lasts,
            };
            self.blocked.insert(caller, blocked);
            waiting.push_back(caller);
        }
    }

    fn targets_of(&self, file: FileId) -> impl Iterator<Item = &Target> {
        let targets = self.targets.get(&file);
        targets.into_iter().flat_map(|targets| targets.iter())
    }

    /// The functions at the ends of chains from coroutines, where what blocks has a counterpart.
    pub(super) fn leaves<'g>(
        &'g self,
        project: &'g Project,
    ) -> impl Iterator<Item = FunctionRef> + 'g {
        let called = project.files().flat_map(move |(file, facts)| {
            let calls = facts.calls.iter().zip(self.targets_of(file));
            calls
                .filter(|(call, _)| in_coroutine(facts, call))
                .flat_map(|(_, target)| match target {
                    Target::Functions(functions) => functions.as_slice(),
                    _ => &[],
                })
        });
        called.filter_map(move |function| {
            let last = self.chain(*function).pop()?;
            let Next::Library(name) = &last.next else {
                return None;
            };
            let index = project.call(last.file, last.call as usize)?.function?;
            let leaf = FunctionRef {
                file: last.file,
                index,
            };
            project.catalogue().has_counterpart(name).then_some(leaf)
        })
    }

    /// Whether a coroutine of the file makes a call that blocks in this way.
    pub fn waits_for(&self, file: FileId, kind: Kind) -> bool {
        let targets = self.targets.get(&file);
        targets.is_some_and(|targets| targets.kinds & (1 << kind as u32) != 0)
    }

    /// Whether a coroutine of the file calls a function of the project that blocks.
    pub fn has_chains(&self, project: &Project, file: FileId) -> bool {
        let Some(facts) = project.facts(file) else {
            return false;
        };
        let mut calls = facts.calls.iter().zip(self.targets_of(file));
        calls.any(|(call, target)| match target {
            Target::Functions(functions) => {
                let mut functions = functions.iter();
                functions.any(|function| self.blocked.contains_key(function))
                    && in_coroutine(facts, call)
            }
            _ => false,
        })
    }

    /// What a call of a file runs.
    pub fn target(&self, file: FileId, call: usize) -> Option<&Target> {
        self.targets.get(&file)?.get(call)
    }

    /// The calls that run a function.
    pub fn callers(&self, function: FunctionRef) -> &[(FileId, u32)] {
        self.callers.get(&function).map_or(&[], Vec::as_slice)
    }

    /// How a plain function blocks, if it does.
    pub fn blocked(&self, function: FunctionRef) -> Option<&Blocked> {
        self.blocked.get(&function)
    }

    /// The way from a function that blocks to the call that does.
    pub fn chain(&self, from: FunctionRef) -> Vec<Hop> {
        let mut hops = Vec::new();
        let mut at = Some(from);
        while let Some(hop) = at
            .and_then(|function| self.blocked.get(&function))
            .map(|blocked| &blocked.hop)
        {
            hops.push(hop.clone());
            at = match hop.next {
                Next::Function(function) => Some(function),
                Next::Library(_) => None,
            };
        }
        hops
    }
}

/// What the catalogue says of a call that blocks, its arguments considered.
pub(super) fn blocking<'p>(
    project: &'p Project,
    facts: &Facts,
    name: &str,
    call: &Call,
) -> Option<&'p Blocking> {
    let entry = project.catalogue().blocking(name)?;
    let position = |keyword: &String| entry.positions.get(keyword).copied();
    let may_have = |keyword: &String| {
        let few = |count: u16| position(keyword).is_none_or(|at| count as usize <= at);
        !call.positional.is_some_and(few)
    };
    let harmless = entry.unless.iter().any(|(keyword, literal)| {
        // What a constant of a library stands for cannot be seen here.
        call.constant(keyword, position(keyword)) == Some(literal)
            || literal.contains('.') && may_have(keyword)
    });
    let lacks_all = !entry.only_with.is_empty() && !entry.only_with.iter().any(may_have);
    let said = |word: &String| facts.said.iter().any(|said| **said == **word);
    let in_memory = entry.unless_given.as_ref().is_some_and(|class| {
        call.arguments.iter().any(|argument| {
            matches!(&argument.value, ArgumentValue::Object(given) if project.catalogue().is_subclass(given, class))
        })
    });
    // Nor can how long a lock is held, nor which queue or future it is that words speak of.
    let unclear =
        entry.kind == Kind::Lock && (call.kind == CallKind::With || !entry.unless_said.is_empty());
    let harmless =
        harmless || lacks_all || unclear || in_memory || entry.unless_said.iter().any(said);
    (!harmless).then_some(entry)
}

/// Whether a call makes the function around it one that blocks. Where it depends on what the call is
/// given, what opened that counts; and what is brief and better left alone does not.
fn matters(entry: &Blocking) -> bool {
    let stays = entry.lasts == Lasts::Brief && entry.fallback == Fallback::None;
    entry.given.is_none() && !stays
}

/// The plain function in whose own code a call stands.
fn plain_caller(project: &Project, file: FileId, call: &Call) -> Option<FunctionRef> {
    let index = call.function?;
    let function = FunctionRef { file, index };
    let runs_there = matches!(call.place, CallPlace::Body(_))
        || call.kind == CallKind::Iterate && call.place == CallPlace::Generator;
    let is_plain = project.function(function).is_some_and(|of| !of.is_async);
    (runs_there && is_plain).then_some(function)
}

/// Whether a call runs as part of a coroutine of its file.
pub fn in_coroutine(facts: &Facts, call: &Call) -> bool {
    let function = call
        .function
        .and_then(|index| facts.functions.get(index.0 as usize));
    let runs_there = !matches!(call.place, CallPlace::Lambda | CallPlace::Annotation);
    runs_there && function.is_some_and(|function| function.is_async)
}
