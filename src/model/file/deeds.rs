//! What code does to objects without calling anything, and who else may hold these objects.
//!
//! An object that the function made itself concerns nobody and is not spoken of. Nor is what a
//! constructor sets of the object that it makes.

use super::module::Module;
use super::resolve::{Entity, Lookup, Target};
use super::scope::{Binding, BindingKind, ScopeId, ScopeKind};
use super::terms::Index;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprContext, ExprName, Parameter, StmtFunctionDef,
};
use crate::python::span;

/// How many steps from a name to what made its value are followed.
const MAX_STEPS: usize = 6;

/// Who else may hold an object that is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// The object whose method it is.
    Receiver,
    /// Whoever passed the parameter of this position.
    Parameter(u16),
    Global,
    /// The function around it.
    Closure,
    /// A `with` statement of the function got it from a call, most likely for this block alone.
    Entered,
    /// It cannot be told.
    Somebody,
}

/// A holder, and, of what the function around holds, who that is to that function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Held {
    pub by: Holder,
    /// Nobody if the function around made it itself.
    pub around: Option<Holder>,
}

impl Held {
    pub fn by(by: Holder) -> Self {
        Self { by, around: None }
    }
}

/// One thing that the code of a function does to an object that others may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub function: Index,
    /// Where it stands in the text.
    pub at: u32,
    pub held: Held,
    /// An item of a collection is set, and nothing else of it is changed.
    pub fills: bool,
    /// What is changed, as it is written.
    pub what: Box<str>,
}

/// Which argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Position(u16),
    Keyword(super::NameHash),
}

impl<'a> Module<'a> {
    /// What one node does by itself to an object that others may hold: who holds it, whether it is
    /// only filled, and how it is written.
    pub fn deed(&self, node: AnyNodeRef<'a>) -> Option<(Held, bool, String)> {
        match node {
            AnyNodeRef::ExprAttribute(attribute) if attribute.ctx != ExprContext::Load => {
                self.changed(node, &attribute.value, false)
            }
            AnyNodeRef::ExprSubscript(subscript) if subscript.ctx != ExprContext::Load => {
                let augmented = matches!(
                    self.parent(node),
                    Some(AnyNodeRef::StmtAugAssign(assign))
                        if span(&*assign.target) == span(subscript)
                );
                let fills = subscript.ctx == ExprContext::Store && !augmented;
                self.changed(node, &subscript.value, fills)
            }
            AnyNodeRef::StmtAugAssign(assign)
                if assign.target.is_name_expr() && self.changes_in_place(assign) =>
            {
                self.changed(AnyNodeRef::from(&*assign.target), &assign.target, false)
            }
            AnyNodeRef::StmtGlobal(global) => {
                let name = global.names.first()?;
                Some((Held::by(Holder::Global), false, name.to_string()))
            }
            AnyNodeRef::StmtNonlocal(nonlocal) => {
                let name = nonlocal.names.first()?;
                Some((Held::by(Holder::Closure), false, name.to_string()))
            }
            _ => None,
        }
    }

    fn changed(
        &self,
        node: AnyNodeRef<'a>,
        object: &'a Expr,
        fills: bool,
    ) -> Option<(Held, bool, String)> {
        let held = self.held(object)?;
        if held.by == Holder::Receiver && self.is_being_made(node) {
            return None;
        }
        let text = span(node).of(self.text());
        let line = text.lines().next().unwrap_or_default();
        let what = match line.len() == text.len() && line.chars().count() <= 40 {
            true => line.to_owned(),
            false => format!("{}...", line.chars().take(37).collect::<String>()),
        };
        Some((held, fills, what))
    }

    /// Whether a node stands in the constructor itself of a class, whose object nobody else holds yet.
    fn is_being_made(&self, node: AnyNodeRef<'a>) -> bool {
        let Some(scope) = self
            .scope_of(node)
            .and_then(|scope| self.function_of(scope))
        else {
            return false;
        };
        let ScopeKind::Function(function) = self.scope(scope).kind else {
            return false;
        };
        matches!(function.name.as_str(), "__init__" | "__post_init__")
    }

    /// Who else may hold what an expression gives; nobody if it is made there, or cannot be changed.
    pub fn held(&self, object: &'a Expr) -> Option<Held> {
        self.held_within(object, MAX_STEPS)
    }

