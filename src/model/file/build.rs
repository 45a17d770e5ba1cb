//! One walk over a tree that numbers its nodes and collects scopes, bindings, names and calls.

use super::imports::Imported;
use super::scope::{Binding, BindingId, BindingKind, Scope, ScopeId, ScopeKind};
use crate::python::ast::{
    AnyNodeRef, Comprehension, ExceptHandler, Expr, ExprCall, ExprContext, ExprLambda, ExprName,
    Identifier, Parameter, Parameters, Pattern, SourceOrderVisitor, Stmt, StmtFunctionDef,
    TraversalSignal, TypeParam, TypeParams, walk_expr, walk_stmt,
};
use crate::python::parse::number;
use crate::python::span;

/// What is kept of one node.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub node: AnyNodeRef<'a>,
    pub parent: Option<u32>,
    pub scope: ScopeId,
}

#[derive(Default)]
pub(super) struct Builder<'a> {
    pub nodes: Vec<Node<'a>>,
    pub scopes: Vec<Scope<'a>>,
    pub bindings: Vec<Binding<'a>>,
    pub imports: Vec<Imported<'a>>,
    /// Names that are read, each with the scope it is read in.
    pub reads: Vec<(&'a ExprName, ScopeId)>,
    /// Attributes that are assigned or deleted.
    pub attribute_writes: Vec<&'a Expr>,
    pub calls: Vec<&'a ExprCall>,
    ancestors: Vec<u32>,
    scope: ScopeStack,
}

#[derive(Default)]
struct ScopeStack(Vec<ScopeId>);

impl<'a> Builder<'a> {
    pub fn run(mut self, module: AnyNodeRef<'a>, body: &'a [Stmt]) -> Self {
        self.scopes.push(Scope::new(ScopeKind::Module, None));
        self.scope.0.push(ScopeId::MODULE);
        self.enter(module);
        self.visit_body(body);
        self.leave();
        self
    }

    fn current(&self) -> ScopeId {
        self.scope.0.last().copied().unwrap_or(ScopeId::MODULE)
    }

    fn enter(&mut self, node: AnyNodeRef<'a>) {
        let index = self.nodes.len() as u32;
        number(node, index);
        self.nodes.push(Node {
            node,
            parent: self.ancestors.last().copied(),
            scope: self.current(),
        });
        self.ancestors.push(index);
    }

    fn leave(&mut self) {
        self.ancestors.pop();
    }

    fn inside(&mut self, kind: ScopeKind<'a>, visit: impl FnOnce(&mut Self)) {
        let id = ScopeId(self.scopes.len() as u32);
        self.scopes.push(Scope::new(kind, Some(self.current())));
        self.scope.0.push(id);
        visit(self);
        self.scope.0.pop();
    }

