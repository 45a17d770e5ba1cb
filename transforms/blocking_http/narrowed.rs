//! Where a value is certain not to be `None`, by the tests that the code around it makes.

use crate::fix::Cx;
use crate::python::ast::{AnyNodeRef, BoolOp, CmpOp, Expr, Stmt, UnaryOp};
use crate::python::span;
use crate::text::Span;

/// Whether a test around a name or attribute, or one before it that leaves, rules `None` out.
pub(super) fn is_certainly_something<'a>(cx: &Cx<'a>, expression: &'a Expr) -> bool {
    let text = cx.module.source(expression);
    let mut inner = AnyNodeRef::from(expression);
    for outer in cx.module.ancestors(inner) {
        if inner.is_statement()
            && let Some(block) = cx.module.block(inner)
        {
            let before = &block.statements[..block.index];
            let leaves = before.iter().rev().any(|statement| {
                leaves_without(cx, statement, text)
                    && !bound_between(cx, text, span(statement), span(expression))
            });
            if leaves {
                return true;
            }
        }
        match outer {
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ExprLambda(_) => return false,
            AnyNodeRef::StmtIf(statement)
                if statement.body.iter().any(|it| span(it) == span(inner))
                    && holds(cx, &statement.test, text)
                    && !bound_between(cx, text, span(&*statement.test), span(expression)) =>
            {
                return true;
            }
            AnyNodeRef::ExprIf(choice)
                if span(&*choice.body) == span(inner) && holds(cx, &choice.test, text) =>
            {
                return true;
            }
            _ => {}
        }
        inner = outer;
    }
    false
}

/// Whether a test that succeeds says that a value is not `None`.
fn holds<'a>(cx: &Cx<'a>, test: &'a Expr, text: &str) -> bool {
    match test {
        Expr::Name(_) | Expr::Attribute(_) => cx.module.source(test) == text,
        Expr::Compare(compare) => {
            matches!(&compare.ops[..], [CmpOp::IsNot])
                && compare.comparators[0].is_none_literal_expr()
                && cx.module.source(&compare.left) == text
        }
        Expr::BoolOp(operation) if operation.op == BoolOp::And => {
            operation.values.iter().any(|part| holds(cx, part, text))
        }
        _ => false,
    }
}

/// Whether a test that fails says that a value is not `None`.
fn fails<'a>(cx: &Cx<'a>, test: &'a Expr, text: &str) -> bool {
    match test {
        Expr::UnaryOp(negation) if negation.op == UnaryOp::Not => {
            holds(cx, &negation.operand, text)
        }
        Expr::Compare(compare) => {
            matches!(&compare.ops[..], [CmpOp::Is])
                && compare.comparators[0].is_none_literal_expr()
                && cx.module.source(&compare.left) == text
        }
        Expr::BoolOp(operation) if operation.op == BoolOp::Or => {
            operation.values.iter().any(|part| fails(cx, part, text))
        }
        _ => false,
    }
}

/// `if not name: return`, and its like.
fn leaves_without<'a>(cx: &Cx<'a>, statement: &'a Stmt, text: &str) -> bool {
    let Stmt::If(branch) = statement else {
        return false;
    };
    let leaves = branch.body.last().is_some_and(|last| {
        matches!(
            last,
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_)
        )
    });
    leaves && fails(cx, &branch.test, text)
}

/// Whether a name is bound again between two places.
fn bound_between(cx: &Cx<'_>, name: &str, from: Span, to: Span) -> bool {
    let between = |at: Span| from.end() <= at.start() && at.end() <= to.start();
    let names = cx.module.bindings().iter();
    let attributes = cx.module.attribute_writes().iter().copied();
    names
        .filter(|binding| binding.name == name)
        .any(|binding| between(binding.at))
        || attributes
            .filter(|write| cx.module.source(write) == name)
            .any(|write| between(span(write)))
}
