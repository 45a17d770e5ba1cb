//! Coroutine functions that give coroutines on purpose, and those that leave their work to others.

use crate::fix::{Cx, FileId};
use crate::model::file::{Owner, walk};
use crate::model::project::{FunctionRef, Gives, Target};
use crate::python::ast::{AnyNodeRef, Expr, StmtFunctionDef, TraversalSignal};
use std::collections::BTreeSet;

/// Whether a coroutine function gives its callers coroutines on purpose: one that it makes of a function
/// of its own, or in several places.
pub(super) fn hands_out_coroutines<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    gives: &Gives,
) -> bool {
    let Some(own) = cx.function_ref(function) else {
        return false;
    };
    let Gives::Coroutine(made) = gives else {
        return false;
    };
    let is_inner = |made: &FunctionRef| {
        made.file == own.file
            && cx
                .project
                .function(*made)
                .is_some_and(|made| made.owner == Owner::Function(own.index))
    };
    made.iter().any(is_inner) || coroutines_returned(cx, function) > 1
}

/// How many `return` statements of a function give a call that may well make a coroutine.
fn coroutines_returned<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef) -> usize {
    let mut found = 0;
    for statement in &function.body {
        walk(statement.into(), &mut |node| match node {
            AnyNodeRef::StmtReturn(statement) => {
                if let Some(Expr::Call(call)) = statement.value.as_deref() {
                    let by_name = call.func.as_attribute_expr().is_some_and(|method| {
                        let habit = cx.project.habit(&method.attr);
                        habit.coroutines > 0 && habit.plain == 0
                    });
                    found += usize::from(cx.gives(call).is_coroutine() || by_name);
                }
                TraversalSignal::Skip
            }
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
            _ => TraversalSignal::Traverse,
        });
    }
    found
}

/// Whether a caller awaits what it is given when it has awaited the function.
pub(super) fn is_awaited_twice(cx: &Cx<'_>, function: FunctionRef) -> bool {
    let callers = cx.project.graph().callers(function).iter();
    let files: BTreeSet<FileId> = callers.map(|(file, _)| *file).collect();
    files.into_iter().any(|file| match file == cx.file {
        true => awaits_twice(cx, function),
        false => cx.look_into(file, |other| awaits_twice(other, function)) == Some(true),
    })
}

/// The same, in one file: at once, or by a variable.
fn awaits_twice(cx: &Cx<'_>, function: FunctionRef) -> bool {
    let is_awaited =
        |node: AnyNodeRef<'_>| matches!(cx.module.parent(node), Some(AnyNodeRef::ExprAwait(_)));
    cx.module.calls().iter().any(|call| {
        let Some(AnyNodeRef::ExprAwait(awaited)) = cx.module.parent((*call).into()) else {
            return false;
        };
        let by_variable = || {
            let Some(AnyNodeRef::StmtAssign(assign)) = cx.module.parent(awaited.into()) else {
                return false;
            };
            let scope = cx.module.scope_of(assign.into());
            scope.zip(assign.targets.first()).is_some_and(|(scope, target)| {
                target.as_name_expr().is_some_and(|name| {
                    let reads = cx.module.reads_of(scope, &name.id);
                    reads.into_iter().any(|read| is_awaited(read.into()))
                })
            })
        };
        (is_awaited(awaited.into()) || by_variable())
            && matches!(cx.target_of(call), Target::Functions(functions) if functions.contains(&function))
    })
}

/// Whether the body of what makes a coroutine says that others give it one.
pub(super) fn is_left_open(cx: &Cx<'_>, gives: &Gives) -> bool {
    let Gives::Coroutine(functions) = gives else {
        return false;
    };
    functions.iter().any(|function| {
        cx.project
            .function(*function)
            .is_some_and(|of| of.is_abstract)
    })
}