    fn parent(&self) -> Option<AnyNodeRef<'a>> {
        let parent = *self.ancestors.last()?;
        Some(self.nodes[parent as usize].node)
    }

    fn here(&self) -> AnyNodeRef<'a> {
        self.nodes[*self.ancestors.last().unwrap_or(&0) as usize].node
    }

    /// The scope in which the current scope's assignment to `name` binds.
    fn owner(&self, mut scope: ScopeId, name: &str) -> ScopeId {
        if self.scopes[scope.0 as usize].globals.contains(name) {
            return ScopeId::MODULE;
        }
        if self.scopes[scope.0 as usize].nonlocals.contains(name) {
            while let Some(parent) = self.scopes[scope.0 as usize].parent {
                scope = parent;
                let outer = &self.scopes[scope.0 as usize];
                if matches!(outer.kind, ScopeKind::Function(_)) && outer.names.contains_key(name) {
                    break;
                }
            }
        }
        scope
    }

    fn bind(&mut self, scope: ScopeId, name: &'a Identifier, kind: BindingKind<'a>) {
        let node = self.here();
        self.bind_at(scope, name.as_str(), span(name), node, kind);
    }

    fn bind_at(
        &mut self,
        scope: ScopeId,
        name: &'a str,
        at: crate::text::Span,
        node: AnyNodeRef<'a>,
        kind: BindingKind<'a>,
    ) {
        let scope = self.owner(scope, name);
        let id = BindingId(self.bindings.len() as u32);
        self.bindings.push(Binding {
            name,
            scope,
            at,
            node,
            kind,
        });
        self.scopes[scope.0 as usize]
            .names
            .entry(name)
            .or_default()
            .push(id);
    }

    fn bind_name(&mut self, name: &'a ExprName) {
        let mut scope = self.current();
        let is_this =
            |other: &Expr| matches!(other, Expr::Name(other) if std::ptr::eq(other, name));
        let kind = match self.parent() {
            Some(AnyNodeRef::StmtAssign(assign)) => BindingKind::Assign(&assign.value),
            Some(AnyNodeRef::StmtAnnAssign(assign)) => match &assign.value {
                Some(value) => BindingKind::Assign(value),
                None => return,
            },
            Some(AnyNodeRef::ExprNamed(named)) => {
                // PEP 572: a walrus in a comprehension binds in the scope around it.
                while matches!(
                    self.scopes[scope.0 as usize].kind,
                    ScopeKind::Comprehension(_) | ScopeKind::Generator(_)
                ) {
                    match self.scopes[scope.0 as usize].parent {
                        Some(parent) => scope = parent,
                        None => break,
                    }
                }
                BindingKind::Assign(&named.value)
            }
            Some(AnyNodeRef::WithItem(item)) => {
                let is_async = self.ancestors.iter().rev().nth(1).is_some_and(|&with| {
                    matches!(self.nodes[with as usize].node, AnyNodeRef::StmtWith(with) if with.is_async)
                });
                BindingKind::With(&item.context_expr, is_async)
            }
            Some(AnyNodeRef::StmtFor(statement)) if is_this(&statement.target) => {
                BindingKind::Element(&statement.iter)
            }
            Some(AnyNodeRef::Comprehension(clause)) if is_this(&clause.target) => {
                BindingKind::Element(&clause.iter)
            }
            _ => BindingKind::Other,
        };
        self.bind_at(
            scope,
            name.id.as_str(),
            span(name),
            AnyNodeRef::from(name),
            kind,
        );
    }

    fn bind_parameters(&mut self, parameters: &'a Parameters) {
        let scope = self.current();
        let mut bind = |parameter: &'a Parameter| {
            self.bind(scope, &parameter.name, BindingKind::Parameter(parameter));
        };
        for parameter in parameters.iter_non_variadic_params() {
            bind(&parameter.parameter);
        }
        for parameter in [&parameters.vararg, &parameters.kwarg]
            .into_iter()
            .flatten()
        {
            bind(parameter);
        }
    }

    fn bind_type_params(&mut self, type_params: Option<&'a TypeParams>) {
        let scope = self.current();
        for type_param in type_params.iter().flat_map(|params| &params.type_params) {
            let name = match type_param {
                TypeParam::TypeVar(param) => &param.name,
                TypeParam::TypeVarTuple(param) => &param.name,
                TypeParam::ParamSpec(param) => &param.name,
            };
            self.bind(scope, name, BindingKind::Other);
        }
    }

    fn function(&mut self, function: &'a StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_decorator(decorator);
        }
        self.visit_parameters(&function.parameters);
        if let Some(returns) = &function.returns {
            self.visit_annotation(returns);
        }
        self.inside(ScopeKind::Function(function), |builder| {
            builder.bind_type_params(function.type_params.as_deref());
            builder.declare(&function.body);
            builder.bind_parameters(&function.parameters);
            builder.visit_body(&function.body);
        });
    }

    /// `global` and `nonlocal` hold for the whole scope, so they are read before its body.
    fn declare(&mut self, body: &'a [Stmt]) {
        struct Declarations<'a>(Vec<&'a Stmt>);
        impl<'a> SourceOrderVisitor<'a> for Declarations<'a> {
            fn visit_stmt(&mut self, statement: &'a Stmt) {
                match statement {
                    Stmt::Global(_) | Stmt::Nonlocal(_) => self.0.push(statement),
                    Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                    _ => walk_stmt(self, statement),
                }
            }
            fn visit_expr(&mut self, _: &'a Expr) {}
        }
        let mut found = Declarations(Vec::new());
        found.visit_body(body);
        let scope = self.current();
        let scope = &mut self.scopes[scope.0 as usize];
        for statement in found.0 {
            match statement {
                Stmt::Global(global) => scope
                    .globals
                    .extend(global.names.iter().map(Identifier::as_str)),
                Stmt::Nonlocal(nonlocal) => scope
                    .nonlocals
                    .extend(nonlocal.names.iter().map(Identifier::as_str)),
                _ => {}
            }
        }
    }

    fn lambda(&mut self, lambda: &'a ExprLambda) {
        if let Some(parameters) = &lambda.parameters {
            self.visit_parameters(parameters);
        }
        self.inside(ScopeKind::Lambda(lambda), |builder| {
            if let Some(parameters) = &lambda.parameters {
                builder.bind_parameters(parameters);
            }
            builder.visit_expr(&lambda.body);
        });
    }

    /// The first iterable belongs to the scope around, everything else to the comprehension's own
    /// (language reference, section 6.2.4).
    fn comprehension(
        &mut self,
        kind: ScopeKind<'a>,
        elements: &[&'a Expr],
        generators: &'a [Comprehension],
    ) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.inside(kind, |builder| {
            for (index, clause) in generators.iter().enumerate() {
                builder.enter(AnyNodeRef::from(clause));
                builder.visit_expr(&clause.target);
                if index > 0 {
                    builder.visit_expr(&clause.iter);
                }
                for condition in &clause.ifs {
                    builder.visit_expr(condition);
                }
                builder.leave();
            }
            for element in elements {
                builder.visit_expr(element);
            }
        });
    }
}

