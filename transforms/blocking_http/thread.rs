//! The exact alternative: the same call, in a thread, and with it what reads its body later.

use super::bodies::{self, Taken};
use crate::fix::{BlockingCall, Cx, Fix, blocking_call, remedy_since, to_thread};
use crate::model::file::Why;
use crate::python::ast::{Expr, ExprCall};
use crate::python::span;
use crate::text::{EditError, Span};

/// Calls that go to a thread.
pub(super) struct Threads {
    taken: Taken,
    moved: Vec<Span>,
}

/// A change, or why there is none.
type Answer = Result<Result<Fix, EditError>, Why>;

impl Threads {
    pub fn new() -> Self {
        Self {
            taken: Vec::new(),
            moved: Vec::new(),
        }
    }

    /// Whether a call goes to a thread as a part of something larger.
    pub fn has(&self, call: &ExprCall) -> bool {
        self.moved.iter().any(|moved| moved.contains(span(call)))
    }

    /// What is said of a call.
    pub fn message(&self, name: &str, call: &ExprCall) -> String {
        match self.has(call) {
            true => format!("`{name}` and the reading of what it gives block the event loop"),
            false => format!("`{name}` blocks the event loop"),
        }
    }

    /// Moves a call to a thread; `because` says why it is not sent by an asynchronous client.
    pub fn fix<'a>(&mut self, cx: &Cx<'a>, call: &'a ExprCall, because: &str) -> Answer {
        if let Some(Ok(fix)) =
            blocking_call(cx, call).and_then(|it| self.whole(cx, &it, Some(because)))
        {
            return Ok(fix);
        }
        to_thread(cx, call, Some(because), streams(call).map(str::to_owned))
    }

    /// What is done about a call of a library that has no other client, or of a session that stays
    /// what it is because of something.
    pub fn remedy<'a>(
        &mut self,
        cx: &Cx<'a>,
        blocking: &BlockingCall<'a>,
        because: Option<&str>,
    ) -> Answer {
        match self.whole(cx, blocking, None) {
            Some(Ok(fix)) => Ok(fix),
            Some(Err(why)) => remedy_since(cx, blocking, because).map_err(|because| {
                Why::new(format!(
                    "{}, but it cannot: {}",
                    because.as_str(),
                    why.as_str()
                ))
            }),
            None => remedy_since(cx, blocking, because),
        }
    }

    /// Functions of other libraries that read a body, as `json.load(response)`, where the response
    /// itself is not moved with them.
    pub fn readers<'a>(&self, cx: &Cx<'a>) -> Vec<(&'a ExprCall, String)> {
        let calls = cx.module.calls().iter().copied();
        let here = calls.filter(|call| {
            cx.module.inside_coroutine((*call).into())
                && !cx.module.is_awaited((*call).into())
                && !self.has(call)
        });
        here.filter_map(|call| {
            let body = call.arguments.args.first()?.as_name_expr()?;
            let class = cx.module.class_of(call.arguments.args.first()?)?;
            let name = cx.callee(call).ok()?;
            let catalogue = cx.module.catalogue();
            let reads = catalogue.is_subclass(&class, "http.client.HTTPResponse");
            (reads && catalogue.is_reader(&name)).then(|| {
                (
                    call,
                    format!("`{name}` reads `{}`, and blocks the event loop", body.id),
                )
            })
        })
        .collect()
    }

    /// The call together with what reads its body, if anything does.
    fn whole<'a>(
        &mut self,
        cx: &Cx<'a>,
        blocking: &BlockingCall<'a>,
        because: Option<&str>,
    ) -> Option<Answer> {
        let whole = bodies::whole(cx, blocking, because, &mut self.taken)?;
        Some(whole.map(|whole| {
            self.moved.push(whole.span);
            whole.fix
        }))
    }
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
