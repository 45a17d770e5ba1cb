//! What the code of one function does by itself, and whom it calls with what.

use super::classes::Found;
use super::edges::{Edge, Key, Runs, Step, Via};
use super::evaluate::Evaluator;
use super::{ClassRef, Does, FunctionRef, Target, Value, World};
use crate::model::file::{
    Call, CallKind, CallPlace, Facts, Held, Holder, Index, Owner, Term, TermId,
};
use crate::model::libraries::{Doing, Effect};
use crate::text::{FileId, Span};

/// What code does by itself, and whom it calls.
#[derive(Debug, Default)]
pub(super) struct Doings {
    pub own: Vec<(Key, Step)>,
    pub edges: Vec<Edge>,
}

/// A method that more classes than these replace is not followed into all of them.
const MAX_OVERRIDES: usize = 12;

impl Doings {
    /// What a function does.
    pub fn of(evaluator: &mut Evaluator<'_>, function: FunctionRef) -> Self {
        let mut doings = Self::default();
        let project = evaluator.project;
        let Some((of, facts)) = project.function(function).zip(project.facts(function.file)) else {
            return doings;
        };
        let at = u32::try_from(of.at.start()).unwrap_or(u32::MAX);
        if of.claims_pure {
            doings.add(function.file, at, Does::ClaimedPure, &of.qualified);
            return doings;
        }
        if of.is_abstract {
            let does = Does::Unknown(of.qualified.clone(), of.is_async);
            doings.add(function.file, at, does, &of.qualified);
            return doings;
        }
        let is_own = |index: Option<Index>| index == Some(function.index);
        doings.everything(evaluator, function.file, facts, &is_own, &|_| true);
        doings
    }

    /// What the code of a span does.
    pub fn within(evaluator: &mut Evaluator<'_>, file: FileId, span: Span) -> Self {
        let mut doings = Self::default();
        let Some(facts) = evaluator.project.facts(file) else {
            return doings;
        };
        let is_own = |index: Option<Index>| {
            let function = index.and_then(|index| facts.functions.get(index.0 as usize));
            !function.is_some_and(|of| span.contains(of.at))
        };
        let inside = |at: usize| (span.start()..span.end()).contains(&at);
        doings.everything(evaluator, file, facts, &is_own, &inside);
        doings
    }

    fn everything(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        file: FileId,
        facts: &Facts,
        is_own: &dyn Fn(Option<Index>) -> bool,
        inside: &dyn Fn(usize) -> bool,
    ) {
        for deed in &facts.deeds {
            if is_own(Some(deed.function)) && inside(deed.at as usize) {
                let does = match deed.fills {
                    true => Does::Fills(Holder::Somebody, deed.what.clone()),
                    false => Does::Changes(Holder::Somebody, deed.what.clone()),
                };
                self.add_held(file, deed.at, does, Some(deed.held), &deed.what);
            }
        }
        for (index, call) in facts.calls.iter().enumerate() {
            let runs = call.place != CallPlace::Annotation;
            if is_own(call.function) && runs && inside(call.at.start()) {
                self.call(evaluator, file, index);
            }
        }
    }

    /// What one call does.
    pub fn call(&mut self, evaluator: &mut Evaluator<'_>, file: FileId, index: usize) {
        let project = evaluator.project;
        let Some(call) = project.call(file, index) else {
            return;
        };
        match project.graph().target(file, index) {
            Some(Target::Functions(functions)) => {
                let functions = functions.clone();
                self.functions(evaluator, file, index, call, &functions);
            }
            Some(Target::Library(name)) => {
                self.library(evaluator, file, index, call, &name.clone())
            }
            Some(Target::Nothing) => self.made_to_run(evaluator, file, index, call),
            Some(Target::Unknown(_)) => self.unknown(evaluator, file, index, call),
            None => {}
        }
    }

