//! Whether a function of the project may run in another thread: what it does, through everything it
//! calls.

use super::evaluate::Evaluator;
use super::{ClassRef, FunctionRef, Project, Target, Value};
use crate::model::file::{Call, CallKind, CallPlace, Owner, Term, TermId, Why};
use crate::model::libraries::{Fallback, Lasts, RunsIn};
use crate::model::stdlib::is_stdlib;
use crate::text::FileId;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// More functions than these are not looked through.
const MAX_FUNCTIONS: usize = 300;

/// How many of the reasons are told that hold a call back.
const MAX_REASONS: usize = 2;

/// More than these nobody confirms.
const MAX_TO_CONFIRM: usize = 5;

/// Modules of Python whose functions belong to the thread, or to the process as a whole.
const BOUND: [&str; 12] = [
    "asyncio.",
    "contextlib.chdir",
    "contextvars.ContextVar.reset",
    "contextvars.ContextVar.set",
    "curses.",
    "locale.setlocale",
    "os.chdir",
    "signal.",
    "threading.local",
    "tkinter.",
    "turtle.",
    "warnings.catch_warnings",
];

impl Project {
    /// What a person must confirm before a function is moved to a thread, nothing if all that it does
    /// is known; refused, with the reason, if it must not.
    pub fn in_thread(&self, function: FunctionRef) -> Result<Option<String>, Why> {
        self.remembered
            .threads
            .get(function, || self.look_through(function))
    }

    fn look_through(&self, function: FunctionRef) -> Result<Option<String>, Why> {
        let mut reasons = BTreeSet::new();
        let mut seen = FxHashSet::default();
        let mut waiting = vec![function];
        while let Some(at) = waiting.pop() {
            if !seen.insert(at) {
                continue;
            }
            if seen.len() > MAX_FUNCTIONS {
                reasons.insert("it does more than can be looked through".to_owned());
                break;
            }
            let Some((of, facts)) = self.function(at).zip(self.facts(at.file)) else {
                continue;
            };
            if of.stops {
                return Err(Why::new(format!(
                    "`{}` may raise `StopIteration`, which cannot leave a thread",
                    of.qualified
                )));
            }
            let thread_locals = &self.remembered.thread_locals;
            if thread_locals.get(at.file, || self.has_thread_local(at.file)) {
                return Err(Why::new(format!(
                    "{} uses a `threading.local`, of which each thread has its own",
                    self.modules().path(at.file).display()
                )));
            }
            if let Owner::Class(index) = of.owner {
                let class = ClassRef {
                    file: at.file,
                    index,
                };
                let mut evaluator = Evaluator::new(self);
                waiting.extend(evaluator.overrides(class, &of.name));
                if let Some(other) = evaluator.replaces(class, &of.name) {
                    reasons.insert(format!("`{other}` has something else for `{}`", of.name));
                }
            }
            if of.is_async && at != function {
                return Err(Why::new(format!(
                    "it calls the coroutine function `{}`",
                    of.qualified
                )));
            }
            if let Some((what, _)) = &of.writes {
                reasons.insert(format!("`{}` {what}", of.qualified));
            } else if of.reads_receiver && matches!(of.owner, Owner::Class(_)) {
                reasons.insert(format!(
                    "`{}` reads `{}`",
                    of.qualified,
                    of.parameters.first().map_or("self", |name| name)
                ));
            }
            for (index, call) in facts.calls.iter().enumerate() {
                let own = call.function == Some(at.index)
                    && !matches!(call.place, CallPlace::Lambda | CallPlace::Annotation);
                if !own {
                    continue;
                }
                match self.graph().target(at.file, index) {
                    Some(Target::Functions(functions)) => waiting.extend(functions),
                    Some(Target::Library(name)) => {
                        if let Some(reason) = self.library_in_thread(name)? {
                            reasons.insert(reason);
                        }
                    }
                    Some(Target::Unknown(_)) if self.is_of_library(at, call) => {}
                    Some(Target::Unknown(_)) => {
                        if let Some(name) = self.unknown_callee(at.file, call.callee) {
                            reasons.insert(format!("what `{name}` does is not known"));
                        }
                    }
                    Some(Target::Nothing) | None => {}
                }
            }
        }
        if reasons.is_empty() {
            return Ok(None);
        }
        let count = reasons.len();
        let reasons: Vec<String> = reasons.into_iter().collect();
        if count > MAX_TO_CONFIRM {
            let told = reasons[..MAX_REASONS].join("; ");
            if let Some((by, line)) = self.sent_to_thread(function) {
                return Ok(Some(format!(
                    "`{by}` in line {line} runs it in a thread already: what makes that right must hold here too ({told}, ...)"
                )));
            }
            return Err(Why::new(format!(
                "{count} things would have to hold in a thread, more than anybody confirms: {told}, ..."
            )));
        }
        Ok(Some(format!(
            "it runs beside the event loop then: {}",
            reasons.join("; ")
        )))
    }

