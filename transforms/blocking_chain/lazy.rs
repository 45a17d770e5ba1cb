//! Arguments that do their work when somebody goes through them, in whatever thread that is.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Facts, Lookup};
use crate::model::project::Value;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall};
use crate::python::span;

/// Builtins that do nothing until somebody goes through what they give.
const LAZY: [&str; 4] = ["enumerate", "filter", "map", "zip"];

/// The first argument of a call that does its work only when somebody goes through it.
pub(super) fn lazy_argument<'a>(cx: &Cx<'a>, facts: &Facts, call: &'a ExprCall) -> Option<&'a str> {
    let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
    let mut arguments = call.arguments.args.iter().chain(keywords);
    let lazy = arguments.find(|argument| is_lazy(cx, facts, argument, true))?;
    Some(span(lazy).of(cx.module.text()))
}

fn is_lazy<'a>(cx: &Cx<'a>, facts: &Facts, value: &'a Expr, follow: bool) -> bool {
    match value {
        Expr::Generator(_) => true,
        Expr::Starred(starred) => is_lazy(cx, facts, &starred.value, follow),
        Expr::Call(call) => {
            let known = facts.calls.iter().find(|known| known.at == span(call));
            let Some(known) = known else {
                return false;
            };
            match cx.project.value(cx.file, known.callee) {
                Value::Function(function) | Value::Method(function, _) => cx
                    .project
                    .function(function)
                    .is_some_and(|of| of.is_generator && !of.is_async),
                Value::Library(name) => LAZY.contains(&&*name),
                _ => false,
            }
        }
        Expr::Name(name) if follow => {
            let Some(scope) = cx.module.scope_of(AnyNodeRef::from(name)) else {
                return false;
            };
            let Lookup::Bound(_, bindings) = cx.module.lookup(scope, &name.id) else {
                return false;
            };
            bindings.iter().any(|id| match cx.module.binding(*id).kind {
                BindingKind::Assign(value) => is_lazy(cx, facts, value, false),
                _ => false,
            })
        }
        _ => false,
    }
}
