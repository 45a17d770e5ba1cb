//! Requests of a blocking HTTP library in a coroutine, to an asynchronous client that behaves the
//! same, or, where no counterpart is certain, to the same call in a thread.
//!
//! Left alone: sessions, and calls in plain functions. What maps to what is data in
//! `libraries/requests.toml`.

mod arguments;
mod clients;
mod errors;
mod response;
mod thread;

use crate::fix::{Cx, Finding, Fix, Info, Transform, await_call, reach};
use crate::model::file::{ImportName, Place, Why};
use crate::model::libraries::{Http, HttpFunction, Runs, libraries};
use crate::python::ast::{AnyNodeRef, ExprCall, StmtFunctionDef};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, EditError, Span};
use std::collections::BTreeSet;

pub struct BlockingHttp;

static INFO: Info = Info {
    id: "blocking-http",
    codes: &["ASYNC210"],
    summary: "an HTTP request of `requests` in a coroutine",
    why: "A request of `requests` stops every task of the event loop until the answer is there, which \
          may be forever, since `requests` has no timeout unless one is given. An `httpx.AsyncClient` \
          lets the others run. It is told what `requests` does by default: redirects are followed, \
          up to 30, and there is no timeout. The client is opened once around the smallest range of \
          statements that holds the requests of a block, and never in a loop, since opening one costs \
          tens of milliseconds.\n\n\
          Where an argument or a use of the response has no certain counterpart in httpx, the call \
          stays as it is and moves to a thread with `asyncio.to_thread`: the same results, the same \
          exceptions, and the event loop is free.",
    before: "\
import asyncio

import httpx
import requests


async def temperature(city: str):
    try:
        response = requests.get(\"https://example.org/now\", params={\"city\": city}, timeout=5)
        if not response.ok:
            return None
        return response.json()[\"temperature\"]
    except requests.RequestException:
        return None
",
    after: "\
import asyncio
import json

import httpx


async def temperature(city: str):
    try:
        async with httpx.AsyncClient(follow_redirects=True, max_redirects=30) as client:
            response = await client.get(\"https://example.org/now\", params={\"city\": city}, timeout=5)
        if response.is_error:
            return None
        return response.json()[\"temperature\"]
    except (httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError):
        return None
",
    when_review: "\
- **Review** where exceptions leave the function, since they are httpx's now; where several requests \
share a client, since it keeps cookies; where a body without a declared charset is read as text; \
where httpx is not imported yet, since it has to be installed.
- **Safe** is the call in a thread, unless a lock is held around it.
- **Manual** in generator expressions and class bodies, in files of other event loops, and for calls \
in threads below Python 3.9.",
    needles: &["requests"],
};

impl Transform for BlockingHttp {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let mut requests = requests(cx);
        settle_natives(cx, &mut requests);
        let mut fixes: Vec<Option<Result<Fix, EditError>>> =
            requests.iter().map(|_| None).collect();
        for function in functions(&requests) {
            convert(cx, &requests, function, &mut fixes);
        }
        for (request, native) in requests.iter().zip(fixes) {
            let fix = match (native, &request.native) {
                (Some(fix), _) => Ok(fix),
                (None, Ok(_)) => thread::fix(
                    cx,
                    request.call,
                    "a client here would not be one for all requests",
                ),
                (None, Err(why)) => thread::fix(cx, request.call, why.as_str()),
            };
            let message = format!("`{}` blocks the event loop", request.name);
            found.push(cx.finding(&INFO, span(request.call), message, fix));
        }
    }
}

/// One call that sends a request from a coroutine.
struct Request<'a> {
    call: &'a ExprCall,
    name: String,
    http: &'static Http,
    function: Option<&'a StmtFunctionDef>,
    native: Result<Native<'a>, Why>,
}

/// What it takes to send a request with an asynchronous client.
struct Native<'a> {
    arguments: arguments::Arguments,
    uses: response::Uses<'a>,
    handlers: errors::Handlers<'a>,
    anchor: clients::Anchor<'a>,
}

fn requests<'a>(cx: &Cx<'a>) -> Vec<Request<'a>> {
    libraries()
        .iter()
        .filter_map(|library| Some((library, library.http.as_ref()?)))
        .flat_map(|(library, http)| {
            let calls = cx.module.calls_into(&library.name);
            calls
                .into_iter()
                .map(move |(call, name)| (http, call, name))
        })
        .filter_map(|(http, call, name)| {
            let kind = http.functions.get(&name)?;
            let function = match cx.module.place(call.into()) {
                Place::Coroutine {
                    function,
                    comprehensions,
                } => (comprehensions < 2 || cx.options.target >= PythonVersion::PY311)
                    .then_some(function),
                _ if cx.module.inside_coroutine(call.into()) => None,
                _ => return None,
            };
            let native = match function {
                Some(function) => native(cx, http, kind, function, call),
                None => Err(Why::new("`await` is not legal here")),
            };
            Some(Request {
                call,
                name,
                http,
                function,
                native,
            })
        })
        .collect()
}

