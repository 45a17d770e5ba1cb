//! `asyncfix report --html`: all fixes and findings in one page.

use super::commands::{Exit, Run};
use super::terminal::print;
use crate::engine::{Loaded, alone, by_fix};
use crate::fix::{Finding, Safety};
use crate::job::Survey;
use crate::python::Lines;
use crate::report::html::{Change, Place, Report, file_diffs};
use crate::report::json::shown;
use crate::report::summary::{Sides, of_mistakes};
use crate::review::{Anchors, Held, Standing, Verdict, decision, fingerprint};
use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use std::path::Path;

/// So many diffs are made before their texts are put together, and with those that are there already.
const AT_ONCE: usize = 256;

impl Run<'_> {
    /// Writes the page, and says how many files were skipped.
    pub(super) fn report(&self, html: &Path) -> Result<(Exit, usize)> {
        if self
            .args
            .look
            .paths
            .iter()
            .any(|path| path == Path::new("-"))
        {
            bail!("a report is about files: decisions about standard input cannot be kept");
        }
        let folder = html
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            // Nobody should wait for a page that cannot be written.
            bail!(
                "cannot write {}: there is no folder `{}`",
                html.display(),
                folder.display()
            );
        }
        let searched = self.search(|mut loaded| {
            let held = self.reviewed.held(&loaded);
            for one in &held {
                // What was accepted is what is shown.
                if let Standing::Chosen(name) = one.standing
                    && let Some(finding) = loaded.findings.get_mut(one.finding)
                    && let Some(chosen) = finding.choosing(name)
                {
                    *finding = chosen;
                }
            }
            (loaded, held)
        })?;
        let (survey, files) = (&searched.survey, &searched.files);
        let places = self.pool.install(|| {
            let files = files.par_iter();
            files
                .flat_map_iter(|(_, (loaded, held))| self.places(loaded, held))
                .collect::<Vec<_>>()
        });
        let groups = by_fix(places.into_iter().map(|place| {
            let finding = place.finding;
            (place, finding)
        }));
        let name = |path: &Path| self.name(path);
        let mut page = Report::new(&name);
        let mut exit = Exit::Clean;
        for groups in groups.chunks(AT_ONCE) {
            let changes: Vec<(Change, Vec<String>)> = self.pool.install(|| {
                let findings = groups.par_iter().filter_map(|group| group.first());
                findings
                    .map(|place| self.change(place.finding, survey))
                    .collect()
            });
            for (group, (change, mistakes)) in groups.iter().zip(changes) {
                page.add(group, &change);
                for mistake in mistakes {
                    self.talk.warn(&mistake);
                    exit = Exit::Failed;
                }
            }
        }
        let page_text = page.page(&self.reviewed.records.title())?;
        match html == Path::new("-") {
            true => print(page_text.as_bytes())?,
            false => std::fs::write(html, &page_text)
                .with_context(|| format!("cannot write {}", html.display()))?,
        }
        self.talk.say(&format!("{}.", page.counts()));
        let fixes = groups
            .iter()
            .flatten()
            .filter_map(|place| place.finding.fix());
        self.tell(&Sides::of(fixes));
        let held: Vec<&Held> = files.values().flat_map(|(_, held)| held).collect();
        self.tell_decisions(survey, &searched.skipped, &held, true);
        Ok((exit, searched.skipped.len()))
    }

    /// The name of a file in the ledger, or as it was given where no ledger could name it.
    fn name(&self, path: &Path) -> String {
        let name = self.reviewed.records.name_of(path);
        name.unwrap_or_else(|| shown(path))
    }

    /// What is found in a file, with what the ledger says of it or could say.
    fn places<'f>(&'f self, loaded: &'f Loaded, held: &[Held]) -> Vec<Place<'f>> {
        let at_least = self.args.safety.map_or(Safety::Manual, Safety::from);
        let (source, text) = (&loaded.source, loaded.source.text());
        let lines = Lines::new(text);
        let anchors = Anchors::of(text).ok();
        let name = self.reviewed.records.name_of(source.path());
        let findings = loaded.findings.iter().enumerate();
        let is_old = |index: &usize| {
            let mut old = held.iter().filter(|held| held.standing == Standing::Old);
            old.any(|held| held.finding == *index)
        };
        let findings = findings
            .filter(|(index, finding)| finding.remedy.safety() >= at_least && !is_old(index));
        let place = |(index, finding): (usize, &'f Finding)| {
            let verdict = match finding.fix() {
                Some(fix) => Verdict::Accepted {
                    fix: fingerprint(fix, finding.file, text),
                },
                None => Verdict::Refused,
            };
            let named = name.as_deref().zip(anchors.as_ref());
            let held = held.iter().find(|held| held.finding == index);
            Place {
                path: self.name(source.path()),
                at: lines.position(finding.at.start()),
                decision: named
                    .and_then(|(name, anchors)| decision(name, text, anchors, finding, verdict)),
                held: held.map(|held| {
                    let known = self.reviewed.ledger.decisions().get(held.decision);
                    let why = known.and_then(|known| known.why.as_deref());
                    (held.standing, why)
                }),
                finding,
            }
        };
        findings.map(place).collect()
    }

    /// What becomes of the code by the fix of a finding alone, and what is our own mistake in that.
    fn change(&self, finding: &Finding, survey: &Survey) -> (Change, Vec<String>) {
        if finding.fix().is_none() {
            return (Change::Nothing, Vec::new());
        }
        let plan = alone(finding, survey.project(), survey, &self.settings.selection);
        let change = match plan.broken.first() {
            Some(broken) => Change::Fails(format!(
                "the changed file would be wrong: {}; this is a mistake of asyncfix",
                broken.what
            )),
            None if plan.patches.is_empty() => {
                Change::Fails("the file changed while it was looked at".to_owned())
            }
            None => Change::Files(file_diffs(&plan)),
        };
        (change, of_mistakes(&plan))
    }
}
