//! The `loop` argument of asyncio's functions and classes, which is gone since Python 3.10.
//!
//! Left alone: code that asks for the version of Python or is ready for the TypeError, and tests that
//! expect one.

use crate::fix::{
    Cx, FileId, Finding, Hop, Info, Transform, is_ready, report_hops, running_loop,
    without_argument,
};
use crate::model::file::{Place, Why};
use crate::model::project::{Project, Target};
use crate::python::ast::{ArgOrKeyword, ExprCall, Keyword};
use crate::python::{PythonVersion, span};

pub struct LoopArgument;

static INFO: Info = Info {
    id: "loop-argument",
    codes: &[],
    summary: "the `loop` argument, which asyncio's functions no longer have",
    why: "Since Python 3.10 `asyncio.sleep(1, loop=loop)`, `asyncio.Lock(loop=loop)` and their like are a \
          TypeError. They find the running event loop by themselves, which is the one that was meant: \
          with another they never worked.",
    before: "\
import asyncio


async def pause(seconds):
    loop = asyncio.get_event_loop()
    await asyncio.sleep(seconds, loop=loop)
",
    after: "\
import asyncio


async def pause(seconds):
    await asyncio.sleep(seconds)
",
    when_review: "\
- **Safe** in coroutines where the argument is the running loop, or `None`; and from Python 3.10 on, where \
the call fails today.
- **Review** below Python 3.10 where it may be another loop; and for `gather`, `shield` and `as_completed` \
outside of coroutines, which take the current loop instead.",
    needles: &["asyncio", "loop"],
};

/// Those that had the argument, and whether what they make is bound to a loop even where none runs.
const OLD: [(&str, bool); 20] = [
    ("asyncio.BoundedSemaphore", false),
    ("asyncio.Condition", false),
    ("asyncio.Event", false),
    ("asyncio.LifoQueue", false),
    ("asyncio.Lock", false),
    ("asyncio.PriorityQueue", false),
    ("asyncio.Queue", false),
    ("asyncio.Semaphore", false),
    ("asyncio.as_completed", true),
    ("asyncio.create_subprocess_exec", false),
    ("asyncio.create_subprocess_shell", false),
    ("asyncio.gather", true),
    ("asyncio.open_connection", false),
    ("asyncio.open_unix_connection", false),
    ("asyncio.shield", true),
    ("asyncio.sleep", false),
    ("asyncio.start_server", false),
    ("asyncio.start_unix_server", false),
    ("asyncio.wait", false),
    ("asyncio.wait_for", false),
];

impl Transform for LoopArgument {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        let count = project.facts(file).map_or(0, |facts| facts.calls.len());
        (0..count).any(|index| match project.graph().target(file, index) {
            Some(Target::Library(name)) => OLD.iter().any(|(old, _)| **old == **name),
            _ => false,
        })
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let mut hops = Vec::new();
        for call in cx.module.calls().iter().copied() {
            let Some(keyword) = call.arguments.find_keyword("loop") else {
                continue;
            };
            let name = cx.callee(call).unwrap_or_default();
            let Some((name, binds)) = OLD.iter().find(|(old, _)| *old == name) else {
                continue;
            };
            if is_ready(cx, call.into(), "TypeError") {
                continue;
            }
            match hop(cx, call, keyword, name, *binds) {
                Ok(hop) => hops.push(hop),
                Err(why) => found.push(cx.finding(&INFO, span(keyword), message(name), Err(why))),
            }
        }
        report_hops(cx, &INFO, hops, found);
    }
}

fn message(name: &str) -> String {
    format!("`{name}` has no `loop` argument since Python 3.10")
}

fn hop<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    keyword: &'a Keyword,
    name: &str,
    binds: bool,
) -> Result<Hop<'a>, Why> {
    let given = &keyword.value;
    let running = running_loop(cx, given);
    let described = cx.module.describe(given);
    let in_coroutine = matches!(cx.module.place(call.into()), Place::Coroutine { .. });
    let review = if running.is_some() || in_coroutine && given.is_none_literal_expr() {
        None
    } else if binds && !in_coroutine {
        Some(format!(
            "`{name}` takes the current event loop where none runs: that has to be `{described}`"
        ))
    } else if cx.options.target < PythonVersion::PY310 {
        Some(format!(
            "it takes the current event loop when it is made: that has to be `{described}`"
        ))
    } else {
        None
    };
    Ok(Hop {
        at: span(keyword),
        message: message(name),
        title: "leave out the `loop` argument",
        edits: without_argument(cx, call, None, Some(ArgOrKeyword::Keyword(keyword)))?,
        needs: Vec::new(),
        review,
        variable: running.and_then(|running| running.variable),
    })
}
