//! Code to be laid out over lines as a formatter leaves it: flat where it fits, else what stands in
//! brackets on a line of its own, else part by part.

use crate::fix::Cx;
use crate::model::file::{Why, walk};
use crate::python::ast::{AnyNodeRef, ArgOrKeyword, Expr, ExprCall, ExprTuple, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// A piece of code that is written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// Text that is not broken any further. Lines after its first are indented from where it comes to
    /// stand.
    Text(String),
    /// Brackets and what is in them.
    Bracketed {
        /// What goes before, with the bracket: `asyncio.gather(`, `*[`.
        open: String,
        parts: Vec<Code>,
        close: &'static str,
        between: Between,
    },
}

/// What stands between the parts of brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// As in calls and tuples; one more after the last where several stand on lines of their own.
    Commas,
    /// The same, each on a line of its own: a comma after the last says that it stays so.
    Lines,
    /// As in comprehensions.
    Spaces,
}

/// The lines that code is put into.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'s> {
    /// One step of indentation.
    pub unit: &'s str,
    pub newline: &'s str,
    pub limit: usize,
}

impl Code {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// `callee(arguments)`.
    pub fn call(callee: &str, arguments: Vec<Code>) -> Self {
        Self::Bracketed {
            open: format!("{callee}("),
            parts: arguments,
            close: ")",
            between: Between::Commas,
        }
    }

    /// `[element for ... if ...]`, with `open` for its bracket.
    pub fn comprehension(open: &str, element: Code, clauses: &[String]) -> Self {
        let clauses = clauses.iter().map(Self::text);
        Self::Bracketed {
            open: open.to_owned(),
            parts: std::iter::once(element).chain(clauses).collect(),
            close: "]",
            between: Between::Spaces,
        }
    }

    /// The same with something before it: `await `, `*`.
    #[must_use]
    pub fn after(self, prefix: &str) -> Self {
        match self {
            Self::Text(text) => Self::Text(format!("{prefix}{text}")),
            Self::Bracketed {
                open,
                parts,
                close,
                between,
            } => Self::Bracketed {
                open: format!("{prefix}{open}"),
                parts,
                close,
                between,
            },
        }
    }

    /// All on one line, but for lines that are there already.
    pub fn flat(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bracketed {
                open, parts, close, ..
            } => format!("{open}{}{close}", self.joined(parts)),
        }
    }

    /// Whether a comma says that it does not go on one line.
    fn stays_broken(&self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Bracketed { parts, between, .. } => {
                *between == Between::Lines || parts.iter().any(Self::stays_broken)
            }
        }
    }

    fn joined(&self, parts: &[Code]) -> String {
        let between = match self {
            Self::Bracketed {
                between: Between::Spaces,
                ..
            } => " ",
            _ => ", ",
        };
        let parts: Vec<String> = parts.iter().map(Self::flat).collect();
        parts.join(between)
    }

    /// Laid out at an indentation, with `before` in front of it on its first line and `after` behind
    /// it on its last.
    pub fn laid(&self, sheet: Sheet<'_>, indent: &str, before: &str, after: &str) -> String {
        let flat = self.flat();
        let width = |text: &str| text.chars().count();
        let is_broken = self.stays_broken() || flat.contains(['\n', '\r']);
        let used = width(indent) + width(before) + width(after);
        if !is_broken && used + width(&flat) <= sheet.limit {
            return flat;
        }
        let Self::Bracketed {
            open,
            parts,
            close,
            between,
        } = self
        else {
            let mut lines = crate::text::lines(&flat);
            let mut text = lines.next().unwrap_or_default().to_owned();
            for line in lines {
                text.push_str(sheet.newline);
                text.push_str(if line.is_empty() { "" } else { indent });
                text.push_str(line);
            }
            return text;
        };
        if parts.is_empty() {
            return flat;
        }
        let (newline, deeper) = (sheet.newline, format!("{indent}{}", sheet.unit));
        let joined = self.joined(parts);
        let may_join = !self.stays_broken() && !joined.contains(['\n', '\r']);
        if may_join && width(&deeper) + width(&joined) <= sheet.limit {
            return format!("{open}{newline}{deeper}{joined}{newline}{indent}{close}");
        }
        let comma = match between {
            Between::Lines => ",",
            Between::Commas if parts.len() > 1 => ",",
            _ => "",
        };
        let lines: Vec<String> = parts
            .iter()
            .map(|part| format!("{deeper}{}{comma}", part.laid(sheet, &deeper, "", comma)))
            .collect();
        let lines = lines.join(newline);
        format!("{open}{newline}{lines}{newline}{indent}{close}")
    }
}

