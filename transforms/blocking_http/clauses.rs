//! The edits that make `except` clauses, and what else lists classes of exceptions, name those of the
//! new library.

use super::Names;
use super::raising::{Sent, others_raise};
use crate::fix::{Cx, lines, reach};
use crate::model::file::{Entity, ImportName, Target, Why, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, Span};

/// Classes that are listed in one place.
#[derive(Debug)]
pub(super) struct Clause<'a> {
    /// The statement that they are for: one `try` changes whole.
    pub within: Span,
    /// What is guarded by it, or by others that use the same list.
    pub bodies: Vec<&'a [Stmt]>,
    pub listed: Listed<'a>,
    pub classes: Vec<Class<'a>>,
    /// The exception's own members are read by their new names.
    pub reads_new: bool,
}

/// How classes are written down.
#[derive(Clone, Copy, Debug)]
pub(super) enum Listed<'a> {
    /// One class, or a tuple.
    Classes(&'a Expr),
    /// The arguments of a call.
    Arguments(&'a [Expr]),
}

/// One class of a clause, with its counterparts; none where it stays.
#[derive(Debug)]
pub(super) struct Class<'a> {
    pub expression: &'a Expr,
    pub counterparts: Option<&'a [String]>,
    /// It stays besides its counterparts.
    pub stays: bool,
}

impl Clause<'_> {
    pub fn at(&self) -> Span {
        match self.listed {
            Listed::Classes(types) => span(types),
            Listed::Arguments([]) => self.within,
            Listed::Arguments([first, .., last]) => span(first).cover(span(last)),
            Listed::Arguments([only]) => span(only),
        }
    }
}

/// The edit that makes a clause catch the new exceptions. The old ones stay named where something
/// else in the body may still raise them.
pub(super) fn rewrite<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    clause: &Clause<'a>,
    sent: &Sent,
    deeper: bool,
) -> Result<(Vec<Edit>, Vec<ImportName>), Why> {
    let bodies = || clause.bodies.iter().copied();
    let keep = bodies().any(|body| others_raise(cx, names, body, sent));
    if keep && clause.reads_new {
        return Err(Why::new(
            "the exception may be one of either library, and their responses differ",
        ));
    }
    // What is caught as a `ValueError` anyway needs no names of its own.
    let catches_decoding = clause.classes.iter().any(|class| {
        matches!(
            cx.module.entity(class.expression),
            Entity::Builtin("ValueError" | "Exception" | "BaseException")
        )
    });
    let decodes = !catches_decoding && bodies().any(|body| sent.decodes(cx, body));
    let base = names.new.decoding_base.as_ref();
    let base = base.filter(|_| bodies().all(|body| only_decodes(cx, body, sent)));
    let decoding = match base {
        Some(base) => std::slice::from_ref(base),
        None => &names.new.decoding_error,
    };
    let node: AnyNodeRef<'_> = match clause.listed {
        Listed::Classes(types) => types.into(),
        Listed::Arguments([first, ..]) => first.into(),
        Listed::Arguments([]) => return Err(Why::new("no class is listed")),
    };
    let mut needs = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !texts.contains(&text) {
            texts.push(text);
        }
    };
    for class in &clause.classes {
        if keep || class.stays || class.counterparts.is_none() {
            add(cx.module.source(class.expression).to_owned());
        }
        let Some(counterparts) = class.counterparts else {
            continue;
        };
        let all = names.old.catch_all.iter().any(|all| {
            let all = names.new.exceptions.get(all);
            all.is_some_and(|all| all.to.as_slice() == counterparts)
        });
        let decoding = if all && decodes { decoding } else { &[] };
        for name in counterparts.iter().chain(decoding) {
            match name.split_once('.') {
                Some((module, member)) => {
                    let reach = reach(cx, module, member, node)?;
                    needs.extend(reach.need);
                    add(reach.text);
                }
                None => add(name.clone()),
            }
        }
    }
    let whole = match (clause.listed, cx.module.parent(node)) {
        (Listed::Classes(types @ (Expr::Name(_) | Expr::Attribute(_))), Some(parent)) => cx
            .module
            .layout()
            .parentheses(types.into(), parent)
            .unwrap_or_else(|| clause.at()),
        _ => clause.at(),
    };
    if cx.module.layout().has_comments(whole) {
        return Err(Why::new(
            "a comment stands among the classes of an `except`",
        ));
    }
    let limit = cx.options.line_length;
    let text = match clause.listed {
        Listed::Classes(_) if let Some(call) = call_around(cx, node) => {
            let short = match &texts[..] {
                [only] => only.clone(),
                several => format!("({})", several.join(", ")),
            };
            let fits = width(cx, whole, deeper) + short.chars().count() <= limit;
            let is_only = call.arguments.len() == 1;
            if !fits && is_only {
                alone(cx, whole, &texts, deeper)
            } else {
                let mut edits = vec![Edit::replace(whole, short)];
                if !fits {
                    lines::break_arguments(cx, call, &mut edits, deeper);
                }
                return Ok((edits, needs));
            }
        }
        Listed::Classes(_) => listed(cx, whole, &texts, deeper),
        Listed::Arguments(_) => {
            let text = texts.join(", ");
            if width(cx, whole, deeper) + text.chars().count() > cx.options.line_length {
                return Err(Why::new(
                    "the line would be too long with all new exceptions",
                ));
            }
            text
        }
    };
    Ok((vec![Edit::replace(whole, text)], needs))
}

