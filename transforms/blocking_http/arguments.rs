//! The arguments of a request: which keywords change their names, which values mean the same.

use super::templates::{self, counterpart, filled, value_of};
use super::values::{
    has_no_query, is_absolute, is_ascii_text, is_conditional, is_false, is_none, is_plain,
    is_sent_as_written, is_true, is_written, is_zero, may_be_url, text_dict,
};
use super::{Names, judge};
use crate::fix::Cx;
use crate::model::file::Why;
use crate::model::libraries::{Accepts, HttpFunction, Keyword, Row};
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
    edits: Vec<Edit>,
    /// Where the arguments begin.
    open: usize,
    /// From the end of the last argument that stays to the end of the last of all.
    tail: Span,
    /// The start of the first argument in the tail.
    tail_start: usize,
    redirects: Redirects,
    /// The headers may ask for an answer without content, which the new library may count as an error.
    conditional: bool,
    /// It relies on waiting without limit.
    pub waits_forever: bool,
    /// The body is to be streamed.
    pub streams: bool,
    /// The method as the first argument, where the body is streamed; or why it has no place.
    named: Result<Option<Edit>, Why>,
    /// `verify=False`, which belongs to the client.
    pub unverified: bool,
    /// The client's method; `request` with a leading method argument where a body is sent by a
    /// method that takes none.
    pub method: String,
    /// Edits that use a name of the new library, with that name, which they begin with.
    pub callables: Vec<(Edit, &'a str)>,
    pub url_is_absolute: bool,
    has_json: bool,
    /// What a person must confirm about values.
    pub reviews: Vec<&'a str>,
    /// What a request is told that does not follow redirects.
    stay: Option<&'a str>,
    /// What it is told besides its arguments.
    told: Vec<&'a str>,
    under: Under,
}

/// What sends a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Under {
    /// A client that is opened around the request, so that its lines move to the right.
    pub deeper: bool,
    /// A client that other tasks may send with at the same time.
    pub shared: bool,
}

struct Argument<'a> {
    name: &'a str,
    /// The name that is written before the value.
    keyword: Option<Span>,
    value: &'a Expr,
    whole: Span,
}

