//! Decisions of a review: what they hide, what they let through, and how long they hold.

use crate::cases;
use crate::sandbox::{ALL_SAFETIES, Sandbox, compare};
use asyncfix::engine::Selection;
use asyncfix::review::{Decision, Ledger, Verdict, decisions, fingerprint};
use std::path::PathBuf;

const LEDGER: &str = ".asyncfix/review.toml";

const ONLY: &str = "--select=blocking-sleep";

/// What is decided, about the finding whose code begins so.
#[derive(Clone, Copy)]
enum Decide {
    Accept(&'static str),
    /// Not what is offered, but the alternative of this name.
    Choose(&'static str, &'static str),
    Refuse(&'static str),
}

/// A directory with one file, and a ledger with decisions about it.
fn decided(text: &str, all: &[Decide]) -> Sandbox {
    let sandbox = Sandbox::with(&[("app.py", text), ("pyproject.toml", "")]);
    let files = [(PathBuf::from("app.py"), text.as_bytes().to_vec())];
    let selection = Selection {
        alternatives: true,
        ..Selection::default()
    };
    let run = cases::run(&files, &selection);
    let mut ledger = Ledger::default();
    for decide in all {
        let (Decide::Accept(code) | Decide::Choose(code, _) | Decide::Refuse(code)) = decide;
        let about = |finding: &asyncfix::fix::Finding| finding.at.of(text).starts_with(code);
        let found = run.found.iter().map(|(_, finding)| finding);
        let finding = found.clone().find(|finding| about(finding)).expect(code);
        let accepted = |fix| Verdict::Accepted {
            fix: fingerprint(fix, finding.file, text),
        };
        let verdict = match decide {
            Decide::Accept(_) => accepted(finding.fix().unwrap()),
            Decide::Choose(_, name) => accepted(finding.choosing(name).expect(name).fix().unwrap()),
            Decide::Refuse(_) => Verdict::Refused,
        };
        for decision in decisions("app.py", text, [(finding, verdict)]) {
            let why = Some(format!("decided about {code}"));
            ledger.set(Decision { why, ..decision });
        }
    }
    sandbox.write(LEDGER, ledger.text().unwrap());
    sandbox
}

#[track_caller]
fn check(name: &str, sandbox: &Sandbox, arguments: &[&str]) {
    compare(name, &sandbox.run(arguments));
}

fn ledger(sandbox: &Sandbox) -> Ledger {
    let text = String::from_utf8(sandbox.read(LEDGER)).unwrap();
    Ledger::parse(&text).unwrap()
}

#[test]
fn what_is_refused_is_not_offered() {
    let sandbox = decided(ALL_SAFETIES, &[Decide::Refuse("time.sleep(1)")]);
    check("decisions_refused", &sandbox, &[ONLY]);
    check(
        "decisions_show_refused",
        &sandbox,
        &[ONLY, "--show-refused"],
    );
    check("decisions_refused_diff", &sandbox, &[ONLY, "--diff"]);
    check("decisions_refused_write", &sandbox, &[ONLY, "--write"]);
    assert_eq!(sandbox.read("app.py"), ALL_SAFETIES.as_bytes());
}

#[test]
fn what_is_accepted_is_written_with_what_is_safe() {
    let sandbox = decided(ALL_SAFETIES, &[Decide::Accept("time.sleep(2)")]);
    check("decisions_accepted", &sandbox, &[ONLY]);
    check("decisions_accepted_write", &sandbox, &[ONLY, "--write"]);
    let written = String::from_utf8(sandbox.read("app.py")).unwrap();
    assert!(written.contains("await asyncio.sleep(2)"), "{written}");
    // What was done needs no decision any more.
    assert_eq!(ledger(&sandbox), Ledger::default());
}

#[test]
fn other_ways_to_mend_something_are_named() {
    let text = "\
import time

import httpx


async def slow():
    work()


def work():
    time.sleep(1)


async def pair(client: httpx.AsyncClient):
    one = await client.get('https://example.org/1')
    two = await client.get('https://example.org/2')
    return one, two
";
    let files = [(PathBuf::from("app.py"), text.as_bytes().to_vec())];
    let selection = Selection {
        alternatives: true,
        ..Selection::default()
    };
    let names: Vec<(&str, Vec<&str>)> = cases::run(&files, &selection)
        .found
        .iter()
        .map(|(_, finding)| {
            let names = finding.alternatives.iter().map(|other| other.name);
            (finding.transform, names.collect())
        })
        .collect();
    let expected = [
        ("blocking-chain", vec!["thread"]),
        ("sequential-awaits", vec!["first-error", "cancel-siblings"]),
    ];
    assert_eq!(names, expected);
}

#[test]
fn another_way_to_mend_something_may_be_accepted() {
    let text = "\
import time

import requests


async def fetch(url):
    time.sleep(1)
    return requests.get(url, timeout=5).status_code


async def pair(get):
    one = await get(1)
    two = await get(2)
    return one, two


async def get(number):
    return number
";
    let sandbox = decided(text, &[Decide::Choose("requests.get", "thread")]);
    check("decisions_chosen", &sandbox, &["--select=blocking-http"]);
    check("decisions_chosen_write", &sandbox, &["--write"]);
    let written = String::from_utf8(sandbox.read("app.py")).unwrap();
    assert!(written.contains("await asyncio.sleep(1)"), "{written}");
    let threaded = "(await asyncio.to_thread(requests.get, url, timeout=5)).status_code";
    assert!(written.contains(threaded), "{written}");
    assert_eq!(ledger(&sandbox), Ledger::default());
}

#[test]
fn other_fixes_leave_what_is_refused_refused() {
    let text = "import time\n\n\nasync def f(path):\n    return time.sleep(1), path.read_text(), open(path)\n";
    let sandbox = decided(text, &[Decide::Refuse("time.sleep(1)")]);
    let before = ledger(&sandbox);
    let arguments = ["--write", "--accept-review"];
    assert_eq!(sandbox.exit_code(&arguments), 0);
    let once = String::from_utf8(sandbox.read("app.py")).unwrap();
    assert!(
        once.contains("time.sleep(1)") && once.contains("await"),
        "{once}"
    );
    assert_ne!(ledger(&sandbox), before, "its statement changed");
    assert_eq!(sandbox.exit_code(&arguments), 0);
    assert_eq!(sandbox.read("app.py"), once.as_bytes());
}

#[test]
fn a_fix_that_is_another_than_was_accepted_is_not_written() {
    let sandbox = decided(ALL_SAFETIES, &[Decide::Accept("time.sleep(2)")]);
    let other = ledger(&sandbox).decisions()[0].clone();
    let mut changed = Ledger::default();
    changed.set(Decision {
        verdict: Verdict::Accepted {
            fix: "0000000000000000".to_owned(),
        },
        ..other
    });
    sandbox.write(LEDGER, changed.text().unwrap());
    check("decisions_changed", &sandbox, &[ONLY]);
    check("decisions_changed_write", &sandbox, &[ONLY, "--write"]);
    assert_eq!(ledger(&sandbox).decisions().len(), 1);
}

#[test]
fn decisions_hold_while_their_statements_do() {
    let sandbox = decided(ALL_SAFETIES, &[Decide::Refuse("time.sleep(1)")]);
    let shifted = format!("# A comment.\n\n{ALL_SAFETIES}").replace("(1)\n", "(1)  # why\n");
    sandbox.write("app.py", shifted);
    check("decisions_shifted", &sandbox, &[ONLY, "--diff"]);
    sandbox.write("app.py", ALL_SAFETIES.replace("sleep(1)", "sleep(3)"));
    check("decisions_stale", &sandbox, &[ONLY, "--diff"]);
    assert_eq!(sandbox.exit_code(&["--select=await-in-loop", "--diff"]), 0);
}

#[test]
fn what_others_found_is_not_fixed_where_it_is_refused() {
    let sandbox = decided(ALL_SAFETIES, &[Decide::Refuse("time.sleep(1)")]);
    let claim = r#"[{"code": "ASYNC251", "filename": "app.py", "location": {"row": 5, "column": 5},
        "end_location": {"row": 5, "column": 18}, "message": "sleeps"}]"#;
    sandbox.write("ruff.json", claim);
    check("decisions_from", &sandbox, &["--from=ruff.json"]);
    check(
        "decisions_from_diff",
        &sandbox,
        &["--from=ruff.json", "--diff"],
    );
}

#[test]
fn ledgers_that_cannot_be_read_stop_the_run() {
    let sandbox = decided(ALL_SAFETIES, &[]);
    sandbox.write(LEDGER, "<<<<<<< HEAD\nversion = 1\n");
    check("decisions_conflict", &sandbox, &[ONLY]);
    assert_eq!(sandbox.exit_code(&[ONLY, "--isolated"]), 1);
}
