//! The facts of one file, ready to be asked.

use super::build::{Builder, Node};
use super::imports::Imported;
use super::resolve::{Entity, Lookup};
use super::scope::{Binding, BindingId, BindingKind, Guard, Scope, ScopeId, ScopeKind};
use super::syntax::{Block, block_of, dotted};
use crate::model::libraries::Catalogue;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, StmtClassDef, StmtFunctionDef};
use crate::python::parse::number_of;
use crate::python::suppress::{claims_pure, speaks_of_skipping};
use crate::python::{Layout, Tree, span};
use crate::text::Span;
use rustc_hash::FxHashMap;

/// One parsed file with its scopes, names and calls. Borrowed from the tree, as cheap to drop as to ask.
pub struct Module<'a> {
    text: &'a str,
    tree: &'a Tree,
    catalogue: &'a Catalogue,
    layout: Layout<'a>,
    nodes: Vec<Node<'a>>,
    scopes: Vec<Scope<'a>>,
    bindings: Vec<Binding<'a>>,
    imports: Vec<Imported<'a>>,
    reads: FxHashMap<&'a str, Vec<(&'a ExprName, ScopeId)>>,
    attribute_writes: Vec<&'a Expr>,
    calls: Vec<&'a ExprCall>,
    /// Qualified names outside this file that it assigns to.
    patched: Vec<String>,
    /// The comments that say of a function that it is pure.
    claims: Vec<Span>,
    /// A comment speaks to asyncfix of what to leave alone.
    speaks_of_skipping: bool,
}

impl<'a> Module<'a> {
    pub fn new(text: &'a str, tree: &'a Tree, catalogue: &'a Catalogue) -> Self {
        let mut builder = Builder::default();
        // About as many nodes as tokens; growing step by step would cost half of that again.
        builder.nodes.reserve(tree.tokens().len());
        let built = builder.run(AnyNodeRef::from(tree.module()), tree.body());
        let mut reads: FxHashMap<&str, Vec<_>> = FxHashMap::default();
        for (name, scope) in built.reads {
            reads
                .entry(name.id.as_str())
                .or_default()
                .push((name, scope));
        }
        let addressed = addressed(text, tree);
        let mut module = Self {
            text,
            tree,
            catalogue,
            layout: Layout::new(text, tree),
            nodes: built.nodes,
            scopes: built.scopes,
            bindings: built.bindings,
            imports: built.imports,
            reads,
            attribute_writes: built.attribute_writes,
            calls: built.calls,
            patched: Vec::new(),
            speaks_of_skipping: addressed
                .iter()
                .any(|comment| speaks_of_skipping(comment.of(text))),
            claims: addressed
                .into_iter()
                .filter(|comment| claims_pure(comment.of(text)))
                .collect(),
        };
        module.patched = module
            .attribute_writes
            .iter()
            .filter_map(|write| match write {
                Expr::Attribute(attribute) => match module.entity(&attribute.value) {
                    Entity::External(value) => Some(format!("{value}.{}", attribute.attr)),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        module
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Whether a comment speaks to asyncfix of what to leave alone.
    pub fn speaks_of_skipping(&self) -> bool {
        self.speaks_of_skipping
    }

    pub fn tree(&self) -> &'a Tree {
        self.tree
    }

    pub fn catalogue(&self) -> &'a Catalogue {
        self.catalogue
    }

    pub(super) fn claims(&self) -> &[Span] {
        &self.claims
    }

    pub fn layout(&self) -> &Layout<'a> {
        &self.layout
    }

    pub fn scope(&self, id: ScopeId) -> &Scope<'a> {
        &self.scopes[id.0 as usize]
    }

