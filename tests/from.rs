//! What other tools found, answered: `--from`.

use crate::sandbox::{SAFE_AFTER, Sandbox, compare};

const JOBS: &str = "\
import time

from .helper import rest


async def poll(seconds):
    time.sleep(1)
    return (time.sleep(each) for each in seconds)


async def work():
    rest()
    print(poll.__name__, unknown(1))


async def longer():
    time.sleep(1)
";

const HELPER: &str = "\
import time


def rest():
    time.sleep(2)
";

const PROJECT: &[(&str, &str)] = &[
    ("app/__init__.py", ""),
    ("app/jobs.py", JOBS),
    ("app/helper.py", HELPER),
];

/// Other transforms than these leave the snapshots alone.
const ONLY: &str = "--select=blocking-sleep,blocking-chain";

/// A run over the project with a report in `report`.
#[track_caller]
fn check(name: &str, report: impl AsRef<[u8]>, arguments: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with(PROJECT);
    sandbox.write("report", report);
    let arguments = [&[ONLY, "--from=report"], arguments].concat();
    compare(name, &sandbox.run(&arguments));
    sandbox
}

/// A row of ruff: file, line, column, code.
fn row(file: &str, line: usize, column: usize, code: &str) -> String {
    format!(
        r#"{{"cell": null, "code": "{code}", "filename": "{file}", "message": "as {code} says",
            "location": {{"row": {line}, "column": {column}}},
            "end_location": {{"row": {line}, "column": {}}}, "fix": null}}"#,
        column + 5
    )
}

fn ruff() -> String {
    let rows = [
        row("app/jobs.py", 7, 5, "ASYNC251"),
        row("app/jobs.py", 8, 13, "ASYNC251"),
        row("app/jobs.py", 13, 5, "ASYNC251"),
        row("app/jobs.py", 90, 5, "ASYNC251"),
        row("app/jobs.py", 7, 5, "E501"),
        row("app/jobs.py", 9, 5, "E501"),
        row("app/gone.py", 3, 5, "ASYNC210"),
    ];
    format!("[{}]", rows.join(","))
}

/// A log of SARIF with results at these URIs and lines.
fn sarif(results: &[(&str, usize)]) -> String {
    let results = results.iter().map(|(location, line)| {
        format!(
            r#"{{"ruleId": "blocking-call", "message": {{"text": "blocks the event loop"}}, "locations":
                [{{"physicalLocation": {{"artifactLocation": {{{location}}}, "region": {{"startLine": {line}}}}}}}]}}"#
        )
    });
    let results = results.collect::<Vec<_>>().join(",");
    format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "hydroid"}}}},
            "originalUriBaseIds": {{"TOP": {{"uri": "file:///builds/team/"}}, "SRC": {{"uri": "app/", "uriBaseId": "TOP"}}}},
            "results": [{results}]}}]}}"#
    )
}

const TRACEBACK: &str = "\
2026-01-05 10:00:01 ERROR request failed
Traceback (most recent call last):
  File \"/srv/.venv/lib/python3.12/site-packages/server/main.py\", line 7, in serve
    await run()
  File \"/srv/app/jobs.py\", line 12, in work
    rest()
    ~~~~^^
  File \"/srv/app/helper.py\", line 5, in rest
    time.sleep(2)
  File \"/srv/.venv/lib/python3.12/site-packages/blockbuster/blockbuster.py\", line 110, in wrapper
    raise BlockingError(func_name)
blockbuster.blockbuster.BlockingError: Blocking call to time.sleep
2026-01-05 10:00:02 INFO going on
";

#[test]
fn what_ruff_found_is_answered() {
    check("from_ruff", ruff(), &[]);
    check("from_ruff_json", ruff(), &["--output-format=json", "-q"]);
    check("from_ruff_safe", ruff(), &["--safety=safe", "-q"]);
    check("from_ruff_diff", ruff(), &["--diff"]);
    let lines = row("app/jobs.py", 7, 5, "ASYNC251").replace('\n', "");
    check(
        "from_ruff_lines",
        format!("{lines}\n{lines}\n"),
        &["--diff", "-q"],
    );
}

