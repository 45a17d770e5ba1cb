//! What becomes of a coroutine that is assigned to a variable: what its readers do with it.

use super::uses::{Proof, Use, Value, Wrong, function_around, use_of};
use crate::fix::Cx;
use crate::model::file::{BindingKind, Lookup, Place, ScopeId, ScopeKind};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName};
use crate::python::span;

/// What becomes of a value that is assigned to this target.
pub(super) fn use_of_target<'a>(cx: &Cx<'a>, target: &'a Expr, value: Value<'_>) -> Use {
    match target {
        Expr::Name(name) => use_of_variable(cx, name, value),
        _ => Use::Open,
    }
}

/// Whether the name of a target says that it is no plain value that it holds.
pub(super) fn speaks_of_awaitables(cx: &Cx<'_>, target: &Expr) -> bool {
    let name = cx.module.source(target).to_lowercase();
    ["awaitable", "coro", "fut", "task"]
        .iter()
        .any(|word| name.contains(word))
}

fn use_of_variable<'a>(cx: &Cx<'a>, target: &'a ExprName, value: Value<'_>) -> Use {
    let Some(steps) = value.steps.checked_sub(1) else {
        return Use::Open;
    };
    let scope = cx.module.scope_of(target.into());
    let Some(Lookup::Bound(owner, _)) = scope.map(|scope| cx.module.lookup(scope, &target.id))
    else {
        return Use::Open;
    };
    if !matches!(cx.module.scope(owner).kind, ScopeKind::Function(_)) {
        return Use::Open;
    }
    let reads = cx.module.reads_of(owner, &target.id);
    if reads.is_empty() {
        return unread(cx, target);
    }
    let alone = cx.module.bindings_of(owner, &target.id).len() == 1;
    let mut wrong: Option<Wrong> = None;
    let mut certain: Option<Wrong> = None;
    let mut all_wrong = true;
    for read in reads {
        // Whether the variable certainly stands for this value where it is read.
        let here = alone
            || cx
                .module
                .bound_at(read, owner)
                .is_some_and(|binding| binding.at == span(target));
        let inner = Value {
            steps,
            always: value.always && here,
            ..value
        };
        match use_of(cx, read.into(), inner) {
            Use::Meant => return Use::Meant,
            Use::Open => all_wrong = false,
            Use::Wrong(found) => {
                if here {
                    keep(&mut certain, &found);
                }
                keep(&mut wrong, &found);
            }
        }
    }
    let shown = |wrong: Wrong| {
        Use::Wrong(Wrong {
            what: format!("as `{}` is used: {}", target.id, wrong.what),
            ..wrong
        })
    };
    match (wrong, certain) {
        (Some(wrong), _) if all_wrong => shown(wrong),
        // What fails for a coroutine shows that a value was meant, wherever else it goes. What is only
        // tested may be missing, and the coroutine be kept for others.
        (_, Some(certain)) if certain.proof < Proof::Silent => shown(certain),
        (_, Some(certain)) if certain.proof == Proof::Silent && value.always => shown(certain),
        _ if awaited_otherwise(cx, target, owner) => Use::Wrong(Wrong {
            proof: Proof::Returned,
            what: format!("and `{}` holds what was awaited elsewhere", target.id),
        }),
        _ => Use::Open,
    }
}

/// Whether another statement of the function gives the variable what it has awaited.
fn awaited_otherwise(cx: &Cx<'_>, target: &ExprName, owner: ScopeId) -> bool {
    cx.module
        .bindings_of(owner, &target.id)
        .iter()
        .any(|binding| {
            binding.at != span(target)
                && matches!(binding.kind, BindingKind::Assign(Expr::Await(_)))
        })
}

fn keep(best: &mut Option<Wrong>, found: &Wrong) {
    if best.as_ref().is_none_or(|best| found.proof < best.proof) {
        *best = Some(found.clone());
    }
}

/// A variable that nothing reads, unless its name says that this is meant.
fn unread<'a>(cx: &Cx<'a>, target: &'a ExprName) -> Use {
    let sees_all = function_around(cx, target.into()).is_some_and(|function| {
        ["locals", "vars", "eval", "exec", "dir"]
            .iter()
            .any(|name| cx.module.uses_name(span(function), name))
    });
    match target.id.starts_with('_') || sees_all {
        true => Use::Open,
        false => Use::Wrong(Wrong {
            proof: Proof::Dropped,
            what: format!("and nothing reads `{}`", target.id),
        }),
    }
}

/// Whether a value is kept where others may find it, in no way that shows a coroutine to be meant: by an
/// assignment, or by a `return` that is annotated to give anything or nothing.
pub(super) fn is_kept<'a>(cx: &Cx<'a>, call: &'a ExprCall, sure: bool) -> bool {
    let mut node = AnyNodeRef::from(call);
    while let Some(parent) = cx.module.parent(node) {
        match parent {
            AnyNodeRef::ExprIf(_) | AnyNodeRef::ExprBoolOp(_) => node = parent,
            // What is not known to be a coroutine may be gone through, or entered.
            AnyNodeRef::StmtAssign(assign) if sure => {
                let [target] = &assign.targets[..] else {
                    return false;
                };
                return !speaks_of_awaitables(cx, target);
            }
            AnyNodeRef::StmtReturn(_) if sure || call.func.is_attribute_expr() => {
                let Place::Coroutine { function, .. } = cx.module.place(parent) else {
                    return false;
                };
                let annotation = function.returns.as_deref();
                return annotation.is_none_or(|annotation| {
                    matches!(cx.module.source(annotation), "Any" | "typing.Any" | "t.Any")
                });
            }
            _ => return false,
        }
    }
    false
}
