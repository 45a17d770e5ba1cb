//! What code does besides what it awaits: changes of what others hold, calls that run without a break,
//! what it enters and goes through.

use super::chosen;
use super::names::{self, Says};
use super::survey::Survey;
use crate::fix::Cx;
use crate::model::file::{Binding, BindingKind, Entity, Target, Why, references_within, walk};
use crate::model::libraries::Kind;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprAttribute, ExprCall, ExprContext, StmtFunctionDef, StmtWith,
    TraversalSignal,
};
use crate::python::span;

impl<'a> Survey<'_, 'a> {
    /// What the code under a node does.
    pub fn body(&mut self, node: AnyNodeRef<'a>) -> Result<(), Why> {
        let mut problem = None;
        walk(node, &mut |inner| {
            if problem.is_some() {
                return TraversalSignal::Skip;
            }
            // What a function inside does matters where it is called, or handed on.
            if self.assumes && inner.is_stmt_function_def() {
                return TraversalSignal::Skip;
            }
            problem = self.effect(inner).err();
            if problem.is_none() && !self.stack.is_empty() {
                problem = self.unseen(inner).err();
            }
            TraversalSignal::Traverse
        });
        problem.map_or(Ok(()), Err)
    }

    /// What one node does by itself.
    fn effect(&mut self, node: AnyNodeRef<'a>) -> Result<(), Why> {
        let refuse = |what: &str| Err(Why::new(what));
        let module = self.cx.module;
        match node {
            AnyNodeRef::ExprAwait(awaited) => match &*awaited.value {
                Expr::Call(call)
                    if self.judged.iter().any(|judged| span(*judged) == span(call)) =>
                {
                    Ok(())
                }
                Expr::Call(call) => self.awaited(call, false),
                other => Err(Why::new(format!(
                    "`{}` is awaited, and runs already",
                    module.describe(other)
                ))),
            },
            AnyNodeRef::ExprCall(call) => self.called(call),
            // What a generator gives goes to the function that went through it.
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) if self.in_generator() => {
                Ok(())
            }
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => refuse("it yields"),
            AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) => {
                refuse("it writes variables of the code around it")
            }
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => {
                refuse("it defines functions of its own")
            }
            AnyNodeRef::ExprLambda(_) if !self.assumes => refuse("it defines functions of its own"),
            AnyNodeRef::StmtFor(statement) if statement.is_async => {
                self.gone_through(&statement.iter)
            }
            AnyNodeRef::Comprehension(clause) if clause.is_async => self.gone_through(&clause.iter),
            AnyNodeRef::StmtWith(statement) => self.entered(statement),
            AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_) => match self.assumes {
                true => {
                    self.seen.imports = true;
                    Ok(())
                }
                false => refuse("it imports modules"),
            },
            // The code around the calls may not stay in one function.
            AnyNodeRef::ExprName(name) if name.ctx.is_del() && self.stack.is_empty() => Err(
                Why::new(format!("the name `{}` is deleted in between", name.id)),
            ),
            AnyNodeRef::ExprAttribute(attribute) if self.set_once(attribute) => Ok(()),
            AnyNodeRef::ExprAttribute(attribute) if attribute.ctx != ExprContext::Load => {
                self.changed(&attribute.value, span(attribute).of(module.text()))
            }
            AnyNodeRef::ExprAttribute(attribute) => self.property(attribute),
            AnyNodeRef::ExprSubscript(subscript) if subscript.ctx == ExprContext::Del => {
                self.changed(&subscript.value, span(subscript).of(module.text()))
            }
            AnyNodeRef::ExprSubscript(subscript)
                if subscript.ctx != ExprContext::Load
                    && !self.stack.is_empty()
                    && !self.is_given(&subscript.value)
                    && !self.is_own_key(&subscript.slice) =>
            {
                self.changed(&subscript.value, span(subscript).of(module.text()))
            }
            AnyNodeRef::ExprSubscript(subscript) if subscript.ctx != ExprContext::Load => {
                self.filled(&subscript.value, span(&*subscript.value).of(module.text()))
            }
            AnyNodeRef::StmtAugAssign(assign) if module.changes_in_place(assign) => {
                let target = module.describe(&assign.target);
                match &*assign.target {
                    target if names::is_own(target, &self.own) => Ok(()),
                    _ => Err(Why::new(format!(
                        "`{target}` may be changed in place, and other code may hold it"
                    ))),
                }
            }
            _ => Ok(()),
        }
    }

    fn gone_through(&mut self, items: &'a Expr) -> Result<(), Why> {
        let name = self.cx.module.describe(items);
        if !self.assumes {
            return Err(Why::new("what its `async for` does is not known"));
        }
        if let Some(why) = names::exclusive(self.cx, Some(items), None, &self.own) {
            return Err(Why::new(format!("in `async for` over `{name}`, {why}")));
        }
        match items {
            Expr::Call(call) if !matches!(self.cx.module.target(call), Target::Function(..)) => {
                self.unknown(call, self.cx.module.describe(&call.func), false)
            }
            Expr::Call(_) => Err(Why::new(format!(
                "what its `async for` over `{name}` does is not known"
            ))),
            _ => Err(Why::new(format!(
                "`async for` takes what comes next from `{name}`"
            ))),
        }
    }

    fn called(&mut self, call: &'a ExprCall) -> Result<(), Why> {
        let module = self.cx.module;
        let catalogue = module.catalogue();
        let node = AnyNodeRef::from(call);
        // Awaited calls are judged by the `await`, context managers by their `with`, and what is gone
        // through by its `async for`.
        if module.is_awaited(node) || matches!(module.parent(node), Some(AnyNodeRef::WithItem(_))) {
            return Ok(());
        }
        if self.judged.iter().any(|judged| span(*judged) == span(call)) || self.is_passed_on(node) {
            return Ok(());
        }
        let name = module.describe(&call.func);
        let unknown = || Err(Why::new(format!("what `{name}` does is not known")));
        match module.target(call) {
            Target::Builtin("input") => Err(Why::new("`input` reads from the terminal")),
            Target::Builtin("next") if makes_iterator(call) => Ok(()),
            Target::Builtin("next" | "anext") => {
                Err(Why::new(format!("`{name}` takes what comes next")))
            }
            Target::Builtin("print") => match self.assumes {
                true => {
                    let order = "`print` may write its lines at another time";
                    self.seen.confirm.insert(order.to_owned());
                    Ok(())
                }
                false => Err(Why::new("`print` writes to the terminal")),
            },
            Target::Builtin("setattr" | "delattr") => match call.arguments.args.first() {
                Some(object) => self.changed(object, &name),
                None => unknown(),
            },
            Target::Builtin("eval" | "exec" | "globals" | "locals" | "vars") => unknown(),
            Target::Builtin(builtin) if catalogue.is_pure_builtin(builtin) => self.passed_on(call),
            Target::External(qualified) if catalogue.is_pure(&qualified) => self.passed_on(call),
            Target::External(qualified)
                if !self.stack.is_empty()
                    && catalogue
                        .blocking(&qualified)
                        .is_some_and(|blocking| blocking.kind == Kind::Http) =>
            {
                Err(Why::new(format!(
                    "`{name}` blocks the event loop: nothing overlaps until it is awaited"
                )))
            }
            Target::Class(class) if module.is_plain_class(class) => Ok(()),
            Target::Function(function, _) if !function.is_async => {
                self.function(function, &name, Some(call), false)
            }
            target => {
                if let Expr::Attribute(method) = &*call.func {
                    let method_name = method.attr.as_str();
                    if is_logger(&method.value) && catalogue.is_logging_method(method_name) {
                        self.seen.logs = true;
                        return Ok(());
                    }
                    if matches!(target, Target::Unknown(_)) {
                        if catalogue.is_filling_method(method_name) {
                            let object = module.describe(&method.value);
                            if !self.stack.is_empty()
                                && matches!(method_name, "append" | "appendleft" | "extend")
                            {
                                return self.changed(&method.value, &object);
                            }
                            return self.filled(&method.value, &object);
                        }
                        if catalogue.is_pure_method(method_name, call.arguments.args.len()) {
                            self.passed_on(call)?;
                            for function in module.methods_named(method_name) {
                                self.function(function, &name, None, false)?;
                            }
                            return Ok(());
                        }
                    }
                }
                if catalogue.logs_by_name(&name) {
                    self.seen.logs = true;
                    return Ok(());
                }
                self.plain(call, name, &target)
            }
        }
    }

    /// Whether a call is the argument of a function that only awaits it.
    fn is_passed_on(&self, node: AnyNodeRef<'a>) -> bool {
        let module = self.cx.module;
        let mut ancestors = module.ancestors(node);
        let (Some(AnyNodeRef::Arguments(_)), Some(AnyNodeRef::ExprCall(outer))) =
            (ancestors.next(), ancestors.next())
        else {
            return false;
        };
        let known = module.qualified(&outer.func);
        known.is_some_and(|name| module.catalogue().awaits_argument(&name))
    }

    /// Lets a call through that is not awaited and not known: it runs without a break.
    fn plain(&mut self, call: &'a ExprCall, name: String, target: &Target<'a>) -> Result<(), Why> {
        let module = self.cx.module;
        let against =
            |what: String| Why::new(format!("what `{name}` does is not known, and {what}"));
        if !self.assumes {
            return Err(Why::new(format!("what `{name}` does is not known")));
        }
        if let Some(summary) = self.known(call) {
            return self.summarised(call, &name, false, &summary);
        }
        let (own, made) = match &*call.func {
            Expr::Attribute(method) => (
                names::is_own(&method.value, &self.own),
                module.is_made_here(&method.value) || self.is_fresh(&method.value),
            ),
            _ => (false, false),
        };
        if own || made || matches!(target, Target::Class(_)) || is_class_name(&name) {
            self.plainly(name);
            return self.passed_on(call);
        }
        let used = !matches!(module.parent(call.into()), Some(AnyNodeRef::StmtExpr(_)));
        let object = match &*call.func {
            Expr::Attribute(method) if !self.is_module(&method.value) => Some(&*method.value),
            _ => None,
        };
        if let Some(why) = names::exclusive(self.cx, object, None, &self.own) {
            return Err(against(why));
        }
        match names::says(module.catalogue(), &name) {
            Says::Paces(word) => return Err(against(format!("`{word}` speaks of pacing"))),
            Says::Writes(_) if !used && object.is_none() && !self.stack.is_empty() => {
                let order = format!("`{name}` may write: the order of the calls may matter");
                self.seen.confirm.insert(order);
            }
            Says::Writes(word) if !used => {
                return Err(against(format!("`{word}` speaks of writing")));
            }
            Says::Takes(_) => return Err(against("it may take what comes next".to_owned())),
            Says::Reads | Says::Writes(_) | Says::Acts(_) | Says::Nothing => {}
        }
        if let Some(why) = names::progress(module.catalogue(), &name) {
            return Err(against(why));
        }
        self.passed_on(call)?;
        self.plainly(name);
        Ok(())
    }

    /// A name that only constructors of the function give its value.
    fn is_fresh(&self, object: &'a Expr) -> bool {
        let Expr::Name(name) = object else {
            return false;
        };
        let module = self.cx.module;
        let Some(scope) = module.scope_of(name.into()) else {
            return false;
        };
        let bindings = module.bindings_of(scope, &name.id);
        !bindings.is_empty()
            && bindings.iter().all(|binding| {
                matches!(
                    binding.kind,
                    BindingKind::Assign(Expr::Call(call))
                        if is_class_name(&module.describe(&call.func))
                )
            })
    }

    /// A name that calls of the function give its value: most likely an object of its own.
    fn is_given(&self, object: &'a Expr) -> bool {
        let Expr::Name(name) = object else {
            return false;
        };
        let module = self.cx.module;
        let scope = module.scope_of(name.into());
        let bindings = scope.map_or_else(Vec::new, |scope| module.bindings_of(scope, &name.id));
        let call = |binding: &&Binding<'a>| {
            matches!(
                binding.kind,
                BindingKind::Assign(Expr::Call(_) | Expr::Await(_))
            )
        };
        !bindings.is_empty() && bindings.iter().all(call)
    }

    /// Whether a key differs from call to call.
    fn is_own_key(&self, key: &'a Expr) -> bool {
        let names = references_within(key.into());
        names
            .iter()
            .any(|name| self.own.contains(&name.id.as_str()))
    }

    /// What functions of this file do that a call is given, as `key=` and the like.
    fn passed_on(&mut self, call: &'a ExprCall) -> Result<(), Why> {
        let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        for argument in call.arguments.args.iter().chain(keywords) {
            if let Entity::Function(function) = self.cx.module.entity(argument)
                && !function.is_async
            {
                let name = self.cx.module.describe(argument);
                self.function(function, &name, None, false)?;
            }
        }
        Ok(())
    }

    /// What reading an attribute does, where a class of this file has a property of the name.
    fn property(&mut self, attribute: &'a ExprAttribute) -> Result<(), Why> {
        let own = names::is_own(&attribute.value, &self.own);
        for function in self.cx.module.methods_named(&attribute.attr) {
            let is_property = function
                .decorator_list
                .iter()
                .any(|decorator| self.cx.module.makes_property(&decorator.expression));
            if is_property {
                self.function(function, attribute.attr.as_str(), None, own)?;
            }
        }
        Ok(())
    }

    /// `with` is let through where it is known to open something that concerns nobody else.
    fn entered(&mut self, with: &'a StmtWith) -> Result<(), Why> {
        let module = self.cx.module;
        for item in &with.items {
            let expression = &item.context_expr;
            let name = module.describe(expression);
            if let Some(word) = chosen::swaps(self.cx, expression) {
                return Err(Why::new(format!(
                    "`with {name}` may swap what all tasks see while it waits: `{word}` speaks of it"
                )));
            }
            if module.is_concurrent_context(expression) {
                self.seen.waits |= with.is_async;
                continue;
            }
            if !self.assumes {
                if with.is_async || !module.is_private(expression) {
                    return Err(Why::new(format!("what `with {name}` holds is not known")));
                }
                continue;
            }
            if !with.is_async && module.is_private(expression) {
                continue;
            }
            if let Some(word) = names::locks(module.catalogue(), &name) {
                return Err(Why::new(format!(
                    "`with {name}` lets one task in after the other: `{word}` speaks of a lock"
                )));
            }
            if let Some(why) = names::exclusive(self.cx, Some(expression), None, &self.own) {
                return Err(Why::new(format!("in `with {name}`, {why}")));
            }
            self.seen.waits |= with.is_async;
            self.plainly(format!("with {name}"));
        }
        Ok(())
    }

    /// A new value of an attribute concerns nobody else only if the object was made here.
    fn changed(&mut self, object: &'a Expr, what: &str) -> Result<(), Why> {
        if self.cx.module.is_made_here(object) || self.assumes && self.is_fresh(object) {
            return Ok(());
        }
        if self.assumes && names::is_own(object, &self.own) {
            if !self.seen.own_changed.iter().any(|known| known == what) {
                self.seen.own_changed.push(what.to_owned());
            }
            return Ok(());
        }
        Err(Why::new(format!(
            "`{what}` changes what other code can see"
        )))
    }

    /// A collection that others hold is filled at another time.
    fn filled(&mut self, object: &'a Expr, what: &str) -> Result<(), Why> {
        if self.cx.module.is_made_here(object) || self.assumes && self.is_fresh(object) {
            return Ok(());
        }
        if !self.assumes {
            return Err(Why::new(format!(
                "`{what}` changes what other code can see"
            )));
        }
        // A name for a list may be the list that the loop goes through, or that it gives back.
        let is_name = object.is_name_expr() && !self.is_given(object);
        if is_name || names::progress(self.cx.module.catalogue(), what).is_some() {
            return Err(Why::new(format!(
                "`{what}` changes what other code can see"
            )));
        }
        if let Some(function) = self.stack.last()
            && !self.is_given(object)
            && is_read(self.cx, function, what)
        {
            return Err(Why::new(format!(
                "`{what}` is filled by one call, and read by the next"
            )));
        }
        let order = format!("`{what}` may be filled at another time, in another order");
        self.seen.confirm.insert(order);
        Ok(())
    }
}

