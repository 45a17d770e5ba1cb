//! What a call runs, and code that calls without saying so: properties, `with`, `for`, constructors.

use super::evaluate::Evaluator;
use super::{ClassRef, FunctionRef, Target, Value};
use crate::model::file::{CallKind, Term, TermId};
use crate::model::libraries::Yields;
use crate::text::FileId;

impl Evaluator<'_> {
    /// What a call of this kind runs, whose callee (or object) is the term.
    pub fn target(&mut self, file: FileId, kind: CallKind, callee: TermId) -> Target {
        let value = self.evaluate(file, callee);
        match kind {
            CallKind::Call => self.called(&value),
            CallKind::Read => match value {
                Value::Property(function, class) => {
                    Target::Functions(self.dispatched(function, class))
                }
                Value::Unknown(why) => Target::Unknown(why),
                _ => Target::Nothing,
            },
            CallKind::With => match value {
                Value::Manager(function, _) => Target::Functions(vec![function]),
                Value::Object(class) => self.protocol(class, &["__enter__", "__exit__"]),
                Value::LibraryObject(class) => Target::Library(format!("{class}.__enter__").into()),
                Value::Unknown(why) => Target::Unknown(why),
                _ => Target::Nothing,
            },
            CallKind::Iterate => match value {
                Value::Generator(function, _) => Target::Functions(vec![function]),
                Value::Object(class) => self.protocol(class, &["__iter__", "__next__"]),
                Value::LibraryObject(class) => Target::Library(format!("{class}.__iter__").into()),
                Value::Unknown(why) => Target::Unknown(why),
                _ => Target::Nothing,
            },
            CallKind::AsyncWith => {
                self.asynchronous(file, callee, value, &["__aenter__", "__aexit__"])
            }
            CallKind::AsyncIterate => {
                self.asynchronous(file, callee, value, &["__aiter__", "__anext__"])
            }
        }
    }

    /// What `async with` and `async for` run.
    fn asynchronous(&mut self, file: FileId, of: TermId, value: Value, methods: &[&str]) -> Target {
        let facts = self.project.facts(file);
        if let Some(Term::Call(callee)) = facts.and_then(|facts| facts.terms.get(of.0 as usize))
            && let Value::Function(function) | Value::Method(function, _) = self.term(file, *callee)
            && let Some(made) = self.project.function(function)
            && made.is_async
            && made.is_generator
        {
            return Target::Functions(vec![function]);
        }
        match value {
            Value::Object(class) => self.methods(class, methods),
            Value::LibraryObject(class) => {
                let method = methods.first().unwrap_or(&"");
                Target::Library(format!("{class}.{method}").into())
            }
            Value::Unknown(why) => Target::Unknown(why),
            _ => Target::Unknown("what it runs is not known".into()),
        }
    }

    /// Those of the methods that the project's classes have, generators included.
    fn methods(&mut self, class: ClassRef, names: &[&str]) -> Target {
        let mut functions = Vec::new();
        for name in names {
            match self.find(class, name, false) {
                super::classes::Found::Method(function) => functions.push(function),
                super::classes::Found::Library(base) => {
                    return Target::Library(format!("{base}.{name}").into());
                }
                // Of an asynchronous generator, Python has the second.
                _ if !functions.is_empty() => {}
                _ => return Target::Unknown(format!("its class has no `{name}`").into()),
            }
        }
        Target::Functions(functions)
    }

    /// What calling a value runs.
    pub fn called(&mut self, value: &Value) -> Target {
        match value {
            Value::Function(function) => self.run(vec![*function]),
            Value::Method(function, class) => {
                let functions = self.dispatched(*function, *class);
                self.run(functions)
            }
            Value::Class(class) => self.constructor(*class),
            Value::Object(class) => match self.protocol(*class, &["__call__"]) {
                Target::Nothing => {
                    Target::Unknown("what calling the object runs is not known".into())
                }
                target => target,
            },
            Value::Library(name) => Target::Library(name.clone()),
            Value::LibraryObject(class) => Target::Library(format!("{class}.__call__").into()),
            Value::None => Target::Unknown("it is `None` as far as can be seen".into()),
            Value::Unknown(why) => Target::Unknown(why.clone()),
            _ => Target::Unknown("what calling it runs is not known".into()),
        }
    }

    /// The functions whose body runs when they are called.
    fn run(&mut self, functions: Vec<FunctionRef>) -> Target {
        let mut running = Vec::new();
        for function in functions {
            match self.yields(function) {
                Yields::Same | Yields::Cached | Yields::Property | Yields::CachedProperty => {
                    running.push(function);
                }
                Yields::Unknown => {
                    let name = self.project.function(function).map_or("", |of| &of.name);
                    return Target::Unknown(
                        format!("a decorator of `{name}` may change what calling it does").into(),
                    );
                }
                Yields::Value
                | Yields::Coroutine
                | Yields::ContextManager
                | Yields::AsyncContextManager => {}
            }
        }
        running.retain(|function| {
            self.project
                .function(*function)
                .is_some_and(|of| !of.is_generator)
        });
        match running.is_empty() {
            true => Target::Nothing,
            false => Target::Functions(running),
        }
    }

    /// A method, or, where it is left to the classes made from its own, theirs.
    fn dispatched(&mut self, function: FunctionRef, class: ClassRef) -> Vec<FunctionRef> {
        let Some(of) = self.project.function(function) else {
            return vec![function];
        };
        let declared = self.is_marked(function, |decorator| match decorator {
            Term::Import(_, name) => name.ends_with("abstractmethod"),
            Term::Member(_, name) => &**name == "abstractmethod",
            _ => false,
        });
        if !of.is_abstract && !declared {
            return vec![function];
        }
        let others = self.overrides(class, &of.name);
        if others.is_empty() {
            vec![function]
        } else {
            others
        }
    }

    fn constructor(&mut self, class: ClassRef) -> Target {
        self.protocol(class, &["__new__", "__init__", "__post_init__"])
    }

    /// Those of the methods that the project's classes have.
    fn protocol(&mut self, class: ClassRef, names: &[&str]) -> Target {
        let mut functions = Vec::new();
        for name in names {
            if let super::classes::Found::Method(function) = self.find(class, name, false) {
                functions.push(function);
            }
        }
        self.run(functions)
    }
}
