//! Calls of which too little is known, where all others that are written the same are awaited.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Lookup, Place, dotted, root};
use crate::model::project::Gives;
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{Expr, ExprCall};
use rustc_hash::FxHashMap;

/// How many calls of a file are awaited, and how many are not, by what is written before the arguments.
pub(super) struct Peers(FxHashMap<String, (usize, usize)>);

impl Peers {
    pub fn new(cx: &Cx<'_>) -> Self {
        let mut found = FxHashMap::default();
        for call in cx.module.calls() {
            if let Some(text) = dotted(&call.func) {
                let (awaited, dropped): &mut (usize, usize) = found.entry(text).or_default();
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
        if is_known || !here || is_entered(cx, &call.func) {
            return None;
        }
        match self.0.get(&dotted(&call.func)?) {
            Some((awaited, 1)) if *awaited > 1 => Some(format!(
                "what `{}` gives is not known; it is awaited {awaited} times in this file, and only here not",
                cx.module.describe(&call.func)
            )),
            _ => None,
        }
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
