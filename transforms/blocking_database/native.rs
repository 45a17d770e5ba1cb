//! Clients whose library has the same client for coroutines: the whole life of one is rewritten, or
//! nothing of it.
//!
//! Every use must be seen and stand in one coroutine, and the client must be closed there: by its
//! method or by `with`. What the client gives (databases, pipelines, cursors) is followed in the same
//! way.

use crate::fix::{BlockingCall, Cx, Fix, await_call, held_review, may_await, reach};
use crate::model::file::{BindingKind, ImportName, Place, ScopeId, ScopeKind, Why};
use crate::model::libraries::ClassCounterpart;
use crate::python::ast::{AnyNodeRef, Expr, ExprAttribute, ExprCall, ExprName};
use crate::python::span;
use crate::text::{Edit, EditError, Span};

/// A client that can be another one.
pub(super) struct Client<'a> {
    pub constructor: &'a ExprCall,
    pub name: String,
    /// Its calls that block, and that are awaited now.
    pub calls: Vec<Span>,
    pub fix: Result<Fix, EditError>,
}

/// The clients of all coroutines that can be rewritten whole.
pub(super) fn find<'a>(cx: &Cx<'a>, calls: &[BlockingCall<'a>]) -> Vec<Client<'a>> {
    if calls.is_empty() {
        return Vec::new();
    }
    let bindings = cx.module.bindings().iter();
    bindings
        .filter_map(|binding| {
            let (BindingKind::Assign(value) | BindingKind::With(value, false)) = binding.kind
            else {
                return None;
            };
            let Expr::Call(constructor) = value else {
                return None;
            };
            let ScopeKind::Function(function) = cx.module.scope(binding.scope).kind else {
                return None;
            };
            let name = cx.callee(constructor).ok().filter(|_| function.is_async)?;
            let class = class_made(cx, &name)?;
            let counterpart = cx.module.catalogue().counterpart(&class)?;
            rewrite(cx, constructor, &name, &class, counterpart, binding.scope)
                .ok()
                .flatten()
        })
        .collect()
}

/// The class of what a constructor or function gives.
fn class_made(cx: &Cx<'_>, name: &str) -> Option<String> {
    let catalogue = cx.module.catalogue();
    let made = match catalogue.gives(name) {
        Some(class) => class.to_owned(),
        None => catalogue.canonical(name).to_owned(),
    };
    let counterpart = catalogue.counterpart(&made)?;
    let constructs = catalogue.canonical(name) == made
        || counterpart
            .functions
            .iter()
            .any(|function| function == name);
    constructs.then_some(made)
}

fn rewrite<'a>(
    cx: &Cx<'a>,
    constructor: &'a ExprCall,
    name: &str,
    class: &str,
    counterpart: &ClassCounterpart,
    scope: ScopeId,
) -> Result<Option<Client<'a>>, Why> {
    let mut life = Life {
        cx,
        scope,
        edits: Vec::new(),
        needs: Vec::new(),
        calls: Vec::new(),
        followed: Vec::new(),
        closed: false,
    };
    life.construct(constructor, name, counterpart)?;
    life.value(AnyNodeRef::from(constructor), class)?;
    if !life.closed || life.calls.is_empty() {
        return Ok(None);
    }
    let title = format!("use `{}`, and await it", counterpart.class);
    let mut reasons: Vec<String> = counterpart.review.clone().into_iter().collect();
    reasons.extend(held_review(cx, constructor.into()));
    let review = (!reasons.is_empty()).then(|| reasons.join("; "));
    let fix = Fix::judged(title, review, cx.file, life.edits);
    let fix = life.needs.into_iter().fold(fix, |fix, need| {
        fix.map(|fix| fix.needing(cx.file, Some(need)))
    });
    Ok(Some(Client {
        constructor,
        name: name.to_owned(),
        calls: life.calls,
        fix,
    }))
}

/// What becomes of one client and of all that it gives.
struct Life<'m, 'a> {
    cx: &'m Cx<'a>,
    scope: ScopeId,
    edits: Vec<Edit>,
    needs: Vec<ImportName>,
    calls: Vec<Span>,
    followed: Vec<String>,
    closed: bool,
}

