//! What each command does.

use super::args::{Args, ColorWhen, Command, OutputFormat, RunArgs};
use super::settings::Settings;
use crate::engine::{Loaded, Plan, settle};
use crate::fix::{FileId, Finding, Safety};
use crate::job::{self, Entry, Outcome, Skipped};
use crate::report;
use crate::transforms::{self, CATALOGUE};
use anstream::ColorChoice;
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
            print(
                report::catalogue::list(&infos).as_bytes(),
                ColorChoice::Never,
            )?;
            Ok(Exit::Clean)
        }
        Some(Command::Explain { transform }) => {
            let Some(info) = transforms::find(transform) else {
                bail!("there is no transform `{transform}`; `asyncfix list` names them all");
            };
            print(report::catalogue::page(info).as_bytes(), ColorChoice::Never)?;
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
        list(args, &settings, &searched.files, &talk)?
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
    files: &BTreeMap<FileId, Loaded>,
    talk: &Talk,
) -> Result<Exit> {
    let parts = || {
        files.values().map(|loaded| {
            let source = &loaded.source;
            (source.path(), &**source.text(), &loaded.findings[..])
        })
    };
    match settings.output_format {
        OutputFormat::Json => {
            print(
                report::json::findings(parts())?.as_bytes(),
                ColorChoice::Never,
            )?;
        }
        OutputFormat::Text => {
            let colour = colours(args);
            for (path, text, found) in parts() {
                let shown = report::text::findings(path, text, found, colour != ColorChoice::Never);
                print(shown.as_bytes(), colour)?;
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
        print(&painted(&diff, colours(args)), colours(args))?;
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
            print(changed.as_deref().unwrap_or(input), ColorChoice::Never)?;
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

/// Removed lines red, added ones green, as git has them.
fn painted(diff: &[u8], colour: ColorChoice) -> Vec<u8> {
    if colour == ColorChoice::Never {
        return diff.to_vec();
    }
    let mut out = Vec::with_capacity(diff.len() * 2);
    for line in diff.split_inclusive(|&byte| byte == b'\n') {
        let style: &[u8] = match line {
            _ if line.starts_with(b"---") || line.starts_with(b"+++") => b"\x1b[1m",
            [b'-', ..] => b"\x1b[31m",
            [b'+', ..] => b"\x1b[32m",
            [b'@', ..] => b"\x1b[36m",
            [b'#', ..] => b"\x1b[33m",
            _ => b"",
        };
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(style);
        out.extend_from_slice(content);
        if !style.is_empty() {
            out.extend_from_slice(b"\x1b[0m");
        }
        out.extend_from_slice(&line[content.len()..]);
    }
    out
}

fn colours(args: &RunArgs) -> ColorChoice {
    match args.color {
        ColorWhen::Always => ColorChoice::Always,
        ColorWhen::Never => ColorChoice::Never,
        ColorWhen::Auto => match anstream::AutoStream::choice(&std::io::stdout()) {
            ColorChoice::Never => ColorChoice::Never,
            _ => ColorChoice::Always,
        },
    }
}

/// Data goes to standard output, as it is: bytes of any encoding.
fn print(bytes: &[u8], colour: ColorChoice) -> Result<()> {
    let _ = colour;
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()?;
    Ok(())
}

fn progress(args: &RunArgs, files: usize) -> ProgressBar {
    if args.quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} files {wide_bar} {eta}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A panic is caught at the file it happened in and reported there; its own message would only
/// frighten. It is kept for those who ask for a backtrace.
fn silence_panics() {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
}

/// What is said beside the data, on standard error.
struct Talk {
    quiet: bool,
    verbose: bool,
}

impl Talk {
    fn new(args: &RunArgs) -> Self {
        Self {
            quiet: args.quiet,
            verbose: args.verbose,
        }
    }

    fn warn(&self, text: &str) {
        self.write("warning: ", text);
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            self.write("note: ", text);
        }
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            self.write("", text);
        }
    }

    fn detail(&self, text: &str) {
        if self.verbose {
            self.write("", text);
        }
    }

    fn write(&self, prefix: &str, text: &str) {
        // Nobody is left to be told that standard error is closed.
        let _ = writeln!(std::io::stderr(), "{prefix}{text}");
    }
}
