//! Requests of a blocking HTTP library in a coroutine, to an asynchronous client that behaves the
//! same, or, where no counterpart is certain, to the same call in a thread.
//!
//! Requests of sessions that do not become clients, and of libraries without such a client, go to a
//! thread, together with what reads their responses. Left alone: calls in plain functions. What maps
//! to what is data in `libraries/requests.toml`.

mod arguments;
mod aside;
mod async_side;
mod bodies;
mod clauses;
mod clients;
mod codes;
mod constants;
mod displays;
mod errors;
mod falls;
mod handler;
mod keywords;
mod kinds;
mod leaving;
mod method;
mod narrowed;
mod raising;
mod reached;
mod repeating;
mod response;
mod sending;
mod session;
mod signing;
mod streaming;
mod templates;
mod thread;
mod values;

use crate::fix::{
    Cx, FileId, Finding, Fix, Info, Transform, blocking_calls, foreign_loop, own_loop,
    prints_itself, to_thread,
};
use crate::model::file::{Place, Why};
use crate::model::libraries::{Fidelity, Http, HttpFunction, Kind, Mapping};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, ExprCall, StmtFunctionDef};
use crate::python::{PythonVersion, span};
use crate::text::Span;
use raising::Elsewhere;
use rustc_hash::{FxHashMap, FxHashSet};

pub struct BlockingHttp;

static INFO: Info = Info {
    id: "blocking-http",
    codes: &["ASYNC210", "ASYNC212"],
    summary: "a blocking HTTP request in a coroutine",
    why: "A request of `requests` stops every task of the event loop until the answer is there, which \
          may be forever, since `requests` has no timeout unless one is given. An `httpx.AsyncClient` \
          lets the others run. It is told what `requests` does by default: redirects are followed, \
          up to 30, and there is no timeout. The client is opened once around the smallest range of \
          statements that holds the requests of a block, and never in a loop, since opening one costs \
          tens of milliseconds. A session becomes a client itself, wherever all its uses are seen: under \
          a local name, passed on, or kept by an object.\n\n\
          Where an argument or a use of the response has no certain counterpart in httpx, the call \
          stays as it is and moves to a thread with `asyncio.to_thread`: the same results, the same \
          exceptions, and the event loop is free. So do the requests of `urllib`, `http.client` and \
          `urllib3`; where a response is read after the call, as that of `urlopen` is, the statements \
          from the one to the other move as one local function. `httpx.get` and the other functions \
          of httpx, `httpx.stream` among them, are sent by its own `AsyncClient`.",
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

import httpx


async def temperature(city: str):
    try:
        async with httpx.AsyncClient(follow_redirects=True, max_redirects=30) as client:
            response = await client.get(
                \"https://example.org/now\", params={\"city\": city}, timeout=5
            )
        if response.is_error:
            return None
        return response.json()[\"temperature\"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
",
    when_review: "\
- **Review** where exceptions leave the function, since they are httpx's now; where several requests \
share a client, since it keeps cookies; where a body without a declared charset is read as text; \
where httpx is not imported yet, since it has to be installed.
- Where another file catches the exceptions that leave, or it cannot be told, or where the file \
patches `requests`, the call goes to a thread.
- **Review**, too, where parameters, headers, bodies or passwords hold values of unknown type: the \
reason names them, and what the two libraries make of None, booleans and the like. With \
`helpers-module` in the settings, parameters are added to the URL by a function that does what \
`requests` does.
- **Review** where `data`, `content` or `auth` of a function of httpx may be what only its blocking \
side takes, or its response leaves the function; where what moves to a thread together calls functions \
that change something, or goes through what other tasks may change.
- **Safe** is the call in a thread, unless a lock is held around it, or other tasks may use the same \
session meanwhile.
- **Manual** in generator expressions and class bodies, in files of other event loops, and for calls \
in threads below Python 3.9.",
    needles: &[],
};

impl Transform for BlockingHttp {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.graph().waits_for(file, Kind::Http)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let (mut requests, sessions) = match cx.options.counterparts {
            true => requests(cx),
            false => Default::default(),
        };
        let fixes = settle(cx, &mut requests, &sessions);
        let mut threads = thread::Threads::new();
        // Why requests of sessions stay what they are.
        let mut stay: FxHashMap<Span, &Why> = FxHashMap::default();
        for (request, native) in requests.iter().zip(fixes) {
            if let (Some(_), None, Err(why)) = (request.session, &native, &request.native) {
                stay.insert(span(request.call), why);
                continue;
            }
            if threads.has(request.call) {
                continue;
            }
            let fix = match (native, &request.native) {
                (Some(fix), _) => Ok(Ok(fix)),
                (None, Ok(_)) => threads.fix(cx, request.call, "no client can be opened here"),
                (None, Err(why)) => threads.fix(cx, request.call, why.as_str()),
            };
            let message = threads.message(&request.name, request.call);
            found.push(cx.finding(&INFO, span(request.call), message, fix));
        }
        let (turned, own) = match cx.options.counterparts {
            true => (session::twins(cx), async_side::fixes(cx)),
            false => Default::default(),
        };
        let mut known: FxHashSet<Span> = FxHashSet::default();
        for client in &turned {
            client.tell(cx, &INFO, &mut known, &mut stay, found);
        }
        let requests = requests.iter().map(|request| span(request.call));
        known.extend(requests.filter(|at| !stay.contains_key(at)));
        for blocking in blocking_calls(cx, Kind::Http) {
            if known.contains(&span(blocking.call)) || threads.has(blocking.call) {
                continue;
            }
            let here = span(blocking.call);
            let because = stay.get(&here).map(|why| why.as_str());
            let fix = match own.get(&here) {
                Some(Ok(fix)) => Ok(Ok(fix.clone())),
                Some(Err(why)) => threads.remedy(cx, &blocking, Some(why.as_str())),
                None => threads.remedy(cx, &blocking, because),
            };
            let message = threads.message(&blocking.name, blocking.call);
            found.push(cx.finding(&INFO, span(blocking.call), message, fix));
        }
        for (call, message) in threads.readers(cx) {
            found.push(cx.finding(&INFO, span(call), message, to_thread(cx, call, None, None)));
        }
    }
}