impl<'a> SourceOrderVisitor<'a> for Builder<'a> {
    fn enter_node(&mut self, node: AnyNodeRef<'a>) -> TraversalSignal {
        self.enter(node);
        TraversalSignal::Traverse
    }

    fn leave_node(&mut self, _: AnyNodeRef<'a>) {
        self.leave();
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let scope = self.current();
        match statement {
            Stmt::FunctionDef(function) => {
                self.enter(AnyNodeRef::from(function));
                self.bind(scope, &function.name, BindingKind::Function(function));
                self.function(function);
                self.leave();
            }
            Stmt::ClassDef(class) => {
                self.enter(AnyNodeRef::from(class));
                self.bind(scope, &class.name, BindingKind::Class(class));
                for decorator in &class.decorator_list {
                    self.visit_decorator(decorator);
                }
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                self.inside(ScopeKind::Class(class), |builder| {
                    builder.bind_type_params(class.type_params.as_deref());
                    builder.declare(&class.body);
                    builder.visit_body(&class.body);
                });
                self.leave();
            }
            Stmt::Import(import) => {
                self.enter(AnyNodeRef::from(import));
                for alias in &import.names {
                    let imported = Imported::module(import, alias);
                    let (name, at) = (imported.bound, imported.bound_at);
                    self.imports.push(imported);
                    let kind = BindingKind::Import(self.imports.len() - 1);
                    self.bind_at(scope, name, at, AnyNodeRef::from(import), kind);
                }
                self.leave();
            }
            Stmt::ImportFrom(import) => {
                self.enter(AnyNodeRef::from(import));
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        self.scopes[scope.0 as usize].star_import = Some(span(import).start());
                        continue;
                    }
                    let imported = Imported::member(import, alias);
                    let (name, at) = (imported.bound, imported.bound_at);
                    self.imports.push(imported);
                    let kind = BindingKind::Import(self.imports.len() - 1);
                    self.bind_at(scope, name, at, AnyNodeRef::from(import), kind);
                }
                self.leave();
            }
            Stmt::AugAssign(_) => {
                walk_stmt(self, statement);
                // The target is read before it is written.
                if let Stmt::AugAssign(assign) = statement
                    && let Expr::Name(name) = &*assign.target
                {
                    self.reads.push((name, scope));
                }
            }
            _ => walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => {
                match name.ctx {
                    ExprContext::Load => self.reads.push((name, self.current())),
                    _ => self.bind_name(name),
                }
                walk_expr(self, expression);
            }
            Expr::Attribute(attribute) => {
                if attribute.ctx != ExprContext::Load {
                    self.attribute_writes.push(expression);
                }
                walk_expr(self, expression);
            }
            Expr::Call(call) => {
                self.calls.push(call);
                walk_expr(self, expression);
            }
            Expr::Lambda(lambda) => {
                self.enter(AnyNodeRef::from(lambda));
                self.lambda(lambda);
                self.leave();
            }
            Expr::ListComp(list) => {
                let node = AnyNodeRef::from(list);
                self.enter(node);
                self.comprehension(
                    ScopeKind::Comprehension(node),
                    &[&list.elt],
                    &list.generators,
                );
                self.leave();
            }
            Expr::SetComp(set) => {
                let node = AnyNodeRef::from(set);
                self.enter(node);
                self.comprehension(ScopeKind::Comprehension(node), &[&set.elt], &set.generators);
                self.leave();
            }
            Expr::DictComp(dict) => {
                let node = AnyNodeRef::from(dict);
                self.enter(node);
                let elements: Vec<&Expr> = dict
                    .key
                    .as_deref()
                    .into_iter()
                    .chain([&*dict.value])
                    .collect();
                self.comprehension(ScopeKind::Comprehension(node), &elements, &dict.generators);
                self.leave();
            }
            Expr::Generator(generator) => {
                let node = AnyNodeRef::from(generator);
                self.enter(node);
                self.comprehension(
                    ScopeKind::Generator(node),
                    &[&generator.elt],
                    &generator.generators,
                );
                self.leave();
            }
            _ => walk_expr(self, expression),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        self.enter(AnyNodeRef::from(inner));
        if let Some(exception) = &inner.type_ {
            self.visit_expr(exception);
        }
        if let Some(name) = &inner.name {
            self.bind(self.current(), name, BindingKind::Other);
        }
        self.visit_body(&inner.body);
        self.leave();
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(pattern) => &pattern.name,
            Pattern::MatchStar(pattern) => &pattern.name,
            Pattern::MatchMapping(pattern) => &pattern.rest,
            _ => &None,
        };
        if let Some(name) = name {
            self.bind(self.current(), name, BindingKind::Other);
        }
        crate::python::ast::visitor::source_order::walk_pattern(self, pattern);
    }
}
