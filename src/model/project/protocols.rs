//! Which loops and `with` statements go by the wrong protocol: `for` where the object serves `async
//! for` only, `async with` where it serves `with` only, and so on. They fail whenever they run.
//!
//! Of a class everything counts that could give it the other methods: its bases, the classes made from
//! it, decorators and metaclasses. What is not all seen is not told of.

use super::evaluate::Evaluator;
use super::gives::Gives;
use super::{ClassRef, FunctionRef, Project, Value};
use crate::model::file::{CallKind, Facts, NameHash, Term, TermId};
use crate::model::libraries::Protocol;
use crate::text::FileId;

/// Classes of libraries that have none of these methods.
const BARE_BASES: [&str; 6] = [
    "abc.ABC",
    "object",
    "builtins.object",
    "typing.Generic",
    "typing.Protocol",
    "typing_extensions.Protocol",
];

/// A loop or `with` whose object serves the other form only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its place among the facts.
    pub call: usize,
    /// What the object is, for messages.
    pub what: String,
    /// The qualified name of its class, or of what gives it, if that is a library's.
    pub library: Option<Box<str>>,
    /// It is made by a call that is seen; otherwise annotations and assignments say what it is.
    pub is_certain: bool,
}

impl Project {
    /// The loops and `with` statements of a file that go by the wrong protocol, in source order.
    pub fn mismatches(&self, file: FileId) -> Vec<Mismatch> {
        let Some(facts) = self.facts(file) else {
            return Vec::new();
        };
        let mut evaluator = Evaluator::new(self);
        let mut found = Vec::new();
        for (index, call) in facts.calls.iter().enumerate() {
            let (used, other) = match call.kind {
                CallKind::Iterate => (Protocol::For, Protocol::AsyncFor),
                CallKind::AsyncIterate => (Protocol::AsyncFor, Protocol::For),
                CallKind::With => (Protocol::With, Protocol::AsyncWith),
                CallKind::AsyncWith => (Protocol::AsyncWith, Protocol::With),
                CallKind::Call | CallKind::Read => continue,
            };
            if let Some(mismatch) = evaluator.serves_only(file, facts, call.callee, used, other) {
                found.push(Mismatch {
                    call: index,
                    ..mismatch
                });
            }
        }
        found
    }

    /// What calling something would give, before anything awaits it.
    pub fn would_give(&self, file: FileId, callee: TermId) -> Gives {
        let mut evaluator = Evaluator::new(self);
        let callee = evaluator.evaluate(file, callee);
        evaluator.given_by(&callee)
    }

    /// Whether context managers are made from generators of their own world, as they have to be.
    pub fn is_sound(&self, gives: &Gives) -> bool {
        let all = |functions: &[FunctionRef], is_async| {
            let mut functions = functions.iter().filter_map(|it| self.function(*it));
            functions.all(|function| !function.is_generator || function.is_async == is_async)
        };
        match gives {
            Gives::Manager(functions) => all(functions, false),
            Gives::AsyncManager(functions) => all(functions, true),
            _ => true,
        }
    }
}

impl Evaluator<'_> {
    /// What an object is that serves `other` and not `used`.
    fn serves_only(
        &mut self,
        file: FileId,
        facts: &Facts,
        of: TermId,
        used: Protocol,
        other: Protocol,
    ) -> Option<Mismatch> {
        let Some(Term::Call(callee)) = facts.terms.get(of.0 as usize) else {
            let value = self.evaluate(file, of);
            let is_display = matches!(facts.terms.get(of.0 as usize), Some(Term::Literal(_)));
            let mismatch = self.object_of(file, &value, used, other)?;
            return Some(Mismatch {
                is_certain: is_display,
                ..mismatch
            });
        };
        if let Some(Term::Member(_, name)) = facts.terms.get(callee.0 as usize)
            && facts.patched.contains(&NameHash::of(name))
        {
            return None;
        }
        let callee = self.evaluate(file, *callee);
        let gives = self.given_by(&callee);
        if !self.project.is_sound(&gives) {
            return None;
        }
        let what = match (gives, other) {
            (Gives::AsyncGenerator(_), Protocol::AsyncFor) => "an async generator",
            (Gives::Generator(_), Protocol::For) => "a generator",
            (Gives::AsyncManager(_), Protocol::AsyncWith) => "an asynchronous context manager",
            (Gives::Manager(_), Protocol::With) => "a plain context manager",
            (Gives::Value | Gives::Library(_), _) => {
                let made = match &callee {
                    Value::Library(name) => self.library_of(name, used, other),
                    _ => None,
                };
                let value = self.evaluate(file, of);
                let mismatch = made.or_else(|| self.object_of(file, &value, used, other))?;
                return Some(Mismatch {
                    is_certain: matches!(callee, Value::Class(_) | Value::Library(_)),
                    ..mismatch
                });
            }
            _ => return None,
        };
        Some(Mismatch {
            call: 0,
            what: what.to_owned(),
            library: None,
            is_certain: true,
        })
    }

    fn object_of(
        &mut self,
        file: FileId,
        value: &Value,
        used: Protocol,
        other: Protocol,
    ) -> Option<Mismatch> {
        match value {
            Value::Object(class) => self.class_of(file, *class, used, other),
            Value::LibraryObject(class) => self.library_of(class, used, other),
            _ => None,
        }
    }

    fn library_of(&self, class: &str, used: Protocol, other: Protocol) -> Option<Mismatch> {
        let served = self.project.catalogue.protocols(class)?;
        (served.contains(&other) && !served.contains(&used)).then(|| Mismatch {
            call: 0,
            what: format!("`{class}`"),
            library: Some(class.into()),
            is_certain: false,
        })
    }

    fn class_of(
        &mut self,
        file: FileId,
        class: ClassRef,
        used: Protocol,
        other: Protocol,
    ) -> Option<Mismatch> {
        let mut serves = false;
        for kin in self.family(class) {
            let of = self.project.class(kin)?;
            let has = |protocol: Protocol| {
                let mut members = of.members.iter().chain(&of.attributes);
                members.any(|(name, _)| protocol.methods().contains(&&**name))
            };
            let is_patched = |file: FileId| {
                let facts = self.project.facts(file);
                let methods = used.methods().iter();
                facts.is_none_or(|facts| {
                    methods
                        .map(|method| NameHash::of(method))
                        .any(|method| facts.patched.contains(&method))
                })
            };
            if of.altered || has(used) || is_patched(kin.file) || is_patched(file) {
                return None;
            }
            let is_above = self.descends(class, kin);
            serves |= is_above && has(other);
            for base in &of.bases {
                let base = self.term(kin.file, *base);
                match base {
                    Value::Class(_) => {}
                    Value::Library(name) => match self.project.catalogue.protocols(&name) {
                        Some(served) if served.contains(&used) => return None,
                        Some(served) => serves |= is_above && served.contains(&other),
                        None if BARE_BASES.contains(&&*name) => {}
                        None => return None,
                    },
                    _ => return None,
                }
            }
        }
        let name = &self.project.class(class)?.name;
        let method = other.methods().first()?;
        serves.then(|| Mismatch {
            call: 0,
            what: format!("`{name}`, which has `{method}` only"),
            library: None,
            is_certain: false,
        })
    }
}
