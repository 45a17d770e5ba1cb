//! Dependencies, settled once for all fixes of a step: what the code relies on from now on is put
//! beside what it replaces, and that goes when nothing uses it any more.
//!
//! Only text is inserted or deleted, so that comments, quotes and order of a manifest stay.

use super::plan::{Applied, FilePatch};
use super::uses::use_in;
use crate::fix::Dependency;
use crate::model::libraries::Catalogue;
use crate::model::manifests::{Form, List, Manifests, Root, normalised};
use crate::model::project::Project;
use crate::text::{Changed, Edit, Edits, FileId, Source, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of a project in which a word stands.
#[derive(Clone, Debug)]
pub struct Mention {
    pub path: PathBuf,
    /// Nothing if it cannot be read as text.
    pub text: Option<Arc<str>>,
}

/// The files of a run in which something may be looked up while fixes are settled.
pub trait Sources: Sync {
    /// The text of a file as it was when the project was linked.
    fn source(&self, file: FileId) -> Option<Source>;

    /// The files below a folder of manifests in which a word stands.
    fn mentioning(&self, folder: &str, word: &str) -> Vec<Mention>;
}

/// The manifests of a run as they are changed.
pub(super) struct Dependencies {
    manifests: Manifests,
    states: BTreeMap<FileId, State>,
    /// What fixes asked for, by the folder of the project.
    asked: BTreeSet<(String, String, String)>,
    notes: BTreeSet<String>,
}

struct State {
    before: Source,
    text: Arc<str>,
    marks: Vec<(Span, usize)>,
    changed: Changed,
}

/// Names of distributions for names of modules.
fn distribution(catalogue: &Catalogue, module: &str) -> String {
    let library = catalogue.library(module);
    let distribution = library.and_then(|library| library.distribution.as_deref());
    normalised(distribution.unwrap_or(module))
}

impl Dependencies {
    pub fn new(project: &Project) -> Self {
        let manifests = project.manifests().clone();
        let states = manifests.changeable().map(|manifest| {
            let state = State {
                text: Arc::clone(manifest.source.text()),
                before: manifest.source.clone(),
                marks: Vec::new(),
                changed: Changed::default(),
            };
            (manifest.file, state)
        });
        Self {
            states: states.collect(),
            manifests,
            asked: BTreeSet::new(),
            notes: BTreeSet::new(),
        }
    }

    /// Adds what the fixes from `first` on need.
    pub fn add(&mut self, project: &Project, applied: &[Applied], first: usize) {
        let mut asked: BTreeMap<(String, Dependency), Vec<usize>> = BTreeMap::new();
        for (index, applied) in applied.iter().enumerate().skip(first) {
            for dependency in applied.fix.dependencies() {
                let folder = project.modules().folder(dependency.file);
                let Some((folder, _)) = self.manifests.root_of(folder) else {
                    continue;
                };
                let of_any_file = Dependency {
                    file: FileId(0),
                    ..dependency.clone()
                };
                let owners = asked.entry((folder.to_owned(), of_any_file)).or_default();
                owners.push(index);
            }
        }
        for ((folder, dependency), owners) in asked {
            let adds = distribution(project.catalogue(), &dependency.adds);
            let replaces = distribution(project.catalogue(), &dependency.replaces);
            let verified = project
                .catalogue()
                .verified(&dependency.adds, &dependency.replaces);
            self.tell(&folder, &adds, &replaces);
            let mut tried = BTreeSet::new();
            // Each addition moves what stands below it.
            while let Some((file, index, edit)) =
                self.manifests.root_of(&folder).and_then(|(_, root)| {
                    let lacking = root.lacking(&adds, &replaces);
                    let mut new = lacking
                        .into_iter()
                        .filter(|(manifest, index)| !tried.contains(&(manifest.file, *index)));
                    let (manifest, index) = new.next()?;
                    let edit = self.states.get(&manifest.file).and_then(|state| {
                        addition(
                            &state.text,
                            root,
                            &manifest.lists[index],
                            &replaces,
                            &adds,
                            verified,
                        )
                    });
                    Some((manifest.file, index, edit))
                })
            {
                tried.insert((file, index));
                let done = edit.is_some_and(|edit| self.apply(file, edit, &owners));
                match (done, self.states.get(&file)) {
                    (true, _) => self.remake(&folder, &adds),
                    (false, Some(state)) => {
                        let path = state.before.path().to_string_lossy().replace('\\', "/");
                        self.notes.insert(format!("{path}: add {adds} by hand"));
                    }
                    (false, None) => {}
                }
            }
            self.asked
                .insert((folder, dependency.adds, dependency.replaces));
        }
    }

    /// Names what people have to do in files that are not changed here.
    fn tell(&mut self, folder: &str, adds: &str, replaces: &str) {
        let Some((_, root)) = self.manifests.root_of(folder) else {
            return;
        };
        let told = root.told.iter();
        let by_hand =
            told.filter(|told| told.names.contains(replaces) && !told.names.contains(adds));
        let notes =
            by_hand.map(|told| format!("{}: {}", told.path, told.command.replace("{}", adds)));
        self.notes.extend(notes);
    }

    /// Names what tools have to make anew, since what they make it of is changed.
    fn remake(&mut self, folder: &str, adds: &str) {
        let Some((_, root)) = self.manifests.root_of(folder) else {
            return;
        };
        let made = root.told.iter().filter(|told| told.names.is_empty());
        let notes = made.map(|told| format!("{}: {}", told.path, told.command.replace("{}", adds)));
        self.notes.extend(notes);
    }

    fn apply(&mut self, file: FileId, edits: Vec<Edit>, owners: &[usize]) -> bool {
        let Some(state) = self.states.get_mut(&file) else {
            return false;
        };
        let Ok(edits) = Edits::new(edits) else {
            return false;
        };
        let text = edits.apply(&state.text);
        // The gate of a manifest: it is one still, and it can be written.
        if state.before.encode(&text).is_err() || !self.manifests.update(file, &text) {
            return false;
        }
        let spans = edits.carry(state.marks.iter().map(|(span, _)| *span));
        let kept = state.marks.iter().map(|(_, owner)| *owner);
        let mut marks: Vec<(Span, usize)> = spans.into_iter().zip(kept).collect();
        for landed in edits.landed() {
            marks.extend(owners.iter().map(|owner| (landed, *owner)));
        }
        marks.sort();
        marks.dedup();
        state.marks = marks;
        state.changed = state.changed.then(&edits);
        state.text = text.into();
        true
    }

    /// Removes what no file uses any more, `text_of` being the new texts of changed files.
    pub fn lose(
        &mut self,
        catalogue: &Catalogue,
        applied: &[Applied],
        sources: &dyn Sources,
        text_of: &dyn Fn(&Path) -> Option<Arc<str>>,
    ) {
        for (folder, adds, replaces) in std::mem::take(&mut self.asked) {
            let module = replaces.as_str();
            let (adds, name) = (
                distribution(catalogue, &adds),
                distribution(catalogue, module),
            );
            let stands = |root: &Root, name: &str| {
                let lists = root.manifests.iter().flat_map(|manifest| &manifest.lists);
                lists.filter(|list| list.has(name)).count()
            };
            let root = self.manifests.root_of(&folder).map(|(_, root)| root);
            if root.is_none_or(|root| stands(root, &name) == 0) {
                continue;
            }
            let mentions = sources.mentioning(&folder, module);
            let used = mentions.into_iter().find_map(|mention| {
                let text = text_of(&mention.path).or(mention.text);
                let line = match text {
                    Some(text) => use_in(&mention.path, &text, module)?,
                    None => 1,
                };
                Some(format!("{}:{line}", mention.path.display()))
            });
            if let Some(place) = used {
                self.notes.insert(format!(
                    "{name} stays among the dependencies: see {}",
                    place.replace('\\', "/")
                ));
                continue;
            }
            let owners: Vec<usize> = (0..applied.len())
                .filter(|index| {
                    let mut asked = applied[*index].fix.dependencies().iter();
                    asked.any(|dependency| dependency.replaces == replaces)
                })
                .collect();
            self.remove(&folder, &name, Some(&adds), &owners);
            let root = self.manifests.root_of(&folder).map(|(_, root)| root);
            if root.is_some_and(|root| stands(root, &name) == 0) {
                let library = catalogue.library(module);
                let companions = library.map_or(&[] as &[String], |library| &library.companions);
                for companion in companions {
                    self.remove(&folder, &normalised(companion), None, &owners);
                }
            }
            let root = self.manifests.root_of(&folder).map(|(_, root)| root);
            for manifest in root.into_iter().flat_map(|root| &root.manifests) {
                if manifest.lists.iter().any(|list| list.has(&name)) {
                    self.notes.insert(format!(
                        "{}: {name} stays, though no file uses it: a comment, an extra or its group speaks for it",
                        manifest.source.path().to_string_lossy().replace('\\', "/")
                    ));
                }
            }
        }
    }

    /// Takes a distribution out of all lists, or of those that have `beside`.
    fn remove(&mut self, folder: &str, name: &str, beside: Option<&str>, owners: &[usize]) {
        let mut changes: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
        let root = self.manifests.root_of(folder).map(|(_, root)| root);
        for manifest in root.into_iter().flat_map(|root| &root.manifests) {
            let Some(state) = self.states.get(&manifest.file) else {
                continue;
            };
            for list in &manifest.lists {
                if list.takes_beside(name) && beside.is_none_or(|beside| list.has(beside)) {
                    let edits = changes.entry(manifest.file).or_default();
                    edits.extend(removal(&state.text, list, name));
                }
            }
        }
        for (file, edits) in changes {
            if !edits.is_empty() && self.apply(file, edits, owners) {
                self.remake(folder, name);
            }
        }
    }

    /// The changed manifests, and what else there is to do.
    pub fn finish(self) -> (Vec<FilePatch>, Vec<String>) {
        let states = self.states.into_iter();
        let patches = states
            .filter(|(_, state)| state.text != *state.before.text())
            .map(|(file, state)| FilePatch {
                file,
                before: state.before,
                after: state.text,
                marks: state.marks,
                changed: state.changed,
                is_python: false,
            });
        (patches.collect(), self.notes.into_iter().collect())
    }
}

/// The edits that put a distribution beside another.
fn addition(
    text: &str,
    root: &Root,
    list: &List,
    beside: &str,
    name: &str,
    verified: Option<&str>,
) -> Option<Vec<Edit>> {
    if !list.takes_beside(beside) {
        return None;
    }
    let new = root.text_in(list, beside, name, verified)?;
    let place = place_of(text, list, beside, name)?;
    let item = &list.items[place.item];
    let new = match list.form {
        Form::Array => {
            let quote = &text[item.at.start()..item.at.start() + 1];
            format!("{quote}{new}{quote}")
        }
        Form::Table | Form::Lines => new,
    };
    let newline = match text.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let line = line_of(text, item.at);
    let indent = &text[line.start()..item.at.start()];
    let comma = match list.form {
        Form::Array => ",",
        Form::Table | Form::Lines => "",
    };
    if !indent.trim().is_empty() || !ends_its_line(text, item.at) {
        let space = match text[item.at.end()..].starts_with(",\"") {
            true => "",
            false => " ",
        };
        return Some(vec![match place.after {
            true => Edit::insert(item.at.end(), format!(",{space}{new}")),
            false => Edit::insert(item.at.start(), format!("{new},{space}")),
        }]);
    }
    if !place.after {
        let text = format!("{indent}{new}{comma}{newline}");
        return Some(vec![Edit::insert(line.start(), text)]);
    }
    let mut edits = Vec::new();
    let rest = text[item.at.end()..line.end()].trim_start();
    let ends_list = list.form == Form::Array && !rest.starts_with(',');
    if ends_list {
        edits.push(Edit::insert(item.at.end(), ","));
    }
    let comma = if ends_list { "" } else { comma };
    // The last line of a file may lack its end.
    let (lead, end) = match text[..line.end()].ends_with('\n') {
        true => ("", newline),
        false => (newline, ""),
    };
    edits.push(Edit::insert(
        line.end(),
        format!("{lead}{indent}{new}{comma}{end}"),
    ));
    Some(edits)
}

/// Beside which item of a list something goes.
struct Where {
    item: usize,
    after: bool,
}

/// Where a distribution goes: where the list, or the part of it around `beside`, is sorted, in its
/// place, else below that one.
fn place_of(text: &str, list: &List, beside: &str, name: &str) -> Option<Where> {
    let at = list.position(beside)?;
    let name_at = |index: usize| list.items[index].requirement.name.as_str();
    let is_sorted =
        |first: usize, last: usize| (first..last).all(|at| name_at(at) <= name_at(at + 1));
    let gap = |first: usize| &text[list.items[first].at.end()..list.items[first + 1].at.start()];
    let run = |goes_on: &dyn Fn(usize) -> bool| {
        let (mut first, mut last) = (at, at);
        while first > 0 && goes_on(first - 1) {
            first -= 1;
        }
        while last + 1 < list.items.len() && goes_on(last) {
            last += 1;
        }
        let behind_python = name_at(first) == "python" && first < at;
        (first + usize::from(behind_python), last)
    };
    // Blank lines divide a list, and so may comments of their own.
    let has_blank = |gap: &str| {
        let lines: Vec<&str> = gap.split('\n').collect();
        let inner = lines
            .get(1..lines.len().saturating_sub(1))
            .unwrap_or_default();
        inner.iter().any(|line| line.trim().is_empty())
    };
    let (mut first, mut last) = run(&|index| !has_blank(gap(index)));
    let whole = is_sorted(first, last);
    if !whole {
        (first, last) = run(&|index| gap(index).matches('\n').count() <= 1);
    }
    let below = |item: usize| Where { item, after: true };
    let next = (first..=last).find(|index| name_at(*index) > name);
    Some(match next {
        _ if !is_sorted(first, last) => below(at),
        // A comment above may speak of the first only.
        Some(next) if next == first && !whole => below(at),
        Some(next) if next == first => Where {
            item: first,
            after: false,
        },
        Some(next) => below(next - 1),
        None => below(last),
    })
}

/// The edit that takes a distribution out of a list; nothing if a comment speaks of it.
fn removal(text: &str, list: &List, name: &str) -> Option<Edit> {
    let index = list.position(name)?;
    let at = list.items[index].at;
    let line = line_of(text, at);
    let alone = text[line.start()..at.start()].trim().is_empty() && ends_its_line(text, at);
    if alone {
        let speaks = text[at.end()..line.end()].contains('#');
        return (!speaks).then(|| Edit::delete(line));
    }
    let (previous, next) = (index.checked_sub(1), list.items.get(index + 1));
    let gap = match (previous, next) {
        (Some(previous), _) => Span::new(list.items[previous].at.end(), at.end()),
        (None, Some(next)) => Span::new(at.start(), next.at.start()),
        (None, None) => return None,
    };
    (list.form == Form::Array && !gap.of(text).contains('#')).then(|| Edit::delete(gap))
}

/// The line around a place, with its end.
fn line_of(text: &str, at: Span) -> Span {
    let start = text[..at.start()].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at.end()..].find('\n');
    Span::new(start, end.map_or(text.len(), |end| at.end() + end + 1))
}

/// Whether only a comma and a comment follow on the line.
fn ends_its_line(text: &str, at: Span) -> bool {
    let rest = &text[at.end()..line_of(text, at).end()];
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    rest.is_empty() || rest.starts_with('#')
}
