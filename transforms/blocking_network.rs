//! Name lookups, sockets, mail and other protocols in a coroutine stop every task until the other
//! side answers.
//!
//! Left alone: sockets in files that make some of them non-blocking, and HTTP and databases, which
//! have transforms of their own.

use crate::fix::{Cx, FileId, Finding, Info, Transform, blocking_withs, report_blocking};
use crate::model::file::Why;
use crate::model::libraries::Kind;
use crate::model::project::Project;
use crate::python::span;

pub struct BlockingNetwork;

static INFO: Info = Info {
    id: "blocking-network",
    codes: &[],
    summary: "a blocking network call in a coroutine",
    why: "A connection, a name lookup or an answer takes as long as the other side takes, and the event \
          loop waits with it. In a thread the same call lets the other tasks run, with the same \
          results and exceptions.",
    before: "\
import socket


async def is_local(host):
    return socket.gethostbyname(host).startswith(\"127.\")
",
    after: "\
import asyncio
import socket


async def is_local(host):
    return (await asyncio.to_thread(socket.gethostbyname, host)).startswith(\"127.\")
",
    when_review: "\
- **Review** where other tasks may use the same connection meanwhile, which the event loop has kept \
them from so far; and where a callback would run in the thread.
- **Manual** at the end of `with` blocks that say goodbye to a server; where a connection must stay in \
its thread; where `await` is not legal; in files of other event loops; and below Python 3.9.",
    needles: &[],
};

impl Transform for BlockingNetwork {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.graph().waits_for(file, Kind::Network)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        report_blocking(cx, &INFO, Kind::Network, found);
        for blocking in blocking_withs(cx, Kind::Network) {
            let message = format!("`{}` blocks the event loop", blocking.name);
            let why = blocking.entry.why.as_deref();
            let why = Why::new(why.unwrap_or("a `with` statement cannot be moved to a thread"));
            found.push(cx.finding(&INFO, span(&blocking.item.context_expr), message, Err(why)));
        }
    }
}
