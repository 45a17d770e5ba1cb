//! Under which lines of the table the value of an argument falls: what can be seen of it.

use super::Names;
use super::displays::{self, Display, Entry, display};
use super::kinds::{Kinds, kinds};
use super::signing::auth;
use super::values::{
    Query, is_false, is_header_text, is_none, is_plain, is_sent_as_written, is_true, is_zero,
    may_be_url, query,
};
use crate::fix::Cx;
use crate::model::libraries::{Accepts, Fidelity, Keyword};
use crate::python::ast::Expr;
use crate::python::span;

/// The lines under which a value falls, each with the parts it speaks of.
#[derive(Default)]
pub(super) struct Fall<'a> {
    pub rows: Vec<(&'static str, Vec<&'a Expr>)>,
    /// Entries of a display that are left out, and those that are written as text.
    pub gone: Vec<Entry<'a>>,
    pub flags: Vec<&'a Expr>,
}

impl<'a> Fall<'a> {
    /// Whether nothing has to be confirmed, and nothing is held back.
    pub fn is_safe(&self, keyword: &Keyword) -> bool {
        let mut rows = self.rows.iter().map(|(name, _)| keyword.rows.get(*name));
        rows.all(|row| row.is_some_and(|row| row.class == Fidelity::Safe))
    }

    pub fn under(row: &'static str) -> Self {
        Self::about(row, Vec::new())
    }

    pub fn about(row: &'static str, parts: Vec<&'a Expr>) -> Self {
        Self {
            rows: vec![(row, parts)],
            ..Self::default()
        }
    }
}

/// What else a request is told, as far as it decides about a value.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub url: &'a Expr,
    pub json: bool,
    pub files: bool,
    /// Other tasks may send with the client at the same time.
    pub shared: bool,
}

pub(super) fn fall<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    keyword: &Keyword,
    value: &'a Expr,
    beside: Beside<'a>,
) -> Fall<'a> {
    // A line that only some libraries need.
    let minds = |name| keyword.rows.contains_key(name);
    let nothing = is_none(value);
    match keyword.accepts {
        Accepts::Anything => Fall::under("any"),
        Accepts::Url if !may_be_url(cx, value) => Fall::under("other"),
        Accepts::Url if !is_sent_as_written(cx, value) => Fall::under("escaped"),
        Accepts::Url => Fall::under("text"),
        Accepts::Nothing | Accepts::Stream if nothing || is_false(value) => Fall::under("off"),
        Accepts::Stream if is_true(value) => Fall::under("on"),
        Accepts::Boolean if value.is_boolean_literal_expr() => Fall::under("literal"),
        Accepts::Boolean => match kinds(cx, value) {
            Kinds::FLAG => Fall::under("flag"),
            Kinds::TEXT => Fall::under("path"),
            _ => Fall::under("other"),
        },
        Accepts::PlainMapping if nothing => Fall::under("plain"),
        Accepts::PlainMapping => {
            let mut fall = fields(cx, value, "plain");
            match query(cx, beside.url) {
                Query::None => {}
                Query::Perhaps => fall.rows.push(("perhaps", vec![beside.url])),
                Query::Seen => fall.rows.push(("query", Vec::new())),
            }
            fall
        }
        Accepts::StringMapping if nothing => Fall::under("text"),
        Accepts::StringMapping => headers(cx, value),
        Accepts::Body => body(cx, value, beside),
        Accepts::Timeout => match value {
            Expr::Tuple(pair) => match pair.elts.len() {
                2 if !cx.module.layout().has_comments(span(pair)) => Fall::under("pair"),
                _ => Fall::under("other"),
            },
            value if is_zero(value) => Fall::under("other"),
            value if kinds(cx, value).may_be(Kinds::TEXT.or(Kinds::FLAG)) => Fall::under("other"),
            _ if nothing && minds("none") => Fall::under("none"),
            value if minds("computed") && !is_plain(cx, value) => Fall::under("computed"),
            value if beside.shared && !is_none(value) => Fall::under("shared"),
            _ => Fall::under("seconds"),
        },
        Accepts::Auth => auth(cx, names, value),
        Accepts::Cookies => cookies(cx, value),
        Accepts::Proxies => proxies(cx, value),
        Accepts::Files => files(cx, value),
        Accepts::Nothing | Accepts::Stream => Fall::under("other"),
    }
}

/// A value that `None` may be in the place of.
fn is_or_nothing(found: Kinds, wanted: Kinds) -> bool {
    found
        .without(Kinds::NOTHING.or(Kinds::UNSET))
        .within(wanted)
}

