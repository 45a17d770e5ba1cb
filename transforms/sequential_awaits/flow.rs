//! What one step of a row does to the calls of a later one: names it binds, objects it writes, and
//! what a call may change that another one reads.

use super::steps::{Awaited, Step};
use crate::fix::Cx;
use crate::model::file::{Lookup, ScopeId, ScopeKind, Target, references_within, root, walk};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprContext, StmtFunctionDef, TraversalSignal,
};
use crate::python::span;

/// How many calls deep a function is followed.
const MAX_DEPTH: usize = 6;

/// Why a call cannot begin before the steps in front of it are done; nothing if it can. `is_proven`
/// says of a call that all it does is known and changes nothing.
pub(super) fn needs<'a>(
    cx: &Cx<'a>,
    before: &[&Step<'a>],
    call: &'a ExprCall,
    is_proven: &dyn Fn(&'a ExprCall) -> bool,
) -> Option<String> {
    let read = references_within(call.into());
    let paths = paths_read(call);
    let reach = reach(call);
    for step in before {
        for name in bound(cx, step) {
            if read.iter().any(|reference| reference.id == name) {
                return Some(format!("`{name}` is its argument"));
            }
            if is_seen_elsewhere(cx, step, name) {
                return Some(format!("a function may read `{name}` meanwhile"));
            }
        }
        for written in written(cx, step) {
            let Some(path) = path(written) else {
                return Some("what is written between them is not clear".to_owned());
            };
            let reads_it = paths.iter().any(|read| begins(read, &path));
            let whole = read.iter().any(|name| path.len() == 1 && name.id == path[0]);
            if reads_it || whole || may_read(cx, call, &reach, written, &path) {
                return Some(format!("it may read `{}`", cx.module.describe(written)));
            }
        }
        for earlier in &step.awaits {
            if is_proven(earlier.call) {
                continue;
            }
            let changed = reach_of(earlier);
            let read = paths.iter().find(|read| {
                let mut all = changed.iter();
                all.any(|object| read.len() > object.len() && begins(read, object))
            });
            if let Some(read) = read {
                return Some(format!(
                    "`{}` may change `{}`",
                    cx.module.describe(&earlier.call.func),
                    read.join(".")
                ));
            }
        }
        if !is_proven(call)
            && let Some(read) = plain_reads(step)
                .iter()
                .find(|read| reach.iter().any(|object| begins(read, object)))
        {
            return Some(format!(
                "it may change `{}`, which is read before",
                read.join(".")
            ));
        }
    }
    None
}

/// The names that a step binds.
fn bound<'a>(cx: &Cx<'a>, step: &Step<'a>) -> Vec<&'a str> {
    let mut names: Vec<&str> = step
        .targets
        .iter()
        .flat_map(|target| references_within(AnyNodeRef::from(*target)))
        .filter(|name| !name.ctx.is_load())
        .map(|name| name.id.as_str())
        .collect();
    let scope = cx.module.scope_of(step.statement.into());
    walk(AnyNodeRef::from(step.value), &mut |node| {
        if let AnyNodeRef::ExprName(name) = node
            && !name.ctx.is_load()
            && cx.module.scope_of(node) == scope
        {
            names.push(name.id.as_str());
        }
        if let AnyNodeRef::ExprNamed(named) = node
            && let Expr::Name(name) = &*named.target
        {
            names.push(name.id.as_str());
        }
        TraversalSignal::Traverse
    });
    names
}

/// Whether other code than the function's own sees a name of it: functions inside, or those around
/// where it is declared `global` or `nonlocal`.
fn is_seen_elsewhere<'a>(cx: &Cx<'a>, step: &Step<'a>, name: &str) -> bool {
    let Some(scope) = cx.module.scope_of(step.statement.into()) else {
        return true;
    };
    if cx.module.bindings_of(scope, name).is_empty() {
        return true;
    }
    let reads = cx.module.reads_of(scope, name).into_iter();
    reads
        .map(AnyNodeRef::from)
        .any(|read| runs_elsewhere(cx, read, scope))
}

