//! What statements do, and whether they may do it in a thread.

use crate::fix::{Cx, calls_within, is_quiet_method};
use crate::model::file::{Binding, BindingKind, Lookup, Why, root, walk};
use crate::model::libraries::{Fallback, Kind};
use crate::model::project::Target;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprContext, ExprName, Stmt, TraversalSignal,
};
use crate::python::span;
use std::collections::BTreeSet;

/// Builtins that take all items at once, or only look.
const TAKERS: [&str; 14] = [
    "all",
    "any",
    "bool",
    "dict",
    "frozenset",
    "isinstance",
    "len",
    "list",
    "max",
    "min",
    "set",
    "sorted",
    "sum",
    "tuple",
];

/// How many assignments are followed from a name to what made its value.
const MAX_STEPS: usize = 4;

/// Whether a name may stand for an object that works in one thread only.
pub(super) fn is_bound_to_thread<'a>(cx: &Cx<'a>, name: &'a ExprName) -> bool {
    name_within(cx, name, MAX_STEPS)
}

fn name_within<'a>(cx: &Cx<'a>, name: &'a ExprName, steps: usize) -> bool {
    let Some((scope, steps)) = cx.module.scope_of(name.into()).zip(steps.checked_sub(1)) else {
        return false;
    };
    let Lookup::Bound(_, bindings) = cx.module.lookup(scope, &name.id) else {
        return false;
    };
    bindings.iter().any(|&id| match cx.module.binding(id).kind {
        BindingKind::Assign(value) | BindingKind::With(value, false) => {
            value_within(cx, value, steps)
        }
        _ => false,
    })
}

fn class_belongs(cx: &Cx<'_>, class: Option<String>) -> bool {
    class.is_some_and(|class| cx.module.catalogue().stays_together(&class))
}

/// Whether a value is an object that works in one thread only, or a tuple of such.
fn value_within<'a>(cx: &Cx<'a>, value: &'a Expr, steps: usize) -> bool {
    match value {
        Expr::Name(name) => name_within(cx, name, steps),
        Expr::If(choice) => {
            value_within(cx, &choice.body, steps) || value_within(cx, &choice.orelse, steps)
        }
        Expr::Call(call) => match call.arguments.args.first() {
            Some(closed) if is_closing(cx, call) => value_within(cx, closed, steps),
            _ => calls_into_thread(cx, call) || class_belongs(cx, cx.module.class_of(value)),
        },
        _ => class_belongs(cx, cx.module.class_of(value)),
    }
}

/// Whether a call gives an object that works in one thread only.
fn calls_into_thread<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let catalogue = cx.module.catalogue();
    cx.callee(call)
        .is_ok_and(|name| catalogue.stays_together(catalogue.gives(&name).unwrap_or(&name)))
}

fn is_closing<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    cx.callee(call)
        .is_ok_and(|name| name == "contextlib.closing")
}

/// Refused where statements do what only the thread of the event loop may do, or where what they
/// change or hand on is seen elsewhere. The answer names the functions that are not known.
pub(super) fn into_thread<'a>(
    cx: &Cx<'a>,
    statements: &'a [Stmt],
) -> Result<BTreeSet<String>, Why> {
    let mut unknown = BTreeSet::new();
    for call in calls_within(cx, statements) {
        if let Some(name) = unknown_callee(cx, call, statements)? {
            unknown.insert(name);
        }
    }
    let mut trouble = None;
    for statement in statements {
        walk(statement.into(), &mut |node| {
            trouble = trouble.take().or_else(|| shared(cx, node, statements));
            TraversalSignal::Traverse
        });
    }
    match trouble {
        Some(trouble) => Err(Why::new(trouble)),
        None => Ok(unknown),
    }
}

