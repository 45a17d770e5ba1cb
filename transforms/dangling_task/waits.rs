//! How long a variable of the function refers to a task that is made there.
//!
//! A task whose error nobody asked for says so when the last reference to it goes.

use super::endless::{is_left, is_true};
use crate::fix::Cx;
use crate::model::file::{CallKind, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, StmtFunctionDef, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// What comes after a statement in its function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// The function ends, or makes the next task, before anything else runs.
    Nothing,
    /// It waits for something.
    Waits,
    /// It waits, and never ends by itself.
    GoesOn,
}

/// The calls by whose names a plain function runs an event loop, or something that does.
const RUNS: [&str; 4] = ["run", "main", "serve", "wait"];

/// What a person must look at, where a new variable refers to a task for long.
pub(super) fn reason<'a>(cx: &Cx<'a>, statement: AnyNodeRef<'a>, task: &str) -> Option<String> {
    match after(cx, statement) {
        After::Nothing => None,
        After::Waits => Some(format!(
            "an error of the task is not reported before the function ends: `{task}` refers to it, and \
             the function waits for something after that"
        )),
        After::GoesOn => Some(format!(
            "an error of the task may never be reported: `{task}` refers to it, and the function goes \
             on until it is cancelled"
        )),
    }
}

pub(super) fn after<'a>(cx: &Cx<'a>, statement: AnyNodeRef<'a>) -> After {
    let mut from = span(statement).end();
    let at = span(statement);
    // Branches that are not taken when this one is, but for the next round of a loop.
    let mut others: Vec<Span> = Vec::new();
    for node in cx.module.ancestors(statement) {
        match node {
            AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_) => {
                from = span(node).start();
                others.clear();
            }
            AnyNodeRef::StmtIf(choice) => {
                let clauses = choice.elif_else_clauses.iter().map(span);
                others.extend(clauses.filter(|clause| !clause.contains(at)));
            }
            AnyNodeRef::StmtFunctionDef(function) => {
                return after_in(cx, function, from, &others);
            }
            _ => {}
        }
    }
    After::Nothing
}

fn after_in<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef, from: usize, others: &[Span]) -> After {
    let mut waits = false;
    let mut goes_on = false;
    for inner in &function.body {
        walk(inner.into(), &mut |node| {
            if others.contains(&span(node)) {
                return TraversalSignal::Skip;
            }
            let is_after = span(node).start() >= from;
            match node {
                AnyNodeRef::StmtFunctionDef(_)
                | AnyNodeRef::StmtClassDef(_)
                | AnyNodeRef::ExprLambda(_) => return TraversalSignal::Skip,
                AnyNodeRef::ExprAwait(_)
                | AnyNodeRef::ExprYield(_)
                | AnyNodeRef::ExprYieldFrom(_) => waits |= is_after,
                AnyNodeRef::Comprehension(each) => waits |= each.is_async && is_after,
                AnyNodeRef::StmtFor(each) => waits |= each.is_async && is_after,
                AnyNodeRef::StmtWith(with) => waits |= with.is_async && span(with).end() > from,
                AnyNodeRef::StmtWhile(each) => {
                    goes_on |= is_after && is_true(&each.test) && !is_left(each);
                }
                AnyNodeRef::ExprCall(call) if !function.is_async => {
                    waits |= is_after && runs_a_loop(cx, call);
                }
                _ => {}
            }
            TraversalSignal::Traverse
        });
    }
    match (waits, goes_on) {
        (true, true) => After::GoesOn,
        (true, false) => After::Waits,
        (false, _) => After::Nothing,
    }
}

/// Whether a call in a plain function runs the event loop, or may by its name.
fn runs_a_loop<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return true,
    };
    let runner = cx.project.facts(cx.file).zip(cx.index_of(call));
    name.split('_').any(|part| RUNS.contains(&part))
        || runner.is_some_and(|(facts, index)| {
            let known = facts.calls.get(index);
            known.is_some_and(|known| known.kind == CallKind::Call)
                && cx.project.runs_a_loop(cx.file, index)
        })
}
