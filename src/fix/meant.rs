//! Signs that somebody knows that a call blocks, and wants it.

use super::Cx;
use crate::model::file::walk;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// What speaks for a call being meant to block; `name` is what its function is called.
pub fn meant(cx: &Cx<'_>, call: &ExprCall, name: &str) -> Option<String> {
    let sign = match () {
        () if is_spoken_of(cx, call)? => "a comment here speaks of blocking".to_owned(),
        () if is_awaited_otherwise(cx, call, name) => match name {
            "sleep" => "another branch of this `if` awaits its sleep".to_owned(),
            _ => format!("another branch of this `if` awaits `{name}`"),
        },
        () => return None,
    };
    Some(format!("{sign}: is the event loop meant to be blocked?"))
}

/// Whether a comment beside the statement, or above it, has the word.
fn is_spoken_of(cx: &Cx<'_>, call: &ExprCall) -> Option<bool> {
    let layout = cx.module.layout();
    let call = cx.module.own(call.into())?;
    let statement = cx.module.statement(call)?;
    let lines = layout.whole_lines(span(statement));
    let above = layout.line_start(lines.start().saturating_sub(1));
    let mut comments = layout.comments_in(Span::new(above, lines.end()));
    Some(comments.any(|comment| {
        let text = comment.of(cx.module.text()).to_lowercase();
        text.contains("block")
    }))
}

/// `if asynchronous: await asyncio.sleep(1)`, `else: time.sleep(1)`
fn is_awaited_otherwise(cx: &Cx<'_>, call: &ExprCall, name: &str) -> bool {
    cx.module
        .ancestors(call.into())
        .any(|ancestor| match ancestor {
            AnyNodeRef::StmtIf(choice) => {
                let here = |body: &[Stmt]| body.iter().any(|it| span(it).contains(span(call)));
                let clauses = choice.elif_else_clauses.iter();
                let branches = clauses.map(|clause| &clause.body[..]);
                let branches: Vec<&[Stmt]> =
                    std::iter::once(&choice.body[..]).chain(branches).collect();
                branches.iter().any(|body| here(body))
                    && branches
                        .iter()
                        .any(|body| !here(body) && awaits(body, name))
            }
            _ => false,
        })
}

/// Whether statements await a call of a function that has `name` in its own name.
fn awaits(body: &[Stmt], name: &str) -> bool {
    let mut found = false;
    for statement in body {
        walk(statement.into(), &mut |node| {
            if let AnyNodeRef::ExprAwait(awaited) = node
                && let Expr::Call(call) = &*awaited.value
            {
                found |= match &*call.func {
                    Expr::Name(function) => function.id.contains(name),
                    Expr::Attribute(function) => function.attr.contains(name),
                    _ => false,
                };
            }
            TraversalSignal::Traverse
        });
    }
    found
}
