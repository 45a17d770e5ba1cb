//! Where swallowing a cancellation is meant, or where it goes on elsewhere.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Entity, dotted, walk};
use crate::model::project::{FunctionRef, Target};
use crate::python::ast::{
    AnyNodeRef, ExceptHandlerExceptHandler, Expr, ExprCall, ExprName, Number, Stmt,
    StmtFunctionDef, StmtTry, TraversalSignal,
};
use crate::python::span;
use crate::text::Span;

/// Functions of asyncio that wait for what they are given.
const WAITING: [&str; 4] = [
    "asyncio.gather",
    "asyncio.shield",
    "asyncio.wait",
    "asyncio.wait_for",
];

/// Visits what runs as part of some statements, and no function that they define.
fn each_within<'a>(statements: &'a [Stmt], visit: &mut dyn FnMut(AnyNodeRef<'a>)) {
    for statement in statements {
        walk(statement.into(), &mut |node| match node {
            AnyNodeRef::StmtFunctionDef(_)
            | AnyNodeRef::StmtClassDef(_)
            | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
            _ => {
                visit(node);
                TraversalSignal::Traverse
            }
        });
    }
}

/// Whether statements wait for anything, so that a cancellation may be raised there.
pub(super) fn awaits(statements: &[Stmt]) -> bool {
    let mut found = false;
    each_within(statements, &mut |node| {
        found |= match node {
            AnyNodeRef::ExprAwait(_) => true,
            AnyNodeRef::StmtFor(each) => each.is_async,
            AnyNodeRef::StmtWith(with) => with.is_async,
            AnyNodeRef::Comprehension(clause) => clause.is_async,
            _ => false,
        };
    });
    found
}

/// Whether a clause raises something, ends the program, or cancels again.
pub(super) fn goes_on_elsewhere(body: &[Stmt]) -> bool {
    let mut found = false;
    each_within(body, &mut |node| {
        found |= match node {
            AnyNodeRef::StmtRaise(_) => true,
            AnyNodeRef::ExprCall(call) => match &*call.func {
                Expr::Attribute(method) => matches!(
                    method.attr.as_str(),
                    "_exit" | "cancel" | "exit" | "fail" | "uncancel"
                ),
                Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
                _ => false,
            },
            _ => false,
        };
    });
    found
}

/// Whether a clause ends with a call of a function of the file that only ever raises.
pub(super) fn never_returns<'a>(cx: &Cx<'a>, body: &'a [Stmt]) -> bool {
    let Some(Stmt::Expr(last)) = body.last() else {
        return false;
    };
    let call = match &*last.value {
        Expr::Await(awaited) => awaited.value.as_call_expr(),
        other => other.as_call_expr(),
    };
    let Some(Target::Functions(functions)) = call.map(|call| cx.target_of(call)) else {
        return false;
    };
    let raises = |function: &FunctionRef| {
        let name = cx.project.function(*function).map(|of| of.at);
        let mut bindings = cx.module.bindings().iter();
        function.file == cx.file
            && bindings.any(|binding| match binding.kind {
                BindingKind::Function(of) if Some(span(&of.name)) == name => {
                    let says = of.returns.as_deref().and_then(dotted).unwrap_or_default();
                    matches!(says.rsplit('.').next(), Some("NoReturn" | "Never"))
                        || matches!(of.body.last(), Some(Stmt::Raise(_))) && !leaves(&of.body)
                }
                _ => false,
            })
    };
    !functions.is_empty() && functions.iter().all(raises)
}

/// Whether a clause gives the error to a future, whose waiters get it then.
pub(super) fn is_told_to_others(handler: &ExceptHandlerExceptHandler) -> bool {
    let Some(name) = &handler.name else {
        return false;
    };
    let mut told = false;
    each_within(&handler.body, &mut |node| {
        if let AnyNodeRef::ExprCall(call) = node
            && let Expr::Attribute(method) = &*call.func
            && method.attr.as_str() == "set_exception"
        {
            let mut given = call.arguments.args.iter();
            told |= given.any(|value| matches!(value, Expr::Name(read) if read.id == name.id));
        }
    });
    told
}

/// Whether the cancellation is most likely that of something else: a task that the function cancelled,
/// or one that it was given and only waits for. Tests of cancellation mean it, too.
pub(super) fn is_meant<'a>(
    cx: &Cx<'a>,
    function: &'a StmtFunctionDef,
    body: &'a [Stmt],
    catches_all: bool,
) -> bool {
    let mut cancels = false;
    each_within(&function.body, &mut |node| {
        if let AnyNodeRef::ExprCall(call) = node
            && let Expr::Attribute(method) = &*call.func
            && method.attr.as_str().contains("cancel")
        {
            cancels = true;
        }
    });
    let only_others = only_waits(cx, body);
    if catches_all {
        return only_others && cancels;
    }
    let is_test = cx.module.ancestors(function.into()).any(
        |node| matches!(node, AnyNodeRef::StmtFunctionDef(outer) if outer.name.starts_with("test")),
    );
    let facts = cx.project.facts(cx.file);
    let mut functions = facts.into_iter().flat_map(|facts| &facts.functions);
    // A test defines what is to be cancelled beside itself, too.
    let mut tests = || functions.any(|of| of.name.starts_with("test_"));
    only_others || cancels || is_test || function.name.starts_with("test") || tests()
}

/// Whether a comment of a clause speaks of cancellations.
pub(super) fn is_said(cx: &Cx<'_>, handler: &ExceptHandlerExceptHandler) -> bool {
    let layout = cx.module.layout();
    let end = layout.line_end(span(handler).end());
    let lines = Span::new(span(handler).start(), end);
    let mut comments = cx.module.tree().comments();
    comments.any(|comment| {
        let text = comment.of(cx.module.text()).to_lowercase();
        lines.contains(comment) && text.contains("cancel")
    })
}

