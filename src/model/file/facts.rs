//! What is kept of a file when its tree is gone: definitions, imports, calls and what they stand
//! for. Small, owned, and enough to link files into a project.

use super::deeds::{Deed, Held, Slot};
use super::intercepts::Intercept;
use super::terms::{Index, Term, TermId};
use crate::text::Span;
use rustc_hash::FxHashSet;

/// The facts of one file.
#[derive(Debug, Default)]
pub struct Facts {
    pub terms: Box<[Term]>,
    pub functions: Vec<Function>,
    pub classes: Vec<Class>,
    /// Every call and what acts like one, in source order.
    pub calls: Vec<Call>,
    /// What functions do to objects that others may hold, in source order.
    pub deeds: Vec<Deed>,
    /// The names of the module, and what each stands for.
    pub names: Vec<(Box<str>, TermId)>,
    /// Modules whose names this one takes over: dots and name, in source order.
    pub stars: Vec<(u32, Box<str>)>,
    /// Not all of these imports are certain to happen.
    pub stars_may_fail: bool,
    /// `__all__`, where it is a plain list of strings.
    pub all: Option<Vec<Box<str>>>,
    /// Every module that is imported, or from which something is: dots and dotted name, the member
    /// included.
    pub imports: Vec<(u32, Box<str>)>,
    /// Functions and methods that are read other than to call them.
    pub values: Vec<TermId>,
    /// Attributes read from objects of which nothing is known here.
    pub loose: Box<[NameHash]>,
    /// The last parts of strings that could name something.
    pub strings: Box<[NameHash]>,
    /// The words in its text that say of calls that they may not block: `setblocking`.
    pub said: Vec<Box<str>>,
    /// Where something is looked up by a name that is computed.
    pub reflected: Vec<Reflected>,
    /// Every string that could be a name, in a file that looks up computed names.
    pub words: Box<[NameHash]>,
    /// Attributes of other objects that the file assigns to: `time.sleep = fake`.
    pub patched: Box<[NameHash]>,
    /// What the file assigns to attributes of modules and classes: of what, and the name.
    pub rewrites: Vec<(TermId, Box<str>)>,
    /// Where the file replaces HTTP libraries, as tests do.
    pub intercepts: Box<[Intercept]>,
    /// A comment speaks to asyncfix of what to leave alone.
    pub speaks_of_skipping: bool,
    /// Where each line starts.
    pub lines: Box<[u32]>,
    /// A `for` loop or comprehension of a coroutine may await something for each item.
    pub awaits_in_loop: bool,
    /// A block awaits two calls one after the other, and the second reads no name that the first gave.
    pub awaits_in_row: bool,
    /// The name under which `asyncio` can be reached anywhere in the file, once it is imported.
    pub asyncio: Reachable,
    /// What `except` clauses catch, in source order.
    pub tries: Vec<Try>,
    /// Classes of exceptions that calls are given, as `pytest.raises` is.
    pub given: Vec<Given>,
}

/// A class of exceptions that a call is given.
#[derive(Debug)]
pub struct Given {
    pub class: TermId,
    /// Where it stands in the text.
    pub at: u32,
    /// The function that the call decorates.
    pub decorates: Option<Index>,
}

/// A `try` statement, or `with contextlib.suppress(...)`.
#[derive(Debug)]
pub struct Try {
    /// The function whose body it stands in; none at module level.
    pub function: Option<Index>,
    pub body: Span,
    /// The classes that its clauses name.
    pub classes: Box<[TermId]>,
    /// It catches whatever the body raises.
    pub catches_all: bool,
    /// It catches the cancellation of a task.
    pub catches_cancellation: bool,
    /// What it catches may be raised again.
    pub hands_on: bool,
}

/// A name that is only asked for, never shown. Two names of one hash are taken for each other, which
/// holds a change back and never lets one through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameHash(u32);

impl NameHash {
    pub fn of(name: &str) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(name.as_bytes()) as u32)
    }
}

