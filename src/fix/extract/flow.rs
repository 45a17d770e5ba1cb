//! Which names are certain to be bound at each place of some statements, and whether their end is
//! reached.

use super::run::Run;
use crate::fix::Cx;
use crate::model::file::Why;
use crate::python::ast::{AnyNodeRef, ExceptHandler, Expr, Stmt, StmtTry, StmtWith};
use crate::python::span;
use crate::text::Span;
use std::collections::BTreeSet;

/// What holds after the statements.
#[derive(Clone, Debug, Default)]
pub(super) struct End<'a> {
    /// Names that are bound on every way to the end.
    pub assigned: BTreeSet<&'a str>,
    /// Whether there is a way to the end.
    pub falls: bool,
}

/// Follows the statements; refused where one reads a name that another one may have to bind first, for
/// there it means the coroutine's variable today.
pub(super) fn through<'a>(cx: &Cx<'a>, run: &Run<'a>) -> Result<End<'a>, Why> {
    let names = run.bound(cx);
    let mut flow = Flow {
        cx,
        reads: Vec::new(),
        bindings: Vec::new(),
    };
    for name in names {
        let reads = cx.module.reads_of(run.scope, name).into_iter();
        flow.reads.extend(
            reads
                .filter(|read| run.holds((*read).into()))
                .map(|read| (span(read), name)),
        );
        let bindings = cx.module.bindings_of(run.scope, name).into_iter();
        flow.bindings.extend(
            bindings
                .filter(|binding| run.span.contains(binding.at))
                .map(|binding| (binding.at, name)),
        );
    }
    let mut end = End {
        falls: true,
        ..End::default()
    };
    flow.block(run.statements, &mut end)?;
    Ok(end)
}

struct Flow<'m, 'a> {
    cx: &'m Cx<'a>,
    /// Where the names that the statements bind are read, and where they are bound.
    reads: Vec<(Span, &'a str)>,
    bindings: Vec<(Span, &'a str)>,
}

impl<'a> Flow<'_, 'a> {
    fn block(&self, statements: &'a [Stmt], end: &mut End<'a>) -> Result<(), Why> {
        for statement in statements {
            self.statement(statement, end)?;
        }
        Ok(())
    }

    fn statement(&self, statement: &'a Stmt, end: &mut End<'a>) -> Result<(), Why> {
        match statement {
            Stmt::If(choice) => {
                self.reads(&choice.test, end)?;
                self.binds(span(&*choice.test), end);
                let mut ends = vec![self.branch(&choice.body, end)?];
                let mut exhaustive = false;
                for clause in &choice.elif_else_clauses {
                    match &clause.test {
                        Some(test) => {
                            self.reads(test, end)?;
                            self.binds(span(test), end);
                        }
                        None => exhaustive = true,
                    }
                    ends.push(self.branch(&clause.body, end)?);
                }
                if !exhaustive {
                    ends.push(end.clone());
                }
                *end = join(ends);
            }
            Stmt::For(each) => {
                self.reads(&each.iter, end)?;
                let mut round = end.clone();
                self.binds(span(&*each.target), &mut round);
                self.reads(&each.target, &round)?;
                self.block(&each.body, &mut round)?;
                // No round may run, and `else` may be skipped.
                self.branch(&each.orelse, end)?;
            }
            Stmt::While(repeat) => {
                self.reads(&repeat.test, end)?;
                self.binds(span(&*repeat.test), end);
                self.branch(&repeat.body, end)?;
                self.branch(&repeat.orelse, end)?;
            }
            Stmt::With(with) => self.with(with, end)?,
            Stmt::Try(attempt) => self.attempt(attempt, end)?,
            Stmt::Match(choice) => {
                self.reads(&choice.subject, end)?;
                let mut ends = vec![end.clone()];
                for case in &choice.cases {
                    let mut inside = end.clone();
                    self.binds(span(&case.pattern), &mut inside);
                    if let Some(guard) = &case.guard {
                        self.reads(guard, &inside)?;
                    }
                    self.block(&case.body, &mut inside)?;
                    ends.push(inside);
                }
                *end = join(ends);
            }
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_) => {
                self.reads_in(span(statement), end)?;
                end.falls = false;
            }
            _ => {
                self.reads_in(span(statement), end)?;
                self.binds(span(statement), end);
            }
        }
        Ok(())
    }

