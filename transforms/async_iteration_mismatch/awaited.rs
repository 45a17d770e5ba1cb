//! `await` of what a call gives that cannot be awaited: generators and context managers of both worlds.

use super::{INFO, asynchronous, is_expected, tried, turned, unawaited};
use crate::fix::{Cx, Finding, Fix};
use crate::model::file::Why;
use crate::model::project::Gives;
use crate::python::ast::{AnyNodeRef, Expr, ExprAwait, ExprCall};
use crate::python::span;
use crate::text::{Edit, EditError};

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    for call in cx.module.calls() {
        let Some(AnyNodeRef::ExprAwait(awaited)) = cx.module.parent((*call).into()) else {
            continue;
        };
        let gives = cx.gives(call);
        if !cx.project.is_sound(&gives) {
            continue;
        }
        let (what, form) = match gives {
            Gives::AsyncGenerator(_) => ("an async generator", "async for"),
            Gives::Generator(_) => ("a generator", "for"),
            Gives::AsyncManager(_) => ("an asynchronous context manager", "async with"),
            Gives::Manager(_) => ("a plain context manager", "with"),
            _ => continue,
        };
        if is_expected(cx, awaited.into()) {
            continue;
        }
        let name = cx.module.describe(&call.func);
        let message = format!("`{name}(...)` gives {what}: to await it fails whenever it runs");
        let fix = fix(cx, awaited, call, form);
        found.push(cx.finding(&INFO, span(awaited), message, fix));
    }
}

fn fix<'a>(
    cx: &Cx<'a>,
    awaited: &'a ExprAwait,
    call: &'a ExprCall,
    form: &'static str,
) -> Result<Result<Fix, EditError>, Why> {
    let is_loop = form.ends_with("for");
    let (statement, is_async) = match cx.module.parent(awaited.into()) {
        Some(AnyNodeRef::StmtFor(statement))
            if is_loop && is_iterated(awaited, &statement.iter) =>
        {
            (AnyNodeRef::from(statement), statement.is_async)
        }
        Some(AnyNodeRef::WithItem(item)) if !is_loop => match cx.module.parent(item.into()) {
            Some(AnyNodeRef::StmtWith(statement)) => {
                let turns = statement.is_async != form.starts_with("async");
                if turns && statement.items.len() > 1 {
                    return Err(Why::new(
                        "the statement has other items, which may be of the other world",
                    ));
                }
                (AnyNodeRef::from(statement), statement.is_async)
            }
            _ => return Err(Why::new("its statement was not found")),
        },
        _ => {
            return Err(Why::new(match is_loop {
                true => format!("go through it with `{form}`"),
                false => format!("enter it with `{form}`"),
            }));
        }
    };
    let wants_async = form.starts_with("async");
    let mut edits: Vec<Edit> = Vec::new();
    if wants_async != is_async {
        if wants_async {
            asynchronous(cx, statement, form)?;
        }
        edits.push(turned(cx, span(statement), is_async)?);
    }
    edits.push(unawaited(cx, span(awaited), span(call))?);
    let title = format!("use `{form}`, without `await`");
    Ok(Fix::judged(title, tried(cx, statement), cx.file, edits))
}

fn is_iterated(awaited: &ExprAwait, items: &Expr) -> bool {
    span(items) == span(awaited)
}
