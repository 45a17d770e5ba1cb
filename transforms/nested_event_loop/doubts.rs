//! What speaks against a run that always fails, or must be confirmed of it.

use crate::fix::{Cx, LoopRun};
use crate::model::file::{Why, walk};
use crate::model::libraries::Runs;
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, Expr, ExprCall, Stmt, StmtTry, StmtWith, TraversalSignal,
};
use crate::python::span;
use crate::text::Span;

/// Whether somebody expects the error: `with pytest.raises(RuntimeError)` around the call, or in a
/// function that defines the coroutine and runs it.
pub(super) fn is_expected(cx: &Cx<'_>, call: &ExprCall) -> bool {
    let expects = |with: &StmtWith| {
        let mut items = with.items.iter();
        items.any(|item| cx.module.swallows_errors(&item.context_expr))
    };
    let mut is_outer = false;
    cx.module
        .ancestors(call.into())
        .any(|ancestor| match ancestor {
            AnyNodeRef::StmtWith(with) => expects(with),
            AnyNodeRef::StmtFunctionDef(function) => {
                let mut expected = false;
                if is_outer {
                    walk(function.into(), &mut |node| {
                        expected |= match node {
                            AnyNodeRef::StmtWith(with) => expects(with),
                            AnyNodeRef::ExprAttribute(method) => {
                                method.attr.starts_with("assertRaises")
                            }
                            _ => false,
                        };
                        TraversalSignal::Traverse
                    });
                }
                is_outer = true;
                expected
            }
            _ => false,
        })
}

/// What a person must confirm, or why nothing is done.
pub(super) fn reasons(cx: &Cx<'_>, run: &LoopRun<'_>) -> Result<Vec<String>, Why> {
    let mut reasons: Vec<String> = surroundings(cx)?.into_iter().collect();
    let at = span(run.call);
    for ancestor in around(cx, run) {
        match ancestor {
            AnyNodeRef::StmtTry(tried) if body_holds(tried, at) => {
                for handler in &tried.handlers {
                    reasons.extend(caught(handler)?);
                }
            }
            AnyNodeRef::StmtIf(choice) if asks(cx, &choice.test) => return Err(asked()),
            AnyNodeRef::ExprIf(choice) if asks(cx, &choice.test) => return Err(asked()),
            _ => {}
        }
    }
    reasons.extend(answered(cx, run)?);
    if !run.is_certain {
        let what = run.runner.map(|runner| cx.module.describe(runner));
        reasons.push(format!(
            "this raises a RuntimeError today if `{}` is an event loop, as its use says",
            what.unwrap_or_default()
        ));
    }
    for keyword in &run.call.arguments.keywords {
        let is_run = span(&keyword.value) == span(run.awaitable);
        let name = keyword.arg.as_ref().map(|name| name.as_str());
        let is_debug = name == Some("debug") && keyword.value.is_boolean_literal_expr();
        if !is_run && !is_debug {
            reasons.push(format!(
                "`{}` is for the loop that would be made, and goes",
                name.unwrap_or("**")
            ));
        }
    }
    Ok(reasons)
}

/// What becomes of the RuntimeError in those who call the function.
fn answered(cx: &Cx<'_>, run: &LoopRun<'_>) -> Result<Option<String>, Why> {
    let mut around = cx.module.ancestors(run.call.into());
    let function = around.find_map(|node| match node {
        AnyNodeRef::StmtFunctionDef(function) => Some(function),
        _ => None,
    });
    let answer = function
        .and_then(|function| cx.function_ref(function))
        .and_then(|function| cx.project.answers(function));
    let Some(answer) = answer else {
        return Ok(None);
    };
    let by = cx.project.name_of(answer.by);
    match answer.is_named {
        true => Err(Why::new(format!(
            "`except RuntimeError` in `{by}` has an answer to the error: what is meant is not evident"
        ))),
        false => Ok(Some(format!(
            "`{by}` takes the RuntimeError today among all errors, and what it does instead is no longer \
             done"
        ))),
    }
}

