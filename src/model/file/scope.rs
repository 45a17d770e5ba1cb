//! Scopes and what is bound in them, as the language reference has it (section 4.2, "Naming and binding").

use crate::python::ast::{AnyNodeRef, Expr, ExprLambda, Parameter, StmtClassDef, StmtFunctionDef};
use crate::text::Span;
use rustc_hash::{FxHashMap, FxHashSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub(super) u32);

impl ScopeId {
    pub const MODULE: Self = Self(0);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BindingId(pub(super) u32);

impl BindingId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug)]
pub enum ScopeKind<'a> {
    Module,
    Class(&'a StmtClassDef),
    Function(&'a StmtFunctionDef),
    Lambda(&'a ExprLambda),
    /// A list, set or dict comprehension: it runs where it stands.
    Comprehension(AnyNodeRef<'a>),
    /// A generator expression: it runs when somebody iterates.
    Generator(AnyNodeRef<'a>),
}

#[derive(Debug)]
pub struct Scope<'a> {
    pub kind: ScopeKind<'a>,
    pub parent: Option<ScopeId>,
    pub(super) names: FxHashMap<&'a str, Vec<BindingId>>,
    pub(super) globals: FxHashSet<&'a str>,
    pub(super) nonlocals: FxHashSet<&'a str>,
    /// Where the last `from ... import *` of the scope starts.
    pub(super) star_import: Option<usize>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(kind: ScopeKind<'a>, parent: Option<ScopeId>) -> Self {
        Self {
            kind,
            parent,
            names: FxHashMap::default(),
            globals: FxHashSet::default(),
            nonlocals: FxHashSet::default(),
            star_import: None,
        }
    }

    /// Whether `global` or `nonlocal` says that the name is another scope's variable.
    pub fn is_declared_elsewhere(&self, name: &str) -> bool {
        self.globals.contains(name) || self.nonlocals.contains(name)
    }
}

/// One place where a name is bound.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    pub name: &'a str,
    /// The scope the name lives in, after `global` and `nonlocal`.
    pub scope: ScopeId,
    /// The name itself.
    pub at: Span,
    /// The node that binds: the statement of an import or definition, the name of an assignment.
    pub node: AnyNodeRef<'a>,
    pub kind: BindingKind<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum BindingKind<'a> {
    /// `import a.b as c`, `import a.b` (binds `a`) and `from a import b`: index into the imports.
    Import(usize),
    Function(&'a StmtFunctionDef),
    Class(&'a StmtClassDef),
    Parameter(&'a Parameter),
    /// `name = value`, in any spelling that gives the whole value to the name.
    Assign(&'a Expr),
    /// `with value as name`, and whether it was `async with`.
    With(&'a Expr, bool),
    /// A loop's or comprehension's target that is a plain name; what it iterates over.
    Element(&'a Expr),
    /// Everything that gives the name a value not seen here: unpacking, `except ... as`, `del`,
    /// augmented assignment, patterns.
    Other,
}

/// What an unconditional reading of the file does not guarantee about a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    Always,
    /// Only if a condition holds, a loop runs, or nothing was raised before.
    Conditional,
    /// In the body of a `try`: bound, or the handlers decide.
    Tried,
    /// Under `if TYPE_CHECKING`: never at run time.
    TypeChecking,
}

/// In which kind of code a node is evaluated, as far as `await` is concerned.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// Directly in an `async def`, `comprehensions` list, set or dict comprehensions deep.
    Coroutine {
        function: &'a StmtFunctionDef,
        comprehensions: usize,
    },
    Function(&'a StmtFunctionDef),
    Lambda,
    ClassBody,
    /// In a generator expression; the function that evaluates it is unknown.
    Generator,
    Module,
}
