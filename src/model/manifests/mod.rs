//! What projects declare to depend on, in the files that say so.
//!
//! Texts come in as values, and are not changed here. A file belongs to the nearest folder above it in
//! which something is declared. What cannot be read, or is made by a tool, is known by its name.

mod lines;
mod list;
mod pyproject;
mod requirement;

pub use list::{Form, Item, List, Purpose};
pub use requirement::{Requirement, normalised};

use crate::text::{FileId, Source};
use std::collections::{BTreeMap, BTreeSet};

/// A manifest as it was read.
#[derive(Clone, Debug)]
pub struct ManifestText {
    pub file: FileId,
    /// The folder of the project, in the form in which the folders of modules are known.
    pub folder: String,
    pub source: Source,
    /// It may be written to.
    pub changeable: bool,
}

/// A file that declares dependencies and can be changed.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub file: FileId,
    pub source: Source,
    pub lists: Vec<List>,
}

/// A file that tells of dependencies and is not changed: by a person, or by a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// As it is shown.
    pub path: String,
    /// What it declares, normalised; nothing for files that tools make of others.
    pub names: BTreeSet<String>,
    /// What makes it true again, with `{}` for the new distribution.
    pub command: String,
}

/// A folder with manifests.
#[derive(Clone, Debug, Default)]
pub struct Root {
    pub manifests: Vec<Manifest>,
    pub told: Vec<Told>,
}

/// The manifests of all projects of a run.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    roots: BTreeMap<String, Root>,
}

/// Whether code may rely on another distribution in the place of one that it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provision {
    /// It is among the dependencies.
    Declared,
    /// It can be put beside the old one.
    Addable,
    /// It can be added, but only to groups or optional parts that have the old one.
    AddableInParts,
    /// It has to be put into these files by a person.
    ByHand(Vec<String>),
    /// Nothing is known of it.
    Unknown,
}

/// What a manifest is for, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Pyproject,
    SetupCfg,
    Requirements,
    SetupPy,
    Pipfile,
    Environment,
    /// Made by a tool; the command makes it anew.
    Lock(&'static str),
}

fn role(name: &str) -> Option<Role> {
    let requirements = (name.ends_with(".txt") || name.ends_with(".in"))
        && name.contains("requirements")
        && !name.contains("constraint");
    Some(match name {
        "pyproject.toml" => Role::Pyproject,
        "setup.cfg" => Role::SetupCfg,
        "setup.py" => Role::SetupPy,
        "Pipfile" => Role::Pipfile,
        "environment.yml" | "environment.yaml" => Role::Environment,
        "poetry.lock" => Role::Lock("poetry lock"),
        "uv.lock" => Role::Lock("uv lock"),
        "pdm.lock" => Role::Lock("pdm lock"),
        "pylock.toml" => Role::Lock("uv export -o pylock.toml"),
        _ if requirements => Role::Requirements,
        _ => return None,
    })
}

/// Whether a file of this name, in the folder of a project, may declare dependencies. In its folder
/// `requirements`, every text does.
pub fn is_manifest(name: &str, in_requirements: bool) -> bool {
    match in_requirements {
        true => name.ends_with(".txt") || name.ends_with(".in"),
        false => role(name).is_some(),
    }
}

/// Whether a file of this name makes its folder that of a project.
pub fn makes_a_project(name: &str, text: &str) -> bool {
    match role(name) {
        Some(Role::Lock(_)) | None => false,
        Some(Role::Pyproject) => pyproject::read(text)
            .is_none_or(|declared| declared.is_project || !declared.lists.is_empty()),
        Some(Role::SetupCfg) => text.contains("[options") || text.contains("[metadata"),
        Some(_) => true,
    }
}

impl Manifests {
    pub fn new(texts: Vec<ManifestText>) -> Self {
        let names: BTreeSet<String> = texts.iter().map(key).collect();
        let mut manifests = Self::default();
        for text in texts {
            let root = manifests.roots.entry(text.folder.clone()).or_default();
            root.add(text, &names);
        }
        manifests
    }