/// Whether a statement is what is done in the `except` or `finally` of another `try`.
pub(super) fn cleans_up<'a>(cx: &Cx<'a>, statement: &'a StmtTry) -> bool {
    let at = span(statement);
    let around = cx.module.ancestors(statement.into());
    let mut around = around.take_while(|node| !node.is_stmt_function_def());
    around.any(|node| match node {
        AnyNodeRef::StmtTry(outer) => {
            let mut handlers = outer.handlers.iter();
            let mut last = outer.finalbody.iter();
            handlers.any(|handler| span(handler).contains(at))
                || last.any(|inner| span(inner).contains(at))
        }
        _ => false,
    })
}

/// A coroutine that awaits a function itself, not as a task: when both are cancelled, it goes on.
pub(super) fn awaited_by<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef) -> Option<String> {
    let of = cx.function_ref(function)?;
    let callers = cx.project.graph().callers(of);
    callers.iter().find_map(|(file, index)| {
        let call = cx.project.call(*file, *index as usize)?;
        let by = call.function.filter(|_| call.awaited)?;
        Some(cx.project.name_of(FunctionRef {
            file: *file,
            index: by,
        }))
    })
}

/// Whether statements await nothing but what runs already.
pub(super) fn only_waits<'a>(cx: &Cx<'a>, body: &'a [Stmt]) -> bool {
    let mut only_others = true;
    each_within(body, &mut |node| match node {
        AnyNodeRef::ExprAwait(awaited) => only_others &= waits_for_others(cx, &awaited.value),
        AnyNodeRef::StmtFor(each) => only_others &= !each.is_async,
        AnyNodeRef::StmtWith(with) => only_others &= !with.is_async,
        _ => {}
    });
    only_others
}

/// Whether an `await` only waits for what runs already, and runs nothing itself.
fn waits_for_others<'a>(cx: &Cx<'a>, awaited: &'a Expr) -> bool {
    match awaited {
        Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) | Expr::NumberLiteral(_) => true,
        Expr::Starred(starred) => waits_for_others(cx, &starred.value),
        Expr::List(list) => list.elts.iter().all(|item| waits_for_others(cx, item)),
        Expr::Set(set) => set.elts.iter().all(|item| waits_for_others(cx, item)),
        Expr::Tuple(tuple) => tuple.elts.iter().all(|item| waits_for_others(cx, item)),
        Expr::Call(call) => {
            let waits = cx.callee(call).is_ok_and(|name| WAITING.contains(&&*name));
            let mut given = call.arguments.args.iter();
            waits && given.all(|argument| waits_for_others(cx, argument))
        }
        _ => false,
    }
}

/// The name of the error, if a clause keeps it or hands it on, and does not only show it.
pub(super) fn handed_on<'a>(
    cx: &Cx<'a>,
    handler: &'a ExceptHandlerExceptHandler,
) -> Option<&'a str> {
    let name = handler.name.as_ref()?.as_str();
    let mut handed = false;
    each_within(&handler.body, &mut |node| {
        if let AnyNodeRef::ExprName(read) = node
            && read.id == name
        {
            handed |= !is_shown(cx, read);
        }
    });
    handed.then_some(name)
}

/// Whether an error goes into a text or a log, or is only asked something.
fn is_shown<'a>(cx: &Cx<'a>, read: &'a ExprName) -> bool {
    let around = cx.module.ancestors(read.into());
    let mut around = around.take_while(|node| !node.is_statement());
    around.any(|node| match node {
        AnyNodeRef::InterpolatedElement(_) | AnyNodeRef::ExprAttribute(_) => true,
        AnyNodeRef::ExprCompare(_) => true,
        AnyNodeRef::ExprCall(call) => is_log(cx, call),
        _ => false,
    })
}

/// Whether a call shows something to people, or only asks what it is.
fn is_log<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    match &*call.func {
        Expr::Attribute(method) => {
            let name = method.attr.as_str();
            cx.module.catalogue().is_logging_method(name) || name.starts_with("print_")
        }
        func @ Expr::Name(name) => {
            let is_builtin = matches!(
                cx.module.entity(func),
                Entity::Builtin("isinstance" | "print" | "repr" | "str" | "type")
            );
            is_builtin || matches!(name.id.as_str(), "log" | "logger")
        }
        _ => false,
    }
}

/// Whether a clause does more than to log and to go on.
pub(super) fn does_more<'a>(cx: &Cx<'a>, body: &'a [Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Pass(_) | Stmt::Continue(_) | Stmt::Break(_) | Stmt::Return(_) => false,
        Stmt::Expr(statement) => match &*statement.value {
            Expr::Call(call) => !is_log(cx, call),
            Expr::EllipsisLiteral(_) | Expr::StringLiteral(_) => false,
            _ => true,
        },
        _ => true,
    })
}

/// Whether a statement leaves the loop or the function around.
pub(super) fn leaves(body: &[Stmt]) -> bool {
    let mut found = false;
    each_within(body, &mut |node| {
        found |= matches!(node, AnyNodeRef::StmtBreak(_) | AnyNodeRef::StmtReturn(_));
    });
    found
}

/// Whether a loop with this condition never ends by it.
pub(super) fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(literal) => literal.value,
        Expr::NumberLiteral(literal) => {
            !matches!(&literal.value, Number::Int(number) if *number == 0)
        }
        _ => false,
    }
}