/// A name, and the one it has in its class if it may be that of a private method, `_Class__name`.
pub fn both_names(name: &str) -> impl Iterator<Item = &str> {
    let private = name
        .strip_prefix('_')
        .filter(|rest| !rest.starts_with('_') && !rest.ends_with("__"))
        .and_then(|rest| rest.find("__").map(|at| &rest[at..]));
    std::iter::once(name).chain(private)
}

/// A look-up by a name that is computed: `getattr(module, name)`, `globals()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reflected {
    pub of: ReflectedOn,
    /// What the name begins with, as far as that shows.
    pub prefix: Box<str>,
    /// Of an object, what its class has may be meant as well.
    pub methods: bool,
}

/// In what a computed name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReflectedOn {
    /// The module that the code stands in.
    Here,
    Term(TermId),
    /// Anything.
    Something,
}

/// How a file can name a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reachable {
    /// By a name that is bound at the top, for good.
    As(Box<str>),
    /// Once it is imported.
    #[default]
    Import,
    /// The name means something else in places.
    Taken,
}

#[derive(Debug)]
pub struct Function {
    pub name: Box<str>,
    /// `Class.method`, `outer.inner`.
    pub qualified: Box<str>,
    pub owner: Owner,
    /// The name in the text.
    pub at: Span,
    /// Where `def` or `async` stands.
    pub starts: usize,
    pub is_async: bool,
    pub is_generator: bool,
    /// It awaits something, or has an asynchronous `for` or `with`.
    pub awaits: bool,
    /// Its body says that others give it one: `...`, `pass`, a docstring, `raise NotImplementedError`.
    pub is_abstract: bool,
    pub decorators: Vec<TermId>,
    pub parameters: Vec<Box<str>>,
    /// An object of what the annotation says.
    pub returns: Option<TermId>,
    /// What its `return` or `yield` gives.
    pub gives: TermId,
    /// The first thing it does to something that others may see.
    pub writes: Option<(Box<str>, usize)>,
    /// It may end with `StopIteration`, which neither a coroutine nor a thread can hand on.
    pub stops: bool,
    /// It reads its first parameter, which is an object with a state.
    pub reads_receiver: bool,
    /// No exception but a cancellation leaves it, whatever it calls.
    pub never_fails: bool,
    /// A comment says that it does nothing that others notice.
    pub claims_pure: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Module,
    Class(Index),
    Function(Index),
}

#[derive(Debug)]
pub struct Class {
    pub name: Box<str>,
    pub at: Span,
    pub bases: Vec<TermId>,
    /// A decorator or metaclass may give it more than its body does.
    pub altered: bool,
    /// What its body binds: methods, and attributes with what they are.
    pub members: Vec<(Box<str>, TermId)>,
    /// What methods assign to attributes of their first parameter.
    pub attributes: Vec<(Box<str>, TermId)>,
}

/// A call, or code that calls without saying so.
#[derive(Debug)]
pub struct Call {
    /// The function whose body it stands in; none at module level.
    pub function: Option<Index>,
    pub kind: CallKind,
    pub at: Span,
    /// The end of the callee, if it is a plain name or attribute at the start of the call.
    pub callee_end: Option<u32>,
    pub callee: TermId,
    pub place: CallPlace,
    /// `await` stands before it.
    pub awaited: bool,
    /// `await` before it would need parentheses around both.
    pub wraps: bool,
    /// It stands in a field of an f-string that prints its own text, as `{f()=}`.
    pub printed: bool,
    /// Why `await` must not be put there without a look, as a clause.
    pub held: Option<Box<str>>,
    /// Its arguments as far as they matter: constants, and objects of certain classes.
    pub arguments: Box<[Argument]>,
    /// How many arguments stand there without a keyword; none if some are unpacked.
    pub positional: Option<u16>,
    /// What it is given that others may hold, if anything.
    pub passed: Option<Box<Passed>>,
}

/// What a call is given.
#[derive(Debug, Default)]
pub struct Passed {
    /// Who else may hold the object whose method is called, or that is entered or gone through.
    pub receiver: Option<Held>,
    /// Who else may hold the arguments; not those that were made here or cannot be changed.
    pub given: Box<[(Slot, Held)]>,
    /// Functions among the arguments, which the callee may call.
    pub callbacks: Box<[(Slot, TermId)]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    Call,
    /// An attribute is read, which may be a property.
    Read,
    /// A `with` statement enters and leaves it.
    With,
    /// A `for` statement or comprehension takes its items.
    Iterate,
    /// An `async with` statement enters and leaves it.
    AsyncWith,
    /// An `async for` statement or comprehension takes its items.
    AsyncIterate,
}

