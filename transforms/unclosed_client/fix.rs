//! Statements that move under `async with`, or into a `try` with a `finally`.

use super::{Closing, Name};
use crate::fix::{Cx, Fix, Opened, lines};
use crate::model::file::Why;
use crate::python::ast::Stmt;
use crate::python::span;
use crate::text::{Edit, EditError, Span};

/// The fix that closes an object when `body` ends, however it ends.
pub(super) fn wrapped<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    name: &Name<'a>,
    body: &'a [Stmt],
    closing: Option<&Closing<'a>>,
) -> Result<Result<Fix, EditError>, Why> {
    let layout = cx.module.layout();
    let closes = closing.map_or(&[] as &[Stmt], |closing| closing.statements);
    let (Some(first), Some(last)) = (body.first(), body.last()) else {
        return Err(Why::new("nothing is done with it in this block"));
    };
    let opening = span(name.statement);
    if !layout.alone(opening)
        || !closes.iter().all(|close| layout.alone(span(close)))
        || !lines::begins_line(cx, span(first))
        || !lines::ends_line(cx, span(last))
    {
        return Err(Why::new("code shares the lines that would move"));
    }
    let own_line = layout.next_line(opening.end());
    let start = lines::skip_blank(cx, own_line);
    let end = lines::end_with_comments(cx, span(last));
    let moved = Span::new(start, end);
    let (edits, title) = match plain_header(cx, opened, name, closing, moved) {
        Some(header) => {
            let mut edits = header;
            let unit = layout.indent_unit();
            edits.extend(deeper(
                cx,
                Span::new(own_line, start),
                moved,
                unit.to_owned(),
            ));
            edits.extend(closes_dropped(cx, end, closes));
            (edits, "open it with `async with`")
        }
        None => (
            tried(cx, opened, name, moved, closes),
            "close it in a `finally`",
        ),
    };
    let own = &name.name.id;
    let reason = match closes.is_empty() {
        true => format!(
            "`{own}` is closed at the end of the block, and was left to the garbage collector: is \
             nothing that it gave used after that, and can what tests put in its place be closed?"
        ),
        false => format!(
            "`{own}` is closed after an exception and an early exit as well, where it stayed open until \
             now: does nobody use it then?"
        ),
    };
    Ok(Fix::review(title, reason, cx.file, edits))
}

/// The edits that make `async with ... as name:` of an assignment; none where it has to stay.
fn plain_header<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    name: &Name<'a>,
    closing: Option<&Closing<'a>>,
    moved: Span,
) -> Option<Vec<Edit>> {
    let layout = cx.module.layout();
    let whole = span(name.statement);
    let call = span(opened.call);
    let prefix = Span::new(whole.start(), call.start());
    let said = prefix.of(cx.module.text());
    let is_simple = name.is_plain && whole.end() == call.end() && !said.contains(['(', '\n', '\\']);
    // Comments about the closing have their place in a `finally`.
    let is_silent = closing.is_none_or(|closing| {
        let last = closing.statements.last();
        let until = last.map_or(moved.end(), |last| layout.next_line(span(last).end()));
        closing.is_whole && !layout.has_comments(Span::new(moved.end(), until))
    });
    if !opened.entry.context || !is_simple || !is_silent {
        return None;
    }
    let suffix = format!(" as {}:", name.name.id);
    let start = "async with ";
    // As if all that is new stood before the call, which is what lines are measured by.
    let mut edits = vec![Edit::replace(prefix, format!("{start}{suffix}"))];
    let inside = Span::new(span(&opened.call.arguments).start() + 1, call.end());
    let shift = start.len() as isize - prefix.len() as isize;
    edits.extend(layout.realign(inside, shift));
    lines::break_arguments(cx, opened.call, &mut edits, false);
    edits[0] = Edit::replace(prefix, start);
    edits.push(Edit::insert(call.end(), suffix));
    Some(edits)
}

/// The edits that put statements into a `try`, and what closes the object into its `finally`.
fn tried<'a>(
    cx: &Cx<'a>,
    opened: &Opened<'a>,
    name: &Name<'a>,
    moved: Span,
    closes: &'a [Stmt],
) -> Vec<Edit> {
    let layout = cx.module.layout();
    let (newline, unit) = (layout.newline(), layout.indent_unit());
    let indent = layout.indent_at(span(name.statement).start());
    let here = Span::empty(moved.start());
    let mut edits = deeper(cx, here, moved, format!("{indent}try:{newline}{unit}"));
    let Some(last) = closes.last() else {
        let step = opened.entry.steps().next();
        let (method, awaited) = step.unwrap_or(("close", false));
        let awaits = if awaited { "await " } else { "" };
        let own = &name.name.id;
        let end = lines::line_end_before(cx, moved.end());
        edits.push(Edit::insert(
            end,
            format!("{newline}{indent}finally:{newline}{indent}{unit}{awaits}{own}.{method}()"),
        ));
        return edits;
    };
    let start = lines::skip_blank(cx, moved.end());
    let gap = Span::new(moved.end(), start);
    let closing = Span::new(start, layout.next_line(span(last).end()));
    let finally = format!("{indent}finally:{newline}{unit}");
    edits.extend(deeper(cx, gap, closing, finally));
    edits
}

/// The edits that move lines one level to the right, with `first` before them in the place of the blank
/// lines of `gap`.
fn deeper(cx: &Cx<'_>, gap: Span, moved: Span, first: String) -> Vec<Edit> {
    let mut edits = lines::deeper(cx, moved);
    if let Some(edit) = edits.first_mut() {
        *edit = Edit::replace(gap, first);
    }
    edits
}

/// The edits that take out the statements that close, after lines that end at `end`.
fn closes_dropped(cx: &Cx<'_>, end: usize, closes: &[Stmt]) -> Option<Edit> {
    let layout = cx.module.layout();
    let text = cx.module.text();
    let (first, last) = (closes.first()?, closes.last()?);
    let start = layout.line_start(span(first).start());
    let until = layout.next_line(span(last).end());
    let indent = layout.indent_at(span(first).start()).len();
    let next = text[until..].trim_start_matches([' ', '\t']);
    let following = lines::skip_blank(cx, until);
    let is_last = following >= text.len() || layout.indent_at(following).len() < indent;
    let blank_next = next.starts_with(['\n', '\r']) || next.is_empty();
    // One gap is enough.
    let from = if is_last || blank_next { end } else { start };
    Some(Edit::delete(Span::new(from.min(start), until)))
}
