//! Responses that a function of the file returns, and those that one is called with.

use super::super::handler::LOGGING;
use super::Follow;
use super::abroad::Arriving;
use super::members::binds_tighter_than_not;
use super::variables::returns;
use crate::fix::blocking_call;
use crate::model::file::{BindingKind, Owner, Target, Why};
use crate::model::project::{self, ClassRef, FunctionRef};
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, Parameter, StmtFunctionDef};
use crate::python::span;
use crate::text::{FileId, Span};

/// The calls of a function in its own file, and those in others.
type Callers<'a> = (Vec<&'a ExprCall>, Vec<(FileId, Span)>);

impl<'a> Follow<'_, 'a> {
    /// The response is what a function returns: all its callers must be seen, and be in this file.
    pub(super) fn returned(&mut self, function: &'a StmtFunctionDef) -> Result<(), Why> {
        let cx = self.cx;
        let (callers, others) = self.all_callers(function)?;
        for value in returns(function).into_iter().flatten() {
            self.other_sources(value)?;
        }
        if let Some(annotation) = &function.returns {
            self.annotation(annotation)?;
        }
        if !function.name.starts_with('_') {
            self.row("response-returned")?;
        }
        let may_be_none = self.gives(function)?;
        for (file, at) in others {
            let arriving = Arriving {
                from: self.reference(function)?,
                awaited: function.is_async,
                may_be_none,
                sent: self.sent,
            };
            self.arrives(file, at, arriving)?;
        }
        for call in callers {
            let Some(caller) = self.function_of(call.into()) else {
                return Err(Why::new(format!(
                    "`{}` is called where the response cannot be followed",
                    function.name
                )));
            };
            let node = AnyNodeRef::from(call);
            self.uses.raising.push((caller, node));
            match cx.module.parent(node) {
                _ if !function.is_async => self.value(node, caller, may_be_none)?,
                Some(awaited @ AnyNodeRef::ExprAwait(_)) => {
                    self.value(awaited, caller, may_be_none)?;
                }
                _ => {
                    return Err(Why::new(format!(
                        "`{}` is not awaited where it is called",
                        function.name
                    )));
                }
            }
        }
        Ok(())
    }

    /// The calls of a function of this file that is used in no other way, and all of them here.
    fn callers(&self, function: &'a StmtFunctionDef) -> Result<Vec<&'a ExprCall>, Why> {
        match self.all_callers(function)? {
            (here, others) if others.is_empty() => Ok(here),
            _ => Err(Why::new(format!(
                "`{}` is called in other files",
                function.name
            ))),
        }
    }

    /// A function of this file, as the project knows it.
    fn reference(&self, function: &StmtFunctionDef) -> Result<FunctionRef, Why> {
        let cx = self.cx;
        let facts = cx.project.facts(cx.file);
        let at = span(&function.name);
        let functions = facts.map_or(&[] as &[_], |facts| &*facts.functions);
        match functions.iter().position(|known| known.at == at) {
            Some(index) => Ok(FunctionRef::new(cx.file, index)),
            None => Err(Why::new(format!(
                "who calls `{}` is not known",
                function.name
            ))),
        }
    }

    /// The calls of a function of this file that is used in no other way: those in this file, and
    /// where the others are.
    fn all_callers(&self, function: &'a StmtFunctionDef) -> Result<Callers<'a>, Why> {
        let cx = self.cx;
        let name = &function.name;
        if !function.decorator_list.is_empty() {
            return Err(Why::new(format!(
                "a decorator may read what `{name}` is given or returns"
            )));
        }
        let reference = self.reference(function)?;
        let known = cx.project.function(reference);
        if known.is_none_or(|known| known.is_generator) {
            return Err(Why::new(format!("`{name}` is a generator function")));
        }
        if let Some(Owner::Class(index)) = known.map(|known| known.owner) {
            let file = cx.file;
            cx.project
                .stands_alone(reference, ClassRef { file, index })?;
        }
        cx.project.is_only_called(reference)?;
        let mut callers: Callers<'a> = (Vec::new(), Vec::new());
        for (file, index) in cx.project.graph().callers(reference) {
            let Some(call) = cx.project.call(*file, *index as usize) else {
                continue;
            };
            if *file != cx.file {
                callers.1.push((*file, call.at));
                continue;
            }
            let mut nodes = cx.module.calls().iter().copied();
            match nodes.find(|node| span(*node) == call.at) {
                Some(node) => callers.0.push(node),
                None => {
                    return Err(Why::new(format!("`{name}` is called without being named")));
                }
            }
        }
        match callers.0.is_empty() && callers.1.is_empty() {
            true => Err(Why::new(format!("no call of `{name}` is in sight"))),
            false => Ok(callers),
        }
    }

    /// The function of this file that a call runs.
    pub(super) fn called(&self, call: &'a ExprCall) -> Option<&'a StmtFunctionDef> {
        let project::Target::Functions(functions) = self.cx.target_of(call) else {
            return None;
        };
        let [function] = functions[..] else {
            return None;
        };
        if function.file != self.cx.file {
            return None;
        }
        let at = self.cx.project.function(function)?.at;
        self.cx
            .module
            .bindings()
            .iter()
            .find_map(|binding| match binding.kind {
                BindingKind::Function(node) if span(&node.name) == at => Some(node),
                _ => None,
            })
    }

    /// The response is an argument.
    pub(super) fn passed(
        &mut self,
        node: AnyNodeRef<'a>,
        arguments: AnyNodeRef<'a>,
        function: &'a StmtFunctionDef,
        may_be_none: bool,
    ) -> Result<(), Why> {
        let cx = self.cx;
        let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(arguments) else {
            return Err(self.leaves(node));
        };
        match cx.module.target(call) {
            Target::Builtin("print" | "str" | "repr") => return self.row("response-printed"),
            Target::Builtin("bool") if !may_be_none && node.is_expr_name() => {
                let Some(test) = self
                    .names
                    .new
                    .response
                    .get("ok")
                    .and_then(|ok| ok.expression.as_deref())
                else {
                    return Err(self.leaves(node));
                };
                let name = span(node).of(cx.module.text());
                let text = test.replace("{}", name);
                let around = cx.module.parent(call.into());
                let text = match around.is_some_and(binds_tighter_than_not) {
                    true => format!("({text})"),
                    false => text,
                };
                return self.replace(node, span(call), text);
            }
            _ => {}
        }
        if let Expr::Attribute(method) = &*call.func
            && LOGGING.contains(&method.attr.as_str())
            && self.called(call).is_none()
        {
            return self.row("response-printed");
        }
        let Some(callee) = self.called(call) else {
            return Err(self.leaves(node));
        };
        if blocking_call(cx, call).is_some() {
            return Err(self.leaves(node));
        }
        let position = call
            .arguments
            .args
            .iter()
            .position(|it| span(it) == span(node));
        let keyword = call
            .arguments
            .keywords
            .iter()
            .find(|it| span(&it.value) == span(node));
        let shift = usize::from(self.is_method(callee));
        let parameters = &callee.parameters;
        let starred = call.arguments.args.iter().any(Expr::is_starred_expr);
        let parameter = match (position, keyword) {
            (Some(position), _) if !starred => parameters
                .posonlyargs
                .iter()
                .chain(&parameters.args)
                .nth(position + shift),
            (None, Some(keyword)) => {
                parameters
                    .args
                    .iter()
                    .chain(&parameters.kwonlyargs)
                    .find(|it| {
                        keyword
                            .arg
                            .as_ref()
                            .is_some_and(|name| *name == it.parameter.name)
                    })
            }
            _ => None,
        };
        let Some(parameter) = parameter else {
            return Err(self.leaves(node));
        };
        self.uses.raising.push((function, call.into()));
        if !self.seen.insert(span(&parameter.parameter)) {
            return Ok(());
        }
        let mut none = may_be_none;
        none |= self.passed_to(callee, &parameter.parameter, 4)?;
        if let Some(annotation) = &parameter.parameter.annotation {
            self.annotation(annotation)?;
        }
        let own = &parameter.parameter;
        self.bound(
            own.name.as_str(),
            callee,
            none,
            |binding| matches!(binding.kind, BindingKind::Parameter(it) if std::ptr::eq(it, own)),
        )
    }

    fn is_method(&self, function: &StmtFunctionDef) -> bool {
        let facts = self.cx.project.facts(self.cx.file);
        let mut functions = facts.iter().flat_map(|facts| facts.functions.iter());
        functions
            .any(|known| known.at == span(&function.name) && matches!(known.owner, Owner::Class(_)))
    }

    /// The requests whose responses a parameter may hold; whether it may be `None`.
    pub(super) fn passed_to(
        &mut self,
        function: &'a StmtFunctionDef,
        parameter: &'a Parameter,
        steps: usize,
    ) -> Result<bool, Why> {
        let Some(steps) = steps.checked_sub(1) else {
            return Err(Why::new("where the response comes from is too far away"));
        };
        let shift = usize::from(self.is_method(function));
        let parameters = &function.parameters;
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        let position = positional
            .clone()
            .position(|it| std::ptr::eq(&raw const it.parameter, parameter));
        let default = parameters
            .iter_non_variadic_params()
            .find(|it| std::ptr::eq(&raw const it.parameter, parameter))
            .map(|it| it.default.as_deref());
        let Some(default) = default else {
            return Err(Why::new("the response is one of many arguments"));
        };
        let mut may_be_none = false;
        for call in self.callers(function)? {
            let by_name = call.arguments.keywords.iter().find(|keyword| {
                keyword
                    .arg
                    .as_ref()
                    .is_none_or(|name| *name == parameter.name)
            });
            let by_place = position
                .and_then(|position| position.checked_sub(shift))
                .and_then(|position| call.arguments.args.get(position));
            let value = match (by_place, by_name) {
                (Some(value), _) => Some(value),
                (None, Some(keyword)) if keyword.arg.is_some() => Some(&keyword.value),
                (None, Some(_)) => None,
                (None, None) => default,
            };
            let Some(value) = value else {
                return Err(Why::new(format!(
                    "what `{}` is called with is not in sight",
                    function.name
                )));
            };
            may_be_none |= self.sources(value, steps)?;
        }
        Ok(may_be_none)
    }
}
