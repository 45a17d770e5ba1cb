//! `asyncfix review`: sessions at a terminal, as they are seen, and what becomes of the files.

use crate::cases;
use crate::pty::Terminal;
use crate::sandbox::{ALL_SAFETIES, SAFE, SAFE_AFTER, Sandbox, compare};
use asyncfix::review::{Ledger, Verdict};
use nix::sys::signal::Signal;
use std::path::Path;

const LEDGER: &str = ".asyncfix/review.toml";

/// Two fixes of one transform, the second to be reviewed, and one without.
const ONLY: [&str; 2] = ["review", "--select=blocking-sleep"];

fn project(text: &str) -> Sandbox {
    Sandbox::with(&[("app.py", text), ("pyproject.toml", "")])
}

fn text(sandbox: &Sandbox) -> String {
    String::from_utf8(sandbox.read("app.py")).unwrap()
}

/// The verdicts of the ledger, as letters, by code.
fn decided(sandbox: &Sandbox) -> Vec<(String, char)> {
    let text = String::from_utf8(sandbox.read(LEDGER)).unwrap();
    let ledger = Ledger::parse(&text).unwrap();
    let decisions = ledger.decisions().iter();
    let mut rows: Vec<(String, char)> = decisions
        .map(|decision| {
            let verdict = match decision.verdict {
                Verdict::Accepted { .. } => 'y',
                Verdict::Refused => 'n',
            };
            (decision.code.clone(), verdict)
        })
        .collect();
    rows.sort();
    rows
}

/// A script that stands for a person's editor, and the value of `$EDITOR` for it.
fn editor(script: &str) -> (Sandbox, String) {
    let folder = Sandbox::with(&[("edit.sh", script)]);
    let command = format!("sh {}", folder.path("edit.sh").display());
    (folder, command)
}

/// The example, from the first fix to the written files, left half-way and taken up again.
#[test]
fn the_example_is_reviewed_and_written() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/weather_service");
    let sandbox = Sandbox::with(&[("pyproject.toml", "")]);
    for file in cases::files(&example) {
        let name = file.strip_prefix(&example).unwrap().to_str().unwrap();
        sandbox.write(name, std::fs::read(&file).unwrap());
    }
    let mut first = Terminal::start(&sandbox, &["review"], &[]);
    first.press("y");
    first.press("w");
    first.type_text("the office answers at once");
    first.press("\rn");
    first.press("sbd?q");
    first.press("n");
    assert_eq!(first.end().code(), Some(0));
    compare("review_example_first", &first.shown());
    assert_eq!(decided(&sandbox).len(), 2);

    let mut second = Terminal::start(&sandbox, &["review", "--safety=review"], &[]);
    while !second.shown().contains("Write them now?") {
        second.press("t");
    }
    let shown = second.shown();
    let last = shown.rfind("Apply this fix?").unwrap();
    second.send("y");
    assert_eq!(second.end().code(), Some(0));
    compare("review_example_second", &second.shown()[last..]);
    // What was refused is not offered any more.
    let left = sandbox.run(&["--diff", "--select=blocking-http", "--quiet"]);
    assert!(left.contains("----- stdout -----\n-----"), "{left}");
    assert_eq!(decided(&sandbox).len(), 1);
    let listed = sandbox.run(&["--show-refused", "--select=blocking-http"]);
    assert!(
        listed.contains("reviewed: refused: the office answers at once"),
        "{listed}"
    );
}

#[test]
fn every_answer_is_kept_at_once() {
    let sandbox = project(ALL_SAFETIES);
    let mut terminal = Terminal::start(&sandbox, &ONLY, &[]);
    terminal.press("y");
    assert_eq!(decided(&sandbox), [("time.sleep(1)".to_owned(), 'y')]);
    // Whatever ends it.
    terminal.signal(Signal::SIGKILL);
    terminal.end();
    let mut terminal = Terminal::start(&sandbox, &ONLY, &[]);
    terminal.press("n");
    let both = [
        ("time.sleep(1)".to_owned(), 'y'),
        ("time.sleep(2)".to_owned(), 'n'),
    ];
    assert_eq!(decided(&sandbox), both);
    terminal.press("bb");
    assert_eq!(decided(&sandbox), both[..1]);
    terminal.press("xy?\x03");
    assert_eq!(terminal.end().code(), Some(0));
    assert_eq!(text(&sandbox), ALL_SAFETIES);
    compare("review_kept", &terminal.shown());
}

