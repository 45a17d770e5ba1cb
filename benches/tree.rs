//! Time and peak memory over a whole tree of Python files, beside ruff's in the same run.
//!
//!     cargo bench --bench tree -- --corpus target/corpus --ruff ruff
//!
//! Two floors tell what any tool must spend: reading every file, and parsing every file. They are
//! this same program, started with another first argument. So is `measure`, which runs one command
//! and reports on it: the system only tells the peak memory of all children of a process together.

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use anyhow::{Context, Result, ensure};
use asyncfix::engine::facts;
use asyncfix::job::{Walked, walk};
use asyncfix::model::file::Facts;
use asyncfix::model::libraries::Catalogue;
use asyncfix::model::project::{Modules, Project};
use asyncfix::python::{deep_stack, parse};
use asyncfix::text::Source;
use clap::Parser;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Times asyncfix over a tree of Python files against ruff's checks of asynchronous code.
#[derive(Debug, Parser)]
struct Args {
    /// Folder to take Python files from
    #[arg(long, default_value = "target/corpus")]
    corpus: PathBuf,
    /// The ruff to compare with
    #[arg(long, default_value = "ruff")]
    ruff: PathBuf,
    /// Size of the largest tree; the others have a tenth and three tenths of it
    #[arg(long, default_value_t = 10_000)]
    files: usize,
    /// How often each command runs over each tree
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Print every measurement as JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// What one run of a command took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Usage {
    wall_s: f64,
    cpu_s: f64,
    peak_mb: f64,
}

/// All runs of one command over one tree.
#[derive(Debug, Serialize)]
struct Series {
    files: usize,
    command: &'static str,
    runs: Vec<Usage>,
}

impl Series {
    fn median(&self, of: impl Fn(&Usage) -> f64) -> f64 {
        let mut values: Vec<f64> = self.runs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() % 2 {
            0 => (values[middle - 1] + values[middle]) / 2.0,
            _ => values[middle],
        }
    }

    fn wall(&self) -> f64 {
        self.median(|run| run.wall_s)
    }

    fn peak(&self) -> f64 {
        self.median(|run| run.peak_mb)
    }
}

const RUFF: &str = "ruff";
const DIFF: &str = "asyncfix --diff";
const COMMANDS: [&str; 5] = [RUFF, DIFF, "asyncfix", "read-only", "parse-only"];

fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1);
    match words.next().as_ref().and_then(|word| word.to_str()) {
        Some("measure") => measure(words.collect()),
        Some("read-only") => touch(|bytes, _| bytes.iter().map(|&byte| byte as usize).sum()),
        Some("parse-only") => touch(parsed_size),
        Some("link-only") => link(),
        _ => compare(Args::parse()),
    }
}

fn compare(mut args: Args) -> Result<()> {
    ensure!(args.rounds > 0, "--rounds must be at least 1");
    args.corpus = args.corpus.canonicalize().context("--corpus")?;
    if args.ruff.components().count() > 1 {
        // It is not on the PATH, and will be started from another working directory.
        args.ruff = std::path::absolute(&args.ruff)?;
    }
    let files = choose(&args.corpus, args.files)?;
    let mut all = Vec::new();
    let mut links = Vec::new();
    for size in [args.files / 10, args.files * 3 / 10, args.files] {
        let tree = tempfile::tempdir()?;
        plant(&args.corpus, &files[..size], tree.path())?;
        all.extend(run_all(&args, tree.path(), size)?);
        links.push(linked(&args, tree.path(), size)?);
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&(&all, &links))?);
    } else {
        print!("{}{}", table(&all), link_table(&links));
    }
    Ok(())
}

/// As many files of the corpus, package by package, in an order that is always the same.
fn choose(corpus: &Path, count: usize) -> Result<Vec<PathBuf>> {
    let Walked { entries, .. } = walk(&[corpus.to_path_buf()], &[], 0)?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path).collect();
    files.retain(|path| path.extension() == Some("py".as_ref()) && !path.is_symlink());
    ensure!(
        count >= 10 && files.len() >= count,
        "{count} files are asked for; {} holds {}, and at least 10 are needed",
        corpus.display(),
        files.len()
    );
    files.sort_by_cached_key(|path| {
        let name = path.strip_prefix(corpus).unwrap_or(path);
        let package = name.iter().next().unwrap_or_default();
        (
            xxhash_rust::xxh3::xxh3_64(package.as_encoded_bytes()),
            name.to_path_buf(),
        )
    });
    files.truncate(count);
    Ok(files)
}

