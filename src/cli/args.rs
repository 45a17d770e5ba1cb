//! The arguments as typed. No logic lives here.

use crate::fix::{Failure, KeepTasks, Safety};
use crate::python::PythonVersion;
use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Finds where Python code blocks its event loop or waits one at a time, and rewrites it.
///
/// Without --diff or --write it lists what it finds. Start with `asyncfix --diff src/`: nothing is
/// changed, and the diff says of each change how sure it is and what to look at.
#[derive(Debug, Parser)]
#[command(name = "asyncfix", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub run: RunArgs,
}

const EXAMPLES: &str = "\
Examples:
  asyncfix src/                         list what is found, with the code and the reasons
  asyncfix --diff src/                  show the fixes as one unified diff
  asyncfix --diff src/ | git apply      apply what was shown
  asyncfix --write src/                 apply the safe fixes
  asyncfix --write --accept-review src/ apply the fixes to review as well
  cat app.py | asyncfix --diff -        read a file from standard input
  asyncfix --from ruff.json             answer what ruff found: agreed or not, with the fixes
  asyncfix review src/                  decide about the fixes, one at a time
  asyncfix baseline                     write down what is found, to be shown only what is new
  asyncfix report --html page.html src/ one page to look through all fixes and to decide
  asyncfix explain blocking-sleep       what a transform does, and why
  asyncfix why src/app.py:12            what is known about the calls of a line

Exit codes:
  0  nothing found, or nothing that --fail-on is about; for --diff and --write: all went well
  1  something found; for --diff and --write only with --exit-code
  2  something failed or was skipped";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the transforms
    List,
    /// Tell what a transform finds, what it does about it, and when a person has to look
    Explain {
        /// The transform's name, or a code of another linter such as ASYNC251
        transform: String,
    },
    /// Write down what is found now, so that later runs show and fix only what is new
    Baseline(BaselineArgs),
    /// Tell what is known about the calls of a line: what is called, what it does, and why a remedy is offered or not
    Why {
        /// A file and a line in it, as in src/app.py:12
        #[arg(value_name = "PATH:LINE")]
        place: String,
    },
    /// Decide about the fixes, one at a time; the decisions are kept in .asyncfix/review.toml
    Review(Box<ReviewArgs>),
    /// Write all fixes and findings into one page, to look through them and to decide
    Report(Box<ReportArgs>),
    /// Rewrite many repositories, step by step
    #[cfg(unix)]
    Bulk(super::bulk::BulkArgs),
}

#[derive(Debug, clap::Args)]
#[command(mut_arg("paths", |arg| arg.help("Files and directories to look at")))]
#[command(mut_arg("stdin_filename", |arg| arg.hide(true)), mut_arg("color", |arg| arg.hide(true)))]
pub struct ReportArgs {
    /// The page to write, which needs no other file and no network; `-` is standard output
    #[arg(long, value_name = "FILE", required = true)]
    pub html: PathBuf,

    /// Show only what has a fix that is at least this safe
    #[arg(long, value_name = "SAFETY")]
    pub safety: Option<SafetyArg>,

    #[command(flatten)]
    pub look: LookArgs,
}

#[derive(Debug, clap::Args)]
#[command(mut_arg("paths", |arg| arg.help("Files and directories to look at")))]
#[command(mut_arg("stdin_filename", |arg| arg.hide(true)), mut_arg("color", |arg| arg.hide(true)))]
#[command(mut_arg("isolated", |arg| arg.hide(true)), mut_arg("no_baseline", |arg| arg.hide(true)))]
pub struct BaselineArgs {
    /// Take into the baseline what is found now, and remove what is gone
    #[arg(long)]
    pub update: bool,

    /// Remove what is gone, and take in nothing
    #[arg(long, conflicts_with = "update")]
    pub prune: bool,

    #[command(flatten)]
    pub look: LookArgs,
}

impl RunArgs {
    /// The arguments of a run over one path, all else by default.
    pub fn over(path: &str) -> Self {
        Args::parse_from(["asyncfix", "--quiet", "--", path]).run
    }

    /// The arguments of a run that looks at this, all else by default.
    pub fn of(look: LookArgs) -> Self {
        Self {
            look,
            ..Self::over(".")
        }
    }

    /// The arguments of a run that writes.
    pub fn writing(look: LookArgs) -> Self {
        Self {
            write: true,
            ..Self::of(look)
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Print the fixes as one unified diff and change nothing
    #[arg(long)]
    pub diff: bool,

    /// Write the safe fixes to the files
    #[arg(long)]
    pub write: bool,

    /// Only the places that another tool found: JSON of ruff, SARIF, or a log with tracebacks of blockbuster; `-` is standard input; may be given several times
    #[arg(long, value_name = "FILE")]
    pub from: Vec<PathBuf>,

    /// With --write: apply the fixes to review as well
    #[arg(long, requires = "write")]
    pub accept_review: bool,

    /// Show only what has a fix that is at least this safe
    #[arg(long, value_name = "SAFETY", conflicts_with = "write")]
    pub safety: Option<SafetyArg>,

    /// List what was refused in a review as well
    #[arg(long, conflicts_with_all = ["diff", "write"])]
    pub show_refused: bool,

    /// With --diff or --write: exit with 1 if there was something to change
    #[arg(long)]
    pub exit_code: bool,

    /// Exit with 0 even if something is found
    #[arg(long, conflicts_with = "exit_code")]
    pub exit_zero: bool,

    /// Exit with 1 only if something is found that has a fix at least this safe; `manual` is whatever is found [default: manual]
    #[arg(long, value_name = "SAFETY", conflicts_with_all = ["exit_zero", "diff", "write"])]
    pub fail_on: Option<Safety>,

    /// How to print findings
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["diff", "write"])]
    pub output_format: Option<OutputFormat>,

