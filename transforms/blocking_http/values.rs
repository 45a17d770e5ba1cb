//! What a value written in the code certainly is: text, a number, a dict of such, a URL.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Entity, Lookup, Target, dotted};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprDict, FStringPart, InterpolatedStringElement, Number, Operator,
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

/// A dict display, written here or given to a name once, in which every key is text.
pub(super) fn text_dict<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Option<&'a ExprDict> {
    let value = match expression {
        Expr::Name(_) => given_once(cx, expression)?,
        _ => expression,
    };
    let Expr::Dict(dict) = value else {
        return None;
    };
    dict.items
        .iter()
        .all(|item| item.key.as_ref().is_some_and(|key| is_text(cx, key)))
        .then_some(dict)
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
    text_within(cx, expression, MAX_STEPS)
}

fn text_within<'a>(cx: &Cx<'a>, expression: &'a Expr, steps: usize) -> bool {
    match expression {
        Expr::StringLiteral(_) | Expr::FString(_) => true,
        Expr::BinOp(sum) => match sum.op {
            Operator::Add => {
                text_within(cx, &sum.left, steps) || text_within(cx, &sum.right, steps)
            }
            Operator::Mod => text_within(cx, &sum.left, steps),
            _ => false,
        },
        Expr::Call(call) => match cx.module.target(call) {
            Target::Builtin(name) => name == "str",
            Target::External(name) => matches!(name.as_str(), "json.dumps" | "os.path.join"),
            _ => match &*call.func {
                Expr::Attribute(method) => match method.attr.as_str() {
                    "hexdigest" | "isoformat" => true,
                    "format" | "join" | "lower" | "strip" | "upper" => {
                        text_within(cx, &method.value, steps)
                    }
                    _ => false,
                },
                _ => false,
            },
        },
        Expr::Subscript(subscript) => {
            cx.module.qualified(&subscript.value).as_deref() == Some("os.environ")
        }
        Expr::Name(name) => {
            annotated(cx, name.into(), &["str"])
                || steps > 0
                    && given_once(cx, expression)
                        .is_some_and(|value| text_within(cx, value, steps - 1))
        }
        _ => false,
    }
}

/// Whether a value is certainly text that a header can hold in both libraries.
pub(super) fn is_ascii_text<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    let value = given_once(cx, expression).unwrap_or(expression);
    is_text(cx, expression)
        && match value {
            Expr::StringLiteral(literal) => literal.value.to_str().is_ascii(),
            _ => span(value).of(cx.module.text()).is_ascii(),
        }
}

/// Whether a value is certainly text or a number that both libraries write in the same way.
pub(super) fn is_plain<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    plain_within(cx, expression, MAX_STEPS)
}

fn plain_within<'a>(cx: &Cx<'a>, expression: &'a Expr, steps: usize) -> bool {
    if text_within(cx, expression, steps) {
        return true;
    }
    match expression {
        Expr::NumberLiteral(_) => true,
        Expr::BinOp(operation) => {
            plain_within(cx, &operation.left, steps) && plain_within(cx, &operation.right, steps)
        }
        Expr::Call(call) => matches!(
            cx.module.target(call),
            Target::Builtin("int" | "float" | "len" | "round")
        ),
        Expr::Name(name) => {
            annotated(cx, name.into(), &["str", "int", "float"])
                || counts(cx, name.into())
                || steps > 0
                    && given_once(cx, expression)
                        .is_some_and(|value| plain_within(cx, value, steps - 1))
        }
        _ => false,
    }
}

/// Whether a name is only ever the number that a loop over `range` is at.
fn counts(cx: &Cx<'_>, name: AnyNodeRef<'_>) -> bool {
    let AnyNodeRef::ExprName(name) = name else {
        return false;
    };
    let Some(scope) = cx.module.scope_of(name.into()) else {
        return false;
    };
    let Lookup::Bound(_, [only]) = cx.module.lookup(scope, &name.id) else {
        return false;
    };
    matches!(cx.module.binding(*only).kind, BindingKind::Element(Expr::Call(iterated))
        if matches!(cx.module.target(iterated), Target::Builtin("range")))
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

/// Whether a name is a parameter, never bound again, that is annotated with one of these types.
fn annotated(cx: &Cx<'_>, name: AnyNodeRef<'_>, types: &[&str]) -> bool {
    // `def f(name: str = None)` is a common way to write an optional parameter.
    annotation(cx, name).is_some_and(|(annotation, may_be_none)| {
        !may_be_none && matches!(annotation, Expr::Name(name) if types.contains(&name.id.as_str()))
    })
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

/// Whether what is written of a URL reaches the server as it is: `requests` escapes some characters
/// that httpx sends or refuses, and undoes escapes that were not needed.
pub(super) fn is_sent_as_written<'a>(cx: &Cx<'a>, url: &'a Expr) -> bool {
    let mut found = Vec::new();
    pieces(cx, url, MAX_STEPS, &mut found);
    found.iter().flatten().all(|text| {
        // Brackets around an address are part of it.
        let rest = match text.split_once("://[") {
            Some((_, rest)) => rest.split_once(']').map_or(rest, |(_, rest)| rest),
            None => text,
        };
        let escapes = |c: char| c.is_ascii_control() || "[\\]^`{|}".contains(c);
        !rest.contains(escapes) && rest.split('%').skip(1).all(is_usual_escape)
    })
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

/// Whether a URL is visibly written without a query. What is computed may hold one only where it
/// ends the URL and does not stand for one segment or field of its own.
pub(super) fn has_no_query<'a>(cx: &Cx<'a>, url: &'a Expr) -> bool {
    let mut found = Vec::new();
    pieces(cx, url, MAX_STEPS, &mut found);
    let ends_well = match found[..] {
        [.., Some(before), None] => {
            !before.ends_with(|c: char| c.is_alphanumeric()) && !before.is_empty()
        }
        [.., None] | [] => false,
        _ => true,
    };
    ends_well && !found.iter().flatten().any(|text| text.contains('?'))
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

/// Whether headers may ask for an answer only if something has changed.
pub(super) fn is_conditional<'a>(cx: &Cx<'a>, headers: &'a Expr) -> bool {
    let certain = |dict: &ExprDict| {
        dict.items.iter().all(|item| {
            matches!(&item.key, Some(Expr::StringLiteral(key))
                if !key.value.to_str().to_ascii_lowercase().starts_with("if-"))
        })
    };
    !is_none(headers) && !text_dict(cx, headers).is_some_and(certain)
}

/// Whether a value is text or bytes as it is written.
pub(super) fn is_written(value: &Expr) -> bool {
    matches!(
        value,
        Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::FString(_)
    )
}
