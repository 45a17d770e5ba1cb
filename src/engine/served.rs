//! Findings that one fix serves belong together.

use crate::fix::{FileId, Finding, Fix};
use std::collections::BTreeMap;

/// Findings in groups, each a fix with all that it serves, or one finding without a fix; in the order of
/// their first findings.
pub fn by_fix<'f, K>(findings: impl IntoIterator<Item = (K, &'f Finding)>) -> Vec<Vec<K>> {
    let mut groups: Vec<Vec<K>> = Vec::new();
    // Equal fixes begin at the same place.
    let mut known: BTreeMap<(FileId, usize), Vec<(&Fix, usize)>> = BTreeMap::new();
    for (key, finding) in findings {
        let first = finding.fix().and_then(|fix| {
            let (file, edits) = fix.edits().first_key_value()?;
            Some((fix, (*file, edits.iter().next()?.span().start())))
        });
        let new = groups.len();
        let group = first.map_or(new, |(fix, first)| {
            let near = known.entry(first).or_default();
            match near.iter().find(|(other, _)| *other == fix) {
                Some((_, group)) => *group,
                None => {
                    near.push((fix, new));
                    new
                }
            }
        });
        match groups.get_mut(group) {
            Some(group) => group.push(key),
            None => groups.push(vec![key]),
        }
    }
    groups
}