#[test]
fn keys_that_are_typed_ahead_count() {
    let sandbox = project(ALL_SAFETIES);
    let mut terminal = Terminal::start(&sandbox, &ONLY, &[]);
    terminal.send("wslow\rnyy");
    assert_eq!(terminal.end().code(), Some(0));
    let written = text(&sandbox);
    assert!(written.contains("    time.sleep(1)\n"), "{written}");
    assert!(written.contains("await asyncio.sleep(2)"), "{written}");
}

#[test]
fn there_may_be_nothing_to_decide() {
    let sandbox = project("print(1)\n");
    let mut terminal = Terminal::start(&sandbox, &ONLY, &[]);
    assert_eq!(terminal.end().code(), Some(0));
    compare("review_nothing", &terminal.shown());
}

#[test]
fn what_is_decided_is_asked_again_on_request() {
    let sandbox = project(ALL_SAFETIES);
    sandbox.exit_code(&["review", "--refuse=app.py:5", "--why=it is fast"]);
    let mut terminal = Terminal::start(&sandbox, &[ONLY[0], ONLY[1], "--again"], &[]);
    terminal.press("yqn");
    terminal.end();
    compare("review_again", &terminal.shown());
    assert_eq!(decided(&sandbox), [("time.sleep(1)".to_owned(), 'y')]);
}

/// A request that a coroutine waits for, which another library could send, or a thread.
const REQUEST: &str = "\
import requests


async def status(url):
    return requests.get(url, timeout=5).status_code
";

#[test]
fn another_way_is_chosen() {
    let sandbox = project(REQUEST);
    let only = ["review", "--select=blocking-http"];
    let mut terminal = Terminal::start(&sandbox, &only, &[]);
    terminal.press("ay");
    terminal.send("y");
    assert_eq!(terminal.end().code(), Some(0));
    let written = text(&sandbox);
    assert!(written.contains("asyncio.to_thread("), "{written}");
    compare("review_alternative", &terminal.shown());

    sandbox.write("app.py", REQUEST);
    let accept = ["review", "--accept=app.py:5", "--alternative=fibre"];
    check("review_alternative_unknown", &sandbox, &accept);
    let accept = ["review", "--accept=app.py:5", "--alternative=thread"];
    assert_eq!(sandbox.exit_code(&accept), 0);
    check("review_alternative_list", &sandbox, &["review", "--list"]);
    sandbox.write("app.py", SAFE);
    let accept = ["review", "--accept=app.py:5", "--alternative=thread"];
    check("review_alternative_none", &sandbox, &accept);
    let mut terminal = Terminal::start(&sandbox, &["review"], &[]);
    terminal.press("a\x03");
    terminal.end();
    let shown = terminal.shown();
    assert!(
        shown.contains("There is no other way to mend this."),
        "{shown}"
    );
}

#[test]
fn an_editor_has_the_last_word() {
    let (folder, editor) = editor("sed -i 's/sleep(1)/sleep(0.5)/' \"$1\"\n");
    let sandbox = project(SAFE);
    let temporary = folder.folder().to_str().unwrap();
    let variables = [("EDITOR", editor.as_str()), ("TMPDIR", temporary)];
    let mut terminal = Terminal::start(&sandbox, &["review"], &variables);
    terminal.send("e");
    assert_eq!(terminal.end().code(), Some(0));
    assert_eq!(text(&sandbox), SAFE_AFTER.replace("(1)", "(0.5)"));
    // The copy is gone.
    assert_eq!(std::fs::read_dir(folder.folder()).unwrap().count(), 1);
    compare("review_edited", &terminal.shown());
}

