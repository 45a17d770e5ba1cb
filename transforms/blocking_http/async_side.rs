//! Requests of a library that has a client for coroutines itself, as httpx: the same functions are
//! methods of that client, which give the same responses and raise the same exceptions.
//!
//! Left to a thread: requests in headers, unpacked arguments, and uses of a streamed response that
//! have no counterpart.

use super::clients::{self, Anchor, Group};
use super::{minds_cookies, streaming};
use crate::fix::{Cx, Fix, await_call, held_review, lines, own_loop, prints_itself, reach};
use crate::model::file::{Place, Why, root};
use crate::model::libraries::{AsyncSide, expand};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Keyword, StmtFunctionDef, StmtWith};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, Span};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// A request that such a client sends.
struct Request<'a> {
    call: &'a ExprCall,
    side: &'a AsyncSide,
    method: String,
    function: &'a StmtFunctionDef,
    anchor: Anchor<'a>,
    /// The `with` that enters the response, and the edits of its block.
    stream: Option<(&'a StmtWith, Vec<Edit>)>,
    /// What the client's constructor is told.
    constructor: Vec<&'a Keyword>,
    reviews: BTreeSet<String>,
}

/// What becomes of the calls of a file that such clients may send: the fix, or why they do not.
pub(super) fn fixes(cx: &Cx<'_>) -> FxHashMap<Span, Result<Fix, Why>> {
    let mut found = FxHashMap::default();
    let mut functions: BTreeMap<Span, Vec<Request<'_>>> = BTreeMap::new();
    for library in cx.module.catalogue().libraries() {
        let Some(side) = &library.async_side else {
            continue;
        };
        let named = |list: &[String], name: &String| {
            list.iter().any(|listed| expand(listed).contains(name))
        };
        for (call, name) in cx.module.calls_into(&library.name) {
            let streams = named(&side.streams, &name);
            if !streams && !named(&side.functions, &name) {
                continue;
            }
            match request(cx, side, &name, call, streams) {
                Ok(request) => {
                    let of_function = functions.entry(span(request.function)).or_default();
                    of_function.push(request);
                }
                Err(why) => {
                    found.insert(span(call), Err(why));
                }
            }
        }
    }
    for requests in functions.into_values() {
        let anchors = requests.iter().map(|request| request.anchor).enumerate();
        let anchors: Vec<(usize, Anchor<'_>)> = anchors.collect();
        let differ = requests
            .iter()
            .any(|request| told(cx, request) != told(cx, &requests[0]));
        let apart = differ || minds_cookies(cx.module.text());
        for group in clients::group(requests[0].function, &anchors, apart) {
            let members = group.members.iter().map(|&index| &requests[index]);
            let members: Vec<&Request<'_>> = members.collect();
            let fix = send(cx, &group, &members);
            for member in members {
                found.insert(span(member.call), fix.clone());
            }
        }
    }
    found
}

/// The arguments of the client's constructor, as they are written, in order.
fn told<'a>(cx: &Cx<'a>, request: &Request<'a>) -> Vec<&'a str> {
    let arguments = request.constructor.iter();
    let mut told: Vec<&str> = arguments
        .map(|argument| span(*argument).of(cx.module.text()))
        .collect();
    told.sort_unstable();
    told
}

fn request<'a>(
    cx: &Cx<'a>,
    side: &'a AsyncSide,
    name: &str,
    call: &'a ExprCall,
    streams: bool,
) -> Result<Request<'a>, Why> {
    let function = match cx.module.place(call.into()) {
        Place::Coroutine {
            function,
            comprehensions,
        } if comprehensions < 2 || cx.options.target >= PythonVersion::PY311 => function,
        _ => return Err(Why::new("`await` is not legal here")),
    };
    if let Some(library) = own_loop(cx) {
        return Err(Why::new(format!("the coroutine may run under {library}")));
    }
    if cx.module.is_awaited(call.into()) || cx.module.in_annotation(call.into()) {
        return Err(Why::new("`await` is not legal here"));
    }
    if prints_itself(cx, call.into()) {
        return Err(Why::new("an f-string prints the text of the call"));
    }
    let patched = |quote: char| cx.module.text().contains(&format!("{name}{quote}"));
    if patched('"') || patched('\'') {
        return Err(Why::new(format!(
            "something else may stand in for `{name}`"
        )));
    }
    let mut reviews = BTreeSet::new();
    let mut constructor = Vec::new();
    for keyword in &call.arguments.keywords {
        let Some(argument) = &keyword.arg else {
            return Err(Why::new("arguments are unpacked from a mapping"));
        };
        if side
            .constructor
            .iter()
            .any(|name| name == argument.as_str())
        {
            constructor.push(keyword);
        }
        if let Some(why) = side.particular.get(argument.as_str())
            && !is_taken(argument, &keyword.value)
        {
            reviews.insert(why.clone());
        }
    }
    let (at, stream) = match streams {
        true => {
            let with = streaming::entered(cx, call)?;
            let edits = streaming::edits(cx, side, with)?;
            (AnyNodeRef::from(with), Some((with, edits)))
        }
        false => {
            if leaves(cx, side, call)? {
                reviews.insert(
                    "the response leaves the function: its `close` must not be called elsewhere, which \
                     fails where a client for coroutines has sent the request"
                        .to_owned(),
                );
            }
            (AnyNodeRef::from(call), None)
        }
    };
    let anchor = clients::anchor(cx, function, at)?;
    if !cx.module.layout().alone(anchor.span()) {
        return Err(Why::new("the statement shares its line with others"));
    }
    if cx.module.layout().has_comments(span(&*call.func)) {
        return Err(Why::new("a comment stands inside the callee"));
    }
    Ok(Request {
        call,
        side,
        method: name.rsplit('.').next().unwrap_or_default().to_owned(),
        function,
        anchor,
        stream,
        constructor,
        reviews,
    })
}

