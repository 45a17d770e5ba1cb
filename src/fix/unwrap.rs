//! Calls that give way to their argument, and statements that go with them.

use super::Cx;
use crate::model::file::{Block, Why};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt};
use crate::python::span;
use crate::text::{Edit, Span};
use rustc_hash::FxHashSet;

/// The edits that put `await argument` in the place of a call that has it as an argument, with the
/// parentheses that the grammar asks for.
pub fn await_argument<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    argument: &'a Expr,
) -> Result<Vec<Edit>, Why> {
    let layout = cx.module.layout();
    let source = cx.module.text();
    let whole = span(call);
    let given = cx
        .module
        .parent(argument.into())
        .and_then(|parent| layout.parentheses(argument.into(), parent))
        .unwrap_or_else(|| span(argument));
    let before = Span::new(whole.start(), given.start());
    let after = Span::new(given.end(), whole.end());
    if layout.has_comments(before) || layout.has_comments(after) {
        return Err(Why::new("a comment stands inside the call"));
    }
    let is_primary = given != span(argument)
        || matches!(
            argument,
            Expr::Call(_) | Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_)
        );
    let (mut head, mut tail) = match cx.module.is_awaited(call.into()) {
        true => (String::new(), String::new()),
        false if cx.module.binds_tighter(call.into()) => ("(await ".to_owned(), ")".to_owned()),
        false => ("await ".to_owned(), String::new()),
    };
    if !is_primary {
        head.push('(');
        tail.insert(0, ')');
    }
    let mut edits = vec![
        Edit::replace(before, head.clone()),
        Edit::replace(after, tail.clone()),
    ];
    let is_flat = |at: Span| !at.of(source).contains(['\n', '\r']);
    let column = |offset: usize| {
        Span::new(layout.line_start(offset), offset)
            .of(source)
            .chars()
            .count()
    };
    if !is_flat(given) {
        let shift = (column(whole.start()) + head.chars().count()) as isize
            - column(given.start()) as isize;
        let open = match argument {
            Expr::Call(inner) if is_primary => span(&inner.arguments).start() + 1,
            _ => given.start(),
        };
        let aligned = layout.realign(Span::new(open, given.end()), shift);
        if !aligned.is_empty() {
            edits.extend(aligned);
        } else if !is_flat(before) {
            // The argument had lines of its own, which are deeper than the call's.
            let deeper = layout.indent_at(given.start()).len();
            let width = deeper.saturating_sub(layout.indent_at(whole.start()).len());
            let next = layout.next_line(given.start());
            if next < given.end() {
                let lines = Span::new(next, layout.next_line(given.end() - 1).max(next));
                edits.extend(layout.dedent(lines, width));
            }
        }
    } else if !is_flat(before)
        && let Expr::Call(inner) = argument
        && is_primary
        && !inner.arguments.is_empty()
        && column(whole.start())
            + head.chars().count()
            + given.of(source).chars().count()
            + tail.chars().count()
            + Span::new(whole.end(), layout.line_end(whole.end()))
                .of(source)
                .chars()
                .count()
            > cx.options.line_length
    {
        let arguments = span(&inner.arguments);
        let outer = format!("{}{}", layout.newline(), layout.indent_at(whole.start()));
        let unit = layout.indent_unit();
        edits.push(Edit::insert(
            arguments.start() + 1,
            format!("{outer}{unit}"),
        ));
        edits.push(Edit::insert(arguments.end() - 1, outer));
    }
    Ok(edits)
}

/// The edits that remove whole statements, with the blank lines that would be left over. Refused
/// where a block would be left empty, where a comment would be lost, and where a statement shares its
/// line.
pub fn remove_statements<'a>(cx: &Cx<'a>, gone: &[&'a Stmt]) -> Result<Vec<Edit>, Why> {
    let layout = cx.module.layout();
    let source = cx.module.text();
    let mut edits = Vec::new();
    let mut done = FxHashSet::default();
    for statement in gone {
        let node = AnyNodeRef::from(*statement);
        let Some(Block {
            statements: body, ..
        }) = cx.module.block(node)
        else {
            return Err(Why::new("a statement that has to go stands nowhere"));
        };
        if !done.insert(body.as_ptr()) {
            continue;
        }
        let is_gone = |other: &Stmt| gone.iter().any(|gone| std::ptr::eq(*gone, other));
        if body.iter().all(is_gone) {
            return Err(Why::new("nothing would be left of a block"));
        }
        let mut at = 0;
        while at < body.len() {
            let count = body[at..].iter().take_while(|other| is_gone(other)).count();
            if count == 0 {
                at += 1;
                continue;
            }
            let group = &body[at..at + count];
            let lines: Vec<Span> = group
                .iter()
                .map(|other| layout.whole_lines(span(other)))
                .collect();
            let shares = group.iter().any(|other| !layout.alone(span(other)));
            let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
                break;
            };
            let (mut start, mut end) = (first.start(), last.end());
            if shares || layout.has_comments(Span::new(start, end)) {
                return Err(Why::new(
                    "a comment or another statement shares its line with one that has to go",
                ));
            }
            let is_blank = |from: usize| {
                from < source.len()
                    && Span::new(from, layout.line_end(from))
                        .of(source)
                        .trim()
                        .is_empty()
            };
            let above = |from: usize| match from {
                0 => None,
                _ => {
                    let text = &source[..from];
                    let text = text.strip_suffix('\n').unwrap_or(text);
                    let text = text.strip_suffix('\r').unwrap_or(text);
                    Some(layout.line_start(text.len())).filter(|above| is_blank(*above))
                }
            };
            if at + count == body.len() && at > 0 {
                while let Some(line) = above(start) {
                    start = line;
                }
            } else if at == 0 || above(start).is_some() {
                while is_blank(end) && layout.next_line(end) > end {
                    end = layout.next_line(end);
                }
            }
            edits.push(Edit::delete(Span::new(start, end)));
            at += count;
        }
    }
    Ok(edits)
}