fn native<'a>(
    cx: &Cx<'a>,
    http: &'static Http,
    kind: &'static HttpFunction,
    function: &'a StmtFunctionDef,
    call: &'a ExprCall,
) -> Result<Native<'a>, Why> {
    let arguments = arguments::map(cx, http, kind, call)?;
    let uses = response::follow(cx, http, function, call)?;
    let absolute = arguments::is_absolute(cx, call);
    let mut handlers = errors::around(cx, http, absolute, call.into())?;
    for node in &uses.raising {
        let more = errors::around(cx, http, true, *node)?;
        handlers.reviews.extend(more.reviews);
        handlers.clauses.extend(more.clauses);
    }
    let anchor = clients::anchor(cx, call.into())?;
    if !cx.module.layout().alone(anchor.span()) {
        return Err(Why::new("the statement shares its line with others"));
    }
    Ok(Native {
        arguments,
        uses,
        handlers,
        anchor,
    })
}

/// Responses that go by one name change together or not at all.
fn settle_natives(cx: &Cx<'_>, requests: &mut [Request<'_>]) {
    loop {
        let native: Vec<&ExprCall> = requests
            .iter()
            .filter(|request| request.native.is_ok())
            .map(|request| request.call)
            .collect();
        let stuck = requests.iter().position(|request| {
            request.native.as_ref().is_ok_and(|plan| {
                plan.uses
                    .siblings
                    .iter()
                    .any(|sibling| !native.iter().any(|call| std::ptr::eq(*call, *sibling)))
            })
        });
        let Some(stuck) = stuck else {
            return;
        };
        let line = cx.module.describe(&requests[stuck].call.func);
        requests[stuck].native = Err(Why::new(format!(
            "another value that goes by the name of `{line}`'s response stays as it is"
        )));
    }
}

fn functions<'a>(requests: &[Request<'a>]) -> Vec<&'a StmtFunctionDef> {
    let mut found: Vec<&StmtFunctionDef> = Vec::new();
    for function in requests.iter().filter_map(|request| request.function) {
        if !found.iter().any(|other| std::ptr::eq(*other, function)) {
            found.push(function);
        }
    }
    found
}

