//! Which findings are to be fixed, where not all are, and where they are while texts change.

use super::rewrite::Rewritten;
use crate::fix::{FileId, Finding};
use crate::text::Span;
use std::collections::BTreeMap;

/// Findings that are to be fixed, in groups, with what their fixes lead to on the way to the problem.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    places: BTreeMap<FileId, Vec<Place>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    at: Span,
    /// Whose findings count there. Further down the way, which transform it is shows only once
    /// the functions above it are coroutine functions.
    transform: Option<&'static str>,
    group: usize,
}

impl Wanted {
    /// Adds a finding to a group.
    pub fn add(&mut self, finding: &Finding, group: usize) {
        let own = Place {
            at: finding.at,
            transform: Some(finding.transform),
            group,
        };
        self.put(finding.file, own);
        for site in &finding.chain {
            let place = Place {
                at: site.at,
                transform: None,
                group,
            };
            self.put(site.file, place);
        }
    }

    fn put(&mut self, file: FileId, place: Place) {
        let places = self.places.entry(file).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    /// The groups that a finding belongs to.
    pub(super) fn groups(&self, finding: &Finding) -> Vec<usize> {
        let places = self.places.get(&finding.file).into_iter().flatten();
        let own = places.filter(|place| match place.transform {
            Some(transform) => transform == finding.transform && place.at == finding.at,
            None => place.at == finding.at,
        });
        let mut groups: Vec<usize> = own.map(|place| place.group).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// A finding that is fixed, and the groups it belongs to. What is found there later counts only
    /// if it is of the same transform.
    pub(super) fn take(&mut self, finding: &Finding) -> Vec<usize> {
        let groups = self.groups(finding);
        let places = self.places.entry(finding.file).or_default();
        for place in places.iter_mut().filter(|place| place.at == finding.at) {
            place.transform.get_or_insert(finding.transform);
        }
        groups
    }

    /// Moves with the text of a file.
    pub(super) fn carry(&mut self, file: FileId, new: &Rewritten) {
        let Some(places) = self.places.get_mut(&file) else {
            return;
        };
        let spans = new.carry(places.iter().map(|place| place.at));
        for (place, at) in places.iter_mut().zip(spans) {
            place.at = at;
        }
    }
}
