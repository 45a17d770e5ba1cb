//! The ledger: decisions as text that is committed with the code, so that a team decides once.

use super::anchors::{Among, Anchor};
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;

const HEADING: &str = "\
# Decisions about what asyncfix found. `asyncfix review` writes them; commit this file with the code.
# A decision holds as long as its statement says the same; `why` is yours to fill in.
";

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The fix with this fingerprint is applied by `--write`, beside the safe ones.
    Accepted { fix: String },
    /// No fix is offered there.
    Refused,
}

/// A decision about one finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// From the folder that holds the ledger's folder, with slashes.
    pub path: String,
    pub anchor: Anchor,
    pub transform: String,
    /// The first line of the code it is about, for those who read the ledger.
    pub code: String,
    pub verdict: Verdict,
    /// A note of whoever decided.
    pub why: Option<String>,
}

impl Decision {
    /// Whether both are about the same finding.
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        self.transform == other.transform && self.path == other.path && self.anchor == other.anchor
    }
}

/// Decisions, sorted by file and place, one for each finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    decisions: Vec<Decision>,
}

/// What came of taking over decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    pub new: usize,
    /// Both had decided alike.
    pub known: usize,
    /// Each as it was, and as the other ledger has it.
    pub conflicts: Vec<(Decision, Decision)>,
}

/// Why a text is no ledger.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    #[error(
        "line {0} is a conflict marker of git: keep the decisions of both sides, and delete the markers"
    )]
    Conflict(usize),
    #[error("it is of version {0}, which a newer asyncfix wrote; update asyncfix")]
    Newer(u32),
    #[error("{0}")]
    Toml(String),
    #[error(
        "{path}, `{code}`: an accepted decision needs the fingerprint of its `fix`, and a refused one has none"
    )]
    Verdict { path: String, code: String },
}

/// As it stands in the file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    version: u32,
    #[serde(default, rename = "decision", skip_serializing_if = "Vec::is_empty")]
    decisions: Vec<Row>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Row {
    path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    scope: String,
    transform: String,
    code: String,
    verdict: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
    statement: String,
    tokens: (usize, usize),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    among: Option<Among>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Accepted,
    Refused,
}

impl Ledger {
    /// Decisions in any order. Of several about the same finding, one counts.
    pub fn of(mut decisions: Vec<Decision>) -> Self {
        decisions.sort();
        decisions.dedup_by(|one, other| one.is_about_the_same(other));
        Self { decisions }
    }

    /// Reads the text of a ledger.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        check(text, VERSION)?;
        let pages: Pages =
            toml::from_str(text).map_err(|error| LedgerError::Toml(error.to_string()))?;
        let decisions: Result<Vec<Decision>, LedgerError> =
            pages.decisions.into_iter().map(decision).collect();
        let mut ledger = Self::default();
        for decision in decisions? {
            ledger.set(decision);
        }
        Ok(ledger)
    }

    /// The text, the same for the same decisions.
    pub fn text(&self) -> Result<String, LedgerError> {
        let pages = Pages {
            version: VERSION,
            decisions: self.decisions.iter().map(row).collect(),
        };
        let text = toml::to_string(&pages).map_err(|error| LedgerError::Toml(error.to_string()))?;
        Ok(format!("{HEADING}{text}"))
    }

    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// Whether any fix is accepted.
    pub fn has_accepted(&self) -> bool {
        let mut decisions = self.decisions.iter();
        decisions.any(|decision| matches!(decision.verdict, Verdict::Accepted { .. }))
    }

    /// Whether there is a decision about the same finding.
    pub fn holds(&self, decision: &Decision) -> bool {
        let place = self.decisions.binary_search_by(|known| {
            let known = (&known.path, &known.anchor, &known.transform);
            known.cmp(&(&decision.path, &decision.anchor, &decision.transform))
        });
        place.is_ok()
    }

    /// The decision about the same finding.
    pub fn about(&self, decision: &Decision) -> Option<&Decision> {
        let mut known = self.decisions.iter();
        known.find(|known| known.is_about_the_same(decision))
    }

    /// Takes over the decisions of another ledger. Where both have decided and not alike, this one stays
    /// as it is, unless it is to be overwritten.
    pub fn merge(&mut self, other: &Self, overwrite: bool) -> Merged {
        let mut merged = Merged::default();
        for decision in &other.decisions {
            match self.about(decision) {
                Some(known) if known.verdict == decision.verdict => {
                    merged.known += 1;
                    if known.why.is_none() {
                        self.set(decision.clone());
                    }
                }
                Some(known) => {
                    merged.conflicts.push((known.clone(), decision.clone()));
                    if overwrite {
                        self.set(decision.clone());
                    }
                }
                None => {
                    merged.new += 1;
                    self.set(decision.clone());
                }
            }
        }
        merged
    }

    /// Decides, whatever was decided about the same finding before.
    pub fn set(&mut self, decision: Decision) {
        self.decisions
            .retain(|known| !known.is_about_the_same(&decision));
        let place = self.decisions.partition_point(|known| *known < decision);
        self.decisions.insert(place, decision);
    }

    /// Takes a decision back.
    pub fn remove(&mut self, decision: &Decision) {
        self.decisions
            .retain(|known| !known.is_about_the_same(decision));
    }
}

