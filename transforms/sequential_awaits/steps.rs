//! The statements of a block as steps: which of their awaits could begin earlier.

use crate::fix::Cx;
use crate::model::file::{Target, walk};
use crate::python::ast::{AnyNodeRef, Expr, ExprAwait, ExprCall, Stmt, TraversalSignal};
use crate::python::span;
use crate::text::Span;

/// One awaited call of a statement.
#[derive(Clone, Copy)]
pub(super) struct Awaited<'a> {
    pub awaited: &'a ExprAwait,
    pub call: &'a ExprCall,
}

/// A statement, as far as it can be part of a row.
pub(super) struct Step<'a> {
    pub statement: &'a Stmt,
    /// What it evaluates.
    pub value: &'a Expr,
    /// What the value is given to.
    pub targets: Vec<&'a Expr>,
    /// The calls that it certainly awaits, in the order in which it does; none in a statement that
    /// only stands between others.
    pub awaits: Vec<Awaited<'a>>,
    /// Nothing after it can be awaited together with what it awaits: it waits for something else as
    /// well, or leaves the function, or calls what may raise an error on purpose.
    pub is_last: bool,
}

impl<'a> Step<'a> {
    /// The statement as a step; nothing for one that ends every row.
    pub fn of(cx: &Cx<'a>, statement: &'a Stmt) -> Option<Self> {
        let (value, targets): (&Expr, Vec<&Expr>) = match statement {
            Stmt::Assign(assign) => (&assign.value, assign.targets.iter().collect()),
            Stmt::AnnAssign(assign) => (assign.value.as_deref()?, vec![&assign.target]),
            // The old value of anything else is read before the wait.
            Stmt::AugAssign(assign) if assign.target.is_name_expr() => {
                (&assign.value, vec![&assign.target])
            }
            Stmt::Expr(expression) => (&expression.value, Vec::new()),
            Stmt::Return(given) => (given.value.as_deref()?, Vec::new()),
            _ => return None,
        };
        let waits_for_target = targets.iter().any(|target| holds_await(target));
        if waits_for_target || yields(value) || !cx.module.layout().alone(span(statement)) {
            return None;
        }
        let mut awaits = Vec::new();
        let is_whole = collect(cx, value, &mut awaits);
        let is_return = matches!(statement, Stmt::Return(_));
        if awaits.is_empty() && (!is_whole || is_return) {
            return None;
        }
        Some(Self {
            statement,
            value,
            targets,
            awaits,
            is_last: !is_whole || is_return || may_leave(cx, value),
        })
    }

    /// Whether the statement does nothing but give the result of one call to its targets.
    pub fn only(&self) -> Option<Awaited<'a>> {
        match self.awaits[..] {
            [only] if span(only.awaited) == span(self.value) => Some(only),
            _ => None,
        }
    }

    /// Whether both give something to the same target: the second is meant to take the place of the
    /// first.
    pub fn gives_the_same(&self, cx: &Cx<'a>, other: &Self) -> bool {
        let text = |target: &&'a Expr| cx.module.source(target);
        let mut own = self.targets.iter();
        !other.statement.is_aug_assign_stmt()
            && own.any(|target| other.targets.iter().any(|of| text(of) == text(target)))
    }

    /// Whether a statement that awaits nothing can neither fail nor be seen: it gives names to what is
    /// certain to be there.
    pub fn is_unseen(&self) -> bool {
        self.targets.iter().all(|target| target.is_name_expr())
            && !self.statement.is_aug_assign_stmt()
            && !holds(self.value, |node| {
                !matches!(
                    node,
                    AnyNodeRef::ExprName(_)
                        | AnyNodeRef::ExprStringLiteral(_)
                        | AnyNodeRef::ExprBytesLiteral(_)
                        | AnyNodeRef::ExprNumberLiteral(_)
                        | AnyNodeRef::ExprBooleanLiteral(_)
                        | AnyNodeRef::ExprNoneLiteral(_)
                        | AnyNodeRef::ExprEllipsisLiteral(_)
                        | AnyNodeRef::ExprFString(_)
                        | AnyNodeRef::ExprList(_)
                        | AnyNodeRef::ExprTuple(_)
                ) && node.is_expression()
            })
    }

    /// Whether something else than the awaited calls and their arguments is evaluated before the last
    /// of them, so that it would come after them.
    pub fn moves(&self) -> bool {
        let Some(last) = self.awaits.last() else {
            return true;
        };
        if self.awaits.len() > 1 {
            return true;
        }
        let mut earlier = false;
        walk(AnyNodeRef::from(self.value), &mut |node| {
            let at = span(node);
            earlier |= node.is_expression() && at.end() <= span(last.awaited).start();
            TraversalSignal::Traverse
        });
        earlier
    }
}

