//! Where code runs an event loop until something is done, and the variables that it keeps loops in.

use super::{Cx, calls, method_called};
use crate::model::file::{BindingKind, Facts, Lookup, Term, Why};
use crate::model::project::{Project, Target};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, Stmt};
use crate::python::span;
use crate::text::{Edit, FileId, Span};

/// A call that runs an event loop until an awaitable is done, and gives its result.
#[derive(Clone, Copy, Debug)]
pub struct LoopRun<'a> {
    pub call: &'a ExprCall,
    /// What is run.
    pub awaitable: &'a Expr,
    /// The loop or runner, by its own name or by an expression; none for `asyncio.run`.
    pub runner: Option<&'a Expr>,
    /// Whether it is certain that it is one.
    pub is_certain: bool,
}

const RUN: &str = "asyncio.run";
const RUN_UNTIL_COMPLETE: &str = "run_until_complete";
const RUNS: [&str; 3] = [
    RUN,
    "asyncio.AbstractEventLoop.run_until_complete",
    "asyncio.Runner.run",
];

/// The functions that give an event loop.
const LOOKUPS: [&str; 3] = [
    "asyncio.get_event_loop",
    "asyncio.get_running_loop",
    "asyncio.new_event_loop",
];

/// Whether a file runs an event loop anywhere.
pub fn runs_loops(project: &Project, file: FileId) -> bool {
    let named = |facts: &Facts| {
        facts.calls.iter().any(|call| {
            matches!(facts.terms.get(call.callee.0 as usize),
                Some(Term::Member(_, name)) if **name == *RUN_UNTIL_COMPLETE)
        })
    };
    calls(project, file, &RUNS) || project.facts(file).is_some_and(named)
}

/// Every call that runs an event loop, in source order.
pub fn loop_runs<'a>(cx: &Cx<'a>) -> Vec<LoopRun<'a>> {
    let runs = cx.module.calls().iter().copied();
    runs.filter_map(|call| loop_run(cx, call)).collect()
}

fn loop_run<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<LoopRun<'a>> {
    let (keyword, runner, is_certain) = match (cx.target_of(call), &*call.func) {
        (Target::Library(name), _) if *name == *RUN => ("main", None, true),
        (Target::Library(name), Expr::Attribute(method)) if RUNS.contains(&&*name) => {
            let keyword = match method.attr.as_str() {
                RUN_UNTIL_COMPLETE => "future",
                _ => "coro",
            };
            (keyword, Some(&*method.value), true)
        }
        (Target::Unknown(_) | Target::Library(_), Expr::Attribute(method))
            if method.attr.as_str() == RUN_UNTIL_COMPLETE =>
        {
            ("future", Some(&*method.value), false)
        }
        _ => return None,
    };
    let awaitable = call.arguments.find_argument_value(keyword, 0)?;
    (!awaitable.is_starred_expr()).then_some(LoopRun {
        call,
        awaitable,
        runner,
        is_certain,
    })
}

/// A variable that one statement gives an event loop, and everything that is done with it.
#[derive(Debug)]
pub struct LoopVariable<'a> {
    pub name: &'a str,
    /// The call that gives the loop, and the qualified name of what it calls.
    pub made: &'a ExprCall,
    pub made_by: String,
    /// `loop = ...`, `asyncio.set_event_loop(loop)`, `loop.close()` and the like, which make no sense
    /// without the loop.
    pub housekeeping: Vec<&'a Stmt>,
    pub runs: Vec<LoopRun<'a>>,
    /// Where it is read for anything else.
    pub others: Vec<&'a ExprName>,
}

/// What is known of the loop that a name stands for, if one assignment of the same function gives it.
pub fn loop_variable<'a>(cx: &Cx<'a>, name: &'a ExprName) -> Option<LoopVariable<'a>> {
    let module = cx.module;
    let scope = module.scope_of(AnyNodeRef::from(name))?;
    let Lookup::Bound(owner, [only]) = module.lookup(scope, &name.id) else {
        return None;
    };
    let binding = module.binding(*only);
    let BindingKind::Assign(Expr::Call(made)) = binding.kind else {
        return None;
    };
    let made_by = cx.callee(made).ok()?;
    let statement = module.statement(made.into())?;
    let is_plain = match statement {
        AnyNodeRef::StmtAssign(assign) => {
            matches!(&*assign.targets, [Expr::Name(_)]) && span(&*assign.value) == span(made)
        }
        AnyNodeRef::StmtAnnAssign(assign) => assign.target.is_name_expr(),
        _ => false,
    };
    if owner != scope || !is_plain || !made.arguments.is_empty() {
        return None;
    }
    if !LOOKUPS.contains(&&*made_by) {
        return None;
    }
    let mut found = LoopVariable {
        name: &name.id,
        made,
        made_by,
        housekeeping: vec![own_statement(cx, statement)?],
        runs: Vec::new(),
        others: Vec::new(),
    };
    for read in module.reads_of(owner, &name.id) {
        if module.scope_of(AnyNodeRef::from(read)) != Some(scope) {
            found.others.push(read);
            continue;
        }
        if let Some(statement) = housekeeping(cx, read) {
            if !found
                .housekeeping
                .iter()
                .any(|known| std::ptr::eq(*known, statement))
            {
                found.housekeeping.push(statement);
            }
        } else {
            let run = method_called(cx, read).and_then(|(call, _)| loop_run(cx, call));
            match run {
                Some(run) => found.runs.push(run),
                None => found.others.push(read),
            }
        }
    }
    Some(found)
}

