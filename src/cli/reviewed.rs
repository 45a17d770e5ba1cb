//! What was decided about the files of a run, and what becomes of the record of it.

use super::args::RunArgs;
use super::commands::Run;
use super::terminal::Talk;
use crate::engine::{Decided, Loaded, Plan, Selection};
use crate::fix::{FileId, Finding};
use crate::job::{Records, Skipped, Survey};
use crate::report::summary::count;
use crate::review::{
    Decision, Held, Ledger, LedgerError, Standing, baseline_text, held, parse_baseline, renewed,
};
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The ledger's name among the records.
const LEDGER: &str = "review.toml";

/// The baseline's name among them.
pub(super) const BASELINE: &str = "baseline.toml";

/// What holds for nothing any more: decisions, and entries of the baseline.
pub(super) struct Stale<'l> {
    pub decisions: Vec<&'l Decision>,
    pub entries: Vec<&'l Decision>,
}

/// The ledger of the project that a run is about.
pub(super) struct Reviewed {
    pub records: Records,
    pub ledger: Ledger,
    /// What is not to be shown since it is old. Its entries are known by places behind those of the ledger.
    pub baseline: Ledger,
}

impl Reviewed {
    /// Reads the ledger, if there is one and it is not to be left aside.
    pub fn read(args: &RunArgs) -> Result<Self> {
        let input = |path: &PathBuf| match path == Path::new("-") {
            true => args.look.stdin_filename.clone().unwrap_or_default(),
            false => path.clone(),
        };
        let paths: Vec<PathBuf> = args.look.paths.iter().map(input).collect();
        let records = Records::of(&paths);
        let ledger = match args.look.isolated {
            true => Ledger::default(),
            false => read(&records, LEDGER, Ledger::parse)?.unwrap_or_default(),
        };
        // Who names places wants to hear of them.
        let baseline = match args.look.isolated || args.look.no_baseline || !args.from.is_empty() {
            true => Ledger::default(),
            false => read(&records, BASELINE, parse_baseline)?.unwrap_or_default(),
        };
        Ok(Self {
            records,
            ledger,
            baseline,
        })
    }

    /// The decisions that hold for what was found in a file.
    pub fn held(&self, loaded: &Loaded) -> Vec<Held> {
        let (path, text) = (loaded.source.path(), loaded.source.text());
        let Some(name) = self.records.name_of(path) else {
            return Vec::new();
        };
        let mut all = held(&self.ledger, &name, text, &loaded.findings);
        let decided: BTreeSet<usize> = all.iter().map(|one| one.finding).collect();
        let mut old = held(&self.baseline, &name, text, &loaded.findings);
        old.retain(|one| !decided.contains(&one.finding));
        all.extend(old.into_iter().map(|one| Held {
            decision: self.first_old() + one.decision,
            standing: Standing::Old,
            ..one
        }));
        all
    }

    /// Where the baseline begins among all that is held.
    fn first_old(&self) -> usize {
        self.ledger.decisions().len()
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
                Standing::Old => continue,
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
        drop_hidden(&mut loaded.findings, &held, show_refused);
        held
    }

    /// Says what was decided of what is not shown, and which decisions hold for nothing any more.
    pub fn tell(&self, stale: &Stale<'_>, held: &[&Held], talk: &Talk, show_refused: bool) {
        let old = held.iter().filter(|one| one.standing == Standing::Old);
        let old = old.count();
        if old > 0 {
            let old = count(old, "finding");
            talk.say(&format!(
                "{old} of the baseline not shown: list them with --no-baseline."
            ));
        }
        let refused = held.iter().filter(|one| one.standing == Standing::Refused);
        let refused = refused.count();
        if refused > 0 && !show_refused {
            let refused = count(refused, "finding");
            talk.say(&format!(
                "{refused} refused in a review: list what is refused with --show-refused."
            ));
        }
        if let Some(first) = stale.entries.first() {
            let baseline = self.records.path(BASELINE);
            talk.note(&format!(
                "{} of {} not found any more, such as `{}` in {}: `asyncfix baseline --prune` removes what \
                 is gone",
                count(stale.entries.len(), "finding"),
                baseline.display(),
                first.code,
                first.path,
            ));
        }
        if let Some(first) = stale.decisions.first() {
            let ledger = self.records.path(LEDGER);
            talk.note(&format!(
                "nothing is found any more for {} in {}, such as that about `{}` in {}: \
                 `asyncfix review --prune` removes what is stale",
                count(stale.decisions.len(), "decision"),
                ledger.display(),
                first.code,
                first.path,
            ));
        }
    }

