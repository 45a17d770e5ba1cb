//! Code whose effect is the same whichever of the calls comes first.

use super::body::is_class_name;
use super::survey::Survey;
use crate::model::file::{references_within, walk};
use crate::python::ast::{AnyNodeRef, CmpOp, Expr, ExprAttribute, ExprCall, TraversalSignal};
use crate::python::span;

impl<'a> Survey<'_, 'a> {
    /// Whether the code that is looked at is that of a plain generator function.
    pub(super) fn in_generator(&self) -> bool {
        self.assumes && self.stack.last().is_some_and(|function| !function.is_async)
    }

    /// `if self.x is None: self.x = X()`: whichever call comes first makes the object that all of them
    /// use, and nothing waits in between.
    fn is_set_once(&self, attribute: &'a ExprAttribute) -> bool {
        let module = self.cx.module;
        let node = AnyNodeRef::from(attribute);
        let Some(AnyNodeRef::StmtAssign(assign)) = module.parent(node) else {
            return false;
        };
        let Some(AnyNodeRef::StmtIf(choice)) = module.parent(assign.into()) else {
            return false;
        };
        let is_first = choice.body.first().map(span) == Some(span(assign));
        let is_asked_for = match &*choice.test {
            Expr::Compare(compare) => {
                matches!(*compare.ops, [CmpOp::Is])
                    && compare.comparators.iter().all(Expr::is_none_literal_expr)
                    && span(&*compare.left).of(module.text()) == span(attribute).of(module.text())
            }
            _ => false,
        };
        let makes = |call: &ExprCall| is_class_name(&module.describe(&call.func));
        let value = AnyNodeRef::from(&*assign.value);
        let read = references_within(value);
        let mut read = read.iter().map(|name| name.id.as_str());
        let mut waits = false;
        walk(value, &mut |inner| {
            waits |= inner.is_expr_await();
            TraversalSignal::Traverse
        });
        self.assumes
            && !waits
            && is_first
            && is_asked_for
            && assign.targets.len() == 1
            && assign.value.as_call_expr().is_some_and(makes)
            && read.all(|name| !self.own.contains(&name))
    }

    /// Notes an attribute that the first of the calls gives its value; says whether it is one.
    pub(super) fn set_once(&mut self, attribute: &'a ExprAttribute) -> bool {
        if !self.is_set_once(attribute) {
            return false;
        }
        let what = span(attribute).of(self.cx.module.text());
        self.seen.confirm.insert(format!(
            "`{what}` is set by whichever call finds it empty: it must not depend on what that is given"
        ));
        true
    }
}
