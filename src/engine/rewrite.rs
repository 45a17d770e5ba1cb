//! One file's fixes to its new text: edits, then imports, then the gate.

use super::{gate, helpers, imports};
use crate::fix::{FileId, Fix};
use crate::model::file::{ImportName, Module};
use crate::model::libraries::Catalogue;
use crate::python::{deep_stack, parse};
use crate::text::{Edit, Edits, Source, Span};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The new text of one file, and what the edits made of it.
pub(super) struct Rewritten {
    pub text: Arc<str>,
    /// Old edits and later removals, in the order they were applied.
    pub edits: Edits,
    pub removals: Edits,
}

impl Rewritten {
    /// Where spans of the old text stand in the new one.
    pub fn carry(&self, spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
        self.removals.carry(self.edits.carry(spans))
    }
}

/// Applies fixes to one file, gives it helpers, adds and removes imports, and checks the outcome.
pub(super) fn rewrite(
    file: FileId,
    source: &Source,
    text: &str,
    fixes: &[&Fix],
    helpers: &BTreeSet<&str>,
    catalogue: &Catalogue,
) -> Result<Rewritten, String> {
    deep_stack(|| {
        let problem =
            |error: crate::python::ParseTrouble| format!("the file would not parse: {error}");
        let tree = parse(text).map_err(problem)?;
        let before = Module::new(text, &tree, catalogue);
        let mut edits: Vec<Edit> = fixes
            .iter()
            .filter_map(|fix| fix.edits().get(&file))
            .flat_map(|edits| edits.iter().cloned())
            .collect();
        let needs: BTreeSet<&ImportName> = fixes
            .iter()
            .flat_map(|fix| fix.needs())
            .filter(|(of, _)| *of == file)
            .map(|(_, import)| import)
            .collect();
        edits.extend(imports::insertions(
            &before,
            &needs.into_iter().collect::<Vec<_>>(),
        ));
        edits.extend(helpers::edits(&before, helpers));
        let edits = Edits::new(edits).map_err(|error| error.to_string())?;
        let changed = edits.apply(text);
        let tree = parse(&changed).map_err(problem)?;
        let after = Module::new(&changed, &tree, catalogue);
        let removals = imports::removals(source.path(), &before, &after);
        let removals = Edits::new(removals).map_err(|error| error.to_string())?;
        let gone = fixes.iter().flat_map(|fix| fix.comments());
        let gone: Vec<&str> = gone
            .filter(|(of, _)| *of == file)
            .map(|(_, comment)| comment.as_str())
            .collect();
        if removals.is_empty() {
            gate::check(&before, &after, &gone)?;
        } else {
            let text = removals.apply(&changed);
            let tree = parse(&text).map_err(problem)?;
            gate::check(&before, &Module::new(&text, &tree, catalogue), &gone)?;
        }
        let text = Arc::<str>::from(removals.apply(&changed));
        source
            .encode(&text)
            .map_err(|lacking| format!("the file's encoding has no {lacking:?}"))?;
        Ok(Rewritten {
            text,
            edits,
            removals,
        })
    })
}

/// Marks as they stand after more edits.
pub(super) fn carried(edits: &Edits, marks: &[(Span, usize)]) -> Vec<(Span, usize)> {
    let spans = edits.carry(marks.iter().map(|(span, _)| *span));
    spans
        .into_iter()
        .zip(marks.iter().map(|(_, owner)| *owner))
        .collect()
}