/// The source of a call, whose arguments may go to other lines; refused where its layout or comments
/// say more.
pub fn call_code<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<Code, Why> {
    if cx.module.layout().has_comments(span(call)) {
        return Err(Why::new("there are comments inside the awaited call"));
    }
    if let [Expr::Generator(_)] = &*call.arguments.args
        && call.arguments.keywords.is_empty()
    {
        return source(cx, call.into(), span(call));
    }
    let mut parts = Vec::new();
    for argument in call.arguments.iter_source_order() {
        parts.push(source(cx, call.into(), argument_span(cx, argument))?);
    }
    let callee = source(cx, call.into(), span(&*call.func))?;
    Ok(Code::Bracketed {
        open: format!("{}(", callee.flat()),
        parts,
        close: ")",
        between: between(cx, call),
    })
}

/// The same with another callee, and with `change` for each argument: other code, or none.
pub fn changed_call_code<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    callee: &str,
    change: impl Fn(ArgOrKeyword<'a>, Code) -> Vec<Code>,
) -> Result<Code, Why> {
    let mut parts = Vec::new();
    for argument in call.arguments.iter_source_order() {
        let code = source(cx, call.into(), argument_span(cx, argument))?;
        parts.extend(change(argument, code));
    }
    Ok(Code::Bracketed {
        open: format!("{callee}("),
        parts,
        close: ")",
        between: between(cx, call),
    })
}

/// Where an argument stands, with the parentheses around it.
pub fn argument_span<'a>(cx: &Cx<'a>, argument: ArgOrKeyword<'a>) -> Span {
    match argument {
        ArgOrKeyword::Arg(argument) => {
            let parent = cx.module.parent(argument.into());
            parent
                .and_then(|parent| cx.module.layout().parentheses(argument.into(), parent))
                .unwrap_or_else(|| span(argument))
        }
        ArgOrKeyword::Keyword(keyword) => span(keyword),
    }
}

/// Whether a comma after the last argument keeps each on a line of its own.
fn between(cx: &Cx<'_>, call: &ExprCall) -> Between {
    let last = call.arguments.iter_source_order().last();
    let end = last.map_or(span(call).end(), |argument| span(argument.value()).end());
    let rest = Span::new(end, span(call).end()).of(cx.module.text());
    match rest.contains(',') {
        true => Between::Lines,
        false => Between::Commas,
    }
}

/// The source of a tuple in parentheses, whose elements may go to other lines.
pub fn display_code<'a>(cx: &Cx<'a>, tuple: &'a ExprTuple) -> Result<Code, Why> {
    if cx.module.layout().has_comments(span(tuple)) {
        return Err(Why::new("there are comments inside what is awaited"));
    }
    let part = |element: &'a Expr| {
        let parent = cx.module.parent(element.into());
        let own = parent
            .and_then(|parent| cx.module.layout().parentheses(element.into(), parent))
            .unwrap_or_else(|| span(element));
        source(cx, tuple.into(), own)
    };
    let parts: Result<Vec<Code>, Why> = tuple.elts.iter().map(part).collect();
    Ok(Code::call("", parts?))
}

/// The text of a part of the file, whose lines after the first can be indented anew.
fn source<'a>(cx: &Cx<'a>, within: AnyNodeRef<'a>, at: Span) -> Result<Code, Why> {
    let text = at.of(cx.module.text());
    if !text.contains(['\n', '\r']) {
        return Ok(Code::text(text));
    }
    let lost = || Why::new("the awaited call is laid out over lines in a way that would be lost");
    let indent = cx.module.layout().indent_at(at.start());
    let mut in_string = false;
    walk(within, &mut |node| {
        let is_string = node.is_expr_string_literal()
            || node.is_expr_bytes_literal()
            || node.is_expr_f_string()
            || node.is_expr_t_string();
        in_string |= is_string && span(node).of(cx.module.text()).contains(['\n', '\r']);
        TraversalSignal::Traverse
    });
    let mut lines = crate::text::lines(text);
    let mut dedented = vec![lines.next().unwrap_or_default()];
    for line in lines {
        let blank = line.trim().is_empty().then_some("");
        dedented.push(line.strip_prefix(indent).or(blank).ok_or_else(lost)?);
    }
    match in_string {
        true => Err(lost()),
        false => Ok(Code::text(dedented.join("\n"))),
    }
}
