//! `await asyncio.wait_for(coroutine(), 5)` under `try`, which is `async with asyncio.timeout(5)` since Python
//! 3.11: a time limit for as many statements as stand in it, in the same task.
//!
//! Left alone: times that are computed, for `wait_for` starts nothing when it is 0 or less; futures and
//! tasks; calls whose result is used within an expression; and calls where nothing is done about the end
//! of the time, in which `wait_for` is shorter.

use crate::fix::together::{Sheet, call_code};
use crate::fix::{Cx, FileId, Finding, Fix, Info, Transform, calls, calls_of, reach};
use crate::model::file::{Entity, Place, Why, walk};
use crate::model::project::Project;
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, Expr, ExprCall, Number, StmtTry, TraversalSignal,
};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, EditError, Span};

pub struct WaitForTimeout;

static INFO: Info = Info {
    id: "wait-for-timeout",
    codes: &[],
    summary: "`wait_for` under `try`, where `asyncio.timeout` serves",
    why: "`async with asyncio.timeout(5)` limits the time of the code in it, which may be more than one \
          `await`, and leaves the calls as they are. Until Python 3.11 `wait_for` made a task for what it \
          was given; since 3.12 it does the same as `asyncio.timeout`.",
    before: "\
# target-version: 3.12
import asyncio


async def receive(queue):
    async def newest():
        return await queue.get()

    try:
        return await asyncio.wait_for(newest(), timeout=5)
    except TimeoutError:
        return None
",
    after: "\
# target-version: 3.12
import asyncio


async def receive(queue):
    async def newest():
        return await queue.get()

    try:
        async with asyncio.timeout(5):
            return await newest()
    except TimeoutError:
        return None
",
    when_review: "\
- **Safe** from Python 3.12 on, where `wait_for` does the same.
- **Review** for Python 3.11, in which `wait_for` runs what it is given in a task with context variables \
of its own; and where calls make the arguments, which the limit holds for as well then.",
    needles: &["wait_for"],
};

impl Transform for WaitForTimeout {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        calls(project, file, &["asyncio.wait_for"])
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        if cx.options.target < PythonVersion::PY311 {
            return;
        }
        for call in calls_of(cx, "asyncio.wait_for") {
            let Some(limited) = limited(cx, call) else {
                continue;
            };
            if let Ok(fix) = fix(cx, call, &limited) {
                let message = "`asyncio.timeout` limits the time of what stands in it";
                found.push(cx.finding(&INFO, span(call), message, Ok::<_, Why>(fix)));
            }
        }
    }
}

/// A statement whose only doing is to await a coroutine for some time.
struct Limited<'a> {
    statement: AnyNodeRef<'a>,
    coroutine: &'a ExprCall,
    seconds: &'a Expr,
}

fn limited<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<Limited<'a>> {
    let Place::Coroutine {
        comprehensions: 0, ..
    } = cx.module.place(call.into())
    else {
        return None;
    };
    let awaited = cx
        .module
        .parent(call.into())
        .filter(|node| node.is_expr_await())?;
    let statement = cx.module.parent(awaited)?;
    let is_value = match statement {
        AnyNodeRef::StmtExpr(_) | AnyNodeRef::StmtReturn(_) => true,
        AnyNodeRef::StmtAssign(assign) => {
            matches!(&*assign.targets, [Expr::Name(_) | Expr::Tuple(_)])
        }
        AnyNodeRef::StmtAnnAssign(assign) => assign.target.is_name_expr(),
        _ => false,
    };
    let Some(AnyNodeRef::StmtTry(around)) = cx.module.parent(statement) else {
        return None;
    };
    let in_body = around
        .body
        .iter()
        .any(|inner| span(inner) == span(statement));
    let Expr::Call(coroutine) = call.arguments.find_argument_value("fut", 0)? else {
        return None;
    };
    let seconds = call.arguments.find_argument_value("timeout", 1)?;
    let mut waits = false;
    walk(coroutine.into(), &mut |node| {
        waits |= node.is_expr_await();
        TraversalSignal::Traverse
    });
    let layout = cx.module.layout();
    let stands_alone = layout.alone(span(statement)) && !layout.has_comments(span(statement));
    let fits = is_value && in_body && !waits && stands_alone && call.arguments.len() == 2;
    (fits
        && is_positive(seconds)
        && catches_timeout(cx, around)
        && cx.gives(coroutine).is_coroutine())
    .then_some(Limited {
        statement,
        coroutine,
        seconds,
    })
}

fn is_positive(seconds: &Expr) -> bool {
    match seconds {
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(value) => value.as_u64().is_some_and(|value| value > 0),
            Number::Float(value) => *value > 0.0,
            Number::Complex { .. } => false,
        },
        _ => false,
    }
}

fn catches_timeout<'a>(cx: &Cx<'a>, around: &'a StmtTry) -> bool {
    let is_timeout = |class: &'a Expr| match cx.module.entity(class) {
        Entity::Builtin(name) => name == "TimeoutError",
        Entity::External(name) => name == "asyncio.TimeoutError",
        _ => false,
    };
    around.handlers.iter().any(|handler| {
        let ExceptHandler::ExceptHandler(handler) = handler;
        match handler.type_.as_deref() {
            Some(Expr::Tuple(tuple)) => tuple.elts.iter().any(is_timeout),
            Some(class) => is_timeout(class),
            None => false,
        }
    })
}

fn fix<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    limited: &Limited<'a>,
) -> Result<Result<Fix, EditError>, Why> {
    let layout = cx.module.layout();
    let source = cx.module.text();
    let timeout = reach(cx, "asyncio", "timeout", call.into())?;
    let whole = span(limited.statement);
    let (newline, unit) = (layout.newline(), layout.indent_unit());
    let deeper = format!("{}{unit}", layout.indent_at(whole.start()));
    let before = Span::new(whole.start(), span(call).start()).of(source);
    let after = Span::new(span(call).end(), layout.line_end(whole.end())).of(source);
    let rest = Span::new(span(call).end(), whole.end()).of(source);
    if !rest.is_empty() || before.contains(['\n', '\r']) {
        return Err(Why::new(
            "it is laid out over lines in a way that would be lost",
        ));
    }
    let sheet = Sheet {
        unit,
        newline,
        limit: cx.options.line_length,
    };
    let coroutine = call_code(cx, limited.coroutine)?.laid(sheet, &deeper, before, after);
    let seconds = cx.module.source(limited.seconds);
    let text = format!(
        "async with {}({seconds}):{newline}{deeper}{before}{coroutine}",
        timeout.text
    );
    let reason = (cx.options.target < PythonVersion::PY312).then(|| {
        "on Python 3.11 `wait_for` runs it in a task of its own: what it sets of context variables is \
         seen here from now on"
            .to_owned()
    });
    let arguments = limited.coroutine.arguments.iter_source_order();
    let mut computes = false;
    for argument in arguments {
        walk(argument.value().into(), &mut |node| {
            computes |= node.is_expr_call();
            TraversalSignal::Traverse
        });
    }
    let reason = match computes {
        true => Some("what its arguments take to compute counts as well from now on".to_owned()),
        false => reason,
    };
    let edits = vec![Edit::replace(whole, text)];
    let fix = Fix::judged(
        "limit the time with `asyncio.timeout`",
        reason,
        cx.file,
        edits,
    );
    Ok(fix.map(|fix| fix.needing(cx.file, timeout.need)))
}