/// `next(iter(items))`, `next(item for item in items)`: the first of them.
fn makes_iterator(call: &ExprCall) -> bool {
    match call.arguments.args.first() {
        Some(Expr::Generator(_)) => true,
        Some(Expr::Call(made)) => matches!(&*made.func, Expr::Name(name) if name.id == "iter"),
        _ => false,
    }
}

/// Whether a function looks at a collection that it fills.
fn is_read<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef, what: &str) -> bool {
    let module = cx.module;
    let mut read = false;
    walk(function.into(), &mut |node| {
        let is_it = node.is_expression()
            && span(node).of(module.text()) == what
            && match module.parent(node) {
                Some(AnyNodeRef::ExprSubscript(item)) => item.ctx.is_load(),
                Some(AnyNodeRef::ExprAttribute(method)) => {
                    let call = module.ancestors(node).nth(1);
                    let alone = module.ancestors(node).nth(2);
                    !(call.is_some_and(|call| call.is_expr_call())
                        && alone.is_some_and(|statement| statement.is_stmt_expr())
                        && module.catalogue().is_filling_method(&method.attr))
                }
                _ => true,
            };
        read |= is_it;
        match read {
            true => TraversalSignal::Skip,
            false => TraversalSignal::Traverse,
        }
    });
    read
}

/// `Record`, `module.Record`.
pub(super) fn is_class_name(name: &str) -> bool {
    let last = name
        .rsplit('.')
        .next()
        .unwrap_or(name)
        .trim_start_matches('_');
    last.starts_with(char::is_uppercase)
}

/// A logger, by the name everybody gives it.
fn is_logger(expression: &Expr) -> bool {
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