#[test]
fn what_an_editor_leaves_wrong_is_kept() {
    // Breaks it the first time, and mends it the second time.
    let (folder, editor) = editor(
        "if grep -q 'def (' \"$1\"; then sed -i 's/def (/def tick(/' \"$1\"; \
         else sed -i 's/def tick(/def (/' \"$1\"; fi\n",
    );
    let sandbox = project(SAFE);
    let temporary = folder.folder().to_str().unwrap();
    let variables = [("VISUAL", editor.as_str()), ("TMPDIR", temporary)];
    let mut terminal = Terminal::start(&sandbox, &["review"], &variables);
    terminal.press("e");
    assert_eq!(text(&sandbox), SAFE);
    let shown = terminal.shown().replace(temporary, "[TMP]");
    compare("review_edited_wrong", &shown);
    terminal.press("e");
    // What stands there now is what was offered, and so nothing was changed.
    assert_eq!(text(&sandbox), SAFE);
    terminal.press("y");
    terminal.send("y");
    terminal.end();
    assert_eq!(text(&sandbox), SAFE_AFTER);
}

#[test]
fn editors_that_do_nothing_are_told() {
    let sandbox = project(SAFE);
    let mut shown = String::new();
    for variables in [&[][..], &[("EDITOR", "true")], &[("EDITOR", "false")]] {
        let mut terminal = Terminal::start(&sandbox, &["review"], variables);
        terminal.press("e\x03");
        assert_eq!(terminal.end().code(), Some(0));
        let (_, after) = terminal
            .shown()
            .split_once("] e\n")
            .map(|(_, after)| ((), after.to_owned()))
            .unwrap();
        shown.push_str(&format!("$ {variables:?}\n{after}\n"));
    }
    compare("review_editors", &shown);
    assert_eq!(text(&sandbox), SAFE);
}

#[test]
fn an_edit_of_a_file_that_changed_meanwhile_is_kept() {
    let sandbox = project(SAFE);
    let own = sandbox.path("app.py");
    let script = format!(
        "echo '# mine' >> \"$1\"; echo '# theirs' >> {}\n",
        own.display()
    );
    let (folder, editor) = editor(&script);
    let temporary = folder.folder().to_str().unwrap();
    let variables = [("EDITOR", editor.as_str()), ("TMPDIR", temporary)];
    let mut terminal = Terminal::start(&sandbox, &["review"], &variables);
    terminal.press("e\x03");
    terminal.end();
    assert_eq!(text(&sandbox), format!("{SAFE}# theirs\n"));
    let shown = terminal.shown().replace(temporary, "[TMP]");
    compare("review_edited_changed", &shown);
    let kept = std::fs::read_dir(folder.folder()).unwrap();
    let kept = kept.map(|entry| entry.unwrap().path().join("app.py"));
    let kept: Vec<String> = kept
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect();
    assert_eq!(kept, [format!("{SAFE_AFTER}# mine\n")]);
}

#[test]
fn a_file_that_changed_underneath_is_not_written_over() {
    let sandbox = project(SAFE);
    let mut terminal = Terminal::start(&sandbox, &["review"], &[]);
    terminal.press("y");
    sandbox.write("app.py", format!("{SAFE}# theirs\n"));
    terminal.press("y");
    assert_eq!(text(&sandbox), format!("{SAFE}# theirs\n"));
    // The decision still holds, and the review goes on.
    terminal.send("y");
    assert_eq!(terminal.end().code(), Some(0));
    assert_eq!(text(&sandbox), format!("{SAFE_AFTER}# theirs\n"));
    compare("review_changed", &terminal.shown());
}

#[test]
fn a_file_that_changed_underneath_is_looked_at_again() {
    let sandbox = project(ALL_SAFETIES);
    let mut terminal = Terminal::start(&sandbox, &ONLY, &[]);
    sandbox.write("app.py", ALL_SAFETIES.replace("sleep(2)", "sleep(20)"));
    terminal.press("n\x03");
    assert_eq!(terminal.end().code(), Some(0));
    compare("review_changed_shown", &terminal.shown());
    assert_eq!(decided(&sandbox), [("time.sleep(1)".to_owned(), 'n')]);
}

#[test]
fn the_terminal_is_as_it_was_when_a_signal_ends_the_review() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let sandbox = project(SAFE);
        let mut terminal = Terminal::start(&sandbox, &["review"], &[]);
        terminal.wait_for_keys_wanted();
        terminal.signal(signal);
        assert_eq!(terminal.end().signal(), Some(signal as i32));
        assert!(terminal.is_as_usual(), "{signal}");
    }
}

