//! A whole job: many repositories at a time, each worked on by processes of its own, with a record of every
//! step. What stays in memory is a name for each repository.

use super::super::journal::Journal;
use super::Trouble;
use super::leave::put;
use super::repository::{Task, carry_out};
use super::sources::Repository;
use super::spec::Job;
use super::steps::{Left, Record, State, Step, states};
use super::workshop::{clear, make};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a job leaves its journal and its results.
#[derive(Clone, Debug)]
pub struct Output {
    pub folder: PathBuf,
}

/// One of several parts of a job, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: usize,
    pub of: usize,
}

impl Shard {
    /// Whether the repository at this place of the list is in it.
    pub fn has(self, place: usize) -> bool {
        place % self.of == self.index - 1
    }
}

impl Output {
    /// That of a shard lies below the one of the job.
    pub fn new(folder: &Path, shard: Option<Shard>) -> Self {
        let folder = match shard {
            Some(Shard { index, of }) => folder.join("shards").join(format!("{index}-of-{of}")),
            None => folder.to_path_buf(),
        };
        Self { folder }
    }

    pub fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    /// The job file as it was when the job was begun.
    pub fn job(&self) -> PathBuf {
        self.folder.join("job.toml")
    }

    /// Begins, or sees to it that it goes on with the same job.
    pub fn begin(&self, text: &str) -> Result<(), Trouble> {
        make(&self.folder)?;
        match std::fs::read_to_string(self.job()) {
            Ok(known) if known == text => Ok(()),
            Ok(_) => Err(Trouble::Stop(format!(
                "the job file is another than the one that {} was begun with: name another output \
                 folder, or delete this one",
                self.folder.display()
            ))),
            Err(_) => put(&self.job(), text.as_bytes()),
        }
    }
}

/// What happens during a job.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event<'a> {
    /// So many repositories, of which so many are done already.
    Begun { repositories: usize, done: usize },
    Finished {
        repository: &'a str,
        place: String,
        #[serde(flatten)]
        left: &'a Left,
    },
    Failed {
        repository: &'a str,
        place: String,
        at: &'a str,
        why: &'a str,
    },
}

/// Goes through all repositories that are not done yet.
pub fn run(
    job: &Job,
    repositories: &[Repository],
    output: &Output,
    shard: Option<Shard>,
    tell: &(dyn Fn(&Event<'_>) + Sync),
) -> Result<(), Trouble> {
    let (journal, records) = Journal::open::<Record>(&output.journal())?;
    let mut known = states(records);
    let all = repositories.iter().enumerate();
    let own: Vec<&Repository> = all
        .filter(|(place, _)| shard.is_none_or(|shard| shard.has(*place)))
        .map(|(_, repository)| repository)
        .collect();
    let is_done =
        |repository: &&Repository| known.get(&repository.name).is_some_and(State::is_done);
    let (done, open): (Vec<_>, Vec<_>) = own.iter().copied().partition(is_done);
    tell(&Event::Begun {
        repositories: own.len(),
        done: done.len(),
    });
    known.retain(|_, state| !state.is_done());
    let settings = job.asyncfix.as_ref().map(toml::to_string).transpose();
    let settings = settings.map_err(|error| Trouble::Stop(error.to_string()))?;
    let run = Running {
        job,
        settings,
        output,
        open,
        known: Mutex::new(known),
        journal: Mutex::new(journal),
        next: AtomicUsize::new(0),
        stopped: Mutex::new(None),
        tell,
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = job
        .jobs
        .unwrap_or(processors)
        .clamp(1, run.open.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| run.work());
        }
    });
    if let Some(trouble) = lock(&run.stopped).take() {
        return Err(trouble);
    }
    // A git that outlives a process that was killed may still be at work there, and does no harm.
    let _ = clear(&output.folder.join("work"));
    Ok(())
}

/// What all workers see.
struct Running<'a> {
    job: &'a Job,
    settings: Option<String>,
    output: &'a Output,
    open: Vec<&'a Repository>,
    known: Mutex<BTreeMap<String, State>>,
    journal: Mutex<Journal>,
    next: AtomicUsize,
    stopped: Mutex<Option<Trouble>>,
    tell: &'a (dyn Fn(&Event<'_>) + Sync),
}

impl Running<'_> {
    fn work(&self) {
        while lock(&self.stopped).is_none() {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(repository) = self.open.get(next) else {
                return;
            };
            if let Err(trouble) = self.one(repository) {
                *lock(&self.stopped) = Some(trouble);
            }
        }
    }

    /// One repository; what goes wrong in it is written down, and only what concerns all is an error.
    fn one(&self, repository: &Repository) -> Result<(), Trouble> {
        let write_down = |step| {
            let record = Record {
                repository: repository.name.clone(),
                step,
            };
            let written = lock(&self.journal).append(&record);
            written.map_err(Trouble::Unwritten)
        };
        let task = Task {
            job: self.job,
            settings: self.settings.as_deref(),
            repository,
            output: &self.output.folder,
            write_down: &write_down,
        };
        let state = lock(&self.known).remove(&repository.name);
        let place = repository.place.shown();
        match carry_out(&task, state.unwrap_or_default()) {
            Ok(left) => {
                write_down(Step::Left(left.clone()))?;
                (self.tell)(&Event::Finished {
                    repository: &repository.name,
                    place,
                    left: &left,
                });
            }
            Err(Trouble::Here { at, why }) => {
                write_down(Step::Failed {
                    at: at.to_owned(),
                    why: why.clone(),
                })?;
                (self.tell)(&Event::Failed {
                    repository: &repository.name,
                    place,
                    at,
                    why: &why,
                });
            }
            Err(trouble) => return Err(trouble),
        }
        // What cannot be removed is removed with everything else, or stays and does no harm.
        let _ = clear(&task.work());
        Ok(())
    }
}

/// Has what failed be tried again; says how many those are.
pub fn retry(output: &Output) -> Result<usize, Trouble> {
    let (mut journal, records) = Journal::open::<Record>(&output.journal())?;
    let states = states(records);
    let failed = states
        .into_iter()
        .filter(|(_, state)| state.failed.is_some());
    let mut count = 0;
    for (repository, _) in failed {
        let record = Record {
            repository,
            step: Step::Again,
        };
        journal.append(&record).map_err(Trouble::Unwritten)?;
        count += 1;
    }
    Ok(count)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
