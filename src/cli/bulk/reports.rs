//! Collects what a report is about: the journal, and what lies beside the patches.

use super::Named;
use super::args::ReportFormat;
use crate::job::bulk::{Checked, OUTCOME, Outcome, Repository, State, When};
use crate::report::campaign::{Campaign, Row};
use anyhow::{Context, Result};

pub(super) fn report(named: &Named, format: ReportFormat, with_times: bool) -> Result<String> {
    let mut states = named.states()?;
    let mut campaign = Campaign::default();
    for repository in named.own() {
        let state = states.remove(&repository.name).unwrap_or_default();
        let folder = named
            .output
            .folder
            .join("repositories")
            .join(&repository.name);
        let path = folder.join(OUTCOME);
        let outcome = match (path.is_file(), &state.tip) {
            (true, Some(_)) => {
                let text = std::fs::read(&path)?;
                serde_json::from_slice(&text).with_context(|| path.display().to_string())?
            }
            _ => Outcome::default(),
        };
        campaign
            .rows
            .push(row(repository, state, outcome, with_times));
    }
    Ok(match format {
        ReportFormat::Markdown => campaign.markdown(),
        ReportFormat::Html => campaign.html(),
        ReportFormat::Json => format!("{}\n", serde_json::to_string_pretty(&campaign)?),
    })
}

fn row(repository: &Repository, mut state: State, outcome: Outcome, with_times: bool) -> Row {
    state.checked.sort_by(|one, other| {
        let key = |it: &Checked| (it.name.clone(), it.when == When::After);
        key(one).cmp(&key(other))
    });
    let milliseconds = with_times.then(|| {
        let checks: u64 = state
            .checked
            .iter()
            .map(|checked| checked.milliseconds)
            .sum();
        checks + state.tip.as_ref().map_or(0, |tip| tip.milliseconds)
    });
    if !with_times {
        for checked in &mut state.checked {
            checked.milliseconds = 0;
            // Most programs tell how long they took.
            checked.said.clear();
        }
    }
    Row {
        repository: repository.name.clone(),
        place: repository.place.shown(),
        commit: state.commit,
        failed: state.failed.map(|(at, why)| format!("{at}: {why}")),
        is_done: state.left.is_some(),
        patches: state
            .left
            .map(|left| left.patches.into_keys().collect())
            .unwrap_or_default(),
        checked: state.checked,
        milliseconds,
        outcome,
    }
}
