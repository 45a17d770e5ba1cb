//! Reading files: first what each says, then, with all of them linked, what is found in it.

mod closer;

use super::manifests::{manifests, mentioning};
use super::walk::absolute;
use super::{Entry, Skipped};
use crate::engine::{Loaded, Mention, Selection, Sources, examine, facts, is_of_interest};
use crate::fix::Texts;
use crate::model::file::Facts;
use crate::model::libraries::Kind;
use crate::model::project::{Modules, Project};
use crate::python::{Lines, ParseTrouble};
use crate::text::{FileId, Source, Stamp};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What became of a file.
#[derive(Debug)]
pub enum Outcome<T = Loaded> {
    /// Nothing to say about it.
    Quiet,
    Found(T),
    Skipped(Skipped),
}

impl<T> Outcome<T> {
    /// The same outcome, with what was found digested.
    pub fn map<U>(self, digest: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Quiet => Outcome::Quiet,
            Self::Found(found) => Outcome::Found(digest(found)),
            Self::Skipped(skipped) => Outcome::Skipped(skipped),
        }
    }
}

/// What a first look at a file came to.
enum Look {
    /// It can be read, and has no coroutine.
    Plain,
    Known(Known),
    Skipped(Skipped),
}

impl Look {
    fn take_facts(&mut self) -> Option<Facts> {
        match self {
            Self::Known(known) => known.facts.take().map(|facts| *facts),
            Self::Plain | Self::Skipped(_) => None,
        }
    }
}

struct Known {
    /// Until they are linked.
    facts: Option<Box<Facts>>,
    stamp: Stamp,
    /// There is something in it to be examined: a coroutine, what replaces requests, or a comment that
    /// speaks to asyncfix.
    of_interest: bool,
    /// It is not there yet.
    is_new: bool,
}

/// The files of a run, linked.
pub struct Survey {
    entries: Vec<Entry>,
    looks: Vec<Look>,
    project: Project,
    /// The only file, where it is not on the disk.
    alone: Option<Source>,
}

