//! What code does to a variable: whether it reads what the variable held before, or binds it anew.

use crate::fix::Cx;
use crate::model::file::{ScopeId, ScopeKind};
use crate::python::ast::{AnyNodeRef, ExceptHandler, Expr, Stmt, StmtTry, StmtWith};
use crate::python::span;
use crate::text::Span;

/// What comes first on the ways through some code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meets {
    /// On some way, a read of the value from before.
    Reads,
    /// On every way that goes on, a binding; or no way goes on.
    Binds,
    Neither,
}

/// Where one variable of a function is read and bound.
pub(super) struct Flow<'m, 'a> {
    cx: &'m Cx<'a>,
    reads: Vec<Span>,
    binds: Vec<Span>,
    nodes: Vec<AnyNodeRef<'a>>,
    /// The reads in functions inside of the one whose variable it is.
    inner: Vec<Span>,
}

impl<'m, 'a> Flow<'m, 'a> {
    pub(super) fn new(cx: &'m Cx<'a>, scope: ScopeId, name: &str) -> Self {
        let reads = cx.module.reads_of(scope, name);
        let binds = cx.module.bindings_of(scope, name);
        let inner = reads.iter().filter(|read| {
            let from = cx.module.scope_of((**read).into());
            !from.is_some_and(|from| is_part(cx, from, scope))
        });
        Self {
            cx,
            inner: inner.map(|read| span(*read)).collect(),
            reads: reads.into_iter().map(span).collect(),
            binds: binds.iter().map(|binding| binding.at).collect(),
            nodes: binds.iter().map(|binding| binding.node).collect(),
        }
    }

    pub(super) fn reads(&self, within: Span) -> bool {
        self.reads.iter().any(|read| within.contains(*read))
    }

    pub(super) fn binds(&self, within: Span) -> bool {
        self.binds.iter().any(|bound| within.contains(*bound))
    }

    pub(super) fn is_read_outside(&self, within: Span) -> bool {
        self.reads.iter().any(|read| !within.contains(*read))
    }

    /// How many places inside bind it.
    pub(super) fn count(&self, within: Span) -> usize {
        self.binds
            .iter()
            .filter(|bound| within.contains(**bound))
            .count()
    }

    /// Whether it is bound outside as well, where no block can take the binding along.
    pub(super) fn binds_outside(&self, within: Span) -> bool {
        self.nodes.iter().any(|node| {
            let mut around = self.cx.module.ancestors(*node);
            let taken = around.any(|around| {
                matches!(around, AnyNodeRef::StmtWith(with)
                    if !with.is_async && !span(with).contains(within))
            });
            !within.contains(span(*node)) && !taken
        })
    }

    /// Whether a nested function outside reads it, at a time that is not known.
    pub(super) fn is_captured(&self, within: Span) -> bool {
        self.inner.iter().any(|read| !within.contains(*read))
    }

    /// Whether the value of a block in the body of a `try` may be read after the block has failed.
    pub(super) fn is_seen_after_failure(&self, tried: &'a StmtTry, with: &StmtWith) -> bool {
        let elsewhere = |read: &Span| !holds(&tried.body, *read) && !span(with).contains(*read);
        if !self.reads.iter().any(elsewhere) {
            return false;
        }
        if self.block(&tried.finalbody) == Meets::Reads {
            return true;
        }
        // After `continue`, the loop comes to the block again, or ends.
        let mut around = self.cx.module.ancestors(tried.into());
        let again = around.find_map(|node| {
            let (whole, body) = match node {
                AnyNodeRef::StmtFor(each) => (span(each), &each.body),
                AnyNodeRef::StmtWhile(each) => (span(each), &each.body),
                _ => return None,
            };
            let only_there = self.reads.iter().all(|read| whole.contains(*read));
            Some(only_there && self.block(body) == Meets::Binds)
        });
        let mut handlers = tried.handlers.iter();
        handlers.any(|ExceptHandler::ExceptHandler(handler)| {
            let continues = matches!(handler.body.last(), Some(Stmt::Continue(_)));
            let goes = ends(&handler.body) || continues && again == Some(true);
            !goes || self.reads(span(handler))
        })
    }

    fn block(&self, statements: &[Stmt]) -> Meets {
        let mut leaves = false;
        for statement in statements {
            match self.statement(statement) {
                Meets::Neither => leaves |= jumps(statement),
                // What jumped out of the loop before is not bound.
                Meets::Binds if leaves => return Meets::Neither,
                met => return met,
            }
        }
        Meets::Neither
    }

