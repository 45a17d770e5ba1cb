//! Awaited calls in a row that need nothing of each other, to tasks that wait together.
//!
//! A row is a run of statements of one block. A statement that uses the result of an earlier one, or
//! whose call may read what an earlier one changes, ends the row and may begin the next. What the
//! calls do is judged as for loops. Left alone, without a word: rows whose calls are not known to be
//! harmless, rows of tests but for the plainest, awaits that a condition decides on, awaits of what is no call.

mod flow;
mod names;
mod paths;
mod rows;
mod statement;
mod steps;
mod write;

use crate::fix::{Cx, FileId, Finding, Info, Safety, Transform};
use crate::model::file::{Place, walk};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, TraversalSignal};

pub struct SequentialAwaits;

static INFO: Info = Info {
    id: "sequential-awaits",
    codes: &[],
    summary: "awaits in a row, none of which needs another",
    why: "Each call waits until the one before it is done, though it does not need its result: three \
          requests of fifty milliseconds take a hundred and fifty. As tasks they wait together.\n\n\
          Most awaits in a row must stay in a row, and are not even mentioned: one starts what the next \
          one uses. The fix is offered only where all that the calls do is known, or nothing speaks \
          against it, and none reads what another one gives or changes. Results are read in the order \
          of the source, so that the first error in order is the one that is raised.",
    before: "\
import httpx


async def load(client: httpx.AsyncClient, name: str):
    response = await client.get(f\"https://example.org/{name}\")
    return response.json()


async def load_both(client: httpx.AsyncClient):
    users = await load(client, \"users\")
    teams = await load(client, \"teams\")
    return users, teams
",
    after: "\
import asyncio

import httpx


async def load(client: httpx.AsyncClient, name: str):
    response = await client.get(f\"https://example.org/{name}\")
    return response.json()


async def load_both(client: httpx.AsyncClient):
    users_task = asyncio.create_task(load(client, \"users\"))
    teams_task = asyncio.create_task(load(client, \"teams\"))
    await asyncio.gather(users_task, teams_task, return_exceptions=True)
    users = users_task.result()
    teams = teams_task.result()
    return users, teams
",
    when_review: "\
- **Review** where what a call does is not known but nothing speaks against it, where results are \
given to more than local names or not used at all, and with another `failure` than \
`sequential-equivalent`.
- **Manual** where the calls may overlap, but something around them or their layout stands in the way.",
    needles: &["await"],
};

impl Transform for SequentialAwaits {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.facts(file).is_some_and(|facts| facts.awaits_in_row)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let mut first_statements = Vec::new();
        walk(AnyNodeRef::from(cx.module.tree().module()), &mut |node| {
            if node.is_statement() {
                first_statements.extend(cx.module.block(node).filter(|block| block.index == 0));
            }
            match node.is_expression() {
                true => TraversalSignal::Skip,
                false => TraversalSignal::Traverse,
            }
        });
        let finder = rows::Finder::new(cx);
        let named = names::Named::default();
        for block in first_statements {
            let Some(first) = block.statements.first() else {
                continue;
            };
            if !matches!(cx.module.place(first.into()), Place::Coroutine { .. }) {
                continue;
            }
            for row in finder.rows(block.statements) {
                if write::is_doubtful_twice(cx, &row) {
                    continue;
                }
                let count = row.awaits().count();
                let message = format!(
                    "{count} awaits in a row, none of which needs another: {count} rounds could be 1"
                );
                let fix = write::fix(cx, &row, &named);
                let is_safe = matches!(&fix, Ok(Ok(fix)) if fix.safety() == Safety::Safe);
                if is_test(cx, first.into()) && !is_safe && !row.is_of_one_function(cx) {
                    continue;
                }
                let mut finding = cx.finding(&INFO, row.span(), message, fix);
                finding.evidence.clone_from(&row.judged.evidence);
                if finding.fix().is_some() {
                    finding.evidence.extend(PROVEN.map(str::to_owned));
                }
                found.push(finding);
            }
        }
    }
}

/// What was proven before a fix is offered at all.
const PROVEN: [&str; 3] = [
    "none of them is given what another one gives or writes, and nothing between them needs to come first",
    "nothing entered around them is known to serve one call at a time, such as a lock or a transaction",
    "nothing among them paces the calls, and what they give is bound to the names that it had",
];

/// Whether code tests other code: what it does in a row is mostly what it is about.
fn is_test<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    let mut around = cx.module.ancestors(node);
    let in_test = around.any(|ancestor| {
        matches!(ancestor, AnyNodeRef::StmtFunctionDef(function) if function.name.starts_with("test"))
    });
    in_test
        || ["pytest", "unittest"]
            .iter()
            .any(|name| cx.module.imports_module(name))
}
