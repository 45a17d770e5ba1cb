//! What `asyncio.wait` leaves behind.

use super::{INFO, cancelling, is_abandoned, stands_alone};
use crate::fix::lines::break_arguments;
use crate::fix::{
    Awaitable, Cx, Finding, Fix, Origin, awaitables, calls_of, is_only_tested, method_called,
};
use crate::model::file::{Place, Why, references_within};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprContext, ExprName, StmtFunctionDef};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

/// Why `asyncio.wait` returns before everything is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Early {
    /// The first is done, or has failed.
    First,
    /// The time is up.
    Timeout,
}

/// A call whose second result nobody uses to look after the tasks in it.
struct Left<'a> {
    call: &'a ExprCall,
    statement: AnyNodeRef<'a>,
    function: &'a StmtFunctionDef,
    early: Early,
    /// The name of the second result.
    pending: Option<&'a ExprName>,
    awaitables: Vec<Awaitable<'a>>,
}

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    for call in calls_of(cx, "asyncio.wait") {
        let Some(left) = left(cx, call) else {
            continue;
        };
        let all = left.awaitables.iter();
        let abandoned: Vec<&Awaitable<'_>> = all
            .filter(|of| matches!(of.origin, Origin::Task(_)) && is_abandoned(cx, of, span(call)))
            .collect();
        if abandoned.is_empty() {
            continue;
        }
        let message = match left.early {
            Early::First => {
                "`asyncio.wait` returns with the first task, and nobody cancels or awaits the others"
            }
            Early::Timeout => {
                "`asyncio.wait` returns when its time is up, and nobody cancels or awaits what is left"
            }
        };
        let fix = fix(cx, &left, &abandoned);
        found.push(cx.finding(&INFO, span(call), message, fix));
    }
}

fn left<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<Left<'a>> {
    let Place::Coroutine { function, .. } = cx.module.place(call.into()) else {
        return None;
    };
    let awaited = cx.module.parent(call.into());
    let awaited = awaited.filter(|node| node.is_expr_await())?;
    let statement = cx.module.parent(awaited)?;
    let pending = match statement {
        AnyNodeRef::StmtExpr(_) => None,
        AnyNodeRef::StmtAssign(assign) => {
            let [Expr::Tuple(both)] = &*assign.targets else {
                return None;
            };
            let [_, Expr::Name(pending)] = &*both.elts else {
                return None;
            };
            is_neglected(cx, pending).then_some(())?;
            Some(pending)
        }
        _ => return None,
    };
    let awaitables = awaitables(cx, call.arguments.args.first()?)?;
    let loops = |node: &AnyNodeRef<'_>| node.is_stmt_for() || node.is_stmt_while();
    let within = cx.module.ancestors(call.into());
    let mut around = within
        .take_while(|node| !node.is_stmt_function_def())
        .filter(loops);
    // The next round waits for them again.
    let again = around.any(|around| {
        let mut variables = awaitables.iter().flat_map(|of| &of.variables);
        variables.any(|variable| !span(around).contains(span(variable.value)))
    });
    (!again).then_some(Left {
        call,
        statement,
        function,
        early: early(cx, call)?,
        pending,
        awaitables,
    })
}

fn early<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<Early> {
    let arguments = &call.arguments;
    if arguments.args.len() != 1
        || arguments
            .keywords
            .iter()
            .any(|keyword| keyword.arg.is_none())
    {
        return None;
    }
    let when = arguments.find_keyword("return_when");
    let when = when.map(|keyword| cx.module.qualified(&keyword.value).unwrap_or_default());
    match when.as_deref() {
        Some("asyncio.FIRST_COMPLETED" | "asyncio.FIRST_EXCEPTION") => return Some(Early::First),
        None | Some("asyncio.ALL_COMPLETED") => {}
        Some(_) => return None,
    }
    let timeout = arguments.find_keyword("timeout")?;
    (!timeout.value.is_none_literal_expr()).then_some(Early::Timeout)
}

/// Whether the tasks that are not done are never touched: they are only counted, or shown to people.
fn is_neglected<'a>(cx: &Cx<'a>, pending: &'a ExprName) -> bool {
    let Some(scope) = cx.module.scope_of(pending.into()) else {
        return false;
    };
    let declared = cx.module.scope(scope).is_declared_elsewhere(&pending.id);
    let reads = cx.module.reads_of(scope, &pending.id);
    !declared
        && reads.into_iter().all(|read| {
            let statement = cx
                .module
                .ancestors(read.into())
                .find(|node| node.is_statement());
            let is_asserted = statement.is_some_and(|node| node.is_stmt_assert());
            !is_asserted && (is_only_tested(cx, read.into()) || is_shown(cx, read))
        })
}

