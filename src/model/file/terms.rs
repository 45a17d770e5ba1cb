//! What an expression stands for, as far as it can be said without other files: a small term over
//! imports and definitions, which the project evaluates. Terms outlive the tree.

use super::annotations::is_bare;
use super::module::Module;
use super::resolve::Lookup;
use super::scope::{Binding, BindingId, BindingKind, ScopeId, ScopeKind};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, Number, Operator, Parameter, StmtClassDef, StmtFunctionDef,
};
use rustc_hash::FxHashMap;

/// How many bindings and steps are followed from a name to what it stands for.
pub(super) const MAX_STEPS: usize = 10;

/// A name that is bound in more ways than these is not followed.
const MAX_BINDINGS: usize = 6;

/// A term of a `Terms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermId(pub u32);

/// A function or class of a file, by its place among them in source order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index(pub u32);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    /// `None`, which says nothing of what else a name may be.
    None,
    /// An imported name: dots of a relative import, then the dotted name.
    Import(u32, Box<str>),
    Builtin(Box<str>),
    /// A name that a star import of this file may have bound, and what it is otherwise.
    Star(Box<str>, TermId),
    Function(Index),
    Class(Index),
    /// The first parameter of a method: an object of the class, or of one made from it.
    Receiver(Index),
    /// The first parameter of a class method.
    ReceiverClass(Index),
    /// `super()` in a method of the class.
    Super(Index),
    /// A parameter without annotation, by function and position.
    Parameter(Index, u32),
    Member(TermId, Box<str>),
    Call(TermId),
    Await(TermId),
    /// What `with` gives its target, and whether it is `async with`.
    Enter(TermId, bool),
    /// What iterating gives.
    Element(TermId),
    /// A list of what iterating gives.
    Items(TermId),
    /// What a subscript gives.
    Item(TermId),
    /// `base[arguments]` in an annotation.
    Generic(TermId, Box<[TermId]>),
    /// An object of the class that an annotation names.
    Instance(TermId),
    /// A display or literal of a builtin class.
    Literal(&'static str),
    /// All of these are meant in turn.
    Any(Box<[TermId]>),
    /// Nothing is known, and why.
    Unknown(Box<str>),
}

/// A set of terms, each once.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    terms: Vec<Term>,
    known: FxHashMap<Term, TermId>,
}

impl Terms {
    pub fn add(&mut self, term: Term) -> TermId {
        if let Some(&id) = self.known.get(&term) {
            return id;
        }
        let id = TermId(self.terms.len() as u32);
        self.terms.push(term.clone());
        self.known.insert(term, id);
        id
    }

    pub fn get(&self, id: TermId) -> &Term {
        self.terms.get(id.0 as usize).unwrap_or(&Term::None)
    }

    /// The terms without the means to add more.
    pub fn freeze(self) -> Box<[Term]> {
        self.terms.into_boxed_slice()
    }
}

/// Adds the terms of expressions of one file to a set.
pub struct TermBuilder<'m, 'a> {
    pub(super) module: &'m Module<'a>,
    pub terms: Terms,
    /// Numbers by the scope of the body, and by the address of the definition.
    numbers: FxHashMap<ScopeId, Index>,
    definitions: FxHashMap<usize, Index>,
    /// What a binding's value came to; `None` while it is being looked at.
    bound: FxHashMap<usize, Option<TermId>>,
}

impl<'m, 'a> TermBuilder<'m, 'a> {
    pub fn new(module: &'m Module<'a>) -> Self {
        let (mut numbers, mut definitions) = (FxHashMap::default(), FxHashMap::default());
        let (mut functions, mut classes) = (0, 0);
        for (scope, kind) in module.scope_kinds() {
            let (count, address) = match kind {
                ScopeKind::Function(function) => (&mut functions, address(function)),
                ScopeKind::Class(class) => (&mut classes, address(class)),
                _ => continue,
            };
            numbers.insert(scope, Index(*count));
            definitions.insert(address, Index(*count));
            *count += 1;
        }
        Self {
            module,
            terms: Terms::default(),
            numbers,
            definitions,
            bound: FxHashMap::default(),
        }
    }

    /// The number of the function or class whose body a scope is.
    pub fn number(&self, scope: ScopeId) -> Option<Index> {
        self.numbers.get(&scope).copied()
    }

    pub fn number_of_function(&self, function: &StmtFunctionDef) -> Option<Index> {
        self.definitions.get(&address(function)).copied()
    }

    pub fn term(&mut self, expression: &'a Expr) -> TermId {
        self.expression(expression, MAX_STEPS)
    }

    pub(super) fn add(&mut self, term: Term) -> TermId {
        self.terms.add(term)
    }

    pub(super) fn unknown(&mut self, why: &str) -> TermId {
        self.add(Term::Unknown(why.into()))
    }

