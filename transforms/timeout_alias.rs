//! Old names of the builtin `TimeoutError`: `asyncio.TimeoutError` and its like.
//!
//! Left alone: names below the Python version in which they became the same class, and places where
//! `TimeoutError` is the name of something else, which may be why the long one stands there.

use crate::fix::{Cx, FileId, Finding, Fix, Info, Transform, references_to, speaks_of};
use crate::model::file::{Entity, Lookup, Why};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, Expr};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, Span};

pub struct TimeoutAlias;

static INFO: Info = Info {
    id: "timeout-alias",
    codes: &["UP041"],
    summary: "an old name of the builtin `TimeoutError`",
    why: "Since Python 3.11 `asyncio.TimeoutError` and `concurrent.futures.TimeoutError` are the builtin \
          `TimeoutError`, and `socket.timeout` has been since 3.10. Code that must run on older versions \
          needs the old names, which are other classes there, and keeps them: the target version says so.",
    before: "\
# target-version: 3.11
import asyncio


async def first_line(reader):
    try:
        async with asyncio.timeout(5):
            return await reader.readline()
    except asyncio.TimeoutError:
        return None
",
    after: "\
# target-version: 3.11
import asyncio


async def first_line(reader):
    try:
        async with asyncio.timeout(5):
            return await reader.readline()
    except TimeoutError:
        return None
",
    when_review: "\
- **Safe** always: it is the same class.",
    needles: &[],
};

/// Names of the class, and from when on they are.
const ALIASES: [(&str, PythonVersion); 5] = [
    ("asyncio.TimeoutError", PythonVersion::PY311),
    ("asyncio.exceptions.TimeoutError", PythonVersion::PY311),
    ("concurrent.futures.TimeoutError", PythonVersion::PY311),
    (
        "concurrent.futures._base.TimeoutError",
        PythonVersion::PY311,
    ),
    ("socket.timeout", PythonVersion::PY310),
];

const BUILTIN: &str = "TimeoutError";

impl Transform for TimeoutAlias {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        speaks_of(project, file, &ALIASES.map(|(name, _)| name))
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let known = ALIASES
            .iter()
            .filter(|(_, since)| *since <= cx.options.target);
        let names: Vec<&str> = known.map(|(name, _)| *name).collect();
        if names.is_empty() {
            return;
        }
        let mut listed: Vec<Span> = Vec::new();
        for (alias, name) in references_to(cx, &names) {
            let at = span(alias);
            let scope = cx.module.scope_of(alias.into());
            let is_builtin = scope
                .is_some_and(|scope| matches!(cx.module.lookup(scope, BUILTIN), Lookup::Builtin));
            if !is_builtin
                || cx.module.prints_itself(alias.into())
                || listed.iter().any(|tuple| tuple.contains(at))
            {
                continue;
            }
            let edit = match twice(cx, alias, &names) {
                Some((_, None)) => continue,
                Some((tuple, Some(text))) => {
                    listed.push(tuple);
                    Edit::replace(tuple, text)
                }
                None => Edit::replace(at, BUILTIN),
            };
            let message = format!(
                "`{}` is the builtin `{BUILTIN}` since Python {}",
                cx.module.describe(alias),
                ALIASES
                    .iter()
                    .find(|(known, _)| *known == names[name])
                    .map_or(PythonVersion::PY311, |(_, since)| *since)
            );
            let fix = Fix::safe(format!("write `{BUILTIN}`"), cx.file, vec![edit]);
            found.push(cx.finding(&INFO, at, message, Ok::<_, Why>(fix)));
        }
    }
}

/// The tuple that an alias stands in, if it would name the builtin more than once, and what it becomes,
/// where it says which classes are meant and stands on one line.
fn twice<'a>(cx: &Cx<'a>, alias: &'a Expr, names: &[&str]) -> Option<(Span, Option<String>)> {
    let AnyNodeRef::ExprTuple(tuple) = cx.module.parent(alias.into())? else {
        return None;
    };
    let is_one = |item: &'a Expr| match cx.module.entity(item) {
        Entity::Builtin(name) => name == BUILTIN,
        Entity::External(name) => names.contains(&&*name),
        _ => false,
    };
    let same = tuple.elts.iter().filter(|item| is_one(item)).count();
    let whole = span(tuple);
    let says_which = matches!(
        cx.module.parent(tuple.into()),
        Some(AnyNodeRef::ExceptHandlerExceptHandler(_) | AnyNodeRef::Arguments(_))
    );
    if same < 2 {
        return None;
    }
    let is_flat = !whole.of(cx.module.text()).contains(['\n', '\r']);
    if !says_which || !tuple.parenthesized || !is_flat {
        return Some((whole, None));
    }
    let mut kept: Vec<&str> = Vec::new();
    for item in &tuple.elts {
        match is_one(item) {
            true if kept.contains(&BUILTIN) => {}
            true => kept.push(BUILTIN),
            false => kept.push(cx.module.source(item)),
        }
    }
    let text = match kept[..] {
        [only] => only.to_owned(),
        _ => format!("({})", kept.join(", ")),
    };
    Some((whole, Some(text)))
}