    pub fn binding(&self, id: BindingId) -> &Binding<'a> {
        &self.bindings[id.0 as usize]
    }

    pub fn bindings(&self) -> &[Binding<'a>] {
        &self.bindings
    }

    pub(super) fn imports(&self) -> &[Imported<'a>] {
        &self.imports
    }

    pub fn import(&self, index: usize) -> &Imported<'a> {
        &self.imports[index]
    }

    /// Every call, in source order.
    pub fn calls(&self) -> &[&'a ExprCall] {
        &self.calls
    }

    /// Every attribute that is assigned or deleted.
    pub fn attribute_writes(&self) -> &[&'a Expr] {
        &self.attribute_writes
    }

    pub(super) fn is_patched(&self, qualified: &str) -> bool {
        self.patched.iter().any(|name| name == qualified)
    }

    fn node(&self, node: AnyNodeRef<'_>) -> Option<&Node<'a>> {
        self.nodes.get(number_of(node)? as usize)
    }

    /// The scope in which a node is evaluated; for a definition, the one it is bound in.
    pub fn scope_of(&self, node: AnyNodeRef<'_>) -> Option<ScopeId> {
        self.node(node).map(|node| node.scope)
    }

    /// Every scope with its kind, in source order.
    pub(super) fn scope_kinds(&self) -> impl Iterator<Item = (ScopeId, ScopeKind<'a>)> + '_ {
        let scopes = self.scopes.iter().enumerate();
        scopes.map(|(index, scope)| (ScopeId(index as u32), scope.kind))
    }

    /// The classes of this file, each with the scope of its body.
    pub(super) fn classes(&self) -> impl Iterator<Item = (ScopeId, &'a StmtClassDef)> + '_ {
        self.scopes
            .iter()
            .enumerate()
            .filter_map(|(index, scope)| match scope.kind {
                ScopeKind::Class(class) => Some((ScopeId(index as u32), class)),
                _ => None,
            })
    }

    /// The scope of a function's body.
    pub fn body_scope(&self, function: &StmtFunctionDef) -> Option<ScopeId> {
        self.scopes
            .iter()
            .position(|scope| matches!(scope.kind, ScopeKind::Function(other) if std::ptr::eq(other, function)))
            .map(|index| ScopeId(index as u32))
    }

    /// The function whose name stands there.
    pub fn function_named(&self, at: Span) -> Option<&'a StmtFunctionDef> {
        self.scopes.iter().find_map(|scope| match scope.kind {
            ScopeKind::Function(function) if span(&function.name) == at => Some(function),
            _ => None,
        })
    }

    /// Every node of the tree, each before what is in it.
    pub fn nodes(&self) -> impl Iterator<Item = AnyNodeRef<'a>> {
        self.nodes.iter().map(|node| node.node)
    }

    /// The same node, with the lifetime of the tree.
    pub fn own(&self, node: AnyNodeRef<'_>) -> Option<AnyNodeRef<'a>> {
        self.node(node).map(|node| node.node)
    }

    pub fn parent(&self, node: AnyNodeRef<'_>) -> Option<AnyNodeRef<'a>> {
        let parent = self.node(node)?.parent?;
        Some(self.nodes[parent as usize].node)
    }

    /// The nodes around `node`, from the inside out, itself excluded.
    pub fn ancestors(&self, node: AnyNodeRef<'_>) -> impl Iterator<Item = AnyNodeRef<'a>> {
        let mut at = self.node(node).and_then(|node| node.parent);
        std::iter::from_fn(move || {
            let node = &self.nodes[at? as usize];
            at = node.parent;
            Some(node.node)
        })
    }

    /// The innermost statement that holds `node`, or `node` itself if it is one.
    pub fn statement(&self, node: AnyNodeRef<'a>) -> Option<AnyNodeRef<'a>> {
        if node.is_statement() {
            return Some(node);
        }
        self.ancestors(node)
            .find(|ancestor| ancestor.is_statement())
    }

    /// The list of statements that a statement stands in, and its place there.
    pub fn block(&self, statement: AnyNodeRef<'a>) -> Option<Block<'a>> {
        block_of(self.parent(statement)?, span(statement))
    }

    /// The names that read this binding's variable, in source order.
    pub fn reads_of(&self, scope: ScopeId, name: &str) -> Vec<&'a ExprName> {
        self.reads
            .get(name)
            .into_iter()
            .flatten()
            .filter(|(_, from)| match self.lookup(*from, name) {
                Lookup::Bound(owner, _) => owner == scope,
                Lookup::Star(_) => scope == ScopeId::MODULE,
                Lookup::Builtin => false,
            })
            .map(|(read, _)| *read)
            .collect()
    }

    /// All places that bind the variable `name` of `scope`.
    pub fn bindings_of(&self, scope: ScopeId, name: &str) -> Vec<&Binding<'a>> {
        self.scope(scope)
            .names
            .get(name)
            .into_iter()
            .flatten()
            .map(|&id| self.binding(id))
            .collect()
    }

    /// Whether any code inside `within` reads or binds `name`.
    pub fn uses_name(&self, within: Span, name: &str) -> bool {
        self.reads
            .get(name)
            .into_iter()
            .flatten()
            .any(|(read, _)| within.contains(span(*read)))
            || self
                .bindings
                .iter()
                .any(|binding| binding.name == name && within.contains(binding.at))
    }

    /// The first of `candidates`, then of their numbered forms, that nothing inside `within` uses.
    pub fn fresh_name(&self, within: Span, candidates: &[&str]) -> String {
        let numbered = (2..).flat_map(|number| {
            candidates
                .iter()
                .map(move |candidate| format!("{candidate}_{number}"))
        });
        candidates
            .iter()
            .map(|&candidate| candidate.to_owned())
            .chain(numbered)
            .find(|name| !self.uses_name(within, name))
            .unwrap_or_default()
    }

    /// The first name by which code at `node` can reach what `qualified` names, through an import
    /// that is certain to have run by then.
    pub fn imported_as(&self, qualified: &str, node: AnyNodeRef<'a>) -> Option<&'a str> {
        let scope = self.scope_of(node)?;
        self.bindings.iter().find_map(|binding| {
            let BindingKind::Import(index) = binding.kind else {
                return None;
            };
            if !self.import(index).stands_for(qualified) {
                return None;
            }
            let Lookup::Bound(owner, bindings) = self.lookup(scope, binding.name) else {
                return None;
            };
            let same = bindings.iter().all(|&id| {
                matches!(self.binding(id).kind, BindingKind::Import(other) if self.import(other).stands_for(qualified))
            });
            let certain = owner == binding.scope
                && match self.guard(binding) {
                    Guard::Always => owner == ScopeId::MODULE || binding.at.end() <= span(node).start(),
                    Guard::Tried => owner == ScopeId::MODULE,
                    Guard::Conditional | Guard::TypeChecking => false,
                };
            (same && certain).then_some(binding.name)
        })
    }

    /// Names that are read and that nothing visible there binds, sorted, without repetition. What a
    /// star import may bind again is bound.
    pub fn free_names(&self) -> Vec<&'a str> {
        let is_free = |scope, name: &str| match self.lookup(scope, name) {
            Lookup::Bound(..) => false,
            Lookup::Builtin => true,
            Lookup::Star(_) => !self.scope(ScopeId::MODULE).names.contains_key(name),
        };
        let mut names: Vec<&str> = self
            .reads
            .iter()
            .filter(|(name, reads)| reads.iter().any(|(_, scope)| is_free(*scope, name)))
            .map(|(name, _)| *name)
            .collect();
        names.sort_unstable();
        names
    }

    /// Whether the file imports the module `name`, or something from it, at any level.
    pub fn imports_module(&self, name: &str) -> bool {
        self.imports.iter().any(|import| import.is_of(name))
    }

    /// Whether a string in `__all__` names it.
    pub fn is_exported(&self, name: &str) -> bool {
        self.bindings_of(ScopeId::MODULE, "__all__")
            .iter()
            .any(|binding| {
                let BindingKind::Assign(value) = binding.kind else {
                    return true;
                };
                match value {
                    Expr::List(list) => list.elts.iter().any(|item| is_string(item, name)),
                    Expr::Tuple(tuple) => tuple.elts.iter().any(|item| is_string(item, name)),
                    _ => true,
                }
            })
    }

    /// Whether a node stands in a field of an f-string that prints its own text, as `{x=}`.
    pub fn prints_itself(&self, node: AnyNodeRef<'_>) -> bool {
        self.ancestors(node).any(|ancestor| {
            matches!(ancestor, AnyNodeRef::InterpolatedElement(field) if field.debug_text.is_some())
        })
    }

    /// The text of an expression, with the parentheses that stand around it.
    pub fn source(&self, expression: &'a Expr) -> &'a str {
        let parent = self.parent(AnyNodeRef::from(expression));
        parent
            .and_then(|parent| self.layout.parentheses(expression.into(), parent))
            .unwrap_or_else(|| span(expression))
            .of(self.text)
    }

    /// `dotted`, for messages: the source of the callee where it is short and simple.
    pub fn describe(&self, expression: &'a Expr) -> String {
        dotted(expression).unwrap_or_else(|| {
            let text = span(expression).of(self.text);
            let line = text.lines().next().unwrap_or_default();
            if line.len() == text.len() && line.chars().count() <= 40 {
                line.to_owned()
            } else {
                let start: String = line.chars().take(37).collect();
                format!("{start}...")
            }
        })
    }
}

/// The comments that may say something to asyncfix.
fn addressed(text: &str, tree: &Tree) -> Vec<Span> {
    match memchr::memmem::find(text.as_bytes(), b"asyncfix") {
        Some(_) => tree
            .comments()
            .filter(|comment| comment.of(text).contains("asyncfix"))
            .collect(),
        None => Vec::new(),
    }
}

fn is_string(expression: &Expr, text: &str) -> bool {
    matches!(expression, Expr::StringLiteral(literal) if literal.value.to_str() == text)
}
