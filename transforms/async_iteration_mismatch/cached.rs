//! Caches that keep a coroutine, which can be awaited once only, and not its result.

use super::INFO;
use crate::fix::{Cx, FileId, Finding, decorator_names, is_kept_by};
use crate::model::file::{Function, Why};
use crate::model::libraries::Yields;
use crate::model::project::Project;

pub(super) fn fires(project: &Project, file: FileId) -> bool {
    let facts = project.facts(file);
    let mut functions = facts.into_iter().flat_map(|facts| &facts.functions);
    functions.any(|function| cache(project, file, function).is_some())
}

/// The decorator that keeps what an async function gives, and what it does.
fn cache(project: &Project, file: FileId, function: &Function) -> Option<(String, Yields)> {
    if !function.is_async || function.decorators.is_empty() {
        return None;
    }
    let mut names = decorator_names(project, file, function).into_iter();
    let name = names.find(|name| !is_kept_by(project, name))?;
    let yields = project.catalogue().decorator(&name)?;
    matches!(yields, Yields::Cached | Yields::CachedProperty).then_some((name, yields))
}

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    let facts = cx.project.facts(cx.file);
    for function in facts.into_iter().flat_map(|facts| &facts.functions) {
        let Some((decorator, yields)) = cache(cx.project, cx.file, function) else {
            continue;
        };
        let name = &function.name;
        let message = match function.is_generator {
            true => format!(
                "`{decorator}` keeps the async generator of `{name}`: whoever goes through it again \
                 gets nothing"
            ),
            false => format!(
                "`{decorator}` keeps the coroutine of `{name}`, not its result: the second `await` of \
                 it raises a RuntimeError"
            ),
        };
        let why = match yields {
            Yields::CachedProperty => {
                "keep a task or the result: `asyncio.ensure_future(...)` can be awaited again and again"
            }
            _ => "keep the result: `async_lru.alru_cache` does it for coroutine functions",
        };
        found.push(cx.finding(&INFO, function.at, message, Err(Why::new(why))));
    }
}