    fn expression(&mut self, expression: &'a Expr, steps: usize) -> TermId {
        let Some(steps) = steps.checked_sub(1) else {
            return self.unknown("it takes too many steps to find out");
        };
        let term = match expression {
            Expr::Name(name) => {
                let Some(scope) = self.module.scope_of(AnyNodeRef::from(name)) else {
                    return self.unknown("it was not seen when the file was read");
                };
                if let Lookup::Bound(owner, _) = self.module.lookup(scope, &name.id)
                    && let Some(binding) = self.module.bound_at(name, owner)
                {
                    let binding = *binding;
                    return self.binding(owner, &binding, steps);
                }
                let declared = self.name(scope, &name.id, steps);
                let open = matches!(
                    self.terms.get(declared),
                    Term::Any(_) | Term::Parameter(..) | Term::Unknown(_)
                );
                if open && let Some(class) = self.module.narrowed(name) {
                    Term::Instance(self.expression(class, steps))
                } else {
                    return declared;
                }
            }
            Expr::Attribute(attribute) => {
                let value = self.expression(&attribute.value, steps);
                if let Term::Import(0, module) = self.terms.get(value)
                    && self
                        .module
                        .is_patched(&format!("{module}.{}", attribute.attr))
                {
                    return self
                        .unknown(&format!("this file assigns to `.{}` of it", attribute.attr));
                }
                Term::Member(value, attribute.attr.as_str().into())
            }
            Expr::Call(call) => return self.call(call, steps),
            Expr::Await(awaited) => match self.module.in_thread(&awaited.value) {
                Some(callable) => Term::Call(self.expression(callable, steps)),
                None => Term::Await(self.expression(&awaited.value, steps)),
            },
            Expr::Subscript(subscript) => Term::Item(self.expression(&subscript.value, steps)),
            Expr::Named(named) => return self.expression(&named.value, steps),
            Expr::If(choice) => {
                let values = [&choice.body, &choice.orelse];
                return self.any(values.into_iter().map(|value| &**value), steps);
            }
            Expr::BoolOp(choice) => return self.any(choice.values.iter(), steps),
            Expr::BinOp(division) if division.op == Operator::Div => {
                let left = self.expression(&division.left, steps);
                let operator = self.add(Term::Member(left, "__truediv__".into()));
                Term::Call(operator)
            }
            Expr::NoneLiteral(_) => Term::None,
            Expr::StringLiteral(_) | Expr::FString(_) => Term::Literal("str"),
            Expr::BytesLiteral(_) => Term::Literal("bytes"),
            Expr::BooleanLiteral(_) => Term::Literal("bool"),
            Expr::NumberLiteral(number) => match number.value {
                Number::Int(_) => Term::Literal("int"),
                _ => Term::Literal("float"),
            },
            Expr::List(_) | Expr::ListComp(_) => Term::Literal("list"),
            Expr::Dict(_) | Expr::DictComp(_) => Term::Literal("dict"),
            Expr::Set(_) | Expr::SetComp(_) => Term::Literal("set"),
            Expr::Tuple(_) => Term::Literal("tuple"),
            _ => return self.unknown("it is computed"),
        };
        self.add(term)
    }

    fn call(&mut self, call: &'a ExprCall, steps: usize) -> TermId {
        if let Expr::Name(name) = &*call.func
            && name.id == "super"
            && let Some(class) = self.class_around(AnyNodeRef::from(call))
        {
            return self.add(Term::Super(class));
        }
        if let Expr::Name(name) = &*call.func
            && name.id == "cast"
            && let [annotation, _] = &*call.arguments.args
            && let Some(scope) = self.module.scope_of(AnyNodeRef::from(name))
        {
            return self.annotated(annotation, scope);
        }
        let callee = self.expression(&call.func, steps);
        if let Term::Builtin(name) = self.terms.get(callee)
            && matches!(&**name, "list" | "sorted" | "tuple")
            && let [items] = &*call.arguments.args
            && !items.is_starred_expr()
        {
            let items = self.expression(items, steps);
            return self.add(Term::Items(items));
        }
        self.add(Term::Call(callee))
    }

    /// The class in one of whose methods a node stands.
    fn class_around(&self, node: AnyNodeRef<'_>) -> Option<Index> {
        let mut at = self.module.scope_of(node)?;
        loop {
            let scope = self.module.scope(at);
            if matches!(scope.kind, ScopeKind::Class(_)) {
                return self.number(at);
            }
            at = scope.parent?;
        }
    }

    fn any(&mut self, values: impl Iterator<Item = &'a Expr>, steps: usize) -> TermId {
        let mut all: Vec<TermId> = values.map(|value| self.expression(value, steps)).collect();
        self.either(&mut all)
    }

    /// One term for several, `None` left out.
    pub(super) fn either(&mut self, all: &mut Vec<TermId>) -> TermId {
        all.retain(|term| *self.terms.get(*term) != Term::None);
        all.sort();
        all.dedup();
        match all[..] {
            [] => self.add(Term::None),
            [only] => only,
            _ => self.add(Term::Any(all.as_slice().into())),
        }
    }

