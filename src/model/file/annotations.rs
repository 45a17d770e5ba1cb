//! What annotations say of the objects that names stand for.

use super::resolve::Lookup;
use super::scope::{BindingKind, ScopeId};
use super::terms::{MAX_STEPS, Term, TermBuilder, TermId};
use crate::python::ast::{Expr, Operator};
use crate::python::parse_expression;

/// Whether an annotation says that a name stays what it is, and not what: `name: Final = value`.
pub fn is_bare(annotation: &Expr) -> bool {
    let name = match annotation {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    matches!(name, "Final" | "ClassVar")
}

impl TermBuilder<'_, '_> {
    /// Whether an annotation says no more than that a function is given: `Callable`, a type variable.
    pub(super) fn is_callable(&self, annotation: &Expr, scope: ScopeId) -> bool {
        let name = match annotation {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => return attribute.attr.as_str() == "Callable",
            Expr::Subscript(generic) => return self.is_callable(&generic.value, scope),
            _ => return false,
        };
        let Lookup::Bound(_, [only]) = self.module.lookup(scope, name) else {
            return name == "Callable";
        };
        match self.module.binding(*only).kind {
            BindingKind::Assign(Expr::Call(call)) => {
                matches!(&*call.func, Expr::Name(name) if name.id == "TypeVar")
            }
            _ => name == "Callable",
        }
    }

    /// An object of what an annotation says, whose names are read in `scope`.
    pub fn annotated(&mut self, annotation: &Expr, scope: ScopeId) -> TermId {
        let class = self.annotation(annotation, scope, MAX_STEPS);
        match self.terms.get(class) {
            Term::Unknown(_) | Term::None => class,
            Term::Any(classes) => {
                let classes = classes.clone();
                let mut all: Vec<TermId> = classes
                    .iter()
                    .map(|class| self.terms.add(Term::Instance(*class)))
                    .collect();
                self.either(&mut all)
            }
            _ => self.add(Term::Instance(class)),
        }
    }

    /// The class that an annotation names; for unions, any of several.
    fn annotation(&mut self, annotation: &Expr, scope: ScopeId, steps: usize) -> TermId {
        let Some(steps) = steps.checked_sub(1) else {
            return self.unknown("the annotation is deep");
        };
        match annotation {
            Expr::Name(name) => self.name(scope, &name.id, MAX_STEPS),
            Expr::Attribute(attribute) => {
                let value = self.annotation(&attribute.value, scope, steps);
                self.add(Term::Member(value, attribute.attr.as_str().into()))
            }
            Expr::NoneLiteral(_) => self.add(Term::None),
            Expr::StringLiteral(literal) => match parse_expression(literal.value.to_str()) {
                Some(inner) => self.annotation(&inner, scope, steps),
                None => self.unknown("the annotation is no expression"),
            },
            Expr::BinOp(union) if union.op == Operator::BitOr => {
                let mut all = vec![
                    self.annotation(&union.left, scope, steps),
                    self.annotation(&union.right, scope, steps),
                ];
                self.either(&mut all)
            }
            Expr::Subscript(generic) => {
                let arguments: Vec<&Expr> = match &*generic.slice {
                    Expr::Tuple(tuple) => tuple.elts.iter().collect(),
                    only => vec![only],
                };
                let name = match &*generic.value {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    _ => "",
                };
                match name {
                    "Literal" => return self.unknown("it is a literal"),
                    "Annotated" | "Final" | "ClassVar" | "Required" | "NotRequired" => {
                        return match arguments.first() {
                            Some(first) => self.annotation(first, scope, steps),
                            None => self.unknown("the annotation is empty"),
                        };
                    }
                    _ => {}
                }
                let mut all: Vec<TermId> = arguments
                    .into_iter()
                    .map(|argument| self.annotation(argument, scope, steps))
                    .collect();
                if matches!(name, "Optional" | "Union") {
                    return self.either(&mut all);
                }
                let base = self.annotation(&generic.value, scope, steps);
                self.add(Term::Generic(base, all.into()))
            }
            _ => self.unknown("the annotation names no class"),
        }
    }
}