    /// The manifests that are responsible for the files of a folder.
    pub fn root_of(&self, folder: &str) -> Option<(&str, &Root)> {
        let mut at = folder;
        loop {
            if let Some((folder, root)) = self.roots.get_key_value(at) {
                return Some((folder, root));
            }
            if at.is_empty() {
                return None;
            }
            at = at.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Every manifest that may be changed.
    pub fn changeable(&self) -> impl Iterator<Item = &Manifest> {
        self.roots.values().flat_map(|root| &root.manifests)
    }

    /// The normalised names of all that is declared, in whatever file and group.
    pub fn declared(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for root in self.roots.values() {
            let lists = root.manifests.iter().flat_map(|manifest| &manifest.lists);
            let items = lists.flat_map(|list| &list.items);
            names.extend(items.map(|item| item.requirement.name.as_str()));
            let told = root.told.iter().flat_map(|told| &told.names);
            names.extend(told.map(String::as_str));
        }
        names
    }

    /// Takes the new text of a manifest; nothing changes if it does not declare dependencies any more.
    pub fn update(&mut self, file: FileId, text: &str) -> bool {
        let mut manifests = self.roots.values_mut().flat_map(|root| &mut root.manifests);
        let Some(manifest) = manifests.find(|manifest| manifest.file == file) else {
            return false;
        };
        let name = file_name(&manifest.source);
        let Some(lists) = lists_of(name, text) else {
            return false;
        };
        manifest.lists = lists;
        true
    }
}

fn file_name(source: &Source) -> &str {
    let name = source.path().file_name();
    name.and_then(|name| name.to_str()).unwrap_or_default()
}

fn shown(source: &Source) -> String {
    source.path().to_string_lossy().replace('\\', "/")
}

/// What tells `requirements.in` and the `requirements.txt` that is made of it from others.
fn key(text: &ManifestText) -> String {
    shown(&text.source)
}

/// The lists of a manifest that can be changed; nothing if it cannot be read.
fn lists_of(name: &str, text: &str) -> Option<Vec<List>> {
    match role(name) {
        Some(Role::Pyproject) => Some(pyproject::read(text)?.lists),
        Some(Role::SetupCfg) => Some(lines::setup_cfg(text).0),
        _ => Some(lines::requirements(text)),
    }
}

impl Root {
    fn add(&mut self, text: ManifestText, names: &BTreeSet<String>) {
        let path = shown(&text.source);
        let content = text.source.text().as_ref();
        let name = file_name(&text.source);
        let told = |names: Vec<String>, command: &str| Told {
            path: path.clone(),
            names: names.into_iter().collect(),
            command: command.to_owned(),
        };
        let by_hand = "add {} by hand";
        match role(name).unwrap_or(Role::Requirements) {
            Role::Lock(command) => self
                .told
                .push(told(Vec::new(), &format!("run `{command}`"))),
            Role::SetupPy => self.told.push(told(quoted(content), "add {} by hand")),
            Role::Pipfile => self
                .told
                .push(told(keys(content), "run `pipenv install {}`")),
            Role::Environment => {
                let command = "add {}, then run `conda env update`";
                self.told.push(told(dashed(content), command));
            }
            Role::Requirements if is_compiled(&path, content, names) => {
                let command = match path.strip_suffix(".txt") {
                    Some(stem) if names.contains(&format!("{stem}.in")) => {
                        format!("run `pip-compile {stem}.in`")
                    }
                    _ => "compile it again".to_owned(),
                };
                self.told.push(told(Vec::new(), &command));
            }
            Role::Pyproject => match pyproject::read(content) {
                Some(declared) => {
                    if !declared.others.is_empty() {
                        self.told.push(told(declared.others, by_hand));
                    }
                    self.keep(text, declared.lists, by_hand);
                }
                None => self.told.push(told(quoted(content), by_hand)),
            },
            Role::SetupCfg => {
                let (lists, others) = lines::setup_cfg(content);
                if others {
                    self.told.push(told(words(content), by_hand));
                }
                self.keep(text, lists, by_hand);
            }
            Role::Requirements => {
                let lists = lines::requirements(content);
                self.keep(text, lists, by_hand);
            }
        }
    }

    fn keep(&mut self, text: ManifestText, lists: Vec<List>, command: &str) {
        // A bare carriage return ends no line in these files.
        let plain = !text.source.text().replace("\r\n", "\n").contains('\r');
        if text.changeable && plain {
            self.manifests.push(Manifest {
                file: text.file,
                source: text.source,
                lists,
            });
            return;
        }
        let items = lists.into_iter().flat_map(|list| list.items);
        self.told.push(Told {
            path: shown(&text.source),
            names: items.map(|item| item.requirement.name).collect(),
            command: command.to_owned(),
        });
    }

    /// The lists to which `adds` has to be added, since they have `replaces` and nothing gives the new
    /// one to those who install by them; each with its manifest.
    pub fn lacking<'r>(&'r self, adds: &str, replaces: &str) -> Vec<(&'r Manifest, usize)> {
        let mut found = Vec::new();
        for manifest in &self.manifests {
            let has_main = |name: &str| {
                let mut main = manifest.lists.iter();
                main.any(|list| list.purpose == Purpose::Main && list.has(name))
            };
            if has_main(adds) {
                continue;
            }
            let in_main = has_main(replaces);
            let lists = manifest.lists.iter().enumerate();
            let wanting = lists.filter(|(_, list)| {
                list.has(replaces) && !list.has(adds) && (!in_main || list.purpose == Purpose::Main)
            });
            found.extend(wanting.map(|(index, _)| (manifest, index)));
        }
        found
    }

    /// The text of a distribution for a list that has another one: as other lists of the project write
    /// it, so that all can be installed together, else as this list writes its own.
    pub fn text_in(
        &self,
        list: &List,
        beside: &str,
        name: &str,
        verified: Option<&str>,
    ) -> Option<String> {
        let own = list.text_of(beside, name, verified);
        if own.as_deref() == Some(name) {
            return own;
        }
        let lists = self.manifests.iter().flat_map(|manifest| &manifest.lists);
        let mut items = lists
            .filter(|other| (other.form == Form::Table) == (list.form == Form::Table))
            .flat_map(|list| &list.items)
            .map(|item| &item.requirement);
        let written = items
            .find(|item| item.name == name && !item.special && !item.versions.is_empty())
            .map(|item| item.versions.as_str());
        let pins = own.as_ref().is_some_and(|own| own.contains("=="));
        match (written, list.form) {
            (None, _) => own,
            (Some(versions), Form::Table) => Some(format!("{name} = \"{versions}\"")),
            // Who pins a tool for tests does not ask everybody to have that very version.
            (Some(versions), _) if !pins && versions.trim_start().starts_with("==") => {
                Some(format!("{name}{}", versions.replacen("==", ">=", 1)))
            }
            (Some(versions), _) => Some(format!("{name}{versions}")),
        }
    }

    /// Whether code may rely on `adds` where it uses `replaces` now. `verified` is a version of the
    /// new one, where one is known.
    pub fn provision(&self, adds: &str, replaces: &str, verified: Option<&str>) -> Provision {
        let mut by_hand: BTreeSet<String> = self
            .told
            .iter()
            .filter(|told| told.names.contains(replaces) && !told.names.contains(adds))
            .map(|told| told.path.clone())
            .collect();
        let lacking = self.lacking(adds, replaces);
        for (manifest, index) in &lacking {
            let list = &manifest.lists[*index];
            let can = list.takes_beside(replaces)
                && self.text_in(list, replaces, adds, verified).is_some();
            if !can {
                by_hand.insert(shown(&manifest.source));
            }
        }
        if !by_hand.is_empty() {
            return Provision::ByHand(by_hand.into_iter().collect());
        }
        let mut lists = lacking
            .iter()
            .map(|(manifest, index)| &manifest.lists[*index]);
        if lists.any(|list| list.purpose == Purpose::Main) {
            return Provision::Addable;
        }
        if !lacking.is_empty() {
            return Provision::AddableInParts;
        }
        let lists = self.manifests.iter().flat_map(|manifest| &manifest.lists);
        let declared = lists.filter(|list| list.has(adds)).any(|list| {
            // What is declared for tests only is not there for the rest.
            list.purpose == Purpose::Main || list.has(replaces)
        });
        let told = self.told.iter().any(|told| told.names.contains(adds));
        match declared || told {
            true => Provision::Declared,
            false => Provision::Unknown,
        }
    }
}

/// Whether a tool made a requirements file.
fn is_compiled(path: &str, content: &str, names: &BTreeSet<String>) -> bool {
    let source = path.strip_suffix(".txt");
    path.ends_with(".txt")
        && (lines::is_compiled(content)
            || source.is_some_and(|stem| names.contains(&format!("{stem}.in"))))
}

/// The requirements that stand in quotes in some text, by name.
fn quoted(text: &str) -> Vec<String> {
    let parts = text.split(['"', '\'']);
    let read = parts
        .filter(|part| part.len() < 100)
        .filter_map(Requirement::read);
    read.map(|requirement| requirement.name).collect()
}

/// The keys of lines, by name.
fn keys(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(key, _)| normalised(key.trim().trim_matches(['"', '\''])))
        .collect()
}

/// The items of lists in YAML, by name.
fn dashed(text: &str) -> Vec<String> {
    let items = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "));
    let read = items.filter_map(|item| Requirement::read(item.trim_matches(['"', '\''])));
    read.map(|requirement| requirement.name).collect()
}

/// Every word, as a name.
fn words(text: &str) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.split(|c| !is_name(c))
        .filter(|word| !word.is_empty())
        .map(normalised)
        .collect()
}
