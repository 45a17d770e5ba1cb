//! The exact alternative: the same call, in a thread.

use super::{lines, own_loop, response};
use crate::fix::{Cx, Fix, await_call, foreign_loop, held_review, may_await, reach};
use crate::model::file::Why;
use crate::python::ast::{Expr, ExprCall};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, EditError, Span};

/// Moves a call to a thread; `because` says why it is not sent by an asynchronous client.
pub(super) fn fix(
    cx: &Cx<'_>,
    call: &ExprCall,
    because: &str,
) -> Result<Result<Fix, EditError>, Why> {
    let blocked = |why: &str| Err(Why::new(format!("{because}; and {why}")));
    may_await(cx, call)?;
    if cx.options.target < PythonVersion::PY39 {
        return blocked("`asyncio.to_thread` needs Python 3.9");
    }
    if let Some(library) = own_loop(cx) {
        return Err(Why::new(format!(
            "the coroutine may run under {library}, where neither httpx nor asyncio work"
        )));
    }
    if let Some(library) = foreign_loop(cx).filter(|_| !cx.module.imports_module("asyncio")) {
        return blocked(&format!(
            "the coroutine may run under {library}, where asyncio's functions fail"
        ));
    }
    if cx.module.is_awaited(call.into()) {
        return Err(Why::new(
            "awaiting a response of requests fails: what was meant is not clear",
        ));
    }
    if response::prints_itself(cx, call.into()) {
        return blocked("a call in a thread would be printed as well: move the call out first");
    }
    let to_thread = match reach(cx, "asyncio", "to_thread", call.into()) {
        Ok(reach) => reach,
        Err(why) => return blocked(why.as_str()),
    };
    let title = format!("await asyncio.to_thread instead, since {because}");
    let edits = edits(cx, call, &to_thread.text);
    let reason = streams(call)
        .map(str::to_owned)
        .or_else(|| held_review(cx, call.into()));
    let fix = Fix::judged(title, reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, to_thread.need)))
}

/// What else a call asks for, if it may ask for more than a response that is there at once.
fn streams(call: &ExprCall) -> Option<&'static str> {
    call.arguments.keywords.iter().find_map(|keyword| {
        let off = matches!(&keyword.value, Expr::BooleanLiteral(literal) if !literal.value);
        match keyword.arg.as_ref().map(|name| name.as_str()) {
            None => Some("the unpacked arguments may ask for a streamed body, which would still be read on the event loop"),
            Some("stream") if !off => Some("the body is streamed, and still read on the event loop"),
            Some("hooks") => Some("the hooks run in the thread"),
            Some(_) => None,
        }
    })
}

/// `f(a)` to `await to_thread(f, a)`, laid out as the call was.
fn edits(cx: &Cx<'_>, call: &ExprCall, to_thread: &str) -> Vec<Edit> {
    let layout = cx.module.layout();
    let callee = cx.module.source(&call.func);
    let start = span(&call.arguments).start() + 1;
    let first_line = Span::new(start, layout.line_end(start))
        .of(cx.module.text())
        .trim();
    let (at, text) = if call.arguments.is_empty() {
        (start, callee.to_owned())
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
    edits.push(Edit::insert(at, text));
    lines::realign(cx, call, &mut edits, 0);
    lines::break_arguments(cx, call, &mut edits, false);
    edits
}