/// The name of what is called, if nothing is known of it; refused where it has to stay.
fn unknown_callee<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    statements: &'a [Stmt],
) -> Result<Option<String>, Why> {
    let catalogue = cx.module.catalogue();
    let described = cx.module.describe(&call.func);
    if is_quiet_method(cx, call, |object| is_made_within(cx, object, statements)) {
        return Ok(None);
    }
    let Ok(name) = cx.callee(call) else {
        return match cx.target_of(call) {
            Target::Nothing => Ok(None),
            Target::Functions(functions)
                if functions.iter().all(|function| {
                    let of = cx.project.function(*function);
                    of.is_some_and(|of| !of.is_async)
                }) =>
            {
                Ok(Some(described))
            }
            _ => Err(Why::new(format!("what `{described}` does is not known"))),
        };
    };
    if let Some(entry) = catalogue.blocking(&name) {
        let moves = match entry.kind {
            Kind::Database => entry.fallback != Fallback::None,
            Kind::Lock => false,
            _ => entry.fallback == Fallback::Exact,
        };
        return match moves {
            true => Ok(None),
            false => Err(Why::new(format!("`{described}` must stay where it is"))),
        };
    }
    let pure = catalogue.is_pure(&name) || catalogue.is_pure_builtin(&name);
    if pure || ["contextlib.closing", "print"].contains(&name.as_str()) {
        return Ok(None);
    }
    let module = name.split('.').next().unwrap_or(&name);
    let runs_coroutines = catalogue
        .libraries()
        .any(|library| library.name == module && library.event_loop.is_some());
    if runs_coroutines || name.contains(".async") {
        return Err(Why::new(format!("`{described}` belongs to the event loop")));
    }
    // A method of a connection that is not listed may keep a function to call it.
    let owner = name.rsplit_once('.').map_or("", |(owner, _)| owner);
    if catalogue.gives(&name).is_some() && catalogue.stays_together(owner) {
        return Ok(None);
    }
    if catalogue.stays_together(owner) {
        return Err(Why::new(format!("what `{described}` does is not known")));
    }
    Ok(Some(described))
}

/// What a node changes or hands on that code elsewhere sees.
fn shared<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, statements: &'a [Stmt]) -> Option<String> {
    match node {
        AnyNodeRef::ExprAttribute(attribute) if attribute.ctx != ExprContext::Load => {
            let made = is_made_within(cx, &attribute.value, statements);
            (!made).then(|| format!("it changes `{}`", span(attribute).of(cx.module.text())))
        }
        AnyNodeRef::ExprSubscript(item) if item.ctx != ExprContext::Load => {
            let made = is_made_within(cx, &item.value, statements);
            (!made).then(|| format!("it changes `{}`", cx.module.describe(&item.value)))
        }
        AnyNodeRef::ExprName(name)
            if name.ctx == ExprContext::Load && is_bound_to_thread(cx, name) =>
        {
            handed_on(cx, node).then(|| format!("`{}` is handed on", name.id))
        }
        AnyNodeRef::ExprCall(call) if calls_into_thread(cx, call) => {
            // A new object may get a name of its own.
            let named = match cx.module.parent(node) {
                Some(AnyNodeRef::StmtAssign(assign)) => {
                    assign.targets.iter().all(Expr::is_name_expr)
                }
                _ => false,
            };
            let described = cx.module.describe(&call.func);
            (!named && handed_on(cx, node))
                .then(|| format!("what `{described}` gives is handed on"))
        }
        _ => None,
    }
}

/// Whether the object at the bottom of an expression is bound by the statements.
fn is_made_within<'a>(cx: &Cx<'a>, expression: &'a Expr, statements: &'a [Stmt]) -> bool {
    let (Some(first), Some(last)) = (statements.first(), statements.last()) else {
        return false;
    };
    let whole = span(first).cover(span(last));
    match root(expression) {
        Expr::Name(name) => {
            let bindings = bindings_of(cx, name);
            !bindings.is_empty() && bindings.iter().all(|binding| whole.contains(binding.at))
        }
        Expr::Call(_) => true,
        _ => false,
    }
}

fn bindings_of<'m>(cx: &'m Cx<'_>, name: &ExprName) -> Vec<&'m Binding<'m>> {
    let scope = cx.module.scope_of(name.into());
    match scope.map(|scope| cx.module.lookup(scope, &name.id)) {
        Some(Lookup::Bound(_, ids)) => ids.iter().map(|&id| cx.module.binding(id)).collect(),
        _ => Vec::new(),
    }
}

