//! Calls of which too little is known, where others that are written the same are awaited: all in the
//! file, or all of the name in the project.

use super::variables::speaks_of_awaitables;
use crate::fix::Cx;
use crate::model::file::{BindingKind, Entity, Lookup, Place, ScopeKind, dotted, root};
use crate::model::project::{Gives, SCHEDULES};
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{AnyNodeRef, Expr, ExprCall, ExprName};
use crate::python::span;
use rustc_hash::FxHashMap;

/// How often the others must be awaited where nothing but their name is known.
const ENOUGH: u32 = 3;

/// What is written before the arguments of a call, and where the object at its start comes from.
#[derive(PartialEq, Eq, Hash)]
struct Callee {
    text: String,
    origin: String,
}

/// How many calls of a file's coroutine functions are awaited, and how many are not.
pub(super) struct Peers {
    by_callee: FxHashMap<Callee, (usize, usize)>,
    /// By the last name alone, and by the last two.
    by_name: FxHashMap<String, (usize, usize)>,
}

impl Peers {
    pub fn new(cx: &Cx<'_>) -> Self {
        let mut peers = Self {
            by_callee: FxHashMap::default(),
            by_name: FxHashMap::default(),
        };
        for &call in cx.module.calls() {
            let here = matches!(cx.module.place(call.into()), Place::Coroutine { .. });
            let Some(name) = last_name(&call.func).filter(|_| here) else {
                continue;
            };
            let awaited = cx.module.is_awaited(call.into());
            if !awaited && is_handed(cx, call) {
                continue;
            }
            for name in std::iter::once(name.to_owned()).chain(last_names(&call.func)) {
                count(peers.by_name.entry(name).or_default(), awaited);
            }
            if let Some(callee) = callee(cx, &call.func) {
                count(peers.by_callee.entry(callee).or_default(), awaited);
            }
        }
        peers
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
        if is_known {
            return None;
        }
        // A plain method may do its work at once, and give what need not be awaited.
        let is_dropped = cx.module.parent(call.into())?.is_stmt_expr();
        if is_dropped && cx.project.habit(last_name(&call.func)?).plain_methods > 0 {
            return None;
        }
        let others = self.beside(cx, call).or_else(|| match gives {
            // A library's method is none of the project's, whatever its name.
            Gives::Library(_) => None,
            _ => self.of_name(cx, call, ENOUGH),
        })?;
        if is_entered(cx, &call.func) || is_named_awaitable(cx, call) || is_of_two_worlds(cx, call)
        {
            return None;
        }
        let shown = cx.module.describe(&call.func);
        Some(format!(
            "what `{shown}` gives is not known; {others}, and only here not"
        ))
    }

    /// How the others are awaited of a call of a coroutine function in a coroutine function.
    pub fn others<'a>(&self, cx: &Cx<'a>, call: &'a ExprCall) -> Option<String> {
        self.beside(cx, call).or_else(|| self.of_name(cx, call, 1))
    }

    /// The same of those that are written the same in the file.
    fn beside<'a>(&self, cx: &Cx<'a>, call: &'a ExprCall) -> Option<String> {
        if !matches!(cx.module.place(call.into()), Place::Coroutine { .. }) {
            return None;
        }
        match self.by_callee.get(&callee(cx, &call.func)?) {
            Some((awaited, 1)) if *awaited > 1 => {
                Some(format!("it is awaited {awaited} times in this file"))
            }
            _ => None,
        }
    }

    /// The same of those with its name in the project, if there are enough.
    fn of_name<'a>(&self, cx: &Cx<'a>, call: &'a ExprCall, least: u32) -> Option<String> {
        if !matches!(cx.module.place(call.into()), Place::Coroutine { .. }) {
            return None;
        }
        callee(cx, &call.func)?;
        let name = last_name(&call.func)?;
        let habit = cx.project.habit(name);
        // A method of the name that the project has is meant; of others, one of the same object.
        let alike = match habit.coroutines {
            0 => last_names(&call.func)?,
            _ => name.to_owned(),
        };
        let here = matches!(self.by_name.get(&alike), Some((awaited, 1)) if *awaited > 0);
        let enough = habit.speaks_for_await() && habit.awaited >= least;
        (here && call.func.is_attribute_expr() && enough).then(|| {
            let times = match habit.awaited {
                1 => "once".to_owned(),
                more => format!("{more} times"),
            };
            format!("`{name}` is awaited {times} in the project")
        })
    }
}

fn count((all, dropped): &mut (usize, usize), awaited: bool) {
    *(if awaited { all } else { dropped }) += 1;
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

fn last_name(callee: &Expr) -> Option<&str> {
    match callee {
        Expr::Name(name) => Some(&name.id),
        Expr::Attribute(attribute) => Some(&attribute.attr),
        _ => None,
    }
}

/// `object.method`, of whatever the object is an attribute.
fn last_names(callee: &Expr) -> Option<String> {
    let method = callee.as_attribute_expr()?;
    Some(format!("{}.{}", last_name(&method.value)?, method.attr))
}

/// Whether a call is assigned to what is named as something to await.
fn is_named_awaitable<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    match cx.module.parent(call.into()) {
        Some(AnyNodeRef::StmtAssign(assign)) => assign
            .targets
            .iter()
            .any(|target| speaks_of_awaitables(cx, target)),
        _ => false,
    }
}

/// Whether a call stands in the arguments of what has coroutines run.
fn is_handed<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    cx.module.ancestors(call.into()).any(|node| match node {
        AnyNodeRef::ExprCall(outer) => {
            span(&outer.arguments).contains(span(call))
                && last_name(&outer.func).is_some_and(|name| SCHEDULES.contains(&name))
        }
        _ => false,
    })
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

/// Whether another branch awaits what is called here, or it is asked around the call which kind of
/// object there is: it may be one of plain methods here.
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
        is_choice && tells_kinds_apart(cx, node)
            || others.any(|other| {
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

/// Whether a condition speaks of kinds of objects: with one kind a call is awaited, with the other not.
fn tells_kinds_apart(cx: &Cx<'_>, choice: AnyNodeRef<'_>) -> bool {
    let asks = |test: &Expr| {
        let test = cx.module.source(test).to_lowercase();
        ["isinstance", "sync", "awaitable", "coroutine", "hasattr"]
            .iter()
            .any(|word| test.contains(word))
    };
    match choice {
        AnyNodeRef::StmtIf(statement) => {
            let clauses = statement.elif_else_clauses.iter();
            asks(&statement.test) || clauses.filter_map(|clause| clause.test.as_ref()).any(asks)
        }
        AnyNodeRef::ExprIf(choice) => asks(&choice.test),
        _ => false,
    }
}
