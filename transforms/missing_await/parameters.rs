//! What functions of the project say of the arguments that they are given.

use super::annotations::{Says, says};
use super::uses::Value;
use crate::fix::Cx;
use crate::model::file::{Entity, Owner};
use crate::model::project::{FunctionRef, Gives};
use crate::python::ast::{AnyNodeRef, ExprCall, StmtFunctionDef};
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
    let arguments = &call.arguments;
    if arguments
        .args
        .iter()
        .any(|argument| argument.is_starred_expr())
    {
        return false;
    }
    let position = arguments
        .args
        .iter()
        .position(|other| span(other) == span(argument));
    let keyword = match argument {
        AnyNodeRef::Keyword(keyword) => keyword.arg.as_deref(),
        _ => None,
    };
    // `Class.method(object, ...)` is rare, and is not looked through.
    let receiver = call.func.as_attribute_expr().map(|method| &*method.value);
    let of_class = receiver.is_some_and(|receiver| {
        matches!(
            cx.module.entity(receiver),
            Entity::Class(_) | Entity::External(_)
        )
    });
    let by_attribute = receiver.is_some();
    !functions.is_empty()
        && functions.iter().all(|function| {
            let takes = |other: &Cx<'_>| {
                let given = Given {
                    position,
                    keyword,
                    by_attribute,
                    of_class,
                };
                takes_value(other, *function, given, value)
            };
            match function.file == cx.file {
                true => takes(cx),
                false => cx.look_into(function.file, takes).unwrap_or(false),
            }
        })
}

fn takes_value(cx: &Cx<'_>, function: FunctionRef, given: Given<'_>, value: Value<'_>) -> bool {
    let Some(of) = definition(cx, function) else {
        return false;
    };
    let known = cx.project.function(function);
    let bound = known.is_some_and(|known| matches!(known.owner, Owner::Class(_)));
    let is_static = of.decorator_list.iter().any(|decorator| {
        decorator
            .expression
            .as_name_expr()
            .is_some_and(|name| name.id == "staticmethod")
    });
    if bound && given.of_class {
        return false;
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
    let scope = cx.module.scope_of(of.into());
    let Some((annotation, scope)) = annotation.zip(scope) else {
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
