//! Which repositories a job is about.

use super::spec::{At, Job, JobError, Named};
use globset::Glob;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// One repository at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// What it is called in the job, in folders and in reports.
    pub name: String,
    pub place: Place,
    pub revision: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Local(PathBuf),
    Url(String),
}

impl Place {
    /// As people know it.
    pub fn shown(&self) -> String {
        match self {
            Self::Local(path) => path.display().to_string(),
            Self::Url(url) => url.clone(),
        }
    }
}

/// All repositories of a job, each once, and what was named twice. `folder` is where paths begin.
pub fn repositories(job: &Job, folder: &Path) -> Result<(Vec<Repository>, Vec<String>), JobError> {
    let mut all = Vec::new();
    for named in &job.repositories {
        match named {
            Named::Plain(text) => expand(text, &job.revision, folder, &mut all)?,
            Named::At(At { path, revision }) => expand(path, revision, folder, &mut all)?,
        }
    }
    if let Some(list) = &job.repositories_from {
        let list = folder.join(list);
        let text = std::fs::read_to_string(&list).map_err(|source| JobError::Unreadable {
            path: list.clone(),
            source,
        })?;
        let below = list.parent().unwrap_or(folder);
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (place, revision) = line.split_once('\t').unwrap_or((line, &job.revision));
            expand(place.trim(), revision.trim(), below, &mut all)?;
        }
    }
    let mut seen = BTreeSet::new();
    let mut twice = Vec::new();
    all.retain(|repository| {
        let is_new = seen.insert(repository.name.clone());
        if !is_new {
            twice.push(repository.place.shown());
        }
        is_new
    });
    Ok((all, twice))
}

fn expand(
    text: &str,
    revision: &str,
    folder: &Path,
    all: &mut Vec<Repository>,
) -> Result<(), JobError> {
    if is_url(text) {
        let last = text.trim_end_matches('/').rsplit(['/', ':']).next();
        let name = name(last.unwrap_or_default(), text.as_bytes(), revision);
        all.push(Repository {
            name,
            place: Place::Url(text.to_owned()),
            revision: revision.to_owned(),
        });
        return Ok(());
    }
    let path = folder.join(text);
    let found = match text.contains(['*', '?', '[']) {
        true => globbed(&path).map_err(|error| JobError::Meaningless {
            path: path.clone(),
            what: error.to_string(),
        })?,
        false => vec![path],
    };
    for path in found {
        let path = path.canonicalize().unwrap_or(path);
        let last = path.file_name().unwrap_or_default().to_string_lossy();
        all.push(Repository {
            name: name(&last, path.as_os_str().as_encoded_bytes(), revision),
            place: Place::Local(path),
            revision: revision.to_owned(),
        });
    }
    Ok(())
}

/// `https://host/path`, or `user@host:path`.
fn is_url(text: &str) -> bool {
    let before_colon = text.split_once(':').map(|(before, _)| before);
    text.contains("://")
        || before_colon.is_some_and(|host| host.contains('@') && !host.contains('/'))
}

/// A name that can be one of a folder, and that no other repository has.
fn name(last: &str, whole: &[u8], revision: &str) -> String {
    let plain: String = last
        .trim_end_matches(".git")
        .chars()
        .map(|c| match c.is_ascii_alphanumeric() || "._-".contains(c) {
            true => c,
            false => '_',
        })
        .take(80)
        .collect();
    let sum = xxh3_64(&[whole, b"\0", revision.as_bytes()].concat());
    format!("{}-{:08x}", plain.trim_start_matches('.'), sum as u32)
}

/// The folders that a path with wildcards stands for, sorted.
fn globbed(path: &Path) -> Result<Vec<PathBuf>, globset::Error> {
    let mut found = vec![PathBuf::new()];
    for part in path.components() {
        let wild = match part {
            Component::Normal(part) => part.to_str().filter(|text| text.contains(['*', '?', '['])),
            _ => None,
        };
        let Some(wild) = wild else {
            for folder in &mut found {
                folder.push(part);
            }
            continue;
        };
        let glob = Glob::new(wild)?.compile_matcher();
        let mut below = Vec::new();
        for folder in found {
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name());
            let fitting = names.filter(|name| glob.is_match(name) && !is_hidden(name));
            below.extend(fitting.map(|name| folder.join(name)));
        }
        below.retain(|path| path.is_dir());
        below.sort();
        found = below;
    }
    Ok(found)
}

fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}
