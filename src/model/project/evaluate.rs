//! From terms to values: light types over all files. What is not certain is unknown, with a reason.

use super::classes::Found;
use super::{ClassRef, FunctionRef, Place, Project, Value};
use crate::model::file::{Index, Term, TermId};
use crate::model::libraries::Yields;
use crate::text::FileId;
use rustc_hash::FxHashMap;

/// How deep one evaluation goes, and how many steps it takes, before it gives up.
pub(super) const MAX_DEPTH: u32 = 40;
const MAX_STEPS: u32 = 4_000;

/// Evaluates terms, and remembers what they came to.
pub(super) struct Evaluator<'p> {
    pub project: &'p Project,
    known: FxHashMap<(FileId, TermId), Value>,
    pub(super) open: Vec<(FileId, TermId)>,
    steps: u32,
    /// How many functions whose results are being found out.
    calls: u32,
    /// Something was given up on the way, so that what came out of it holds for this question only.
    pub(super) cut: bool,
}

impl<'p> Evaluator<'p> {
    pub fn new(project: &'p Project) -> Self {
        Self {
            project,
            known: FxHashMap::default(),
            open: Vec::new(),
            steps: 0,
            calls: 0,
            cut: false,
        }
    }

    /// What a term of a file's facts stands for.
    pub fn evaluate(&mut self, file: FileId, term: TermId) -> Value {
        self.steps = 0;
        self.calls = 0;
        self.cut = false;
        self.open.clear();
        self.term(file, term)
    }

    pub fn term(&mut self, file: FileId, id: TermId) -> Value {
        if let Some(known) = self.known.get(&(file, id)) {
            return known.clone();
        }
        let Some(term) = self
            .project
            .facts(file)
            .and_then(|facts| facts.terms.get(id.0 as usize))
        else {
            return Value::unknown("nothing is known of its file");
        };
        self.steps += 1;
        if self.open.contains(&(file, id)) {
            self.cut = true;
            return Value::None;
        }
        if self.open.len() as u32 > MAX_DEPTH || self.steps > MAX_STEPS {
            self.cut = true;
            return Value::unknown("it takes too many steps to find out");
        }
        self.open.push((file, id));
        let value = self.fresh(file, term);
        self.open.pop();
        if !self.cut {
            self.known.insert((file, id), value.clone());
        }
        value
    }

    fn fresh(&mut self, file: FileId, term: &Term) -> Value {
        let class = |index: Index| ClassRef { file, index };
        match term {
            Term::None => Value::None,
            Term::Import(level, name) => self.import(file, *level, name),
            Term::Builtin(name) => Value::Library(name.clone()),
            Term::Star(name, own) => match self.bound_by_stars(file, name) {
                Some(value) => value,
                None => self.term(file, *own),
            },
            Term::Function(index) => Value::Function(FunctionRef {
                file,
                index: *index,
            }),
            Term::Class(index) => Value::Class(class(*index)),
            Term::Receiver(index) => Value::Object(class(*index)),
            Term::ReceiverClass(index) => Value::Class(class(*index)),
            Term::Super(index) => Value::Super(class(*index)),
            Term::Parameter(function, position) => {
                let function = self.project.function(FunctionRef {
                    file,
                    index: *function,
                });
                let name =
                    function.and_then(|function| function.parameters.get(*position as usize));
                Value::unknown(format!(
                    "`{}` is a parameter",
                    name.map_or("it", |name| name)
                ))
            }
            Term::Member(of, name) => {
                let of = self.term(file, *of);
                self.member(&of, name)
            }
            Term::Call(callee) => {
                let callee = self.term(file, *callee);
                self.call(&callee)
            }
            Term::Await(of) => match self.term(file, *of) {
                Value::Awaitable(value) => *value,
                Value::LibraryObject(class) => Value::LibraryObject(class),
                Value::Unknown(why) => Value::Unknown(why),
                _ => Value::unknown("what it gives when awaited is not known"),
            },
            Term::Enter(manager, is_async) => {
                let manager = self.term(file, *manager);
                self.entered(&manager, *is_async)
            }
            Term::Element(of) => self.element(file, *of),
            Term::Items(of) => match self.element(file, *of) {
                Value::Unknown(_) => Value::LibraryObject("list".into()),
                item => Value::Container(Box::new(item)),
            },
            Term::Item(of) => match self.term(file, *of) {
                Value::Container(item) => *item,
                Value::LibraryObject(class) => self.gives(&format!("{class}.__getitem__")),
                _ => Value::unknown("its items are not known"),
            },
            Term::Generic(base, arguments) => match self.term(file, *base) {
                Value::Class(class) => Value::Class(class),
                Value::Library(name) => self.generic(file, &name, arguments),
                other => other,
            },
            Term::Instance(of) => match self.term(file, *of) {
                Value::Class(class) => Value::Object(class),
                Value::Library(name) => self.instance(&name),
                Value::None => Value::None,
                Value::Unknown(why) => Value::Unknown(why),
                // Generics are made objects already.
                other @ (Value::Container(_)
                | Value::Awaitable(_)
                | Value::Object(_)
                | Value::LibraryObject(_)) => other,
                _ => Value::unknown("the annotation names no class"),
            },
            Term::Literal(class) => Value::LibraryObject((*class).into()),
            Term::Any(all) => self.any(file, all),
            Term::Unknown(why) => Value::Unknown(why.clone()),
        }
    }

