//! The arguments of a request: which keywords change their names, which values mean the same.

use super::Names;
use super::clients::Under;
use super::displays::display;
use super::falls::Beside;
use super::keywords::{Change, change};
use super::method::name_method;
use super::templates;
use super::values::{is_absolute, is_false, is_none, is_true};
use crate::fix::Cx;
use crate::model::file::{ImportName, Why};
use crate::model::libraries::HttpFunction;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, TokenKind};
use crate::python::span;
use crate::text::{Edit, Span};

/// Whether a request follows redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Redirects {
    /// It does, and says so nowhere.
    ByDefault,
    /// It does not, and says so nowhere.
    NotByDefault,
    /// An argument says that it does.
    Asked,
    /// An argument says that it does not.
    Refused,
    /// An argument says it, with a value that is computed.
    Computed,
}

/// What a request asks of the client that sends it, and what changes inside its parentheses.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    pub edits: Vec<Edit>,
    /// Changes to what the arguments are made of before the call.
    pub outside: Vec<Edit>,
    /// Where the arguments begin.
    open: usize,
    /// From the end of the last argument that stays to the end of the last of all.
    tail: Span,
    /// The start of the first argument in the tail.
    tail_start: usize,
    redirects: Redirects,
    /// The headers may ask for an answer without content, which httpx counts as an error.
    conditional: bool,
    /// It relies on waiting without limit.
    pub waits_forever: bool,
    /// The body is to be streamed.
    pub streams: bool,
    /// The method as the first argument, where the body is streamed; or why it has no place.
    named: Result<Option<Edit>, Why>,
    /// `verify=False`, which belongs to the client.
    pub unverified: bool,
    /// What else the client's constructor is told: with `{0}` for a value.
    pub of_client: Vec<(&'a str, &'a Expr)>,
    /// The helper that is called, and the import it takes.
    pub helper: Option<(&'static str, Option<ImportName>)>,
    /// The client's method; `request` with a leading method argument where a body is sent by a
    /// method that takes none.
    pub method: String,
    /// Edits that use a name of the new library, with that name, which they begin with.
    pub callables: Vec<(Edit, &'a str)>,
    pub url_is_absolute: bool,
    /// What a person must confirm about values.
    pub reviews: Vec<String>,
    /// What a request is told that does not follow redirects.
    stay: Option<&'a str>,
    /// What it is told besides its arguments.
    told: Vec<&'a str>,
    under: Under,
}

pub(super) struct Argument<'a> {
    pub name: &'a str,
    /// The name that is written before the value.
    pub keyword: Option<Span>,
    pub value: &'a Expr,
    pub whole: Span,
}

