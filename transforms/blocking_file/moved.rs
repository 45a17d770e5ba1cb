//! Whether code may run in a thread as a whole: what stands in the way, and what a person has to look at.

use crate::fix::Cx;
use crate::model::file::{
    BindingKind, Entity, Lookup, ScopeId, ScopeKind, Target, Why, root as root_of, walk,
};
use crate::model::libraries::{Effect, Fallback, Kind};
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName, TraversalSignal};
use crate::python::span;
use crate::text::Span;
use std::collections::BTreeSet;

/// What a person has to look at if the code under `node` moves to a thread; refused where it cannot.
/// `skip` is a part that stays: the target that a result is assigned to.
pub(super) fn judge<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
    skip: Option<Span>,
) -> Result<BTreeSet<String>, Why> {
    let mut moved = Moved {
        cx,
        whole: span(node),
        in_handler: cx
            .module
            .ancestors(node)
            .take_while(|ancestor| !ancestor.is_stmt_function_def())
            .any(|ancestor| ancestor.is_except_handler_except_handler()),
        reviews: BTreeSet::new(),
        unknown: BTreeSet::new(),
        error: None,
    };
    walk(node, &mut |node| {
        if moved.error.is_some() || skip.is_some_and(|skip| skip.contains(span(node))) {
            return TraversalSignal::Skip;
        }
        if let Err(why) = moved.node(node, skip) {
            moved.error = Some(why);
        }
        TraversalSignal::Traverse
    });
    match moved.error {
        Some(why) => Err(why),
        None => Ok(moved.reviews()),
    }
}

struct Moved<'m, 'a> {
    cx: &'m Cx<'a>,
    whole: Span,
    /// An exception is being handled around the code, which a thread does not know of.
    in_handler: bool,
    reviews: BTreeSet<String>,
    /// Functions it calls of which too little is known.
    unknown: BTreeSet<String>,
    error: Option<Why>,
}

