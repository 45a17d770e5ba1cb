//! `try` around calls that are to overlap: whether it needs what was done before an error.

use crate::fix::{Cx, Failure};
use crate::model::file::{Why, root, walk};
use crate::python::ast::{AnyNodeRef, ExceptHandler, Expr, Stmt, StmtTry, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// Refuses where an error must leave what was done before it, because a handler, a `finally` or code
/// after the `try` looks at that.
pub(super) fn check<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    attempt: &'a StmtTry,
) -> Result<(), Why> {
    if leaves_nothing(cx, node) {
        return Ok(());
    }
    if cx.options.failure != Failure::SequentialEquivalent {
        return Err(Why::new(
            "the `try` around it may need what was done before an error",
        ));
    }
    let falls_through = attempt.handlers.iter().any(|handler| {
        let ExceptHandler::ExceptHandler(handler) = handler;
        !leaves(&handler.body)
    });
    let inside = |at: Span, statements: &[Stmt]| {
        let mut statements = statements.iter();
        statements.any(|statement| span(statement).contains(at))
    };
    let repeated = loop_around(cx, attempt.into());
    let looks = |at: Span| {
        let handled = attempt
            .handlers
            .iter()
            .any(|handler| span(handler).contains(at));
        let again = repeated.is_some_and(|outer| outer.contains(at))
            && !inside(at, &attempt.body)
            && !inside(at, &attempt.orelse);
        let after = at.start() >= span(attempt).end();
        handled || inside(at, &attempt.finalbody) || falls_through && (after || again)
    };
    let Some(scope) = cx.module.scope_of(node) else {
        return Err(Why::new("it has no scope"));
    };
    for (name, is_name) in written(cx, node) {
        if !is_name {
            return Err(Why::new(format!(
                "after an error, others may look at `{name}` as it was left in the `try` around it"
            )));
        }
        let mut reads = cx.module.reads_of(scope, name).into_iter();
        if reads.any(|read| looks(span(read))) {
            return Err(Why::new(format!(
                "after an error that the `try` around it handles, `{name}` is looked at as it was left"
            )));
        }
    }
    Ok(())
}

/// Whether nothing that is done before an error can be seen after it: a comprehension gives all of its
/// results or none.
pub(super) fn leaves_nothing<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    cx.options.failure == Failure::SequentialEquivalent && written(cx, node).is_empty()
}

/// What the code under a node gives a value or fills, and whether that is a plain name.
fn written<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Vec<(&'a str, bool)> {
    let mut found = Vec::new();
    if node.is_expression() {
        return found;
    }
    let text = cx.module.text();
    walk(node, &mut |inner| {
        let mut object = |expression: &'a Expr| match (expression, root(expression)) {
            (Expr::Name(name), _) => found.push((name.id.as_str(), true)),
            (Expr::Subscript(_), Expr::Name(name)) if only_items(expression) => {
                found.push((name.id.as_str(), true));
            }
            _ => found.push((span(expression).of(text), false)),
        };
        match inner {
            AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprGenerator(_) => return TraversalSignal::Skip,
            AnyNodeRef::ExprName(name) if !name.ctx.is_load() => {
                found.push((name.id.as_str(), true));
            }
            AnyNodeRef::ExprAttribute(attribute) if !attribute.ctx.is_load() => {
                found.push((span(attribute).of(text), false));
            }
            AnyNodeRef::ExprSubscript(item) if !item.ctx.is_load() => object(&item.value),
            AnyNodeRef::ExprCall(call) => {
                if let Expr::Attribute(method) = &*call.func
                    && cx.module.catalogue().is_filling_method(&method.attr)
                {
                    object(&method.value);
                }
            }
            _ => {}
        }
        TraversalSignal::Traverse
    });
    found
}

/// `name[a][b]`.
fn only_items(expression: &Expr) -> bool {
    match expression {
        Expr::Name(_) => true,
        Expr::Subscript(item) => only_items(&item.value),
        _ => false,
    }
}

/// Whether a block always ends in leaving the function.
fn leaves(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_)) => true,
        Some(Stmt::If(branch)) => {
            let mut others = branch.elif_else_clauses.iter();
            leaves(&branch.body)
                && branch
                    .elif_else_clauses
                    .last()
                    .is_some_and(|last| last.test.is_none())
                && others.all(|clause| leaves(&clause.body))
        }
        _ => false,
    }
}

fn loop_around<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<Span> {
    cx.module
        .ancestors(node)
        .take_while(|ancestor| !ancestor.is_stmt_function_def())
        .filter(|ancestor| ancestor.is_stmt_for() || ancestor.is_stmt_while())
        .map(span)
        .last()
}