    /// Whether a statement of a function enters or goes through what a function of Python has just
    /// given, the call of which is judged by itself: `with redirect_stdout(...)`, `for i in range(n)`.
    fn is_of_library(&self, function: FunctionRef, call: &Call) -> bool {
        let file = function.file;
        let terms = self.facts(file).map(|facts| &facts.terms);
        let Some(Term::Call(of)) = terms.and_then(|terms| terms.get(call.callee.0 as usize)) else {
            return false;
        };
        let Value::Library(name) = Evaluator::new(self).evaluate(file, *of) else {
            return false;
        };
        match call.kind {
            CallKind::With => is_stdlib(&name),
            CallKind::Iterate => match &*name {
                "range" => true,
                // They run what they are given.
                "enumerate" | "reversed" | "zip" => !self.makes_generators(function),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a function calls generator functions, whose bodies run later.
    fn makes_generators(&self, function: FunctionRef) -> bool {
        let mut evaluator = Evaluator::new(self);
        let calls = self.facts(function.file).map(|facts| facts.calls.iter());
        calls.into_iter().flatten().any(|call| {
            let own = call.function == Some(function.index) && call.kind == CallKind::Call;
            let callee = own.then(|| evaluator.evaluate(function.file, call.callee));
            callee.is_some_and(|callee| matches!(evaluator.call(&callee), Value::Generator(..)))
        })
    }

    /// Where the file of a function has it run in a thread, and by what.
    fn sent_to_thread(&self, function: FunctionRef) -> Option<(String, usize)> {
        let facts = self.facts(function.file)?;
        let mut evaluator = Evaluator::new(self);
        let catalogue = self.catalogue();
        facts.calls.iter().enumerate().find_map(|(index, call)| {
            let Target::Library(name) = self.graph().target(function.file, index)? else {
                return None;
            };
            let scheduler = catalogue.scheduler(name)?;
            let given = scheduler.runs == RunsIn::Thread
                && call.callbacks().any(|(_, callback)| {
                    matches!(
                        evaluator.evaluate(function.file, callback),
                        Value::Function(given) | Value::Method(given, _) if given == function
                    )
                });
            let name = name.rsplit('.').next().unwrap_or(name);
            given.then(|| (name.to_owned(), facts.line_of(call.at.start())))
        })
    }

    /// Whether something in a file is a `threading.local`.
    fn has_thread_local(&self, file: FileId) -> bool {
        let mut evaluator = Evaluator::new(self);
        let terms = self
            .facts(file)
            .map_or(&[] as &[Term], |facts| &facts.terms);
        (0..terms.len()).any(|index| {
            matches!(
                terms[index],
                Term::Import(..) | Term::Call(_) | Term::Member(..)
            ) && matches!(evaluator.evaluate(file, TermId(index as u32)),
                    Value::LibraryObject(class) if &*class == "threading.local")
        })
    }

    /// What a person must confirm before something of a library is called in a thread, nothing if it
    /// is known to work there; refused if it must not.
    pub fn library_in_thread(&self, name: &str) -> Result<Option<String>, Why> {
        let catalogue = self.catalogue();
        if let Some(entry) = catalogue.blocking(name) {
            return match entry.fallback {
                Fallback::Exact | Fallback::List => Ok(None),
                // What is not worth a thread of its own may well run in one.
                Fallback::None if entry.lasts == Lasts::Brief => Ok(None),
                Fallback::Review | Fallback::Together | Fallback::None if is_constructor(name) => {
                    Ok(None)
                }
                Fallback::Review => Ok(entry.why.clone()),
                Fallback::Together | Fallback::None => Ok(Some(match &entry.why {
                    Some(why) => format!("`{name}`: {why}"),
                    None => format!("`{name}` belongs to one thread"),
                })),
            };
        }
        if catalogue
            .scheduler(name)
            .is_some_and(|scheduler| scheduler.runs == RunsIn::Loop)
        {
            return Err(Why::new(format!(
                "it calls `{name}`, which belongs to the event loop"
            )));
        }
        if let Some(stream) = name.strip_prefix("contextlib.redirect_") {
            return Ok(Some(format!(
                "`{name}` swaps `sys.{stream}` of all threads: nothing else may write to it or swap it meanwhile"
            )));
        }
        if BOUND.iter().any(|bound| name.starts_with(bound)) && !is_harmless(name) {
            return Err(Why::new(format!(
                "it calls `{name}`, which belongs to its own thread"
            )));
        }
        let known = !name.contains('.')
            || is_stdlib(name)
            || catalogue.is_pure(name)
            || is_builtin_method(name)
            || catalogue.is_pure_builtin(name.split('.').next().unwrap_or(name));
        Ok((!known).then(|| format!("`{name}` must be safe to call in a thread")))
    }

    /// How a callee of which nothing is known is written, unless its name says that it only computes.
    fn unknown_callee(&self, file: FileId, callee: TermId) -> Option<String> {
        let facts = self.facts(file)?;
        if let Some(Term::Member(_, name)) = facts.terms.get(callee.0 as usize) {
            let catalogue = self.catalogue();
            if catalogue.is_pure_method(name, usize::MAX) || catalogue.is_logging_method(name) {
                return None;
            }
        }
        Some(self.written(file, callee))
    }

    /// A term as it may have been written.
    pub fn written(&self, file: FileId, term: TermId) -> String {
        let Some(facts) = self.facts(file) else {
            return "...".to_owned();
        };
        let function = |index: &crate::model::file::Index| facts.functions.get(index.0 as usize);
        match facts.terms.get(term.0 as usize) {
            // Of what cannot be written, the attribute at least.
            Some(Term::Member(of, name)) => match self.written(file, *of) {
                of if of.starts_with("...") => format!(".{name}"),
                of => format!("{of}.{name}"),
            },
            Some(Term::Call(of)) => format!("{}()", self.written(file, *of)),
            Some(Term::Item(of)) => format!("{}[...]", self.written(file, *of)),
            Some(Term::Import(_, name)) => name.rsplit('.').next().unwrap_or(name).to_owned(),
            Some(Term::Builtin(name) | Term::Star(name, _)) => name.to_string(),
            Some(Term::Function(index)) => {
                function(index).map_or_else(String::new, |of| of.name.to_string())
            }
            Some(Term::Class(index)) => facts
                .classes
                .get(index.0 as usize)
                .map_or_else(String::new, |of| of.name.to_string()),
            Some(Term::Receiver(_)) => "self".to_owned(),
            Some(Term::ReceiverClass(_)) => "cls".to_owned(),
            Some(Term::Super(_)) => "super()".to_owned(),
            Some(Term::Parameter(index, position)) => function(index)
                .and_then(|of| of.parameters.get(*position as usize))
                .map_or_else(String::new, |name| name.to_string()),
            Some(Term::Instance(of)) => match facts.terms.get(of.0 as usize) {
                Some(Term::Import(_, name) | Term::Builtin(name)) => {
                    name.rsplit('.').next().unwrap_or(name).to_lowercase()
                }
                _ => "...".to_owned(),
            },
            _ => "...".to_owned(),
        }
    }
}

fn is_constructor(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.starts_with(|first: char| first.is_ascii_uppercase()) || last == "connect"
}

/// Functions of asyncio that only look at what they are given.
fn is_harmless(name: &str) -> bool {
    matches!(
        name,
        "asyncio.iscoroutinefunction"
            | "asyncio.iscoroutine"
            | "asyncio.isfuture"
            | "asyncio.TimeoutError"
            | "asyncio.CancelledError"
    )
}

fn is_builtin_method(name: &str) -> bool {
    let class = name.split('.').next().unwrap_or(name);
    matches!(
        class,
        "str" | "bytes" | "list" | "dict" | "set" | "tuple" | "int" | "float" | "bool"
    )
}
