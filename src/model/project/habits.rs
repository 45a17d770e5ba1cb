//! How calls of functions of one name are treated in a file: awaited or not.

use super::Project;
use crate::model::file::{Call, CallKind, Facts, NameHash, Term};
use crate::text::FileId;
use rustc_hash::FxHashMap;

impl Project {
    /// Whether some calls of a file are not awaited although most of the same name are, and more than
    /// one.
    pub fn mostly_awaits_some(&self, file: FileId) -> bool {
        let Some(facts) = self.facts(file) else {
            return false;
        };
        let mut habits: FxHashMap<NameHash, (u32, u32)> = FxHashMap::default();
        for call in facts
            .calls
            .iter()
            .filter(|call| call.kind == CallKind::Call)
        {
            if let Some(name) = name_of(facts, call) {
                let (awaited, dropped) = habits.entry(name).or_default();
                *(if call.awaited { awaited } else { dropped }) += 1;
            }
        }
        let mut habits = habits.values();
        habits.any(|(awaited, dropped)| *awaited > 1 && *dropped > 0 && awaited >= dropped)
    }
}

/// The last name of what is called.
fn name_of(facts: &Facts, call: &Call) -> Option<NameHash> {
    match facts.terms.get(call.callee.0 as usize)? {
        Term::Member(_, name) | Term::Star(name, _) => Some(NameHash::of(name)),
        Term::Import(_, name) => name.rsplit('.').next().map(NameHash::of),
        Term::Parameter(function, position) => {
            let function = facts.functions.get(function.0 as usize)?;
            let name = function.parameters.get(*position as usize)?;
            Some(NameHash::of(name))
        }
        _ => None,
    }
}
