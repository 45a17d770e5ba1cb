//! What code does without calling anything: it takes from an iterator that other calls take from as
//! well, or goes on where it was cancelled.

use super::survey::Survey;
use crate::model::file::{BindingKind, Entity, Lookup, Why};
use crate::python::ast::{AnyNodeRef, Expr};

/// What gives each item only once.
const ITERATORS: [&str; 6] = ["enumerate", "filter", "iter", "map", "open", "zip"];

impl<'a> Survey<'_, 'a> {
    /// Refuses a node inside of a callee that does more than its result shows.
    pub(super) fn unseen(&mut self, node: AnyNodeRef<'a>) -> Result<(), Why> {
        let items = match node {
            AnyNodeRef::StmtFor(statement) if !statement.is_async => &*statement.iter,
            AnyNodeRef::Comprehension(clause) if !clause.is_async => &clause.iter,
            AnyNodeRef::ExceptHandlerExceptHandler(handler) => {
                let caught = handler.type_.as_deref();
                if caught.is_none_or(|caught| self.is_cancellation(caught))
                    && !handler.body.iter().any(|last| last.is_raise_stmt())
                {
                    self.seen.confirm.insert(
                        "it goes on after it was cancelled: all of the calls are then cancelled at once"
                            .to_owned(),
                    );
                }
                return Ok(());
            }
            AnyNodeRef::ExprSubscript(item) if item.ctx.is_load() => {
                return match self.fills_itself(&item.value) {
                    true => Err(Why::new(format!(
                        "`{}` makes an item for each new key, in the order of the calls",
                        self.cx.module.describe(&item.value)
                    ))),
                    false => Ok(()),
                };
            }
            _ => return Ok(()),
        };
        match self.is_shared_iterator(items) {
            true => Err(Why::new(format!(
                "`{}` gives each item only once, and every call takes from it",
                self.cx.module.describe(items)
            ))),
            false => Ok(()),
        }
    }

    fn is_cancellation(&self, caught: &'a Expr) -> bool {
        match caught {
            Expr::Tuple(tuple) => tuple.elts.iter().any(|one| self.is_cancellation(one)),
            _ => match self.cx.module.entity(caught) {
                Entity::Builtin(name) => name == "BaseException",
                Entity::External(name) => name.ends_with(".CancelledError"),
                _ => false,
            },
        }
    }

    /// Whether these are items of an iterator that was made outside of the callee.
    fn is_shared_iterator(&self, items: &'a Expr) -> bool {
        let module = self.cx.module;
        match items {
            Expr::Name(_) | Expr::Attribute(_) => {
                self.is_bound_outside(items, |value| self.makes_iterator(value))
            }
            Expr::Call(call) => {
                let is_lazy = matches!(
                    module.entity(&call.func),
                    Entity::Builtin(name) if ITERATORS.contains(&name)
                );
                is_lazy
                    && call
                        .arguments
                        .args
                        .iter()
                        .any(|given| self.is_shared_iterator(given))
            }
            _ => false,
        }
    }

    /// Whether looking into a collection that was made outside of the callee changes it.
    fn fills_itself(&self, collection: &'a Expr) -> bool {
        let module = self.cx.module;
        let is_default = |value: &'a Expr| match value {
            Expr::Call(call) => {
                module.qualified(&call.func).as_deref() == Some("collections.defaultdict")
            }
            _ => false,
        };
        self.is_bound_outside(collection, is_default)
    }

    /// Whether such a value is given to a variable outside of the callee, or to an attribute anywhere.
    fn is_bound_outside(&self, holder: &'a Expr, is_such: impl Fn(&'a Expr) -> bool) -> bool {
        let module = self.cx.module;
        match holder {
            Expr::Name(name) => {
                let Some(scope) = module.scope_of(name.into()) else {
                    return false;
                };
                let Lookup::Bound(owner, bindings) = module.lookup(scope, &name.id) else {
                    return false;
                };
                owner != scope
                    && bindings.iter().any(|&id| {
                        matches!(module.binding(id).kind, BindingKind::Assign(value) if is_such(value))
                    })
            }
            Expr::Attribute(attribute) => module.attribute_writes().iter().any(|write| {
                matches!(write, Expr::Attribute(known) if known.attr.as_str() == attribute.attr.as_str())
                    && matches!(
                        module.parent((*write).into()),
                        Some(AnyNodeRef::StmtAssign(assign)) if is_such(&assign.value)
                    )
            }),
            _ => false,
        }
    }

    fn makes_iterator(&self, value: &'a Expr) -> bool {
        match value {
            Expr::Generator(_) => true,
            Expr::Call(call) => match self.cx.module.entity(&call.func) {
                Entity::Builtin(name) => ITERATORS.contains(&name),
                Entity::External(name) => name.starts_with("itertools."),
                _ => false,
            },
            _ => false,
        }
    }
}