/// What becomes of one argument.
enum Change<'a> {
    None,
    Rename(&'a str),
    Remove,
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
        method: function.method.clone(),
        callables: Vec::new(),
        url_is_absolute: is_absolute(cx, url.value),
        has_json: find("json").is_some(),
        reviews: Vec::new(),
        stay: names.new.client.stays.as_deref(),
        told: Vec::new(),
        under,
    };
    mapped.told = templates::told(names, mapped.may_follow(), mapped.waits_forever);
    let mut removed = Vec::new();
    for (index, item) in items.iter().enumerate() {
        // The method goes where it stands, as it is.
        let Some(keyword) = names.new.keywords.get(item.name) else {
            return Err(Why::new(format!(
                "`{}` is not known as an argument of {}",
                item.name, names.new.from
            )));
        };
        match change(cx, names, keyword, item, url, &mut mapped)? {
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
    let has_body = mapped.has_json || find("data").is_some();
    let method = match find("method").map(|item| item.value) {
        Some(Expr::StringLiteral(literal)) => literal.value.to_str().to_lowercase(),
        _ => function.method.clone(),
    };
    let follows = mapped.may_follow();
    mapped
        .reviews
        .extend(templates::of_method(names, &method, has_body, follows)?);
    if has_body && names.new.client.bodiless.contains(&function.method) {
        let edit = name_method(cx, names, function, call, &items, mapped.moved(cx))?;
        mapped.edits.push(edit);
        mapped.method = "request".to_owned();
    } else if mapped.streams && mapped.method != "request" {
        mapped.named = name_method(cx, names, function, call, &items, mapped.moved(cx)).map(Some);
    }
    Ok(mapped)
}

impl<'a> Arguments<'a> {
    /// Whether the answer is certain to be no redirection, which `raise_for_status` may take for an
    /// error.
    pub fn ends_redirects(&self) -> bool {
        matches!(self.redirects, Redirects::ByDefault | Redirects::Asked) && !self.conditional
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

/// What becomes of an argument, by the line of the table under which its value falls.
fn change<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    keyword: &'a Keyword,
    item: &Argument<'a>,
    url: &Argument<'a>,
    mapped: &mut Arguments<'a>,
) -> Result<Change<'a>, Why> {
    let name = kind(cx, names, keyword, item, url, mapped);
    let row = keyword.rows.get(name).ok_or_else(|| {
        Why::new(format!(
            "this `{}` has no known counterpart in {}",
            item.name, names.new.to
        ))
    })?;
    mapped.reviews.extend(judge(row.class, &row.why)?);
    apply(cx, names, keyword.accepts, name, row, item, mapped)
}

/// The name of the line under which a value falls: what can be seen of it.
fn kind<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    keyword: &Keyword,
    item: &Argument<'a>,
    url: &Argument<'a>,
    mapped: &Arguments<'a>,
) -> &'static str {
    let accepts = keyword.accepts;
    // A line that only some libraries need.
    let minds = |name| keyword.rows.contains_key(name);
    let value = item.value;
    let nothing = is_none(value);
    let all = |check: fn(&Cx<'a>, &'a Expr) -> bool| {
        nothing
            || text_dict(cx, value)
                .is_some_and(|dict| dict.items.iter().all(|item| check(cx, &item.value)))
    };
    match accepts {
        Accepts::Anything => "any",
        Accepts::Url if !may_be_url(cx, value) => "other",
        Accepts::Url if !is_sent_as_written(cx, value) => "escaped",
        Accepts::Url => "text",
        Accepts::Nothing | Accepts::Stream if nothing || is_false(value) => "off",
        Accepts::Stream if is_true(value) => "on",
        Accepts::Boolean if value.is_boolean_literal_expr() => "literal",
        Accepts::PlainMapping if all(is_plain) => match nothing || has_no_query(cx, url.value) {
            true => "plain",
            false => "query",
        },
        Accepts::StringMapping if all(is_ascii_text) => "text",
        // Text goes before `json` in httpx, even where it is empty.
        Accepts::Body if !mapped.has_json && is_written(value) => "content",
        Accepts::Body if all(is_plain) => "fields",
        Accepts::Timeout => match value {
            Expr::Tuple(pair) => match pair.elts.len() {
                2 if !cx.module.layout().has_comments(span(pair)) => "pair",
                _ => "other",
            },
            value if is_zero(value) => "other",
            _ if nothing && minds("none") => "none",
            value if minds("computed") && !is_plain(cx, value) => "computed",
            _ if mapped.under.shared && !nothing => "shared",
            _ => "seconds",
        },
        Accepts::Auth => match value {
            Expr::Tuple(pair)
                if pair.elts.len() == 2 && pair.elts.iter().all(|part| is_ascii_text(cx, part)) =>
            {
                "pair"
            }
            Expr::Call(auth) if counterpart(cx, names, auth).is_some() => "class",
            _ if nothing => "pair",
            _ => "other",
        },
        _ => "other",
    }
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
        (Accepts::Nothing | Accepts::Stream, "off", _) => return Ok(Change::Remove),
        (Accepts::Stream, "on", _) => {
            mapped.streams = true;
            return Ok(Change::Remove);
        }
        (Accepts::Boolean, "literal", _) if names.new.client.unverified.is_some() => {
            return Ok(Change::Remove);
        }
        (Accepts::Body, "content", _) if !row.becomes.is_empty() => {
            return Ok(Change::Rename(&row.becomes));
        }
        (Accepts::Timeout | Accepts::Auth, "pair", Expr::Tuple(pair))
            if !row.becomes.is_empty() =>
        {
            let whole = value_of(cx, item.keyword, item.whole);
            mapped
                .callables
                .push(filled(cx, row, item.name, whole, &pair.elts)?);
        }
        (Accepts::Timeout, _, value) if !row.becomes.is_empty() => {
            let whole = value_of(cx, item.keyword, item.whole);
            let parts = std::slice::from_ref(value);
            mapped
                .callables
                .push(filled(cx, row, item.name, whole, parts)?);
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

/// `get(url, json=body)` to `request("GET", url, json=body)`.
fn name_method<'a>(
    cx: &Cx<'a>,
    names: Names<'_>,
    function: &HttpFunction,
    call: &ExprCall,
    items: &[Argument<'_>],
    moved: &str,
) -> Result<Edit, Why> {
    let layout = cx.module.layout();
    let inside_string = cx
        .module
        .ancestors(call.into())
        .any(|ancestor| matches!(ancestor, AnyNodeRef::InterpolatedElement(_)));
    let first = match items.first() {
        Some(first) if first.name == "url" && !inside_string => first.whole.start(),
        _ => {
            return Err(Why::new(format!(
                "{} has no body in `{}`, and the method has no place here",
                names.new.to, function.method
            )));
        }
    };
    let quote = layout.quote();
    let method = function.method.to_uppercase();
    let line = layout.line_start(first);
    let gap = match Span::new(line, first)
        .of(cx.module.text())
        .trim()
        .is_empty()
    {
        true => format!("{}{}{}", layout.newline(), layout.indent_at(first), moved),
        false => " ".to_owned(),
    };
    let text = format!("{quote}{method}{quote},{gap}");
    Ok(Edit::insert(first, text))
}
