//! Reviews without a terminal: decisions given as arguments, taken over, listed, pruned.

use super::super::args::{ReviewArgs, RunArgs};
use super::super::commands::{Exit, Run, Searched, line_of};
use super::super::reviewed::Reviewed;
use super::super::terminal::{Talk, print};
use crate::engine::Loaded;
use crate::fix::{FileId, Finding};
use crate::python::Lines;
use crate::report::review::{Stands, decision, merged};
use crate::report::summary::count;
use crate::review::{Decision, Held, Item, Ledger, Standing, Verdict, decisions, items};
use anyhow::{Context, Result, anyhow, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Takes over the decisions of another ledger.
pub(super) fn import(args: &RunArgs, file: &PathBuf, overwrite: bool) -> Result<Exit> {
    let shown = match file == Path::new("-") {
        true => "standard input".to_owned(),
        false => format!("`{}`", file.display()),
    };
    let mut text = String::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().read_to_string(&mut text),
        false => std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text)),
    };
    read.with_context(|| format!("cannot read {shown}, which --import names"))?;
    let other = Ledger::parse(&text).map_err(|why| {
        anyhow!("--import {shown}: {why}\ngive a ledger, such as .asyncfix/review.toml")
    })?;
    let mut reviewed = Reviewed::read(args)?;
    let result = reviewed.change(|ledger| ledger.merge(&other, overwrite))?;
    let talk = Talk::new(args);
    for line in merged(&result, overwrite) {
        talk.say(&line);
    }
    Ok(match result.conflicts.is_empty() || overwrite {
        true => Exit::Clean,
        false => Exit::Found,
    })
}

/// What is found, and what was decided about it.
struct Seen {
    searched: Searched<(Loaded, Vec<Held>)>,
}

impl Seen {
    fn of(run: &Run<'_>) -> Result<Self> {
        let searched = run.search(|loaded| {
            let held = run.reviewed.held(&loaded);
            (loaded, held)
        })?;
        Ok(Self { searched })
    }

    fn stale<'r>(&self, run: &'r Run<'_>) -> Vec<&'r Decision> {
        let held = self.searched.files.values().flat_map(|(_, held)| held);
        let held: Vec<&Held> = held.collect();
        run.stale(&self.searched.survey, &self.searched.skipped, &held)
            .decisions
    }

    fn exit(&self) -> Exit {
        match self.searched.skipped.is_empty() {
            true => Exit::Clean,
            false => Exit::Failed,
        }
    }
}

/// Prints the decisions, and how they stand.
pub(super) fn list(run: &Run<'_>) -> Result<Exit> {
    let seen = Seen::of(run)?;
    let mut standing: BTreeMap<usize, Stands> = BTreeMap::new();
    for (loaded, held) in seen.searched.files.values() {
        let lines = Lines::new(loaded.source.text());
        for one in held {
            let finding = loaded.findings.get(one.finding);
            if let Some(finding) = finding.filter(|_| one.standing != Standing::Old) {
                let line = lines.position(finding.at.start()).line;
                standing.insert(one.decision, Stands::Holds(one.standing, line));
            }
        }
    }
    let stale = seen.stale(run);
    let decisions = run.reviewed.ledger.decisions().iter().enumerate();
    let mut rows: Vec<(&Decision, Stands)> = decisions
        .map(|(index, one)| match standing.remove(&index) {
            Some(stands) => (one, stands),
            None if stale.iter().any(|stale| stale.is_about_the_same(one)) => (one, Stands::Stale),
            None => (one, Stands::Unseen),
        })
        .collect();
    rows.sort_by_key(|(one, stands)| (&one.path, stands.line()));
    for (one, stands) in rows {
        print(decision(one, &stands).as_bytes())?;
    }
    let all = run.reviewed.ledger.decisions().len();
    run.talk.say(&match (all, stale.len()) {
        (0, _) => "No decisions.".to_owned(),
        (all, 0) => format!("{}.", count(all, "decision")),
        (all, stale) => format!(
            "{}, {stale} of them stale: `asyncfix review --prune` removes what is stale.",
            count(all, "decision")
        ),
    });
    Ok(seen.exit())
}

/// Removes the decisions that hold for nothing any more.
pub(super) fn prune(mut run: Run<'_>) -> Result<Exit> {
    let seen = Seen::of(&run)?;
    let stale: Vec<Decision> = seen.stale(&run).into_iter().cloned().collect();
    run.reviewed.change(|ledger| {
        for decision in &stale {
            ledger.remove(decision);
        }
    })?;
    for one in &stale {
        run.talk
            .say(decision(one, &Stands::Stale).trim_end_matches('\n'));
    }
    let kept = run.reviewed.ledger.decisions().len();
    let removed = count(stale.len(), "decision");
    run.talk.say(&format!("{removed} removed, {kept} kept."));
    Ok(seen.exit())
}

