//! What lets a project begin with asyncfix: comments, exit codes, a baseline. Every message is a snapshot.

use crate::sandbox::{ALL_SAFETIES, SAFE, Sandbox, compare};

const ONLY: &str = "--select=blocking-sleep";

const BASELINE: &str = ".asyncfix/baseline.toml";

/// Suppresses nothing, for six reasons.
const INVALID: &str = "\
import time


async def tick():
    time.sleep(1)  # asyncfix: skip[blocking-sleep]
    time.sleep(2)  # asyncfix: skip[blocking-sleep the hardware needs it
    time.sleep(3)  # asyncfix: skip[] the hardware needs it
    time.sleep(4)  # asyncfix: ignore[blocking-sleep] the hardware needs it
    time.sleep(5)  # asyncfix: skip[blocking-slep] the hardware needs it
    # asyncfix: skip-file too late
";

/// The second comment is needed, the others are not.
const UNUSED: &str = "\
import time


async def tick(wait):
    await wait()  # asyncfix: skip[blocking-sleep] it was a sleep
    time.sleep(1)  # asyncfix: skip[blocking-sleep, blocking-http] the hardware needs it
    # asyncfix: skip[blocking-sleep] nothing below

    await wait(2)
";

#[track_caller]
fn check(name: &str, sandbox: &Sandbox, arguments: &[&str]) {
    compare(name, &sandbox.run(arguments));
}

fn text(sandbox: &Sandbox, path: &str) -> String {
    String::from_utf8(sandbox.read(path)).unwrap()
}

#[test]
fn comments_that_suppress_nothing_are_told() {
    let sandbox = Sandbox::with(&[("app.py", INVALID)]);
    check("skip_invalid", &sandbox, &["--ignore=blocking-sleep"]);
    let sandbox = Sandbox::with(&[("app.py", UNUSED)]);
    check("skip_unused", &sandbox, &[]);
    check("skip_unused_write", &sandbox, &["--write"]);
    let written = "\
import time


async def tick(wait):
    await wait()
    time.sleep(1)  # asyncfix: skip[blocking-sleep] the hardware needs it

    await wait(2)
";
    assert_eq!(text(&sandbox, "app.py"), written);
    assert_eq!(sandbox.exit_code(&[]), 0);
}

#[test]
fn comments_are_judged_as_far_as_a_run_can_know() {
    let sandbox = Sandbox::with(&[("app.py", UNUSED)]);
    // What was not looked for may be there.
    assert_eq!(sandbox.exit_code(&["--select=unused-suppression"]), 0);
    assert_eq!(
        sandbox.exit_code(&["--select=unused-suppression,blocking-http"]),
        1
    );
    let ignoring = "--ignore=blocking-sleep,blocking-http";
    assert_eq!(sandbox.exit_code(&[ignoring]), 0);
    assert_eq!(sandbox.exit_code(&["--ignore=unused-suppression"]), 0);
    compare("skip_stdin", &sandbox.run_with_input(&["-"], UNUSED));
    // So may what stands in a file that cannot be read.
    sandbox.write("helpers.py", "def wait(:\n");
    check("skip_beside_broken", &sandbox, &["--write"]);
    assert_eq!(text(&sandbox, "app.py"), UNUSED);
}

#[test]
fn comments_are_found_in_files_without_coroutines() {
    let sandbox = Sandbox::new();
    // In a large tree most of these are not parsed.
    for number in 0..260 {
        sandbox.write(&format!("plain_{number}.py"), "x = 1\n");
    }
    assert_eq!(sandbox.exit_code(&[]), 0);
    sandbox.write(
        "plain_7.py",
        "x = 1  # asyncfix: skip[blocking-sleep] none\n",
    );
    check("skip_in_plain_file", &sandbox, &[]);
}

#[test]
fn what_fails_a_listing_is_chosen() {
    let sandbox = Sandbox::with(&[
        ("all.py", ALL_SAFETIES),
        ("safe.py", SAFE),
        ("quiet.py", "x = 1\n"),
        (
            "manual.py",
            "import time\n\n\nasync def poll(all):\n    return (time.sleep(each) for each in all)\n",
        ),
    ]);
    for (arguments, code) in [
        (&["--fail-on=safe", "safe.py"][..], 1),
        (&["--fail-on=safe", "manual.py"], 0),
        (&["--fail-on=review", "manual.py"], 0),
        (&["--fail-on=manual", "manual.py"], 1),
        (&["--fail-on=review", "all.py"], 1),
        (&["--fail-on=review", "safe.py"], 1),
        (&["--fail-on=manual", "quiet.py"], 0),
        (&["--fail-on=safe", "--output-format=json", "manual.py"], 0),
        (&["--fail-on=safe", "nowhere.py"], 2),
    ] {
        let arguments = [&[ONLY], arguments].concat();
        assert_eq!(sandbox.exit_code(&arguments), code, "{arguments:?}");
    }
    check(
        "fail_on_safe",
        &sandbox,
        &[ONLY, "--fail-on=safe", "manual.py"],
    );
    check("fail_on_unknown", &sandbox, &["--fail-on=never"]);
    check(
        "fail_on_and_exit_zero",
        &sandbox,
        &["--fail-on=safe", "--exit-zero"],
    );
    check("fail_on_and_diff", &sandbox, &["--fail-on=safe", "--diff"]);
    let setting = |value: &str| {
        let text = format!("[tool.asyncfix]\nfail-on = {value}\n");
        sandbox.write("pyproject.toml", text);
    };
    setting("'safe'");
    assert_eq!(sandbox.exit_code(&[ONLY, "manual.py"]), 0);
    assert_eq!(sandbox.exit_code(&[ONLY, "safe.py"]), 1);
    assert_eq!(
        sandbox.exit_code(&[ONLY, "--fail-on=manual", "manual.py"]),
        1
    );
    assert_eq!(sandbox.exit_code(&[ONLY, "--exit-zero", "safe.py"]), 0);
    assert_eq!(sandbox.exit_code(&[ONLY, "--diff", "safe.py"]), 0);
    setting("'never'");
    check("fail_on_setting_unknown", &sandbox, &[]);
}