impl Survey {
    /// Reads all files; parses those with a coroutine, and what they import; and links them. Nothing
    /// that is wrong with one file stops the run. With `whole`, files that were not asked for may be
    /// changed as well. `progress` is told of each file.
    pub fn new(
        entries: Vec<Entry>,
        selection: &Selection,
        whole: bool,
        progress: &(dyn Fn() + Sync),
    ) -> Self {
        let (entries, helpers) = with_helpers(entries, selection);
        let mut modules = Modules::default();
        for entry in &entries {
            modules.add(&absolute(&entry.path), &entry.path);
        }
        modules.link();
        modules.know_libraries(selection.catalogue.library_names());
        for text in settings(&entries) {
            modules.read_settings(&text);
        }
        for (index, _) in entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| !whole && !entry.asked)
        {
            modules.leave(FileId(index as u32));
        }
        if let (Some(file), Some(helpers)) = (helpers, &selection.helpers) {
            modules.put_helpers_into(&helpers.name, file);
        }
        let mut looks: Vec<Look> = entries
            .par_iter()
            .map(|entry| {
                progress();
                look(entry, selection, entry.thorough)
            })
            .collect();
        let mut new: Vec<usize> = (0..looks.len()).collect();
        while !new.is_empty() {
            let mut wanted: Vec<usize> = new
                .par_iter()
                .flat_map_iter(|index| imported(&modules, &looks, *index))
                .collect();
            wanted.sort_unstable();
            wanted.dedup();
            let found: Vec<(usize, Look)> = wanted
                .into_par_iter()
                .map(|index| (index, look(&entries[index], selection, true)))
                .collect();
            new = found.iter().map(|(index, _)| *index).collect();
            for (index, found) in found {
                looks[index] = found;
            }
        }
        if looks.iter().any(|look| matches!(look, Look::Skipped(_))) {
            modules.lack_files();
        }
        let facts = looks.iter_mut().map(Look::take_facts);
        let facts = facts.map(|facts| facts.map(Arc::new)).collect();
        let project = Project::link(modules, facts, Arc::clone(&selection.catalogue));
        let mut survey = Self {
            entries,
            looks,
            project,
            alone: None,
        };
        survey.look_for_tests(selection);
        survey.look_for_callers(selection);
        survey.read_manifests();
        survey
    }

    /// Reads what the projects depend on whose files may come to depend on something else.
    fn read_manifests(&mut self) {
        let files = (0..self.entries.len()).map(|index| FileId(index as u32));
        let concerned = files.filter(|file| self.project.graph().waits_for(*file, Kind::Http));
        let folders: BTreeSet<PathBuf> = concerned
            .filter_map(|file| self.entries.get(file.0 as usize))
            .filter_map(|entry| absolute(&entry.path).parent().map(Path::to_path_buf))
            .collect();
        let first = FileId(self.entries.len() as u32);
        let manifests = Arc::new(manifests(folders, first));
        self.project = std::mem::take(&mut self.project).depending(manifests);
    }

    /// Bytes that stand for a file on their own.
    pub fn alone(path: &Path, bytes: &[u8], selection: &Selection) -> Self {
        let entry = Entry {
            path: path.to_path_buf(),
            thorough: true,
            asked: true,
        };
        let source = decode(path, bytes);
        let mut look = match &source {
            Ok(source) => known(source, is_of_interest(bytes), selection),
            Err(skipped) => Look::Skipped(skipped.clone()),
        };
        let facts = vec![look.take_facts().map(Arc::new)];
        let mut modules = Modules::new([path]);
        modules.lack_files();
        let project = Project::link(modules, facts, Arc::clone(&selection.catalogue));
        Self {
            entries: vec![entry],
            looks: vec![look],
            project,
            alone: source.ok(),
        }
    }

    /// The files that were asked for.
    pub fn asked(&self) -> impl Iterator<Item = FileId> {
        let entries = self.entries.iter().enumerate();
        entries
            .filter(|(_, entry)| entry.asked)
            .map(|(index, _)| FileId(index as u32))
    }

    pub fn project(&self) -> &Project {
        &self.project
    }

    /// What is found in each file that was asked for, digested, in the order of the files; files with
    /// nothing to say are left out.
    pub fn examine<T: Send>(
        &self,
        selection: &Selection,
        digest: impl Fn(Loaded) -> T + Sync,
    ) -> Vec<(FileId, Outcome<T>)> {
        self.looks
            .par_iter()
            .zip(&self.entries)
            .enumerate()
            .map(|(index, (look, entry))| {
                let file = FileId(index as u32);
                let outcome = match look {
                    Look::Plain => Outcome::Quiet,
                    Look::Skipped(skipped) if entry.asked => Outcome::Skipped(skipped.clone()),
                    Look::Skipped(_) => Outcome::Quiet,
                    Look::Known(known) if entry.asked && known.of_interest => {
                        self.examine_file(entry, known, file, selection)
                    }
                    Look::Known(_) => Outcome::Quiet,
                };
                (file, outcome.map(&digest))
            })
            .filter(|(_, outcome)| !matches!(outcome, Outcome::Quiet))
            .collect()
    }

    fn examine_file(
        &self,
        entry: &Entry,
        known: &Known,
        file: FileId,
        selection: &Selection,
    ) -> Outcome {
        let fires = selection
            .transforms
            .iter()
            .any(|transform| transform.may_fire(&self.project, file));
        if !fires {
            return Outcome::Quiet;
        }
        match self.reread(entry, known) {
            Ok(source) => {
                let texts = |file| Some(Arc::clone(self.source(file)?.text()));
                found(source, file, selection, &self.project, &texts)
            }
            Err(skipped) => Outcome::Skipped(skipped),
        }
    }

    /// The same text again, which was not kept.
    fn reread(&self, entry: &Entry, known: &Known) -> Result<Source, Skipped> {
        if let Some(source) = &self.alone {
            return Ok(source.clone());
        }
        if known.is_new {
            return Ok(Source::absent(&entry.path));
        }
        let source = read(&entry.path)?;
        if source.stamp() != known.stamp {
            let why = "it changed while it was looked at; run asyncfix again";
            return Err(Skipped::new(&entry.path, why));
        }
        Ok(source)
    }
}

impl Sources for Survey {
    fn source(&self, file: FileId) -> Option<Source> {
        let entry = self.entries.get(file.0 as usize)?;
        let Look::Known(known) = self.looks.get(file.0 as usize)? else {
            return None;
        };
        self.reread(entry, known).ok()
    }

    fn mentioning(&self, folder: &str, word: &str) -> Vec<Mention> {
        let entries = self.entries.iter().map(|entry| &entry.path);
        let shown = entries.map(|path| (absolute(path), path.clone())).collect();
        mentioning(Path::new(folder), word, &shown)
    }
}

fn found(
    source: Source,
    file: FileId,
    selection: &Selection,
    project: &Project,
    texts: Texts<'_>,
) -> Outcome {
    let look = || examine(source.text(), file, selection, project, texts);
    match catch_unwind(AssertUnwindSafe(look)) {
        Ok(Ok(findings)) if findings.is_empty() => Outcome::Quiet,
        Ok(Ok(findings)) => Outcome::Found(Loaded { source, findings }),
        Ok(Err(trouble)) => Outcome::Skipped(unparsed(&source, &trouble)),
        Err(_) => Outcome::Skipped(failed(source.path())),
    }
}

