//! What a name or an expression stands for.

use super::module::Module;
use super::scope::{Binding, BindingId, BindingKind, Guard, Place, ScopeId, ScopeKind};
use super::syntax::{is_type_checking, root};
use crate::model::libraries::Catalogue;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, StmtClassDef, StmtFunctionDef};
use crate::python::span;
use std::fmt;

/// Why something is not known: a clause that can follow "because".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Why(String);

impl Why {
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a name was found.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'m> {
    Bound(ScopeId, &'m [BindingId]),
    /// Bound nowhere in the file: a builtin, if there is one of this name.
    Builtin,
    /// A star import of the module may have bound it, or bound it again after these.
    Star(&'m [BindingId]),
}

/// What an expression stands for, as far as this file tells.
#[derive(Clone, Debug)]
pub enum Entity<'a> {
    /// A member of a module outside this file, by its qualified name.
    External(String),
    Builtin(&'a str),
    Function(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
    Unknown(Why),
}

/// What a call calls.
#[derive(Clone, Debug)]
pub enum Target<'a> {
    External(String),
    Builtin(&'a str),
    /// A function of this file, and the class whose method it is when called through `self` or `cls`.
    Function(&'a StmtFunctionDef, Option<&'a StmtClassDef>),
    Class(&'a StmtClassDef),
    Unknown(Why),
}

/// How many `name = other` steps are followed.
const MAX_ALIASES: usize = 8;

impl<'a> Module<'a> {
    /// Finds `name` as code in `scope` would (language reference, section 4.2.2).
    pub fn lookup(&self, scope: ScopeId, name: &str) -> Lookup<'_> {
        let mut at = scope;
        loop {
            let here = self.scope(at);
            if here.globals.contains(name) {
                at = ScopeId::MODULE;
                break;
            }
            let visible = at == scope || !matches!(here.kind, ScopeKind::Class(_));
            if visible && !here.nonlocals.contains(name) && here.names.contains_key(name) {
                break;
            }
            match here.parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        let here = self.scope(at);
        match (here.names.get(name), here.star_import) {
            (None, Some(_)) => Lookup::Star(&[]),
            (None, None) => Lookup::Builtin,
            (Some(bindings), Some(star))
                if bindings
                    .iter()
                    .all(|&id| self.binding(id).at.start() < star) =>
            {
                Lookup::Star(bindings)
            }
            (Some(bindings), _) => Lookup::Bound(at, bindings),
        }
    }

    /// What an expression stands for.
    pub fn entity(&self, expression: &'a Expr) -> Entity<'a> {
        self.entity_within(expression, MAX_ALIASES)
    }

    /// The qualified name of something outside this file that an expression stands for.
    pub fn qualified(&self, expression: &'a Expr) -> Option<String> {
        match self.entity(expression) {
            Entity::External(name) => Some(name),
            _ => None,
        }
    }

    fn entity_within(&self, expression: &'a Expr, aliases: usize) -> Entity<'a> {
        match expression {
            Expr::Name(name) => {
                let Some(scope) = self.scope_of(AnyNodeRef::from(name)) else {
                    return Entity::Unknown(Why::new("it was not seen when the file was read"));
                };
                self.name_entity(scope, &name.id, aliases)
            }
            Expr::Attribute(attribute) => match self.entity_within(&attribute.value, aliases) {
                Entity::External(module) => {
                    let name = format!("{module}.{}", attribute.attr);
                    if self.is_patched(&name) {
                        return Entity::Unknown(Why::new(format!("this file assigns to `{name}`")));
                    }
                    Entity::External(name)
                }
                Entity::Class(class) => match self.method(class, &attribute.attr) {
                    Ok(function) => Entity::Function(function),
                    Err(why) => Entity::Unknown(why),
                },
                Entity::Unknown(why) => Entity::Unknown(why),
                _ => Entity::Unknown(Why::new(format!(
                    "nothing is known of the attribute `{}`",
                    attribute.attr
                ))),
            },
            _ => Entity::Unknown(Why::new("it is computed")),
        }
    }

    fn name_entity(&self, scope: ScopeId, name: &'a str, aliases: usize) -> Entity<'a> {
        let bindings = match self.lookup(scope, name) {
            Lookup::Bound(_, bindings) => bindings,
            Lookup::Builtin => return Entity::Builtin(name),
            Lookup::Star(_) => {
                return Entity::Unknown(Why::new(format!("a star import may have bound `{name}`")));
            }
        };
        let mut found: Option<Entity<'a>> = None;
        for &id in bindings {
            let entity = self.binding_entity(self.binding(id), aliases);
            match (&found, &entity) {
                (None, _) => found = Some(entity),
                (Some(Entity::External(one)), Entity::External(other)) if one == other => {}
                _ => {
                    return Entity::Unknown(Why::new(format!(
                        "`{name}` is bound in more than one way"
                    )));
                }
            }
        }
        found.unwrap_or(Entity::Builtin(name))
    }

    /// What one binding gives its name.
    pub fn entity_of(&self, binding: &Binding<'a>) -> Entity<'a> {
        self.binding_entity(binding, MAX_ALIASES)
    }

    fn binding_entity(&self, binding: &Binding<'a>, aliases: usize) -> Entity<'a> {
        match binding.kind {
            BindingKind::Import(index) => Entity::External(self.import(index).target()),
            BindingKind::Function(function) => Entity::Function(function),
            BindingKind::Class(class) => Entity::Class(class),
            BindingKind::Assign(value @ (Expr::Name(_) | Expr::Attribute(_))) if aliases > 0 => {
                self.entity_within(value, aliases - 1)
            }
            BindingKind::Parameter(_) => {
                Entity::Unknown(Why::new(format!("`{}` is a parameter", binding.name)))
            }
            _ => Entity::Unknown(Why::new(format!(
                "the value of `{}` is not known",
                binding.name
            ))),
        }
    }

    /// What a call calls.
    pub fn target(&self, call: &'a ExprCall) -> Target<'a> {
        if let Expr::Attribute(attribute) = &*call.func
            && let Some(class) = self.receiver_class(&attribute.value)
        {
            return match self.method(class, &attribute.attr) {
                Ok(function) => Target::Function(function, Some(class)),
                Err(why) => Target::Unknown(why),
            };
        }
        match self.entity(&call.func) {
            Entity::External(_) if self.is_for_type_checkers(&call.func) => {
                Target::Unknown(Why::new("it is imported for type checkers only"))
            }
            Entity::External(name) => Target::External(name),
            Entity::Builtin(name) => Target::Builtin(name),
            Entity::Function(function) => Target::Function(function, None),
            Entity::Class(class) => Target::Class(class),
            Entity::Unknown(why) => Target::Unknown(why),
        }
    }

    /// Whether the name at the bottom of an expression is bound under `if TYPE_CHECKING` alone, and
    /// so does not exist at run time.
    pub(super) fn is_for_type_checkers(&self, expression: &'a Expr) -> bool {
        let Expr::Name(name) = root(expression) else {
            return false;
        };
        let scope = self.scope_of(AnyNodeRef::from(name));
        match scope.map(|scope| self.lookup(scope, &name.id)) {
            Some(Lookup::Bound(_, bindings)) => bindings
                .iter()
                .all(|&id| self.guard(self.binding(id)) == Guard::TypeChecking),
            _ => false,
        }
    }

    /// The class of this file whose instance, or itself, `self` or `cls` is in one of its methods.
    pub fn receiver_class(&self, receiver: &'a Expr) -> Option<&'a StmtClassDef> {
        let Expr::Name(name) = receiver else {
            return None;
        };
        let scope = self.scope_of(AnyNodeRef::from(name))?;
        let Lookup::Bound(owner, [only]) = self.lookup(scope, &name.id) else {
            return None;
        };
        let BindingKind::Parameter(parameter) = self.binding(*only).kind else {
            return None;
        };
        let ScopeKind::Function(function) = self.scope(owner).kind else {
            return None;
        };
        let first = function.parameters.iter_non_variadic_params().next()?;
        let is_static = function
            .decorator_list
            .iter()
            .any(|decorator| matches!(&decorator.expression, Expr::Name(name) if name.id == "staticmethod"));
        if is_static || !std::ptr::eq(&first.parameter, parameter) {
            return None;
        }
        match self.scope(self.scope(owner).parent?).kind {
            ScopeKind::Class(class) => Some(class),
            _ => None,
        }
    }

    /// The method `name` of a class of this file, if the class itself defines it once and for all.
    fn method(&self, class: &'a StmtClassDef, name: &str) -> Result<&'a StmtFunctionDef, Why> {
        let body = |class: &StmtClassDef| {
            self.classes()
                .find(|(_, other)| std::ptr::eq(*other, class))
                .map_or_else(Vec::new, |(scope, _)| self.bindings_of(scope, name))
        };
        let written = self.attribute_writes().iter().any(
            |write| matches!(write, Expr::Attribute(attribute) if attribute.attr.as_str() == name),
        );
        let function = match &body(class)[..] {
            [] => {
                return Err(Why::new(format!(
                    "`{}` does not define `{name}` itself",
                    class.name
                )));
            }
            [only] if !written => match only.kind {
                BindingKind::Function(function) => function,
                _ => return Err(Why::new(format!("`{name}` is not defined by a `def`"))),
            },
            _ => return Err(Why::new(format!("`{name}` is defined more than once"))),
        };
        // An object of a class made from this one may have another method of the name.
        let own = self.lineage(class);
        for (_, other) in self.classes() {
            let line = self.lineage(other);
            if !line.iter().any(|ancestor| std::ptr::eq(*ancestor, class)) {
                continue;
            }
            let overriding = line.into_iter().find(|ancestor| {
                !own.iter().any(|known| std::ptr::eq(*known, *ancestor))
                    && !body(ancestor).is_empty()
            });
            if let Some(overriding) = overriding {
                return Err(Why::new(format!(
                    "`{}` may have a `{name}` of its own",
                    overriding.name
                )));
            }
        }
        Ok(function)
    }

    /// In which kind of code a node is evaluated.
    pub fn place(&self, node: AnyNodeRef<'_>) -> Place<'a> {
        let mut comprehensions = 0;
        let mut at = self.scope_of(node).unwrap_or(ScopeId::MODULE);
        loop {
            let scope = self.scope(at);
            match scope.kind {
                ScopeKind::Module => return Place::Module,
                ScopeKind::Class(_) => return Place::ClassBody,
                ScopeKind::Lambda(_) => return Place::Lambda,
                ScopeKind::Generator(_) => return Place::Generator,
                ScopeKind::Function(function) if function.is_async => {
                    return Place::Coroutine {
                        function,
                        comprehensions,
                    };
                }
                ScopeKind::Function(function) => return Place::Function(function),
                ScopeKind::Comprehension(_) => comprehensions += 1,
            }
            match scope.parent {
                Some(parent) => at = parent,
                None => return Place::Module,
            }
        }
    }

    /// Whether a node is evaluated while a coroutine of this file runs, through generator
    /// expressions and class bodies; never through a function or lambda, which may run elsewhere.
    pub fn inside_coroutine(&self, node: AnyNodeRef<'_>) -> bool {
        let mut at = self.scope_of(node);
        while let Some(id) = at {
            match self.scope(id).kind {
                ScopeKind::Function(function) => return function.is_async,
                ScopeKind::Lambda(_) | ScopeKind::Module => return false,
                ScopeKind::Class(_) | ScopeKind::Comprehension(_) | ScopeKind::Generator(_) => {}
            }
            at = self.scope(id).parent;
        }
        false
    }

    /// The context expression of a synchronous `with` around `node`, in the same function, that may
    /// hold something which other tasks must not meet: a thread lock, swapped global state.
    pub fn held_across(&self, node: AnyNodeRef<'_>) -> Option<String> {
        for ancestor in self.ancestors(node) {
            match ancestor {
                AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => return None,
                AnyNodeRef::StmtWith(with) if !with.is_async => {
                    let item = with
                        .items
                        .iter()
                        .filter(|item| !span(*item).contains(span(node)))
                        .find(|item| !self.is_private(&item.context_expr));
                    if let Some(item) = item {
                        return Some(self.describe(&item.context_expr));
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a context manager is known to concern nobody but the block it guards.
    pub fn is_private(&self, expression: &'a Expr) -> bool {
        self.is_context(expression, Catalogue::is_private_context)
    }

    /// Whether the code after a context manager may run although its block has failed.
    pub fn swallows_errors(&self, expression: &'a Expr) -> bool {
        self.is_context(expression, Catalogue::swallows_errors)
    }

    fn is_context(&self, expression: &'a Expr, known: fn(&Catalogue, &str) -> bool) -> bool {
        if let Expr::Await(awaited) = expression
            && let Some(callable) = self.in_thread(&awaited.value)
        {
            let name = self.qualified(callable);
            return name.is_some_and(|name| known(self.catalogue(), &name));
        }
        let Expr::Call(call) = expression else {
            return false;
        };
        match (self.target(call), &*call.func) {
            (Target::External(name), _) => known(self.catalogue(), &name),
            (Target::Builtin(name), _) => known(self.catalogue(), name),
            // `self.assertRaises` of a test case.
            (_, Expr::Attribute(method)) => {
                self.receiver_class(&method.value).is_some()
                    && known(self.catalogue(), &method.attr)
            }
            _ => false,
        }
    }

    /// Whether what is around an expression binds tighter than `await`, so that `await` before it would
    /// need parentheses: it is looked into, subscripted or called.
    pub fn binds_tighter(&self, node: AnyNodeRef<'a>) -> bool {
        let (Some(parent), Some(expression)) = (self.parent(node), node.as_expr_ref()) else {
            return false;
        };
        let tighter = match parent {
            AnyNodeRef::ExprAttribute(_) => true,
            AnyNodeRef::ExprSubscript(subscript) => span(&*subscript.value) == span(node),
            AnyNodeRef::ExprCall(outer) => span(&*outer.func) == span(node),
            _ => false,
        };
        tighter && self.layout().parentheses(expression, parent).is_none()
    }

    /// Whether a call, attribute or name stands under `await`, parentheses aside.
    pub fn is_awaited(&self, node: AnyNodeRef<'_>) -> bool {
        matches!(self.parent(node), Some(AnyNodeRef::ExprAwait(_)))
    }

    /// Whether a node is part of an annotation, where `await` is refused wherever annotations are not
    /// evaluated: from Python 3.14 on, and under `from __future__ import annotations`.
    pub fn in_annotation(&self, node: AnyNodeRef<'_>) -> bool {
        let holds = |annotation: &Option<Box<Expr>>| {
            annotation
                .as_deref()
                .is_some_and(|annotation| span(annotation).contains(span(node)))
        };
        self.ancestors(node).any(|ancestor| match ancestor {
            AnyNodeRef::StmtAnnAssign(assign) => span(&*assign.annotation).contains(span(node)),
            AnyNodeRef::StmtFunctionDef(function) => holds(&function.returns),
            AnyNodeRef::Parameter(parameter) => holds(&parameter.annotation),
            _ => false,
        })
    }

    /// Calls of members of `module`, which is outside this file, with their qualified names, in
    /// source order. Most files do not import it, and cost nothing.
    pub fn calls_into(&self, module: &str) -> Vec<(&'a ExprCall, String)> {
        if !self.imports_module(module) {
            return Vec::new();
        }
        let inside = |name: &str| {
            name.strip_prefix(module)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        self.calls()
            .iter()
            .filter_map(|&call| match self.target(call) {
                Target::External(name) if inside(&name) => Some((call, name)),
                _ => None,
            })
            .collect()
    }

    /// What the control flow around a binding leaves open, inside its scope.
    pub fn guard(&self, binding: &Binding<'a>) -> Guard {
        let mut guard = Guard::Always;
        let mut child = binding.node;
        for node in self.ancestors(binding.node) {
            guard = match node {
                AnyNodeRef::ModModule(_)
                | AnyNodeRef::StmtFunctionDef(_)
                | AnyNodeRef::StmtClassDef(_)
                | AnyNodeRef::ExprLambda(_) => return guard,
                AnyNodeRef::StmtIf(statement) if is_type_checking(&statement.test) => {
                    let in_body = statement
                        .body
                        .iter()
                        .any(|inner| span(inner).contains(span(child)));
                    return if in_body {
                        Guard::TypeChecking
                    } else {
                        Guard::Conditional
                    };
                }
                AnyNodeRef::StmtTry(statement) => {
                    let in_body = statement
                        .body
                        .iter()
                        .any(|inner| span(inner).contains(span(child)));
                    if in_body && guard == Guard::Always {
                        Guard::Tried
                    } else {
                        Guard::Conditional
                    }
                }
                AnyNodeRef::StmtIf(_)
                | AnyNodeRef::StmtWhile(_)
                | AnyNodeRef::StmtFor(_)
                | AnyNodeRef::StmtMatch(_) => Guard::Conditional,
                _ => guard,
            };
            child = node;
        }
        guard
    }
}