/// Maps the arguments of a call of `function`; refused where a value has no certain counterpart.
pub(super) fn map<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    function: &'a HttpFunction,
    call: &'a ExprCall,
    under: Under,
) -> Result<Arguments<'a>, Why> {
    let items = items(cx, function, call)?;
    let find = |name: &str| items.iter().find(|item| item.name == name);
    let url = find("url").ok_or_else(|| Why::new("the URL is not among the arguments"))?;
    let mut mapped = Arguments {
        edits: Vec::new(),
        outside: Vec::new(),
        open: span(&call.arguments).start(),
        tail: Span::empty(span(call).end()),
        tail_start: span(call).end(),
        redirects: match find("allow_redirects").map(|item| item.value) {
            None if function.follows_redirects => Redirects::ByDefault,
            None => Redirects::NotByDefault,
            Some(value) if is_true(value) => Redirects::Asked,
            Some(value) if is_false(value) => Redirects::Refused,
            Some(_) => Redirects::Computed,
        },
        conditional: find("headers").is_some_and(|item| is_conditional(cx, item.value)),
        waits_forever: find("timeout").is_none(),
        streams: false,
        named: Ok(None),
        unverified: names.new.client.unverified.is_some()
            && find("verify").is_some_and(|item| is_false(item.value)),
        of_client: Vec::new(),
        helper: None,
        method: function.method.clone(),
        callables: Vec::new(),
        url_is_absolute: is_absolute(cx, url.value),
        reviews: Vec::new(),
        stay: names.new.client.stays.as_deref(),
        told: Vec::new(),
        under,
    };
    mapped.told = templates::told(names, mapped.may_follow(), mapped.waits_forever);
    if under.reached {
        let client = &names.new.client;
        let follows = client.follows.as_deref();
        let waits = client.waits_forever.as_deref();
        let told = [
            follows.filter(|_| mapped.follows_by_default()),
            waits.filter(|_| mapped.waits_forever),
        ];
        mapped.told.extend(told.into_iter().flatten());
    }
    let beside = Beside {
        url: url.value,
        json: find("json").is_some(),
        files: find("files").is_some(),
        shared: under.shared,
    };
    let mut removed = Vec::new();
    for (index, item) in items.iter().enumerate() {
        // The method goes where it stands, as it is.
        let Some(keyword) = names.new.keywords.get(item.name) else {
            return Err(Why::new(format!(
                "`{}` is not known as an argument of {}",
                item.name, names.new.from
            )));
        };
        match change(cx, names, keyword, item, beside, &mut mapped)? {
            Change::Remove => removed.push(index),
            Change::Rename(to) => mapped.edits.push(renamed(item, to)),
            Change::None => {
                let to = keyword.to.as_deref().unwrap_or(item.name);
                let leads = matches!(item.name, "method" | "url");
                if item.keyword.is_none() && !leads || item.keyword.is_some() && to != item.name {
                    mapped.edits.push(renamed(item, to));
                }
            }
        }
    }
    remove(cx, call, &items, &removed, &mut mapped)?;
    let first = items.first().filter(|item| item.name == "url");
    let first = first.map(|item| item.whole.start());
    let has_body = ["json", "data", "files"]
        .iter()
        .any(|name| find(name).is_some());
    let sends = match find("method").map(|item| item.value) {
        Some(Expr::StringLiteral(literal)) => literal.value.to_str().to_lowercase(),
        _ => function.method.clone(),
    };
    let reviews = templates::of_method(names, &sends, has_body, mapped.may_follow())?;
    mapped.reviews.extend(reviews);
    if has_body && names.new.client.bodiless.contains(&function.method) {
        let edit = name_method(cx, names, function, call, first, mapped.moved(cx))?;
        mapped.edits.push(edit);
        mapped.method = "request".to_owned();
    } else if mapped.streams && mapped.method != "request" {
        mapped.named = name_method(cx, names, function, call, first, mapped.moved(cx)).map(Some);
    }
    Ok(mapped)
}

impl<'a> Arguments<'a> {
    /// Whether the answer is certain to be no redirection: `raise_for_status` of httpx takes that
    /// for an error.
    pub fn ends_redirects(&self) -> bool {
        matches!(self.redirects, Redirects::ByDefault | Redirects::Asked) && !self.conditional
    }

    /// Whether nothing is asked of the client but what a request can ask for itself.
    pub fn is_of_any_client(&self) -> bool {
        !self.unverified && self.of_client.is_empty()
    }

    pub fn follows_by_default(&self) -> bool {
        self.redirects == Redirects::ByDefault
    }

    /// Whether the client's limit of redirects matters.
    pub fn may_follow(&self) -> bool {
        !matches!(self.redirects, Redirects::NotByDefault | Redirects::Refused)
    }

    /// The method as the first argument of a request whose body is streamed.
    pub fn method_of_stream(&self) -> Result<Option<Edit>, Why> {
        self.named.clone()
    }

    /// The edits under a client that follows redirects, or one that does not.
    pub fn edits(&self, cx: &Cx<'a>, client_follows: bool) -> Vec<Edit> {
        let mut edits = self.edits.clone();
        let stays = client_follows && self.redirects == Redirects::NotByDefault;
        let stay = self.stay.filter(|_| stays);
        let told: Vec<&str> = self.told.iter().copied().chain(stay).collect();
        if !told.is_empty() {
            edits.push(self.tell(cx, &told));
        } else if !self.tail.is_empty() {
            edits.push(Edit::delete(self.tail));
        }
        edits
    }

