//! Loops and comprehensions that await one item at a time, to tasks that wait together.
//!
//! Offered only where everything the awaited function does is known and concerns nobody else, so
//! that its runs may overlap, or where nothing speaks against it; whatever stands in the way is
//! named. The result keeps order, types and names. What becomes of an error is a setting. Left
//! alone: `while` loops, `async for`, generator expressions.

mod bound;
mod comprehension;
mod element;
mod flow;
mod function;
mod place;
mod raising;
mod render;
mod round;
mod shape;
mod statement;

use crate::fix::together::{Judged, Way, Writer};
use crate::fix::{Cx, FileId, Finding, Fix, Info, Transform};
use crate::model::file::Place;
use crate::model::project::Project;
use crate::python::ast::AnyNodeRef;
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub struct AwaitInLoop;

static INFO: Info = Info {
    id: "await-in-loop",
    codes: &[],
    summary: "a loop or comprehension that awaits one item at a time",
    why: "Each round waits for the one before it, so that a hundred requests of fifty milliseconds \
          take five seconds. Where the rounds do not depend on each other, tasks let them wait \
          together. No more than `max-concurrency` of them (10 unless configured) run at a time \
          where the number of items is not visibly small.\n\n\
          All calls are waited for, and their results read in the order of the items: the error that \
          is raised is the first in that order, and what the loop did before it stays done, as if the \
          calls had been made one by one. `failure` in the settings asks for something else: with \
          `first-error` the results come from one `asyncio.gather`; with `cancel-siblings` the other \
          calls are cancelled, by an `asyncio.TaskGroup` where the target has it and no caller \
          catches the errors by name.\n\n\
          Most loops must not be changed, and are not: the fix is offered only where everything the \
          awaited function does is known to be reading, or nothing speaks against it. Otherwise the \
          finding says what stands in the way.",
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
    results = []
    tasks = [
        asyncio.create_task(load(client, name)) for name in (\"one\", \"two\", \"three\")
    ]
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        results.append(task.result())
    return results
",
    when_review: "\
- **Safe** where everything that the awaited calls do is known, and is only reading.
- **Review** where something the calls do is not seen; and where `failure` is `first-error` or \
`cancel-siblings`, or the results stand where no line can be put above them: if one of the awaited \
calls fails, the error that is raised is the first in time, not the first in order.
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
            let mut message = format!("this {what} awaits one item at a time");
            let mut evidence = Vec::new();
            let fix = fix.map(|outcome| {
                message.push_str(&gain(cx, outcome.length));
                evidence = outcome.evidence;
                outcome.fix
            });
            let mut finding = cx.finding(&INFO, at, message, fix);
            finding.evidence = evidence;
            found.push(finding);
        }
    }
}

/// What is won, for a message.
fn gain(cx: &Cx<'_>, length: Option<usize>) -> String {
    match (length, cx.options.max_concurrency) {
        (Some(rounds), limit) if limit == 0 || rounds <= limit => {
            format!(": its {rounds} rounds could wait together")
        }
        (_, 0) => ": all its rounds could wait together".to_owned(),
        (_, limit) => format!(": up to {limit} of its rounds could wait together"),
    }
}

/// A change and what it is known by.
struct Outcome {
    fix: Result<Fix, EditError>,
    evidence: Vec<String>,
    /// How many rounds there are, if that is written.
    length: Option<usize>,
}

/// The fix that consists of these edits: safe where nothing is left to confirm.
fn outcome(
    writer: &Writer<'_, '_>,
    what: &str,
    judged: Judged,
    doubts: Vec<String>,
    length: Option<usize>,
    edits: Vec<Edit>,
) -> Outcome {
    let mut confirm: Vec<String> = judged.confirm.into_iter().collect();
    confirm.extend(doubts);
    confirm.extend(writer.failing().map(str::to_owned));
    let reason = (!confirm.is_empty()).then(|| confirm.join("; "));
    let with = match writer.way {
        Way::Group => "asyncio.TaskGroup",
        _ => "asyncio.gather",
    };
    let title = format!("await all {what} at once with {with}");
    let file = writer.cx.file;
    let fix = Fix::judged(title, reason, file, edits).map(|fix| {
        let needs = writer.needs().into_iter();
        needs.fold(fix, |fix, need| fix.needing(file, Some(need)))
    });
    let mut evidence = judged.evidence;
    evidence.extend(proven(what, length, writer.cx.options.max_concurrency));
    Outcome {
        fix,
        evidence,
        length,
    }
}

/// What was proven before a fix is offered at all.
fn proven(what: &str, length: Option<usize>, limit: usize) -> Vec<String> {
    let mut proven = vec![
        "none of them uses what another one writes, and what is gone through is not changed meanwhile"
            .to_owned(),
        "nothing entered around them is known to serve one call at a time, such as a lock or a transaction"
            .to_owned(),
        "nothing among them paces the calls, and their results keep the order of the items".to_owned(),
    ];
    if what == "rounds" {
        proven.extend([
            "none of them leaves the loop before its end, and nobody sees the results until then"
                .to_owned(),
            "names that the loop binds are bound as before, or not read after it".to_owned(),
        ]);
    }
    proven.push(match length {
        _ if limit == 0 => format!("the settings ask for no bound: all {what} run at a time"),
        Some(length) if length <= limit => {
            format!("there are {length} {what}, no more than {limit}")
        }
        _ => format!("no more than {limit} {what} run at a time"),
    });
    proven
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
