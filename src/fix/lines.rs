//! Where lines break: calls that become too long, and statements that move under a client.

use super::Cx;
use super::build::is_whole_value;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall};
use crate::python::span;
use crate::text::{Edit, Span};

/// Breaks the arguments of a call that ends its line, if the line would be too long with `edits`:
/// all on a line of their own, or, where that is too long as well, each on one. With `deeper`, the
/// lines will move one level to the right.
pub fn break_arguments(cx: &Cx<'_>, call: &ExprCall, edits: &mut Vec<Edit>, deeper: bool) {
    let layout = cx.module.layout();
    let whole = span(call);
    // What follows the call may go to the next line.
    let cut = edits.iter().position(|edit| {
        edit.span().start() == whole.end() && edit.text().starts_with(layout.newline())
    });
    if let Some(cut) = cut {
        let next = edits.remove(cut);
        break_ending(cx, call, edits, deeper, true);
        edits.push(next);
    } else {
        break_ending(cx, call, edits, deeper, false);
    }
}

/// The same, for a call that will end its line.
fn break_ending(cx: &Cx<'_>, call: &ExprCall, edits: &mut Vec<Edit>, deeper: bool, is_cut: bool) {
    let layout = cx.module.layout();
    let source = cx.module.text();
    let whole = span(call);
    let end = match is_cut {
        true if layout.line_start(whole.start()) == layout.line_start(whole.end()) => whole.end(),
        _ => layout.line_end(whole.start()),
    };
    let line = Span::new(layout.line_start(whole.start()), end);
    let inner = Span::new(span(&call.arguments).start() + 1, whole.end() - 1);
    let in_string = cx
        .module
        .ancestors(call.into())
        .any(|ancestor| matches!(ancestor, AnyNodeRef::InterpolatedElement(_)));
    let width = |part: Span, edits: &[Edit]| {
        let inside = edits.iter().filter(|edit| part.contains(edit.span()));
        let (added, gone) = inside.fold((0, 0), |(added, gone), edit| {
            let text = edit.text().chars().count();
            (added + text, gone + edit.span().of(source).chars().count())
        });
        part.of(source).chars().count() + added - gone
    };
    let unit = layout.indent_unit();
    let depth = if deeper { unit } else { "" };
    let limit = cx.options.line_length;
    if line.end() != whole.end()
        || in_string
        || edits
            .iter()
            .any(|edit| edit.span().end() > inner.end() || edit.text().contains(['\n', '\r']))
        || depth.chars().count() + width(line, edits) <= limit
    {
        return;
    }
    let newline = layout.newline();
    let outer = format!("{newline}{}{depth}", layout.indent_at(whole.start()));
    let indent = format!("{outer}{unit}");
    let mut closing = outer.clone();
    let mut gap = String::new();
    if indent.chars().count() - newline.len() + width(inner, edits) > limit
        && let Some(commas) = commas(cx, call)
        // A single argument gets no comma.
        && (!commas.is_empty() || edits.iter().any(|edit| inner.contains(edit.span())))
        && indent.ends_with(' ')
        && !edits
            .iter()
            .any(|edit| commas.iter().any(|comma| edit.span().contains(*comma)))
    {
        // The space after the comma stays, and is the last one of the indentation.
        let text = format!(",{}", &indent[..indent.len() - 1]);
        edits.extend(
            commas
                .into_iter()
                .map(|comma| Edit::replace(comma, text.clone())),
        );
        closing = format!(",{outer}");
        gap = indent.clone();
    }
    // What is put before the first argument is one of its own.
    let spread = |text: &str| match gap.is_empty() {
        true => text.to_owned(),
        false => text.replace(", ", &format!(",{gap}")),
    };
    insert(edits, inner.start(), |text, _| {
        format!("{indent}{}", spread(text))
    });
    insert(edits, inner.end(), |text, is_own| match is_own {
        true => format!("{}{closing}", spread(text)),
        false => format!("{text}{closing}"),
    });
}

