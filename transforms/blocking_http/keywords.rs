//! What becomes of the value of an argument, by the lines of the table under which it falls.

use super::arguments::{Argument, Arguments};
use super::displays::{self, display};
use super::falls::{Beside, Fall, both, fall, pairs};
use super::kinds::{Kinds, kinds};
use super::signing::counterpart;
use super::templates::{filled, value_of};
use super::values::{is_none, is_written};
use super::{Names, judge};
use crate::fix::{Cx, reach_helper};
use crate::model::file::Why;
use crate::model::libraries::{Accepts, Keyword, Row};
use crate::python::ast::Expr;
use crate::python::span;
use crate::text::{Edit, Span};

/// The name of the helper that adds parameters to a URL.
const WITH_PARAMS: &str = "with_params";

/// What becomes of one argument.
pub(super) enum Change<'a> {
    None,
    Rename(&'a str),
    Remove,
}

/// What becomes of an argument, by the lines of the table under which its value falls.
pub(super) fn change<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    keyword: &'a Keyword,
    item: &Argument<'a>,
    beside: Beside<'a>,
    mapped: &mut Arguments<'a>,
) -> Result<Change<'a>, Why> {
    let mut fall = fall(cx, names, keyword, item.value, beside);
    if keyword.displays_only && !is_simple(cx, keyword.accepts, item.value) {
        fall = Fall::under("other");
    }
    if keyword.accepts == Accepts::PlainMapping
        && !fall.is_safe(keyword)
        && keyword.rows.contains_key("helped")
        && let Some(change) = helped(cx, item, beside, mapped)?
    {
        return Ok(change);
    }
    let mut change = Change::None;
    for (name, parts) in &fall.rows {
        let row = keyword.rows.get(*name).ok_or_else(|| {
            Why::new(format!(
                "this `{}` has no known counterpart in {}",
                item.name, names.new.to
            ))
        })?;
        if let Some(why) = judge(row.class, &row.why)? {
            mapped.reviews.push(why.replace("{}", &listed(cx, parts)));
        }
        match apply(cx, names, keyword.accepts, name, row, item, mapped)? {
            Change::None => {}
            other => change = other,
        }
    }
    let rewrites = |name: &str| {
        keyword
            .rows
            .get(name)
            .is_some_and(|row| !row.becomes.is_empty())
    };
    if ["dropped", "flags"].iter().any(|name| rewrites(name)) {
        rewrite_entries(cx, item, &fall, mapped)?;
    }
    Ok(change)
}

/// Whether a value is a body as it is, or a dict display of text and numbers.
fn is_simple<'a>(cx: &Cx<'a>, accepts: Accepts, value: &'a Expr) -> bool {
    if is_none(value) || accepts == Accepts::Body && is_written(value) {
        return true;
    }
    let Some(display) = display(cx, value) else {
        return false;
    };
    display.entries.iter().all(|entry| {
        let is_named = entry.key.is_some_and(Expr::is_string_literal_expr);
        is_named && kinds(cx, entry.value).within(Kinds::TEXT.or(Kinds::NUMBER))
    })
}

/// Parts of the code, to be named in a sentence.
fn listed<'a>(cx: &Cx<'a>, parts: &[&'a Expr]) -> String {
    let mut known: Vec<String> = Vec::new();
    for part in parts {
        let text = format!("`{}`", cx.module.describe(part));
        if !known.contains(&text) {
            known.push(text);
        }
    }
    match known.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, [one])) => format!("{one} and {last}"),
        Some((_, [one, ..])) => format!("{one} and {} others", known.len() - 1),
        None => String::new(),
    }
}

/// A helper of the project that adds parameters to a URL as requests does, if there is a place for it.
fn helped<'a>(
    cx: &Cx<'a>,
    item: &Argument<'a>,
    beside: Beside<'a>,
    mapped: &mut Arguments<'a>,
) -> Result<Option<Change<'a>>, Why> {
    let Ok(helper) = reach_helper(cx, WITH_PARAMS, beside.url.into()) else {
        return Ok(None);
    };
    let source = cx.module.source(item.value);
    if source.contains(['\n', '\r', '#']) {
        return Ok(None);
    }
    let url = cx.module.source(beside.url);
    let text = format!("{}({url}, {source})", helper.text);
    mapped.edits.push(Edit::replace(span(beside.url), text));
    mapped.helper = Some((WITH_PARAMS, helper.need));
    Ok(Some(Change::Remove))
}

