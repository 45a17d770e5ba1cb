//! The command line: arguments to settings, settings to a run, a run to an exit code.

#![allow(clippy::disallowed_methods)]

mod args;
mod baseline;
#[cfg(unix)]
mod bulk;
mod commands;
mod from;
mod report;
mod review;
mod reviewed;
mod selecting;
mod settings;
mod terminal;

pub use args::Args;
pub use commands::{Exit, run};