fn asked() -> Why {
    Why::new(
        "what is done depends on whether an event loop runs, which it does in a coroutine: keep that \
         branch alone",
    )
}

/// What must be confirmed of the file and the project.
pub(super) fn surroundings(cx: &Cx<'_>) -> Result<Option<String>, Why> {
    let libraries = cx.module.catalogue().libraries();
    let own = libraries
        .filter_map(|library| Some((library.name.as_str(), library.event_loop.as_ref()?.runs)))
        .find(|(name, runs)| *runs != Runs::Asyncio && cx.module.imports_module(name));
    match own {
        Some((name, Runs::Own)) => {
            return Err(Why::new(format!(
                "the coroutine may run under {name}, where no loop of asyncio need run"
            )));
        }
        Some((name, _)) => {
            return Ok(Some(format!(
                "the coroutine may run under {name} without asyncio, where this works today"
            )));
        }
        None => {}
    }
    let forks = cx.module.calls().iter();
    if forks
        .copied()
        .any(|call| cx.callee(call).is_ok_and(|name| name == "os.fork"))
    {
        return Err(Why::new(
            "the file forks, and in a forked process no loop runs any more",
        ));
    }
    let nesting: Vec<&str> = cx.project.catalogue().nesting().collect();
    let declared = cx.project.manifests().declared();
    let imported = cx.project.imported_of(&nesting);
    let mut nesting = nesting.into_iter();
    let nesting =
        nesting.find(|name| imported.contains(name) || declared.contains(&*name.replace('_', "-")));
    Ok(nesting.map(|library| {
        format!(
            "{library}, which the project uses, lets event loops nest: where it is applied, this works \
             today, in a task of its own"
        )
    }))
}

/// The nodes around a run in the same function.
fn around<'a>(cx: &Cx<'a>, run: &LoopRun<'a>) -> impl Iterator<Item = AnyNodeRef<'a>> {
    cx.module
        .ancestors(run.call.into())
        .take_while(|node| !matches!(node, AnyNodeRef::StmtFunctionDef(_)))
}

fn body_holds(tried: &StmtTry, at: Span) -> bool {
    tried.body.iter().any(|inner| span(inner).contains(at))
}

/// What becomes of the RuntimeError in a handler.
fn caught(handler: &ExceptHandler) -> Result<Option<String>, Why> {
    let ExceptHandler::ExceptHandler(handler) = handler;
    if matches!(handler.body.last(), Some(Stmt::Raise(_))) && handler.body.len() <= 2 {
        return Ok(None);
    }
    let named: Vec<&str> = match handler.type_.as_deref() {
        None => return Ok(Some(takes("except"))),
        Some(Expr::Tuple(tuple)) => tuple.elts.iter().filter_map(name_of).collect(),
        Some(other) => name_of(other).into_iter().collect(),
    };
    if named.contains(&"RuntimeError") {
        return Err(Why::new(
            "`except RuntimeError` has an answer to the error: what is meant is not evident",
        ));
    }
    let wide = named
        .into_iter()
        .find(|name| matches!(*name, "Exception" | "BaseException"));
    Ok(wide.map(|name| takes(&format!("except {name}"))))
}

fn takes(clause: &str) -> String {
    format!("`{clause}` takes the RuntimeError today, and what it does instead is no longer done")
}

fn name_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        _ => None,
    }
}

/// Whether a test looks whether an event loop runs.
fn asks(cx: &Cx<'_>, test: &Expr) -> bool {
    let at = span(test);
    let inside = cx
        .module
        .calls()
        .iter()
        .filter(|call| at.contains(span(**call)));
    inside.copied().any(|call| {
        matches!(&*call.func, Expr::Attribute(method) if method.attr.as_str() == "is_running")
            || cx.callee(call).is_ok_and(|name| {
                matches!(
                    name.as_str(),
                    "asyncio.get_running_loop" | "asyncio._get_running_loop"
                )
            })
    })
}
