//! A loop that is looked up or made to run one coroutine: `asyncio.run`.

use super::{INFO, LOOKUP, has_answer};
use crate::fix::{
    Cx, Finding, Fix, LoopRun, LoopVariable, calls_of, loop_runs, loop_variable, reach,
    without_statements,
};
use crate::model::file::{CallPlace, Facts, Place, Term, Why};
use crate::model::project::Target;
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall};
use crate::python::span;
use crate::text::{Edit, Edits, Span};
use rustc_hash::FxHashSet;

/// Reports loops that serve to run something, and gives the look-ups that are spoken for.
pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) -> FxHashSet<Span> {
    let mut settled = FxHashSet::default();
    for run in loop_runs(cx) {
        let Some((made, variable)) = source(cx, &run) else {
            continue;
        };
        if !matches!(
            cx.module.place(run.call.into()),
            Place::Module | Place::Function(_)
        ) || has_answer(cx, made)
            || settled.contains(&span(made))
        {
            continue;
        }
        let is_lookup = cx.callee(made).is_ok_and(|name| name == LOOKUP);
        let fix = fix(cx, &run, made, variable.as_ref());
        // A loop of its own fails nowhere.
        if fix.is_err() && !is_lookup {
            continue;
        }
        settled.insert(span(made));
        let what = cx.module.describe(&made.func);
        let message = match is_lookup {
            true => format!(
                "`{what}()` outside of a coroutine fails since Python 3.14, unless somebody set a loop"
            ),
            false => {
                format!("`{what}()` makes by hand the loop that `asyncio.run` would make and close")
            }
        };
        found.push(cx.finding(&INFO, span(made), message, fix.map(Ok)));
    }
    settled
}

/// The call that gives the loop of a run, and the variable that keeps it.
fn source<'a>(cx: &Cx<'a>, run: &LoopRun<'a>) -> Option<(&'a ExprCall, Option<LoopVariable<'a>>)> {
    let gives = |name: &str| matches!(name, LOOKUP | "asyncio.new_event_loop");
    match run.runner? {
        Expr::Call(made) => {
            let known = made.arguments.is_empty() && cx.callee(made).is_ok_and(|name| gives(&name));
            known.then_some((made, None))
        }
        Expr::Name(name) => {
            let variable = loop_variable(cx, name)?;
            gives(&variable.made_by).then_some((variable.made, Some(variable)))
        }
        _ => None,
    }
}

fn fix<'a>(
    cx: &Cx<'a>,
    run: &LoopRun<'a>,
    made: &'a ExprCall,
    variable: Option<&LoopVariable<'a>>,
) -> Result<Fix, Why> {
    let what = cx.module.describe(run.awaitable);
    if let Some(variable) = variable {
        if let Some(other) = variable.others.first() {
            let line = line_of(cx, span(*other));
            return Err(Why::new(format!(
                "`{}` is used for something else, too, in line {line}: move that into a coroutine for \
                 `asyncio.run`",
                variable.name
            )));
        }
        if let [_, second, ..] = &variable.runs[..] {
            let line = line_of(cx, span(second.call));
            return Err(Why::new(format!(
                "`{}` runs something else in line {line}: put both into one coroutine for `asyncio.run`",
                variable.name
            )));
        }
        if !together(cx, run, made) {
            return Err(Why::new(
                "the loop may be run never or more than once after it is made",
            ));
        }
    }
    let is_coroutine = match run.awaitable {
        Expr::Call(call) => cx.gives(call).is_coroutine(),
        _ => false,
    };
    if !is_coroutine {
        return Err(Why::new(format!(
            "`asyncio.run` takes a coroutine, and `{what}` is not known to be one: await it in a \
             coroutine function of its own"
        )));
    }
    let mut lookups = calls_of(cx, LOOKUP).into_iter();
    let another = lookups.find(|other| {
        span(*other) != span(made)
            && !matches!(cx.module.place((*other).into()), Place::Coroutine { .. })
    });
    if let Some(another) = another {
        let line = line_of(cx, span(another));
        return Err(Why::new(format!(
            "line {line} looks a loop up as well, which fails after `asyncio.run`"
        )));
    }
    let reach = reach(cx, "asyncio", "run", run.call.into())?;
    let callee = Span::new(span(run.call).start(), span(&run.call.arguments).start());
    if cx.module.layout().has_comments(callee) {
        return Err(Why::new("a comment stands inside the call"));
    }
    let shift =
        reach.text.chars().count() as isize - callee.of(cx.module.text()).chars().count() as isize;
    let mut edits = vec![Edit::replace(callee, reach.text.clone())];
    let inside = Span::new(span(&run.call.arguments).start() + 1, span(run.call).end());
    edits.extend(cx.module.layout().realign(inside, shift));
    if let Some(keyword) = run.call.arguments.keywords.first() {
        let name = keyword.arg.as_ref().map(span);
        edits.extend(name.map(|name| Edit::replace(name, "main")));
    }
    if let Some(variable) = variable {
        edits.extend(without_statements(cx, &variable.housekeeping)?);
    }
    if Edits::new(edits.clone()).is_err() {
        return Err(Why::new(
            "the lines to change and those to remove lie inside each other",
        ));
    }
    let reason = (!stands_alone(cx, run)).then(|| {
        let is_new = variable.is_some_and(|variable| variable.made_by != LOOKUP);
        let (before, last) = match is_new {
            true => ("", "leaves no loop that `get_event_loop` could give"),
            false => (
                "the loop is a new one, so that nothing made for another may be used in it; ",
                "closes the loop",
            ),
        };
        format!("{before}`asyncio.run` cancels what still runs when `{what}` is done, and {last}")
    });
    let fix = Fix::judged("run it by asyncio.run", reason, cx.file, edits);
    let fix = fix.map_err(|error| Why::new(format!("a mistake in asyncfix: {error}")))?;
    Ok(fix.needing(cx.file, reach.need))
}

