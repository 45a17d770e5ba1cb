//! Databases that are asked in a coroutine without `await`: every task waits for the answer.
//!
//! A client that is made, used and closed in one coroutine, and whose library has it for coroutines,
//! is replaced. Any other client that threads may share keeps its calls, each in a thread. A connection that
//! belongs to one thread moves with everything it does, from where it is made to where it is closed,
//! as one local function. Left alone is what is asynchronous already, plain functions nested in a
//! coroutine, and objects whose class the file does not show.

mod moves;
mod native;
mod sessions;

use crate::fix::{BlockingCall, Cx, Finding, Info, Transform, blocking_calls, remedy};
use crate::model::libraries::Kind;
use crate::python::span;
use sessions::Session;

pub struct BlockingDatabase;

static INFO: Info = Info {
    id: "blocking-database",
    codes: &[],
    summary: "database calls in a coroutine",
    why: "While a database answers, the event loop waits with it: no other task runs. What threads may \
          share (clients of Redis, MongoDB and the like) is called in a thread, call by call. A \
          connection that belongs to one thread, or whose transaction does, moves to a thread together \
          with everything that is done with it: the statements become a local function.",
    before: "\
import asyncio
import sqlite3


async def load(path):
    connection = sqlite3.connect(path)
    rows = connection.execute(\"SELECT name FROM users\").fetchall()
    connection.close()
    return [name for (name,) in rows]
",
    after: "\
import asyncio
import sqlite3


async def load(path):
    def _query():
        connection = sqlite3.connect(path)
        rows = connection.execute(\"SELECT name FROM users\").fetchall()
        connection.close()
        return rows

    rows = await asyncio.to_thread(_query)
    return [name for (name,) in rows]
",
    when_review: "\
- **Review** where a client of Redis or MongoDB that is made, used and closed in one coroutine \
becomes the asynchronous client of the same library, which old versions lack.
- **Review** where statements move to a thread that write to a database or ask a server: other tasks \
may now use it at the same time.
- **Review** where they call functions that asyncfix does not know, which then run in the thread too, \
and for pipelines, cursors and subscriptions, which serve one thread at a time.
- **Manual** where a connection comes from elsewhere, is handed on, or is used on both sides of an \
`await`; for Django's models, whose calls belong to Django's own thread; below Python 3.9.",
    // A client may come from another file, and any method may be one of its.
    needles: &[],
};

impl Transform for BlockingDatabase {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let calls = blocking_calls(cx, Kind::Database);
        let clients = match cx.options.counterparts {
            true => native::find(cx, &calls),
            false => Vec::new(),
        };
        for client in &clients {
            let message = match client.calls.len() {
                1 => format!("a call of this `{}` blocks the event loop", client.name),
                count => format!(
                    "{count} calls of this `{}` block the event loop",
                    client.name
                ),
            };
            let fix = Ok(client.fix.clone());
            found.push(cx.finding(&INFO, span(client.constructor), message, fix));
        }
        let sessions = sessions::find(cx, &calls);
        let mut taken = Vec::new();
        for session in &sessions {
            let Session { first, others, .. } = session;
            let opening = &calls[*first];
            if others.is_empty() && is_mere_object(cx, opening) {
                continue;
            }
            let name = shown(opening);
            let message = match others.len() {
                0 => format!("`{name}` blocks the event loop"),
                1 => format!("`{name}` and a call after it block the event loop"),
                count => format!("`{name}` and {count} calls after it block the event loop"),
            };
            let fix = sessions::move_to_thread(cx, session, &calls, &mut taken);
            found.push(cx.finding(&INFO, span(opening.call), message, fix));
        }
        for (index, call) in calls.iter().enumerate() {
            let here = span(call.call);
            let told = clients.iter().any(|client| client.calls.contains(&here))
                || sessions
                    .iter()
                    .any(|session| session.first == index || session.others.contains(&index));
            if !told && !is_mere_object(cx, call) {
                let message = format!("`{}` blocks the event loop", shown(call));
                let fix = remedy(cx, call);
                found.push(cx.finding(&INFO, span(call.call), message, fix));
            }
        }
    }
}

/// Whether a call only makes an object, which blocks nobody until it is used.
fn is_mere_object(cx: &Cx<'_>, call: &BlockingCall<'_>) -> bool {
    let makes_itself =
        call.name.ends_with(".__call__") || cx.module.catalogue().knows_class(&call.name);
    call.entry.opens && makes_itself
}

/// What is called, as a person would name it.
fn shown<'c>(call: &'c BlockingCall<'_>) -> &'c str {
    call.name.strip_suffix(".__call__").unwrap_or(&call.name)
}
