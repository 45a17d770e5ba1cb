//! Results that nobody takes.

use super::INFO;
use crate::fix::{Awaitable, Cx, Finding, Origin, awaitables_given};
use crate::model::file::{Why, walk};
use crate::model::project::Target;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// What comments say of errors that are meant to be ignored.
const SAID: [&str; 7] = ["best", "err", "except", "fail", "ignor", "rais", "suppress"];

pub(super) fn finding<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<Finding> {
    let awaitables = awaitables_given(cx, &call.arguments.args)?;
    if ends_something(cx, call) || is_said(cx, call) {
        return None;
    }
    let callees: Option<Vec<_>> = awaitables.iter().map(|of| loses(cx, of)).collect();
    let callees = callees?;
    let first = callees.first()?;
    let message = format!(
        "errors of `{}` vanish: nobody looks at what `gather` returns",
        first
    );
    let why = "whether they may be ignored is not known: without `return_exceptions=True` the first one \
               is raised; with it, look which results are exceptions";
    Some(cx.finding(&INFO, span(call), message, Err(Why::new(why))))
}

/// The callee of an awaitable whose errors are lost with the results; none where they may be seen
/// elsewhere, or do not matter.
fn loses<'a>(cx: &Cx<'a>, awaitable: &Awaitable<'a>) -> Option<String> {
    let call = match awaitable.origin {
        Origin::Coroutine(call) | Origin::Call(call) => call,
        // The coroutine in it.
        Origin::Task(task) => match task.arguments.args.first() {
            Some(Expr::Call(call)) => call,
            _ => return None,
        },
        Origin::Elsewhere => return None,
    };
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    let kept = awaitable.variables.iter().any(|variable| {
        let reads = variable.other_reads(cx, Span::new(0, 0));
        matches!(awaitable.origin, Origin::Task(_)) && reads.len() > 1
    });
    (!kept && !speaks_of_ending(cx, name) && !handles_errors(cx, call))
        .then(|| cx.module.describe(&call.func))
}

/// Whether errors do not matter any more where a call stands: something ends there, or has failed, or
/// is a test.
fn ends_something<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let here = span(call);
    let mut inside = false;
    cx.module.ancestors(call.into()).any(|node| match node {
        AnyNodeRef::ExceptHandlerExceptHandler(_) => !inside,
        AnyNodeRef::StmtTry(statement) => {
            let mut last = statement.finalbody.iter();
            !inside && last.any(|statement| span(statement).contains(here))
        }
        AnyNodeRef::StmtFunctionDef(function) => {
            let cancels = !inside && asks_tasks(function.into());
            inside = true;
            cancels || speaks_of_ending(cx, &function.name) || function.name.starts_with("test")
        }
        AnyNodeRef::StmtClassDef(class) => class.name.starts_with("Test"),
        _ => false,
    })
}

/// Whether a function cancels tasks, or asks them for their errors.
fn asks_tasks(function: AnyNodeRef<'_>) -> bool {
    let mut found = false;
    walk(function, &mut |node| {
        if let AnyNodeRef::ExprAttribute(attribute) = node {
            found |= matches!(attribute.attr.as_str(), "cancel" | "exception" | "result");
        }
        TraversalSignal::Traverse
    });
    found
}

fn speaks_of_ending(cx: &Cx<'_>, name: &str) -> bool {
    let catalogue = cx.module.catalogue();
    let mut words = name.split('_').filter(|word| !word.is_empty());
    words.any(|word| catalogue.speaks_of_ending(&word.to_lowercase()))
}

/// Whether a comment in the statement, or in the lines above it, speaks of errors.
fn is_said<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let layout = cx.module.layout();
    let Some(statement) = cx.module.statement(call.into()) else {
        return false;
    };
    let mut start = layout.line_start(span(statement).start());
    for _ in 0..4 {
        start = layout.line_start(start.saturating_sub(1));
    }
    let around = Span::new(start, layout.line_end(span(statement).end()));
    let mut comments = layout.comments_in(around);
    comments.any(|comment| {
        let text = comment.of(cx.module.text()).to_lowercase();
        SAID.iter().any(|word| text.contains(word))
    })
}

/// Whether a function of the project catches whatever happens in a part of it, and does not hand it on.
fn handles_errors<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let Target::Functions(functions) = cx.target_of(call) else {
        return false;
    };
    functions.iter().any(|function| {
        let facts = cx.project.facts(function.file);
        let tries = facts.map_or(&[] as &[_], |facts| &facts.tries);
        let mut tries = tries.iter();
        tries.any(|of| of.function == Some(function.index) && of.catches_all && !of.hands_on)
    })
}
