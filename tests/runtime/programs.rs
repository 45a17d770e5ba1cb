//! Programs, what they expect of the rewrite, and whether it is met.

use super::{folder, rows};
use crate::cases::{self, Files};
use asyncfix::engine::{FilePatch, HelpersModule, Plan, Selection};
use asyncfix::fix::{HttpClient, Remedy, Safety};
use asyncfix::model::libraries::{Catalogue, Fidelity};
use asyncfix::python::PythonVersion;
use asyncfix::text::diff;
use asyncfix::transforms::CATALOGUE;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The library that a program is rewritten for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(pub HttpClient);

impl Target {
    pub const ALL: [Target; 4] = [
        Target(HttpClient::Httpx),
        Target(HttpClient::Httpx2),
        Target(HttpClient::Aiohttp),
        Target(HttpClient::Niquests),
    ];

    /// The requirements it is run with, as a file beside the programs. What stays as it is needs
    /// requests, which does not work beside niquests.
    pub fn libraries(self, expects: Expects) -> &'static str {
        match (self.0, expects) {
            (HttpClient::Niquests, Expects::Safe | Expects::Review) => "niquests",
            _ => "libraries",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// What becomes of all blocking calls of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// They are sent by the asynchronous library, and nothing about the rows is to be reviewed.
    Safe,
    /// The same, and the reason of the program is among those to review.
    Review,
    /// They are moved to a thread as they are.
    Thread,
    /// Not a byte is changed.
    Untouched,
}

/// Parts of reasons to review that are about where a request stands, or about the project: no row's.
const OF_THE_PLACE: [&str; 7] = [
    "cannot send any more once it is closed",
    "serves one event loop now",
    "nothing closes",
    "must be awaited now",
    "errors that leave the function",
    "the requests share a client",
    "is not imported here yet",
];

/// Transforms that have to do with what programs are about. Others may rewrite them too, and are
/// tested elsewhere.
const TRANSFORMS: &str = "blocking-http, blocking-chain";

pub struct Program {
    pub name: String,
    /// Python files, from the program's folder.
    pub files: Files,
    /// Other files.
    pub others: Files,
    /// The rows it shows.
    pub rows: Vec<String>,
    /// Rows that it keeps asyncfix from using where they do not hold.
    pub traps: Vec<String>,
    expects: Expects,
    /// The targets for which it is to be reviewed.
    reviewed: Vec<Target>,
    /// A part of what is said of it, besides what its rows say.
    reason: Option<String>,
    pub targets: Vec<Target>,
    /// The exit code.
    pub exits: i32,
    transforms: Vec<String>,
    /// The module that helpers may be put into.
    helpers: Option<String>,
}

pub fn all() -> Vec<Program> {
    let mut programs: BTreeMap<String, Files> = BTreeMap::new();
    let files = ["requests", "neighbours"].map(|name| folder().join(name));
    for (folder, path) in files
        .iter()
        .flat_map(|folder| cases::files(folder).into_iter().map(move |it| (folder, it)))
    {
        let below = path.strip_prefix(folder).unwrap();
        let mut parts = below.iter();
        let first = parts.next().unwrap();
        let name = Path::new(first).file_stem().unwrap().to_str().unwrap();
        let inner = parts.as_path();
        let inner = match inner.as_os_str().is_empty() {
            true => PathBuf::from("main.py"),
            false => inner.to_path_buf(),
        };
        let files = programs.entry(name.to_owned()).or_default();
        files.push((inner, std::fs::read(&path).unwrap()));
    }
    programs
        .into_iter()
        .map(|(name, files)| Program::new(name, files))
        .collect()
}

impl Program {
    fn new(name: String, files: Files) -> Self {
        let is_main = |(path, _): &&(PathBuf, Vec<u8>)| path == Path::new("main.py");
        let (_, main) = files.iter().find(is_main).expect(&name);
        let main = String::from_utf8_lossy(main).into_owned();
        let options: BTreeMap<&str, &str> = main
            .lines()
            .map_while(|line| line.strip_prefix("# "))
            .filter_map(|line| line.split_once(": "))
            .collect();
        let list = |key: &str, default: &str| -> Vec<String> {
            let value = options.get(key).copied().unwrap_or(default);
            let parts = value.split(", ").filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        let expects = match options.get("expects") {
            Some(&"safe") => Expects::Safe,
            Some(&"review") => Expects::Review,
            Some(&"thread") => Expects::Thread,
            Some(&"untouched") => Expects::Untouched,
            other => panic!("{name} expects {other:?}"),
        };
        let target = |wanted: String| {
            let mut known = Target::ALL.into_iter();
            let found = known.find(|target| target.to_string() == wanted);
            found.unwrap_or_else(|| panic!("{name}: no target {wanted}"))
        };
        let rows = list("row", "");
        let traps = list("trap", "");
        // Other libraries than requests have no table of rows.
        let of_requests = main.contains("import requests");
        assert!(
            !of_requests || rows.len() + traps.len() > 0,
            "{name} names no row"
        );
        let reason = options.get("reason").map(|&reason| reason.to_owned());
        let targets = list("targets", "httpx, httpx2");
        let targets = targets.into_iter().map(target).collect();
        let reviewed = list("review", "").into_iter().map(target).collect();
        let transforms = list("transforms", TRANSFORMS);
        let helpers = options.get("helpers").map(|&module| module.to_owned());
        let exits = options.get("exits").map_or(0, |code| code.parse().unwrap());
        let is_python = |(path, _): &(PathBuf, Vec<u8>)| path.extension() == Some("py".as_ref());
        let (files, others) = files.into_iter().partition(is_python);
        Self {
            name,
            files,
            others,
            rows,
            traps,
            expects,
            reviewed,
            reason,
            targets,
            exits,
            transforms,
            helpers,
        }
    }

    /// What becomes of its calls for a target.
    pub fn expects(&self, target: Target) -> Expects {
        match self.reviewed.contains(&target) {
            true => Expects::Review,
            false => self.expects,
        }
    }

    /// The files afterwards, or in what way the program is not rewritten as it expects.
    pub fn rewrite(&self, target: Target) -> Result<Files, String> {
        let mut options = cases::options(&self.files);
        options.http_client = Some(target.0);
        if target.0 == HttpClient::Httpx2 {
            options.target = options.target.max(PythonVersion::PY311);
        }
        let chosen = |id: &str| self.transforms.iter().any(|name| name == id);
        let selection = Selection {
            transforms: CATALOGUE
                .iter()
                .copied()
                .filter(|transform| chosen(transform.info().id))
                .collect(),
            options,
            catalogue: Catalogue::builtin(),
            helpers: self.helpers.as_ref().map(|name| HelpersModule {
                name: name.clone(),
                path: PathBuf::from(format!("{name}.py")),
            }),
            ..Selection::default()
        };
        let run = cases::run(&self.files, &selection);
        let results: Files = run.results(&self.files).into_iter().collect();
        match self.judge(target, &run.plan, &results) {
            Ok(()) => Ok(results),
            Err(why) => {
                let said: String = run
                    .found
                    .iter()
                    .map(|(source, finding)| cases::describe(source, finding))
                    .collect();
                let patches = run.plan.patches.iter();
                let changes: String = patches.map(diff_of).collect();
                Err(format!("{why}\n{said}{changes}"))
            }
        }
    }

    fn judge(&self, target: Target, plan: &Plan, results: &Files) -> Result<(), String> {
        let refuse = |why: &str| Err(why.to_owned());
        if !plan.broken.is_empty() {
            return refuse("a fix would have broken the program");
        }
        let left = plan.left.iter().map(|finding| match &finding.remedy {
            Remedy::Blocked(why) => why.to_string(),
            Remedy::Fix(fix) => format!("{}: {}", fix.title(), fix.reason()),
        });
        let left: Vec<String> = left.collect();
        let threads = |files: &Files| -> usize { count(files, &["to_thread", "run_in_executor"]) };
        let requests = |files: &Files| -> usize { count(files, &["requests."]) };
        let moved = threads(results) - threads(&self.files);
        let names = |text: &str| text.replace("{}", &target.to_string());
        let reasons: Vec<&str> = plan.applied.iter().map(|it| it.fix.reason()).collect();
        let mut said = reasons.join("\n");
        match self.expects(target) {
            Expects::Untouched => {
                if !plan.applied.is_empty() {
                    return refuse("it is changed");
                }
                said = left.join("\n");
            }
            _ if !left.is_empty() => return refuse("not everything is changed"),
            _ if plan.applied.is_empty() => return refuse("nothing is changed"),
            Expects::Thread => {
                if moved == 0 || requests(results) != requests(&self.files) {
                    return refuse("not everything is moved to a thread as it is");
                }
                let titles = plan.applied.iter().map(|it| it.fix.title());
                said = titles.chain([said.as_str()]).collect::<Vec<_>>().join("\n");
            }
            Expects::Safe | Expects::Review if moved > 0 => {
                return refuse("something is moved to a thread");
            }
            Expects::Safe => {
                let of_rows = |reason: &&str| {
                    !reason.is_empty() && !OF_THE_PLACE.iter().any(|it| reason.contains(it))
                };
                let rest = said.split(['\n', ';']).filter(of_rows);
                let rest = rest.collect::<Vec<_>>().join(";");
                if !rest.is_empty() {
                    return Err(format!("it has to be reviewed: {rest}"));
                }
            }
            Expects::Review => {
                let review = |it: &asyncfix::engine::Applied| it.fix.safety() == Safety::Review;
                if !plan.applied.iter().any(review) {
                    return refuse("nothing has to be reviewed");
                }
            }
        }
        let rows = rows::of(target);
        let whys = rows
            .iter()
            .filter(|row| self.rows.contains(&row.id) && row.class != Fidelity::Safe)
            .map(|row| row.why.clone());
        for reason in whys.chain(self.reason.as_deref().map(names)) {
            if !says(&said, &reason) {
                return Err(format!("the reason is not `{reason}`:\n{said}"));
            }
        }
        Ok(())
    }
}

/// Whether a text has a sentence, in which braces stand for anything.
fn says(text: &str, sentence: &str) -> bool {
    let parts = sentence.split(['{', '}']).step_by(2);
    let mut rest = Some(text);
    for part in parts {
        rest = rest.and_then(|rest| Some(rest.split_once(part)?.1));
    }
    rest.is_some()
}

/// How often any of some words stands in files, other than in their comments.
fn count(files: &Files, words: &[&str]) -> usize {
    let mut number = 0;
    for (_, bytes) in files {
        let text = String::from_utf8_lossy(bytes);
        for line in text.lines().filter(|line| !line.starts_with("# ")) {
            number += words
                .iter()
                .map(|word| line.matches(word).count())
                .sum::<usize>();
        }
    }
    number
}

fn diff_of(patch: &FilePatch) -> String {
    let mut shown = Vec::new();
    for hunk in diff::hunks(patch.before.text().as_bytes(), patch.after.as_bytes()) {
        hunk.write("", &mut shown);
    }
    String::from_utf8_lossy(&shown).into_owned()
}
