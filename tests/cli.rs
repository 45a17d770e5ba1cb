//! The command line: what goes in, what comes out, exit codes.

use crate::sandbox::{ALL_SAFETIES, SAFE, SAFE_AFTER, Sandbox, compare};
use std::process::Stdio;

#[track_caller]
fn check(name: &str, files: &[(&str, &str)], arguments: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with(files);
    compare(name, &sandbox.run(arguments));
    sandbox
}

const PROJECT: &[(&str, &str)] = &[
    ("app/poll.py", ALL_SAFETIES),
    ("app/quiet.py", "print('hello')\n"),
    ("tick.py", SAFE),
];

/// A run of `blocking-sleep` only, so that other transforms leave these snapshots alone.
const ONLY: &str = "--select=blocking-sleep";

#[test]
fn findings_are_listed() {
    check("list_findings", PROJECT, &[ONLY]);
    check("list_findings_quiet", PROJECT, &[ONLY, "-q", "tick.py"]);
    check("list_findings_verbose", PROJECT, &[ONLY, "-v", "tick.py"]);
    check("list_nothing", &[("app.py", "x = 1\n")], &[]);
    check(
        "list_colours",
        PROJECT,
        &[ONLY, "--color=always", "tick.py"],
    );
}

#[test]
fn findings_are_listed_as_json() {
    check("json", PROJECT, &[ONLY, "--output-format=json"]);
    check("json_nothing", &[("app.py", "")], &["--output-format=json"]);
}

#[test]
fn a_diff_is_printed_and_nothing_is_changed() {
    let sandbox = check("diff", PROJECT, &[ONLY, "--diff"]);
    assert_eq!(sandbox.read("tick.py"), SAFE.as_bytes());
    check(
        "diff_safe_only",
        PROJECT,
        &[ONLY, "--diff", "--safety=safe"],
    );
    check("diff_one_file", PROJECT, &[ONLY, "--diff", "tick.py"]);
    check("diff_nothing", &[("app.py", "x = 1\n")], &["--diff"]);
    check(
        "diff_colours",
        PROJECT,
        &[ONLY, "--diff", "--color=always", "tick.py"],
    );
}

#[test]
fn safe_fixes_are_written() {
    let sandbox = check("write", PROJECT, &[ONLY, "--write"]);
    assert_eq!(sandbox.read("tick.py"), SAFE_AFTER.as_bytes());
    compare("write_then_list", &sandbox.run(&[ONLY]));
}

#[test]
fn fixes_to_review_are_written_when_asked() {
    let sandbox = check("write_all", PROJECT, &[ONLY, "--write", "--accept-review"]);
    compare("write_all_then_diff", &sandbox.run(&[ONLY, "--diff"]));
    let arguments = [ONLY, "--write", "--accept-review"];
    compare("write_all_again", &sandbox.run(&arguments));
}

#[test]
fn what_is_written_is_what_the_diff_shows() {
    let sandbox = check(
        "write_and_diff",
        PROJECT,
        &[ONLY, "--write", "--diff", "tick.py"],
    );
    assert_eq!(sandbox.read("tick.py"), SAFE_AFTER.as_bytes());
}

#[test]
fn transforms_are_explained() {
    check("explain", &[], &["explain", "blocking-sleep"]);
    check("explain_by_code", &[], &["explain", "ASYNC251"]);
    check("explain_unknown", &[], &["explain", "blocking-sleeps"]);
}

