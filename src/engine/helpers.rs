//! The module of helpers: what it lacks of the functions that fixes call is put at its end.

use super::imports;
use crate::fix::{HELPERS, HELPERS_DOCSTRING, Helper};
use crate::model::file::{ImportName, Module};
use crate::python::ast::Stmt;
use crate::text::Edit;
use std::collections::BTreeSet;

/// The edits that give the module these helpers.
pub(super) fn edits(module: &Module<'_>, names: &BTreeSet<&str>) -> Vec<Edit> {
    let body = module.tree().body();
    let is_there = |helper: &Helper| {
        body.iter().any(|statement| {
            matches!(statement, Stmt::FunctionDef(function) if function.name.as_str() == helper.name)
        })
    };
    let missing: Vec<&Helper> = HELPERS
        .iter()
        .filter(|helper| names.contains(helper.name) && !is_there(helper))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let needs: BTreeSet<&str> = missing.iter().flat_map(|helper| modules(helper)).collect();
    let functions: Vec<&str> = missing.iter().map(|helper| code(helper)).collect();
    let functions = functions.join("\n\n");
    let text = module.text();
    let newline = module.layout().newline();
    let written = |text: String| text.replace('\n', newline);
    if text.trim().is_empty() {
        let imports: String = needs
            .iter()
            .map(|name| format!("import {name}\n"))
            .collect();
        let gap = if imports.is_empty() { "\n" } else { "\n\n" };
        let whole = format!("{HELPERS_DOCSTRING}\n{imports}{gap}{functions}");
        return vec![Edit::insert(text.len(), written(whole))];
    }
    let imported = |name: &str| {
        body.iter().any(|statement| {
            matches!(statement, Stmt::Import(import)
                if import.names.iter().any(|alias| alias.asname.is_none() && alias.name.as_str() == name))
        })
    };
    let needs: Vec<ImportName> = needs
        .into_iter()
        .filter(|name| !imported(name))
        .map(ImportName::new)
        .collect();
    let mut edits = imports::insertions(module, &needs.iter().collect::<Vec<_>>());
    let lead = match text.ends_with(['\n', '\r']) {
        true => "\n\n",
        false => "\n\n\n",
    };
    let added = written(format!("{lead}{functions}"));
    // A module of nothing but imports has one place for both.
    match edits
        .iter_mut()
        .find(|edit| edit.span().start() == text.len())
    {
        Some(edit) => *edit = Edit::insert(text.len(), format!("{}{added}", edit.text())),
        None => edits.push(Edit::insert(text.len(), added)),
    }
    edits
}

/// The modules that a helper imports.
fn modules(helper: &Helper) -> impl Iterator<Item = &'static str> {
    helper
        .source
        .lines()
        .filter_map(|line| line.strip_prefix("import "))
}

/// The function itself.
fn code(helper: &Helper) -> &'static str {
    let start = helper.source.find("def ").unwrap_or(0);
    &helper.source[start..]
}
