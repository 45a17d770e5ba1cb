//! The files that declare dependencies, and the files of a project in which a word stands.

use super::walk::{absolute, is_foreign, is_project_of_everything, tidied};
use crate::engine::Mention;
use crate::model::manifests::{ManifestText, Manifests, is_manifest, makes_a_project};
use crate::text::{FileId, Source};
use ignore::WalkBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Larger files without an ending are no scripts.
const MAX_SCRIPT: u64 = 1 << 20;

/// Reads the manifests of the projects that these folders are parts of: those of the nearest folder
/// above, itself included, that has some. They are numbered from `first` on.
pub fn manifests(folders: impl IntoIterator<Item = PathBuf>, first: FileId) -> Manifests {
    let mut texts: BTreeMap<PathBuf, Vec<(PathBuf, Source)>> = BTreeMap::new();
    let mut visited = BTreeSet::new();
    for folder in folders {
        let folder = absolute(&folder);
        for above in folder.ancestors() {
            if !visited.insert(above.to_path_buf()) || is_project_of_everything(above) {
                break;
            }
            let found = in_folder(above);
            let is_root = found.iter().any(|(path, source)| {
                makes_a_project(&name_of(path), source.text()) || path.parent() != Some(above)
            });
            if is_root {
                texts.insert(above.to_path_buf(), found);
                break;
            }
            // Another repository begins above.
            if above.join(".git").exists() {
                break;
            }
        }
    }
    let here = absolute(Path::new("."));
    let all = texts.into_iter().flat_map(|(folder, found)| {
        let folder = folder.to_string_lossy().replace('\\', "/");
        found.into_iter().map(move |it| (folder.clone(), it))
    });
    let all = all
        .enumerate()
        .map(|(index, (folder, (path, source)))| ManifestText {
            file: FileId(first.0 + index as u32),
            folder,
            // A diff can only speak of what stands below the folder in which it will be applied.
            changeable: path.starts_with(&here),
            source,
        });
    Manifests::new(all.collect())
}

fn name_of(path: &Path) -> String {
    let name = path.file_name();
    name.map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The manifests in a folder, and in its folder `requirements`, sorted.
fn in_folder(folder: &Path) -> Vec<(PathBuf, Source)> {
    let mut found = Vec::new();
    for (folder, within) in [
        (folder.to_path_buf(), false),
        (folder.join("requirements"), true),
    ] {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if is_manifest(&name_of(&path), within) && path.is_file() {
                let source = std::fs::read(&path).ok();
                let source = source.and_then(|bytes| Source::decode(tidied(&path), &bytes).ok());
                found.extend(source.map(|source| (path, source)));
            }
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

/// The files below a folder in which a word stands and that may run: Python in its forms, notebooks,
/// and scripts. `shown` gives the paths under which files of the run are known.
pub(super) fn mentioning(
    folder: &Path,
    word: &str,
    shown: &BTreeMap<PathBuf, PathBuf>,
) -> Vec<Mention> {
    let search = memchr::memmem::Finder::new(word);
    let mut found = Vec::new();
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .filter_entry(|entry| entry.depth() == 0 || !is_foreign(entry))
        .sort_by_file_name(std::ffi::OsStr::cmp)
        .build();
    for entry in walk.flatten() {
        let path = entry.path();
        let may_run = match path.extension().and_then(|ending| ending.to_str()) {
            Some(ending) => ["py", "pyi", "pyw", "pyx", "ipynb"].contains(&ending),
            None => entry.metadata().is_ok_and(|data| data.len() < MAX_SCRIPT),
        };
        if !may_run || !path.is_file() {
            continue;
        }
        let Ok(bytes) = std::fs::read(path) else {
            continue;
        };
        let head = bytes
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let is_script = head.starts_with(b"#!") && memchr::memmem::find(head, b"python").is_some();
        if path.extension().is_none() && !is_script || search.find(&bytes).is_none() {
            continue;
        }
        let shown = shown.get(&absolute(path)).cloned();
        let shown = shown.unwrap_or_else(|| tidied(path));
        let text = Source::decode(shown.clone(), &bytes).ok();
        found.push(Mention {
            path: shown,
            text: text.map(|source| Arc::clone(source.text())),
        });
    }
    found
}
