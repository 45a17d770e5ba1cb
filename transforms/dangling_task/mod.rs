//! Tasks that nobody keeps: `asyncio.create_task(...)` as a statement, or in a variable that is never
//! read. The event loop has only weak references to its tasks.
//!
//! Left alone: tasks of a `TaskGroup`, which keeps them, and of frameworks' own functions; what is
//! returned, awaited, stored or handed on; futures that somebody else has already.

mod endless;
mod kept;
mod lost;
mod waits;

use lost::{Lost, is_by_name, is_kept_elsewhere, lost};
use waits::After;

use crate::fix::lines::{break_arguments, realign};
use crate::fix::{Cx, FileId, Finding, Fix, Info, Transform, foreign_loop};
use crate::model::file::{Place, ScopeId, Term, Why};
use crate::model::project::{Project, Target};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

pub struct DanglingTask;

static INFO: Info = Info {
    id: "dangling-task",
    codes: &["RUF006", "ASYNC300"],
    summary: "a task that nobody keeps",
    why: "The event loop has only weak references to its tasks. One that nobody else refers to may be \
          collected while it waits, and vanishes before it is done. The documentation of \
          `asyncio.create_task` keeps such tasks in a set, which each of them leaves when it is done. \
          That is what is written here: into the set that the class or the module has for it already, \
          else into one of the module, or, with `keep-tasks = \"instance\"`, of the object.",
    before: "\
import asyncio


async def handle(request, record):
    asyncio.create_task(record(request))
    return request.answer()
",
    after: "\
import asyncio

_background_tasks = set()


async def handle(request, record):
    task = asyncio.create_task(record(request))
    _background_tasks.add(task)
    task.add_done_callback(_background_tasks.discard)
    return request.answer()
",
    when_review: "\
- **Safe** where the task runs a coroutine function of the project without an endless loop: it computes \
what it computes today, and only what vanished before it was done is done now. An error is still \
reported, since the set lets go of a task that is done.
- **Review** where what it runs is not known, or never ends by itself: the task and what it holds are \
kept until it is cancelled, and could be collected so far.
- **Review** where the function waits for something after it started the task: a variable refers to the \
task until then, and an error of it is reported by nobody before the last reference goes.
- **Review** where the set that is there is used for more than to keep tasks, such as to cancel them, and \
where the module lists its own names.
- **Review** where a variable keeps the task while its function runs, and the function awaits something \
after that; and where an event loop is known by its name only.
- **Manual** for lambdas, comprehensions and parts of expressions, which have no place for the two \
lines; at module level, where any name keeps a task; and for `asyncio.gather`, which was to be awaited \
most likely.",
    needles: &[],
};

/// The functions of asyncio that put coroutines into tasks.
const NAMES: [&str; 3] = ["create_task", "ensure_future", "gather"];

/// What event loops are called.
const LOOPS: [&str; 4] = ["loop", "_loop", "event_loop", "_event_loop"];

/// Those who call what they are given and drop what it gives.
const DROPPING: [&str; 8] = [
    "add_done_callback",
    "add_reader",
    "add_signal_handler",
    "add_writer",
    "call_at",
    "call_later",
    "call_soon",
    "call_soon_threadsafe",
];

/// Where a task is not what is meant.
const TESTED: &str = "a condition, where any task is true: make it a statement of its own";

/// What makes a task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maker {
    Known,
    /// A function of something that has the name of asyncio or of an event loop.
    ByName,
    Gather,
}

impl Transform for DanglingTask {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        let terms = project.facts(file).map_or(&[][..], |facts| &facts.terms);
        terms.iter().any(|term| match term {
            Term::Member(_, name) => NAMES.contains(&&**name),
            Term::Import(_, name) => name.rsplit('.').any(|part| NAMES.contains(&part)),
            _ => false,
        })
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for &call in cx.module.calls() {
            let Some(lost) = lost(cx, call) else {
                continue;
            };
            let Some(maker) = maker(cx, call) else {
                continue;
            };
            if maker == Maker::Gather {
                let expects = |node| match node {
                    AnyNodeRef::StmtWith(with) => {
                        let mut items = with.items.iter();
                        items.any(|item| cx.module.swallows_errors(&item.context_expr))
                    }
                    _ => false,
                };
                // `with pytest.raises(...)`: what it gives is an error.
                if cx.module.ancestors(call.into()).any(expects) {
                    continue;
                }
                let message = "nobody awaits what `asyncio.gather` gives: its errors are lost";
                let why = "await it, or keep what it gives until it is done";
                let fix = Err(Why::new(why));
                found.push(cx.finding(&INFO, span(call), message, fix));
                continue;
            }
            if is_kept_elsewhere(cx, call) {
                continue;
            }
            let made = call.arguments.find_argument_value("coro", 0);
            let made = made.or_else(|| call.arguments.find_argument_value("coro_or_future", 0));
            let runs = match made {
                Some(Expr::Call(made)) => format!("{}(...)", cx.module.describe(&made.func)),
                Some(made) => cx.module.describe(made),
                None => format!("{}(...)", cx.module.describe(&call.func)),
            };
            let message =
                format!("nobody keeps the task of `{runs}`: it may vanish before it is done");
            let fix = fix(cx, call, &lost, maker, made);
            found.push(cx.finding(&INFO, span(call), message, fix));
        }
    }
}

