//! One round of a `for` statement, and whether it could feed another.

use super::{flow, render, shape};
use crate::fix::Cx;
use crate::model::file::{ScopeId, Why, walk};
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, Expr, ExprAwait, ExprCall, Stmt, StmtFor, StmtTry, TraversalSignal,
};
use crate::python::span;

/// One round of a loop: conditions for it, one statement that awaits, and what follows.
pub(super) struct Round<'a> {
    pub guarded: Guarded<'a>,
    /// The round answers errors of the call itself.
    pub is_tried: bool,
    /// Nothing is done with the result.
    pub is_unused: bool,
    /// The statement that awaits.
    pub first: &'a Stmt,
    pub awaited: &'a ExprAwait,
    pub call: &'a ExprCall,
}

/// Refuses loops whose rounds do not all run to their end.
pub(super) fn exits<'a>(cx: &Cx<'a>, statement: &'a StmtFor) -> Result<(), Why> {
    let refuse = |node: AnyNodeRef<'a>, what: &str| {
        let line = cx.project.facts(cx.file);
        let line = line.map_or(0, |facts| facts.line_of(span(node).start()));
        Some(Why::new(format!("{what} in line {line}")))
    };
    if !statement.orelse.is_empty() {
        return Err(Why::new("the loop has an `else`"));
    }
    let mut found = None;
    for inner in &statement.body {
        walk(AnyNodeRef::from(inner), &mut |node| {
            if found.is_some() {
                return TraversalSignal::Skip;
            }
            found = match node {
                AnyNodeRef::StmtBreak(_) if ends(cx, node, statement) => {
                    refuse(node, "it may leave the loop early with `break`")
                }
                AnyNodeRef::StmtReturn(_) => {
                    refuse(node, "it may leave the loop early with `return`")
                }
                AnyNodeRef::StmtRaise(_) if !handles(cx, node, statement) => {
                    refuse(node, "it may leave the loop early with `raise`")
                }
                AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => {
                    refuse(node, "it yields in each round,")
                }
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => {
                    refuse(node, "a round makes a definition of its own")
                }
                _ => None,
            };
            TraversalSignal::Traverse
        });
    }
    found.map_or(Ok(()), Err)
}

/// Whether a `raise` hands on an error that the round has caught.
fn handles<'a>(cx: &Cx<'a>, found: AnyNodeRef<'a>, statement: &StmtFor) -> bool {
    cx.module
        .ancestors(found)
        .take_while(|ancestor| span(*ancestor) != span(statement))
        .any(|ancestor| matches!(ancestor, AnyNodeRef::ExceptHandlerExceptHandler(_)))
}

/// The statement that awaits, where it comes first in a `try` that answers the errors of the call: as
/// it does when the result is read. Refused where it would answer a cancellation as well, which comes
/// while all calls are waited for.
fn first_tried<'a>(cx: &Cx<'a>, attempt: &'a StmtTry) -> Result<&'a Stmt, Why> {
    let catches = |class: &Expr| {
        let name = cx.module.describe(class);
        matches!(
            name.rsplit('.').next(),
            Some("BaseException" | "CancelledError")
        )
    };
    for handler in &attempt.handlers {
        let ExceptHandler::ExceptHandler(handler) = handler;
        let cancelled = match handler.type_.as_deref() {
            None => true,
            Some(Expr::Tuple(classes)) => classes.elts.iter().any(catches),
            Some(class) => catches(class),
        };
        if cancelled {
            return Err(Why::new(
                "a round handles cancellation, which would come to all of them at once",
            ));
        }
    }
    match attempt.body.first() {
        Some(first) if !attempt.is_star && attempt.finalbody.is_empty() => Ok(first),
        _ => Err(Why::new("a round has a `finally` of its own")),
    }
}

/// Whether a `break` ends this loop, and not one inside it.
fn ends<'a>(cx: &Cx<'a>, found: AnyNodeRef<'a>, statement: &StmtFor) -> bool {
    let in_body = |body: &[Stmt]| body.iter().any(|inner| span(inner).contains(span(found)));
    let owner = cx.module.ancestors(found).find(|ancestor| match ancestor {
        AnyNodeRef::StmtFor(inner) => in_body(&inner.body),
        AnyNodeRef::StmtWhile(inner) => in_body(&inner.body),
        _ => false,
    });
    owner.is_some_and(|owner| span(owner) == span(statement))
}

/// The statements of a round, and the conditions under which it does anything.
pub(super) struct Guarded<'a> {
    /// As written for a comprehension.
    pub conditions: Vec<String>,
    pub read: Vec<&'a Expr>,
    /// The round is the body of an `if`, one level further in.
    pub nested: bool,
    pub statements: &'a [Stmt],
}

