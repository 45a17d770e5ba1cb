//! Names that star imports bind.

use super::evaluate::{Evaluator, MAX_DEPTH};
use super::{Place, Value};
use crate::model::file::TermId;
use crate::text::FileId;

impl Evaluator<'_> {
    /// What the star imports of a file bind a name to; the last one has the say, or, where one may
    /// fail, all that agree. Nothing if certainly none of them binds it.
    pub(super) fn bound_by_stars(&mut self, file: FileId, name: &str) -> Option<Value> {
        let facts = self.project.facts(file)?;
        let mark = (file, TermId(u32::MAX));
        if self.open.contains(&mark) {
            self.cut = true;
            return None;
        }
        let unclear = || Value::unknown(format!("a star import may have bound `{name}`"));
        if self.open.len() as u32 > MAX_DEPTH {
            self.cut = true;
            return Some(unclear());
        }
        let mut hidden = false;
        let mut found: Option<Value> = None;
        for (level, module) in facts.stars.iter().rev() {
            let place = self.project.modules.find(file, *level, module);
            let Some(place @ Place::File(other)) = place else {
                return Some(unclear());
            };
            let Some(others) = self.project.facts(other).filter(|_| other != file) else {
                hidden |= other != file;
                continue;
            };
            let exported = match &others.all {
                Some(all) => all.iter().any(|known| **known == *name),
                None => !name.starts_with('_'),
            };
            if !exported {
                continue;
            }
            let known = others.names.binary_search_by(|(at, _)| (**at).cmp(name));
            self.open.push(mark);
            let value = match known {
                Ok(_) => Some(self.module_member(&place, name)),
                Err(_) => self.bound_by_stars(other, name),
            };
            self.open.pop();
            match (value, &found) {
                (None, _) => {}
                (Some(Value::Unknown(_)), _) if known.is_err() => hidden = true,
                (Some(value), None) if facts.stars_may_fail => found = Some(value),
                (Some(value), None) => return Some(value),
                (Some(value), Some(other)) if *other != value => {
                    return Some(Value::unknown(format!(
                        "several star imports may have bound `{name}`"
                    )));
                }
                (Some(_), Some(_)) => {}
            }
        }
        found.or_else(|| hidden.then(unclear))
    }
}
