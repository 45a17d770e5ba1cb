//! A client that is there already where a request is sent: opened around it, a parameter, an
//! attribute of the object, or a global. It is used rather than opening another.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Lookup, ScopeId};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, StmtClassDef, StmtFunctionDef};

/// How a client of this class is reached at a call in `function`, if one certainly is.
pub(super) fn client<'a>(
    cx: &Cx<'a>,
    class: &str,
    function: &'a StmtFunctionDef,
    call: &'a ExprCall,
) -> Option<String> {
    // A function that is defined in the block may run when the client is closed.
    let around = cx.module.ancestors(call.into());
    let mut around =
        around.take_while(|ancestor| !matches!(ancestor, AnyNodeRef::StmtFunctionDef(_)));
    let opened = around.find_map(|ancestor| {
        let AnyNodeRef::StmtWith(with) = ancestor else {
            return None;
        };
        with.items.iter().find_map(|item| {
            match (&item.context_expr, item.optional_vars.as_deref()) {
                (Expr::Call(made), Some(Expr::Name(name))) if makes(cx, class, made) => {
                    Some(name.id.to_string())
                }
                _ => None,
            }
        })
    });
    // A name has to mean the same at the call as where it was found.
    let scope = cx.module.scope_of(call.into())?;
    let certain = |name: &String| matches!(cx.module.lookup(scope, name), Lookup::Bound(_, bindings) if bindings.len() == 1);
    opened
        .or_else(|| parameter(cx, class, function))
        .filter(certain)
        .or_else(|| attribute(cx, class, function))
        .or_else(|| global(cx, class).filter(certain))
}

fn makes<'a>(cx: &Cx<'a>, class: &str, call: &'a ExprCall) -> bool {
    cx.module.qualified(&call.func).as_deref() == Some(class)
}

/// A parameter that is annotated with the class.
fn parameter<'a>(cx: &Cx<'a>, class: &str, function: &'a StmtFunctionDef) -> Option<String> {
    function.parameters.iter().find_map(|parameter| {
        let parameter = parameter.as_parameter();
        let annotation = parameter.annotation.as_deref()?;
        let is_client = cx.module.qualified(annotation).as_deref() == Some(class);
        is_client.then(|| parameter.name.to_string())
    })
}

/// A name of the module that is given a client, once.
fn global(cx: &Cx<'_>, class: &str) -> Option<String> {
    let is_client = |kind: &BindingKind<'_>| matches!(kind, BindingKind::Assign(Expr::Call(made)) if makes(cx, class, made));
    let mut given = cx.module.bindings().iter().filter(|binding| {
        is_client(&binding.kind)
            && matches!(cx.module.bindings_of(ScopeId::MODULE, binding.name)[..], [only]
                if std::ptr::eq(only, *binding))
    });
    given.next().map(|binding| binding.name.to_owned())
}

/// An attribute of the method's object that is given nothing but clients.
fn attribute<'a>(cx: &Cx<'a>, class: &str, function: &'a StmtFunctionDef) -> Option<String> {
    let owner = class_of(cx, function.into())?;
    let this = function.parameters.iter().next()?.name().as_str();
    let mut found: Option<(&str, bool)> = None;
    for write in cx.module.attribute_writes() {
        let Expr::Attribute(attribute) = write else {
            continue;
        };
        let of_object = matches!(&*attribute.value, Expr::Name(name) if name.id == this);
        let of_class = class_of(cx, AnyNodeRef::from(attribute));
        if !of_object || !of_class.is_some_and(|class| std::ptr::eq(class, owner)) {
            continue;
        }
        let is_client = matches!(cx.module.parent(AnyNodeRef::from(attribute)),
            Some(AnyNodeRef::StmtAssign(assign))
                if matches!(&*assign.value, Expr::Call(made) if makes(cx, class, made)));
        match &mut found {
            None if is_client => found = Some((&attribute.attr, true)),
            Some((name, certain)) if *name == attribute.attr.as_str() => *certain &= is_client,
            _ => {}
        }
    }
    let (name, _) = found.filter(|(_, certain)| *certain)?;
    Some(format!("{this}.{name}"))
}

/// The class in whose body a function stands, or in one of whose methods a node does.
fn class_of<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<&'a StmtClassDef> {
    cx.module
        .ancestors(node)
        .find_map(|ancestor| match ancestor {
            AnyNodeRef::StmtClassDef(class) => Some(class),
            _ => None,
        })
}
