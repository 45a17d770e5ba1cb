//! asyncfix finds where Python code blocks its event loop or waits for things one at a time, and
//! rewrites it.
//!
//! The modules below stand in the order in which they may use each other: each only those above it.
//! From `text` to `engine` they are pure, values in and values out; `job` is the only one that
//! touches the disk, `report` returns text, and `cli` prints it. `docs/architecture.md` says more.

pub mod text;

pub mod python;

pub mod model;

pub mod fix;

#[path = "../transforms/mod.rs"]
pub mod transforms;

pub mod engine;

pub mod claims;

pub mod review;

pub mod job;

pub mod report;

pub mod cli;