#[test]
fn the_catalogue_is_listed() {
    let sandbox = Sandbox::new();
    let listed = sandbox.command(&["list"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for transform in asyncfix::transforms::CATALOGUE {
        assert!(listed.contains(transform.info().id));
        assert!(listed.contains(transform.info().summary));
    }
}

#[test]
fn transforms_are_selected() {
    check("select_unknown", PROJECT, &["--select=blocking-sleeps"]);
    check("select_nothing", PROJECT, &[ONLY, "--ignore=ASYNC251"]);
    let sandbox = Sandbox::with(PROJECT);
    assert_eq!(
        sandbox.exit_code(&["--select=ASYNC251", "--diff", "--exit-code"]),
        1
    );
    assert_eq!(
        sandbox.exit_code(&["--ignore=blocking-sleep", "--diff", "--exit-code"]),
        0
    );
}

#[test]
fn wrong_arguments_are_explained() {
    check("argument_unknown", &[], &["--fix"]);
    check("argument_version", &[], &["--target-version=2.7"]);
    check("argument_without_write", &[], &["--accept-review"]);
    check(
        "argument_conflict",
        &[],
        &["--diff", "--output-format=json"],
    );
    check("argument_glob", &[], &["--exclude=[x"]);
    check("argument_jobs", &[], &["--jobs=many"]);
    check("help", &[], &["--help"]);
}

#[test]
fn exit_codes_are_what_the_help_says() {
    let sandbox = Sandbox::with(PROJECT);
    for (arguments, code) in [
        (&[ONLY][..], 1),
        (&[ONLY, "--exit-zero"], 0),
        (&[ONLY, "--output-format=json"], 1),
        (&[ONLY, "app/quiet.py"], 0),
        (&[ONLY, "--diff"], 0),
        (&[ONLY, "--diff", "--exit-code"], 1),
        (&[ONLY, "--diff", "--exit-code", "app/quiet.py"], 0),
        (&["nowhere.py"], 2),
        (&["--diff", "nowhere.py"], 2),
        (&["--exit-zero", "nowhere.py"], 2),
        (&["--no-such-flag"], 2),
        (&["--version"], 0),
        (&["--help"], 0),
        (&[ONLY, "--write", "--exit-code"], 1),
        // Nothing is left but what has to be reviewed.
        (&[ONLY, "--write", "--exit-code"], 0),
    ] {
        assert_eq!(sandbox.exit_code(arguments), code, "{arguments:?}");
    }
}

#[test]
fn settings_come_from_pyproject() {
    let with = |settings: &str| {
        let sandbox = Sandbox::with(PROJECT);
        sandbox.write("pyproject.toml", format!("[tool.asyncfix]\n{settings}\n"));
        sandbox
    };
    compare("config_unknown_key", &with("selct = []").run(&[]));
    compare("config_wrong_type", &with("select = 1").run(&[]));
    compare(
        "config_wrong_version",
        &with("target-version = '2.7'").run(&[]),
    );
    compare(
        "config_wrong_format",
        &with("output-format = 'xml'").run(&[]),
    );
    compare(
        "config_wrong_transform",
        &with("ignore = ['sleep']").run(&[]),
    );
    compare("config_not_toml", &with("[").run(&[]));
    compare(
        "config_missing_file",
        &with("").run(&["--config=other.toml"]),
    );

    let ignoring = with("ignore = ['blocking-sleep']");
    assert_eq!(ignoring.exit_code(&["tick.py"]), 0);
    assert_eq!(ignoring.exit_code(&["--isolated", "tick.py"]), 1);
    assert_eq!(with("exclude = ['tick.py', 'app']").exit_code(&[]), 0);
    assert_eq!(with("[").exit_code(&["--isolated", "app/quiet.py"]), 0);
    compare(
        "config_format",
        &with("output-format = 'json'").run(&[ONLY, "app/quiet.py"]),
    );
}

#[test]
fn the_settings_of_the_nearest_project_hold() {
    let sandbox = Sandbox::with(PROJECT);
    sandbox.write(
        "app/pyproject.toml",
        "[tool.asyncfix]\nignore = ['blocking-sleep']\n",
    );
    assert_eq!(sandbox.exit_code(&["app"]), 0);
    assert_eq!(sandbox.exit_code(&["tick.py"]), 1);
    // A file of settings that the project does not use says nothing.
    sandbox.write(
        "app/pyproject.toml",
        "[project]\nrequires-python = '>=3.9'\n",
    );
    assert_eq!(sandbox.exit_code(&["app"]), 1);
}

#[test]
fn the_target_version_is_what_the_project_declares() {
    const NESTED: &str = "\
import time


async def wait(rows):
    return [[time.sleep(each) for each in row] for row in rows]
";
    let sandbox = Sandbox::with(&[("rows.py", NESTED)]);
    let has_fix = |arguments: &[&str]| {
        let mut all = vec![ONLY, "--diff", "--exit-code"];
        all.extend(arguments);
        sandbox.exit_code(&all) == 1
    };
    assert!(!has_fix(&[]));
    assert!(has_fix(&["--target-version=py311"]));
    sandbox.write("pyproject.toml", "[project]\nrequires-python = '>=3.12'\n");
    assert!(has_fix(&[]));
    assert!(!has_fix(&["--target-version=3.10"]));
    let settings =
        "[project]\nrequires-python = '>=3.12'\n[tool.asyncfix]\ntarget-version = '3.9'\n";
    sandbox.write("pyproject.toml", settings);
    assert!(!has_fix(&[]));
}

#[test]
fn standard_input_is_read() {
    let sandbox = Sandbox::new();
    let run = |name: &str, arguments: &[&str], input: &str| {
        compare(name, &sandbox.run_with_input(arguments, input));
    };
    run("stdin_list", &[ONLY, "-"], SAFE);
    run(
        "stdin_diff",
        &[ONLY, "--diff", "-", "--stdin-filename=app/tick.py"],
        SAFE,
    );
    run("stdin_write", &[ONLY, "--write", "-"], SAFE);
    run(
        "stdin_write_nothing_to_do",
        &[ONLY, "--write", "-"],
        "x = 1\n",
    );
    run(
        "stdin_broken",
        &["-", "--stdin-filename=app.py"],
        "async def sleep(:\n",
    );
    run("stdin_and_files", &["-", "app.py"], "");
}

#[test]
fn comments_say_what_to_leave_alone() {
    const TEXT: &str = "\
import time


async def tick():
    time.sleep(1)  # asyncfix: skip[blocking-sleep] the hardware needs it
    time.sleep(2)  # noqa: ASYNC251
    # asyncfix: skip
    time.sleep(3)
    time.sleep(4)  # noqa: E501
";
    check("comments", &[("tick.py", TEXT)], &[ONLY]);
}

#[test]
fn files_are_chosen() {
    let files = &[
        (".gitignore", "generated/\n"),
        (".hidden/a.py", SAFE),
        (".venv/lib/b.py", SAFE),
        ("build/c.py", SAFE),
        ("generated/d.py", SAFE),
        ("node_modules/e.py", SAFE),
        ("notes.txt", SAFE),
        ("script", SAFE),
        ("src/f.py", SAFE),
        ("stub.pyi", SAFE),
        ("tests/g.py", SAFE),
    ];
    let sandbox = Sandbox::with(files);
    // Git's ignore files count in git's repositories only.
    std::fs::create_dir(sandbox.path(".git")).unwrap();
    let found = |arguments: &[&str]| {
        let mut all = vec![ONLY, "--output-format=json"];
        all.extend(arguments);
        let output = sandbox.command(&all).output().unwrap();
        let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["file"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&[]), [".hidden/a.py", "src/f.py", "tests/g.py"]);
    assert_eq!(found(&["--exclude=tests/"]), [".hidden/a.py", "src/f.py"]);
    assert_eq!(found(&["--exclude=*.py"]), [""; 0]);
    assert_eq!(found(&["src", "tests"]), ["src/f.py", "tests/g.py"]);
    assert_eq!(found(&["src", "src/f.py", "./src"]), ["src/f.py"]);
    // What is named is looked at, whatever the rules say.
    assert_eq!(
        found(&["generated/d.py", "script"]),
        ["generated/d.py", "script"]
    );
    assert_eq!(found(&[".venv"]), [".venv/lib/b.py"]);
    assert_eq!(found(&["stub.pyi"]), [""; 0]);
}

#[test]
fn the_number_of_threads_makes_no_difference() {
    let sandbox = Sandbox::new();
    for number in 0..40 {
        sandbox.write(&format!("tick_{number}.py"), SAFE);
        sandbox.write(&format!("poll_{number}.py"), ALL_SAFETIES);
        sandbox.write(&format!("broken_{number}.py"), "async def sleep(:\n");
    }
    for mode in [&["--diff"][..], &[], &["--output-format=json"]] {
        let run = |jobs: &str| {
            let mut arguments = vec![ONLY, jobs];
            arguments.extend(mode);
            let output = sandbox.command(&arguments).output().unwrap();
            (output.status.code(), output.stdout, output.stderr)
        };
        assert!(run("-j1") == run("-j8"), "{mode:?}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let sandbox = Sandbox::with(PROJECT);
    for arguments in [
        &[ONLY][..],
        &["--diff"],
        &["--output-format=json"],
        &["list"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = sandbox
            .command(arguments)
            .stdout(Stdio::from(writer))
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("error"), "{arguments:?}: {said}");
    }
}

#[test]
fn json_rows_are_as_the_schema_says() {
    let schema = std::fs::read_to_string("docs/findings.schema.json").unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let sandbox = Sandbox::with(PROJECT);
    let output = sandbox.command(&["--output-format=json"]).output().unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(rows.as_array().unwrap().len() >= 4);
    conforms(&rows, &schema, "findings");
}

/// The part of JSON Schema that our schema uses, and no other keyword.
#[track_caller]
fn conforms(value: &serde_json::Value, schema: &serde_json::Value, at: &str) {
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            // Where nothing may stand, its parts are not asked for.
            "items" | "required" | "properties" | "additionalProperties" if value.is_null() => {}
            "$schema" | "$id" | "title" | "description" => {}
            "type" => {
                let kinds: Vec<_> = rule
                    .as_array()
                    .map_or(vec![rule], |all| all.iter().collect());
                let kind = match value {
                    serde_json::Value::Null => "null",
                    serde_json::Value::Bool(_) => "boolean",
                    serde_json::Value::Number(_) => "integer",
                    serde_json::Value::String(_) => "string",
                    serde_json::Value::Array(_) => "array",
                    serde_json::Value::Object(_) => "object",
                };
                assert!(
                    kinds.iter().any(|expected| *expected == kind),
                    "{at} is a {kind}"
                );
            }
            "enum" => assert!(rule.as_array().unwrap().contains(value), "{at} is {value}"),
            "minimum" => assert!(value.as_i64() >= rule.as_i64(), "{at} is {value}"),
            "items" => {
                for item in value.as_array().unwrap() {
                    conforms(item, rule, &format!("{at}[]"));
                }
            }
            "required" => {
                for key in rule.as_array().unwrap() {
                    assert!(
                        value.get(key.as_str().unwrap()).is_some(),
                        "{at} lacks {key}"
                    );
                }
            }
            "properties" => {
                for (key, property) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        conforms(value, property, &format!("{at}.{key}"));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(rule, false, "anything else would need code here");
                for key in value.as_object().unwrap().keys() {
                    assert!(schema["properties"].get(key).is_some(), "{at} has {key}");
                }
            }
            other => panic!("the schema uses {other}, which is not checked here"),
        }
    }
}
