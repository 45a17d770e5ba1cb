//! Whether other tasks may use an object while one waits for a call on it.

use super::Cx;
use crate::model::file::{BindingKind, Lookup, ScopeKind};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName};
use crate::python::span;

/// Whether a method only computes, writes to a log, or fills an object that `is_own` says nobody else
/// has.
pub fn is_quiet_method<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    is_own: impl FnOnce(&'a Expr) -> bool,
) -> bool {
    let Expr::Attribute(method) = &*call.func else {
        return false;
    };
    let (catalogue, name) = (cx.module.catalogue(), method.attr.as_str());
    let logs = || {
        cx.module
            .describe(&call.func)
            .to_lowercase()
            .contains("log")
    };
    catalogue.is_pure_method(name, call.arguments.args.len())
        || catalogue.is_logging_method(name) && logs()
        || catalogue.is_filling_method(name) && is_own(&method.value)
}

/// Whether an object belongs to the task that runs the code here: it is made where it stands, or
/// goes by a local name of a function that made it, uses it and gives it to nobody.
pub fn is_of_this_task<'a>(cx: &Cx<'a>, object: &'a Expr) -> bool {
    let Expr::Name(name) = object else {
        return match object {
            Expr::Call(call) => cx.callee(call).is_ok(),
            Expr::Await(awaited) => is_of_this_task(cx, &awaited.value),
            // What belongs to an object of this task: `process.stdout`.
            Expr::Attribute(part) => part.value.is_name_expr() && is_of_this_task(cx, &part.value),
            _ => false,
        };
    };
    let here = cx.module.scope_of(name.into());
    let Some(Lookup::Bound(owner, bindings)) = here.map(|scope| cx.module.lookup(scope, &name.id))
    else {
        return false;
    };
    if !matches!(cx.module.scope(owner).kind, ScopeKind::Function(_)) {
        return false;
    }
    let made_here = bindings.iter().all(|&id| {
        let value = match cx.module.binding(id).kind {
            BindingKind::Assign(value) => value,
            BindingKind::With(value, _) => value,
            _ => return false,
        };
        value.is_none_literal_expr() || !value.is_name_expr() && is_of_this_task(cx, value)
    });
    made_here
        && cx
            .module
            .reads_of(owner, &name.id)
            .into_iter()
            .all(|read| stays(cx, owner_function(cx, name), read))
}

/// The function whose code a name stands in.
fn owner_function<'a>(cx: &Cx<'a>, name: &'a ExprName) -> Option<AnyNodeRef<'a>> {
    let mut around = cx.module.ancestors(name.into());
    around.find(|node| {
        matches!(
            node,
            AnyNodeRef::StmtFunctionDef(_)
                | AnyNodeRef::ExprLambda(_)
                | AnyNodeRef::ExprGenerator(_)
        )
    })
}

/// Whether a read of a name uses the object on the spot, in the same function.
fn stays<'a>(cx: &Cx<'a>, function: Option<AnyNodeRef<'a>>, read: &'a ExprName) -> bool {
    let same = owner_function(cx, read).map(span) == function.map(span);
    let used = matches!(
        cx.module.parent(read.into()),
        Some(
            AnyNodeRef::ExprAttribute(_)
                | AnyNodeRef::WithItem(_)
                | AnyNodeRef::ExprCompare(_)
                | AnyNodeRef::ExprUnaryOp(_)
                | AnyNodeRef::ExprBoolOp(_)
                | AnyNodeRef::StmtIf(_)
                | AnyNodeRef::StmtWhile(_)
                | AnyNodeRef::StmtFor(_)
                | AnyNodeRef::StmtReturn(_)
                | AnyNodeRef::StmtDelete(_),
        )
    );
    same && used
}

/// Whether what a call gives is only used through its methods, where it stands or by a name.
pub(super) fn is_used_by_methods<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let name = match cx.module.parent(call.into()) {
        Some(AnyNodeRef::ExprAttribute(_)) => return true,
        Some(AnyNodeRef::StmtAssign(assign)) => match &*assign.targets {
            [Expr::Name(name)] => name,
            _ => return false,
        },
        Some(AnyNodeRef::StmtAnnAssign(assign)) => match &*assign.target {
            Expr::Name(name) => name,
            _ => return false,
        },
        Some(AnyNodeRef::WithItem(item)) => match item.optional_vars.as_deref() {
            Some(Expr::Name(name)) => name,
            _ => return item.optional_vars.is_none(),
        },
        _ => return false,
    };
    let Some(scope) = cx.module.scope_of(name.into()) else {
        return false;
    };
    let reads = cx.module.reads_of(scope, &name.id);
    reads
        .into_iter()
        .all(|read| match cx.module.parent(read.into()) {
            Some(AnyNodeRef::ExprAttribute(_) | AnyNodeRef::WithItem(_)) => true,
            Some(AnyNodeRef::Arguments(arguments)) => {
                let call = cx.module.parent(AnyNodeRef::from(arguments));
                call.is_some_and(|call| is_read_at_once(cx, call))
            }
            _ => false,
        })
}

/// Whether a call reads at once what it is given, there or in a thread: of that, we speak apart.
fn is_read_at_once<'a>(cx: &Cx<'a>, call: AnyNodeRef<'a>) -> bool {
    let AnyNodeRef::ExprCall(call) = call else {
        return false;
    };
    let reads = |name: &str| cx.module.catalogue().is_reader(name);
    cx.callee(call).is_ok_and(|name| {
        let handed = call.arguments.args.first();
        let in_thread = || handed.and_then(|handed| cx.module.qualified(handed));
        reads(&name) || name == "asyncio.to_thread" && in_thread().is_some_and(|name| reads(&name))
    })
}
