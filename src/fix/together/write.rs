//! How calls that run at the same time are written: as tasks that are all waited for, as tasks that
//! are cancelled when one of them fails, or as one plain `gather`.

use super::code::{Code, Sheet};
use super::judge::Judged;
use crate::fix::{Cx, Failure, reach};
use crate::model::file::{ImportName, Why};
use crate::model::project::{FunctionRef, Value};
use crate::python::ast::{AnyNodeRef, StmtFunctionDef};
use crate::python::{PythonVersion, span};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// What becomes of calls when one of them fails, as code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `await asyncio.gather(...)`, whose results are used at once.
    Gather,
    /// Tasks, a `gather` that waits for all of them, then their results one by one.
    Wait,
    /// Tasks, a `gather` whose failure cancels them all, then their results.
    Cancel,
    /// Tasks of an `asyncio.TaskGroup`, then their results.
    Group,
}

/// The names that tasks go by.
#[derive(Clone, Copy, Debug)]
pub enum Tasks<'t> {
    /// Each has a name of its own, that of its assignment.
    Named,
    /// All are in the list of this name.
    List(&'t str),
}

/// Writes calls that run together at one place.
pub struct Writer<'w, 'a> {
    pub cx: &'w Cx<'a>,
    /// The statement that they go before, or take the place of.
    pub at: AnyNodeRef<'a>,
    pub function: &'a StmtFunctionDef,
    pub indent: String,
    pub way: Way,
    may_fail: bool,
    needs: RefCell<Vec<ImportName>>,
}

impl<'w, 'a> Writer<'w, 'a> {
    /// For calls at a statement, in the way that is asked for and possible. `coroutines` says that
    /// what becomes a task is certainly a coroutine.
    pub fn new(
        cx: &'w Cx<'a>,
        at: AnyNodeRef<'a>,
        function: &'a StmtFunctionDef,
        judged: &Judged,
        coroutines: bool,
    ) -> Self {
        let way = match cx.options.failure {
            _ if !judged.may_fail => Way::Gather,
            Failure::FirstError => Way::Gather,
            Failure::SequentialEquivalent => Way::Wait,
            Failure::CancelSiblings => {
                let group = coroutines
                    && cx.options.target >= PythonVersion::PY311
                    && errors_stay_unnamed(cx, at, function);
                if group { Way::Group } else { Way::Cancel }
            }
        };
        Self {
            cx,
            at,
            function,
            indent: cx.module.layout().indent_at(span(at).start()).to_owned(),
            way,
            may_fail: judged.may_fail,
            needs: RefCell::default(),
        }
    }

