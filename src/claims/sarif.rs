//! SARIF 2.1.0, as far as it says who found what where.

use super::decode::path_of_uri;
use super::{Claim, Spot};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Bases may stand on others; so many are followed.
const MAX_BASES: usize = 16;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    tool: Option<Tool>,
    results: Option<Vec<Found>>,
    #[serde(default)]
    original_uri_base_ids: BTreeMap<String, Artifact>,
    #[serde(default)]
    artifacts: Vec<Listed>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Option<Driver>,
}

#[derive(Deserialize)]
struct Driver {
    name: Option<String>,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Default, Deserialize)]
struct Rule {
    id: Option<String>,
    index: Option<usize>,
}

#[derive(Deserialize)]
struct Listed {
    location: Option<Artifact>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: Option<String>,
    rule_index: Option<usize>,
    rule: Option<Rule>,
    kind: Option<String>,
    baseline_state: Option<String>,
    #[serde(default)]
    suppressions: Option<Vec<Suppression>>,
    message: Option<Message>,
    #[serde(default)]
    locations: Vec<Place>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    text: Option<String>,
    markdown: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    physical_location: Option<Physical>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Option<Artifact>,
    region: Option<Region>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: Option<String>,
    uri_base_id: Option<String>,
    /// Where it stands among the artifacts of the run; -1 for nowhere.
    index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: Option<usize>,
    start_column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
}

impl Found {
    /// It is there, and nobody decided that it may stay.
    fn counts(&self) -> bool {
        let accepted =
            |it: &Suppression| !matches!(it.status.as_deref(), Some("rejected" | "underReview"));
        let suppressed = self.suppressions.iter().flatten().any(accepted);
        let says_so = matches!(
            self.kind.as_deref(),
            None | Some("fail" | "open" | "review")
        );
        says_so && !suppressed && self.baseline_state.as_deref() != Some("absent")
    }

    fn rule(&self, rules: &[Rule]) -> Option<String> {
        let own = self.rule.as_ref();
        let named = self.rule_id.clone().or_else(|| own?.id.clone());
        named.or_else(|| {
            let index = self.rule_index.or_else(|| own?.index)?;
            rules.get(index)?.id.clone()
        })
    }
}

pub(super) fn claims(run: Run) -> Vec<Claim> {
    let driver = run.tool.and_then(|tool| tool.driver);
    let (name, rules) = match driver {
        Some(driver) => (driver.name, driver.rules),
        None => (None, Vec::new()),
    };
    let tool = name.unwrap_or_else(|| "another tool".to_owned());
    let found = run.results.into_iter().flatten().filter(Found::counts);
    found
        .map(|found| Claim {
            tool: tool.clone(),
            rule: found.rule(&rules).unwrap_or_default(),
            message: found
                .message
                .as_ref()
                .and_then(|message| message.text.clone().or(message.markdown.clone()))
                .unwrap_or_default(),
            // More than one location is needed only together; the first is where it shows.
            spots: found
                .locations
                .iter()
                .find_map(|place| place.physical_location.as_ref())
                .map(|place| spot(place, &run.original_uri_base_ids, &run.artifacts))
                .into_iter()
                .collect(),
            is_traceback: false,
            times: 1,
        })
        .collect()
}

fn spot(place: &Physical, bases: &BTreeMap<String, Artifact>, artifacts: &[Listed]) -> Spot {
    let listed = || {
        let index = place.artifact_location.as_ref()?.index?;
        artifacts
            .get(usize::try_from(index).ok()?)?
            .location
            .as_ref()
    };
    let artifact = place.artifact_location.as_ref();
    let artifact = artifact.filter(|it| it.uri.is_some()).or_else(listed);
    let mut paths: Vec<String> = Vec::new();
    if let Some(uri) = artifact.and_then(|it| it.uri.as_ref()) {
        let own = path_of_uri(uri);
        let below = artifact.and_then(|it| base(it, bases));
        paths.extend(below.map(|base| format!("{}/{own}", base.trim_end_matches('/'))));
        paths.push(own);
    }
    let region = place.region.as_ref();
    let lines = region.and_then(|region| {
        let start = region.start_line?;
        let end = region.end_line.unwrap_or(start).max(start);
        let nothing_of_last = region.end_column == Some(1) && end > start;
        Some((start, end - usize::from(nothing_of_last)))
    });
    Spot {
        paths,
        lines,
        column: region.and_then(|region| region.start_column),
    }
}

/// What the URI of an artifact is relative to, where that is said.
fn base(artifact: &Artifact, bases: &BTreeMap<String, Artifact>) -> Option<String> {
    let mut path = String::new();
    let mut next = artifact.uri_base_id.as_ref();
    for _ in 0..MAX_BASES {
        let Some(base) = next.and_then(|id| bases.get(id)) else {
            break;
        };
        if let Some(uri) = &base.uri {
            let own = path_of_uri(uri);
            path = match path.is_empty() {
                true => own,
                false => format!("{}/{path}", own.trim_end_matches('/')),
            };
        }
        next = base.uri_base_id.as_ref();
    }
    (!path.is_empty()).then_some(path)
}
