//! From findings to changed texts: one transform a step, then look again, until nothing is left.

use super::choose::{Choice, choose};
use super::dependencies::{Dependencies, Sources};
use super::examine::{Selection, examine, facts};
use super::plan::{Applied, Broken, End, FilePatch, Plan, Step};
use super::rewrite::{Rewritten, carried, rewrite};
use super::wish::Wish;
use crate::fix::{FileId, Finding, Fix, Safety};
use crate::model::file::Facts;
use crate::model::project::Project;
use crate::text::{Changed, Edit, Edits, Source, Span};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
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
    changed: Changed,
}

impl State {
    fn new(source: Source, findings: Vec<Finding>) -> Self {
        Self {
            text: Arc::clone(source.text()),
            source,
            findings,
            marks: Vec::new(),
            changed: Changed::default(),
        }
    }
}

/// Applies every fix that is wished for, and those it makes possible.
///
/// `sources` gives the text of files in which nothing was found, for fixes that change them as well.
pub fn settle(
    files: BTreeMap<FileId, Loaded>,
    project: &Project,
    sources: &dyn Sources,
    selection: &Selection,
    wish: impl Into<Wish>,
) -> Plan {
    let mut search = Search::new(files, project, sources, selection, wish.into());
    let (end, passes) = search.run();
    search.finish(end, passes)
}

/// What becomes of the texts if the fix of one finding is applied and nothing else.
pub fn alone(
    finding: &Finding,
    project: &Project,
    sources: &dyn Sources,
    selection: &Selection,
) -> Plan {
    let wish = Wish::from(Safety::Review);
    let mut search = Search::new(BTreeMap::new(), project, sources, selection, wish);
    let rewritten = search.apply(choose(vec![finding.clone()]).accepted);
    for (file, new) in rewritten {
        if let Some(state) = search.states.get_mut(&file) {
            state.text = new.text;
        }
    }
    search.finish(End::Settled, 1)
}

struct Search<'s> {
    project: Cow<'s, Project>,
    sources: &'s dyn Sources,
    dependencies: Dependencies,
    states: BTreeMap<FileId, State>,
    selection: &'s Selection,
    wish: Wish,
    applied: Vec<Applied>,
    steps: Vec<Step>,
    broken: Vec<Broken>,
}

impl<'s> Search<'s> {
    fn new(
        files: BTreeMap<FileId, Loaded>,
        project: &'s Project,
        sources: &'s dyn Sources,
        selection: &'s Selection,
        wish: Wish,
    ) -> Self {
        let states = files.into_iter();
        let states =
            states.map(|(file, loaded)| (file, State::new(loaded.source, loaded.findings)));
        Self {
            project: Cow::Borrowed(project),
            dependencies: Dependencies::new(project),
            sources,
            states: states.collect(),
            selection,
            wish,
            applied: Vec::new(),
            steps: Vec::new(),
            broken: Vec::new(),
        }
    }

