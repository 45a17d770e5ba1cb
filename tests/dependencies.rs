//! What becomes of the files that declare dependencies, one small text after the other.

use crate::cases;
use asyncfix::engine::Selection;
use std::path::PathBuf;

/// A file whose only request is sent by httpx afterwards.
const APP: &str = "\
import requests


async def fetch(url: str):
    return requests.get(url, timeout=5).status_code
";

/// A file that goes on with requests.
const SCRIPT: &str = "import requests\n\nprint(requests.get('http://localhost'))\n";

fn results(files: &[(&str, &str)], name: &str) -> (String, Vec<String>) {
    let files: Vec<(PathBuf, Vec<u8>)> = files
        .iter()
        .map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec()))
        .collect();
    let run = cases::run(&files, &Selection::default());
    let bytes = run.results(&files).remove(&PathBuf::from(name)).unwrap();
    (String::from_utf8(bytes).unwrap(), run.plan.notes)
}

/// A manifest, and what it is when httpx is used beside requests.
#[track_caller]
fn adds(name: &str, before: &str, after: &str) {
    let files = [("app.py", APP), ("script.py", SCRIPT), (name, before)];
    assert_eq!(results(&files, name).0, after);
    let files = [("app.py", APP), ("script.py", SCRIPT), (name, after)];
    assert_eq!(results(&files, name).0, after, "a second time");
}

/// The same when httpx takes the place of requests.
#[track_caller]
fn replaces(name: &str, before: &str, after: &str) {
    assert_eq!(results(&[("app.py", APP), (name, before)], name).0, after);
}

const PYPROJECT: &str = "pyproject.toml";

#[test]
fn arrays_keep_their_order_and_form() {
    let check = |before: &str, after: &str| {
        let text = |list| format!("[project]\nname = 'shop'\ndependencies = {list}\n");
        adds(PYPROJECT, &text(before), &text(after));
        // As a Windows editor leaves it.
        let text = |list| text(list).replace('\n', "\r\n");
        adds(PYPROJECT, &text(before), &text(after));
    };
    check("[\"requests\"]", "[\"httpx\", \"requests\"]");
    check("['requests>=2,<3']", "['httpx>=0.28', 'requests>=2,<3']");
    check("['requests >= 2']", "['httpx >= 0.28', 'requests >= 2']");
    check(
        "['a~=1.2', 'requests~=2.31']",
        "['a~=1.2', 'httpx~=0.28', 'requests~=2.31']",
    );
    check(
        "['yarl', 'requests', 'attrs']",
        "['yarl', 'requests', 'httpx', 'attrs']",
    );
    check(
        "['a==1', 'requests==2.31.0']",
        "['a==1', 'httpx==0.28.1', 'requests==2.31.0']",
    );
    check(
        "['a>=1', 'requests']",
        "['a>=1', 'httpx>=0.28', 'requests']",
    );
    check(
        "[\n  'attrs',  # c\n  'requests'\n]",
        "[\n  'attrs',  # c\n  'httpx',\n  'requests'\n]",
    );
    check(
        "[\n  'yarl',\n  'requests' # last\n]",
        "[\n  'yarl',\n  'requests', # last\n  'httpx'\n]",
    );
    check("[\n\t'requests',\n]", "[\n\t'httpx',\n\t'requests',\n]");
    // A comment stays above what it speaks of.
    check(
        "[\n  'attrs==1',\n  # not newer\n  'orjson==3',\n  'requests==2.31.0',\n]",
        "[\n  'attrs==1',\n  'httpx==0.28.1',\n  # not newer\n  'orjson==3',\n  'requests==2.31.0',\n]",
    );
    check(
        "[\n  'yarl',\n  # not newer\n  'orjson',\n  'requests',\n  'attrs<1',\n]",
        "[\n  'yarl',\n  # not newer\n  'orjson',\n  'requests',\n  'httpx>=0.28',\n  'attrs<1',\n]",
    );
    check("['yarl',\n 'requests']", "['yarl',\n 'requests', 'httpx']");
}

#[test]
fn what_is_there_or_only_sometimes_wanted_is_left_alone() {
    let same = |text: &str| adds(PYPROJECT, text, text);
    same("[project]\ndependencies = ['requests', 'HTTPX[http2]>=0.27']\n");
    same("[project]\ndependencies = ['requests; python_version < \"3.12\"']\n");
    same("[project]\ndependencies = ['requests[socks]>=2']\n");
    same("[project]\ndependencies = ['aiohttp']\n");
    same("[tool.ruff]\nline-length = 100\n");
    same("[tool.poetry.dependencies]\nrequests = { version = '^2', optional = true }\n");
    same("[tool.poetry.dependencies.requests]\nversion = '^2'\n");
    adds(
        "setup.cfg",
        "[options]\ninstall_requires = requests\n",
        "[options]\ninstall_requires = requests\n",
    );
}

