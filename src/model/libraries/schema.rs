//! What a file of the catalogue may say. Users say the same in `[[tool.asyncfix.library]]`.

use super::{
    AsyncSide, Class, Closing, Effect, Effects, Endpoint, Http, Protocol, Scheduler, Tasks, Twin,
    Yields,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// What is known of one library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Library {
    /// The name of its top-level module; for parts of the standard library, any name.
    pub name: String,
    /// What `pip install` calls it; none for the standard library.
    pub distribution: Option<String>,
    /// Distributions that are of no use without it, such as its stubs.
    #[serde(default)]
    pub companions: Vec<String>,
    /// What blocks the thread that calls it.
    #[serde(default)]
    pub blocking: Vec<Blocking>,
    /// What callables do besides computing their result, where it is not said of what blocks.
    #[serde(default)]
    pub effects: Vec<Effects>,
    /// The class of what a function gives, or of an attribute, each by qualified name.
    #[serde(default)]
    pub gives: BTreeMap<String, String>,
    /// The bases of a class, as far as they matter here, by qualified names.
    #[serde(default)]
    pub bases: BTreeMap<String, Vec<String>>,
    /// Other names of the same thing: public alias to the name that this catalogue uses.
    #[serde(default)]
    pub aliases: BTreeMap<String, String>,
    /// Classes and their counterparts for coroutines.
    #[serde(default)]
    pub counterparts: BTreeMap<String, ClassCounterpart>,
    /// What calling a decorated function gives, by the decorator's qualified name.
    #[serde(default)]
    pub decorators: BTreeMap<String, Yields>,
    /// Functions that have a callable run, now or later.
    #[serde(default)]
    pub schedulers: Vec<Scheduler>,
    /// Which loops and `with` statements the objects of a class serve, or what a function gives: all of
    /// them, so that others fail.
    #[serde(default)]
    pub protocols: BTreeMap<String, Vec<Protocol>>,
    /// Decorators and base classes by which a framework takes a function to call it itself.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    pub event_loop: Option<EventLoop>,
    /// What has to be closed.
    #[serde(default)]
    pub closing: Vec<Closing>,
    /// The function by which it lets an event loop run inside another, by its qualified name.
    pub nests: Option<String>,
    /// Who imports it writes for asyncio.
    #[serde(default)]
    pub asyncio_only: bool,
    /// What its users call a session is an HTTP client, which serves many calls at a time.
    #[serde(default)]
    pub http_sessions: bool,
    pub http: Option<Http>,
    pub async_side: Option<AsyncSide>,
    #[serde(default)]
    pub twins: Vec<Twin>,
    /// Classes by qualified name.
    #[serde(default)]
    pub classes: BTreeMap<String, Class>,
    #[serde(default)]
    pub pure_builtins: Vec<String>,
    /// Modules all of whose members are pure.
    #[serde(default)]
    pub pure_modules: Vec<String>,
    #[serde(default)]
    pub pure_names: Vec<String>,
    #[serde(default)]
    pub pure_methods: Vec<String>,
    /// Methods that only read when they are given so many arguments by position.
    #[serde(default)]
    pub pure_methods_from: BTreeMap<String, usize>,
    #[serde(default)]
    pub filling_methods: Vec<String>,
    /// Context managers that concern nobody but the block they guard: qualified names, builtins, and
    /// methods of `self`.
    #[serde(default)]
    pub private_contexts: Vec<String>,
    /// Those that may end in peace although their block has failed.
    #[serde(default)]
    pub swallowing_contexts: Vec<String>,
    #[serde(default)]
    pub logging_methods: Vec<String>,
    /// Members of what still has a body to read that do not read it.
    #[serde(default)]
    pub quiet_members: Vec<String>,
    /// Members that go on reading when they are gone through.
    #[serde(default)]
    pub lazy_members: Vec<String>,
    /// Functions that read at once what they are given.
    #[serde(default)]
    pub readers: Vec<String>,
    /// Functions and classes that read later what they are given.
    #[serde(default)]
    pub wrappers: Vec<String>,
    /// Classes whose objects are collections.
    #[serde(default)]
    pub collections: Vec<String>,
    /// Functions whose items never end.
    #[serde(default)]
    pub endless: Vec<String>,
    /// Words in the names of functions that write.
    #[serde(default)]
    pub writing_words: Vec<String>,
    /// Words in the names of objects that may not be used by two tasks at a time.
    #[serde(default)]
    pub exclusive_words: Vec<String>,
    /// Modules whose objects may not be used by two tasks at a time.
    #[serde(default)]
    pub exclusive_modules: Vec<String>,
    /// Methods that take what comes next from their object.
    #[serde(default)]
    pub taking_methods: Vec<String>,
    /// Words in the names of iterables that slow a loop down or show how far it is.
    #[serde(default)]
    pub pacing_words: Vec<String>,
    /// What words in names say of code that is not known.
    #[serde(default)]
    pub words: BTreeMap<Wordy, Vec<String>>,
    /// Coroutine functions that wait for the awaitable they are given first.
    #[serde(default)]
    pub awaits_argument: Vec<String>,
    /// What makes tasks, and what may be waited for.
    #[serde(default)]
    pub tasks: Tasks,
}