fn runs_elsewhere<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, scope: ScopeId) -> bool {
    let mut inner = cx.module.scope_of(node);
    while let Some(id) = inner
        && id != scope
    {
        let around = cx.module.scope(id);
        if matches!(
            around.kind,
            ScopeKind::Function(_) | ScopeKind::Lambda(_) | ScopeKind::Generator(_)
        ) {
            return true;
        }
        inner = around.parent;
    }
    false
}

/// The objects that a step changes by itself: attributes and items it assigns, collections it fills.
fn written<'a>(cx: &Cx<'a>, step: &Step<'a>) -> Vec<&'a Expr> {
    let mut found = Vec::new();
    for &target in &step.targets {
        walk(AnyNodeRef::from(target), &mut |node| {
            match node {
                AnyNodeRef::ExprAttribute(attribute) if attribute.ctx == ExprContext::Store => {
                    found.push(part_of(target, node));
                }
                // An item of a collection changes the whole.
                AnyNodeRef::ExprSubscript(item) if item.ctx == ExprContext::Store => {
                    found.push(&*item.value);
                }
                _ => {}
            }
            TraversalSignal::Traverse
        });
    }
    walk(AnyNodeRef::from(step.value), &mut |node| {
        if let AnyNodeRef::ExprCall(call) = node
            && !cx.module.is_awaited(node)
            && let Expr::Attribute(method) = &*call.func
            && cx.module.catalogue().is_filling_method(&method.attr)
        {
            found.push(&*method.value);
        }
        TraversalSignal::Traverse
    });
    found
}

/// The part of a target that a node in it is.
fn part_of<'a>(target: &'a Expr, node: AnyNodeRef<'a>) -> &'a Expr {
    let parts = match target {
        Expr::Tuple(tuple) => &tuple.elts,
        Expr::List(list) => &list.elts,
        Expr::Starred(starred) => return part_of(&starred.value, node),
        _ => return target,
    };
    let mut parts = parts.iter();
    let part = parts.find(|part| span(*part).contains(span(node)));
    part.map_or(target, |part| part_of(part, node))
}

/// `self.store.items` as its parts, whatever is subscripted or called on the way.
fn path(expression: &Expr) -> Option<Vec<&str>> {
    match expression {
        Expr::Name(name) => Some(vec![name.id.as_str()]),
        Expr::Attribute(attribute) => {
            let mut parts = path(&attribute.value)?;
            parts.push(attribute.attr.as_str());
            Some(parts)
        }
        Expr::Subscript(item) => {
            let mut parts = path(&item.value)?;
            parts.push("[]");
            Some(parts)
        }
        Expr::Call(call) => {
            let mut parts = path(&call.func)?;
            parts.push("()");
            Some(parts)
        }
        _ => None,
    }
}

fn begins(path: &[&str], with: &[&str]) -> bool {
    path.len() >= with.len() && path.iter().zip(with).all(|(part, other)| part == other)
}

/// The attributes and items that evaluating a call's receiver and arguments reads.
fn paths_read(call: &ExprCall) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    if let Expr::Attribute(method) = &*call.func {
        paths_within(AnyNodeRef::from(&*method.value), &mut found);
    }
    paths_within(AnyNodeRef::from(&call.arguments), &mut found);
    found
}

fn paths_within<'a>(node: AnyNodeRef<'a>, found: &mut Vec<Vec<&'a str>>) {
    walk(node, &mut |inner| {
        let whole = match inner {
            AnyNodeRef::ExprAttribute(attribute) => path_of(inner, &attribute.value),
            AnyNodeRef::ExprSubscript(item) => path_of(inner, &item.value),
            _ => None,
        };
        found.extend(whole);
        TraversalSignal::Traverse
    });
}

