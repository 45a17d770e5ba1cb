//! From findings to changed texts: one transform a step, then look again, until nothing is left.

use super::choose::{Choice, choose};
use super::examine::{Selection, examine};
use super::plan::{Applied, Broken, End, FilePatch, Plan, Step};
use super::{gate, imports};
use crate::fix::{FileId, Finding, Fix, Safety};
use crate::model::file::{ImportName, Module};
use crate::python::{deep_stack, parse};
use crate::text::{Edit, Edits, Source, Span};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// After so many passes the search is given up and the transforms at fault are named.
const MAX_PASSES: usize = 5;

/// A file in which something was found.
#[derive(Debug)]
pub struct Loaded {
    pub source: Source,
    pub findings: Vec<Finding>,
}

struct State {
    source: Source,
    text: Arc<str>,
    findings: Vec<Finding>,
    marks: Vec<(Span, usize)>,
}

/// The new text of one file, and what the edits made of it.
struct Rewritten {
    text: Arc<str>,
    /// Old edits and later removals, in the order they were applied.
    edits: Edits,
    removals: Edits,
}

/// Applies every fix of at least this safety, and those it makes possible.
pub fn settle(files: BTreeMap<FileId, Loaded>, selection: &Selection, at_least: Safety) -> Plan {
    let mut search = Search {
        states: files
            .into_iter()
            .map(|(file, loaded)| {
                let text = Arc::clone(loaded.source.text());
                let state = State {
                    source: loaded.source,
                    text,
                    findings: loaded.findings,
                    marks: Vec::new(),
                };
                (file, state)
            })
            .collect(),
        selection,
        at_least,
        applied: Vec::new(),
        steps: Vec::new(),
        broken: Vec::new(),
    };
    let (end, passes) = search.run();
    search.finish(end, passes)
}

struct Search<'s> {
    states: BTreeMap<FileId, State>,
    selection: &'s Selection,
    at_least: Safety,
    applied: Vec<Applied>,
    steps: Vec<Step>,
    broken: Vec<Broken>,
}

