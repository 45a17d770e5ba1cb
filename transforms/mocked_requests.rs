//! Stand-ins for requests, in tests, where what they test is sent by another library.
//!
//! A test that patches `requests.get`, or uses `responses`, fails or reaches the network once the
//! request goes through httpx. Only told, at its place: what a test expects is for a person to say.
//! Left alone: stand-ins that no rewritten request can meet. Their counterparts are data in
//! `libraries/requests.toml`.

use crate::fix::{Cx, Finding, Info, Site, Transform};
use crate::model::file::{Facts, Intercept, Why};
use crate::model::libraries::Http;
use crate::model::project::Project;
use crate::text::FileId;

pub struct MockedRequests;

static INFO: Info = Info {
    id: "mocked-requests",
    codes: &[],
    summary: "a test replaces `requests`, and what it tests is to be sent by another library",
    why: "`responses`, `requests_mock` and patches of `requests.get` stand in for `requests` only. Once \
          a request is sent by httpx, a test that relies on them fails, or reaches the network. Each \
          such place is told, with the counterparts for the library that sends the requests, as \
          `http-client` in the settings chooses it. What the test expects is not rewritten.\n\n\
          Told are tests from which a coroutine is reached, through what they import, that sends a \
          request of `requests`, or one of the new library where nothing uses `requests` any more.",
    before: "\
import responses

from app.weather import now


@responses.activate
def test_now(run):
    responses.get(\"https://example.org/now\", json={\"temperature\": 21})
    assert run(now()) == 21
",
    after: "\
import responses

from app.weather import now


@responses.activate
def test_now(run):
    responses.get(\"https://example.org/now\", json={\"temperature\": 21})
    assert run(now()) == 21
",
    when_review: "\
- **Manual** always: replace the stand-in together with the request.",
    needles: &[],
};

impl Transform for MockedRequests {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project
            .facts(file)
            .is_some_and(|facts| !facts.intercepts.is_empty())
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let facts = cx.project.facts(cx.file).into_iter();
        for intercept in facts.flat_map(|facts| &facts.intercepts) {
            let library = cx.module.catalogue().library(&intercept.library);
            let http = library.and_then(|library| library.http.as_ref());
            if let Some(http) = http {
                found.extend(told(cx, http, intercept));
            }
        }
    }
}

/// What is to be said of a stand-in, if a request that it is for is sent in another way.
fn told(cx: &Cx<'_>, http: &Http, intercept: &Intercept) -> Option<Finding> {
    let client = cx.http_client().as_str();
    let old = &*intercept.library;
    let mapping = cx.module.catalogue().mapping(old, client)?;
    let target = http.targets.get(client)?;
    let reached = cx.project.reach_of(cx.file, intercept);
    let facts = |file: &FileId| cx.project.facts(*file);
    let uses = |facts: &Facts| {
        let mut imports = facts.imports.iter();
        imports.any(|(level, name)| *level == 0 && name.split('.').next() == Some(old))
    };
    let still = reached.iter().filter_map(facts).any(uses);
    let sender = reached.iter().find_map(|file| {
        let is_such = |name: &str| match still {
            true => http.functions.contains_key(name),
            false => {
                let method = name.strip_prefix(mapping.client.class.as_str());
                method.is_some_and(|method| method.starts_with('.'))
            }
        };
        Some((*file, cx.project.sends(*file, is_such)?))
    });
    let (file, call) = sender?;
    let path = cx.project.modules().path(file);
    let site = Site {
        file,
        at: call.at,
        path: path.to_path_buf(),
        line: facts(&file)?.line_of(call.at.start()),
        note: match still {
            true => format!("a coroutine sends a request that {client} can send"),
            false => format!("a coroutine sends a request of {client}"),
        },
    };
    let by = intercept.by.as_deref();
    let meets = by.is_some_and(|by| target.met_by.iter().any(|name| name == by));
    let why = match meets {
        true => format!(
            "recent versions of {} meet requests of {client} as well: run the tests",
            intercept.what
        ),
        false => format!(
            "it does not meet requests of {client}: such tests need {}",
            target.stand_ins
        ),
    };
    let message = format!("{} replaces {old} only", intercept.what);
    let mut finding = cx.finding(&INFO, intercept.at, message, Err(Why::new(why)));
    finding.chain.push(site);
    Some(finding)
}
