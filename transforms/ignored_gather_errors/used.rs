//! What becomes of results among which there may be exceptions.

use crate::fix::{Cx, is_only_tested};
use crate::model::file::{Entity, references_within};
use crate::python::ast::{AnyNodeRef, Comprehension, Expr, ExprCall, ExprContext, ExprName};
use crate::python::span;
use crate::text::Span;

/// Attributes that an exception may have, too.
const OF_EXCEPTIONS: [&str; 20] = [
    "add_note",
    "args",
    "body",
    "code",
    "data",
    "detail",
    "details",
    "errno",
    "error",
    "errors",
    "filename",
    "headers",
    "message",
    "msg",
    "reason",
    "request",
    "response",
    "status",
    "status_code",
    "with_traceback",
];

/// What a use of a result says of an exception in its place.
enum Use {
    /// It fails, here.
    Fails(Span),
    /// The same as of a result: it is asked whether it is true.
    Passes,
    /// It may be told from a result, or goes where that may be done.
    Open,
}

/// Where the first use fails if a result is an exception; none if any use may do with exceptions.
fn first(uses: impl Iterator<Item = Use>) -> Option<Span> {
    let mut first = None;
    for found in uses {
        match found {
            Use::Fails(at) => {
                first.get_or_insert(at);
            }
            Use::Passes => {}
            Use::Open => return None,
        }
    }
    first
}

/// Of a variable for one result.
pub(super) fn single<'a>(cx: &Cx<'a>, reads: &[&'a ExprName]) -> Option<Span> {
    first(reads.iter().map(|read| of_item(cx, (*read).into())))
}

/// Of a variable for all results.
pub(super) fn collection<'a>(cx: &Cx<'a>, reads: &[&'a ExprName]) -> Option<Span> {
    first(reads.iter().map(|read| of_collection(cx, (*read).into())))
}

/// Of a loop over the results.
pub(super) fn in_loop<'a>(cx: &Cx<'a>, target: &'a Expr, within: Span) -> Option<Span> {
    match of_items(cx, target, within) {
        Use::Fails(at) => Some(at),
        _ => None,
    }
}

fn of_collection<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Use {
    let here = span(node);
    if let Some((target, within)) = going_through(cx, node) {
        return of_items(cx, target, within);
    }
    match cx.module.parent(node) {
        Some(AnyNodeRef::ExprSubscript(item)) if span(&*item.value) == here => match &*item.slice {
            Expr::NumberLiteral(_) | Expr::UnaryOp(_) => of_item(cx, item.into()),
            _ => Use::Open,
        },
        Some(arguments @ AnyNodeRef::Arguments(_)) => match cx.module.parent(arguments) {
            Some(AnyNodeRef::ExprCall(call)) => of_paired(cx, call, here),
            _ => Use::Open,
        },
        _ if is_only_tested(cx, node) => Use::Passes,
        _ => Use::Open,
    }
}

/// The target of the loop or comprehension that goes through an expression, and where it has its
/// values.
fn going_through<'a>(cx: &Cx<'a>, iterated: AnyNodeRef<'a>) -> Option<(&'a Expr, Span)> {
    let here = span(iterated);
    let parent = cx.module.parent(iterated)?;
    // The first iterable stands outside of what the comprehension itself runs.
    let first = |generators: &'a [Comprehension]| {
        let clause = generators.first().filter(|it| span(&it.iter) == here)?;
        Some((&clause.target, span(parent)))
    };
    match parent {
        AnyNodeRef::StmtFor(each) => {
            (span(&*each.iter) == here).then_some((&*each.target, span(each)))
        }
        AnyNodeRef::Comprehension(clause) => {
            let around = cx.module.parent(parent)?;
            (span(&clause.iter) == here).then_some((&clause.target, span(around)))
        }
        AnyNodeRef::ExprListComp(of) => first(&of.generators),
        AnyNodeRef::ExprSetComp(of) => first(&of.generators),
        AnyNodeRef::ExprDictComp(of) => first(&of.generators),
        // Others run it, and may handle what it raises.
        AnyNodeRef::ExprGenerator(of) => match cx.module.parent(parent)? {
            AnyNodeRef::Arguments(_) => first(&of.generators),
            _ => None,
        },
        _ => None,
    }
}

