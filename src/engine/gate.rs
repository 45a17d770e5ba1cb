//! The checks that every changed file must pass before anybody sees it.

use crate::model::file::{Module, Place, Target};
use crate::python::ast::{AnyNodeRef, TraversalSignal};
use crate::python::span;
use std::collections::BTreeMap;

/// Calls of these yield coroutines or futures that must be used, not dropped.
const AWAITABLE: [&str; 6] = [
    "asyncio.gather",
    "asyncio.sleep",
    "asyncio.to_thread",
    "anyio.sleep",
    "trio.sleep",
    "httpx.AsyncClient",
];

/// Builtins that transforms and helpers write.
const BUILTINS: [&str; 13] = [
    "BaseException",
    "TimeoutError",
    "UnicodeDecodeError",
    "ValueError",
    "bytes",
    "dict",
    "getattr",
    "hasattr",
    "isinstance",
    "list",
    "set",
    "str",
    "zip",
];

/// Compares a file before and after fixes; the error says what is wrong with the new one. Comments that
/// were to go are `gone`.
pub(super) fn check(before: &Module<'_>, after: &Module<'_>, gone: &[&str]) -> Result<(), String> {
    let old = misplaced(before);
    if let Some(what) = misplaced(after)
        .into_iter()
        .find(|what| !old.contains(what))
    {
        return Err(what);
    }
    let old = dropped(before);
    if let Some(what) = dropped(after).into_iter().find(|what| !old.contains(what)) {
        return Err(what);
    }
    let old = before.free_names();
    if let Some(name) = after
        .free_names()
        .into_iter()
        .find(|name| !old.contains(name) && !BUILTINS.contains(name))
    {
        return Err(format!("the name `{name}` is bound nowhere"));
    }
    let kept = comments(after);
    for (comment, count) in comments(before) {
        let gone = gone.iter().filter(|gone| gone.trim_end() == comment);
        if kept.get(comment).copied().unwrap_or(0) + gone.count() < count {
            return Err(format!("the comment `{comment}` is lost"));
        }
    }
    Ok(())
}

/// `await` and its kin outside coroutines, each as a message.
fn misplaced(module: &Module<'_>) -> Vec<String> {
    let mut found = Vec::new();
    crate::model::file::walk(AnyNodeRef::from(module.tree().module()), &mut |node| {
        let what = match node {
            AnyNodeRef::ExprAwait(_) => "`await`",
            AnyNodeRef::StmtFor(statement) if statement.is_async => "`async for`",
            AnyNodeRef::StmtWith(statement) if statement.is_async => "`async with`",
            AnyNodeRef::Comprehension(clause) if clause.is_async => "an asynchronous comprehension",
            _ => return TraversalSignal::Traverse,
        };
        if !matches!(
            module.place(node),
            Place::Coroutine { .. } | Place::Generator
        ) {
            let line = span(node)
                .of(module.text())
                .lines()
                .next()
                .unwrap_or_default();
            found.push(format!("{what} outside a coroutine: {line}"));
        }
        TraversalSignal::Traverse
    });
    found
}

/// Coroutines that are created as statements and never awaited, each as a message.
fn dropped(module: &Module<'_>) -> Vec<String> {
    module
        .calls()
        .iter()
        .filter(|&&call| {
            matches!(
                module.parent(AnyNodeRef::from(call)),
                Some(AnyNodeRef::StmtExpr(_))
            )
        })
        .filter_map(|&call| match module.target(call) {
            Target::External(name) if AWAITABLE.contains(&name.as_str()) => {
                Some(format!("`{name}(...)` is not awaited"))
            }
            _ => None,
        })
        .collect()
}

fn comments<'a>(module: &Module<'a>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for comment in module.tree().comments() {
        *counts
            .entry(comment.of(module.text()).trim_end())
            .or_default() += 1;
    }
    counts
}