/// Puts the files into a folder, where they were in the corpus.
fn plant(corpus: &Path, files: &[PathBuf], tree: &Path) -> Result<()> {
    for file in files {
        let target = tree.join(file.strip_prefix(corpus)?);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        if std::fs::hard_link(file, &target).is_err() {
            std::fs::copy(file, &target).with_context(|| file.display().to_string())?;
        }
    }
    Ok(())
}

fn run_all(args: &Args, tree: &Path, files: usize) -> Result<Vec<Series>> {
    let mut all: Vec<Series> = COMMANDS
        .iter()
        .map(|command| Series {
            files,
            command,
            runs: Vec::new(),
        })
        .collect();
    // The first round only warms the system's cache.
    for round in 0..=args.rounds {
        for turn in 0..all.len() {
            // Whoever goes first in one round goes last in the next.
            let index = (turn + round) % COMMANDS.len();
            let usage = run(args, all[index].command, tree)?;
            if round > 0 {
                all[index].runs.push(usage);
            }
        }
    }
    Ok(all)
}

/// Runs one command in the tree and waits for it.
fn run(args: &Args, command: &str, tree: &Path) -> Result<Usage> {
    let own = std::env::current_exe()?;
    let asyncfix = Path::new(env!("CARGO_BIN_EXE_asyncfix"));
    let (program, options) = match command {
        RUFF => (
            args.ruff.clone(),
            "check --select ASYNC --no-cache --isolated --exit-zero .",
        ),
        DIFF => (asyncfix.to_path_buf(), "--diff --isolated ."),
        "asyncfix" => (asyncfix.to_path_buf(), "--isolated --exit-zero ."),
        floor => (own.clone(), floor),
    };
    let output = Command::new(own)
        .arg("measure")
        .arg(&program)
        .args(options.split(' '))
        .current_dir(tree)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "cannot measure {command}");
    let (code, usage): (Option<i32>, Usage) = serde_json::from_slice(&output.stdout)?;
    // For asyncfix, 2 may mean that it skipped a file.
    let well = code == Some(0) || code == Some(2) && program == asyncfix;
    ensure!(well, "{command} exited with {code:?}");
    Ok(usage)
}

/// Runs a command and prints its exit code and what it took.
fn measure(words: Vec<OsString>) -> Result<()> {
    let (program, options) = words.split_first().context("nothing to measure")?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {}", Path::new(program).display()))?;
    let wall_s = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = usage.user_time() + usage.system_time();
    // The unit is kilobytes, but bytes on Apple's systems.
    let unit = if cfg!(target_vendor = "apple") {
        1e6
    } else {
        1e3 / 1.024
    };
    let usage = Usage {
        wall_s,
        cpu_s: cpu.num_microseconds() as f64 / 1e6,
        peak_mb: usage.max_rss() as f64 / unit,
    };
    println!("{}", serde_json::to_string(&(status.code(), usage))?);
    Ok(())
}

/// Reads every Python file below the working directory with all processors, and does something with it.
fn touch(work: fn(&[u8], &Path) -> usize) -> Result<()> {
    rayon::ThreadPoolBuilder::new()
        .stack_size(64 << 20)
        .build_global()?;
    let walked = walk(&[PathBuf::from(".")], &[], 0)?;
    let sum: usize = walked
        .entries
        .par_iter()
        .map(|entry| std::fs::read(&entry.path).map_or(0, |bytes| work(&bytes, &entry.path)))
        .sum();
    // The work must not be optimized away.
    println!("{sum}");
    Ok(())
}

/// How long it took to link a tree.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Link {
    files: usize,
    /// Collecting the facts of every file, with all processors.
    facts_s: f64,
    /// Linking all of them: classes, calls, closures.
    link_s: f64,
}

