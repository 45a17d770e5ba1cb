//! Whether the code after some statements sees what they bind.

use super::run::Run;
use crate::fix::Cx;
use crate::model::file::Why;
use crate::python::ast::{AnyNodeRef, ExceptHandler, Expr, Stmt, StmtTry};
use crate::python::span;
use crate::text::Span;

/// What a statement does with a name, before anything else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Reads,
    /// It gives the name another value, on every way.
    Binds,
    /// It leaves the name alone, or some ways do.
    Passes,
}

/// Whether the value that the name has after the statements may be read.
pub(super) fn is_read<'a>(cx: &Cx<'a>, run: &Run<'a>, name: &str) -> bool {
    let later = Later { cx, run, name };
    later.after(run.last().into())
}

/// Refused where an exception in the middle of the statements leads to code that looks at what they
/// have bound so far.
pub(super) fn seen_by_handlers<'a>(cx: &Cx<'a>, run: &Run<'a>, name: &str) -> Result<(), Why> {
    let later = Later { cx, run, name };
    let seen = || Why::new(format!("`{name}` is read where its failure is handled"));
    for ancestor in cx.module.ancestors(run.first().into()) {
        match ancestor {
            AnyNodeRef::StmtFunctionDef(_) => break,
            AnyNodeRef::StmtTry(attempt) => {
                let inside = |block: &[Stmt]| {
                    block
                        .iter()
                        .any(|statement| span(statement).contains(span(run.first())))
                };
                if inside(&attempt.finalbody) {
                    continue;
                }
                if later.reads(&attempt.finalbody) {
                    return Err(seen());
                }
                if !inside(&attempt.body) {
                    continue;
                }
                let goes_on = attempt.handlers.iter().any(|handler| {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    !ends(&handler.body)
                });
                let handlers_read = attempt.handlers.iter().any(|handler| {
                    let ExceptHandler::ExceptHandler(handler) = handler;
                    later.reads(&handler.body)
                });
                if handlers_read || (goes_on && later.after(AnyNodeRef::from(attempt))) {
                    return Err(seen());
                }
            }
            AnyNodeRef::StmtWith(with) => {
                let swallows = with
                    .items
                    .iter()
                    .any(|item| cx.module.swallows_errors(&item.context_expr));
                if swallows && later.after(AnyNodeRef::from(with)) {
                    return Err(seen());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a block never reaches its end, as far as its last statement tells.
fn ends(block: &[Stmt]) -> bool {
    match block.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_)) => true,
        Some(Stmt::If(choice)) => {
            let exhaustive = choice
                .elif_else_clauses
                .last()
                .is_some_and(|clause| clause.test.is_none());
            exhaustive
                && ends(&choice.body)
                && choice
                    .elif_else_clauses
                    .iter()
                    .all(|clause| ends(&clause.body))
        }
        _ => false,
    }
}

struct Later<'m, 'a> {
    cx: &'m Cx<'a>,
    run: &'m Run<'a>,
    name: &'m str,
}

impl<'a> Later<'_, 'a> {
    /// Whether anything that runs after a statement reads the name first.
    fn after(&self, statement: AnyNodeRef<'a>) -> bool {
        let mut at = statement;
        loop {
            if let Some(block) = self.cx.module.block(at) {
                match self.first_use(&block.statements[block.index + 1..]) {
                    Use::Reads => return true,
                    Use::Binds => return false,
                    Use::Passes => {}
                }
            }
            let Some(parent) = self
                .cx
                .module
                .ancestors(at)
                .find(|ancestor| ancestor.is_statement())
            else {
                return false;
            };
            let reads = match parent {
                AnyNodeRef::StmtFunctionDef(_) => return false,
                // The next round, and what follows the last one.
                AnyNodeRef::StmtFor(each) => {
                    let bound = self.binds_within(span(&*each.target));
                    (!bound && self.first_use(&each.body) == Use::Reads)
                        || self.reads_in(span(&*each.target))
                        || self.reads(&each.orelse)
                }
                AnyNodeRef::StmtWhile(repeat) => {
                    self.reads_in(span(&*repeat.test))
                        || self.first_use(&repeat.body) == Use::Reads
                        || self.reads(&repeat.orelse)
                }
                AnyNodeRef::StmtTry(attempt) => {
                    let in_body = attempt
                        .body
                        .iter()
                        .any(|inner| span(inner).contains(span(at)));
                    (in_body && self.reads(&attempt.orelse)) || self.reads(&attempt.finalbody)
                }
                _ => false,
            };
            if reads {
                return true;
            }
            at = parent;
        }
    }

    fn first_use(&self, block: &'a [Stmt]) -> Use {
        for statement in block {
            match self.use_of(statement) {
                Use::Passes => {}
                found => return found,
            }
        }
        Use::Passes
    }

    fn use_of(&self, statement: &'a Stmt) -> Use {
        // In a loop, the statements themselves come next; what they read there is bound there.
        if self.run.holds(statement.into()) {
            return match self.binds_within(span(statement)) {
                true => Use::Binds,
                false => Use::Passes,
            };
        }
        match statement {
            Stmt::With(with) => {
                for item in &with.items {
                    if self.reads_in(span(item)) {
                        return Use::Reads;
                    }
                    if self.binds_within(span(item)) {
                        return Use::Binds;
                    }
                }
                self.first_use(&with.body)
            }
            Stmt::Try(attempt) => self.use_of_try(attempt),
            Stmt::If(choice) if !self.reads_in(span(&*choice.test)) => {
                let clauses = &choice.elif_else_clauses;
                let tests = clauses.iter().filter_map(|clause| clause.test.as_ref());
                if tests.into_iter().any(|test| self.reads_in(span(test))) {
                    return Use::Reads;
                }
                let exhaustive = clauses.last().is_some_and(|clause| clause.test.is_none());
                let mut uses = vec![self.first_use(&choice.body)];
                uses.extend(clauses.iter().map(|clause| self.first_use(&clause.body)));
                if uses.contains(&Use::Reads) {
                    Use::Reads
                } else if exhaustive && uses.iter().all(|found| *found == Use::Binds) {
                    Use::Binds
                } else {
                    Use::Passes
                }
            }
            _ if self.reads_in(span(statement)) => Use::Reads,
            Stmt::Assign(assign) => {
                let plain = |target: &Expr| {
                    matches!(target, Expr::Name(_) | Expr::Tuple(_) | Expr::List(_))
                        && self.binds_within(span(target))
                };
                match assign.targets.iter().any(plain) {
                    true => Use::Binds,
                    false => Use::Passes,
                }
            }
            Stmt::AnnAssign(assign) if assign.value.is_some() => {
                match self.binds_within(span(&*assign.target)) {
                    true => Use::Binds,
                    false => Use::Passes,
                }
            }
            _ => Use::Passes,
        }
    }

    fn use_of_try(&self, attempt: &'a StmtTry) -> Use {
        let handlers = || {
            attempt.handlers.iter().map(|handler| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                handler
            })
        };
        let elsewhere =
            handlers().any(|handler| self.reads(&handler.body)) || self.reads(&attempt.finalbody);
        if elsewhere {
            return Use::Reads;
        }
        match self.first_use(&attempt.body) {
            Use::Passes if self.reads(&attempt.orelse) => Use::Reads,
            Use::Binds if handlers().any(|handler| !ends(&handler.body)) => Use::Passes,
            found => found,
        }
    }

    fn reads(&self, block: &[Stmt]) -> bool {
        block.iter().any(|statement| self.reads_in(span(statement)))
    }

    fn reads_in(&self, within: Span) -> bool {
        let reads = self.cx.module.reads_of(self.run.scope, self.name);
        reads
            .into_iter()
            .any(|read| within.contains(span(read)) && !self.run.holds(read.into()))
    }

    fn binds_within(&self, within: Span) -> bool {
        let bindings = self.cx.module.bindings_of(self.run.scope, self.name);
        bindings.iter().any(|binding| within.contains(binding.at))
    }
}
