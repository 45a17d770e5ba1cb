//! Imported names: what they stand for, and what it takes to remove one.

use crate::python::ast::{Alias, AnyNodeRef, StmtImport, StmtImportFrom};
use crate::python::span;
use crate::text::Span;
use std::fmt;

/// One name that an import statement binds.
#[derive(Clone, Copy, Debug)]
pub struct Imported<'a> {
    pub bound: &'a str,
    pub bound_at: Span,
    pub alias: &'a Alias,
    statement: Statement<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Statement<'a> {
    Import(&'a StmtImport),
    From(&'a StmtImportFrom),
}

impl<'a> Imported<'a> {
    pub(super) fn module(import: &'a StmtImport, alias: &'a Alias) -> Self {
        let (bound, bound_at) = match &alias.asname {
            Some(name) => (name.as_str(), span(name)),
            None => {
                let full = alias.name.as_str();
                let first = full.split('.').next().unwrap_or(full);
                let start = span(&alias.name).start();
                (first, Span::new(start, start + first.len()))
            }
        };
        Self {
            bound,
            bound_at,
            alias,
            statement: Statement::Import(import),
        }
    }

    pub(super) fn member(import: &'a StmtImportFrom, alias: &'a Alias) -> Self {
        let name = alias.asname.as_ref().unwrap_or(&alias.name);
        Self {
            bound: name.as_str(),
            bound_at: span(name),
            alias,
            statement: Statement::From(import),
        }
    }

    /// The qualified name that the bound name stands for. Relative imports keep their dots.
    pub fn target(&self) -> String {
        match self.statement {
            Statement::Import(_) if self.alias.asname.is_none() => self.bound.to_owned(),
            Statement::Import(_) => self.alias.name.to_string(),
            Statement::From(import) => {
                let module = module_of(import);
                let name = self.alias.name.as_str();
                let dots = import.level as usize;
                let mut target = String::with_capacity(dots + module.len() + 1 + name.len());
                target.extend(std::iter::repeat_n('.', dots));
                target.push_str(module);
                if !module.is_empty() {
                    target.push('.');
                }
                target.push_str(name);
                target
            }
        }
    }

    /// Whether this is what the bound name stands for, by its qualified name.
    pub fn stands_for(&self, qualified: &str) -> bool {
        match self.statement {
            Statement::Import(_) if self.alias.asname.is_none() => self.bound == qualified,
            Statement::Import(_) => self.alias.name.as_str() == qualified,
            Statement::From(import) if import.level == 0 => {
                let rest = qualified.strip_prefix(module_of(import));
                let rest = rest.and_then(|rest| rest.strip_prefix('.'));
                rest == Some(self.alias.name.as_str())
            }
            Statement::From(_) => self.target() == qualified,
        }
    }

    /// Whether it imports a module of this name, which is not relative, or something of it.
    pub fn is_of(&self, module: &str) -> bool {
        let name = self.alias.name.as_str();
        match self.statement {
            Statement::Import(_) => is_within(name, module),
            Statement::From(import) if import.level == 0 => {
                is_within(module_of(import), module) || self.stands_for(module)
            }
            Statement::From(_) => false,
        }
    }

    /// How many dots a relative import has, and the absolute or remaining name.
    pub fn origin(&self) -> (u32, String) {
        let target = self.target();
        let name = target.trim_start_matches('.');
        ((target.len() - name.len()) as u32, name.to_owned())
    }

    /// All names of the statement this one stands in.
    pub fn siblings(&self) -> &'a [Alias] {
        match self.statement {
            Statement::Import(import) => &import.names,
            Statement::From(import) => &import.names,
        }
    }

    pub fn node(&self) -> AnyNodeRef<'a> {
        match self.statement {
            Statement::Import(import) => AnyNodeRef::from(import),
            Statement::From(import) => AnyNodeRef::from(import),
        }
    }

    /// `import a.b.c` binds `a` but loads `a.b.c` as well.
    pub fn loads_submodule(&self) -> bool {
        matches!(self.statement, Statement::Import(_))
            && self.alias.asname.is_none()
            && self.alias.name.contains('.')
    }

    /// `import x as x` and `from m import x as x` say: this name is for others to import from here.
    pub fn is_reexport(&self) -> bool {
        self.alias
            .asname
            .as_ref()
            .is_some_and(|name| name.as_str() == self.alias.name.as_str())
    }
}

/// Something to import: a module, as `import module` has it, or a member of a module of the project,
/// as `from module import member` has it. Ordered by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportName {
    module: String,
    member: Option<String>,
}

impl ImportName {
    pub fn new(module: impl Into<String>) -> Self {
        Self {
            module: module.into(),
            member: None,
        }
    }

    /// A member of a module of the project.
    pub fn member_of(module: impl Into<String>, member: impl Into<String>) -> Self {
        Self {
            module: module.into(),
            member: Some(member.into()),
        }
    }

    pub fn module(&self) -> &str {
        &self.module
    }

    pub fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// Whether text that is inserted has this import, alone or in a statement with others.
    pub fn is_in(&self, text: &str) -> bool {
        match &self.member {
            None => text.contains(&self.to_string()),
            Some(member) => text.contains(member.as_str()),
        }
    }

    /// The name that the import binds.
    pub fn bound(&self) -> &str {
        let first = self.module.split('.').next().unwrap_or(&self.module);
        self.member.as_deref().unwrap_or(first)
    }
}

impl fmt::Display for ImportName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            None => write!(f, "import {}", self.module),
            Some(member) => write!(f, "from {} import {member}", self.module),
        }
    }
}

fn module_of(import: &StmtImportFrom) -> &str {
    import.module.as_ref().map_or("", |module| module.as_str())
}

/// Whether a dotted name is a module, or something of it.
fn is_within(name: &str, module: &str) -> bool {
    name.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