fn maker<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<Maker> {
    match cx.target_of(call) {
        Target::Library(name) if cx.module.catalogue().makes_task(&name) => Some(Maker::Known),
        Target::Library(name) if &*name == "asyncio.gather" => Some(Maker::Gather),
        Target::Library(name) if cx.module.catalogue().knows(&name) => None,
        Target::Library(_) | Target::Unknown(_) => {
            (is_by_name(cx, call) && foreign_loop(cx).is_none()).then_some(Maker::ByName)
        }
        _ => None,
    }
}
fn fix<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    lost: &Lost<'a>,
    maker: Maker,
    made: Option<&'a Expr>,
) -> Result<Result<Fix, EditError>, Why> {
    let module = cx.module;
    let layout = module.layout();
    let statement = match lost {
        Lost::Statement(statement) | Lost::Variable(statement, _) => *statement,
        Lost::Inside(place) => {
            return Err(Why::new(format!(
                "it stands in {place}, and keep the task there"
            )));
        }
    };
    let function = match module.place(call.into()) {
        Place::Coroutine { function, .. } | Place::Function(function) => function,
        Place::Module => {
            return Err(Why::new(
                "give it a name: what a module has a name for is kept",
            ));
        }
        _ => return Err(Why::new("a class body has no place for it")),
    };
    if !layout.alone(span(statement)) {
        return Err(Why::new("the statement shares its line with others"));
    }
    let rest = Span::new(span(call).end(), span(statement).end());
    let rest = rest.of(module.text());
    if is_split(cx, call, statement) && (rest.contains(['\n', '\r']) || !rest.starts_with('.')) {
        return Err(Why::new("the statement goes over several lines"));
    }
    let Some(scope) = module.body_scope(function) else {
        return Err(Why::new("the function is not seen"));
    };
    let looks = ["locals", "vars", "dir"];
    if let Some(name) = looks
        .iter()
        .find(|name| module.uses_name(span(function), name))
    {
        return Err(Why::new(format!(
            "`{name}()` in the function would see the name of the task"
        )));
    }
    let mut edits = Vec::new();
    let kept = kept::kept(cx, call, function)?;
    let task = match lost {
        Lost::Variable(_, name) if name.id != "_" => name.id.to_string(),
        _ => fresh(cx, scope, span(function)),
    };
    let newline = layout.newline();
    let indent = layout.indent_at(span(statement).start());
    let unit = layout.indent_unit();
    let add = format!("{}.add({task})", kept.set);
    let callback = format!("{}.{}", kept.set, kept.removes);
    let mut discard = format!("{task}.add_done_callback({callback})");
    if indent.chars().count() + discard.chars().count() > cx.options.line_length {
        let inner = format!("{newline}{indent}{unit}");
        discard = format!("{task}.add_done_callback({inner}{callback}{newline}{indent})");
    }
    let lines = format!("{newline}{indent}{add}{newline}{indent}{discard}");
    match lost {
        Lost::Variable(_, name) if name.id == "_" => {
            edits.push(Edit::replace(span(*name), task.clone()));
        }
        Lost::Variable(..) | Lost::Inside(_) => {}
        Lost::Statement(_) => {
            edits.push(Edit::insert(span(statement).start(), format!("{task} = ")));
        }
    }
    if is_split(cx, call, statement) {
        // `create_task(...).add_done_callback(...)`: what is asked of the task comes after.
        edits.push(Edit::insert(
            span(call).end(),
            format!("{lines}{newline}{indent}{task}"),
        ));
    } else {
        let end = layout.line_end(span(statement).end());
        edits.push(Edit::insert(end, lines));
        break_arguments(cx, call, &mut edits, false);
        realign(cx, aligning(cx, call), &mut edits, 0);
    }
    edits.extend(kept.made);
    let mut reasons = reasons(cx, lost, maker, made, &task);
    reasons.extend(kept.review);
    let reason = (!reasons.is_empty()).then(|| reasons.join("; and "));
    Ok(Fix::judged(
        "keep the task until it is done",
        reason,
        cx.file,
        edits,
    ))
}

/// The call whose arguments go on below each other: that of the coroutine, if it begins on the line.
fn aligning<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> &'a ExprCall {
    let layout = cx.module.layout();
    let first_line = layout.line_start(span(call).start());
    match call.arguments.args.first() {
        Some(Expr::Call(made))
            if layout.line_start(span(&made.arguments).start()) == first_line =>
        {
            made
        }
        _ => call,
    }
}

/// Whether the statement goes on after the call, with a method of the task.
fn is_split<'a>(cx: &Cx<'a>, call: &'a ExprCall, statement: AnyNodeRef<'a>) -> bool {
    statement.is_stmt_expr()
        && cx
            .module
            .parent(call.into())
            .is_some_and(|it| it.is_expr_attribute())
}

/// A name for a task in a function.
fn fresh(cx: &Cx<'_>, scope: ScopeId, function: Span) -> String {
    let names = match cx.module.scope(scope).is_declared_elsewhere("task") {
        true => &["background_task"][..],
        false => &["task", "background_task"][..],
    };
    cx.module.fresh_name(function, names)
}

/// What a person must look at; `task` is the name of the task's variable.
fn reasons<'a>(
    cx: &Cx<'a>,
    lost: &Lost<'a>,
    maker: Maker,
    made: Option<&'a Expr>,
    task: &str,
) -> Vec<String> {
    if maker == Maker::ByName {
        return vec!["that it is one of asyncio is told by its name only".to_owned()];
    }
    match lost {
        Lost::Variable(statement, name) if waits::after(cx, *statement) != After::Nothing => {
            vec![format!(
                "`{}` keeps the task while its function runs: it may be meant to end with it",
                name.id
            )]
        }
        Lost::Statement(statement) => {
            let reasons = [
                endless::reason(cx, made),
                waits::reason(cx, *statement, task),
            ];
            reasons.into_iter().flatten().collect()
        }
        _ => endless::reason(cx, made).into_iter().collect(),
    }
}
