//! What code does besides computing its result, as far as this file tells: whether several runs of
//! it may overlap.

use super::module::Module;
use super::resolve::{Entity, Target, Why};
use super::syntax::{root, walk};
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprAttribute, ExprCall, ExprContext, StmtFunctionDef, StmtWith,
    TraversalSignal,
};
use crate::python::span;
use std::collections::BTreeSet;

/// What is known of code that may overlap with other runs of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// It waits for something, so that overlapping saves time.
    pub waits: bool,
    /// It writes log lines, which may come in another order.
    pub logs: bool,
    /// Calls whose effects are not known, but which nothing speaks against.
    pub assumed: BTreeSet<String>,
}

impl Effects {
    pub(super) fn and(&mut self, other: Effects) {
        self.waits |= other.waits;
        self.logs |= other.logs;
        self.assumed.extend(other.assumed);
    }

    fn assuming(name: String) -> Self {
        Self {
            waits: true,
            assumed: BTreeSet::from([name]),
            ..Self::default()
        }
    }
}

impl<'a> Module<'a> {
    /// What an awaited call does; refused, with the reason, unless everything it does is known and
    /// none of it writes anything that another run could meet.
    ///
    /// With `items`, the names that differ from run to run, calls of functions that are not known
    /// are let through as assumptions, unless their names speak of writing, or of an object that
    /// serves one call at a time.
    pub fn awaited_effects(
        &self,
        call: &'a ExprCall,
        items: Option<&[&'a str]>,
    ) -> Result<Effects, Why> {
        Survey::new(self, items).awaited(call)
    }

    /// What the code under a node does, calls of functions that are not awaited included.
    pub fn plain_effects(
        &self,
        node: AnyNodeRef<'a>,
        items: Option<&[&'a str]>,
    ) -> Result<Effects, Why> {
        Survey::new(self, items).body(node)
    }

    /// Whether entering the context manager in several tasks at a time is known to be right: a
    /// client of its own, or a read through one that may be shared.
    pub fn is_concurrent_context(&self, expression: &'a Expr) -> bool {
        let concurrent = |name: &str| {
            self.catalogue()
                .class(name)
                .is_some_and(|class| class.concurrent)
        };
        let Expr::Call(call) = expression else {
            return false;
        };
        if self
            .qualified(&call.func)
            .is_some_and(|name| concurrent(&name))
        {
            return true;
        }
        let Expr::Attribute(method) = &*call.func else {
            return false;
        };
        self.class_of(&method.value)
            .and_then(|class| self.catalogue().class(&class))
            .is_some_and(|class| class.concurrent && class.opens.contains_key(method.attr.as_str()))
    }
}

/// One walk through the code that a call runs.
pub(super) struct Survey<'m, 'a> {
    module: &'m Module<'a>,
    /// The names that differ from run to run, where calls that are not known may be assumed.
    items: Option<Vec<&'a str>>,
    /// Whether functions may yield.
    pub yields: bool,
    /// The functions being looked at; a recursive call adds nothing.
    stack: Vec<&'a StmtFunctionDef>,
}

impl<'m, 'a> Survey<'m, 'a> {
    pub fn new(module: &'m Module<'a>, items: Option<&[&'a str]>) -> Self {
        Self {
            module,
            items: items.map(<[_]>::to_vec),
            yields: false,
            stack: Vec::new(),
        }
    }

    fn awaited(&mut self, call: &'a ExprCall) -> Result<Effects, Why> {
        let name = self.module.describe(&call.func);
        match self.module.target(call) {
            Target::Function(function, _) if function.is_async => {
                self.function(function, &name, Some(call))
            }
            Target::Function(..) => Err(Why::new(format!(
                "`{name}` is awaited but is no coroutine function"
            ))),
            Target::External(qualified) => {
                let imported = matches!(&*call.func, Expr::Name(_)) && !is_stdlib(&qualified);
                if imported && self.items.is_some() {
                    return self.assumed(call, name, false);
                }
                Err(Why::new(format!(
                    "`{name}` is defined outside this file, and what it does is not known"
                )))
            }
            Target::Unknown(why) => self.awaited_method(call, name, why.as_str()),
            Target::Builtin(_) | Target::Class(_) => Err(Why::new(format!(
                "what `{name}` does when awaited is not known"
            ))),
        }
    }

    /// What a function of this file does, and what is different in each run of it if `call` made it.
    pub fn function(
        &mut self,
        function: &'a StmtFunctionDef,
        name: &str,
        call: Option<&'a ExprCall>,
    ) -> Result<Effects, Why> {
        if self
            .stack
            .iter()
            .any(|known| std::ptr::eq(*known, function))
        {
            return Ok(Effects::default());
        }
        if !function
            .decorator_list
            .iter()
            .all(|decorator| self.module.makes_property(&decorator.expression))
        {
            return Err(Why::new(format!(
                "`{name}` is decorated, and may do more than it shows"
            )));
        }
        let outer = self.items.clone();
        if let Some(items) = &self.items {
            self.items = Some(self.module.differing(function, call, items));
        }
        self.stack.push(function);
        let mut effects = Effects::default();
        for statement in &function.body {
            effects.and(self.body(AnyNodeRef::from(statement))?);
        }
        self.stack.pop();
        self.items = outer;
        Ok(effects)
    }

    fn awaited_method(
        &mut self,
        call: &'a ExprCall,
        name: String,
        why: &str,
    ) -> Result<Effects, Why> {
        let unknown = || Err(Why::new(format!("what `{name}` does is not known: {why}")));
        let Expr::Attribute(method) = &*call.func else {
            return unknown();
        };
        match self
            .module
            .class_of(&method.value)
            .map(|class| self.module.catalogue().class(&class))
        {
            Some(Some(known)) if known.concurrent => {
                if self.module.replaces(&method.attr) {
                    return Err(Why::new(format!(
                        "this file puts another method in the place of `{}`",
                        method.attr
                    )));
                }
                if known.reads.iter().any(|read| read == method.attr.as_str()) {
                    return Ok(Effects {
                        waits: true,
                        ..Effects::default()
                    });
                }
                return Err(Why::new(format!(
                    "`{name}` may write: the order of the calls may matter"
                )));
            }
            Some(_) => return unknown(),
            None => {}
        }
        // Objects that differ from run to run, and what the functions of this file await themselves.
        let own = self.items.as_ref().is_some_and(|items| {
            matches!(root(&method.value), Expr::Name(name) if items.contains(&name.id.as_str()))
        });
        match self.items.is_some() && (own || !self.stack.is_empty()) {
            true => self.assumed(call, name, own),
            false => unknown(),
        }
    }

    /// Lets a call of something unknown through, unless something speaks against it: its names, or
    /// what methods of its name in this file do.
    fn assumed(&mut self, call: &'a ExprCall, name: String, own: bool) -> Result<Effects, Why> {
        if let Some(objection) = self.module.objection(call, &name, own) {
            return Err(Why::new(format!(
                "what `{name}` does is not known, and {objection}"
            )));
        }
        let mut effects = Effects::default();
        if let Expr::Attribute(method) = &*call.func {
            for function in self.module.methods_named(&method.attr) {
                effects.and(self.function(function, &name, Some(call))?);
            }
        }
        effects.and(Effects::assuming(name));
        Ok(effects)
    }

    pub fn body(&mut self, node: AnyNodeRef<'a>) -> Result<Effects, Why> {
        let mut effects = Effects::default();
        let mut problem = None;
        walk(node, &mut |inner| {
            if problem.is_some() {
                return TraversalSignal::Skip;
            }
            match self.effect(inner) {
                Ok(found) => effects.and(found),
                Err(why) => problem = Some(why),
            }
            TraversalSignal::Traverse
        });
        match problem {
            Some(why) => Err(why),
            None => Ok(effects),
        }
    }

    /// What one node does by itself.
    fn effect(&mut self, node: AnyNodeRef<'a>) -> Result<Effects, Why> {
        let refuse = |what: String| Err(Why::new(what));
        match node {
            AnyNodeRef::ExprAwait(awaited) => match &*awaited.value {
                Expr::Call(call) => self.awaited(call),
                other => refuse(format!(
                    "`{}` is awaited, and runs already",
                    self.module.describe(other)
                )),
            },
            AnyNodeRef::ExprCall(call) => self.called(call),
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) if !self.yields => {
                refuse("it yields".to_owned())
            }
            AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) => {
                refuse("it writes variables of the code around it".to_owned())
            }
            AnyNodeRef::StmtFunctionDef(_)
            | AnyNodeRef::StmtClassDef(_)
            | AnyNodeRef::ExprLambda(_) => refuse("it defines functions of its own".to_owned()),
            AnyNodeRef::StmtFor(statement) if statement.is_async => {
                refuse("what its `async for` does is not known".to_owned())
            }
            AnyNodeRef::Comprehension(clause) if clause.is_async => {
                refuse("what its `async for` does is not known".to_owned())
            }
            AnyNodeRef::StmtWith(statement) => self.entered(statement),
            AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_) => {
                refuse("it imports modules".to_owned())
            }
            AnyNodeRef::ExprAttribute(attribute) if attribute.ctx != ExprContext::Load => {
                self.written(&attribute.value, span(attribute).of(self.module.text()))
            }
            AnyNodeRef::ExprAttribute(attribute) => self.property(attribute),
            AnyNodeRef::ExprSubscript(subscript) if subscript.ctx != ExprContext::Load => {
                self.written(&subscript.value, span(subscript).of(self.module.text()))
            }
            AnyNodeRef::StmtAugAssign(assign) if self.module.changes_in_place(assign) => {
                refuse(format!(
                    "`{}` may be changed in place, and other code may hold it",
                    self.module.describe(&assign.target)
                ))
            }
            _ => Ok(Effects::default()),
        }
    }

