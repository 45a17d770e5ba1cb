//! `asyncfix bulk`: many repositories in one job.

mod args;
mod progress;
mod reports;
mod rewrite;

pub use args::BulkArgs;

use super::args::RunArgs;
use super::commands::Exit;
use super::settings::Settings;
use super::terminal::print;
use crate::job::bulk::{self, Job, Output, Record, Repository, Shard, State, states};
use crate::report::summary::count;
use anyhow::{Context, Result, anyhow, bail};
use args::{BulkCommand, BulkRunArgs, JobArgs};
use progress::Progress;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) fn run(command: &BulkCommand) -> Result<Exit> {
    match command {
        BulkCommand::Run(args) => go(args, &Named::of(&args.job)?),
        BulkCommand::Resume(args) => go(args, &begun(&args.job)?),
        BulkCommand::Retry { run, failed: _ } => {
            let named = begun(&run.job)?;
            bulk::retry(&named.output)?;
            go(run, &named)
        }
        BulkCommand::Status(args) => status(args, &begun(args)?),
        BulkCommand::Undo(args) => undo(&begun(args)?),
        BulkCommand::Merge(args) => {
            let named = Named::of(args)?;
            let shards = bulk::merge(&named.output.folder)?;
            status(args, &named)?;
            say(&format!("{} merged.", count(shards, "shard")));
            Ok(Exit::Clean)
        }
        BulkCommand::Report {
            job,
            format,
            without_times,
        } => {
            let named = begun(job)?;
            let text = reports::report(&named, *format, !without_times)?;
            print(text.as_bytes())?;
            Ok(Exit::Clean)
        }
        BulkCommand::Rewrite { request } => rewrite::rewrite(request),
        BulkCommand::Within { memory, program } => within(*memory, program),
    }
}

/// A job, and everything that it names.
pub(super) struct Named {
    job: Job,
    text: String,
    repositories: Vec<Repository>,
    twice: Vec<String>,
    output: Output,
    shard: Option<Shard>,
}

impl Named {
    fn of(args: &JobArgs) -> Result<Self> {
        let (job, text) = Job::read(&args.job)?;
        if let Some(table) = &job.asyncfix {
            let mut isolated = RunArgs::over(".");
            isolated.look.isolated = true;
            let own = toml::to_string(table).context("[asyncfix] of the job")?;
            Settings::resolve_with(&isolated, Some(&own))?;
        }
        let folder = std::path::absolute(&args.job)
            .with_context(|| format!("there is no path {}", args.job.display()))?;
        let folder = folder.parent().unwrap_or(Path::new("/"));
        let (repositories, twice) = bulk::repositories(&job, folder)?;
        if repositories.is_empty() {
            bail!("{} names no repository that is there", args.job.display());
        }
        let shard = args.shard.as_deref().map(shard).transpose()?;
        let output = match (&args.output, &job.output) {
            (Some(output), _) => std::path::absolute(output)?,
            (None, Some(output)) => folder.join(output),
            (None, None) => {
                let stem = args.job.file_stem().unwrap_or_default().to_string_lossy();
                folder.join(format!("{stem}-output"))
            }
        };
        Ok(Self {
            job,
            text,
            repositories,
            twice,
            output: Output::new(&output, shard),
            shard,
        })
    }

    /// What is known of each repository.
    fn states(&self) -> Result<BTreeMap<String, State>> {
        let records = crate::job::records::<Record>(&self.output.journal())?;
        Ok(states(records))
    }

    /// The repositories that this is about.
    fn own(&self) -> impl Iterator<Item = &Repository> {
        let all = self.repositories.iter().enumerate();
        all.filter(|(place, _)| self.shard.is_none_or(|shard| shard.has(*place)))
            .map(|(_, repository)| repository)
    }
}

/// A job that was begun.
fn begun(args: &JobArgs) -> Result<Named> {
    let named = Named::of(args)?;
    match named.output.journal().is_file() {
        true => Ok(named),
        false => Err(anyhow!(
            "nothing was begun in {}: begin with `asyncfix bulk run {}`",
            named.output.folder.display(),
            args.job.display()
        )),
    }
}

