//! `asyncio.get_event_loop()`, which says too little: in a coroutine it gives the running loop, and
//! outside it gives one only where somebody set it, and otherwise fails since Python 3.14.
//!
//! Left alone: where the error it raises without a loop has an answer, and what depends on the version
//! of Python.

mod inside;
mod whole;

use crate::fix::{
    Cx, FileId, Finding, Fix, Info, Transform, calls, calls_of, foreign_loop, lines, reach,
    replaced, runs_loops,
};
use crate::model::file::{BindingKind, Place, Why};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, ExceptHandler, Expr, ExprCall, Stmt, StmtIf};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub struct EventLoopLookup;

static INFO: Info = Info {
    id: "event-loop-lookup",
    codes: &[],
    summary: "`asyncio.get_event_loop()`, and loops that are made and run by hand",
    why: "In a coroutine `asyncio.get_event_loop()` gives the loop that runs it, and \
          `asyncio.get_running_loop()` says so. Elsewhere it gives a loop only if somebody set one: it \
          made one until Python 3.13, with a warning since 3.12, and raises a RuntimeError since 3.14, as \
          it does in every version after `asyncio.run`. Code that looks up or makes a loop to run one \
          coroutine is what `asyncio.run` is for: it makes the loop, cancels what is left at the end, and \
          closes it.",
    before: "\
import asyncio


async def main():
    loop = asyncio.get_event_loop()
    return loop.time()


if __name__ == \"__main__\":
    loop = asyncio.get_event_loop()
    print(loop.run_until_complete(main()) > 0)
    loop.close()
",
    after: "\
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    return loop.time()


if __name__ == \"__main__\":
    print(asyncio.run(main()) > 0)
",
    when_review: "\
- **Safe** in coroutines, where both give the same loop; and for `asyncio.run` in a module that uses the \
standard library alone, where nothing else can depend on the loop or be left on it.
- **Review** for `asyncio.run` elsewhere: the loop is a new one, and what still runs at the end is \
cancelled; in plain functions that only coroutines call, as far as can be seen; where tests replace \
`get_event_loop`; and where a coroutine may run under another library's loop, or by `send(None)`.
- **Manual** in other plain functions, and where a loop serves for more than to run one coroutine.",
    needles: &[],
};

const LOOKUP: &str = "asyncio.get_event_loop";

impl Transform for EventLoopLookup {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        calls(project, file, &[LOOKUP])
            || runs_loops(project, file) && calls(project, file, &["asyncio.new_event_loop"])
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let settled = whole::check(cx, found);
        for call in calls_of(cx, LOOKUP) {
            if settled.contains(&span(call)) {
                continue;
            }
            match cx.module.place(call.into()) {
                // Where no loop runs, which is never so in a coroutine.
                Place::Coroutine { .. } if is_without_loop(cx, call) => {}
                Place::Coroutine { .. } => {
                    let message = "`asyncio.get_event_loop()` in a coroutine is the running loop";
                    let reason = foreign(cx).or_else(|| driven(cx, call));
                    let fix = running(cx, call, reason);
                    found.push(cx.finding(&INFO, span(call), message, fix));
                }
                _ if has_answer(cx, call) => {}
                _ => {
                    let message = "`asyncio.get_event_loop()` outside of a coroutine fails since \
                                   Python 3.14, unless somebody set a loop";
                    let fix = match is_without_loop(cx, call) {
                        true => Err(Why::new(
                            "no loop runs where this is reached: have `asyncio.run` make one",
                        )),
                        false => inside::only_on_the_loop(cx, call)
                            .and_then(|reason| running(cx, call, Some(reason))),
                    };
                    found.push(cx.finding(&INFO, span(call), message, fix));
                }
            }
        }
        found.sort_by_key(|finding| finding.at.start());
    }
}

/// Puts `get_running_loop` in the place of `get_event_loop`.
fn running<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    reason: Option<String>,
) -> Result<Result<Fix, EditError>, Why> {
    if !call.arguments.is_empty() {
        return Err(Why::new("it takes no arguments"));
    }
    let mut need = None;
    let mut edits = match &*call.func {
        Expr::Attribute(attribute) if is_asyncio(cx, &attribute.value) => {
            vec![Edit::replace(span(&attribute.attr), "get_running_loop")]
        }
        callee => {
            let reach = reach(cx, "asyncio", "get_running_loop", call.into())?;
            need = reach.need;
            vec![Edit::replace(span(callee), reach.text)]
        }
    };
    let outer = chained(cx, call);
    match outer {
        Some(outer) if !outer.arguments.is_empty() => {
            lines::realign(cx, outer, &mut edits, 0);
            lines::break_arguments(cx, outer, &mut edits, false);
        }
        _ => edits.extend(in_parentheses(cx, outer.map_or(span(call), span), &edits)),
    }
    let reason = reason.or_else(|| replaced(cx, "get_event_loop"));
    let title = "say that it is the running loop";
    let fix = Fix::judged(title, reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, need)))
}

