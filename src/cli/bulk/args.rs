//! The arguments of `asyncfix bulk` as typed.

use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct BulkArgs {
    #[command(subcommand)]
    pub command: BulkCommand,
}

#[derive(Debug, Subcommand)]
pub enum BulkCommand {
    /// Begin a job, or go on with it
    Run(BulkRunArgs),
    /// Go on with a job where it was cut short
    Resume(BulkRunArgs),
    /// Tell how far a job is, and what failed
    Status(JobArgs),
    /// Take back what was left in repositories, where nobody changed it since
    Undo(JobArgs),
    /// Try again what failed
    Retry {
        #[command(flatten)]
        run: BulkRunArgs,
        /// What failed; there is nothing else to try again
        #[arg(long, required = true)]
        failed: bool,
    },
    /// Join the shards of a job
    Merge(JobArgs),
    /// Tell what was found, fixed and left
    Report {
        #[command(flatten)]
        job: JobArgs,
        #[arg(long, value_name = "FORMAT", default_value = "markdown")]
        format: ReportFormat,
        /// Leave out how long things took, so that two reports can be compared
        #[arg(long)]
        without_times: bool,
    },
    /// Rewrite one tree, as told by a file
    #[command(hide = true)]
    Rewrite { request: PathBuf },
    /// Run a program that gets no more memory than this
    #[command(hide = true)]
    Within {
        #[arg(long, value_name = "MIB")]
        memory: u64,
        #[arg(last = true, required = true)]
        program: Vec<std::ffi::OsString>,
    },
}

#[derive(Clone, Debug, clap::Args)]
pub struct JobArgs {
    /// What the job is, as docs/bulk.md describes it
    #[arg(value_name = "JOB.toml")]
    pub job: PathBuf,
    /// Where the journal and the results are [default: as the job says, else beside it]
    #[arg(long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// Only this part: 1/8, or auto or auto/8 for the number that Kubernetes or Slurm gave
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Events, or numbers, as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, clap::Args)]
pub struct BulkRunArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// How many repositories at a time [default: as the job says, else one for each processor]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Say only what failed
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ReportFormat {
    Markdown,
    Html,
    Json,
}
