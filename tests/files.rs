//! Files that are hard to read, hard to write, or not what they seem.

use crate::sandbox::{SAFE, SAFE_AFTER, Sandbox, compare};
use asyncfix::job;
use asyncfix::text::Source;
use std::process::Stdio;

const ONLY: &str = "--select=blocking-sleep";

/// Every file that cannot be looked at is named on standard error, and the others are done.
#[test]
#[cfg(unix)]
fn bad_input_is_named_and_the_rest_is_done() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    sandbox.write("binary.py", b"async\0sleep\x01\x02");
    sandbox.write("binary_quiet.py", b"\x7fELF\0\0\0\xff");
    sandbox.write(
        "cookie_unknown.py",
        "# coding: klingon\nasync def sleep(): pass\n",
    );
    sandbox.write(
        "cookie_wrong.py",
        b"# coding: ascii\nasync = 'sleep \xe9'\n",
    );
    sandbox.write("directory.py/inside.py", SAFE);
    sandbox.write(
        "does_not_parse.py",
        "import time\n\nasync def tick():\n    time.sleep(1\n",
    );
    sandbox.write("does_not_parse_2.py", "print 'sleep'; async = 1\n");
    sandbox.write("empty.py", "");
    sandbox.write("good.py", SAFE);
    sandbox.write("undecodable.py", b"async def tick():\n    sleep('\xff')\n");
    sandbox.write("undecodable_quiet.py", b"x = '\xff'\n");
    symlink("nowhere.py", sandbox.path("broken_link.py")).unwrap();
    symlink("loop.py", sandbox.path("loop.py")).unwrap();
    compare("bad_input", &sandbox.run(&[ONLY]));
    compare("bad_input_diff", &sandbox.run(&[ONLY, "--diff"]));
    assert_eq!(sandbox.exit_code(&[ONLY, "--write"]), 2);
    assert_eq!(sandbox.read("good.py"), SAFE_AFTER.as_bytes());
    assert_eq!(
        sandbox.read("directory.py/inside.py"),
        SAFE_AFTER.as_bytes()
    );
}

/// Permissions do not stop an administrator, so the file is one that nobody can read.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_cannot_be_read_is_named() {
    let sandbox = Sandbox::with(&[("good.py", SAFE)]);
    std::os::unix::fs::symlink("/proc/self/mem", sandbox.path("unreadable.py")).unwrap();
    compare("unreadable", &sandbox.run(&[ONLY, "--diff"]));
    compare(
        "unreadable_named",
        &sandbox.run(&[ONLY, "--diff", "unreadable.py"]),
    );
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let sandbox = Sandbox::with(&[("good.py", SAFE)]);
    let arguments = [ONLY, "--diff", "nowhere.py", "no/where", "good.py"];
    compare("nowhere", &sandbox.run(&arguments));
}

#[test]
#[cfg(unix)]
fn a_read_only_file_is_written_only_by_who_may() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with(&[("good.py", SAFE), ("locked.py", SAFE)]);
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(sandbox.path("locked.py"), mode(0o444)).unwrap();
    // No permission stops an administrator, here as in an editor.
    let may = std::fs::File::options()
        .write(true)
        .open(sandbox.path("locked.py"))
        .is_ok();
    let (snapshot, expected) = match may {
        true => ("read_only_as_administrator", SAFE_AFTER),
        false => ("read_only", SAFE),
    };
    compare(snapshot, &sandbox.run(&[ONLY, "--write"]));
    assert_eq!(sandbox.read("locked.py"), expected.as_bytes());
    assert_eq!(sandbox.read("good.py"), SAFE_AFTER.as_bytes());
}

#[test]
fn what_another_program_wrote_is_not_overwritten() {
    let sandbox = Sandbox::with(&[("tick.py", SAFE)]);
    let path = sandbox.path("tick.py");
    let source = Source::decode(&path, SAFE.as_bytes()).unwrap();
    let other = SAFE.replace("sleep(1)", "sleep(2)");
    sandbox.write("tick.py", &other);
    let error = job::write(&source, SAFE_AFTER).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it changed since it was read; run asyncfix again"
    );
    assert_eq!(sandbox.read("tick.py"), other.as_bytes());

    std::fs::remove_file(&path).unwrap();
    assert!(job::write(&source, SAFE_AFTER).is_err());
    assert!(!path.exists());
    let left = std::fs::read_dir(sandbox.folder()).unwrap().count();
    assert_eq!(left, 0, "a temporary file stayed behind");
}

#[test]
#[cfg(unix)]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    let sandbox = Sandbox::with(&[("real/tick.py", SAFE), ("run.py", SAFE)]);
    symlink("real/tick.py", sandbox.path("link.py")).unwrap();
    let mode = std::fs::Permissions::from_mode(0o750);
    std::fs::set_permissions(sandbox.path("run.py"), mode).unwrap();
    assert_eq!(
        sandbox.exit_code(&[ONLY, "--write", "link.py", "run.py"]),
        0
    );
    assert!(sandbox.path("link.py").is_symlink());
    assert_eq!(sandbox.read("real/tick.py"), SAFE_AFTER.as_bytes());
    assert_eq!(sandbox.read("run.py"), SAFE_AFTER.as_bytes());
    let metadata = std::fs::metadata(sandbox.path("run.py")).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o750);
}