/// Whether a text is what somebody wrote of a version that is known.
pub(super) fn check(text: &str, newest: u32) -> Result<(), LedgerError> {
    let markers = ["<<<<<<< ", ">>>>>>> ", "======="];
    let conflict = |line: &str| markers.iter().any(|marker| line.starts_with(marker));
    if let Some(line) = text.lines().position(conflict) {
        return Err(LedgerError::Conflict(line + 1));
    }
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    match toml::from_str::<Versioned>(text) {
        Ok(Versioned { version }) if version > newest => Err(LedgerError::Newer(version)),
        _ => Ok(()),
    }
}

fn decision(row: Row) -> Result<Decision, LedgerError> {
    let verdict = match (row.verdict, row.fix) {
        (Word::Accepted, Some(fix)) => Verdict::Accepted { fix },
        (Word::Refused, None) => Verdict::Refused,
        _ => {
            let (path, code) = (row.path, row.code);
            return Err(LedgerError::Verdict { path, code });
        }
    };
    Ok(Decision {
        path: row.path,
        anchor: Anchor {
            scope: row.scope,
            statement: row.statement,
            tokens: row.tokens,
            among: row.among,
        },
        transform: row.transform,
        code: row.code,
        verdict,
        why: row.why,
    })
}

fn row(decision: &Decision) -> Row {
    let (verdict, fix) = match &decision.verdict {
        Verdict::Accepted { fix } => (Word::Accepted, Some(fix.clone())),
        Verdict::Refused => (Word::Refused, None),
    };
    let anchor = decision.anchor.clone();
    Row {
        path: decision.path.clone(),
        scope: anchor.scope,
        transform: decision.transform.clone(),
        code: decision.code.clone(),
        verdict,
        why: decision.why.clone(),
        fix,
        statement: anchor.statement,
        tokens: anchor.tokens,
        among: anchor.among,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"version = 1

[[decision]]
path = "app/b.py"
scope = "Client.fetch"
transform = "blocking-http"
code = "requests.get(url)"
verdict = "accepted"
fix = "0123456789abcdef"
statement = "00000000000000aa"
tokens = [2, 9]

[[decision]]
path = "app/a.py"
transform = "blocking-sleep"
code = "time.sleep(1)"
verdict = "refused"
why = "the device needs it"
statement = "00000000000000bb"
tokens = [0, 4]
among = { neighbours = "00000000000000cc", ordinal = 2, of = 3 }
"#;

    #[test]
    fn what_is_written_is_read_again() {
        let ledger = Ledger::parse(TWO).unwrap();
        let text = ledger.text().unwrap();
        assert_eq!(Ledger::parse(&text).unwrap(), ledger);
        assert!(text.starts_with("# Decisions"));
        assert!(text.find("app/a.py") < text.find("app/b.py"), "{text}");
        assert_eq!(Ledger::parse("version = 1").unwrap(), Ledger::default());
    }

    #[test]
    fn the_last_decision_about_a_finding_counts() {
        let mut ledger = Ledger::parse(TWO).unwrap();
        let mut changed = ledger.decisions()[1].clone();
        changed.verdict = Verdict::Refused;
        ledger.set(changed.clone());
        assert_eq!(ledger.decisions().len(), 2);
        assert_eq!(ledger.decisions()[1], changed);
        ledger.remove(&changed);
        assert_eq!(ledger.decisions().len(), 1);
    }

    #[test]
    fn decisions_of_another_ledger_are_taken_over() {
        let mut own = Ledger::parse(TWO).unwrap();
        let mut other = own.clone();
        let mut refused = other.decisions()[1].clone();
        refused.verdict = Verdict::Refused;
        other.set(refused.clone());
        let mut new = refused.clone();
        new.path = "app/c.py".to_owned();
        other.set(new);
        let merged = own.merge(&other, false);
        assert_eq!((merged.new, merged.known), (1, 1));
        assert_eq!(merged.conflicts.len(), 1);
        assert_ne!(own.about(&refused), Some(&refused));
        assert_eq!(own.merge(&other, true).conflicts.len(), 1);
        assert_eq!(own, other);
    }

    #[test]
    fn what_is_no_ledger_is_told() {
        let wrong = |text: &str, told: &str| {
            let error = Ledger::parse(text).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        };
        wrong("<<<<<<< HEAD\nversion = 1\n", "line 1 is a conflict marker");
        wrong("version = 2\nnews = true\n", "update asyncfix");
        wrong("version = 1\n[[decision]]\npath = 3\n", "line 3, column 8");
        let without_fix = TWO.replace("fix = \"0123456789abcdef\"\n", "");
        wrong(&without_fix, "app/b.py, `requests.get(url)`: an accepted");
        wrong(&TWO.replace("refused", "postponed"), "unknown variant");
    }
}
