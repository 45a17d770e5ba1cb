//! A client that moves out of the loop that makes it in each round.

use super::{Entered, others};
use crate::fix::{Cx, Fix, lines, method_called};
use crate::model::file::{Entity, Why, walk};
use crate::python::ast::{AnyNodeRef, ExprCall, TokenKind, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub(super) fn fix<'a>(
    cx: &Cx<'a>,
    entered: &Entered<'a>,
    round: AnyNodeRef<'a>,
) -> Result<Result<Fix, EditError>, Why> {
    let what = &entered.opened.entry.what;
    is_the_same(cx, entered)?;
    is_unchanged(cx, entered, round)?;
    let edits = match &*entered.with.items {
        [_] => alone(cx, entered, round),
        _ if entered.item == 0 => first(cx, entered, round),
        _ => None,
    };
    let Some(edits) = edits else {
        return Err(Why::new(format!(
            "open the {what} before the loop: how the lines stand, they cannot be moved for you"
        )));
    };
    let reason = format!(
        "all rounds share one {what}, which keeps {} from one to the next: does none of them rely on a \
         fresh one?",
        entered.keeps
    );
    let title = format!("make one {what} before the loop");
    Ok(Fix::review(title, reason, cx.file, edits))
}

/// Refuses arguments that may be others in the next round.
fn is_the_same<'a>(cx: &Cx<'a>, entered: &Entered<'a>) -> Result<(), Why> {
    let mut found = Ok(());
    walk((&entered.opened.call.arguments).into(), &mut |node| {
        let computed = match node {
            AnyNodeRef::ExprCall(call) => !is_plain(cx, call),
            AnyNodeRef::ExprAwait(_) | AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprNamed(_) => true,
            _ => false,
        };
        if computed && found.is_ok() {
            let text = node
                .as_expr_ref()
                .map_or("", |_| span(node).of(cx.module.text()));
            let line = text.lines().next().unwrap_or_default();
            found = Err(Why::new(format!(
                "`{line}` is computed anew in each round: compute it and open the {} before the loop if \
                 it stays the same",
                entered.opened.entry.what
            )));
        }
        match found.is_err() {
            true => TraversalSignal::Skip,
            false => TraversalSignal::Traverse,
        }
    });
    found
}

/// Whether a call gives the same when it is given the same, and does nothing else.
pub(super) fn is_plain<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let catalogue = cx.module.catalogue();
    match cx.callee(call) {
        Ok(name) => {
            let doing = catalogue.doing(&name);
            doing.is_some_and(|doing| doing.effects.is_empty())
        }
        Err(_) => match cx.module.entity(&call.func) {
            Entity::Builtin(name) => catalogue.is_pure_builtin(name),
            _ => false,
        },
    }
}

