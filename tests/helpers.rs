//! What becomes of the module that helper functions are put into, by a transform that exists for this
//! test: it merges the second argument of `requests.get` into the first.

use crate::cases;
use asyncfix::engine::{HelpersModule, Selection};
use asyncfix::fix::{Cx, Finding, Fix, Info, Transform, reach_helper};
use asyncfix::python::span;
use asyncfix::report;
use asyncfix::text::Edit;
use std::collections::BTreeMap;
use std::path::PathBuf;

struct Merging;

static INFO: Info = Info {
    id: "merging",
    codes: &[],
    summary: "",
    why: "",
    before: "",
    after: "",
    when_review: "",
    needles: &[],
};

impl Transform for Merging {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        for (call, _) in cx.module.calls_into("requests") {
            let [url, params] = &*call.arguments.args else {
                continue;
            };
            let fix = reach_helper(cx, "with_params", call.into()).map(|reach| {
                let edits = vec![
                    Edit::insert(span(url).start(), format!("{}(", reach.text)),
                    Edit::insert(span(params).end(), ")"),
                ];
                let fix = Fix::safe("merge", cx.file, edits)?;
                Ok(fix.needing(cx.file, reach.need).helped("with_params"))
            });
            found.push(cx.finding(&INFO, span(call), "parameters", fix));
        }
    }
}

static MERGING: Merging = Merging;

/// The files afterwards, the diff, and why there is no fix.
fn run(
    files: &[(&str, &str)],
    module: Option<(&str, &str)>,
) -> (BTreeMap<PathBuf, String>, String, Vec<String>) {
    let files: Vec<(PathBuf, Vec<u8>)> = files
        .iter()
        .map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()))
        .collect();
    let selection = Selection {
        transforms: vec![&MERGING],
        helpers: module.map(|(name, path)| HelpersModule {
            name: name.to_owned(),
            path: PathBuf::from(path),
        }),
        ..Selection::default()
    };
    let run = cases::run(&files, &selection);
    assert!(run.plan.broken.is_empty(), "{:?}", run.plan.broken);
    let results = run.results(&files).into_iter();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let reasons = run
        .found
        .iter()
        .map(|(_, it)| it.remedy.reason().to_owned());
    (
        results.map(|(path, bytes)| (path, text(bytes))).collect(),
        text(report::diff::unified(&run.plan)),
        reasons.collect(),
    )
}

const MODULE: Option<(&str, &str)> = Some(("app.http", "app/http.py"));

const ONE: (&str, &str) = (
    "app/one.py",
    "import requests\n\n\ndef f(url, q):\n    return requests.get(url, q)\n",
);

const ONE_AFTER: &str = "\
import requests

from app.http import with_params


def f(url, q):
    return requests.get(with_params(url, q))
";

const TWO: (&str, &str) = (
    "app/two.py",
    "import requests\nfrom app.zebra import z\n\nrequests.get(z, {})\nrequests.put(z, {})\n",
);

const TWO_AFTER: &str = "\
import requests
from app.http import with_params
from app.zebra import z

requests.get(with_params(z, {}))
requests.put(with_params(z, {}))
";

fn changed<'t>(results: &'t BTreeMap<PathBuf, String>, path: &str) -> &'t str {
    results[&PathBuf::from(path)].as_str()
}

#[test]
fn a_missing_module_is_made_once() {
    let init = ("app/__init__.py", "");
    let (results, diff, _) = run(&[init, ONE, TWO], MODULE);
    assert_eq!(changed(&results, "app/one.py"), ONE_AFTER);
    assert_eq!(changed(&results, "app/two.py"), TWO_AFTER);
    let helpers = changed(&results, "app/http.py");
    let start =
        "\"\"\"Helpers for HTTP requests.\"\"\"\n\nimport urllib.parse\n\n\ndef with_params(";
    assert!(helpers.starts_with(start), "{helpers}");
    assert_eq!(helpers.matches("def ").count(), 1);
    assert!(
        diff.contains("--- /dev/null\n+++ b/app/http.py\n@@ -0,0 +1,"),
        "{diff}"
    );

    let files: Vec<(&str, &str)> = results
        .iter()
        .map(|(path, text)| (path.to_str().unwrap(), text.as_str()))
        .collect();
    let (_, diff, _) = run(&files, MODULE);
    assert_eq!(diff, "");
}

#[test]
fn a_module_that_is_there_gets_what_it_lacks() {
    let init = ("app/__init__.py", "");
    let known = ("app/http.py", "import os\n\nX = os.sep");
    let (results, ..) = run(&[init, known, ONE], MODULE);
    let helpers = changed(&results, "app/http.py");
    let start = "import os\nimport urllib.parse\n\nX = os.sep\n\n\ndef with_params(url, params):\n";
    assert!(helpers.starts_with(start), "{helpers}");

    let files = [init, ("app/http.py", helpers), ONE];
    let (again, ..) = run(&files, MODULE);
    assert_eq!(changed(&again, "app/http.py"), helpers);
    assert_eq!(changed(&again, "app/one.py"), ONE_AFTER);

    let more = "from app.http import other\nimport requests\n\nrequests.get(other, {})\n";
    let (again, ..) = run(
        &[init, ("app/http.py", helpers), ("app/three.py", more)],
        MODULE,
    );
    let start = "from app.http import other, with_params\n";
    assert!(changed(&again, "app/three.py").starts_with(start));
}

#[test]
fn without_a_module_there_is_no_fix() {
    let reason = |files: &[(&str, &str)], module| run(files, module).2.remove(0);
    assert!(reason(&[ONE], None).contains("`helpers-module` in the settings"));
    let init = ("app/__init__.py", "");
    let other = ("app/http.py", "def with_params(parameters):\n    pass\n");
    assert!(reason(&[init, other, ONE], MODULE).contains("is another function"));
    let circular = ("app/http.py", "from app.one import f\n");
    assert!(reason(&[init, circular, ONE], MODULE).contains("imports this module itself"));
    let taken = (
        "app/one.py",
        "import requests\n\nwith_params = 1\nrequests.get(1, 2)\n",
    );
    assert!(reason(&[init, taken], MODULE).contains("already taken"));
    let elsewhere = Some(("other.http", "lib/other/http.py"));
    assert!(reason(&[init, ONE], elsewhere).contains("cannot be imported here"));
}
