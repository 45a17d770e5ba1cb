//! The way of one repository: pinned, rewritten, checked, left. Each step begins from what the step before it
//! wrote down and put into git, so that any of them can be done again.

use super::Trouble;
use super::commit::{Blob, blobs, commit};
use super::cut::{Piece, pieces};
use super::leave::{leave, put};
use super::outcome::Outcome;
use super::programs::{Request, check, rewrite};
use super::sources::Repository;
use super::spec::{Cut, Job, Level, When};
use super::steps::{Checked, Left, State, Step, Tip};
use super::workshop::{WorkTree, Workshop, io, make};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The file with what was found and done, beside the patches.
pub const OUTCOME: &str = "result.json";

/// What has to be done where.
pub struct Task<'a> {
    pub job: &'a Job,
    /// The text of `[tool.asyncfix]`.
    pub settings: Option<&'a str>,
    pub repository: &'a Repository,
    pub output: &'a Path,
    pub write_down: &'a dyn Fn(Step) -> Result<(), Trouble>,
}

impl Task<'_> {
    /// Where results go.
    pub fn results(&self) -> PathBuf {
        self.output.join("repositories").join(&self.repository.name)
    }

    pub fn work(&self) -> PathBuf {
        self.output.join("work").join(&self.repository.name)
    }
}

/// Does what is not done yet.
pub fn carry_out(task: &Task<'_>, mut state: State) -> Result<Left, Trouble> {
    let work = task.work();
    make(&work)?;
    make(&task.results())?;
    let pinned = state.commit.as_deref();
    let shop = Workshop::open(task.repository, &work, pinned, task.job.seconds)?;
    if state.commit.is_none() {
        let commit = shop.commit.clone();
        (task.write_down)(Step::Planned { commit })?;
    }
    let tip = match state.tip.take() {
        Some(tip) => tip,
        None => {
            let (tip, outcome) = rewritten(task, &shop, &mut state.checked)?;
            let text = serde_json::to_vec_pretty(&outcome);
            let text = text.map_err(|error| Trouble::of("rewrite", error.to_string()))?;
            put(&task.results().join(OUTCOME), &text)?;
            (task.write_down)(Step::Rewritten(tip.clone()))?;
            tip
        }
    };
    let path = task.results().join(OUTCOME);
    let text = std::fs::read(&path).map_err(|error| io("leave", &path, error))?;
    let outcome: Outcome = serde_json::from_slice(&text)
        .map_err(|error| Trouble::of("leave", format!("{}: {error}", path.display())))?;
    let broken = match tip.commits.last() {
        Some(last) => checked(task, &shop, last, &mut state.checked)?,
        None => None,
    };
    let left = leave(task, &shop, &outcome, &tip, broken.is_some())?;
    match broken {
        Some(why) => Err(Trouble::of("check", why)),
        None => Ok(left),
    }
}

/// Runs the checks that did not run yet, and says what is broken now and was not before.
fn checked(
    task: &Task<'_>,
    shop: &Workshop,
    tip: &str,
    known: &mut Vec<Checked>,
) -> Result<Option<String>, Trouble> {
    for (when, commit) in [(When::Before, &*shop.commit), (When::After, tip)] {
        let mut tree: Option<WorkTree> = None;
        for one in task.job.checks.iter().filter(|check| check.runs(when)) {
            let is_it = |known: &Checked| known.name == one.name && known.when == when;
            if known.iter().any(is_it) {
                continue;
            }
            let tree = match &mut tree {
                Some(tree) => tree,
                none => none.insert(shop.tree("check", commit)?),
            };
            note(
                task,
                known,
                check(shop, one, when, &tree.path, &task.job.pass_env)?,
            )?;
        }
    }
    let find = |name: &str, when| {
        let mut all = known.iter();
        all.find(|known| known.name == name && known.when == when)
    };
    let broken = task.job.checks.iter().find_map(|check| {
        let after = find(&check.name, When::After).filter(|after| !after.passed)?;
        match find(&check.name, When::Before) {
            Some(before) if !before.passed => None,
            Some(_) => Some(format!(
                "`{}` passed before and fails now: {}",
                check.name, after.ended
            )),
            None => Some(format!("`{}` fails: {}", check.name, after.ended)),
        }
    });
    Ok(broken)
}

fn note(task: &Task<'_>, known: &mut Vec<Checked>, checked: Checked) -> Result<(), Trouble> {
    (task.write_down)(Step::Checked(checked.clone()))?;
    known.push(checked);
    Ok(())
}