    fn held_within(&self, object: &'a Expr, steps: usize) -> Option<Held> {
        let somebody = Some(Held::by(Holder::Somebody));
        let Some(steps) = steps.checked_sub(1) else {
            return somebody;
        };
        let all = |values: &mut dyn Iterator<Item = &'a Expr>| {
            values.fold(None, |known, value| {
                together(known, self.held_within(value, steps))
            })
        };
        match object {
            Expr::Name(name) => self.held_name(name, steps),
            // What an object that was made here consists of may have come from elsewhere.
            Expr::Attribute(attribute) => self.held_within(&attribute.value, steps).or(somebody),
            Expr::Subscript(subscript) => match self.is_made_here(object) {
                true => None,
                false => self.held_within(&subscript.value, steps).or(somebody),
            },
            Expr::Call(call) => self.held_given(call, steps),
            Expr::Starred(starred) => self.held_within(&starred.value, steps),
            Expr::Named(named) => self.held_within(&named.value, steps),
            Expr::If(choice) => all(&mut [&*choice.body, &*choice.orelse].into_iter()),
            Expr::BoolOp(choice) => all(&mut choice.values.iter()),
            Expr::List(list) => all(&mut list.elts.iter()),
            Expr::Tuple(tuple) => all(&mut tuple.elts.iter()),
            Expr::Set(set) => all(&mut set.elts.iter()),
            Expr::Dict(dict) => all(&mut dict.items.iter().map(|item| &item.value)),
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => somebody,
            _ => None,
        }
    }

    /// Who may hold what a call gives.
    fn held_given(&self, call: &'a ExprCall, steps: usize) -> Option<Held> {
        let somebody = Some(Held::by(Holder::Somebody));
        if let Expr::Attribute(method) = &*call.func
            && matches!(
                method.attr.as_str(),
                "setdefault" | "get" | "items" | "values" | "keys" | "pop"
            )
        {
            return self.held_within(&method.value, steps).or(somebody);
        }
        let name = match self.target(call) {
            Target::Class(_) => return None,
            Target::Builtin("enumerate" | "iter" | "next" | "reversed" | "zip") => {
                let given = call.arguments.args.iter();
                return given.fold(None, |known, value| {
                    together(known, self.held_within(value, steps))
                });
            }
            Target::Builtin(name) => {
                return match self.catalogue().is_pure_builtin(name) && name != "getattr" {
                    true => None,
                    false => somebody,
                };
            }
            Target::External(name) => name,
            _ => return somebody,
        };
        // A class makes a new object, as far as its name says that it is one.
        let last = name.rsplit('.').next().unwrap_or(&name);
        let is_class = last.starts_with(|first: char| first.is_ascii_uppercase())
            && last.contains(|letter: char| letter.is_ascii_lowercase());
        let known = self.catalogue().is_collection(&name)
            || self.catalogue().knows_class(&name)
            || self.catalogue().is_pure(&name);
        match is_class || known {
            true => None,
            false => somebody,
        }
    }

    fn held_name(&self, name: &'a ExprName, steps: usize) -> Option<Held> {
        let global = Some(Held::by(Holder::Global));
        let Some(scope) = self.scope_of(AnyNodeRef::from(name)) else {
            return Some(Held::by(Holder::Somebody));
        };
        let Lookup::Bound(owner, bindings) = self.lookup(scope, &name.id) else {
            return global;
        };
        let Some(function) = self.function_of(owner) else {
            return global;
        };
        let bindings: Vec<&Binding<'a>> = bindings.iter().map(|&id| self.binding(id)).collect();
        let here = self.function_of(scope);
        if here == Some(function) {
            return match self.is_made_name(name) {
                true => None,
                false => self.held_bound(&bindings, steps),
            };
        }
        let around = here
            .and_then(|here| self.scope(here).parent)
            .and_then(|outer| self.function_of(outer));
        let around = match around == Some(function) {
            true => self.held_bound(&bindings, steps).map(|held| held.by),
            false => Some(Holder::Somebody),
        };
        Some(Held {
            by: Holder::Closure,
            around,
        })
    }

    /// Who holds what these bindings of one name gave it, in the function whose name it is.
    fn held_bound(&self, bindings: &[&Binding<'a>], steps: usize) -> Option<Held> {
        let mut held = None;
        for binding in bindings {
            let more = match binding.kind {
                BindingKind::Assign(value) => self.held_within(value, steps),
                BindingKind::Element(items) => self
                    .held_within(items, steps)
                    .or(Some(Held::by(Holder::Somebody))),
                BindingKind::With(value, _) => self.held_entered(value),
                BindingKind::Parameter(parameter) => self.held_parameter(binding.scope, parameter),
                BindingKind::Import(_) | BindingKind::Function(_) | BindingKind::Class(_) => {
                    Some(Held::by(Holder::Global))
                }
                BindingKind::Other if self.is_augmented(binding) => None,
                BindingKind::Other => Some(Held::by(Holder::Somebody)),
            };
            held = together(held, more);
        }
        held
    }

    fn held_entered(&self, value: &'a Expr) -> Option<Held> {
        let value = match value {
            Expr::Await(awaited) => &*awaited.value,
            other => other,
        };
        match value {
            _ if self.is_private(value) => None,
            Expr::Call(_) => Some(Held::by(Holder::Entered)),
            _ => Some(Held::by(Holder::Somebody)),
        }
    }

    fn held_parameter(&self, owner: ScopeId, parameter: &'a Parameter) -> Option<Held> {
        let ScopeKind::Function(function) = self.scope(owner).kind else {
            return Some(Held::by(Holder::Somebody));
        };
        let Some(position) = function
            .parameters
            .iter_non_variadic_params()
            .position(|other| std::ptr::eq(&other.parameter, parameter))
        else {
            // Python makes the tuple of `*args` and the dict of `**kwargs` for each call.
            return None;
        };
        if parameter.annotation.as_deref().is_some_and(is_immutable) {
            return None;
        }
        let outer = self.scope(owner).parent.unwrap_or(ScopeId::MODULE);
        let in_class = matches!(self.scope(outer).kind, ScopeKind::Class(_));
        let by = match position {
            0 if in_class && self.is_decorated(function, "classmethod") => Holder::Global,
            0 if in_class && !self.is_decorated(function, "staticmethod") => Holder::Receiver,
            _ if has_lasting_default(function, parameter) => Holder::Global,
            _ => Holder::Parameter(u16::try_from(position).unwrap_or(u16::MAX)),
        };
        Some(Held::by(by))
    }

    fn is_decorated(&self, function: &'a StmtFunctionDef, with: &str) -> bool {
        let mut decorators = function.decorator_list.iter();
        decorators.any(|decorator| {
            matches!(self.entity(&decorator.expression), Entity::Builtin(name) if name == with)
        })
    }

    /// The function in whose body a scope is, itself included.
    fn function_of(&self, mut scope: ScopeId) -> Option<ScopeId> {
        loop {
            if matches!(self.scope(scope).kind, ScopeKind::Function(_)) {
                return Some(scope);
            }
            scope = self.scope(scope).parent?;
        }
    }
}

/// One holder for two.
fn together(one: Option<Held>, other: Option<Held>) -> Option<Held> {
    match (one, other) {
        (None, held) | (held, None) => held,
        (Some(one), Some(other)) if one == other => Some(one),
        _ => Some(Held::by(Holder::Somebody)),
    }
}

/// Whether an annotation says that the value cannot be changed.
fn is_immutable(annotation: &Expr) -> bool {
    match annotation {
        Expr::Name(name) => matches!(
            name.id.as_str(),
            "bool" | "bytes" | "complex" | "float" | "int" | "str"
        ),
        Expr::BinOp(union) => {
            let is_none = |side: &Expr| side.is_none_literal_expr();
            is_immutable(&union.left) && (is_immutable(&union.right) || is_none(&union.right))
        }
        _ => false,
    }
}

/// Whether all calls without the argument share one object.
fn has_lasting_default(function: &StmtFunctionDef, parameter: &Parameter) -> bool {
    let mut parameters = function.parameters.iter_non_variadic_params();
    parameters.any(|other| {
        std::ptr::eq(&other.parameter, parameter)
            && matches!(
                other.default.as_deref(),
                Some(Expr::List(_) | Expr::Dict(_) | Expr::Set(_) | Expr::Call(_))
            )
    })
}
