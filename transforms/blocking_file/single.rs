//! Single calls that move to a thread: their own lines stay, and `await` goes before them.

use super::moved::{bindings, written};
use super::unit::call_around;
use crate::fix::{BlockingCall, Cx, Fix, held_review, may_thread, remedy, to_thread};
use crate::model::file::{BindingKind, Why, walk};
use crate::model::libraries::{Effect, Fallback};
use crate::python::ast::{AnyNodeRef, Expr, ExprName, StmtFor, TraversalSignal};
use crate::python::span;
use crate::text::EditError;

const WHOLE_FILE: &str = "the whole file is read before the loop begins";

type Fixed = Result<Result<Fix, EditError>, Why>;

/// `f(a)` to `await asyncio.to_thread(f, a)`.
pub(super) fn fix<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> Fixed {
    if blocking.entry.fallback != Fallback::Exact {
        return remedy(cx, blocking);
    }
    let part = written(cx, blocking.call, &blocking.name);
    let changes =
        part.map(|part| format!("`{part}` is read in the thread: other tasks must not change it"));
    let review = file_review(cx, blocking).or(changes);
    to_thread(cx, blocking.call, None, review)
}

/// What to look at where a call works on an open file that other code may use as well.
fn file_review<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> Option<String> {
    let receiver = match &*blocking.call.func {
        Expr::Attribute(method) => Some(&*method.value),
        _ => None,
    };
    let arguments = blocking.call.arguments.args.iter();
    let mut objects = receiver.into_iter().chain(arguments);
    objects.find_map(|object| {
        let class = cx.module.class_of(object)?;
        is_open(cx, &class)
            .then(|| use_review(cx, object))
            .flatten()
    })
}

/// Whether objects of a class have a place in a file, or other state that calls change.
fn is_open(cx: &Cx<'_>, class: &str) -> bool {
    let archive = ["zipfile.ZipFile", "tarfile.TarFile"];
    cx.module.catalogue().is_subclass(class, "io.IOBase") || archive.contains(&class)
}

fn use_review<'a>(cx: &Cx<'a>, object: &'a Expr) -> Option<String> {
    let shown = cx.module.describe(object);
    let Expr::Name(name) = object else {
        return match object {
            Expr::Call(_) => None,
            _ => Some(format!(
                "`{shown}` may be used by several tasks, whose calls can overlap now"
            )),
        };
    };
    let (scope, bindings) = bindings(cx, name)?;
    let elsewhere = Some(format!(
        "`{shown}` must not be used elsewhere at the same time"
    ));
    let own = bindings.iter().all(|binding| {
        matches!(
            binding.kind,
            BindingKind::With(..) | BindingKind::Assign(Expr::Call(_))
        )
    });
    let is_local = cx.module.scope_of(name.into()) == Some(scope);
    if !own || !is_local {
        return elsewhere;
    }
    if bindings
        .iter()
        .any(|binding| matches!(binding.kind, BindingKind::With(..)))
    {
        return Some(format!(
            "`{shown}` stays open meanwhile: a task that is cancelled closes it under the thread"
        ));
    }
    let reads = cx.module.reads_of(scope, &name.id);
    let alone = reads.iter().all(|read| is_receiver(cx, read));
    match alone {
        true => None,
        false => elsewhere,
    }
}

fn is_receiver(cx: &Cx<'_>, read: &ExprName) -> bool {
    matches!(
        cx.module.parent(read.into()),
        Some(AnyNodeRef::ExprAttribute(_))
    )
}

/// The `for` loop that goes through what a call gives.
pub(super) fn loop_over<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<&'a StmtFor> {
    let mut inner = span(node);
    let mut parent = cx.module.parent(node)?;
    if let AnyNodeRef::Arguments(_) = parent {
        parent = cx.module.parent(parent)?;
    }
    // `enumerate(items)` is as lazy as its items.
    if let AnyNodeRef::ExprCall(call) = parent
        && cx.callee(call).is_ok_and(|name| name == "enumerate")
        && call
            .arguments
            .args
            .first()
            .is_some_and(|first| span(first) == inner)
    {
        inner = span(call);
        parent = cx.module.parent(call.into())?;
    }
    match parent {
        AnyNodeRef::StmtFor(each) if span(&*each.iter) == inner && !each.is_async => Some(each),
        _ => None,
    }
}

