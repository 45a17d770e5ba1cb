//! What may run without being seen in a call, so that nothing about it is proven: methods that operators
//! call, hooks of a client, functions that are put in the place of others.

use crate::fix::Cx;
use crate::model::file::{Lookup, NameHash, ScopeKind, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt, TraversalSignal};
use crate::python::span;

/// Methods with two underscores that change nothing when Python calls them unasked.
const HARMLESS: [&str; 14] = [
    "__aenter__",
    "__aexit__",
    "__await__",
    "__bool__",
    "__enter__",
    "__eq__",
    "__exit__",
    "__hash__",
    "__init__",
    "__init_subclass__",
    "__new__",
    "__repr__",
    "__slots__",
    "__str__",
];

/// Keywords and attributes of clients that have code of one's own run for each request.
const HOOKS: [&str; 5] = ["app", "event_hooks", "hooks", "mounts", "transport"];

/// The first reason why what the calls do may be more than was read.
pub(super) fn doubt<'a>(cx: &Cx<'a>, calls: &[&'a ExprCall]) -> Option<String> {
    let mut found = calls.iter().find_map(|call| replaced(cx, call));
    walk(cx.module.tree().module().into(), &mut |node| {
        if found.is_some() {
            return TraversalSignal::Skip;
        }
        found = in_file(cx, node);
        TraversalSignal::Traverse
    });
    found
}

fn in_file<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<String> {
    match node {
        AnyNodeRef::StmtClassDef(class) => class.body.iter().find_map(|statement| {
            let Stmt::FunctionDef(method) = statement else {
                return None;
            };
            let name = method.name.as_str();
            let is_special = name.starts_with("__") && name.ends_with("__");
            (is_special && !HARMLESS.contains(&name))
                .then(|| format!("`{name}` of `{}` may run without being seen", class.name))
        }),
        AnyNodeRef::Keyword(keyword) => {
            let name = keyword.arg.as_ref()?.as_str();
            HOOKS.contains(&name).then(|| hook(name))
        }
        AnyNodeRef::ExprAttribute(attribute) => {
            let name = attribute.attr.as_str();
            if !attribute.ctx.is_load() {
                return HOOKS.contains(&name).then(|| hook(name));
            }
            let is_called = matches!(
                cx.module.parent(node),
                Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == span(attribute)
            );
            (!is_called && cx.module.catalogue().is_filling_method(name)).then(|| {
                format!(
                    "`{}` is handed on, and may be called without being seen",
                    span(attribute).of(cx.module.text())
                )
            })
        }
        AnyNodeRef::ExprCall(call) => closes_over(cx, call),
        _ => None,
    }
}

/// Whether a function changes a collection of the function around it, perhaps while that waits.
fn closes_over<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<String> {
    let Expr::Attribute(method) = &*call.func else {
        return None;
    };
    let Expr::Name(name) = &*method.value else {
        return None;
    };
    if !cx.module.catalogue().is_filling_method(&method.attr) {
        return None;
    }
    let mut scope = cx.module.scope_of(name.into())?;
    let Lookup::Bound(owner, _) = cx.module.lookup(scope, &name.id) else {
        return None;
    };
    while scope != owner && !matches!(cx.module.scope(scope).kind, ScopeKind::Function(_)) {
        scope = cx.module.scope(scope).parent?;
    }
    let around = matches!(cx.module.scope(owner).kind, ScopeKind::Function(_));
    (scope != owner && around).then(|| {
        format!(
            "`{}` is called by a function inside another, perhaps while that waits",
            span(method).of(cx.module.text())
        )
    })
}

fn hook(name: &str) -> String {
    format!("`{name}` may have code of the project run for each request")
}

/// Whether a file of the same package or folder puts something else in the place of what is called.
fn replaced<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<String> {
    let name = match &*call.func {
        Expr::Attribute(method) => method.attr.as_str(),
        Expr::Name(name) => name.id.as_str(),
        _ => return None,
    };
    let hash = NameHash::of(name);
    let modules = cx.project.modules();
    let package = |file| modules.name_of(file).split('.').next().map(str::to_owned);
    let (own, folder) = (package(cx.file), modules.folder(cx.file));
    let files = cx.project.files();
    let mut patched = files.filter(|(file, facts)| {
        facts.patched.contains(&hash) && (package(*file) == own || modules.folder(*file) == folder)
    });
    patched.next().map(|(file, _)| {
        format!(
            "{} puts something else in the place of a `{name}`",
            cx.project.modules().path(file).display()
        )
    })
}
