//! What stands in the way of an `await`, or of leaving a function by an exception.

use super::Collector;
use crate::model::file::terms::{Term, TermId};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, StmtRaise};
use crate::python::span;

impl<'a> Collector<'_, 'a> {
    /// Why an `await` may not be put at a node without a look.
    pub(super) fn held(&self, node: AnyNodeRef<'a>) -> Option<Box<str>> {
        if let Some(held) = self.module.held_across(node) {
            return Some(format!("other tasks run while `with {held}` is held").into());
        }
        if self.module.gone_through(node).is_some() {
            return Some("other tasks may change what the loop goes through".into());
        }
        let target = self.module.updated_around(node)?;
        let target = self.module.describe(target);
        Some(format!("`{target}` is read before other tasks run, and written after").into())
    }

    /// Notes a `next` without a default, which raises `StopIteration` at the end.
    pub(super) fn next_item(&mut self, call: &'a ExprCall, callee: TermId) {
        let is_next =
            matches!(self.builder.terms.get(callee), Term::Builtin(name) if &**name == "next");
        if is_next && call.arguments.len() == 1 {
            self.stops(AnyNodeRef::from(call));
        }
    }

    pub(super) fn raised(&mut self, raised: &'a StmtRaise) {
        let class = match raised.exc.as_deref() {
            Some(Expr::Call(call)) => &*call.func,
            Some(class) => class,
            None => return,
        };
        if matches!(class, Expr::Name(name) if name.id == "StopIteration") {
            self.stops(AnyNodeRef::from(raised));
        }
    }

    /// Notes that a function may end with `StopIteration`, unless it is caught around a node.
    fn stops(&mut self, node: AnyNodeRef<'a>) {
        let caught = self
            .module
            .ancestors(node)
            .take_while(|ancestor| !matches!(ancestor, AnyNodeRef::StmtFunctionDef(_)))
            .any(|ancestor| match ancestor {
                AnyNodeRef::StmtTry(guard) => {
                    let inside = guard
                        .body
                        .iter()
                        .any(|statement| span(statement).contains(span(node)));
                    let mut handlers = guard.handlers.iter();
                    inside
                        && handlers.any(|handler| {
                            let caught = handler.as_except_handler();
                            let caught = caught.and_then(|handler| handler.type_.as_deref());
                            caught.is_none_or(|class| {
                                let text = span(class).of(self.module.text());
                                text.contains("StopIteration") || text.contains("Exception")
                            })
                        })
                }
                _ => false,
            });
        if let (Some(function), _) = self.place(node)
            && !caught
        {
            self.with_function(function, |function| function.stops = true);
        }
    }
}
