//! What each command does.

use super::args::{Args, Command, OutputFormat, RunArgs};
use super::settings::Settings;
use super::terminal::{Talk, has_colours, painted, print, progress, silence_panics};
use crate::engine::{Loaded, Plan, settle};
use crate::fix::{FileId, Finding, Safety};
use crate::job::{self, Entry, Outcome, Skipped};
use crate::report;
use crate::transforms::{self, CATALOGUE};
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

/// How a run ended, as the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Clean = 0,
    Found = 1,
    Failed = 2,
}

/// Stack of the worker threads: room for walking and dropping deep syntax trees.
const STACK: usize = 64 << 20;

pub fn run(args: &Args) -> Result<Exit> {
    match &args.command {
        Some(Command::List) => {
            let infos: Vec<_> = CATALOGUE.iter().map(|transform| transform.info()).collect();
            print(report::catalogue::list(&infos).as_bytes())?;
            Ok(Exit::Clean)
        }
        Some(Command::Explain { transform }) => {
            let Some(info) = transforms::find(transform) else {
                bail!("there is no transform `{transform}`; `asyncfix list` names them all");
            };
            print(report::catalogue::page(info).as_bytes())?;
            Ok(Exit::Clean)
        }
        None => look(&args.run),
    }
}

/// Files in which something was found, and files that were skipped.
struct Searched {
    files: BTreeMap<FileId, Loaded>,
    skipped: Vec<Skipped>,
    total: usize,
    /// Standard input, if it was read and can be looked at.
    input: Option<Vec<u8>>,
}

fn look(args: &RunArgs) -> Result<Exit> {
    let settings = Settings::resolve(args)?;
    let threads = args.jobs.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK)
        .build()
        .context("cannot start the worker threads")?;
    silence_panics();
    let searched = match &args.paths[..] {
        [only] if only == Path::new("-") => {
            let name = args
                .stdin_filename
                .clone()
                .unwrap_or_else(|| PathBuf::from("stdin.py"));
            from_stdin(&name, &settings)?
        }
        paths if paths.iter().any(|path| path == Path::new("-")) => {
            bail!("`-` stands for standard input and cannot be mixed with other paths")
        }
        paths => from_disk(paths, args, &settings, threads, &pool)?,
    };
    let talk = Talk::new(args);
    for skipped in &searched.skipped {
        talk.warn(&skipped.to_string());
    }
    talk.detail(&format!(
        "{} looked at",
        report::summary::count(searched.total, "file")
    ));
    let skipped = searched.skipped.len();
    let exit = if args.diff || args.write {
        fix(args, &settings, searched, &talk, &pool)?
    } else {
        list(args, &settings, searched.files, &talk)?
    };
    if skipped == 0 {
        return Ok(exit);
    }
    talk.say(&format!(
        "{} skipped.",
        report::summary::count(skipped, "file")
    ));
    Ok(Exit::Failed)
}

fn from_stdin(name: &Path, settings: &Settings) -> Result<Searched> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .context("cannot read standard input")?;
    let outcome = job::load_source(name, &bytes, FileId(0), &settings.selection);
    let mut searched = sort(1, [(FileId(0), outcome)]);
    searched.input = searched.skipped.is_empty().then_some(bytes);
    Ok(searched)
}

fn from_disk(
    paths: &[PathBuf],
    args: &RunArgs,
    settings: &Settings,
    threads: usize,
    pool: &rayon::ThreadPool,
) -> Result<Searched> {
    let walked = job::walk(paths, &settings.excludes, threads).context("--exclude takes globs")?;
    for note in &walked.notes {
        Talk::new(args).note(note);
    }
    let progress = progress(args, walked.entries.len());
    let outcomes: Vec<(FileId, Outcome)> = pool.install(|| {
        walked
            .entries
            .par_iter()
            .enumerate()
            .map(|(index, entry): (usize, &Entry)| {
                let file = FileId(index as u32);
                let outcome = job::load(entry, file, &settings.selection);
                progress.inc(1);
                (file, outcome)
            })
            .filter(|(_, outcome)| !matches!(outcome, Outcome::Quiet))
            .collect()
    });
    progress.finish_and_clear();
    let mut searched = sort(walked.entries.len(), outcomes);
    searched.skipped.extend(walked.skipped);
    searched.skipped.sort();
    Ok(searched)
}

