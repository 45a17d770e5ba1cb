//! Tasks that nobody waits for any more, and nobody cancels: what `asyncio.wait` leaves when the first
//! is done or the time is up, and what `asyncio.as_completed` leaves when its loop ends early.
//!
//! Left alone: tasks that others may know, that are awaited, cancelled, kept or handed on anywhere in
//! the function, and what `asyncio.wait` waits for again in the next round of a loop.

mod completed;
mod wait;

use crate::fix::{
    Awaitable, Cx, FileId, Finding, Info, Transform, calls, is_only_tested, method_called,
};
use crate::model::file::Lookup;
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, ExprName, Stmt, StmtFunctionDef, TraversalSignal};
use crate::python::span;
use crate::text::Span;

pub struct AbandonedTasks;

static INFO: Info = Info {
    id: "abandoned-tasks",
    codes: &[],
    summary: "tasks that nobody awaits or cancels any more",
    why: "`asyncio.wait` and `asyncio.as_completed` cancel nothing. What is not done when the first task \
          is, or when a loop is left early, runs on with nobody to see its result or its error: waiters \
          pile up with every round, items are taken from queues for nobody, and, since the event loop \
          holds on to its tasks only weakly, a task may even vanish before it is done.",
    before: "\
import asyncio


async def receive(queue: asyncio.Queue, stopped: asyncio.Event):
    item = asyncio.create_task(queue.get())
    stop = asyncio.create_task(stopped.wait())
    done, _ = await asyncio.wait([item, stop], return_when=asyncio.FIRST_COMPLETED)
    return item.result() if item in done else None
",
    after: "\
import asyncio


async def receive(queue: asyncio.Queue, stopped: asyncio.Event):
    item = asyncio.create_task(queue.get())
    stop = asyncio.create_task(stopped.wait())
    done, pending = await asyncio.wait(
        [item, stop], return_when=asyncio.FIRST_COMPLETED
    )
    for task in pending:
        task.cancel()
    return item.result() if item in done else None
",
    when_review: "\
- **Review** always: what is cancelled has run to its end until now, and may have something to finish.
- **Manual** after a timeout, where going on without an answer may be meant; where some of the tasks \
have no name by which they could be cancelled; and where a statement shares its line.",
    needles: &["asyncio"],
};

impl Transform for AbandonedTasks {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        calls(project, file, &["asyncio.wait", "asyncio.as_completed"])
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        wait::check(cx, found);
        completed::check(cx, found);
    }
}

/// Whether nobody awaits, cancels, keeps or hands on an awaitable, but for what stands in `within`.
fn is_abandoned<'a>(cx: &Cx<'a>, awaitable: &Awaitable<'a>, within: Span) -> bool {
    awaitable.variables.iter().all(|variable| {
        let own = awaitable.variables.iter().map(|other| span(other.value));
        let own: Vec<Span> = own.collect();
        let reads = variable.other_reads(cx, within);
        reads
            .into_iter()
            .filter(|read| !own.iter().any(|own| own.contains(span(*read))))
            .all(|read| is_idle(cx, read))
    })
}

/// Whether a task, or several, are only asked something.
fn is_idle<'a>(cx: &Cx<'a>, read: &'a ExprName) -> bool {
    match method_called(cx, read) {
        Some((_, method)) => matches!(
            method,
            "cancelled" | "done" | "exception" | "get_name" | "result" | "set_name"
        ),
        None => is_only_tested(cx, read.into()),
    }
}

/// The lines that cancel each task of a collection, before the statement at `indent`.
fn cancelling(cx: &Cx<'_>, function: &StmtFunctionDef, tasks: &str, indent: &str) -> String {
    let layout = cx.module.layout();
    let task = match is_loop_variable(cx, function, "task") {
        true => "task".to_owned(),
        false => cx
            .module
            .fresh_name(span(function), &["task", "unfinished"]),
    };
    let (newline, unit) = (layout.newline(), layout.indent_unit());
    format!("{indent}for {task} in {tasks}:{newline}{indent}{unit}{task}.cancel()")
}

/// Whether a function uses a variable of its own only in the loops that give it its values, if at all.
fn is_loop_variable(cx: &Cx<'_>, function: &StmtFunctionDef, name: &str) -> bool {
    let Some(scope) = cx.module.body_scope(function) else {
        return false;
    };
    let bindings = cx.module.bindings_of(scope, name);
    if bindings.is_empty() {
        // It may be that of a function around this one.
        return matches!(cx.module.lookup(scope, name), Lookup::Builtin);
    }
    let loops = bindings.iter().map(|binding| {
        let each = cx.module.parent(binding.node);
        each.filter(|each| each.is_stmt_for()).map(span)
    });
    let Some(loops) = loops.collect::<Option<Vec<_>>>() else {
        return false;
    };
    let mut reads = cx.module.reads_of(scope, name).into_iter();
    reads.all(|read| loops.iter().any(|each| each.contains(span(read))))
}

/// Whether a statement has its lines for itself.
fn stands_alone(cx: &Cx<'_>, statement: Span) -> bool {
    cx.module.layout().alone(statement)
}

/// The statements of a loop's body that leave the loop.
fn exits(body: &[Stmt]) -> Vec<AnyNodeRef<'_>> {
    let mut found = Vec::new();
    for statement in body {
        find_exits(statement.into(), false, &mut found);
    }
    found
}

fn find_exits<'a>(node: AnyNodeRef<'a>, in_loop: bool, found: &mut Vec<AnyNodeRef<'a>>) {
    crate::model::file::walk(node, &mut |inner| match inner {
        AnyNodeRef::StmtFunctionDef(_)
        | AnyNodeRef::StmtClassDef(_)
        | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
        AnyNodeRef::StmtBreak(_) if !in_loop => {
            found.push(inner);
            TraversalSignal::Skip
        }
        AnyNodeRef::StmtReturn(_) => {
            found.push(inner);
            TraversalSignal::Skip
        }
        AnyNodeRef::StmtFor(each) if !in_loop => {
            for statement in &each.body {
                find_exits(statement.into(), true, found);
            }
            for statement in &each.orelse {
                find_exits(statement.into(), false, found);
            }
            TraversalSignal::Skip
        }
        AnyNodeRef::StmtWhile(each) if !in_loop => {
            for statement in &each.body {
                find_exits(statement.into(), true, found);
            }
            for statement in &each.orelse {
                find_exits(statement.into(), false, found);
            }
            TraversalSignal::Skip
        }
        _ => TraversalSignal::Traverse,
    });
}