/// A blocking HTTP library, and what its names become.
#[derive(Clone, Copy, Debug)]
struct Names<'a> {
    old: &'a Http,
    new: &'a Mapping,
}

/// What a person must confirm about a line of the table; refused where there is no counterpart.
fn judge(class: Fidelity, why: &str) -> Result<Option<&str>, Why> {
    match class {
        Fidelity::Safe => Ok(None),
        Fidelity::Review => Ok(Some(why)),
        Fidelity::Blocked => Err(Why::new(why)),
    }
}

/// One call that sends a request from a coroutine.
struct Request<'a> {
    call: &'a ExprCall,
    name: String,
    names: Names<'a>,
    function: Option<&'a StmtFunctionDef>,
    native: Result<Native<'a>, Why>,
    /// The client that sends it, if one is there already.
    client: Option<String>,
    /// The session that sends it, by its place among all.
    session: Option<usize>,
}

impl Request<'_> {
    /// Nothing is opened to send it.
    fn needs_no_client(&self) -> bool {
        self.client.is_some() || self.names.new.client.functions.is_some()
    }
}

/// What it takes to send a request with an asynchronous client.
struct Native<'a> {
    arguments: arguments::Arguments<'a>,
    uses: response::Uses<'a>,
    handlers: errors::Handlers<'a>,
    /// Where a client would be opened; a session is one already.
    anchor: Option<clients::Anchor<'a>>,
}