/// Rewrites a repository, in one go or by transform, and makes the commits.
fn rewritten(
    task: &Task<'_>,
    shop: &Workshop,
    known: &mut Vec<Checked>,
) -> Result<(Tip, Outcome), Trouble> {
    let start = Instant::now();
    let tree = shop.tree("rewrite", &shop.commit)?;
    let mut commits = Commits::upon(task, shop)?;
    let request = |only: Option<&str>, write| Request {
        tree: tree.path.clone(),
        only: only.map(str::to_owned),
        settings: task.settings.map(str::to_owned),
        review: task.job.safety == Level::Review,
        write,
        memory: task.job.memory,
    };
    let mut outcome;
    if task.job.cut == Cut::Transform {
        outcome = rewrite(shop, &request(None, false))?;
        let fixing: Vec<String> = outcome
            .transforms
            .iter_mut()
            .filter_map(|(name, tally)| {
                (std::mem::take(&mut tally.fixed) > 0).then(|| name.clone())
            })
            .collect();
        outcome.changed.clear();
        outcome.together.clear();
        for transform in fixing {
            let turn = rewrite(shop, &request(Some(&transform), true))?;
            formatted(task, shop, &tree, known, !turn.changed.is_empty())?;
            let blobs = blobs(shop, &tree.path, turn.changed.keys(), commits.last())?;
            commits.add(&turn, "", &blobs)?;
            outcome.join(turn);
        }
        let rest = rewrite(shop, &request(None, false))?;
        for tally in outcome.transforms.values_mut() {
            tally.left.clear();
        }
        for (transform, found) in rest.transforms {
            outcome.transforms.entry(transform).or_default().left = found.left;
        }
    } else {
        outcome = rewrite(shop, &request(None, true))?;
        formatted(task, shop, &tree, known, !outcome.changed.is_empty())?;
        let blobs = blobs(shop, &tree.path, outcome.changed.keys(), &shop.commit)?;
        let changed: BTreeSet<String> = blobs.keys().cloned().collect();
        let package = |path: &str| package(&tree.path, path);
        for Piece { title, paths } in pieces(&outcome, &changed, task.job.cut, &package) {
            let mut part = outcome.clone();
            part.changed.retain(|path, _| paths.contains(path));
            let blobs = blobs.iter().filter(|(path, _)| paths.contains(*path));
            let blobs = blobs.map(|(path, blob)| (path.clone(), blob.clone()));
            commits.add(&part, &title, &blobs.collect())?;
        }
    }
    outcome.blobs = commits.blobs;
    for link in &tree.links_left_out {
        let note = format!("{link}: is a link that leads out of the repository, and was left out");
        outcome.notes.push(note);
    }
    let tip = Tip {
        commits: commits.made,
        milliseconds: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    Ok((tip, outcome))
}

/// Runs what the job names to format files, if there is something to format.
fn formatted(
    task: &Task<'_>,
    shop: &Workshop,
    tree: &WorkTree,
    known: &mut Vec<Checked>,
    is_changed: bool,
) -> Result<(), Trouble> {
    for one in task
        .job
        .checks
        .iter()
        .filter(|check| check.changes && is_changed)
    {
        known.retain(|known| known.name != one.name);
        let checked = check(shop, one, When::After, &tree.path, &task.job.pass_env)?;
        note(task, known, checked)?;
    }
    Ok(())
}

/// Commits upon the one that everything begins from.
struct Commits<'a> {
    task: &'a Task<'a>,
    shop: &'a Workshop,
    signed: super::git::Git,
    made: Vec<String>,
    /// What git has for each file in the end.
    blobs: BTreeMap<String, String>,
}

impl<'a> Commits<'a> {
    fn upon(task: &'a Task<'a>, shop: &'a Workshop) -> Result<Self, Trouble> {
        // The date of what they are made from: the same commits, whenever they are made.
        let date = shop
            .git
            .line(&["log", "-1", "--format=%ct", &shop.commit])?;
        let (name, address) = task.job.author.split_once(" <").unwrap_or_default();
        let address = address.trim_end_matches('>');
        Ok(Self {
            task,
            shop,
            signed: shop.git.signed(name, address, &format!("{date} +0000")),
            made: Vec::new(),
            blobs: BTreeMap::new(),
        })
    }

    fn last(&self) -> &str {
        self.made.last().unwrap_or(&self.shop.commit)
    }

    fn add(
        &mut self,
        outcome: &Outcome,
        title: &str,
        blobs: &BTreeMap<String, Blob>,
    ) -> Result<(), Trouble> {
        if blobs.is_empty() {
            return Ok(());
        }
        let message = outcome.message(&self.task.job.message, title, &self.task.repository.name);
        let made = commit(self.shop, &self.signed, self.last(), blobs, &message)?;
        self.made.push(made);
        let ids = blobs.iter();
        self.blobs
            .extend(ids.map(|(path, blob)| (path.clone(), blob.id.clone())));
        Ok(())
    }
}

/// The outermost package that a file is in, else the folder at the top.
fn package(tree: &Path, path: &str) -> String {
    let folders: Vec<&str> = path.split('/').collect();
    let above = folders.len().saturating_sub(1);
    let is_package = |end: &usize| {
        tree.join(folders[..*end].join("/"))
            .join("__init__.py")
            .is_file()
    };
    let end = (1..=above).find(is_package).unwrap_or(above.min(1));
    match end {
        0 => "the top".to_owned(),
        end => folders[..end].join("/"),
    }
}