fn path_of<'a>(node: AnyNodeRef<'a>, object: &'a Expr) -> Option<Vec<&'a str>> {
    let mut parts = path(object)?;
    parts.push(match node {
        AnyNodeRef::ExprAttribute(attribute) => attribute.attr.as_str(),
        _ => "[]",
    });
    Some(parts)
}

/// The objects that a call is given, which it may read and change: its receiver and its arguments.
fn reach(call: &ExprCall) -> Vec<Vec<&str>> {
    let receiver = match &*call.func {
        Expr::Attribute(method) => path(&method.value),
        _ => None,
    };
    let given = call.arguments.args.iter();
    let given = given.chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
    let given = given.filter_map(|argument| match argument {
        Expr::Starred(starred) => path(&starred.value),
        other => path(other),
    });
    receiver.into_iter().chain(given).collect()
}

fn reach_of<'a>(awaited: &Awaited<'a>) -> Vec<Vec<&'a str>> {
    reach(awaited.call)
}

/// What a step reads besides the awaited calls and their arguments.
fn plain_reads<'a>(step: &Step<'a>) -> Vec<Vec<&'a str>> {
    let mut found = Vec::new();
    walk(AnyNodeRef::from(step.value), &mut |node| {
        if let AnyNodeRef::ExprAwait(awaited) = node
            && step.awaits.iter().any(|own| span(own.awaited) == span(awaited))
        {
            return TraversalSignal::Skip;
        }
        let whole = match node {
            AnyNodeRef::ExprName(name) if name.ctx.is_load() => Some(vec![name.id.as_str()]),
            AnyNodeRef::ExprAttribute(attribute) => path_of(node, &attribute.value),
            AnyNodeRef::ExprSubscript(item) => path_of(node, &item.value),
            _ => None,
        };
        found.extend(whole);
        TraversalSignal::Traverse
    });
    found
}

/// Whether what a call runs may read something that a step in front of it writes.
fn may_read<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    reach: &[Vec<&str>],
    written: &'a Expr,
    path: &[&str],
) -> bool {
    let Expr::Name(object) = root(written) else {
        return true;
    };
    let is_local = cx
        .module
        .scope_of(object.into())
        .is_some_and(|scope| match cx.module.lookup(scope, &object.id) {
            Lookup::Bound(owner, _) => owner != ScopeId::MODULE,
            _ => false,
        });
    if is_local && !reach.iter().any(|given| begins(path, given) || begins(given, path)) {
        return false;
    }
    // What the function says of the attribute, if all of it can be seen.
    match (path.last(), cx.module.target(call)) {
        (Some(&name), Target::Function(function, _)) if path.len() > 1 => {
            mentions(cx, function, name, MAX_DEPTH)
        }
        _ => true,
    }
}

/// Whether a function, or one that it calls, reads an attribute of the name, or may: it passes
/// `self` on to code that is not seen.
fn mentions<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef, name: &str, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return true;
    };
    let is_object = |expression: &Expr| matches!(expression, Expr::Name(name) if matches!(name.id.as_str(), "self" | "cls"));
    let mut found = false;
    for statement in &function.body {
        walk(AnyNodeRef::from(statement), &mut |node| {
            match node {
                AnyNodeRef::ExprAttribute(attribute) => found |= attribute.attr.as_str() == name,
                AnyNodeRef::ExprCall(call) => {
                    let passed = call.arguments.args.iter();
                    let named = call.arguments.keywords.iter().map(|keyword| &keyword.value);
                    let gives = passed.chain(named).any(is_object)
                        || matches!(&*call.func, Expr::Attribute(method) if is_object(&method.value));
                    match cx.module.target(call) {
                        Target::Function(inner, _) if !std::ptr::eq(inner, function) => {
                            found = found || mentions(cx, inner, name, depth);
                        }
                        Target::Function(..) => {}
                        _ => found |= gives,
                    }
                }
                _ => {}
            }
            match found {
                true => TraversalSignal::Skip,
                false => TraversalSignal::Traverse,
            }
        });
    }
    found
}
