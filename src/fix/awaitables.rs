//! Where the awaitables come from that `asyncio.wait`, `asyncio.gather` and the like are given.

use super::{Cx, FileId};
use crate::model::file::{BindingKind, Entity, Lookup, ScopeId, ScopeKind};
use crate::model::project::{Project, Target};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, UnaryOp};
use crate::python::span;
use crate::text::Span;

/// One awaitable, or, from a comprehension, many.
#[derive(Clone, Debug)]
pub struct Awaitable<'a> {
    pub origin: Origin<'a>,
    /// The expression that stands for it among the others.
    pub given: &'a Expr,
    /// Every variable on its way: of itself, or of a collection that it stands in.
    pub variables: Vec<Variable<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// A task that this function makes.
    Task(&'a ExprCall),
    /// A coroutine that this function makes, and that is in no task yet.
    Coroutine(&'a ExprCall),
    /// What a call in this function gives, of which nothing is known.
    Call(&'a ExprCall),
    /// Others may know it as well, or what it is is not known.
    Elsewhere,
}

/// A variable of the function that one statement alone gives its value.
#[derive(Clone, Copy, Debug)]
pub struct Variable<'a> {
    pub scope: ScopeId,
    pub name: &'a str,
    /// The value, in the statement that binds it.
    pub value: &'a Expr,
    pub is_collection: bool,
}

/// Whether a file calls one of these library functions.
pub fn calls(project: &Project, file: FileId, functions: &[&str]) -> bool {
    let count = project.facts(file).map_or(0, |facts| facts.calls.len());
    (0..count).any(|index| {
        matches!(project.graph().target(file, index), Some(Target::Library(name)) if functions.contains(&&**name))
    })
}

/// The calls of a library function, in source order.
pub fn calls_of<'a>(cx: &Cx<'a>, function: &str) -> Vec<&'a ExprCall> {
    let calls = cx.module.calls().iter().copied();
    calls
        .filter(|call| cx.callee(call).is_ok_and(|name| name == function))
        .collect()
}

/// The awaitables in a collection, as far as this function fills it; none if others may.
pub fn awaitables<'a>(cx: &Cx<'a>, collection: &'a Expr) -> Option<Vec<Awaitable<'a>>> {
    let mut found = Vec::new();
    collect(cx, collection, &[], &mut found).then_some(found)
}

/// The same, for what stands among the arguments of a call: `f(a, *more)`.
pub fn awaitables_given<'a>(cx: &Cx<'a>, arguments: &'a [Expr]) -> Option<Vec<Awaitable<'a>>> {
    let mut found = Vec::new();
    each(cx, arguments, &[], &mut found).then_some(found)
}

fn each<'a>(
    cx: &Cx<'a>,
    items: &'a [Expr],
    variables: &[Variable<'a>],
    found: &mut Vec<Awaitable<'a>>,
) -> bool {
    items.iter().all(|item| match item {
        Expr::Starred(starred) => collect(cx, &starred.value, variables, found),
        item => {
            found.push(single(cx, item, variables));
            true
        }
    })
}

fn collect<'a>(
    cx: &Cx<'a>,
    collection: &'a Expr,
    variables: &[Variable<'a>],
    found: &mut Vec<Awaitable<'a>>,
) -> bool {
    match collection {
        Expr::List(list) => each(cx, &list.elts, variables, found),
        Expr::Set(set) => each(cx, &set.elts, variables, found),
        Expr::Tuple(tuple) => each(cx, &tuple.elts, variables, found),
        Expr::ListComp(each) => {
            found.push(single(cx, &each.elt, variables));
            true
        }
        Expr::SetComp(each) => {
            found.push(single(cx, &each.elt, variables));
            true
        }
        Expr::Generator(each) => {
            found.push(single(cx, &each.elt, variables));
            true
        }
        Expr::Name(name) if variables.is_empty() => {
            let Some(variable) = variable(cx, name, true) else {
                return false;
            };
            let filled = filled_by(cx, &variable);
            collect(cx, variable.value, &[variable], found)
                && filled.into_iter().all(|item| {
                    found.push(single(cx, item, &[variable]));
                    true
                })
        }
        _ => false,
    }
}