/// Decides about the places that were named; all of them, or none.
pub(super) fn decide(mut run: Run<'_>, args: &ReviewArgs) -> Result<Exit> {
    if let Some(name) = &args.transform
        && crate::transforms::find(name).is_none()
    {
        bail!("there is no transform `{name}`; `asyncfix list` names them all");
    }
    let seen = Seen::of(&run)?;
    let exit = seen.exit();
    let files = seen.searched.files.into_iter();
    let files: BTreeMap<FileId, Loaded> = files.map(|(file, (loaded, _))| (file, loaded)).collect();
    let name_of = |loaded: &Loaded| run.reviewed.records.name_of(loaded.source.path());
    let held = |loaded: &Loaded| run.reviewed.held(loaded);
    let all = items(&files, &held, &name_of);
    let mut decided: Vec<Decision> = Vec::new();
    let mut told = Vec::new();
    let accepted = args.accept.iter().map(|place| (place, true));
    let refused = args.refuse.iter().map(|place| (place, false));
    for (place, accept) in accepted.chain(refused) {
        let found = Named::find(&run, &files, place, args.transform.as_deref())?;
        for one in found.decided(place, accept, args.alternative.as_deref(), &all)? {
            told.push(format!(
                "{}: {}: `{}` {}",
                one.path,
                one.transform,
                one.code,
                if accept { "accepted" } else { "refused" }
            ));
            decided.push(Decision {
                why: args.why.clone(),
                ..one
            });
        }
    }
    run.reviewed.change(|ledger| {
        for decision in decided {
            ledger.set(decision);
        }
    })?;
    for line in told {
        run.talk.say(&line);
    }
    Ok(exit)
}

/// What is found at a place.
struct Named<'f> {
    file: FileId,
    name: String,
    loaded: &'f Loaded,
    /// By their places among those of the file.
    found: Vec<usize>,
}

impl<'f> Named<'f> {
    fn find(
        run: &Run<'_>,
        files: &'f BTreeMap<FileId, Loaded>,
        place: &str,
        transform: Option<&str>,
    ) -> Result<Self> {
        let (path, line) = line_of(place)?;
        let records = &run.reviewed.records;
        let name = records.name_of(Path::new(path));
        let named = |loaded: &Loaded| {
            let own = records.name_of(loaded.source.path());
            own.is_some() && own == name
        };
        let Some((file, loaded)) = files.iter().find(|(_, loaded)| named(loaded)) else {
            bail!("`{path}` is not among the files that are looked at, or nothing is found in it");
        };
        let lines = Lines::new(loaded.source.text());
        let id = transform.and_then(crate::transforms::find);
        let id = id.map(|info| info.id);
        let begins = |finding: &Finding| lines.position(finding.at.start()).line == line;
        let spans = |finding: &Finding| {
            let last = finding.at.end().max(finding.at.start() + 1) - 1;
            let first = lines.position(finding.at.start()).line;
            (first..=lines.position(last).line).contains(&line)
        };
        let all = |meant: &dyn Fn(&Finding) -> bool| -> Vec<usize> {
            let findings = loaded.findings.iter().enumerate();
            findings
                .filter(|(_, finding)| id.is_none_or(|id| id == finding.transform))
                .filter(|(_, finding)| meant(finding))
                .map(|(index, _)| index)
                .collect()
        };
        let mut found = all(&begins);
        if found.is_empty() {
            found = all(&spans);
        }
        let of = id.map_or_else(String::new, |id| format!(" by {id}"));
        if found.is_empty() {
            bail!("nothing is found at {place}{of}");
        }
        let transforms = found.iter().map(|index| loaded.findings[*index].transform);
        let transforms: BTreeSet<&str> = transforms.collect();
        if transforms.len() > 1 {
            let names: Vec<&str> = transforms.into_iter().collect();
            bail!(
                "several things are found at {place}: say which with --transform: {}",
                names.join(", ")
            );
        }
        Ok(Self {
            file: *file,
            name: name.unwrap_or_default(),
            loaded,
            found,
        })
    }

    /// The decisions about it, and about what shares its fix.
    fn decided(
        &self,
        place: &str,
        accept: bool,
        alternative: Option<&str>,
        all: &[Item],
    ) -> Result<Vec<Decision>> {
        let mut decided = Vec::new();
        for index in &self.found {
            let item = all
                .iter()
                .find(|item| item.findings.contains(&(self.file, *index)));
            let finding = &self.loaded.findings[*index];
            match (item, accept) {
                (Some(item), true) => {
                    decided.extend(accepted(item, alternative, place)?.iter().cloned());
                }
                (Some(item), false) => {
                    decided.extend(item.decisions.iter().cloned().map(|decision| Decision {
                        verdict: Verdict::Refused,
                        ..decision
                    }));
                }
                (None, true) => bail!(
                    "there is no fix to accept at {place}: {}",
                    finding.remedy.reason()
                ),
                (None, false) => decided.extend(decisions(
                    &self.name,
                    self.loaded.source.text(),
                    [(finding, Verdict::Refused)],
                )),
            }
        }
        Ok(decided)
    }
}

/// What the ledger gets where a fix is accepted, or an alternative to it.
fn accepted<'i>(item: &'i Item, alternative: Option<&str>, place: &str) -> Result<&'i [Decision]> {
    let Some(name) = alternative else {
        return Ok(&item.decisions);
    };
    let mut ways = item.alternatives.iter();
    if let Some(way) = ways.find(|way| way.name == name) {
        return Ok(&way.decisions);
    }
    let names: Vec<&str> = item.alternatives.iter().map(|way| way.name).collect();
    match names.is_empty() {
        true => bail!("there is no alternative to the fix at {place}"),
        false => bail!(
            "there is no alternative `{name}` at {place}: there are {}",
            names.join(", ")
        ),
    }
}
