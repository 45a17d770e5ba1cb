//! Which files a run is about.

use super::Skipped;
use ignore::overrides::OverrideBuilder;
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

/// Directories that hold other people's code or none at all; never entered unless named.
pub(super) const FOREIGN: [&str; 22] = [
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
];

/// Up to so many files, each is parsed, so that a person is told of every one that does not parse.
/// In a large tree that would cost more than all the rest, for files in which nothing can be found.
const SMALL_TREE: usize = 250;

/// A file to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// As it is shown: below the working directory where it can be.
    pub path: PathBuf,
    /// It is parsed whatever it holds: it was asked for by its own name, or the tree is small.
    pub thorough: bool,
    /// Findings in it are of interest; otherwise it only says what others mean.
    pub asked: bool,
}

/// What a walk came to. All lists are sorted.
#[derive(Debug, Default)]
pub struct Walked {
    pub entries: Vec<Entry>,
    pub skipped: Vec<Skipped>,
    /// Things a person might wonder about, with nothing lost.
    pub notes: Vec<String>,
}

#[derive(Default)]
struct Found {
    named: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    links: BTreeSet<PathBuf>,
    skipped: BTreeSet<Skipped>,
    notes: BTreeSet<String>,
}

/// Finds the Python files under `paths`: git's ignore rules hold, hidden files count, links to files
/// are followed, links to directories are not. A file that is named itself is taken in any case.
/// `excludes` are globs in the manner of `.gitignore`, relative to the working directory.
pub fn walk(paths: &[PathBuf], excludes: &[String], jobs: usize) -> Result<Walked, ignore::Error> {
    let mut overrides = OverrideBuilder::new(".");
    for glob in excludes {
        // In an override, `!` marks what to leave out.
        overrides.add(&format!("!{glob}"))?;
    }
    let overrides = overrides.build()?;
    let found = Mutex::new(Found::default());
    for path in paths {
        if path.is_file() {
            let mut found = lock(&found);
            found.named.insert(tidy(path));
            match path.is_symlink() {
                true => found.links.insert(tidy(path)),
                false => found.files.insert(tidy(path)),
            };
            continue;
        }
        let mut builder = WalkBuilder::new(path);
        builder
            .hidden(false)
            .overrides(overrides.clone())
            .threads(jobs)
            .filter_entry(|entry| entry.depth() == 0 || !is_foreign(entry));
        builder.build_parallel().run(|| {
            Box::new(|result| {
                visit(result, &found);
                WalkState::Continue
            })
        });
    }
    let mut found = found
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    resolve_links(&mut found);
    let small = found.files.len() <= SMALL_TREE;
    Ok(Walked {
        entries: found
            .files
            .into_iter()
            .map(|path| Entry {
                thorough: small || found.named.contains(&path),
                path,
                asked: true,
            })
            .collect(),
        skipped: found.skipped.into_iter().collect(),
        notes: found.notes.into_iter().collect(),
    })
}

/// Files that say that a folder is the root of a project.
const MARKERS: [&str; 4] = ["pyproject.toml", "setup.py", "setup.cfg", ".git"];

/// The other files of the projects that `paths` are parts of. They tell what is imported, and who
/// calls what is defined in the files that were asked for.
pub fn surroundings(
    paths: &[PathBuf],
    excludes: &[String],
    jobs: usize,
    known: &[Entry],
) -> Result<Vec<Entry>, ignore::Error> {
    let roots: BTreeSet<PathBuf> = paths.iter().filter_map(|path| root_above(path)).collect();
    if roots.is_empty() {
        return Ok(Vec::new());
    }
    let known: BTreeSet<PathBuf> = known.iter().map(|entry| absolute(&entry.path)).collect();
    let walked = walk(&roots.into_iter().collect::<Vec<_>>(), excludes, jobs)?;
    Ok(walked
        .entries
        .into_iter()
        .filter(|entry| !known.contains(&absolute(&entry.path)))
        .map(|entry| Entry {
            thorough: false,
            asked: false,
            ..entry
        })
        .collect())
}

/// The root of the project that a path is a part of: the nearest folder above that says so, else the
/// outermost package. Nothing if the path is a root itself, or stands alone.
fn root_above(path: &Path) -> Option<PathBuf> {
    let is_root = |folder: &Path| MARKERS.iter().any(|marker| folder.join(marker).exists());
    let path = absolute(path);
    if path.is_dir() && is_root(&path) {
        return None;
    }
    let folders: Vec<&Path> = path.ancestors().skip(1).collect();
    let marked = folders.iter().find(|folder| is_root(folder));
    let package = folders
        .iter()
        .take_while(|folder| folder.join("__init__.py").is_file())
        .last();
    let root = marked
        .filter(|root| !is_project_of_everything(root))
        .or(package)?;
    Some(tidied(root))
}

