//! Whether a name gets its value in a round before anything looks at it, so that it carries nothing
//! over from the round before.

use crate::model::file::references_within;
use crate::python::ast::{AnyNodeRef, ExceptHandler, Expr, Stmt};

/// How often code mentions a name.
fn mentions(node: AnyNodeRef<'_>, name: &str) -> usize {
    let names = references_within(node).into_iter();
    names.filter(|found| found.id == name).count()
}

/// How often statements mention a name.
pub(super) fn mentions_in(statements: &[Stmt], name: &str) -> usize {
    let each = statements.iter().map(|inner| mentions(inner.into(), name));
    each.sum()
}

/// Whether statements give a name its value before anything in them looks at it, on every way to each
/// of the `all` places that mention it.
pub(super) fn is_bound_first(statements: &[Stmt], name: &str, all: usize) -> bool {
    let is_it = |target: &Expr| {
        let mut names = references_within(target.into()).into_iter();
        names.any(|found| found.id == name && found.ctx.is_store())
    };
    let unread = |expression: &Expr| mentions(expression.into(), name) == 0;
    let mut before = statements
        .iter()
        .filter(|inner| mentions((*inner).into(), name) > 0);
    let Some(first) = before.next() else {
        return false;
    };
    let is_all = |statements: &[Stmt]| mentions_in(statements, name) == all;
    match first {
        Stmt::Assign(assign) => unread(&assign.value) && assign.targets.iter().any(is_it),
        Stmt::AnnAssign(assign) => {
            assign.value.as_deref().is_some_and(unread) && is_it(&assign.target)
        }
        Stmt::For(each) => {
            unread(&each.iter)
                && mentions(first.into(), name) == all
                && (is_it(&each.target) || is_bound_first(&each.body, name, all))
        }
        Stmt::With(with) => {
            let mut targets = with
                .items
                .iter()
                .filter_map(|item| item.optional_vars.as_deref());
            with.items.iter().all(|item| unread(&item.context_expr))
                && (targets.any(is_it) || is_bound_first(&with.body, name, all))
        }
        Stmt::Try(attempt) => {
            let mut handlers = attempt.handlers.iter().map(|handler| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                &handler.body
            });
            let leaves = |body: &[Stmt]| matches!(body.last(), Some(Stmt::Raise(_)));
            is_bound_first(&attempt.body, name, all)
                && attempt.finalbody.is_empty()
                && (is_all(&attempt.body)
                    || handlers.all(|body| {
                        leaves(body) && mentions_in(body, name) == 0
                            || is_bound_first(body, name, all)
                    }))
        }
        Stmt::If(branch) => {
            let mut others = branch.elif_else_clauses.iter();
            let ends = branch.elif_else_clauses.last();
            unread(&branch.test)
                && is_bound_first(&branch.body, name, all)
                && (is_all(&branch.body)
                    || ends.is_some_and(|other| other.test.is_none())
                        && others.all(|other| {
                            other.test.as_ref().is_none_or(unread)
                                && is_bound_first(&other.body, name, all)
                        }))
        }
        _ => false,
    }
}
