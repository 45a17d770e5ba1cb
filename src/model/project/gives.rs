//! What a call gives before anything awaits it, which says what may be done with it.
//!
//! Stricter than what a call runs: whatever could stand in the place of a method, in its class, the
//! classes made from it and what these are made from, has to give the same.

use super::evaluate::Evaluator;
use super::{ClassRef, FunctionRef, Project, Value};
use crate::model::file::{CallKind, NameHash, Owner, Term};
use crate::model::libraries::Yields;
use crate::text::FileId;
use std::mem::discriminant;

/// What a call gives. Functions are those of the project that may have made it, the one found first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A coroutine: nothing of it runs until it is awaited.
    Coroutine(Vec<FunctionRef>),
    AsyncGenerator(Vec<FunctionRef>),
    Generator(Vec<FunctionRef>),
    /// A context manager for `async with`.
    AsyncManager(Vec<FunctionRef>),
    /// A context manager for `with`.
    Manager(Vec<FunctionRef>),
    /// A coroutine of a library's function, by its qualified name.
    LibraryCoroutine(Box<str>),
    /// A task or future, which is under way already, by what made it.
    Task(Box<str>),
    /// Something by a library's function, of which no more is known.
    Library(Box<str>),
    /// A plain function's value, or an object.
    Value,
    Unknown(Box<str>),
}

/// What answers for every attribute, those that the class has as well.
const ANY_ATTRIBUTE: &str = "__getattribute__";

impl Gives {
    /// A coroutine, and nothing else.
    pub fn is_coroutine(&self) -> bool {
        matches!(self, Self::Coroutine(_) | Self::LibraryCoroutine(_))
    }
}

impl Project {
    /// What a call of a file, by its place among the facts, gives before anything awaits it.
    pub fn gives(&self, file: FileId, call: usize) -> Gives {
        let Some((facts, call)) = self.facts(file).zip(self.call(file, call)) else {
            return Gives::Unknown("it was not seen when the file was read".into());
        };
        if call.kind != CallKind::Call {
            return Gives::Unknown("it is no call".into());
        }
        if let Some(Term::Member(_, name)) = facts.terms.get(call.callee.0 as usize)
            && facts.patched.contains(&NameHash::of(name))
        {
            return Gives::Unknown(format!("`{name}` is assigned to in this file").into());
        }
        let mut evaluator = Evaluator::new(self);
        let callee = evaluator.evaluate(file, call.callee);
        evaluator.given_by(&callee)
    }

    /// What calling a method on an object of a class gives.
    pub fn gives_on(&self, class: ClassRef, method: &str) -> Gives {
        let mut evaluator = Evaluator::new(self);
        let callee = evaluator.member(&Value::Object(class), method);
        evaluator.given_by(&callee)
    }

    /// What calling a function of the project gives.
    pub fn gives_of(&self, function: FunctionRef) -> Gives {
        Evaluator::new(self).given_by_all(vec![function])
    }
}

