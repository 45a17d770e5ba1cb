//! Loops and comprehensions that await one item at a time, to `asyncio.gather`.
//!
//! Offered only where everything the awaited function does is known and concerns nobody else, so
//! that its runs may overlap; whatever stands in the way is named. The result keeps order, types and
//! names. Left alone: `while` loops, `async for`, generator expressions.

mod comprehension;
mod flow;
mod render;
mod shape;
mod statement;

use crate::fix::{Cx, FileId, Finding, Info, Transform};
use crate::model::file::Place;
use crate::model::project::Project;
use crate::python::ast::AnyNodeRef;
use crate::python::span;
use crate::text::Span;

pub struct AwaitInLoop;

static INFO: Info = Info {
    id: "await-in-loop",
    codes: &[],
    summary: "a loop or comprehension that awaits one item at a time",
    why: "Each round waits for the one before it, so that a hundred requests of fifty milliseconds \
          take five seconds. Where the rounds do not depend on each other, `asyncio.gather` lets them \
          wait together. No more than `max-concurrency` of them (10 unless configured) run at a time \
          where the number of items is not visibly small.\n\n\
          Most loops must not be changed, and are not: the fix is offered only where the awaited \
          function is in the same file or known from the catalogue, and everything it does is reading. \
          Otherwise the finding says what stands in the way.",
    before: "\
import asyncio

import httpx


async def load(client: httpx.AsyncClient, name: str):
    response = await client.get(f\"https://example.org/{name}\")
    return response.json()


async def load_all(client: httpx.AsyncClient):
    results = []
    for name in (\"one\", \"two\", \"three\"):
        results.append(await load(client, name))
    return results
",
    after: "\
import asyncio

import httpx


async def load(client: httpx.AsyncClient, name: str):
    response = await client.get(f\"https://example.org/{name}\")
    return response.json()


async def load_all(client: httpx.AsyncClient):
    results = await asyncio.gather(
        *[load(client, name) for name in (\"one\", \"two\", \"three\")]
    )
    return results
",
    when_review: "\
- **Review** always: if one of the awaited calls fails, the others still run to their end, and the \
error that is raised is the first in time, not the first in order.
- **Manual** where a round depends on an earlier one, leaves the loop early, waits for pacing, holds \
a lock or a transaction, writes anything, or calls what is not known; and in files of other event \
loops than asyncio's.",
    needles: &["await", "for"],
};

impl Transform for AwaitInLoop {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project
            .facts(file)
            .is_some_and(|facts| facts.awaits_in_loop)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let mut nodes = Vec::new();
        crate::model::file::walk(AnyNodeRef::from(cx.module.tree().module()), &mut |node| {
            if is_candidate(node) {
                nodes.push(node);
            }
            crate::python::ast::TraversalSignal::Traverse
        });
        let named = render::Named::default();
        for node in nodes {
            if !matches!(cx.module.place(node), Place::Coroutine { .. })
                || !shape::awaits_each(cx, node)
            {
                continue;
            }
            let (at, what, fix) = match node {
                AnyNodeRef::StmtFor(statement) => {
                    let header = Span::new(span(statement).start(), span(&*statement.iter).end());
                    (header, "loop", statement::fix(cx, statement, &named))
                }
                _ => (
                    span(node),
                    "comprehension",
                    comprehension::fix(cx, node, &named),
                ),
            };
            let message = format!("this {what} awaits one item at a time");
            found.push(cx.finding(&INFO, at, message, fix));
        }
    }
}

fn is_candidate(node: AnyNodeRef<'_>) -> bool {
    match node {
        AnyNodeRef::StmtFor(statement) => !statement.is_async,
        AnyNodeRef::ExprListComp(_) | AnyNodeRef::ExprSetComp(_) | AnyNodeRef::ExprDictComp(_) => {
            true
        }
        _ => false,
    }
}