/// Whether the file gives any sign that cookies matter between requests.
fn minds_cookies(text: &str) -> bool {
    ["cookie", "Cookie", "login", "Login", "csrf"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// The fixes of one function's requests, one for each client.
fn convert<'a>(
    cx: &Cx<'a>,
    requests: &[Request<'a>],
    function: &'a StmtFunctionDef,
    fixes: &mut [Option<Result<Fix, EditError>>],
) {
    let apart = minds_cookies(cx.module.text());
    let anchors: Vec<(usize, clients::Anchor<'_>)> = requests
        .iter()
        .enumerate()
        .filter(|(_, request)| {
            request
                .function
                .is_some_and(|other| std::ptr::eq(other, function))
        })
        .filter_map(|(index, request)| Some((index, request.native.as_ref().ok()?.anchor)))
        .collect();
    for group in clients::group(&anchors, apart) {
        let shared = group.members.len() > 1
            || anchors
                .iter()
                .any(|(index, anchor)| group.members.contains(index) && anchor.repeated);
        if shared && apart {
            continue;
        }
        if let Ok(fix) = client_fix(cx, requests, function, &group, shared) {
            for &member in &group.members {
                fixes[member] = Some(fix.clone());
            }
        }
    }
}

fn client_fix<'a>(
    cx: &Cx<'a>,
    requests: &[Request<'a>],
    function: &'a StmtFunctionDef,
    group: &clients::Group,
    shared: bool,
) -> Result<Result<Fix, EditError>, Why> {
    if let Some(library) = own_loop(cx) {
        return Err(Why::new(format!("the coroutine may run under {library}")));
    }
    let plans: Vec<(&Request<'a>, &Native<'a>)> = group
        .members
        .iter()
        .filter_map(|&member| Some((&requests[member], requests[member].native.as_ref().ok()?)))
        .collect();
    let converted: Vec<&ExprCall> = requests
        .iter()
        .filter(|request| request.native.is_ok())
        .map(|request| request.call)
        .collect();
    let mut verify: BTreeSet<Option<&str>> = BTreeSet::new();
    let mut reviews: BTreeSet<&str> = BTreeSet::new();
    let mut needs: Vec<ImportName> = Vec::new();
    let mut edits: Vec<Edit> = Vec::new();
    let name = cx
        .module
        .fresh_name(span(function), &["client", "http_client"]);
    let follows = plans
        .iter()
        .any(|(_, plan)| plan.arguments.follows_redirects);
    for (request, plan) in &plans {
        verify.insert(plan.arguments.verify.as_deref());
        reviews.extend(plan.uses.reviews.iter());
        reviews.extend(plan.handlers.reviews.iter());
        edits.extend(await_call(
            cx,
            request.call,
            &format!("{name}.{}", plan.arguments.method),
        ));
        edits.extend(plan.arguments.edits.iter().cloned());
        edits.extend(plan.uses.edits.iter().cloned());
        if plan.arguments.stays && follows {
            edits.push(stay(request.call));
        }
        for clause in &plan.handlers.clauses {
            let (changes, imports) = errors::rewrite(cx, request.http, clause, &converted)?;
            edits.extend(changes);
            needs.extend(imports);
        }
        for (at, qualified) in &plan.arguments.callables {
            let (module, member) = qualified.rsplit_once('.').unwrap_or(("httpx", qualified));
            let reach = reach(cx, module, member, request.call.into())?;
            if reach.text != *qualified {
                return Err(Why::new(format!(
                    "`{qualified}` goes by another name at {}",
                    at.start()
                )));
            }
            needs.extend(reach.need);
        }
    }
    let [verify] = verify.into_iter().collect::<Vec<_>>()[..] else {
        return Err(Why::new("requests of one client differ in `verify`"));
    };
    let first = plans
        .first()
        .map(|(request, _)| AnyNodeRef::from(request.call));
    let first = first.ok_or_else(|| Why::new("a client without requests"))?;
    let client = reach(cx, "httpx", "AsyncClient", first)?;
    needs.extend(client.need);
    if needs.contains(&ImportName::new("httpx")) {
        reviews.insert("httpx is not imported here yet: it has to be among the dependencies");
    }
    if shared {
        reviews.insert(
            "the requests share a client, which sends cookies that one answer sets with the next",
        );
    }
    if clients::yields(function, group.lines) {
        reviews.insert("the client stays open while the generator waits for its consumer");
    }
    let held = cx.module.held_across(first);
    let held = held.map(|held| {
        format!(
            "other tasks now run while `with {held}` is held: a thread lock there would deadlock"
        )
    });
    reviews.extend(held.as_deref());

    let mut arguments: Vec<String> = Vec::new();
    if follows {
        arguments.push("follow_redirects=True".to_owned());
        arguments.push("max_redirects=30".to_owned());
    }
    if plans.iter().any(|(_, plan)| plan.arguments.waits_forever) {
        arguments.push("timeout=None".to_owned());
    }
    arguments.extend(verify.map(|verify| format!("verify={verify}")));
    let wrapping = wrap(cx, group.lines, &client.text, &arguments, &name);
    // A line whose start is replaced or deleted needs no indentation.
    edits.extend(
        wrapping
            .into_iter()
            .filter(|indent| !edits.iter().any(|edit| edit.clashes(indent)))
            .collect::<Vec<_>>(),
    );
    let reviews: Vec<&str> = reviews.into_iter().collect();
    let title = "send with httpx.AsyncClient";
    let fix = match reviews[..] {
        [] => Fix::safe(title, cx.file, edits),
        _ => Fix::review(title, reviews.join("; "), cx.file, edits),
    };
    Ok(fix.map(|fix| {
        needs
            .into_iter()
            .fold(fix, |fix, need| fix.needing(cx.file, Some(need)))
    }))
}

/// A library in the file that runs coroutines on a loop httpx does not know.
fn own_loop(cx: &Cx<'_>) -> Option<&'static str> {
    libraries()
        .iter()
        .filter(|library| library.name != "trio")
        .filter(|library| {
            library
                .event_loop
                .as_ref()
                .is_some_and(|event_loop| event_loop.runs == Runs::Own)
        })
        .map(|library| library.name.as_str())
        .find(|name| cx.module.imports_module(name))
}

/// Tells a request that must not follow redirects, as `requests.head` does not, to stay.
fn stay(call: &ExprCall) -> Edit {
    let last = call
        .arguments
        .args
        .iter()
        .map(|argument| span(argument).end());
    let last = last
        .chain(
            call.arguments
                .keywords
                .iter()
                .map(|keyword| span(keyword).end()),
        )
        .max();
    Edit::insert(last.unwrap_or_default(), ", follow_redirects=False")
}

/// Puts whole statements under `async with`.
fn wrap(
    cx: &Cx<'_>,
    statements: Span,
    callee: &str,
    arguments: &[String],
    name: &str,
) -> Vec<Edit> {
    let layout = cx.module.layout();
    let lines = layout.whole_lines(statements);
    let indent = layout.indent_at(statements.start());
    let newline = layout.newline();
    let unit = layout.indent_unit();
    let arguments = arguments.join(", ");
    let mut header = format!("{indent}async with {callee}({arguments}) as {name}:");
    if header.chars().count() > cx.options.line_length && !arguments.is_empty() {
        header = format!(
            "{indent}async with {callee}({newline}{indent}{unit}{arguments}{newline}{indent}) as {name}:"
        );
    }
    let mut edits = layout.indent(lines);
    if let Some(first) = edits.first_mut() {
        *first = Edit::insert(first.span().start(), format!("{header}{newline}{unit}"));
    }
    edits
}