impl<'a> Life<'_, 'a> {
    fn construct(
        &mut self,
        constructor: &'a ExprCall,
        name: &str,
        counterpart: &ClassCounterpart,
    ) -> Result<(), Why> {
        for keyword in &constructor.arguments.keywords {
            let known = keyword.arg.as_ref().is_some_and(|name| {
                !counterpart
                    .lacks
                    .iter()
                    .any(|lacking| lacking == name.as_str())
            });
            if !known {
                return Err(Why::new("not all of its arguments have a counterpart"));
            }
        }
        let (module, class) = split(&counterpart.class);
        let member = match counterpart
            .functions
            .iter()
            .any(|function| function == name)
        {
            true => split(name).1,
            false => class,
        };
        let reach = reach(self.cx, module, member, constructor.into())?;
        self.needs.extend(reach.need);
        let callee = span(&*constructor.func);
        if self.cx.module.layout().has_comments(callee) {
            return Err(Why::new("a comment stands inside the callee"));
        }
        self.edits.push(Edit::replace(callee, reach.text));
        Ok(())
    }

    /// Follows a value of a class to what is done with it.
    fn value(&mut self, node: AnyNodeRef<'a>, class: &str) -> Result<(), Why> {
        let counterpart = self
            .cx
            .module
            .catalogue()
            .counterpart(class)
            .ok_or_else(|| Why::new("it has no counterpart"))?;
        let here = span(node);
        let parent = self.cx.module.parent(node);
        let handed_on = || Why::new("it is handed on");
        match parent.ok_or_else(handed_on)? {
            AnyNodeRef::ExprAttribute(attribute) => self.member(attribute, class, counterpart),
            AnyNodeRef::ExprSubscript(item) if span(&*item.value) == here => {
                let name = format!("{class}.__getitem__");
                let given = self.cx.module.catalogue().gives(&name);
                let given = given.ok_or_else(handed_on)?.to_owned();
                self.value(AnyNodeRef::from(item), &given)
            }
            AnyNodeRef::StmtExpr(_) => Ok(()),
            AnyNodeRef::StmtAssign(assign) => match &assign.targets[..] {
                [Expr::Name(name)] => self.name(name, class),
                _ => Err(handed_on()),
            },
            AnyNodeRef::WithItem(item) if counterpart.context => {
                let with = self.cx.module.ancestors(AnyNodeRef::from(item)).next();
                let Some(AnyNodeRef::StmtWith(with)) = with else {
                    return Err(handed_on());
                };
                if with.items.len() > 1 || with.is_async || !self.is_direct(with.into()) {
                    return Err(Why::new("other things are opened with it"));
                }
                self.edits.push(Edit::insert(span(with).start(), "async "));
                self.closed = true;
                match item.optional_vars.as_deref() {
                    Some(Expr::Name(name)) => self.name(name, class),
                    Some(_) => Err(handed_on()),
                    None => Ok(()),
                }
            }
            parent if counterpart.iterates => self.iteration(node, parent),
            _ => Err(handed_on()),
        }
    }

    /// Whether a node is evaluated by the coroutine itself, outside comprehensions.
    fn is_direct(&self, node: AnyNodeRef<'a>) -> bool {
        self.cx.module.scope_of(node) == Some(self.scope)
            && matches!(
                self.cx.module.place(node),
                Place::Coroutine {
                    comprehensions: 0,
                    ..
                }
            )
    }

    /// Follows a name that an object is bound to.
    fn name(&mut self, name: &'a ExprName, class: &str) -> Result<(), Why> {
        let module = self.cx.module;
        if self.followed.iter().any(|known| known == name.id.as_str()) {
            return Ok(());
        }
        self.followed.push(name.id.to_string());
        let bindings = module.bindings_of(self.scope, &name.id);
        if bindings.len() != 1 || module.scope_of(name.into()) != Some(self.scope) {
            return Err(Why::new(format!("`{}` is bound more than once", name.id)));
        }
        for read in module.reads_of(self.scope, &name.id) {
            self.value(AnyNodeRef::from(read), class)?;
        }
        Ok(())
    }

    fn member(
        &mut self,
        attribute: &'a ExprAttribute,
        class: &str,
        counterpart: &ClassCounterpart,
    ) -> Result<(), Why> {
        let module = self.cx.module;
        let catalogue = module.catalogue();
        let name = attribute.attr.as_str();
        let own = format!("{class}.{name}");
        let unknown = || Why::new(format!("`{name}` has no counterpart that is known"));
        let call = match module.parent(AnyNodeRef::from(attribute)) {
            Some(AnyNodeRef::ExprCall(call)) if span(&*call.func) == span(attribute) => call,
            _ => {
                let given = catalogue.computed(class, name);
                return match given.map(str::to_owned) {
                    Some(given) => self.value(AnyNodeRef::from(attribute), &given),
                    None if counterpart.same.iter().any(|known| known == name)
                        && catalogue.gives(&own).is_none() =>
                    {
                        Ok(())
                    }
                    None => Err(unknown()),
                };
            }
        };
        let node = AnyNodeRef::from(call);
        let noted = counterpart.notes.as_ref().is_some_and(|of| {
            catalogue.blocking(&format!("{of}.{name}")).is_some() && name != "close"
        });
        if noted {
            return self.value(node, class);
        }
        let given = catalogue.gives(&own).map(str::to_owned);
        if counterpart.iterated.iter().any(|known| known == name) {
            self.calls.push(span(call));
            let parent = module.parent(node).ok_or_else(unknown)?;
            return self.iteration(node, parent);
        }
        let listed = counterpart.awaited.iter().any(|known| known == name);
        if listed || catalogue.blocking(&own).is_some() {
            self.calls.push(span(call));
            self.closed |= name == "close";
            return self.awaited(call, attribute, counterpart, given);
        }
        if !counterpart.same.iter().any(|known| known == name) {
            return Err(unknown());
        }
        match given {
            Some(given) => self.value(node, &given),
            None => Ok(()),
        }
    }

    fn awaited(
        &mut self,
        call: &'a ExprCall,
        attribute: &'a ExprAttribute,
        counterpart: &ClassCounterpart,
        given: Option<String>,
    ) -> Result<(), Why> {
        let module = self.cx.module;
        may_await(self.cx, call)?;
        if module.is_awaited(call.into()) || module.layout().has_comments(span(&*call.func)) {
            return Err(Why::new("a comment or an `await` stands there"));
        }
        if !matches!(
            module.place(call.into()),
            Place::Coroutine { function, .. } if module.body_scope(function) == Some(self.scope)
        ) {
            return Err(Why::new("another function uses it"));
        }
        let name = attribute.attr.as_str();
        let name = counterpart.renamed.get(name).map_or(name, String::as_str);
        // What is awaited inside the receiver has edits of its own.
        let start = await_start(self.cx, call);
        let edits = await_call(self.cx, call, "");
        let opens = edits.iter().any(|edit| edit.text().starts_with('('));
        self.edits.push(Edit::insert(
            start,
            if opens { "(await " } else { "await " },
        ));
        if opens {
            self.edits.push(Edit::insert(span(call).end(), ")"));
        }
        if name != attribute.attr.as_str() {
            self.edits.push(Edit::replace(span(&attribute.attr), name));
        }
        let Some(given) = given else {
            return Ok(());
        };
        self.value(AnyNodeRef::from(call), &given)
    }

    /// `for x in value` to `async for x in value`, and `list(value)` to an asynchronous comprehension.
    fn iteration(&mut self, node: AnyNodeRef<'a>, parent: AnyNodeRef<'a>) -> Result<(), Why> {
        let here = span(node);
        let module = self.cx.module;
        match parent {
            AnyNodeRef::StmtFor(each)
                if span(&*each.iter) == here && self.is_direct(each.into()) =>
            {
                self.edits.push(Edit::insert(span(each).start(), "async "));
                Ok(())
            }
            AnyNodeRef::ExprListComp(list) if self.is_direct(list.into()) => {
                match &list.generators[..] {
                    [only] if span(&only.iter) == here && !only.is_async => {
                        self.edits.push(Edit::insert(span(only).start(), "async "));
                        Ok(())
                    }
                    _ => Err(Why::new("the comprehension has several loops")),
                }
            }
            AnyNodeRef::Arguments(arguments) => {
                let call = module.parent(AnyNodeRef::from(arguments));
                let Some(AnyNodeRef::ExprCall(call)) = call else {
                    return Err(Why::new("it is handed on"));
                };
                let whole = self.cx.callee(call).is_ok_and(|name| name == "list")
                    && arguments.len() == 1
                    && arguments.keywords.is_empty()
                    && self.is_direct(call.into())
                    && !module.layout().has_comments(span(call));
                if !whole {
                    return Err(Why::new("it is handed on"));
                }
                let item = module.fresh_name(span(call), &["item"]);
                let mut text = format!("[{item} async for {item} in ");
                // An `await` in front of it is part of the same change.
                let at = Span::empty(here.start());
                if let Some(known) = self.edits.iter().position(|edit| edit.span() == at) {
                    text.push_str(self.edits.remove(known).text());
                }
                let head = Span::new(span(call).start(), here.start());
                self.edits.push(Edit::replace(head, text));
                let tail = Span::new(here.end(), span(call).end());
                self.edits.push(Edit::replace(tail, "]"));
                Ok(())
            }
            _ => Err(Why::new("it is handed on")),
        }
    }
}

/// Where `await` goes: in front of the call, outside parentheses around its receiver.
fn await_start(cx: &Cx<'_>, call: &ExprCall) -> usize {
    await_call(cx, call, "")
        .iter()
        .map(|edit| edit.span().start())
        .min()
        .unwrap_or(span(call).start())
}

fn split(qualified: &str) -> (&str, &str) {
    qualified.rsplit_once('.').unwrap_or(("", qualified))
}
