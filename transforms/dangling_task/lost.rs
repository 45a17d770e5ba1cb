//! Where the task that a call makes is lost, if it is.

use super::{DROPPING, LOOPS, TESTED, maker};
use crate::fix::Cx;
use crate::model::file::{BindingKind, Lookup, ScopeKind};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName};
use crate::python::span;

/// Where a task is lost.
pub(super) enum Lost<'a> {
    /// The statement is the call, or one of a method of the task that the call gives.
    Statement(AnyNodeRef<'a>),
    /// The only thing that refers to it is a variable that nobody reads.
    Variable(AnyNodeRef<'a>, &'a ExprName),
    /// There is no place for statements, and where it is.
    Inside(&'static str),
}

/// Whether a call looks like one of asyncio, or of an event loop, and nothing more is known.
pub(super) fn is_by_name<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let Expr::Attribute(method) = &*call.func else {
        return false;
    };
    let receiver = match &*method.value {
        Expr::Name(name) if name.id == "asyncio" => {
            let scope = cx.module.scope_of(name.into());
            let lookup = scope.map(|scope| cx.module.lookup(scope, "asyncio"));
            let is_star = matches!(lookup, Some(Lookup::Star([_, ..])));
            return is_star && matches!(method.attr.as_str(), "create_task" | "ensure_future");
        }
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    method.attr.as_str() == "create_task" && LOOPS.contains(&receiver)
}

pub(super) fn lost<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<Lost<'a>> {
    let parent = cx.module.parent(call.into())?;
    match parent {
        AnyNodeRef::StmtExpr(_) => Some(Lost::Statement(parent)),
        AnyNodeRef::ExprAttribute(method) => {
            let AnyNodeRef::ExprCall(outer) = cx.module.parent(parent)? else {
                return None;
            };
            let is_called = span(&*outer.func) == span(method);
            let statement = cx.module.parent(outer.into())?;
            let only_asks = matches!(method.attr.as_str(), "add_done_callback" | "set_name");
            (is_called && only_asks && statement.is_stmt_expr())
                .then_some(Lost::Statement(statement))
        }
        AnyNodeRef::StmtAssign(assign) => {
            let names = assign.targets.iter().map(|target| target.as_name_expr());
            let names: Vec<&ExprName> = names.collect::<Option<_>>()?;
            let [first, ..] = names[..] else {
                return None;
            };
            let unread = names.iter().all(|name| is_never_read(cx, name));
            unread.then_some(Lost::Variable(parent, first))
        }
        AnyNodeRef::StmtAnnAssign(assign) => {
            let name = assign.target.as_name_expr()?;
            is_never_read(cx, name).then_some(Lost::Variable(parent, name))
        }
        AnyNodeRef::ExprIf(choice) if span(&*choice.test) != span(call) => {
            inside_statement(cx, parent, "an expression: make it an `if` statement")
        }
        AnyNodeRef::ExprBoolOp(_) => {
            inside_statement(cx, parent, "an expression: make it an `if` statement")
        }
        AnyNodeRef::ExprListComp(_) => {
            inside_statement(cx, parent, "a comprehension: make it a `for` statement")
        }
        AnyNodeRef::ExprGenerator(_) => {
            let place = "a generator that nobody runs: make it a `for` statement";
            inside_statement(cx, parent, place)
        }
        AnyNodeRef::ExprList(_) | AnyNodeRef::ExprSet(_) | AnyNodeRef::ExprTuple(_) => {
            let place = "a display that nobody reads: make it a statement of its own";
            inside_statement(cx, parent, place)
        }
        AnyNodeRef::ExprIf(_)
        | AnyNodeRef::StmtIf(_)
        | AnyNodeRef::ElifElseClause(_)
        | AnyNodeRef::StmtWhile(_)
        | AnyNodeRef::StmtAssert(_) => Some(Lost::Inside(TESTED)),
        AnyNodeRef::Comprehension(each) if span(&each.iter) != span(call) => {
            Some(Lost::Inside(TESTED))
        }
        AnyNodeRef::WithItem(_) => Some(Lost::Inside(
            "`with`, which takes no task: make it a statement of its own",
        )),
        AnyNodeRef::ExprLambda(_) => {
            let given_to = cx.module.parent(cx.module.parent(parent)?)?;
            let AnyNodeRef::ExprCall(given_to) = given_to else {
                return None;
            };
            let method = given_to.func.as_attribute_expr()?;
            DROPPING
                .contains(&method.attr.as_str())
                .then_some(Lost::Inside("a lambda: make it a function"))
        }
        _ => None,
    }
}

