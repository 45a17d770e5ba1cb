//! The whole way for one tree and for one text, as plain functions: nothing is read from the
//! environment or kept between calls, and nothing is written.

use super::{Outcome, Records, Skipped, Survey, surroundings, walk};
use crate::engine::{Loaded, Plan, Selection, Wish, settle};
use crate::fix::{FileId, Finding, Safety};
use crate::review::{Ledger, held, rule};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Stack of worker threads: room for walking and dropping deep syntax trees.
pub const STACK: usize = 64 << 20;

/// What becomes of a tree or a text.
#[derive(Debug)]
pub struct Rewritten {
    /// How many files were looked at.
    pub files: usize,
    /// How often each transform found something at first.
    pub found: BTreeMap<&'static str, usize>,
    /// What stays found in files that the plan is not about.
    pub left: Vec<Finding>,
    pub skipped: Vec<Skipped>,
    pub plan: Plan,
}

/// Why a tree cannot be looked at at all.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error("the globs to leave out are wrong: {0}")]
    Globs(#[from] ignore::Error),
    #[error("the worker threads cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// What to do with a tree.
#[derive(Clone, Copy)]
pub struct TreeOptions<'a> {
    pub selection: &'a Selection,
    /// Globs of what to leave out.
    pub excludes: &'a [String],
    /// How sure a fix has to be.
    pub at_least: Safety,
    /// What was decided about findings; what is refused is left alone.
    pub decisions: Option<&'a Ledger>,
    /// 0 is one for each processor.
    pub threads: usize,
}

/// What asyncfix makes of the files below a folder. Nothing is written: [`super::write`] does that with
/// each of the plan's patches.
///
/// ```
/// use asyncfix::engine::Selection;
/// use asyncfix::fix::Safety;
/// use asyncfix::job::{TreeOptions, rewrite_tree};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("app.py");
/// std::fs::write(&path, "import time\n\n\nasync def tick():\n    time.sleep(1)\n")?;
/// let options = TreeOptions {
///     selection: &Selection::default(),
///     excludes: &[],
///     at_least: Safety::Safe,
///     decisions: None,
///     threads: 1,
/// };
/// let rewritten = rewrite_tree(folder.path(), options)?;
/// assert!(rewritten.plan.patches[0].after.contains("await asyncio.sleep(1)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rewrite_tree(root: &Path, options: TreeOptions<'_>) -> Result<Rewritten, TreeError> {
    let paths: &[PathBuf] = &[root.to_path_buf()];
    let walked = walk(paths, options.excludes, options.threads)?;
    let files = walked.entries.len();
    let around = surroundings(paths, options.excludes, options.threads, &walked.entries)?;
    let mut entries = walked.entries;
    entries.extend(around);
    entries.sort();
    let survey = || Survey::new(entries, options.selection, false, &|| ());
    let mut rewritten = within(options, Records::of(paths), survey)?;
    rewritten.files = files;
    rewritten.skipped.extend(walked.skipped);
    rewritten.skipped.sort();
    Ok(rewritten)
}

/// What asyncfix makes of one text, as if it were the only file there is.
///
/// ```
/// use asyncfix::engine::Selection;
/// use asyncfix::fix::Safety;
/// use asyncfix::job::{TreeOptions, rewrite_source};
///
/// let options = TreeOptions {
///     selection: &Selection::default(),
///     excludes: &[],
///     at_least: Safety::Safe,
///     decisions: None,
///     threads: 1,
/// };
/// let text = "import time\n\n\nasync def tick():\n    time.sleep(1)\n";
/// let rewritten = rewrite_source("app.py", text.as_bytes(), options)?;
/// assert!(rewritten.plan.patches[0].after.contains("await asyncio.sleep(1)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rewrite_source(
    name: impl AsRef<Path>,
    bytes: &[u8],
    options: TreeOptions<'_>,
) -> Result<Rewritten, TreeError> {
    let path = name.as_ref();
    let survey = || Survey::alone(path, bytes, options.selection);
    within(options, Records::of(&[path.to_path_buf()]), survey)
}

fn within(
    options: TreeOptions<'_>,
    records: Records,
    survey: impl FnOnce() -> Survey + Send,
) -> Result<Rewritten, TreeError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .stack_size(STACK)
        .build()?;
    Ok(pool.install(|| settled(options, &records, &survey())))
}

fn settled(options: TreeOptions<'_>, records: &Records, survey: &Survey) -> Rewritten {
    let mut found = BTreeMap::new();
    let mut left = Vec::new();
    let mut skipped = Vec::new();
    let mut files: BTreeMap<FileId, Loaded> = BTreeMap::new();
    let mut wish = Wish::from(options.at_least);
    for (file, outcome) in survey.examine(options.selection, |loaded| loaded) {
        let loaded = match outcome {
            Outcome::Quiet => continue,
            Outcome::Skipped(trouble) => {
                skipped.push(trouble);
                continue;
            }
            Outcome::Found(loaded) => loaded,
        };
        for finding in &loaded.findings {
            *found.entry(finding.transform).or_default() += 1;
        }
        let name = options.decisions.zip(records.name_of(loaded.source.path()));
        let held = name.map_or_else(Vec::new, |(ledger, name)| {
            held(ledger, &name, loaded.source.text(), &loaded.findings)
        });
        rule(&mut wish.decided, file, &loaded.findings, &held);
        let fixable = |finding: &Finding| finding.remedy.safety() >= options.at_least;
        match loaded.findings.iter().any(fixable) || !held.is_empty() {
            true => {
                files.insert(file, loaded);
            }
            false => left.extend(loaded.findings),
        }
    }
    let plan = settle(files, survey.project(), survey, options.selection, wish);
    Rewritten {
        files: 1,
        found,
        left,
        skipped,
        plan,
    }
}
