//! What was decided about the files of a run, and what becomes of the record of it.

use super::args::RunArgs;
use super::terminal::Talk;
use crate::engine::{Decided, Loaded, Plan, Selection};
use crate::fix::{FileId, Finding};
use crate::job::Records;
use crate::report::summary::count;
use crate::review::{Decision, Held, Ledger, Standing, held, renewed};
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The ledger's name among the records.
const LEDGER: &str = "review.toml";

/// The ledger of the project that a run is about.
pub(super) struct Reviewed {
    pub records: Records,
    pub ledger: Ledger,
}

impl Reviewed {
    /// Reads the ledger, if there is one and it is not to be left aside.
    pub fn read(args: &RunArgs) -> Result<Self> {
        let input = |path: &PathBuf| match path == Path::new("-") {
            true => args.stdin_filename.clone().unwrap_or_default(),
            false => path.clone(),
        };
        let paths: Vec<PathBuf> = args.paths.iter().map(input).collect();
        let records = Records::of(&paths);
        let ledger = match args.isolated {
            true => Ledger::default(),
            false => read(&records)?,
        };
        Ok(Self { records, ledger })
    }

    /// The decisions that hold for what was found in a file.
    pub fn held(&self, loaded: &Loaded) -> Vec<Held> {
        let (path, text) = (loaded.source.path(), loaded.source.text());
        match self.records.name_of(path) {
            Some(name) => held(&self.ledger, &name, text, &loaded.findings),
            None => Vec::new(),
        }
    }

    /// Says of each finding what was decided about it, and leaves out those that are refused, unless they
    /// are to be shown.
    pub fn told(&self, loaded: &mut Loaded, show_refused: bool) -> Vec<Held> {
        let held = self.held(loaded);
        for one in &held {
            let word = match one.standing {
                Standing::Accepted => "accepted".to_owned(),
                Standing::Chosen(name) => format!("accepted in another way: {name}"),
                Standing::Refused => "refused".to_owned(),
                Standing::Changed => {
                    "a fix was accepted, but the one that is offered now is another".to_owned()
                }
            };
            let why = self.ledger.decisions().get(one.decision);
            let why = why.and_then(|decision| decision.why.as_ref());
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            if let Some(finding) = loaded.findings.get_mut(one.finding) {
                if let Standing::Chosen(name) = one.standing
                    && let Some(chosen) = finding.choosing(name)
                {
                    *finding = chosen;
                }
                finding.notes.push(format!("reviewed: {word}{why}"));
            }
        }
        if !show_refused {
            drop_refused(&mut loaded.findings, &held);
        }
        held
    }

    /// Says what was decided of what is not shown, and which decisions hold for nothing any more.
    pub fn tell(&self, stale: &[&Decision], held: &[&Held], talk: &Talk, show_refused: bool) {
        let refused = held.iter().filter(|one| one.standing == Standing::Refused);
        let refused = refused.count();
        if refused > 0 && !show_refused {
            let refused = count(refused, "finding");
            talk.say(&format!(
                "{refused} refused in a review: list what is refused with --show-refused."
            ));
        }
        if let Some(first) = stale.first() {
            let ledger = self.records.path(LEDGER);
            talk.note(&format!(
                "nothing is found any more for {} in {}, such as that about `{}` in {}: \
                 `asyncfix review --prune` removes what is stale",
                count(stale.len(), "decision"),
                ledger.display(),
                first.code,
                first.path,
            ));
        }
    }

    /// The decisions about these files and transforms that hold for nothing any more.
    pub fn stale<'l>(
        &'l self,
        asked: impl IntoIterator<Item = PathBuf>,
        selection: &Selection,
        held: impl IntoIterator<Item = usize>,
    ) -> Vec<&'l Decision> {
        let held: BTreeSet<usize> = held.into_iter().collect();
        let asked: BTreeSet<String> = asked
            .into_iter()
            .filter_map(|path| self.records.name_of(&path))
            .collect();
        let looked_for = |decision: &Decision| {
            let mut transforms = selection.transforms.iter();
            transforms.any(|transform| transform.info().id == decision.transform)
        };
        let decisions = self.ledger.decisions().iter().enumerate();
        decisions
            .filter(|(index, _)| !held.contains(index))
            .filter(|(_, decision)| {
                asked.contains(&decision.path) || !self.records.file(&decision.path).exists()
            })
            .filter(|(_, decision)| looked_for(decision))
            .map(|(_, decision)| decision)
            .collect()
    }

    /// Replaces the ledger.
    pub fn write(&mut self, ledger: Ledger) -> Result<()> {
        let path = self.records.path(LEDGER);
        self.records
            .write(LEDGER, &ledger.text()?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        self.ledger = ledger;
        Ok(())
    }

    /// Notes that a plan was written.
    pub fn renew(
        &mut self,
        plan: &Plan,
        before: &Decided,
        is_written: &dyn Fn(FileId) -> bool,
    ) -> Result<()> {
        let new = renewed(&self.ledger, plan, before, is_written);
        match new == self.ledger {
            true => Ok(()),
            false => self.write(new),
        }
    }
}

/// Leaves out what is refused.
pub(super) fn drop_refused(findings: &mut Vec<Finding>, held: &[Held]) {
    let refused = held.iter().filter(|one| one.standing == Standing::Refused);
    let refused: BTreeSet<usize> = refused.map(|one| one.finding).collect();
    let mut place = 0..;
    findings.retain(|_| place.next().is_none_or(|place| !refused.contains(&place)));
}

fn read(records: &Records) -> Result<Ledger> {
    let path = records.path(LEDGER);
    let text = records
        .read(LEDGER)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let Some(text) = text else {
        return Ok(Ledger::default());
    };
    Ledger::parse(&text)
        .map_err(|error| anyhow!("{}: {error}", path.display()))
        .context("the ledger of decisions is wrong; correct it, or run with --isolated")
}