impl Evaluator<'_> {
    pub(super) fn given_by(&mut self, callee: &Value) -> Gives {
        match callee {
            Value::Function(function) => match self.assigned_in(*function) {
                Some(path) => {
                    Gives::Unknown(format!("{path} assigns something to its name").into())
                }
                None => self.given_by_all(vec![*function]),
            },
            Value::Method(function, class) => self.given_by_method(*function, *class),
            Value::Object(class) => match self.find(*class, "__call__", false) {
                super::classes::Found::Method(function) => self.given_by_method(function, *class),
                _ => Gives::Unknown("what calling the object gives is not known".into()),
            },
            Value::Class(_) => Gives::Value,
            Value::Library(name) if self.project.catalogue.gives_coroutine(name) => {
                Gives::LibraryCoroutine(name.clone())
            }
            Value::Library(name) if self.project.catalogue.makes_task(name) => {
                Gives::Task(name.clone())
            }
            Value::Library(name) => Gives::Library(name.clone()),
            Value::Unknown(why) => Gives::Unknown(why.clone()),
            _ => Gives::Unknown("what calling it gives is not known".into()),
        }
    }

    /// A file that gives the name of a module's function to something else: `module.name = ...`.
    fn assigned_in(&self, function: FunctionRef) -> Option<String> {
        let of = self.project.function(function)?;
        let patched = &self.project.mentions().patched;
        let file = patched.get(&NameHash::of(&of.name))?;
        let path = || self.project.modules().path(*file).display().to_string();
        matches!(of.owner, Owner::Module).then(path)
    }

    /// What a method gives, whichever of its class's family it is.
    fn given_by_method(&mut self, function: FunctionRef, class: ClassRef) -> Gives {
        let Some(name) = self.project.function(function).map(|of| of.name.clone()) else {
            return Gives::Unknown("nothing is known of the function".into());
        };
        if let Some(owner) = self.replaces(class, &name) {
            return Gives::Unknown(format!("`{owner}` has something else for `{name}`").into());
        }
        let mut functions = vec![function];
        for kin in self.family(class) {
            let Some(of) = self.project.class(kin) else {
                continue;
            };
            if of
                .members
                .iter()
                .any(|(known, _)| **known == *ANY_ATTRIBUTE)
            {
                return Gives::Unknown(
                    format!("`{}` has a `{ANY_ATTRIBUTE}` of its own", of.name).into(),
                );
            }
            let own = of.members.iter().filter(|(known, _)| **known == *name);
            for (_, term) in own {
                if let Value::Function(other) = self.term(kin.file, *term)
                    && !functions.contains(&other)
                {
                    functions.push(other);
                }
            }
        }
        self.given_by_all(functions)
    }

    fn given_by_all(&mut self, functions: Vec<FunctionRef>) -> Gives {
        let mut found: Option<Gives> = None;
        for function in &functions {
            let gives = self.given_by_one(*function);
            match &found {
                _ if matches!(gives, Gives::Unknown(_)) => return gives,
                None => found = Some(gives),
                Some(first) if discriminant(first) == discriminant(&gives) => {}
                Some(_) => {
                    let name = self.project.name_of(*function);
                    return Gives::Unknown(
                        format!("`{name}`, which may run in its place, gives something else")
                            .into(),
                    );
                }
            }
        }
        match found {
            Some(Gives::Coroutine(_)) => Gives::Coroutine(functions),
            Some(Gives::AsyncGenerator(_)) => Gives::AsyncGenerator(functions),
            Some(Gives::Generator(_)) => Gives::Generator(functions),
            Some(Gives::AsyncManager(_)) => Gives::AsyncManager(functions),
            Some(Gives::Manager(_)) => Gives::Manager(functions),
            Some(other) => other,
            None => Gives::Unknown("nothing is known of the function".into()),
        }
    }

    /// What one function gives; the functions are filled in by the caller.
    fn given_by_one(&mut self, function: FunctionRef) -> Gives {
        let Some(of) = self.project.function(function) else {
            return Gives::Unknown("nothing is known of the function".into());
        };
        match self.kept(function) {
            Yields::Same => match (of.is_async, of.is_generator) {
                (true, false) => Gives::Coroutine(Vec::new()),
                (true, true) => Gives::AsyncGenerator(Vec::new()),
                (false, true) => Gives::Generator(Vec::new()),
                (false, false) => Gives::Value,
            },
            Yields::Coroutine => Gives::Coroutine(Vec::new()),
            Yields::ContextManager => Gives::Manager(Vec::new()),
            Yields::AsyncContextManager => Gives::AsyncManager(Vec::new()),
            Yields::Value => Gives::Value,
            Yields::Cached | Yields::Property | Yields::CachedProperty | Yields::Unknown => {
                Gives::Unknown(
                    format!(
                        "a decorator of `{}` may change what calling it gives",
                        of.name
                    )
                    .into(),
                )
            }
        }
    }
}
