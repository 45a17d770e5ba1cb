//! Coroutines that nothing awaits: their body never runs, and what is used in the place of the result
//! is the coroutine itself.
//!
//! Left alone: coroutines that others may await, since they are passed on, stored, yielded, or handed
//! to `gather` and the like; what may be another awaitable, such as a task, which runs anyway, unless it
//! is used as its result; and code that asks whether it has a coroutine.

mod annotations;
mod callers;
mod meant;
mod parameters;
mod peers;
mod uses;
mod variables;
mod wrappers;

use crate::fix::{Cx, FileId, Finding, Fix, Info, Transform, may_await};
use crate::model::file::{Call, CallKind, Place, Why, walk};
use crate::model::project::{Gives, Project, Target};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, StmtFunctionDef, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, EditError, Span};
use meant::Meant;
use peers::Peers;
use uses::{Proof, Use, Value, Wrong, function_around, use_of};
use variables::is_kept;

pub struct MissingAwait;

static INFO: Info = Info {
    id: "missing-await",
    codes: &["ASYNC105"],
    summary: "a coroutine that nothing awaits",
    why: "Calling an `async def` function only makes a coroutine; nothing of its body runs until \
          somebody awaits it. Where `await` is forgotten, a statement does nothing, and Python says so \
          in a warning at best. Where the result is used, it is the coroutine that is used instead: \
          `if is_free():` is always true, an f-string prints `<coroutine object ...>`, and an \
          attribute, item or unpacking fails.\n\n\
          A call is found where every function that it could run, over all files and in all classes \
          made from each other, is a coroutine function, and where its coroutine is dropped, used as \
          the value that it would give, or returned by a coroutine function.",
    before: "\
import asyncio


class Store:
    def __init__(self):
        self.rows = {}

    async def put(self, key, value):
        await asyncio.sleep(0)
        self.rows[key] = value

    async def get(self, key):
        return self.rows[key]


async def rename(store: Store, old, new):
    value = store.get(old)
    store.put(new, value.strip())
",
    after: "\
import asyncio


class Store:
    def __init__(self):
        self.rows = {}

    async def put(self, key, value):
        await asyncio.sleep(0)
        self.rows[key] = value

    async def get(self, key):
        return self.rows[key]


async def rename(store: Store, old, new):
    value = await store.get(old)
    await store.put(new, value.strip())
",
    when_review: "\
- **Review** where a coroutine function without an annotation returns the coroutine, since its callers \
may await twice; where the function waits for itself, or for one that never ends, so that a task may \
have been meant; inside a `with` block that may hold a lock; where code names the error that is raised today, to catch it; where a decorator, a metaclass, or an assignment to a class or module may put something else in the place of what is called; and where it is not known what is called, but \
every other call that is written the same in the file is awaited.
- **Manual** in plain functions, lambdas, generator expressions and at module level, where `await` is \
not legal: the message says what would have to become a coroutine function.",
    needles: &[],
};

