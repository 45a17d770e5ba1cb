//! One round of a `for` statement, and whether it could feed another.

use super::{flow, render, shape};
use crate::fix::Cx;
use crate::model::file::{ScopeId, Why};
use crate::python::ast::{AnyNodeRef, Expr, ExprAwait, ExprCall, Stmt, StmtFor, TraversalSignal};
use crate::python::span;

/// One round of a loop: conditions for it, one statement that awaits, and what follows.
pub(super) struct Round<'a> {
    /// Conditions under which the round does anything, as written for a comprehension.
    pub conditions: Vec<String>,
    pub conditions_read: Vec<&'a Expr>,
    /// The round is the body of an `if`, one level further in.
    pub nested: bool,
    pub statements: &'a [Stmt],
    pub awaited: &'a ExprAwait,
    pub call: &'a ExprCall,
}

/// Refuses loops whose rounds do not all run to their end.
pub(super) fn exits<'a>(cx: &Cx<'a>, statement: &'a StmtFor) -> Result<(), Why> {
    if !statement.orelse.is_empty() {
        return Err(Why::new("the loop has an `else`"));
    }
    let mut found = None;
    for inner in &statement.body {
        crate::model::file::walk(AnyNodeRef::from(inner), &mut |node| {
            let what = match node {
                AnyNodeRef::StmtBreak(_) if ends(cx, node, statement) => {
                    "it may leave the loop early with `break`"
                }
                AnyNodeRef::StmtReturn(_) => "it may leave the loop early with `return`",
                AnyNodeRef::StmtRaise(_) => "it may leave the loop early with `raise`",
                AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => {
                    "it yields in each round"
                }
                AnyNodeRef::StmtTry(_) => {
                    "a round handles its own errors: move it into a coroutine function first"
                }
                AnyNodeRef::StmtWith(_) => {
                    "a round is held by a `with`: move it into a coroutine function first"
                }
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => {
                    "a round defines functions"
                }
                _ => return TraversalSignal::Traverse,
            };
            found = found.or(Some(what));
            TraversalSignal::Skip
        });
    }
    found.map_or(Ok(()), |what| Err(Why::new(what)))
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

pub(super) fn round<'a>(cx: &Cx<'a>, statement: &'a StmtFor) -> Result<Round<'a>, Why> {
    let mut statements: &[Stmt] = &statement.body;
    let mut conditions = Vec::new();
    let mut conditions_read = Vec::new();
    while let [Stmt::If(guard), rest @ ..] = statements
        && guard.elif_else_clauses.is_empty()
        && matches!(&guard.body[..], [Stmt::Continue(_)])
        && shape::awaits_within(AnyNodeRef::from(&*guard.test)).is_empty()
    {
        conditions.push(format!("if {}", render::negated(cx, &guard.test)?));
        conditions_read.push(&*guard.test);
        statements = rest;
    }
    let mut nested = false;
    if let [Stmt::If(only)] = statements
        && only.elif_else_clauses.is_empty()
        && shape::awaits_within(AnyNodeRef::from(&*only.test)).is_empty()
    {
        conditions.push(format!("if {}", shape::operand(cx, &only.test)?));
        conditions_read.push(&*only.test);
        statements = &only.body;
        nested = true;
    }
    let awaits: Vec<&ExprAwait> = statements
        .iter()
        .flat_map(|inner| shape::awaits_within(AnyNodeRef::from(inner)))
        .collect();
    let Some(first) = statements.first() else {
        return Err(Why::new("a round does nothing"));
    };
    let here: Vec<&ExprAwait> = shape::awaits(AnyNodeRef::from(first));
    if here.len() != awaits.len() {
        return Err(Why::new(match here.is_empty() {
            true => {
                "a round does something before it awaits: move all of it into a coroutine function first"
            }
            false => "a round awaits more than one thing, one after the other",
        }));
    }
    let (awaited, call) = shape::only_call(cx, AnyNodeRef::from(first), &here)?;
    match first {
        Stmt::Expr(expression) if matches!(&*expression.value, Expr::Await(_)) => {
            return Err(Why::new(
                "the result is not used: the calls are made for what they do",
            ));
        }
        Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) | Stmt::Expr(_) => {}
        Stmt::If(branch) if span(&*branch.test).contains(span(awaited)) => {}
        _ => return Err(Why::new("whether a round awaits depends on a condition")),
    }
    Ok(Round {
        conditions,
        conditions_read,
        nested,
        statements,
        awaited,
        call,
    })
}

/// Refuses where one round could feed another, or change what others can see; gives the scope of the
/// loop's names.
pub(super) fn independent<'a>(
    cx: &Cx<'a>,
    statement: &'a StmtFor,
    round: &Round<'a>,
    targets: &[&str],
) -> Result<ScopeId, Why> {
    let node = AnyNodeRef::from(statement);
    let conditions = round.conditions_read.iter().copied();
    let read = shape::names_read(
        conditions
            .map(AnyNodeRef::from)
            .chain([round.call.into(), AnyNodeRef::from(&*statement.iter)]),
    );
    let written = shape::names_written(cx, round.statements);
    if let Some(name) = written.iter().find(|name| targets.contains(name)) {
        return Err(Why::new(format!(
            "a round binds the loop's own name `{name}`"
        )));
    }
    if let Some(name) = written.iter().find(|name| read.contains(name)) {
        return Err(Why::new(format!(
            "`{name}` carries over from one round to the next"
        )));
    }
    for &condition in &round.conditions_read {
        shape::condition(cx, condition, targets)?;
    }
    shape::differs(round.call, targets)?;
    shape::binds_nothing(AnyNodeRef::from(&*statement.iter))?;
    cx.module.going_through(&statement.iter)?;
    flow::not_consumed(cx, node, &statement.iter)?;
    let scope = cx
        .module
        .scope_of(node)
        .ok_or_else(|| Why::new("the loop has no scope"))?;
    for &name in targets.iter().chain(&written) {
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