    /// What holds for nothing any more of what is about these files and transforms.
    pub fn stale<'l>(
        &'l self,
        asked: impl IntoIterator<Item = PathBuf>,
        selection: &Selection,
        held: impl IntoIterator<Item = usize>,
    ) -> Stale<'l> {
        let held: BTreeSet<usize> = held.into_iter().collect();
        let asked: BTreeSet<String> = asked
            .into_iter()
            .filter_map(|path| self.records.name_of(&path))
            .collect();
        let looked_for = |decision: &Decision| {
            let mut transforms = selection.transforms.iter();
            transforms.any(|transform| transform.info().id == decision.transform)
        };
        let stale = |ledger: &'l Ledger, first: usize| {
            let decisions = ledger.decisions().iter().enumerate();
            decisions
                .filter(|(index, _)| !held.contains(&(first + index)))
                .filter(|(_, decision)| {
                    asked.contains(&decision.path) || !self.records.file(&decision.path).exists()
                })
                .filter(|(_, decision)| looked_for(decision))
                .map(|(_, decision)| decision)
                .collect()
        };
        Stale {
            decisions: stale(&self.ledger, 0),
            entries: stale(&self.baseline, self.first_old()),
        }
    }

    /// Reads the ledger again, which others may have changed.
    pub fn reread(&mut self) -> Result<()> {
        self.ledger = read(&self.records, LEDGER, Ledger::parse)?.unwrap_or_default();
        Ok(())
    }

    /// Where it is kept.
    pub fn path(&self) -> PathBuf {
        self.records.path(LEDGER)
    }

    /// Changes the ledger as it is on the disk now.
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Ledger) -> T) -> Result<T> {
        self.reread()?;
        let mut new = self.ledger.clone();
        let result = change(&mut new);
        if new != self.ledger {
            self.write(new)?;
        }
        Ok(result)
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
        let first_old = self.first_old();
        let new = renewed(&self.baseline, first_old, plan, before, is_written);
        if new != self.baseline {
            self.write_baseline(new)?;
        }
        let new = renewed(&self.ledger, 0, plan, before, is_written);
        match new == self.ledger {
            true => Ok(()),
            false => self.write(new),
        }
    }

    /// Replaces the baseline.
    pub fn write_baseline(&mut self, baseline: Ledger) -> Result<()> {
        let path = self.records.path(BASELINE);
        self.records
            .write(BASELINE, &baseline_text(&baseline)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        self.baseline = baseline;
        Ok(())
    }
}

impl Run<'_> {
    /// Says what came of decisions.
    pub(super) fn tell_decisions(
        &self,
        survey: &Survey,
        skipped: &[Skipped],
        held: &[&Held],
        show_refused: bool,
    ) {
        let stale = self.stale(survey, skipped, held);
        self.reviewed.tell(&stale, held, &self.talk, show_refused);
    }

    /// What holds for nothing any more. About a file that was skipped nobody knows.
    pub(super) fn stale(&self, survey: &Survey, skipped: &[Skipped], held: &[&Held]) -> Stale<'_> {
        let modules = survey.project().modules();
        let skipped: BTreeSet<&Path> = skipped.iter().map(|one| one.path.as_path()).collect();
        let asked = survey.asked().map(|file| modules.path(file));
        self.reviewed.stale(
            asked
                .filter(|path| !skipped.contains(path))
                .map(Path::to_path_buf),
            &self.settings.selection,
            held.iter().map(|held| held.decision),
        )
    }
}

/// Leaves out what is in the baseline and what is refused, unless that is to be shown.
pub(super) fn drop_hidden(findings: &mut Vec<Finding>, held: &[Held], show_refused: bool) {
    let hidden = held.iter().filter(|one| match one.standing {
        Standing::Old => true,
        Standing::Refused => !show_refused,
        Standing::Accepted | Standing::Chosen(_) | Standing::Changed => false,
    });
    let hidden: BTreeSet<usize> = hidden.map(|one| one.finding).collect();
    let mut place = 0..;
    findings.retain(|_| place.next().is_none_or(|place| !hidden.contains(&place)));
}

/// Reads a record, if there is one.
pub(super) fn read(
    records: &Records,
    record: &str,
    parse: impl Fn(&str) -> Result<Ledger, LedgerError>,
) -> Result<Option<Ledger>> {
    let path = records.path(record);
    let text = records
        .read(record)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let ledger = text.map(|text| parse(&text)).transpose();
    ledger
        .map_err(|error| anyhow!("{}: {error}", path.display()))
        .context("a record of the project is wrong; correct it, or run with --isolated")
}
