//! What a value written in the code certainly is: text, a number, a dict of such, a URL.

use super::kinds::{Kinds, kinds};
use crate::fix::Cx;
use crate::model::file::{BindingKind, Entity, Lookup, dotted};
use crate::python::ast::{
    AnyNodeRef, CmpOp, Expr, ExprCompare, FStringPart, InterpolatedStringElement, Number, Operator,
};
use crate::python::span;

/// How far a name is followed to the value it was given.
const MAX_STEPS: usize = 4;

pub(super) fn is_none(expression: &Expr) -> bool {
    matches!(expression, Expr::NoneLiteral(_))
}

pub(super) fn is_true(expression: &Expr) -> bool {
    matches!(expression, Expr::BooleanLiteral(literal) if literal.value)
}

pub(super) fn is_false(expression: &Expr) -> bool {
    matches!(expression, Expr::BooleanLiteral(literal) if !literal.value)
}

pub(super) fn is_zero(expression: &Expr) -> bool {
    match expression {
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(int) => int.as_u8() == Some(0),
            Number::Float(float) => *float == 0.0,
            Number::Complex { .. } => false,
        },
        _ => false,
    }
}

/// The only value that a name is ever given, if nothing else can change it: a plain assignment to
/// this name alone, and, for a dict, every use of it as an argument of a call.
fn given_once<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Option<&'a Expr> {
    let Expr::Name(name) = expression else {
        return None;
    };
    let scope = cx.module.scope_of(AnyNodeRef::from(name))?;
    let Lookup::Bound(owner, [only]) = cx.module.lookup(scope, &name.id) else {
        return None;
    };
    let binding = cx.module.binding(*only);
    let BindingKind::Assign(value) = binding.kind else {
        return None;
    };
    let alone = match cx.module.parent(binding.node) {
        Some(AnyNodeRef::StmtAssign(assign)) => assign.targets.len() == 1,
        Some(AnyNodeRef::StmtAnnAssign(_)) => true,
        _ => false,
    };
    let kept = !matches!(value, Expr::Dict(_))
        || cx.module.reads_of(owner, &name.id).iter().all(|read| {
            matches!(
                cx.module.parent((*read).into()),
                Some(AnyNodeRef::Keyword(_))
            )
        });
    (alone && kept).then_some(value)
}

/// Whether a value is certainly text.
pub(super) fn is_text<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    kinds(cx, expression) == Kinds::TEXT
}

/// Whether a value is certainly text that a header can hold in both libraries.
pub(super) fn is_ascii_text<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    is_text(cx, expression) && is_header_text(cx, expression)
}

/// Whether a value is certainly text or a number that both libraries write in the same way.
pub(super) fn is_plain<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    kinds(cx, expression).within(Kinds::PLAIN)
}

/// Whether text can be held by a header in both libraries: ASCII, without blanks at its end.
pub(super) fn is_header_text<'a>(cx: &Cx<'a>, text: &'a Expr) -> bool {
    let trimmed = match given_once(cx, text).unwrap_or(text) {
        Expr::StringLiteral(literal) => literal.value.to_str().trim_end() == literal.value.to_str(),
        _ => true,
    };
    trimmed && is_ascii(cx, text)
}

/// Whether nothing that is written of a text is beyond ASCII.
pub(super) fn is_ascii<'a>(cx: &Cx<'a>, text: &'a Expr) -> bool {
    match given_once(cx, text).unwrap_or(text) {
        Expr::StringLiteral(literal) => literal.value.to_str().is_ascii(),
        value => span(value).of(cx.module.text()).is_ascii(),
    }
}

/// The annotation of a name that is a parameter and never bound again, and whether its default is
/// `None`.
fn annotation<'a>(cx: &Cx<'a>, name: AnyNodeRef<'_>) -> Option<(&'a Expr, bool)> {
    let AnyNodeRef::ExprName(name) = name else {
        return None;
    };
    let scope = cx.module.scope_of(name.into())?;
    let Lookup::Bound(_, [only]) = cx.module.lookup(scope, &name.id) else {
        return None;
    };
    let BindingKind::Parameter(parameter) = cx.module.binding(*only).kind else {
        return None;
    };
    let may_be_none = matches!(
        cx.module.parent(parameter.into()),
        Some(AnyNodeRef::ParameterWithDefault(parameter)) if parameter.default.as_deref().is_some_and(is_none)
    );
    Some((parameter.annotation.as_deref()?, may_be_none))
}

