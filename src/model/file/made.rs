//! What a function makes for itself, so that changing it concerns nobody else.

use super::module::Module;
use super::resolve::{Entity, Lookup, Target};
use super::scope::{Binding, BindingKind, ScopeId, ScopeKind};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprName, Stmt, StmtAugAssign, StmtClassDef, StmtFunctionDef,
};
use crate::python::span;

impl<'a> Module<'a> {
    /// Whether an object is a collection that the function around makes, or stands in such a
    /// collection, and nothing else holds it: every binding of its name is a display, a
    /// comprehension or a call of a collection's class.
    pub fn is_made_here(&self, object: &'a Expr) -> bool {
        match object {
            Expr::Name(name) => self.is_made_name(name),
            Expr::Subscript(outer) => match &*outer.value {
                Expr::Name(name) => {
                    self.is_made_here(&outer.value) && self.holds_only_its_own(name)
                }
                _ => false,
            },
            _ => false,
        }
    }

    pub(super) fn is_made_name(&self, name: &'a ExprName) -> bool {
        self.own_bindings(name).is_some_and(|bindings| {
            bindings.iter().all(|binding| match binding.kind {
                BindingKind::Assign(value) => {
                    self.is_given_alone(binding) && self.makes_collection(value)
                }
                _ => self.is_augmented(binding),
            })
        })
    }