fn requests<'a>(cx: &Cx<'a>) -> (Vec<Request<'a>>, Vec<session::Session<'a>>) {
    let mut found = Vec::new();
    let mut sessions = Vec::new();
    for library in cx.module.catalogue().libraries() {
        let Some(old) = &library.http else {
            continue;
        };
        let catalogue = cx.module.catalogue();
        let new = catalogue.mapping(&library.name, cx.http_client().as_str());
        let names = new.map(|new| Names { old, new });
        let mut elsewhere = None;
        for (call, name) in cx.module.calls_into(&library.name) {
            let Some(kind) = old.functions.get(&name) else {
                continue;
            };
            let function = coroutine_of(cx, call.into());
            if function.is_none() && !cx.module.inside_coroutine(call.into()) {
                continue;
            }
            let Some(names) = names else {
                continue;
            };
            let under = clients::Under {
                deeper: names.new.client.functions.is_none(),
                shared: false,
                reached: false,
            };
            let elsewhere = elsewhere.get_or_insert_with(|| Elsewhere::look(cx, names));
            let look = |function, under| {
                native(cx, names, kind, elsewhere, function, call, under)
                    .and_then(|native| native.anchored(cx, function, call, under))
            };
            let reached = function
                .filter(|_| under.deeper && names.new.rows.contains_key("client-reached"))
                .and_then(|function| reached::client(cx, &names.new.client.class, function, call));
            let by_reached = reached.zip(function).and_then(|(client, function)| {
                let native = look(function, clients::Under::REACHED).ok()?;
                (!native.uses.opened.streams && native.arguments.is_of_any_client())
                    .then_some((client, native))
            });
            let (client, native) = match (by_reached, function) {
                (Some((client, native)), _) => (Some(client), Ok(native)),
                (None, Some(function)) => (None, look(function, under)),
                (None, None) => (None, Err(Why::new("`await` is not legal here"))),
            };
            found.push(Request {
                client,
                call,
                name,
                names,
                function,
                native,
                session: None,
            });
        }
        if let Some(names) = names.filter(|names| !names.new.session.is_empty()) {
            let first = sessions.len();
            sessions.extend(session::find(cx, names, &mut elsewhere, &mut found, first));
        }
    }
    (found, sessions)
}

/// The coroutine in which `await` may be written at a place.
fn coroutine_of<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<&'a StmtFunctionDef> {
    match cx.module.place(node) {
        Place::Coroutine {
            function,
            comprehensions,
        } => (comprehensions < 2 || cx.options.target >= PythonVersion::PY311).then_some(function),
        _ => None,
    }
}

fn native<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    kind: &'a HttpFunction,
    elsewhere: &Elsewhere<'a>,
    function: &'a StmtFunctionDef,
    call: &'a ExprCall,
    under: clients::Under,
) -> Result<Native<'a>, Why> {
    let new = names.new;
    let foreign = || foreign_loop(cx).filter(|_| !cx.module.imports_module("asyncio"));
    let needs = new.needs_python.filter(|needs| cx.options.target < *needs);
    if let Some(needs) = needs {
        return Err(Why::new(format!("{} needs Python {needs}", new.to)));
    }
    if let Some(library) = own_loop(cx).or_else(|| foreign().filter(|_| new.asyncio_only)) {
        return Err(Why::new(format!("the coroutine may run under {library}")));
    }
    if let Some(other) = &elsewhere.intercepted {
        return Err(Why::new(format!(
            "requests of {} would not meet {other}",
            names.new.to
        )));
    }
    let to = &names.new.to;
    if cx.project.modules().top(cx.file, to, None).is_some() {
        return Err(Why::new(format!(
            "`import {to}` means the project's own module here"
        )));
    }
    if cx.module.in_annotation(call.into()) {
        return Err(Why::new("`await` is not legal in an annotation"));
    }
    if prints_itself(cx, call.into()) {
        return Err(Why::new("an f-string prints the text of the call"));
    }
    let arguments = arguments::map(cx, names, kind, call, under)?;
    let sent = response::Sent {
        streams: arguments.streams,
        ends_redirects: arguments.ends_redirects(),
    };
    let uses = response::follow(cx, names, function, call, sent)?;
    if uses.opened.streams {
        arguments.method_of_stream()?;
    }
    let absolute = arguments.url_is_absolute;
    let mut handlers = errors::around(cx, names, absolute, function, call.into())?;
    let mut leaking: Vec<&StmtFunctionDef> = Vec::new();
    if handlers.leaks {
        leaking.push(function);
    }
    for (function, node) in &uses.raising {
        let more = errors::around(cx, names, true, function, *node)?;
        handlers.reviews.extend(more.reviews);
        handlers.clauses.extend(more.clauses);
        handlers.edits.extend(more.edits);
        if more.leaks && !leaking.iter().any(|known| std::ptr::eq(*known, *function)) {
            leaking.push(function);
        }
    }
    handlers.edits.extend(codes::numbers(cx, names, function));
    for function in leaking {
        let handled = repeating::look(cx, names, function, &mut handlers)?;
        leaving::look(cx, names, elsewhere, function, &handled, &mut handlers)?;
    }
    Ok(Native {
        arguments,
        uses,
        handlers,
        anchor: None,
    })
}