/// Whether a client for coroutines certainly takes the value of a keyword that it minds.
fn is_taken(keyword: &str, value: &Expr) -> bool {
    let text = match value {
        Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::FString(_) => true,
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) => ["encode", "dumps"].contains(&method.attr.as_str()),
            _ => false,
        },
        _ => false,
    };
    match (keyword, value) {
        (_, Expr::NoneLiteral(_)) => true,
        ("auth", Expr::Tuple(_)) | ("data", Expr::Dict(_) | Expr::DictComp(_)) => true,
        ("content", _) => text,
        _ => false,
    }
}

/// Whether other code gets hold of a response; refused where it is closed, which the response of a
/// client for coroutines refuses.
fn leaves<'a>(cx: &Cx<'a>, side: &AsyncSide, call: &'a ExprCall) -> Result<bool, Why> {
    let node = AnyNodeRef::from(call);
    let mut uses = vec![node];
    if let Some(AnyNodeRef::StmtAssign(assign)) = cx.module.parent(node)
        && let [Expr::Name(name)] = &assign.targets[..]
        && let Some(scope) = cx.module.scope_of(node)
    {
        let reads = cx.module.reads_of(scope, &name.id).into_iter();
        uses = reads.map(AnyNodeRef::from).collect();
    }
    let mut leaves = false;
    for one in uses {
        match cx.module.parent(one) {
            Some(AnyNodeRef::ExprAttribute(attribute)) => {
                if side
                    .fails
                    .iter()
                    .any(|name| name == attribute.attr.as_str())
                {
                    return Err(Why::new(
                        "the response is closed, which one of a client for coroutines refuses",
                    ));
                }
            }
            Some(
                AnyNodeRef::StmtExpr(_)
                | AnyNodeRef::StmtIf(_)
                | AnyNodeRef::ElifElseClause(_)
                | AnyNodeRef::ExprCompare(_)
                | AnyNodeRef::ExprUnaryOp(_)
                | AnyNodeRef::InterpolatedElement(_),
            ) => {}
            Some(AnyNodeRef::Arguments(arguments)) => {
                let taker = cx.module.parent(AnyNodeRef::from(arguments));
                let Some(AnyNodeRef::ExprCall(taker)) = taker else {
                    leaves = true;
                    continue;
                };
                let looks = ["print", "repr", "str", "isinstance"];
                leaves |= !cx
                    .callee(taker)
                    .is_ok_and(|name| looks.contains(&name.as_str()));
            }
            _ => leaves = true,
        }
    }
    Ok(leaves)
}

