//! Tuples of exceptions that have a name: `NETWORK_ERRORS = (requests.Timeout, ...)`.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Lookup, ScopeId, Term, Why};
use crate::python::ast::{AnyNodeRef, Expr, Stmt};
use crate::python::span;

/// A tuple at the top of the file that `except` clauses go by.
pub(super) struct Constant<'a> {
    pub value: &'a Expr,
    /// What is guarded by those clauses.
    pub bodies: Vec<&'a [Stmt]>,
}

/// What an `except` clause lists by the name of a constant. Refused where the constant is used for
/// anything else.
pub(super) fn of<'a>(cx: &Cx<'a>, types: &'a Expr) -> Option<Result<Constant<'a>, Why>> {
    let Expr::Name(name) = types else {
        return None;
    };
    let scope = cx.module.scope_of(types.into())?;
    let Lookup::Bound(ScopeId::MODULE, [only]) = cx.module.lookup(scope, &name.id) else {
        return None;
    };
    let BindingKind::Assign(value @ Expr::Tuple(_)) = cx.module.binding(*only).kind else {
        return None;
    };
    let refused = |what: &str| Some(Err(Why::new(format!("`{}` {what}", name.id))));
    let mut bodies = Vec::new();
    for read in cx.module.reads_of(ScopeId::MODULE, &name.id) {
        let clause = match cx.module.parent(read.into()) {
            Some(AnyNodeRef::ExceptHandlerExceptHandler(clause)) => clause,
            _ => return refused("is not for `except` clauses alone"),
        };
        match cx.module.parent(clause.into()) {
            Some(AnyNodeRef::StmtTry(statement))
                if clause
                    .type_
                    .as_deref()
                    .is_some_and(|types| span(types) == span(read)) =>
            {
                bodies.push(&statement.body[..]);
            }
            _ => return refused("is not for `except` clauses alone"),
        }
    }
    if cx.module.is_exported(&name.id) || is_named_elsewhere(cx, &name.id) {
        return refused("is used by other files");
    }
    Some(Ok(Constant { value, bodies }))
}

/// Whether another file may mean the constant.
fn is_named_elsewhere(cx: &Cx<'_>, name: &str) -> bool {
    cx.project.files().any(|(file, facts)| {
        file != cx.file
            && facts.terms.iter().any(|term| match term {
                Term::Import(_, full) => full.rsplit('.').next() == Some(name),
                Term::Member(_, member) => **member == *name,
                _ => false,
            })
    })
}
