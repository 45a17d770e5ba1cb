//! Async functions given to what calls them as plain ones, and drops their coroutines.

use super::{INFO, is_expected};
use crate::fix::{Cx, FileId, Finding, Fix};
use crate::model::file::{Call, CallPlace, NameHash, Slot, Why};
use crate::model::libraries::{Catalogue, Coroutine, RunsIn, Scheduler};
use crate::model::project::{Gives, Project, Target};
use crate::python::ast::{AnyNodeRef, ArgOrKeyword, Expr, ExprCall};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub(super) fn fires(project: &Project, file: FileId) -> bool {
    let Some(facts) = project.facts(file) else {
        return false;
    };
    let mut calls = facts.calls.iter().enumerate();
    let drops = |index| dropping(project, file, index).is_some();
    calls.any(|(index, call)| {
        let mut given = call.callbacks();
        given.any(|(_, term)| is_asynchronous(&project.would_give(file, term))) && drops(index)
            || call.place == CallPlace::Lambda && project.gives(file, index).is_coroutine()
    })
}

/// What has a function run and drops its coroutine, by its name, if a call calls that.
fn dropping(project: &Project, file: FileId, call: usize) -> Option<(&str, &Scheduler)> {
    let Some(Target::Library(name)) = project.graph().target(file, call) else {
        return None;
    };
    let scheduler = Catalogue::scheduler(project.catalogue(), name)?;
    let drops = matches!(scheduler.coroutine, Coroutine::Dropped | Coroutine::Refused);
    drops.then_some((&**name, scheduler))
}

fn is_asynchronous(gives: &Gives) -> bool {
    matches!(gives, Gives::Coroutine(_) | Gives::AsyncGenerator(_))
}

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    for call in cx.module.calls() {
        let Some(index) = cx.index_of(call) else {
            continue;
        };
        let Some((name, scheduler)) = dropping(cx.project, cx.file, index) else {
            continue;
        };
        let Some(given) = argument(call, scheduler) else {
            continue;
        };
        let facts = cx.project.call(cx.file, index);
        if !facts.is_some_and(|facts| is_coroutine_function(cx, call, facts, given))
            || is_awaited_later(cx, call)
            || is_expected(cx, (*call).into())
        {
            continue;
        }
        let what = match given {
            Expr::Lambda(_) => "a lambda that gives a coroutine".to_owned(),
            other => format!("`{}`, an async function", cx.module.describe(other)),
        };
        let outcome = match (&scheduler.outcome, scheduler.coroutine) {
            (Some(outcome), _) => outcome.as_str(),
            (None, Coroutine::Refused) => "it is refused with a TypeError",
            (None, _) => "nothing of its body ever runs",
        };
        let message = format!("`{name}` is given {what}: {outcome}");
        let fix = fix(cx, call, scheduler, given);
        found.push(cx.finding(&INFO, span(given), message, fix));
    }
}

/// The callable among the arguments of a call.
fn argument<'a>(call: &'a ExprCall, scheduler: &Scheduler) -> Option<&'a Expr> {
    let arguments = &call.arguments;
    let keyword = scheduler.keyword.as_deref();
    let keyword = keyword.and_then(|keyword| arguments.find_keyword(keyword));
    let position = || arguments.args.get(scheduler.position?);
    let unpacked = arguments.args.iter().any(Expr::is_starred_expr);
    match keyword {
        Some(keyword) => Some(&keyword.value),
        None if unpacked && scheduler.position != Some(0) => None,
        None => position(),
    }
}

fn is_coroutine_function<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    facts: &Call,
    given: &'a Expr,
) -> bool {
    if let Expr::Lambda(lambda) = given {
        return match &*lambda.body {
            Expr::Call(made) => cx.gives(made).is_coroutine(),
            _ => false,
        };
    }
    let position = call
        .arguments
        .args
        .iter()
        .position(|other| span(other) == span(given));
    let slot = position
        .and_then(|at| u16::try_from(at).ok())
        .map(Slot::Position);
    let keywords = call.arguments.keywords.iter();
    let keyword = keywords
        .filter(|keyword| span(&keyword.value) == span(given))
        .find_map(|keyword| Some(Slot::Keyword(NameHash::of(keyword.arg.as_ref()?))));
    let Some(slot) = slot.or(keyword) else {
        return false;
    };
    let mut callbacks = facts.callbacks();
    callbacks.any(|(at, term)| at == slot && is_asynchronous(&cx.project.would_give(cx.file, term)))
}

/// Whether what comes of the call is awaited, and then awaited again.
fn is_awaited_later<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let around = cx.module.ancestors(call.into());
    around.take_while(|node| node.is_expr_await()).count() > 1
}

fn fix<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    scheduler: &Scheduler,
    given: &'a Expr,
) -> Result<Result<Fix, EditError>, Why> {
    let awaited = cx.module.parent(call.into());
    let awaited = awaited.filter(|node| node.is_expr_await());
    let statement = awaited.and_then(|node| cx.module.parent(node));
    let is_statement = matches!(statement, Some(AnyNodeRef::StmtExpr(_)));
    if !is_statement || scheduler.runs != RunsIn::Thread || given.is_lambda_expr() {
        return Err(Why::new(scheduler.instead.clone().unwrap_or_else(|| {
            "give it a plain function that has the coroutine run".to_owned()
        })));
    }
    let mut rest = call.arguments.iter_source_order();
    let next = rest.find(|argument| span(*argument).start() > span(given).end());
    let is_first = call
        .arguments
        .args
        .first()
        .is_some_and(|first| span(first) == span(given));
    let before = Span::new(span(&*call.func).end(), span(given).start());
    let unpacked = matches!(next, Some(ArgOrKeyword::Keyword(keyword)) if keyword.arg.is_none());
    if !is_first && !before.of(cx.module.text()).trim().eq("(None,") || unpacked {
        return Err(Why::new("what it runs in is chosen by an argument"));
    }
    let until = match next {
        Some(argument) => span(argument).start(),
        None => span(call).end() - 1,
    };
    let head = Span::new(span(call).start(), until);
    if cx.module.layout().has_comments(head) || head.of(cx.module.text()).contains('\n') {
        return Err(Why::new("the call is laid out in a way of its own"));
    }
    let callee = span(given).of(cx.module.text());
    let edits = vec![Edit::replace(head, format!("{callee}("))];
    let reason = "it runs for the first time, and on the event loop: does it block?";
    Ok(Fix::review(
        "await the coroutine itself",
        reason,
        cx.file,
        edits,
    ))
}
