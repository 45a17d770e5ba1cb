//! Clauses in coroutines that catch a cancellation and do not raise it again: `except:`,
//! `except BaseException`, `except asyncio.CancelledError`, `contextlib.suppress`.
//!
//! Left alone: waiting for a task that this function cancelled, or that it was given; clauses that
//! raise something, end the program, or cancel the task again; tests of cancellation; `except
//! Exception`, which catches no cancellation since Python 3.8.

mod meant;

use crate::fix::{Cx, FileId, Finding, Fix, Info, Transform, foreign_loop, reach};
use crate::model::file::{Entity, Lookup, Place, ScopeId, Why};
use crate::model::project::Project;
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, ExceptHandlerExceptHandler, Expr, Stmt, StmtFunctionDef, StmtTry,
    StmtWith,
};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub struct SwallowedCancellation;

static INFO: Info = Info {
    id: "swallowed-cancellation",
    codes: &["ASYNC103", "ASYNC104"],
    summary: "a cancellation that is caught and not raised again",
    why: "A task is cancelled by `asyncio.CancelledError`, which is raised where it waits. What catches \
          it and goes on cannot be cancelled: timeouts do not end it, a `TaskGroup` waits for it, the \
          program hangs when it is to stop. A clause that catches everything gets one before it that \
          lets a cancellation through.",
    before: "\
import asyncio


async def serve(queue, handle, log):
    while True:
        try:
            await handle(await queue.get())
        except BaseException as error:
            log(error)
",
    after: "\
import asyncio


async def serve(queue, handle, log):
    while True:
        try:
            await handle(await queue.get())
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            log(error)
",
    when_review: "\
- **Review**, always: what swallows a cancellation goes on today, and ends with the change. Clauses that \
do more than to log have it named: clean-up belongs into `finally`.
- **Manual** where a clause names the cancellation and the code after it runs, or the coroutine ends \
and another that awaits it goes on; where it cleans up after another error.
- **Manual** at `except*`, which puts a cancellation into a group when it raises it again.
- **Manual** where only a task is awaited that others may have cancelled; where the error is kept or handed on, and where the file uses trio or anyio, whose \
cancellations are others.",
    needles: &[],
};

/// What a clause catches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Catches {
    /// Everything.
    All,
    /// `asyncio.CancelledError`, by name.
    Named,
    /// The same, and others.
    Among,
}

impl Transform for SwallowedCancellation {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.facts(file).is_some_and(|facts| {
            facts.tries.iter().any(|each| {
                let function = each
                    .function
                    .and_then(|it| facts.functions.get(it.0 as usize));
                each.catches_cancellation && function.is_some_and(|function| function.is_async)
            })
        })
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for node in cx.module.nodes() {
            if !matches!(node, AnyNodeRef::StmtTry(_) | AnyNodeRef::StmtWith(_)) {
                continue;
            }
            let Place::Coroutine { function, .. } = cx.module.place(node) else {
                continue;
            };
            match node {
                AnyNodeRef::StmtTry(statement) => tried(cx, function, statement, found),
                AnyNodeRef::StmtWith(with) => suppressed(cx, function, with, found),
                _ => {}
            }
        }
    }
}

fn tried<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    statement: &'a StmtTry,
    found: &mut Vec<Finding>,
) {
    if !meant::awaits(&statement.body) {
        return;
    }
    // Only the first clause that catches a cancellation gets it.
    let handlers = statement.handlers.iter();
    let first = handlers
        .map(|ExceptHandler::ExceptHandler(handler)| handler)
        .find_map(|handler| Some((handler, catches(cx, handler)?)));
    let Some((handler, catches)) = first else {
        return;
    };
    if meant::goes_on_elsewhere(&handler.body)
        || meant::never_returns(cx, &handler.body)
        || meant::is_told_to_others(handler)
        || meant::is_meant(cx, function, &statement.body, catches == Catches::All)
        || meant::is_said(cx, handler)
    {
        return;
    }
    // Who names the cancellation means it, and may keep it for later, or end a task by it.
    let ends = catches != Catches::All && ends(cx, statement, handler);
    let awaiting = meant::awaited_by(cx, function);
    if catches != Catches::All && meant::handed_on(cx, handler).is_some()
        || ends && awaiting.is_none()
    {
        return;
    }
    let clause = match &handler.type_ {
        None => "except:".to_owned(),
        Some(caught) if statement.is_star => format!("except* {}:", cx.module.describe(caught)),
        Some(caught) => format!("except {}:", cx.module.describe(caught)),
    };
    let message = format!(
        "`{clause}` swallows a cancellation: `{}` goes on when it is cancelled here",
        function.name
    );
    let at = Span::new(
        span(handler).start(),
        handler
            .type_
            .as_deref()
            .map_or(span(handler).start() + "except".len(), |caught| {
                span(caught).end()
            }),
    );
    let fix = match awaiting.filter(|_| ends) {
        Some(awaiting) => Err(Why::new(format!(
            "it ends here as if it were done, and `{awaiting}`, which awaits it, goes on: raise the \
             cancellation again if nobody relies on that"
        ))),
        None => fix(cx, statement, handler, catches),
    };
    found.push(cx.finding(&INFO, at, message, fix));
}