    fn functions(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        file: FileId,
        index: usize,
        call: &Call,
        functions: &[FunctionRef],
    ) {
        let project = evaluator.project;
        let value = match call.kind {
            CallKind::Call => evaluator.evaluate(file, call.callee),
            _ => Value::None,
        };
        let runs = match value {
            Value::Class(_) => Runs::Constructs,
            _ => Runs::Called,
        };
        let above = project
            .facts(file)
            .and_then(|facts| facts.terms.get(call.callee.0 as usize))
            .is_some_and(|term| match term {
                Term::Member(of, _) => project
                    .facts(file)
                    .and_then(|facts| facts.terms.get(of.0 as usize))
                    .is_some_and(|of| matches!(of, Term::Super(_))),
                _ => false,
            });
        for function in functions {
            self.edge(file, index, call, *function, runs);
            // An object of a class made from this one may have another method of the name.
            let Some(of) = project.function(*function) else {
                continue;
            };
            if let Owner::Class(class) = of.owner
                && runs == Runs::Called
                && !above
            {
                let class = ClassRef {
                    file: function.file,
                    index: class,
                };
                let others = evaluator.overrides(class, &of.name);
                if others.len() > MAX_OVERRIDES {
                    let name = of.qualified.clone();
                    let at = start(call);
                    self.add(file, at, Does::Unknown(name.clone(), call.awaited), &name);
                    continue;
                }
                for other in others {
                    if !functions.contains(&other) {
                        self.edge(file, index, call, other, runs);
                    }
                }
            }
        }
    }

    /// A call that runs nothing by itself may make a generator, which somebody goes through.
    fn made_to_run(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        file: FileId,
        index: usize,
        call: &Call,
    ) {
        if call.kind != CallKind::Call {
            return;
        }
        match evaluator.evaluate(file, call.callee) {
            Value::Function(function) | Value::Method(function, _) => {
                self.edge(file, index, call, function, Runs::Called);
            }
            // What a base outside the project does when an object is made.
            Value::Class(class) => {
                if let Found::Library(base) = evaluator.find(class, "__init__", true)
                    && evaluator.project.catalogue().doing(&base).is_none()
                {
                    let what = evaluator.project.written(file, call.callee);
                    let does = Does::Unknown(what.clone().into(), call.awaited);
                    self.add(file, start(call), does, &what);
                }
            }
            _ => {}
        }
    }

    fn library(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        file: FileId,
        index: usize,
        call: &Call,
        name: &str,
    ) {
        let project = evaluator.project;
        let catalogue = project.catalogue();
        let last = name.rsplit('.').next().unwrap_or(name);
        let logs = catalogue.is_logging_method(last) && name.to_lowercase().contains("log");
        let doing = match catalogue.doing(name) {
            Some(doing) => doing,
            None if logs => Doing {
                effects: vec![Effect::Logs],
                ..Doing::default()
            },
            None => {
                if matches!(call.kind, CallKind::Iterate | CallKind::Read) {
                    return;
                }
                // What an object of a class that nothing is said of does to itself is not known.
                let does = Does::Unknown(name.into(), call.awaited || is_asynchronous(call));
                return self.add(file, start(call), does, name);
            }
        };
        let at = start(call);
        for effect in &doing.effects {
            match does(*effect, object_of(project.written(file, call.callee))) {
                Some(changed @ (Does::Changes(..) | Does::Fills(..))) => {
                    self.add_held(file, at, changed, call.receiver(), name);
                }
                Some(does) => self.add(file, at, does, name),
                None => {}
            }
        }
        if let Some(class) = doing.exclusive {
            let does = Does::Exclusive(Holder::Somebody, class);
            self.add_held(file, at, does, call.receiver(), name);
        }
        if let Some(class) = doing.holds {
            self.add(file, at, Does::Holds(class), name);
        }
        for (_, callback) in call.callbacks() {
            if let Value::Function(function) | Value::Method(function, _) =
                evaluator.evaluate(file, callback)
            {
                self.edge(file, index, call, function, Runs::Elsewhere);
            }
        }
    }