fn sort(total: usize, outcomes: impl IntoIterator<Item = (FileId, Outcome)>) -> Searched {
    let mut searched = Searched {
        files: BTreeMap::new(),
        skipped: Vec::new(),
        total,
        input: None,
    };
    for (file, outcome) in outcomes {
        match outcome {
            Outcome::Quiet => {}
            Outcome::Found(loaded) => {
                searched.files.insert(file, loaded);
            }
            Outcome::Skipped(skipped) => searched.skipped.push(skipped),
        }
    }
    searched
}

fn list(
    args: &RunArgs,
    settings: &Settings,
    mut files: BTreeMap<FileId, Loaded>,
    talk: &Talk,
) -> Result<Exit> {
    if let Some(safety) = args.safety {
        let at_least: Safety = safety.into();
        files.retain(|_, loaded| {
            loaded
                .findings
                .retain(|finding| finding.remedy.safety() >= at_least);
            !loaded.findings.is_empty()
        });
    }
    let parts = || {
        files.values().map(|loaded| {
            let source = &loaded.source;
            (source.path(), &**source.text(), &loaded.findings[..])
        })
    };
    match settings.output_format {
        OutputFormat::Json => {
            print(report::json::findings(parts())?.as_bytes())?;
        }
        OutputFormat::Text => {
            let colour = has_colours(args);
            for (path, text, found) in parts() {
                print(report::text::findings(path, text, found, colour).as_bytes())?;
            }
        }
    }
    let found: Vec<&Finding> = files.values().flat_map(|loaded| &loaded.findings).collect();
    talk.say(&report::summary::of_findings(
        found.iter().copied(),
        files.len(),
    ));
    Ok(match found.is_empty() || args.exit_zero {
        true => Exit::Clean,
        false => Exit::Found,
    })
}

fn fix(
    args: &RunArgs,
    settings: &Settings,
    searched: Searched,
    talk: &Talk,
    pool: &rayon::ThreadPool,
) -> Result<Exit> {
    let Searched { files, input, .. } = searched;
    let at_least = match (args.write, args.accept_review, args.safety) {
        (_, _, Some(safety)) => safety.into(),
        (true, false, None) => Safety::Safe,
        _ => Safety::Review,
    };
    let plan = pool.install(|| settle(files, &settings.selection, at_least));
    if args.diff {
        let diff = report::diff::unified(&plan);
        match has_colours(args) {
            true => print(&painted(&diff))?,
            false => print(&diff)?,
        }
    }
    let unwritten = match args.write {
        true => write(args, &plan, input.as_deref(), talk)?,
        false => BTreeSet::new(),
    };
    let mut failed = !unwritten.is_empty();
    for mistake in report::summary::of_mistakes(&plan) {
        talk.warn(&mistake);
        failed = true;
    }
    talk.say(&report::summary::of_plan(&plan, args.write, &unwritten));
    Ok(if failed {
        Exit::Failed
    } else if args.exit_code && !plan.patches.is_empty() {
        Exit::Found
    } else {
        Exit::Clean
    })
}

/// Writes the changed files; returns those that could not be written. Standard input comes out on
/// standard output, changed or not.
fn write(
    args: &RunArgs,
    plan: &Plan,
    input: Option<&[u8]>,
    talk: &Talk,
) -> Result<BTreeSet<FileId>> {
    let mut unwritten = BTreeSet::new();
    if let Some(input) = input {
        let changed = plan
            .patches
            .first()
            .and_then(|patch| patch.before.encode(&patch.after).ok());
        if !args.diff {
            print(changed.as_deref().unwrap_or(input))?;
        }
        return Ok(unwritten);
    }
    for patch in &plan.patches {
        match job::write(&patch.before, &patch.after) {
            Ok(written) if written.was_read_only => talk.note(&format!(
                "{}: is read-only; written all the same, since this user may",
                patch.before.path().display()
            )),
            Ok(_) => talk.detail(&format!("{}: written", patch.before.path().display())),
            Err(error) => {
                talk.warn(
                    &Skipped::new(patch.before.path(), format!("not written: {error}")).to_string(),
                );
                unwritten.insert(patch.file);
            }
        }
    }
    Ok(unwritten)
}