#[test]
fn a_review_can_be_suspended() {
    let sandbox = project(SAFE);
    // A shell with job control, which looks at the terminal as soon as it has it.
    let shell = ["bash", "-c", "set -m; \"$0\" \"$@\"; stty -a; fg"];
    let mut terminal = Terminal::start_by(&shell, &sandbox, &["review"], &[]);
    terminal.wait_for_keys_wanted();
    terminal.send("\x1a");
    terminal.wait(|shown| shown.contains("isig icanon") && shown.ends_with("?] "));
    terminal.press("y");
    terminal.send("y");
    terminal.end();
    assert_eq!(text(&sandbox), SAFE_AFTER);
}

#[track_caller]
fn check(name: &str, sandbox: &Sandbox, arguments: &[&str]) {
    compare(name, &sandbox.run(arguments));
}

#[test]
fn a_review_needs_somebody_who_answers() {
    let sandbox = project(SAFE);
    check("review_no_terminal", &sandbox, &["review"]);
    check("review_isolated", &sandbox, &["review", "--isolated"]);
    check("review_stdin", &sandbox, &["review", "-"]);
    check("review_help", &sandbox, &["review", "--help"]);
}

#[test]
fn places_are_decided_about_by_arguments() {
    let sandbox = project(&ALL_SAFETIES.replace("time.sleep(1)", "time.sleep(1), open('a')"));
    check(
        "review_place_several",
        &sandbox,
        &["review", "--accept=app.py:5"],
    );
    check(
        "review_place_nothing",
        &sandbox,
        &["review", "--accept=app.py:1"],
    );
    check(
        "review_place_unknown",
        &sandbox,
        &["review", "--accept=other.py:1"],
    );
    check(
        "review_place_wrong",
        &sandbox,
        &["review", "--accept=app.py"],
    );
    check(
        "review_place_manual",
        &sandbox,
        &["review", "--accept=app.py:8"],
    );
    let transform = ["review", "--accept=app.py:5", "--transform=sleepy"];
    check("review_place_transform", &sandbox, &transform);
    assert!(!sandbox.path(LEDGER).exists());
    let both = [
        "review",
        "--accept=app.py:5",
        "--refuse=app.py:8",
        "--transform=blocking-sleep",
        "--why=as agreed",
    ];
    check("review_place", &sandbox, &both);
    check("review_list", &sandbox, &["review", "--list"]);
    sandbox.write("app.py", text(&sandbox).replace("for each", "for one"));
    check("review_list_stale", &sandbox, &["review", "--list"]);
    check("review_prune", &sandbox, &["review", "--prune"]);
    assert_eq!(decided(&sandbox), [("time.sleep(1)".to_owned(), 'y')]);
    // Nobody knows what stands in a file that cannot be read.
    sandbox.write("app.py", "def (\n");
    check("review_prune_unparsed", &sandbox, &["review", "--prune"]);
    assert_eq!(decided(&sandbox).len(), 1);
    check("review_list_unseen", &sandbox, &["review", "--list"]);
}

#[test]
fn decisions_of_another_ledger_are_taken_over() {
    let sandbox = project(ALL_SAFETIES);
    sandbox.exit_code(&["review", "--accept=app.py:5"]);
    sandbox.exit_code(&["review", "--refuse=app.py:7"]);
    let theirs = sandbox.read(LEDGER);
    std::fs::remove_file(sandbox.path(LEDGER)).unwrap();
    sandbox.write("theirs.toml", &theirs);
    check(
        "review_import",
        &sandbox,
        &["review", "--import=theirs.toml"],
    );
    assert_eq!(sandbox.read(LEDGER), theirs);
    sandbox.exit_code(&["review", "--refuse=app.py:5"]);
    let mine = decided(&sandbox);
    check(
        "review_import_conflict",
        &sandbox,
        &["review", "--import=theirs.toml"],
    );
    assert_eq!(decided(&sandbox), mine);
    let overwrite = ["review", "--import=theirs.toml", "--overwrite"];
    check("review_import_overwrite", &sandbox, &overwrite);
    assert_eq!(sandbox.read(LEDGER), theirs);
    check(
        "review_import_missing",
        &sandbox,
        &["review", "--import=none.toml"],
    );
    sandbox.write("wrong.toml", "version = 1\n[[decision]]\n");
    check(
        "review_import_wrong",
        &sandbox,
        &["review", "--import=wrong.toml"],
    );
}