/// Whether a connection, or what comes of it, is given to code that may keep it.
fn handed_on<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    let here = span(node);
    match cx.module.parent(node) {
        Some(AnyNodeRef::ExprAttribute(_) | AnyNodeRef::WithItem(_) | AnyNodeRef::StmtExpr(_)) => {
            false
        }
        Some(AnyNodeRef::StmtFor(each)) => span(&*each.iter) != here,
        // The first iterable stands under the comprehension itself.
        Some(AnyNodeRef::Comprehension(clause)) => span(&clause.iter) != here,
        Some(AnyNodeRef::ExprListComp(list)) => span(&*list.elt) == here,
        Some(AnyNodeRef::ExprSetComp(set)) => span(&*set.elt) == here,
        Some(AnyNodeRef::ExprDictComp(dict)) => {
            span(&*dict.value) == here || dict.key.as_deref().is_some_and(|key| span(key) == here)
        }
        Some(parent @ AnyNodeRef::ExprGenerator(generator)) => {
            span(&*generator.elt) == here || handed_on(cx, parent)
        }
        Some(
            AnyNodeRef::StmtIf(_)
            | AnyNodeRef::ElifElseClause(_)
            | AnyNodeRef::ExprCompare(_)
            | AnyNodeRef::StmtAssert(_),
        ) => false,
        Some(AnyNodeRef::ExprUnaryOp(unary)) => unary.op != crate::python::ast::UnaryOp::Not,
        Some(AnyNodeRef::ExprSubscript(item)) => span(&*item.value) != here,
        Some(AnyNodeRef::Arguments(arguments)) => {
            let call = cx.module.parent(AnyNodeRef::from(arguments));
            let Some(AnyNodeRef::ExprCall(call)) = call else {
                return true;
            };
            let takes = |name: &str| {
                name == "contextlib.closing"
                    || TAKERS.contains(&name)
                    || cx.module.catalogue().blocking(name).is_some()
            };
            !cx.callee(call).is_ok_and(|name| takes(&name))
        }
        _ => true,
    }
}

/// Refused where a name that leaves the statements may hold something of the connection.
pub(super) fn may_leave<'a>(cx: &Cx<'a>, statements: &'a [Stmt], name: &str) -> Result<(), Why> {
    let (Some(first), Some(last)) = (statements.first(), statements.last()) else {
        return Ok(());
    };
    let whole = span(first).cover(span(last));
    let Some(scope) = cx.module.scope_of(first.into()) else {
        return Ok(());
    };
    for read in cx.module.reads_of(scope, name) {
        if is_bound_to_thread(cx, read) {
            return Err(Why::new(format!("`{name}` is used after them")));
        }
    }
    for binding in cx.module.bindings_of(scope, name) {
        let lazy = match binding.kind {
            BindingKind::Assign(value) => holds_connection(cx, value),
            _ => false,
        };
        if whole.contains(binding.at) && lazy {
            return Err(Why::new(format!("`{name}` may go on using the connection")));
        }
    }
    Ok(())
}

/// Whether a value is, or lazily uses, something that belongs to the thread.
fn holds_connection<'a>(cx: &Cx<'a>, value: &'a Expr) -> bool {
    match value {
        Expr::Generator(_) | Expr::Lambda(_) => true,
        Expr::If(choice) => {
            holds_connection(cx, &choice.body) || holds_connection(cx, &choice.orelse)
        }
        Expr::Tuple(tuple) => tuple.elts.iter().any(|item| holds_connection(cx, item)),
        Expr::List(list) => list.elts.iter().any(|item| holds_connection(cx, item)),
        Expr::Call(call) => {
            let lazy = matches!(&*call.func, Expr::Name(name) if ["map", "filter", "zip", "iter", "enumerate", "reversed"].contains(&name.id.as_str()));
            lazy || value_within(cx, value, MAX_STEPS)
        }
        _ => value_within(cx, value, MAX_STEPS),
    }
}

/// Whether every text that is executed is a query, as far as can be seen.
pub(super) fn only_reads<'a>(cx: &Cx<'a>, statements: &'a [Stmt]) -> bool {
    calls_within(cx, statements).into_iter().all(|call| {
        let Ok(name) = cx.callee(call) else {
            return true;
        };
        if !name.starts_with("sqlite3.") {
            return cx
                .module
                .catalogue()
                .blocking(&name)
                .is_none_or(|entry| entry.kind != Kind::Database);
        }
        match name.rsplit('.').next() {
            Some("execute") => matches!(
                call.arguments.args.first(),
                Some(Expr::StringLiteral(text))
                    if text.value.to_str().trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
            ),
            Some(method) => ["close", "connect", "cursor", "fetchall", "fetchmany", "fetchone"].contains(&method),
            None => false,
        }
    })
}
