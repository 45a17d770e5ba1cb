//! What the decorators of functions are, and where the functions stand in the tree.

use super::{Cx, FileId};
use crate::model::file::{Function, Term, TermId};
use crate::model::libraries::Yields;
use crate::model::project::{Project, Value};
use crate::python::ast::StmtFunctionDef;
use crate::python::span;
use crate::text::Span;
use rustc_hash::FxHashMap;

/// The qualified names of a function's decorators, from the inside out, up to the first of which
/// nothing is known.
pub fn decorator_names(project: &Project, file: FileId, function: &Function) -> Vec<String> {
    let decorators = function.decorators.iter().rev();
    decorators
        .map_while(|decorator| name(project, file, *decorator))
        .collect()
}

fn name(project: &Project, file: FileId, decorator: TermId) -> Option<String> {
    let facts = project.facts(file)?;
    let term = |id: TermId| facts.terms.get(id.0 as usize);
    let callee = match term(decorator) {
        // `@decorator(arguments)`
        Some(Term::Call(callee)) => *callee,
        _ => decorator,
    };
    if let Value::Library(name) = project.value(file, callee) {
        return Some(name.into());
    }
    // `@group.command()`, where a decorator made `group` of a function.
    let Some(Term::Member(of, method)) = term(callee) else {
        return None;
    };
    let Value::Function(group) = project.value(file, *of) else {
        return None;
    };
    let made = decorator_names(project, group.file, project.function(group)?);
    let class = made.iter().find_map(|name| {
        let made = format!("{name}.__call__");
        project.catalogue().gives(&made)
    })?;
    Some(format!("{class}.{method}"))
}

/// Whether a function goes through a decorator as it is.
pub fn is_kept_by(project: &Project, decorator: &str) -> bool {
    let catalogue = project.catalogue();
    catalogue.decorator(decorator) == Some(Yields::Same)
}

/// The functions of a file by where their names stand.
pub fn functions_by_name<'a>(cx: &Cx<'a>) -> FxHashMap<Span, &'a StmtFunctionDef> {
    let functions = cx.module.nodes();
    functions
        .filter_map(|node| node.as_stmt_function_def().copied())
        .map(|function| (span(&function.name), function))
        .collect()
}
