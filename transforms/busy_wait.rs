//! Loops in coroutines that do nothing but sleep until something holds: `while not ready: await
//! asyncio.sleep(0.1)`.
//!
//! Left alone: loops that do more, that never end by their condition, that wait for a time,
//! and those whose condition awaits an answer, or asks for a file: who gives it sets no event here.

use crate::fix::{Cx, FileId, Finding, Info, Transform, calls};
use crate::model::file::{Place, Why, dotted, references_within, walk};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, Expr, Stmt, StmtWhile, TraversalSignal, UnaryOp};
use crate::python::span;
use crate::text::Span;

pub struct BusyWait;

static INFO: Info = Info {
    id: "busy-wait",
    codes: &["ASYNC110"],
    summary: "a loop that sleeps until something holds",
    why: "Such a loop wakes up again and again for nothing, and notices up to one sleep late what it waits \
          for. Who makes it hold can wake it instead: with an `Event` that is set there, and that is \
          waited for here.

```python
# before                               # after
ready = False                          ready = asyncio.Event()

ready = True                           ready.set()

while not ready:                       await ready.wait()
    await asyncio.sleep(0.1)
```

Where it holds again and again, and not for good, it is an `asyncio.Condition`. Another thread sets the \
event with `loop.call_soon_threadsafe(ready.set)`.",
    before: "\
import asyncio


async def connected(client):
    while not client.connected:
        await asyncio.sleep(0.1)
    return client
",
    after: "\
import asyncio


async def connected(client):
    while not client.connected:
        await asyncio.sleep(0.1)
    return client
",
    when_review: "\
- **Manual**, always: every place that changes what the loop waits for has to change as well.",
    needles: &["sleep", "while"],
};

/// Functions that tell the time.
const CLOCKS: [&str; 5] = ["monotonic", "now", "perf_counter", "time", "utcnow"];

/// Functions that ask for a file, which may come from anywhere.
const OUTSIDE: [&str; 5] = ["exists", "is_dir", "is_file", "isdir", "isfile"];

impl Transform for BusyWait {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        let libraries = project.catalogue().libraries();
        let sleeps = libraries.filter_map(|it| it.event_loop.as_ref()?.sleep.as_deref());
        calls(project, file, &sleeps.collect::<Vec<_>>())
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
            let Some(library) = slept_by(cx, each).filter(|_| waits_for_a_change(&each.test))
            else {
                continue;
            };
            let test = cx.module.describe(&each.test);
            let message = format!("`while {test}` only sleeps: it wakes up for nothing, and late");
            let task = waits_for_task(cx, &each.test).filter(|_| library == "asyncio");
            let why = match asks(&each.test) {
                _ if let Some(task) = task => format!(
                    "if `{0}` is a task or future, await it, or `asyncio.wait([{0}])` to leave its errors alone",
                    cx.module.describe(task)
                ),
                Some(asked) => format!(
                    "if this program makes `{}` change, let it set an `{library}.Event` there, and await \
                     that here",
                    cx.module.describe(asked)
                ),
                None => format!(
                    "make an `{library}.Event` of it: `.set()` where it changes, `await ....wait()` here"
                ),
            };
            let at = Span::new(span(each).start(), span(&*each.test).end());
            found.push(cx.finding(&INFO, at, message, Err(Why::new(why))));
        }
    }
}

/// The library whose sleep is all that a loop does.
fn slept_by<'a>(cx: &Cx<'a>, each: &'a StmtWhile) -> Option<String> {
    let ([Stmt::Expr(statement)], []) = (&*each.body, &*each.orelse) else {
        return None;
    };
    let Expr::Await(awaited) = &*statement.value else {
        return None;
    };
    let Expr::Call(call) = &*awaited.value else {
        return None;
    };
    let callee = cx.callee(call).ok()?;
    let mut libraries = cx.module.catalogue().libraries();
    let sleeps = |sleep: Option<&str>| sleep == Some(&*callee);
    libraries
        .any(|it| sleeps(it.event_loop.as_ref().and_then(|it| it.sleep.as_deref())))
        .then(|| callee.split('.').next().unwrap_or_default().to_owned())
}

/// Whether a condition depends on anything, but not on the time, on files, or on what it asks others by
/// `await`.
fn waits_for_a_change(test: &Expr) -> bool {
    let mut is_other = false;
    walk(test.into(), &mut |node| {
        is_other |= node.is_expr_await();
        if let AnyNodeRef::ExprCall(call) = node {
            let name = match &*call.func {
                Expr::Attribute(method) => method.attr.as_str(),
                Expr::Name(name) => name.id.as_str(),
                _ => "",
            };
            is_other |= CLOCKS.contains(&name) || OUTSIDE.contains(&name);
        }
        TraversalSignal::Traverse
    });
    !is_other && !references_within(test.into()).is_empty()
}

/// The task or future of asyncio whose end a condition asks for: `not task.done()`.
fn waits_for_task<'a>(cx: &Cx<'a>, test: &'a Expr) -> Option<&'a Expr> {
    let negated = test.as_unary_op_expr()?;
    let call = negated.operand.as_call_expr()?;
    let method = call.func.as_attribute_expr()?;
    let is_task = || {
        let class = cx.module.class_of(&method.value);
        let known = class.map(|class| cx.module.catalogue().is_subclass(&class, "asyncio.Future"));
        known.unwrap_or_else(|| {
            let name = dotted(&method.value).unwrap_or_default();
            name.ends_with("task") || name.ends_with("future")
        })
    };
    let asks = negated.op == UnaryOp::Not && method.attr.as_str() == "done";
    (asks && call.arguments.is_empty() && is_task()).then_some(&*method.value)
}

/// The first function that a condition asks, but for the size of something.
fn asks(test: &Expr) -> Option<&Expr> {
    let mut found = None;
    walk(test.into(), &mut |node| {
        if let AnyNodeRef::ExprCall(call) = node
            && found.is_none()
            && !matches!(&*call.func, Expr::Name(name)
                if matches!(name.id.as_str(), "all" | "any" | "bool" | "len"))
        {
            found = Some(&*call.func);
        }
        TraversalSignal::Traverse
    });
    found
}
