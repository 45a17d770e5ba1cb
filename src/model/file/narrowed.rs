//! What `isinstance` says of a name in the branch that it guards.

use super::module::Module;
use super::resolve::{Entity, Lookup};
use crate::python::ast::{AnyNodeRef, BoolOp, Expr, ExprName};
use crate::python::span;
use crate::text::Span;

impl<'a> Module<'a> {
    /// The class of which a local variable is an instance where it is read: `isinstance(name, Class)`
    /// was asked around it, and the branch gives the name no other value.
    pub(super) fn narrowed(&self, name: &ExprName) -> Option<&'a Expr> {
        let node = AnyNodeRef::from(name);
        let scope = self.scope_of(node)?;
        let Lookup::Bound(owner, bindings) = self.lookup(scope, &name.id) else {
            return None;
        };
        if owner != scope {
            return None;
        }
        let here = span(name);
        let unchanged = |branch: Span| {
            let mut places = bindings.iter().map(|&id| self.binding(id).at);
            !places.any(|at| branch.contains(at))
        };
        for ancestor in self.ancestors(node) {
            let (test, branch) = match ancestor {
                AnyNodeRef::StmtFunctionDef(_)
                | AnyNodeRef::StmtClassDef(_)
                | AnyNodeRef::ExprLambda(_) => return None,
                AnyNodeRef::StmtIf(statement) => {
                    let (Some(first), Some(last)) = (statement.body.first(), statement.body.last())
                    else {
                        continue;
                    };
                    let body = Span::new(span(first).start(), span(last).end());
                    (&*statement.test, body)
                }
                AnyNodeRef::ElifElseClause(clause) => match &clause.test {
                    Some(test) => (test, span(clause)),
                    None => continue,
                },
                AnyNodeRef::ExprIf(choice) => (&*choice.test, span(&*choice.body)),
                _ => continue,
            };
            if branch.contains(here)
                && !span(test).contains(here)
                && let Some(class) = self.instance_asked(test, &name.id)
                && unchanged(branch)
            {
                return Some(class);
            }
        }
        None
    }

    /// The class in `isinstance(name, Class)`, where a test that holds says it.
    fn instance_asked(&self, test: &'a Expr, name: &str) -> Option<&'a Expr> {
        match test {
            Expr::BoolOp(all) if all.op == BoolOp::And => {
                let mut values = all.values.iter();
                values.find_map(|value| self.instance_asked(value, name))
            }
            Expr::Call(call) => {
                let [Expr::Name(subject), class] = &*call.arguments.args else {
                    return None;
                };
                let is_class = class.is_name_expr() || class.is_attribute_expr();
                let asks = matches!(self.entity(&call.func), Entity::Builtin("isinstance"));
                (subject.id == name && is_class && asks).then_some(class)
            }
            _ => None,
        }
    }
}
