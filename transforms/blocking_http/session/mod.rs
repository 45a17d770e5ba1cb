//! Sessions whose requests are sent from coroutines, and that become asynchronous clients: all of
//! an object's uses, or none.
//!
//! Left as they are, with each request in a thread: sessions that are handed to code which is not
//! seen, that plain functions send with, or that are told something which no client knows.

mod attribute;
mod change;
mod flow;
mod home;
mod twin;
mod uses;
mod values;

use super::clients::Under;
use super::{Names, Native, Request, coroutine_of, judge, raising::Elsewhere};
use crate::fix::Cx;
use crate::model::file::Why;
use crate::python::ast::AnyNodeRef;
use crate::python::span;
use crate::text::Span;
pub(super) use home::Home;
use std::collections::BTreeMap;
pub(super) use twin::twins;
pub(super) use uses::Uses;

/// One session, wherever it is made and used.
pub(super) struct Session<'a> {
    pub names: Names<'a>,
    pub home: Home<'a>,
    pub uses: Result<Uses<'a>, Why>,
}

impl Session<'_> {
    /// Calls on the session that are no requests, and those that make it.
    pub fn calls(&self) -> impl Iterator<Item = Span> {
        let makings = self.home.makings.iter().map(|making| span(making.call));
        let uses = self.uses.iter().flat_map(|uses| uses.calls.iter().copied());
        makings.chain(uses)
    }

    /// The lines that move under an `async with` of their own.
    pub fn lines(&self) -> Option<Span> {
        self.home.makings.iter().find_map(home::Making::moved)
    }
}

/// Finds the sessions of a library, and adds their requests to those that are known.
pub(super) fn find<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    elsewhere: &mut Option<Elsewhere<'a>>,
    requests: &mut Vec<Request<'a>>,
    first: usize,
) -> Vec<Session<'a>> {
    let Some(sessions) = &names.old.sessions else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for mut home in home::homes(cx, &sessions.makers) {
        let mut uses = uses::collect(cx, names, sessions, &home);
        let told = |making: &home::Making<'_>| !making.call.arguments.is_empty();
        if home.makings.iter().any(told) {
            uses = Err(Why::new("a session takes no arguments"));
        }
        if let Ok(seen) = &uses
            && let Err(why) = home
                .settle(cx, seen)
                .and_then(|()| home.ends_with_close(cx, seen))
        {
            uses = Err(why);
        }
        let calls = match &uses {
            Ok(uses) => uses.requests.clone(),
            Err(_) => uses::requests(cx, sessions, &home),
        };
        let in_coroutine = |call: AnyNodeRef<'a>| cx.module.inside_coroutine(call);
        if !calls.iter().any(|(call, _)| in_coroutine((*call).into())) {
            continue;
        }
        for (call, kind) in calls {
            let moved = |making: &home::Making<'_>| making.moved();
            let mut moved = home.makings.iter().filter_map(moved);
            let under = Under {
                deeper: moved.any(|lines| lines.contains(span(call))),
                shared: home.overlaps,
                reached: false,
            };
            let function = coroutine_of(cx, call.into());
            let native: Result<Native<'a>, Why> = match (&uses, function) {
                (Err(why), _) => Err(why.clone()),
                (_, None) => Err(Why::new(
                    "one of its requests stands where `await` is not legal",
                )),
                (Ok(_), Some(function)) => {
                    let elsewhere = elsewhere.get_or_insert_with(|| Elsewhere::look(cx, names));
                    super::native(cx, names, kind, elsewhere, function, call, under)
                }
            };
            requests.push(Request {
                call,
                name: format!("{}.{}", sessions.class, kind.method),
                names,
                function,
                native,
                client: None,
                session: Some(first + found.len()),
            });
        }
        found.push(Session { names, home, uses });
    }
    found
}

/// A session stays where one of its requests does.
pub(super) fn drop_incomplete(cx: &Cx<'_>, requests: &mut [Request<'_>]) {
    let mut stuck: BTreeMap<usize, Why> = BTreeMap::new();
    for request in requests.iter() {
        if let (Some(session), Err(why)) = (request.session, &request.native) {
            let callee = cx.module.describe(&request.call.func);
            let why = format!("`{callee}` of the same session stays: {why}");
            stuck.entry(session).or_insert_with(|| Why::new(why));
        }
    }
    for request in requests.iter_mut().filter(|request| request.native.is_ok()) {
        let why = request.session.and_then(|session| stuck.get(&session));
        if let Some(why) = why {
            request.native = Err(why.clone());
        }
    }
}
