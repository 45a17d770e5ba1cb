//! Timeouts by hand: loops in coroutines that look at the clock and raise a `TimeoutError`.
//!
//! Left alone: loops that do something else when the time is up, those that await nothing but a sleep,
//! and those of generators.

use crate::fix::{Cx, FileId, Finding, Info, Transform, calls};
use crate::model::file::{Entity, Place, Why, walk};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, Expr, Stmt, StmtWhile, TraversalSignal};
use crate::python::{PythonVersion, span};
use crate::text::Span;

pub struct ManualTimeout;

static INFO: Info = Info {
    id: "manual-timeout",
    codes: &[],
    summary: "a loop that looks at the clock and raises a `TimeoutError`",
    why: "Between two looks at the clock the loop awaits something, and if that never ends, neither does \
          the loop: the timeout comes late, or not at all. `asyncio.timeout` (Python 3.11), and \
          `asyncio.wait_for` before, end what is awaited when the time is up.",
    before: "\
import asyncio
import time


async def finished(job):
    start = time.monotonic()
    while not await job.done():
        if time.monotonic() - start > 10:
            raise TimeoutError
        await asyncio.sleep(1)
",
    after: "\
import asyncio
import time


async def finished(job):
    start = time.monotonic()
    while not await job.done():
        if time.monotonic() - start > 10:
            raise TimeoutError
        await asyncio.sleep(1)
",
    when_review: "\
- **Manual**, always: what is awaited may end anywhere then, which may be just what must not happen.",
    needles: &["TimeoutError", "while"],
};

/// Functions that tell the time.
const CLOCKS: [&str; 4] = [
    "asyncio.AbstractEventLoop.time",
    "time.monotonic",
    "time.perf_counter",
    "time.time",
];

impl Transform for ManualTimeout {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        calls(project, file, &CLOCKS)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for each in cx
            .module
            .nodes()
            .filter_map(|node| node.as_stmt_while().copied())
        {
            let Place::Coroutine { .. } = cx.module.place(each.into()) else {
                continue;
            };
            if !awaits(cx, each) || !gives_up(cx, each) {
                continue;
            }
            let message = "the loop looks at the clock between its awaits: one that never ends is never \
                           given up";
            let why = match cx.options.target >= PythonVersion::PY311 {
                true => {
                    "put it under `async with asyncio.timeout(...)`, if each await may be cancelled"
                }
                false => {
                    "make it a coroutine function and await that with `asyncio.wait_for`, if each await \
                     may be cancelled"
                }
            };
            let at = Span::new(span(each).start(), span(&*each.test).end());
            found.push(cx.finding(&INFO, at, message, Err(Why::new(why))));
        }
    }
}

/// Whether a loop awaits anything that may last, and yields nothing: where a generator yields, what is
/// cancelled by a timeout around it is who goes through it.
fn awaits<'a>(cx: &Cx<'a>, each: &'a StmtWhile) -> bool {
    let (mut found, mut yields) = (false, false);
    walk(each.into(), &mut |node| match node {
        AnyNodeRef::StmtFunctionDef(_)
        | AnyNodeRef::StmtClassDef(_)
        | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
        AnyNodeRef::ExprYield(_) => {
            yields = true;
            TraversalSignal::Skip
        }
        AnyNodeRef::ExprAwait(awaited) => {
            found |= !matches!(&*awaited.value, Expr::Call(call)
                if cx.callee(call).is_ok_and(|name| name == "asyncio.sleep"));
            TraversalSignal::Traverse
        }
        _ => TraversalSignal::Traverse,
    });
    found && !yields
}

/// Whether a loop raises a `TimeoutError` by the clock: in an `if` of its own, or after it, where its
/// condition looks at the clock.
fn gives_up<'a>(cx: &Cx<'a>, each: &'a StmtWhile) -> bool {
    let within = each.body.iter().any(|statement| match statement {
        Stmt::If(choice) => tells_time(cx, &choice.test) && raises(cx, &choice.body),
        _ => false,
    });
    if within || !tells_time(cx, &each.test) {
        return within;
    }
    let after = cx
        .module
        .block(each.into())
        .and_then(|block| block.statements.get(block.index + 1))
        .map(std::slice::from_ref);
    raises(cx, &each.orelse) || after.is_some_and(|after| raises(cx, after))
}

fn tells_time<'a>(cx: &Cx<'a>, test: &'a Expr) -> bool {
    let mut found = false;
    walk(test.into(), &mut |node| {
        if let AnyNodeRef::ExprCall(call) = node {
            found |= cx.callee(call).is_ok_and(|name| CLOCKS.contains(&&*name));
        }
        TraversalSignal::Traverse
    });
    found
}

/// Whether statements end with a `TimeoutError`.
fn raises<'a>(cx: &Cx<'a>, body: &'a [Stmt]) -> bool {
    let Some(Stmt::Raise(raised)) = body.last() else {
        return false;
    };
    let class = match raised.exc.as_deref() {
        Some(Expr::Call(call)) => &*call.func,
        Some(class) => class,
        None => return false,
    };
    match cx.module.entity(class) {
        Entity::Builtin(name) => name == "TimeoutError",
        Entity::External(name) => name.ends_with("TimeoutError") && name.starts_with("asyncio."),
        _ => false,
    }
}
