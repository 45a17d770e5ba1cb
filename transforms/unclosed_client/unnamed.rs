//! Objects that have no name: a method is called on what has just been opened.

use super::{INFO, uses};
use crate::fix::{Cx, Finding, Fix, Opened};
use crate::model::file::Why;
use crate::python::ast::{AnyNodeRef, ExprCall, StmtFunctionDef, StmtWith};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub(super) fn check<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    function: &'a StmtFunctionDef,
) -> Option<Finding> {
    let AnyNodeRef::ExprAttribute(method) = cx.module.parent(opened.given)? else {
        return None;
    };
    let AnyNodeRef::ExprCall(call) = cx.module.parent(method.into())? else {
        return None;
    };
    let is_called = span(&*call.func) == span(method);
    if !is_called || opened.entry.item.is_some() || opened.entry.closes(&method.attr) {
        return None;
    }
    let message = format!(
        "`{}` opens a {} that has no name and is never closed",
        opened.describe(cx),
        opened.entry.what
    );
    let fix = fix(cx, opened, function, call);
    Some(cx.finding(&INFO, span(opened.call), message, fix))
}

fn fix<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    function: &'a StmtFunctionDef,
    call: &'a ExprCall,
) -> Result<Result<Fix, EditError>, Why> {
    let by_hand = || {
        let what = &opened.entry.what;
        Err(Why::new(format!(
            "open the {what} in an `async with` around all that uses what it gives"
        )))
    };
    if !opened.entry.context {
        return Err(Why::new("give it a name, and close it in a `finally`"));
    }
    let what = opened.entry.what.as_str();
    let name = cx.module.fresh_name(span(function), &[what]);
    let statement = cx
        .module
        .ancestors(call.into())
        .find(|node| node.is_statement());
    let edits = match statement {
        Some(AnyNodeRef::StmtWith(with)) => entered(cx, opened, call, with, &name),
        Some(statement) if uses::is_complete(cx, opened, call) => {
            under(cx, opened, call, statement, &name)
        }
        _ => None,
    };
    let Some(edits) = edits else {
        return by_hand();
    };
    let reason = format!(
        "the {what} is closed when its block ends, and was left to the garbage collector: can what \
         stands in for it in tests be entered?"
    );
    Ok(Fix::review(
        "open it with `async with`",
        reason,
        cx.file,
        edits,
    ))
}

/// `async with X().get() as it:` becomes `async with X() as x, x.get() as it:`.
fn entered<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    call: &'a ExprCall,
    with: &'a StmtWith,
    name: &str,
) -> Option<Vec<Edit>> {
    let layout = cx.module.layout();
    let first = with.items.first()?;
    let whole = span(opened.given);
    let source = cx.module.text();
    let header = Span::new(span(with).start(), span(first).start());
    let fits = with.is_async
        && span(&first.context_expr) == span(call)
        && header.of(source) == "async with "
        && layout
            .parentheses((&first.context_expr).into(), first.into())
            .is_none();
    if !fits {
        return None;
    }
    let text = span(opened.call).of(source);
    let line = Span::new(
        layout.line_start(span(with).start()),
        layout.line_end(span(with).start()),
    );
    let added = name.chars().count() * 2 + " as , ".len();
    let is_short = !text.contains(['\n', '\r'])
        && line.of(source).chars().count() + added <= cx.options.line_length;
    if is_short {
        return Some(vec![Edit::replace(
            whole,
            format!("{text} as {name}, {name}"),
        )]);
    }
    let lines = layout.whole_lines(span(with));
    nested(cx, opened, lines, whole, name, layout.alone(span(with)))
}

/// The statement moves under an `async with` of its own.
fn under<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    call: &'a ExprCall,
    statement: AnyNodeRef<'a>,
    name: &str,
) -> Option<Vec<Edit>> {
    let layout = cx.module.layout();
    let is_simple = matches!(
        statement,
        AnyNodeRef::StmtExpr(_)
            | AnyNodeRef::StmtAssign(_)
            | AnyNodeRef::StmtAnnAssign(_)
            | AnyNodeRef::StmtReturn(_)
    );
    let is_direct = cx.module.is_awaited(call.into())
        && cx.module.scope_of(call.into()) == cx.module.scope_of(statement);
    // What stands before the call would run after it is opened: names do nothing.
    let before = Span::new(span(statement).start(), span(opened.given).start());
    let is_first =
        !before.of(cx.module.text()).contains(['(', '[', ' ']) || is_value(cx, call, statement);
    if !is_simple || !is_direct || !is_first {
        return None;
    }
    let lines = layout.whole_lines(span(statement));
    nested(
        cx,
        opened,
        lines,
        span(opened.given),
        name,
        layout.alone(span(statement)),
    )
}

/// Whether nothing but `await`, attributes and calls stands between a call and its statement.
fn is_value<'a>(cx: &Cx<'a>, call: &'a ExprCall, statement: AnyNodeRef<'a>) -> bool {
    let mut inner = span(call);
    let around = cx.module.ancestors(call.into());
    for node in around {
        let goes_on = match node {
            _ if span(node) == span(statement) => return true,
            AnyNodeRef::ExprAwait(_) | AnyNodeRef::ExprAttribute(_) => true,
            AnyNodeRef::ExprSubscript(part) => span(&*part.value) == inner,
            AnyNodeRef::ExprCall(outer) => span(&*outer.func) == inner,
            _ => false,
        };
        if !goes_on {
            return false;
        }
        inner = span(node);
    }
    false
}

fn nested(
    cx: &Cx<'_>,
    opened: &Opened<'_>,
    lines: Span,
    given: Span,
    name: &str,
    is_alone: bool,
) -> Option<Vec<Edit>> {
    let layout = cx.module.layout();
    let source = cx.module.text();
    let text = span(opened.call).of(source);
    if !is_alone || text.contains(['\n', '\r']) {
        return None;
    }
    let indent = layout.indent_at(lines.start());
    let header = format!("{indent}async with {text} as {name}:");
    if header.chars().count() > cx.options.line_length {
        return None;
    }
    let mut edits = layout.indent(lines);
    if let Some(first) = edits.first_mut() {
        let (newline, unit) = (layout.newline(), layout.indent_unit());
        *first = Edit::insert(first.span().start(), format!("{header}{newline}{unit}"));
    }
    // `(await X()).read()` loses its parentheses.
    let around = Span::new(
        given.start().saturating_sub(1),
        (given.end() + 1).min(source.len()),
    );
    let bare = around.of(source);
    let whole = match opened.is_awaited && bare.starts_with('(') && bare.ends_with(')') {
        true => around,
        false => given,
    };
    edits.push(Edit::replace(whole, name));
    Some(edits)
}
