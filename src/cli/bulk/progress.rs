//! How far a job is while it runs: one line that changes on a terminal, plain lines elsewhere, events for
//! machines.

use super::super::terminal::print;
use super::say;
use crate::job::bulk::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Without a terminal, a line is printed so often at most.
const EVERY: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
struct Counts {
    repositories: usize,
    /// Done by this process, and before it.
    done: usize,
    before: usize,
    failed: usize,
    files: usize,
    fixed: usize,
    told: Instant,
}

/// Listens to events of a job.
pub(super) struct Progress {
    counts: Mutex<Counts>,
    start: Instant,
    bar: ProgressBar,
    json: bool,
    quiet: bool,
}

impl Progress {
    pub fn new(json: bool, quiet: bool) -> Self {
        let is_seen = !json && !quiet && std::io::stderr().is_terminal();
        let bar = match is_seen {
            true => ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
            false => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let start = Instant::now();
        Self {
            counts: Mutex::new(Counts {
                repositories: 0,
                done: 0,
                before: 0,
                failed: 0,
                files: 0,
                fixed: 0,
                told: start,
            }),
            start,
            bar,
            json,
            quiet,
        }
    }

    pub fn tell(&self, event: &Event<'_>) {
        let mut counts = self.counts();
        match event {
            Event::Begun { repositories, done } => {
                counts.repositories = *repositories;
                counts.before = *done;
            }
            Event::Finished { left, .. } => {
                counts.done += 1;
                counts.files += left.looked_at;
                counts.fixed += left.fixed;
            }
            Event::Failed { .. } => {
                counts.done += 1;
                counts.failed += 1;
            }
        }
        if self.json {
            // Who listens no longer is not told, and the job goes on.
            if let Ok(text) = serde_json::to_string(event) {
                let _ = print(format!("{text}\n").as_bytes());
            }
            return;
        }
        if let Event::Failed { place, at, why, .. } = event {
            let line = format!("failed: {place}: {at}: {why}");
            self.bar.suspend(|| say(&line));
        }
        if self.quiet {
            return;
        }
        let text = told(&counts, self.start.elapsed());
        if !self.bar.is_hidden() {
            self.bar.set_message(text);
            self.bar.tick();
        } else if counts.told.elapsed() >= EVERY {
            counts.told = Instant::now();
            say(&text);
        }
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
        let counts = self.counts();
        if !self.json && !self.quiet {
            say(&told(&counts, self.start.elapsed()));
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn told(counts: &Counts, passed: Duration) -> String {
    let seconds = passed.as_secs_f64();
    let done = counts.before + counts.done;
    let open = counts.repositories.saturating_sub(done);
    let left = match counts.done {
        0 => String::new(),
        done => {
            let left = Duration::from_secs_f64(seconds / done as f64 * open as f64);
            format!(", {}:{:02} left", left.as_secs() / 60, left.as_secs() % 60)
        }
    };
    format!(
        "{done}/{} repositories, {} failed, {} files, {} fixes, {:.0} files/s{left}",
        counts.repositories,
        counts.failed,
        counts.files,
        counts.fixed,
        counts.files as f64 / seconds.max(0.001),
    )
}