    /// By what lines move to the right.
    fn moved(&self, cx: &Cx<'a>) -> &'a str {
        match self.under.deeper {
            true => cx.module.layout().indent_unit(),
            false => "",
        }
    }

    /// Adds arguments after the last one.
    fn tell(&self, cx: &Cx<'a>, told: &[&str]) -> Edit {
        let inline = told.join(", ");
        if !self.tail.is_empty() {
            return Edit::replace(Span::new(self.tail_start, self.tail.end()), inline);
        }
        let layout = cx.module.layout();
        let last = self.tail.end();
        let after = |comma: Span| {
            let end = layout.line_end(comma.start());
            let rest = Span::new(comma.end(), end).of(cx.module.text()).trim();
            let ends_line = rest.is_empty() || rest.starts_with('#');
            (ends_line && layout.line_start(last) > self.open).then_some(end)
        };
        match layout.token_after(last) {
            // The last line ends with a comma: the next is like it.
            Some((TokenKind::Comma, comma)) if let Some(end) = after(comma) => {
                let indent = layout.indent_at(last);
                let indent = format!("{}{indent}{}", layout.newline(), self.moved(cx));
                let lines = told.iter().map(|told| format!("{indent}{told},"));
                Edit::insert(end, lines.collect::<String>())
            }
            _ => Edit::insert(last, format!(", {inline}")),
        }
    }
}

/// Whether headers may ask for an answer only if something has changed.
fn is_conditional<'a>(cx: &Cx<'a>, headers: &'a Expr) -> bool {
    let asks = |key: Option<&Expr>| {
        !matches!(key, Some(Expr::StringLiteral(key))
            if !key.value.to_str().to_ascii_lowercase().starts_with("if-"))
    };
    match display(cx, headers) {
        Some(display) => display.entries.iter().any(|entry| asks(entry.key)),
        None => !is_none(headers),
    }
}

/// The arguments by the names they have in requests, in source order.
fn items<'a>(
    cx: &Cx<'a>,
    function: &'a HttpFunction,
    call: &'a ExprCall,
) -> Result<Vec<Argument<'a>>, Why> {
    let leading: &[&str] = match function.method.as_str() {
        "request" => &["method", "url"],
        _ => &["url"],
    };
    let mut names = leading
        .iter()
        .copied()
        .chain(function.positional.iter().map(String::as_str));
    let mut items = Vec::new();
    for value in &call.arguments.args {
        if matches!(value, Expr::Starred(_)) {
            return Err(Why::new("arguments are unpacked from a sequence"));
        }
        let name = names
            .next()
            .ok_or_else(|| Why::new("there are more positional arguments than requests takes"))?;
        let whole = cx
            .module
            .layout()
            .parentheses(value.into(), AnyNodeRef::from(&call.arguments))
            .unwrap_or_else(|| span(value));
        items.push(Argument {
            name,
            keyword: None,
            value,
            whole,
        });
    }
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else {
            return Err(Why::new("arguments are unpacked from a mapping"));
        };
        items.push(Argument {
            name: name.as_str(),
            keyword: Some(span(name)),
            value: &keyword.value,
            whole: span(keyword),
        });
    }
    Ok(items)
}

fn renamed(item: &Argument<'_>, to: &str) -> Edit {
    match item.keyword {
        Some(keyword) => Edit::replace(keyword, to),
        None => Edit::insert(item.whole.start(), format!("{to}=")),
    }
}

/// Takes arguments away, each with the comma before it, or, at the start, the one after it.
fn remove(
    cx: &Cx<'_>,
    call: &ExprCall,
    items: &[Argument<'_>],
    removed: &[usize],
    mapped: &mut Arguments,
) -> Result<(), Why> {
    let kept: Vec<usize> = (0..items.len())
        .filter(|index| !removed.contains(index))
        .collect();
    let (Some(&first), Some(&last)) = (kept.first(), kept.last()) else {
        return Ok(());
    };
    let gone: Vec<Span> = kept
        .windows(2)
        .filter(|pair| pair[0] + 1 < pair[1])
        .map(|pair| Span::new(items[pair[0]].whole.end(), items[pair[1] - 1].whole.end()))
        .chain((first > 0).then(|| Span::new(items[0].whole.start(), items[first].whole.start())))
        .collect();
    let end = items.last().map_or(0, |item| item.whole.end());
    mapped.tail = Span::new(items[last].whole.end(), end);
    mapped.tail_start = items.get(last + 1).map_or(end, |item| item.whole.start());
    let layout = cx.module.layout();
    let inside = span(&call.arguments);
    // With a comment after the comma, which speaks of what stood before it.
    let with_comment = |gone: &Span| {
        let end = layout.line_end(gone.end()).min(inside.end());
        layout.has_comments(Span::new(gone.start(), end))
    };
    let tail = Some(&mapped.tail).filter(|tail| !tail.is_empty());
    if gone.iter().chain(tail).any(with_comment) {
        return Err(Why::new("a comment stands beside an argument that goes"));
    }
    mapped.edits.extend(gone.into_iter().map(Edit::delete));
    Ok(())
}