impl<'a> Moved<'_, 'a> {
    fn node(&mut self, node: AnyNodeRef<'a>, skip: Option<Span>) -> Result<(), Why> {
        match node {
            AnyNodeRef::ExprAwait(_) => return Err(Why::new("the code in it awaits")),
            AnyNodeRef::StmtFor(each) if each.is_async => {
                return Err(Why::new("the code in it awaits"));
            }
            AnyNodeRef::StmtWith(with) if with.is_async => {
                return Err(Why::new("the code in it awaits"));
            }
            AnyNodeRef::Comprehension(clause) if clause.is_async => {
                return Err(Why::new("the code in it awaits"));
            }
            AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => {
                return Err(Why::new("the code in it yields"));
            }
            AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_) => {
                return Err(Why::new("the code in it defines functions or classes"));
            }
            AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) => {
                return Err(Why::new("the code in it declares names of other scopes"));
            }
            AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_) => {
                return Err(Why::new("the code in it imports"));
            }
            AnyNodeRef::StmtBreak(_) | AnyNodeRef::StmtContinue(_) => {
                let own = self.ancestors(node).any(|around| {
                    matches!(around, AnyNodeRef::StmtFor(_) | AnyNodeRef::StmtWhile(_))
                });
                if !own {
                    return Err(Why::new(
                        "the code in it leaves or repeats a loop around it",
                    ));
                }
            }
            AnyNodeRef::StmtRaise(raise) if raise.exc.is_none() => {
                let own = self
                    .ancestors(node)
                    .any(|around| around.is_except_handler_except_handler());
                if !own {
                    return Err(Why::new("the code in it raises what is handled around it"));
                }
            }
            AnyNodeRef::StmtFor(each) => self.gone_through(&each.iter),
            AnyNodeRef::Comprehension(clause) => self.gone_through(&clause.iter),
            AnyNodeRef::ExprCall(call) => return self.call(call),
            AnyNodeRef::StmtAssign(assign) => {
                let moves =
                    |target: &&'a Expr| !skip.is_some_and(|skip| skip.contains(span(*target)));
                let targets = assign.targets.iter().filter(moves);
                targets.for_each(|target| self.stored(target));
            }
            AnyNodeRef::StmtAugAssign(assign) => self.stored(&assign.target),
            AnyNodeRef::StmtDelete(delete) => {
                delete.targets.iter().for_each(|target| self.stored(target));
            }
            _ => {}
        }
        Ok(())
    }

    /// The nodes around one, as far as they move with it.
    fn ancestors(&self, node: AnyNodeRef<'a>) -> impl Iterator<Item = AnyNodeRef<'a>> {
        let whole = self.whole;
        let around = self.cx.module.ancestors(node);
        around.take_while(move |around| whole.contains(span(*around)))
    }

    fn reviews(mut self) -> BTreeSet<String> {
        let names: Vec<String> = self.unknown.into_iter().collect();
        let reason = match &names[..] {
            [] => return self.reviews,
            [one] => format!("`{one}` runs in the thread: it must not need what other tasks use"),
            _ => format!(
                "`{}` run in the thread: they must not need what other tasks use",
                names.join("`, `")
            ),
        };
        self.reviews.insert(reason);
        self.reviews
    }

    fn review(&mut self, reason: String) {
        self.reviews.insert(reason);
    }

    /// An attribute or item that is assigned.
    fn stored(&mut self, target: &'a Expr) {
        match target {
            Expr::Attribute(_) | Expr::Subscript(_)
                if !self.is_own(root_of(target)) && !self.is_made_here(target) =>
            {
                let name = self.cx.module.describe(target);
                self.review(format!(
                    "`{name}` is changed in the thread, while other tasks run"
                ));
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.stored(target)),
            _ => {}
        }
    }

    fn is_made_here(&self, target: &'a Expr) -> bool {
        match target {
            Expr::Subscript(item) => self.cx.module.is_made_here(&item.value),
            _ => false,
        }
    }

    /// What a loop goes through step by step must not change meanwhile.
    fn gone_through(&mut self, items: &'a Expr) {
        if let Some(name) = shared(self.cx, items).filter(|_| !self.is_own(root_of(items))) {
            self.review(format!(
                "`{name}` is gone through in the thread: other tasks must not change it"
            ));
        }
    }

    /// Whether a name stands for an object that the code itself makes.
    fn is_own(&self, object: &'a Expr) -> bool {
        let Expr::Name(name) = object else {
            return matches!(
                object,
                Expr::Call(_) | Expr::StringLiteral(_) | Expr::FString(_) | Expr::BytesLiteral(_)
            );
        };
        let Some(bindings) = bindings(self.cx, name) else {
            return false;
        };
        let own: Vec<_> = bindings
            .1
            .into_iter()
            .filter(|binding| self.whole.contains(binding.at))
            .collect();
        let is_made = |value: &Expr| {
            !matches!(
                value,
                Expr::Name(_)
                    | Expr::Attribute(_)
                    | Expr::Subscript(_)
                    | Expr::If(_)
                    | Expr::BoolOp(_)
            )
        };
        !own.is_empty()
            && own.iter().all(|binding| match binding.kind {
                BindingKind::With(..) => true,
                BindingKind::Assign(value) => is_made(value),
                BindingKind::Element(items) => match root_of(items) {
                    Expr::Name(other) if other.id == name.id => false,
                    items => self.is_own(items),
                },
                _ => false,
            })
    }

    fn call(&mut self, call: &'a ExprCall) -> Result<(), Why> {
        let module = self.cx.module;
        let described = module.describe(&call.func);
        if self.in_handler && call.arguments.find_keyword("exc_info").is_some() {
            return Err(Why::new(format!(
                "`{described}` speaks of the exception handled around it"
            )));
        }
        let name = match self.cx.callee(call) {
            Ok(name) if !is_of_builtin(&name) => name,
            _ => return self.unknown_call(call, described),
        };
        if name == "next" && call.arguments.len() == 1 {
            return Err(Why::new("a StopIteration of `next` cannot leave a thread"));
        }
        if matches!(
            name.as_str(),
            "super" | "locals" | "vars" | "dir" | "eval" | "exec" | "globals"
        ) && call.arguments.is_empty()
            || matches!(name.as_str(), "eval" | "exec")
        {
            return Err(Why::new(format!(
                "`{name}` means something else in a function of its own"
            )));
        }
        let first = name.split('.').next().unwrap_or(&name);
        let on_loop = module
            .catalogue()
            .libraries()
            .any(|library| library.event_loop.is_some() && library.name == first);
        if first == "asyncio" || first == "signal" || on_loop {
            return Err(Why::new(format!("`{name}` must stay on the event loop")));
        }
        if self.in_handler && (first == "traceback" || name.starts_with("sys.exc")) {
            return Err(Why::new(format!(
                "`{name}` speaks of the exception handled around it"
            )));
        }
        if let Some(entry) = module.catalogue().blocking(&name) {
            if entry.fallback == Fallback::None && entry.kind != Kind::File {
                let why = entry.why.as_deref().unwrap_or("it must stay in its thread");
                return Err(Why::new(format!("`{name}` is called in it: {why}")));
            }
        } else if self.cx.module.plain_effects(call.into(), None).is_err()
            && !matches!(module.target(call), Target::Builtin(_))
            && !is_stdlib(&name)
        {
            self.unknown.insert(described);
        }
        if let Some(part) = written(self.cx, call, &name) {
            self.review(format!(
                "`{part}` is read in the thread: other tasks must not change it"
            ));
        }
        Ok(())
    }

    fn unknown_call(&mut self, call: &'a ExprCall, described: String) -> Result<(), Why> {
        let module = self.cx.module;
        match module.target(call) {
            Target::Function(function, _) if function.is_async => {
                return Err(Why::new(format!("`{described}` makes a coroutine")));
            }
            Target::Class(class) if module.is_plain_class(class) || is_exception(&class.name) => {
                return Ok(());
            }
            _ => {}
        }
        if let Expr::Attribute(method) = &*call.func {
            let arguments = call.arguments.args.len();
            if self.in_handler && method.attr.as_str() == "exception" {
                return Err(Why::new(format!(
                    "`{described}` speaks of the exception handled around it"
                )));
            }
            let catalogue = module.catalogue();
            if catalogue.is_pure_method(&method.attr, arguments)
                || catalogue.is_logging_method(&method.attr)
                || self.is_own(root_of(&method.value))
                || catalogue.is_filling_method(&method.attr) && module.is_made_here(&method.value)
            {
                return Ok(());
            }
        }
        if module.plain_effects(call.into(), None).is_err() {
            self.unknown.insert(described);
        }
        Ok(())
    }
}