    fn run(&mut self) -> (End, usize) {
        let mut seen = BTreeSet::from([self.fingerprint()]);
        let mut busy = Vec::new();
        for pass in 1..=MAX_PASSES {
            busy.clear();
            for transform in &self.selection.transforms {
                let id = transform.info().id;
                if transform.is_about_comments() && !busy.is_empty() {
                    continue;
                }
                if self.turn(id) {
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

    /// One transform's turn; whether it changed anything. Fixes that clashed with others of the same
    /// turn follow at once, each step taking at least one.
    fn turn(&mut self, id: &'static str) -> bool {
        let mut steps_left = self.candidates(id).len();
        let mut changed = false;
        while steps_left > 0 {
            steps_left -= 1;
            let before = self.applied.len();
            let waits = self.step(id);
            let progress = self.applied.len() > before;
            changed |= progress;
            if !waits {
                break;
            }
        }
        changed
    }

    fn candidates(&self, id: &str) -> Vec<Finding> {
        let findings = self.states.values().flat_map(|state| &state.findings);
        let of_transform = findings.filter(|finding| finding.transform == id);
        let mut wished = self.wish.among(of_transform);
        wished.retain(|finding| !self.is_known_broken(finding));
        wished
    }

    /// Applies what goes together of a transform's fixes; whether others have to wait.
    fn step(&mut self, id: &'static str) -> bool {
        let Choice { accepted, deferred } = choose(self.candidates(id));
        if accepted.is_empty() {
            return false;
        }
        let first = self.applied.len();
        let waits = !deferred.is_empty();
        let rewritten = self.apply(accepted);
        self.steps.push(Step {
            transform: id,
            accepted: (first..self.applied.len()).collect(),
            deferred,
        });
        self.adopt(rewritten);
        waits
    }

    /// The new texts with these fixes, less those that do harm.
    fn apply(&mut self, mut accepted: Vec<(Finding, Fix)>) -> BTreeMap<FileId, Rewritten> {
        self.open(&accepted);
        let rewritten = self.rewrite_without_culprits(&mut accepted);
        let first = self.applied.len();
        self.mark(&accepted, &rewritten, first);
        for (finding, fix) in accepted {
            let files = fix.edits().keys().filter_map(|file| self.states.get(file));
            let served = files.flat_map(|state| &state.findings);
            self.wish.carried_out(served, &fix);
            self.applied.push(Applied {
                groups: self.wish.take(&finding),
                finding,
                fix,
            });
        }
        self.dependencies.add(&self.project, &self.applied, first);
        rewritten
    }

    /// Takes files into the search that fixes change and in which nothing was found.
    fn open(&mut self, fixes: &[(Finding, Fix)]) {
        let touched = fixes.iter().flat_map(|(_, fix)| self.touched(fix));
        for file in touched.collect::<BTreeSet<FileId>>() {
            if !self.states.contains_key(&file)
                && let Some(source) = self.sources.source(file)
            {
                self.states.insert(file, State::new(source, Vec::new()));
            }
        }
    }

    /// The files that a fix changes.
    fn touched(&self, fix: &Fix) -> BTreeSet<FileId> {
        let helpers = self.project.modules().helpers();
        let helpers = helpers.filter(|_| !fix.helpers().is_empty());
        let edited = fix.edits().keys().copied();
        edited.chain(helpers.map(|(_, file)| file)).collect()
    }

    /// The helpers that fixes want in a file.
    fn helpers_in<'f>(
        &self,
        file: FileId,
        fixes: impl IntoIterator<Item = &'f Fix>,
    ) -> BTreeSet<&'static str> {
        let helpers = self.project.modules().helpers();
        match helpers.is_some_and(|(_, own)| own == file) {
            true => fixes
                .into_iter()
                .flat_map(|fix| fix.helpers())
                .copied()
                .collect(),
            false => BTreeSet::new(),
        }
    }

    fn code(&self, finding: &Finding) -> &str {
        let state = self.states.get(&finding.file);
        state.map_or("", |state| finding.at.of(&state.text))
    }

    fn is_known_broken(&self, finding: &Finding) -> bool {
        let code = self.code(finding);
        self.broken.iter().any(|broken| broken.is_of(finding, code))
    }

    /// The new texts of these files, or what would be wrong with them.
    fn rewrite(
        &self,
        files: BTreeSet<FileId>,
        fixes: &[(Finding, Fix)],
    ) -> BTreeMap<FileId, Result<Rewritten, String>> {
        let mut by_file: BTreeMap<FileId, Vec<&Fix>> = BTreeMap::new();
        for (_, fix) in fixes {
            for file in self.touched(fix).intersection(&files) {
                by_file.entry(*file).or_default().push(fix);
            }
        }
        let rewrite_one = |file, fixes: &[&Fix]| {
            let state = self.states.get(&file).ok_or("the file was not loaded")?;
            // A mistake of ours in one file must not cost the others their fixes.
            catch_unwind(AssertUnwindSafe(|| {
                rewrite(
                    file,
                    &state.source,
                    &state.text,
                    fixes,
                    &self.helpers_in(file, fixes.iter().copied()),
                    &self.selection.catalogue,
                )
            }))
            .unwrap_or_else(|_| Err("asyncfix failed on it".to_owned()))
        };
        by_file
            .into_par_iter()
            .map(|(file, fixes)| (file, rewrite_one(file, &fixes)))
            .collect()
    }

    /// The new texts of all files that the fixes touch. Where one would be wrong, its fixes are taken
    /// one by one; those that do harm are recorded and taken out of `fixes`.
    fn rewrite_without_culprits(
        &mut self,
        fixes: &mut Vec<(Finding, Fix)>,
    ) -> BTreeMap<FileId, Rewritten> {
        let all = |search: &Self, fixes: &[(Finding, Fix)]| {
            let touched = fixes.iter().flat_map(|(_, fix)| search.touched(fix));
            touched.collect()
        };
        let first_try = self.rewrite(all(self, fixes), fixes);
        let wrong: BTreeSet<FileId> = first_try
            .iter()
            .filter(|(_, result)| result.is_err())
            .map(|(file, _)| *file)
            .collect();
        let result = if wrong.is_empty() {
            first_try
        } else {
            let (suspects, mut kept): (Vec<_>, Vec<_>) = fixes
                .drain(..)
                .partition(|(_, fix)| !self.touched(fix).is_disjoint(&wrong));
            for suspect in suspects {
                let files = self.touched(&suspect.1);
                kept.push(suspect);
                let harm = self
                    .rewrite(files, &kept)
                    .into_values()
                    .find_map(Result::err);
                if let Some(what) = harm
                    && let Some((finding, _)) = kept.pop()
                {
                    self.record(finding, what);
                }
            }
            *fixes = kept;
            self.rewrite(all(self, fixes), fixes)
        };
        result
            .into_iter()
            .filter_map(|(file, rewritten)| Some((file, rewritten.ok()?)))
            .collect()
    }

    fn record(&mut self, finding: Finding, what: String) {
        let state = self.states.get(&finding.file);
        let path = state.map(|state| state.source.path().to_path_buf());
        self.broken.push(Broken {
            path: path.unwrap_or_default(),
            code: self.code(&finding).to_owned(),
            finding,
            what,
        });
    }

    /// Notes which fix made which part of the new texts.
    fn mark(
        &mut self,
        fixes: &[(Finding, Fix)],
        rewritten: &BTreeMap<FileId, Rewritten>,
        first: usize,
    ) {
        for (file, new) in rewritten {
            let owners: Vec<(usize, &Fix, Option<&Edits>)> = fixes
                .iter()
                .enumerate()
                .filter(|(_, (_, fix))| self.touched(fix).contains(file))
                .map(|(index, (_, fix))| (first + index, fix, fix.edits().get(file)))
                .collect();
            let helped = !self
                .helpers_in(*file, fixes.iter().map(|(_, fix)| fix))
                .is_empty();
            let Some(state) = self.states.get_mut(file) else {
                continue;
            };
            let mut makers: BTreeMap<&Edit, Vec<usize>> = BTreeMap::new();
            for (owner, _, edits) in &owners {
                for edit in edits.iter().flat_map(|edits| edits.iter()) {
                    makers.entry(edit).or_default().push(*owner);
                }
            }
            let mut marks = carried(&new.edits, &state.marks);
            for (edit, landed) in new.edits.iter().zip(new.edits.landed()) {
                let mut made_by = makers.get(edit).cloned().unwrap_or_default();
                if made_by.is_empty() {
                    // An import, which several fixes may need.
                    let needs = |fix: &Fix| {
                        let mut imports = fix.needs().iter();
                        imports.any(|(of, import)| of == file && import.is_in(edit.text()))
                            || helped && !fix.helpers().is_empty()
                    };
                    made_by = owners
                        .iter()
                        .filter(|(_, fix, _)| needs(fix))
                        .map(|(owner, ..)| *owner)
                        .collect();
                }
                marks.extend(made_by.into_iter().map(|owner| (landed, owner)));
            }
            marks = carried(&new.removals, &marks);
            for landed in new.removals.landed() {
                marks.extend(owners.iter().map(|(owner, ..)| (landed, *owner)));
            }
            marks.sort();
            marks.dedup();
            state.marks = marks;
            state.changed = state.changed.then(&new.edits).then(&new.removals);
        }
    }

    /// Takes the new texts and looks at them again.
    fn adopt(&mut self, rewritten: BTreeMap<FileId, Rewritten>) {
        // It parsed at the gate. Where looking again fails, the fixes so far still stand.
        let facts: Vec<(FileId, Facts)> = rewritten
            .par_iter()
            .filter_map(|(file, new)| {
                let look = || facts(&new.text, &self.selection.catalogue).ok();
                Some((*file, catch_unwind(AssertUnwindSafe(look)).ok()??))
            })
            .collect();
        self.project = Cow::Owned(self.project.with(facts));
        let changed: BTreeSet<FileId> = rewritten.keys().copied().collect();
        for (file, new) in rewritten {
            self.wish.carry(file, &new);
            if let Some(state) = self.states.get_mut(&file) {
                state.text = new.text;
            }
        }
        let speaks_of_changed = |finding: &Finding| finding.speaks_of(&changed);
        let texts = |file: FileId| match self.states.get(&file) {
            Some(state) => Some(Arc::clone(&state.text)),
            None => Some(Arc::clone(self.sources.source(file)?.text())),
        };
        let examined: Vec<(FileId, Vec<Finding>)> = self
            .states
            .par_iter()
            .filter(|(file, state)| {
                changed.contains(file)
                    || state.findings.iter().any(speaks_of_changed)
                    || self.project.speaks_of_skipping(**file)
            })
            .map(|(file, state)| {
                let look = || examine(&state.text, *file, self.selection, &self.project, &texts);
                let findings = catch_unwind(AssertUnwindSafe(look)).ok();
                (*file, findings.and_then(Result::ok).unwrap_or_default())
            })
            .collect();
        for (file, findings) in examined {
            if let Some(state) = self.states.get_mut(&file) {
                state.findings = findings;
            }
        }
    }

    fn finish(mut self, end: End, passes: usize) -> Plan {
        let texts: BTreeMap<&Path, &Arc<str>> = self
            .states
            .values()
            .map(|state| (state.source.path(), &state.text))
            .collect();
        self.dependencies.lose(
            &self.selection.catalogue,
            &self.applied,
            self.sources,
            &|path| texts.get(path).map(|text| Arc::clone(text)),
        );
        let (manifests, notes) = self.dependencies.finish();
        let mut patches = Vec::new();
        let mut left = Vec::new();
        for (file, state) in self.states {
            left.extend(state.findings.into_iter().filter(|finding| {
                let code = finding.at.of(&state.text);
                self.wish.is_wanted(finding)
                    && !self.broken.iter().any(|broken| broken.is_of(finding, code))
            }));
            if state.text != *state.source.text() {
                patches.push(FilePatch {
                    file,
                    before: state.source,
                    after: state.text,
                    marks: state.marks,
                    changed: state.changed,
                    is_python: true,
                });
            }
        }
        patches.extend(manifests);
        Plan {
            applied: self.applied,
            steps: self.steps,
            patches,
            left,
            broken: self.broken,
            notes,
            decided: self.wish.decided,
            passes,
            end,
        }
    }
}
