//! Blocking calls in coroutines as the catalogue knows them, and what it says to do about them.

use super::{Cx, Fix, await_call, held_review, may_await, reach, to_thread};
use crate::model::file::Why;
use crate::model::libraries::{Blocking, Counterpart, Fallback, Kind};
use crate::python::ast::{Expr, ExprCall, Keyword};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

/// A call in a coroutine that blocks the event loop.
pub struct BlockingCall<'a> {
    pub call: &'a ExprCall,
    /// What is called, by its qualified name.
    pub name: String,
    pub entry: &'a Blocking,
}

/// The calls of a kind that block the event loop: in coroutines, and not awaited, which would say
/// that something else is called.
pub fn blocking_calls<'a>(cx: &Cx<'a>, kind: Kind) -> Vec<BlockingCall<'a>> {
    let calls = cx.module.calls().iter().copied();
    calls
        .filter(|call| cx.module.inside_coroutine((*call).into()))
        .filter_map(|call| {
            let name = cx.callee(call).ok()?;
            let entry = cx.module.catalogue().blocking(&name)?;
            // Nothing but a sleep is awaited by mistake: anything else is not what it seems to be.
            let taken_for_another = cx.module.is_awaited(call.into()) && kind != Kind::Sleep;
            let blocks = entry.kind == kind && !is_harmless(entry, call) && !taken_for_another;
            blocks.then_some(BlockingCall { call, name, entry })
        })
        .collect()
}

/// Whether an argument says that the call does not wait.
fn is_harmless(entry: &Blocking, call: &ExprCall) -> bool {
    entry.unless.iter().any(|(keyword, literal)| {
        let value = call
            .arguments
            .find_keyword(keyword)
            .map(|found| &found.value);
        let position = entry.positions.get(keyword);
        let value = value.or_else(|| call.arguments.args.get(*position?));
        match value {
            Some(Expr::BooleanLiteral(value)) => {
                *literal == if value.value { "True" } else { "False" }
            }
            Some(Expr::NoneLiteral(_)) => literal == "None",
            Some(Expr::NumberLiteral(number)) => number
                .value
                .as_int()
                .is_some_and(|int| int.to_string() == *literal),
            _ => false,
        }
    })
}

/// What the catalogue says to do: call the counterpart, move the call to a thread, or nothing.
pub fn remedy(cx: &Cx<'_>, blocking: &BlockingCall<'_>) -> Result<Result<Fix, EditError>, Why> {
    let entry = blocking.entry;
    let native = entry
        .counterpart
        .as_ref()
        .map(|counterpart| call_counterpart(cx, blocking.call, counterpart));
    let because = match native {
        Some(Ok(fix)) => return Ok(fix),
        Some(Err(why)) => Some(why.as_str().to_owned()),
        None => None,
    };
    let why = entry.why.as_deref().unwrap_or("it must stay in its thread");
    match entry.fallback {
        Fallback::Exact => to_thread(cx, blocking.call, because.as_deref(), None),
        Fallback::Review => to_thread(cx, blocking.call, because.as_deref(), Some(why.to_owned())),
        Fallback::List | Fallback::None => {
            let why = match because {
                Some(because) => format!("{because}; and {why}"),
                None => why.to_owned(),
            };
            Err(Why::new(match &entry.instead {
                Some(instead) => format!("{why}; {instead} has it for coroutines"),
                None => why,
            }))
        }
    }
}

