//! What else in the file raises or catches the errors of requests, once some requests are sent by
//! httpx.

use super::Names;
use super::errors::{is_exception, is_old, listed_in};
use super::handler::LOGGING;
use crate::fix::Cx;
use crate::model::file::{BindingKind, Entity, Target, walk};
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, Expr, ExprCall, SourceOrderVisitor, Stmt, StmtClassDef, StmtTry,
    TraversalSignal, walk_expr,
};
use crate::python::span;
use crate::text::Span;
use rustc_hash::FxHashSet;

/// How far the bases of a class are followed, and functions that are awaited.
const MAX_BASES: usize = 8;
const MAX_CALLS: usize = 4;

/// What httpx does in the new code.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// What requests are called by.
    pub callees: FxHashSet<Span>,
    /// Requests, and calls of methods of their responses.
    pub calls: FxHashSet<Span>,
}

impl Sent {
    pub fn holds(&self, call: &ExprCall) -> bool {
        self.calls.contains(&span(call))
    }

    /// Whether the body of a response is decoded under these statements.
    pub fn decodes<'a>(&self, cx: &Cx<'a>, body: &'a [Stmt]) -> bool {
        self.decodes_within(cx, body, MAX_CALLS)
    }

    fn decodes_within<'a>(&self, cx: &Cx<'a>, body: &'a [Stmt], steps: usize) -> bool {
        calls_within(cx, body).into_iter().any(|call| {
            if self.holds(call) {
                return matches!(&*call.func, Expr::Attribute(method) if method.attr.as_str() == "json");
            }
            match cx.module.target(call) {
                Target::Function(function, _) => {
                    steps > 0 && self.decodes_within(cx, &function.body, steps - 1)
                }
                _ => false,
            }
        })
    }
}

/// The calls under a list of statements.
fn calls_within<'a>(cx: &Cx<'a>, body: &'a [Stmt]) -> Vec<&'a ExprCall> {
    let (Some(first), Some(last)) = (body.first(), body.last()) else {
        return Vec::new();
    };
    let whole = span(first).cover(span(last));
    // They are in source order.
    let calls = cx.module.calls();
    let start = calls.partition_point(|call| span(*call).start() < whole.start());
    calls[start..]
        .iter()
        .copied()
        .take_while(|call| span(*call).start() < whole.end())
        .collect()
}

/// Every name and attribute under a node, in source order.
pub(super) fn names_within<'a>(node: AnyNodeRef<'a>) -> Vec<&'a Expr> {
    struct Names<'a>(Vec<&'a Expr>);
    impl<'a> SourceOrderVisitor<'a> for Names<'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if matches!(expression, Expr::Name(_) | Expr::Attribute(_)) {
                self.0.push(expression);
            }
            walk_expr(self, expression);
        }
    }
    let mut names = Names(Vec::new());
    match node {
        AnyNodeRef::ExprName(_) | AnyNodeRef::ExprAttribute(_) => {}
        _ => node.visit_source_order(&mut names),
    }
    names.0
}

/// Whether anything under `body` but what is sent by httpx may raise exceptions of the library.
pub(super) fn others_raise<'a>(
    cx: &Cx<'a>,
    names: Names<'_>,
    body: &'a [Stmt],
    sent: &Sent,
) -> bool {
    any_raises(cx, names, body, sent, MAX_CALLS)
}

fn any_raises<'a>(
    cx: &Cx<'a>,
    names: Names<'_>,
    body: &'a [Stmt],
    sent: &Sent,
    steps: usize,
) -> bool {
    // What awaits a function of this file raises what that does.
    let harmless = |call: &'a ExprCall| match cx.module.target(call) {
        Target::External(name) => name == "asyncio.sleep",
        Target::Function(function, class) => {
            let runs = match function.is_async {
                true => cx.module.is_awaited(call.into()),
                // A class below may have another one, and a decorator does what it likes.
                false => class.is_none() && function.decorator_list.is_empty(),
            };
            steps > 0 && runs && !any_raises(cx, names, &function.body, sent, steps - 1)
        }
        _ => false,
    };
    let calls = calls_within(cx, body);
    let by_call = calls
        .iter()
        .any(|call| !sent.holds(call) && may_raise(cx, names, call) && !harmless(call));
    let by_name = body
        .iter()
        .flat_map(|statement| names_within(statement.into()))
        .any(|name| names_raiser(cx, names, name, sent));
    let mut by_await = false;
    for statement in body {
        walk(statement.into(), &mut |node| {
            if let AnyNodeRef::ExprAwait(awaited) = node {
                by_await |= !matches!(&*awaited.value, Expr::Call(call) if harmless(call));
            }
            TraversalSignal::Traverse
        });
    }
    by_call || by_name || by_await
}

