//! The report as a page: what it holds, and what a person can do with it in a browser.

use crate::cases;
use crate::environments::skip;
use crate::sandbox::{ALL_SAFETIES, Sandbox, compare};
use asyncfix::engine::Selection;
use asyncfix::review::{Decision, Ledger, Verdict, decisions, fingerprint};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const ONLY: &str = "--select=blocking-sleep";

/// Code that would like to be markup, script or TOML, or not to be seen.
const HOSTILE: &str = "import time\n\n\nasync def f(x):\n    \
    time.sleep(1)  # </script><script>window.hacked = 1</script> \u{202e}\n    \
    print('<img src=x onerror=\"window.hacked = 1\">')\n    \
    time.sleep(float('\\\\\"\\x07\\t {{data}}'))\n    \
    time.sleep(1)\n";

const FILES: &[(&str, &str)] = &[
    ("<i>a &amp; \"b\"/{{data}}.py", HOSTILE),
    ("app/all.py", ALL_SAFETIES),
];

fn project() -> Sandbox {
    let sandbox = Sandbox::with(FILES);
    sandbox.write("pyproject.toml", "");
    sandbox
}

fn page(sandbox: &Sandbox) -> String {
    assert_eq!(sandbox.exit_code(&["report", "--html=page.html", ONLY]), 0);
    String::from_utf8(sandbox.read("page.html")).unwrap()
}

/// What the script of a page is given.
fn data(page: &str) -> Value {
    let (_, rest) = page
        .split_once("<script type=\"application/json\"")
        .unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// Decisions that accept every fix and refuse what has none, in the order of the page.
fn all_decided() -> Vec<Decision> {
    let files = FILES.iter();
    let files = files.map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()));
    let mut selection = Selection::default();
    let transforms = &mut selection.transforms;
    transforms.retain(|transform| transform.info().id == "blocking-sleep");
    let mut all = Vec::new();
    for (source, finding) in cases::run(&files.collect::<Vec<_>>(), &selection).found {
        let text = source.text();
        let verdict = match finding.fix() {
            Some(fix) => Verdict::Accepted {
                fix: fingerprint(fix, finding.file, text),
            },
            None => Verdict::Refused,
        };
        let path = source.path().to_str().unwrap();
        all.extend(decisions(path, text, [(&finding, verdict)]));
    }
    all
}

fn ledger(decisions: impl IntoIterator<Item = Decision>) -> Ledger {
    let mut ledger = Ledger::default();
    decisions
        .into_iter()
        .for_each(|decision| ledger.set(decision));
    ledger
}

#[test]
fn the_page_holds_everything_that_is_found() {
    let sandbox = project();
    let page = page(&sandbox);
    let data = data(&page);
    let texts: Vec<&str> = data["texts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect();
    let entries = data["entries"].as_array().unwrap();
    let text = |value: &Value| texts[value.as_u64().unwrap() as usize];
    let safeties: Vec<&str> = entries
        .iter()
        .map(|entry| entry["safety"].as_str().unwrap())
        .collect();
    assert_eq!(
        safeties,
        ["safe", "safe", "safe", "safe", "review", "manual"]
    );
    let first = &entries[0];
    assert_eq!(text(&first["places"][0]["path"]), FILES[0].0);
    let (start, _, signs, lines) = {
        let hunk = &first["files"][0]["hunks"][0];
        (
            &hunk[0],
            &hunk[1],
            hunk[2].as_str().unwrap(),
            hunk[3].as_array().unwrap(),
        )
    };
    assert_eq!((start.as_u64(), signs), (Some(1), "+    -+   "), "{first}");
    assert_eq!(signs.len(), lines.len());
    assert_eq!(text(&lines[0]), "6k\timport asyncio");
    assert!(entries[5]["title"].is_null(), "{}", entries[5]);
    assert_ne!(text(&entries[5]["reason"]), "");
    assert!(page.contains("4 safe"), "the summary needs no script");
}

#[test]
fn code_is_no_markup_of_the_page() {
    let sandbox = project();
    let page = page(&sandbox);
    assert!(!page.contains("</script><script>window"));
    assert!(!page.contains("<img") && !page.contains("<i>a"));
    assert!(
        page.contains("&lt;i&gt;a &amp;amp; &quot;b&quot;"),
        "the directory is in the summary"
    );
    assert!(
        page.contains("{{data}}.py"),
        "what looks like a mark of the template stays"
    );
    for outside in ["http:", "https:", "src=", "@import", "url("] {
        assert!(
            !page
                .replace("<img src=", "")
                .replace("\\u003cimg src=", "")
                .contains(outside),
            "{outside}"
        );
    }
}

#[test]
fn pages_do_not_depend_on_threads() {
    let sandbox = project();
    let one = page(&sandbox);
    assert_eq!(
        sandbox.exit_code(&["report", "--html=other.html", ONLY, "--jobs=1"]),
        0
    );
    assert_eq!(sandbox.read("other.html"), one.as_bytes());
}

#[test]
fn reports_are_told_about() {
    let sandbox = project();
    compare(
        "report",
        &sandbox.run(&["report", "--html=page.html", ONLY]),
    );
    compare("report_help", &sandbox.run(&["report", "--help"]));
    compare("report_without_file", &sandbox.run(&["report"]));
    compare(
        "report_write",
        &sandbox.run(&["report", "--html=page.html", "--write"]),
    );
    compare(
        "report_stdin",
        &sandbox.run(&["report", "--html=page.html", "-"]),
    );
    compare(
        "report_nowhere",
        &sandbox.run(&["report", "--html=no/page.html", ONLY]),
    );
    let printed = sandbox
        .command(&["report", "--html=-", ONLY])
        .output()
        .unwrap();
    assert_eq!(printed.stdout, sandbox.read("page.html"));
}

#[test]
fn what_the_ledger_has_is_shown() {
    let sandbox = project();
    let [first, second, ..] = &all_decided()[..] else {
        panic!("two are found at least");
    };
    let fix = "0000000000000000".to_owned();
    let ledger = ledger([
        Decision {
            verdict: Verdict::Refused,
            why: Some("the device needs it".to_owned()),
            ..first.clone()
        },
        Decision {
            verdict: Verdict::Accepted { fix },
            ..second.clone()
        },
    ]);
    sandbox.write(".asyncfix/review.toml", ledger.text().unwrap());
    let page = page(&sandbox);
    let data = data(&page);
    let held = |verdict: &str| {
        let entries = data["entries"].as_array().unwrap().iter();
        let places = entries.flat_map(|entry| entry["places"].as_array().unwrap());
        places
            .filter(|place| place["held"]["verdict"] == verdict)
            .count()
    };
    assert_eq!(
        (held("refused"), held("changed"), held("accepted")),
        (1, 1, 0)
    );
    assert!(page.contains("the device needs it"));
}

/// Uses a page in a browser; nothing where there is none.
fn used(page: &Path, name: &str) -> Option<(Value, PathBuf)> {
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("html")
        .join(name);
    std::fs::create_dir_all(&pictures).unwrap();
    for old in cases::files(&pictures) {
        std::fs::remove_file(old).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/report.py");
    let chosen = std::env::var("ASYNCFIX_PYTHON");
    let mut python = Command::new(chosen.as_deref().unwrap_or("python3"));
    python.args([script.as_path(), page, &pictures]);
    let output = python.env("PYTHONDONTWRITEBYTECODE", "1").output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            skip(&format!("python3: {error}"), "the page is not opened");
            return None;
        }
    };
    let told = String::from_utf8_lossy(&output.stderr);
    if told.starts_with("no Chromium") {
        // Whoever says so has tried to get one.
        if std::env::var_os("ASYNCFIX_NO_BROWSER").is_none() {
            skip(&told, "the page is not opened");
        }
        return None;
    }
    assert!(output.status.success(), "{told}");
    Some((serde_json::from_slice(&output.stdout).unwrap(), pictures))
}

