//! What is read and written besides calls: functions as values, attributes, shared state.

use super::Collector;
use super::is_callee;
use crate::model::file::annotations::is_bare;
use crate::model::file::facts::{CallKind, Owner, ReflectedOn};
use crate::model::file::resolve::Lookup;
use crate::model::file::scope::{BindingKind, ScopeId, ScopeKind};
use crate::model::file::syntax::root;
use crate::model::file::terms::{Index, Term, TermId};
use crate::python::ast::{AnyNodeRef, Expr, ExprAttribute, ExprContext};
use crate::python::span;

impl<'a> Collector<'_, 'a> {
    /// Notes that a method reads the object it is called on.
    pub(super) fn receiver(&mut self, node: AnyNodeRef<'a>, name: &str) {
        let Some(scope) = self.module.scope_of(node) else {
            return;
        };
        if let Lookup::Bound(owner, [only]) = self.module.lookup(scope, name)
            && let BindingKind::Parameter(parameter) = self.module.binding(*only).kind
            && let ScopeKind::Function(function) = self.module.scope(owner).kind
            && function
                .parameters
                .iter_non_variadic_params()
                .next()
                .is_some_and(|first| std::ptr::eq(&first.parameter, parameter))
            && let Some(index) = self.builder.number(owner)
        {
            self.with_function(index, |function| {
                function.reads_receiver |= matches!(function.owner, Owner::Class(_));
            });
        }
    }

    pub(super) fn note_write(&mut self, function: Index, what: String, at: usize) {
        self.with_function(function, |function| {
            function.writes.get_or_insert((what.into(), at));
        });
    }

    /// Notes a change of something that the function did not make itself.
    pub(super) fn write(&mut self, node: AnyNodeRef<'a>, target: &'a Expr, verb: &str) {
        let (Some(function), _) = self.place(node) else {
            return;
        };
        if let Expr::Name(name) = root(target)
            && self.is_fresh(AnyNodeRef::from(name), &name.id)
        {
            return;
        }
        let what = format!("{verb} `{}`", self.module.describe(target));
        self.note_write(function, what, span(target).start());
    }

    /// Whether a name is a local variable whose every value was made on the spot.
    pub(super) fn is_fresh(&self, node: AnyNodeRef<'a>, name: &str) -> bool {
        let Some(scope) = self.module.scope_of(node) else {
            return false;
        };
        let Lookup::Bound(owner, bindings) = self.module.lookup(scope, name) else {
            return false;
        };
        owner != ScopeId::MODULE
            && bindings
                .iter()
                .all(|&id| match self.module.binding(id).kind {
                    BindingKind::Assign(value) => !matches!(
                        value,
                        Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_)
                    ),
                    BindingKind::With(..) | BindingKind::Element(_) => true,
                    _ => false,
                })
    }

    pub(super) fn attribute(&mut self, attribute: &'a ExprAttribute) {
        let node = AnyNodeRef::from(attribute);
        if attribute.ctx != ExprContext::Load {
            self.write(
                node,
                &attribute.value,
                &format!("sets `.{}` of", attribute.attr),
            );
            self.attribute_value(attribute);
            return;
        }
        let parent = self.module.parent(node);
        let here = span(attribute);
        let callee = is_callee(parent, here);
        let Some(own) = self.module.own(node) else {
            return;
        };
        let AnyNodeRef::ExprAttribute(attribute) = own else {
            return;
        };
        let base = self.builder.term(&attribute.value);
        if attribute.attr.as_str() == "__dict__" {
            self.reflects(ReflectedOn::Term(base), "", false);
        }
        if self.is_unknown(base) {
            self.loose.insert(attribute.attr.as_str());
            return;
        }
        if callee {
            return;
        }
        let term = self
            .builder
            .terms
            .add(Term::Member(base, attribute.attr.as_str().into()));
        self.value(term);
        let (function, place) = self.place(node);
        if !matches!(self.builder.terms.get(base), Term::Import(..))
            && self.read.insert((function, term))
        {
            self.push(function, place, CallKind::Read, here, None, term, node);
            self.received(&attribute.value);
        }
    }

    /// `self.name = value`, with what the value is.
    pub(super) fn attribute_value(&mut self, attribute: &'a ExprAttribute) {
        let base = self.builder.term(&attribute.value);
        let class = match *self.builder.terms.get(base) {
            Term::Receiver(class) | Term::ReceiverClass(class) => class,
            _ => return,
        };
        let scope = self
            .module
            .scope_of(AnyNodeRef::from(attribute))
            .unwrap_or(ScopeId::MODULE);
        let parent = self.module.parent(AnyNodeRef::from(attribute));
        let value = match parent {
            Some(AnyNodeRef::StmtAssign(assign)) => self.builder.term(&assign.value),
            Some(AnyNodeRef::StmtAnnAssign(assign)) => match &assign.value {
                Some(value) if is_bare(&assign.annotation) => self.builder.term(value),
                _ => self.builder.annotated(&assign.annotation, scope),
            },
            Some(AnyNodeRef::WithItem(item)) => {
                let value = self.builder.term(&item.context_expr);
                self.builder.terms.add(Term::Enter(value, false))
            }
            _ => self.builder.terms.add(Term::Unknown(
                "it is assigned in a way that does not show".into(),
            )),
        };
        if let Some(class) = self.facts.classes.get_mut(class.0 as usize) {
            class
                .attributes
                .push((attribute.attr.as_str().into(), value));
        }
    }

    pub(super) fn is_unknown(&self, term: TermId) -> bool {
        matches!(
            self.builder.terms.get(term),
            Term::Unknown(_) | Term::Parameter(..)
        )
    }

    /// Something is read that may be a function.
    pub(super) fn value(&mut self, term: TermId) {
        match self.builder.terms.get(term) {
            Term::Function(_) | Term::Import(..) | Term::Member(..) | Term::Star(..) => {
                self.values.insert(term);
            }
            Term::Any(all) => {
                for one in all.clone() {
                    self.value(one);
                }
            }
            _ => {}
        }
    }

    /// Notes a name that is a function or an import among too many other things to say which.
    pub(super) fn unclear_name(&mut self, scope: ScopeId, name: &'a str, term: TermId) {
        if !matches!(self.builder.terms.get(term), Term::Unknown(_)) {
            return;
        }
        let Lookup::Bound(_, bindings) = self.module.lookup(scope, name) else {
            return;
        };
        for id in bindings {
            match self.module.binding(*id).kind {
                BindingKind::Function(_) => {
                    self.loose.insert(name);
                }
                BindingKind::Import(index) => {
                    let imported = self.module.import(index).alias.name.as_str();
                    self.loose.insert(imported);
                }
                _ => {}
            }
        }
    }
}
