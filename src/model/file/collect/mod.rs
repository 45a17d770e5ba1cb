//! From a module with its tree to the facts that are kept of it.

mod awaits;
mod calls;
mod classes;
mod errors;
mod exports;
mod reflected;
mod shared;
mod values;

use crate::model::file::facts::{
    CallKind, CallPlace, Class, Facts, Function, NameHash, Owner, Reflected, ReflectedOn,
    both_names,
};
use crate::model::file::module::Module;
use crate::model::file::scope::{ScopeId, ScopeKind};
use crate::model::file::syntax::walk;
use crate::model::file::terms::{Index, Term, TermBuilder, TermId};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprContext, Stmt, StmtFunctionDef, TraversalSignal, is_docstring_stmt,
};
use crate::python::span;
use crate::text::Span;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

impl Module<'_> {
    /// What is kept of this file when its tree is gone.
    pub fn facts(&self) -> Facts {
        let mut collector = Collector {
            module: self,
            builder: TermBuilder::new(self),
            facts: Facts::default(),
            gives: Vec::new(),
            values: BTreeSet::new(),
            loose: BTreeSet::new(),
            strings: BTreeSet::new(),
            words: BTreeSet::new(),
            heads: BTreeSet::new(),
            read: FxHashSet::default(),
            awaited: None,
        };
        collector.definitions();
        collector.walk();
        collector.finish()
    }
}

struct Collector<'m, 'a> {
    module: &'m Module<'a>,
    builder: TermBuilder<'m, 'a>,
    facts: Facts,
    /// What each function returns or yields, in turn.
    gives: Vec<Vec<TermId>>,
    values: BTreeSet<TermId>,
    loose: BTreeSet<&'a str>,
    strings: BTreeSet<&'a str>,
    /// Strings that could be names, and the beginnings of f-strings.
    words: BTreeSet<&'a str>,
    heads: BTreeSet<&'a str>,
    read: FxHashSet<(Option<Index>, TermId)>,
    /// The statement of the last `await`, if it may be part of a row.
    awaited: Option<AnyNodeRef<'a>>,
}

