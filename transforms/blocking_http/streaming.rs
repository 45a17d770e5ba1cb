//! `with httpx.stream(...) as response:` in a coroutine: its block, read by `async for` and `await`.

use crate::fix::Cx;
use crate::model::file::Why;
use crate::model::libraries::AsyncSide;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, StmtWith};
use crate::python::span;
use crate::text::Edit;

/// The `with` statement that enters a response, and nothing else.
pub(super) fn entered<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<&'a StmtWith, Why> {
    let why = || Why::new("the response is not entered by a `with` of its own");
    let Some(AnyNodeRef::WithItem(item)) = cx.module.parent(call.into()) else {
        return Err(why());
    };
    match cx.module.parent(AnyNodeRef::from(item)) {
        Some(AnyNodeRef::StmtWith(with)) if with.items.len() == 1 && !with.is_async => Ok(with),
        _ => Err(why()),
    }
}

/// The edits of the block; refused where the response is used in a way that has no counterpart.
pub(super) fn edits<'a>(
    cx: &Cx<'a>,
    side: &AsyncSide,
    with: &'a StmtWith,
) -> Result<Vec<Edit>, Why> {
    let name = match with.items[0].optional_vars.as_deref() {
        None => return Ok(Vec::new()),
        Some(Expr::Name(name)) => name,
        Some(_) => return Err(Why::new("the response is unpacked")),
    };
    let not_seen = || Why::new("the response is not a variable of the coroutine");
    let scope = cx.module.scope_of(with.into()).ok_or_else(not_seen)?;
    let mut edits = Vec::new();
    for read in cx.module.reads_of(scope, &name.id) {
        if !span(with).contains(span(read)) {
            // Another response of the same name, or what can still be told of this one.
            let other = cx.module.bound_at(read, scope);
            let own = other.is_none_or(|binding| binding.at == span(name));
            if own && !is_same(cx, side, read) {
                return Err(Why::new("the response is used after its block"));
            }
            continue;
        }
        if is_same(cx, side, read) {
            continue;
        }
        edits.extend(changed(cx, side, read)?);
    }
    Ok(edits)
}

/// Whether what is asked of a response is the same in a coroutine.
fn is_same<'a>(cx: &Cx<'a>, side: &AsyncSide, read: &'a ExprName) -> bool {
    match cx.module.parent(read.into()) {
        Some(AnyNodeRef::ExprAttribute(member)) => {
            side.same.iter().any(|same| same == member.attr.as_str())
        }
        Some(AnyNodeRef::StmtIf(_) | AnyNodeRef::ExprCompare(_)) => true,
        _ => false,
    }
}

/// What becomes of a method of a response that is awaited, or gone through.
fn changed<'a>(cx: &Cx<'a>, side: &AsyncSide, read: &'a ExprName) -> Result<Vec<Edit>, Why> {
    let why = |what: &str| {
        Why::new(format!(
            "`{what}` of a streamed response has no counterpart"
        ))
    };
    let Some(AnyNodeRef::ExprAttribute(member)) = cx.module.parent(read.into()) else {
        return Err(Why::new("the streamed response is handed on"));
    };
    let method = member.attr.as_str();
    let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(AnyNodeRef::from(member)) else {
        return Err(why(method));
    };
    if span(&*call.func) != span(member) || cx.module.scope_of(call.into()) != scope_of(cx, read) {
        return Err(why(method));
    }
    if let Some(there) = side.awaited.get(method) {
        if !cx.module.inside_coroutine(call.into()) {
            return Err(why(method));
        }
        let callee = format!("{}.{there}", read.id);
        return Ok(crate::fix::await_call(cx, call, &callee));
    }
    let there = side.iterated.get(method).ok_or_else(|| why(method))?;
    match cx.module.parent(call.into()) {
        Some(AnyNodeRef::StmtFor(each)) if span(&*each.iter) == span(call) && !each.is_async => {
            Ok(vec![
                Edit::insert(span(each).start(), "async "),
                Edit::replace(span(&member.attr), there.as_str()),
            ])
        }
        _ => Err(why(method)),
    }
}

fn scope_of(cx: &Cx<'_>, read: &ExprName) -> Option<crate::model::file::ScopeId> {
    cx.module.scope_of(read.into())
}

/// Whether the client may be opened by the same `with`, on one line.
pub(super) fn fits(
    cx: &Cx<'_>,
    with: &StmtWith,
    call: &ExprCall,
    opening: &str,
    name: &str,
) -> bool {
    let layout = cx.module.layout();
    let start = span(with).start();
    let head = crate::text::Span::new(start, span(&with.items[0]).end());
    let text = head.of(cx.module.text());
    let callee = span(&*call.func).len();
    let width = layout.indent_at(start).len()
        + "async ".len()
        + opening.chars().count()
        + ", ".len()
        + text.chars().count()
        + name.len()
        + ".stream".len()
        - callee
        + ":".len();
    // In parentheses, the items stand on lines of their own.
    let plain = text.starts_with("with ")
        && !text.contains('\n')
        && !text["with ".len()..].starts_with('(');
    plain && width <= cx.options.line_length
}
