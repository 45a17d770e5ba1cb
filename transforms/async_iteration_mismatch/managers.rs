//! `contextlib.contextmanager` on an async generator, and `asynccontextmanager` on a plain one.

use super::INFO;
use super::renamed::renamed;
use crate::fix::{Cx, FileId, Finding, Fix, decorator_names, functions_by_name};
use crate::model::file::{Function, Why};
use crate::model::project::Project;
use crate::python::ast::StmtFunctionDef;
use crate::text::{Edit, EditError};

const PLAIN: &str = "contextlib.contextmanager";
const ASYNCHRONOUS: &str = "contextlib.asynccontextmanager";

pub(super) fn fires(project: &Project, file: FileId) -> bool {
    let facts = project.facts(file);
    let mut functions = facts.into_iter().flat_map(|facts| &facts.functions);
    functions.any(|function| is_mixed(project, file, function))
}

/// Whether a generator is made a context manager of the other world.
fn is_mixed(project: &Project, file: FileId, function: &Function) -> bool {
    if !function.is_generator || function.decorators.is_empty() {
        return false;
    }
    let names = decorator_names(project, file, function);
    let wrong = match function.is_async {
        true => PLAIN,
        false => ASYNCHRONOUS,
    };
    names.first().is_some_and(|name| name == wrong)
}

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    let nodes = functions_by_name(cx);
    let facts = cx.project.facts(cx.file);
    for function in facts.into_iter().flat_map(|facts| &facts.functions) {
        if !is_mixed(cx.project, cx.file, function) {
            continue;
        }
        let Some(node) = nodes.get(&function.at) else {
            continue;
        };
        let name = &function.name;
        let message = match function.is_async {
            true => format!(
                "`{PLAIN}` makes no context manager of an async generator: to enter `{name}()` fails \
                 whenever it runs"
            ),
            false => format!(
                "`{ASYNCHRONOUS}` makes no context manager of a plain generator: to enter `{name}()` \
                 fails whenever it runs"
            ),
        };
        found.push(cx.finding(&INFO, function.at, message, fix(cx, node, function.starts)));
    }
}

fn fix<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    starts: usize,
) -> Result<Result<Fix, EditError>, Why> {
    if !function.is_async {
        let edits = vec![Edit::insert(starts, "async ")];
        return Ok(Fix::safe("make it an async generator", cx.file, edits));
    }
    let last = function.decorator_list.last();
    let decorator = last.ok_or_else(|| Why::new("the decorator was not found"))?;
    let (edits, need) = renamed(
        cx,
        &decorator.expression,
        "contextlib",
        "asynccontextmanager",
    )?;
    let fix = Fix::safe("use `contextlib.asynccontextmanager`", cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, need)))
}
