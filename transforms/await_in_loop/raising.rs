//! What may raise where it is evaluated for all items before the first result is there. One by one,
//! the rounds before it would have been done.

use crate::fix::Cx;
use crate::model::file::{BindingKind, ScopeId};
use crate::model::file::{Entity, Lookup, Target, references_within, walk};
use crate::python::ast::{
    AnyNodeRef, CmpOp, Comprehension, Expr, ExprCall, InterpolatedStringElement, Operator,
    StmtFunctionDef, TraversalSignal, UnaryOp,
};

/// How many steps from a name to what made its value are followed.
const MAX_STEPS: usize = 4;

/// What differs from round to round.
#[derive(Clone, Copy)]
pub(super) struct Varying<'n> {
    pub names: &'n [&'n str],
    /// All of it is numbers, by how it is made.
    numbers: bool,
}

impl<'n> Varying<'n> {
    /// The names that loops over these items bind.
    pub fn of<'a>(
        cx: &Cx<'a>,
        names: &'n [&'n str],
        items: impl IntoIterator<Item = &'a Expr>,
    ) -> Self {
        let all = |elements: &[Expr]| elements.iter().all(Expr::is_number_literal_expr);
        let is_numbers = |items: &'a Expr| match items {
            Expr::Tuple(tuple) => all(&tuple.elts),
            Expr::List(list) => all(&list.elts),
            Expr::Call(call) => matches!(cx.module.target(call), Target::Builtin("range")),
            _ => false,
        };
        let numbers = items.into_iter().all(is_numbers);
        Self { names, numbers }
    }
}

/// Whether making a call, and not what it does, may raise in a later round though it did not in the
/// first one.
pub(super) fn call<'a>(cx: &Cx<'a>, call: &'a ExprCall, varying: Varying<'_>) -> bool {
    let receiver = match &*call.func {
        Expr::Attribute(method) => {
            may(&method.value, varying)
                || mentions(&call.func, varying) && !cx.gives(call).is_coroutine()
        }
        other => may(other, varying),
    };
    let arguments = call.arguments.args.iter();
    let keywords = call.arguments.keywords.iter();
    receiver
        || arguments.clone().any(|argument| may(argument, varying))
        || keywords.clone().any(|keyword| {
            may(&keyword.value, varying)
                || keyword.arg.is_none() && mentions(&keyword.value, varying)
        })
}

/// What must be confirmed of the items and conditions that are gone through at first.
pub(super) fn doubts<'a>(
    cx: &Cx<'a>,
    clauses: &[(&'a Expr, Vec<&'a Expr>)],
    varying: Varying<'_>,
) -> Vec<String> {
    let mut found: Vec<&Expr> = Vec::new();
    for (index, (items, conditions)) in clauses.iter().enumerate() {
        let raises = match index {
            0 => items_may(cx, items, MAX_STEPS),
            _ => may(items, varying),
        };
        let raises = raises || target(cx, items).is_some_and(|of| unpacking_may(cx, of, items));
        found.extend(raises.then_some(items));
        found.extend(
            conditions
                .iter()
                .filter(|condition| may(condition, varying)),
        );
    }
    let what: Vec<String> = found
        .into_iter()
        .map(|expression| format!("`{}`", cx.module.describe(expression)))
        .collect();
    match &what[..] {
        [] => Vec::new(),
        many => vec![format!(
            "{} {} evaluated for all items at first: after an error in it, nothing is done for the items before",
            what.join(", "),
            if many.len() > 1 { "are" } else { "is" },
        )],
    }
}

/// What the items of an iterable are bound to.
fn target<'a>(cx: &Cx<'a>, items: &'a Expr) -> Option<&'a Expr> {
    match cx.module.parent(items.into())? {
        AnyNodeRef::Comprehension(clause) => Some(&clause.target),
        AnyNodeRef::StmtFor(statement) => Some(&statement.target),
        _ => None,
    }
}

/// Whether an item may have another number of parts than what it is unpacked into.
fn unpacking_may<'a>(cx: &Cx<'a>, target: &Expr, items: &'a Expr) -> bool {
    let Expr::Tuple(targets) = target else {
        return !target.is_name_expr();
    };
    let parts = &targets.elts[..];
    let whole = |of: &Expr| matches!(of, Expr::Tuple(of) if of.elts.len() == parts.len());
    let plain = parts.iter().all(Expr::is_name_expr);
    match items {
        Expr::Tuple(display) => !plain || !display.elts.iter().all(whole),
        Expr::List(display) => !plain || !display.elts.iter().all(whole),
        Expr::Call(call) => match (cx.module.target(call), &*call.func) {
            (Target::Builtin("enumerate"), _) => match (parts, call.arguments.args.first()) {
                ([Expr::Name(_), part], Some(inner)) => unpacking_may(cx, part, inner),
                _ => true,
            },
            (Target::Builtin("zip"), _) => !plain || call.arguments.args.len() != parts.len(),
            (_, Expr::Attribute(method)) => {
                method.attr.as_str() != "items" || !plain || parts.len() != 2
            }
            _ => true,
        },
        Expr::Name(name) => {
            let scope = cx.module.scope_of(AnyNodeRef::from(name));
            let Some(Lookup::Bound(_, bindings)) =
                scope.map(|scope| cx.module.lookup(scope, &name.id))
            else {
                return true;
            };
            let [only] = bindings else { return true };
            match cx.module.binding(*only).kind {
                BindingKind::Assign(value @ (Expr::Tuple(_) | Expr::List(_))) => {
                    unpacking_may(cx, target, value)
                }
                _ => true,
            }
        }
        _ => true,
    }
}