/// Breaks the parentheses that `edits` put around an awaited call, if its line would be too long with
/// them: `(await f()).x` as the value of a statement. With `deeper`, the line will move one level to
/// the right.
pub fn break_around(cx: &Cx<'_>, call: &ExprCall, edits: &mut [Edit], deeper: bool) {
    let layout = cx.module.layout();
    let source = cx.module.text();
    let whole = span(call);
    let line = Span::new(
        layout.line_start(whole.start()),
        layout.line_end(whole.start()),
    );
    let inside = edits.iter().filter(|edit| line.contains(edit.span()));
    let (added, gone) = inside.fold((0, 0), |(added, gone), edit| {
        let text = edit.text().chars().count();
        (added + text, gone + edit.span().of(source).chars().count())
    });
    let unit = layout.indent_unit();
    let depth = if deeper { unit } else { "" };
    let width = depth.chars().count() + line.of(source).chars().count() + added - gone;
    let open =
        |edit: &Edit| edit.span().start() == whole.start() && edit.text().starts_with("(await ");
    let close = |edit: &Edit| edit.span() == Span::empty(whole.end()) && edit.text() == ")";
    let (Some(opening), Some(closing)) =
        (edits.iter().position(open), edits.iter().position(close))
    else {
        return;
    };
    if width <= cx.options.line_length
        || whole.end() > line.end()
        || layout.has_comments(line)
        || edits.iter().any(|edit| edit.text().contains(['\n', '\r']))
        || !is_whole_value(cx, call)
    {
        return;
    }
    let outer = format!(
        "{}{}{depth}",
        layout.newline(),
        layout.indent_at(whole.start())
    );
    let (at, text) = (edits[opening].span(), edits[opening].text());
    edits[opening] = Edit::replace(at, text.replacen('(', &format!("({outer}{unit}"), 1));
    edits[closing] = Edit::insert(whole.end(), format!("{outer})"));
}

/// Keeps the lines of arguments that are aligned with the first one aligned, where `edits` move that
/// one and the whole call moves by `indent` columns.
pub fn realign(cx: &Cx<'_>, call: &ExprCall, edits: &mut Vec<Edit>, indent: usize) {
    let start = span(call).start();
    let inside = span(&call.arguments).start() + 1;
    let head = Span::new(start, inside);
    let before = edits
        .iter()
        .filter(|edit| head.contains(edit.span()) && edit.span().start() < inside);
    let shift: isize = before
        .map(|edit| edit.text().chars().count() as isize - edit.span().len() as isize)
        .sum();
    let moved = Span::new(inside, span(call).end());
    if shift != 0 {
        let layout = cx.module.layout();
        edits.extend(layout.realign(moved, shift.saturating_add_unsigned(indent)));
    }
}

/// Inserts text, or changes what an edit at this border puts there already: arguments of its own, or
/// what becomes of one.
fn insert(edits: &mut Vec<Edit>, at: usize, change: impl Fn(&str, bool) -> String) {
    let here = Span::empty(at);
    let own = edits.iter().position(|edit| edit.span() == here);
    let touching = || edits.iter().position(|edit| edit.span().touches(here));
    match own.or_else(touching) {
        Some(known) => {
            let edit = &edits[known];
            edits[known] = Edit::replace(edit.span(), change(edit.text(), own.is_some()));
        }
        None => edits.push(Edit::insert(at, change("", true))),
    }
}

/// The commas between arguments, if each is followed by one space.
fn commas(cx: &Cx<'_>, call: &ExprCall) -> Option<Vec<Span>> {
    let arguments = AnyNodeRef::from(&call.arguments);
    let positional = call.arguments.args.iter().map(|value| {
        cx.module
            .layout()
            .parentheses(value.into(), arguments)
            .unwrap_or_else(|| span(value))
    });
    let keywords = call.arguments.keywords.iter().map(span);
    let items: Vec<Span> = positional.chain(keywords).collect();
    items
        .windows(2)
        .map(|pair| {
            let gap = Span::new(pair[0].end(), pair[1].start());
            (gap.of(cx.module.text()) == ", ").then(|| Span::new(gap.start(), gap.start() + 1))
        })
        .collect()
}

/// The arguments of a call that all stand on one line of their own, with no comma after the last.
pub fn arguments_line(cx: &Cx<'_>, call: &ExprCall) -> Option<Span> {
    let source = cx.module.text();
    let inside = Span::new(span(&call.arguments).start() + 1, span(call).end() - 1);
    let text = inside.of(source);
    let start = inside.start() + (text.len() - text.trim_start().len());
    let listed = Span::new(start, start + text.trim().len());
    let around = [
        Span::new(inside.start(), listed.start()),
        Span::new(listed.end(), inside.end()),
    ];
    let alone = around
        .iter()
        .all(|gap| gap.of(source).contains(['\n', '\r']));
    let line = listed.of(source);
    (alone
        && !line.contains(['\n', '\r'])
        && !line.ends_with(',')
        && !cx.module.layout().has_comments(inside))
    .then_some(listed)
}

/// Puts arguments that share a line each on one, as they are where one more does not fit.
pub fn each_on_one(cx: &Cx<'_>, call: &ExprCall, listed: Span) -> Vec<Edit> {
    let layout = cx.module.layout();
    let indent = layout.indent_at(listed.start());
    let bare = matches!(&*call.arguments.args, [Expr::Generator(only)] if !only.parenthesized);
    let Some(commas) = commas(cx, call).filter(|_| indent.ends_with(' ') && !bare) else {
        return Vec::new();
    };
    // The space after the comma stays, and is the last one of the indentation.
    let text = format!(",{}{}", layout.newline(), &indent[..indent.len() - 1]);
    let mut edits: Vec<Edit> = commas
        .into_iter()
        .map(|comma| Edit::replace(comma, text.clone()))
        .collect();
    edits.push(Edit::insert(listed.end(), ","));
    edits
}

