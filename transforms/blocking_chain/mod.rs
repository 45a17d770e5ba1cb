//! A coroutine calls a plain function of the project that blocks, itself or further down.
//!
//! What blocks is known from the call graph; what is done about it is one of a few cuts, tried in
//! order. Left alone: calls whose target is not certain, and functions that only run in threads.

mod cuts;
mod lazy;

use crate::fix::{Cut, Cx, FileId, Finding, Fix, Info, Remedy, Site, Transform};
use crate::model::file::{Call, CallKind, Facts, Index, Why};
use crate::model::project::{FunctionRef, Hop, Next, Project, Target, in_coroutine};
use crate::python::ast::ExprCall;
use crate::python::span;
use crate::text::Span;
use rustc_hash::{FxHashMap, FxHashSet};

pub struct BlockingChain;

static INFO: Info = Info {
    id: "blocking-chain",
    codes: &[],
    summary: "a call in a coroutine of a function that blocks further down",
    why: "A plain function that sleeps, waits for the network or reads a file blocks the event loop of \
          whoever calls it, through however many calls and files. The calls on the way are listed with \
          the finding.\n\n\
          Three remedies are tried in this order, unless `chain-cuts` in the settings says otherwise. \
          `async`: the functions on the way become coroutine functions, in one change over all files \
          that call them; only where each of their callers is seen and may await, and where what blocks \
          has a counterpart for coroutines. `thread`: the call in the coroutine moves to a thread; not \
          where something it does belongs to the event loop or to one thread. `endpoint`: a coroutine \
          function that never awaits, and that a framework would run in a thread if it were a plain \
          function, becomes one. What was passed over is named with its reason.",
    before: "\
import asyncio
import time


def _connect():
    time.sleep(0.5)
    return \"connected\"


def _open():
    return _connect().upper()


async def serve():
    return _open()


asyncio.run(serve())
",
    after: "\
import asyncio


async def _connect():
    await asyncio.sleep(0.5)
    return \"connected\"


async def _open():
    return (await _connect()).upper()


async def serve():
    return await _open()


asyncio.run(serve())
",
    when_review: "\
- **Review** where a function with a public name becomes a coroutine function, since code outside the \
files that were looked at would have to await it; where other tasks may now run while something is held.
- **Review** where a function moves to a thread and changes or reads what others may change, or calls \
something that is not known.
- **Manual** where a property, a `with` or a `for` calls the function without naming it, and where no \
cut is open; each with its reason.",
    needles: &[],
};

impl Transform for BlockingChain {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.graph().has_chains(project, file)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let Some(facts) = cx.project.facts(cx.file) else {
            return;
        };
        let nodes: FxHashMap<Span, &ExprCall> = cx
            .module
            .calls()
            .iter()
            .map(|call| (span(*call), *call))
            .collect();
        let mut remedies = Vec::new();
        for (index, call) in facts.calls.iter().enumerate() {
            if !in_coroutine(facts, call) {
                continue;
            }
            if let Some(function) = blocked_target(cx, index) {
                let place = Place {
                    facts,
                    index,
                    call,
                    node: nodes
                        .get(&call.at)
                        .copied()
                        .filter(|_| call.kind == CallKind::Call),
                    function,
                };
                let (finding, cut) = finding(cx, &place);
                remedies.push((call.function, cut, finding));
            }
        }
        keep_endpoints_whole(&mut remedies);
        found.extend(remedies.into_iter().map(|(.., finding)| finding));
    }
}

/// What is found in a function, and the cut that is made.
type Cutting = (Option<Index>, Option<Cut>, Finding);

/// An endpoint cannot become a plain function while another call in it is to be awaited.
fn keep_endpoints_whole(remedies: &mut [Cutting]) {
    let awaiting: FxHashSet<Index> = remedies
        .iter()
        .filter(|(_, cut, _)| matches!(cut, Some(Cut::Async | Cut::Thread)))
        .filter_map(|(function, ..)| *function)
        .collect();
    for (function, cut, finding) in remedies {
        let awaits = function.is_some_and(|function| awaiting.contains(&function));
        if *cut == Some(Cut::Endpoint) && awaits {
            finding.remedy = Remedy::blocked(
                "another call of the endpoint is awaited instead, so that it stays a coroutine function",
            );
        }
    }
}