    /// What iterating over a term gives; for what a function of a library gives, the catalogue may
    /// say it of `function.__iter__`.
    fn element(&mut self, file: FileId, of: TermId) -> Value {
        let facts = self.project.facts(file);
        if let Some(Term::Call(callee)) = facts.and_then(|facts| facts.terms.get(of.0 as usize))
            && let Value::Library(name) = self.term(file, *callee)
            && let Some(class) = self.project.catalogue.gives(&format!("{name}.__iter__"))
        {
            return Value::LibraryObject(class.into());
        }
        match self.term(file, of) {
            Value::Container(item) | Value::Generator(_, item) => *item,
            Value::LibraryObject(class) => self.gives(&format!("{class}.__iter__")),
            _ => Value::unknown("its items are not known"),
        }
    }

    /// One value for several: all agree, `None` aside.
    fn any(&mut self, file: FileId, all: &[TermId]) -> Value {
        let mut found = Value::None;
        let mut functions = Vec::new();
        for id in all {
            let value = self.term(file, *id);
            match (&found, value) {
                (_, Value::None) => {}
                (_, Value::Function(function)) => functions.push(function),
                (_, Value::Unknown(why)) => return Value::Unknown(why),
                (Value::None, value) => found = value,
                (one, other) if *one == other => {}
                _ => return Value::unknown("it may be one of several things"),
            }
        }
        match (found, functions.is_empty()) {
            (found, true) => found,
            (Value::None, false) => self.overloaded(&functions),
            _ => Value::unknown("it may be one of several things"),
        }
    }

    /// The function that counts among several of one name: not declarations for type checkers, not
    /// setters of a property.
    fn overloaded(&mut self, functions: &[FunctionRef]) -> Value {
        let mut counting = functions
            .iter()
            .filter(|function| !self.is_declaration(**function));
        match (counting.next(), counting.next()) {
            (Some(only), None) => Value::Function(*only),
            (None, _) => functions
                .last()
                .map_or(Value::None, |last| Value::Function(*last)),
            _ => Value::unknown("it is defined more than once"),
        }
    }

    fn is_declaration(&self, function: FunctionRef) -> bool {
        self.is_marked(function, |decorator| match decorator {
            Term::Import(_, name) => name.ends_with("overload"),
            Term::Member(_, name) => {
                matches!(&**name, "setter" | "deleter" | "getter" | "overload")
            }
            _ => false,
        })
    }

    /// Whether a decorator of a function is such, by how it is written.
    pub fn is_marked(&self, function: FunctionRef, is_such: impl Fn(&Term) -> bool) -> bool {
        let facts = self.project.facts(function.file);
        let of = self.project.function(function);
        facts.zip(of).is_some_and(|(facts, of)| {
            let terms = of.decorators.iter();
            let mut terms = terms.filter_map(|decorator| facts.terms.get(decorator.0 as usize));
            terms.any(is_such)
        })
    }

    pub fn import(&mut self, file: FileId, level: u32, name: &str) -> Value {
        let modules = &self.project.modules;
        let mut parts = name.split('.').filter(|part| !part.is_empty());
        let place = match level {
            0 => {
                let Some(first) = parts.next() else {
                    return Value::unknown("the import has no name");
                };
                modules.top(file, first, parts.clone().next())
            }
            level => modules.relative(file, level),
        };
        let Some(place) = place else {
            return match level {
                0 => Value::Library(name.into()),
                _ => Value::unknown(format!("`{name}` is imported from outside the project")),
            };
        };
        // What the catalogue knows by its full name is what it says, wherever its source lies.
        if level == 0 && self.project.catalogue.knows(name) {
            return Value::Library(name.into());
        }
        let mut value = Value::Module(place);
        while let Some(part) = parts.next() {
            // `from package.Name import Name` goes through the module, whatever else of the package has
            // its name.
            let on_the_way = parts.clone().next().is_some();
            let module = match &value {
                Value::Module(place) if on_the_way => self
                    .project
                    .modules
                    .submodule(place, part)
                    .map(Value::Module),
                _ => None,
            };
            value = module.unwrap_or_else(|| self.member(&value, part));
        }
        value
    }

    /// A name of a module, as `module.name` finds it.
    pub fn module_member(&mut self, place: &Place, name: &str) -> Value {
        if let Place::File(file) = place
            && let Some(facts) = self.project.facts(*file)
        {
            if let Ok(at) = facts
                .names
                .binary_search_by(|(known, _)| (**known).cmp(name))
            {
                let value = self.term(*file, facts.names[at].1);
                // `from . import name` in a package binds its own submodule.
                if !matches!(value, Value::Unknown(_) | Value::None) {
                    return value;
                }
                return match self.project.modules.submodule(place, name) {
                    Some(inner) => Value::Module(inner),
                    None => value,
                };
            }
            if let Some(value) = self.bound_by_stars(*file, name) {
                return value;
            }
        }
        match self.project.modules.submodule(place, name) {
            Some(inner) => Value::Module(inner),
            None => Value::unknown(format!("the module has no `{name}` that was seen")),
        }
    }