/// Where a call stands in an expression that is a statement.
fn inside_statement<'a>(
    cx: &Cx<'a>,
    expression: AnyNodeRef<'a>,
    place: &'static str,
) -> Option<Lost<'a>> {
    let statement = cx.module.parent(expression)?;
    statement.is_stmt_expr().then_some(Lost::Inside(place))
}

/// Whether a variable of a function is only ever assigned to.
fn is_never_read<'a>(cx: &Cx<'a>, name: &'a ExprName) -> bool {
    let Some(scope) = cx.module.scope_of(name.into()) else {
        return false;
    };
    let bindings = cx.module.bindings_of(scope, &name.id);
    matches!(cx.module.scope(scope).kind, ScopeKind::Function(function)
        if !cx.module.uses_name(span(function), "locals"))
        && !cx.module.scope(scope).is_declared_elsewhere(&name.id)
        && !bindings.is_empty()
        && bindings
            .iter()
            .all(|binding| matches!(binding.kind, BindingKind::Assign(_)))
        && cx.module.reads_of(scope, &name.id).is_empty()
}

/// Whether `ensure_future` is given a future that others have, which it gives back as it is.
pub(super) fn is_kept_elsewhere<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    if !cx
        .callee(call)
        .is_ok_and(|name| name.ends_with("ensure_future"))
    {
        return false;
    }
    let is_future = |value: &'a Expr| {
        let class = cx.module.class_of(value);
        class.is_some_and(|class| cx.module.catalogue().is_subclass(&class, "asyncio.Future"))
    };
    match call.arguments.args.first() {
        Some(Expr::Call(made)) => cx.callee(made).is_ok_and(|name| {
            // A thread refers to its future until it is done.
            name.ends_with(".run_in_executor") || name.ends_with(".wrap_future")
        }),
        Some(Expr::Name(name)) => {
            let scope = cx.module.scope_of(name.into());
            let Some(Lookup::Bound(_, bindings)) =
                scope.map(|scope| cx.module.lookup(scope, &name.id))
            else {
                return false;
            };
            bindings.iter().any(|&id| match cx.module.binding(id).kind {
                BindingKind::Assign(value @ Expr::Call(made)) => {
                    is_future(value) || maker(cx, made).is_some()
                }
                _ => false,
            }) || is_given_away(cx, name)
        }
        Some(Expr::Attribute(_)) => true,
        _ => false,
    }
}

/// Whether a variable is returned or put into something as well, which is no use for a coroutine that a
/// task is made of.
fn is_given_away<'a>(cx: &Cx<'a>, name: &'a ExprName) -> bool {
    let reads = cx
        .module
        .scope_of(name.into())
        .map(|scope| cx.module.reads_of(scope, &name.id));
    reads.into_iter().flatten().any(|read| {
        let parent = cx.module.parent(read.into());
        let call = parent.and_then(|parent| cx.module.parent(parent));
        match (parent, call) {
            (Some(AnyNodeRef::StmtReturn(_)), _) => true,
            (Some(AnyNodeRef::Arguments(_)), Some(AnyNodeRef::ExprCall(call))) => {
                matches!(&*call.func, Expr::Attribute(method)
                    if matches!(method.attr.as_str(), "add" | "append"))
            }
            _ => false,
        }
    })
}
