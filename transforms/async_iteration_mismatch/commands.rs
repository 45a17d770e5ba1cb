//! Commands and tasks of frameworks that call an async function as a plain one.

use super::INFO;
use crate::fix::{Cx, FileId, Finding, decorator_names, functions_by_name, is_kept_by};
use crate::model::file::{Function, Why};
use crate::model::libraries::Coroutine;
use crate::model::project::Project;
use crate::python::ast::{Expr, StmtFunctionDef};

pub(super) fn fires(project: &Project, file: FileId) -> bool {
    let facts = project.facts(file);
    let mut functions = facts.into_iter().flat_map(|facts| &facts.functions);
    functions.any(|function| taken_as(project, file, function).is_some())
}

/// As what a framework takes an async function whose body it never runs.
fn taken_as<'p>(project: &'p Project, file: FileId, function: &Function) -> Option<&'p str> {
    if !function.is_async || function.decorators.is_empty() {
        return None;
    }
    for name in decorator_names(project, file, function) {
        match project.catalogue().endpoint(&name) {
            Some(endpoint) if endpoint.coroutine == Coroutine::Dropped => {
                return Some(&endpoint.what);
            }
            _ if is_kept_by(project, &name) => {}
            _ => return None,
        }
    }
    None
}

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    let nodes = functions_by_name(cx);
    let facts = cx.project.facts(cx.file);
    for function in facts.into_iter().flat_map(|facts| &facts.functions) {
        let Some(what) = taken_as(cx.project, cx.file, function) else {
            continue;
        };
        if nodes.get(&function.at).is_none_or(|node| is_adapted(node)) {
            continue;
        }
        let name = &function.name;
        let end = match what {
            "command" => ", and it exits with 0",
            _ => "",
        };
        let message =
            format!("the {what} `{name}` is an async function: nothing of its body ever runs{end}");
        let why = Why::new(format!(
            "make `{name}` a plain function that has a coroutine run with `asyncio.run`"
        ));
        found.push(cx.finding(&INFO, function.at, message, Err(why)));
    }
}

/// Whether a decorator is told by which class it makes what it makes, which may know about coroutines.
fn is_adapted(function: &StmtFunctionDef) -> bool {
    function
        .decorator_list
        .iter()
        .any(|decorator| match &decorator.expression {
            Expr::Call(call) => {
                let mut keywords = call.arguments.keywords.iter();
                keywords
                    .any(|keyword| matches!(keyword.arg.as_deref(), None | Some("cls" | "base")))
            }
            _ => false,
        })
}
