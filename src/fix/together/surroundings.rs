//! What stands around awaited calls, and forbids that they overlap.

use super::against;
use super::attempts;
use crate::fix::Cx;
use crate::fix::build::imported_loop;
use crate::model::file::{Place, Target, Why};
use crate::model::libraries::Runs;
use crate::model::manifests::Provision;
use crate::python::ast::{AnyNodeRef, Expr, StmtFunctionDef};
use crate::python::span;

/// Refuses where an error must leave what was done before, or where something is held around the
/// loop that orders or limits what happens inside.
pub fn check<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Result<(), Why> {
    let Place::Coroutine { comprehensions, .. } = cx.module.place(node) else {
        return Err(Why::new("`await` is not legal here"));
    };
    if comprehensions > 0 {
        return Err(Why::new("it stands inside another comprehension"));
    }
    if let Some(library) = imported_loop(cx, |event_loop| event_loop.runs == Runs::Own) {
        return Err(Why::new(format!(
            "the coroutine may run under {library}, where `asyncio.gather` fails"
        )));
    }
    if let Some(library) = declared_loop(cx) {
        return Err(Why::new(format!(
            "the project depends on {library} and nothing here says that it runs on asyncio: `asyncio.gather` fails elsewhere"
        )));
    }
    for ancestor in cx.module.ancestors(node) {
        match ancestor {
            AnyNodeRef::StmtFunctionDef(function) => {
                let mut decorators = function.decorator_list.iter();
                let chosen = decorators.find_map(|decorator| {
                    let written = span(decorator).of(cx.module.text());
                    against::scheduler_in(cx, written)
                });
                if let Some(library) = chosen.or_else(|| against::scheduler_in(cx, &function.name))
                {
                    return Err(Why::new(format!(
                        "`{}` may run under {library}, where `asyncio.gather` fails",
                        function.name
                    )));
                }
                if let Some(name) = looks_at_names(cx, function) {
                    return Err(Why::new(format!("`{name}` in the function sees its names")));
                }
                break;
            }
            AnyNodeRef::StmtTry(statement)
                if statement
                    .body
                    .iter()
                    .any(|inner| span(inner).contains(span(node))) =>
            {
                attempts::check(cx, node, statement)?;
            }
            AnyNodeRef::StmtWith(with) if !with.is_async => {
                if let Some(item) = with
                    .items
                    .iter()
                    .find(|item| cx.module.swallows_errors(&item.context_expr))
                    && !attempts::leaves_nothing(cx, node)
                {
                    return Err(Why::new(format!(
                        "`with {}` around it may need what was done before an error",
                        cx.module.describe(&item.context_expr)
                    )));
                }
            }
            AnyNodeRef::StmtWith(with) => {
                for item in &with.items {
                    if !may_be_held(cx, &item.context_expr) {
                        return Err(Why::new(format!(
                            "`async with {}` around it may order or limit what happens inside",
                            cx.module.describe(&item.context_expr)
                        )));
                    }
                }
            }
            _ => {}
        }
    }
    match cx.module.held_across(node) {
        Some(held) => Err(Why::new(format!(
            "`with {held}` around it may be a lock, or swap global state"
        ))),
        None => Ok(()),
    }
}

/// The builtin by which a function looks at its own names, if it calls one.
fn looks_at_names<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef) -> Option<&'a str> {
    let calls = cx.module.calls().iter();
    let within = calls.filter(|call| span(function).contains(span(**call)));
    within
        .filter_map(|call| match cx.module.target(call) {
            Target::Builtin(name) => Some(name),
            _ => None,
        })
        .find(|name| matches!(*name, "dir" | "eval" | "exec" | "locals" | "vars"))
}

/// Whether a context manager lets the code inside do things at the same time.
fn may_be_held<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    if cx.module.is_concurrent_context(expression) {
        return true;
    }
    match expression {
        Expr::Call(call) => matches!(
            cx.module.target(call),
            Target::External(name) if matches!(name.as_str(), "asyncio.timeout" | "asyncio.timeout_at" | "asyncio.TaskGroup")
        ),
        _ => false,
    }
}

/// The library with an event loop of its own that the project declares to depend on, for files that
/// do not speak of asyncio.
fn declared_loop<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    if is_asyncio(cx) {
        return None;
    }
    let libraries = cx.module.catalogue().libraries();
    libraries
        .filter(|library| {
            let event_loop = library.event_loop.as_ref();
            event_loop.is_some_and(|event_loop| event_loop.whole_project)
        })
        .map(|library| library.name.as_str())
        .find(|name| cx.project.provision(cx.file, name, name) == Provision::Declared)
}

/// The library by which the coroutine may come to run on another event loop than asyncio's.
pub(super) fn any_loop<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    imported_loop(cx, |event_loop| event_loop.runs == Runs::Any)
}

/// Whether the file imports asyncio, or a library that runs on nothing else; or its package does in some
/// file, and imports no other event loop in any.
pub fn is_asyncio(cx: &Cx<'_>) -> bool {
    let catalogue = cx.module.catalogue();
    let only: Vec<&str> = catalogue
        .libraries()
        .filter(|library| library.asyncio_only)
        .map(|library| library.name.as_str())
        .collect();
    if only.iter().any(|name| cx.module.imports_module(name)) {
        return true;
    }
    let others: Vec<&str> = catalogue
        .libraries()
        .filter(|library| {
            let runs = library
                .event_loop
                .as_ref()
                .map(|event_loop| event_loop.runs);
            runs.is_some_and(|runs| runs != Runs::Asyncio)
        })
        .map(|library| library.name.as_str())
        .collect();
    let imported = |libraries: &[&str]| !cx.project.imported_beside(cx.file, libraries).is_empty();
    imported(&only) && !imported(&others)
}
