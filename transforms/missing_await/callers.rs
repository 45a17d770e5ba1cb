//! Methods of parameters without annotations, where every caller passes an object of one class.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Entity, Lookup, ScopeKind};
use crate::model::project::{ClassRef, Gives, Value};
use crate::python::ast::{Expr, ExprCall};
use crate::python::span;

/// What a method of a parameter gives, and what a person must confirm about it.
pub(super) fn gives<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<(Gives, String)> {
    let method = call.func.as_attribute_expr()?;
    let name = method.value.as_name_expr()?;
    let scope = cx.module.scope_of(name.into())?;
    let Lookup::Bound(owner, [only]) = cx.module.lookup(scope, &name.id) else {
        return None;
    };
    let BindingKind::Parameter(parameter) = cx.module.binding(*only).kind else {
        return None;
    };
    let ScopeKind::Function(function) = cx.module.scope(owner).kind else {
        return None;
    };
    if parameter.annotation.is_some() {
        return None;
    }
    let callers = cx.project.graph().callers(cx.function_ref(function)?);
    if callers.iter().any(|(file, _)| *file != cx.file) {
        return None;
    }
    let mut passed = cx.module.passed(owner, parameter)?.into_iter();
    let class = class_of(cx, passed.next()?)?;
    if !passed.all(|argument| class_of(cx, argument) == Some(class)) {
        return None;
    }
    let gives = cx.project.gives_on(class, &method.attr);
    let shown = &cx.project.class(class)?.name;
    let doubt = format!(
        "`{}` is not annotated; every call of `{}` that is seen passes a `{shown}`",
        name.id, function.name
    );
    gives.is_coroutine().then_some((gives, doubt))
}

/// The class of the project of which an expression makes an object, on the spot or in the only
/// assignment of a variable.
fn class_of<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Option<ClassRef> {
    let made = match expression {
        Expr::Name(name) => {
            let scope = cx.module.scope_of(name.into())?;
            let Lookup::Bound(_, [only]) = cx.module.lookup(scope, &name.id) else {
                return None;
            };
            match cx.module.binding(*only).kind {
                BindingKind::Assign(value) => value,
                _ => return None,
            }
        }
        other => other,
    };
    match cx.module.entity(&made.as_call_expr()?.func) {
        Entity::Class(class) => {
            let classes = &cx.project.facts(cx.file)?.classes;
            let at = span(&class.name);
            let index = classes.iter().position(|known| known.at == at)?;
            Some(ClassRef::new(cx.file, index))
        }
        Entity::External(name) => match cx.project.named(cx.file, &name) {
            Value::Class(class) => Some(class),
            _ => None,
        },
        _ => None,
    }
}