#[test]
fn places_of_others_fail_a_listing_as_chosen() {
    let claim = r#"[{"code": "ASYNC251", "filename": "all.py", "location": {"row": 8, "column": 13},
        "end_location": {"row": 8, "column": 29}, "message": "sleeps"}]"#;
    let sandbox = Sandbox::with(&[("all.py", ALL_SAFETIES), ("ruff.json", claim)]);
    assert_eq!(sandbox.exit_code(&["--from=ruff.json"]), 1);
    assert_eq!(
        sandbox.exit_code(&["--from=ruff.json", "--fail-on=review"]),
        0
    );
}

#[test]
fn a_baseline_hides_what_was_there() {
    let sandbox = Sandbox::with(&[("app/poll.py", ALL_SAFETIES), ("pyproject.toml", "")]);
    check("baseline", &sandbox, &["baseline"]);
    compare("baseline_text", &text(&sandbox, BASELINE));
    check("baseline_list", &sandbox, &[]);
    check(
        "baseline_json",
        &sandbox,
        &["--output-format=json", "--quiet"],
    );
    check("baseline_write", &sandbox, &["--write", "--accept-review"]);
    assert_eq!(sandbox.read("app/poll.py"), ALL_SAFETIES.as_bytes());
    assert_eq!(sandbox.exit_code(&["--no-baseline"]), 1);
    assert_eq!(sandbox.exit_code(&["--isolated"]), 1);
    // It is found from within the project, and its statements where they have moved to.
    sandbox.write("app/poll.py", format!("# A comment.\n\n{ALL_SAFETIES}"));
    assert_eq!(sandbox.exit_code(&["app/poll.py"]), 0);
    sandbox.write("app/tick.py", SAFE);
    check("baseline_new", &sandbox, &["--diff"]);
}

#[test]
fn fixes_of_what_is_new_leave_what_is_old() {
    let old = "import time\n\n\nasync def f(path):\n    return time.sleep(1), path.read_text()\n";
    let sandbox = Sandbox::with(&[("app.py", old)]);
    assert_eq!(sandbox.exit_code(&["baseline"]), 0);
    let new = old.replace("path.read_text()", "path.read_text(), open(path)");
    sandbox.write("app.py", &new);
    assert_eq!(sandbox.exit_code(&["baseline", "--update", ONLY]), 0);
    assert_eq!(sandbox.exit_code(&["--write", "--accept-review"]), 0);
    let once = text(&sandbox, "app.py");
    assert!(once.contains("time.sleep(1)") && once != new, "{once}");
    // The statement is another now, and known again all the same.
    assert_eq!(sandbox.exit_code(&["--write", "--accept-review"]), 0);
    assert_eq!(text(&sandbox, "app.py"), once);
}

#[test]
fn a_baseline_is_renewed_when_asked() {
    let sandbox = Sandbox::with(&[("poll.py", ALL_SAFETIES), ("tick.py", SAFE)]);
    check("baseline_prune_nothing", &sandbox, &["baseline", "--prune"]);
    assert_eq!(sandbox.exit_code(&["baseline"]), 0);
    check("baseline_again", &sandbox, &["baseline"]);
    check(
        "baseline_update_and_prune",
        &sandbox,
        &["baseline", "--update", "--prune"],
    );
    check("baseline_stdin", &sandbox, &["baseline", "-"]);
    let before = text(&sandbox, BASELINE);
    check("baseline_update_same", &sandbox, &["baseline", "--update"]);
    assert_eq!(text(&sandbox, BASELINE), before);

    sandbox.write("tick.py", "x = 1\n");
    sandbox.write("new.py", SAFE);
    check("baseline_gone", &sandbox, &[]);
    // What was not looked for is kept.
    let elsewhere = ["baseline", "--prune", "--select=blocking-http"];
    assert_eq!(sandbox.exit_code(&elsewhere), 0);
    assert_eq!(sandbox.exit_code(&["baseline", "--prune", "poll.py"]), 0);
    assert_eq!(text(&sandbox, BASELINE), before);
    check("baseline_prune", &sandbox, &["baseline", "--prune"]);
    assert_eq!(sandbox.exit_code(&[]), 1);
    check("baseline_update", &sandbox, &["baseline", "--update"]);
    assert_eq!(sandbox.exit_code(&[]), 0);
    std::fs::remove_file(sandbox.path("new.py")).unwrap();
    check("baseline_file_gone", &sandbox, &["baseline", "--prune"]);
}

#[test]
fn a_baseline_of_what_cannot_be_kept_or_read() {
    let sandbox = Sandbox::with(&[("app.py", "# asyncfix: skip-file\nx = 1\n")]);
    check("baseline_outside", &sandbox, &["baseline"]);
    sandbox.write("broken.py", "async def f(:\n");
    check("baseline_skipped", &sandbox, &["baseline", "--update"]);
    sandbox.write(BASELINE, "<<<<<<< HEAD\nversion = 1\n");
    check("baseline_conflict", &sandbox, &["app.py"]);
    assert_eq!(sandbox.exit_code(&["--no-baseline", "app.py"]), 1);
}
