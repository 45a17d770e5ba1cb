//! What the statement of a class says of it.

use super::Collector;
use crate::model::file::scope::ScopeId;
use crate::model::file::terms::TermId;
use crate::python::ast::{Expr, Stmt, StmtClassDef};

impl<'a> Collector<'_, 'a> {
    /// Whether a decorator or metaclass may give a class more than its body does.
    pub(super) fn is_altered(&self, class: &'a StmtClassDef) -> bool {
        let keeps = |expression: &'a Expr| {
            let expression = match expression {
                Expr::Call(call) => &*call.func,
                other => other,
            };
            let name = self.module.qualified(expression).unwrap_or_default();
            let module = name.split('.').next().unwrap_or_default();
            matches!(
                module,
                "abc" | "dataclasses" | "enum" | "typing" | "typing_extensions"
            ) || name == "functools.total_ordering"
        };
        let arguments = class
            .arguments
            .iter()
            .flat_map(|arguments| &arguments.keywords);
        let mut metaclasses = arguments
            .filter(|keyword| keyword.arg.is_none() || keyword.arg.as_deref() == Some("metaclass"));
        let mut decorators = class.decorator_list.iter();
        decorators.any(|decorator| !keeps(&decorator.expression))
            || metaclasses.any(|keyword| !keeps(&keyword.value))
    }

    /// What the body of a class binds, annotations without a value included.
    pub(super) fn members(&mut self, scope: ScopeId, body: &'a [Stmt]) -> Vec<(Box<str>, TermId)> {
        let mut names: Vec<&str> = self.module.scope(scope).names.keys().copied().collect();
        names.sort_unstable();
        let mut members: Vec<(Box<str>, TermId)> = names
            .into_iter()
            .map(|name| (name.into(), self.builder.name(scope, name, 10)))
            .collect();
        for statement in body {
            if let Stmt::AnnAssign(assign) = statement
                && let Expr::Name(name) = &*assign.target
                && assign.value.is_none()
            {
                let term = self.builder.annotated(&assign.annotation, scope);
                members.push((name.id.as_str().into(), term));
            }
        }
        members
    }
}