/// Calls the counterpart instead, with its arguments under their names there.
fn call_counterpart(
    cx: &Cx<'_>,
    call: &ExprCall,
    counterpart: &Counterpart,
) -> Result<Result<Fix, EditError>, Why> {
    may_await(cx, call)?;
    if cx.module.is_awaited(call.into()) {
        return Err(Why::new("it is awaited already, which fails today"));
    }
    if cx.module.layout().has_comments(span(&*call.func)) {
        return Err(Why::new("a comment stands inside the callee"));
    }
    let (callee, need) = match counterpart.function.strip_prefix('.') {
        Some(method) => match &*call.func {
            Expr::Attribute(attribute) => (
                format!("{}.{method}", cx.module.source(&attribute.value)),
                None,
            ),
            _ => return Err(Why::new("the method is not called on its object")),
        },
        None => {
            let (module, member) = counterpart
                .function
                .rsplit_once('.')
                .ok_or_else(|| Why::new("the counterpart has no module"))?;
            let reach = reach(cx, module, member, call.into())?;
            (reach.text, reach.need)
        }
    };
    let mut edits = await_call(cx, call, &callee);
    edits.extend(arguments(cx, call, counterpart)?);
    let review = counterpart
        .review
        .clone()
        .or_else(|| held_review(cx, call.into()));
    let title = format!(
        "await {} instead",
        counterpart.function.trim_start_matches('.')
    );
    let fix = Fix::judged(title, review, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, need)))
}

fn arguments(cx: &Cx<'_>, call: &ExprCall, counterpart: &Counterpart) -> Result<Vec<Edit>, Why> {
    let positional = &call.arguments.args;
    if counterpart
        .positional
        .is_some_and(|most| positional.len() > most)
    {
        return Err(Why::new(
            "its positional arguments mean something else there",
        ));
    }
    let unpacked = |value: &Expr| value.is_starred_expr();
    if counterpart.positional.is_some() && positional.iter().any(unpacked) {
        return Err(Why::new("how many arguments are unpacked is not known"));
    }
    let mut edits = Vec::new();
    let strict = !counterpart.lacks.is_empty()
        || !counterpart.drops.is_empty()
        || !counterpart.keywords.is_empty();
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else {
            if strict {
                return Err(Why::new("which keywords are unpacked is not known"));
            }
            continue;
        };
        if counterpart
            .lacks
            .iter()
            .any(|lacking| lacking == name.as_str())
        {
            return Err(Why::new(format!("there is no `{name}` there")));
        }
        if counterpart
            .drops
            .iter()
            .any(|dropped| dropped == name.as_str())
        {
            if !is_plain(&keyword.value) {
                return Err(Why::new(format!(
                    "`{name}` goes, and with it what its value does"
                )));
            }
            edits.push(Edit::delete(removed(call, counterpart, span(keyword))));
        } else if let Some(new) = counterpart.keywords.get(name.as_str()) {
            edits.push(Edit::replace(span(name), new.clone()));
        }
    }
    if edits
        .iter()
        .any(|edit| cx.module.layout().has_comments(edit.span()))
    {
        return Err(Why::new("a comment stands beside an argument that goes"));
    }
    Ok(edits)
}

/// Whether nothing happens when an expression is evaluated.
fn is_plain(value: &Expr) -> bool {
    match value {
        Expr::UnaryOp(operation) => is_plain(&operation.operand),
        value => value.is_literal_expr() || value.is_name_expr(),
    }
}

/// What goes with an argument: the comma before it, or, where nothing before it stays, up to the
/// next one.
fn removed(call: &ExprCall, counterpart: &Counterpart, argument: Span) -> Span {
    let goes = |keyword: &Keyword| {
        let name = keyword.arg.as_ref();
        name.is_some_and(|name| {
            counterpart
                .drops
                .iter()
                .any(|dropped| dropped == name.as_str())
        })
    };
    let positional = call.arguments.args.iter().map(|value| (span(value), true));
    let keywords = call
        .arguments
        .keywords
        .iter()
        .map(|keyword| (span(keyword), !goes(keyword)));
    let mut all: Vec<(Span, bool)> = positional.chain(keywords).collect();
    all.sort();
    let before = all
        .iter()
        .rev()
        .find(|(other, _)| other.end() <= argument.start());
    let some_stays = all
        .iter()
        .any(|(other, stays)| *stays && other.end() <= argument.start());
    match before {
        Some((before, _)) if some_stays => Span::new(before.end(), argument.end()),
        _ => {
            let next = all
                .iter()
                .find(|(other, _)| other.start() >= argument.end());
            let end = next.map_or(span(call).end() - 1, |(next, _)| next.start());
            Span::new(argument.start(), end)
        }
    }
}