    /// What a name stands for where code in `scope` reads it.
    pub fn name(&mut self, scope: ScopeId, name: &str, steps: usize) -> TermId {
        let (owner, bindings) = match self.module.lookup(scope, name) {
            Lookup::Builtin => return self.add(Term::Builtin(name.into())),
            Lookup::Star(bindings) => {
                let bindings = bindings.to_vec();
                let own = match bindings.is_empty() {
                    true => self.add(Term::Builtin(name.into())),
                    false => self.bound_by(ScopeId::MODULE, name, &bindings, steps),
                };
                return self.add(Term::Star(name.into(), own));
            }
            Lookup::Bound(owner, bindings) => (owner, bindings.to_vec()),
        };
        self.bound_by(owner, name, &bindings, steps)
    }

    /// What a name stands for that is bound in these ways.
    fn bound_by(
        &mut self,
        owner: ScopeId,
        name: &str,
        bindings: &[BindingId],
        steps: usize,
    ) -> TermId {
        if bindings.len() > MAX_BINDINGS {
            return self.unknown(&format!("`{name}` is bound in many ways"));
        }
        let mut all = Vec::with_capacity(bindings.len());
        for &id in bindings {
            let key = id.index();
            let term = match self.bound.get(&key) {
                Some(Some(term)) => *term,
                Some(None) => continue,
                None => {
                    self.bound.insert(key, None);
                    let binding = *self.module.binding(id);
                    let term = self.binding(owner, &binding, steps);
                    self.bound.insert(key, Some(term));
                    term
                }
            };
            all.push(term);
        }
        if self.module.may_be_starred(owner, name) {
            let none = self.add(Term::None);
            all.push(self.add(Term::Star(name.into(), none)));
        }
        self.either(&mut all)
    }

    /// What one binding gives its name.
    pub fn binding(&mut self, owner: ScopeId, binding: &Binding<'a>, steps: usize) -> TermId {
        let term = match binding.kind {
            BindingKind::Import(index) => {
                let (level, name) = self.module.import(index).origin();
                Term::Import(level, name.into())
            }
            BindingKind::Function(function) => match self.number_of_function(function) {
                Some(number) => Term::Function(number),
                None => return self.unknown("it was not seen when the file was read"),
            },
            BindingKind::Class(class) => match self.number_of_class(class) {
                Some(number) => Term::Class(number),
                None => return self.unknown("it was not seen when the file was read"),
            },
            BindingKind::Assign(value) => {
                if let Some(AnyNodeRef::StmtAnnAssign(assign)) = self.module.parent(binding.node)
                    && !is_bare(&assign.annotation)
                {
                    let declared = self.annotated(&assign.annotation, binding.scope);
                    if !matches!(self.terms.get(declared), Term::Unknown(_)) {
                        return declared;
                    }
                }
                return self.expression(value, steps);
            }
            BindingKind::With(Expr::Call(call), false)
                if let [closed] = &*call.arguments.args
                    && self.module.qualified(&call.func).as_deref()
                        == Some("contextlib.closing") =>
            {
                return self.expression(closed, steps);
            }
            BindingKind::With(value, is_async) => {
                Term::Enter(self.expression(value, steps), is_async)
            }
            BindingKind::Element(value) => Term::Element(self.expression(value, steps)),
            BindingKind::Parameter(parameter) => return self.parameter(owner, parameter),
            BindingKind::Other => {
                return self.unknown(&format!("the value of `{}` is not known", binding.name));
            }
        };
        self.add(term)
    }

    pub fn number_of_class(&self, class: &StmtClassDef) -> Option<Index> {
        self.definitions.get(&address(class)).copied()
    }

    fn parameter(&mut self, owner: ScopeId, parameter: &'a Parameter) -> TermId {
        let ScopeKind::Function(function) = self.module.scope(owner).kind else {
            return self.unknown(&format!("`{}` is a parameter", parameter.name));
        };
        let outer = self.module.scope(owner).parent.unwrap_or(ScopeId::MODULE);
        let is_rest = [&function.parameters.vararg, &function.parameters.kwarg]
            .into_iter()
            .flatten()
            .any(|rest| std::ptr::eq(&**rest, parameter));
        if is_rest {
            return self.unknown(&format!("`{}` is a parameter", parameter.name));
        }
        if let Some(annotation) = &parameter.annotation
            && !self.is_callable(annotation, outer)
        {
            return self.annotated(annotation, outer);
        }
        let position = function
            .parameters
            .iter_non_variadic_params()
            .position(|other| std::ptr::eq(&other.parameter, parameter))
            .unwrap_or_default();
        if position == 0
            && matches!(self.module.scope(outer).kind, ScopeKind::Class(_))
            && let Some(class) = self.number(outer)
        {
            let decorated = |with: &str| {
                function
                    .decorator_list
                    .iter()
                    .any(|decorator| matches!(&decorator.expression, Expr::Name(name) if name.id == with))
            };
            if decorated("classmethod")
                || matches!(function.name.as_str(), "__new__" | "__init_subclass__")
            {
                return self.add(Term::ReceiverClass(class));
            }
            if !decorated("staticmethod") {
                return self.add(Term::Receiver(class));
            }
        }
        match self.number(owner) {
            Some(function) => self.add(Term::Parameter(function, position as u32)),
            None => self.unknown(&format!("`{}` is a parameter", parameter.name)),
        }
    }
}

fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node).addr()
}