/// Whether nothing speaks against a URL being text: `requests` takes whatever `str` makes one of.
pub(super) fn may_be_url<'a>(cx: &Cx<'a>, url: &'a Expr) -> bool {
    const CLASSES: [&str; 6] = ["AnyHttpUrl", "AnyUrl", "HttpUrl", "URL", "Url", "furl"];
    match url {
        Expr::StringLiteral(literal) => {
            let text = literal.value.to_str();
            text.trim() == text
        }
        Expr::BinOp(operation) => matches!(operation.op, Operator::Add | Operator::Mod),
        Expr::Call(call) => {
            let name = match cx.module.entity(&call.func) {
                Entity::External(name) => Some(name),
                _ => dotted(&call.func),
            };
            !name.is_some_and(|name| {
                let last = name.rsplit('.').next().unwrap_or_default();
                CLASSES.contains(&last)
            })
        }
        Expr::Name(name) => match annotation(cx, name.into()) {
            Some((annotation, _)) => span(annotation).of(cx.module.text()).contains("str"),
            None => given_once(cx, url).is_none_or(|value| may_be_url(cx, value)),
        },
        Expr::FString(_)
        | Expr::Attribute(_)
        | Expr::Subscript(_)
        | Expr::Await(_)
        | Expr::If(_) => true,
        Expr::BoolOp(operation) => operation.values.iter().all(|value| may_be_url(cx, value)),
        Expr::Named(named) => may_be_url(cx, &named.value),
        _ => false,
    }
}

/// The text of a URL as far as it is written; `None` stands for what is computed.
fn pieces<'a>(cx: &Cx<'a>, url: &'a Expr, steps: usize, found: &mut Vec<Option<&'a str>>) {
    match url {
        Expr::StringLiteral(literal) => found.push(Some(literal.value.to_str())),
        Expr::FString(string) => {
            for part in &string.value {
                match part {
                    FStringPart::Literal(literal) => found.push(Some(&literal.value)),
                    FStringPart::FString(string) => {
                        found.extend(string.elements.iter().map(|element| match element {
                            InterpolatedStringElement::Literal(text) => Some(&*text.value),
                            InterpolatedStringElement::Interpolation(_) => None,
                        }));
                    }
                }
            }
        }
        Expr::BinOp(sum) if sum.op == Operator::Add => {
            pieces(cx, &sum.left, steps, found);
            pieces(cx, &sum.right, steps, found);
        }
        Expr::BinOp(operation) if operation.op == Operator::Mod => match &*operation.left {
            Expr::StringLiteral(template) => {
                let text = template.value.to_str();
                found.push(Some(text.trim_end_matches("%s").trim_end_matches("%d")));
                if text.ends_with("%s") || text.ends_with("%d") {
                    found.push(None);
                }
            }
            _ => found.push(None),
        },
        Expr::Name(_) if steps > 0 => match given_once(cx, url) {
            Some(value) => pieces(cx, value, steps - 1, found),
            None => found.push(None),
        },
        _ => found.push(None),
    }
}

/// Whether a URL has a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Query {
    None,
    /// What is computed of it may hold one.
    Perhaps,
    Seen,
}

/// What is visible of the query of a URL. What is computed may hold one only where it ends the URL
/// and does not stand for one segment or field of its own.
pub(super) fn query<'a>(cx: &Cx<'a>, url: &'a Expr) -> Query {
    let mut found = Vec::new();
    pieces(cx, url, MAX_STEPS, &mut found);
    let ends_well = match found[..] {
        [.., Some(before), None] => {
            !before.ends_with(|c: char| c.is_alphanumeric()) && !before.is_empty()
        }
        [.., None] | [] => false,
        _ => true,
    };
    match found.iter().flatten().any(|text| text.contains('?')) {
        true => Query::Seen,
        false if ends_well => Query::None,
        false => Query::Perhaps,
    }
}

/// Whether what is written of a URL reaches the server as it is: `requests` escapes some characters
/// that httpx sends or refuses, undoes escapes that were not needed, and drops blanks before a URL.
pub(super) fn is_sent_as_written<'a>(cx: &Cx<'a>, url: &'a Expr) -> bool {
    let mut found = Vec::new();
    pieces(cx, url, MAX_STEPS, &mut found);
    if let Some(Some(first)) = found.first()
        && first.starts_with(char::is_whitespace)
    {
        return false;
    }
    let mut written = Vec::new();
    texts(cx, url, MAX_STEPS, &mut written);
    found
        .into_iter()
        .flatten()
        .chain(written)
        .all(is_usual_text)
}