impl<'a> Collector<'_, 'a> {
    fn definitions(&mut self) {
        let scopes: Vec<(ScopeId, ScopeKind<'a>)> = self.module.scope_kinds().collect();
        for (scope, kind) in scopes {
            match kind {
                ScopeKind::Function(function) => self.function(scope, function),
                ScopeKind::Class(class) => {
                    let arguments = class.arguments.iter().flat_map(|arguments| &arguments.args);
                    let bases = arguments
                        .map(|base| match base {
                            Expr::Subscript(generic) => &*generic.value,
                            other => other,
                        })
                        .map(|base| self.builder.term(base))
                        .collect();
                    let members = self.members(scope, &class.body);
                    self.facts.classes.push(Class {
                        name: class.name.as_str().into(),
                        at: span(&class.name),
                        bases,
                        altered: self.is_altered(class),
                        members,
                        attributes: Vec::new(),
                    });
                }
                _ => {}
            }
        }
        self.gives = vec![Vec::new(); self.facts.functions.len()];
        let mut names: Vec<&str> = self
            .module
            .scope(ScopeId::MODULE)
            .names
            .keys()
            .copied()
            .collect();
        names.sort_unstable();
        for name in names {
            let term = self.builder.name(ScopeId::MODULE, name, 10);
            self.facts.names.push((name.into(), term));
        }
    }

    fn function(&mut self, scope: ScopeId, function: &'a StmtFunctionDef) {
        let outer = self.module.scope(scope).parent.unwrap_or(ScopeId::MODULE);
        let owner = self.owner(outer);
        let mut qualified = function.name.to_string();
        match owner {
            Owner::Module => {}
            Owner::Class(class) => {
                if let Some(class) = self.facts.classes.get(class.0 as usize) {
                    qualified = format!("{}.{qualified}", class.name);
                }
            }
            Owner::Function(outer) => {
                if let Some(outer) = self.facts.functions.get(outer.0 as usize) {
                    qualified = format!("{}.{qualified}", outer.qualified);
                }
            }
        }
        let name = span(&function.name);
        let starts = self.keyword(function, name);
        let decorators = function.decorator_list.iter();
        let decorators = decorators
            .map(|decorator| self.builder.term(&decorator.expression))
            .collect();
        let returns = function.returns.as_deref();
        let returns = returns.map(|annotation| self.builder.annotated(annotation, outer));
        let none = self.builder.terms.add(Term::None);
        self.facts.functions.push(Function {
            name: function.name.as_str().into(),
            qualified: qualified.into(),
            owner,
            at: name,
            starts,
            is_async: function.is_async,
            is_generator: false,
            awaits: false,
            is_abstract: is_abstract(&function.body),
            decorators,
            parameters: function
                .parameters
                .iter_non_variadic_params()
                .map(|parameter| parameter.parameter.name.as_str().into())
                .collect(),
            returns,
            gives: none,
            writes: None,
            stops: false,
            reads_receiver: false,
            never_fails: self.module.never_fails(function),
            claims_pure: self.module.claims_pure(function),
        });
    }

    /// Where `def` or `async` stands: after the decorators.
    fn keyword(&self, function: &'a StmtFunctionDef, name: Span) -> usize {
        let line = self.module.layout().line_start(name.start());
        let after = function
            .decorator_list
            .last()
            .map_or(span(function).start(), |last| span(last).end());
        let from = after.max(line + self.module.layout().indent_at(name.start()).len());
        let text = &self.module.text()[from..name.start()];
        let word = if function.is_async { "async" } else { "def" };
        text.find(word).map_or(from, |at| from + at)
    }

    fn owner(&self, mut scope: ScopeId) -> Owner {
        loop {
            match self.module.scope(scope).kind {
                ScopeKind::Class(_) => {
                    return self
                        .builder
                        .number(scope)
                        .map_or(Owner::Module, Owner::Class);
                }
                ScopeKind::Function(_) => {
                    return self
                        .builder
                        .number(scope)
                        .map_or(Owner::Module, Owner::Function);
                }
                _ => match self.module.scope(scope).parent {
                    Some(parent) => scope = parent,
                    None => return Owner::Module,
                },
            }
        }
    }

    /// The function in whose body a node is evaluated, and in which kind of place there.
    fn place(&self, node: AnyNodeRef<'_>) -> (Option<Index>, CallPlace) {
        let mut at = self.module.scope_of(node).unwrap_or(ScopeId::MODULE);
        let mut place = CallPlace::Body(0);
        loop {
            let scope = self.module.scope(at);
            match scope.kind {
                ScopeKind::Module => {
                    return (
                        None,
                        if place == CallPlace::Body(0) {
                            CallPlace::Module
                        } else {
                            place
                        },
                    );
                }
                ScopeKind::Function(_) => return (self.builder.number(at), place),
                ScopeKind::Lambda(_) => place = CallPlace::Lambda,
                ScopeKind::Generator(_) if place != CallPlace::Lambda => {
                    place = CallPlace::Generator
                }
                ScopeKind::Class(_) if matches!(place, CallPlace::Body(_)) => {
                    place = CallPlace::ClassBody
                }
                ScopeKind::Comprehension(_) => {
                    if let CallPlace::Body(depth) = place {
                        place = CallPlace::Body(depth.saturating_add(1));
                    }
                }
                _ => {}
            }
            match scope.parent {
                Some(parent) => at = parent,
                None => return (None, CallPlace::Module),
            }
        }
    }

    fn walk(&mut self) {
        let module = self.module;
        walk(AnyNodeRef::from(module.tree().module()), &mut |node| {
            self.visit(node);
            TraversalSignal::Traverse
        });
    }

    fn visit(&mut self, node: AnyNodeRef<'a>) {
        self.deed(node);
        match node {
            AnyNodeRef::ExprCall(call) => self.call(call),
            AnyNodeRef::ExprAttribute(attribute) => self.attribute(attribute),
            AnyNodeRef::ExprName(name) if name.ctx == ExprContext::Load => {
                let parent = self.module.parent(node);
                let within = matches!(parent, Some(AnyNodeRef::ExprAttribute(_)))
                    || is_callee(parent, span(name));
                if let Some(scope) = self.module.scope_of(node) {
                    let term = self.builder.name(scope, &name.id, 10);
                    if !within {
                        self.value(term);
                    }
                    self.unclear_name(scope, &name.id, term);
                }
                self.receiver(node, &name.id);
            }
            AnyNodeRef::ExprStringLiteral(literal) => self.word(literal.value.to_str()),
            AnyNodeRef::ExprFString(string) => self.head(string),
            AnyNodeRef::ExprSubscript(subscript) if subscript.ctx != ExprContext::Load => {
                self.write(node, &subscript.value, "changes");
            }
            AnyNodeRef::StmtGlobal(global) => {
                if let (Some(function), _) = self.place(node)
                    && let Some(name) = global.names.first()
                {
                    self.note_write(
                        function,
                        format!("rebinds the global `{name}`"),
                        span(global).start(),
                    );
                }
            }
            AnyNodeRef::StmtNonlocal(nonlocal) => {
                if let (Some(function), _) = self.place(node)
                    && let Some(name) = nonlocal.names.first()
                {
                    self.note_write(
                        function,
                        format!("rebinds `{name}` of the function around it"),
                        span(nonlocal).start(),
                    );
                }
            }
            AnyNodeRef::StmtReturn(returned) => {
                if let (Some(function), _) = self.place(node)
                    && let Some(value) = &returned.value
                {
                    self.give(function, value);
                }
            }
            AnyNodeRef::ExprYield(yielded) => {
                if let (Some(function), _) = self.place(node) {
                    self.with_function(function, |function| function.is_generator = true);
                    if let Some(value) = &yielded.value {
                        self.give(function, value);
                    }
                }
            }
            AnyNodeRef::ExprYieldFrom(_) => {
                if let (Some(function), _) = self.place(node) {
                    self.with_function(function, |function| function.is_generator = true);
                }
            }
            AnyNodeRef::StmtRaise(raised) => self.raised(raised),
            AnyNodeRef::StmtTry(statement) => self.caught(statement),
            AnyNodeRef::ExprAwait(_) => self.awaits(node),
            AnyNodeRef::StmtFor(statement) => {
                self.iterate(&statement.iter, node, statement.is_async);
            }
            AnyNodeRef::Comprehension(clause) => {
                self.iterate(
                    &clause.iter,
                    AnyNodeRef::from(&clause.iter),
                    clause.is_async,
                );
            }
            AnyNodeRef::StmtWith(with) => {
                if with.is_async {
                    self.awaits(node);
                    for item in &with.items {
                        self.implicit(&item.context_expr, CallKind::AsyncWith, node);
                    }
                } else {
                    self.suppressed(with);
                    for item in &with.items {
                        self.implicit(&item.context_expr, CallKind::With, node);
                    }
                }
            }
            AnyNodeRef::StmtImportFrom(import)
                if self.module.scope_of(node) == Some(ScopeId::MODULE)
                    && import.names.iter().any(|alias| alias.name.as_str() == "*") =>
            {
                let name = import.module.as_ref().map_or("", |name| name.as_str());
                self.facts.stars.push((import.level, name.into()));
                let always = matches!(self.module.parent(node), Some(AnyNodeRef::ModModule(_)));
                self.facts.stars_may_fail |= !always;
            }
            _ => {}
        }
    }

    fn with_function(&mut self, function: Index, change: impl FnOnce(&mut Function)) {
        if let Some(function) = self.facts.functions.get_mut(function.0 as usize) {
            change(function);
        }
    }

    fn give(&mut self, function: Index, value: &'a Expr) {
        let term = self.builder.term(value);
        if let Some(gives) = self.gives.get_mut(function.0 as usize) {
            gives.push(term);
        }
    }

    fn finish(mut self) -> Facts {
        for (index, mut gives) in std::mem::take(&mut self.gives).into_iter().enumerate() {
            gives.sort();
            gives.dedup();
            gives.retain(|term| *self.builder.terms.get(*term) != Term::None);
            let term = match gives[..] {
                [] => Term::None,
                [only] => {
                    self.facts.functions[index].gives = only;
                    continue;
                }
                _ => Term::Any(gives.into()),
            };
            self.facts.functions[index].gives = self.builder.terms.add(term);
        }
        self.rewrites();
        let mut facts = self.facts;
        facts.lines = std::iter::once(0)
            .chain(
                memchr::memchr_iter(b'\n', self.module.text().as_bytes()).map(|at| at as u32 + 1),
            )
            .collect();
        facts.all = self.module.exported_names();
        facts.imports = self.module.imported_modules();
        let telling = self.module.catalogue().telling();
        let mut said: Vec<Box<str>> = telling
            .filter(|(module, _)| self.module.imports_module(module))
            .filter(|(_, word)| self.module.text().contains(word))
            .map(|(_, word)| word.into())
            .collect();
        said.sort();
        said.dedup();
        facts.said = said;
        let catalogue = self.module.catalogue();
        let replaced = catalogue.libraries().filter_map(|library| {
            let http = library.http.as_ref()?;
            Some(self.module.intercepts(&library.name, http))
        });
        let replaced = replaced.flatten().filter(|intercept| intercept.certain);
        facts.intercepts = replaced.collect();
        facts.speaks_of_skipping = self.module.speaks_of_skipping();
        facts.asyncio = self.module.reachable("asyncio");
        facts.values = self.values.into_iter().collect();
        let loose: BTreeSet<&str> = self
            .loose
            .iter()
            .flat_map(|name| both_names(name))
            .collect();
        facts.loose = loose.into_iter().map(NameHash::of).collect();
        facts.strings = self.strings.into_iter().map(NameHash::of).collect();
        if !facts.reflected.is_empty() {
            facts.words = self.words.into_iter().map(NameHash::of).collect();
            facts
                .reflected
                .extend(self.heads.into_iter().map(|head| Reflected {
                    of: ReflectedOn::Something,
                    prefix: head.into(),
                    methods: true,
                }));
        }
        let mut patched: Vec<&str> = self.module.attribute_writes().iter().filter_map(|write| match write {
            Expr::Attribute(attribute) if !matches!(&*attribute.value, Expr::Name(name) if matches!(name.id.as_str(), "self" | "cls")) => Some(attribute.attr.as_str()),
            _ => None,
        }).collect();
        patched.sort_unstable();
        patched.dedup();
        facts.patched = patched.into_iter().map(NameHash::of).collect();
        facts.calls.shrink_to_fit();
        facts.terms = self.builder.terms.freeze();
        facts
    }
}

fn is_callee(parent: Option<AnyNodeRef<'_>>, here: Span) -> bool {
    matches!(parent, Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == here)
}

fn is_abstract(body: &[Stmt]) -> bool {
    let rest = match body {
        [first, rest @ ..] if is_docstring_stmt(first) => rest,
        all => all,
    };
    match rest {
        [] => true,
        [Stmt::Pass(_)] => true,
        [Stmt::Expr(expression)] => expression.value.is_ellipsis_literal_expr(),
        [Stmt::Raise(raised)] => match raised.exc.as_deref() {
            Some(Expr::Name(name)) => name.id == "NotImplementedError",
            Some(Expr::Call(call)) => {
                matches!(&*call.func, Expr::Name(name) if name.id == "NotImplementedError")
            }
            _ => false,
        },
        _ => false,
    }
}