    fn called(&mut self, call: &'a ExprCall) -> Result<Effects, Why> {
        let node = AnyNodeRef::from(call);
        // Awaited calls are judged by the `await`, context managers by their `with`.
        if self.module.is_awaited(node)
            || matches!(self.module.parent(node), Some(AnyNodeRef::WithItem(_)))
        {
            return Ok(Effects::default());
        }
        let name = self.module.describe(&call.func);
        let refuse = || Err(Why::new(format!("what `{name}` does is not known")));
        match self.module.target(call) {
            Target::Builtin("print" | "input") => {
                Err(Why::new(format!("`{name}` writes to the terminal")))
            }
            Target::Builtin(builtin) if self.module.catalogue().is_pure_builtin(builtin) => {
                self.passed_on(call)
            }
            Target::External(qualified) if self.module.catalogue().is_pure(&qualified) => {
                self.passed_on(call)
            }
            Target::Class(class) if self.module.is_plain_class(class) => Ok(Effects::default()),
            Target::Function(function, _) if !function.is_async => {
                self.function(function, &name, Some(call))
            }
            Target::Unknown(_) => {
                let Expr::Attribute(method) = &*call.func else {
                    return refuse();
                };
                let method_name = method.attr.as_str();
                if is_logger(&method.value)
                    && self.module.catalogue().is_logging_method(method_name)
                {
                    return Ok(Effects {
                        logs: true,
                        ..Effects::default()
                    });
                }
                if self.module.catalogue().is_filling_method(method_name) {
                    return self.written(&method.value, &name);
                }
                if self
                    .module
                    .catalogue()
                    .is_pure_method(method_name, call.arguments.args.len())
                {
                    let mut effects = self.passed_on(call)?;
                    for function in self.module.methods_named(method_name) {
                        effects.and(self.function(function, &name, None)?);
                    }
                    return Ok(effects);
                }
                refuse()
            }
            _ => refuse(),
        }
    }