    /// What a person must know about errors; nothing where they are as they were.
    pub fn failing(&self) -> Option<&'static str> {
        match self.way {
            _ if !self.may_fail => None,
            Way::Wait => None,
            Way::Group => Some(
                "if one call fails, the others are cancelled, and what is raised is an `ExceptionGroup`",
            ),
            Way::Cancel => Some(
                "if one call fails, the others are cancelled, and the error raised is the first in time",
            ),
            Way::Gather => Some(
                "if one call fails, the others still run to their end, and the error raised is the first in time",
            ),
        }
    }

    /// The imports that the code needs.
    pub fn needs(&self) -> Vec<ImportName> {
        self.needs.borrow().clone()
    }

    /// How `asyncio.member` is written here.
    pub fn asyncio(&self, member: &str) -> Result<String, Why> {
        let reached = reach(self.cx, "asyncio", member, self.at)?;
        self.needs.borrow_mut().extend(reached.need);
        Ok(reached.text)
    }

    /// A line, or the lines that it is broken into: `prefix`, the code, `suffix`.
    pub fn line(&self, prefix: &str, code: &Code, suffix: &str) -> String {
        self.line_at(&self.indent, prefix, code, suffix)
    }

    /// The same at another indentation.
    pub fn line_at(&self, indent: &str, prefix: &str, code: &Code, suffix: &str) -> String {
        let newline = self.cx.module.layout().newline();
        let laid = code.laid(self.sheet(), indent, prefix, suffix);
        format!("{indent}{prefix}{laid}{suffix}{newline}")
    }

    /// One step of indentation.
    pub fn unit(&self) -> &'a str {
        match self.indent.contains('\t') {
            true => "\t",
            false => self.cx.module.layout().indent_unit(),
        }
    }

    pub fn sheet(&self) -> Sheet<'a> {
        Sheet {
            unit: self.unit(),
            newline: self.cx.module.layout().newline(),
            limit: self.cx.options.line_length,
        }
    }

    /// A name that nothing in the function uses.
    pub fn fresh(&self, candidates: &[&str]) -> String {
        let within = span(self.function);
        self.cx.module.fresh_name(within, candidates)
    }

    /// The lines that start tasks and wait for them. Each task has a name (that of the list, for one
    /// comprehension of tasks) and its code, with `start` for the function that makes a task of a
    /// call: see [`Writer::starter`]. Results are read as `name.result()` afterwards.
    pub fn together(&self, started: &[(String, Code)], tasks: Tasks<'_>) -> Result<String, Why> {
        let (indent, unit) = (self.indent.as_str(), self.unit());
        let newline = self.cx.module.layout().newline();
        let deeper = format!("{indent}{unit}");
        let assigned = |indent: &str| -> String {
            let lines = started.iter();
            lines
                .map(|(name, code)| self.line_at(indent, &format!("{name} = "), code, ""))
                .collect()
        };
        let names: Vec<Code> = match tasks {
            Tasks::Named => started.iter().map(|(name, _)| Code::text(name)).collect(),
            Tasks::List(name) => vec![Code::text(format!("*{name}"))],
        };
        if self.way == Way::Group {
            let group = self.asyncio("TaskGroup")?;
            let name = self.group();
            let header = format!("{indent}async with {group}() as {name}:{newline}");
            return Ok(format!("{header}{}", assigned(&deeper)));
        }
        let gather = self.asyncio("gather")?;
        let plain = Code::call(&gather, names.clone());
        let mut all = names.clone();
        all.push(Code::text("return_exceptions=True"));
        let waiting = Code::call(&gather, all);
        let first = assigned(indent);
        if self.way == Way::Wait {
            return Ok(format!("{first}{}", self.line("await ", &waiting, "")));
        }
        let task = self.fresh(&["task", "one"]);
        let each = match tasks {
            Tasks::Named => Code::call("", names),
            Tasks::List(name) => Code::text(name),
        };
        Ok([
            first,
            format!("{indent}try:{newline}"),
            self.line_at(&deeper, "await ", &plain, ""),
            format!("{indent}except BaseException:{newline}"),
            self.line_at(&deeper, &format!("for {task} in "), &each, ":"),
            format!("{deeper}{unit}{task}.cancel(){newline}"),
            self.line_at(&deeper, "await ", &waiting, ""),
            format!("{deeper}raise{newline}"),
        ]
        .concat())
    }

    /// What makes a task of a call: `asyncio.create_task`, the group's, or, where the call gives
    /// another awaitable than a coroutine, `asyncio.ensure_future`.
    pub fn starter(&self, is_coroutine: bool) -> Result<String, Why> {
        match (self.way, is_coroutine) {
            (Way::Group, _) => Ok(format!("{}.create_task", self.group())),
            (_, true) => self.asyncio("create_task"),
            (_, false) => self.asyncio("ensure_future"),
        }
    }

    fn group(&self) -> String {
        self.fresh(&["group", "task_group"])
    }
}

/// Whether nobody who is seen, up the callers, names the classes of exceptions that leave a function:
/// an `ExceptionGroup` would pass those by.
fn errors_stay_unnamed<'a>(cx: &Cx<'a>, at: AnyNodeRef<'a>, function: &'a StmtFunctionDef) -> bool {
    let Some(facts) = cx.project.facts(cx.file) else {
        return false;
    };
    let mut functions = facts.functions.iter();
    let Some(index) = functions.position(|of| of.at == span(&function.name)) else {
        return false;
    };
    let names = |file, function: Option<FunctionRef>, here| {
        let index = function.map(|function| function.index);
        let facts = cx.project.facts(file);
        let tries = facts.map_or(&[] as &[_], |facts| &facts.tries);
        let mut around = tries
            .iter()
            .filter(move |other| other.function == index && other.body.contains(here));
        around.any(|other| {
            let mut classes = other.classes.iter();
            classes.any(|class| {
                !matches!(cx.project.value(file, *class),
                    Value::Library(name) if matches!(name.rsplit('.').next(), Some("BaseException" | "Exception")))
            })
        })
    };
    let first = FunctionRef::new(cx.file, index);
    if names(cx.file, Some(first), span(at)) {
        return false;
    }
    let mut seen = BTreeSet::from([first]);
    let mut waiting = vec![first];
    while let Some(function) = waiting.pop() {
        for (file, call) in cx.project.graph().callers(function) {
            let Some(call) = cx.project.call(*file, *call as usize) else {
                continue;
            };
            let caller = call
                .function
                .map(|index| FunctionRef { file: *file, index });
            if names(*file, caller, call.at) {
                return false;
            }
            waiting.extend(caller.filter(|caller| seen.insert(*caller)));
        }
    }
    true
}
