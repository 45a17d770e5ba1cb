//! Calls on what a blocking call gives, as `urlopen(url).read()`: both go to one thread.

use super::blocking::{BlockingCall, blocking_call};
use super::{Cx, Fix, await_around, held_review, may_thread};
use crate::model::file::{Why, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, TraversalSignal};
use crate::python::span;
use crate::text::EditError;

/// The call that blocks and gives the object whose method `call` calls, directly or through others.
pub(super) fn inner<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<BlockingCall<'a>> {
    let mut at = &*call.func;
    loop {
        at = match at {
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Call(call) => match blocking_call(cx, call) {
                Some(blocking) => return Some(blocking),
                None => &call.func,
            },
            _ => return None,
        };
    }
}

/// Whether a blocking method is called on what a call gives.
pub(super) fn is_inside<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let mut inner = span(call);
    for ancestor in cx.module.ancestors(call.into()) {
        match ancestor {
            AnyNodeRef::ExprAttribute(_) => {}
            AnyNodeRef::ExprCall(outer) if span(&*outer.func).contains(inner) => {
                if !cx.module.is_awaited(ancestor) && blocking_call(cx, outer).is_some() {
                    return true;
                }
            }
            _ => return false,
        }
        inner = span(ancestor);
    }
    false
}

/// `f(a).g()` to `await asyncio.to_thread(lambda: f(a).g())`.
pub fn to_thread<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    review: Option<String>,
) -> Result<Result<Fix, EditError>, Why> {
    let to_thread = may_thread(cx, call)?;
    if let Some(what) = bound_to_function(call) {
        return Err(Why::new(format!(
            "{what} inside would mean something else in a `lambda`: move it out first"
        )));
    }
    let edits = await_around(cx, call, &to_thread.text, "lambda: ");
    let review = review.or_else(|| held_review(cx, call.into()));
    let title = "await asyncio.to_thread instead, with all that waits in one function";
    let fix = Fix::judged(title, review, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, to_thread.need)))
}

/// What a call has inside that belongs to the function it stands in.
fn bound_to_function(call: &ExprCall) -> Option<&'static str> {
    let mut found = None;
    walk(call.into(), &mut |node| {
        found = found.or(match node {
            AnyNodeRef::ExprAwait(_) => Some("`await`"),
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => Some("`yield`"),
            AnyNodeRef::ExprNamed(_) => Some("`:=`"),
            AnyNodeRef::ExprName(name) if name.id == "super" => Some("`super()`"),
            _ => None,
        });
        TraversalSignal::Traverse
    });
    found
}