/// Whether a coroutine function ends with a clause.
fn ends<'a>(cx: &Cx<'a>, statement: &'a StmtTry, handler: &'a ExceptHandlerExceptHandler) -> bool {
    let leaves = matches!(handler.body.last(), Some(Stmt::Return(_) | Stmt::Break(_)));
    leaves || is_last(cx, statement.into())
}

fn suppressed<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    with: &'a StmtWith,
    found: &mut Vec<Finding>,
) {
    if with.is_async || !meant::awaits(&with.body) {
        return;
    }
    for item in &with.items {
        let Expr::Call(call) = &item.context_expr else {
            continue;
        };
        if !cx
            .callee(call)
            .is_ok_and(|name| name == "contextlib.suppress")
        {
            continue;
        }
        let caught = call.arguments.args.iter();
        let mut caught = caught.filter_map(|class| catches_class(cx, class));
        let Some(all) = caught.next() else {
            continue;
        };
        if meant::is_meant(cx, function, &with.body, all) {
            continue;
        }
        let message = format!(
            "`{}` swallows a cancellation: `{}` goes on when it is cancelled here",
            cx.module.describe(&item.context_expr),
            function.name
        );
        let why =
            "suppress less, or say with `except` and `raise` what happens when it is cancelled";
        found.push(cx.finding(&INFO, span(call), message, Err(Why::new(why))));
    }
}

/// What a clause catches, if cancellations are among it.
fn catches<'a>(cx: &Cx<'a>, handler: &'a ExceptHandlerExceptHandler) -> Option<Catches> {
    let Some(caught) = handler.type_.as_deref() else {
        return Some(Catches::All);
    };
    let classes = match caught {
        Expr::Tuple(tuple) => &tuple.elts[..],
        single => std::slice::from_ref(single),
    };
    let found: Vec<bool> = classes
        .iter()
        .filter_map(|class| catches_class(cx, class))
        .collect();
    match (&found[..], classes.len()) {
        ([], _) => None,
        (found, _) if found.contains(&true) => Some(Catches::All),
        (_, 1) => Some(Catches::Named),
        _ => Some(Catches::Among),
    }
}

/// Whether a class is that of everything, or of cancellations alone; nothing for others.
fn catches_class<'a>(cx: &Cx<'a>, class: &'a Expr) -> Option<bool> {
    match cx.module.entity(class) {
        Entity::Builtin("BaseException") => Some(true),
        Entity::External(name) => matches!(
            &*name,
            "asyncio.CancelledError" | "asyncio.exceptions.CancelledError"
        )
        .then_some(false),
        _ => None,
    }
}

fn fix<'a>(
    cx: &Cx<'a>,
    statement: &'a StmtTry,
    handler: &'a ExceptHandlerExceptHandler,
    catches: Catches,
) -> Result<Result<Fix, EditError>, Why> {
    if let Some(library) = foreign_loop(cx) {
        return Err(Why::new(format!(
            "the file imports {library}: by which exception this is cancelled is not known"
        )));
    }
    if statement.is_star {
        return Err(Why::new(
            "`except*` raises a cancellation again in a group, which nobody takes for one: catch \
             `Exception`, which leaves it alone",
        ));
    }
    if let Some(name) = meant::handed_on(cx, handler) {
        return Err(Why::new(format!(
            "`{name}` is kept or handed on: a cancellation has to be raised again by who gets it"
        )));
    }
    if meant::only_waits(cx, &statement.body) {
        return Err(Why::new(
            "what it waits for may have been cancelled, and not this: `asyncio.wait` tells them apart",
        ));
    }
    if catches != Catches::All && !goes_round_again(cx, statement, handler) {
        return Err(Why::new(
            "what comes after it runs when the task is cancelled: put that into `finally`, and raise \
             the cancellation again",
        ));
    }
    if catches == Catches::All && meant::cleans_up(cx, statement) {
        return Err(Why::new(
            "this cleans up after something else, and a cancellation would take the place of its error: \
             say which errors are left out of account",
        ));
    }
    let layout = cx.module.layout();
    let at = span(handler).start();
    let indent = layout.indent_at(at);
    if layout.line_start(at) + indent.len() != at {
        return Err(Why::new("the clause shares its line with others"));
    }
    let mut reason =
        "a cancellation has no effect here today, and ends what runs here then".to_owned();
    let (edits, need) = if catches == Catches::Named {
        (raising(cx, handler)?, None)
    } else {
        if meant::does_more(cx, &handler.body) {
            reason.push_str(
                "; what the clause does is not done then: clean-up belongs into `finally`",
            );
        }
        let class = reach(cx, "asyncio", "CancelledError", handler.into())?;
        if class.need.is_some()
            && matches!(
                cx.module.lookup(ScopeId::MODULE, "asyncio"),
                Lookup::Star(_)
            )
        {
            return Err(Why::new(
                "`asyncio` has to be imported, and a star import may bind that name to something else",
            ));
        }
        let (newline, unit) = (layout.newline(), layout.indent_unit());
        let lines = format!(
            "{indent}except {}:{newline}{indent}{unit}raise{newline}",
            class.text
        );
        let above = above_comments(cx, layout.line_start(at), indent);
        (vec![Edit::insert(above, lines)], class.need)
    };
    let fix = Fix::review("let cancellations through", reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, need)))
}