/// Whether a name is that of a method of a builtin class.
fn is_of_builtin(name: &str) -> bool {
    let class = name.split_once('.').map(|(class, _)| class);
    matches!(
        class,
        Some("bytes" | "dict" | "float" | "int" | "list" | "set" | "str" | "tuple")
    )
}

fn is_exception(name: &str) -> bool {
    name.ends_with("Error") || name.ends_with("Exception")
}

/// What a call that writes objects out in steps is given, and other tasks may hold.
pub(super) fn written<'a>(cx: &Cx<'a>, call: &'a ExprCall, name: &str) -> Option<String> {
    let entry = cx.module.catalogue().blocking(name);
    let dumps = entry
        .is_some_and(|entry| entry.given.is_some() && entry.effects.contains(&Effect::WritesDisk));
    let method = name.rsplit('.').next().unwrap_or(name);
    let object = call.arguments.args.first()?;
    let in_steps = dumps || matches!(method, "dumps" | "writelines" | "writerows");
    in_steps.then(|| shared(cx, object)).flatten()
}

/// A part of an expression that other code may hold and change.
pub(super) fn shared<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Option<String> {
    let any = |parts: &mut dyn Iterator<Item = &'a Expr>| {
        let names: Vec<String> = parts.filter_map(|part| shared(cx, part)).collect();
        names.into_iter().next()
    };
    match expression {
        Expr::Name(name) => is_shared(cx, name).then(|| name.id.to_string()),
        Expr::Attribute(_) => match cx.module.entity(expression) {
            Entity::External(_) => None,
            _ => Some(cx.module.describe(expression)),
        },
        Expr::Subscript(item) => shared(cx, &item.value),
        Expr::Starred(starred) => shared(cx, &starred.value),
        Expr::Call(call) => any(&mut call.arguments.args.iter()),
        Expr::Dict(dict) => any(&mut dict.items.iter().map(|item| &item.value)),
        Expr::List(list) => any(&mut list.elts.iter()),
        Expr::Tuple(tuple) => any(&mut tuple.elts.iter()),
        Expr::Set(set) => any(&mut set.elts.iter()),
        Expr::BoolOp(operation) => any(&mut operation.values.iter()),
        Expr::BinOp(operation) => any(&mut [&*operation.left, &*operation.right].into_iter()),
        Expr::If(choice) => any(&mut [&*choice.body, &*choice.orelse].into_iter()),
        _ => None,
    }
}

fn is_shared<'a>(cx: &Cx<'a>, name: &'a ExprName) -> bool {
    let Some((scope, bindings)) = bindings(cx, name) else {
        return false;
    };
    bindings.iter().any(|binding| match binding.kind {
        BindingKind::Import(_) | BindingKind::Function(_) | BindingKind::Class(_) => false,
        BindingKind::With(..) => false,
        BindingKind::Assign(value) if scope == ScopeId::MODULE => !value.is_literal_expr(),
        BindingKind::Assign(value) => {
            matches!(value, Expr::Name(other) if other.id != name.id)
                || matches!(value, Expr::Attribute(_) | Expr::Subscript(_))
        }
        BindingKind::Parameter(parameter) => {
            !parameter.annotation.as_deref().is_some_and(is_immutable)
        }
        BindingKind::Element(items) => match items {
            Expr::Name(other) if other.id == name.id => true,
            _ => shared(cx, items).is_some(),
        },
        BindingKind::Other => false,
    })
}

/// Whether an annotation names a type whose objects never change.
fn is_immutable(annotation: &Expr) -> bool {
    match annotation {
        Expr::Name(name) => matches!(
            name.id.as_str(),
            "bool" | "bytes" | "float" | "int" | "str" | "Path"
        ),
        Expr::BinOp(union) => {
            let none = |side: &Expr| side.is_none_literal_expr() || is_immutable(side);
            none(&union.left) && none(&union.right)
        }
        _ => false,
    }
}

/// The scope of a name and everything that binds it.
pub(super) fn bindings<'m, 'a>(
    cx: &'m Cx<'a>,
    name: &'a ExprName,
) -> Option<(ScopeId, Vec<&'m crate::model::file::Binding<'a>>)> {
    let from = cx.module.scope_of(name.into())?;
    let Lookup::Bound(scope, _) = cx.module.lookup(from, &name.id) else {
        return None;
    };
    Some((scope, cx.module.bindings_of(scope, &name.id)))
}

/// Whether a scope is a comprehension, whose names live nowhere else.
pub(super) fn is_comprehension(kind: ScopeKind<'_>) -> bool {
    matches!(
        kind,
        ScopeKind::Comprehension(_) | ScopeKind::Generator(_) | ScopeKind::Lambda(_)
    )
}