#[test]
fn only_the_named_places_are_written() {
    let row = format!("[{}]", row("app/jobs.py", 17, 5, "ASYNC251"));
    let sandbox = check("from_write", row, &["--write"]);
    let after = JOBS.replace("longer():\n    time", "longer():\n    await asyncio");
    let after = after.replace("import time\n", "import asyncio\nimport time\n");
    assert_eq!(sandbox.read("app/jobs.py"), after.as_bytes());
}

#[test]
fn places_in_sarif_are_found() {
    let found = sarif(&[
        (r#""uri": "app/jobs.py""#, 7),
        (r#""uri": "jobs.py", "uriBaseId": "SRC""#, 12),
        (r#""uri": "file:///builds/team/app/j%6Fbs.py""#, 13),
        (r#""uri": "app/helper.py""#, 5),
    ]);
    check("from_sarif", found, &[]);
}

#[test]
fn a_way_through_several_files_is_repaired_as_one() {
    let sandbox = check("from_traceback", TRACEBACK, &[]);
    let arguments = [ONLY, "--from=report", "--write", "--accept-review", "-q"];
    assert_eq!(sandbox.exit_code(&arguments), 0);
    let after = HELPER
        .replace("def rest", "async def rest")
        .replace("time.sleep", "await asyncio.sleep");
    let after = after.replace("import time", "import asyncio");
    assert_eq!(String::from_utf8(sandbox.read("app/helper.py")), Ok(after));
    let after = JOBS.replace("    rest()", "    await rest()");
    assert_eq!(String::from_utf8(sandbox.read("app/jobs.py")), Ok(after));
}

#[test]
fn a_change_is_shown_once() {
    let places = [
        (r#""uri": "app/jobs.py""#, 12),
        (r#""uri": "app/helper.py""#, 5),
    ];
    check("from_shown_once", sarif(&places), &["-q"]);
}

#[test]
fn reports_of_any_shell_are_read() {
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(ruff().encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [b"\xef\xbb\xbf", ruff().as_bytes()].concat();
    let plain = Sandbox::with(PROJECT);
    let answer = |bytes: &[u8]| {
        plain.write("report", bytes);
        plain.run(&[ONLY, "--from=report", "--diff", "-q"])
    };
    let expected = answer(ruff().as_bytes());
    assert_eq!(answer(&wide), expected);
    assert_eq!(answer(&marked), expected);
    assert_eq!(
        answer(TRACEBACK.replace('\n', "\r\n").as_bytes()),
        answer(TRACEBACK.as_bytes())
    );
}

#[test]
fn standard_input_is_a_report_or_a_file() {
    let sandbox = Sandbox::with(PROJECT);
    let arguments = [ONLY, "--from=-", "--diff", "-q"];
    compare("from_stdin", &sandbox.run_with_input(&arguments, TRACEBACK));
    compare("from_stdin_twice", &sandbox.run(&["--from=-", "-"]));
    let report = format!("[{}]", row("tick.py", 5, 5, "ASYNC251"));
    sandbox.write("report", report);
    let arguments = [
        ONLY,
        "--from=report",
        "--write",
        "--stdin-filename=tick.py",
        "-",
    ];
    let before = crate::sandbox::SAFE;
    let shown = sandbox.run_with_input(&arguments, before);
    assert!(shown.contains(SAFE_AFTER), "{shown}");
}

#[test]
fn wrong_reports_are_explained() {
    check("from_empty", " \n", &[]);
    check("from_text", "all is well\n", &[]);
    check("from_broken", "[{\"filename\": ", &[]);
    check("from_other_json", "{\"results\": []}", &[]);
    check("from_wrong_type", "[{\"filename\": 7}]", &[]);
    check("from_nothing", "[]", &[]);
    let sandbox = Sandbox::with(PROJECT);
    compare("from_missing", &sandbox.run(&["--from=gone.json"]));
    let deep = "[".repeat(100_000);
    sandbox.write("deep", deep);
    compare("from_deep", &sandbox.run(&["--from=deep"]));
}

#[test]
fn a_file_that_cannot_be_read_is_told_of() {
    let sandbox = Sandbox::with(PROJECT);
    sandbox.write("app/jobs.py", "async def poll(:\n");
    sandbox.write(
        "report",
        format!("[{}]", row("app/jobs.py", 1, 1, "ASYNC251")),
    );
    compare("from_unparsed", &sandbox.run(&[ONLY, "--from=report"]));
    compare(
        "from_elsewhere",
        &sandbox.run(&[ONLY, "--from=report", "app/helper.py"]),
    );
}