pub(super) fn guarded<'a>(cx: &Cx<'a>, statement: &'a StmtFor) -> Result<Guarded<'a>, Why> {
    let mut statements: &[Stmt] = &statement.body;
    let mut conditions = Vec::new();
    let mut read = Vec::new();
    while let [Stmt::If(guard), rest @ ..] = statements
        && guard.elif_else_clauses.is_empty()
        && matches!(&guard.body[..], [Stmt::Continue(_)])
        && shape::awaits_within(AnyNodeRef::from(&*guard.test)).is_empty()
    {
        conditions.push(format!("if {}", render::negated(cx, &guard.test)?));
        read.push(&*guard.test);
        statements = rest;
    }
    let mut nested = false;
    if let [Stmt::If(only)] = statements
        && only.elif_else_clauses.is_empty()
        && shape::awaits_within(AnyNodeRef::from(&*only.test)).is_empty()
    {
        conditions.push(format!("if {}", shape::operand(cx, &only.test)?));
        read.push(&*only.test);
        statements = &only.body;
        nested = true;
    }
    Ok(Guarded {
        conditions,
        read,
        nested,
        statements,
    })
}

/// The round, if all that it awaits is one call, which it begins with.
pub(super) fn round<'a>(cx: &Cx<'a>, statement: &'a StmtFor) -> Result<Option<Round<'a>>, Why> {
    let guarded = guarded(cx, statement)?;
    let statements = guarded.statements;
    let awaits: Vec<&ExprAwait> = statements
        .iter()
        .flat_map(|inner| shape::awaits_within(AnyNodeRef::from(inner)))
        .collect();
    let Some(first) = statements.first() else {
        return Err(Why::new("a round does nothing"));
    };
    let is_async = |inner: &Stmt| shape::is_async_within(inner.into());
    if awaits.len() != 1 || statements.iter().any(is_async) {
        return Ok(None);
    }
    let mut first = first;
    let mut is_tried = false;
    while let Stmt::Try(attempt) = first {
        first = first_tried(cx, attempt)?;
        is_tried = true;
    }
    let here: Vec<&ExprAwait> = shape::awaits(AnyNodeRef::from(first));
    if here.is_empty() || first.is_with_stmt() {
        return Ok(None);
    }
    let (awaited, call) = shape::only_call(cx, AnyNodeRef::from(first), &here)?;
    let mut is_unused = false;
    match first {
        Stmt::Expr(expression) if matches!(&*expression.value, Expr::Await(_)) => {
            is_unused = true;
        }
        Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) | Stmt::Expr(_) => {}
        Stmt::If(branch) if span(&*branch.test).contains(span(awaited)) => {}
        _ => return Err(Why::new("whether a round awaits depends on a condition")),
    }
    Ok(Some(Round {
        guarded,
        is_tried,
        is_unused,
        first,
        awaited,
        call,
    }))
}

/// Refuses where one round could feed another, or change what others can see; gives the scope of the
/// loop's names.
pub(super) fn independent<'a>(
    cx: &Cx<'a>,
    statement: &'a StmtFor,
    round: &Round<'a>,
    targets: &[&str],
) -> Result<ScopeId, Why> {
    let written = shape::names_written(cx, round.guarded.statements);
    if let Some(name) = written.iter().find(|name| targets.contains(name)) {
        return Err(Why::new(format!(
            "a round binds the loop's own name `{name}`"
        )));
    }
    let read = shape::names_read([round.call.into()]);
    let scope = no_feed(cx, statement, &round.guarded, read, &written, targets)?;
    shape::differs(round.call, targets)?;
    Ok(scope)
}

/// Refuses where what the rounds leave, the names `written`, is what a later one goes by: `read`, the
/// conditions and the items; gives the scope of the loop's names.
pub(super) fn no_feed<'a>(
    cx: &Cx<'a>,
    statement: &'a StmtFor,
    guarded: &Guarded<'a>,
    mut read: Vec<&'a str>,
    written: &[&'a str],
    targets: &[&str],
) -> Result<ScopeId, Why> {
    let node = AnyNodeRef::from(statement);
    let conditions = guarded.read.iter().copied().map(AnyNodeRef::from);
    read.extend(shape::names_read(
        conditions.chain([AnyNodeRef::from(&*statement.iter)]),
    ));
    if let Some(name) = written.iter().find(|name| read.contains(name)) {
        return Err(Why::new(format!(
            "`{name}` carries over from one round to the next"
        )));
    }
    for &condition in &guarded.read {
        shape::condition(cx, condition, targets)?;
    }
    shape::binds_nothing(AnyNodeRef::from(&*statement.iter))?;
    cx.module.going_through(&statement.iter)?;
    flow::not_consumed(cx, node, &statement.iter)?;
    let scope = cx
        .module
        .scope_of(node)
        .ok_or_else(|| Why::new("the loop has no scope"))?;
    for &name in targets.iter().chain(written) {
        if cx.module.bindings_of(scope, name).is_empty() {
            return Err(Why::new(format!(
                "`{name}` belongs to the code around the function"
            )));
        }
        flow::not_enclosed(cx, node, scope, name)?;
        flow::not_shared(cx, node, scope, name)?;
    }
    Ok(scope)
}