/// Where the comments begin that stand above a clause, at the same indentation.
fn above_comments(cx: &Cx<'_>, clause: usize, indent: &str) -> usize {
    let layout = cx.module.layout();
    let text = cx.module.text();
    let mut at = clause;
    loop {
        let above = &text[..at];
        let above = above.strip_suffix('\n').unwrap_or(above);
        let above = above.strip_suffix('\r').unwrap_or(above);
        let before = layout.line_start(above.len());
        let is_comment = text[before..at].trim_start().starts_with('#');
        if before == at || layout.indent_at(before) != indent || !is_comment {
            break;
        }
        at = before;
    }
    at
}

/// Whether nothing of the function runs after a statement.
fn is_last<'a>(cx: &Cx<'a>, statement: AnyNodeRef<'a>) -> bool {
    let block = cx.module.block(statement);
    if block.is_none_or(|block| block.index + 1 != block.statements.len()) {
        return false;
    }
    match cx.module.parent(statement) {
        Some(AnyNodeRef::StmtFunctionDef(_)) => true,
        Some(
            parent @ (AnyNodeRef::StmtIf(_) | AnyNodeRef::StmtWith(_) | AnyNodeRef::StmtTry(_)),
        ) => is_last(cx, parent),
        Some(AnyNodeRef::ElifElseClause(clause)) => cx
            .module
            .parent(clause.into())
            .is_some_and(|choice| is_last(cx, choice)),
        _ => false,
    }
}

/// Whether a clause leads to the next round of an endless loop, and nowhere else.
fn goes_round_again<'a>(
    cx: &Cx<'a>,
    statement: &'a StmtTry,
    handler: &'a ExceptHandlerExceptHandler,
) -> bool {
    let ends = matches!(
        handler.body.last(),
        None | Some(Stmt::Return(_) | Stmt::Break(_))
    );
    let block = cx.module.block(statement.into());
    let is_last = block.is_some_and(|block| block.index + 1 == block.statements.len());
    let is_continued = matches!(handler.body.last(), Some(Stmt::Continue(_)));
    let is_in_loop = matches!(
        cx.module.parent(statement.into()),
        Some(AnyNodeRef::StmtWhile(each)) if meant::is_true(&each.test)
    );
    let leaves = meant::leaves(&handler.body);
    is_in_loop && !ends && !leaves && (is_last || is_continued)
}

/// The edits that end a clause with `raise`.
fn raising(cx: &Cx<'_>, handler: &ExceptHandlerExceptHandler) -> Result<Vec<Edit>, Why> {
    let layout = cx.module.layout();
    let Some(last) = handler.body.last() else {
        return Err(Why::new("the clause is empty"));
    };
    if !layout.alone(span(last)) {
        return Err(Why::new("the statement shares its line with others"));
    }
    let says_nothing = match last {
        Stmt::Pass(_) | Stmt::Continue(_) => true,
        Stmt::Expr(statement) => statement.value.is_ellipsis_literal_expr(),
        _ => false,
    };
    if says_nothing {
        return Ok(vec![Edit::replace(span(last), "raise")]);
    }
    let indent = layout.indent_at(span(last).start());
    let end = layout.line_end(span(last).end());
    let line = format!("{}{indent}raise", layout.newline());
    Ok(vec![Edit::insert(end, line)])
}
