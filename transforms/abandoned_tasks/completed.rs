//! What `asyncio.as_completed` leaves behind.

use super::{INFO, cancelling, exits, is_abandoned, stands_alone};
use crate::fix::{Awaitable, Cx, Finding, Fix, Origin, awaitables, calls_of, reach};
use crate::model::file::{Place, Why, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, StmtFunctionDef, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    for call in calls_of(cx, "asyncio.as_completed") {
        let Place::Coroutine { function, .. } = cx.module.place(call.into()) else {
            continue;
        };
        let around = cx
            .module
            .ancestors(call.into())
            .find(|node| node.is_statement());
        let (Some(AnyNodeRef::StmtFor(each)), Some(given)) = (around, call.arguments.args.first())
        else {
            continue;
        };
        let leaves = exits(&each.body);
        let Some(awaitables) = awaitables(cx, given).filter(|_| !leaves.is_empty()) else {
            continue;
        };
        let is_left = |of: &Awaitable<'_>| {
            matches!(of.origin, Origin::Task(_) | Origin::Coroutine(_))
                && is_abandoned(cx, of, span(call))
        };
        if !span(&*each.iter).contains(span(call)) || !awaitables.iter().all(is_left) {
            continue;
        }
        let message = "the loop over `asyncio.as_completed` may end early, and nobody cancels or awaits \
                       the others";
        let fix = fix(cx, function, &awaitables, &leaves);
        found.push(cx.finding(&INFO, span(call), message, fix));
    }
}

fn fix<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    awaitables: &[Awaitable<'a>],
    leaves: &[AnyNodeRef<'a>],
) -> Result<Result<Fix, EditError>, Why> {
    let collections = awaitables.iter().map(|of| {
        let mut variables = of.variables.iter();
        variables.find(|variable| variable.is_collection)
    });
    let collection = collections
        .reduce(|one, other| one.filter(|one| other.is_some_and(|other| other.name == one.name)))
        .flatten()
        .ok_or_else(|| Why::new("the tasks have no name by which they could be cancelled"))?;
    if matches!(collection.value, Expr::Generator(_)) {
        return Err(Why::new(format!(
            "`{}` is a generator, which can be gone through only once: make it a list of tasks",
            collection.name
        )));
    }
    let mut edits = Vec::new();
    let mut need = None;
    for of in awaitables {
        if let Origin::Coroutine(made) = of.origin {
            if !matches!(cx.module.place(made.into()), Place::Coroutine { .. }) {
                return Err(Why::new(
                    "the coroutines are made where no task can be made",
                ));
            }
            let (start, end, added) = task(cx, made)?;
            need = added;
            edits.extend([start, end]);
        }
    }
    let layout = cx.module.layout();
    for leave in leaves {
        let at = span(*leave);
        if !stands_alone(cx, at) {
            return Err(Why::new(
                "a statement that leaves the loop shares its line with others",
            ));
        }
        if awaits(*leave) {
            return Err(Why::new(
                "what leaves the loop awaits something itself: cancel the others when that is done",
            ));
        }
        let indent = layout.indent_at(at.start());
        let text = cancelling(cx, function, collection.name, indent);
        let text = format!("{}{}{indent}", text.trim_start(), layout.newline());
        edits.push(Edit::insert(at.start(), text));
    }
    let reason = "what is not done when the loop is left is cancelled, and ran on to its end until now: \
                  is there something it has to finish?";
    let fix = Fix::review("cancel what is not done", reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, need)))
}

type Wrapped = (Edit, Edit, Option<crate::model::file::ImportName>);

/// The edits that make a task of a coroutine.
fn task<'a>(cx: &Cx<'a>, made: &'a ExprCall) -> Result<Wrapped, Why> {
    let create_task = reach(cx, "asyncio", "create_task", made.into())?;
    let at: Span = span(made);
    Ok((
        Edit::insert(at.start(), format!("{}(", create_task.text)),
        Edit::insert(at.end(), ")"),
        create_task.need,
    ))
}

fn awaits(node: AnyNodeRef<'_>) -> bool {
    let mut found = false;
    walk(node, &mut |node| {
        found |= node.is_expr_await();
        TraversalSignal::Traverse
    });
    found
}
