//! Names of asyncio that are deprecated or gone, and have a successor: `asyncio.iscoroutinefunction`,
//! `asyncio.Task.all_tasks`, event loop policies and child watchers.
//!
//! Left alone: names below the Python version whose other name means the same, and code that asks for
//! the version.

use crate::fix::{
    Cx, FileId, Finding, Fix, Info, Transform, calls_of, is_ready, reach, references_to, replaced,
    speaks_of,
};
use crate::model::file::{Place, Why};
use crate::model::project::Project;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Stmt};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, EditError, Span};

pub struct DeprecatedAsyncio;

static INFO: Info = Info {
    id: "deprecated-asyncio",
    codes: &[],
    summary: "a name of asyncio that is deprecated or gone",
    why: "Python 3.14 warns of `asyncio.iscoroutinefunction` and of event loop policies, and has no child \
          watchers any more; `asyncio.Task.all_tasks` and `asyncio.Task.current_task` are gone since 3.9. \
          `inspect.iscoroutinefunction` knows what was marked as a coroutine function since Python 3.12, \
          and takes the place of the first from there on.",
    before: "\
# target-version: 3.12
import asyncio


async def call(handler, event):
    if asyncio.iscoroutinefunction(handler):
        return await handler(event)
    return handler(event)
",
    after: "\
# target-version: 3.12
import inspect


async def call(handler, event):
    if inspect.iscoroutinefunction(handler):
        return await handler(event)
    return handler(event)
",
    when_review: "\
- **Review** for `iscoroutinefunction` where the project marks functions as asyncio did until Python 3.11; \
where tests replace the old name; for `all_tasks`, which gave tasks that are done as well; for `current_task` outside of coroutines; and where \
a child watcher is no longer set, from Python 3.12 on.
- **Manual** for event loop policies: `asyncio.run` and `asyncio.Runner` take a `loop_factory` since 3.12.",
    needles: &["asyncio"],
};

/// Functions with another name, and the first version in which that means the same.
const RENAMED: [(&str, &str, &str, PythonVersion); 4] = [
    (
        "asyncio.iscoroutinefunction",
        "inspect",
        "iscoroutinefunction",
        PythonVersion::PY312,
    ),
    (
        "asyncio.coroutines.iscoroutinefunction",
        "inspect",
        "iscoroutinefunction",
        PythonVersion::PY312,
    ),
    (
        "asyncio.Task.all_tasks",
        "asyncio",
        "all_tasks",
        PythonVersion::OLDEST,
    ),
    (
        "asyncio.Task.current_task",
        "asyncio",
        "current_task",
        PythonVersion::OLDEST,
    ),
];

const GET_POLICY: &str = "asyncio.get_event_loop_policy";
const SET_POLICY: &str = "asyncio.set_event_loop_policy";
const GET_WATCHER: &str = "asyncio.get_child_watcher";
const SET_WATCHER: &str = "asyncio.set_child_watcher";

/// What asyncio has as functions of its own, which ask the policy.
const OF_POLICY: [&str; 2] = ["new_event_loop", "set_event_loop"];

/// How functions are marked for `asyncio.iscoroutinefunction` alone.
const MARK: &str = "asyncio.coroutines._is_coroutine";

impl Transform for DeprecatedAsyncio {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        let renamed = RENAMED.map(|(name, ..)| name);
        speaks_of(project, file, &renamed)
            || speaks_of(
                project,
                file,
                &[GET_POLICY, SET_POLICY, GET_WATCHER, SET_WATCHER],
            )
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let renamed = RENAMED.map(|(name, ..)| name);
        for (reference, index) in references_to(cx, &renamed) {
            let (old, module, member, since) = RENAMED[index];
            if cx.options.target < since || is_ready(cx, reference.into(), "AttributeError") {
                continue;
            }
            let message = format!("`{old}` is `{module}.{member}`");
            let fix = rename(cx, reference, old, module, member);
            found.push(cx.finding(&INFO, span(reference), message, fix));
        }
        for call in calls_of(cx, GET_POLICY) {
            policy(cx, call, found);
        }
        if cx.options.target < PythonVersion::PY312 {
            return;
        }
        for call in calls_of(cx, SET_POLICY) {
            report_policy(cx, call, found);
        }
        for name in [GET_WATCHER, SET_WATCHER] {
            for call in calls_of(cx, name) {
                if !is_ready(cx, call.into(), "AttributeError") {
                    let message = "there are no child watchers any more since Python 3.14";
                    let fix = without_watcher(cx, call);
                    found.push(cx.finding(&INFO, span(call), message, fix));
                }
            }
        }
    }
}

