//! Names that star imports bind.

use super::evaluate::{Evaluator, MAX_DEPTH};
use super::{Place, Value};
use crate::model::file::TermId;
use crate::text::FileId;

impl Evaluator<'_> {
    /// What the star imports of a file bind a name to; the last one has the say.
    pub(super) fn bound_by_stars(&mut self, file: FileId, name: &str) -> Option<Value> {
        let facts = self.project.facts(file)?;
        let mark = (file, TermId(u32::MAX));
        if self.open.len() as u32 > MAX_DEPTH || self.open.contains(&mark) {
            self.cut = true;
            return None;
        }
        let mut found: Option<Value> = None;
        for (level, module) in facts.stars.iter().rev() {
            let Some(place @ Place::File(other)) = self.project.modules.find(file, *level, module)
            else {
                return Some(Value::unknown(format!(
                    "a star import may have bound `{name}`"
                )));
            };
            if other == file {
                continue;
            }
            let others = self.project.facts(other)?;
            let exported = match &others.all {
                Some(all) => all.iter().any(|known| **known == *name),
                None => !name.starts_with('_'),
            };
            let here = others
                .names
                .binary_search_by(|(known, _)| (**known).cmp(name))
                .is_ok();
            if exported && (here || !others.stars.is_empty()) {
                self.open.push(mark);
                let value = self.module_member(&place, name);
                self.open.pop();
                if matches!(value, Value::Unknown(_)) && !here {
                    continue;
                }
                match &found {
                    None if facts.stars_may_fail => found = Some(value),
                    Some(other) if *other != value => {
                        return Some(Value::unknown(format!(
                            "several star imports may have bound `{name}`"
                        )));
                    }
                    Some(_) => {}
                    None => return Some(value),
                }
            }
        }
        found
    }
}