/// Whether a name stands for a function or exception of the library, outside of calls that httpx
/// makes and of what `except` clauses list.
fn names_raiser<'a>(cx: &Cx<'a>, names: Names<'_>, name: &'a Expr, sent: &Sent) -> bool {
    let raised = matches!(
        cx.module.parent(name.into()),
        Some(AnyNodeRef::StmtRaise(_))
    );
    let qualified = match cx.module.entity(name) {
        Entity::External(qualified) if raised && !is_stdlib(&qualified) => return true,
        Entity::External(qualified) => qualified,
        Entity::Class(class) if raised => return may_derive(cx, names, class, MAX_BASES),
        _ => return false,
    };
    if !names.old.functions.contains_key(&qualified) && !is_exception(names, &qualified) {
        return false;
    }
    let called = sent.callees.contains(&span(name));
    !called && !is_listed(cx, name)
}

/// Whether an expression belongs to the classes of an `except` clause.
fn is_listed<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    cx.module.ancestors(expression.into()).any(|ancestor| {
        matches!(ancestor, AnyNodeRef::ExceptHandlerExceptHandler(handler)
            if handler.type_.as_ref().is_some_and(|types| span(&**types).contains(span(expression))))
    })
}

/// Whether a class of this file may be an exception of the library.
fn may_derive<'a>(cx: &Cx<'a>, names: Names<'_>, class: &'a StmtClassDef, steps: usize) -> bool {
    class
        .arguments
        .iter()
        .flat_map(|bases| &bases.args)
        .any(|base| match cx.module.entity(base) {
            Entity::Builtin(_) => false,
            Entity::External(name) => is_exception(names, &name) || !is_stdlib(&name),
            Entity::Class(class) => steps == 0 || may_derive(cx, names, class, steps - 1),
            _ => true,
        })
}

fn may_raise<'a>(cx: &Cx<'a>, names: Names<'_>, call: &'a ExprCall) -> bool {
    match cx.module.target(call) {
        Target::Builtin(_) => false,
        Target::Class(class) => {
            let raised = matches!(
                cx.module.parent(call.into()),
                Some(AnyNodeRef::StmtRaise(_))
            );
            !raised || may_derive(cx, names, class, MAX_BASES)
        }
        Target::External(name) => {
            names.old.functions.contains_key(&name)
                || !is_stdlib(&name) && !cx.module.catalogue().is_pure(&name)
        }
        Target::Function(..) => true,
        Target::Unknown(_) => match &*call.func {
            Expr::Attribute(method) => match method.attr.as_str() {
                // Of a mapping, and not of a session.
                "get" => !matches!(call.arguments.args.first(), Some(Expr::StringLiteral(key))
                    if !key.value.to_str().contains('/')),
                "json" | "raise_for_status" => true,
                name => {
                    !LOGGING.contains(&name)
                        && !cx
                            .module
                            .catalogue()
                            .is_pure_method(name, call.arguments.args.len())
                        && !cx.module.catalogue().is_filling_method(name)
                }
            },
            _ => true,
        },
    }
}

/// What a file says elsewhere about the library.
#[derive(Debug, Default)]
pub(super) struct Elsewhere<'a> {
    /// `try` statements that mind the library's exceptions, and run code that may raise them.
    catching: Vec<&'a StmtTry>,
    /// Exceptions of the library that are named in other ways, and where.
    mentioned: Vec<(Span, String)>,
    /// What takes the place of the library's functions.
    pub intercepted: Option<String>,
}