fn go(args: &BulkRunArgs, named: &Named) -> Result<Exit> {
    bulk::git_is_usable().map_err(|why| anyhow!(why))?;
    named.output.begin(&named.text)?;
    for place in &named.twice {
        if !args.quiet {
            say(&format!("note: {place} is named twice"));
        }
    }
    let job = Job {
        jobs: args.jobs.or(named.job.jobs),
        ..named.job.clone()
    };
    let progress = Progress::new(args.job.json, args.quiet);
    let tell = |event: &bulk::Event<'_>| progress.tell(event);
    bulk::run(&job, &named.repositories, &named.output, named.shard, &tell)?;
    progress.finish();
    status(&args.job, named)
}

/// Tells how far a job is.
fn status(args: &JobArgs, named: &Named) -> Result<Exit> {
    let states = named.states()?;
    let (mut done, mut waiting, mut found, mut fixed, mut patches) = (0, 0, 0, 0, 0);
    let mut failed = Vec::new();
    for repository in named.own() {
        match states.get(&repository.name) {
            Some(State {
                failed: Some((at, why)),
                ..
            }) => failed.push((repository, at, why)),
            Some(State {
                left: Some(left), ..
            }) => {
                done += 1;
                found += left.found;
                fixed += left.fixed;
                patches += left.patches.len();
            }
            _ => waiting += 1,
        }
    }
    if args.json {
        let why = |(repository, at, why): &(&Repository, &String, &String)| serde_json::json!({"repository": repository.name, "place": repository.place.shown(), "at": at, "why": why});
        let numbers = serde_json::json!({
            "event": "status", "done": done, "waiting": waiting, "found": found, "fixed": fixed,
            "patches": patches, "failed": failed.iter().map(why).collect::<Vec<_>>(),
        });
        print(format!("{numbers}\n").as_bytes())?;
    } else {
        let mut text = format!(
            "Repositories: {done} done, {} failed, {waiting} to do. {} found, {fixed} fixed; patches: {patches}, in {}\n",
            failed.len(),
            count(found, "place"),
            named.output.folder.join("repositories").display(),
        );
        for (repository, at, why) in &failed {
            text.push_str(&format!(
                "failed: {}: {at}: {why}\n",
                repository.place.shown()
            ));
        }
        print(text.as_bytes())?;
    }
    match failed.is_empty() {
        true => Ok(Exit::Clean),
        false => Ok(Exit::Failed),
    }
}

fn undo(named: &Named) -> Result<Exit> {
    let undone = bulk::undo(&named.output, &named.repositories)?;
    let mut exit = Exit::Clean;
    for one in &undone {
        match &one.refused {
            None => print(format!("{}: taken back\n", one.repository).as_bytes())?,
            Some(why) => {
                say(&format!("warning: {}: {why}", one.repository));
                exit = Exit::Failed;
            }
        }
    }
    if undone.is_empty() {
        say("Nothing was left in any repository.");
    }
    Ok(exit)
}

/// Becomes another program, with a bound on its memory.
fn within(memory: u64, program: &[std::ffi::OsString]) -> Result<Exit> {
    use std::os::unix::process::CommandExt;
    bulk::end_with_parent();
    bulk::limit_memory(memory).map_err(|why| anyhow!(why))?;
    let (name, arguments) = program.split_first().context("which program?")?;
    let error = std::process::Command::new(name).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", PathBuf::from(name).display()))
}

/// `2/8`, counted from 1; `auto` is the number that a scheduler gave.
fn shard(text: &str) -> Result<Shard> {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        text.parse::<usize>().ok()
    };
    let wrong = || anyhow!("--shard is I/N with I from 1 to N, or auto/N; not `{text}`");
    let (index, of) = match text.split_once('/') {
        Some((index, of)) => (index, Some(of.parse::<usize>().map_err(|_| wrong())?)),
        None => (text, None),
    };
    let slurm = || {
        let (task, first) = (
            number("SLURM_ARRAY_TASK_ID")?,
            number("SLURM_ARRAY_TASK_MIN")?,
        );
        Some(task.checked_sub(first)? + 1)
    };
    let index = match index {
        "auto" => number("JOB_COMPLETION_INDEX")
            .map(|index| index + 1)
            .or_else(slurm)
            .context("--shard auto: neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is set")?,
        index => index.parse().map_err(|_| wrong())?,
    };
    let of = of.or_else(|| number("SLURM_ARRAY_TASK_COUNT"));
    let of = of.context("--shard auto: how many there are is not known here; say auto/N")?;
    match (1..=of).contains(&index) {
        true => Ok(Shard { index, of }),
        false => Err(wrong()),
    }
}

fn say(text: &str) {
    use std::io::Write;
    // Nobody is left to be told that standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}