/// Refuses a block that gives the client something to keep, or closes it.
fn is_unchanged<'a>(cx: &Cx<'a>, entered: &Entered<'a>, round: AnyNodeRef<'a>) -> Result<(), Why> {
    let Some(name) = entered.name else {
        return Ok(());
    };
    let what = &entered.opened.entry.what;
    let own = &name.id;
    if others(cx, name, span(entered.with), span(round)) {
        return Err(Why::new(format!(
            "`{own}` is used in the loop outside of the block as well"
        )));
    }
    let Some(scope) = cx.module.scope_of(name.into()) else {
        return Ok(());
    };
    let reads = cx.module.reads_of(scope, own).into_iter();
    for read in reads.filter(|read| span(entered.with).contains(span(*read))) {
        match (cx.module.parent(read.into()), method_called(cx, read)) {
            (_, Some((_, method))) if entered.opened.entry.closes(method) => {
                return Err(Why::new(format!("the block closes `{own}` itself")));
            }
            (Some(AnyNodeRef::ExprAttribute(part)), None) => {
                return Err(Why::new(format!(
                    "the next round would find what the block does to `{own}.{}`: open the {what} \
                     before the loop if that is right",
                    part.attr
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The loop moves under the header of the `async with`, whose block stays where it is.
fn alone<'a>(cx: &Cx<'a>, entered: &Entered<'a>, round: AnyNodeRef<'a>) -> Option<Vec<Edit>> {
    let layout = cx.module.layout();
    let text = cx.module.text();
    let with = span(entered.with);
    let body = span(entered.with.body.first()?);
    let last = span(entered.with.body.last()?);
    let loop_lines = loop_lines(cx, round)?;
    let header = Span::new(layout.line_start(with.start()), header_end(cx, entered)?);
    let (outer, inner) = (
        layout.indent_at(span(round).start()),
        layout.indent_at(with.start()),
    );
    let unit = layout.indent_unit();
    let stands = lines::begins_line(cx, with)
        && lines::begins_line(cx, body)
        && lines::ends_line(cx, last)
        && layout.indent_at(body.start()) == format!("{inner}{unit}");
    let gone = inner.strip_prefix(outer)?;
    if !stands {
        return None;
    }
    let mut moved = String::new();
    let mut at = header.start();
    while at < header.end() {
        let next = layout.next_line(at);
        let line = &text[at..next];
        match line.trim().is_empty() {
            true => moved.push_str(line),
            false => {
                let bare = line.strip_prefix(outer)?.strip_prefix(gone)?;
                moved.push_str(outer);
                moved.push_str(bare);
            }
        }
        at = next;
    }
    let has_strings = header.of(text).contains("\"\"\"") || header.of(text).contains("'''");
    if has_strings {
        return None;
    }
    let end = lines::end_with_comments(cx, last);
    let mut edits = lines::deeper(cx, Span::new(loop_lines.start(), header.start()));
    if let Some(first) = edits.first_mut() {
        *first = Edit::insert(loop_lines.start(), format!("{moved}{unit}"));
    }
    edits.push(Edit::delete(header));
    edits.extend(lines::deeper(
        cx,
        Span::new(end.min(loop_lines.end()), loop_lines.end()),
    ));
    Some(edits)
}

/// The loop moves under an `async with` of the first item; the others stay where they are.
fn first<'a>(cx: &Cx<'a>, entered: &Entered<'a>, round: AnyNodeRef<'a>) -> Option<Vec<Edit>> {
    let layout = cx.module.layout();
    let text = cx.module.text();
    let [item, next, ..] = &*entered.with.items else {
        return None;
    };
    let start = span(entered.with).start();
    let gone = Span::new(span(item).start(), span(next).start());
    let is_plain = Span::new(start, span(item).start()).of(text) == "async with "
        && !gone.of(text).contains(['\n', '\r', '#'])
        && Span::new(span(item).end(), span(next).start()).of(text) == ", ";
    let loop_lines = loop_lines(cx, round)?;
    if !is_plain {
        return None;
    }
    let (newline, unit) = (layout.newline(), layout.indent_unit());
    let indent = layout.indent_at(span(round).start());
    let header = format!("{indent}async with {}:{newline}", span(item).of(text));
    let mut edits = lines::deeper(cx, loop_lines);
    // What lines are broken for may be what goes.
    edits.retain(|edit| !edit.span().touches(gone));
    if let Some(first) = edits.first_mut() {
        *first = Edit::insert(loop_lines.start(), format!("{header}{unit}"));
    }
    edits.push(Edit::delete(gone));
    Some(edits)
}

/// The lines of a loop that has them for itself.
fn loop_lines<'a>(cx: &Cx<'a>, round: AnyNodeRef<'a>) -> Option<Span> {
    let layout = cx.module.layout();
    let whole = span(round);
    let (body, orelse) = match round {
        AnyNodeRef::StmtFor(each) => (&each.body, &each.orelse),
        AnyNodeRef::StmtWhile(each) => (&each.body, &each.orelse),
        _ => return None,
    };
    let last = span(orelse.last().or_else(|| body.last())?);
    let stands = lines::begins_line(cx, whole)
        && lines::begins_line(cx, span(body.first()?))
        && lines::ends_line(cx, last);
    let end = lines::end_with_comments(cx, last);
    stands.then(|| Span::new(layout.line_start(whole.start()), end))
}

/// The end of the lines of the header, up to its colon.
fn header_end<'a>(cx: &Cx<'a>, entered: &Entered<'a>) -> Option<usize> {
    let layout = cx.module.layout();
    let mut at = span(entered.with.items.last()?).end();
    loop {
        let (kind, token) = layout.token_after(at)?;
        match kind {
            TokenKind::Colon => return Some(layout.next_line(token.end())),
            TokenKind::Rpar | TokenKind::Comma => at = token.end(),
            _ => return None,
        }
    }
}
