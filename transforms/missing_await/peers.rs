//! Calls of which too little is known, where all others that are written the same are awaited.

use crate::fix::Cx;
use crate::model::file::{Place, dotted};
use crate::model::project::Gives;
use crate::python::ast::ExprCall;
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
        if !matches!(gives, Gives::Unknown(_) | Gives::Library(_))
            || !matches!(cx.module.place(call.into()), Place::Coroutine { .. })
        {
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
