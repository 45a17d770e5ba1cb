//! `time.sleep` in a coroutine stops every task of the event loop; `asyncio.sleep` stops only this one.
//!
//! Left alone: sleeps in plain functions and lambdas nested in a coroutine (they may run in a
//! thread), and names that mean something else where they stand.

use crate::fix::{
    Cx, FileId, Finding, Fix, Info, Transform, await_call, blocking_calls, held_review, may_await,
    meant, reach, remedy,
};
use crate::model::file::Why;
use crate::model::libraries::{EventLoop, Kind, Runs};
use crate::model::project::Project;
use crate::python::ast::{Expr, ExprCall, UnaryOp};
use crate::python::span;
use crate::text::EditError;

pub struct BlockingSleep;

static INFO: Info = Info {
    id: "blocking-sleep",
    codes: &["ASYNC251"],
    summary: "`time.sleep` in a coroutine",
    why: "While `time.sleep` waits, the event loop waits with it: no other task runs, no timeout \
          fires, no connection is served. The sleep of the event loop's own library lets the others \
          run. Files that import trio, anyio or curio get that library's sleep.",
    before: "\
import asyncio
import time


async def poll(job):
    while not job.done:
        time.sleep(0.5)
    return job.result
",
    after: "\
import asyncio


async def poll(job):
    while not job.done:
        await asyncio.sleep(0.5)
    return job.result
",
    when_review: "\
- **Review** inside a `with` block whose context manager may be a thread lock or change global \
state: other tasks now run while the block is held.
- **Review** where the call is already awaited, which fails today, and where a comment or another \
branch shows that blocking may be meant.
- **Manual** in generator expressions and class bodies, where `await` is not legal; for negative \
literals, which `time.sleep` refuses and `asyncio.sleep` does not; and where the file uses several \
event loops.",
    needles: &[],
};

impl Transform for BlockingSleep {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.graph().waits_for(file, Kind::Sleep)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for sleep in blocking_calls(cx, Kind::Sleep) {
            let message = format!("`{}` blocks the event loop", sleep.name);
            let fix = match &*sleep.name {
                "time.sleep" => fix(cx, sleep.call),
                _ => remedy(cx, &sleep),
            };
            found.push(cx.finding(&INFO, span(sleep.call), message, fix));
        }
    }
}

fn fix(cx: &Cx<'_>, call: &ExprCall) -> Result<Result<Fix, EditError>, Why> {
    may_await(cx, call)?;
    let ([seconds], []) = (&*call.arguments.args, &*call.arguments.keywords) else {
        return Err(Why::new(
            "`time.sleep` takes exactly one positional argument",
        ));
    };
    if seconds.is_starred_expr() {
        return Err(Why::new("how many arguments are unpacked is not known"));
    }
    if matches!(seconds, Expr::UnaryOp(unary) if unary.op == UnaryOp::USub) {
        return Err(Why::new(
            "`time.sleep` raises on a negative time, `asyncio.sleep` does not",
        ));
    }
    if cx.module.layout().has_comments(span(&*call.func)) {
        return Err(Why::new("a comment stands inside `time.sleep`"));
    }
    let sleep = sleep_function(cx)?;
    let (module, member) = sleep.rsplit_once('.').unwrap_or(("asyncio", "sleep"));
    let reach = reach(cx, module, member, call.into())?;
    let title = format!("await {sleep} instead");
    let edits = await_call(cx, call, &reach.text);
    let reason = if cx.module.is_awaited(call.into()) {
        Some("`await time.sleep(...)` raises a TypeError today; was a pause meant?".to_owned())
    } else if let Some(sign) = meant(cx, call, "sleep") {
        Some(sign)
    } else {
        held_review(cx, call.into())
    };
    let fix = Fix::judged(title, reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, reach.need)))
}

/// The sleep of the library whose event loop runs this file's coroutines.
fn sleep_function<'a>(cx: &Cx<'a>) -> Result<&'a str, Why> {
    let imported: Vec<(&str, &EventLoop)> = cx
        .module
        .catalogue()
        .libraries()
        .filter_map(|library| Some((library.name.as_str(), library.event_loop.as_ref()?)))
        .filter(|(name, _)| cx.module.imports_module(name))
        .collect();
    let sleep_of = |(name, event_loop): &(&str, &'a EventLoop)| {
        event_loop.sleep.as_deref().ok_or_else(|| {
            Why::new(format!(
                "the coroutine may run under {name}, which asyncfix has no sleep for"
            ))
        })
    };
    if let Some(any) = imported
        .iter()
        .find(|(_, event_loop)| event_loop.runs == Runs::Any)
    {
        return sleep_of(any);
    }
    match &imported[..] {
        [] => Ok("asyncio.sleep"),
        [only] => sleep_of(only),
        [(one, _), (other, _), ..] => Err(Why::new(format!(
            "the file imports both {one} and {other}: which event loop runs this is not known"
        ))),
    }
}
