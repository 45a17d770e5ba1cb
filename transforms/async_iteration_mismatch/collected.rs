//! Builtins that go through what they are given, and are given an async generator: `list(rows())`.

use super::{INFO, is_expected, tried};
use crate::fix::{Cx, Finding, Fix, may_await};
use crate::model::file::Why;
use crate::model::project::{Gives, Target};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

/// What the names of the items may be, the first that is free.
const ITEMS: [&str; 3] = ["item", "value", "element"];

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    for call in cx.module.calls() {
        let [Expr::Call(given), ..] = &*call.arguments.args else {
            continue;
        };
        let Target::Library(name) = cx.target_of(call) else {
            continue;
        };
        let collects = matches!(
            &*name,
            "list"
                | "set"
                | "frozenset"
                | "tuple"
                | "dict"
                | "sorted"
                | "sum"
                | "min"
                | "max"
                | "any"
                | "all"
                | "enumerate"
                | "zip"
                | "next"
                | "reversed"
        );
        if !collects
            || !matches!(cx.gives(given), Gives::AsyncGenerator(_))
            || is_expected(cx, (*call).into())
        {
            continue;
        }
        let message = format!("`{name}` is given an async generator, which fails whenever it runs");
        let fix = fix(cx, call, given, &name);
        found.push(cx.finding(&INFO, span(*call), message, fix));
    }
}

fn fix<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    given: &'a ExprCall,
    name: &str,
) -> Result<Result<Fix, EditError>, Why> {
    may_await(cx, call).map_err(|_| {
        Why::new("an asynchronous comprehension is legal in coroutine functions only")
    })?;
    let (open, close) = match name {
        "list" => ("[", "]"),
        "set" => ("{", "}"),
        "tuple" | "frozenset" | "sorted" | "sum" | "min" | "max" => ("([", "]"),
        "next" => {
            return Err(Why::new(
                "`await anext(...)`, from Python 3.10 on, takes the next item",
            ));
        }
        _ => return Err(Why::new("go through it with `async for`")),
    };
    let text = cx.module.text();
    let alone = call.arguments.len() == 1;
    let gap = Span::new(span(&*call.func).end(), span(given).start());
    let rest = Span::new(span(given).end(), span(call).end());
    if gap.of(text) != "(" || alone && rest.of(text) != ")" || !alone && open != "([" {
        return Err(Why::new("the call is laid out in a way of its own"));
    }
    let around = match cx.module.place(call.into()) {
        crate::model::file::Place::Coroutine { function, .. } => span(function),
        _ => span(call),
    };
    let item = cx.module.fresh_name(around, &ITEMS);
    let head = format!("{open}{item} async for {item} in ");
    let start = match open {
        "([" => span(&*call.func).end(),
        _ => span(call).start(),
    };
    let end = match open {
        "([" => Span::new(span(given).end(), span(given).end()),
        _ => rest,
    };
    let edits = vec![
        Edit::replace(Span::new(start, span(given).start()), head),
        Edit::replace(end, close),
    ];
    let reason = tried(cx, AnyNodeRef::from(call));
    Ok(Fix::judged(
        "collect the items with `async for`",
        reason,
        cx.file,
        edits,
    ))
}