/// The files of a run and the module of helpers, and which of them it is.
fn with_helpers(mut entries: Vec<Entry>, selection: &Selection) -> (Vec<Entry>, Option<FileId>) {
    let Some(helpers) = &selection.helpers else {
        return (entries, None);
    };
    let own = absolute(&helpers.path);
    if !entries.iter().any(|entry| absolute(&entry.path) == own) {
        entries.push(Entry {
            path: helpers.path.clone(),
            thorough: true,
            asked: false,
        });
        entries.sort();
    }
    let at = entries
        .iter()
        .position(|entry| absolute(&entry.path) == own);
    if let Some(entry) = at.and_then(|at| entries.get_mut(at)) {
        entry.thorough = true;
    }
    (entries, at.map(|at| FileId(at as u32)))
}

/// Whether a file is the module of helpers.
fn is_helpers(entry: &Entry, selection: &Selection) -> bool {
    let helpers = selection.helpers.as_ref();
    helpers.is_some_and(|helpers| absolute(&entry.path) == absolute(&helpers.path))
}

/// Reads a file. One without a coroutine is only checked for being readable, unless the look is to be
/// `thorough`; any other is parsed, whatever it holds.
fn look(entry: &Entry, selection: &Selection, thorough: bool) -> Look {
    let path = &entry.path;
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if is_helpers(entry, selection) && error.kind() == ErrorKind::NotFound => {
            return known(&Source::absent(path), false, selection);
        }
        Err(error) => return Look::Skipped(unreadable(path, &error)),
    };
    let of_interest = is_of_interest(&bytes);
    if !thorough && !of_interest && is_plain(&bytes) {
        return Look::Plain;
    }
    let source = match decode(path, &bytes) {
        Ok(source) => source,
        Err(skipped) => return Look::Skipped(skipped),
    };
    if !thorough && !of_interest {
        return Look::Plain;
    }
    known(&source, of_interest, selection)
}

/// The files that a file imports and that were not looked at closely.
fn imported(modules: &Modules, looks: &[Look], index: usize) -> Vec<usize> {
    let Some(Look::Known(Known {
        facts: Some(facts), ..
    })) = looks.get(index)
    else {
        return Vec::new();
    };
    let file = FileId(index as u32);
    let stars = facts.stars.iter();
    facts
        .imports
        .iter()
        .chain(stars)
        .flat_map(|(level, name)| modules.loaded_by(file, *level, name))
        .map(|file| file.0 as usize)
        .filter(|index| matches!(looks.get(*index), Some(Look::Plain)))
        .collect()
}

/// The settings that may start functions of the files, from their folders and those above.
fn settings(entries: &[Entry]) -> Vec<String> {
    let mut folders = BTreeSet::new();
    for entry in entries {
        for folder in absolute(&entry.path).ancestors().skip(1) {
            if !folders.insert(folder.to_path_buf()) {
                break;
            }
        }
    }
    let files = folders
        .iter()
        .flat_map(|folder| ["pyproject.toml", "setup.cfg"].map(|name| folder.join(name)));
    files
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .collect()
}

fn read(path: &Path) -> Result<Source, Skipped> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    decode(path, &bytes)
}

fn decode(path: &Path, bytes: &[u8]) -> Result<Source, Skipped> {
    Source::decode(path, bytes).map_err(|error| Skipped::new(path, error))
}

fn known(source: &Source, of_interest: bool, selection: &Selection) -> Look {
    let is_stub = source
        .path()
        .extension()
        .is_some_and(|extension| extension == "pyi");
    let look = || facts(source.text(), &selection.catalogue);
    match catch_unwind(AssertUnwindSafe(look)) {
        Ok(Ok(facts)) => Look::Known(Known {
            stamp: source.stamp(),
            // Stubs say what other files are; there is nothing in them to repair.
            of_interest: (of_interest || !facts.intercepts.is_empty()) && !is_stub,
            is_new: source.is_new(),
            facts: Some(Box::new(facts)),
        }),
        Ok(Err(trouble)) => Look::Skipped(unparsed(source, &trouble)),
        Err(_) => Look::Skipped(failed(source.path())),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Skipped {
    Skipped::new(path, format!("cannot be read ({error})"))
}

pub(super) fn unparsed(source: &Source, trouble: &ParseTrouble) -> Skipped {
    Skipped {
        path: source.path().to_path_buf(),
        position: Some(Lines::new(source.text()).position(trouble.at)),
        why: format!("does not parse: {trouble}"),
    }
}

fn failed(path: &Path) -> Skipped {
    Skipped::new(
        path,
        "asyncfix failed on it; please report this with the file",
    )
}

/// Whether bytes are certain to be readable: ASCII without NUL, or valid UTF-8 that declares nothing else.
fn is_plain(bytes: &[u8]) -> bool {
    if memchr::memchr(0, bytes).is_some() {
        return false;
    }
    let head_end = bytes
        .iter()
        .take(400)
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(1);
    let head = &bytes[..head_end.map_or(bytes.len().min(400), |(at, _)| at)];
    memchr::memmem::find(head, b"coding").is_none() && std::str::from_utf8(bytes).is_ok()
}
