//! All tests that see the crate from outside, as one binary.

#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

/// The fixtures of the disk as values, and the one way in which they are run.
mod cases;

/// Pythons with pinned libraries.
mod environments;

/// Helpers for running the program itself in a directory of its own.
mod projects;
mod sandbox;

/// What each transform makes of its fixtures, as snapshots.
mod fixtures;

/// What must hold for every fixture, whatever it is about.
mod laws;

/// The command line: what goes in, what comes out, exit codes.
mod cli;

/// What the README shows is what comes of the example.
mod examples;

/// What lets a project begin: comments, exit codes, a baseline.
mod adoption;

/// What other tools found, answered.
mod from;

/// What was decided in reviews, and what comes of it.
mod decisions;

/// Many repositories in one job.
mod bulk;
/// The report as a page, in a browser as well.
mod html;

/// Reviews at a terminal and by arguments. Where there are no Unix terminals, its parts are tested on
/// their own.
#[cfg(target_os = "linux")]
mod pty;
#[cfg(target_os = "linux")]
mod review;

/// What users say of libraries: done, or refused clearly.
mod user_libraries;

/// Whether what is known of libraries is true of the libraries.
mod libraries;

/// Programs that do the same before and after they are rewritten.
mod runtime;

/// Files that are hard to read, hard to write, or not what they seem.
mod files;

/// What becomes of the files that declare dependencies.
mod dependencies;

/// What becomes of the module that helper functions are put into.
mod helpers;

/// The order of the house: layers, file sizes, documentation that is generated.
mod tidy;