    /// Whether evaluating the expression makes a new builtin collection.
    pub fn makes_collection(&self, value: &'a Expr) -> bool {
        match value {
            Expr::List(_)
            | Expr::Dict(_)
            | Expr::Set(_)
            | Expr::ListComp(_)
            | Expr::DictComp(_)
            | Expr::SetComp(_) => true,
            Expr::Call(call) => match self.target(call) {
                Target::Builtin(name) => matches!(name, "list" | "dict" | "set"),
                Target::External(name) => self.catalogue().is_collection(&name),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether evaluating the expression gives something that no other code can change: a new
    /// collection, or a value that cannot be changed at all.
    pub fn makes_own_value(&self, value: &'a Expr) -> bool {
        match value {
            Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::FString(_)
            | Expr::Tuple(_)
            | Expr::BinOp(_)
            | Expr::Compare(_)
            | Expr::UnaryOp(_) => true,
            Expr::Call(call) => {
                let immutable = matches!(
                    self.target(call),
                    Target::Builtin("bool" | "float" | "int" | "len" | "str")
                );
                immutable || self.makes_collection(value)
            }
            _ => self.makes_collection(value),
        }
    }

    /// Whether an assignment gives its value to this name only.
    pub fn is_given_alone(&self, binding: &Binding<'a>) -> bool {
        match self.parent(binding.node) {
            Some(AnyNodeRef::StmtAssign(assign)) => assign.targets.len() == 1,
            Some(AnyNodeRef::StmtAnnAssign(_)) => true,
            _ => false,
        }
    }

    /// Whether a binding is `name += ...`.
    pub fn is_augmented(&self, binding: &Binding<'a>) -> bool {
        matches!(
            self.parent(binding.node),
            Some(AnyNodeRef::StmtAugAssign(assign)) if span(&*assign.target) == binding.at
        )
    }

    /// Whether `target += value` may change an object that other code holds.
    pub fn changes_in_place(&self, assign: &'a StmtAugAssign) -> bool {
        let name = match &*assign.target {
            _ if matches!(&*assign.value, Expr::NumberLiteral(_)) => return false,
            Expr::Name(name) => name,
            Expr::Subscript(_) => return !self.is_made_here(&assign.target),
            _ => return true,
        };
        !self.own_bindings(name).is_some_and(|bindings| {
            bindings.iter().all(|binding| match binding.kind {
                BindingKind::Assign(value) => {
                    self.is_given_alone(binding) && self.makes_own_value(value)
                }
                _ => self.is_augmented(binding),
            })
        })
    }

    /// The bindings of a name, if the function that evaluates it is the one whose name it is.
    fn own_bindings(&self, name: &'a ExprName) -> Option<Vec<&Binding<'a>>> {
        let mut scope = self.scope_of(AnyNodeRef::from(name))?;
        let Lookup::Bound(owner, bindings) = self.lookup(scope, &name.id) else {
            return None;
        };
        while matches!(self.scope(scope).kind, ScopeKind::Comprehension(_)) && scope != owner {
            scope = self.scope(scope).parent?;
        }
        let own = scope == owner && matches!(self.scope(owner).kind, ScopeKind::Function(_));
        own.then(|| bindings.iter().map(|&id| self.binding(id)).collect())
    }

    /// Whether everything in a collection was made for it: it begins empty or with collections made
    /// in place, and nothing else is put in.
    fn holds_only_its_own(&self, name: &'a ExprName) -> bool {
        let Some(bindings) = self.own_bindings(name) else {
            return false;
        };
        let Some(owner) = bindings.first().map(|binding| binding.scope) else {
            return false;
        };
        let begins = bindings.iter().all(|binding| match binding.kind {
            BindingKind::Assign(value) => self.elements_are_made(value),
            _ => false,
        });
        begins
            && self
                .reads_of(owner, &name.id)
                .into_iter()
                .all(|read| self.puts_only_its_own(read))
    }

    fn elements_are_made(&self, value: &'a Expr) -> bool {
        let made = |element: &'a Expr| self.makes_own_value(element);
        match value {
            Expr::List(list) => list.elts.iter().all(made),
            Expr::Dict(dict) => dict.items.iter().all(|item| made(&item.value)),
            Expr::ListComp(list) => made(&list.elt),
            Expr::DictComp(dict) => made(&dict.value),
            Expr::Call(call) => match (&*call.arguments.args, self.target(call)) {
                ([], _) => call.arguments.keywords.is_empty(),
                ([factory], Target::External(name)) => {
                    name == "collections.defaultdict"
                        && matches!(
                            self.entity(factory),
                            Entity::Builtin("dict" | "float" | "int" | "list" | "set" | "str")
                        )
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether what one use of a collection puts into it is made in place.
    fn puts_only_its_own(&self, read: &'a ExprName) -> bool {
        let own = |value: &'a Expr| self.makes_own_value(value);
        match self.parent(read.into()) {
            Some(AnyNodeRef::ExprSubscript(entry)) if !entry.ctx.is_load() => {
                match self.parent(entry.into()) {
                    Some(AnyNodeRef::StmtAssign(assign)) => {
                        assign.targets.len() == 1 && own(&assign.value)
                    }
                    Some(AnyNodeRef::StmtAugAssign(_) | AnyNodeRef::StmtDelete(_)) => true,
                    _ => false,
                }
            }
            Some(AnyNodeRef::ExprAttribute(method)) => match self.parent(method.into()) {
                Some(AnyNodeRef::ExprCall(call)) => {
                    let put = call.arguments.args.iter();
                    let keys = usize::from(method.attr.as_str() == "setdefault");
                    !self.catalogue().is_filling_method(&method.attr)
                        || call.arguments.keywords.is_empty() && put.skip(keys).all(own)
                }
                _ => false,
            },
            Some(AnyNodeRef::StmtAugAssign(_)) => false,
            _ => true,
        }
    }

    /// The class of this file that does nothing when an object of it is made but keep the arguments,
    /// so that making one concerns nobody else.
    pub fn is_plain_class(&self, class: &'a StmtClassDef) -> bool {
        let dataclass = |decorator: &'a Expr| {
            let decorator = match decorator {
                Expr::Call(call) => &*call.func,
                other => other,
            };
            self.qualified(decorator).as_deref() == Some("dataclasses.dataclass")
        };
        let factory = |value: &'a Expr| match value {
            Expr::Call(call) => self.has_factory(call),
            _ => false,
        };
        class.arguments.is_none()
            && class
                .decorator_list
                .iter()
                .all(|decorator| dataclass(&decorator.expression))
            && class.body.iter().all(|statement| match statement {
                Stmt::FunctionDef(function) => !matches!(
                    function.name.as_str(),
                    "__init__" | "__new__" | "__post_init__" | "__setattr__"
                ),
                Stmt::AnnAssign(field) => !field.value.as_deref().is_some_and(factory),
                _ => true,
            })
    }

    /// Whether a field of a dataclass calls something for its value.
    fn has_factory(&self, call: &'a ExprCall) -> bool {
        call.arguments
            .find_keyword("default_factory")
            .is_some_and(|keyword| !matches!(self.entity(&keyword.value), Entity::Builtin(_)))
    }

    /// Whether objects in this file may have another method of the name than their class gives them:
    /// the file assigns to such an attribute, or a class made from one outside the file defines it.
    pub fn replaces(&self, method: &str) -> bool {
        let assigned = self.attribute_writes().iter().any(
            |write| matches!(write, Expr::Attribute(attribute) if attribute.attr.as_str() == method),
        );
        assigned
            || self.classes().any(|(scope, class)| {
                let mut bases = class.arguments.iter().flat_map(|arguments| &arguments.args);
                bases.any(|base| {
                    self.qualified(base)
                        .is_some_and(|name| self.catalogue().class(&name).is_some())
                }) && !self.bindings_of(scope, method).is_empty()
            })
    }

    /// The functions of this name that classes of this file define.
    pub fn methods_named(&self, name: &str) -> Vec<&'a StmtFunctionDef> {
        self.classes()
            .flat_map(|(scope, _)| self.bindings_of(scope, name))
            .filter_map(|binding| match binding.kind {
                BindingKind::Function(function) => Some(function),
                _ => None,
            })
            .collect()
    }

    /// Whether a method may be that of an object which is declared to be of a class from outside this
    /// file: its own class, or one that it is made from, says so. A class without bases says nothing.
    pub fn may_inherit(&self, method: &'a StmtFunctionDef, declared: &str) -> bool {
        let Some(scope) = self.scope_of(AnyNodeRef::from(method)) else {
            return true;
        };
        let ScopeKind::Class(class) = self.scope(scope).kind else {
            return true;
        };
        let lineage = self.lineage(class).into_iter();
        let bases: Vec<&'a Expr> = lineage
            .filter_map(|class| class.arguments.as_ref())
            .flat_map(|arguments| &arguments.args)
            .collect();
        let last = declared.rsplit('.').next();
        bases.is_empty()
            || bases.into_iter().any(|base| match self.qualified(base) {
                Some(name) => name == declared || name.rsplit('.').next() == last,
                None => !matches!(self.entity(base), Entity::Class(_)),
            })
    }

    /// Whether a decorator makes a function run when an attribute is read.
    pub fn makes_property(&self, decorator: &'a Expr) -> bool {
        match self.entity(decorator) {
            Entity::Builtin(name) => name == "property",
            Entity::External(name) => name == "functools.cached_property",
            _ => {
                matches!(decorator, Expr::Attribute(method) if matches!(method.attr.as_str(), "setter" | "getter" | "deleter"))
            }
        }
    }

    /// The names in a function's body that differ from run to run: parameters for which the call
    /// passes one of `items`, and what is computed from them.
    pub fn differing(
        &self,
        function: &'a StmtFunctionDef,
        call: Option<&'a ExprCall>,
        items: &[&'a str],
    ) -> Vec<&'a str> {
        let reads = |value: &'a Expr, names: &[&str]| {
            super::references_within(value.into())
                .iter()
                .any(|name| names.contains(&name.id.as_str()))
        };
        let mut found: Vec<&str> = Vec::new();
        if let Some(call) = call {
            let parameters = function.parameters.iter_non_variadic_params();
            let is_method = function
                .parameters
                .iter_non_variadic_params()
                .next()
                .is_some_and(|first| matches!(first.name().as_str(), "self" | "cls"))
                && matches!(&*call.func, Expr::Attribute(_));
            let positional: Vec<&Expr> = call.arguments.args.iter().collect();
            for (index, parameter) in parameters.skip(usize::from(is_method)).enumerate() {
                let keyword = call.arguments.find_keyword(parameter.name());
                let argument = keyword.map(|keyword| &keyword.value);
                let argument = argument.or_else(|| positional.get(index).copied());
                if argument.is_some_and(|argument| reads(argument, items)) {
                    found.push(parameter.name().as_str());
                }
            }
        }
        let Some(scope) = self.body_scope(function) else {
            return found;
        };
        for binding in self.bindings() {
            if let BindingKind::Assign(value)
            | BindingKind::Element(value)
            | BindingKind::With(value, _) = binding.kind
                && self.is_inside(binding.scope, scope)
                && reads(value, &found)
            {
                found.push(binding.name);
            }
        }
        found
    }

    /// Whether a scope is another one, or a comprehension in it.
    fn is_inside(&self, mut scope: ScopeId, outer: ScopeId) -> bool {
        loop {
            if scope == outer {
                return true;
            }
            match (&self.scope(scope).kind, self.scope(scope).parent) {
                (ScopeKind::Comprehension(_), Some(parent)) => scope = parent,
                _ => return false,
            }
        }
    }
}
