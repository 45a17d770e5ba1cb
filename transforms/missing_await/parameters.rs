//! What functions of the project say of the arguments that they are given.

use super::annotations::{Says, says};
use super::uses::Value;
use crate::fix::Cx;
use crate::model::file::{Entity, Owner, ScopeId};
use crate::model::project::{FunctionRef, Gives};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, StmtFunctionDef};
use crate::python::span;

/// How an argument is given, and to what.
#[derive(Clone, Copy)]
struct Given<'k> {
    position: Option<usize>,
    keyword: Option<&'k str>,
    by_attribute: bool,
    of_class: bool,
}

/// Whether each function that a call may run is annotated to take something else than an awaitable
/// for an argument.
pub(super) fn take_values<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    argument: AnyNodeRef<'a>,
    functions: &[FunctionRef],
    value: Value<'_>,
) -> bool {
    let Some(given) = given(cx, call, argument) else {
        return false;
    };
    !functions.is_empty()
        && functions.iter().all(|function| {
            let takes = |other: &Cx<'_>| takes_value(other, *function, given, value);
            look(cx, *function, takes)
        })
}

/// Whether the annotation of a function that a call may run asks for an awaitable.
pub(super) fn take_awaitables<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    argument: AnyNodeRef<'a>,
    functions: &[FunctionRef],
) -> bool {
    let Some(given) = given(cx, call, argument) else {
        return false;
    };
    functions.iter().any(|function| {
        look(cx, *function, |other| {
            annotation_of(other, *function, given).is_some_and(|(annotation, _)| {
                let text = other.module.source(annotation);
                ["Awaitable", "Coroutine", "Future", "Task"]
                    .iter()
                    .any(|word| text.contains(word))
            })
        })
    })
}

/// Asks in the file of a function.
fn look(cx: &Cx<'_>, function: FunctionRef, ask: impl FnOnce(&Cx<'_>) -> bool) -> bool {
    match function.file == cx.file {
        true => ask(cx),
        false => cx.look_into(function.file, ask).unwrap_or(false),
    }
}

/// How an argument is given, if no others are unpacked.
fn given<'a>(cx: &Cx<'a>, call: &'a ExprCall, argument: AnyNodeRef<'a>) -> Option<Given<'a>> {
    let arguments = &call.arguments;
    if arguments
        .args
        .iter()
        .any(|argument| argument.is_starred_expr())
    {
        return None;
    }
    // `Class.method(object, ...)` is rare, and is not looked through.
    let receiver = call.func.as_attribute_expr().map(|method| &*method.value);
    let of_class = receiver.is_some_and(|receiver| {
        matches!(
            cx.module.entity(receiver),
            Entity::Class(_) | Entity::External(_)
        )
    });
    Some(Given {
        position: arguments
            .args
            .iter()
            .position(|other| span(other) == span(argument)),
        keyword: match argument {
            AnyNodeRef::Keyword(keyword) => keyword.arg.as_deref(),
            _ => None,
        },
        by_attribute: receiver.is_some(),
        of_class,
    })
}

/// The annotation of the parameter that an argument is given for, and where it stands.
fn annotation_of<'a>(
    cx: &Cx<'a>,
    function: FunctionRef,
    given: Given<'_>,
) -> Option<(&'a Expr, ScopeId)> {
    let of = definition(cx, function)?;
    let known = cx.project.function(function);
    let bound = known.is_some_and(|known| matches!(known.owner, Owner::Class(_)));
    let is_static = of.decorator_list.iter().any(|decorator| {
        decorator
            .expression
            .as_name_expr()
            .is_some_and(|name| name.id == "staticmethod")
    });
    if bound && given.of_class {
        return None;
    }
    let is_bound = given.by_attribute || of.name.as_str() == "__init__";
    let skipped = usize::from(bound && !is_static && is_bound);
    let named = of.parameters.posonlyargs.iter().chain(&of.parameters.args);
    let parameter = match (given.position, given.keyword) {
        (Some(position), _) => named.skip(skipped).nth(position),
        (None, Some(keyword)) => of
            .parameters
            .args
            .iter()
            .chain(&of.parameters.kwonlyargs)
            .find(|parameter| parameter.parameter.name.as_str() == keyword),
        (None, None) => None,
    };
    let annotation = parameter.and_then(|parameter| parameter.parameter.annotation.as_deref());
    annotation.zip(cx.module.scope_of(of.into()))
}

fn takes_value(cx: &Cx<'_>, function: FunctionRef, given: Given<'_>, value: Value<'_>) -> bool {
    let Some((annotation, scope)) = annotation_of(cx, function, given) else {
        return false;
    };
    match says(cx, annotation, scope) {
        Says::Plain => true,
        Says::Perhaps => false,
        Says::Unknown => {
            let Gives::Coroutine(made) = value.gives else {
                return false;
            };
            let text = |annotation| span(annotation).of(cx.module.text());
            made.iter().all(|made| {
                let made = definition(cx, *made).filter(|_| made.file == cx.file);
                made.and_then(|made| made.returns.as_deref())
                    .is_some_and(|returns| text(returns) == text(annotation))
            })
        }
    }
}

/// The definition of a function, if it is one of this file.
fn definition<'a>(cx: &Cx<'a>, function: FunctionRef) -> Option<&'a StmtFunctionDef> {
    let at = cx
        .project
        .function(function)
        .filter(|_| function.file == cx.file)?
        .at;
    cx.module.function_named(at)
}
