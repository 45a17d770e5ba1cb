//! What a function promises: that nothing but a cancellation leaves it as an exception, or, by a
//! comment, that it does nothing that others notice.

use super::module::Module;
use crate::python::ast::{
    ExceptHandler, Expr, InterpolatedStringElement, Stmt, StmtFunctionDef, StmtTry,
    is_docstring_stmt,
};
use crate::python::span;

impl<'a> Module<'a> {
    /// Whether the body is certain not to raise: all that may do so stands in a `try` that catches
    /// every `Exception`, and whose clauses only note it and go on.
    pub(super) fn never_fails(&self, function: &'a StmtFunctionDef) -> bool {
        function
            .body
            .iter()
            .all(|statement| self.is_calm(statement))
    }

    fn is_calm(&self, statement: &'a Stmt) -> bool {
        match statement {
            _ if is_docstring_stmt(statement) => true,
            Stmt::Pass(_) | Stmt::Continue(_) | Stmt::Break(_) => true,
            Stmt::Return(returned) => returned.value.as_deref().is_none_or(is_calm_value),
            Stmt::Assign(assign) => {
                assign.targets.iter().all(Expr::is_name_expr) && is_calm_value(&assign.value)
            }
            Stmt::AnnAssign(assign) => {
                assign.target.is_name_expr() && assign.value.as_deref().is_none_or(is_calm_value)
            }
            Stmt::Expr(expression) => self.only_logs(&expression.value),
            Stmt::Try(guard) => self.catches_everything(guard),
            _ => false,
        }
    }

    fn catches_everything(&self, guard: &'a StmtTry) -> bool {
        let all = |statements: &'a [Stmt]| statements.iter().all(|inner| self.is_calm(inner));
        let catches = guard.handlers.iter().any(|handler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            handler.type_.as_deref().is_none_or(|class| {
                let listed = match class {
                    Expr::Tuple(tuple) => &tuple.elts[..],
                    single => std::slice::from_ref(single),
                };
                listed.iter().any(|class| {
                    matches!(class, Expr::Name(name)
                        if matches!(name.id.as_str(), "BaseException" | "Exception"))
                })
            })
        });
        let calm = guard.handlers.iter().all(|handler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            all(&handler.body)
        });
        !guard.is_star && catches && calm && all(&guard.orelse) && all(&guard.finalbody)
    }

    /// Whether an expression is a call of a logger, with values that are there.
    fn only_logs(&self, expression: &'a Expr) -> bool {
        let Expr::Call(call) = expression else {
            return false;
        };
        let Expr::Attribute(method) = &*call.func else {
            return false;
        };
        super::effects::is_logger(&method.value)
            && self.catalogue().is_logging_method(&method.attr)
            && call.arguments.args.iter().all(is_calm_value)
            && call
                .arguments
                .keywords
                .iter()
                .all(|keyword| is_calm_value(&keyword.value))
    }

    /// Whether a comment at the `def` of a function, or above it, says that it is pure.
    pub(super) fn claims_pure(&self, function: &'a StmtFunctionDef) -> bool {
        let text = self.text();
        if self.claims().is_empty() {
            return false;
        }
        let starts = span(function).start();
        let header = function
            .body
            .first()
            .map_or(span(function).end(), |first| span(first).start());
        let line = self.layout().line_start(starts);
        let above = match line {
            0 => 0,
            _ => self.layout().line_start(line - 1),
        };
        let first_line = self.layout().line_start(header);
        self.claims().iter().any(|comment| {
            let own_line = text[above..line].trim_start().starts_with('#');
            let stands_above = own_line && (above..line).contains(&comment.start());
            // Between the name and the body, on lines of the signature.
            let stands_within = comment.start() > span(&function.name).end()
                && comment.start() < header
                && comment.start() < first_line;
            stands_above || stands_within
        })
    }
}

fn is_calm_value(value: &Expr) -> bool {
    match value {
        Expr::Name(_) => true,
        // What makes text of its own may raise, as any code may that it calls.
        Expr::FString(text) => text.value.elements().all(|element| match element {
            InterpolatedStringElement::Literal(_) => true,
            InterpolatedStringElement::Interpolation(part) => {
                part.expression.is_name_expr() && part.format_spec.is_none()
            }
        }),
        Expr::List(list) => list.elts.iter().all(is_calm_value),
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_calm_value),
        Expr::Dict(dict) => dict.items.iter().all(|item| {
            item.key.as_ref().is_some_and(Expr::is_literal_expr) && is_calm_value(&item.value)
        }),
        other => other.is_literal_expr(),
    }
}
