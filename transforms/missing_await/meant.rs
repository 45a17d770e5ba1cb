//! Where code leaves a coroutine alone on purpose.

use super::uses::function_around;
use crate::fix::Cx;
use crate::model::file::{dotted, walk};
use crate::python::ast::{AnyNodeRef, ExceptHandler, Expr, ExprCall, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// Words of type checkers that a comment uses to allow it.
const ALLOWED: [&str; 4] = [
    "unused-awaitable",
    "unused-coroutine",
    "reportUnusedCoroutine",
    "RUF006",
];

/// Exceptions that making a coroutine may raise, or all.
const RAISED_AT_ONCE: [&str; 3] = ["BaseException", "Exception", "TypeError"];

/// Whether a coroutine is to be left alone.
pub(super) enum Meant {
    Yes,
    /// A person must look, and at what.
    Perhaps(String),
    No,
}

/// Whether what is around a call shows that it is not to be awaited there.
pub(super) fn meant<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Meant {
    match is_allowed(cx, call) || asks_what_it_is(cx, call) {
        true => Meant::Yes,
        false => around(cx, call),
    }
}

/// A comment in the lines of the statement says so to a type checker.
fn is_allowed<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let layout = cx.module.layout();
    let lines = Span::new(
        layout.line_start(span(call).start()),
        layout.line_end(span(call).end()),
    );
    let mut comments = cx.module.tree().comments();
    comments.any(|comment| {
        let text = comment.of(cx.module.text());
        lines.contains(comment) && ALLOWED.iter().any(|word| text.contains(word))
    })
}

/// It stands in `with pytest.raises(...)` and the like, or in code for type checkers.
fn around<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Meant {
    let mut expected = None;
    for node in cx.module.ancestors(call.into()) {
        match node {
            AnyNodeRef::StmtWith(with) => {
                for item in &with.items {
                    let Expr::Call(manager) = &item.context_expr else {
                        continue;
                    };
                    let name = dotted(&manager.func).unwrap_or_default();
                    let last = name.rsplit('.').next().unwrap_or(&name).to_lowercase();
                    if last.contains("warn") {
                        return Meant::Yes;
                    }
                    if last.contains("raises") {
                        match manager.arguments.args.first().and_then(dotted) {
                            Some(class) if !is_raised_at_once(&class) => expected = Some(class),
                            _ => return Meant::Yes,
                        }
                    }
                }
            }
            AnyNodeRef::StmtIf(test) => {
                let test = dotted(&test.test);
                if test.is_some_and(|test| test.ends_with("TYPE_CHECKING")) {
                    return Meant::Yes;
                }
            }
            _ => {}
        }
    }
    match expected {
        Some(class) => Meant::Perhaps(format!(
            "the block around it expects `{class}`, which something else may raise"
        )),
        None => Meant::No,
    }
}

fn is_raised_at_once(class: &str) -> bool {
    let last = class.rsplit('.').next().unwrap_or(class);
    RAISED_AT_ONCE.contains(&last) || last.ends_with("Warning")
}

/// What catches the error that the use of a coroutine raises today, and names it.
pub(super) fn caught<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<&'a str> {
    let at = span(call);
    let is_dropped = cx
        .module
        .parent(call.into())
        .is_some_and(|parent| parent.is_stmt_expr());
    let around = cx.module.ancestors(call.into());
    let mut around = around.take_while(|node| !node.is_stmt_function_def() && !is_dropped);
    let names = |expression: &'a Expr| {
        let text = cx.module.source(expression);
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        words
            .any(|word| matches!(word, "TypeError" | "AttributeError"))
            .then_some(text)
    };
    around.find_map(|node| match node {
        AnyNodeRef::StmtTry(tried) if tried.body.iter().any(|it| span(it).contains(at)) => {
            tried.handlers.iter().find_map(|handler| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                names(handler.type_.as_deref()?)
            })
        }
        AnyNodeRef::StmtWith(with) => with
            .items
            .iter()
            .filter(|item| !span(*item).contains(at))
            .find_map(|item| names(&item.context_expr)),
        _ => None,
    })
}

/// The function asks whether it has coroutines to do with, or is written once for both worlds.
fn asks_what_it_is<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let Some(function) = function_around(cx, call.into()) else {
        return false;
    };
    let mut found = false;
    walk(function.into(), &mut |node| {
        let name = match node {
            AnyNodeRef::ExprName(name) => name.id.as_str(),
            AnyNodeRef::ExprAttribute(attribute) => attribute.attr.as_str(),
            _ => return TraversalSignal::Traverse,
        };
        found |= matches!(
            name,
            "iscoroutine"
                | "iscoroutinefunction"
                | "isawaitable"
                | "_IS_SYNC"
                | "IS_SYNC"
                | "is_async_callable"
        );
        TraversalSignal::Traverse
    });
    found
}
