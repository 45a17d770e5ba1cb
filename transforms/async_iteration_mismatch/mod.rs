//! The wrong one of two worlds: `for` and `with` over what serves `async for` and `async with` only, and
//! the reverse; `await` of what cannot be awaited; async functions given to who calls them as plain ones,
//! so that their bodies never run.
//!
//! Left alone: what is not certain to be of one world only, failures that a test expects, and coroutines
//! that `map` makes, which `asyncio.gather` may well be given.

mod awaited;
mod cached;
mod callbacks;
mod called;
mod collected;
mod commands;
mod forms;
mod managers;
mod renamed;
mod tests;

use crate::fix::{Cx, FileId, Finding, Info, Transform};
use crate::model::file::{Place, Why};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, StmtFunctionDef};
use crate::python::span;
use crate::text::{Edit, Span};

pub struct AsyncIterationMismatch;

static INFO: Info = Info {
    id: "async-iteration-mismatch",
    codes: &["E1701"],
    summary: "a plain `for`, `with` or call where the asynchronous one is needed, or the reverse",
    why: "An async generator serves `async for` only, an asynchronous context manager `async with` only, \
          and generators and plain context managers the reverse: the other form raises a TypeError (an \
          AttributeError for `with` before Python 3.11) whenever it runs.\n\n\
          Worse is what fails in silence. A thread, a signal handler, `filter`, a click command or a \
          plain `unittest.TestCase` calls an async function as any other, gets a coroutine, and drops it: \
          nothing of the body runs, a filter keeps every item, a command exits with 0, a test passes. \
          And a coroutine that `functools.lru_cache` keeps can be awaited once only.",
    before: "\
async def lines(reader):
    while line := await reader.readline():
        yield line


async def show(reader):
    for line in lines(reader):
        print(line)
",
    after: "\
async def lines(reader):
    while line := await reader.readline():
        yield line


async def show(reader):
    async for line in lines(reader):
        print(line)
",
    when_review: "\
- **Safe** where the code fails today whenever it runs, and the other form is what it must mean.
- **Review** where annotations or assignments say what the object is, where a plain context manager of a \
library may block the event loop, and where code would run for the first time: tests of a \
`unittest.TestCase`, async functions given to a thread.
- **Manual** in plain functions, which would have to become coroutine functions; where a `with` has items \
of both worlds; for callbacks, commands and cached coroutines, with what serves in their place.",
    needles: &["async"],
};

impl Transform for AsyncIterationMismatch {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        called::fires(project, file)
            || callbacks::fires(project, file)
            || commands::fires(project, file)
            || cached::fires(project, file)
            || managers::fires(project, file)
            || tests::fires(project, file)
            || !project.mismatches(file).is_empty()
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        forms::check(cx, found);
        awaited::check(cx, found);
        collected::check(cx, found);
        managers::check(cx, found);
        callbacks::check(cx, found);
        commands::check(cx, found);
        cached::check(cx, found);
        tests::check(cx, found);
    }
}

/// Whether a failure here is what a test waits for: `with pytest.raises(TypeError)` around it, or around
/// a call of the function that it stands in.
fn is_expected<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    let mut at = node;
    loop {
        let mut function = None;
        for around in cx.module.ancestors(at) {
            match around {
                AnyNodeRef::StmtWith(with) => {
                    let items = with.items.iter().map(|item| &item.context_expr);
                    let mut items = items.filter(|item| !span(*item).contains(span(at)));
                    if items.any(|item| cx.module.swallows_errors(item)) {
                        return true;
                    }
                }
                AnyNodeRef::StmtFunctionDef(around) => {
                    function = Some(around);
                    break;
                }
                _ => {}
            }
        }
        let Some(function) = function else {
            return false;
        };
        let scope = cx.module.scope_of(function.into());
        let reads = scope.map(|scope| cx.module.reads_of(scope, &function.name));
        // A function that is used in one place only fails there.
        match reads.as_deref() {
            Some([only]) if !span(function).contains(span(*only)) => at = (*only).into(),
            _ => return false,
        }
    }
}

/// Why `async for` and `async with` are not legal at a place, if they are not.
fn asynchronous<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, form: &str) -> Result<(), Why> {
    match cx.module.place(node) {
        Place::Coroutine { .. } => Ok(()),
        Place::Function(StmtFunctionDef { name, .. }) => Err(Why::new(format!(
            "`{form}` is legal in coroutine functions only: `{name}` would have to become one"
        ))),
        _ => Err(Why::new(format!(
            "`{form}` is legal in coroutine functions only: put the code into one"
        ))),
    }
}

/// The edit that puts `async` before a statement, or takes it away.
fn turned(cx: &Cx<'_>, statement: Span, is_async: bool) -> Result<Edit, Why> {
    if !is_async {
        return Ok(Edit::insert(statement.start(), "async "));
    }
    let text = statement.of(cx.module.text());
    let rest = text.strip_prefix("async").unwrap_or_default();
    let bare = rest.trim_start_matches([' ', '\t']);
    if !bare.starts_with("for") && !bare.starts_with("with") {
        return Err(Why::new("something stands after `async`"));
    }
    let end = statement.start() + (text.len() - bare.len());
    Ok(Edit::delete(Span::new(statement.start(), end)))
}

/// The edit that takes `await` away from an expression.
fn unawaited(cx: &Cx<'_>, awaited: Span, value: Span) -> Result<Edit, Why> {
    let gap = Span::new(awaited.start(), value.start());
    match gap.of(cx.module.text()).trim_end() {
        "await" => Ok(Edit::delete(gap)),
        _ => Err(Why::new("something stands between `await` and the call")),
    }
}

/// What a person must confirm where code that fails today stands in a `try` that may expect it.
fn tried<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> Option<String> {
    let around = cx.module.ancestors(node);
    let mut around = around.take_while(|node| !node.is_stmt_function_def());
    around.find_map(|around| match around {
        AnyNodeRef::StmtTry(statement) if !statement.handlers.is_empty() => {
            let mut body = statement.body.iter();
            let caught = body.any(|inner| span(inner).contains(span(node)));
            caught.then(|| {
                "it fails today, and an `except` around it may be what handles that".to_owned()
            })
        }
        _ => None,
    })
}
