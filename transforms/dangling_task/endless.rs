//! Whether a task ends by itself, as far as that shows.

use crate::fix::{Cx, FileId};
use crate::model::file::{BindingKind, walk};
use crate::model::project::Gives;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, Number, Stmt, StmtFunctionDef, StmtWhile, TraversalSignal,
};
use crate::python::span;
use crate::text::Span;

/// How many functions further down are looked into.
const DEPTH: usize = 4;

/// What a person must look at where a task may be kept for good.
pub(super) fn reason<'a>(cx: &Cx<'a>, made: Option<&'a Expr>) -> Option<String> {
    let Some(Expr::Call(made)) = made else {
        return Some(
            "what it runs is not known: the set keeps it, and what it holds, until it ends"
                .to_owned(),
        );
    };
    let callee = cx.module.describe(&made.func);
    let seen = matches!(
        cx.gives(made),
        Gives::Coroutine(_) | Gives::LibraryCoroutine(_)
    );
    if !seen {
        return Some(format!(
            "what `{callee}` runs is not known: the set keeps it, and what it holds, until it ends"
        ));
    }
    is_endless(cx, made, DEPTH).then(|| {
        format!(
            "`{callee}` goes on until it is cancelled: the set keeps it, and what it holds, as long"
        )
    })
}

/// Whether what a call runs goes on for good.
fn is_endless<'a>(cx: &Cx<'a>, call: &'a ExprCall, depth: usize) -> bool {
    let functions = match cx.gives(call) {
        Gives::Coroutine(functions) => functions,
        Gives::LibraryCoroutine(name) => return cx.module.catalogue().never_ends(&name),
        _ => return false,
    };
    functions.iter().any(|&function| {
        let Some(known) = cx.project.function(function) else {
            return false;
        };
        in_file(cx, function.file, known.at, depth)
    })
}

fn in_file(cx: &Cx<'_>, file: FileId, name: Span, depth: usize) -> bool {
    if file == cx.file {
        return defined(cx, name).is_some_and(|function| goes_on(cx, function, depth));
    }
    let endless = cx.look_into(file, |other| {
        defined(other, name).is_some_and(|function| goes_on(other, function, depth))
    });
    endless.unwrap_or(false)
}

fn defined<'a>(cx: &Cx<'a>, name: Span) -> Option<&'a StmtFunctionDef> {
    let mut bindings = cx.module.bindings().iter();
    bindings.find_map(|binding| match binding.kind {
        BindingKind::Function(function) if span(&function.name) == name => Some(function),
        _ => None,
    })
}

fn goes_on<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef, depth: usize) -> bool {
    let mut endless = false;
    for statement in &function.body {
        walk(statement.into(), &mut |node| match node {
            AnyNodeRef::StmtFunctionDef(_)
            | AnyNodeRef::StmtClassDef(_)
            | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
            AnyNodeRef::StmtWhile(each) => {
                endless |= is_true(&each.test) && !is_left(each);
                TraversalSignal::Traverse
            }
            AnyNodeRef::ExprAwait(awaited) => {
                if let Expr::Call(call) = &*awaited.value
                    && depth > 0
                {
                    endless |= is_endless(cx, call, depth - 1);
                }
                TraversalSignal::Traverse
            }
            _ => TraversalSignal::Traverse,
        });
    }
    endless
}

pub(super) fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(literal) => literal.value,
        Expr::NumberLiteral(literal) => {
            !matches!(&literal.value, Number::Int(number) if *number == 0)
        }
        _ => false,
    }
}

/// Whether a statement in the loop leaves it.
pub(super) fn is_left(each: &StmtWhile) -> bool {
    each.body.iter().any(|statement| leaves(statement, false))
}

fn leaves(statement: &Stmt, in_loop: bool) -> bool {
    let mut found = false;
    walk(statement.into(), &mut |node| match node {
        AnyNodeRef::StmtFunctionDef(_)
        | AnyNodeRef::StmtClassDef(_)
        | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
        AnyNodeRef::StmtReturn(_) => {
            found = true;
            TraversalSignal::Skip
        }
        AnyNodeRef::StmtBreak(_) => {
            found |= !in_loop;
            TraversalSignal::Skip
        }
        AnyNodeRef::StmtFor(inner) if !in_loop => {
            found |= inner.body.iter().any(|statement| leaves(statement, true));
            TraversalSignal::Skip
        }
        AnyNodeRef::StmtWhile(inner) if !in_loop => {
            found |= inner.body.iter().any(|statement| leaves(statement, true));
            TraversalSignal::Skip
        }
        _ => TraversalSignal::Traverse,
    });
    found
}
