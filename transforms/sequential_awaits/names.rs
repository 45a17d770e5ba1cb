//! Names for the tasks of a row, after what their results are given to or what they call.

use super::rows::Row;
use super::steps::{Awaited, Step};
use crate::fix::Cx;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall};
use crate::python::span;
use crate::text::Span;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The names that fixes of one file bring in, each with the function it stands in: two fixes must not
/// use one name for different things.
pub(super) type Named = RefCell<BTreeSet<(Span, String)>>;

/// What calls go by that have no names of their own.
const ORDINALS: [&str; 10] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
];

/// A name for each awaited call, which ends in `suffix`.
pub(super) fn for_calls<'a>(
    cx: &Cx<'a>,
    within: Span,
    row: &Row<'a>,
    suffix: &str,
    named: &Named,
) -> Vec<String> {
    let calls: Vec<Awaited<'a>> = row.awaits().collect();
    let bases = row.steps.iter().flat_map(|step| {
        let calls = &calls;
        step.awaits.iter().map(move |awaited| {
            let given = target_of(step).or_else(|| place_of(cx, step, awaited));
            given.unwrap_or_else(|| callee_of(awaited.call, calls))
        })
    });
    let bases: Vec<String> = bases.collect();
    let alike = |base: &String| bases.iter().filter(|other| *other == base).count() > 1;
    let by_place = bases.iter().any(alike);
    bases
        .iter()
        .enumerate()
        .map(|(index, base)| match ORDINALS.get(index) {
            Some(ordinal) if by_place => fresh(cx, within, &format!("{ordinal}_{suffix}"), named),
            _ => fresh(cx, within, &format!("{base}_{suffix}"), named),
        })
        .collect()
}

/// A name that neither the function nor another fix in it uses.
pub(super) fn fresh(cx: &Cx<'_>, within: Span, base: &str, named: &Named) -> String {
    let is_free = |name: &String| {
        !cx.module.uses_name(within, name) && !named.borrow().contains(&(within, name.clone()))
    };
    let numbered = (2..).map(|number| format!("{base}_{number}"));
    let name = std::iter::once(base.to_owned())
        .chain(numbered)
        .find(is_free)
        .unwrap_or_default();
    named.borrow_mut().insert((within, name.clone()));
    name
}

/// The name of the only thing that a statement gives the result of its only call to.
fn target_of(step: &Step<'_>) -> Option<String> {
    step.only()?;
    let [target] = step.targets[..] else {
        return None;
    };
    name_of(target)
}

fn name_of(target: &Expr) -> Option<String> {
    last_part(target).and_then(plain)
}

/// The name of the place that a result takes in its statement: of a keyword, of an item of a
/// dictionary, of a part of the target.
fn place_of<'a>(cx: &Cx<'a>, step: &Step<'a>, awaited: &Awaited<'a>) -> Option<String> {
    let at = span(awaited.awaited);
    match cx.module.parent(awaited.awaited.into())? {
        AnyNodeRef::Keyword(keyword) => plain(keyword.arg.as_ref()?.as_str()),
        AnyNodeRef::ExprDict(dict) => {
            let mut items = dict.items.iter();
            let item = items.find(|item| span(&item.value) == at)?;
            let key = item.key.as_ref()?.as_string_literal_expr()?.value.to_str();
            let starts = key.starts_with(|first: char| first.is_ascii_alphabetic());
            let is_name = key
                .chars()
                .all(|part| part.is_ascii_alphanumeric() || part == '_');
            (starts && is_name).then(|| key.to_owned())
        }
        AnyNodeRef::ExprTuple(values) => {
            let [Expr::Tuple(targets)] = step.targets[..] else {
                return None;
            };
            if span(step.value) != span(values) || targets.elts.iter().any(Expr::is_starred_expr) {
                return None;
            }
            let index = values.elts.iter().position(|value| span(value) == at)?;
            name_of(targets.elts.get(index)?)
        }
        _ => None,
    }
}

/// The name of what is called; where several are called alike, that of the object it is called on.
fn callee_of(call: &ExprCall, calls: &[Awaited<'_>]) -> String {
    let name = last_part(&call.func);
    let alike = calls
        .iter()
        .filter(|other| last_part(&other.call.func) == name);
    let receivers: BTreeSet<Option<&str>> =
        alike.clone().map(|other| receiver(other.call)).collect();
    let count = alike.count();
    let name = match receiver(call) {
        Some(object) if count > 1 && receivers.len() == count => Some(object),
        _ => name,
    };
    name.and_then(plain).unwrap_or_else(|| "first".to_owned())
}

fn receiver(call: &ExprCall) -> Option<&str> {
    match &*call.func {
        Expr::Attribute(method) => last_part(&method.value),
        _ => None,
    }
}

fn last_part(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

fn plain(name: &str) -> Option<String> {
    let name = name.trim_matches('_');
    (!name.is_empty()).then(|| name.to_owned())
}
