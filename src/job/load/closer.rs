//! Second looks at files that seemed to be of no interest.

use super::{Look, Survey, look};
use crate::engine::Selection;
use crate::model::libraries::Kind;
use crate::text::FileId;
use aho_corasick::AhoCorasick;
use rayon::prelude::*;
use std::collections::BTreeSet;

impl Survey {
    /// Files without a coroutine may call what has to become one: those that mention such a function
    /// are looked at as well, and with them come new callers.
    pub(super) fn look_for_callers(&mut self, selection: &Selection) {
        let mut known = BTreeSet::new();
        loop {
            let names: BTreeSet<String> = self
                .project
                .colourable_names()
                .into_iter()
                .map(str::to_owned)
                .collect();
            let new: Vec<&String> = names.difference(&known).collect();
            if new.is_empty() {
                return;
            }
            let Ok(search) = AhoCorasick::new(&new) else {
                return;
            };
            known.extend(names);
            if !self.look_closer(selection, |_, bytes| search.is_match(bytes)) {
                return;
            }
        }
    }

    /// Tests have no coroutine for the most part, and may replace the library that sends requests in
    /// files that they load: those that could are looked at as well, with what they import.
    pub(super) fn look_for_tests(&mut self, selection: &Selection) {
        let mut files = (0..self.entries.len()).map(|index| FileId(index as u32));
        if !files.any(|file| self.project.graph().waits_for(file, Kind::Http)) {
            return;
        }
        let has = |bytes: &[u8], word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
        let libraries: Vec<_> = selection.catalogue.libraries().collect();
        let found = self.look_closer(selection, |_, bytes| {
            libraries.iter().any(|library| {
                let Some(http) = &library.http else {
                    return false;
                };
                let words = http.interceptors.iter().chain(&http.interceptor_fixtures);
                let patches = || has(bytes, "patch") || has(bytes, "setattr");
                words.into_iter().any(|word| has(bytes, word))
                    || has(bytes, &library.name) && patches()
            })
        });
        let mut goes_on = found;
        while goes_on {
            let project = &self.project;
            let wanted: BTreeSet<usize> = project
                .files()
                .filter(|(_, facts)| !facts.intercepts.is_empty())
                .flat_map(|(file, facts)| {
                    let reached = facts
                        .intercepts
                        .iter()
                        .flat_map(move |it| project.reach_of(file, it));
                    reached.map(|file| file.0 as usize)
                })
                .collect();
            goes_on = self.look_closer(selection, |index, _| wanted.contains(&index));
        }
    }

    /// Looks closely at those files without a coroutine that seem to need it; whether there are any.
    fn look_closer(
        &mut self,
        selection: &Selection,
        needs_it: impl Fn(usize, &[u8]) -> bool + Sync,
    ) -> bool {
        let plain: Vec<usize> = (0..self.looks.len())
            .filter(|index| matches!(self.looks[*index], Look::Plain))
            .collect();
        let found: Vec<(usize, Look)> = plain
            .into_par_iter()
            .filter_map(|index| {
                let entry = &self.entries[index];
                let bytes = std::fs::read(&entry.path).ok()?;
                needs_it(index, &bytes).then(|| (index, look(entry, selection, true)))
            })
            .collect();
        let new = !found.is_empty();
        let mut more = Vec::new();
        for (index, mut found) in found {
            let facts = found.take_facts();
            more.extend(facts.map(|facts| (FileId(index as u32), facts)));
            self.looks[index] = found;
        }
        if new {
            self.project = self.project.with(more);
        }
        new
    }
}