#[test]
fn a_browser_gives_the_ledger_that_was_decided() {
    let sandbox = project();
    page(&sandbox);
    let Some((told, folder)) = used(&sandbox.path("page.html"), "hostile") else {
        return;
    };
    let all = "6 of 6 shown";
    let expected = serde_json::json!({
        "count": format!("{all}, 0 decided here"),
        "unnamed": [],
        "nowhere": format!("{all}, 0 decided here"),
        "focus": "open",
        "pale_light": [],
        "after_refusing": format!("{all}, 1 decided here"),
        "pressed": "true",
        "pale_dark": [],
        "searched": "0 of 6 shown, 2 decided here",
        "safe_only": "4 of 6 shown, 2 decided here",
        "refused": format!("4 refused; {all}, 6 decided here"),
        "undone": format!("taken back; {all}, 2 decided here"),
        "decided": format!("1 refused; {all}, 6 decided here"),
        "help": true,
        "reloaded": format!("{all}, 6 decided here"),
        "wider_than_window": false,
        "scripts_of_others": false,
        "errors": [],
        "requests": [],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&told[name], value, "{name}");
    }
    let plain = told["without_scripts"].as_str().unwrap();
    assert!(
        plain.contains("5 fixes, 1 finding without a fix") && plain.contains("need JavaScript"),
        "{plain}"
    );
    assert!(!plain.contains("Accept all"), "{plain}");

    let downloaded = std::fs::read_to_string(folder.join("review.toml")).unwrap();
    let mut expected = all_decided();
    expected[0].verdict = Verdict::Refused;
    expected[0].why = Some("it \"waits\"\\ \u{2014} j".to_owned());
    let found = Ledger::parse(&downloaded).unwrap();
    assert_eq!(found, ledger(expected), "{downloaded}");
}

#[test]
fn the_example_can_be_decided_about_in_a_browser() {
    let sandbox = Sandbox::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for path in cases::files(&root) {
        let below = path
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        sandbox.write(&below, std::fs::read(&path).unwrap());
    }
    assert_eq!(sandbox.exit_code(&["report", "--html=page.html"]), 0);
    let Some((told, folder)) = used(&sandbox.path("page.html"), "example") else {
        return;
    };
    for nothing in ["unnamed", "pale_light", "pale_dark", "errors", "requests"] {
        assert_eq!(told[nothing], serde_json::json!([]), "{nothing}");
    }
    assert_eq!(told["reloaded"], "34 of 34 shown, 34 decided here");
    // What was decided is what is carried out.
    let downloaded = std::fs::read_to_string(folder.join("review.toml")).unwrap();
    let ledger = Ledger::parse(&downloaded).unwrap();
    assert!(ledger.decisions().len() >= 34, "{downloaded}");
    sandbox.write(".asyncfix/review.toml", &downloaded);
    let listed = sandbox.command(&["--output-format=json"]).output().unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    for finding in listed.as_array().unwrap() {
        let notes = finding["notes"].as_array().unwrap();
        assert!(
            notes.contains(&Value::from("reviewed: accepted")),
            "{finding}"
        );
    }
}