/// Of `zip(names, results)` and `enumerate(results)`, and what is plainly of no use for exceptions.
fn of_paired<'a>(cx: &Cx<'a>, call: &'a ExprCall, here: Span) -> Use {
    let Entity::Builtin(function) = cx.module.entity(&call.func) else {
        return Use::Open;
    };
    let position = match function {
        "len" | "bool" => return Use::Passes,
        "sum" if !is_handled(cx, call.into()) => return Use::Fails(span(call)),
        "enumerate" => 1,
        "zip" => {
            let mut arguments = call.arguments.args.iter();
            match arguments.position(|argument| span(argument) == here) {
                Some(position) => position,
                None => return Use::Open,
            }
        }
        _ => return Use::Open,
    };
    let part = going_through(cx, call.into()).and_then(|(target, within)| match target {
        Expr::Tuple(tuple) => Some((tuple.elts.get(position)?, within)),
        _ => None,
    });
    match part {
        Some((target, within)) => of_items(cx, target, within),
        None => Use::Open,
    }
}

/// Of what a loop or comprehension gives its target.
fn of_items<'a>(cx: &Cx<'a>, target: &'a Expr, within: Span) -> Use {
    match target {
        Expr::Name(name) => {
            let mut names = references_within(cx.module.tree().module().into());
            names.retain(|other| other.id == name.id && within.contains(span(*other)));
            let (reads, writes): (Vec<_>, Vec<_>) = names
                .into_iter()
                .partition(|name| name.ctx == ExprContext::Load);
            if writes.len() != 1 {
                return Use::Open;
            }
            match single(cx, &reads) {
                Some(at) => Use::Fails(at),
                None => Use::Open,
            }
        }
        Expr::Tuple(_) | Expr::List(_) if !is_handled(cx, target.into()) => {
            Use::Fails(span(target))
        }
        _ => Use::Open,
    }
}

/// Of one result.
fn of_item<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Use {
    let here = span(node);
    if is_handled(cx, node) {
        return Use::Open;
    }
    if going_through(cx, node).is_some() {
        return Use::Fails(here);
    }
    match cx.module.parent(node) {
        Some(AnyNodeRef::ExprAttribute(attribute)) => {
            let name = attribute.attr.as_str();
            match name.starts_with('_') {
                true => Use::Open,
                false if OF_EXCEPTIONS.contains(&name) => Use::Passes,
                false => Use::Fails(span(attribute)),
            }
        }
        Some(AnyNodeRef::ExprSubscript(item)) if span(&*item.value) == here => {
            Use::Fails(span(item))
        }
        Some(AnyNodeRef::StmtAssign(assign)) => match &*assign.targets {
            [Expr::Tuple(_) | Expr::List(_)] => Use::Fails(span(assign)),
            _ => Use::Open,
        },
        Some(starred @ AnyNodeRef::ExprStarred(_)) => Use::Fails(span(starred)),
        Some(parent @ AnyNodeRef::ExprCompare(_)) if node.is_expr_name() => match parent {
            AnyNodeRef::ExprCompare(compare)
                if compare
                    .comparators
                    .iter()
                    .all(|other| other.is_none_literal_expr()) =>
            {
                Use::Passes
            }
            _ => Use::Open,
        },
        Some(AnyNodeRef::Arguments(_)) => Use::Open,
        _ if is_only_tested(cx, node) => Use::Passes,
        _ => Use::Open,
    }
}

/// Whether what is raised at a place may be caught in the same function.
fn is_handled<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    let here = span(node);
    let around = cx.module.ancestors(node);
    let mut around = around.take_while(|node| !node.is_stmt_function_def());
    around.any(|node| match node {
        AnyNodeRef::StmtTry(statement) => {
            let mut body = statement.body.iter();
            !statement.handlers.is_empty() && body.any(|inner| span(inner).contains(here))
        }
        AnyNodeRef::StmtWith(with) => {
            let mut items = with.items.iter();
            items.any(|item| cx.module.swallows_errors(&item.context_expr))
        }
        _ => false,
    })
}
