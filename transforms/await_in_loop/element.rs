//! What a comprehension awaits for each item: one call, or an element that awaits several things, or
//! only under a condition, and becomes a function of its own.

use super::raising::{self, Varying};
use super::render::{self, Place, Rounds};
use super::shape;
use crate::fix::Cx;
use crate::fix::together::{Code, call_code, display_code};
use crate::model::file::{Entity, Lookup, Why, references_within, walk};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprAwait, ExprCall, ExprName, ExprRef, TraversalSignal,
};
use crate::python::span;

/// What is done for each item.
pub(super) struct Each<'a> {
    /// What goes into the rounds: an `await`, or an element.
    pub moved: ExprRef<'a>,
    pub calls: Vec<&'a ExprCall>,
    /// What a function of its own returns, where it is more than one call.
    code: Option<Code>,
}

/// What is awaited for each item of a comprehension.
pub(super) fn each<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    elements: &[&'a Expr],
    awaits: &[&'a ExprAwait],
    names: &[&str],
) -> Result<Each<'a>, Why> {
    let why = match shape::only_call(cx, node, awaits) {
        Ok((awaited, call)) => {
            return Ok(Each {
                moved: awaited.into(),
                calls: vec![call],
                code: None,
            });
        }
        Err(why) => why,
    };
    let Some(&element) = elements.last() else {
        return Err(why);
    };
    let inside = |awaited: &&ExprAwait| span(element).contains(span(*awaited));
    if awaits.is_empty() || !awaits.iter().all(inside) {
        return Err(why);
    }
    let calls: Option<Vec<&ExprCall>> = awaits
        .iter()
        .map(|awaited| awaited.value.as_call_expr())
        .collect();
    let Some(calls) = calls.filter(|_| may_move(cx, element, names)) else {
        return Err(why);
    };
    let code = match element {
        Expr::Call(call) => call_code(cx, call)?,
        Expr::Tuple(tuple) if tuple.parenthesized => display_code(cx, tuple)?,
        _ => Code::text(shape::on_one_line(cx, element)?),
    };
    Ok(Each {
        moved: element.into(),
        calls,
        code: Some(code),
    })
}

/// Whether an element means the same in a function of its own, and whether it awaits depends on
/// nothing but its item: not on what is there already (`known.get(key) or await load(key)`).
fn may_move<'a>(cx: &Cx<'a>, element: &'a Expr, names: &[&str]) -> bool {
    let waits = |expression: &Expr| shape::waits(AnyNodeRef::from(expression));
    // `isinstance(item, str)`: what is called to look at the item is judged with all else.
    let is_fixed = |name: &'a ExprName| {
        let callee = match cx.module.parent(name.into()) {
            Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == span(name) => &*call.func,
            _ => {
                let scope = cx.module.scope_of(name.into());
                return matches!(
                    scope.map(|scope| cx.module.lookup(scope, &name.id)),
                    Some(Lookup::Builtin)
                );
            }
        };
        matches!(
            cx.module.entity(callee),
            Entity::Builtin(_) | Entity::Function(_)
        )
    };
    let of_item = |expression: &'a Expr| {
        let read = references_within(AnyNodeRef::from(expression));
        let mut read = read.into_iter();
        read.all(|name| names.contains(&name.id.as_str()) || is_fixed(name))
    };
    let mut moves = true;
    walk(AnyNodeRef::from(element), &mut |node| {
        moves &= match node {
            AnyNodeRef::ExprLambda(_)
            | AnyNodeRef::ExprNamed(_)
            | AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprGenerator(_) => false,
            AnyNodeRef::ExprName(name) => name.id != "super" && name.id != "__class__",
            AnyNodeRef::ExprBoolOp(operation) => !operation.values.iter().any(waits),
            AnyNodeRef::ExprCompare(compared) => {
                compared.comparators.len() == 1 || !compared.comparators.iter().any(waits)
            }
            AnyNodeRef::ExprIf(choice) => {
                !waits(&choice.test)
                    && (!waits(&choice.body) && !waits(&choice.orelse) || of_item(&choice.test))
            }
            _ => true,
        };
        TraversalSignal::Traverse
    });
    moves
}

impl<'a> Each<'a> {
    /// Whether making the call may raise, where it is made outside a function of its own.
    pub fn raises(&self, cx: &Cx<'a>, varying: Varying<'_>) -> bool {
        let mut calls = self.calls.iter();
        self.code.is_none() && calls.any(|call| raising::call(cx, call, varying))
    }

    /// Whether what is made for each item is a coroutine.
    pub fn makes_coroutines(
        &self,
        cx: &Cx<'a>,
        varying: Varying<'_>,
        length: Option<usize>,
    ) -> bool {
        let mut calls = self.calls.iter();
        self.code.is_some() || calls.all(|call| render::makes_coroutines(cx, call, varying, length))
    }

    /// The rounds over these clauses.
    pub fn rounds(
        &self,
        place: &Place<'_, 'a>,
        clauses: Vec<String>,
        varying: Varying<'_>,
        length: Option<usize>,
    ) -> Result<Rounds, Why> {
        match (&self.code, &self.calls[..]) {
            (None, [call]) => place.rounds(call, clauses, varying, length),
            (None, _) => Err(Why::new("nothing is awaited for each item")),
            (Some(code), calls) => {
                place.one_round(self.moved.into(), calls, code, clauses, varying, length)
            }
        }
    }
}