    pub(super) fn with(&self, with: &StmtWith) -> Meets {
        let mut bound = false;
        for item in &with.items {
            if !bound && self.reads(span(&item.context_expr)) {
                return Meets::Reads;
            }
            let target = item.optional_vars.as_deref();
            bound |= target.is_some_and(|target| self.binds(span(target)));
        }
        match bound {
            true => Meets::Binds,
            false => self.block(&with.body),
        }
    }

    /// Whether evaluating a condition binds it before anything else reads it: `while chunk := read()`.
    fn tested(&self, test: &Expr) -> Option<Meets> {
        let first = match test {
            Expr::Compare(comparison) => &*comparison.left,
            Expr::UnaryOp(operation) => &*operation.operand,
            other => other,
        };
        match first {
            Expr::Named(named) if self.binds(span(&*named.target)) => {
                match self.reads(span(&*named.value)) {
                    true => Some(Meets::Reads),
                    false => Some(Meets::Binds),
                }
            }
            _ if self.reads(span(test)) => Some(Meets::Reads),
            _ => None,
        }
    }

    fn statement(&self, statement: &Stmt) -> Meets {
        let whole = span(statement);
        let reads = || match self.reads(whole) {
            true => Meets::Reads,
            false => Meets::Neither,
        };
        match statement {
            Stmt::With(with) => self.with(with),
            Stmt::If(choice) => {
                if let Some(met) = self.tested(&choice.test) {
                    return met;
                }
                let clauses = &choice.elif_else_clauses;
                let tested =
                    |test: &Option<_>| test.as_ref().is_some_and(|test| self.reads(span(test)));
                if clauses.iter().any(|clause| tested(&clause.test)) {
                    return Meets::Reads;
                }
                let complete = clauses.last().is_some_and(|clause| clause.test.is_none());
                let mut ways = vec![self.block(&choice.body)];
                ways.extend(clauses.iter().map(|clause| self.block(&clause.body)));
                if !complete {
                    ways.push(Meets::Neither);
                }
                together(&ways)
            }
            Stmt::For(each) => {
                let head = self.reads(span(&*each.iter)) || self.reads(span(&*each.target));
                let body =
                    !self.binds(span(&*each.target)) && self.block(&each.body) == Meets::Reads;
                match head || body || self.block(&each.orelse) == Meets::Reads {
                    true => Meets::Reads,
                    false => Meets::Neither,
                }
            }
            Stmt::While(each) => {
                if let Some(met) = self.tested(&each.test) {
                    return met;
                }
                let body = self.block(&each.body) == Meets::Reads;
                match body || self.block(&each.orelse) == Meets::Reads {
                    true => Meets::Reads,
                    false => Meets::Neither,
                }
            }
            Stmt::Try(tried) => self.tried(tried),
            Stmt::Return(_) => match reads() {
                Meets::Reads => Meets::Reads,
                _ => Meets::Binds,
            },
            Stmt::AugAssign(assign) if self.binds(span(&*assign.target)) => Meets::Reads,
            Stmt::Delete(_) if self.binds(whole) => Meets::Reads,
            Stmt::Assign(assign) => match reads() {
                Meets::Neither if assign.targets.iter().any(|target| self.binds(span(target))) => {
                    Meets::Binds
                }
                met => met,
            },
            Stmt::AnnAssign(assign) if assign.value.is_some() => match reads() {
                Meets::Neither if self.binds(span(&*assign.target)) => Meets::Binds,
                met => met,
            },
            _ => reads(),
        }
    }

    fn tried(&self, tried: &StmtTry) -> Meets {
        let body = self.block(&tried.body);
        let rest = match body {
            Meets::Neither => self.block(&tried.orelse),
            met => met,
        };
        let last = self.block(&tried.finalbody);
        let mut ways = vec![rest];
        ways.extend(
            tried
                .handlers
                .iter()
                .map(
                    |ExceptHandler::ExceptHandler(handler)| match self.block(&handler.body) {
                        Meets::Neither if leaves(&handler.body) => Meets::Binds,
                        met => met,
                    },
                ),
        );
        match (together(&ways), last) {
            (Meets::Reads, _) | (_, Meets::Reads) => Meets::Reads,
            (_, Meets::Binds) => Meets::Binds,
            (met, _) => met,
        }
    }