impl Transform for MissingAwait {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        let calls = project
            .facts(file)
            .map_or(&[] as &[_], |facts| &facts.calls);
        let is_async = |function| {
            let function = project.function(function);
            function.is_some_and(|function| function.is_async)
        };
        let dropped = |(index, call): (usize, &Call)| {
            let maybe = match project.graph().target(file, index) {
                Some(Target::Functions(functions)) => functions.iter().copied().any(is_async),
                Some(Target::Library(name)) => {
                    let catalogue = project.catalogue();
                    catalogue.gives_coroutine(name) || catalogue.gives_future(name)
                }
                Some(Target::Nothing) => true,
                _ => false,
            };
            call.kind == CallKind::Call
                && !call.awaited
                && maybe
                && is_to_await(project, &project.gives(file, index))
        };
        calls.iter().enumerate().any(dropped) || project.mostly_awaits_some(file)
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let peers = Peers::new(cx);
        for &call in cx.module.calls() {
            if cx.module.is_awaited(call.into()) {
                continue;
            }
            let Some((gives, doubt)) = coroutine(cx, call, &peers) else {
                continue;
            };
            let value = Value {
                gives: &gives,
                sure: gives.is_coroutine(),
                always: true,
                steps: 4,
            };
            let is_future = is_future(cx.project, &gives);
            let wrong = match use_of(cx, call.into(), value) {
                // A future may be left to run, and is true or false on purpose where it is kept.
                Use::Wrong(wrong) if is_future && wrong.proof != Proof::Fails => continue,
                Use::Wrong(wrong) => wrong,
                Use::Open if is_future => continue,
                Use::Open if is_kept(cx, call, value.sure) => match peers.others(cx, call) {
                    Some(others) => Wrong {
                        proof: Proof::Habit,
                        what: format!("although {others}"),
                    },
                    None => continue,
                },
                Use::Open | Use::Meant => continue,
            };
            let expected = match meant::meant(cx, call) {
                Meant::Yes => continue,
                // A plain function raises what it raises when it is called.
                Meant::Perhaps(_) if !value.sure => continue,
                Meant::Perhaps(why) => Some(why),
                Meant::No => None,
            };
            let doubt = doubt.or(expected).or_else(|| replaced(cx, &gives));
            let place = cx.module.place(call.into());
            // What a plain function returns, somebody else awaits.
            if !matches!(place, Place::Coroutine { .. }) && wrong.proof >= Proof::Returned {
                continue;
            }
            let what = match is_future {
                true => wrong.what.replace("a coroutine", "a future"),
                false => wrong.what.clone(),
            };
            let shown = cx.module.describe(&call.func);
            let message = format!("`{shown}(...)` is not awaited, {what}");
            let fix = fix(cx, call, &gives, &wrong, doubt);
            found.push(cx.finding(&INFO, span(call), message, fix));
        }
    }
}

fn is_to_await(project: &Project, gives: &Gives) -> bool {
    gives.is_coroutine() || is_future(project, gives)
}

fn is_future(project: &Project, gives: &Gives) -> bool {
    matches!(gives, Gives::Library(name) if project.catalogue().gives_future(name))
}

/// What a call gives that is a coroutine, or is taken for one, and what speaks against being sure.
fn coroutine<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    peers: &Peers,
) -> Option<(Gives, Option<String>)> {
    let gives = cx.gives(call);
    if is_to_await(cx.project, &gives) {
        return Some((gives, None));
    }
    if let Gives::Unknown(_) = gives
        && let Some((gives, doubt)) = callers::gives(cx, call)
    {
        return Some((gives, Some(doubt)));
    }
    let doubt = peers.speak_against(cx, call, &gives)?;
    Some((gives, Some(doubt)))
}

/// Why something else may be called than what is seen.
fn replaced(cx: &Cx<'_>, gives: &Gives) -> Option<String> {
    let Gives::Coroutine(functions) = gives else {
        return None;
    };
    let mut functions = functions.iter();
    functions.find_map(|function| cx.project.may_be_replaced(*function))
}

fn fix<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    gives: &Gives,
    wrong: &Wrong,
    doubt: Option<String>,
) -> Result<Result<Fix, EditError>, Why> {
    let node = AnyNodeRef::from(call);
    if let Place::Function(function) = cx.module.place(node) {
        return Err(plain(cx, function));
    }
    if matches!(cx.module.place(node), Place::Module) {
        return Err(Why::new(
            "no event loop runs at module level: `asyncio.run` would run it",
        ));
    }
    may_await(cx, node)?;
    if cx.module.prints_itself(node) {
        return Err(Why::new(
            "an f-string prints the code of its field, which would change",
        ));
    }
    let reason = if doubt.is_some() {
        doubt
    } else if wrong.proof == Proof::Habit {
        Some("whether somebody awaits what it gives later is not seen".to_owned())
    } else if wrong.proof == Proof::Returned {
        Some(
            "who awaits the function and then what it gives, would await once too often".to_owned(),
        )
    } else if let Some(caught) = meant::caught(cx, call).filter(|_| wrong.proof == Proof::Fails) {
        Some(format!(
            "the error is caught today, by `{caught}`: was it to be raised?"
        ))
    } else if let Some(held) = cx.module.held_across(node) {
        Some(format!(
            "other tasks may run while `with {held}` is held: a thread lock there would deadlock"
        ))
    } else {
        lasting(cx, call, gives)
    };
    Fix::judged("await it", reason, cx.file, edits(cx, call))
        .map(Ok)
        .or_else(|error| Ok(Err(error)))
}