/// All texts that may be part of a URL: those that methods of text put together, and those that a
/// name has at one time or another, too.
fn texts<'a>(cx: &Cx<'a>, url: &'a Expr, steps: usize, found: &mut Vec<&'a str>) {
    if let Expr::StringLiteral(_) | Expr::FString(_) = url {
        let mut known = Vec::new();
        pieces(cx, url, 0, &mut known);
        found.extend(known.into_iter().flatten());
    }
    let mut left = steps;
    let parts: Vec<&'a Expr> = match url {
        // Places of values in a template are no escapes: `pieces` has the template.
        Expr::BinOp(sum) if sum.op == Operator::Add => vec![&sum.left, &sum.right],
        Expr::If(choice) => vec![&choice.body, &choice.orelse],
        Expr::BoolOp(operation) => operation.values.iter().collect(),
        Expr::Named(named) => vec![&named.value],
        Expr::List(list) => list.elts.iter().collect(),
        Expr::Tuple(tuple) => tuple.elts.iter().collect(),
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) if matches!(&*method.attr, "format" | "join") => {
                if let Expr::StringLiteral(template) = &*method.value {
                    found.extend(template.value.to_str().split(['{', '}']).step_by(2));
                }
                let arguments = call.arguments.iter_source_order();
                arguments.map(|argument| argument.value()).collect()
            }
            _ => Vec::new(),
        },
        Expr::Name(_) if steps > 0 => {
            left -= 1;
            values_of(cx, url)
        }
        _ => Vec::new(),
    };
    for part in parts {
        texts(cx, part, left, found);
    }
}

/// What a name is given anywhere, and what is added to it.
fn values_of<'a>(cx: &Cx<'a>, name: &'a Expr) -> Vec<&'a Expr> {
    let Expr::Name(name) = name else {
        return Vec::new();
    };
    let lookup = cx.module.scope_of(name.into());
    let Some(Lookup::Bound(_, bindings)) = lookup.map(|it| cx.module.lookup(it, &name.id)) else {
        return Vec::new();
    };
    let values = bindings.iter().filter_map(|id| {
        let binding = cx.module.binding(*id);
        match (binding.kind, cx.module.parent(binding.node)) {
            (BindingKind::Assign(value), _) => Some(value),
            (_, Some(AnyNodeRef::StmtAugAssign(sum))) => Some(&*sum.value),
            _ => None,
        }
    });
    values.collect()
}

fn is_usual_text(text: &str) -> bool {
    // Brackets around an address are part of it.
    let rest = match text.split_once("://[") {
        Some((_, rest)) => rest.split_once(']').map_or(rest, |(_, rest)| rest),
        None => text,
    };
    let escapes = |c: char| c.is_ascii_control() || "[\\]^`{|}".contains(c);
    !rest.contains(escapes) && rest.split('%').skip(1).all(is_usual_escape)
}

/// Whether what follows a `%` makes an escape in the form that `requests` gives it, or the place of a
/// value in a template.
fn is_usual_escape(after: &str) -> bool {
    let digits = after.get(..2).unwrap_or_default();
    match u8::from_str_radix(digits, 16) {
        Ok(byte) => {
            digits == digits.to_uppercase()
                && !byte.is_ascii_alphanumeric()
                && !b"-._~".contains(&byte)
        }
        Err(_) => after.starts_with(['s', 'd', 'i', 'r', '(']),
    }
}

/// Whether a URL is visibly written with its scheme and host, and so cannot be refused for lacking
/// one.
pub(super) fn is_absolute<'a>(cx: &Cx<'a>, url: &'a Expr) -> bool {
    let mut found = Vec::new();
    pieces(cx, url, MAX_STEPS, &mut found);
    let Some(Some(first)) = found.first() else {
        return false;
    };
    let rest = first
        .strip_prefix("http://")
        .or_else(|| first.strip_prefix("https://"));
    let Some(rest) = rest else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or_default();
    let whole = found.len() == 1 || rest.contains('/');
    whole
        && host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c))
}

/// Whether a value is text or bytes as it is written.
pub(super) fn is_written(value: &Expr) -> bool {
    matches!(
        value,
        Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::FString(_)
    )
}

/// Whether a comparison asks only which object a value is: `value is None`.
pub(super) fn asks_identity(compare: &ExprCompare) -> bool {
    let mut ops = compare.ops.iter();
    ops.all(|op| matches!(op, CmpOp::Is | CmpOp::IsNot))
}
