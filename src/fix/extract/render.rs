//! The text of the local function and of its call.

use super::Outcome;
use super::run::Run;
use crate::fix::Cx;
use crate::python::ast::{AnyNodeRef, Expr, Stmt, StmtAssign};
use crate::python::span;
use crate::text::{Edit, Span};

pub(super) fn edits(
    cx: &Cx<'_>,
    run: &Run<'_>,
    outcome: &Outcome,
    function: &str,
    to_thread: &str,
) -> Vec<Edit> {
    let layout = cx.module.layout();
    let newline = layout.newline();
    let unit = layout.indent_unit();
    let indent = layout.indent_at(run.span.start());
    let lines = lines(cx, run);
    let mut edits = layout.indent(lines);
    let above = above(cx, run, lines.start());
    let mut header = format!("{indent}def {function}():{newline}{unit}");
    if needs_blank_line(cx, run, above) {
        match above == lines.start() {
            true => header.insert_str(0, newline),
            false => edits.push(Edit::insert(above, newline)),
        }
    }
    if let Some(first) = edits
        .iter_mut()
        .find(|edit| edit.span().start() == lines.start())
    {
        *first = Edit::insert(lines.start(), header);
    }
    let names = match outcome {
        Outcome::Named(names) => names.join(", "),
        Outcome::Returned => String::new(),
    };
    let mut footer = String::new();
    if let Some(last) = sole_result(cx, run, outcome) {
        let target = Span::new(span(last).start(), span(&*last.value).start());
        edits.push(Edit::replace(target, "return "));
    } else if !names.is_empty() {
        footer = format!("{indent}{unit}return {names}{newline}");
    }
    let keeps = match outcome {
        Outcome::Returned => "return ".to_owned(),
        Outcome::Named(_) if names.is_empty() => String::new(),
        Outcome::Named(_) => format!("{names} = "),
    };
    let call = format!("{indent}{keeps}await {to_thread}({function})");
    let text = cx.module.text();
    let ended = text[..lines.end()].ends_with(['\n', '\r']);
    let (before, after) = if ended { ("", newline) } else { (newline, "") };
    edits.push(Edit::insert(
        lines.end(),
        format!("{before}{footer}{newline}{call}{after}"),
    ));
    edits
}

/// The lines of the statements, and comments after them that belong to one of their blocks.
fn lines(cx: &Cx<'_>, run: &Run<'_>) -> Span {
    let layout = cx.module.layout();
    let text = cx.module.text();
    let indent = layout.indent_at(run.span.start()).len();
    let lines = layout.whole_lines(run.span);
    let (mut end, mut at) = (lines.end(), lines.end());
    while at < text.len() {
        let line = text[at..layout.line_end(at)].trim();
        let belongs = line.starts_with('#') && layout.indent_at(at).len() > indent;
        if !line.is_empty() && !belongs {
            break;
        }
        at = layout.next_line(at);
        if !line.is_empty() {
            end = at;
        }
    }
    Span::new(lines.start(), end)
}

/// Where the comments begin that stand directly above the statements.
fn above(cx: &Cx<'_>, run: &Run<'_>, start: usize) -> usize {
    let layout = cx.module.layout();
    let text = cx.module.text();
    let indent = layout.indent_at(run.span.start());
    let mut first = start;
    while first > 0 {
        let line = layout.line_start(first - 1);
        let line = match text[..first].ends_with("\r\n") {
            true => layout.line_start(first - 2),
            false => line,
        };
        let is_comment = text[line..]
            .trim_start_matches([' ', '\t'])
            .starts_with('#');
        if !is_comment || layout.indent_at(line) != indent {
            break;
        }
        first = line;
    }
    first
}

/// Formatters put an empty line before a function, but not directly under the header of another one.
fn needs_blank_line(cx: &Cx<'_>, run: &Run<'_>, above: usize) -> bool {
    let first = AnyNodeRef::from(run.first());
    let opens = matches!(
        cx.module.parent(first),
        Some(AnyNodeRef::StmtFunctionDef(_))
    ) && cx.module.block(first).is_some_and(|block| block.index == 0);
    let layout = cx.module.layout();
    let before = cx.module.text()[..above].trim_end_matches([' ', '\t']);
    let before = before.strip_suffix(layout.newline()).unwrap_or(before);
    let line = &before[layout.line_start(before.len())..];
    !opens && !line.trim().is_empty()
}

/// The last thing the statements do, where it gives the only name that is wanted its only value.
fn sole_result<'a>(cx: &Cx<'a>, run: &Run<'a>, outcome: &Outcome) -> Option<&'a StmtAssign> {
    let Outcome::Named(names) = outcome else {
        return None;
    };
    let [name] = &names[..] else { return None };
    let mut last = run.last();
    while let Stmt::With(with) = last {
        last = with.body.last()?;
    }
    let Stmt::Assign(assign) = last else {
        return None;
    };
    let [Expr::Name(target)] = &assign.targets[..] else {
        return None;
    };
    let head = Span::new(span(assign).start(), span(&*assign.value).start());
    let bindings = cx.module.bindings_of(run.scope, name);
    let bound = bindings
        .iter()
        .filter(|binding| run.span.contains(binding.at));
    let reads = cx.module.reads_of(run.scope, name);
    let simple = target.id == name.as_str()
        && head.of(cx.module.text()) == format!("{name} = ")
        && !span(assign).of(cx.module.text()).contains(['\n', '\r'])
        && bound.count() == 1
        && !reads.iter().any(|read| run.holds((*read).into()));
    simple.then_some(assign)
}