/// One fix for the requests of one client.
fn send<'a>(cx: &Cx<'a>, group: &Group, members: &[&Request<'a>]) -> Result<Fix, Why> {
    let nothing = || Why::new("a client without requests");
    let first = *members.first().ok_or_else(nothing)?;
    if members
        .iter()
        .any(|member| told(cx, member) != told(cx, first))
    {
        return Err(Why::new("requests of one client differ in what it is told"));
    }
    let mut reviews: BTreeSet<String> = BTreeSet::new();
    if group.shared {
        if minds_cookies(cx.module.text()) {
            return Err(Why::new(
                "a client for several requests keeps cookies, which this file may mind",
            ));
        }
        reviews.insert(
            "the requests share a client, which sends cookies that one answer sets with the next"
                .to_owned(),
        );
    }
    if group.yields {
        reviews
            .insert("the client stays open while the generator waits for its consumer".to_owned());
    }
    for argument in &first.constructor {
        if !is_steady(cx, &argument.value, group.lines) {
            return Err(Why::new(
                "what the client has to be told is not known where it is opened",
            ));
        }
    }
    let (module, class) = first.side.client.rsplit_once('.').ok_or_else(nothing)?;
    let client = reach(cx, module, class, first.call.into())?;
    let name = cx
        .module
        .fresh_name(group.function, &["client", "http_client"]);
    let inline = match members {
        [only] if !group.shared => only.stream.as_ref().map(|(with, _)| *with),
        _ => None,
    };
    let arguments: Vec<&str> = first
        .constructor
        .iter()
        .map(|argument| span(*argument).of(cx.module.text()))
        .collect();
    let opening = format!("{}({}) as {name}", client.text, arguments.join(", "));
    let inline = inline.filter(|with| streaming::fits(cx, with, first.call, &opening, &name));
    let mut edits = Vec::new();
    for member in members {
        reviews.extend(member.reviews.iter().cloned());
        reviews.extend(held_review(cx, member.call.into()));
        let callee = format!("{name}.{}", member.method);
        let mut own = match &member.stream {
            Some(_) => {
                let before = inline.map_or_else(String::new, |_| format!("{opening}, "));
                let at = span(&*member.call.func);
                vec![Edit::replace(at, format!("{before}{callee}"))]
            }
            None => await_call(cx, member.call, &callee),
        };
        own.extend(without(cx, member)?);
        let unit = cx.module.layout().indent_unit().len();
        let deeper = inline.is_none();
        lines::realign(cx, member.call, &mut own, if deeper { unit } else { 0 });
        lines::break_arguments(cx, member.call, &mut own, deeper);
        edits.extend(own);
        if let Some((with, within)) = &member.stream {
            edits.push(Edit::insert(span(*with).start(), "async "));
            edits.extend(within.iter().cloned());
        }
    }
    if inline.is_none() {
        let wrapping = lines::wrap(cx, group.lines, &client.text, &arguments, &name);
        // A line whose start is replaced or deleted needs no indentation.
        let free = |indent: &Edit| !edits.iter().any(|edit| edit.clashes(indent));
        let wrapping: Vec<Edit> = wrapping.into_iter().filter(free).collect();
        edits.extend(wrapping);
    }
    let title = format!("send with {}", first.side.client);
    let reviews: Vec<String> = reviews.into_iter().collect();
    let reason = (!reviews.is_empty()).then(|| reviews.join("; "));
    let fix = Fix::judged(title, reason, cx.file, edits)
        .map_err(|_| Why::new("what has to change overlaps here"))?;
    Ok(fix.needing(cx.file, client.need))
}

/// Whether a value is the same before the statements in which it is given.
fn is_steady<'a>(cx: &Cx<'a>, value: &'a Expr, lines: Span) -> bool {
    match value {
        Expr::BooleanLiteral(_) | Expr::NoneLiteral(_) | Expr::StringLiteral(_) => true,
        Expr::Dict(dict) => dict.items.iter().all(|item| {
            is_steady(cx, &item.value, lines)
                && item
                    .key
                    .as_ref()
                    .is_none_or(|key| is_steady(cx, key, lines))
        }),
        Expr::Name(_) | Expr::Attribute(_) => match root(value) {
            Expr::Name(name) => cx.module.scope_of(name.into()).is_some_and(|scope| {
                let bindings = cx.module.bindings_of(scope, &name.id);
                !bindings.iter().any(|binding| lines.contains(binding.at))
            }),
            _ => false,
        },
        _ => false,
    }
}

/// The edits that take the arguments of the constructor out of a call.
fn without(cx: &Cx<'_>, request: &Request<'_>) -> Result<Vec<Edit>, Why> {
    let arguments = &request.call.arguments;
    let positional = arguments.args.iter().map(|value| (span(value), true));
    let goes = |keyword: &Keyword| {
        let mut told = request.constructor.iter();
        told.any(|argument| span(*argument) == span(keyword))
    };
    let keywords = arguments
        .keywords
        .iter()
        .map(|keyword| (span(keyword), !goes(keyword)));
    let all: Vec<(Span, bool)> = positional.chain(keywords).collect();
    let mut edits = Vec::new();
    for (index, (here, stays)) in all.iter().enumerate() {
        if *stays {
            continue;
        }
        // The URL comes first, as a rule.
        let gone = match all[..index].last() {
            Some((before, _)) => Span::new(before.end(), here.end()),
            None => match all.get(index + 1) {
                Some((after, _)) => Span::new(here.start(), after.start()),
                None => *here,
            },
        };
        if cx.module.layout().has_comments(gone) {
            return Err(Why::new("a comment stands beside an argument that goes"));
        }
        edits.push(Edit::delete(gone));
    }
    Ok(edits)
}
