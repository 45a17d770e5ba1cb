//! What code does besides computing its result, as far as this file tells: whether several runs of
//! it may overlap.

use super::module::Module;
use super::resolve::{Lookup, Target, Why};
use super::scope::{BindingKind, ScopeId};
use super::syntax::{references_within, root, walk};
use crate::model::libraries;
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprContext, StmtFunctionDef, StmtWith, TraversalSignal,
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
    fn and(&mut self, other: Effects) {
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
        items: Option<&[&str]>,
    ) -> Result<Effects, Why> {
        let mut survey = Survey {
            module: self,
            items,
            stack: Vec::new(),
        };
        survey.awaited(call)
    }

    /// What the code under a node does, calls of functions that are not awaited included.
    pub fn plain_effects(
        &self,
        node: AnyNodeRef<'a>,
        items: Option<&[&str]>,
    ) -> Result<Effects, Why> {
        let mut survey = Survey {
            module: self,
            items,
            stack: Vec::new(),
        };
        survey.body(node)
    }

    /// Whether entering the context manager in several tasks at a time is known to be right: a
    /// client of its own, or a read through one that may be shared.
    pub fn is_concurrent_context(&self, expression: &'a Expr) -> bool {
        let concurrent = |name: &str| libraries::class(name).is_some_and(|class| class.concurrent);
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
            .and_then(|class| libraries::class(&class))
            .is_some_and(|class| class.concurrent && class.opens.contains_key(method.attr.as_str()))
    }

    /// Whether an object is a collection that the function makes and nothing else holds: every
    /// binding of its name is a display, a comprehension or a call of a collection's class.
    pub fn is_made_here(&self, object: &'a Expr) -> bool {
        let Expr::Name(name) = root(object) else {
            return false;
        };
        let Some(scope) = self.scope_of(AnyNodeRef::from(name)) else {
            return false;
        };
        let Lookup::Bound(owner, bindings) = self.lookup(scope, &name.id) else {
            return false;
        };
        owner != ScopeId::MODULE
            && bindings.iter().all(|&id| match self.binding(id).kind {
                BindingKind::Assign(value) => self.makes_collection(value),
                _ => false,
            })
    }

    /// Whether evaluating the expression makes a new builtin collection.
    pub fn makes_collection(&self, value: &'a Expr) -> bool {
        match value {
            Expr::List(_)
            | Expr::Dict(_)
            | Expr::Set(_)
            | Expr::ListComp(_)
            | Expr::DictComp(_)
            | Expr::SetComp(_) => true,
            Expr::Call(call) => match self.target(call) {
                Target::Builtin(name) => matches!(name, "list" | "dict" | "set"),
                Target::External(name) => matches!(
                    name.as_str(),
                    "collections.defaultdict"
                        | "collections.deque"
                        | "collections.Counter"
                        | "collections.OrderedDict"
                ),
                _ => false,
            },
            _ => false,
        }
    }

    /// A logger, by what made it or, failing that, by the name everybody gives it.
    fn is_logger(&self, expression: &'a Expr) -> bool {
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
}

/// One walk through the code that a call runs.
struct Survey<'m, 'a> {
    module: &'m Module<'a>,
    items: Option<&'m [&'m str]>,
    /// The functions being looked at; a recursive call adds nothing.
    stack: Vec<&'a StmtFunctionDef>,
}

impl<'a> Survey<'_, 'a> {
    fn awaited(&mut self, call: &'a ExprCall) -> Result<Effects, Why> {
        let name = self.module.describe(&call.func);
        match self.module.target(call) {
            Target::Function(function, _) if function.is_async => self.function(function, &name),
            Target::Function(..) => Err(Why::new(format!(
                "`{name}` is awaited but is no coroutine function"
            ))),
            Target::External(qualified) => {
                let imported = matches!(&*call.func, Expr::Name(_)) && !is_stdlib(&qualified);
                if imported && self.items.is_some() {
                    return self.assumed(call, name);
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

    fn function(&mut self, function: &'a StmtFunctionDef, name: &str) -> Result<Effects, Why> {
        if self
            .stack
            .iter()
            .any(|known| std::ptr::eq(*known, function))
        {
            return Ok(Effects::default());
        }
        if !function.decorator_list.is_empty() {
            return Err(Why::new(format!(
                "`{name}` is decorated, and may do more than it shows"
            )));
        }
        self.stack.push(function);
        let mut effects = Effects::default();
        for statement in &function.body {
            effects.and(self.body(AnyNodeRef::from(statement))?);
        }
        self.stack.pop();
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
            .map(|class| libraries::class(&class))
        {
            Some(Some(known)) if known.concurrent => {
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
        let own = self.items.is_some_and(|items| {
            matches!(root(&method.value), Expr::Name(name) if items.contains(&name.id.as_str()))
        });
        match self.items.is_some() && (own || !self.stack.is_empty()) {
            true => self.assumed(call, name),
            false => unknown(),
        }
    }

    /// Lets a call of something unknown through, unless a name in it says that it should not be.
    fn assumed(&self, call: &'a ExprCall, name: String) -> Result<Effects, Why> {
        if let Some(word) = words(&name).find(|word| libraries::speaks_of_writing(word)) {
            return Err(Why::new(format!(
                "what `{name}` does is not known, and `{word}` speaks of writing"
            )));
        }
        let arguments = references_within(AnyNodeRef::from(&call.arguments));
        let receiver = references_within(AnyNodeRef::from(&*call.func));
        let attributes = name.split('.').map(str::to_owned);
        let names = arguments
            .iter()
            .chain(&receiver)
            .map(|name| name.id.to_string());
        for used in names.chain(attributes) {
            if let Some(word) = words(&used).find(|word| libraries::serves_one_at_a_time(word)) {
                return Err(Why::new(format!(
                    "what `{name}` does is not known, and a {word} may serve only one call at a time"
                )));
            }
        }
        Ok(Effects::assuming(name))
    }

    fn body(&mut self, node: AnyNodeRef<'a>) -> Result<Effects, Why> {
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
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => {
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
            AnyNodeRef::ExprSubscript(subscript) if subscript.ctx != ExprContext::Load => {
                self.written(&subscript.value, span(subscript).of(self.module.text()))
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
            Target::Builtin(builtin) if libraries::is_pure_builtin(builtin) => {
                Ok(Effects::default())
            }
            Target::External(qualified) if libraries::is_pure(&qualified) => Ok(Effects::default()),
            Target::Class(class) if self.module.is_plain_class(class) => Ok(Effects::default()),
            Target::Function(function, _) if !function.is_async => self.function(function, &name),
            Target::Unknown(_) => {
                let Expr::Attribute(method) = &*call.func else {
                    return refuse();
                };
                let method_name = method.attr.as_str();
                if self.module.is_logger(&method.value) {
                    return Ok(Effects {
                        logs: true,
                        ..Effects::default()
                    });
                }
                if libraries::is_pure_method(method_name) {
                    return Ok(Effects::default());
                }
                if libraries::is_filling_method(method_name) {
                    return self.written(&method.value, &name);
                }
                refuse()
            }
            _ => refuse(),
        }
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

/// The words of a dotted name in snake case or camel case, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        let boundary = !character.is_alphanumeric() || character.is_uppercase() && after_lower;
        if boundary {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    words.into_iter().filter(|word| !word.is_empty())
}
