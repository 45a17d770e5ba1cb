//! The exact alternative: the same call, in a thread.

use super::own_loop;
use crate::fix::{Cx, Fix, needs_parentheses, reach};
use crate::model::file::{Place, Why};
use crate::model::libraries::{Runs, libraries};
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
    let Place::Coroutine { comprehensions, .. } = cx.module.place(call.into()) else {
        return Err(Why::new(
            "`await` is not legal here: move the call out first",
        ));
    };
    if comprehensions > 1 && cx.options.target < PythonVersion::PY311 {
        return Err(Why::new(
            "`await` in a nested comprehension needs Python 3.11",
        ));
    }
    if cx.options.target < PythonVersion::PY39 {
        return blocked("`asyncio.to_thread` needs Python 3.9");
    }
    if let Some(library) = own_loop(cx).or_else(|| other_loop(cx)) {
        return blocked(&format!(
            "the coroutine may run under {library}, where asyncio's functions fail"
        ));
    }
    if cx.module.is_awaited(call.into()) {
        return Err(Why::new(
            "awaiting a response of requests fails: what was meant is not clear",
        ));
    }
    let to_thread = match reach(cx, "asyncio", "to_thread", call.into()) {
        Ok(reach) => reach,
        Err(why) => return blocked(why.as_str()),
    };
    let title = format!("await asyncio.to_thread instead, since {because}");
    let edits = edits(cx, call, &to_thread.text);
    let reason = if let Some(reason) = streams(call) {
        Some(reason.to_owned())
    } else {
        cx.module.held_across(call.into()).map(|held| {
            format!("other tasks now run while `with {held}` is held: a thread lock there would deadlock")
        })
    };
    let fix = match reason {
        Some(reason) => Fix::review(title, reason, cx.file, edits),
        None => Fix::safe(title, cx.file, edits),
    };
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
    let text = cx.module.text();
    let newline = layout.newline();
    let callee = cx.module.source(&call.func);
    let whole = span(call);
    let inside = span(&call.arguments).start() + 1;
    let parenthesised = needs_parentheses(cx, call);
    let open = if parenthesised { "(" } else { "" };
    let start = format!("{open}await {to_thread}(");
    let on_one_line = layout.line_end(whole.start()) >= whole.end();
    let breaks = text[inside..]
        .trim_start_matches(' ')
        .starts_with(['\n', '\r']);

    let mut edits = Vec::new();
    let head = if call.arguments.is_empty() {
        format!("{start}{callee}")
    } else if breaks {
        let indent = layout.indent_at(layout.next_line(inside));
        format!("{start}{newline}{indent}{callee},")
    } else if on_one_line && !parenthesised && is_too_long(cx, whole, to_thread) {
        let indent = layout.indent_at(whole.start());
        edits.push(Edit::insert(whole.end() - 1, format!("{newline}{indent}")));
        format!("{start}{newline}{indent}{}{callee}, ", layout.indent_unit())
    } else {
        let shift = start.len() as isize - (inside - whole.start()) as isize;
        edits.extend(layout.realign(Span::new(inside, whole.end()), shift));
        format!("{start}{callee}, ")
    };
    edits.push(Edit::replace(Span::new(whole.start(), inside), head));
    if parenthesised {
        edits.push(Edit::insert(whole.end(), ")"));
    }
    edits
}

/// Whether the line that ends with a call would be too long with the call in a thread.
fn is_too_long(cx: &Cx<'_>, call: Span, to_thread: &str) -> bool {
    let layout = cx.module.layout();
    let line = Span::new(layout.line_start(call.start()), layout.line_end(call.end()));
    let length = line.of(cx.module.text()).chars().count() + "await (, ".len() + to_thread.len();
    line.end() == call.end() && length > cx.options.line_length
}

/// trio, or anyio when asyncio is not sure to be under it.
fn other_loop(cx: &Cx<'_>) -> Option<&'static str> {
    libraries()
        .iter()
        .filter(|library| {
            library
                .event_loop
                .as_ref()
                .is_some_and(|event_loop| event_loop.runs != Runs::Asyncio)
        })
        .map(|library| library.name.as_str())
        .find(|name| cx.module.imports_module(name) && !cx.module.imports_module("asyncio"))
}