    /// What functions of this file do that a call is given, as `key=` and the like.
    fn passed_on(&mut self, call: &'a ExprCall) -> Result<Effects, Why> {
        let mut effects = Effects::default();
        for argument in &call.arguments.args {
            effects.and(self.callback(argument)?);
        }
        for keyword in &call.arguments.keywords {
            let called = keyword.arg.as_ref().is_some_and(|name| name == "key");
            if called && matches!(self.module.entity(&keyword.value), Entity::Unknown(_)) {
                return Err(Why::new(format!(
                    "what `{}` does is not known",
                    self.module.describe(&keyword.value)
                )));
            }
            effects.and(self.callback(&keyword.value)?);
        }
        Ok(effects)
    }

    fn callback(&mut self, argument: &'a Expr) -> Result<Effects, Why> {
        match self.module.entity(argument) {
            Entity::Function(function) => {
                let name = self.module.describe(argument);
                self.function(function, &name, None)
            }
            _ => Ok(Effects::default()),
        }
    }

    /// What reading an attribute does, where a class of this file has a property of the name.
    fn property(&mut self, attribute: &'a ExprAttribute) -> Result<Effects, Why> {
        let mut effects = Effects::default();
        for function in self.module.methods_named(&attribute.attr) {
            let is_property = function
                .decorator_list
                .iter()
                .any(|decorator| self.module.makes_property(&decorator.expression));
            if is_property {
                effects.and(self.function(function, attribute.attr.as_str(), None)?);
            }
        }
        Ok(effects)
    }

    /// `with` is let through where it is known to open something that concerns nobody else.
    fn entered(&self, with: &'a StmtWith) -> Result<Effects, Why> {
        let mut effects = Effects::default();
        for item in &with.items {
            let expression = &item.context_expr;
            if self.module.is_concurrent_context(expression) {
                effects.waits |= with.is_async;
            } else if with.is_async || !self.module.is_private(expression) {
                return Err(Why::new(format!(
                    "what `with {}` holds is not known",
                    self.module.describe(expression)
                )));
            }
        }
        Ok(effects)
    }

    /// A write through an object concerns nobody else only if the object was made here.
    fn written(&self, object: &'a Expr, what: &str) -> Result<Effects, Why> {
        match self.module.is_made_here(object) {
            true => Ok(Effects::default()),
            false => Err(Why::new(format!(
                "`{what}` changes what other code can see"
            ))),
        }
    }
}

/// A logger, by the name everybody gives it.
pub(super) fn is_logger(expression: &Expr) -> bool {
    let name = match expression {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    matches!(
        name,
        "log" | "logger" | "_log" | "_logger" | "LOG" | "LOGGER" | "_LOGGER"
    )
}
