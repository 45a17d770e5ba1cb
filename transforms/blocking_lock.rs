//! Locks, events and queues of threads in a coroutine: the event loop waits for another thread, or
//! for ever, where a task of its own would have to act.
//!
//! Left alone: the locks and queues of asyncio, calls that cannot wait (`block=False`, `timeout=0`),
//! `put` on queues that are not known to be bounded, and locks that this file holds for a moment only.

use crate::fix::{
    BlockingCall, BlockingWith, Cx, FileId, Finding, Info, Transform, blocking_call,
    blocking_calls, blocking_withs, remedy,
};
use crate::model::file::{Binding, BindingKind, Why, walk};
use crate::model::libraries::{Kind, Lasts};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, StmtWith, TraversalSignal, WithItem};
use crate::python::span;
use crate::text::Span;

pub struct BlockingLock;

static INFO: Info = Info {
    id: "blocking-lock",
    codes: &[],
    summary: "waiting for another thread in a coroutine",
    why: "`Thread.join`, `queue.Queue.get` or `Event.wait` stop the event loop until another thread acts. \
          In a thread of its own the same call lets the other tasks run.\n\n\
          A thread lock that is held across an `await` is worse: a second task that wants it stops the \
          event loop, and the first can never let go. `asyncio.Lock` is made for this.",
    before: "\
import threading


async def stop(worker: threading.Thread):
    worker.join()
",
    after: "\
import asyncio
import threading


async def stop(worker: threading.Thread):
    await asyncio.to_thread(worker.join)
",
    when_review: "\
- **Review** where a cancelled task leaves a thread behind that takes a lock or an item of a queue, and \
where many waiters could use up the threads that others need.
- **Manual** for `with lock:`, for locks that belong to the thread that took them (`RLock`, \
`Condition`), where `await` is not legal, in files of other event loops, and below Python 3.9.",
    needles: &[],
};

impl Transform for BlockingLock {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.graph().waits_for(file, Kind::Lock)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for blocking in blocking_calls(cx, Kind::Lock) {
            if may_be_unbounded(cx, &blocking) || is_new(cx, &blocking) {
                continue;
            }
            let message = format!("`{}` blocks the event loop", blocking.name);
            let fix = remedy(cx, &blocking);
            found.push(cx.finding(&INFO, span(blocking.call), message, fix));
        }
        let locked = blocking_withs(cx, Kind::Lock);
        if !locked.is_empty() {
            let holders = long_holders(cx);
            let withs = locked.iter();
            found.extend(withs.filter_map(|blocking| held(cx, blocking, &holders)));
        }
    }
}

/// Whether a call puts something into a queue that may have room for everything.
fn may_be_unbounded<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> bool {
    let (Some((class, "put")), Expr::Attribute(put)) =
        (blocking.name.rsplit_once('.'), &*blocking.call.func)
    else {
        return false;
    };
    // What makes queues that go by the same name, in this file.
    let name = last_name(&put.value);
    let calls = cx.module.calls().iter().copied();
    let mut makers = calls
        .filter(|call| cx.callee(call).is_ok_and(|name| name == class))
        .filter(|call| match cx.module.parent((*call).into()) {
            Some(AnyNodeRef::StmtAssign(assign)) => {
                let mut targets = assign.targets.iter();
                targets.any(|target| last_name(target) == name)
            }
            Some(AnyNodeRef::StmtAnnAssign(assign)) => last_name(&assign.target) == name,
            _ => true,
        })
        .peekable();
    makers.peek().is_none() || !makers.all(has_bound)
}

/// Whether a queue is made with a size that is not 0.
fn has_bound(maker: &ExprCall) -> bool {
    let named = maker.arguments.find_keyword("maxsize");
    let size = named.map(|named| &named.value);
    match size.or_else(|| maker.arguments.args.first()) {
        Some(Expr::NumberLiteral(size)) => {
            let size = size.value.as_int().and_then(|size| size.as_u64());
            size.is_some_and(|size| size > 0)
        }
        _ => false,
    }
}