/// A call in a coroutine that blocks further down.
struct Place<'a> {
    facts: &'a Facts,
    index: usize,
    call: &'a Call,
    /// The call in the tree, unless something is called without being named.
    node: Option<&'a ExprCall>,
    /// What is called.
    function: FunctionRef,
}

/// The function that a call runs and that blocks, the nearest to what does.
fn blocked_target(cx: &Cx<'_>, index: usize) -> Option<FunctionRef> {
    let graph = cx.project.graph();
    let Some(Target::Functions(functions)) = graph.target(cx.file, index) else {
        return None;
    };
    functions
        .iter()
        .filter_map(|function| Some((graph.blocked(*function)?.length, *function)))
        .min()
        .map(|(_, function)| function)
}

fn finding(cx: &Cx<'_>, place: &Place<'_>) -> (Finding, Option<Cut>) {
    let hops = cx.project.graph().chain(place.function);
    let what = hops.iter().find_map(|hop| match &hop.next {
        Next::Library(name) => Some(&**name),
        Next::Function(_) => None,
    });
    let what = what.unwrap_or("something");
    let called = match place.node {
        Some(node) => cx.module.describe(&node.func),
        None => short(place.call.at.of(cx.module.text())),
    };
    let how = match place.call.kind {
        CallKind::Call => format!("`{called}`"),
        CallKind::Read => format!("the property `{called}`"),
        CallKind::With | CallKind::AsyncWith => format!("`with {called}`"),
        CallKind::Iterate | CallKind::AsyncIterate => format!("iterating `{called}`"),
    };
    let message = format!("{how} can block the event loop: it comes to `{what}`");
    let mut passed = Vec::new();
    let mut remedy = None;
    let mut made = None;
    for cut in cx.options.cuts.iter().flatten() {
        match attempt(cx, place, &hops, *cut) {
            Ok(fix) => {
                remedy = Some(fix);
                made = Some(*cut);
                break;
            }
            Err(why) => passed.push((*cut, why)),
        }
    }
    let mut notes: Vec<String> = passed
        .iter()
        .map(|(cut, why)| format!("passed over: {}: {why}", cuts::describe(*cut)))
        .collect();
    let remedy = remedy.unwrap_or_else(|| {
        let main = passed
            .iter()
            .position(|(cut, _)| *cut == Cut::Thread)
            .unwrap_or(0);
        match passed.get(main) {
            Some((_, why)) => {
                notes.remove(main);
                Remedy::Blocked(why.clone())
            }
            None => Remedy::blocked("the settings allow no remedy"),
        }
    });
    let finding = Finding {
        transform: INFO.id,
        file: cx.file,
        at: place.call.at,
        message,
        chain: chain(cx, &hops),
        notes,
        evidence: Vec::new(),
        alternatives: Vec::new(),
        remedy,
    };
    (finding, made)
}

/// The code of something, as much of it as fits into a message.
fn short(code: &str) -> String {
    let line = code.lines().next().unwrap_or_default();
    match line.len() == code.len() && line.chars().count() <= 40 {
        true => line.to_owned(),
        false => format!("{}...", line.chars().take(37).collect::<String>()),
    }
}

fn attempt(cx: &Cx<'_>, place: &Place<'_>, hops: &[Hop], cut: Cut) -> Result<Remedy, Why> {
    let fix: Fix = match cut {
        Cut::Async => cuts::colour(cx, hops)?,
        Cut::Thread => cuts::thread(cx, place)?,
        Cut::Endpoint => cuts::endpoint(cx, place)?,
    };
    Ok(Remedy::Fix(fix))
}

/// The calls on the way, for people.
fn chain(cx: &Cx<'_>, hops: &[Hop]) -> Vec<Site> {
    hops.iter()
        .filter_map(|hop| {
            let facts = cx.project.facts(hop.file)?;
            let call = facts.calls.get(hop.call as usize)?;
            let caller = facts.functions.get(call.function?.0 as usize)?;
            let note = match &hop.next {
                Next::Function(next) => {
                    let next = cx.project.function(*next)?;
                    format!("`{}` calls `{}`", caller.qualified, next.qualified)
                }
                Next::Library(name) => format!("`{}` calls `{name}`", caller.qualified),
            };
            Some(Site {
                file: hop.file,
                at: call.at,
                path: cx.project.modules().path(hop.file).to_path_buf(),
                line: facts.line_of(call.at.start()),
                note,
            })
        })
        .collect()
}
