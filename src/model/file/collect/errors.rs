//! Which exceptions a file speaks of: what its `except` clauses catch, and what calls are given.

use super::Collector;
use crate::model::file::facts::{Given, Try};
use crate::model::file::syntax::walk;
use crate::model::file::terms::TermId;
use crate::python::ast::{
    AnyNodeRef, ExceptHandler, ExceptHandlerExceptHandler, Expr, ExprCall, StmtTry, StmtWith,
    TraversalSignal,
};
use crate::python::span;

/// What the names of exceptions end in.
const ENDS: [&str; 6] = [
    "Error",
    "Errors",
    "Exception",
    "Redirects",
    "Timeout",
    "Warning",
];

impl<'a> Collector<'_, 'a> {
    pub(super) fn caught(&mut self, statement: &'a StmtTry) {
        let (Some(first), Some(last)) = (statement.body.first(), statement.body.last()) else {
            return;
        };
        let mut classes = Vec::new();
        let mut all = false;
        let mut cancellation = false;
        let mut again = false;
        for ExceptHandler::ExceptHandler(handler) in &statement.handlers {
            let listed = match handler.type_.as_deref() {
                Some(Expr::Tuple(tuple)) => &tuple.elts[..],
                Some(single) => std::slice::from_ref(single),
                None => &[],
            };
            all |= handler.type_.is_none() || listed.iter().any(catches_all);
            cancellation |= handler.type_.is_none() || listed.iter().any(catches_cancellation);
            again |= hands_on(handler);
            classes.extend(listed.iter().map(|class| self.builder.term(class)));
        }
        let (function, _) = self.place(statement.into());
        self.facts.tries.push(Try {
            function,
            body: span(first).cover(span(last)),
            classes: classes.into(),
            catches_all: all,
            catches_cancellation: cancellation,
            hands_on: again,
        });
    }

    /// Notes what `with contextlib.suppress(...)` catches.
    pub(super) fn suppressed(&mut self, with: &'a StmtWith) {
        let (Some(first), Some(last)) = (with.body.first(), with.body.last()) else {
            return;
        };
        for item in &with.items {
            let Expr::Call(call) = &item.context_expr else {
                continue;
            };
            if !self.suppresses(call) {
                continue;
            }
            let classes = call.arguments.args.iter();
            let classes: Box<[TermId]> = classes.map(|class| self.builder.term(class)).collect();
            let (function, _) = self.place(with.into());
            self.facts.tries.push(Try {
                function,
                body: span(first).cover(span(last)),
                classes,
                catches_all: call.arguments.args.iter().any(catches_all),
                catches_cancellation: call.arguments.args.iter().any(catches_cancellation),
                hands_on: false,
            });
        }
    }

    fn suppresses(&self, call: &'a ExprCall) -> bool {
        self.module.qualified(&call.func).as_deref() == Some("contextlib.suppress")
    }

    /// Notes arguments that are named like exceptions, one by one or in a tuple.
    pub(super) fn given_errors(&mut self, call: &'a ExprCall) {
        if self.suppresses(call) {
            return;
        }
        let mut around = self.module.ancestors(call.into());
        let decorates = around.find_map(|ancestor| match ancestor {
            AnyNodeRef::Decorator(decorator) => self.module.parent(decorator.into()),
            _ => None,
        });
        let decorates = match decorates {
            Some(AnyNodeRef::StmtFunctionDef(function)) => {
                self.builder.number_of_function(function)
            }
            _ => None,
        };
        let keywords = call.arguments.keywords.iter();
        let values = call
            .arguments
            .args
            .iter()
            .chain(keywords.map(|keyword| &keyword.value));
        for value in values {
            let listed = match value {
                Expr::Tuple(tuple) => &tuple.elts[..],
                single => std::slice::from_ref(single),
            };
            for class in listed {
                let name = match class {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    _ => continue,
                };
                if ENDS.iter().any(|end| name.ends_with(end)) {
                    let term = self.builder.term(class);
                    let at = u32::try_from(span(class).start()).unwrap_or(u32::MAX);
                    self.facts.given.push(Given {
                        class: term,
                        at,
                        decorates,
                    });
                }
            }
        }
    }
}

fn catches_all(class: &Expr) -> bool {
    matches!(class, Expr::Name(name)
        if matches!(name.id.as_str(), "BaseException" | "Exception"))
}

fn catches_cancellation(class: &Expr) -> bool {
    let name = match class {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    matches!(name, "BaseException" | "CancelledError")
}

/// Whether a clause raises again what it caught.
fn hands_on(handler: &ExceptHandlerExceptHandler) -> bool {
    let mut found = false;
    walk(handler.into(), &mut |node| {
        if let AnyNodeRef::StmtRaise(raised) = node {
            found |= match raised.exc.as_deref() {
                None => true,
                Some(Expr::Call(_)) => false,
                Some(_) => true,
            };
        }
        TraversalSignal::Traverse
    });
    found
}
