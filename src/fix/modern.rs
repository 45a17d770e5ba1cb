//! Calls of an old form that get a new one: another callee, fewer arguments.

use super::{Cx, FileId};
use crate::fix::together::{Code, Sheet, argument_span, changed_call_code};
use crate::model::file::{NameHash, Term, TermId, Why};
use crate::model::project::Project;
use crate::python::ast::{
    AnyNodeRef, ArgOrKeyword, ExceptHandler, Expr, ExprCall, ExprContext, SourceOrderVisitor,
    walk_expr,
};
use crate::python::span;
use crate::text::{Edit, Span};

/// Whether a file speaks of one of these members of modules outside the project, as far as its facts
/// tell: those that are imported, called, caught or subclassed.
pub fn speaks_of(project: &Project, file: FileId, members: &[&str]) -> bool {
    let Some(facts) = project.facts(file) else {
        return false;
    };
    let is_one = |name: &str| members.contains(&name);
    facts
        .imports
        .iter()
        .any(|(dots, name)| *dots == 0 && is_one(name))
        || facts.terms.iter().any(|term| match term {
            Term::Member(of, name) => qualified(&facts.terms, *of)
                .is_some_and(|module| is_one(&format!("{module}.{name}"))),
            _ => false,
        })
}

/// A file that replaces a name of asyncio, as tests do, and what would have to be done there.
pub fn replaced(cx: &Cx<'_>, name: &str) -> Option<String> {
    let hash = NameHash::of(name);
    let mut files = cx.project.files();
    let (file, _) =
        files.find(|(_, facts)| facts.strings.contains(&hash) || facts.patched.contains(&hash))?;
    let path = cx.project.modules().path(file).display();
    Some(format!(
        "{path} may replace `{name}` and would have to replace this instead"
    ))
}

fn qualified(terms: &[Term], id: TermId) -> Option<String> {
    match terms.get(id.0 as usize)? {
        Term::Import(0, name) => Some(name.to_string()),
        Term::Member(of, name) => Some(format!("{}.{name}", qualified(terms, *of)?)),
        _ => None,
    }
}

/// Every expression that reads one of these members of modules outside the project, in source order, with
/// the member's place among them.
pub fn references_to<'a>(cx: &Cx<'a>, members: &[&str]) -> Vec<(&'a Expr, usize)> {
    struct References<'v, 'a> {
        cx: &'v Cx<'a>,
        members: &'v [&'v str],
        found: Vec<(&'a Expr, usize)>,
    }
    impl<'a> SourceOrderVisitor<'a> for References<'_, 'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            let is_read = match expression {
                Expr::Name(name) => name.ctx == ExprContext::Load,
                Expr::Attribute(attribute) => attribute.ctx == ExprContext::Load,
                _ => false,
            };
            if is_read && let Some(name) = self.cx.module.qualified(expression) {
                let mut members = self.members.iter();
                if let Some(index) = members.position(|member| *member == name) {
                    self.found.push((expression, index));
                    return;
                }
            }
            walk_expr(self, expression);
        }
    }
    let mut references = References {
        cx,
        members,
        found: Vec::new(),
    };
    references.visit_body(cx.module.tree().body());
    references.found
}

/// Whether the code around an old form knows that it may be gone: it asks for a version or for the name,
/// catches the error that says so, or expects it.
pub fn is_ready<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, error: &str) -> bool {
    const ASKS: [&str; 5] = ["version", "hasattr", "PY3", "py3", "PY_3"];
    const EXPECTS: [&str; 5] = ["raises", "Raises", "warns", "Warns", "deprecated"];
    let says = |expression: &Expr, words: &[&str]| {
        let text = span(expression).of(cx.module.text());
        words.iter().any(|word| text.contains(word))
    };
    cx.module.ancestors(node).any(|node| match node {
        AnyNodeRef::StmtIf(statement) => {
            let tests = statement.elif_else_clauses.iter();
            let tests = tests.filter_map(|clause| clause.test.as_ref());
            let mut tests = std::iter::once(&*statement.test).chain(tests);
            tests.any(|test| says(test, &ASKS))
        }
        AnyNodeRef::ExprIf(choice) => says(&choice.test, &ASKS),
        // `sys.version_info < (3, 14) and ...`
        AnyNodeRef::ExprBoolOp(both) => both.values.iter().any(|value| says(value, &ASKS)),
        AnyNodeRef::StmtTry(statement) => statement.handlers.iter().any(|handler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let caught = handler.type_.as_deref();
            caught.is_some_and(|caught| says(caught, &[error]))
        }),
        AnyNodeRef::StmtWith(with) => {
            let mut items = with.items.iter();
            items.any(|item| says(&item.context_expr, &EXPECTS))
        }
        _ => false,
    })
}

