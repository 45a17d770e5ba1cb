//! Which fixes of one transform can be applied together.

use crate::fix::{FileId, Finding, Fix, Remedy};
use crate::text::Edit;
use std::collections::BTreeMap;

/// Fixes to apply, and those that have to wait for the next look, each with the fix it clashes with.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub accepted: Vec<(Finding, Fix)>,
    pub deferred: Vec<(Finding, String)>,
}

/// The edits of accepted fixes by where they start, each with its fix's index. None overlaps another.
type Taken = BTreeMap<(FileId, usize), (Edit, usize)>;

/// Takes fixes in the order of files and texts; a fix that clashes with a taken one waits.
pub(super) fn choose(candidates: Vec<Finding>) -> Choice {
    let mut choice = Choice::default();
    let mut taken = Taken::new();
    for finding in candidates {
        let Remedy::Fix(fix) = &finding.remedy else {
            continue;
        };
        match clash(&taken, fix).map(|index| &choice.accepted[index].1) {
            // One fix may serve several findings.
            Some(same) if same == fix => {}
            Some(other) => {
                let by = other.title().to_owned();
                choice.deferred.push((finding, by));
            }
            None => {
                let index = choice.accepted.len();
                for (file, edits) in fix.edits() {
                    taken.extend(
                        edits
                            .iter()
                            .map(|edit| ((*file, edit.span().start()), (edit.clone(), index))),
                    );
                }
                let fix = fix.clone();
                choice.accepted.push((finding, fix));
            }
        }
    }
    choice
}

/// The first accepted fix that a fix clashes with, or is equal to.
fn clash(taken: &Taken, fix: &Fix) -> Option<usize> {
    let mut shared = None;
    for (file, edits) in fix.edits() {
        for edit in edits.iter() {
            // Taken edits are apart, so those that reach this one are the last that start before its end.
            let near = taken
                .range((*file, 0)..=(*file, edit.span().end()))
                .rev()
                .take_while(|(_, (other, _))| other.span().end() >= edit.span().start());
            for (_, (other, index)) in near {
                if other.clashes(edit) {
                    return Some(*index);
                }
                if other == edit {
                    shared = Some(*index);
                }
            }
        }
    }
    // A fix that shares all of its edits with one other is that one.
    shared.filter(|_| {
        fix.edits().iter().all(|(file, edits)| {
            edits.iter().all(|edit| {
                taken
                    .get(&(*file, edit.span().start()))
                    .is_some_and(|(other, _)| other == edit)
            })
        })
    })
}
