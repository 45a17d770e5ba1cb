//! Objects by the way to them, such as `self.store.items`: what a call reads and what it is given.

use super::steps::Step;
use crate::fix::Cx;
use crate::model::file::{BindingKind, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, TraversalSignal};
use crate::python::span;

/// How many other names of an object are followed.
const MAX_ALIASES: usize = 3;

/// Paths, and what they are called where their first name is another name for an object.
pub(super) fn aliased<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    mut paths: Vec<Vec<&'a str>>,
) -> Vec<Vec<&'a str>> {
    let Some(scope) = cx.module.scope_of(call.into()) else {
        return paths;
    };
    for round in 0..MAX_ALIASES {
        let mut more = Vec::new();
        for whole in &paths {
            let Some((first, rest)) = whole.split_first() else {
                continue;
            };
            for binding in cx.module.bindings_of(scope, first) {
                if let BindingKind::Assign(value @ (Expr::Name(_) | Expr::Attribute(_))) =
                    binding.kind
                    && let Some(mut other) = path(value)
                {
                    other.extend(rest);
                    more.push(other);
                }
            }
        }
        more.retain(|path| !paths.contains(path));
        if more.is_empty() || round + 1 == MAX_ALIASES {
            paths.extend(more);
            break;
        }
        paths.extend(more);
    }
    paths
}

/// `self.store.items` as its parts, whatever is subscripted or called on the way.
pub(super) fn path(expression: &Expr) -> Option<Vec<&str>> {
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

pub(super) fn begins(path: &[&str], with: &[&str]) -> bool {
    path.len() >= with.len() && path.iter().zip(with).all(|(part, other)| part == other)
}

/// The attributes and items that evaluating a call's receiver and arguments reads.
pub(super) fn paths_read(call: &ExprCall) -> Vec<Vec<&str>> {
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
pub(super) fn reach(call: &ExprCall) -> Vec<Vec<&str>> {
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

/// What a step reads besides the awaited calls and their arguments.
pub(super) fn plain_reads<'a>(step: &Step<'a>) -> Vec<Vec<&'a str>> {
    let mut found = Vec::new();
    walk(AnyNodeRef::from(step.value), &mut |node| {
        if let AnyNodeRef::ExprAwait(awaited) = node
            && step
                .awaits
                .iter()
                .any(|own| span(own.awaited) == span(awaited))
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
