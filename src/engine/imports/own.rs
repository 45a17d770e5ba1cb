//! Where an import of something of the project itself goes.

use super::{Section, TopImport, above, below, first_import, gap_at};
use crate::model::file::{ImportName, Module};
use crate::python::ast::Stmt;
use crate::python::span;
use crate::text::Edit;

/// The edit that imports a member of a module of the project: into the statement that imports others
/// of that module, else among the imports of its package, else in a group of its own.
pub(super) fn insertion(module: &Module<'_>, imports: &[TopImport<'_>], need: &ImportName) -> Edit {
    let newline = module.layout().newline();
    if let Some(edit) = imports
        .iter()
        .find_map(|import| joining(module, import, need))
    {
        return edit;
    }
    let key = need.module().to_lowercase();
    let package = key.split('.').next().unwrap_or(&key);
    let peers: Vec<&TopImport<'_>> = imports
        .iter()
        .filter(|import| import.key.split('.').next() == Some(package))
        .collect();
    let next = peers
        .iter()
        .find(|import| import.is_from && import.key > key);
    if let Some(next) = next {
        return above(module, next, &format!("{need}{newline}"));
    }
    if let Some(last) = peers.last() {
        return below(module, last, &format!("{need}{newline}"));
    }
    if let Some(local) = imports.iter().find(|it| it.section == Section::Local) {
        return above(module, local, &format!("{need}{newline}{newline}"));
    }
    match imports.last() {
        Some(last) => {
            let tail = gap_at(
                module,
                module.layout().next_line(span(last.statement).end()),
            );
            below(module, last, &format!("{newline}{need}{newline}{tail}"))
        }
        None => first_import(module, need),
    }
}

/// The edit that adds the name to a statement which imports from the same module, on one line.
fn joining(module: &Module<'_>, import: &TopImport<'_>, need: &ImportName) -> Option<Edit> {
    let Stmt::ImportFrom(statement) = import.statement else {
        return None;
    };
    let name = statement.module.as_ref()?;
    let member = need.member()?;
    let text = span(import.statement).of(module.text());
    if statement.level > 0 || name.as_str() != need.module() || text.contains(['(', '\\', '*']) {
        return None;
    }
    let next = statement
        .names
        .iter()
        .find(|alias| alias.name.as_str() > member);
    Some(match next {
        Some(next) => Edit::insert(span(next).start(), format!("{member}, ")),
        None => Edit::insert(span(statement.names.last()?).end(), format!(", {member}")),
    })
}