impl<'a> Native<'a> {
    /// Looks for the place to open a client at.
    fn anchored(
        mut self,
        cx: &Cx<'a>,
        function: &'a StmtFunctionDef,
        call: &'a ExprCall,
        under: clients::Under,
    ) -> Result<Self, Why> {
        let anchor = match under.deeper {
            false => clients::in_place(cx, call.into())?,
            true => clients::anchor(cx, function, call.into())?.through(self.uses.opened.deeper),
        };
        if under.deeper && !cx.module.layout().alone(anchor.span()) {
            return Err(Why::new("the statement shares its line with others"));
        }
        self.anchor = Some(anchor);
        Ok(self)
    }
}

/// The fixes that send requests with clients, one for each set of requests that can only change
/// together. What cannot be one is given its reason, and so is what depends on it.
fn settle<'a>(
    cx: &Cx<'a>,
    requests: &mut [Request<'a>],
    sessions: &[session::Session<'a>],
) -> Vec<Option<Fix>> {
    loop {
        drop_incomplete(cx, requests);
        let mut fixes: Vec<Option<Fix>> = requests.iter().map(|_| None).collect();
        let mut refused = Vec::new();
        let sent = sending::sent(requests, sessions);
        for groups in clients::together(requests, clients::groups(cx, requests, sessions)) {
            let members = groups.iter().flat_map(|group| &group.members).copied();
            let Some(names) = members.clone().next().map(|member| requests[member].names) else {
                continue;
            };
            match sending::fix(cx, names, requests, sessions, &groups, &sent) {
                Ok(fix) => members.for_each(|member| fixes[member] = Some(fix.clone())),
                Err(why) => refused.extend(members.map(|member| (member, why.clone()))),
            }
        }
        if refused.is_empty() {
            return fixes;
        }
        for (member, why) in refused {
            requests[member].native = Err(why);
        }
    }
}

/// Responses that go by one name change together or not at all, and so do requests of one session.
fn drop_incomplete(cx: &Cx<'_>, requests: &mut [Request<'_>]) {
    loop {
        session::drop_incomplete(cx, requests);
        let native: FxHashSet<Span> = requests
            .iter()
            .filter(|request| request.native.is_ok())
            .map(|request| span(request.call))
            .collect();
        let mut stuck = requests
            .iter_mut()
            .filter(|request| {
                request.native.as_ref().is_ok_and(|plan| {
                    let mut siblings = plan.uses.siblings.iter();
                    siblings.any(|sibling| !native.contains(&span(*sibling)))
                })
            })
            .peekable();
        if stuck.peek().is_none() {
            return;
        }
        for request in stuck {
            let callee = cx.module.describe(&request.call.func);
            request.native = Err(Why::new(format!(
                "another value that goes by the name of `{callee}`'s response stays as it is"
            )));
        }
    }
}

/// Whether the file gives any sign that cookies matter between requests.
fn minds_cookies(text: &str) -> bool {
    ["cookie", "Cookie", "login", "Login", "csrf"]
        .iter()
        .any(|sign| text.contains(sign))
}
