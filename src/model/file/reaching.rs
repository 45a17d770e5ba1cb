//! Which of several bindings gives a name its value at a place.

use super::module::Module;
use super::scope::{Binding, BindingKind, ScopeId};
use crate::python::ast::{AnyNodeRef, ExprName};
use crate::python::span;
use crate::text::Span;

impl<'a> Module<'a> {
    /// The binding that alone gives a name its value where it is read, if that one can be told from
    /// others: a `with ... as name` around it, or the last one before it in straight code.
    pub fn bound_at(&self, name: &'a ExprName, owner: ScopeId) -> Option<&Binding<'a>> {
        let bindings = self.bindings_of(owner, &name.id);
        if bindings.len() < 2 {
            return None;
        }
        self.bound_around(name, &bindings)
            .or_else(|| self.bound_before(name, owner, &bindings))
    }

    fn bound_around<'m>(
        &'m self,
        name: &'a ExprName,
        bindings: &[&'m Binding<'a>],
    ) -> Option<&'m Binding<'a>> {
        for node in self.ancestors(AnyNodeRef::from(name)) {
            match node {
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => return None,
                AnyNodeRef::StmtWith(with) => {
                    let mut own = bindings
                        .iter()
                        .filter(|binding| span(with).contains(binding.at));
                    let in_head = |at: Span| with.items.iter().any(|item| span(item).contains(at));
                    match (own.next(), own.next()) {
                        (None, _) => {}
                        (Some(only), None)
                            if matches!(only.kind, BindingKind::With(..))
                                && in_head(only.at)
                                && !in_head(span(name)) =>
                        {
                            return Some(only);
                        }
                        _ => return None,
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The last binding before a name, if whoever comes to the name has just passed it.
    fn bound_before<'m>(
        &'m self,
        name: &'a ExprName,
        owner: ScopeId,
        bindings: &[&'m Binding<'a>],
    ) -> Option<&'m Binding<'a>> {
        let here = span(name);
        let elsewhere = |binding: &&&Binding<'a>| {
            let is_parameter = matches!(binding.kind, BindingKind::Parameter(_));
            !is_parameter && self.scope_of(binding.node) != Some(owner)
        };
        if self.scope_of(AnyNodeRef::from(name)) != Some(owner)
            || bindings.iter().find(elsewhere).is_some()
        {
            return None;
        }
        // In `path = Path(path)` the second is read before the first is bound.
        let is_past = |binding: &Binding<'a>| match binding.kind {
            BindingKind::Assign(value) => {
                binding.at.start() < here.start() && !span(value).contains(here)
            }
            _ => binding.at.start() < here.start(),
        };
        let last = bindings
            .iter()
            .copied()
            .filter(|binding| is_past(binding))
            .max_by_key(|binding| binding.at.start())?;
        match last.kind {
            BindingKind::Parameter(_) => {}
            BindingKind::Assign(_) => {
                let statement = self.parent(last.node)?;
                if !statement.is_stmt_assign() && !statement.is_stmt_ann_assign() {
                    return None;
                }
                let block = self.block(statement)?;
                let mut after = block.statements.iter().skip(block.index + 1);
                if !after.any(|statement| span(statement).contains(here)) {
                    return None;
                }
            }
            _ => return None,
        }
        // A round of a loop may find what the round before it has bound.
        let loops = self.ancestors(AnyNodeRef::from(name)).filter(|node| {
            let is_loop = node.is_stmt_for() || node.is_stmt_while();
            is_loop && !span(*node).contains(last.at)
        });
        let mut rebound = loops.flat_map(|node| {
            let inside = bindings.iter();
            inside.filter(move |binding| span(node).contains(binding.at))
        });
        rebound.next().is_none().then_some(last)
    }
}