/// A file and a link to it are one file: found once, written once.
#[test]
#[cfg(unix)]
fn a_file_with_two_names_is_one_file() {
    let sandbox = Sandbox::with(&[("tick.py", SAFE)]);
    std::os::unix::fs::symlink("tick.py", sandbox.path("link.py")).unwrap();
    let arguments = [ONLY, "--write", "tick.py", "link.py"];
    compare("two_names", &sandbox.run(&arguments));
    assert_eq!(sandbox.read("tick.py"), SAFE_AFTER.as_bytes());
}

/// Runs `--write` over bytes and compares every byte of the outcome.
#[track_caller]
fn check_bytes(before: &[u8], after: &[u8]) {
    let sandbox = Sandbox::new();
    sandbox.write("tick.py", before);
    let said = sandbox.run(&[ONLY, "--write"]);
    let written = sandbox.read("tick.py");
    assert_eq!(
        written.escape_ascii().to_string(),
        after.escape_ascii().to_string(),
        "{said}"
    );
}

#[test]
fn bytes_outside_the_edits_stay() {
    let before = SAFE.as_bytes();
    let after = SAFE_AFTER.as_bytes();
    // A byte order mark.
    check_bytes(
        &[b"\xef\xbb\xbf", before].concat(),
        &[b"\xef\xbb\xbf", after].concat(),
    );
    // Another encoding.
    let latin = b"# coding: latin-1\nNAME = 'caf\xe9'\n";
    check_bytes(
        b"# coding: latin-1\nimport time\nNAME = 'caf\xe9'\nasync def tick():\n    time.sleep(1)  # \xe9t\xe9\n",
        b"# coding: latin-1\nimport asyncio\nNAME = 'caf\xe9'\nasync def tick():\n    await asyncio.sleep(1)  # \xe9t\xe9\n",
    );
    check_bytes(latin, latin);
    // Line endings.
    let with = |text: &str, newline: &str| text.replace('\n', newline).into_bytes();
    check_bytes(&with(SAFE, "\r\n"), &with(SAFE_AFTER, "\r\n"));
    check_bytes(&with(SAFE, "\r"), &with(SAFE_AFTER, "\r"));
    check_bytes(
        b"import time\r\n\n\r\nasync def tick():\n    time.sleep(1)\r\n    x = '''a\rb\r\n'''\r",
        b"import asyncio\r\n\n\r\nasync def tick():\n    await asyncio.sleep(1)\r\n    x = '''a\rb\r\n'''\r",
    );
    // No end of the last line.
    check_bytes(SAFE.trim_end().as_bytes(), SAFE_AFTER.trim_end().as_bytes());
    // Form feeds, tabs, trailing white space.
    check_bytes(
        b"import time\n\x0c\nasync def tick():\n\ttime.sleep(1)\t \n\x0c\n",
        b"import asyncio\n\x0c\nasync def tick():\n\tawait asyncio.sleep(1)\t \n\x0c\n",
    );
}

#[test]
fn a_fix_that_the_encoding_cannot_express_is_not_made() {
    // Nothing of ours needs more than ASCII; the encodings that do not give the same bytes back do.
    let sandbox = Sandbox::new();
    let bytes = b"# coding: utf-7\nasync def tick(): sleep(1)\n";
    sandbox.write("tick.py", bytes);
    compare("encoding_unknown", &sandbox.run(&[ONLY, "--write"]));
    assert_eq!(sandbox.read("tick.py"), bytes);
}

#[test]
fn stubs_are_never_edited() {
    let sandbox = Sandbox::with(&[("tick.pyi", SAFE)]);
    for arguments in [&[ONLY, "--write"][..], &[ONLY, "--write", "tick.pyi"]] {
        assert_eq!(sandbox.exit_code(arguments), 0);
        assert_eq!(sandbox.read("tick.pyi"), SAFE.as_bytes());
    }
}

/// Names that need care in the header of a diff.
#[test]
#[cfg(unix)]
fn git_finds_the_files_of_a_diff_whatever_their_names() {
    let names = [
        "a b.py",
        "grün.py",
        "quote\".py",
        "new\nline.py",
        "tab\t.py",
        "back\\slash.py",
    ];
    let sandbox = Sandbox::new();
    for name in names {
        sandbox.write(name, SAFE);
    }
    let diff = sandbox.command(&[ONLY, "--diff"]).output().unwrap().stdout;
    sandbox.write("all.diff", diff);
    let applied = std::process::Command::new("git")
        .args(["apply", "all.diff"])
        .current_dir(sandbox.folder())
        .env(
            "GIT_CEILING_DIRECTORIES",
            sandbox.folder().parent().unwrap(),
        )
        .stderr(Stdio::inherit())
        .status()
        .unwrap();
    assert!(applied.success());
    for name in names {
        assert_eq!(sandbox.read(name), SAFE_AFTER.as_bytes(), "{name:?}");
    }
}

