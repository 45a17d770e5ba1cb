//! Statements that move to a thread together: a run of them in a coroutine becomes a local function,
//! which `asyncio.to_thread` calls.
//!
//! ```python
//! async def load(path):                      async def load(path):
//!     connection = connect(path)                 def _query():
//!     rows = connection.execute(ALL)                 connection = connect(path)
//!     connection.close()                             rows = connection.execute(ALL)
//!     return rows                                    connection.close()
//!                                                    return rows
//!
//!                                                return await asyncio.to_thread(_query)
//! ```
//!
//! Asked here is whether the statements may stand in a function of their own: what leaves them, which
//! names they give the code around them, and what they expect to be bound. What they *do* is not:
//! whoever moves statements must know each of `calls_within` to work in another thread.

mod flow;
mod later;
mod render;
mod run;

pub use run::calls_within;

use super::{Cx, Reach, thread_at};
use crate::model::file::Why;
use crate::python::ast::Stmt;
use crate::text::Edit;
use run::Run;

/// The edits that move statements into a local function, and call it in a thread.
#[derive(Clone, Debug)]
pub struct Extracted {
    pub edits: Vec<Edit>,
    /// How `asyncio.to_thread` is reached: its import is to be added to the fix.
    pub to_thread: Reach,
    /// The local function's name.
    pub function: String,
    /// The names that the coroutine gets back, in the order in which they are returned.
    pub returned: Vec<String>,
}

/// How the result of the local function is used.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// By `return`: so do the statements end, or nothing follows them in the coroutine.
    Returned,
    /// By the code that follows, under these names.
    Named(Vec<String>),
}

/// Moves `statements`, which follow each other in one block of a coroutine, into a local function. It
/// gets the first of `names`, or of their numbered forms, that means nothing there and is not one of
/// `taken`. Refused where a name would mean something else, or a way out of the statements would
/// lead elsewhere.
pub fn extract<'a>(
    cx: &Cx<'a>,
    statements: &'a [Stmt],
    names: &[&str],
    taken: &[String],
) -> Result<Extracted, Why> {
    let run = Run::new(cx, statements)?;
    run.may_move(cx)?;
    let end = flow::through(cx, &run)?;
    let outcome = outcome(cx, &run, &end)?;
    let to_thread = thread_at(cx, run.first().into())?;
    let function = run.fresh_name(cx, names, taken);
    let edits = render::edits(cx, &run, &outcome, &function, &to_thread.text);
    let returned = match outcome {
        Outcome::Returned => Vec::new(),
        Outcome::Named(names) => names,
    };
    Ok(Extracted {
        edits,
        to_thread,
        function,
        returned,
    })
}

fn outcome(cx: &Cx<'_>, run: &Run<'_>, end: &flow::End<'_>) -> Result<Outcome, Why> {
    let mut live = Vec::new();
    for name in run.bound(cx) {
        later::seen_by_handlers(cx, run, name)?;
        if end.falls && later::is_read(cx, run, name) {
            if !end.assigned.contains(name) {
                return Err(Why::new(format!(
                    "`{name}` is read afterwards, and not certain to be bound there"
                )));
            }
            live.push(name.to_owned());
        }
    }
    if !run.has_return() {
        return Ok(Outcome::Named(live));
    }
    if end.falls && !run.ends_coroutine(cx) {
        return Err(Why::new("some of it returns and some goes on"));
    }
    Ok(Outcome::Returned)
}

#[cfg(test)]
mod tests;
