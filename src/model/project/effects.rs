//! What functions do besides computing their result, closed over the call graph to a fixed point.

use super::{FunctionRef, Project};
use std::sync::Arc;

/// Everything a function does, through all that it calls; each effect once, with the way to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub found: Vec<Found>,
    /// It may raise, as far as can be seen: nothing in it catches all that its body may raise.
    pub may_fail: bool,
}

/// One effect of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub effect: Does,
    /// How it is reached, from the function to the line that has the effect: `notify (app/mail.py:12)
    /// calls httpx.AsyncClient.post`.
    pub way: Vec<String>,
}

/// What code does besides computing its result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Does {
    Reads(World),
    Writes(World),
    /// It waits on purpose: `asyncio.sleep`.
    Sleeps,
    /// It holds a lock or something like it, by the name of its class.
    Holds(Box<str>),
    /// It sets a context variable, or asks for the current task.
    Context,
    /// It writes log lines.
    Logs,
    /// It gives something that other code may hold a new value: `self.count = ...`, `global`. What
    /// is changed, as it is written.
    Changes(Holder, Box<str>),
    /// It puts something into a collection that other code may hold, and changes nothing else of it.
    Fills(Holder, Box<str>),
    /// It uses an object that serves one call at a time, by the name of its class.
    Exclusive(Box<str>),
    /// It calls something that is not known: how that is written, and whether it is awaited.
    Unknown(Box<str>, bool),
    /// A comment says that the function does nothing that others notice: `# asyncfix: pure`.
    ClaimedPure,
}

/// A part of the world outside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum World {
    Network,
    Disk,
    Database,
    Process,
    Terminal,
    Clock,
    Random,
}

/// Who else may hold an object that is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// The object whose method it is.
    Receiver,
    /// Whoever passed the parameter of this position.
    Parameter(u16),
    Global,
    /// The function around it.
    Closure,
    /// It cannot be told.
    Somebody,
}

impl Project {
    /// What a function does, through everything that it calls.
    pub fn effects(&self, _function: FunctionRef) -> Arc<Summary> {
        Arc::default()
    }
}