/// Whether a lock is made by the function that takes it, so that nobody else has it yet.
fn is_new<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> bool {
    let Expr::Attribute(method) = &*blocking.call.func else {
        return false;
    };
    let Expr::Name(name) = &*method.value else {
        return false;
    };
    let scope = cx.module.scope_of(name.into());
    let bindings = scope.map_or_else(Vec::new, |scope| cx.module.bindings_of(scope, &name.id));
    let made = |binding: &Binding<'_>| matches!(binding.kind, BindingKind::Assign(Expr::Call(_)));
    blocking.name.ends_with("Lock.acquire") && bindings.into_iter().any(made)
}

/// A `with` statement that holds a lock while something else is waited for.
struct LongHolder {
    lock: String,
    place: Span,
    /// What is waited for meanwhile, in words.
    waits: String,
}

/// Everything in the file, in coroutines or not, that holds a lock for long.
fn long_holders(cx: &Cx<'_>) -> Vec<LongHolder> {
    let mut found = Vec::new();
    walk(cx.module.tree().module().into(), &mut |node| {
        if let AnyNodeRef::StmtWith(with) = node
            && !with.is_async
        {
            for item in &with.items {
                if let Some(lock) = last_name(&item.context_expr)
                    && let Some(waits) = waited_for(cx, with, item)
                {
                    found.push(LongHolder {
                        lock: lock.to_owned(),
                        place: span(item),
                        waits,
                    });
                }
            }
        }
        match node.is_expression() {
            true => TraversalSignal::Skip,
            false => TraversalSignal::Traverse,
        }
    });
    found
}

/// What the body of a `with` statement waits for.
fn waited_for<'a>(cx: &Cx<'a>, with: &'a StmtWith, item: &'a WithItem) -> Option<String> {
    if awaits(with) {
        return Some("across an `await`".to_owned());
    }
    let lock = cx.module.source(&item.context_expr);
    let mut found = None;
    for statement in &with.body {
        walk(statement.into(), &mut |node| {
            if let AnyNodeRef::ExprCall(call) = node
                && let Some(blocking) = blocking_call(cx, call)
                && blocking.entry.lasts == Lasts::Unbounded
                // A condition lets go of its lock while it waits.
                && !matches!(&*call.func, Expr::Attribute(of) if cx.module.source(&of.value) == lock)
            {
                found.get_or_insert(format!("while `{}` waits", blocking.name));
            }
            outside_functions(node)
        });
    }
    found
}

/// `lock` of `self.lock`: by what an object goes wherever it is used.
fn last_name(object: &Expr) -> Option<&str> {
    match object {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr),
        _ => None,
    }
}

/// What to say of `with lock:`. Locks that are only held for a moment are nobody's trouble.
fn held(cx: &Cx<'_>, blocking: &BlockingWith<'_>, holders: &[LongHolder]) -> Option<Finding> {
    let expression = &blocking.item.context_expr;
    let lock = cx.module.describe(expression);
    let (message, why) = if awaits(blocking.with) {
        let why = blocking.entry.why.as_deref().unwrap_or_default();
        (
            format!("`with {lock}` holds the lock of a thread across an `await`"),
            format!(
                "{why}: `asyncio.Lock` is for tasks, but keeps no other thread out, should one take \
                 this lock"
            ),
        )
    } else {
        let name = last_name(expression)?;
        let mut others = holders.iter();
        let holder = others.find(|it| it.lock == name && it.place != span(blocking.item))?;
        (
            format!("`with {lock}` blocks the event loop while the lock is held elsewhere"),
            format!(
                "it is held {} there: this whole block, as one function, has to move to a thread",
                holder.waits
            ),
        )
    };
    Some(cx.finding(&INFO, span(expression), message, Err(Why::new(why))))
}

/// Whether the task may be suspended in the body of a `with` statement.
fn awaits(with: &StmtWith) -> bool {
    let mut found = false;
    for statement in &with.body {
        walk(statement.into(), &mut |node| {
            found |= match node {
                AnyNodeRef::ExprAwait(_) => true,
                AnyNodeRef::StmtWith(with) => with.is_async,
                AnyNodeRef::StmtFor(each) => each.is_async,
                AnyNodeRef::Comprehension(clause) => clause.is_async,
                _ => false,
            };
            outside_functions(node)
        });
    }
    found
}

/// Goes everywhere but into functions, which run at another time.
fn outside_functions(node: AnyNodeRef<'_>) -> TraversalSignal {
    match node {
        AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
        _ => TraversalSignal::Traverse,
    }
}
