//! Where exceptions go that leave a coroutine function: through its callers, over all files, up to
//! those that catch them.

use super::evaluate::Evaluator;
use super::{FunctionRef, Project, Value};
use crate::model::file::{CallPlace, Function, Owner, Term, Try};
use crate::model::libraries::Yields;
use crate::text::{FileId, Span};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// More functions than these are not looked through.
const MAX_FUNCTIONS: usize = 200;

/// What becomes of exceptions that leave a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Escape {
    /// Where callers name what they catch of them, or what cannot be told.
    pub caught: Vec<Caught>,
    /// Functions on the way that may have other callers than those that are seen.
    pub unseen: BTreeSet<String>,
    /// A function on the way is used in ways that do not show where its exceptions surface.
    pub unclear: bool,
    /// The functions on the way, and their files.
    pub functions: BTreeSet<FunctionRef>,
    pub files: BTreeSet<FileId>,
}

/// How much of what leaves a function a class catches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minds {
    No,
    Some,
    All,
}

/// A `try` statement around a call on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caught {
    pub file: FileId,
    pub body: Span,
    /// The class that it names; none where that is not known.
    pub class: Option<String>,
}

impl Project {
    /// Where the exceptions go that leave a function. `minds` tells by qualified name which classes
    /// are meant.
    pub fn escape(&self, from: FunctionRef, minds: &dyn Fn(&str) -> Minds) -> Escape {
        let mut found = Escape::default();
        let mut evaluator = Evaluator::new(self);
        let mut seen = FxHashSet::default();
        let mut waiting = vec![from];
        while let Some(function) = waiting.pop() {
            if !seen.insert(function) {
                continue;
            }
            let Some(of) = self.function(function) else {
                continue;
            };
            if seen.len() > MAX_FUNCTIONS {
                found.unclear = true;
                break;
            }
            found.files.insert(function.file);
            found.functions.insert(function);
            match self.ends_at(&mut evaluator, function, of, minds) {
                End::Framework => {}
                End::Seen => {}
                End::Outside => {
                    found.unseen.insert(of.qualified.to_string());
                }
                End::Unclear => {
                    found.unseen.insert(of.qualified.to_string());
                    found.unclear = true;
                }
            }
            for (file, index) in self.graph().callers(function) {
                let Some(call) = self.call(*file, *index as usize) else {
                    continue;
                };
                found.files.insert(*file);
                found.unclear |= of.is_async && !call.awaited;
                let own = matches!(call.place, CallPlace::Body(_) | CallPlace::Module);
                found.unclear |= !own;
                let mut around: Vec<&Try> = self
                    .facts(*file)
                    .map_or(&[] as &[_], |facts| &facts.tries)
                    .iter()
                    .filter(|other| other.function == call.function && other.body.contains(call.at))
                    .collect();
                around.sort_by_key(|other| other.body.len());
                let mut ended = false;
                for other in around {
                    let caught = other.classes.iter().find_map(|class| {
                        match evaluator.evaluate(*file, *class) {
                            Value::Library(name) => {
                                (minds(&name) != Minds::No).then(|| Some(name.to_string()))
                            }
                            Value::Unknown(_) => Some(None),
                            _ => None,
                        }
                    });
                    if let Some(class) = caught {
                        let caught = Caught {
                            file: *file,
                            body: other.body,
                            class,
                        };
                        if !found.caught.contains(&caught) {
                            found.caught.push(caught);
                        }
                    }
                    let all = other.catches_all
                        || other.classes.iter().any(|class| {
                            matches!(evaluator.evaluate(*file, *class),
                                Value::Library(name) if minds(&name) == Minds::All)
                        });
                    if all && !other.hands_on {
                        ended = true;
                        break;
                    }
                }
                if let Some(index) = call.function.filter(|_| !ended) {
                    waiting.push(FunctionRef { file: *file, index });
                }
            }
        }
        found
    }

    /// Whether other callers of a function than those in sight may mind what it raises.
    fn ends_at(
        &self,
        evaluator: &mut Evaluator<'_>,
        function: FunctionRef,
        of: &Function,
        minds: &dyn Fn(&str) -> Minds,
    ) -> End {
        let facts = self.facts(function.file);
        let terms = facts.map_or(&[] as &[Term], |facts| &facts.terms);
        let mut framework = false;
        for decorator in &of.decorators {
            let term = terms.get(decorator.0 as usize);
            if matches!(term, Some(Term::Builtin(name)) if matches!(&**name, "staticmethod" | "classmethod"))
            {
                continue;
            }
            let named = match term {
                Some(Term::Call(callee)) => *callee,
                _ => *decorator,
            };
            match evaluator.evaluate(function.file, named) {
                Value::Library(name) if self.catalogue().endpoint(&name).is_some() => {
                    framework = true;
                }
                Value::Library(name) if self.catalogue().decorator(&name) == Some(Yields::Same) => {
                }
                _ => return End::Unclear,
            }
        }
        if framework {
            // Handlers of the framework may be told of exceptions.
            return match self.hands_out(evaluator, minds) {
                true => End::Unclear,
                false => End::Framework,
            };
        }
        if self.is_only_called(function).is_err() {
            return End::Unclear;
        }
        let exported = facts.is_some_and(|facts| {
            let mut all = facts.all.iter().flatten();
            all.any(|name| *name == of.name)
        });
        let is_local = matches!(of.owner, Owner::Function(_));
        match !exported && (is_local || of.name.starts_with('_') && !of.name.starts_with("__")) {
            true => End::Seen,
            false => End::Outside,
        }
    }

    /// Whether some call of the project is given one of these classes.
    fn hands_out(&self, evaluator: &mut Evaluator<'_>, minds: &dyn Fn(&str) -> Minds) -> bool {
        self.files().any(|(file, facts)| {
            facts.given.iter().any(|given| {
                matches!(evaluator.evaluate(file, given.class), Value::Library(name) if minds(&name) != Minds::No)
            })
        })
    }

    /// The first of these classes that a call on the way is given, `but` at some places. Decorators
    /// of other functions are not on the way.
    pub fn given_in(
        &self,
        escape: &Escape,
        minds: &dyn Fn(&str) -> Minds,
        but: &dyn Fn(FileId, usize) -> bool,
    ) -> Option<(FileId, String)> {
        let mut evaluator = Evaluator::new(self);
        escape.files.iter().find_map(|file| {
            let facts = self.facts(*file)?;
            facts.given.iter().find_map(|given| {
                let apart = given.decorates.is_some_and(|index| {
                    let decorated = FunctionRef { file: *file, index };
                    !escape.functions.contains(&decorated)
                });
                if apart || but(*file, given.at as usize) {
                    return None;
                }
                match evaluator.evaluate(*file, given.class) {
                    Value::Library(name) if minds(&name) != Minds::No => {
                        Some((*file, name.to_string()))
                    }
                    _ => None,
                }
            })
        })
    }
}

/// Who else may call a function.
enum End {
    /// Nobody.
    Seen,
    /// A framework, which treats all exceptions alike.
    Framework,
    /// Code outside the project.
    Outside,
    /// It is not known.
    Unclear,
}