/// Where a call stands, as far as it matters for when it runs and for `await`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallPlace {
    /// In the function's own code, so many comprehensions deep.
    Body(u8),
    Generator,
    Lambda,
    ClassBody,
    Module,
    /// In an annotation.
    Annotation,
}

#[derive(Clone, Debug)]
pub struct Argument {
    pub keyword: Option<Box<str>>,
    pub position: u32,
    pub value: ArgumentValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentValue {
    /// `True`, `None` or a whole number, as it is written; a minus sign for anything negated.
    Constant(Box<str>),
    /// An object of a class outside the file, where a call depends on what it is given.
    Object(Box<str>),
}

impl Call {
    /// Who else may hold the object whose method is called, or that is entered or gone through.
    pub fn receiver(&self) -> Option<Held> {
        self.passed.as_ref()?.receiver
    }

    /// Who else may hold an argument.
    pub fn given(&self, slot: Slot) -> Option<Held> {
        let given = &self.passed.as_ref()?.given;
        let found = given.iter().find(|(known, _)| *known == slot);
        found.map(|(_, held)| *held)
    }

    /// Functions among the arguments.
    pub fn callbacks(&self) -> impl Iterator<Item = (Slot, TermId)> {
        let passed = self.passed.iter();
        passed.flat_map(|passed| passed.callbacks.iter().copied())
    }

    /// The text of a constant argument.
    pub fn constant(&self, keyword: &str, position: Option<usize>) -> Option<&str> {
        self.arguments.iter().find_map(|argument| {
            let named = match &argument.keyword {
                Some(name) => **name == *keyword,
                None => Some(argument.position as usize) == position,
            };
            match &argument.value {
                ArgumentValue::Constant(text) if named => Some(&**text),
                _ => None,
            }
        })
    }
}

impl Facts {
    /// The names of methods that reading an attribute may call.
    pub fn properties(&self) -> impl Iterator<Item = NameHash> {
        let decorated = self.functions.iter().filter(|function| {
            matches!(function.owner, Owner::Class(_)) && !function.decorators.is_empty()
        });
        decorated.map(|function| NameHash::of(&function.name))
    }

    /// Forgets the reading of attributes that are no properties in any file.
    pub fn keep_reads_of(&mut self, properties: &FxHashSet<NameHash>) {
        let terms = &self.terms;
        self.calls.retain(|call| {
            call.kind != CallKind::Read
                || matches!(
                    terms.get(call.callee.0 as usize),
                    Some(Term::Member(_, name)) if properties.contains(&NameHash::of(name))
                )
        });
        self.calls.shrink_to_fit();
    }

    /// Whether other files see the same in both: the names, functions and classes of the module.
    pub fn looks_like<'f>(&'f self, other: &'f Facts) -> bool {
        let names = |named: &'f [(Box<str>, TermId)]| -> Vec<&'f str> {
            named.iter().map(|(name, _)| &**name).collect()
        };
        let functions = |facts: &'f Facts| {
            let functions = facts.functions.iter();
            let seen = functions.filter(|of| !matches!(of.owner, Owner::Function(_)));
            seen.map(|of| {
                let kind = (of.is_async, of.is_generator, of.is_abstract);
                (&of.qualified, kind, of.decorators.len())
            })
        };
        let classes = |facts: &'f Facts| {
            let classes = facts.classes.iter();
            classes.map(|of| (&of.name, names(&of.members), of.bases.len()))
        };
        functions(self).eq(functions(other))
            && classes(self).eq(classes(other))
            && names(&self.names) == names(&other.names)
    }

    /// The line of an offset, from 1.
    pub fn line_of(&self, offset: usize) -> usize {
        self.lines
            .partition_point(|start| *start as usize <= offset)
    }
}