/// What a word in a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wordy {
    /// The function reads.
    Reading,
    /// The function writes.
    Writing,
    /// The function does something, which may be anything.
    Acting,
    /// The function takes what comes next.
    Taking,
    /// The function waits on purpose.
    Pausing,
    /// The function does what the next call may need, in a loop that does not use its result.
    Sequenced,
    /// The function tells somebody of something.
    Telling,
    /// The context manager swaps what all tasks see.
    Swapping,
    /// What is called takes its turn after others.
    Ordered,
    /// The object may not be used by two tasks at a time.
    Exclusive,
    /// The same, of an object whose method is called; an argument of such a name may be anything.
    Ambiguous,
    /// The same, even where each task seems to have an object of its own.
    Solitary,
    /// The object is made to be used by several tasks at a time.
    Shared,
    /// The context manager lets one task in after the other.
    Locking,
    /// The object has a state that a call it is given to may change.
    Stateful,
    /// The same, of which each call takes something.
    Consumed,
}

/// Callables that block, all in the same way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Blocking {
    /// Which transform speaks of it.
    pub kind: Kind,
    /// Qualified names: `module.function`, `module.Class` for constructors, `module.Class.method`.
    /// `a.{b,c}` stands for `a.b` and `a.c`, and `module.Class.*` for every method of a class but
    /// those in `except`. What `with` calls on an object is `module.Class.{__enter__,__exit__}`.
    pub calls: Vec<String>,
    /// Methods that `module.Class.*` does not stand for.
    #[serde(default)]
    pub except: Vec<String>,
    pub lasts: Lasts,
    /// What it does to the world.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// The same in a coroutine.
    pub counterpart: Option<Counterpart>,
    /// What moving the call to a thread keeps.
    pub fallback: Fallback,
    /// Why there is no fallback, or what a person must confirm about it.
    pub why: Option<String>,
    /// It makes an object whose calls stay `together`.
    #[serde(default)]
    pub opens: bool,
    /// What a person must confirm where calls move to a thread together.
    pub confirm: Option<String>,
    /// What to use instead, for messages, where asyncfix cannot put it there: `aiofiles`.
    pub instead: Option<String>,
    /// What a person must confirm where several tasks may use the object meanwhile whose method is
    /// called; not given where one object serves several threads.
    pub shared: Option<String>,
    /// What a person must confirm where the object that the call gives is iterated or handed on, and
    /// not only used through its methods.
    pub unread: Option<String>,
    /// When more is read later of what the call gives, so that only the statements that read it are
    /// the whole request: `always`, or the argument that says so, as in `review-with`; `receiver` where
    /// it is the object whose method is called that is asked for more.
    pub body: Option<String>,
    /// Arguments with which the call does not block: keyword to the literal, as `block = "False"`, or
    /// to a constant by its qualified name.
    #[serde(default)]
    pub unless: BTreeMap<String, String>,
    /// It blocks only when an argument is an object of this class, or of one made from it.
    pub given: Option<String>,
    /// It does not block when an argument is an object of this class, or of one made from it.
    pub unless_given: Option<String>,
    /// The call blocks only with one of these arguments.
    #[serde(default)]
    pub only_with: Vec<String>,
    /// Arguments that a person must look at, unless they are `None` or `False`, and why; for a single
    /// value, as `preload_content=False`.
    #[serde(default)]
    pub review_with: BTreeMap<String, String>,
    /// The keywords of `unless`, `only-with` and `review-with` by position, where they have one.
    #[serde(default)]
    pub positions: BTreeMap<String, usize>,
    /// Words that say, anywhere in a file, that what is called may not block there: `setblocking`.
    #[serde(default)]
    pub unless_said: Vec<String>,
    /// Codes of other linters that mean these calls.
    #[serde(default)]
    pub codes: Vec<String>,
}