impl<'a> Elsewhere<'a> {
    pub fn look(cx: &Cx<'a>, names: Names<'_>) -> Self {
        let mut elsewhere = Self {
            intercepted: cx
                .module
                .intercepts(&names.new.from, names.old)
                .into_iter()
                .next()
                .map(|intercept| intercept.what.into()),
            ..Self::default()
        };
        for statement in cx.module.tree().body() {
            walk(statement.into(), &mut |node| {
                if let AnyNodeRef::StmtTry(statement) = node
                    && minds(cx, names, statement)
                    && (waits(&statement.body)
                        || calls_within(cx, &statement.body)
                            .into_iter()
                            .any(|call| leads_on(cx, call)))
                {
                    elsewhere.catching.push(statement);
                }
                TraversalSignal::Traverse
            });
            let mentions = names_within(statement.into()).into_iter().filter(|name| {
                is_old(cx, names, name) && !is_listed(cx, name) && !is_raised(cx, name)
            });
            let mentions = mentions.map(|name| (span(name), cx.module.describe(name)));
            elsewhere.mentioned.extend(mentions);
        }
        elsewhere
    }

    /// What may catch errors that leave the function of a request, besides the `try` statements
    /// around it.
    pub fn catches(&self, request: &'a ExprCall, handled: &[Span]) -> Option<String> {
        let mut mentioned = self.mentioned.iter();
        let known = |at: Span| handled.iter().any(|handled| handled.contains(at));
        if let Some((_, name)) = mentioned.find(|(at, _)| !known(*at)) {
            return Some(format!("`{name}` is named elsewhere in the file"));
        }
        let mut catching = self.catching.iter();
        catching
            .any(|statement| !span(*statement).contains(span(request)))
            .then(|| "an `except` elsewhere in the file minds its errors".to_owned())
    }
}

/// Whether a `try` catches exceptions of the library that httpx's are not.
fn minds<'a>(cx: &Cx<'a>, names: Names<'_>, statement: &'a StmtTry) -> bool {
    statement.handlers.iter().any(|handler| {
        let ExceptHandler::ExceptHandler(handler) = handler;
        let Some(types) = handler.type_.as_deref() else {
            return false;
        };
        let mut listed = listed_in(types).iter();
        listed.any(|class| is_old(cx, names, class))
    })
}

/// Whether statements wait for something that was started elsewhere.
fn waits(body: &[Stmt]) -> bool {
    let mut found = false;
    for statement in body {
        walk(statement.into(), &mut |node| {
            found |= match node {
                AnyNodeRef::ExprAwait(awaited) => !awaited.value.is_call_expr(),
                AnyNodeRef::StmtFor(statement) => statement.is_async,
                AnyNodeRef::Comprehension(clause) => clause.is_async,
                // Of a future or a task.
                AnyNodeRef::ExprCall(call) => {
                    matches!(&*call.func, Expr::Attribute(method) if method.attr.as_str() == "result")
                }
                _ => false,
            };
            TraversalSignal::Traverse
        });
    }
    found
}

/// Whether a call may run a function of this file.
fn leads_on<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    match cx.module.target(call) {
        Target::Function(..) | Target::Class(_) => true,
        Target::Builtin(_) | Target::External(_) => false,
        Target::Unknown(_) => match &*call.func {
            Expr::Attribute(method) => cx.module.bindings().iter().any(|binding| {
                binding.name == method.attr.as_str()
                    && matches!(binding.kind, BindingKind::Function(_))
            }),
            _ => true,
        },
    }
}

/// Whether an exception is only raised, or the base of a class.
fn is_raised<'a>(cx: &Cx<'a>, name: &'a Expr) -> bool {
    let mut inner = AnyNodeRef::from(name);
    for ancestor in cx.module.ancestors(inner) {
        match ancestor {
            AnyNodeRef::ExprAttribute(_) => {}
            AnyNodeRef::ExprCall(call) if span(&*call.func) == span(inner) => {}
            AnyNodeRef::Arguments(_) => {
                return matches!(
                    cx.module.parent(ancestor),
                    Some(AnyNodeRef::StmtClassDef(_))
                );
            }
            AnyNodeRef::StmtRaise(_) => return true,
            _ => return false,
        }
        inner = ancestor;
    }
    false
}