impl Search<'_> {
    fn run(&mut self) -> (End, usize) {
        let mut seen = BTreeSet::from([self.fingerprint()]);
        let mut busy = Vec::new();
        for pass in 1..=MAX_PASSES {
            busy.clear();
            for transform in &self.selection.transforms {
                let id = transform.info().id;
                if self.step(id) {
                    busy.push(id);
                }
            }
            if busy.is_empty() {
                return (End::Settled, pass - 1);
            }
            if !seen.insert(self.fingerprint()) {
                return (End::Oscillates(busy), pass);
            }
        }
        (End::Bound(busy), MAX_PASSES)
    }

    /// A value that differs when any text differs.
    fn fingerprint(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        for (file, state) in &self.states {
            (file, &*state.text).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// One transform's turn; whether it changed anything.
    fn step(&mut self, id: &'static str) -> bool {
        let candidates: Vec<Finding> = self
            .states
            .values()
            .flat_map(|state| &state.findings)
            .filter(|finding| finding.transform == id && !self.is_known_broken(finding))
            .cloned()
            .collect();
        let Choice {
            mut accepted,
            deferred,
        } = choose(candidates, self.at_least);
        if accepted.is_empty() {
            return false;
        }
        let rewritten = match self.rewrite(&accepted) {
            Ok(rewritten) => rewritten,
            Err(_) => self.without_culprits(&mut accepted),
        };
        let first = self.applied.len();
        let step = Step {
            transform: id,
            accepted: (first..first + accepted.len()).collect(),
            deferred,
        };
        self.mark(&accepted, &rewritten, first);
        self.applied.extend(
            accepted
                .into_iter()
                .map(|(finding, fix)| Applied { finding, fix }),
        );
        let changed = !step.accepted.is_empty();
        if changed || !step.deferred.is_empty() {
            self.steps.push(step);
        }
        self.adopt(rewritten);
        changed
    }

    fn code(&self, finding: &Finding) -> &str {
        let state = self.states.get(&finding.file);
        state.map_or("", |state| finding.at.of(&state.text))
    }

    fn is_known_broken(&self, finding: &Finding) -> bool {
        self.broken.iter().any(|broken| {
            broken.finding.transform == finding.transform
                && broken.finding.file == finding.file
                && broken.finding.message == finding.message
                && broken.code == self.code(finding)
        })
    }

    /// The new texts of all files that the fixes touch, or what is wrong with one of them.
    fn rewrite(
        &self,
        fixes: &[(Finding, Fix)],
    ) -> Result<BTreeMap<FileId, Rewritten>, (FileId, String)> {
        let mut by_file: BTreeMap<FileId, Vec<&Fix>> = BTreeMap::new();
        for (_, fix) in fixes {
            for file in fix.edits().keys() {
                by_file.entry(*file).or_default().push(fix);
            }
        }
        by_file
            .into_par_iter()
            .map(|(file, fixes)| {
                let state = self.states.get(&file);
                let state = state.ok_or_else(|| (file, "the file was not loaded".to_owned()))?;
                // A mistake of ours in one file must not cost the others their fixes.
                catch_unwind(AssertUnwindSafe(|| rewrite_file(file, state, &fixes)))
                    .unwrap_or_else(|_| Err("asyncfix failed on it".to_owned()))
                    .map(|rewritten| (file, rewritten))
                    .map_err(|what| (file, what))
            })
            .collect()
    }

    /// Applies fixes one by one, keeps those that do no harm, and records the others.
    fn without_culprits(&mut self, fixes: &mut Vec<(Finding, Fix)>) -> BTreeMap<FileId, Rewritten> {
        let mut kept: Vec<(Finding, Fix)> = Vec::new();
        let mut result = BTreeMap::new();
        for candidate in fixes.drain(..) {
            kept.push(candidate);
            match self.rewrite(&kept) {
                Ok(rewritten) => result = rewritten,
                Err((_, what)) => {
                    if let Some((finding, _)) = kept.pop() {
                        let code = self.code(&finding).to_owned();
                        self.broken.push(Broken {
                            finding,
                            code,
                            what,
                        });
                    }
                }
            }
        }
        *fixes = kept;
        result
    }

    /// Notes which fix made which part of the new texts.
    fn mark(
        &mut self,
        fixes: &[(Finding, Fix)],
        rewritten: &BTreeMap<FileId, Rewritten>,
        first: usize,
    ) {
        for (file, new) in rewritten {
            let Some(state) = self.states.get_mut(file) else {
                continue;
            };
            let owners: Vec<(usize, &Fix, &Edits)> = fixes
                .iter()
                .enumerate()
                .filter_map(|(index, (_, fix))| Some((first + index, fix, fix.edits().get(file)?)))
                .collect();
            let mut marks: Vec<(Span, usize)> = state
                .marks
                .iter()
                .map(|&(span, owner)| (new.edits.carry(span), owner))
                .collect();
            for (edit, landed) in new.edits.iter().zip(new.edits.landed()) {
                let mut made_by: Vec<usize> = owners
                    .iter()
                    .filter(|(_, _, edits)| edits.iter().any(|own| own == edit))
                    .map(|(owner, ..)| *owner)
                    .collect();
                if made_by.is_empty() {
                    // An import, which several fixes may need.
                    let needs = |fix: &Fix| {
                        fix.needs().iter().any(|(of, import)| {
                            of == file && edit.text().contains(&import.to_string())
                        })
                    };
                    made_by = owners
                        .iter()
                        .filter(|(_, fix, _)| needs(fix))
                        .map(|(owner, ..)| *owner)
                        .collect();
                }
                marks.extend(made_by.into_iter().map(|owner| (landed, owner)));
            }
            for (span, _) in &mut marks {
                *span = new.removals.carry(*span);
            }
            for landed in new.removals.landed() {
                marks.extend(owners.iter().map(|(owner, ..)| (landed, *owner)));
            }
            marks.sort();
            marks.dedup();
            state.marks = marks;
        }
    }

    /// Takes the new texts and looks at them again.
    fn adopt(&mut self, rewritten: BTreeMap<FileId, Rewritten>) {
        let examined: Vec<(FileId, Arc<str>, Vec<Finding>)> = rewritten
            .into_par_iter()
            .map(|(file, new)| {
                // It parsed at the gate. Where looking again fails, the fixes so far still stand.
                let look = || examine(&new.text, file, self.selection).unwrap_or_default();
                let findings = catch_unwind(AssertUnwindSafe(look)).unwrap_or_default();
                (file, new.text, findings)
            })
            .collect();
        for (file, text, findings) in examined {
            if let Some(state) = self.states.get_mut(&file) {
                state.text = text;
                state.findings = findings;
            }
        }
    }

    fn finish(self, end: End, passes: usize) -> Plan {
        let mut patches = Vec::new();
        let mut left = Vec::new();
        for (file, state) in self.states {
            left.extend(state.findings);
            if state.text != *state.source.text() {
                patches.push(FilePatch {
                    file,
                    before: state.source,
                    after: state.text,
                    marks: state.marks,
                });
            }
        }
        Plan {
            applied: self.applied,
            steps: self.steps,
            patches,
            left,
            broken: self.broken,
            passes,
            end,
        }
    }
}

/// Applies fixes to one file, adds and removes imports, and checks the outcome.
fn rewrite_file(file: FileId, state: &State, fixes: &[&Fix]) -> Result<Rewritten, String> {
    deep_stack(|| {
        let problem =
            |error: crate::python::ParseTrouble| format!("the file would not parse: {error}");
        let tree = parse(&state.text).map_err(problem)?;
        let before = Module::new(&state.text, &tree);
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
        let edits = Edits::new(edits).map_err(|error| error.to_string())?;
        let changed = edits.apply(&state.text);
        let tree = parse(&changed).map_err(problem)?;
        let after = Module::new(&changed, &tree);
        let removals = imports::removals(state.source.path(), &before, &after);
        let removals = Edits::new(removals).map_err(|error| error.to_string())?;
        if removals.is_empty() {
            gate::check(&before, &after)?;
        } else {
            let text = removals.apply(&changed);
            let tree = parse(&text).map_err(problem)?;
            gate::check(&before, &Module::new(&text, &tree))?;
        }
        let text = Arc::<str>::from(removals.apply(&changed));
        state
            .source
            .encode(&text)
            .map_err(|lacking| format!("the file's encoding has no {lacking:?}"))?;
        Ok(Rewritten {
            text,
            edits,
            removals,
        })
    })
}