fn line_of(cx: &Cx<'_>, at: Span) -> usize {
    let facts = cx.project.facts(cx.file);
    facts.map_or(0, |facts| facts.line_of(at.start()))
}

/// Whether a loop is run exactly once after it is made: in the same block, or in `try` and `with`
/// statements of it.
fn together<'a>(cx: &Cx<'a>, run: &LoopRun<'a>, made: &'a ExprCall) -> bool {
    let statement = cx.module.statement(made.into());
    let Some(home) = statement.and_then(|statement| cx.module.block(statement)) else {
        return false;
    };
    let mut at = cx.module.statement(run.call.into());
    while let Some(statement) = at {
        match cx.module.block(statement) {
            Some(block) if std::ptr::eq(block.statements, home.statements) => {
                return block.index > home.index;
            }
            _ => {}
        }
        at = cx.module.parent(statement).filter(|around| match around {
            AnyNodeRef::StmtTry(tried) => tried
                .body
                .iter()
                .any(|inner| span(inner).contains(span(run.call))),
            AnyNodeRef::StmtWith(_) => true,
            _ => false,
        });
    }
    false
}

/// Whether nothing else can depend on the loop or be left on it: the module runs it itself, uses the
/// standard library alone, and makes no tasks, asynchronous generators or objects of asyncio before.
fn stands_alone(cx: &Cx<'_>, run: &LoopRun<'_>) -> bool {
    let Some(facts) = cx.project.facts(cx.file) else {
        return false;
    };
    let imports_own = facts
        .imports
        .iter()
        .any(|(level, name)| *level > 0 || !is_stdlib(name) || is_own(cx, name));
    let generates = facts
        .functions
        .iter()
        .any(|of| of.is_async && of.is_generator);
    matches!(cx.module.place(run.call.into()), Place::Module)
        && !imports_own
        && !generates
        && facts.stars.is_empty()
        // `asyncio.run` cancels what it runs then.
        && !cx.module.text().contains("KeyboardInterrupt")
        && !leaves_something(cx, facts)
}

/// Whether a module of the project goes by the name of one of the standard library.
fn is_own(cx: &Cx<'_>, name: &str) -> bool {
    let first = name.split('.').next().unwrap_or(name);
    cx.project
        .modules()
        .path(cx.file)
        .parent()
        .is_some_and(|folder| {
            let beside = folder.join(first);
            cx.project.files().any(|(file, _)| {
                let path = cx.project.modules().path(file);
                path.with_extension("") == beside || path.parent() == Some(&*beside)
            })
        })
}

/// Whether a call makes what may outlive the coroutine, or what belongs to a loop before there is one.
fn leaves_something(cx: &Cx<'_>, facts: &Facts) -> bool {
    let catalogue = cx.project.catalogue();
    facts.calls.iter().enumerate().any(|(index, call)| {
        let name = match facts.terms.get(call.callee.0 as usize) {
            Some(Term::Member(_, name)) => &**name,
            _ => "",
        };
        let lasts = matches!(
            name,
            "create_task"
                | "ensure_future"
                | "run_in_executor"
                | "start_server"
                | "call_later"
                | "call_soon"
                | "call_at"
        );
        lasts
            || match cx.project.graph().target(cx.file, index) {
                Some(Target::Library(name)) if catalogue.makes_task(name) => true,
                Some(Target::Library(name)) => {
                    let early = call.function.is_none()
                        || matches!(call.place, CallPlace::Module | CallPlace::ClassBody);
                    early
                        && name.strip_prefix("asyncio.").is_some_and(|member| {
                            !matches!(
                                member,
                                "get_event_loop"
                                    | "new_event_loop"
                                    | "set_event_loop"
                                    | "run"
                                    | "sleep"
                                    | "AbstractEventLoop.run_until_complete"
                                    | "AbstractEventLoop.close"
                                    | "AbstractEventLoop.shutdown_asyncgens"
                                    | "AbstractEventLoop.shutdown_default_executor"
                            )
                        })
                }
                _ => false,
            }
    })
}