/// The edits that give a call another callee and leave out one of its arguments, if any. A call on one
/// line, or that is laid out as a formatter does it, is laid out anew; else only what changes does.
pub fn without_argument<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    callee: Option<&str>,
    dropped: Option<ArgOrKeyword<'a>>,
) -> Result<Vec<Edit>, Why> {
    let source = cx.module.text();
    let gone = dropped.map(|dropped| argument_span(cx, dropped));
    let is_gone = |argument| gone.is_some_and(|gone| argument_span(cx, argument) == gone);
    let old = span(&*call.func).of(source);
    if is_formatted(cx, call)
        && let Ok(code) =
            changed_call_code(
                cx,
                call,
                callee.unwrap_or(old),
                |argument, code| match is_gone(argument) {
                    true => Vec::new(),
                    false => vec![code],
                },
            )
    {
        return Ok(vec![laid_out(cx, call, &code)]);
    }
    let mut edits = Vec::new();
    if let Some(callee) = callee {
        edits.push(Edit::replace(span(&*call.func), callee));
    }
    if let Some(gone) = gone {
        edits.push(Edit::delete(gap(cx, call, gone)?));
    }
    super::lines::realign(cx, call, &mut edits, 0);
    Ok(edits)
}

/// The edit that puts other code in the place of a call.
pub fn changed_call(cx: &Cx<'_>, call: &ExprCall, code: &Code) -> Result<Edit, Why> {
    match cx.module.layout().has_comments(span(call)) {
        true => Err(Why::new("there are comments inside the call")),
        false => Ok(laid_out(cx, call, code)),
    }
}

/// Whether a call stands on one line, or has its arguments on lines of their own, and no comments.
fn is_formatted(cx: &Cx<'_>, call: &ExprCall) -> bool {
    let source = cx.module.text();
    let whole = span(call);
    if cx.module.layout().has_comments(whole) {
        return false;
    }
    if !whole.of(source).contains(['\n', '\r']) {
        return true;
    }
    let inside = span(&call.arguments).start() + 1;
    let head = Span::new(inside, cx.module.layout().line_end(inside));
    let end = Span::new(cx.module.layout().line_start(whole.end()), whole.end());
    head.of(source).trim().is_empty() && end.of(source).trim() == ")"
}

fn laid_out(cx: &Cx<'_>, call: &ExprCall, code: &Code) -> Edit {
    let layout = cx.module.layout();
    let source = cx.module.text();
    let whole = span(call);
    let indent = layout.indent_at(whole.start());
    let before = Span::new(layout.line_start(whole.start()), whole.start()).of(source);
    let before = before.strip_prefix(indent).unwrap_or_default();
    let after = Span::new(whole.end(), layout.line_end(whole.end())).of(source);
    let sheet = Sheet {
        unit: layout.indent_unit(),
        newline: layout.newline(),
        limit: cx.options.line_length,
    };
    Edit::replace(whole, code.laid(sheet, indent, before, after))
}

/// An argument with its comma.
fn gap<'a>(cx: &Cx<'a>, call: &'a ExprCall, gone: Span) -> Result<Span, Why> {
    let all: Vec<Span> = call
        .arguments
        .iter_source_order()
        .map(|argument| argument_span(cx, argument))
        .collect();
    let index = all.iter().position(|argument| *argument == gone);
    let gap = match index {
        Some(index) if index + 1 < all.len() => Span::new(gone.start(), all[index + 1].start()),
        Some(index) if index > 0 => Span::new(all[index - 1].end(), gone.end()),
        _ => {
            let arguments = span(&call.arguments);
            Span::new(arguments.start() + 1, arguments.end() - 1)
        }
    };
    match cx.module.layout().has_comments(gap) {
        true => Err(Why::new("a comment stands beside the argument")),
        false => Ok(gap),
    }
}
