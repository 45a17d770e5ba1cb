//! What awaited calls do, through the functions of this file, and what of it is only assumed.

use super::against;
use super::chosen;
use super::names::{self, Says};
use crate::fix::Cx;
use crate::model::file::{Entity, Target, Why, references_within, root, walk};
use crate::model::libraries::Wordy;
use crate::python::ast::{
    AnyNodeRef, Decorator, Expr, ExprCall, ExprName, Stmt, StmtFunctionDef, TraversalSignal,
};
use std::collections::BTreeSet;

/// What has been seen of calls that are to overlap.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// They wait for something, so that overlapping saves time.
    pub waits: bool,
    /// They send requests, most likely over one client.
    pub over_client: bool,
    /// They import modules.
    pub imports: bool,
    /// They write log lines.
    pub logs: bool,
    /// Calls that are not known, but that nothing speaks against; those that are awaited first.
    pub assumed: Vec<String>,
    pub assumed_plain: Vec<String>,
    /// Calls that are not known, on objects that no other of the calls uses.
    pub own: Vec<String>,
    /// What is changed of such objects.
    pub own_changed: Vec<String>,
    /// Known calls that may write, and what they write to.
    pub writes: Vec<(String, String)>,
    /// What else a person must confirm.
    pub confirm: BTreeSet<String>,
    pub evidence: Vec<String>,
}

/// One walk through the code that calls run.
pub(super) struct Survey<'c, 'a> {
    pub(super) cx: &'c Cx<'a>,
    /// Names of objects that only one of the calls uses, in the function that is looked at.
    pub(super) own: Vec<&'a str>,
    /// Whether what is not known may be assumed.
    pub(super) assumes: bool,
    /// Whether the calls are the same but for what they are given.
    same_for_each: bool,
    /// The calls that are judged themselves.
    pub(super) judged: &'c [&'a ExprCall],
    /// The functions being looked at; a recursive call adds nothing.
    pub(super) stack: Vec<&'a StmtFunctionDef>,
    pub seen: Seen,
}