/// A lazy iterator in the head of a loop: its items are taken in a thread, all at once.
pub(super) fn fix_lazy<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> Fixed {
    let call = blocking.call;
    let node = AnyNodeRef::from(call);
    let Some(each) = loop_over(cx, node) else {
        return Err(Why::new(
            "it gives an iterator that is gone through elsewhere: give it a function that takes all items",
        ));
    };
    let walks = blocking.name.ends_with("walk");
    if walks && let Some(name) = pruned(cx, each) {
        return Err(Why::new(format!(
            "the loop may change `{name}`, and with it where the walk goes: give the loop a function of its own"
        )));
    }
    let mut reviews: Vec<String> = Vec::new();
    let snapshot = blocking.name == "pathlib.Path.iterdir";
    if blocking.entry.fallback != Fallback::List {
        reviews.push(WHOLE_FILE.to_owned());
    } else if !snapshot && let Some(why) = minds_order(cx, each) {
        reviews.push(format!(
            "all items are read before the loop begins, while {why}"
        ));
    }
    let to_thread = may_thread(cx, call)?;
    reviews.extend(held_review(cx, node));
    let (before, after) = match blocking.name.as_str() {
        // They do nothing before their first item is asked for.
        "os.walk" | "os.fwalk" => ("list, ", ""),
        _ => ("lambda: list(", ")"),
    };
    let edits = call_around(cx, node, &to_thread.text, before, after);
    let reason = (!reviews.is_empty()).then(|| reviews.join("; "));
    let fix = Fix::judged("take all items in a thread", reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, to_thread.need)))
}

/// The list of directories that a loop over a walk does more with than go through it.
fn pruned<'a>(cx: &Cx<'a>, each: &'a StmtFor) -> Option<String> {
    let Expr::Tuple(target) = &*each.target else {
        return Some(cx.module.describe(&each.target));
    };
    let Some(Expr::Name(name)) = target.elts.get(1) else {
        return Some("the list of directories".to_owned());
    };
    let mut found = false;
    for statement in &each.body {
        walk(statement.into(), &mut |node| {
            if let AnyNodeRef::ExprName(read) = node
                && read.id == name.id
            {
                let parent = cx.module.parent(node);
                let here = span(read);
                let only_read = match parent {
                    Some(AnyNodeRef::StmtFor(inner)) => span(&*inner.iter) == here,
                    Some(AnyNodeRef::Comprehension(clause)) => span(&clause.iter) == here,
                    _ => false,
                };
                found |= !only_read;
            }
            TraversalSignal::Traverse
        });
    }
    found.then(|| name.id.to_string())
}

/// Why it may matter to a loop that its items are read before it begins.
fn minds_order<'a>(cx: &Cx<'a>, each: &'a StmtFor) -> Option<String> {
    let mut found: Option<String> = None;
    for statement in &each.body {
        walk(statement.into(), &mut |node| {
            let why = match node {
                AnyNodeRef::StmtBreak(_) | AnyNodeRef::StmtReturn(_) => {
                    Some("it may end early".to_owned())
                }
                AnyNodeRef::ExprAwait(_) | AnyNodeRef::ExprYield(_) => {
                    Some("other tasks may change them as it goes on".to_owned())
                }
                AnyNodeRef::ExprCall(call) => match cx.callee(call) {
                    Ok(name) => cx
                        .module
                        .catalogue()
                        .blocking(&name)
                        .filter(|entry| entry.effects.contains(&Effect::WritesDisk))
                        .map(|_| format!("`{name}` may change them as it goes on")),
                    Err(_) => match cx.module.plain_effects(node, None) {
                        Ok(_) => None,
                        Err(_) if is_harmless_method(cx, &call.func) => None,
                        Err(_) => Some(format!(
                            "`{}` may change them as it goes on",
                            cx.module.describe(&call.func)
                        )),
                    },
                },
                _ => None,
            };
            if found.is_none() {
                found = why;
            }
            TraversalSignal::Traverse
        });
    }
    found
}

fn is_harmless_method(cx: &Cx<'_>, callee: &Expr) -> bool {
    let catalogue = cx.module.catalogue();
    matches!(callee, Expr::Attribute(method)
        if catalogue.is_filling_method(&method.attr) || catalogue.is_logging_method(&method.attr))
}

/// A `for` loop over the lines of an open file, in a block that cannot move.
pub(super) fn fix_lines<'a>(cx: &Cx<'a>, each: &'a StmtFor) -> Fixed {
    let node = AnyNodeRef::from(&*each.iter);
    let to_thread = may_thread(cx, node)?;
    let edits = call_around(cx, node, &to_thread.text, "", ".readlines");
    let fix = Fix::review("read all lines in a thread", WHOLE_FILE, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, to_thread.need)))
}
