//! What statements around a request do, and whether they may do it in a thread.

use super::bodies::{Family, span_of};
use crate::fix::{
    BlockingCall, Cx, blocking_call, body, calls_within, concerns, is_of_this_task, is_quiet_method,
};
use crate::model::file::{Lookup, Why, root, walk};
use crate::model::libraries::{Fallback, Kind};
use crate::model::project::Target;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprContext, Stmt, TraversalSignal, WithItem,
};
use crate::python::span;
use crate::text::Span;
use std::collections::BTreeSet;

/// Builtins that take all items at once, or only look.
pub(super) const TAKERS: [&str; 16] = [
    "all",
    "any",
    "bool",
    "bytes",
    "dict",
    "frozenset",
    "isinstance",
    "len",
    "list",
    "max",
    "min",
    "print",
    "set",
    "sorted",
    "sum",
    "tuple",
];

/// What a person must confirm before statements run in a thread; refused where they do what only the
/// thread of the event loop may do, where what they change is seen elsewhere, or where what reads the
/// response leaves them.
pub(super) fn judge<'a>(
    cx: &Cx<'a>,
    run: &'a [Stmt],
    family: &Family<'a>,
) -> Result<BTreeSet<String>, Why> {
    let whole = span_of(run);
    let mut reasons = BTreeSet::new();
    for call in calls_within(cx, run) {
        reasons.extend(called(cx, call, whole, family)?);
    }
    let mut trouble = None;
    for statement in run {
        walk(statement.into(), &mut |node| {
            if trouble.is_none() {
                trouble = changed(cx, node, whole).or_else(|| entered(cx, node, family));
                if family.has(node) && handed_on(cx, node, whole) {
                    let text = span(node).of(cx.module.text());
                    trouble = trouble.take().or(Some(format!("`{text}` is handed on")));
                }
                reasons.extend(gone_through(cx, node, whole, family));
            }
            TraversalSignal::Traverse
        });
    }
    match trouble {
        Some(trouble) => Err(Why::new(trouble)),
        None => Ok(reasons),
    }
}

/// What is to be confirmed of a call.
fn called<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    whole: Span,
    family: &Family<'a>,
) -> Result<Option<String>, Why> {
    let catalogue = cx.module.catalogue();
    let described = || cx.module.describe(&call.func);
    let of_family = matches!(&*call.func, Expr::Attribute(method)
        if family.has(root(&method.value).into()));
    if of_family || is_quiet_method(cx, call, |object| is_own(cx, object, whole)) {
        return Ok(None);
    }
    let name = match cx.target_of(call) {
        Target::Nothing => return Ok(None),
        Target::Library(name) => name,
        Target::Functions(functions) => {
            let mut reasons = Vec::new();
            for function in functions {
                reasons.extend(cx.project.in_thread(function)?);
            }
            return Ok((!reasons.is_empty()).then(|| reasons.join("; ")));
        }
        Target::Unknown(_) => {
            return Err(Why::new(format!(
                "what `{}` does is not known",
                described()
            )));
        }
    };
    let stays = || Why::new(format!("`{}` must stay where it is", described()));
    if let Some(entry) = catalogue.blocking(&name)
        && (entry.kind == Kind::Lock || entry.fallback == Fallback::Together)
    {
        return Err(stays());
    }
    if let Some(blocking) = blocking_call(cx, call) {
        return confirmed(cx, &blocking).map_err(|()| stays());
    }
    let known = catalogue.is_reader(&name) || catalogue.is_wrapper(&name);
    match known || catalogue.gives(&name).is_some() {
        true => Ok(None),
        false => cx.project.library_in_thread(&name),
    }
}

/// What is to be confirmed of a call that blocks.
fn confirmed<'a>(cx: &Cx<'a>, blocking: &BlockingCall<'a>) -> Result<Option<String>, ()> {
    if body(cx, blocking).is_some() {
        return Ok(concerns(cx, blocking));
    }
    match blocking.entry.fallback {
        Fallback::Exact | Fallback::List => {
            let shared = blocking.entry.shared.as_ref();
            let receiver = blocking.call.func.as_attribute_expr();
            let of_others = receiver.filter(|method| !is_of_this_task(cx, &method.value));
            Ok(shared.zip(of_others).map(|(why, method)| {
                let object = cx.module.describe(&method.value);
                format!("other tasks may use `{object}` meanwhile: {why}")
            }))
        }
        Fallback::Review => Ok(blocking.entry.why.clone()),
        Fallback::Together | Fallback::None => Err(()),
    }
}

/// Whether the object at the bottom of an expression is one that the statements made, or that only
/// the coroutine has.
fn is_own<'a>(cx: &Cx<'a>, expression: &'a Expr, whole: Span) -> bool {
    let Expr::Name(name) = root(expression) else {
        return root(expression).is_call_expr();
    };
    let scope = cx.module.scope_of(name.into());
    let made_within = match scope.map(|scope| cx.module.lookup(scope, &name.id)) {
        Some(Lookup::Bound(_, ids)) => ids
            .iter()
            .all(|&id| whole.contains(cx.module.binding(id).at)),
        _ => false,
    };
    made_within || cx.module.is_made_here(expression) || cx.module.is_made_here(root(expression))
}

/// What a node changes that code elsewhere sees.
fn changed<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, whole: Span) -> Option<String> {
    let (object, context, text) = match node {
        AnyNodeRef::ExprAttribute(attribute) => (
            &attribute.value,
            attribute.ctx,
            span(attribute).of(cx.module.text()).to_owned(),
        ),
        AnyNodeRef::ExprSubscript(item) => (&item.value, item.ctx, cx.module.describe(&item.value)),
        _ => return None,
    };
    let shared = context != ExprContext::Load && !is_own(cx, object, whole);
    shared.then(|| format!("it changes `{text}`"))
}