fn mentions(expression: &Expr, varying: Varying<'_>) -> bool {
    let read = references_within(AnyNodeRef::from(expression));
    read.iter()
        .any(|name| varying.names.contains(&name.id.as_str()))
}

/// Whether an expression may raise for one item though it did not for another.
fn may(expression: &Expr, varying: Varying<'_>) -> bool {
    if !mentions(expression, varying) {
        return computes(expression);
    }
    let any = |parts: &[Expr]| parts.iter().any(|part| may(part, varying));
    match expression {
        Expr::Name(_) => false,
        Expr::Tuple(tuple) => any(&tuple.elts),
        Expr::List(list) => any(&list.elts),
        Expr::Dict(dict) => dict.items.iter().any(|item| {
            may(&item.value, varying) || item.key.as_ref().is_none_or(|key| mentions(key, varying))
        }),
        Expr::FString(text) => text.value.elements().any(|element| match element {
            InterpolatedStringElement::Literal(_) => false,
            InterpolatedStringElement::Interpolation(part) => {
                part.format_spec.is_some() || may(&part.expression, varying)
            }
        }),
        Expr::UnaryOp(unary) => {
            unary.op != UnaryOp::Not && !varying.numbers || may(&unary.operand, varying)
        }
        Expr::BinOp(operation) => {
            let total = match operation.op {
                Operator::Add | Operator::Sub | Operator::Mult => true,
                Operator::Mod => operation.right.is_number_literal_expr(),
                _ => false,
            };
            let parts = [&operation.left, &operation.right];
            !varying.numbers || !total || parts.into_iter().any(|part| may(part, varying))
        }
        Expr::BoolOp(operation) => any(&operation.values),
        Expr::If(choice) => [&choice.test, &choice.body, &choice.orelse]
            .into_iter()
            .any(|part| may(part, varying)),
        Expr::Compare(compared) => {
            let looks_into = compared.ops.iter().zip(&compared.comparators);
            let mut raises = looks_into.map(|(operator, right)| match operator {
                CmpOp::Eq | CmpOp::NotEq | CmpOp::Is | CmpOp::IsNot => may(right, varying),
                CmpOp::In | CmpOp::NotIn => mentions(right, varying) || computes(right),
                _ => !varying.numbers || may(right, varying),
            });
            may(&compared.left, varying) || raises.any(|raises| raises)
        }
        _ => true,
    }
}

/// Whether an expression that is the same in each round does anything, which may go otherwise another
/// time.
fn computes(expression: &Expr) -> bool {
    let mut found = false;
    walk(AnyNodeRef::from(expression), &mut |node| {
        found |= matches!(
            node,
            AnyNodeRef::ExprCall(_) | AnyNodeRef::ExprAwait(_) | AnyNodeRef::Comprehension(_)
        );
        TraversalSignal::Traverse
    });
    found
}

/// Whether an iterable may raise between two of its items.
fn items_may<'a>(cx: &Cx<'a>, items: &'a Expr, steps: usize) -> bool {
    let Some(steps) = steps.checked_sub(1) else {
        return true;
    };
    let module = cx.module;
    match items {
        Expr::Generator(generator) => {
            let names = bound(&generator.generators);
            let iterables = generator.generators.iter().map(|clause| &clause.iter);
            let varying = Varying::of(cx, &names, iterables);
            let clauses = generator.generators.iter();
            may(&generator.elt, varying)
                || clauses.clone().any(|clause| {
                    let mut conditions = clause.ifs.iter();
                    conditions.any(|condition| may(condition, varying))
                })
                || clauses.skip(1).any(|clause| may(&clause.iter, varying))
                || items_may(cx, &generator.generators[0].iter, steps)
        }
        Expr::Name(name) => {
            let scope = module.scope_of(AnyNodeRef::from(name));
            let Some(Lookup::Bound(owner, bindings)) =
                scope.map(|scope| module.lookup(scope, &name.id))
            else {
                return false;
            };
            owner != ScopeId::MODULE
                && bindings.iter().any(|&id| match module.binding(id).kind {
                    BindingKind::Assign(value) => items_may(cx, value, steps),
                    _ => false,
                })
        }
        Expr::Call(call) => match module.target(call) {
            Target::Builtin("enumerate" | "iter" | "reversed" | "zip") => {
                let mut arguments = call.arguments.args.iter();
                arguments.any(|argument| items_may(cx, argument, steps))
            }
            Target::Builtin("map" | "filter") => {
                let function = call.arguments.args.first();
                !function.is_some_and(|function| match function {
                    Expr::NoneLiteral(_) => true,
                    _ => matches!(
                        module.entity(function),
                        Entity::Builtin("bool" | "repr" | "str")
                    ),
                })
            }
            Target::Function(function, _) => yields(function),
            _ => false,
        },
        _ => false,
    }
}

fn bound(generators: &[Comprehension]) -> Vec<&str> {
    let targets = generators
        .iter()
        .flat_map(|clause| references_within(AnyNodeRef::from(&clause.target)));
    targets.map(|name| name.id.as_str()).collect()
}

fn yields(function: &StmtFunctionDef) -> bool {
    let mut found = false;
    for statement in &function.body {
        walk(AnyNodeRef::from(statement), &mut |node| {
            if node.is_stmt_function_def() {
                return TraversalSignal::Skip;
            }
            found |= matches!(
                node,
                AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_)
            );
            TraversalSignal::Traverse
        });
    }
    found
}
