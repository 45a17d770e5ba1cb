//! What a loop goes through: whether twice, how many, and what happens on the way.

use super::assume::words;
use super::effects::Survey;
use super::module::Module;
use super::resolve::{Entity, Lookup, Target, Why};
use super::scope::BindingKind;
use super::syntax::walk;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, StmtFunctionDef, TraversalSignal};

/// How many steps from a name to what made its value are followed.
const MAX_STEPS: usize = 6;

impl<'a> Module<'a> {
    /// Whether evaluating the expression twice gives the same items twice, and does nothing else.
    pub fn is_repeatable(&self, expression: &'a Expr) -> bool {
        self.repeatable_within(expression, MAX_STEPS)
    }

    fn repeatable_within(&self, expression: &'a Expr, steps: usize) -> bool {
        let Some(steps) = steps.checked_sub(1) else {
            return false;
        };
        let all = |elements: &'a [Expr]| {
            elements
                .iter()
                .all(|element| self.is_constant(element, steps))
        };
        match expression {
            Expr::Name(_) => self.collection_within(expression, steps),
            Expr::List(list) => all(&list.elts),
            Expr::Tuple(tuple) => all(&tuple.elts),
            Expr::StringLiteral(_) => true,
            Expr::Call(call) if !call.arguments.keywords.is_empty() => false,
            Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
                (Expr::Attribute(method), []) => {
                    let view = matches!(method.attr.as_str(), "items" | "keys" | "values");
                    view && self.repeatable_within(&method.value, steps)
                }
                (Expr::Name(_), arguments) => match self.entity(&call.func) {
                    Entity::Builtin("range") => all(arguments),
                    Entity::Builtin("enumerate" | "list" | "reversed" | "sorted" | "tuple") => {
                        arguments.split_first().is_some_and(|(items, rest)| {
                            self.repeatable_within(items, steps) && all(rest)
                        })
                    }
                    Entity::Builtin("zip") => arguments
                        .iter()
                        .all(|items| self.repeatable_within(items, steps)),
                    _ => false,
                },
                _ => false,
            },
            Expr::Subscript(subscript) => match &*subscript.slice {
                Expr::Slice(slice) => {
                    let bounds = [&slice.lower, &slice.upper, &slice.step];
                    self.repeatable_within(&subscript.value, steps)
                        && bounds
                            .into_iter()
                            .flatten()
                            .all(|bound| self.is_constant(bound, steps))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an element of a display, or a bound, is what it was when it is evaluated again:
    /// literals, names of the function, and displays and arithmetic of them.
    fn is_constant(&self, expression: &'a Expr, steps: usize) -> bool {
        let Some(steps) = steps.checked_sub(1) else {
            return false;
        };
        match expression {
            Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::Name(_) => true,
            Expr::Tuple(tuple) => tuple
                .elts
                .iter()
                .all(|element| self.is_constant(element, steps)),
            Expr::UnaryOp(unary) => self.is_constant(&unary.operand, steps),
            Expr::BinOp(operation) => {
                self.is_constant(&operation.left, steps)
                    && self.is_constant(&operation.right, steps)
            }
            Expr::Call(call) => match (self.entity(&call.func), &*call.arguments.args) {
                (Entity::Builtin("len"), [items]) => self.repeatable_within(items, steps),
                _ => false,
            },
            _ => false,
        }
    }

    /// Refuses items that are made one by one, as the loop asks for them, unless making them does
    /// nothing that the loop could notice; and those that never end or show the loop's progress.
    pub fn going_through(&self, items: &'a Expr) -> Result<(), Why> {
        self.going_within(items, MAX_STEPS)
    }

    fn going_within(&self, items: &'a Expr, steps: usize) -> Result<(), Why> {
        let Some(steps) = steps.checked_sub(1) else {
            return Ok(());
        };
        match items {
            Expr::Generator(_) | Expr::Named(_) | Expr::Yield(_) | Expr::YieldFrom(_) => {
                Survey::new(self, None).body(AnyNodeRef::from(items))?;
            }
            Expr::Name(name) => {
                self.paces(items)?;
                let scope = self.scope_of(AnyNodeRef::from(name));
                let Some(Lookup::Bound(_, bindings)) =
                    scope.map(|scope| self.lookup(scope, &name.id))
                else {
                    return Ok(());
                };
                for &id in bindings {
                    if let BindingKind::Assign(value) | BindingKind::With(value, _) =
                        self.binding(id).kind
                    {
                        self.going_within(value, steps)?;
                    }
                }
            }
            Expr::Call(call) => self.made_by(call, steps)?,
            _ => {}
        }
        Ok(())
    }

    fn made_by(&self, call: &'a ExprCall, steps: usize) -> Result<(), Why> {
        self.paces(&call.func)?;
        let name = self.describe(&call.func);
        let mut survey = Survey::new(self, None);
        survey.yields = true;
        match self.target(call) {
            Target::Function(function, _) if !function.is_async && self.yields(function) => {
                survey.function(function, &name, None)?;
            }
            Target::Builtin("map" | "filter") => {
                if let Some(function) = call.arguments.args.first() {
                    self.applied(&mut survey, function)?;
                }
            }
            Target::Builtin("iter") if call.arguments.len() > 1 => {
                return Err(Why::new(format!("`{name}` calls until it gets something")));
            }
            Target::External(qualified) if self.catalogue().is_endless(&qualified) => {
                return Err(Why::new(format!("`{name}` may never end")));
            }
            Target::External(qualified) if qualified.starts_with("itertools.") => {
                for argument in &call.arguments.args {
                    if matches!(self.entity(argument), Entity::Function(_)) {
                        self.applied(&mut survey, argument)?;
                    }
                }
            }
            _ => {}
        }
        for argument in &call.arguments.args {
            self.going_within(argument, steps)?;
        }
        Ok(())
    }

    /// What is called for each item, as `map` does.
    fn applied(&self, survey: &mut Survey<'_, 'a>, function: &'a Expr) -> Result<(), Why> {
        let name = self.describe(function);
        match self.entity(function) {
            Entity::Builtin(builtin) if self.catalogue().is_pure_builtin(builtin) => Ok(()),
            Entity::External(qualified) if self.catalogue().is_pure(&qualified) => Ok(()),
            Entity::Class(class) if self.is_plain_class(class) => Ok(()),
            Entity::Function(function) if !function.is_async => {
                survey.function(function, &name, None).map(drop)
            }
            _ => match function {
                Expr::NoneLiteral(_) => Ok(()),
                Expr::Lambda(lambda) => survey.body(AnyNodeRef::from(&*lambda.body)).map(drop),
                _ => Err(Why::new(format!("what `{name}` does is not known"))),
            },
        }
    }

    fn yields(&self, function: &'a StmtFunctionDef) -> bool {
        let mut found = false;
        for statement in &function.body {
            walk(AnyNodeRef::from(statement), &mut |node| {
                found |= matches!(
                    node,
                    AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_)
                );
                TraversalSignal::Traverse
            });
        }
        found
    }

    /// Refuses names that speak of pace or progress.
    fn paces(&self, callee: &'a Expr) -> Result<(), Why> {
        let name = self.describe(callee);
        match words(&name).find(|word| self.catalogue().paces(word)) {
            Some(_) => Err(Why::new(format!(
                "`{name}` may pace the loop, or show how far it is"
            ))),
            None => Ok(()),
        }
    }

    /// Whether a name is known to stand for something that can be gone through only once.
    pub fn is_one_shot(&self, name: &'a ExprName) -> bool {
        let scope = self.scope_of(AnyNodeRef::from(name));
        let Some(Lookup::Bound(_, bindings)) = scope.map(|scope| self.lookup(scope, &name.id))
        else {
            return false;
        };
        bindings.iter().any(|&id| match self.binding(id).kind {
            BindingKind::Assign(Expr::Generator(_)) => true,
            BindingKind::Assign(Expr::Call(call)) | BindingKind::With(Expr::Call(call), _) => {
                match self.target(call) {
                    Target::Builtin(name) => matches!(
                        name,
                        "enumerate" | "filter" | "iter" | "map" | "open" | "reversed" | "zip"
                    ),
                    Target::Function(function, _) => !function.is_async && self.yields(function),
                    Target::External(name) => name.starts_with("itertools."),
                    _ => false,
                }
            }
            _ => false,
        })
    }

    fn collection_within(&self, expression: &'a Expr, steps: usize) -> bool {
        const CONSTRUCTORS: [&str; 8] = [
            "dict",
            "frozenset",
            "list",
            "range",
            "set",
            "sorted",
            "str",
            "tuple",
        ];
        let Some(steps) = steps.checked_sub(1) else {
            return false;
        };
        match expression {
            Expr::List(_)
            | Expr::Tuple(_)
            | Expr::Set(_)
            | Expr::Dict(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::StringLiteral(_) => true,
            Expr::Call(call) => match &*call.func {
                Expr::Name(name) => {
                    matches!(self.entity(&call.func), Entity::Builtin(_))
                        && CONSTRUCTORS.contains(&name.id.as_str())
                }
                Expr::Attribute(method) if call.arguments.is_empty() => {
                    matches!(method.attr.as_str(), "items" | "keys" | "values")
                        && self.collection_within(&method.value, steps)
                }
                _ => false,
            },
            Expr::Subscript(subscript) => {
                matches!(&*subscript.slice, Expr::Slice(_))
                    && self.collection_within(&subscript.value, steps)
            }
            Expr::Name(name) => {
                let Some(scope) = self.scope_of(AnyNodeRef::from(name)) else {
                    return false;
                };
                let Lookup::Bound(owner, bindings) = self.lookup(scope, &name.id) else {
                    return false;
                };
                bindings.iter().all(|&id| match self.binding(id).kind {
                    BindingKind::Assign(value) => self.collection_within(value, steps),
                    BindingKind::Parameter(parameter) => match &parameter.annotation {
                        Some(annotation) => is_collection_annotation(annotation),
                        None => self.passed(owner, parameter).is_some_and(|passed| {
                            passed
                                .iter()
                                .all(|argument| self.collection_within(argument, steps))
                        }),
                    },
                    _ => false,
                })
            }
            _ => false,
        }
    }

    /// The number of items, if it is written in the file.
    pub fn length_of(&self, expression: &'a Expr) -> Option<usize> {
        let unpacks = |elements: &[Expr]| {
            elements
                .iter()
                .any(|element| matches!(element, Expr::Starred(_)))
        };
        match expression {
            Expr::List(list) if !unpacks(&list.elts) => Some(list.elts.len()),
            Expr::Tuple(tuple) if !unpacks(&tuple.elts) => Some(tuple.elts.len()),
            Expr::Set(set) if !unpacks(&set.elts) => Some(set.elts.len()),
            Expr::Call(call) => match (self.entity(&call.func), &*call.arguments.args) {
                (Entity::Builtin("range"), [stop]) => integer(stop),
                (Entity::Builtin("range"), [start, stop]) => {
                    Some(integer(stop)?.saturating_sub(integer(start)?))
                }
                (Entity::Builtin("enumerate" | "sorted" | "list" | "reversed"), [items, ..]) => {
                    self.length_of(items)
                }
                _ => None,
            },
            Expr::Subscript(subscript) => match &*subscript.slice {
                Expr::Slice(slice) if slice.lower.is_none() && slice.step.is_none() => {
                    integer(slice.upper.as_deref()?)
                }
                _ => None,
            },
            Expr::Name(name) => {
                let scope = self.scope_of(AnyNodeRef::from(name))?;
                let Lookup::Bound(owner, [only]) = self.lookup(scope, &name.id) else {
                    return None;
                };
                let BindingKind::Assign(value @ (Expr::List(_) | Expr::Tuple(_))) =
                    self.binding(*only).kind
                else {
                    return None;
                };
                let untouched = self.reads_of(owner, &name.id).iter().all(|read| {
                    !matches!(
                        self.parent(AnyNodeRef::from(*read)),
                        Some(AnyNodeRef::ExprAttribute(_) | AnyNodeRef::Arguments(_))
                    )
                });
                untouched.then(|| self.length_of(value)).flatten()
            }
            _ => None,
        }
    }
}

fn integer(expression: &Expr) -> Option<usize> {
    match expression {
        Expr::NumberLiteral(number) => number.value.as_int()?.as_u64()?.try_into().ok(),
        _ => None,
    }
}

fn is_collection_annotation(annotation: &Expr) -> bool {
    const NAMES: [&str; 16] = [
        "Collection",
        "Dict",
        "FrozenSet",
        "List",
        "Mapping",
        "MutableSequence",
        "Sequence",
        "Set",
        "Tuple",
        "dict",
        "frozenset",
        "list",
        "range",
        "set",
        "str",
        "tuple",
    ];
    match annotation {
        Expr::Subscript(subscript) => is_collection_annotation(&subscript.value),
        Expr::Name(name) => NAMES.contains(&name.id.as_str()),
        Expr::Attribute(attribute) => NAMES.contains(&attribute.attr.as_str()),
        Expr::StringLiteral(literal) => {
            let text = literal.value.to_str();
            let name = text.split('[').next().unwrap_or(text);
            NAMES.contains(&name.rsplit('.').next().unwrap_or(name))
        }
        _ => false,
    }
}