/// Collects the awaited calls of an expression up to the first that cannot begin earlier; says whether
/// there is none such.
fn collect<'a>(cx: &Cx<'a>, value: &'a Expr, found: &mut Vec<Awaited<'a>>) -> bool {
    let mut all = Vec::new();
    walk(AnyNodeRef::from(value), &mut |node| {
        match node {
            AnyNodeRef::ExprLambda(_) => return TraversalSignal::Skip,
            AnyNodeRef::ExprAwait(awaited) => all.push(awaited),
            _ => {}
        }
        TraversalSignal::Traverse
    });
    // An argument is awaited before the call it is given to.
    all.sort_by_key(|awaited| span(*awaited).end());
    for awaited in all {
        let Some(call) = awaited.value.as_call_expr() else {
            return false;
        };
        let begins = is_certain(cx, awaited, value)
            && can_begin_earlier(call)
            && !cx.module.prints_itself(awaited.into());
        if !begins {
            return false;
        }
        found.push(Awaited { awaited, call });
    }
    let mut waits = false;
    walk(AnyNodeRef::from(value), &mut |node| {
        waits |= matches!(node, AnyNodeRef::Comprehension(clause) if clause.is_async);
        TraversalSignal::Traverse
    });
    !waits
}

/// Whether a statement calls, besides what it awaits, what may raise an error on purpose: then what
/// comes after it was only meant to be called if it does not.
fn may_leave<'a>(cx: &Cx<'a>, value: &'a Expr) -> bool {
    let catalogue = cx.module.catalogue();
    let mut may = false;
    walk(AnyNodeRef::from(value), &mut |node| {
        match node {
            AnyNodeRef::ExprAwait(_) | AnyNodeRef::ExprLambda(_) => return TraversalSignal::Skip,
            AnyNodeRef::ExprCall(call) => {
                let method = call.func.as_attribute_expr();
                let fills = method.is_some_and(|method| catalogue.is_filling_method(&method.attr));
                may |= !fills && !matches!(cx.module.target(call), Target::Builtin(_));
            }
            _ => {}
        }
        TraversalSignal::Traverse
    });
    may
}

/// Whether an argument of a call calls something that is not certain to change nothing: it would be
/// called before the calls in front of it have run.
pub(super) fn acts_in_arguments<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let catalogue = cx.module.catalogue();
    let mut acts = false;
    walk(AnyNodeRef::from(call), &mut |node| {
        if let AnyNodeRef::ExprCall(inner) = node
            && span(inner) != span(call)
        {
            let is_pure = match cx.module.target(inner) {
                Target::Builtin(name) => catalogue.is_pure_builtin(name),
                Target::External(name) => catalogue.is_pure(&name),
                _ => inner.func.as_attribute_expr().is_some_and(|method| {
                    catalogue.is_pure_method(&method.attr, inner.arguments.args.len())
                }),
            };
            acts |= !is_pure;
        }
        TraversalSignal::Traverse
    });
    acts
}

/// Whether evaluating the value always gets to an `await` in it, once.
fn is_certain<'a>(cx: &Cx<'a>, awaited: &'a ExprAwait, value: &'a Expr) -> bool {
    let mut inner = span(awaited);
    if inner == span(value) {
        return true;
    }
    for ancestor in cx.module.ancestors(awaited.into()) {
        let is_certain = match ancestor {
            AnyNodeRef::ExprIf(choice) => span(&*choice.test) == inner,
            AnyNodeRef::ExprBoolOp(all) => all.values.first().map(span) == Some(inner),
            AnyNodeRef::ExprCompare(chain) => {
                let mut later = chain.comparators.iter().skip(1);
                !later.any(|operand| span(operand) == inner)
            }
            AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprGenerator(_) => false,
            // Strings inside a string have other quotes than elsewhere.
            AnyNodeRef::InterpolatedElement(_) => !holds_string(awaited),
            _ => true,
        };
        if !is_certain {
            return false;
        }
        inner = span(ancestor);
        if inner == span(value) {
            break;
        }
    }
    true
}

/// Whether a call means the same where it is evaluated earlier: nothing in it waits, binds a name or
/// is evaluated later.
fn can_begin_earlier(call: &ExprCall) -> bool {
    let mut can = true;
    walk(AnyNodeRef::from(call), &mut |node| {
        can &= !matches!(
            node,
            AnyNodeRef::ExprAwait(_)
                | AnyNodeRef::ExprNamed(_)
                | AnyNodeRef::ExprLambda(_)
                | AnyNodeRef::ExprGenerator(_)
                | AnyNodeRef::ExprYield(_)
                | AnyNodeRef::ExprYieldFrom(_)
        );
        TraversalSignal::Traverse
    });
    can
}

fn holds_string(awaited: &ExprAwait) -> bool {
    holds(&awaited.value, |node| {
        matches!(
            node,
            AnyNodeRef::ExprStringLiteral(_)
                | AnyNodeRef::ExprBytesLiteral(_)
                | AnyNodeRef::ExprFString(_)
        )
    })
}

fn holds_await(expression: &Expr) -> bool {
    holds(expression, |node| matches!(node, AnyNodeRef::ExprAwait(_)))
}

fn yields(expression: &Expr) -> bool {
    holds(expression, |node| {
        matches!(
            node,
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_)
        )
    })
}

fn holds(expression: &Expr, is_it: impl Fn(AnyNodeRef<'_>) -> bool) -> bool {
    let mut found = false;
    walk(AnyNodeRef::from(expression), &mut |node| {
        found |= is_it(node);
        TraversalSignal::Traverse
    });
    found
}

/// What the text of an `await` covers, with parentheses of its own.
pub(super) fn with_parentheses(cx: &Cx<'_>, awaited: &ExprAwait) -> Span {
    let parent = cx.module.parent(awaited.into());
    parent
        .and_then(|parent| cx.module.layout().parentheses(awaited.into(), parent))
        .unwrap_or_else(|| span(awaited))
}
