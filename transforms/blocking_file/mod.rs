//! Work on files and directories in a coroutine, to the same work in a thread.
//!
//! A `with open(...)` block that only works on its file moves as a whole into a function next to it;
//! other calls move one by one, and calls inside of calls, or in comprehensions, in a `lambda`.
//!
//! Left alone: files that are open while the code awaits (only their reads and writes move), files of
//! which nothing is known here, and work on files in plain functions. What works on files is data in
//! `libraries/python_files.toml` and its neighbours.

mod block;
mod flow;
mod moved;
mod name;
mod single;
mod unit;

use crate::fix::{BlockingCall, Cx, FileId, Finding, Fix, Info, Transform, blocking_calls};
use crate::model::file::{Place, Why};
use crate::model::libraries::{Fallback, Kind};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, Comprehension, Expr, StmtWith};
use crate::python::span;
use crate::text::{EditError, Span};
use std::collections::{BTreeMap, BTreeSet};

pub struct BlockingFile;

static INFO: Info = Info {
    id: "blocking-file",
    codes: &["ASYNC230", "ASYNC231", "ASYNC232", "ASYNC240"],
    summary: "work on files in a coroutine",
    why: "While a coroutine reads a file, lists a directory or copies a tree, no other task runs. With a \
          fast disk that is short; with a network drive, a large file or a busy machine it is not. A \
          thread does the same work while the event loop goes on.\n\n\
          A `with open(...)` block moves into a function right above, if all it does can run in a \
          thread; what it computes is returned. A single call becomes an argument of \
          `asyncio.to_thread`.",
    before: "\
import json
from pathlib import Path


async def settings(path: Path):
    if not path.exists():
        return {}
    with open(path) as file:
        return json.load(file)
",
    after: "\
import asyncio
import json
from pathlib import Path


async def settings(path: Path):
    if not await asyncio.to_thread(path.exists):
        return {}

    def read_file():
        with open(path) as file:
            return json.load(file)

    return await asyncio.to_thread(read_file)
",
    when_review: "\
- **Review** where the code that moves calls functions that are not known, or goes through objects that \
other tasks may change meanwhile.
- **Review** for single reads and writes of a file that stays open while the coroutine awaits, or that \
other tasks may use.
- **Review** where a lazy iterator, as of `os.walk`, is read to its end before its loop begins, and the \
loop may end early or change what is read.
- **Manual** for opening a file that stays open while the coroutine awaits or yields (aiofiles and anyio \
have files for coroutines); for blocks of which only some ways return; for walks whose loop chooses the \
directories; and below Python 3.9.",
    // Methods of paths and files have common names, and may be all that a file shows.
    needles: &["async"],
};

impl Transform for BlockingFile {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.graph().waits_for(file, Kind::File)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let calls = blocking_calls(cx, Kind::File);
        let blocks = Blocks::new(cx, &calls);
        for blocking in &calls {
            let message = format!("`{}` blocks the event loop", blocking.name);
            let fix = remedy(cx, &calls, blocking, &blocks);
            found.push(cx.finding(&INFO, span(blocking.call), message, fix));
        }
        lines(cx, &blocks, found);
        found.sort_by_key(|finding| finding.at);
    }
}

/// The `with` statements of the file that open files in coroutines, and what becomes of each.
struct Blocks<'a> {
    fixes: BTreeMap<Span, Result<Fix, Why>>,
    statements: Vec<&'a StmtWith>,
    /// Comprehensions and the like that move whole.
    units: Vec<(Span, Fix)>,
}

impl<'a> Blocks<'a> {
    fn new(cx: &Cx<'a>, calls: &[BlockingCall<'a>]) -> Self {
        let mut taken = BTreeSet::new();
        let mut fixes = BTreeMap::new();
        let mut statements: Vec<&'a StmtWith> = Vec::new();
        for blocking in calls {
            let around = cx.module.ancestors(blocking.call.into());
            let within = around.take_while(|node| !node.is_stmt_function_def());
            let mut here: Vec<&'a StmtWith> = within
                .filter_map(|node| match node {
                    AnyNodeRef::StmtWith(with) => Some(with),
                    _ => None,
                })
                .collect();
            // The outermost block that can move moves.
            here.reverse();
            for with in here {
                if !block::opens_files(with, calls) {
                    continue;
                }
                let whole = span(with);
                let inside = statements.iter().any(|outer| {
                    span(*outer) != whole
                        && span(*outer).contains(whole)
                        && matches!(fixes.get(&span(*outer)), Some(Ok(_)))
                });
                if !inside && !fixes.contains_key(&whole) {
                    fixes.insert(whole, block::fix(cx, calls, with, &mut taken));
                    statements.push(with);
                }
            }
        }
        let mut blocks = Self {
            fixes,
            statements,
            units: Vec::new(),
        };
        for blocking in calls {
            let at = span(blocking.call);
            let unit = unit::around(cx, calls, blocking.call, is_lazy(cx, blocking));
            let Some(unit) = unit.ok().filter(|unit| span(*unit) != at) else {
                continue;
            };
            let known = blocks.units.iter().any(|(whole, _)| *whole == span(unit));
            if !known
                && blocks.moving(at).is_none()
                && let Ok(Ok(fix)) = unit::fix(cx, unit)
            {
                blocks.units.push((span(unit), fix));
            }
        }
        blocks
    }

    /// The fix of the largest expression around a call that moves whole.
    fn wider(&self, at: Span) -> Option<&Fix> {
        let around = self.units.iter().filter(|(whole, _)| whole.contains(at));
        let largest = around.max_by_key(|(whole, _)| whole.len());
        largest.map(|(_, fix)| fix)
    }

    /// The fix of the block around a node, if there is one.
    fn moving(&self, at: Span) -> Option<&Fix> {
        self.fixes
            .iter()
            .find_map(|(whole, fix)| fix.as_ref().ok().filter(|_| whole.contains(at)))
    }

    /// Why the block that a call opens the file of stays where it is.
    fn stays(&self, at: Span) -> Option<&Why> {
        let opening = self.statements.iter().find(|with| {
            let mut items = with.items.iter();
            items.any(|item| span(&item.context_expr) == at)
        })?;
        self.fixes.get(&span(*opening))?.as_ref().err()
    }
}

