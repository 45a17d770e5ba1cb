//! What calling a decorated function gives.

use super::evaluate::Evaluator;
use super::{FunctionRef, Value};
use crate::model::file::{CallKind, CallPlace, Term, TermId};
use crate::model::libraries::Yields;
use crate::text::FileId;

impl Evaluator<'_> {
    /// What the decorators of a function make of calling it.
    pub fn yields(&mut self, function: FunctionRef) -> Yields {
        let Some(of) = self.project.function(function) else {
            return Yields::Unknown;
        };
        let mut yields = Yields::Same;
        for decorator in of.decorators.iter().rev() {
            match self.decorator(function.file, *decorator) {
                Yields::Same => {}
                other if yields == Yields::Same => yields = other,
                _ => return Yields::Unknown,
            }
        }
        yields
    }

    fn decorator(&mut self, file: FileId, decorator: TermId) -> Yields {
        let facts = self.project.facts(file);
        let term = facts.and_then(|facts| facts.terms.get(decorator.0 as usize));
        match term {
            // `@name.setter` of a property.
            Some(Term::Member(_, name)) if matches!(&**name, "setter" | "getter" | "deleter") => {
                Yields::Property
            }
            // `@decorator(arguments)`
            Some(Term::Call(callee)) => match self.term(file, *callee) {
                Value::Library(name) => self.by_library(&name),
                Value::Function(function) => match self.inner(function) {
                    Some(inner) => self.wraps(inner),
                    None => Yields::Unknown,
                },
                _ => Yields::Unknown,
            },
            _ => match self.term(file, decorator) {
                Value::Library(name) => self.by_library(&name),
                Value::Function(function) => self.wraps(function),
                _ => Yields::Unknown,
            },
        }
    }

    /// The same, where what is called has to give what the function gives, not only to run it: a
    /// decorator of the project may do something with the result.
    pub fn kept(&mut self, function: FunctionRef) -> Yields {
        let Some(of) = self.project.function(function) else {
            return Yields::Unknown;
        };
        let file = function.file;
        let mut yields = Yields::Same;
        for decorator in of.decorators.iter().rev() {
            let facts = self.project.facts(file);
            let term = facts.and_then(|facts| facts.terms.get(decorator.0 as usize));
            let made_by_project = match term {
                Some(Term::Call(callee)) => match self.term(file, *callee) {
                    Value::Function(factory) => Some(self.inner(factory)),
                    _ => None,
                },
                _ => match self.term(file, *decorator) {
                    Value::Function(decorator) => Some(Some(decorator)),
                    _ => None,
                },
            };
            let own = match made_by_project {
                Some(Some(decorator)) => self.keeps(decorator),
                Some(None) => Yields::Unknown,
                None => self.decorator(file, *decorator),
            };
            match (own, yields) {
                (Yields::Same, _) => {}
                (other, Yields::Same) => yields = other,
                // Whatever it is given, an asynchronous wrapper is called in its place.
                (Yields::Coroutine, _) => yields = Yields::Coroutine,
                _ => return Yields::Unknown,
            }
        }
        yields
    }

    /// What a decorator of the project makes of what calling a function gives.
    fn keeps(&mut self, decorator: FunctionRef) -> Yields {
        let facts = self.project.facts(decorator.file);
        let of = self.project.function(decorator);
        let Some((facts, of)) = facts.zip(of) else {
            return Yields::Unknown;
        };
        if !of.decorators.is_empty() || of.is_async || of.is_generator {
            return Yields::Unknown;
        }
        if matches!(facts.terms.get(of.gives.0 as usize), Some(Term::Parameter(of, 0)) if *of == decorator.index)
        {
            return Yields::Same;
        }
        let inner = self.inner(decorator).filter(|inner| *inner != decorator);
        let inner = inner.and_then(|inner| Some((inner, self.project.function(inner)?)));
        match inner {
            Some((inner, of)) if of.is_async && !of.is_generator => {
                // What its own decorators make of the wrapper may be a plain function that runs it.
                let is_plain = of.decorators.iter().all(|own| {
                    matches!(self.term(decorator.file, *own), Value::Library(_))
                        || self.is_by_library(decorator.file, *own)
                });
                match self.yields(inner) {
                    Yields::Same if is_plain => Yields::Coroutine,
                    _ => Yields::Unknown,
                }
            }
            _ => Yields::Unknown,
        }
    }

    /// Whether a decorator is made by calling one of a library: `@functools.wraps(function)`.
    fn is_by_library(&mut self, file: FileId, decorator: TermId) -> bool {
        let facts = self.project.facts(file);
        match facts.and_then(|facts| facts.terms.get(decorator.0 as usize)) {
            Some(Term::Call(callee)) => matches!(self.term(file, *callee), Value::Library(_)),
            _ => false,
        }
    }

    fn by_library(&self, name: &str) -> Yields {
        let catalogue = &self.project.catalogue;
        let registered = || catalogue.endpoint(name).map(|_| Yields::Same);
        let yields = catalogue.decorator(name).or_else(registered);
        yields.unwrap_or(Yields::Unknown)
    }

    /// The function of the project that a function returns.
    fn inner(&mut self, function: FunctionRef) -> Option<FunctionRef> {
        let of = self.project.function(function)?;
        match self.term(function.file, of.gives) {
            Value::Function(inner) => Some(inner),
            _ => None,
        }
    }

    /// Whether a decorator of the project gives a plain function that calls the one it is given.
    fn wraps(&mut self, decorator: FunctionRef) -> Yields {
        let Some(facts) = self.project.facts(decorator.file) else {
            return Yields::Unknown;
        };
        let is_given = |term: TermId| matches!(facts.terms.get(term.0 as usize), Some(Term::Parameter(of, 0)) if *of == decorator.index);
        let Some(of) = self.project.function(decorator) else {
            return Yields::Unknown;
        };
        // It registers the function, and gives it back.
        if is_given(of.gives) {
            return Yields::Same;
        }
        let Some(inner) = self.inner(decorator) else {
            return Yields::Unknown;
        };
        let Some(wrapper) = self.project.function(inner) else {
            return Yields::Unknown;
        };
        if wrapper.is_async || wrapper.is_generator || inner.file != decorator.file {
            return Yields::Unknown;
        }
        let calls = facts.calls.iter().any(|call| {
            call.function == Some(inner.index)
                && call.kind == CallKind::Call
                && matches!(call.place, CallPlace::Body(_))
                && is_given(call.callee)
        });
        if calls { Yields::Same } else { Yields::Unknown }
    }
}
