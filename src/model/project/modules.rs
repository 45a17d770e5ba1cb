//! Which file a module name means: packages, namespace packages, `src` folders, several roots, stubs.

use crate::model::stdlib::is_stdlib;
use crate::text::FileId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::Path;

/// A module of the project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A file; for a package, its `__init__`.
    File(FileId),
    /// A namespace package (PEP 420): a folder without `__init__`.
    Folder(Box<str>),
}

/// The files of a project by the paths that their module names lead to.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    /// Folder and name of each file, by number; a package's name is empty.
    paths: Vec<(Box<str>, Box<str>)>,
    /// The paths as they were given.
    shown: Vec<Box<Path>>,
    /// The name of every file, package and folder.
    own: FxHashSet<Box<str>>,
    /// Files that only say what others mean, and are not to be changed.
    outside: FxHashSet<FileId>,
    /// Functions that are started by their names: `package.module:function` in settings.
    started: FxHashSet<Box<str>>,
    /// The module that helpers are put into: its name, and its file.
    helpers: Option<(Box<str>, FileId)>,
    /// The paths without suffix that have a stub.
    stubs: FxHashSet<Box<str>>,
    /// Files by their path without suffix; packages by the path of their folder.
    files: FxHashMap<Box<str>, FileId>,
    packages: FxHashSet<Box<str>>,
    folders: FxHashSet<Box<str>>,
    /// Folders from which a top-level module of some name can be imported.
    tops: FxHashMap<Box<str>, Vec<Box<str>>>,
    /// Names that mean an installed library, unless a module stands where the file itself is searched.
    libraries: FxHashSet<Box<str>>,
    /// Files of the project could not be looked into.
    is_partial: bool,
}