/// Puts whole statements under `async with`.
pub fn wrap(
    cx: &Cx<'_>,
    statements: Span,
    callee: &str,
    arguments: &[&str],
    name: &str,
) -> Vec<Edit> {
    let layout = cx.module.layout();
    let lines = layout.whole_lines(statements);
    let indent = layout.indent_at(statements.start());
    let newline = layout.newline();
    let unit = layout.indent_unit();
    let too_long = |line: &str| line.chars().count() > cx.options.line_length;
    let joined = arguments.join(", ");
    let mut header = format!("{indent}async with {callee}({joined}) as {name}:");
    if too_long(&header) && !arguments.is_empty() {
        let mut inner = format!("{indent}{unit}{joined}");
        if too_long(&inner) {
            let each = arguments.iter();
            let each = each.map(|argument| format!("{indent}{unit}{argument},"));
            inner = each.collect::<Vec<_>>().join(newline);
        }
        header =
            format!("{indent}async with {callee}({newline}{inner}{newline}{indent}) as {name}:");
    }
    let mut edits = layout.indent(lines);
    if let Some(first) = edits.first_mut() {
        *first = Edit::insert(first.span().start(), format!("{header}{newline}{unit}"));
    }
    edits
}

/// Puts what is inserted at the end of a replacement into it.
pub fn joined(edits: Vec<Edit>) -> Vec<Edit> {
    let (inserted, mut edits): (Vec<Edit>, Vec<Edit>) =
        edits.into_iter().partition(|edit| edit.span().is_empty());
    for more in inserted {
        let at = more.span().start();
        match edits
            .iter_mut()
            .find(|edit| !edit.span().is_empty() && edit.span().end() == at)
        {
            Some(edit) => {
                *edit = Edit::replace(edit.span(), format!("{}{}", edit.text(), more.text()));
            }
            None => edits.push(more),
        }
    }
    edits
}

/// The edits that move whole lines one level to the right, in order, and that break calls which become
/// too long.
pub fn deeper(cx: &Cx<'_>, moved: Span) -> Vec<Edit> {
    let mut edits = cx.module.layout().indent(moved);
    let mut broken: Vec<Span> = Vec::new();
    for &call in cx.module.calls() {
        let here = span(call);
        if moved.contains(here) && !broken.iter().any(|outer| outer.contains(here)) {
            let mut own = Vec::new();
            break_arguments(cx, call, &mut own, true);
            if !own.is_empty() {
                broken.push(here);
                edits.extend(own);
            }
        }
    }
    edits
}

/// Whether a statement is the first on its line.
pub fn begins_line(cx: &Cx<'_>, statement: Span) -> bool {
    let line = cx.module.layout().line_start(statement.start());
    Span::new(line, statement.start())
        .of(cx.module.text())
        .trim()
        .is_empty()
}

/// Whether nothing but a comment follows a statement on its line.
pub fn ends_line(cx: &Cx<'_>, statement: Span) -> bool {
    let line = cx.module.layout().line_end(statement.end());
    let rest = Span::new(statement.end(), line).of(cx.module.text());
    matches!(rest.trim_start().chars().next(), None | Some('#'))
}

/// The start of the first line from `at` on that is not blank.
pub fn skip_blank(cx: &Cx<'_>, at: usize) -> usize {
    let layout = cx.module.layout();
    let text = cx.module.text();
    let mut at = at;
    while at < text.len() && text[at..layout.line_end(at)].trim().is_empty() {
        at = layout.next_line(at);
    }
    at
}

/// The end of the whole lines of a statement, with the comments that hang below it, deeper than it.
pub fn end_with_comments(cx: &Cx<'_>, statement: Span) -> usize {
    let layout = cx.module.layout();
    let text = cx.module.text();
    let indent = layout.indent_at(statement.start()).len();
    let mut end = layout.next_line(statement.end());
    while end < text.len() {
        let line = &text[end..layout.line_end(end)];
        if !line.trim_start().starts_with('#') || layout.indent_at(end).len() <= indent {
            break;
        }
        end = layout.next_line(end);
    }
    end
}

/// The end of the line that ends, with its line ending, at `end`.
pub fn line_end_before(cx: &Cx<'_>, end: usize) -> usize {
    let line = &cx.module.text()[..end];
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line).len()
}