    /// An attribute of a value.
    pub fn member(&mut self, of: &Value, name: &str) -> Value {
        match of {
            Value::Module(place) => self.module_member(place, name),
            Value::Library(library) => match self.project.catalogue.gives(library) {
                Some(class) => self.library_member(class, name),
                None => self.library_member(library, name),
            },
            Value::LibraryObject(class) => self.library_member(class, name),
            Value::Container(_) => Value::Library(format!("list.{name}").into()),
            Value::Class(class) => self.class_member(*class, name, false, false),
            Value::Object(class) => self.class_member(*class, name, true, false),
            Value::Super(class) => self.class_member(*class, name, true, true),
            Value::Property(..) => match self.call(of) {
                Value::Property(..) => Value::unknown("it is a property of a property"),
                value => self.member(&value, name),
            },
            Value::Unknown(why) => Value::Unknown(why.clone()),
            _ => Value::unknown(format!("nothing is known of the attribute `{name}`")),
        }
    }

    fn library_member(&self, of: &str, name: &str) -> Value {
        match self.project.catalogue.computed(of, name) {
            Some(class) => Value::LibraryObject(class.into()),
            None => Value::Library(format!("{of}.{name}").into()),
        }
    }

    fn class_member(&mut self, class: ClassRef, name: &str, on_object: bool, above: bool) -> Value {
        match self.find(class, name, above) {
            Found::Method(function) => match self.yields(function) {
                Yields::Property | Yields::CachedProperty if on_object => {
                    Value::Property(function, class)
                }
                _ => Value::Method(function, class),
            },
            Found::Attribute(value) => value,
            Found::Library(base) => self.library_member(&base, name),
            Found::Unknown(why) => Value::Unknown(why),
        }
    }

    /// What calling a value gives.
    pub fn call(&mut self, callee: &Value) -> Value {
        match callee {
            Value::Function(function) => self.result(*function, None),
            Value::Method(function, class) | Value::Property(function, class) => {
                self.result(*function, Some(*class))
            }
            Value::Class(class) => Value::Object(*class),
            Value::Object(class) => match self.find(*class, "__call__", false) {
                Found::Method(function) => self.result(function, Some(*class)),
                _ => Value::unknown("what calling the object gives is not known"),
            },
            Value::Library(name) => self.made_by(name),
            Value::LibraryObject(class) => self.gives(&format!("{class}.__call__")),
            Value::Unknown(why) => Value::Unknown(why.clone()),
            _ => Value::unknown("what calling it gives is not known"),
        }
    }

    /// What calling a function of the project gives.
    pub fn result(&mut self, function: FunctionRef, receiver: Option<ClassRef>) -> Value {
        if self.calls > MAX_DEPTH {
            self.cut = true;
            return Value::unknown("it takes too many steps to find out");
        }
        self.calls += 1;
        let value = match self.returned(function, receiver) {
            value @ Value::Property(..) => self.call(&value),
            value => value,
        };
        self.calls -= 1;
        value
    }

    fn returned(&mut self, function: FunctionRef, receiver: Option<ClassRef>) -> Value {
        let Some(of) = self.project.function(function) else {
            return Value::unknown("nothing is known of the function");
        };
        let yields = self.yields(function);
        let declared = of.returns.filter(|_| !of.is_generator);
        let mut value = match declared {
            Some(returns) => self.term(function.file, returns),
            None => self.term(function.file, of.gives),
        };
        if let (Value::LibraryObject(name), Some(class)) = (&value, receiver)
            && matches!(&**name, "typing.Self" | "typing_extensions.Self")
        {
            value = Value::Object(class);
        }
        if let Value::Object(made) = value
            && let Some(class) = receiver
            && made != class
            && self
                .project
                .function(function)
                .is_some_and(|of| of.returns.is_none())
            && self.descends(class, made)
        {
            // `return self` gives what the method was called on.
            value = Value::Object(class);
        }
        match yields {
            Yields::Unknown => {
                return Value::unknown(format!(
                    "a decorator of `{}` may change what it gives",
                    of.name
                ));
            }
            Yields::Coroutine => return Value::Awaitable(Box::new(value)),
            Yields::Value => return value,
            Yields::ContextManager => return Value::Manager(function, Box::new(value)),
            Yields::AsyncContextManager => {
                return Value::unknown("it is an asynchronous context manager");
            }
            Yields::Same | Yields::Cached | Yields::Property | Yields::CachedProperty => {}
        }
        match (of.is_async, of.is_generator) {
            (true, true) => Value::unknown("it is an asynchronous generator"),
            (true, false) => Value::Awaitable(Box::new(value)),
            (false, true) => Value::Generator(function, Box::new(value)),
            (false, false) => value,
        }
    }
}