impl Modules {
    /// The order of `paths` numbers the files.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Self {
        let mut modules = Self::default();
        for path in paths {
            modules.add(path, path);
        }
        modules.link();
        modules
    }

    /// Learns which folders are packages, after all files were added.
    pub fn link(&mut self) {
        for (folder, name) in &self.paths {
            let mut at: &str = folder;
            while !at.is_empty() && self.folders.insert(at.into()) {
                let (parent, own) = split(at);
                self.own.insert(own.into());
                at = parent;
            }
            self.own.insert(name.clone());
            if name.is_empty() {
                self.packages.insert(folder.clone());
            }
        }
        for (folder, name) in &self.paths {
            let (root, top) = match (name.is_empty(), self.packages.contains(folder)) {
                (true, _) => split(folder),
                (false, false) => (&**folder, &**name),
                (false, true) => continue,
            };
            if !self.packages.contains(root) {
                self.tops.entry(top.into()).or_default().push(root.into());
            }
        }
    }

    /// Adds the next file: where it is, and how its path is shown.
    pub fn add(&mut self, path: &Path, shown: &Path) {
        let file = FileId(self.paths.len() as u32);
        self.shown.push(shown.into());
        let text = path.to_string_lossy().replace('\\', "/");
        let text = text.strip_prefix("./").unwrap_or(&text);
        let (folder, base) = split(text);
        let (stem, is_stub) = match (base.strip_suffix(".py"), base.strip_suffix(".pyi")) {
            (Some(stem), _) => (stem, false),
            (None, Some(stem)) => (stem, true),
            (None, None) => (base, false),
        };
        let name = if stem == "__init__" { "" } else { stem };
        let key = if name.is_empty() {
            folder.to_owned()
        } else {
            join(folder, name)
        };
        self.paths.push((folder.into(), name.into()));
        // A stub stands in only where the module itself is not there.
        match is_stub {
            true => {
                self.stubs.insert(key.as_str().into());
                self.files.entry(key.into()).or_insert(file);
            }
            false => {
                self.files.insert(key.into(), file);
            }
        }
    }

    /// What the first part of an absolute name means in a file; nothing if it is outside the project,
    /// or could be one of several.
    pub fn top(&self, from: FileId, name: &str, next: Option<&str>) -> Option<Place> {
        // Most imports lead outside, and a name that no folder or file has leads nowhere else.
        if !self.own.contains(name) || is_stdlib(name) {
            return None;
        }
        let (folder, _) = self.paths.get(from.0 as usize)?;
        let mut root: &str = folder;
        while self.packages.contains(root) {
            root = split(root).0;
        }
        let mut namespace = None;
        let mut at = root;
        loop {
            for base in [at.to_owned(), join(at, "src")] {
                match self.child(&base, name) {
                    Some(Place::File(file)) => return Some(Place::File(file)),
                    Some(Place::Folder(path)) => {
                        let leads_on = next.is_some_and(|next| self.child(&path, next).is_some());
                        if leads_on && namespace.is_none() {
                            namespace = Some(Place::Folder(path));
                        }
                    }
                    None => {}
                }
            }
            if at.is_empty() {
                break;
            }
            at = split(at).0;
        }
        // A stand-in that some test has in a folder of its own is nobody else's.
        if namespace.is_some() || self.libraries.contains(name) {
            return namespace;
        }
        match self.tops.get(name).map(Vec::as_slice) {
            Some([root]) => self.child(root, name),
            _ => None,
        }
    }

    /// Says which names mean libraries that are installed.
    pub fn know_libraries<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let own = names.filter(|name| self.own.contains(*name));
        self.libraries = own.map(Box::from).collect();
    }

    /// The package in which a relative import of so many dots looks.
    pub fn relative(&self, from: FileId, level: u32) -> Option<Place> {
        let (folder, _) = self.paths.get(from.0 as usize)?;
        let mut at: &str = folder;
        for _ in 1..level {
            if at.is_empty() {
                return None;
            }
            at = split(at).0;
        }
        Some(match self.files.get(at) {
            Some(file) if self.packages.contains(at) => Place::File(*file),
            _ => Place::Folder(at.into()),
        })
    }

    /// A module inside a package.
    pub fn submodule(&self, of: &Place, name: &str) -> Option<Place> {
        match of {
            Place::File(file) => {
                let (folder, own) = self.paths.get(file.0 as usize)?;
                if own.is_empty() {
                    self.child(folder, name)
                } else {
                    None
                }
            }
            Place::Folder(path) => self.child(path, name),
        }
    }

    fn child(&self, folder: &str, name: &str) -> Option<Place> {
        let path = join(folder, name);
        if let Some(file) = self.files.get(path.as_str()) {
            return Some(Place::File(*file));
        }
        self.folders
            .contains(path.as_str())
            .then(|| Place::Folder(path.into()))
    }

    /// The module that a dotted name means in a file.
    pub fn find(&self, from: FileId, level: u32, name: &str) -> Option<Place> {
        let (place, rest) = self.steps(from, level, name).pop()?;
        (rest == 0).then_some(place)
    }

    /// The files that importing a dotted name loads, as far as it leads inside the project.
    pub fn loaded_by(&self, from: FileId, level: u32, name: &str) -> Vec<FileId> {
        let steps = self.steps(from, level, name).into_iter();
        steps
            .filter_map(|(place, _)| match place {
                Place::File(file) => Some(file),
                Place::Folder(_) => None,
            })
            .collect()
    }

    /// The modules on the way along a dotted name, each with how many parts are left.
    fn steps(&self, from: FileId, level: u32, name: &str) -> Vec<(Place, usize)> {
        let mut parts = name.split('.').filter(|part| !part.is_empty());
        let mut found = Vec::new();
        let mut at = match level {
            0 => {
                let Some(first) = parts.next() else {
                    return found;
                };
                let next = name.split('.').nth(1);
                self.top(from, first, next)
            }
            level => self.relative(from, level),
        };
        while let Some(place) = at {
            found.push((place.clone(), parts.clone().count()));
            at = parts.next().and_then(|part| self.submodule(&place, part));
        }
        found
    }

    /// The dotted name of a file's module, as far as its packages reach.
    pub fn name_of(&self, file: FileId) -> String {
        let Some((folder, name)) = self.paths.get(file.0 as usize) else {
            return String::new();
        };
        let mut parts: Vec<&str> = if name.is_empty() {
            Vec::new()
        } else {
            vec![name]
        };
        let mut at: &str = folder;
        while self.packages.contains(at) {
            let (parent, own) = split(at);
            parts.push(own);
            at = parent;
        }
        parts.reverse();
        parts.join(".")
    }

    /// The folder that a file stands in.
    pub fn folder(&self, file: FileId) -> &str {
        self.paths
            .get(file.0 as usize)
            .map_or("", |(folder, _)| folder)
    }

    /// Whether a file, package or folder of the project has a name.
    pub fn has(&self, name: &str) -> bool {
        self.own.contains(name)
    }

    /// Whether a stub stands beside a file.
    pub fn has_stub(&self, file: FileId) -> bool {
        let Some((folder, name)) = self.paths.get(file.0 as usize) else {
            return false;
        };
        match &**name {
            "" => self.stubs.contains(folder),
            name => self.stubs.contains(join(folder, name).as_str()),
        }
    }

    /// Learns from the settings of a project which functions are started by their names.
    pub fn read_settings(&mut self, text: &str) {
        let other = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | ':'));
        for word in text.split(other) {
            if let Some((module, function)) = word.split_once(':')
                && !module.is_empty()
                && let Some(last) = function.rsplit('.').next()
            {
                self.started.insert(last.into());
            }
        }
    }

    /// Whether settings start a function of this name.
    pub fn is_started(&self, name: &str) -> bool {
        self.started.contains(name)
    }

    /// Says into which module helpers are put.
    pub fn put_helpers_into(&mut self, name: &str, file: FileId) {
        self.helpers = Some((name.into(), file));
    }

    /// The module that helpers are put into, if there is one: its name, and its file.
    pub fn helpers(&self) -> Option<(&str, FileId)> {
        self.helpers.as_ref().map(|(name, file)| (&**name, *file))
    }

    /// Says that files of the project could not be looked into.
    pub fn lack_files(&mut self) {
        self.is_partial = true;
    }

    /// Whether files of the project could not be looked into: what is not found may be there all the same.
    pub fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Says that a file is not to be changed.
    pub fn leave(&mut self, file: FileId) {
        self.outside.insert(file);
    }

    /// Whether a file may be changed.
    pub fn is_asked(&self, file: FileId) -> bool {
        !self.outside.contains(&file)
    }

    /// The path of a file, as it was given.
    pub fn path(&self, file: FileId) -> &Path {
        self.shown
            .get(file.0 as usize)
            .map_or(Path::new(""), |path| path)
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        "/" => format!("/{name}"),
        folder => format!("{folder}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(paths: &[&str], from: usize, level: u32, name: &str, expected: &[usize]) {
        let modules = Modules::new(paths.iter().map(Path::new));
        let found = modules.loaded_by(FileId(from as u32), level, name);
        let found: Vec<usize> = found.into_iter().map(|file| file.0 as usize).collect();
        assert_eq!(found, expected, "{name} from {}", paths[from]);
    }

    #[test]
    fn packages_and_their_modules_are_found_from_their_root() {
        let paths = [
            "app/__init__.py",
            "app/a.py",
            "app/sub/__init__.py",
            "app/sub/b.py",
        ];
        check(&paths, 3, 0, "app.a", &[0, 1]);
        check(&paths, 1, 1, "sub.b.name", &[0, 2, 3]);
        check(&paths, 3, 2, "a", &[0, 1]);
        check(&paths, 3, 0, "b", &[]);
    }

    #[test]
    fn src_folders_and_other_roots_are_searched() {
        let paths = [
            "src/app/__init__.py",
            "src/app/a.py",
            "tests/test_a.py",
            "tests/helper.py",
        ];
        check(&paths, 2, 0, "app.a", &[0, 1]);
        check(&paths, 2, 0, "helper", &[3]);
        let paths = ["one/src/first/__init__.py", "two/src/second/__init__.py"];
        check(&paths, 0, 0, "second", &[1]);
    }

    #[test]
    fn a_module_goes_before_its_stub_and_a_namespace_needs_a_module() {
        let paths = ["a.py", "a.pyi", "ns/deep/b.py", "redis/script.py"];
        check(&paths, 2, 0, "a", &[0]);
        check(&paths, 0, 0, "ns.deep.b", &[2]);
        check(&paths, 0, 0, "redis.Redis", &[]);
        check(&paths, 0, 0, "time.sleep", &[]);
    }

    #[test]
    fn a_stand_in_for_a_library_is_seen_beside_it_alone() {
        let paths = ["tests/own/httpx.py", "tests/own/app.py", "examples/app.py"];
        let mut modules = Modules::new(paths.iter().map(Path::new));
        modules.know_libraries(["httpx"].into_iter());
        assert_eq!(modules.loaded_by(FileId(1), 0, "httpx"), [FileId(0)]);
        assert_eq!(modules.loaded_by(FileId(2), 0, "httpx"), []);
    }
}
