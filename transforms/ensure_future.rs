//! Tasks that are made by an older way than `asyncio.create_task`: `asyncio.ensure_future(coroutine())` and
//! `loop.create_task(coroutine())` in a coroutine.
//!
//! Left alone: what is not certainly a coroutine, for `ensure_future` hands a future on as it is and
//! `create_task` refuses it; loops that are not certainly the running one; and plain functions, in which
//! no loop may run.

use crate::fix::{
    Cx, FileId, Finding, Hop, Info, Transform, calls, calls_of, reach, report_hops, running_loop,
    without_argument,
};
use crate::model::file::{Place, Why};
use crate::model::project::Project;
use crate::python::ast::{ArgOrKeyword, Expr, ExprCall};
use crate::python::span;

pub struct EnsureFuture;

static INFO: Info = Info {
    id: "ensure-future",
    codes: &[],
    summary: "`ensure_future` or `loop.create_task` of a coroutine, in a coroutine",
    why: "`asyncio.create_task` makes a task in the running event loop, and says so. `ensure_future` is \
          for code that does not know whether it was given a coroutine or a future, and `loop.create_task` \
          for code outside of the loop.",
    before: "\
import asyncio


async def listen(channel):
    await channel.read()


async def start(channel):
    loop = asyncio.get_running_loop()
    return loop.create_task(listen(channel))
",
    after: "\
import asyncio


async def listen(channel):
    await channel.read()


async def start(channel):
    return asyncio.create_task(listen(channel))
",
    when_review: "\
- **Safe** always: the task is the same.",
    needles: &["asyncio"],
};

const OLD: [&str; 2] = [
    "asyncio.ensure_future",
    "asyncio.AbstractEventLoop.create_task",
];

impl Transform for EnsureFuture {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        calls(project, file, &OLD)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let mut hops: Vec<Hop<'_>> = OLD
            .iter()
            .flat_map(|name| calls_of(cx, name))
            .filter_map(|call| hop(cx, call).ok().flatten())
            .collect();
        hops.sort_by_key(|hop| hop.at);
        report_hops(cx, &INFO, hops, found);
    }
}

/// How a call is written anew, if it is such a one.
fn hop<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<Option<Hop<'a>>, Why> {
    if !matches!(cx.module.place(call.into()), Place::Coroutine { .. }) {
        return Ok(None);
    }
    let [Expr::Call(coroutine)] = &*call.arguments.args else {
        return Ok(None);
    };
    if !cx.gives(coroutine).is_coroutine() {
        return Ok(None);
    }
    let mut dropped = None;
    let through = match &*call.func {
        Expr::Attribute(method) if method.attr.as_str() == "create_task" => Some(&*method.value),
        _ => {
            let given = call.arguments.find_keyword("loop");
            dropped = given.map(ArgOrKeyword::Keyword);
            given.map(|keyword| &keyword.value)
        }
    };
    // `None` is for the running loop, too.
    let named = through.filter(|through| !through.is_none_literal_expr());
    let running = named.map(|through| running_loop(cx, through));
    let Some(variable) = running.map_or(Some(None), |running| running.map(|it| it.variable)) else {
        return Ok(None);
    };
    let create_task = reach(cx, "asyncio", "create_task", call.into())?;
    let message = format!(
        "`{}` makes a task of a coroutine, in a coroutine",
        cx.module.describe(&call.func)
    );
    Ok(Some(Hop {
        at: span(call),
        message,
        title: "make the task with `asyncio.create_task`",
        edits: without_argument(cx, call, Some(&create_task.text), dropped)?,
        needs: create_task.need.into_iter().collect(),
        review: None,
        variable,
    }))
}
