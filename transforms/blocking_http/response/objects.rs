//! Objects that a response gives and that are not the same as the old ones: headers, cookies, requests.

use super::super::judge;
use super::Follow;
use super::truth::{clauses, is_tested};
use crate::model::file::{Target, Why};
use crate::model::libraries::Member;
use crate::python::ast::{AnyNodeRef, CmpOp, ExprAttribute, ExprContext, StmtFunctionDef};
use crate::python::span;

/// How an object is used.
#[derive(Clone, Copy)]
enum Way<'a> {
    Member(&'a ExprAttribute),
    Used(&'static str),
}

impl<'a> Follow<'_, 'a> {
    /// What is done with an object that is another than the old one.
    pub(super) fn object(
        &mut self,
        member: &'a Member,
        attribute: &'a ExprAttribute,
        base: Option<String>,
        function: &'a StmtFunctionDef,
    ) -> Result<(), Why> {
        let node = AnyNodeRef::from(attribute);
        let name = member.to.as_deref().unwrap_or(attribute.attr.as_str());
        let base = base.map(|base| format!("{base}.{name}"));
        let Some((way, place)) = self.way(node) else {
            return Err(Why::new(format!(
                "`.{}` is handed on, and is not the same in {}",
                attribute.attr, self.names.new.to
            )));
        };
        let key = match way {
            Way::Member(taken) => taken.attr.as_str(),
            Way::Used(key) => key,
        };
        let row = member.uses.get(key).ok_or_else(|| {
            Why::new(format!(
                "`{key}` of `.{}` has no known counterpart in {}",
                attribute.attr, self.names.new.to
            ))
        })?;
        self.uses.reviews.extend(judge(row.class, &row.why)?);
        let mut is_replaced = false;
        match way {
            Way::Member(taken) if taken.ctx != ExprContext::Load => {
                return Err(Why::new(format!("`.{key}` of the response is assigned to")));
            }
            Way::Member(taken) if row.method => {
                let Some(call) = self.call_of(taken.into()) else {
                    return Err(Why::new(format!("`.{key}` is not called at once")));
                };
                self.check_arguments(row, call, key)?;
                if let Some(called) = &row.called {
                    let base = base.as_ref().ok_or_else(|| self.nameless(key))?;
                    self.replace(call.into(), span(call), called.replace("{}", base))?;
                    is_replaced = true;
                }
            }
            Way::Member(taken) if !row.uses.is_empty() => {
                return self.object(row, taken, base, function);
            }
            Way::Member(taken) => {
                let is_same = row
                    .is
                    .as_ref()
                    .is_some_and(|class| self.converts(taken, class));
                if let Some(expression) = row.expression.as_ref().filter(|_| !is_same) {
                    let base = base.as_ref().ok_or_else(|| self.nameless(key))?;
                    self.expression(expression, base, taken.into())?;
                    is_replaced = true;
                } else if let Some(to) = &row.to {
                    self.replace(taken.into(), span(&taken.attr), to)?;
                }
            }
            Way::Used(_) => {
                if let Some(expression) = &row.expression {
                    let base = base.as_ref().ok_or_else(|| self.nameless(key))?;
                    self.expression(expression, base, node)?;
                    is_replaced = true;
                }
            }
        }
        if let Some(to) = member.to.as_ref().filter(|_| !is_replaced) {
            self.replace(node, span(&attribute.attr), to)?;
        }
        if row.responses {
            match place {
                AnyNodeRef::StmtFor(repeated) => {
                    self.assigned(&repeated.target, function, false)?
                }
                AnyNodeRef::ExprSubscript(_) => self.value(place, function, false)?,
                _ => return Err(Why::new("responses are gone through by an expression")),
            }
        }
        Ok(())
    }

    pub(super) fn nameless(&self, key: &str) -> Why {
        Why::new(format!(
            "`{key}` becomes an expression: give the response a name first"
        ))
    }

    /// The way in which an object is used, and by which node.
    fn way(&self, node: AnyNodeRef<'a>) -> Option<(Way<'a>, AnyNodeRef<'a>)> {
        let parent = self.cx.module.parent(node)?;
        let here = span(node);
        let key = match parent {
            AnyNodeRef::ExprAttribute(taken) => return Some((Way::Member(taken), parent)),
            AnyNodeRef::ExprSubscript(subscript)
                if span(&*subscript.value) == here && subscript.ctx == ExprContext::Load =>
            {
                "[]"
            }
            AnyNodeRef::ExprCompare(compare)
                if compare
                    .ops
                    .iter()
                    .all(|op| matches!(op, CmpOp::In | CmpOp::NotIn))
                    && compare.comparators.iter().any(|side| span(side) == here) =>
            {
                "in"
            }
            AnyNodeRef::StmtFor(repeated) if span(&*repeated.iter) == here => "iter",
            AnyNodeRef::Comprehension(clause) if span(&clause.iter) == here => "iter",
            // The first iterable is evaluated outside of the comprehension.
            _ if clauses(parent)
                .first()
                .is_some_and(|it| span(&it.iter) == here) =>
            {
                "iter"
            }
            AnyNodeRef::Arguments(_) => match self.cx.module.parent(parent)? {
                AnyNodeRef::ExprCall(call) => match self.cx.module.target(call) {
                    Target::Builtin("dict") if call.arguments.keywords.is_empty() => "dict",
                    Target::Builtin("len") => "len",
                    Target::Builtin("bool") => "truth",
                    Target::Builtin("list" | "tuple" | "set" | "sorted" | "iter") => "iter",
                    _ => return None,
                },
                _ => return None,
            },
            _ if is_tested(self.cx, node, parent) => "truth",
            _ => return None,
        };
        Some((Way::Used(key), parent))
    }
}