#[test]
fn deep_nesting_does_not_take_the_process_down() {
    const DEPTH: usize = 100_000;
    let sandbox = Sandbox::with(&[("good.py", SAFE)]);
    let nested = [
        ("parentheses", "(".repeat(DEPTH), ")".repeat(DEPTH)),
        ("minus", "-".repeat(DEPTH), String::new()),
        ("attributes", String::new(), ".a".repeat(DEPTH)),
        ("calls", String::new(), "()".repeat(DEPTH)),
        ("sums", String::new(), " + x".repeat(DEPTH)),
        ("lambdas", "lambda: ".repeat(DEPTH), String::new()),
        // The parser takes quadratic time for these.
        ("strings", "f'{".repeat(DEPTH / 20), "}'".repeat(DEPTH / 20)),
    ];
    for (name, before, after) in &nested {
        let text = format!("{SAFE}\n\ny = {before}x{after}\n");
        sandbox.write(&format!("{name}.py"), text);
    }
    compare("deep_nesting", &sandbox.run(&[ONLY, "--write"]));
    assert_eq!(sandbox.read("good.py"), SAFE_AFTER.as_bytes());
}

#[test]
fn a_huge_file_is_fixed_like_any_other() {
    let table = format!("TABLE = '''\n{}'''\n", "spam and eggs\n".repeat(1_500_000));
    let sandbox = Sandbox::new();
    sandbox.write("tick.py", format!("{SAFE}{table}"));
    assert_eq!(sandbox.exit_code(&[ONLY, "--write"]), 0);
    assert!(sandbox.read("tick.py") == format!("{SAFE_AFTER}{table}").into_bytes());
}

#[test]
fn a_file_beyond_the_bound_is_skipped() {
    let sandbox = Sandbox::new();
    sandbox.write("tick.py", format!("{SAFE}#{}\n", " ".repeat(65 << 20)));
    compare("too_large", &sandbox.run(&[ONLY, "--diff"]));
}

const CHAIN: &str = "\
import time


def _work():
    time.sleep(1)


async def serve():
    _work()
";

/// What settings start by its name, and what a stub declares, stays a plain function.
#[test]
fn functions_that_others_know_by_name_stay_plain() {
    let write = ["--select=blocking-chain", "--write", "--accept-review"];
    let becomes = |others: &[(&str, &str)]| {
        let sandbox = Sandbox::new();
        sandbox.write("lib.py", CHAIN);
        for (path, text) in others {
            sandbox.write(path, *text);
        }
        sandbox.run(&write);
        let text = String::from_utf8(sandbox.read("lib.py")).unwrap();
        text.contains("async def _work")
    };
    assert!(becomes(&[]));
    let script = "[project.scripts]\ntool = \"lib:_work\"\n";
    assert!(!becomes(&[("pyproject.toml", script)]));
    let script = "[options.entry_points]\nconsole_scripts =\n    tool = lib:_work\n";
    assert!(!becomes(&[("setup.cfg", script)]));
    assert!(!becomes(&[("lib.pyi", "def _work() -> None: ...\n")]));
}

/// In a large tree, files without a coroutine are parsed if they use another name of the function.
#[test]
fn callers_by_another_name_are_found_in_large_trees() {
    let sandbox = Sandbox::new();
    sandbox.write("lib.py", CHAIN);
    sandbox.write("names.py", "from lib import _work as other\n");
    sandbox.write("uses.py", "from names import other\n\nother()\n");
    for number in 0..260 {
        sandbox.write(&format!("filler_{number}.py"), "x = 1\n");
    }
    sandbox.run(&["--select=blocking-chain", "--write", "--accept-review"]);
    let text = String::from_utf8(sandbox.read("lib.py")).unwrap();
    assert!(text.contains("to_thread(_work)"), "{text}");
}

#[test]
fn a_new_file_is_made_whole_and_never_over_another() {
    let sandbox = Sandbox::new();
    let source = Source::absent(sandbox.path("new.py"));
    job::write(&source, "x = 1\n").unwrap();
    assert_eq!(sandbox.read("new.py"), b"x = 1\n");
    let error = job::write(&source, "x = 2\n").unwrap_err();
    assert!(error.to_string().contains("changed"), "{error}");
    assert_eq!(sandbox.read("new.py"), b"x = 1\n");
    let source = Source::absent(sandbox.path("no/folder.py"));
    assert!(job::write(&source, "x = 1\n").is_err());
}

#[test]
fn the_module_of_helpers_need_not_be_there() {
    let sandbox = Sandbox::new();
    sandbox.write("app/tick.py", SAFE);
    let settings = |name: &str| {
        let text = format!("[tool.asyncfix]\nhelpers-module = '{name}'\n");
        sandbox.write("pyproject.toml", text);
    };
    settings("app.helpers");
    assert_eq!(sandbox.exit_code(&[ONLY, "--diff"]), 0);
    assert_eq!(sandbox.exit_code(&[ONLY, "--diff", "app/tick.py"]), 0);
    assert!(!sandbox.path("app/helpers.py").exists());
    settings("other.helpers");
    compare("helpers_nowhere", &sandbox.run(&[ONLY]));
}
