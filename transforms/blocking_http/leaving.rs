//! Who catches the errors that leave a coroutine function, in this file and in others.

use super::Names;
use super::errors::{self, Handlers, OS_ERRORS, is_exception};
use super::raising::Elsewhere;
use crate::fix::Cx;
use crate::model::file::{Why, walk};
use crate::model::project::{FunctionRef, Minds};
use crate::python::ast::{AnyNodeRef, StmtFunctionDef, StmtTry, TraversalSignal};
use crate::python::span;
use crate::text::Span;
use std::collections::BTreeSet;

/// More functions than these are not named.
const MAX_NAMED: usize = 2;

/// What a person must confirm about errors that leave a function; refused where a caller catches
/// those of the old library.
pub(super) fn look<'a>(
    cx: &Cx<'a>,
    names: Names<'a>,
    elsewhere: &Elsewhere<'a>,
    function: &'a StmtFunctionDef,
    handled: &[Span],
    handlers: &mut Handlers<'a>,
) -> Result<(), Why> {
    let facts = cx.project.facts(cx.file);
    let index = facts.and_then(|facts| {
        let mut functions = facts.functions.iter();
        functions.position(|of| of.at == span(&function.name))
    });
    let Some(index) = index else {
        return Err(Why::new("the function was not seen when the file was read"));
    };
    let minds = |name: &str| {
        let is_catch_all = names.old.catch_all.iter().any(|all| all == name);
        match is_catch_all || OS_ERRORS.contains(&name) {
            true => Minds::All,
            false if is_exception(names, name) => Minds::Some,
            false => Minds::No,
        }
    };
    let from = FunctionRef::new(cx.file, index);
    let escape = cx.project.escape(from, &minds);
    let place = |file| cx.project.modules().path(file).display().to_string();
    for caught in &escape.caught {
        let facts = cx.project.facts(caught.file);
        let line = facts.map_or(0, |facts| facts.line_of(caught.body.start()));
        let at = match caught.file == cx.file {
            true => format!("line {line}"),
            false => format!("line {line} of {}", place(caught.file)),
        };
        let Some(class) = &caught.class else {
            return Err(Why::new(format!(
                "errors leave the function, and what catches them around {at} is not known"
            )));
        };
        let statement = statement(cx, caught.body).filter(|_| caught.file == cx.file);
        let Some((statement, caller)) = statement else {
            return Err(Why::new(format!(
                "errors leave the function, and `{class}` catches them around {at}"
            )));
        };
        errors::caught(cx, names, false, caller, statement, handlers)?;
    }
    let minded =
        |file, at| file == cx.file && handled.iter().any(|span: &Span| span.contains_offset(at));
    if let Some((file, name)) = cx.project.given_in(&escape, &minds, &minded) {
        let at = match file == cx.file {
            true => "elsewhere in the file".to_owned(),
            false => format!("in {}", place(file)),
        };
        return Err(Why::new(format!(
            "errors leave the function, and `{name}` is named {at}"
        )));
    }
    if escape.unclear
        && let Some(call) = handlers.raiser
        && let Some(who) = elsewhere.catches(call, handled)
    {
        return Err(Why::new(format!("errors leave the function, and {who}")));
    }
    if escape.unseen.is_empty() && !escape.unclear {
        return Ok(());
    }
    let own = facts.and_then(|facts| facts.functions.get(index));
    let own = own.map_or("", |of| &*of.qualified);
    match escape.unseen.is_empty() || escape.unseen.contains(own) {
        true => handlers.leaving.insert(own.to_owned()),
        false => {
            handlers.leaving.extend(escape.unseen);
            true
        }
    };
    Ok(())
}

/// What a person must confirm where errors leave these functions, the request's own among them or not.
pub(super) fn review(names: Names<'_>, unseen: &BTreeSet<String>, own: &str) -> Option<String> {
    if unseen.is_empty() {
        return None;
    }
    let is_own = |name: &String| name.rsplit('.').next() == Some(own);
    let which = match unseen.iter().any(is_own) {
        true => "the function".to_owned(),
        false => {
            let named = unseen.iter().take(MAX_NAMED);
            let named: Vec<String> = named.map(|name| format!("`{name}`")).collect();
            named.join(" and ")
        }
    };
    Some(format!(
        "errors that leave {which} are {}'s: callers that catch those of {} must change",
        names.new.to, names.new.from
    ))
}

/// The `try` statement with this body, and the function that it stands in.
fn statement<'a>(cx: &Cx<'a>, body: Span) -> Option<(&'a StmtTry, Option<&'a StmtFunctionDef>)> {
    let mut found = None;
    for statement in cx.module.tree().body() {
        walk(statement.into(), &mut |node| {
            if let AnyNodeRef::StmtTry(statement) = node
                && let (Some(first), Some(last)) = (statement.body.first(), statement.body.last())
                && span(first).cover(span(last)) == body
            {
                found = Some(statement);
            }
            TraversalSignal::Traverse
        });
    }
    let statement = found?;
    let mut around = cx.module.ancestors(statement.into());
    let function = around.find_map(|ancestor| match ancestor {
        AnyNodeRef::StmtFunctionDef(function) => Some(function),
        _ => None,
    });
    Some((statement, function))
}
