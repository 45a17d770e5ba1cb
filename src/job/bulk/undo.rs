//! Taking back what a job left in repositories: files get the bytes that they had, branches go. What somebody
//! changed since is theirs, and stays.

use super::Trouble;
use super::git::Git;
use super::leave::{ORIGINALS, fingerprint, is_behind_link, put};
use super::run::Output;
use super::sources::{Place, Repository};
use super::steps::{Left, Record, Step, states};
use super::workshop::{io, make};
use crate::job::Journal;
use std::path::Path;

/// What became of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    pub repository: String,
    /// Why it stays as it is.
    pub refused: Option<String>,
}

/// Takes back what was left in each repository that is done.
pub fn undo(output: &Output, repositories: &[Repository]) -> Result<Vec<Undone>, Trouble> {
    let (mut journal, records) = Journal::open::<Record>(&output.journal())?;
    let states = states(records);
    let mut told = Vec::new();
    for repository in repositories {
        let Some(state) = states.get(&repository.name) else {
            continue;
        };
        let name = repository.name.clone();
        let (Some(left), false, Place::Local(path)) =
            (&state.left, state.undone, &repository.place)
        else {
            continue;
        };
        if left.branch.is_none() && left.files.is_empty() {
            continue;
        }
        let results = output.folder.join("repositories").join(&name);
        match taken_back(left, path, &results, output) {
            Ok(()) => {
                let record = Record {
                    repository: name.clone(),
                    step: Step::Undone,
                };
                journal.append(&record).map_err(Trouble::Unwritten)?;
                told.push(Undone {
                    repository: name,
                    refused: None,
                });
            }
            Err(Trouble::Here { why, .. }) => told.push(Undone {
                repository: name,
                refused: Some(why),
            }),
            Err(other) => return Err(other),
        }
    }
    Ok(told)
}

fn taken_back(left: &Left, root: &Path, results: &Path, output: &Output) -> Result<(), Trouble> {
    if let Some((branch, commit)) = &left.branch {
        delete(branch, commit, root, output)?;
    }
    let now = |name: &str| std::fs::read(root.join(name)).ok();
    for (name, (before, after)) in &left.files {
        let now = now(name).map(|bytes| fingerprint(&bytes));
        if is_behind_link(root, name) || (now.as_ref() != Some(after) && now != *before) {
            let why = format!("{name} was changed since: nothing of it was taken back");
            return Err(Trouble::of("undo", why));
        }
    }
    for (name, (before, _)) in &left.files {
        let path = root.join(name);
        let Some(before) = before else {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(io("undo", &path, error));
                }
                _ => continue,
            }
        };
        let kept = results.join(ORIGINALS).join(name);
        let bytes = std::fs::read(&kept).map_err(|error| io("undo", &kept, error))?;
        if fingerprint(&bytes) != *before {
            let why = format!("{} is not what was kept", kept.display());
            return Err(Trouble::of("undo", why));
        }
        put(&path, &bytes)?;
    }
    Ok(())
}

/// Deletes a branch that still is what was made, and that nobody has checked out.
fn delete(branch: &str, commit: &str, root: &Path, output: &Output) -> Result<(), Trouble> {
    let home = output.folder.join("work").join("home");
    make(&home)?;
    let git = Git::at(root, &home, 60);
    let name = format!("refs/heads/{branch}");
    let found = git.line(&["for-each-ref", "--format=%(objectname)", &name])?;
    if found.is_empty() {
        return Ok(());
    }
    if found != commit {
        let why = format!("branch `{branch}` was changed since");
        return Err(Trouble::of("undo", why));
    }
    let trees = git.line(&["worktree", "list", "--porcelain"])?;
    if trees.lines().any(|line| line == format!("branch {name}")) {
        let why = format!("branch `{branch}` is checked out");
        return Err(Trouble::of("undo", why));
    }
    git.run(&["update-ref", "--no-deref", "-d", &name, commit])?;
    Ok(())
}
