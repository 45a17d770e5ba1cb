//! Light types: of which class an object is, where this file says so.

use super::annotations::is_bare;
use super::module::Module;
use super::resolve::{Entity, Lookup};
use super::scope::{Binding, BindingKind, ScopeId, ScopeKind};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprName, Operator, Parameter, Stmt, StmtClassDef, StmtFunctionDef,
};
use crate::python::span;

/// How many steps from a name to what made its value are followed.
const MAX_STEPS: usize = 6;

impl<'a> Module<'a> {
    /// The qualified name of the class, outside this file, of which the value of an expression is an
    /// instance: by constructor calls, `with`, annotations, and what all callers in this file pass.
    pub fn class_of(&self, expression: &'a Expr) -> Option<String> {
        self.class_within(expression, MAX_STEPS)
    }

    fn class_within(&self, expression: &'a Expr, steps: usize) -> Option<String> {
        let steps = steps.checked_sub(1)?;
        match expression {
            Expr::Call(call) => self.made_class(call, steps),
            Expr::Await(awaited) => match self.in_thread(&awaited.value) {
                Some(callable) => self.called_class(callable, steps),
                None => self.class_within(&awaited.value, steps),
            },
            Expr::Name(name) => self.named_class(name, steps).or_else(|| {
                let class = self.narrowed(name)?;
                self.annotated_class(class)
            }),
            Expr::Attribute(attribute) => match self.receiver_class(&attribute.value) {
                Some(class) => self.attribute_class(class, &attribute.attr, steps),
                None => {
                    let class = self.class_within(&attribute.value, steps)?;
                    let catalogue = self.catalogue();
                    let own = catalogue.gives(&format!("{class}.{}", attribute.attr));
                    let found = own.or_else(|| catalogue.computed(&class, &attribute.attr));
                    found.map(str::to_owned)
                }
            },
            Expr::Subscript(subscript) => {
                let class = self.class_within(&subscript.value, steps)?;
                let name = format!("{class}.__getitem__");
                self.catalogue().gives(&name).map(str::to_owned)
            }
            // `directory / name`, by either side.
            Expr::BinOp(operation) if operation.op == Operator::Div => {
                let given = |side: &'a Expr, method: &str| {
                    let name = format!("{}.{method}", self.class_within(side, steps)?);
                    self.catalogue().gives(&name).map(str::to_owned)
                };
                given(&operation.left, "__truediv__")
                    .or_else(|| given(&operation.right, "__rtruediv__"))
            }
            _ => None,
        }
    }

    fn named_class(&self, name: &'a ExprName, steps: usize) -> Option<String> {
        let scope = self.scope_of(AnyNodeRef::from(name))?;
        let Lookup::Bound(owner, bindings) = self.lookup(scope, &name.id) else {
            return None;
        };
        if let Some(binding) = self.bound_at(name, owner) {
            return self.binding_class(owner, binding, steps);
        }
        let mut classes = bindings
            .iter()
            .map(|&id| self.binding(id))
            .filter(|binding| !is_none(&binding.kind))
            .map(|binding| self.binding_class(owner, binding, steps));
        let first = classes.next()??;
        classes
            .all(|class| class.as_ref() == Some(&first))
            .then_some(first)
    }

    /// The class of what a loop over an expression gives, where that is known of what made it.
    fn element_class(&self, items: &'a Expr, steps: usize) -> Option<String> {
        let steps = steps.checked_sub(1)?;
        let name = match items {
            Expr::Call(call) => match (&*call.func, self.entity(&call.func)) {
                (_, Entity::Builtin("list" | "reversed" | "set" | "sorted" | "tuple")) => {
                    return self.element_class(call.arguments.args.first()?, steps);
                }
                (_, Entity::External(name)) => name,
                (Expr::Attribute(method), _) => {
                    format!(
                        "{}.{}",
                        self.class_within(&method.value, steps)?,
                        method.attr
                    )
                }
                _ => return None,
            },
            Expr::Attribute(attribute) => {
                format!(
                    "{}.{}",
                    self.class_within(&attribute.value, steps)?,
                    attribute.attr
                )
            }
            _ => return None,
        };
        let given = self.catalogue().gives(&format!("{name}.__iter__"));
        given.map(str::to_owned)
    }

    /// The class of what a call gives: of a constructor, of a function or method that is known.
    fn made_class(&self, call: &'a ExprCall, steps: usize) -> Option<String> {
        self.called_class(&call.func, steps)
    }

    /// The class of what calling a callable gives.
    fn called_class(&self, callable: &'a Expr, steps: usize) -> Option<String> {
        if let Expr::Attribute(method) = callable
            && let Some(class) = self.class_within(&method.value, steps)
        {
            let name = format!("{class}.{}", method.attr);
            return self.catalogue().gives(&name).map(str::to_owned);
        }
        let name = match self.entity(callable) {
            Entity::External(name) => name,
            Entity::Builtin(name) => name.to_owned(),
            // A decorator may change what it gives.
            Entity::Function(made) if !made.is_async && made.decorator_list.is_empty() => {
                return self.annotated_class(made.returns.as_deref()?);
            }
            _ => format!("{}.__call__", self.class_within(callable, steps)?),
        };
        match self.catalogue().gives(&name) {
            Some(class) => Some(class.to_owned()),
            None => Some(name).filter(|name| self.catalogue().knows_class(name)),
        }
    }

    /// What `asyncio.to_thread` calls, if an expression is a call of it.
    pub(super) fn in_thread(&self, expression: &'a Expr) -> Option<&'a Expr> {
        let Expr::Call(call) = expression else {
            return None;
        };
        let callable = call.arguments.args.first()?;
        let name = self.qualified(&call.func)?;
        (name == "asyncio.to_thread").then_some(callable)
    }

    fn binding_class(&self, owner: ScopeId, binding: &Binding<'a>, steps: usize) -> Option<String> {
        match binding.kind {
            BindingKind::Assign(value) => self.class_within(value, steps),
            BindingKind::Element(items) => self.element_class(items, steps),
            BindingKind::With(value, _) => self.entered_class(value, steps).or_else(|| {
                let Expr::Call(call) = value else {
                    return None;
                };
                if let [closed] = &*call.arguments.args
                    && self.qualified(&call.func).as_deref() == Some("contextlib.closing")
                {
                    return self.class_within(closed, steps);
                }
                // `async with session.get(...) as response`
                let Expr::Attribute(method) = &*call.func else {
                    return None;
                };
                let class = self
                    .catalogue()
                    .class(&self.class_within(&method.value, steps)?)?;
                class.opens.get(method.attr.as_str()).cloned()
            }),
            BindingKind::Parameter(parameter) => match &parameter.annotation {
                Some(annotation) => self.annotated_class(annotation),
                None => self.passed_class(owner, parameter, steps),
            },
            _ => None,
        }
    }

    /// The class of what `with value as name` gives the name: most context managers give themselves.
    fn entered_class(&self, value: &'a Expr, steps: usize) -> Option<String> {
        let class = self.class_within(value, steps)?;
        let entered = self.catalogue().gives(&format!("{class}.__enter__"));
        Some(entered.map_or(class, str::to_owned))
    }

    fn annotated_class(&self, annotation: &'a Expr) -> Option<String> {
        match annotation {
            bare if is_bare(bare) => None,
            Expr::BinOp(union) => match (&*union.left, &*union.right) {
                (class, Expr::NoneLiteral(_)) | (Expr::NoneLiteral(_), class) => {
                    self.annotated_class(class)
                }
                _ => None,
            },
            // `Queue[int]`, and `Optional[Session]`, which says no less of the object than `Session`.
            Expr::Subscript(generic) => match self.qualified(&generic.value).as_deref() {
                Some("typing.Optional") => self.annotated_class(&generic.slice),
                _ => self.annotated_class(&generic.value),
            },
            _ => self
                .qualified(annotation)
                .filter(|name| self.catalogue().knows_class(name)),
        }
    }

    /// The class of `self.name`, if the class assigns it in one way.
    fn attribute_class(&self, class: &'a StmtClassDef, name: &str, steps: usize) -> Option<String> {
        let mut found: Option<String> = None;
        for write in self.attribute_writes() {
            let Expr::Attribute(attribute) = write else {
                continue;
            };
            if attribute.attr.as_str() != name {
                continue;
            }
            let own = self
                .receiver_class(&attribute.value)
                .is_some_and(|other| std::ptr::eq(other, class));
            let value = match self.parent(AnyNodeRef::from(*write)) {
                Some(AnyNodeRef::StmtAssign(assign)) if own => &assign.value,
                Some(AnyNodeRef::StmtAnnAssign(assign)) if own => {
                    match self.annotated_class(&assign.annotation) {
                        Some(class) => return Some(class),
                        None => assign.value.as_ref()?,
                    }
                }
                _ => return None,
            };
            if value.is_none_literal_expr() {
                continue;
            }
            let class = self.class_within(value, steps)?;
            if found.as_ref().is_some_and(|other| *other != class) {
                return None;
            }
            found = Some(class);
        }
        found.or_else(|| self.declared_class(class, name))
    }

    /// The class that a field of a class is declared to have, as in a dataclass.
    fn declared_class(&self, class: &'a StmtClassDef, name: &str) -> Option<String> {
        let mut bodies = self.lineage(class).into_iter().map(|class| &class.body);
        let annotation = bodies.find_map(|body| {
            body.iter().find_map(|statement| match statement {
                Stmt::AnnAssign(field) => match &*field.target {
                    Expr::Name(field_name) if field_name.id == name => Some(&*field.annotation),
                    _ => None,
                },
                _ => None,
            })
        })?;
        self.annotated_class(annotation)
    }

    fn passed_class(
        &self,
        owner: ScopeId,
        parameter: &'a Parameter,
        steps: usize,
    ) -> Option<String> {
        let mut found: Option<String> = None;
        for argument in self.passed(owner, parameter)? {
            let class = self.class_within(argument, steps)?;
            if found.as_ref().is_some_and(|other| *other != class) {
                return None;
            }
            found = Some(class);
        }
        found
    }

    /// What every caller in this file passes for a parameter; nothing if the function is used other
    /// than by calls, or if a call does not show it.
    pub fn passed(&self, owner: ScopeId, parameter: &'a Parameter) -> Option<Vec<&'a Expr>> {
        let ScopeKind::Function(function) = self.scope(owner).kind else {
            return None;
        };
        // Who decorates a function may call it, too.
        if !function.decorator_list.is_empty() {
            return None;
        }
        let method_of = match self.scope(self.scope(owner).parent?).kind {
            ScopeKind::Class(class) => Some(class),
            _ => None,
        };
        let position = function
            .parameters
            .posonlyargs
            .iter()
            .chain(&function.parameters.args)
            .position(|other| std::ptr::eq(&other.parameter, parameter));
        let mut passed = Vec::new();
        for &call in self.calls() {
            if !self.is_call_of(call, function, method_of) {
                continue;
            }
            let implicit =
                usize::from(method_of.is_some() && matches!(&*call.func, Expr::Attribute(_)));
            let arguments = &call.arguments;
            let positional = position
                .and_then(|position| position.checked_sub(implicit))
                .and_then(|position| arguments.args.get(position));
            let starred = arguments
                .args
                .iter()
                .any(|argument| matches!(argument, Expr::Starred(_)));
            let argument = positional.filter(|_| !starred).or_else(|| {
                arguments
                    .find_keyword(&parameter.name)
                    .map(|keyword| &keyword.value)
            })?;
            passed.push(argument);
        }
        let only_called = method_of.is_some() || self.is_only_called(function);
        (only_called && !passed.is_empty()).then_some(passed)
    }

    fn is_call_of(
        &self,
        call: &'a ExprCall,
        function: &'a StmtFunctionDef,
        method_of: Option<&'a StmtClassDef>,
    ) -> bool {
        match (method_of, &*call.func) {
            // Any object may be of the class: what is passed to any method of the name counts.
            (Some(_), Expr::Attribute(method)) => method.attr.as_str() == function.name.as_str(),
            (Some(class), func) if function.name.as_str() == "__init__" => {
                matches!(self.entity(func), Entity::Class(other) if std::ptr::eq(other, class))
            }
            (Some(_), _) => false,
            (None, func) => {
                matches!(self.entity(func), Entity::Function(other) if std::ptr::eq(other, function))
            }
        }
    }

    /// A class and those of this file that it is made from.
    pub(super) fn lineage(&self, class: &'a StmtClassDef) -> Vec<&'a StmtClassDef> {
        let mut found = vec![class];
        let mut next = 0;
        while let Some(&at) = found.get(next) {
            next += 1;
            for base in at.arguments.iter().flat_map(|arguments| &arguments.args) {
                let base = match base {
                    Expr::Subscript(generic) => &*generic.value,
                    other => other,
                };
                if let Entity::Class(base) = self.entity(base)
                    && !found.iter().any(|known| std::ptr::eq(*known, base))
                {
                    found.push(base);
                }
            }
        }
        found
    }

    /// Whether the name of a function is read only to call it.
    fn is_only_called(&self, function: &'a StmtFunctionDef) -> bool {
        let Some(scope) = self.scope_of(AnyNodeRef::from(function)) else {
            return false;
        };
        self.reads_of(scope, &function.name).iter().all(|read| {
            let here = span(*read);
            matches!(
                self.parent(AnyNodeRef::from(*read)),
                Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == here
            )
        })
    }
}

/// Whether a binding gives its name `None`, which has no methods that matter.
fn is_none(kind: &BindingKind<'_>) -> bool {
    matches!(kind, BindingKind::Assign(Expr::NoneLiteral(_)))
}