/// The variable of the loop that a run is of, if it has one, and all runs of that loop.
pub fn runs_of_loop<'a>(
    cx: &Cx<'a>,
    run: LoopRun<'a>,
) -> (Option<LoopVariable<'a>>, Vec<LoopRun<'a>>) {
    let variable = match run.runner {
        Some(Expr::Name(name)) => loop_variable(cx, name),
        _ => None,
    };
    let runs = match &variable {
        Some(variable) if !variable.runs.is_empty() => variable.runs.clone(),
        _ => vec![run],
    };
    (variable, runs)
}

/// The statement around a read of a loop that serves the loop alone: it is set, closed, or what
/// `asyncio.run` does at its end by itself is done by hand.
fn housekeeping<'a>(cx: &Cx<'a>, read: &'a ExprName) -> Option<&'a Stmt> {
    let statement = cx.module.statement(read.into())?;
    let AnyNodeRef::StmtExpr(expression) = statement else {
        return None;
    };
    let Expr::Call(call) = &*expression.value else {
        return None;
    };
    let is_served = match cx.callee(call) {
        Ok(name) if name == "asyncio.set_event_loop" => {
            matches!(&*call.arguments.args, [Expr::Name(only)] if only.id == read.id)
        }
        _ => match method_called(cx, read) {
            Some((inner, "close")) => std::ptr::eq(inner, call) && call.arguments.is_empty(),
            Some((inner, RUN_UNTIL_COMPLETE)) => {
                std::ptr::eq(inner, call) && runs_end(call, &read.id)
            }
            Some((inner, method)) => {
                is_end(method)
                    && call
                        .arguments
                        .args
                        .first()
                        .is_some_and(|first| span(first) == span(inner))
                    && runs_end(call, &read.id)
            }
            None => false,
        },
    };
    is_served.then(|| own_statement(cx, statement)).flatten()
}

fn is_end(method: &str) -> bool {
    matches!(method, "shutdown_asyncgens" | "shutdown_default_executor")
}

/// `loop.run_until_complete(loop.shutdown_asyncgens())`.
fn runs_end(call: &ExprCall, name: &str) -> bool {
    let of_loop = |expression: &Expr, is_such: &dyn Fn(&str) -> bool| {
        matches!(expression, Expr::Attribute(method)
            if is_such(&method.attr) && matches!(&*method.value, Expr::Name(of) if of.id == *name))
    };
    of_loop(&call.func, &|method| method == RUN_UNTIL_COMPLETE)
        && matches!(&*call.arguments.args, [Expr::Call(end)]
            if end.arguments.is_empty() && of_loop(&end.func, &is_end))
}

/// The same statement among those of its block.
pub fn own_statement<'a>(cx: &Cx<'a>, statement: AnyNodeRef<'a>) -> Option<&'a Stmt> {
    let block = cx.module.block(statement)?;
    block.statements.get(block.index)
}

/// The edits that remove statements, and with them a `try` whose `finally` has nothing else to do.
pub fn without_statements<'a>(cx: &Cx<'a>, gone: &[&'a Stmt]) -> Result<Vec<Edit>, Why> {
    let layout = cx.module.layout();
    let mut edits = Vec::new();
    let mut rest = gone.to_vec();
    for statement in gone {
        let Some(AnyNodeRef::StmtTry(around)) = cx.module.parent((*statement).into()) else {
            continue;
        };
        let is_gone = |other: &Stmt| gone.iter().any(|gone| std::ptr::eq(*gone, other));
        if !around.finalbody.iter().all(is_gone)
            || !around
                .finalbody
                .iter()
                .any(|last| std::ptr::eq(last, *statement))
        {
            continue;
        }
        rest.retain(|other| {
            !around
                .finalbody
                .iter()
                .any(|last| std::ptr::eq(last, *other))
        });
        let (Some(first), Some(last)) = (around.body.first(), around.body.last()) else {
            continue;
        };
        if !std::ptr::eq(&around.finalbody[0], *statement) {
            continue;
        }
        let body_start = layout.line_start(span(first).start());
        let body_end = layout.next_line(span(last).end());
        let start = layout.line_start(span(around).start());
        let head = Span::new(start, body_start);
        let tail = Span::new(body_end, layout.next_line(span(around).end() - 1));
        if body_start <= start || layout.has_comments(head) || layout.has_comments(tail) {
            return Err(Why::new("a comment stands beside a `try` that has to go"));
        }
        if !around.handlers.is_empty() || !around.orelse.is_empty() {
            // The `finally` goes alone.
            let end_of = |statement: &Stmt| layout.next_line(span(statement).end());
            let handled = around
                .handlers
                .last()
                .map(|last| layout.next_line(span(last).end()));
            let before = around.orelse.last().map(end_of).or(handled);
            let from = before.unwrap_or(body_end);
            edits.push(Edit::delete(Span::new(from, tail.end())));
            continue;
        }
        let outer = layout.indent_at(span(around).start()).len();
        let width = layout.indent_at(span(first).start()).len() - outer;
        edits.push(Edit::delete(head));
        edits.extend(layout.dedent(Span::new(body_start, body_end), width));
        edits.push(Edit::delete(tail));
    }
    edits.extend(super::unwrap::remove_statements(cx, &rest)?);
    Ok(edits)
}