/// Whether a value goes into a text or a log.
fn is_shown<'a>(cx: &Cx<'a>, read: &'a ExprName) -> bool {
    let around = cx.module.ancestors(read.into());
    let mut around = around.take_while(|node| !node.is_statement());
    around.any(|node| match node {
        AnyNodeRef::InterpolatedElement(_) => true,
        AnyNodeRef::ExprCall(call) => match &*call.func {
            Expr::Attribute(method) => cx.module.catalogue().is_logging_method(&method.attr),
            _ => false,
        },
        _ => false,
    })
}

fn fix<'a>(
    cx: &Cx<'a>,
    left: &Left<'a>,
    abandoned: &[&Awaitable<'a>],
) -> Result<Result<Fix, EditError>, Why> {
    if left.early == Early::Timeout {
        return Err(Why::new(
            "cancel them if a late result is of no use, else keep them where they stay referenced until \
             they are done",
        ));
    }
    if !stands_alone(cx, span(left.statement)) {
        return Err(Why::new("the statement shares its line with others"));
    }
    let layout = cx.module.layout();
    let newline = layout.newline();
    let indent = layout.indent_at(span(left.statement).start());
    let mut edits = Vec::new();
    let cancelling = if abandoned.len() == left.awaitables.len() {
        let name = pending(cx, left, &mut edits);
        break_arguments(cx, left.call, &mut edits, false);
        cancelling(cx, left.function, &name, indent)
    } else {
        let names = abandoned.iter().map(|of| match &*of.variables {
            [.., last] if !last.is_collection => Ok(last.name),
            _ => Err(Why::new(
                "others look after some of them: give the rest names, and cancel those",
            )),
        });
        let names: Vec<&str> = names.collect::<Result<_, Why>>()?;
        let lines = names.iter().map(|name| format!("{indent}{name}.cancel()"));
        lines.collect::<Vec<_>>().join(newline)
    };
    let end = layout.line_end(span(left.statement).end());
    edits.push(Edit::insert(end, format!("{newline}{cancelling}")));
    let mut reason =
        "what is not done by then is cancelled, and ran on to its end until now: is there something it \
         has to finish?"
            .to_owned();
    if let Some(name) = asked_later(cx, left, abandoned) {
        reason.push_str(&format!(
            " And `{name}.done()` holds of a cancelled task, too, once it has ended"
        ));
    }
    Ok(Fix::review(
        "cancel the tasks that are not done",
        reason,
        cx.file,
        edits,
    ))
}

/// The name of the second result, given to it where it has none.
fn pending<'a>(cx: &Cx<'a>, left: &Left<'a>, edits: &mut Vec<Edit>) -> String {
    let function = span(left.function);
    let fresh = || cx.module.fresh_name(function, &["pending", "unfinished"]);
    match left.pending {
        Some(name) if name.id != "_" => name.id.to_string(),
        Some(name) => {
            let fresh = fresh();
            edits.push(Edit::replace(span(name), fresh.clone()));
            fresh
        }
        None => {
            let names = references_within(left.function.into());
            let mut names = names.into_iter();
            // It may be `gettext`.
            let done = match names.any(|name| name.id == "_" && name.ctx == ExprContext::Load) {
                true => cx.module.fresh_name(function, &["_done"]),
                false => "_".to_owned(),
            };
            let fresh = fresh();
            let start = span(left.statement).start();
            edits.push(Edit::insert(start, format!("{done}, {fresh} = ")));
            fresh
        }
    }
}

/// The name of a task of which it is asked later whether it is done.
fn asked_later<'a>(cx: &Cx<'a>, left: &Left<'a>, abandoned: &[&Awaitable<'a>]) -> Option<&'a str> {
    let end = span(left.statement).end();
    let mut variables = abandoned.iter().flat_map(|of| &of.variables);
    let asked = variables.find(|variable| {
        let reads = variable.other_reads(cx, Span::new(0, end));
        let mut asked = reads.into_iter().filter_map(|read| method_called(cx, read));
        asked.any(|(_, method)| matches!(method, "done" | "cancelled"))
    });
    asked.map(|variable| variable.name)
}