/// `await `, in parentheses where what is around the call binds tighter.
fn edits<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Vec<Edit> {
    let at = span(call);
    let mut edits = match cx.module.binds_tighter(call.into()) {
        true => vec![
            Edit::insert(at.start(), "(await "),
            Edit::insert(at.end(), ")"),
        ],
        false => vec![Edit::insert(at.start(), "await ")],
    };
    let layout = cx.module.layout();
    let inside = Span::new(span(&call.arguments).start() + 1, at.end());
    let column = inside.start() - layout.line_start(inside.start());
    let next = layout.next_line(inside.start());
    // Lines that are aligned with what the call will be stay where they are.
    if next < inside.end() && layout.indent_at(next).len() == column {
        let added = edits.first().map_or(0, |edit| edit.text().len());
        edits.extend(layout.realign(inside, added as isize));
    }
    edits
}

/// Why a plain function cannot await, and what would have to change.
fn plain<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef) -> Why {
    let name = function.name.as_str();
    if name.starts_with("__") && name.ends_with("__") {
        return Why::new(format!(
            "`{name}` is called by Python itself and cannot be a coroutine function: call it elsewhere"
        ));
    }
    let callers: Vec<String> = cx
        .function_ref(function)
        .into_iter()
        .flat_map(|function| cx.project.graph().callers(function))
        .filter_map(|(file, call)| {
            let function = cx.project.call(*file, *call as usize)?.function?;
            let function = cx
                .project
                .facts(*file)?
                .functions
                .get(function.0 as usize)?;
            (!function.is_async).then(|| format!("`{}`", function.qualified))
        })
        .collect();
    let mut callers = callers;
    callers.sort();
    callers.dedup();
    let more = match &callers[..] {
        [] => String::new(),
        [one] => format!(", and so would {one}, which calls it"),
        [first, second] => format!(", and so would {first} and {second}, which call it"),
        [first, second, rest @ ..] => format!(
            ", and so would {first}, {second} and {} more, which call it",
            rest.len()
        ),
    };
    Why::new(format!(
        "`{name}` is no coroutine function: it would have to become one{more}"
    ))
}

/// Where waiting for a function may not end: a task may have been meant.
fn lasting<'a>(cx: &Cx<'a>, call: &'a ExprCall, gives: &Gives) -> Option<String> {
    let node = AnyNodeRef::from(call);
    if !cx
        .module
        .parent(node)
        .is_some_and(|parent| parent.is_stmt_expr())
    {
        return None;
    }
    let shown = cx.module.describe(&call.func);
    let functions = match gives {
        Gives::Coroutine(functions) => functions,
        Gives::LibraryCoroutine(name) if cx.module.catalogue().never_ends(name) => {
            return Some(format!(
                "`{shown}` does not end by itself: was a task meant?"
            ));
        }
        _ => return None,
    };
    let around = function_around(cx, node).and_then(|around| cx.function_ref(around));
    if around.is_some_and(|around| functions.first() == Some(&around)) {
        return Some(format!(
            "`{shown}` is the function itself: was a task meant, for `asyncio.create_task`?"
        ));
    }
    let first = functions.first()?;
    let at = cx.project.function(*first)?.at;
    let endless = cx.look_into(first.file, |other| {
        let mut endless = false;
        walk(other.module.tree().module().into(), &mut |node| {
            if let AnyNodeRef::StmtFunctionDef(function) = node
                && span(&function.name) == at
            {
                endless = never_ends(function);
            }
            match node.is_expression() {
                true => TraversalSignal::Skip,
                false => TraversalSignal::Traverse,
            }
        });
        endless
    });
    (endless == Some(true)).then(|| {
        format!("`{shown}` has a loop without end: was a task meant, for `asyncio.create_task`?")
    })
}

/// Whether a function has a `while True` that it never leaves but by an exception.
fn never_ends(function: &StmtFunctionDef) -> bool {
    function.body.iter().any(|statement| {
        let Some(repeat) = statement.as_while_stmt() else {
            return false;
        };
        let always = match &*repeat.test {
            Expr::BooleanLiteral(test) => test.value,
            Expr::NumberLiteral(_) => true,
            _ => false,
        };
        let mut leaves = false;
        for inner in &repeat.body {
            walk(inner.into(), &mut |node| match node {
                AnyNodeRef::StmtReturn(_) | AnyNodeRef::StmtBreak(_) => {
                    leaves = true;
                    TraversalSignal::Skip
                }
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
                _ => TraversalSignal::Traverse,
            });
        }
        always && !leaves
    })
}