    /// Whether the value that a statement leaves in the variable may be read after it.
    pub(super) fn is_live_after(&self, with: &'a StmtWith) -> bool {
        let module = self.cx.module;
        let mut child = AnyNodeRef::from(with);
        let tried = module
            .ancestors(child)
            .take_while(|node| !node.is_stmt_function_def())
            .any(
                |node| matches!(node, AnyNodeRef::StmtTry(tried) if holds(&tried.body, span(with))),
            );
        loop {
            let Some(block) = module.block(child) else {
                return true;
            };
            match self.block(&block.statements[block.index + 1..]) {
                Meets::Reads => return true,
                // An exception may have come between.
                Meets::Binds if !tried => return false,
                _ => {}
            }
            let Some(mut parent) = module.parent(child) else {
                return true;
            };
            let reads = |block: &[Stmt]| self.block(block) == Meets::Reads;
            match parent {
                AnyNodeRef::StmtFunctionDef(_) => return false,
                AnyNodeRef::StmtFor(each) if holds(&each.body, span(child)) => {
                    let again = !self.binds(span(&*each.target)) && reads(&each.body);
                    if again || reads(&each.orelse) {
                        return true;
                    }
                }
                AnyNodeRef::StmtWhile(each) if holds(&each.body, span(child)) => {
                    match self.tested(&each.test) {
                        Some(Meets::Reads) => return true,
                        Some(_) => {}
                        None if reads(&each.body) || reads(&each.orelse) => return true,
                        None => {}
                    }
                }
                AnyNodeRef::StmtTry(tried) => {
                    let handlers = tried.handlers.iter();
                    let in_body = holds(&tried.body, span(child));
                    let handled = in_body
                        && handlers
                            .into_iter()
                            .any(|ExceptHandler::ExceptHandler(handler)| reads(&handler.body));
                    if handled || in_body && reads(&tried.orelse) || reads(&tried.finalbody) {
                        return true;
                    }
                }
                AnyNodeRef::StmtFor(_)
                | AnyNodeRef::StmtWhile(_)
                | AnyNodeRef::StmtIf(_)
                | AnyNodeRef::StmtWith(_) => {}
                AnyNodeRef::ElifElseClause(_)
                | AnyNodeRef::ExceptHandlerExceptHandler(_)
                | AnyNodeRef::MatchCase(_) => {
                    let Some(whole) = module.parent(parent) else {
                        return true;
                    };
                    if let AnyNodeRef::StmtTry(tried) = whole
                        && reads(&tried.finalbody)
                    {
                        return true;
                    }
                    parent = whole;
                }
                _ => return true,
            }
            child = parent;
        }
    }
}

/// Whether code in one scope is evaluated as part of another, through comprehensions alone.
fn is_part(cx: &Cx<'_>, mut from: ScopeId, scope: ScopeId) -> bool {
    while from != scope {
        let here = cx.module.scope(from);
        match (here.kind, here.parent) {
            (ScopeKind::Comprehension(_), Some(parent)) => from = parent,
            _ => return false,
        }
    }
    true
}

fn together(ways: &[Meets]) -> Meets {
    if ways.contains(&Meets::Reads) {
        Meets::Reads
    } else if ways.iter().all(|way| *way == Meets::Binds) {
        Meets::Binds
    } else {
        Meets::Neither
    }
}

/// Whether a statement of a block holds a place.
pub(super) fn holds(body: &[Stmt], inner: Span) -> bool {
    body.iter().any(|statement| span(statement).contains(inner))
}

/// Whether some way through a statement jumps in a loop around it.
fn jumps(statement: &Stmt) -> bool {
    let mut found = false;
    crate::model::file::walk(statement.into(), &mut |node| {
        found |= matches!(node, AnyNodeRef::StmtBreak(_) | AnyNodeRef::StmtContinue(_));
        crate::python::ast::TraversalSignal::Traverse
    });
    found
}

/// Whether every way through a block ends in `return` or `raise`.
pub(super) fn ends(block: &[Stmt]) -> bool {
    match block.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_)) => true,
        Some(Stmt::If(choice)) => {
            let clauses = &choice.elif_else_clauses;
            ends(&choice.body)
                && clauses.last().is_some_and(|clause| clause.test.is_none())
                && clauses.iter().all(|clause| ends(&clause.body))
        }
        Some(Stmt::With(with)) => ends(&with.body),
        Some(Stmt::Try(tried)) => {
            let mut handlers = tried.handlers.iter();
            ends(&tried.finalbody)
                || (ends(&tried.body) || ends(&tried.orelse))
                    && handlers.all(|ExceptHandler::ExceptHandler(handler)| ends(&handler.body))
        }
        _ => false,
    }
}

/// Whether a block ends by going elsewhere, out of loops included.
fn leaves(block: &[Stmt]) -> bool {
    ends(block) || matches!(block.last(), Some(Stmt::Break(_) | Stmt::Continue(_)))
}