fn remedy<'a>(
    cx: &Cx<'a>,
    calls: &[BlockingCall<'a>],
    blocking: &BlockingCall<'a>,
    blocks: &Blocks<'a>,
) -> Result<Result<Fix, EditError>, Why> {
    let at = span(blocking.call);
    if let Some(fix) = blocks.moving(at) {
        return Ok(Ok(fix.clone()));
    }
    if let Some(why) = blocks.stays(at) {
        let instead = blocking.entry.instead.as_deref();
        let instead = instead.map_or_else(String::new, |instead| {
            format!("; {instead} has files for coroutines")
        });
        return Err(Why::new(format!(
            "the block cannot move to a thread: {why}{instead}"
        )));
    }
    if blocking.entry.fallback == Fallback::None {
        return single::fix(cx, blocking);
    }
    let lazy = is_lazy(cx, blocking);
    let unit = unit::around(cx, calls, blocking.call, lazy)?;
    if let Some(fix) = blocks.wider(at) {
        return Ok(Ok(fix.clone()));
    }
    let alone = span(unit) == at;
    let whole = match alone {
        true => None,
        false => Some(unit::fix(cx, unit)),
    };
    match whole {
        Some(Ok(fix)) => Ok(fix),
        // What is given to a call is computed before it, and may move on its own.
        Some(Err(why))
            if lazy
                || !matches!(
                    cx.module.place(blocking.call.into()),
                    Place::Coroutine { .. }
                ) =>
        {
            Err(why)
        }
        _ if lazy => single::fix_lazy(cx, blocking),
        _ => {
            let outer = calls.iter().any(|inner| {
                !std::ptr::eq(inner.call, blocking.call) && at.contains(span(inner.call))
            });
            // Calls inside of this one go to the thread with it, where they can.
            if outer
                && alone
                && let Ok(fix) = unit::fix(cx, blocking.call.into())
            {
                return Ok(fix);
            }
            single::fix(cx, blocking)
        }
    }
}

/// Whether the work is done while somebody goes through what a call gives.
fn is_lazy<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> bool {
    blocking.entry.fallback == Fallback::List || is_gone_through(cx, blocking)
}

/// Whether a call opens a file only to go through its lines.
fn is_gone_through<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> bool {
    let opened = cx.module.catalogue().gives(&blocking.name);
    let is_file = opened.is_some_and(|class| cx.module.catalogue().is_subclass(class, "io.IOBase"));
    let at = span(blocking.call);
    let feeds =
        |generators: &'a [Comprehension]| generators.iter().any(|clause| span(&clause.iter) == at);
    let around = cx.module.ancestors(blocking.call.into());
    let comprehension = around
        .take_while(|node| !node.is_statement())
        .any(|node| match node {
            AnyNodeRef::ExprListComp(comp) => feeds(&comp.generators),
            AnyNodeRef::ExprSetComp(comp) => feeds(&comp.generators),
            AnyNodeRef::ExprDictComp(comp) => feeds(&comp.generators),
            AnyNodeRef::ExprGenerator(comp) => feeds(&comp.generators),
            _ => false,
        });
    is_file && (comprehension || single::loop_over(cx, blocking.call.into()).is_some())
}

/// Loops over the lines of files that stay open where they are.
fn lines<'a>(cx: &Cx<'a>, blocks: &Blocks<'a>, found: &mut Vec<Finding>) {
    for with in &blocks.statements {
        if blocks.moving(span(*with)).is_some() {
            continue;
        }
        crate::model::file::walk((*with).into(), &mut |node| {
            if let AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) = node {
                return crate::python::ast::TraversalSignal::Skip;
            }
            if let AnyNodeRef::StmtFor(each) = node
                && !each.is_async
                && matches!(&*each.iter, Expr::Name(_))
                && blocks.moving(span(each)).is_none()
                && cx
                    .module
                    .class_of(&each.iter)
                    .is_some_and(|class| cx.module.catalogue().is_subclass(&class, "io.IOBase"))
                && !found.iter().any(|other| other.at == span(&*each.iter))
            {
                let name = cx.module.describe(&each.iter);
                let message = format!("going through the lines of `{name}` blocks the event loop");
                found.push(cx.finding(
                    &INFO,
                    span(&*each.iter),
                    message,
                    single::fix_lines(cx, each),
                ));
            }
            crate::python::ast::TraversalSignal::Traverse
        });
    }
}
