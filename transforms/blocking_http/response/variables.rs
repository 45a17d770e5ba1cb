//! Names that a response goes by, and where else their values come from.

use super::Follow;
use super::reaching::{Reaching, reaching};
use crate::model::file::{Binding, BindingKind, Lookup, Place, ScopeKind, Target, Why, walk};
use crate::model::project;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprName, Stmt, StmtFunctionDef, TraversalSignal,
};
use crate::python::span;

/// How far values are followed backwards.
const MAX_STEPS: usize = 6;

impl<'a> Follow<'_, 'a> {
    /// A response, or `None`, is assigned to a target.
    pub(super) fn assigned(
        &mut self,
        target: &'a Expr,
        function: &'a StmtFunctionDef,
        may_be_none: bool,
    ) -> Result<(), Why> {
        match target {
            Expr::Name(name) => self.variable(name, function, may_be_none),
            _ => Err(Why::new(
                "the response is assigned to more than a plain name",
            )),
        }
    }

    /// `a, b = requests.get(one), requests.get(other)`.
    pub(super) fn paired(
        &mut self,
        node: AnyNodeRef<'a>,
        row: AnyNodeRef<'a>,
        function: &'a StmtFunctionDef,
        may_be_none: bool,
    ) -> Result<(), Why> {
        let elements = |expression: &'a Expr| match expression {
            Expr::Tuple(tuple) => Some(tuple.elts.as_slice()),
            Expr::List(list) => Some(list.elts.as_slice()),
            _ => None,
        };
        let Some(AnyNodeRef::StmtAssign(assign)) = self.cx.module.parent(row) else {
            return Err(self.leaves(node));
        };
        let Some(values) = elements(&assign.value) else {
            return Err(self.leaves(node));
        };
        let index = values.iter().position(|value| span(value) == span(node));
        for target in &assign.targets {
            let names = elements(target).filter(|names| {
                names.len() == values.len()
                    && !names.iter().chain(values).any(Expr::is_starred_expr)
            });
            match (names, index) {
                (Some(names), Some(index)) => {
                    self.assigned(&names[index], function, may_be_none)?
                }
                _ => {
                    return Err(Why::new(
                        "the response is assigned to more than a plain name",
                    ));
                }
            }
        }
        Ok(())
    }

    /// All reads of a variable that was just bound to the response by `target`.
    pub(super) fn variable(
        &mut self,
        target: &'a ExprName,
        function: &'a StmtFunctionDef,
        may_be_none: bool,
    ) -> Result<(), Why> {
        let at = span(target);
        self.bound(&target.id, function, may_be_none, |binding| {
            binding.at == at
        })
    }

    /// All reads of one of the values of a variable, which may be `None` if `none` says so.
    pub(super) fn bound(
        &mut self,
        name: &'a str,
        function: &'a StmtFunctionDef,
        none: bool,
        which: impl Fn(&Binding<'a>) -> bool,
    ) -> Result<(), Why> {
        let cx = self.cx;
        let scope = cx
            .module
            .body_scope(function)
            .filter(|&scope| !cx.module.bindings_of(scope, name).is_empty())
            .ok_or_else(|| Why::new(format!("`{name}` belongs to more than this function")))?;
        self.unseen_reads(function, name)?;
        let values = reaching(cx, function, scope, name)
            .ok_or_else(|| Why::new(format!("`{name}` has too many values to follow")))?;
        let own = values
            .bindings
            .iter()
            .position(|binding| which(binding))
            .ok_or_else(|| Why::new(format!("how `{name}` is bound is not known")))?;
        for (read, held) in values.reads_of(own) {
            let mut may_be_none = none;
            for binding in held {
                if !which(binding) {
                    may_be_none |= self.source_of(binding, function, MAX_STEPS)?;
                }
            }
            self.value(read.into(), function, may_be_none)?;
        }
        Ok(())
    }

    /// The function whose code a node belongs to.
    pub(super) fn function_of(&self, node: AnyNodeRef<'a>) -> Option<&'a StmtFunctionDef> {
        match self.cx.module.place(node) {
            Place::Coroutine { function, .. } | Place::Function(function) => Some(function),
            _ => None,
        }
    }

    /// What reads a local variable without its name, or says what type it has.
    fn unseen_reads(&mut self, function: &'a StmtFunctionDef, name: &str) -> Result<(), Why> {
        let cx = self.cx;
        let mut unseen = None;
        let mut annotations = Vec::new();
        walk(function.into(), &mut |node| {
            match node {
                AnyNodeRef::ExprCall(call) => {
                    let target = cx.module.target(call);
                    if matches!(
                        target,
                        Target::Builtin("dir" | "eval" | "exec" | "locals" | "vars")
                    ) {
                        unseen = unseen.or(Some(node));
                    }
                }
                AnyNodeRef::StmtAnnAssign(assign) if assign.value.is_none() => {
                    if matches!(&*assign.target, Expr::Name(target) if target.id == name) {
                        annotations.push(&*assign.annotation);
                    }
                }
                _ => {}
            }
            TraversalSignal::Traverse
        });
        if let Some(node) = unseen {
            let how = span(node).of(cx.module.text());
            return Err(Why::new(format!(
                "`{how}` may read `{name}`, or says what it is"
            )));
        }
        annotations
            .into_iter()
            .try_for_each(|annotation| self.annotation(annotation))
    }

    /// The requests that an expression may hold the response of go with this one; whether it may
    /// also be `None`. Refused where it may be something else.
    pub(super) fn other_sources(&mut self, expression: &'a Expr) -> Result<bool, Why> {
        self.sources(expression, MAX_STEPS)
    }

    pub(super) fn sources(&mut self, expression: &'a Expr, steps: usize) -> Result<bool, Why> {
        let Some(steps) = steps.checked_sub(1) else {
            return Err(Why::new("where the response comes from is too far away"));
        };
        match expression {
            Expr::NoneLiteral(_) => Ok(true),
            Expr::If(choice) => {
                Ok(self.sources(&choice.body, steps)? | self.sources(&choice.orelse, steps)?)
            }
            Expr::Named(named) => self.sources(&named.value, steps),
            Expr::Call(call) if self.is_request(span(call)) => Ok(false),
            Expr::Call(call) => match self.cx.module.target(call) {
                Target::External(name) if self.names.old.functions.contains_key(&name) => {
                    if !self
                        .uses
                        .siblings
                        .iter()
                        .any(|known| span(*known) == span(call))
                    {
                        self.uses.siblings.push(call);
                    }
                    Ok(false)
                }
                _ => match self.called(call) {
                    Some(function) if !function.is_async => self.given(function, steps),
                    _ => Err(self.not_a_response(expression)),
                },
            },
            Expr::Await(awaited) => match &*awaited.value {
                Expr::Call(call) if self.is_where_it_arrives(call, true) => {
                    Ok(self.arriving.is_some_and(|arriving| arriving.may_be_none))
                }
                Expr::Call(call) => match self.called(call) {
                    Some(function) if function.is_async => self.given(function, steps),
                    _ => Err(self.not_a_response(expression)),
                },
                _ => Err(self.not_a_response(expression)),
            },
            Expr::Name(name) => self.sources_of_name(name, steps),
            _ => Err(self.not_a_response(expression)),
        }
    }

    /// Whether a call is one of the function of another file that the response comes from.
    fn is_where_it_arrives(&self, call: &ExprCall, awaited: bool) -> bool {
        self.arriving.is_some_and(|arriving| {
            arriving.awaited == awaited
                && matches!(self.cx.target_of(call), project::Target::Functions(functions)
                    if functions[..] == [arriving.from])
        })
    }

    fn not_a_response(&self, expression: &'a Expr) -> Why {
        Why::new(format!(
            "`{}` may be something else than a response of a request that changes with it",
            self.cx.module.describe(expression)
        ))
    }

    fn sources_of_name(&mut self, name: &'a ExprName, steps: usize) -> Result<bool, Why> {
        let cx = self.cx;
        let owner = cx
            .module
            .scope_of(name.into())
            .map(|scope| cx.module.lookup(scope, &name.id));
        let Some(Lookup::Bound(owner, _)) = owner else {
            return Err(self.not_a_response_name(name));
        };
        let ScopeKind::Function(function) = cx.module.scope(owner).kind else {
            return Err(self.not_a_response_name(name));
        };
        let values: Option<Reaching<'_, 'a>> = reaching(cx, function, owner, &name.id);
        let Some(values) = values else {
            return Err(self.not_a_response_name(name));
        };
        let mut may_be_none = false;
        for binding in values.held(name) {
            may_be_none |= self.source_of(binding, function, steps)?;
        }
        Ok(may_be_none)
    }

    fn not_a_response_name(&self, name: &ExprName) -> Why {
        Why::new(format!("what `{}` holds is not in sight", name.id))
    }

    fn source_of(
        &mut self,
        binding: &Binding<'a>,
        function: &'a StmtFunctionDef,
        steps: usize,
    ) -> Result<bool, Why> {
        match binding.kind {
            BindingKind::Assign(value) => self.sources(value, steps).map_err(|_| {
                Why::new(format!(
                    "`{}` also holds something that is not a response",
                    binding.name
                ))
            }),
            BindingKind::With(value, false) => self.sources(value, steps),
            BindingKind::Parameter(parameter) => self.passed_to(function, parameter, steps),
            _ => Err(Why::new(format!(
                "`{}` also holds something that is not a response",
                binding.name
            ))),
        }
    }

    /// Whether a function of this file may return `None` as well.
    pub(super) fn gives(&mut self, function: &'a StmtFunctionDef) -> Result<bool, Why> {
        self.given(function, MAX_STEPS)
    }

    fn given(&mut self, function: &'a StmtFunctionDef, steps: usize) -> Result<bool, Why> {
        let mut may_be_none = !ends_with_return(&function.body);
        for value in returns(function) {
            may_be_none |= match value {
                Some(value) => self.sources(value, steps)?,
                None => true,
            };
        }
        Ok(may_be_none)
    }
}

/// The values of the `return` statements of a function.
pub(super) fn returns(function: &StmtFunctionDef) -> Vec<Option<&Expr>> {
    let mut found = Vec::new();
    for statement in &function.body {
        walk(statement.into(), &mut |node| match node {
            AnyNodeRef::StmtFunctionDef(_)
            | AnyNodeRef::StmtClassDef(_)
            | AnyNodeRef::ExprLambda(_) => TraversalSignal::Skip,
            AnyNodeRef::StmtReturn(statement) => {
                found.push(statement.value.as_deref());
                TraversalSignal::Skip
            }
            _ => TraversalSignal::Traverse,
        });
    }
    found
}

/// Whether the end of a block is certainly not reached.
fn ends_with_return(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_)) => true,
        Some(Stmt::If(chosen)) => {
            ends_with_return(&chosen.body)
                && chosen
                    .elif_else_clauses
                    .last()
                    .is_some_and(|last| last.test.is_none())
                && chosen
                    .elif_else_clauses
                    .iter()
                    .all(|clause| ends_with_return(&clause.body))
        }
        Some(Stmt::With(with)) => with.is_async && ends_with_return(&with.body),
        _ => false,
    }
}
