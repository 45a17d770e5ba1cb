//! Whether what an expression does may be done in lines of its own, before the statement it is part
//! of.

use crate::fix::Cx;
use crate::model::file::{Why, walk};
use crate::python::ast::{AnyNodeRef, Expr, TraversalSignal};
use crate::python::span;
use crate::text::{Edit, Span};

/// Puts lines above a statement.
pub(super) fn put_above<'a>(
    cx: &Cx<'a>,
    statement: AnyNodeRef<'a>,
    node: AnyNodeRef<'a>,
    lines: &str,
) -> Result<Edit, Why> {
    let layout = cx.module.layout();
    let start = span(statement).start();
    let line = layout.line_start(start);
    let own_line = Span::new(line, start)
        .of(cx.module.text())
        .trim()
        .is_empty();
    let elsewhere = match statement {
        AnyNodeRef::StmtIf(branch) => !span(&*branch.test).contains(span(node)),
        _ => statement.is_stmt_while(),
    };
    if !own_line || elsewhere {
        return Err(Why::new("there is no place for lines above it"));
    }
    Ok(Edit::insert(line, lines))
}

/// Whether an expression is evaluated whenever its statement is, once, and before everything else of
/// it that could make a difference.
pub(super) fn lines_above<'a>(
    cx: &Cx<'a>,
    statement: AnyNodeRef<'a>,
    node: AnyNodeRef<'a>,
) -> Result<(), Why> {
    put_above(cx, statement, node, "")?;
    let here = span(node);
    let sometimes = |ancestor: AnyNodeRef<'a>| match ancestor {
        AnyNodeRef::ExprIf(choice) => !span(&*choice.test).contains(here),
        AnyNodeRef::ExprBoolOp(operation) => {
            let first = operation.values.first();
            !first.is_some_and(|first| span(first).contains(here))
        }
        AnyNodeRef::ExprCompare(compared) => {
            let mut later = compared.comparators.iter().skip(1);
            later.any(|operand| span(operand).contains(here))
        }
        AnyNodeRef::ExprLambda(_) | AnyNodeRef::Comprehension(_) => true,
        AnyNodeRef::StmtAssert(assert) => !span(&*assert.test).contains(here),
        AnyNodeRef::StmtWith(with) => {
            let first = with.items.first();
            !first.is_some_and(|first| span(first).contains(here))
        }
        AnyNodeRef::StmtFor(each) => !span(&*each.iter).contains(here),
        AnyNodeRef::StmtTry(_)
        | AnyNodeRef::StmtMatch(_)
        | AnyNodeRef::StmtFunctionDef(_)
        | AnyNodeRef::StmtClassDef(_) => true,
        _ => false,
    };
    let around = cx.module.ancestors(node);
    let mut around = around.take_while(|ancestor| span(*ancestor) != span(statement));
    if around.any(sometimes) || sometimes(statement) {
        return Err(Why::new(
            "whether it is evaluated is not certain: give the comprehension a statement of its own first",
        ));
    }
    // What is evaluated after the value, or never.
    let targets: Vec<&Expr> = match statement {
        AnyNodeRef::StmtAssign(assign) => assign.targets.iter().collect(),
        AnyNodeRef::StmtAnnAssign(assign) => vec![&assign.target, &assign.annotation],
        AnyNodeRef::StmtFor(each) => vec![&each.target],
        _ => Vec::new(),
    };
    let mut before = None;
    walk(statement, &mut |inner| {
        let at = span(inner);
        let after =
            at.start() >= here.start() || targets.iter().any(|target| span(*target).contains(at));
        if after && inner.is_expression() {
            return TraversalSignal::Skip;
        }
        let is_callee = |at: Span| matches!(cx.module.parent(inner), Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == at);
        let does = match inner {
            AnyNodeRef::ExprCall(_)
            | AnyNodeRef::ExprAwait(_)
            | AnyNodeRef::ExprYield(_)
            | AnyNodeRef::ExprYieldFrom(_)
            | AnyNodeRef::ExprNamed(_)
            | AnyNodeRef::ExprSubscript(_)
            | AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_) => at.end() <= here.start(),
            AnyNodeRef::ExprAttribute(_) => at.end() <= here.start() && !is_callee(at),
            // What `x += [...]` adds to is read first.
            AnyNodeRef::StmtAugAssign(assign) => !assign.target.is_name_expr(),
            _ => false,
        };
        if does && before.is_none() {
            before = Some(at);
        }
        TraversalSignal::Traverse
    });
    match before {
        Some(at) => Err(Why::new(format!(
            "`{}` comes before it: give the comprehension a statement of its own first",
            crate::text::lines(at.of(cx.module.text()))
                .next()
                .unwrap_or_default()
        ))),
        None => Ok(()),
    }
}
