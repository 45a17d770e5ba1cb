//! Truth tests: a response of requests is true when it is no error; others always are.

use super::{Follow, judge};
use crate::fix::Cx;
use crate::model::file::Why;
use crate::python::ast::{AnyNodeRef, BoolOp, CmpOp, Comprehension, Expr, Number, UnaryOp};
use crate::python::span;
use crate::text::Edit;

impl<'a> Follow<'_, 'a> {
    /// A response where only its truth matters.
    pub(super) fn tested(
        &mut self,
        node: AnyNodeRef<'a>,
        parent: AnyNodeRef<'a>,
        may_be_none: bool,
    ) -> Result<(), Why> {
        let Some(test) = self.names.new.truth.as_deref() else {
            return Ok(());
        };
        if let Some(ok) = self.names.new.response.get("ok") {
            self.uses.reviews.extend(judge(ok.class, &ok.why)?);
        }
        let positive = |text: &str| match text.strip_prefix("not ") {
            Some(rest) => rest.to_owned(),
            None => format!("not {text}"),
        };
        if !node.is_expr_name() {
            if may_be_none || self.is_request(span(node)) {
                return Err(Why::new(
                    "the truth of the response is asked for: give it a name first",
                ));
            }
            let (before, after) = test.split_once("{}").unwrap_or((test, ""));
            self.edit(Edit::insert(span(node).start(), format!("{before}(")));
            self.edit(Edit::insert(span(node).end(), format!("){after}")));
            return Ok(());
        }
        if is_implied(node, parent) {
            return Ok(());
        }
        let name = span(node).of(self.cx.module.text());
        let is_true = test.replace("{}", name);
        let is_false = positive(&is_true);
        if let AnyNodeRef::ExprUnaryOp(outer) = parent {
            let text = match may_be_none {
                false => is_false,
                true => {
                    let text = format!("{name} is None or {is_false}");
                    match self.cx.module.parent(parent) {
                        Some(
                            AnyNodeRef::StmtIf(_)
                            | AnyNodeRef::StmtWhile(_)
                            | AnyNodeRef::StmtAssert(_)
                            | AnyNodeRef::ElifElseClause(_)
                            | AnyNodeRef::ExprIf(_),
                        ) => text,
                        Some(AnyNodeRef::ExprBoolOp(around)) if around.op == BoolOp::Or => text,
                        _ => format!("({text})"),
                    }
                }
            };
            return self.replace(node, span(outer), text);
        }
        let text = match may_be_none {
            false => is_true,
            true => format!("{name} is not None and {is_true}"),
        };
        self.replace(node, span(node), text)
    }
}

/// Whether a later part of `response and response.ok` says more than the truth of the response.
fn is_implied(node: AnyNodeRef<'_>, parent: AnyNodeRef<'_>) -> bool {
    let (AnyNodeRef::ExprName(name), AnyNodeRef::ExprBoolOp(chain)) = (node, parent) else {
        return false;
    };
    let member = |expression: &Expr, wanted: &str| match expression {
        Expr::Attribute(attribute) => {
            attribute.attr.as_str() == wanted
                && matches!(&*attribute.value, Expr::Name(other) if other.id == name.id)
        }
        _ => false,
    };
    let fine = |value: &Expr| match value {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(status) => status.as_u16().is_some_and(|status| status < 400),
            _ => false,
        },
        _ => false,
    };
    let says_more = |part: &Expr| match part {
        Expr::Compare(compare) => {
            compare.ops[..] == [CmpOp::Eq]
                && member(&compare.left, "status_code")
                && compare.comparators.iter().all(fine)
        }
        part => member(part, "ok"),
    };
    let after = chain
        .values
        .iter()
        .skip_while(|part| span(*part) != span(node));
    chain.op == BoolOp::And && after.skip(1).any(says_more)
}

/// Whether only the truth of `node` matters where it stands.
pub(super) fn is_tested<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, parent: AnyNodeRef<'a>) -> bool {
    let here = span(node);
    match parent {
        AnyNodeRef::StmtIf(statement) => span(&*statement.test) == here,
        AnyNodeRef::StmtWhile(statement) => span(&*statement.test) == here,
        AnyNodeRef::ElifElseClause(clause) => {
            clause.test.as_ref().is_some_and(|test| span(test) == here)
        }
        AnyNodeRef::StmtAssert(statement) => span(&*statement.test) == here,
        AnyNodeRef::ExprIf(expression) => span(&*expression.test) == here,
        AnyNodeRef::Comprehension(clause) => clause.ifs.iter().any(|test| span(test) == here),
        AnyNodeRef::ExprListComp(_)
        | AnyNodeRef::ExprSetComp(_)
        | AnyNodeRef::ExprDictComp(_)
        | AnyNodeRef::ExprGenerator(_) => {
            let mut tests = clauses(parent).iter().flat_map(|clause| &clause.ifs);
            tests.any(|test| span(test) == here)
        }
        AnyNodeRef::ExprUnaryOp(outer) => outer.op == UnaryOp::Not,
        // `a and b` gives one of its parts: they are only tested where the whole is.
        AnyNodeRef::ExprBoolOp(_) => cx
            .module
            .parent(parent)
            .is_some_and(|outer| is_tested(cx, parent, outer)),
        _ => false,
    }
}

/// The `for` clauses of a comprehension.
pub(super) fn clauses(node: AnyNodeRef<'_>) -> &[Comprehension] {
    match node {
        AnyNodeRef::ExprListComp(list) => &list.generators,
        AnyNodeRef::ExprSetComp(set) => &set.generators,
        AnyNodeRef::ExprDictComp(dict) => &dict.generators,
        AnyNodeRef::ExprGenerator(generator) => &generator.generators,
        _ => &[],
    }
}
