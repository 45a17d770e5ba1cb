//! What the loops around a place go through, and whether others may change it meanwhile.

use super::module::Module;
use super::syntax::walk;
use crate::python::ast::{AnyNodeRef, Expr, ExprContext, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// Methods that change a collection so that a loop over it goes astray.
const CHANGES: [&str; 14] = [
    "add",
    "append",
    "appendleft",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popitem",
    "popleft",
    "remove",
    "reverse",
    "setdefault",
    "update",
];

impl<'a> Module<'a> {
    /// The collection of an object that a loop around a node goes through without ever waiting, and
    /// that code of this file changes elsewhere: a wait in the loop lets that code run.
    pub fn gone_through(&self, node: AnyNodeRef<'_>) -> Option<String> {
        let here = span(node);
        let around = self
            .ancestors(node)
            .take_while(|node| !node.is_stmt_function_def() && !node.is_expr_lambda());
        around
            .filter_map(|node| match node {
                AnyNodeRef::StmtFor(each) if !each.is_async => Some(each),
                _ => None,
            })
            .filter(|each| !span(&*each.iter).contains(here) && !waits((*each).into()))
            .find_map(|each| {
                let (object, name) = collection(&each.iter)?;
                self.is_changed(name, span(each))
                    .then(|| format!("{object}.{name}"))
            })
    }

    /// Whether code outside of a loop changes a collection that is an attribute of this name.
    fn is_changed(&self, name: &str, within: Span) -> bool {
        let is_it = |value: &Expr| matches!(value, Expr::Attribute(of) if of.attr.as_str() == name);
        let mut changed = false;
        walk(self.tree().module().into(), &mut |node| {
            changed |= match node {
                _ if within.contains(span(node)) => false,
                AnyNodeRef::ExprCall(call) => match &*call.func {
                    Expr::Attribute(method) => {
                        CHANGES.contains(&method.attr.as_str()) && is_it(&method.value)
                    }
                    _ => false,
                },
                AnyNodeRef::ExprSubscript(item) => {
                    matches!(item.ctx, ExprContext::Store | ExprContext::Del) && is_it(&item.value)
                }
                AnyNodeRef::StmtAugAssign(assign) => is_it(&assign.target),
                _ => false,
            };
            match changed {
                true => TraversalSignal::Skip,
                false => TraversalSignal::Traverse,
            }
        });
        changed
    }
}

/// `self.items`, or the views of a dictionary, as a loop goes through them.
fn collection(iterated: &Expr) -> Option<(&str, &str)> {
    let collection = match iterated {
        Expr::Call(call) if call.arguments.is_empty() => match &*call.func {
            Expr::Attribute(view) if matches!(view.attr.as_str(), "items" | "keys" | "values") => {
                view.value.as_attribute_expr()?
            }
            _ => return None,
        },
        other => other.as_attribute_expr()?,
    };
    match &*collection.value {
        Expr::Name(object) if matches!(object.id.as_str(), "self" | "cls") => {
            Some((object.id.as_str(), collection.attr.as_str()))
        }
        _ => None,
    }
}

/// Whether other tasks run meanwhile as it is.
fn waits(node: AnyNodeRef<'_>) -> bool {
    let mut found = false;
    walk(node, &mut |node| match node {
        AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
        AnyNodeRef::ExprAwait(_) => {
            found = true;
            TraversalSignal::Skip
        }
        AnyNodeRef::StmtFor(each) if each.is_async => {
            found = true;
            TraversalSignal::Skip
        }
        AnyNodeRef::StmtWith(with) if with.is_async => {
            found = true;
            TraversalSignal::Skip
        }
        _ => TraversalSignal::Traverse,
    });
    found
}
