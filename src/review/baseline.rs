//! The baseline: what was found when a project began to use asyncfix, as text that is committed with the
//! code. Runs show and fix what is new. It is a ledger that refuses all it holds.

use super::anchors::{Among, Anchor};
use super::ledger::{Decision, Ledger, LedgerError, Verdict, check};
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;

const HEADING: &str = "\
# What asyncfix found before only what is new was to be shown. `asyncfix baseline` writes it; commit this
# file with the code. An entry holds as long as its statement says the same.
";

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    version: u32,
    #[serde(default, rename = "finding", skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Row>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Row {
    path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    scope: String,
    transform: String,
    code: String,
    statement: String,
    tokens: (usize, usize),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    among: Option<Among>,
}

/// Reads the text of a baseline.
pub fn parse_baseline(text: &str) -> Result<Ledger, LedgerError> {
    check(text, VERSION)?;
    let pages: Pages =
        toml::from_str(text).map_err(|error| LedgerError::Toml(error.to_string()))?;
    let decisions = pages.findings.into_iter().map(|row| Decision {
        path: row.path,
        anchor: Anchor {
            scope: row.scope,
            statement: row.statement,
            tokens: row.tokens,
            among: row.among,
        },
        transform: row.transform,
        code: row.code,
        verdict: Verdict::Refused,
        why: None,
    });
    Ok(Ledger::of(decisions.collect()))
}

/// The text, the same for the same findings.
pub fn baseline_text(baseline: &Ledger) -> Result<String, LedgerError> {
    let findings = baseline.decisions().iter().map(|decision| {
        let anchor = decision.anchor.clone();
        Row {
            path: decision.path.clone(),
            scope: anchor.scope,
            transform: decision.transform.clone(),
            code: decision.code.clone(),
            statement: anchor.statement,
            tokens: anchor.tokens,
            among: anchor.among,
        }
    });
    let pages = Pages {
        version: VERSION,
        findings: findings.collect(),
    };
    let text = toml::to_string(&pages).map_err(|error| LedgerError::Toml(error.to_string()))?;
    Ok(format!("{HEADING}{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"version = 1

[[finding]]
path = "app/b.py"
scope = "Client.fetch"
transform = "blocking-http"
code = "requests.get(url)"
statement = "00000000000000aa"
tokens = [2, 9]

[[finding]]
path = "app/a.py"
transform = "blocking-sleep"
code = "time.sleep(1)"
statement = "00000000000000bb"
tokens = [0, 4]
among = { neighbours = "00000000000000cc", ordinal = 2, of = 3 }
"#;

    #[test]
    fn what_is_written_is_read_again() {
        let baseline = parse_baseline(TWO).unwrap();
        let text = baseline_text(&baseline).unwrap();
        assert_eq!(parse_baseline(&text).unwrap(), baseline);
        assert!(text.find("app/a.py") < text.find("app/b.py"), "{text}");
        let twice = parse_baseline(&format!("{TWO}{}", &TWO[12..])).unwrap();
        assert_eq!(twice, baseline);
    }

    #[test]
    fn what_is_no_baseline_is_told() {
        let wrong = |text: &str, told: &str| {
            let error = parse_baseline(text).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        };
        wrong("=======\nversion = 1\n", "line 1 is a conflict marker");
        wrong("version = 2\nnews = true\n", "update asyncfix");
        wrong(&TWO.replace("scope", "scopes"), "unknown field");
    }
}
