//! Where awaits may come to wait together: in loops, and one after the other in a block.
//!
//! No more is said than what spares a file a second look: that something could be found in it.

use super::Collector;
use crate::model::file::syntax::references_within;
use crate::python::ast::{AnyNodeRef, Expr, Stmt};
use crate::python::span;

impl<'a> Collector<'_, 'a> {
    /// Notes an `await`, or what awaits as it does.
    pub(super) fn awaits(&mut self, node: AnyNodeRef<'a>) {
        if let (Some(function), _) = self.place(node) {
            self.with_function(function, |function| function.awaits = true);
        }
        self.facts.awaits_in_loop |= self
            .module
            .ancestors(node)
            .take_while(|ancestor| !ancestor.is_stmt_function_def())
            .any(|ancestor| goes_round(ancestor, node));
        let before = self.awaited.take();
        self.awaited = self.row_statement(node);
        if let (Some(before), Some(statement)) = (before, self.awaited) {
            self.facts.awaits_in_row |= self.may_follow(before, statement, node);
        }
    }

    /// The statement of an awaited call, if it may be part of a row.
    fn row_statement(&self, node: AnyNodeRef<'a>) -> Option<AnyNodeRef<'a>> {
        let AnyNodeRef::ExprAwait(awaited) = node else {
            return None;
        };
        let statement = self.module.ancestors(node).find(|of| of.is_statement())?;
        let is_simple = matches!(
            statement,
            AnyNodeRef::StmtAssign(_)
                | AnyNodeRef::StmtAnnAssign(_)
                | AnyNodeRef::StmtAugAssign(_)
                | AnyNodeRef::StmtExpr(_)
                | AnyNodeRef::StmtReturn(_)
        );
        (is_simple && awaited.value.is_call_expr()).then_some(statement)
    }

    /// Whether an `await` stands in the same statement as the one before it, or in the next one of the
    /// block but for names that are given values, and does not read what the one before it gave.
    fn may_follow(
        &self,
        before: AnyNodeRef<'a>,
        statement: AnyNodeRef<'a>,
        node: AnyNodeRef<'a>,
    ) -> bool {
        if span(before) == span(statement) {
            return true;
        }
        let Some(block) = self.module.block(statement) else {
            return false;
        };
        let above = &block.statements[..block.index];
        let Some(index) = above.iter().rposition(|of| span(of) == span(before)) else {
            return false;
        };
        let is_between = |of: &Stmt| matches!(of, Stmt::Assign(_) | Stmt::AnnAssign(_));
        let read = references_within(node);
        above[index + 1..].iter().all(is_between)
            && !targets(&above[index]).iter().any(|target| {
                let given = references_within(AnyNodeRef::from(*target));
                let mut given = given.iter().filter(|name| !name.ctx.is_load());
                given.any(|given| read.iter().any(|name| name.id == given.id))
            })
    }
}

/// Whether a node inside a loop or comprehension may be evaluated for each of its items.
fn goes_round(around: AnyNodeRef<'_>, node: AnyNodeRef<'_>) -> bool {
    match around {
        AnyNodeRef::StmtFor(statement) => {
            !statement.is_async && !span(&*statement.iter).contains(span(node))
        }
        AnyNodeRef::ExprListComp(_) | AnyNodeRef::ExprSetComp(_) | AnyNodeRef::ExprDictComp(_) => {
            true
        }
        _ => false,
    }
}

fn targets(statement: &Stmt) -> Vec<&Expr> {
    match statement {
        Stmt::Assign(assign) => assign.targets.iter().collect(),
        Stmt::AnnAssign(assign) => vec![&assign.target],
        Stmt::AugAssign(assign) => vec![&assign.target],
        _ => Vec::new(),
    }
}
