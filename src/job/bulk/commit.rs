//! Commits made from files of a work tree, with their exact bytes, past everything that git or a
//! repository would do on the way.

use super::Trouble;
use super::git::Git;
use super::workshop::Workshop;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// So many names go into one command.
const AT_ONCE: usize = 200;

/// A file as git has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub mode: String,
    pub id: String,
}

/// Puts files of a tree into git, and leaves out those that are what they were in a commit.
pub fn blobs<'p>(
    shop: &Workshop,
    tree: &Path,
    paths: impl IntoIterator<Item = &'p String>,
    since: &str,
) -> Result<BTreeMap<String, Blob>, Trouble> {
    let paths: Vec<&String> = paths.into_iter().collect();
    let mut known = listed(&shop.git, since, &paths)?;
    let mut blobs = BTreeMap::new();
    for path in &paths {
        is_plain(tree, path)?;
    }
    for some in paths.chunks(AT_ONCE) {
        let mut arguments: Vec<OsString> = ["hash-object", "-w", "--no-filters", "--"]
            .map(OsString::from)
            .to_vec();
        arguments.extend(some.iter().map(OsString::from));
        // git would look for names below its own directory.
        let ids = shop.git.below(tree).run(&arguments)?;
        let ids = String::from_utf8_lossy(&ids).into_owned();
        for (path, id) in some.iter().zip(ids.lines()) {
            let before = known.remove(*path);
            let mode = before.as_ref().map_or("100644", |before| &before.mode);
            let blob = Blob {
                mode: mode.to_owned(),
                id: id.to_owned(),
            };
            if !mode.starts_with("100") {
                return Err(Trouble::of(
                    "commit",
                    format!("{path}: it is no plain file"),
                ));
            }
            if before.as_ref() != Some(&blob) {
                blobs.insert((*path).clone(), blob);
            }
        }
    }
    Ok(blobs)
}

/// Refuses what leads elsewhere on its way.
fn is_plain(tree: &Path, path: &str) -> Result<(), Trouble> {
    let mut whole = tree.to_path_buf();
    for part in Path::new(path).components() {
        whole.push(part);
        let is_link = std::fs::symlink_metadata(&whole)
            .map_or(true, |metadata| metadata.file_type().is_symlink());
        let leaves = !matches!(part, std::path::Component::Normal(_));
        if is_link || leaves {
            return Err(Trouble::of(
                "commit",
                format!("{path}: it is behind a link"),
            ));
        }
    }
    Ok(())
}

/// What a commit has under these names.
pub fn listed(
    git: &Git,
    commit: &str,
    paths: &[&String],
) -> Result<BTreeMap<String, Blob>, Trouble> {
    let mut found = BTreeMap::new();
    for some in paths.chunks(AT_ONCE) {
        let mut arguments = vec!["ls-tree", "-z", "--full-tree", commit, "--"];
        arguments.extend(some.iter().map(|path| path.as_str()));
        let printed = git.run(&arguments)?;
        for entry in String::from_utf8_lossy(&printed).split('\0') {
            let Some((words, path)) = entry.split_once('\t') else {
                continue;
            };
            let mut words = words.split(' ');
            if let (Some(mode), Some(_), Some(id)) = (words.next(), words.next(), words.next()) {
                let blob = Blob {
                    mode: mode.to_owned(),
                    id: id.to_owned(),
                };
                found.insert(path.to_owned(), blob);
            }
        }
    }
    Ok(found)
}

/// A commit upon another, with these files instead of those.
pub fn commit<'b>(
    shop: &Workshop,
    signed: &Git,
    parent: &str,
    blobs: impl IntoIterator<Item = (&'b String, &'b Blob)>,
    message: &str,
) -> Result<String, Trouble> {
    let (_, git) = shop.index()?;
    git.run(&["read-tree", parent])?;
    let entries: Vec<String> = blobs
        .into_iter()
        .map(|(path, blob)| format!("{},{},{path}", blob.mode, blob.id))
        .collect();
    for some in entries.chunks(AT_ONCE) {
        let mut arguments = vec!["update-index", "--add"];
        for entry in some {
            arguments.extend(["--cacheinfo", entry]);
        }
        git.run(&arguments)?;
    }
    let tree = git.line(&["write-tree"])?;
    signed.line(&["commit-tree", &tree, "-p", parent, "-m", message])
}
