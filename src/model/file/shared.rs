//! What may change on the way: names that a star import may bind, and statements that read what
//! others may see and write it again.

use super::module::Module;
use super::resolve::Lookup;
use super::scope::{Binding, Guard, ScopeId};
use super::syntax::walk;
use crate::python::ast::{AnyNodeRef, Expr, TraversalSignal};
use crate::python::span;

impl<'a> Module<'a> {
    /// Whether a star import may have bound a name whose other bindings are not certain to happen.
    pub fn may_be_starred(&self, owner: ScopeId, name: &str) -> bool {
        let bindings = self.bindings_of(owner, name);
        let certain = |binding: &&Binding<'a>| self.guard(binding) == Guard::Always;
        self.scope(owner).star_import.is_some() && !bindings.iter().any(certain)
    }

    /// What the statement around a node reads and writes again, if others may see it.
    pub fn updated_around(&self, node: AnyNodeRef<'a>) -> Option<&'a Expr> {
        match self.statement(node)? {
            AnyNodeRef::StmtAugAssign(assign) => {
                Some(&*assign.target).filter(|target| self.is_shared(target))
            }
            AnyNodeRef::StmtAssign(assign) => assign
                .targets
                .iter()
                .find(|target| self.is_shared(target) && self.repeats(&assign.value, target)),
            _ => None,
        }
    }

    /// Whether others may see what is assigned to a target.
    fn is_shared(&self, target: &'a Expr) -> bool {
        let Expr::Name(name) = target else {
            return true;
        };
        let Some(scope) = self.scope_of(AnyNodeRef::from(name)) else {
            return true;
        };
        !matches!(self.lookup(scope, &name.id), Lookup::Bound(owner, _) if owner == scope)
    }

    /// Whether something in a value is written like the target.
    fn repeats(&self, value: &'a Expr, target: &'a Expr) -> bool {
        let written = span(target).of(self.text());
        let mut found = false;
        walk(AnyNodeRef::from(value), &mut |node| {
            found |= span(node).of(self.text()) == written;
            TraversalSignal::Traverse
        });
        found
    }
}