fn apply<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    accepts: Accepts,
    kind: &str,
    row: &'a Row,
    item: &Argument<'a>,
    mapped: &mut Arguments<'a>,
) -> Result<Change<'a>, Why> {
    match (accepts, kind, item.value) {
        (_, "off", _) => return Ok(Change::Remove),
        (Accepts::Boolean, "literal", _) if names.new.client.unverified.is_some() => {
            return Ok(Change::Remove);
        }
        (Accepts::Stream, "on", _) => {
            mapped.streams = true;
            return Ok(Change::Remove);
        }
        (Accepts::Boolean | Accepts::Cookies | Accepts::Proxies, _, value)
            if !row.becomes.is_empty() =>
        {
            let value = match accepts {
                Accepts::Proxies => both(cx, value).unwrap_or(value),
                _ => value,
            };
            mapped.of_client.push((&row.becomes, value));
            return Ok(Change::Remove);
        }
        (Accepts::Body, "content", _) if !row.becomes.is_empty() => {
            return Ok(Change::Rename(&row.becomes));
        }
        (Accepts::Body, "buffer", value) if !row.becomes.is_empty() => {
            let text = row.becomes.replace("{0}", cx.module.source(value));
            let (name, text) = text.split_once('=').unwrap_or(("", &text));
            mapped.edits.push(Edit::replace(span(value), text));
            let to = row.becomes.get(..name.len()).unwrap_or_default();
            return Ok(Change::Rename(to));
        }
        (Accepts::Body, "pairs", Expr::List(list)) if !row.becomes.is_empty() => {
            let (start, end) = (span(list).start(), span(list).end());
            mapped
                .edits
                .push(Edit::replace(Span::new(start, start + 1), "{"));
            mapped
                .edits
                .push(Edit::replace(Span::new(end - 1, end), "}"));
            for (pair, (key, value)) in list.elts.iter().zip(pairs(item.value).unwrap_or_default())
            {
                let text = format!("{}: {}", cx.module.source(key), cx.module.source(value));
                mapped.edits.push(Edit::replace(span(pair), text));
            }
        }
        (Accepts::Timeout, "pair", Expr::Tuple(pair)) if !row.becomes.is_empty() => {
            let whole = value_of(cx, item.keyword, item.whole);
            let filled = filled(cx, row, item.name, whole, &pair.elts)?;
            mapped.callables.push(filled);
        }
        (Accepts::Timeout, _, value) if !row.becomes.is_empty() => {
            let whole = value_of(cx, item.keyword, item.whole);
            let filled = filled(cx, row, item.name, whole, std::slice::from_ref(value))?;
            mapped.callables.push(filled);
        }
        (Accepts::Auth, "class", Expr::Call(auth)) => {
            if let Some(counterpart) = counterpart(cx, names, auth) {
                let edit = Edit::replace(span(&*auth.func), counterpart.as_str());
                mapped.callables.push((edit, counterpart));
            }
        }
        _ => {}
    }
    Ok(Change::None)
}

/// Writes the entries of a display as the old library sends them.
fn rewrite_entries<'a>(
    cx: &Cx<'a>,
    item: &Argument<'a>,
    fall: &Fall<'a>,
    mapped: &mut Arguments<'a>,
) -> Result<(), Why> {
    let quote = cx.module.layout().quote();
    let mut edits = match fall.gone.is_empty() {
        true => Vec::new(),
        false => displays::without(cx, item.value, &fall.gone)
            .ok_or_else(|| Why::new("a comment stands beside an entry that goes"))?,
    };
    for flag in &fall.flags {
        let source = cx.module.source(flag);
        let text = match flag {
            Expr::BooleanLiteral(_) => format!("{quote}{source}{quote}"),
            _ => format!("str({source})"),
        };
        edits.push(Edit::replace(span(*flag), text));
    }
    let (inside, outside) = edits
        .into_iter()
        .partition(|edit| item.whole.contains(edit.span()));
    mapped.edits.extend::<Vec<Edit>>(inside);
    mapped.outside.extend::<Vec<Edit>>(outside);
    Ok(())
}
