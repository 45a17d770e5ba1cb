//! A statement of a row with something else in the place of its awaits.

use super::steps::{Awaited, Step, with_parentheses};
use crate::fix::Cx;
use crate::fix::together::{Code, Sheet};
use crate::model::file::Why;
use crate::python::ast::{ArgOrKeyword, Expr};
use crate::python::span;
use crate::text::{Edit, Span};

/// The edits that put a text in the place of each `await` of a statement. What is called with them is
/// laid out anew where a line would be too long, or several are no longer needed.
pub(super) fn replaced<'a>(
    cx: &Cx<'a>,
    step: &Step<'a>,
    awaits: Vec<(Awaited<'a>, &str)>,
) -> Result<Vec<Edit>, Why> {
    let module = cx.module;
    let replaced: Vec<(Span, &str)> = awaits
        .into_iter()
        .map(|(awaited, text)| (with_parentheses(cx, awaited.awaited), text))
        .collect();
    if replaced
        .iter()
        .any(|(at, _)| module.layout().has_comments(*at))
    {
        return Err(Why::new("there are comments inside the awaited call"));
    }
    let width = |text: &str| text.chars().count();
    let whole = span(step.statement);
    let lines = Span::new(
        module.layout().line_start(whole.start()),
        module.layout().line_end(whole.end()),
    );
    let changed = with_texts(lines, &replaced, module.text());
    let is_needless = !step.awaits.is_empty()
        && step.only().is_none()
        && changed.contains(['\n', '\r'])
        && !module.layout().has_comments(whole);
    let is_long = crate::text::lines(&changed).any(|line| width(line) > cx.options.line_length);
    if (is_needless || is_long)
        && let Some(edit) = laid_anew(cx, step, &replaced)
    {
        return Ok(vec![edit]);
    }
    let edits = replaced.into_iter();
    Ok(edits.map(|(at, text)| Edit::replace(at, text)).collect())
}

/// The text of a span with other texts inside it.
fn with_texts(at: Span, texts: &[(Span, &str)], source: &str) -> String {
    let mut written = String::new();
    let mut from = at.start();
    for (replaced, text) in texts.iter().filter(|(replaced, _)| at.contains(*replaced)) {
        written.push_str(Span::new(from, replaced.start()).of(source));
        written.push_str(text);
        from = replaced.end();
    }
    written.push_str(Span::new(from, at.end()).of(source));
    written
}

/// The statement's value as a call or display on as few lines as it takes; nothing where its layout
/// says more, as a comma after the last part does.
fn laid_anew<'a>(cx: &Cx<'a>, step: &Step<'a>, texts: &[(Span, &str)]) -> Option<Edit> {
    let module = cx.module;
    let layout = module.layout();
    let value = span(step.value);
    let start = layout.line_start(span(step.statement).start());
    let prefix = Span::new(start, value.start()).of(module.text());
    let in_parentheses = |expression: &Expr| {
        let parent = module.parent(expression.into());
        parent.and_then(|parent| layout.parentheses(expression.into(), parent))
    };
    if prefix.contains(['\n', '\r'])
        || layout.has_comments(value)
        || in_parentheses(step.value).is_some()
    {
        return None;
    }
    let whole = |expression: &Expr| in_parentheses(expression).unwrap_or_else(|| span(expression));
    let (first, parts): (usize, Vec<Span>) = match step.value {
        Expr::Call(call) => {
            let parts = call.arguments.iter_source_order();
            let parts = parts.map(|argument| match argument {
                ArgOrKeyword::Arg(argument) => whole(argument),
                ArgOrKeyword::Keyword(keyword) => {
                    Span::new(span(keyword).start(), whole(&keyword.value).end())
                }
            });
            (span(&call.arguments).start() + 1, parts.collect())
        }
        Expr::List(list) => (value.start() + 1, list.elts.iter().map(whole).collect()),
        Expr::Tuple(tuple) if tuple.parenthesized => {
            (value.start() + 1, tuple.elts.iter().map(whole).collect())
        }
        Expr::Dict(dict) => {
            let items = dict.items.iter().map(|item| {
                let end = whole(&item.value).end();
                let start = item.key.as_ref().map(|key| whole(key).start());
                Some(Span::new(start?, end))
            });
            (value.start() + 1, items.collect::<Option<_>>()?)
        }
        _ => return None,
    };
    let last = parts.last()?.end();
    if Span::new(last, value.end()).of(module.text()).contains(',') {
        return None;
    }
    let parts: Vec<String> = parts
        .into_iter()
        .map(|part| with_texts(part, texts, module.text()))
        .collect();
    let open = with_texts(Span::new(value.start(), first), texts, module.text());
    if parts
        .iter()
        .chain([&open])
        .any(|part| part.contains(['\n', '\r']))
    {
        return None;
    }
    let callee = open.strip_suffix('(').unwrap_or_default();
    let close = match step.value {
        Expr::Call(_) | Expr::Tuple(_) => ")",
        Expr::List(_) => "]",
        _ => "}",
    };
    let parts = parts.into_iter().map(Code::text).collect();
    let code = match close {
        ")" => Code::call(callee, parts),
        _ => Code::Bracketed {
            open,
            parts,
            close,
            between: crate::fix::together::Between::Commas,
        },
    };
    let indent = layout.indent_at(start);
    let sheet = Sheet {
        unit: match indent.contains('\t') {
            true => "\t",
            false => layout.indent_unit(),
        },
        newline: layout.newline(),
        limit: cx.options.line_length,
    };
    let before = prefix.strip_prefix(indent).unwrap_or(prefix);
    let text = code.laid(sheet, indent, before, "");
    Some(Edit::replace(value, text))
}