/// What is waited for; each kind has its transform, `blocking-<kind>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Sleep,
    Http,
    /// Sockets, name lookups, mail and every protocol but HTTP and databases.
    Network,
    Subprocess,
    File,
    Input,
    Lock,
    Database,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Sleep,
        Self::Http,
        Self::Network,
        Self::Subprocess,
        Self::File,
        Self::Input,
        Self::Lock,
        Self::Database,
    ];
}

/// As in the catalogue's files.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sleep => "sleep",
            Self::Http => "http",
            Self::Network => "network",
            Self::Subprocess => "subprocess",
            Self::File => "file",
            Self::Input => "input",
            Self::Lock => "lock",
            Self::Database => "database",
        })
    }
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sleep => "sleep",
            Self::Http => "http",
            Self::Network => "network",
            Self::Subprocess => "subprocess",
            Self::File => "file",
            Self::Input => "input",
            Self::Lock => "lock",
            Self::Database => "database",
        }
    }
}

/// How long a call blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lasts {
    /// Local work: as long as a disk takes.
    Brief,
    /// As long as somebody else takes.
    Unbounded,
}

/// What becomes of a blocking call that moves to a thread with `asyncio.to_thread`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// The same results and the same exceptions.
    Exact,
    /// The same, if `why` holds.
    Review,
    /// It gives a lazy iterator: its items have to be taken in the thread as well.
    List,
    /// Only together with the call that made its object and all others of that object, as one function.
    Together,
    /// It must stay in its thread, or makes no sense in another; `why` says so.
    None,
}

/// A coroutine function that does what a blocking function does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Counterpart {
    /// Its qualified name; for a method, the name of the method of the same object, as `.afetch`.
    pub function: String,
    /// Keyword arguments that go by another name.
    #[serde(default)]
    pub keywords: BTreeMap<String, String>,
    /// Keyword arguments that go.
    #[serde(default)]
    pub drops: Vec<String>,
    /// Keyword arguments without a counterpart; a call that has one stays as it is.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// How many positional arguments mean the same; all of them if not given.
    pub positional: Option<usize>,
    /// What a person must confirm; without it the two behave the same.
    pub review: Option<String>,
}

/// The class of the same library whose methods are coroutines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClassCounterpart {
    /// Its qualified name.
    pub class: String,
    /// Functions, beside the class itself, that make an object of it, and that the module of the
    /// counterpart has by the same name.
    #[serde(default)]
    pub functions: Vec<String>,
    /// Methods that become coroutine methods, beside those that the catalogue says block.
    #[serde(default)]
    pub awaited: Vec<String>,
    /// Methods and attributes that stay as they are.
    #[serde(default)]
    pub same: Vec<String>,
    /// Methods whose result becomes an asynchronous iterator.
    #[serde(default)]
    pub iterated: Vec<String>,
    /// Methods and attributes that go by another name.
    #[serde(default)]
    pub renamed: BTreeMap<String, String>,
    /// The class whose blocking methods this one notes down and gives itself, to run them later.
    pub notes: Option<String>,
    /// Keyword arguments of the constructor without a counterpart.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// `with object:` becomes `async with object:`.
    #[serde(default)]
    pub context: bool,
    /// `for item in object:` becomes `async for item in object:`.
    #[serde(default)]
    pub iterates: bool,
    /// What a person must confirm.
    pub review: Option<String>,
}

/// A library that runs coroutines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventLoop {
    pub runs: Runs,
    /// httpx works on the library's own loop as well.
    #[serde(default)]
    pub serves_httpx: bool,
    /// Who depends on the library runs all coroutines on its loop, but for files that use asyncio.
    #[serde(default)]
    pub whole_project: bool,
    /// The coroutine function that waits, by its qualified name.
    pub sleep: Option<String>,
}

/// Which event loop coroutines of files that import a library run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    Asyncio,
    /// Whichever is there: the library hides the difference.
    Any,
    /// The library's own, on which asyncio's functions do not work.
    Own,
}
