//! What signs requests: pairs of name and password, classes that are known, and callables of the file
//! that only change headers, which httpx calls as requests does.

use super::Names;
use super::falls::Fall;
use super::kinds::{Kinds, kinds};
use super::values::{is_ascii, is_none};
use crate::fix::Cx;
use crate::model::file::{Entity, Target, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt, StmtFunctionDef, TraversalSignal};
use crate::python::span;

pub(super) fn auth<'a>(cx: &Cx<'a>, names: Names<'a>, value: &'a Expr) -> Fall<'a> {
    let (row, parts): (_, Vec<&'a Expr>) = match value {
        _ if is_none(value) => return Fall::under("pair"),
        Expr::Tuple(pair) if pair.elts.len() == 2 => ("pair", pair.elts.iter().collect()),
        Expr::Call(call) if counterpart(cx, names, call).is_some() => {
            let keywords = call.arguments.keywords.iter();
            let named = keywords.map(|keyword| &keyword.value);
            ("class", call.arguments.args.iter().chain(named).collect())
        }
        _ if changes_headers(cx, value) => return Fall::under("callable"),
        _ if kinds(cx, value) == Kinds::UNKNOWN => return Fall::about("variable", vec![value]),
        _ => return Fall::under("other"),
    };
    let mut fall = Fall::under(row);
    let certain = |part: &&'a Expr| kinds(cx, part) == Kinds::TEXT && is_ascii(cx, part);
    let possible = |part: &&'a Expr| {
        let all = Kinds::TEXT.or(Kinds::UNSET).or(Kinds::UNKNOWN);
        kinds(cx, part).within(all) && is_ascii(cx, part)
    };
    let unsure: Vec<&'a Expr> = parts.into_iter().filter(|part| !certain(part)).collect();
    if !unsure.iter().all(possible) {
        return Fall::under("other");
    }
    if !unsure.is_empty() {
        fall.rows.push(("unsure", unsure));
    }
    fall
}

/// The counterpart of a class that signs requests.
pub(super) fn counterpart<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    auth: &'a ExprCall,
) -> Option<&'a String> {
    let Target::External(name) = cx.module.target(auth) else {
        return None;
    };
    names.new.callables.get(&name)
}

/// Whether a value is a function of this file, or an object of a class of it, that does nothing with
/// a request but to change its headers.
fn changes_headers<'a>(cx: &Cx<'a>, value: &'a Expr) -> bool {
    let (function, is_method) = match value {
        Expr::Call(call) => match cx.module.target(call) {
            Target::Class(class) => {
                let mut methods = class.body.iter().filter_map(|statement| match statement {
                    Stmt::FunctionDef(function) if function.name.as_str() == "__call__" => {
                        Some(function)
                    }
                    _ => None,
                });
                (methods.next(), true)
            }
            _ => return false,
        },
        value => match cx.module.entity(value) {
            Entity::Function(function) => (Some(function), false),
            _ => return false,
        },
    };
    let Some(function) = function else {
        return false;
    };
    let plain = !function.is_async && function.decorator_list.is_empty();
    plain && only_headers(cx, function, usize::from(is_method))
}

fn only_headers<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef, position: usize) -> bool {
    let request = function.parameters.args.get(position);
    let (Some(request), Some(scope)) = (request, cx.module.body_scope(function)) else {
        return false;
    };
    let name = request.parameter.name.as_str();
    let reads = cx.module.reads_of(scope, name);
    let fits = reads.iter().all(|read| {
        let parent = cx.module.parent((*read).into());
        match parent {
            Some(AnyNodeRef::StmtReturn(_)) => true,
            Some(AnyNodeRef::ExprAttribute(headers)) if headers.attr.as_str() == "headers" => {
                match cx.module.parent(headers.into()) {
                    Some(AnyNodeRef::ExprSubscript(entry)) => {
                        span(&*entry.value) == span(headers)
                            && (entry.ctx.is_load() || is_text_put(cx, entry.into()))
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    });
    let mut returns = true;
    walk(function.into(), &mut |node| {
        if let AnyNodeRef::StmtReturn(statement) = node {
            returns &= matches!(statement.value.as_deref(), Some(Expr::Name(of)) if of.id == name);
        }
        TraversalSignal::Traverse
    });
    let once = cx.module.bindings_of(scope, name).len() == 1;
    let ends = matches!(function.body.last(), Some(Stmt::Return(_)));
    fits && returns && once && ends
}

/// Whether an assignment to a header gives it text.
fn is_text_put<'a>(cx: &Cx<'a>, entry: AnyNodeRef<'a>) -> bool {
    match cx.module.parent(entry) {
        Some(AnyNodeRef::StmtAssign(assign)) => {
            kinds(cx, &assign.value) == Kinds::TEXT && is_ascii(cx, &assign.value)
        }
        _ => false,
    }
}
