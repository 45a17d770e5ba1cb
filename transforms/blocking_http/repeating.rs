//! Decorators that run a function again after some exceptions, such as those of tenacity and backoff.

use super::Names;
use super::clauses::{Clause, Listed};
use super::errors::{self, Handlers};
use super::raising::names_within;
use crate::fix::Cx;
use crate::model::file::Why;
use crate::python::ast::{AnyNodeRef, Expr, StmtFunctionDef};
use crate::python::span;
use crate::text::Span;

/// Changes the exceptions that decorators of a function mind; gives where they are listed. Refused
/// where it is not known what a decorator does with one.
pub(super) fn look<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    function: &'a StmtFunctionDef,
    handlers: &mut Handlers<'a>,
) -> Result<Vec<Span>, Why> {
    let mut minded: Vec<Span> = Vec::new();
    for decorator in &function.decorator_list {
        for class in names_within((&decorator.expression).into()) {
            if !errors::is_old(cx, names, class)
                || minded.iter().any(|known| known.contains(span(class)))
            {
                continue;
            }
            let Some(types) = listed(cx, names, class) else {
                return Err(Why::new(format!(
                    "a decorator minds `{}`",
                    cx.module.describe(class)
                )));
            };
            let listed = errors::listed_in(types);
            let found = errors::classes(cx, names, listed, false, handlers)?;
            handlers.clauses.push(Clause {
                within: span(function),
                bodies: vec![&function.body],
                listed: Listed::Classes(types),
                classes: found.list,
                reads_new: false,
            });
            minded.push(span(types));
        }
    }
    Ok(minded)
}

/// The argument of a call that repeats, which a class is or stands in.
fn listed<'a>(cx: &Cx<'a>, names: Names<'_>, class: &'a Expr) -> Option<&'a Expr> {
    let mut around = cx.module.ancestors(class.into());
    let call = around.find_map(|ancestor| match ancestor {
        AnyNodeRef::ExprCall(call) => Some(call),
        _ => None,
    })?;
    let name = cx.module.qualified(&call.func)?;
    let keywords = call.arguments.keywords.iter();
    let mut values = call
        .arguments
        .args
        .iter()
        .chain(keywords.map(|keyword| &keyword.value));
    let argument = values.find(|value| span(*value).contains(span(class)))?;
    let plain = match argument {
        Expr::Tuple(tuple) => tuple.elts.iter().any(|item| span(item) == span(class)),
        single => span(single) == span(class),
    };
    (plain && names.old.repeaters.contains(&name)).then_some(argument)
}