    fn unknown(&mut self, evaluator: &mut Evaluator<'_>, file: FileId, index: usize, call: &Call) {
        let project = evaluator.project;
        let catalogue = project.catalogue();
        let facts = project.facts(file);
        let term = |id: TermId| facts.and_then(|facts| facts.terms.get(id.0 as usize));
        let written = project.written(file, call.callee);
        let at = start(call);
        match call.kind {
            CallKind::Read | CallKind::Iterate => return,
            CallKind::With | CallKind::AsyncWith | CallKind::AsyncIterate => {
                // The call that made it is spoken of already.
                if !matches!(term(call.callee), Some(Term::Call(_))) {
                    let does = Does::Unknown(written.clone().into(), is_asynchronous(call));
                    self.add(file, at, does, &written);
                }
                return;
            }
            CallKind::Call => {}
        }
        if let Some(Term::Member(of, method)) = term(call.callee)
            && !call.awaited
        {
            let object = project.written(file, *of);
            let object = object.rsplit('.').next().unwrap_or(&object).to_lowercase();
            let is_logger = matches!(object.as_str(), "log" | "logger" | "_log" | "_logger");
            if is_logger && catalogue.is_logging_method(method) {
                return self.add(file, at, Does::Logs, &written);
            }
            if catalogue.is_filling_method(method) {
                let does = Does::Fills(Holder::Somebody, object_of(written.clone()));
                return self.add_held(file, at, does, call.receiver(), &written);
            }
            let arguments = call.positional.map_or(0, usize::from);
            if catalogue.is_pure_method(method, arguments) {
                return;
            }
        }
        // A decorator may add to what its function does.
        if let Value::Function(function) | Value::Method(function, _) =
            evaluator.evaluate(file, call.callee)
        {
            self.edge(file, index, call, function, Runs::Called);
        }
        let does = Does::Unknown(written.clone().into(), call.awaited);
        self.add(file, at, does, &written);
    }

    fn edge(&mut self, file: FileId, index: usize, call: &Call, callee: FunctionRef, runs: Runs) {
        self.edges.push(Edge {
            callee,
            file,
            at: start(call),
            call: index as u32,
            runs,
        });
    }

    fn add(&mut self, file: FileId, at: u32, does: Does, what: &str) {
        let step = Step {
            depth: 0,
            file,
            at,
            via: Via::Here(what.into()),
        };
        self.own.push((Key::new(does), step));
    }

    fn add_held(&mut self, file: FileId, at: u32, does: Does, held: Option<Held>, what: &str) {
        if let Some(key) = Key::new(does).on(held) {
            let step = Step {
                depth: 0,
                file,
                at,
                via: Via::Here(what.into()),
            };
            self.own.push((key, step));
        }
    }
}

/// The object of a method, as it is written.
fn object_of(method: String) -> Box<str> {
    let object = method.rsplit_once('.').map(|(object, _)| object);
    object
        .filter(|object| !object.is_empty())
        .unwrap_or(&method)
        .into()
}

fn start(call: &Call) -> u32 {
    u32::try_from(call.at.start()).unwrap_or(u32::MAX)
}

fn is_asynchronous(call: &Call) -> bool {
    matches!(call.kind, CallKind::AsyncWith | CallKind::AsyncIterate)
}

/// What an effect of the catalogue is.
fn does(effect: Effect, written: Box<str>) -> Option<Does> {
    Some(match effect {
        Effect::ReadsNetwork => Does::Reads(World::Network),
        Effect::WritesNetwork => Does::Writes(World::Network),
        Effect::ReadsDisk => Does::Reads(World::Disk),
        Effect::WritesDisk => Does::Writes(World::Disk),
        Effect::ReadsDatabase => Does::Reads(World::Database),
        Effect::WritesDatabase => Does::Writes(World::Database),
        Effect::Process => Does::Writes(World::Process),
        Effect::Terminal => Does::Writes(World::Terminal),
        Effect::ReadsClock => Does::Reads(World::Clock),
        Effect::ReadsRandom => Does::Reads(World::Random),
        Effect::Sleeps => Does::Sleeps,
        Effect::Context => Does::Context,
        Effect::Logs => Does::Logs,
        Effect::Changes => Does::Changes(Holder::Somebody, written),
        Effect::Fills => Does::Fills(Holder::Somebody, written),
        Effect::Waits | Effect::Holds => return None,
    })
}
