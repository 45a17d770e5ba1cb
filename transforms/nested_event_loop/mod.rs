//! A coroutine runs an event loop, itself or through plain functions, which asyncio refuses where one
//! runs already.
//!
//! Left alone: what runs in a thread or later (nested functions, lambdas, callbacks), plain functions
//! that look first whether a loop runs, and what a test expects to fail.

mod doubts;
mod needless;
mod through;

use crate::fix::{
    Cx, FileId, Finding, Fix, Info, LoopRun, LoopVariable, Transform, await_argument, held_review,
    loop_runs, may_await, runs_loops, runs_of_loop, without_statements,
};
use crate::model::file::Why;
use crate::model::project::Project;
use crate::python::span;
use crate::text::{Edit, Edits};
use rustc_hash::FxHashSet;

pub struct NestedEventLoop;

static INFO: Info = Info {
    id: "nested-event-loop",
    codes: &[],
    summary: "an event loop run inside a coroutine",
    why: "`asyncio.run`, `loop.run_until_complete` and `asyncio.Runner.run` raise a RuntimeError where an \
          event loop runs already, as it does in every coroutine: what they are given never runs. The \
          coroutine can wait for it itself, by `await`. The same holds for a plain function that runs a \
          loop and is called in a coroutine; it becomes a coroutine function where all who call it can \
          await it, in one change over all files.",
    before: "\
import asyncio


async def fetch(number):
    return number * 10


async def total():
    loop = asyncio.get_running_loop()
    first = loop.run_until_complete(fetch(1))
    return first + asyncio.run(fetch(2))


asyncio.run(total())
",
    after: "\
import asyncio


async def fetch(number):
    return number * 10


async def total():
    first = await fetch(1)
    return first + await fetch(2)


asyncio.run(total())
",
    when_review: "\
- **Safe** where the call always raises a RuntimeError today: what is meant is evident.
- **Review** where the project uses `nest_asyncio`, with which the call works; where it is not certain \
that an event loop is run; where `except Exception` takes the error today, there or in a caller; where the coroutine may run \
under another library's loop; and where a function with a public name becomes a coroutine function.
- **Manual** where `except RuntimeError`, there or further up, or a look at `is_running()` has an answer, so that what is meant \
is not evident; where plain code without a loop calls the function as well; and where `await` is not \
legal.",
    needles: &[],
};

impl Transform for NestedEventLoop {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        runs_loops(project, file)
            || through::may_fire(project, file)
            || needless::may_fire(project, file)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let mut done = FxHashSet::default();
        for run in loop_runs(cx) {
            if !cx.module.inside_coroutine(run.call.into())
                || doubts::is_expected(cx, run.call)
                || !done.insert(span(run.call))
            {
                continue;
            }
            let (variable, runs) = runs_of_loop(cx, run);
            done.extend(runs.iter().map(|run| span(run.call)));
            let message = format!(
                "`{}` fails in a coroutine: an event loop runs already",
                cx.module.describe(&run.call.func)
            );
            let fix = fix(cx, &runs, variable.as_ref());
            found.push(cx.finding(&INFO, span(run.call), message, fix.map(Ok)));
        }
        through::check(cx, found);
        needless::check(cx, found);
    }
}

fn fix(cx: &Cx<'_>, runs: &[LoopRun<'_>], variable: Option<&LoopVariable<'_>>) -> Result<Fix, Why> {
    let mut reasons = Vec::new();
    let mut edits = Vec::new();
    for run in runs {
        may_await(cx, run.call)?;
        reasons.extend(doubts::reasons(cx, run)?);
        edits.extend(await_run(cx, run)?);
        reasons.extend(held_review(cx, run.call.into()));
    }
    reasons.dedup();
    if let Some(variable) = variable {
        edits = with_upkeep(cx, edits, variable)?;
    }
    if Edits::new(edits.clone()).is_err() {
        return Err(Why::new(
            "the lines to change and those to remove lie inside each other",
        ));
    }
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    Fix::judged("await it instead", reason, cx.file, edits)
        .map_err(|error| Why::new(format!("a mistake in asyncfix: {error}")))
}

/// The edits that await what is run.
fn await_run<'a>(cx: &Cx<'a>, run: &LoopRun<'a>) -> Result<Vec<Edit>, Why> {
    if cx.module.prints_itself(run.call.into()) {
        return Err(Why::new(
            "an f-string would print the change as well: move the call out first",
        ));
    }
    await_argument(cx, run.call, run.awaitable)
}

/// The edits, and those that remove what served the loop alone.
fn with_upkeep<'a>(
    cx: &Cx<'a>,
    edits: Vec<Edit>,
    variable: &LoopVariable<'a>,
) -> Result<Vec<Edit>, Why> {
    let is_new = variable.made_by == "asyncio.new_event_loop";
    let is_own = is_new || variable.housekeeping.len() > 1;
    if let Some(other) = variable.others.first() {
        if !is_own {
            return Ok(edits);
        }
        let at = cx.module.layout();
        let line = cx.module.text()[..at.line_start(span(*other).start())]
            .lines()
            .count()
            + 1;
        return Err(Why::new(format!(
            "`{}` is used for something else, too, in line {line}",
            variable.name
        )));
    }
    let removed = without_statements(cx, &variable.housekeeping);
    match removed {
        Ok(removed) => {
            let mut all = edits.clone();
            all.extend(removed);
            match Edits::new(all.clone()) {
                Ok(_) => Ok(all),
                Err(_) if !is_own => Ok(edits),
                Err(_) => Ok(all),
            }
        }
        Err(_) if !is_own => Ok(edits),
        Err(why) => Err(why),
    }
}