/// The call whose argument an expression is.
fn call_around<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<&'a ExprCall> {
    let mut around = cx.module.ancestors(node);
    loop {
        match around.next()? {
            AnyNodeRef::Keyword(_) | AnyNodeRef::Arguments(_) => {}
            AnyNodeRef::ExprCall(call) => return Some(call),
            _ => return None,
        }
    }
}

/// A tuple as the only argument of a call, on lines of its own.
fn alone(cx: &Cx<'_>, at: Span, texts: &[String], deeper: bool) -> String {
    let layout = cx.module.layout();
    let unit = layout.indent_unit();
    let depth = if deeper { unit } else { "" };
    let newline = layout.newline();
    let indent = format!("{newline}{}{depth}", layout.indent_at(at.start()));
    let short = format!("{indent}{unit}({})", texts.join(", "));
    if short.chars().count() - newline.len() <= cx.options.line_length {
        return format!("{short}{indent}");
    }
    let each: String = texts
        .iter()
        .map(|text| format!("{indent}{unit}{unit}{text},"))
        .collect();
    format!("{indent}{unit}({each}{indent}{unit}){indent}")
}

/// Whether nothing else under statements raises what stands for a body that is not JSON.
fn only_decodes<'a>(cx: &Cx<'a>, body: &'a [Stmt], sent: &Sent) -> bool {
    let mut only = true;
    for statement in body {
        walk(statement.into(), &mut |node| {
            only &= match node {
                AnyNodeRef::ExprCall(call) => {
                    sent.holds(call)
                        || matches!(
                            cx.module.target(call),
                            Target::Builtin("print" | "str" | "len" | "isinstance")
                        )
                        || matches!(&*call.func, Expr::Attribute(method)
                            if method.attr.as_str() == "get"
                                || super::handler::LOGGING.contains(&method.attr.as_str()))
                }
                AnyNodeRef::ExprAwait(_) | AnyNodeRef::StmtRaise(_) | AnyNodeRef::StmtWith(_) => {
                    false
                }
                AnyNodeRef::StmtAssign(assign) => !assign
                    .targets
                    .iter()
                    .any(|target| matches!(target, Expr::Tuple(_) | Expr::List(_))),
                AnyNodeRef::StmtFor(statement) => statement.target.is_name_expr(),
                _ => true,
            };
            TraversalSignal::Traverse
        });
    }
    only
}

/// How wide the line is without what is replaced.
fn width(cx: &Cx<'_>, at: Span, deeper: bool) -> usize {
    let layout = cx.module.layout();
    let depth = if deeper {
        layout.indent_unit().len()
    } else {
        0
    };
    let rest = Span::new(layout.line_start(at.start()), at.start());
    let after = Span::new(at.end(), layout.line_end(at.end()));
    let around: usize = [rest, after]
        .iter()
        .map(|part| part.of(cx.module.text()).chars().count())
        .sum();
    depth + around
}

/// The classes as `except` takes them: one, or a tuple, broken where the line would be too long.
fn listed(cx: &Cx<'_>, at: Span, texts: &[String], deeper: bool) -> String {
    let layout = cx.module.layout();
    let unit = layout.indent_unit();
    let depth = if deeper { unit } else { "" };
    if let [only] = texts {
        return only.clone();
    }
    let short = format!("({})", texts.join(", "));
    if width(cx, at, deeper) + short.chars().count() <= cx.options.line_length {
        return short;
    }
    let newline = layout.newline();
    let indent = format!("{}{depth}", layout.indent_at(at.start()));
    let mut long = "(".to_owned();
    for text in texts {
        long.push_str(&format!("{newline}{indent}{unit}{text},"));
    }
    long.push_str(&format!("{newline}{indent})"));
    long
}
