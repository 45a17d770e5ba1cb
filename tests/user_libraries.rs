//! What users say of libraries in `[[tool.asyncfix.library]]`: it is done, or it is refused clearly.

use crate::sandbox::{Sandbox, compare};
use asyncfix::model::libraries::Kind;
use asyncfix::transforms;
use std::path::Path;
use std::process::Command;

const RUN: &str = "\
import conveyor
from conveyor import Belt


async def run(belt: Belt):
    conveyor.pause(seconds=2, spin=True)
    conveyor.pause(2, True)
    answer = conveyor.ask('ready?').strip()
    belt.wait(timeout=5)
    belt.wait(poll=5)
    return answer
";

/// The page that tells users how, and the code blocks in it.
fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/libraries.md");
    std::fs::read_to_string(path).unwrap()
}

fn block<'p>(page: &'p str, language: &str) -> &'p str {
    let start = format!("```{language}\n");
    let (_, rest) = page.split_once(&start).expect("the page has such a block");
    rest.split_once("```").unwrap().0
}

/// A project with the settings of the page, after a change to them.
fn with(change: impl Fn(&str) -> String) -> Sandbox {
    let settings = change(block(&page(), "toml"));
    Sandbox::with(&[("pyproject.toml", &settings), ("run.py", RUN)])
}

#[test]
fn what_users_describe_is_found_and_fixed() {
    let sandbox = with(str::to_owned);
    compare("library_list", &sandbox.run(&[]));
    compare("library_diff", &sandbox.run(&["--diff"]));
    assert_eq!(sandbox.exit_code(&["--isolated"]), 0);
}

#[test]
fn wrong_descriptions_are_explained() {
    let wrong = |name: &str, old: &str, new: &str| {
        let sandbox = with(|settings| {
            assert!(settings.contains(old), "{old}");
            settings.replacen(old, new, 1)
        });
        compare(name, &sandbox.run(&[]));
    };
    wrong("library_unknown_key", "lasts =", "lats =");
    wrong("library_unknown_kind", "\"input\"", "\"question\"");
    wrong("library_missing_key", "fallback = \"exact\"", "");
    wrong(
        "library_names",
        "[\"conveyor.{ask,confirm}\"]",
        "[\"ask\", \"conveyor.\", \"conveyor.{ask\", \"conveyor.pause\", \"a b\"]",
    );
    wrong("library_counterpart", "\".stopped\"", "\"stopped\"");
    wrong("library_keyword", "[\"spin\"]", "[\"seconds\"]");
    wrong(
        "library_review",
        "fallback = \"none\"\nwhy = \"a belt belongs to one thread\"",
        "fallback = \"review\"",
    );
    wrong(
        "library_unless",
        "kind = \"input\"",
        "unless = { wait = \"no\" }\npositions = { block = 0 }\nkind = \"input\"",
    );
    wrong(
        "library_others",
        "[tool.asyncfix.library.gives]",
        "[[tool.asyncfix.library.schedulers]]
calls = ['conveyor.later']
runs = 'loop'
coroutine = 'dropped'
[[tool.asyncfix.library.endpoints]]
function = 'loop'
coroutine = 'awaited'
what = 'handler'
methods = ['run']
[tool.asyncfix.library.gives]",
    );
}

/// Every kind has its transform, which takes what users describe.
#[test]
fn every_kind_is_reported() {
    for kind in Kind::ALL {
        let settings = format!(
            "[[tool.asyncfix.library]]
name = 'ours'
[[tool.asyncfix.library.blocking]]
kind = '{kind}'
calls = ['ours.work', 'ours.Worker.work']
lasts = 'unbounded'
fallback = 'exact'
"
        );
        let code = "\
from ours import Worker, work


async def run(worker: Worker):
    work(worker.work(1))
";
        let sandbox = Sandbox::with(&[("pyproject.toml", &settings), ("run.py", code)]);
        let output = sandbox.command(&["--output-format=json"]).output().unwrap();
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = found.as_array().unwrap();
        assert_eq!(found.len(), 2, "{kind}: {found:?}");
        for finding in found {
            let transform = finding["transform"].as_str().unwrap();
            assert_eq!(transform, format!("blocking-{kind}"));
            assert!(transforms::find(transform).is_some());
        }
    }
}

/// The page about libraries shows what happens, and the program does the same afterwards.
#[test]
fn the_example_of_the_page_is_true() {
    let page = page();
    let diff = block(&page, "diff");
    let hunk: Vec<&str> = diff.lines().skip(3).collect();
    let before: String = hunk
        .iter()
        .filter(|line| !line.starts_with('+'))
        .map(|line| format!("{}\n", &line[1..]))
        .collect();
    let sandbox = Sandbox::with(&[
        ("pyproject.toml", block(&page, "toml")),
        ("line.py", &before),
    ]);
    let shown = sandbox.command(&["--diff"]).output().unwrap().stdout;
    assert_eq!(String::from_utf8(shown).unwrap(), diff);

    // A library that behaves as the page says.
    sandbox.write(
        "conveyor/__init__.py",
        "\
def pause(seconds, spin=False): print('paused', seconds)
def confirm(question): return bool(print(question)) or True
def find(name): return Belt()
class Belt:
    position = 0
    def start(self): self.position += 1
    def wait(self, timeout, poll=1): print('stopped', timeout)
    async def stopped(self, timeout): self.wait(timeout)
",
    );
    sandbox.write(
        "conveyor/aio.py",
        "import conveyor\nasync def pause(delay): conveyor.pause(delay)\n",
    );
    let run = || {
        let program = "import asyncio, line; print(asyncio.run(line.unload('north')))";
        let output = Command::new("python3")
            .args(["-B", "-W", "error", "-c", program])
            .current_dir(sandbox.folder())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        output.stdout
    };
    let expected = run();
    assert_eq!(sandbox.exit_code(&["--write", "line.py"]), 0);
    assert_eq!(String::from_utf8(run()), String::from_utf8(expected));
}