    #[command(flatten)]
    pub look: LookArgs,
}

/// What is looked at, and what is known before.
#[derive(Clone, Debug, clap::Args)]
pub struct LookArgs {
    /// Files and directories to look at; `-` is standard input
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// Only these transforms, by name, code or beginning of codes (`ASYNC2`), separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub select: Option<Vec<String>>,

    /// All transforms but these
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub ignore: Option<Vec<String>>,

    /// Leave out what matches this glob, as in a .gitignore; may be given several times
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// The oldest Python the code must run on, such as 3.9 or py39 [default: from requires-python, else 3.10]
    #[arg(long, value_name = "VERSION")]
    pub target_version: Option<PythonVersion>,

    /// Where longer lines are broken in code that is written [default: as ruff or black are configured, else 88]
    #[arg(long, value_name = "COLUMNS")]
    pub line_length: Option<usize>,

    /// How many awaited calls may run at a time in code that is written, 0 for no bound [default: 10]
    #[arg(long, value_name = "N")]
    pub max_concurrency: Option<usize>,

    /// What becomes of awaited calls that run at the same time when one fails: first-error, cancel-siblings or sequential-equivalent [default: sequential-equivalent]
    #[arg(long, value_name = "NAME")]
    pub failure: Option<Failure>,

    /// What keeps tasks that nobody keeps: a set of the module or of the instance [default: module]
    #[arg(long, value_name = "NAME")]
    pub keep_tasks: Option<KeepTasks>,

    /// Which library sends HTTP requests in code that is written: httpx, httpx2, aiohttp or niquests [default: the one that the project declares or imports, else httpx]
    #[arg(long, value_name = "NAME")]
    pub http_client: Option<String>,

    /// Read settings from this file instead of the nearest pyproject.toml
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub config: Option<PathBuf>,

    /// Read no settings file, no decisions of a review and no baseline
    #[arg(long)]
    pub isolated: bool,

    /// Show and fix what is in the baseline as well
    #[arg(long)]
    pub no_baseline: bool,

    /// With `-`: the name under which standard input is shown
    #[arg(long, value_name = "PATH")]
    pub stdin_filename: Option<PathBuf>,

    /// Number of threads [default: one for each processor]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,

    /// Say more about what is done
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,

    /// Say only what failed
    #[arg(short, long)]
    pub quiet: bool,

    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
}

#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("place").args(["accept", "refuse"]).multiple(true)))]
pub struct ReviewArgs {
    /// Accept the fix of what is found there, and ask nothing; may be given several times
    #[arg(long, value_name = "PATH:LINE", conflicts_with_all = ["import", "prune", "list"])]
    pub accept: Vec<String>,

    /// Refuse what is found there, and ask nothing; may be given several times
    #[arg(long, value_name = "PATH:LINE", conflicts_with_all = ["import", "prune", "list"])]
    pub refuse: Vec<String>,

    /// With --accept or --refuse: only what this transform finds there
    #[arg(long, value_name = "NAME", requires = "place")]
    pub transform: Option<String>,

    /// With --accept: not the fix that is offered but this alternative, such as thread or first-error
    #[arg(long, value_name = "NAME", requires = "accept")]
    pub alternative: Option<String>,

    /// With --accept or --refuse: why, for those who read the decision
    #[arg(long, value_name = "TEXT", requires = "place")]
    pub why: Option<String>,

    /// Take over the decisions of another ledger, such as the page of `asyncfix report --html` gives; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prune", "list"])]
    pub import: Option<PathBuf>,

    /// With --import: where both have decided, take what the file says
    #[arg(long, requires = "import")]
    pub overwrite: bool,

    /// Remove the decisions for which nothing is found any more
    #[arg(long, conflicts_with = "list")]
    pub prune: bool,

    /// List the decisions, and whether they still hold
    #[arg(long)]
    pub list: bool,

    /// Only fixes that are just so safe; by default both, since a safe one may be refused as well
    #[arg(long, value_name = "SAFETY", conflicts_with_all = ["place", "import", "prune", "list"])]
    pub safety: Option<SafetyArg>,

    /// Ask again about what has been decided
    #[arg(long, conflicts_with_all = ["place", "import", "prune", "list"])]
    pub again: bool,

    #[command(flatten)]
    pub look: LookArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SafetyArg {
    Safe,
    Review,
}

impl From<SafetyArg> for Safety {
    fn from(arg: SafetyArg) -> Self {
        match arg {
            SafetyArg::Safe => Self::Safe,
            SafetyArg::Review => Self::Review,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}
