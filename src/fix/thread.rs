//! The exact alternative to a call that blocks: the same call, in a thread.

use super::build::imported_loop;
use super::{Cx, Fix, await_call, foreign_loop, held_review, lines, may_await, reach};
use crate::model::file::{Why, walk};
use crate::model::libraries::Runs;
use crate::model::project::Target;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, TraversalSignal};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, EditError, Span};

/// `f(a)` to `await asyncio.to_thread(f, a)`. `because` says why nothing better is done, for the
/// title and for refusals; `review` what a person must confirm, if anything.
pub fn to_thread(
    cx: &Cx<'_>,
    call: &ExprCall,
    because: Option<&str>,
    review: Option<String>,
) -> Result<Result<Fix, EditError>, Why> {
    let to_thread = may_thread(cx, call).map_err(|why| match because {
        Some(because) => Why::new(format!("{because}; and {why}")),
        None => why,
    })?;
    if let Expr::Attribute(method) = &*call.func
        && waits(cx, &method.value)
    {
        return Err(Why::new(
            "what it is called on is waited for in the same expression: give it a name first",
        ));
    }
    let title = match because {
        Some(because) => format!("await asyncio.to_thread instead, since {because}"),
        None => "await asyncio.to_thread instead".to_owned(),
    };
    let edits = edits(cx, call, &to_thread.text);
    let reasons: Vec<String> = review
        .into_iter()
        .chain(held_review(cx, call.into()))
        .collect();
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    let fix = Fix::judged(title, reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, to_thread.need)))
}

/// Whether evaluating an expression waits, by `await` or in a function of the project that blocks.
fn waits(cx: &Cx<'_>, expression: &Expr) -> bool {
    let mut found = false;
    walk(expression.into(), &mut |node| {
        found |= match node {
            AnyNodeRef::ExprAwait(_) => true,
            AnyNodeRef::ExprCall(call) => match cx.target_of(call) {
                Target::Functions(functions) => {
                    let mut functions = functions.iter();
                    functions.any(|function| cx.project.graph().blocked(*function).is_some())
                }
                _ => false,
            },
            _ => false,
        };
        TraversalSignal::Traverse
    });
    found
}

/// How `asyncio.to_thread` is named where a call or another expression stands, if it may be awaited
/// there.
pub fn may_thread<'n>(cx: &Cx<'_>, node: impl Into<AnyNodeRef<'n>>) -> Result<super::Reach, Why> {
    let node = node.into();
    may_await(cx, node)?;
    may_use_asyncio(cx)?;
    if cx.module.is_awaited(node) {
        return Err(Why::new(
            "awaiting what it gives fails: what was meant is not clear",
        ));
    }
    if prints_itself(cx, node) {
        return Err(Why::new(
            "an f-string would print the change as well: move the call out first",
        ));
    }
    reach(cx, "asyncio", "to_thread", node)
}

/// How `asyncio.to_thread` is named where a statement of a coroutine stands, if its event loop is
/// asyncio's.
pub fn thread_at(cx: &Cx<'_>, statement: AnyNodeRef<'_>) -> Result<super::Reach, Why> {
    may_use_asyncio(cx)?;
    reach(cx, "asyncio", "to_thread", statement)
}

fn may_use_asyncio(cx: &Cx<'_>) -> Result<(), Why> {
    if cx.options.target < PythonVersion::PY39 {
        return Err(Why::new("`asyncio.to_thread` needs Python 3.9"));
    }
    if cx.module.text().contains("shutdown_default_executor") {
        return Err(Why::new(
            "the file shuts the default pool of threads down, and what runs after that has none",
        ));
    }
    let own = own_loop(cx);
    let foreign = foreign_loop(cx).filter(|_| !cx.module.imports_module("asyncio"));
    match own.or(foreign) {
        Some(library) => Err(Why::new(format!(
            "the coroutine may run under {library}, where asyncio's functions fail"
        ))),
        None => Ok(()),
    }
}

/// A library in the file that runs coroutines on a loop which neither asyncio nor httpx knows.
pub fn own_loop<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    imported_loop(cx, |event_loop| {
        event_loop.runs == Runs::Own && !event_loop.serves_httpx
    })
}

/// Whether a node stands in a field of an f-string that prints its own text, as `{x=}`.
pub fn prints_itself(cx: &Cx<'_>, node: AnyNodeRef<'_>) -> bool {
    cx.module.prints_itself(node)
}

/// `f(a)` to `await to_thread(f, a)`, laid out as the call was.
fn edits(cx: &Cx<'_>, call: &ExprCall, to_thread: &str) -> Vec<Edit> {
    let layout = cx.module.layout();
    let callee = cx.module.source(&call.func);
    let start = span(&call.arguments).start() + 1;
    let first_line = Span::new(start, layout.line_end(start))
        .of(cx.module.text())
        .trim();
    let on_one_line = lines::arguments_line(cx, call);
    let (at, text) = if call.arguments.is_empty() {
        (start, callee.to_owned())
    } else if let Some(listed) = &on_one_line
        && layout.indent_at(listed.start()).chars().count()
            + callee.chars().count()
            + ", ".len()
            + listed.of(cx.module.text()).chars().count()
            <= cx.options.line_length
    {
        (listed.start(), format!("{callee}, "))
    } else if first_line.is_empty() || first_line.starts_with('#') {
        let newline = layout.newline();
        let indent = layout.indent_at(layout.next_line(start));
        (
            layout.line_end(start),
            format!("{newline}{indent}{callee},"),
        )
    } else {
        (start, format!("{callee}, "))
    };
    let mut edits = await_call(cx, call, to_thread);
    let mut text = text;
    if let [Expr::Generator(only)] = &*call.arguments.args
        && !only.parenthesized
    {
        match span(only).start() == at {
            true => text.push('('),
            false => edits.push(Edit::insert(span(only).start(), "(")),
        }
        edits.push(Edit::insert(span(only).end(), ")"));
    }
    if let Some(listed) = on_one_line
        && at < listed.start()
    {
        edits.extend(lines::each_on_one(cx, call, listed));
    }
    edits.push(Edit::insert(at, text));
    lines::realign(cx, call, &mut edits, 0);
    lines::break_arguments(cx, call, &mut edits, false);
    edits
}