/// Who keeps their settings under version control has no project of everything they own.
pub(super) fn is_project_of_everything(root: &Path) -> bool {
    root.parent().is_none() || std::env::home_dir().as_deref() == Some(root)
}

/// Where a module of a project is, or can be put: below the project's folder or its `src`, in a folder
/// that is there. Nothing if there is no such folder, or if the name is none of a module.
pub fn module_path(root: &Path, name: &str) -> Option<PathBuf> {
    let is_part = |part: &str| {
        !part.starts_with(|c: char| c.is_ascii_digit())
            && !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if !name.split('.').all(is_part) {
        return None;
    }
    let below = name.replace('.', "/");
    let bases = [root.to_path_buf(), root.join("src")];
    let candidates = bases.iter().map(|base| base.join(&below));
    let existing = candidates.clone().find_map(|path| {
        let files = [path.with_extension("py"), path.join("__init__.py")];
        files.into_iter().find(|path| path.is_file())
    });
    let free = || {
        let mut new = candidates.filter(|path| {
            let folder = path.parent();
            name.contains('.') && folder.is_some_and(Path::is_dir)
        });
        let alone = || (!name.contains('.')).then(|| root.join(&below));
        new.next()
            .or_else(alone)
            .map(|path| path.with_extension("py"))
    };
    existing.or_else(free).map(|path| tidied(&path))
}

/// A path as it is shown: below the working directory, where it is.
pub(super) fn tidied(path: &Path) -> PathBuf {
    let path = absolute(path);
    match path.strip_prefix(absolute(Path::new("."))) {
        Ok(below) if below.as_os_str().is_empty() => PathBuf::from("."),
        Ok(below) => below.to_path_buf(),
        Err(_) => path,
    }
}

/// A path from the root, without `.` and `..`; links stay as they are.
pub fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

fn lock(found: &Mutex<Found>) -> std::sync::MutexGuard<'_, Found> {
    found
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

pub(super) fn is_foreign(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
        && entry
            .file_name()
            .to_str()
            .is_some_and(|name| FOREIGN.contains(&name))
}

fn is_python(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "py" || extension == "pyi")
}

fn visit(result: Result<DirEntry, ignore::Error>, found: &Mutex<Found>) {
    let entry = match result {
        Ok(entry) => entry,
        Err(error) => {
            let (path, why) = explain(&error);
            lock(found).skipped.insert(Skipped::new(path, why));
            return;
        }
    };
    let Some(kind) = entry.file_type().filter(|_| is_python(entry.path())) else {
        return;
    };
    let path = tidy(entry.path());
    let mut found = lock(found);
    if kind.is_file() {
        found.files.insert(path);
    } else if kind.is_symlink() {
        found.links.insert(path);
    } else if kind.is_dir() {
        found.notes.insert(format!(
            "{}: is a directory, not a file; what is in it was looked at",
            path.display()
        ));
    } else {
        found
            .skipped
            .insert(Skipped::new(path, "neither a file nor a directory"));
    }
}

/// Takes links to files that the walk did not meet otherwise.
fn resolve_links(found: &mut Found) {
    let mut targets: BTreeSet<PathBuf> = BTreeSet::new();
    if !found.links.is_empty() {
        targets.extend(
            found
                .files
                .iter()
                .filter_map(|path| path.canonicalize().ok()),
        );
    }
    for link in std::mem::take(&mut found.links) {
        match link.canonicalize() {
            Ok(target) if target.is_file() => {
                if targets.insert(target) {
                    found.files.insert(link);
                }
            }
            Ok(_) => {}
            Err(error) => {
                let why = format!("a symbolic link that leads nowhere ({error})");
                found.skipped.insert(Skipped::new(link, why));
            }
        }
    }
}

fn explain(error: &ignore::Error) -> (PathBuf, String) {
    match error {
        ignore::Error::WithPath { path, err } => (tidy(path), err.to_string()),
        ignore::Error::WithDepth { err, .. } => explain(err),
        other => (PathBuf::from("."), other.to_string()),
    }
}

/// The path as it is shown: without a leading `./`.
fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix("./").unwrap_or(path).to_path_buf()
}
