//! Calls of which too little is known, where all others that are written the same are awaited.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Entity, Lookup, Place, ScopeKind, dotted, root};
use crate::model::project::Gives;
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName};
use crate::python::span;
use rustc_hash::FxHashMap;

/// What is written before the arguments of a call, and where the object at its start comes from.
#[derive(PartialEq, Eq, Hash)]
struct Callee {
    text: String,
    origin: String,
}

/// How many calls of a file are awaited, and how many are not, by what they call.
pub(super) struct Peers(FxHashMap<Callee, (usize, usize)>);

impl Peers {
    pub fn new(cx: &Cx<'_>) -> Self {
        let mut found = FxHashMap::default();
        for call in cx.module.calls() {
            if let Some(callee) = callee(cx, &call.func) {
                let (awaited, dropped): &mut (usize, usize) = found.entry(callee).or_default();
                *(if cx.module.is_awaited((*call).into()) {
                    awaited
                } else {
                    dropped
                }) += 1;
            }
        }
        Self(found)
    }

    /// What a person must confirm where the others of a call are awaited, all of them and enough.
    pub fn speak_against<'a>(
        &self,
        cx: &Cx<'a>,
        call: &'a ExprCall,
        gives: &Gives,
    ) -> Option<String> {
        let is_known = match gives {
            Gives::Unknown(_) => false,
            Gives::Library(name) => is_stdlib(name),
            _ => true,
        };
        let here = matches!(cx.module.place(call.into()), Place::Coroutine { .. });
        if is_known || !here || is_entered(cx, &call.func) || is_of_two_worlds(cx, call) {
            return None;
        }
        match self.0.get(&callee(cx, &call.func)?) {
            Some((awaited, 1)) if *awaited > 1 => Some(format!(
                "what `{}` gives is not known; it is awaited {awaited} times in this file, and only here not",
                cx.module.describe(&call.func)
            )),
            _ => None,
        }
    }
}

fn callee<'a>(cx: &Cx<'a>, called: &'a Expr) -> Option<Callee> {
    let text = dotted(called)?;
    let Expr::Name(name) = root(called) else {
        return None;
    };
    let origin = origin(cx, name)?;
    Some(Callee { text, origin })
}

/// Where the value of a name comes from, so that names of other functions with the same origin mean
/// the same kind of thing: a response of one library may have the name that another's has elsewhere.
fn origin<'a>(cx: &Cx<'a>, name: &'a ExprName) -> Option<String> {
    let module = cx.module;
    let Lookup::Bound(owner, bindings) = module.lookup(module.scope_of(name.into())?, &name.id)
    else {
        return None;
    };
    let scope = module.scope(owner);
    if !matches!(scope.kind, ScopeKind::Function(_)) {
        return Some(format!("{owner:?}"));
    }
    let mut origins = bindings.iter().map(|id| match module.binding(*id).kind {
        BindingKind::Parameter(parameter) => {
            let class = scope
                .parent
                .filter(|parent| matches!(module.scope(*parent).kind, ScopeKind::Class(_)));
            match (&parameter.annotation, class) {
                (Some(annotation), _) => {
                    Some(format!(": {}", span(&**annotation).of(module.text())))
                }
                (None, Some(class)) if matches!(&*name.id, "self" | "cls") => {
                    Some(format!("{class:?}"))
                }
                (None, _) => Some(String::new()),
            }
        }
        BindingKind::Assign(value) => Some(format!("= {}", maker(value)?)),
        BindingKind::With(value, true) => Some(format!("async with {}", maker(value)?)),
        _ => None,
    });
    let first = origins.next()??;
    origins
        .all(|origin| origin.as_ref() == Some(&first))
        .then_some(first)
}

/// What makes a value, as it is written: `await session.get`.
fn maker(value: &Expr) -> Option<String> {
    match value {
        Expr::Await(awaited) => Some(format!("await {}", maker(&awaited.value)?)),
        Expr::Call(call) => dotted(&call.func),
        other => dotted(other),
    }
}

/// Whether the object whose method is called comes from a plain `with`, and so from another world.
fn is_entered<'a>(cx: &Cx<'a>, callee: &'a Expr) -> bool {
    let Expr::Name(name) = root(callee) else {
        return false;
    };
    let scope = cx.module.scope_of(name.into());
    let Some(Lookup::Bound(_, bindings)) = scope.map(|scope| cx.module.lookup(scope, &name.id))
    else {
        return false;
    };
    bindings
        .iter()
        .any(|id| matches!(cx.module.binding(*id).kind, BindingKind::With(_, false)))
}

/// Whether another branch awaits what is called here, or the function asks which class the object has:
/// it may be one of plain methods here.
fn is_of_two_worlds<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let (Some(text), Expr::Name(object)) = (dotted(&call.func), root(&call.func)) else {
        return false;
    };
    let around = cx.module.ancestors(call.into());
    let mut around = around.take_while(|node| !node.is_module());
    around.any(|node| {
        let (is_choice, is_function) = match node {
            AnyNodeRef::StmtIf(_) | AnyNodeRef::ExprIf(_) => (true, false),
            AnyNodeRef::StmtFunctionDef(_) => (false, true),
            _ => return false,
        };
        let mut others = cx.module.calls().iter();
        others.any(|other| {
            let awaits_the_same = is_choice
                && cx.module.is_awaited((*other).into())
                && dotted(&other.func).as_ref() == Some(&text);
            let asks = is_function
                && matches!(cx.module.entity(&other.func), Entity::Builtin("isinstance"))
                && matches!(other.arguments.args.first(), Some(Expr::Name(name)) if name.id == object.id);
            span(node).contains(span(*other)) && (awaits_the_same || asks)
        })
    })
}