fn rename<'a>(
    cx: &Cx<'a>,
    reference: &'a Expr,
    old: &str,
    module: &str,
    member: &str,
) -> Result<Result<Fix, EditError>, Why> {
    if cx.module.prints_itself(reference.into()) {
        return Err(Why::new(
            "an f-string prints the code of its field, which would change",
        ));
    }
    let new = reach(cx, module, member, reference.into())?;
    let in_coroutine = matches!(cx.module.place(reference.into()), Place::Coroutine { .. });
    let mut files = cx.project.files();
    let reason = match member {
        "all_tasks" => Some("it gave tasks that are done as well"),
        "current_task" if !in_coroutine => {
            Some("where no event loop runs it is an error, and was `None`")
        }
        "iscoroutinefunction" if files.any(|(file, _)| speaks_of(cx.project, file, &[MARK])) => {
            Some(
                "the project marks coroutine functions with `_is_coroutine`, which `inspect` does not know",
            )
        }
        _ => None,
    };
    let old = old.rsplit('.').next().unwrap_or(old);
    let reason = reason.map(str::to_owned).or_else(|| replaced(cx, old));
    let edits = vec![Edit::replace(span(reference), new.text.clone())];
    let title = format!("use `{}`", new.text);
    let fix = Fix::judged(title, reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, new.need)))
}

/// `asyncio.get_event_loop_policy().new_event_loop()` is `asyncio.new_event_loop()`.
fn policy<'a>(cx: &Cx<'a>, call: &'a ExprCall, found: &mut Vec<Finding>) {
    let Some(AnyNodeRef::ExprAttribute(method)) = cx.module.parent(call.into()) else {
        report_policy(cx, call, found);
        return;
    };
    let is_called = matches!(
        cx.module.parent(method.into()),
        Some(AnyNodeRef::ExprCall(outer)) if span(&*outer.func) == span(method)
    );
    let name = method.attr.as_str();
    if !is_called || !OF_POLICY.contains(&name) {
        report_policy(cx, call, found);
        return;
    }
    let message = format!("`asyncio.{name}` asks the event loop policy by itself");
    let fix = reach(cx, "asyncio", name, call.into()).map(|new| {
        let edits = vec![Edit::replace(span(method), new.text.clone())];
        let reason = replaced(cx, "get_event_loop_policy");
        let fix = Fix::judged(format!("use `{}`", new.text), reason, cx.file, edits);
        fix.map(|fix| fix.needing(cx.file, new.need))
    });
    found.push(cx.finding(&INFO, span(call), message, fix));
}

fn report_policy<'a>(cx: &Cx<'a>, call: &'a ExprCall, found: &mut Vec<Finding>) {
    if cx.options.target < PythonVersion::PY312 || is_ready(cx, call.into(), "AttributeError") {
        return;
    }
    let message = "event loop policies are deprecated since Python 3.14 and go with 3.16";
    let why = Why::new(
        "hand a `loop_factory` to `asyncio.run` or `asyncio.Runner` where the loop is started",
    );
    found.push(cx.finding(&INFO, span(call), message, Err(why)));
}

/// Takes out a statement that only sets a watcher.
fn without_watcher<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<Result<Fix, EditError>, Why> {
    let aside =
        || Why::new("what is done with it has no successor: subprocesses are watched without it");
    let statement = cx.module.statement(call.into()).ok_or_else(aside)?;
    let AnyNodeRef::StmtExpr(expression) = statement else {
        return Err(aside());
    };
    let Expr::Call(whole) = &*expression.value else {
        return Err(aside());
    };
    let sets = span(whole) == span(call);
    let given = match &*call.arguments.args {
        [] => true,
        [Expr::Call(made)] => made.arguments.is_empty(),
        _ => false,
    };
    let attaches = matches!(
        &*whole.func,
        Expr::Attribute(method) if span(&*method.value) == span(call) && method.attr.as_str() == "attach_loop"
    );
    if !given || !(sets || attaches) {
        return Err(aside());
    }
    let layout = cx.module.layout();
    let lines = layout.whole_lines(span(statement));
    let block = cx.module.block(statement).ok_or_else(aside)?;
    let stays = |other: &Stmt| !span(other).of(cx.module.text()).contains("child_watcher");
    if !block.statements.iter().any(stays)
        || !layout.alone(span(statement))
        || layout.has_comments(lines)
    {
        return Err(Why::new(
            "it does not stand alone: take it out with what is around it",
        ));
    }
    let reason = "subprocesses are watched as the platform does it by default from now on, which Python \
                  3.14 always does";
    Ok(Fix::review(
        "take it out",
        reason,
        cx.file,
        vec![Edit::delete(Span::new(lines.start(), lines.end()))],
    ))
}