/// Fields of a query or a form.
fn fields<'a>(cx: &Cx<'a>, value: &'a Expr, plain: &'static str) -> Fall<'a> {
    let Some(display) = display(cx, value) else {
        let found = kinds(cx, value);
        return if let Some(pairs) = pairs(value) {
            match are_apart(&pairs) && pairs.iter().all(|(_, value)| is_single(cx, value)) {
                true => Fall::under("pairs"),
                false => Fall::under("other"),
            }
        } else if is_or_nothing(found, Kinds::TEXTS.or(Kinds::FIELDS)) {
            Fall::under(plain)
        } else if found.may_be(Kinds::UNKNOWN) {
            Fall::about("variable", vec![value])
        } else {
            Fall::under("other")
        };
    };
    let mut fall = Fall::default();
    let mut unsure = Vec::new();
    let mut optional = Vec::new();
    let mut stays = false;
    let mut lists = Vec::new();
    let mut others = false;
    for entry in &display.entries {
        let found = kinds(cx, entry.value);
        let key = entry.key.map_or(Kinds::TEXT, |key| kinds(cx, key));
        if entry.spread {
            if !found.within(Kinds::TEXTS.or(Kinds::FIELDS)) {
                unsure.push(entry.value);
            }
        } else if !key.within(Kinds::TEXT.or(Kinds::NUMBER).or(Kinds::UNKNOWN)) {
            return Fall::under("other");
        } else if is_none(entry.value) {
            fall.gone.push(*entry);
            continue;
        } else if found == Kinds::FLAG {
            fall.flags.push(entry.value);
        } else if found.within(Kinds::PLAIN) {
            match found.may_be(Kinds::LIST) && !entry.value.is_list_expr() {
                true => lists.push(entry.value),
                false => others = true,
            }
        } else if found.may_be(Kinds::NOTHING) {
            optional.push(entry.value);
        } else if found.within(Kinds::PLAIN.or(Kinds::UNSET).or(Kinds::UNKNOWN)) {
            unsure.push(entry.value);
        } else {
            return Fall::under("other");
        }
        stays = true;
    }
    // A query of nothing but an empty list is no query for requests.
    if !others {
        unsure.append(&mut lists);
    }
    let rewritten = !fall.gone.is_empty() || !fall.flags.is_empty();
    if rewritten && !display.own {
        return Fall::under("shared");
    }
    if !optional.is_empty() {
        return Fall::about("optional", optional);
    }
    if !fall.gone.is_empty() && (!stays || displays::without(cx, value, &fall.gone).is_none()) {
        return Fall::under("other");
    }
    let rows = [
        (!unsure.is_empty(), "unsure", unsure),
        (!fall.gone.is_empty(), "dropped", Vec::new()),
        (!fall.flags.is_empty(), "flags", Vec::new()),
    ];
    for (fits, row, about) in rows {
        if fits {
            fall.rows.push((row, about));
        }
    }
    if fall.rows.is_empty() {
        fall.rows.push((plain, Vec::new()));
    }
    fall
}

/// Whether pairs have different keys, all written: equal ones are put together by httpx.
fn are_apart(pairs: &[(&Expr, &Expr)]) -> bool {
    let mut known = Vec::new();
    pairs.iter().all(|(key, _)| match key {
        Expr::StringLiteral(key) if !known.contains(&key.value.to_str()) => {
            known.push(key.value.to_str());
            true
        }
        _ => false,
    })
}

/// The keys and values of a list of pairs.
pub(super) fn pairs(value: &Expr) -> Option<Vec<(&Expr, &Expr)>> {
    let items = match value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => return None,
    };
    items
        .iter()
        .map(|item| match item {
            Expr::Tuple(pair) => match &pair.elts[..] {
                [key, value] => Some((key, value)),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn is_single<'a>(cx: &Cx<'a>, value: &'a Expr) -> bool {
    kinds(cx, value).within(Kinds::TEXT.or(Kinds::NUMBER))
}

fn headers<'a>(cx: &Cx<'a>, value: &'a Expr) -> Fall<'a> {
    let Some(display) = display(cx, value) else {
        let found = kinds(cx, value);
        return if is_or_nothing(found, Kinds::TEXTS) {
            Fall::under("text")
        } else if found.may_be(Kinds::UNKNOWN) {
            Fall::about("variable", vec![value])
        } else {
            Fall::under("other")
        };
    };
    let mut unsure = Vec::new();
    for Entry { value, spread, .. } in display.entries {
        let found = kinds(cx, value);
        if spread {
            if found != Kinds::TEXTS {
                unsure.push(value);
            }
        } else if found == Kinds::TEXT && is_header_text(cx, value) || found == Kinds::BYTES {
        } else if found.within(Kinds::TEXT.or(Kinds::UNSET).or(Kinds::UNKNOWN))
            && is_header_text(cx, value)
        {
            unsure.push(value);
        } else {
            return Fall::under("other");
        }
    }
    match unsure.is_empty() {
        true => Fall::under("text"),
        false => Fall::about("unsure", unsure),
    }
}

fn body<'a>(cx: &Cx<'a>, value: &'a Expr, beside: Beside<'a>) -> Fall<'a> {
    let found = kinds(cx, value);
    let is_text = !is_none(value) && is_or_nothing(found, Kinds::TEXT.or(Kinds::BYTES));
    match value {
        // Text goes before `json` in httpx, even where it is empty.
        _ if is_text && (beside.json || beside.files) => Fall::under("other"),
        _ if is_text => Fall::under("content"),
        _ if found == Kinds::BUFFER && !beside.json && !beside.files => Fall::under("buffer"),
        Expr::Tuple(_) => Fall::under("other"),
        _ if is_none(value) => Fall::under("fields"),
        _ => fields(cx, value, "fields"),
    }
}