fn single<'a>(cx: &Cx<'a>, given: &'a Expr, variables: &[Variable<'a>]) -> Awaitable<'a> {
    let mut variables = variables.to_vec();
    let made = match given {
        Expr::Name(name) => variable(cx, name, false).map(|variable| {
            variables.push(variable);
            variable.value
        }),
        other => Some(other),
    };
    let origin = match made {
        Some(Expr::Call(call)) => match origin(cx, call) {
            // It may well be one that others know: `task = tasks.pop()`.
            Origin::Call(_) if given.is_name_expr() => Origin::Elsewhere,
            known => known,
        },
        _ => Origin::Elsewhere,
    };
    Awaitable {
        origin,
        given,
        variables,
    }
}

fn origin<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Origin<'a> {
    if cx.gives(call).is_coroutine() {
        return Origin::Coroutine(call);
    }
    let catalogue = cx.module.catalogue();
    match cx.callee(call) {
        // What is in a task already stays in that one.
        Ok(name) if catalogue.makes_task(&name) => match call.arguments.args.first() {
            Some(Expr::Call(_)) => Origin::Task(call),
            _ => Origin::Elsewhere,
        },
        Ok(name) if catalogue.wraps_awaitable(&name) => Origin::Elsewhere,
        _ => Origin::Call(call),
    }
}

/// The variable that a name stands for, if it is one of the function that reads it, and one assignment
/// alone gives it its value.
fn variable<'a>(cx: &Cx<'a>, name: &'a ExprName, is_collection: bool) -> Option<Variable<'a>> {
    let module = cx.module;
    let scope = module.scope_of(AnyNodeRef::from(name))?;
    let Lookup::Bound(owner, [only]) = module.lookup(scope, &name.id) else {
        return None;
    };
    let binding = module.binding(*only);
    let (BindingKind::Assign(value), ScopeKind::Function(_)) =
        (binding.kind, module.scope(owner).kind)
    else {
        return None;
    };
    (owner == scope).then_some(Variable {
        scope: owner,
        name: &name.id,
        value,
        is_collection,
    })
}

/// What is put into a collection later: the arguments of `x.append(...)` and `x.add(...)`.
fn filled_by<'a>(cx: &Cx<'a>, variable: &Variable<'a>) -> Vec<&'a Expr> {
    let reads = cx.module.reads_of(variable.scope, variable.name);
    reads
        .into_iter()
        .filter_map(|read| filling(cx, read)?.arguments.args.first())
        .collect()
}

/// The call `x.append(...)` or `x.add(...)` of a name.
pub fn filling<'a>(cx: &Cx<'a>, read: &'a ExprName) -> Option<&'a ExprCall> {
    let (call, method) = method_called(cx, read)?;
    let fills = matches!(method, "append" | "add") && call.arguments.len() == 1;
    fills.then_some(call)
}

/// The call of a method on a name, and the method.
pub fn method_called<'a>(cx: &Cx<'a>, read: &'a ExprName) -> Option<(&'a ExprCall, &'a str)> {
    let Some(AnyNodeRef::ExprAttribute(method)) = cx.module.parent(read.into()) else {
        return None;
    };
    match cx.module.parent(method.into()) {
        Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == span(method) => {
            Some((call, method.attr.as_str()))
        }
        _ => None,
    }
}

impl<'a> Variable<'a> {
    /// Where the variable is read, but for `within` and where it is filled.
    pub fn other_reads(&self, cx: &Cx<'a>, within: Span) -> Vec<&'a ExprName> {
        let reads = cx.module.reads_of(self.scope, self.name);
        reads
            .into_iter()
            .filter(|read| !within.contains(span(*read)))
            .filter(|read| !self.is_collection || filling(cx, read).is_none())
            .collect()
    }
}

/// Whether a variable is only asked whether it is empty or `None`, how long it is, or what is in it.
pub fn is_only_tested<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>) -> bool {
    let here = span(node);
    let Some(parent) = cx.module.parent(node) else {
        return false;
    };
    match parent {
        AnyNodeRef::ExprUnaryOp(unary) => unary.op == UnaryOp::Not,
        AnyNodeRef::ExprCompare(_) | AnyNodeRef::ElifElseClause(_) => true,
        AnyNodeRef::ExprBoolOp(_) => is_only_tested(cx, parent),
        AnyNodeRef::StmtIf(statement) => span(&*statement.test) == here,
        AnyNodeRef::StmtWhile(statement) => span(&*statement.test) == here,
        AnyNodeRef::ExprIf(choice) => span(&*choice.test) == here,
        AnyNodeRef::Arguments(_) => match cx.module.parent(parent) {
            Some(AnyNodeRef::ExprCall(call)) => {
                matches!(
                    cx.module.entity(&call.func),
                    Entity::Builtin("len" | "bool")
                )
            }
            _ => false,
        },
        _ => false,
    }
}
