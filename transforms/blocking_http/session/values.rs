//! The values that a session is told, and whether a client takes them for the same.

use super::super::displays::display;
use super::super::signing::counterpart;
use super::super::values::{is_ascii_text, is_none, is_plain, is_text};
use super::Names;
use crate::fix::{Cx, reach};
use crate::model::file::{ImportName, Why};
use crate::model::libraries::{SessionUse, Takes};
use crate::python::ast::Expr;
use crate::python::span;
use crate::text::Edit;

/// What follows from values that fit.
#[derive(Default)]
pub(super) struct Given {
    pub edits: Vec<Edit>,
    pub needs: Vec<ImportName>,
    /// URLs must have no query.
    pub queries: bool,
}

/// Whether values mean the same to both sides.
pub(super) fn fits<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    row: &SessionUse,
    given: &[&'a Expr],
) -> Result<Given, Why> {
    let mut found = Given::default();
    let dict = |value: &'a Expr, check: fn(&Cx<'a>, &'a Expr) -> bool| {
        display(cx, value).is_some_and(|display| {
            let mut entries = display.entries.iter();
            entries.all(|entry| !entry.spread && check(cx, entry.value))
        })
    };
    let fit = match (row.takes, given) {
        (Takes::Anything, _) => true,
        (Takes::Nothing, given) => given.is_empty(),
        (Takes::Headers, [value]) => dict(value, is_ascii_text),
        (Takes::Header, [value]) => is_ascii_text(cx, value),
        (Takes::Text, [value]) => is_text(cx, value),
        (Takes::Texts, given) => given.iter().all(|value| is_ascii_text(cx, value)),
        (Takes::TextDict, [value]) => dict(value, is_text),
        (Takes::Query, [value]) => {
            found.queries = true;
            dict(value, is_plain)
        }
        (Takes::Boolean, [value]) => value.is_boolean_literal_expr(),
        (Takes::Number, [value]) => value.is_number_literal_expr(),
        (Takes::Auth, [value]) => match value {
            Expr::Tuple(pair) => {
                pair.elts.len() == 2 && pair.elts.iter().all(|part| is_ascii_text(cx, part))
            }
            Expr::Call(made)
                if !made
                    .arguments
                    .args
                    .iter()
                    .chain(made.arguments.keywords.iter().map(|it| &it.value))
                    .all(|part| is_ascii_text(cx, part)) =>
            {
                false
            }
            Expr::Call(made) => match counterpart(cx, names, made) {
                Some(class) => {
                    let (module, member) = class.rsplit_once('.').unwrap_or(("", class));
                    let reach = reach(cx, module, member, made.into())?;
                    found
                        .edits
                        .push(Edit::replace(span(&*made.func), reach.text));
                    found.needs.extend(reach.need);
                    true
                }
                None => false,
            },
            value => is_none(value),
        },
        _ => false,
    };
    match fit {
        true => Ok(found),
        false => Err(Why::new(format!(
            "what the session is given here may mean something else to {}",
            names.new.to
        ))),
    }
}
