//! `asyncfix baseline`: writes down what is found, so that later runs show and fix only what is new.

use super::args::BaselineArgs;
use super::commands::{Exit, Run};
use super::reviewed::{BASELINE, read};
use crate::report::summary::count;
use crate::review::{Decision, Ledger, Verdict, decisions, parse_baseline};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::Path;

impl Run<'_> {
    pub(super) fn baseline(&mut self, args: &BaselineArgs) -> Result<Exit> {
        if args.look.isolated {
            bail!("--isolated leaves a baseline aside, and this is to write one");
        }
        if args.look.paths.iter().any(|path| path == Path::new("-")) {
            bail!("a baseline is about files: it cannot be written of standard input");
        }
        let path = self.reviewed.records.path(BASELINE);
        let path = path.display();
        let old = read(&self.reviewed.records, BASELINE, parse_baseline)?;
        match &old {
            Some(_) if !args.update && !args.prune => bail!(
                "{path} is there already. `asyncfix baseline --update` takes in what is found now, \
                 `asyncfix baseline --prune` only removes what is gone"
            ),
            None if args.prune => {
                bail!("there is no {path} to prune; `asyncfix baseline` writes it")
            }
            _ => {}
        }
        let is_new = old.is_none();
        let old = old.unwrap_or_default();
        let searched = self.search(|loaded| {
            let held = self.reviewed.held(&loaded);
            let decided: BTreeSet<usize> = held.iter().map(|one| one.finding).collect();
            let findings = loaded.findings.iter().enumerate();
            let open = findings.filter(|(place, _)| !decided.contains(place));
            let open: Vec<_> = open
                .map(|(_, finding)| (finding, Verdict::Refused))
                .collect();
            let all = open.len();
            let name = self.reviewed.records.name_of(loaded.source.path());
            let entries = name.map_or_else(Vec::new, |name| {
                decisions(&name, loaded.source.text(), open)
            });
            (all - entries.len(), entries)
        })?;
        let left: usize = searched.files.values().map(|(left, _)| left).sum();
        let found = searched.files.into_values();
        let found = Ledger::of(found.flat_map(|(_, entries)| entries).collect());
        let skipped: BTreeSet<String> = searched
            .skipped
            .iter()
            .filter_map(|skipped| self.reviewed.records.name_of(&skipped.path))
            .collect();
        let modules = searched.survey.project().modules();
        let looked_at: BTreeSet<String> = searched
            .survey
            .asked()
            .filter_map(|file| self.reviewed.records.name_of(modules.path(file)))
            .filter(|name| !skipped.contains(name))
            .collect();
        // What this run could not find is kept.
        let is_gone = |entry: &&Decision| {
            let file = self.reviewed.records.file(&entry.path);
            let mut ran = self.settings.selection.transforms.iter();
            let is_judged = ran.any(|it| it.info().id == entry.transform)
                && (looked_at.contains(&entry.path) || !file.exists());
            is_judged && !found.holds(entry)
        };
        let old_entries = old.decisions().iter();
        let kept: Vec<Decision> = old_entries.filter(|it| !is_gone(it)).cloned().collect();
        let gone = old.decisions().len() - kept.len();
        let taken: Vec<Decision> = match args.prune {
            true => Vec::new(),
            false => {
                let found = found.decisions().iter();
                found.filter(|it| !old.holds(it)).cloned().collect()
            }
        };
        let added = taken.len();
        let new = Ledger::of(kept.into_iter().chain(taken).collect());
        let all = count(new.decisions().len(), "finding");
        if is_new || new != old {
            self.reviewed.write_baseline(new)?;
        }
        self.talk.say(&match is_new {
            true => format!(
                "{all} written to {path}. Commit it: from now on runs show and fix only what is new."
            ),
            false => format!("{path}: {added} added, {gone} removed; {all} in all."),
        });
        if left > 0 {
            self.talk.note(&format!(
                "{} left out, outside of every statement or of the folder of the baseline: it is shown \
                 by every run",
                count(left, "finding")
            ));
        }
        match searched.skipped.is_empty() {
            true => Ok(Exit::Clean),
            false => Ok(Exit::Failed),
        }
    }
}
