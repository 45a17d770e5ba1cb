//! The exact alternative: the same call, in a thread.

use crate::fix::{Cx, Fix, to_thread};
use crate::model::file::Why;
use crate::python::ast::{Expr, ExprCall};
use crate::text::EditError;

/// Moves a call to a thread; `because` says why it is not sent by an asynchronous client.
pub(super) fn fix(
    cx: &Cx<'_>,
    call: &ExprCall,
    because: &str,
) -> Result<Result<Fix, EditError>, Why> {
    to_thread(cx, call, Some(because), streams(call).map(str::to_owned))
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
