//! What a run says, and where: data on standard output, talk and progress on standard error.

use super::args::{ColorWhen, RunArgs};
use anstream::ColorChoice;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Removed lines red, added ones green, as git has them.
pub(super) fn painted(diff: &[u8]) -> Vec<u8> {
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

/// Whether standard output gets colours.
pub(super) fn has_colours(args: &RunArgs) -> bool {
    match args.look.color {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => anstream::AutoStream::choice(&std::io::stdout()) != ColorChoice::Never,
    }
}

/// Data goes to standard output, as it is: bytes of any encoding.
pub(super) fn print(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

pub(super) fn progress(args: &RunArgs, files: usize) -> ProgressBar {
    if args.look.quiet || !std::io::stderr().is_terminal() {
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
pub(super) fn silence_panics() {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
}

/// What is said beside the data, on standard error.
pub(super) struct Talk {
    quiet: bool,
    verbose: bool,
}

impl Talk {
    pub fn new(args: &RunArgs) -> Self {
        Self {
            quiet: args.look.quiet,
            verbose: args.look.verbose,
        }
    }

    pub fn warn(&self, text: &str) {
        self.write("warning: ", text);
    }

    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.write("note: ", text);
        }
    }

    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.write("", text);
        }
    }

    pub fn detail(&self, text: &str) {
        if self.verbose {
            self.write("", text);
        }
    }

    fn write(&self, prefix: &str, text: &str) {
        // Nobody is left to be told that standard error is closed.
        let _ = writeln!(std::io::stderr(), "{prefix}{text}");
    }
}