#[test]
fn groups_get_what_they_had_requests_for() {
    adds(
        PYPROJECT,
        "[project]\ndependencies = ['attrs']\n\n[project.optional-dependencies]\nhttp = ['requests']\nall = ['requests', 'yarl']\n",
        "[project]\ndependencies = ['attrs']\n\n[project.optional-dependencies]\nhttp = ['httpx', 'requests']\nall = ['httpx', 'requests', 'yarl']\n",
    );
    // Who installs the project has it anyway.
    adds(
        PYPROJECT,
        "[project]\ndependencies = ['requests']\n[dependency-groups]\ntest = ['pytest', 'requests']\n",
        "[project]\ndependencies = ['httpx', 'requests']\n[dependency-groups]\ntest = ['pytest', 'requests']\n",
    );
}

#[test]
fn tables_of_poetry_are_followed() {
    let table = |list: &str| format!("[tool.poetry.dependencies]\npython = '^3.11'\n{list}");
    let check = |before: &str, after: &str| adds(PYPROJECT, &table(before), &table(after));
    check(
        "requests = \"^2.31\"\n",
        "httpx = \"^0.28.1\"\nrequests = \"^2.31\"\n",
    );
    check("requests = \"*\"", "httpx = \"*\"\nrequests = \"*\"");
    check(
        "yarl = '*'\nrequests = \">=2\"",
        "yarl = '*'\nrequests = \">=2\"\nhttpx = \">=0.28\"",
    );
    check(
        "requests = \"2.31.0\"\n",
        "httpx = \"0.28.1\"\nrequests = \"2.31.0\"\n",
    );
}

#[test]
fn lines_of_requirements_are_followed() {
    let check = |before: &str, after: &str| adds("requirements.txt", before, after);
    check("requests", "httpx\nrequests");
    check("yarl\nrequests", "yarl\nrequests\nhttpx");
    check(
        "# api\nrequests==2.31.0  # see #4\n",
        "# api\nhttpx==0.28.1\nrequests==2.31.0  # see #4\n",
    );
    check(
        "-r base.txt\nattrs>=23\n\n# http\nrequests>=2\n",
        "-r base.txt\nattrs>=23\n\n# http\nhttpx>=0.28\nrequests>=2\n",
    );
    adds(
        "requirements/base.txt",
        "requests\r\n",
        "httpx\r\nrequests\r\n",
    );
    let made =
        "#\n# This file is autogenerated by pip-compile\n#\nrequests==2.31.0\n    # via shop\n";
    check(made, made);
}

#[test]
fn what_nothing_uses_goes() {
    replaces("requirements.txt", "requests\n", "httpx\n");
    replaces(
        "requirements.txt",
        "requests\ntypes-requests\nyarl\n",
        "httpx\nyarl\n",
    );
    replaces(
        "requirements.txt",
        "requests  # for the CLI\n",
        "httpx\nrequests  # for the CLI\n",
    );
    replaces(
        PYPROJECT,
        "[project]\ndependencies = ['attrs', 'requests']\n",
        "[project]\ndependencies = ['attrs', 'httpx']\n",
    );
    replaces(
        PYPROJECT,
        "[project]\ndependencies = ['yarl', 'requests']\n",
        "[project]\ndependencies = ['yarl', 'httpx']\n",
    );
    replaces(
        PYPROJECT,
        "[project]\ndependencies = [\n  'yarl',\n  'requests'\n]\n",
        "[project]\ndependencies = [\n  'yarl',\n  'httpx'\n]\n",
    );
    // In a group of its own it is there for something else.
    replaces(
        PYPROJECT,
        "[project]\ndependencies = ['requests']\n[dependency-groups]\ndocs = ['requests']\n",
        "[project]\ndependencies = ['httpx']\n[dependency-groups]\ndocs = ['requests']\n",
    );
}

#[test]
fn what_some_file_uses_stays() {
    let stays = |name: &str, text: &str| {
        let files = [
            ("app.py", APP),
            (name, text),
            ("requirements.txt", "requests\n"),
        ];
        let (text, notes) = results(&files, "requirements.txt");
        assert_eq!(text, "httpx\nrequests\n", "{name}");
        let expected = "requests stays among the dependencies: see ";
        assert!(notes[0].starts_with(expected), "{notes:?}");
    };
    stays("tests/test_app.py", "from requests.auth import AuthBase\n");
    stays("tests/test_app.py", "patch('app.requests.get')\n");
    stays("plugins.py", "NAMES = ['requests']\n");
    stays("docs/example.py", "def f():\n    import requests as r\n");
    stays("broken.py.txt.py", "import requests\n");
}

#[test]
fn versions_agree_with_those_of_other_lists() {
    adds(
        PYPROJECT,
        "[project]\ndependencies = ['requests>=2']\n[dependency-groups]\ntest = ['httpx>=0.27,<1']\n",
        "[project]\ndependencies = ['httpx>=0.27,<1', 'requests>=2']\n[dependency-groups]\ntest = ['httpx>=0.27,<1']\n",
    );
    adds(
        PYPROJECT,
        "[project]\ndependencies = ['requests>=2']\n[dependency-groups]\ntest = ['httpx==0.27.0']\n",
        "[project]\ndependencies = ['httpx>=0.27.0', 'requests>=2']\n[dependency-groups]\ntest = ['httpx==0.27.0']\n",
    );
}