/// Links every Python file below the working directory, and prints how long that took.
fn link() -> Result<()> {
    rayon::ThreadPoolBuilder::new()
        .stack_size(64 << 20)
        .build_global()?;
    let walked = walk(&[PathBuf::from(".")], &[], 0)?;
    let catalogue = Catalogue::builtin();
    let start = Instant::now();
    let known: Vec<Option<Arc<Facts>>> = walked
        .entries
        .par_iter()
        .map(|entry| {
            let bytes = std::fs::read(&entry.path).ok()?;
            let source = Source::decode(&entry.path, &bytes).ok()?;
            Some(Arc::new(facts(source.text(), &catalogue).ok()?))
        })
        .collect();
    let facts_s = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let modules = Modules::new(walked.entries.iter().map(|entry| &*entry.path));
    let project = Project::link(modules, known, catalogue);
    let link = Link {
        files: project.files().count(),
        facts_s,
        link_s: start.elapsed().as_secs_f64(),
    };
    println!("{}", serde_json::to_string(&link)?);
    Ok(())
}

/// The fastest of several times that a tree is linked.
fn linked(args: &Args, tree: &Path, files: usize) -> Result<Link> {
    let mut best: Option<Link> = None;
    for _ in 0..args.rounds {
        let own = std::env::current_exe()?;
        let output = Command::new(own)
            .arg("link-only")
            .current_dir(tree)
            .output()?;
        ensure!(output.status.success(), "cannot link {files} files");
        let link: Link = serde_json::from_slice(&output.stdout)?;
        if best.is_none_or(|best| link.link_s < best.link_s) {
            best = Some(link);
        }
    }
    best.context("nothing was linked")
}

fn link_table(links: &[Link]) -> String {
    let mut text = String::from(
        "\nLinking, all files parsed:\n  files  facts s  link s  link ms per 1,000 files\n",
    );
    for link in links {
        text += &format!(
            "{:>7} {:>8.3} {:>7.3} {:>24.1}\n",
            link.files,
            link.facts_s,
            link.link_s,
            link.link_s * 1e6 / link.files as f64,
        );
    }
    text
}

fn parsed_size(bytes: &[u8], path: &Path) -> usize {
    let Ok(source) = Source::decode(path, bytes) else {
        return 0;
    };
    deep_stack(|| parse(source.text()).map_or(0, |tree| tree.body().len()))
}

fn table(all: &[Series]) -> String {
    let mut text = String::from(
        "  files  command           wall s  (min)   cpu s  peak MB  wall/ruff  memory/ruff\n",
    );
    for tree in all.chunks(COMMANDS.len()) {
        let ruff = &tree[0];
        for series in tree {
            let fastest = (series.runs.iter()).fold(f64::MAX, |least, run| least.min(run.wall_s));
            text += &format!(
                "{:>7}  {:<16} {:>7.3}  {:>6.3} {:>6.2} {:>8.1} {:>10.2} {:>12.2}\n",
                series.files,
                series.command,
                series.wall(),
                fastest,
                series.median(|run| run.cpu_s),
                series.peak(),
                series.wall() / ruff.wall(),
                series.peak() / ruff.peak(),
            );
        }
        text.push('\n');
    }
    let (smallest, largest) = (&all[..COMMANDS.len()], &all[all.len() - COMMANDS.len()..]);
    let (from, to) = (smallest[0].files, largest[0].files);
    text += &format!("From {from} to {to} files:\n");
    for (small, large) in smallest.iter().zip(largest) {
        let (wall, peak) = (large.wall() / small.wall(), large.peak() / small.peak());
        text += &format!(
            "         {:<16} {wall:>5.1} times the time, {peak:.1} times the memory\n",
            large.command
        );
    }
    let (ruff, diff) = (&largest[0], &largest[1]);
    text += &format!("\n{DIFF} at {to} files, beside ruff:\n");
    for (what, ratio, target) in [
        ("time", diff.wall() / ruff.wall(), 0.5),
        ("memory", diff.peak() / ruff.peak(), 2.0),
    ] {
        let verdict = if ratio <= target { "met" } else { "missed" };
        text += &format!("         {what:<6} {ratio:.2}, target at most {target}: {verdict}\n");
    }
    text
}
