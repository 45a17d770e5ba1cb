//! What a file of the catalogue may say of functions that others call: decorators, schedulers, and
//! frameworks' endpoints.

use serde::Deserialize;

/// What calling a decorated function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Yields {
    /// What the function itself gives.
    Same,
    /// What the function gave the first time: a coroutine, which can be awaited only once.
    Cached,
    /// Reading the attribute calls the function.
    Property,
    /// The same, the first time only.
    CachedProperty,
    /// A context manager; the function runs at `with`.
    ContextManager,
    /// A context manager; the function runs at `async with`.
    AsyncContextManager,
    /// A coroutine, which runs the plain function elsewhere.
    Coroutine,
    /// A plain value, though the function is a coroutine function.
    Value,
    /// Nothing that is known.
    Unknown,
}

/// A function that has a callable run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scheduler {
    /// Qualified names, as in `Blocking::calls`.
    pub calls: Vec<String>,
    /// Position and keyword of the callable.
    pub position: Option<usize>,
    pub keyword: Option<String>,
    /// Where a plain function runs.
    pub runs: RunsIn,
    pub coroutine: Coroutine,
    /// What comes of a coroutine that it drops, where it is not just that nothing of it runs.
    pub outcome: Option<String>,
    /// What serves a coroutine function in its place.
    pub instead: Option<String>,
}

/// Where a callable runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunsIn {
    /// In the thread of the event loop, which waits for it.
    Loop,
    Thread,
    Process,
    /// Where the call stands that it is given to, at once or when its result is used.
    Caller,
    /// When the interpreter ends, and no event loop runs any more.
    Exit,
    /// It is refused.
    Nowhere,
}

/// What becomes of a coroutine function that somebody else calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coroutine {
    /// Its coroutine runs on the event loop, among other tasks.
    Awaited,
    /// Its coroutine runs on an event loop of its own, where nobody else waits.
    Alone,
    /// The coroutine is given back to who called the scheduler.
    Returned,
    /// Nobody awaits the coroutine: the body never runs.
    Dropped,
    /// It is refused.
    Refused,
}

/// How a framework calls the functions that it was given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Endpoint {
    /// Decorators by qualified name, as in `Blocking::calls`.
    #[serde(default)]
    pub decorators: Vec<String>,
    /// Classes, as in `Blocking::calls`, on whose subclasses the framework calls `methods`.
    #[serde(default)]
    pub bases: Vec<String>,
    /// Names of methods; `on_*` stands for all that begin so.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Where a plain function runs.
    pub function: RunsIn,
    /// The keyword of the decorator with which, if it is true, a plain function runs in a thread.
    pub thread_if: Option<String>,
    pub coroutine: Coroutine,
    /// What it is, for messages: `route`.
    pub what: String,
}
