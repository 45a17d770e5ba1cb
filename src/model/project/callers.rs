//! From where a function is reached, and what that says of it: who answers an error of it, and who runs
//! its coroutine by hand.

use super::{FunctionRef, Project, Value};
use crate::model::file::{ArgumentValue, Call, CallKind, Facts, Index, Term, TermId};
use crate::text::FileId;

/// More functions than these are not followed.
const MAX_FUNCTIONS: usize = 50;

/// Who catches the RuntimeError of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub by: FunctionRef,
    /// By its name, and not among all errors.
    pub is_named: bool,
}

/// Where `send(None)` runs a coroutine: the file, the line, and the function if it is known.
pub(super) type Driven = (FileId, usize, Option<FunctionRef>);

impl Project {
    /// The functions that reach a function by calls that are seen, itself first.
    pub fn reached_from(&self, function: FunctionRef) -> Vec<FunctionRef> {
        let mut found = vec![function];
        let mut next = 0;
        while let Some(at) = found.get(next).copied().filter(|_| next < MAX_FUNCTIONS) {
            next += 1;
            for (file, index) in self.graph().callers(at) {
                let caller = self
                    .call(*file, *index as usize)
                    .and_then(|call| call.function);
                let caller = caller.map(|index| FunctionRef { file: *file, index });
                if let Some(caller) = caller.filter(|caller| !found.contains(caller)) {
                    found.push(caller);
                }
            }
        }
        found
    }

    /// A function that catches the RuntimeError which calling this one raises: by its name anywhere
    /// above, or among all errors around the call itself.
    pub fn answers(&self, function: FunctionRef) -> Option<Answer> {
        let reached_from = self.reached_from(function);
        let mut answers = reached_from.iter().flat_map(|at| {
            let callers = self.graph().callers(*at).iter();
            callers.filter_map(|(file, index)| {
                let (facts, call) = self.facts(*file).zip(self.call(*file, *index as usize))?;
                let is_named = catches(facts, call)?;
                let by = FunctionRef {
                    file: *file,
                    index: call.function?,
                };
                (is_named || *at == function).then_some(Answer { by, is_named })
            })
        });
        let first = answers.next()?;
        Some(
            answers
                .find(|answer| answer.is_named && !first.is_named)
                .unwrap_or(first),
        )
    }

    /// Where `send(None)` runs a coroutine from which a function is reached, or one that is handed in
    /// there and may be any: no event loop need run then.
    pub fn driven_by_hand(&self, function: FunctionRef) -> Option<(FileId, usize)> {
        let driven = self.remembered.driven.get_or_init(|| self.find_driven());
        let mut reached_from = None;
        let found = driven.iter().find(|(_, _, runs)| match runs {
            Some(runs) => reached_from
                .get_or_insert_with(|| self.reached_from(function))
                .contains(runs),
            None => true,
        });
        found.map(|(file, line, _)| (*file, *line))
    }

    fn find_driven(&self) -> Vec<Driven> {
        let mut found = Vec::new();
        for (file, facts) in self.files() {
            for call in facts.calls.iter().filter(|call| sends_none(call)) {
                let Some(Term::Member(of, name)) = facts.terms.get(call.callee.0 as usize) else {
                    continue;
                };
                if **name != *"send" {
                    continue;
                }
                if let Some(runs) = self.coroutine_of(file, facts, *of) {
                    found.push((file, facts.line_of(call.at.start()), runs));
                }
            }
        }
        found
    }

    /// The function whose coroutine a term stands for, if that is known; nothing if it is no coroutine.
    fn coroutine_of(
        &self,
        file: FileId,
        facts: &Facts,
        term: TermId,
    ) -> Option<Option<FunctionRef>> {
        match facts.terms.get(term.0 as usize)? {
            Term::Call(callee) => match self.value(file, *callee) {
                Value::Function(function) | Value::Method(function, _) => {
                    let of = self.function(function)?;
                    (of.is_async && !of.is_generator).then_some(Some(function))
                }
                _ => None,
            },
            Term::Parameter(Index(function), position) => {
                let of = facts.functions.get(*function as usize)?;
                let name = of.parameters.get(*position as usize)?;
                name.contains("coro").then_some(None)
            }
            _ => match self.value(file, term) {
                Value::LibraryObject(class) => class.ends_with(".Coroutine").then_some(None),
                _ => None,
            },
        }
    }
}

fn sends_none(call: &Call) -> bool {
    let given = call.arguments.first().map(|argument| &argument.value);
    call.kind == CallKind::Call
        && !call.awaited
        && call.positional == Some(1)
        && given.is_some_and(|value| *value == ArgumentValue::Constant("None".into()))
}

/// Whether a `try` around a call keeps its RuntimeError, and whether by name.
fn catches(facts: &Facts, call: &Call) -> Option<bool> {
    let mut is_caught = None;
    for tried in &facts.tries {
        if tried.function != call.function || !tried.body.contains(call.at) || tried.hands_on {
            continue;
        }
        let is_named = tried.classes.iter().any(|class| {
            matches!(facts.terms.get(class.0 as usize),
                Some(Term::Builtin(name)) if **name == *"RuntimeError")
        });
        if is_named || tried.catches_all {
            is_caught = Some(is_named || is_caught == Some(true));
        }
    }
    is_caught
}