fn cookies<'a>(cx: &Cx<'a>, value: &'a Expr) -> Fall<'a> {
    let found = kinds(cx, value);
    match display(cx, value) {
        _ if is_none(value) => Fall::under("off"),
        Some(Display { entries, .. }) if entries.iter().all(|it| is_text_entry(cx, it)) => {
            Fall::under("texts")
        }
        None if is_or_nothing(found, Kinds::TEXTS) => Fall::under("texts"),
        _ => Fall::about("variable", vec![value]),
    }
}

fn is_text_entry<'a>(cx: &Cx<'a>, entry: &Entry<'a>) -> bool {
    match entry.spread {
        true => kinds(cx, entry.value) == Kinds::TEXTS,
        false => kinds(cx, entry.value) == Kinds::TEXT,
    }
}

/// One proxy for both schemes.
fn proxies<'a>(cx: &Cx<'a>, value: &'a Expr) -> Fall<'a> {
    if is_none(value) {
        return Fall::under("off");
    }
    match both(cx, value).map(|proxy| (proxy, kinds(cx, proxy))) {
        Some((_, Kinds::TEXT)) => Fall::under("both"),
        Some((proxy, found)) if found.within(Kinds::TEXT.or(Kinds::UNSET).or(Kinds::UNKNOWN)) => {
            Fall::about("unsure", vec![proxy])
        }
        _ => Fall::under("other"),
    }
}

pub(super) fn both<'a>(cx: &Cx<'a>, value: &'a Expr) -> Option<&'a Expr> {
    let entries = display(cx, value)?.entries;
    let [first, second] = &entries[..] else {
        return None;
    };
    let scheme = |entry: &Entry<'a>| match entry.key {
        Some(Expr::StringLiteral(key)) => Some(key.value.to_str().trim_end_matches("://")),
        _ => None,
    };
    let mut schemes = [scheme(first)?, scheme(second)?];
    schemes.sort_unstable();
    let same = cx.module.source(first.value) == cx.module.source(second.value);
    (schemes == ["http", "https"] && same).then_some(first.value)
}

/// Parts of an upload that say their names and types.
fn files<'a>(cx: &Cx<'a>, value: &'a Expr) -> Fall<'a> {
    if is_none(value) {
        return Fall::under("off");
    }
    let Some(display) = display(cx, value) else {
        return Fall::under("other");
    };
    let mut rows: Vec<(&'static str, Vec<&'a Expr>)> = Vec::new();
    for entry in &display.entries {
        let Expr::Tuple(part) = entry.value else {
            return Fall::under("other");
        };
        let (content, row) = match &part.elts[..] {
            [name, content] if is_none(name) => (content, "typed"),
            [name, content, kind]
                if (is_none(name) || is_named(cx, name)) && kinds(cx, kind) == Kinds::TEXT =>
            {
                (content, "typed")
            }
            _ => return Fall::under("other"),
        };
        match kinds(cx, content) {
            found if found.within(Kinds::TEXT.or(Kinds::BYTES)) => rows.push((row, Vec::new())),
            Kinds::UNKNOWN | Kinds::OTHER => rows.push(("unsure", vec![content])),
            _ => return Fall::under("other"),
        }
    }
    match rows.is_empty() {
        true => Fall::under("other"),
        false => Fall {
            rows,
            ..Fall::default()
        },
    }
}

/// Whether a file's name is certain not to be empty.
fn is_named<'a>(cx: &Cx<'a>, name: &'a Expr) -> bool {
    match name {
        Expr::StringLiteral(name) => !name.value.is_empty(),
        Expr::FString(name) => name.value.elements().any(|part| part.is_literal()),
        name => kinds(cx, name) == Kinds::TEXT,
    }
}