    fn with(&self, with: &'a StmtWith, end: &mut End<'a>) -> Result<(), Why> {
        for item in &with.items {
            self.reads_in(span(item), end)?;
            self.binds(span(item), end);
        }
        let before = end.clone();
        self.block(&with.body, end)?;
        if with
            .items
            .iter()
            .any(|item| self.may_swallow(&item.context_expr))
        {
            // The statements after it may run although the body has failed anywhere.
            *end = End {
                falls: before.falls,
                ..before
            };
        }
        Ok(())
    }

    /// Whether the end of a `with` may be reached although its body has returned or failed. Objects of
    /// classes that are known, and `closing`, let everything pass.
    fn may_swallow(&self, context: &'a Expr) -> bool {
        if self.cx.module.swallows_errors(context) {
            return true;
        }
        let known = match context {
            Expr::Call(call) => {
                let name = self.cx.module.qualified(&call.func);
                let name = name.or_else(|| self.cx.callee(call).ok());
                name.is_some_and(|name| {
                    let catalogue = self.cx.module.catalogue();
                    catalogue.is_private_context(&name) || catalogue.gives(&name).is_some()
                })
            }
            _ => false,
        };
        !known && self.cx.module.class_of(context).is_none()
    }

    fn attempt(&self, attempt: &'a StmtTry, end: &mut End<'a>) -> Result<(), Why> {
        let before = end.clone();
        let mut body = before.clone();
        self.block(&attempt.body, &mut body)?;
        self.block(&attempt.orelse, &mut body)?;
        let mut ends = vec![body];
        for handler in &attempt.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let mut inside = before.clone();
            if let Some(exception) = &handler.type_ {
                self.reads(exception, &inside)?;
            }
            let bound = self.bindings.iter();
            let bound =
                bound.filter(|(at, _)| handler.name.as_ref().is_some_and(|name| span(name) == *at));
            inside.assigned.extend(bound.map(|(_, name)| name));
            self.block(&handler.body, &mut inside)?;
            if let Some(name) = &handler.name {
                inside.assigned.remove(name.as_str());
            }
            ends.push(inside);
        }
        *end = join(ends);
        let mut last = before;
        self.block(&attempt.finalbody, &mut last)?;
        end.falls &= last.falls;
        end.assigned.extend(last.assigned);
        Ok(())
    }

    fn branch(&self, statements: &'a [Stmt], before: &End<'a>) -> Result<End<'a>, Why> {
        let mut end = before.clone();
        self.block(statements, &mut end)?;
        Ok(end)
    }

    fn reads(&self, expression: &Expr, end: &End<'a>) -> Result<(), Why> {
        self.reads_in(span(expression), end)
    }

    fn reads_in(&self, within: Span, end: &End<'a>) -> Result<(), Why> {
        let early = self
            .reads
            .iter()
            .find(|(read, name)| within.contains(*read) && !end.assigned.contains(name));
        match early {
            Some((_, name)) => Err(Why::new(format!(
                "`{name}` may be read there before it is bound there"
            ))),
            None => Ok(()),
        }
    }

    /// Adds the names that are bound in a part of the text that runs whole.
    fn binds(&self, within: Span, end: &mut End<'a>) {
        for (at, name) in &self.bindings {
            if within.contains(*at) && self.is_certain(*at, within) {
                end.assigned.insert(name);
            }
        }
    }

    /// Whether a binding is more than a walrus that may be skipped.
    fn is_certain(&self, at: Span, within: Span) -> bool {
        let binding = self
            .cx
            .module
            .bindings()
            .iter()
            .find(|binding| binding.at == at);
        binding.is_some_and(|binding| {
            let mut around = self.cx.module.ancestors(binding.node);
            around.all(|ancestor| {
                !within.contains(span(ancestor))
                    || match ancestor {
                        AnyNodeRef::ExprCompare(compare) => compare.ops.len() == 1,
                        AnyNodeRef::ExprBoolOp(_)
                        | AnyNodeRef::ExprIf(_)
                        | AnyNodeRef::ExprLambda(_)
                        | AnyNodeRef::ExprListComp(_)
                        | AnyNodeRef::ExprSetComp(_)
                        | AnyNodeRef::ExprDictComp(_)
                        | AnyNodeRef::ExprGenerator(_) => false,
                        _ => true,
                    }
            })
        })
    }
}

/// What holds where several ways meet.
fn join(ends: Vec<End<'_>>) -> End<'_> {
    let mut arriving = ends.into_iter().filter(|end| end.falls);
    let Some(mut all) = arriving.next() else {
        return End::default();
    };
    for other in arriving {
        all.assigned.retain(|name| other.assigned.contains(name));
    }
    all
}
