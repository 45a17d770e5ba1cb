//! What other files can see of a module, and how it can name others.

use crate::model::file::facts::Reachable;
use crate::model::file::module::Module;
use crate::model::file::scope::{BindingKind, Guard, ScopeId};
use crate::python::ast::Expr;

impl<'a> Module<'a> {
    pub(super) fn exported_names(&self) -> Option<Vec<Box<str>>> {
        let bindings = self.bindings_of(ScopeId::MODULE, "__all__");
        let [only] = &bindings[..] else {
            return None;
        };
        let BindingKind::Assign(value) = only.kind else {
            return None;
        };
        let items = match value {
            Expr::List(list) => &list.elts,
            Expr::Tuple(tuple) => &tuple.elts,
            _ => return None,
        };
        items
            .iter()
            .map(|item| match item {
                Expr::StringLiteral(literal) => Some(literal.value.to_str().into()),
                _ => None,
            })
            .collect()
    }

    pub(super) fn imported_modules(&self) -> Vec<(u32, Box<str>)> {
        let mut found: Vec<(u32, Box<str>)> = self
            .imports()
            .iter()
            .map(|import| match import.loads_submodule() {
                true => (0, import.alias.name.as_str().into()),
                false => {
                    let (level, name) = import.origin();
                    (level, name.into())
                }
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// How code anywhere in the file can name a module.
    pub fn reachable(&self, module: &str) -> Reachable {
        let imports = self.bindings().iter().filter(|binding| match binding.kind {
            BindingKind::Import(index) => self.import(index).target() == module,
            _ => false,
        });
        let sure = imports.into_iter().find(|binding| {
            binding.scope == ScopeId::MODULE
                && self.guard(binding) == Guard::Always
                && self
                    .bindings()
                    .iter()
                    .filter(|other| other.name == binding.name)
                    .count()
                    == 1
        });
        match sure {
            Some(binding) => Reachable::As(binding.name.into()),
            None if self.bindings().iter().any(|binding| binding.name == module) => {
                Reachable::Taken
            }
            None => Reachable::Import,
        }
    }
}