impl<'c, 'a> Survey<'c, 'a> {
    pub fn new(
        cx: &'c Cx<'a>,
        own: Vec<&'a str>,
        assumes: bool,
        judged: &'c [&'a ExprCall],
    ) -> Self {
        Self {
            cx,
            same_for_each: !own.is_empty(),
            own,
            assumes,
            judged,
            stack: Vec::new(),
            seen: Seen::default(),
        }
    }

    /// What an awaited call does. `own` says that no other of the calls uses its receiver.
    pub fn awaited(&mut self, call: &'a ExprCall, own: bool) -> Result<(), Why> {
        let module = self.cx.module;
        let name = module.describe(&call.func);
        match self.argument_awaited(call) {
            Some(Ok(inner)) => return self.awaited(inner, own),
            Some(Err(given)) => {
                return Err(Why::new(format!(
                    "`{}` is awaited by `{name}`, and may run already",
                    module.describe(given)
                )));
            }
            None => {}
        }
        match module.target(call) {
            Target::Function(function, _) if function.is_async => {
                self.exclusive(call, &name, true)?;
                self.function(function, &name, Some(call), own)
            }
            Target::Function(..) => Err(Why::new(format!(
                "`{name}` is awaited but is no coroutine function"
            ))),
            Target::External(qualified) => {
                if qualified == "asyncio.to_thread"
                    && let Some(callable) = call.arguments.args.first()
                {
                    let name = module.describe(callable);
                    return self.unknown(call, name, false);
                }
                match names::says(module.catalogue(), &qualified) {
                    Says::Paces(_) if self.polls(call) => {
                        let line = format!("`{name}` waits until something is so of its own item");
                        self.seen.evidence.push(line);
                        self.seen.waits = true;
                        Ok(())
                    }
                    Says::Paces(_) => Err(Why::new(format!("`{name}` waits on purpose"))),
                    _ => self.unknown(call, name, false),
                }
            }
            Target::Unknown(_) => self.method(call, name, own),
            Target::Builtin(_) | Target::Class(_) => Err(Why::new(format!(
                "what `{name}` does when awaited is not known"
            ))),
        }
    }

    /// The call that a coroutine function only passes on, such as `asyncio.wait_for`; what it is given
    /// if that is no call.
    fn argument_awaited(&self, call: &'a ExprCall) -> Option<Result<&'a ExprCall, &'a Expr>> {
        let qualified = self.cx.module.qualified(&call.func)?;
        if !self.cx.module.catalogue().awaits_argument(&qualified) {
            return None;
        }
        match call.arguments.args.first()? {
            Expr::Call(inner) => Some(Ok(inner)),
            other => Some(Err(other)),
        }
    }

    fn method(&mut self, call: &'a ExprCall, name: String, own: bool) -> Result<(), Why> {
        let module = self.cx.module;
        let Expr::Attribute(method) = &*call.func else {
            return self.unknown(call, name, own);
        };
        let class = module.class_of(&method.value);
        let known = class
            .as_ref()
            .and_then(|class| module.catalogue().class(class));
        if let (Some(class), Some(known)) = (&class, known)
            && known.concurrent
        {
            if module.replaces(&method.attr) {
                return Err(Why::new(format!(
                    "this file puts another method in the place of `{}`",
                    method.attr
                )));
            }
            self.seen.waits = true;
            let kind = names::words(class).pop();
            self.seen.over_client |= matches!(kind.as_deref(), Some("client" | "session"));
            if known.reads.iter().any(|read| read == method.attr.as_str()) {
                let line = format!("`{name}` is `{class}.{}`, which only reads", method.attr);
                self.seen.evidence.push(line);
            } else {
                let line = format!("`{name}` is `{class}.{}`, which may write", method.attr);
                self.seen.evidence.push(line);
                self.seen.writes.push((name, "may write".to_owned()));
            }
            return Ok(());
        }
        let own = own || names::is_own(&method.value, &self.own);
        // What may be called speaks against it, but whoever reads this need not hear of the rest.
        let (assumed, plain) = (self.seen.assumed.len(), self.seen.assumed_plain.len());
        let of_own = self.seen.own.len();
        let declared = match self.cx.target_of(call) {
            crate::model::project::Target::Library(library) => Some(library),
            _ => None,
        };
        let declared = declared.as_deref().and_then(|name| name.rsplit_once('.'));
        for function in module.methods_named(&method.attr) {
            let may_be = declared.is_none_or(|(class, _)| module.may_inherit(function, class));
            if function.is_async && may_be {
                self.function(function, &name, Some(call), own)?;
            }
        }
        self.seen.assumed.truncate(assumed);
        self.seen.assumed_plain.truncate(plain);
        self.seen.own.truncate(of_own);
        self.unknown(call, name, own)
    }

    /// Whether a pause stands in a loop of a function that goes on once something is so of what belongs
    /// to one call: `while not job.done: await asyncio.sleep(1)`. It paces no other call.
    fn polls(&self, pause: &'a ExprCall) -> bool {
        let module = self.cx.module;
        if self.stack.is_empty() {
            return false;
        }
        let within = module.ancestors(pause.into());
        let mut within = within.take_while(|node| !node.is_stmt_function_def());
        let Some((body, test)) = within.find_map(|node| match node {
            AnyNodeRef::StmtFor(each) => Some((&each.body, None)),
            AnyNodeRef::StmtWhile(again) => Some((&again.body, Some(&*again.test))),
            _ => None,
        }) else {
            return false;
        };
        let mut awaits = 0;
        for statement in body {
            walk(statement.into(), &mut |node| {
                let waits = matches!(
                    node,
                    AnyNodeRef::ExprAwait(_) | AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_)
                );
                let waits = waits || matches!(node, AnyNodeRef::StmtWith(with) if with.is_async);
                awaits += usize::from(waits);
                TraversalSignal::Traverse
            });
        }
        let exits = body.iter().filter_map(|statement| match statement {
            Stmt::If(exit)
                if matches!(exit.body.last(), Some(Stmt::Break(_) | Stmt::Return(_))) =>
            {
                Some(&*exit.test)
            }
            _ => None,
        });
        let mut tests = exits.chain(test);
        awaits == 1 && tests.any(|test| self.looks_at_own(test))
    }

    /// Whether an expression looks at what belongs to one call.
    fn looks_at_own(&self, expression: &'a Expr) -> bool {
        let names = references_within(expression.into());
        let is_own = |name: &&ExprName| self.own.contains(&name.id.as_str());
        names.iter().any(is_own)
    }

    /// Lets a call of something unknown through, unless something speaks against it.
    pub(super) fn unknown(
        &mut self,
        call: &'a ExprCall,
        name: String,
        own: bool,
    ) -> Result<(), Why> {
        let module = self.cx.module;
        let against =
            |what: String| Why::new(format!("what `{name}` does is not known, and {what}"));
        if let crate::model::project::Target::Library(library) = self.cx.target_of(call)
            && let Some(why) = names::of_library(self.cx, &library)
        {
            return Err(against(why));
        }
        if let Some(summary) = self.known(call) {
            self.exclusive(call, &name, true)?;
            return self.summarised(call, &name, own, &summary);
        }
        if !self.assumes {
            return Err(Why::new(format!("what `{name}` does is not known")));
        }
        if !matches!(&*call.func, Expr::Name(_) | Expr::Attribute(_)) {
            return Err(Why::new(format!(
                "what `{name}` does is not known: which function it is, is computed"
            )));
        }
        // Whoever calls this may pass any function.
        if let (Expr::Name(_), Entity::Unknown(why)) = (&*call.func, module.entity(&call.func)) {
            return Err(Why::new(format!("what `{name}` does is not known: {why}")));
        }
        self.exclusive(call, &name, false)?;
        let discarded = module
            .parent(call.into())
            .and_then(|awaited| module.parent(awaited))
            .is_some_and(|statement| statement.is_stmt_expr());
        if let Some(word) = against::given_to_write(call) {
            return Err(against(format!("`{word}` speaks of writing")));
        }
        if let Some(given) = chosen::named_to_write(self.cx, call) {
            return Err(against(format!("`{given}` speaks of writing")));
        }
        match names::says(module.catalogue(), &name) {
            Says::Paces(word) => return Err(against(format!("`{word}` speaks of pacing"))),
            Says::Writes(word) | Says::Acts(word) if own => {
                let line = format!("`{word}` in `{name}` may write, to an object of its own");
                self.seen.evidence.push(line);
            }
            Says::Writes(word) => return Err(against(format!("`{word}` speaks of writing"))),
            Says::Takes(_) if !own => {
                return Err(against("it may take what comes next".to_owned()));
            }
            Says::Acts(word) if discarded => {
                return Err(against(format!(
                    "its result is not used: `{word}` may mean anything"
                )));
            }
            _ => {}
        }
        if !own
            && let Expr::Attribute(method) = &*call.func
            && module.catalogue().takes_the_next(&method.attr)
        {
            return Err(against("it may take what comes next".to_owned()));
        }
        if self.same_for_each && !own && call.arguments.is_empty() {
            return Err(against("it is the same call for every item".to_owned()));
        }
        if let Some(word) = self.ordered(call)
            && (discarded || own)
        {
            return Err(against(format!("`{word}` speaks of an order")));
        }
        if own && !self.seen.own.contains(&name) {
            self.seen.own.push(name.clone());
        }
        self.seen.waits = true;
        self.seen.evidence.push(format!(
            "what `{name}` does is assumed to concern nobody else"
        ));
        if !own && !self.seen.assumed.contains(&name) {
            self.seen.assumed.push(name);
        }
        Ok(())
    }

    /// The word by which what is called takes its turn after others.
    fn ordered(&self, call: &'a ExprCall) -> Option<String> {
        let catalogue = self.cx.module.catalogue();
        let name = match &*call.func {
            Expr::Attribute(method) => match root(&method.value) {
                Expr::Name(name) => name.id.as_str(),
                _ => return None,
            },
            Expr::Name(name) => name.id.as_str(),
            _ => return None,
        };
        let words = names::words(name);
        words
            .into_iter()
            .find(|word| catalogue.has_word(Wordy::Ordered, word))
    }

    /// Refuses calls through, or with, an object that serves one call at a time.
    fn exclusive(&self, call: &'a ExprCall, name: &str, known: bool) -> Result<(), Why> {
        let receiver = match &*call.func {
            Expr::Attribute(method) if !self.is_module(&method.value) => Some(&*method.value),
            _ => None,
        };
        let found = names::exclusive(self.cx, receiver, Some(&call.arguments), &self.own);
        match found {
            None => Ok(()),
            Some(why) if known => Err(Why::new(format!("in `{name}`, {why}"))),
            Some(why) => Err(Why::new(format!(
                "what `{name}` does is not known, and {why}"
            ))),
        }
    }

    pub(super) fn is_module(&self, expression: &'a Expr) -> bool {
        match self.cx.module.entity(expression) {
            Entity::External(name) => {
                let last = name.rsplit('.').next().unwrap_or_default();
                last.chars().all(|character| !character.is_uppercase())
            }
            _ => false,
        }
    }

    /// What a function of this file does, and what of it is its own in each run.
    pub(super) fn function(
        &mut self,
        function: &'a StmtFunctionDef,
        name: &str,
        call: Option<&'a ExprCall>,
        own: bool,
    ) -> Result<(), Why> {
        if self
            .stack
            .iter()
            .any(|known| std::ptr::eq(*known, function))
        {
            return Ok(());
        }
        for decorator in &function.decorator_list {
            self.decorated(decorator, name)?;
        }
        let mut inner = self.cx.module.differing(function, call, &self.own);
        if own && let Some(first) = function.parameters.iter_non_variadic_params().next() {
            inner.push(first.name().as_str());
        }
        let outer = std::mem::replace(&mut self.own, inner);
        self.stack.push(function);
        let result = function
            .body
            .iter()
            .try_for_each(|statement| self.body(statement.into()));
        self.stack.pop();
        self.own = outer;
        self.seen
            .evidence
            .push(format!("`{name}` is defined in this file, and was read"));
        result
    }

    fn decorated(&mut self, decorator: &'a Decorator, name: &str) -> Result<(), Why> {
        let module = self.cx.module;
        let expression = match &decorator.expression {
            Expr::Call(call) => &*call.func,
            other => other,
        };
        if module.makes_property(&decorator.expression) {
            return Ok(());
        }
        let written = module.describe(expression);
        let last = written.rsplit('.').next().unwrap_or(&written);
        if matches!(
            last,
            "staticmethod" | "classmethod" | "override" | "final" | "wraps" | "abstractmethod"
        ) {
            return Ok(());
        }
        let catalogue = module.catalogue();
        if names::words(&written).iter().any(|word| {
            catalogue.has_word(Wordy::Pausing, word) || catalogue.has_word(Wordy::Locking, word)
        }) {
            return Err(Why::new(format!(
                "`{name}` is decorated with `{written}`, which may pace it"
            )));
        }
        if !self.assumes {
            return Err(Why::new(format!(
                "`{name}` is decorated, and may do more than it shows"
            )));
        }
        self.plainly(format!("@{written}"));
        Ok(())
    }

    pub(super) fn plainly(&mut self, name: String) {
        if !self.seen.assumed_plain.contains(&name) {
            self.seen.assumed_plain.push(name);
        }
    }
}