/// Whether an expression is the module, also where only the whole project shows that a star import did
/// not bind its name again.
fn is_asyncio<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    let imported = |name: &str| {
        let mut bindings = cx.module.bindings().iter();
        bindings.any(|binding| {
            binding.name == name
                && matches!(binding.kind, BindingKind::Import(index)
                    if cx.module.import(index).target() == "asyncio")
        })
    };
    cx.module.qualified(expression).as_deref() == Some("asyncio")
        || matches!(expression, Expr::Name(name) if imported(&name.id))
}

/// The parentheses that an assigned value without arguments gets where its line becomes too long.
fn in_parentheses(cx: &Cx<'_>, value: Span, edits: &[Edit]) -> Vec<Edit> {
    let layout = cx.module.layout();
    let line = Span::new(
        layout.line_start(value.start()),
        layout.line_end(value.start()),
    );
    let width = |text: &str| text.chars().count() as isize;
    let source = cx.module.text();
    let added: isize = edits
        .iter()
        .map(|edit| width(edit.text()) - width(edit.span().of(source)))
        .sum();
    let before = Span::new(line.start(), value.start()).of(source);
    let is_too_long = width(line.of(source)) + added > cx.options.line_length as isize;
    let is_cut = edits
        .iter()
        .any(|edit| edit.span().touches(Span::empty(value.start())));
    if !is_too_long
        || is_cut
        || value.end() != line.end()
        || !before.ends_with(" = ")
        || before.contains('(')
    {
        return Vec::new();
    }
    let outer = format!("{}{}", layout.newline(), layout.indent_at(value.start()));
    vec![
        Edit::insert(value.start(), format!("({outer}{}", layout.indent_unit())),
        Edit::insert(value.end(), format!("{outer})")),
    ]
}

/// The last call of those that follow on what a call gives: `get_event_loop().run_in_executor(...)`.
fn chained<'a>(cx: &Cx<'a>, call: &ExprCall) -> Option<&'a ExprCall> {
    let mut inner = span(call);
    let mut last = None;
    for ancestor in cx.module.ancestors(call.into()) {
        match ancestor {
            AnyNodeRef::ExprAttribute(_) => {}
            AnyNodeRef::ExprCall(outer) if span(&*outer.func) == inner => last = Some(outer),
            _ => break,
        }
        inner = span(ancestor);
    }
    last
}

/// A library that may run a coroutine of this file without a loop of asyncio.
fn foreign(cx: &Cx<'_>) -> Option<String> {
    foreign_loop(cx).map(|library| {
        format!("where {library} runs the coroutine without asyncio, there is no running loop")
    })
}

/// Somebody who runs the coroutine without a loop, by hand.
fn driven(cx: &Cx<'_>, call: &ExprCall) -> Option<String> {
    let Place::Coroutine { function, .. } = cx.module.place(call.into()) else {
        return None;
    };
    let (file, line) = cx.project.driven_by_hand(cx.function_ref(function)?)?;
    let path = cx.project.modules().path(file).display();
    Some(format!(
        "{path}:{line} runs a coroutine by `send(None)`, where there is no running loop"
    ))
}

/// Whether the error without a loop has an answer, or the version of Python is looked at before.
fn has_answer(cx: &Cx<'_>, call: &ExprCall) -> bool {
    let at = span(call);
    let holds = |body: &[Stmt]| body.iter().any(|inner| span(inner).contains(at));
    let around = cx.module.ancestors(call.into());
    let mut around = around.take_while(|node| !matches!(node, AnyNodeRef::StmtFunctionDef(_)));
    around.any(|ancestor| match ancestor {
        AnyNodeRef::StmtTry(tried) => {
            holds(&tried.body)
                && tried.handlers.iter().any(|handler| {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    handler.type_.as_deref().is_none_or(|caught| {
                        let text = span(caught).of(cx.module.text());
                        text.contains("RuntimeError") || text.contains("Exception")
                    })
                })
        }
        AnyNodeRef::StmtIf(choice) => asks_version(cx, span(&*choice.test), choice),
        _ => false,
    })
}

/// Whether this is what is done when `get_running_loop` has failed.
fn is_without_loop<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let at = span(call);
    cx.module.ancestors(call.into()).any(|ancestor| {
        let AnyNodeRef::StmtTry(tried) = ancestor else {
            return false;
        };
        let mut calls = cx.module.calls().iter();
        tried
            .handlers
            .iter()
            .any(|handler| span(handler).contains(at))
            && calls.any(|other| {
                tried
                    .body
                    .iter()
                    .any(|inner| span(inner).contains(span(*other)))
                    && cx
                        .callee(other)
                        .is_ok_and(|name| name == "asyncio.get_running_loop")
            })
    })
}

fn asks_version(cx: &Cx<'_>, test: Span, choice: &StmtIf) -> bool {
    let tests = choice.elif_else_clauses.iter();
    let mut tests = tests.filter_map(|clause| clause.test.as_ref()).map(span);
    let asks = |test: Span| test.of(cx.module.text()).contains("version_info");
    asks(test) || tests.any(asks)
}
