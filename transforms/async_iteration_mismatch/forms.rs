//! `for` and `with` over what serves `async for` and `async with` only, and the reverse.

use super::{INFO, asynchronous, is_expected, tried, turned};
use crate::fix::{Cx, Finding, Fix};
use crate::model::file::{CallKind, Why, walk};
use crate::model::project::Mismatch;
use crate::python::ast::{AnyNodeRef, Comprehension, StmtWith, TraversalSignal};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, EditError, Span};
use rustc_hash::FxHashMap;

type Mismatches = FxHashMap<(Span, CallKind), Mismatch>;

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    let Some(facts) = cx.project.facts(cx.file) else {
        return;
    };
    let of_file = cx.project.mismatches(cx.file).into_iter();
    let mismatches: Mismatches = of_file
        .filter_map(|mismatch| {
            let call = facts.calls.get(mismatch.call)?;
            Some(((call.at, call.kind), mismatch))
        })
        .collect();
    if mismatches.is_empty() {
        return;
    }
    walk(cx.module.tree().module().into(), &mut |node| {
        match node {
            AnyNodeRef::StmtFor(statement) => {
                let key = (span(&*statement.iter), loop_kind(statement.is_async));
                if let Some(mismatch) = mismatches.get(&key)
                    && !is_expected(cx, node)
                {
                    let fix = of_loop(cx, node, statement.is_async, mismatch);
                    let message = message("for", statement.is_async, &mismatch.what);
                    found.push(cx.finding(&INFO, span(&*statement.iter), message, fix));
                }
            }
            AnyNodeRef::Comprehension(clause) => {
                let key = (span(&clause.iter), loop_kind(clause.is_async));
                if let Some(mismatch) = mismatches.get(&key)
                    && !is_expected(cx, node)
                {
                    let fix = of_clause(cx, clause, mismatch);
                    let message = message("for", clause.is_async, &mismatch.what);
                    found.push(cx.finding(&INFO, span(&clause.iter), message, fix));
                }
            }
            AnyNodeRef::StmtWith(statement) => with(cx, statement, &mismatches, found),
            _ => {}
        }
        TraversalSignal::Traverse
    });
}

fn loop_kind(is_async: bool) -> CallKind {
    match is_async {
        true => CallKind::AsyncIterate,
        false => CallKind::Iterate,
    }
}

fn message(form: &str, is_async: bool, what: &str) -> String {
    match (form, is_async) {
        ("for", false) => format!("`for` goes through {what}: this fails whenever it runs"),
        ("for", true) => format!("`async for` goes through {what}: this fails whenever it runs"),
        (_, false) => format!("`with` enters {what}: this fails whenever it runs"),
        (_, true) => format!("`async with` enters {what}: this fails whenever it runs"),
    }
}

/// What a person must confirm of the object, or of what is around.
fn doubt<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, mismatch: &Mismatch) -> Option<String> {
    match mismatch.is_certain {
        true => tried(cx, node),
        false => Some(format!(
            "an annotation or an assignment says that it is {}: is it always?",
            mismatch.what
        )),
    }
}

fn of_loop<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    is_async: bool,
    mismatch: &Mismatch,
) -> Result<Result<Fix, EditError>, Why> {
    if !is_async {
        asynchronous(cx, node, "async for")?;
    }
    of_other_world(cx, node, is_async, mismatch)
}

/// The other form of a loop or a comprehension's clause.
fn of_other_world<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    is_async: bool,
    mismatch: &Mismatch,
) -> Result<Result<Fix, EditError>, Why> {
    let edits = vec![turned(cx, span(node), is_async)?];
    let title = match is_async {
        true => "use `for`",
        false => "use `async for`",
    };
    Ok(Fix::judged(
        title,
        doubt(cx, node, mismatch),
        cx.file,
        edits,
    ))
}

fn of_clause<'a>(
    cx: &Cx<'a>,
    clause: &'a Comprehension,
    mismatch: &Mismatch,
) -> Result<Result<Fix, EditError>, Why> {
    let node = AnyNodeRef::from(clause);
    let around = cx.module.parent(node);
    if around.is_none_or(|around| around.is_expr_generator()) {
        return Err(Why::new(match clause.is_async {
            true => {
                "the generator expression would become a plain one, which others may go through"
            }
            false => {
                "the generator expression would become an asynchronous one: make it a list \
                 comprehension, or go through it with `async for`"
            }
        }));
    }
    if !clause.is_async
        && let Some(around) = around
    {
        asynchronous(cx, around, "async for")?;
        let within = cx.module.ancestors(around);
        let mut within = within.take_while(|node| !node.is_statement());
        let nested = within.any(|node| {
            let comprehension = node.is_expr_list_comp() || node.is_expr_set_comp();
            comprehension || node.is_expr_dict_comp() || node.is_expr_generator()
        });
        if nested && cx.options.target < PythonVersion::PY311 {
            return Err(Why::new(
                "an asynchronous comprehension in another one needs Python 3.11",
            ));
        }
    }
    of_other_world(cx, node, clause.is_async, mismatch)
}

fn with<'a>(
    cx: &Cx<'a>,
    statement: &'a StmtWith,
    mismatches: &Mismatches,
    found: &mut Vec<Finding>,
) {
    let kind = match statement.is_async {
        true => CallKind::AsyncWith,
        false => CallKind::With,
    };
    let of = |item: Span| mismatches.get(&(item, kind));
    let items = statement.items.iter();
    let wrong: Vec<(Span, &Mismatch)> = items
        .filter_map(|item| {
            let at = span(&item.context_expr);
            Some((at, of(at)?))
        })
        .collect();
    let Some((at, mismatch)) = wrong.first().copied() else {
        return;
    };
    let node = AnyNodeRef::from(statement);
    if is_expected(cx, node) {
        return;
    }
    let fix = || {
        if wrong.len() < statement.items.len() {
            return Err(Why::new(
                "other items of the statement are of the other world: nest two statements",
            ));
        }
        if !statement.is_async {
            asynchronous(cx, node, "async with")?;
        }
        let edits: Vec<Edit> = vec![turned(cx, span(statement), statement.is_async)?];
        let mut reason = wrong.iter().find_map(|(_, of)| doubt(cx, node, of));
        let mut libraries = wrong.iter().filter_map(|(_, of)| of.library.as_deref());
        if statement.is_async
            && let Some(name) = libraries.find(|name| may_block(cx, name))
        {
            reason = Some(format!(
                "`{name}` is made for plain code, and may block the event loop: is its asynchronous \
                 counterpart meant?"
            ));
        }
        let title = match statement.is_async {
            true => "use `with`",
            false => "use `async with`",
        };
        Ok(Fix::judged(title, reason, cx.file, edits))
    };
    let message = message("with", statement.is_async, &mismatch.what);
    found.push(cx.finding(&INFO, at, message, fix()));
}

/// Whether the class of a library, or what gives an object of it, is one of those that block.
fn may_block(cx: &Cx<'_>, name: &str) -> bool {
    let catalogue = cx.module.catalogue();
    let whole = format!("{name}.__enter__");
    let left = format!("{name}.__exit__");
    [name, &whole, &left]
        .iter()
        .any(|name| catalogue.blocking(name).is_some())
        || catalogue.counterpart(name).is_some()
}