/// A `with` of which nothing is known.
fn entered<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, family: &Family<'a>) -> Option<String> {
    let AnyNodeRef::WithItem(WithItem { context_expr, .. }) = node else {
        return None;
    };
    let known = match context_expr {
        Expr::Call(call) => {
            family.has(call.into())
                || blocking_call(cx, call).is_some()
                || cx.callee(call).is_ok_and(|name| {
                    let catalogue = cx.module.catalogue();
                    catalogue.is_private_context(&name) || catalogue.gives(&name).is_some()
                })
                || cx.module.class_of(context_expr).is_some()
        }
        Expr::Name(name) => family.has(name.into()),
        _ => false,
    };
    (!known).then(|| {
        let text = cx.module.describe(context_expr);
        format!("what `with {text}` does is not known")
    })
}

/// A collection that other tasks may change while a thread goes through it.
fn gone_through<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    whole: Span,
    family: &Family<'a>,
) -> Option<String> {
    let items = match node {
        AnyNodeRef::StmtFor(each) => &*each.iter,
        AnyNodeRef::Comprehension(clause) => &clause.iter,
        _ => return None,
    };
    let items = match items {
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) => &*method.value,
            _ => return None,
        },
        other => other,
    };
    let shared = match root(items) {
        Expr::Name(name) => !family.has(name.into()) && !is_own(cx, items, whole),
        _ => false,
    };
    shared.then(|| {
        let text = cx.module.describe(items);
        format!("`{text}` is gone through in the thread: does no other task change it meanwhile?")
    })
}

/// Whether what reads a response is given to code that may keep it.
fn handed_on<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, whole: Span) -> bool {
    let here = span(node);
    let catalogue = cx.module.catalogue();
    let Some(parent) = cx.module.parent(node) else {
        return true;
    };
    match parent {
        AnyNodeRef::ExprAttribute(attribute) => {
            if !catalogue.is_lazy_member(&attribute.attr) {
                return in_lambda(cx, parent, whole);
            }
            match cx.module.parent(parent) {
                Some(call @ AnyNodeRef::ExprCall(lazy)) if span(&*lazy.func) == span(parent) => {
                    handed_on(cx, call, whole)
                }
                _ => handed_on(cx, parent, whole),
            }
        }
        AnyNodeRef::ExprCall(_) => handed_on(cx, parent, whole),
        AnyNodeRef::WithItem(_)
        | AnyNodeRef::StmtExpr(_)
        | AnyNodeRef::StmtIf(_)
        | AnyNodeRef::ElifElseClause(_)
        | AnyNodeRef::ExprCompare(_)
        | AnyNodeRef::StmtAssert(_) => false,
        AnyNodeRef::ExprUnaryOp(unary) => unary.op != crate::python::ast::UnaryOp::Not,
        AnyNodeRef::StmtAssign(assign) => !assign.targets.iter().all(Expr::is_name_expr),
        AnyNodeRef::StmtAnnAssign(assign) => !assign.target.is_name_expr(),
        AnyNodeRef::StmtFor(each) => span(&*each.iter) != here,
        // The first iterable stands under the comprehension itself.
        AnyNodeRef::Comprehension(clause) if span(&clause.iter) == here => {
            match cx.module.parent(parent) {
                Some(generator @ AnyNodeRef::ExprGenerator(_)) => handed_on(cx, generator, whole),
                _ => false,
            }
        }
        AnyNodeRef::ExprListComp(list) => span(&*list.elt) == here,
        AnyNodeRef::ExprSetComp(set) => span(&*set.elt) == here,
        AnyNodeRef::ExprGenerator(generator) => {
            span(&*generator.elt) == here || handed_on(cx, parent, whole)
        }
        AnyNodeRef::Arguments(arguments) => {
            let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(AnyNodeRef::from(arguments))
            else {
                return true;
            };
            let around = || AnyNodeRef::from(call);
            let Ok(name) = cx.callee(call) else {
                let wraps = match &*call.func {
                    Expr::Call(made) => cx
                        .callee(made)
                        .is_ok_and(|name| catalogue.is_wrapper(&name)),
                    _ => false,
                };
                return !wraps || handed_on(cx, around(), whole);
            };
            if name == "contextlib.closing" || catalogue.is_wrapper(&name) {
                return handed_on(cx, around(), whole);
            }
            !(TAKERS.contains(&name.as_str()) || catalogue.is_reader(&name))
        }
        _ => true,
    }
}

/// Whether code stands in a lambda that the statements may give to somebody: all but
/// `iter(lambda: response.read(8192), b"")`.
fn in_lambda<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, whole: Span) -> bool {
    let mut around = cx.module.ancestors(node);
    let lambda = around.find(|ancestor| {
        matches!(ancestor, AnyNodeRef::ExprLambda(_)) && whole.contains(span(*ancestor))
    });
    let Some(lambda) = lambda else { return false };
    let call = match cx.module.parent(lambda) {
        Some(AnyNodeRef::Arguments(arguments)) => cx.module.parent(AnyNodeRef::from(arguments)),
        _ => None,
    };
    match call {
        Some(around @ AnyNodeRef::ExprCall(call)) => {
            let repeats = cx.callee(call).is_ok_and(|name| name == "iter");
            !repeats || handed_on(cx, around, whole)
        }
        _ => true,
    }
}
