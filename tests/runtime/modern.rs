//! Programs that show what a modernisation or a repair does, under each CPython at hand: those on which the
//! old form works, where before and after must come to the same, and those on which it is gone.
//!
//! `modern/<transform>_<case>.py`, or such a folder with a `main.py`, prints what it comes to. It is
//! rewritten by that transform alone, for every target version. Comments in its first lines say for which
//! it should be:
//!
//! ```text
//! # since: 3.7
//! # until: 3.10
//! # expects: safe, review since 3.11
//! ```
//!
//! `since` is the first target version for which anything is changed; below it the program has to stay as
//! it is. `until`, if it is there, is the last Python on which the old form works, and it is an error if it
//! works later. `# needs: 3.8` is the first Python on which the program runs at all.
//!
//! Code that is wrong today has nothing to be compared with. It says instead what comes of it, and each
//! line that it should print:
//!
//! ```text
//! # today: AttributeError, TypeError since 3.11
//! # prints: in
//! ```
//!
//! Where it `# expects: manual`, nothing is changed, and only what comes of it today is looked at.
//! `# with: libraries` are programs that need those of `libraries.txt`; they run with one Python only.
//!
//! The CPythons are those that `ASYNCFIX_PYTHONS` lists like a `PATH`, else those of pyenv and those on
//! the `PATH`, one of each minor version.

use super::{folder, work};
use crate::cases::{self, Files};
use crate::environments;
use asyncfix::engine::Selection;
use asyncfix::fix::{Remedy, Safety};
use asyncfix::model::libraries::Catalogue;
use asyncfix::python::PythonVersion;
use asyncfix::transforms::CATALOGUE;
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Program {
    name: String,
    files: Files,
    since: PythonVersion,
    until: PythonVersion,
    needs: PythonVersion,
    /// How far the change is trusted, from which target version on.
    expects: Vec<(PythonVersion, Safety)>,
    /// Something is found, and nothing is changed.
    is_manual: bool,
    /// What it says today where it is wrong, from which Python on.
    today: Vec<(PythonVersion, String)>,
    /// What should come of it, if it is wrong today.
    right: Option<Outcome>,
    has_libraries: bool,
}

/// A program as it is after its rewrite for some versions, the lowest of them first.
struct Rewritten<'p> {
    program: &'p Program,
    target: PythonVersion,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

#[derive(Deserialize)]
struct Outcome {
    name: String,
    stdout: String,
    stderr: String,
    /// As `waitpid` says it; 0 where all went well.
    ended: i32,
}

/// What came of programs under one Python, by name.
type Outcomes = BTreeMap<String, Outcome>;

fn versions() -> impl Iterator<Item = PythonVersion> {
    (7..=15).map(|minor| format!("3.{minor}").parse().unwrap())
}

#[test]
fn modernisations_do_the_same_under_each_python() {
    let wanted = std::env::var("ASYNCFIX_PROGRAMS").unwrap_or_default();
    let programs: Vec<Program> = all()
        .into_iter()
        .map(|(name, files)| Program::new(name, files))
        .filter(|program| program.name.contains(&wanted))
        .collect();
    let mut wrong = Vec::new();
    let mut after = Vec::new();
    let rewritten: Vec<_> = programs.par_iter().map(Program::rewrite).collect();
    for (program, rewritten) in programs.iter().zip(rewritten) {
        match rewritten {
            Ok(rewritten) => after.extend(rewritten),
            Err(why) => wrong.push(format!("{}: {why}", program.name)),
        }
    }
    match play(&programs, &after) {
        Ok(played) => {
            let mut met = Vec::new();
            for program in &programs {
                met.extend(program.is_sound(&played));
            }
            for rewritten in &after {
                met.extend(rewritten.agrees(&played));
            }
            wrong.extend(met);
            say_what_is_missing(&played);
        }
        Err(why) => environments::skip(&why, "programs were rewritten, but not run"),
    }
    let count = wrong.len();
    assert!(count == 0, "{count} are wrong:\n\n{}", wrong.join("\n\n"));
}

/// The files of each program, by name.
fn all() -> BTreeMap<String, Files> {
    let folder = folder().join("modern");
    let mut all: BTreeMap<String, Files> = BTreeMap::new();
    for path in cases::files(&folder) {
        let below = path.strip_prefix(&folder).unwrap();
        let first = Path::new(below.components().next().unwrap().as_os_str());
        let name = first.file_stem().unwrap().to_str().unwrap().to_owned();
        let file = below.strip_prefix(first).unwrap();
        let file = match file.as_os_str().is_empty() {
            true => Path::new("main.py"),
            false => file,
        };
        let text = std::fs::read(&path).unwrap();
        all.entry(name).or_default().push((file.to_owned(), text));
    }
    all
}

impl Program {
    fn new(name: String, files: Files) -> Self {
        let main = files.iter().find(|(path, _)| path == Path::new("main.py"));
        let (_, main) = main.unwrap_or_else(|| panic!("{name} has no main.py"));
        let head = String::from_utf8(main.clone()).unwrap();
        let head = head.lines().map_while(|line| line.strip_prefix("# "));
        let said: Vec<(&str, &str)> = head.filter_map(|line| line.split_once(": ")).collect();
        let options: BTreeMap<&str, &str> = said.iter().copied().collect();
        let version = |key: &str| -> Option<PythonVersion> {
            let bad = format!("{name}: {key}");
            options.get(key).map(|version| version.parse().expect(&bad))
        };
        let since = version("since").unwrap_or_else(|| panic!("{name} says no `since`"));
        let by_version = |key: &str| -> Vec<(PythonVersion, String)> {
            let said = options.get(key).copied().into_iter();
            let said = said.flat_map(|said| said.split(", "));
            said.map(|word| match word.split_once(" since ") {
                Some((word, from)) => (from.parse().unwrap(), word.to_owned()),
                None => (PythonVersion::OLDEST, word.to_owned()),
            })
            .collect()
        };
        let expects = by_version("expects");
        let is_manual = expects.iter().any(|(_, expected)| expected == "manual");
        let expects = expects.into_iter().filter(|_| !is_manual);
        let expects = expects.map(|(from, safety)| match safety.as_str() {
            "safe" => (from, Safety::Safe),
            "review" => (from, Safety::Review),
            other => panic!("{name} expects {other:?}"),
        });
        let today = by_version("today");
        let prints = said.iter().filter(|(key, _)| *key == "prints");
        let right = (!today.is_empty()).then(|| Outcome {
            name: name.clone(),
            stdout: prints.map(|(_, line)| format!("{line}\n")).collect(),
            stderr: String::new(),
            ended: 0,
        });
        Self {
            since,
            until: version("until").unwrap_or(PythonVersion::NEWEST),
            needs: version("needs").unwrap_or(PythonVersion::OLDEST),
            expects: expects.collect(),
            is_manual,
            today,
            right,
            has_libraries: options.get("with") == Some(&"libraries"),
            name,
            files,
        }
    }

    /// What becomes of it, once for all target versions with the same result; or what is wrong with it.
    fn rewrite(&self) -> Result<Vec<Rewritten<'_>>, String> {
        let (id, _) = self.name.split_once('_').unwrap_or((&self.name, ""));
        let transform = CATALOGUE.iter().copied().find(|it| it.info().id == id);
        let transform = transform.ok_or_else(|| format!("no transform is called {id}"))?;
        let mut all: Vec<Rewritten<'_>> = Vec::new();
        for target in versions() {
            let mut options = cases::options(&self.files);
            options.target = target;
            let selection = Selection {
                transforms: vec![transform],
                options,
                catalogue: Catalogue::builtin(),
                helpers: None,
                ..Selection::default()
            };
            let run = cases::run(&self.files, &selection);
            let said: String = run
                .found
                .iter()
                .map(|(source, finding)| cases::describe(source, finding))
                .collect();
            let refuse = |why: &str| Err(format!("for {target}: {why}\n{said}"));
            if let Some(broken) = run.plan.broken.first() {
                return refuse(&format!("a fix would have broken it: {}", broken.what));
            }
            let applied = run.plan.applied.iter().map(|applied| applied.fix.safety());
            let met = applied.min();
            if target < self.since || self.is_manual {
                match met {
                    None if self.is_manual && said.is_empty() => return refuse("nothing is found"),
                    None => continue,
                    Some(_) => return refuse("it is changed, which is too early"),
                }
            }
            let blocked = |it: &asyncfix::fix::Finding| matches!(it.remedy, Remedy::Blocked(_));
            if run.plan.left.iter().any(blocked) || met.is_none() {
                return refuse("something is left alone");
            }
            let expected = self.expects.iter().rev().find(|(from, _)| *from <= target);
            let expected = expected.map(|(_, safety)| *safety);
            if met != expected {
                return refuse(&format!("it is {met:?}, not {expected:?}"));
            }
            let files = run.results(&self.files);
            if all.iter().all(|known| known.files != files) {
                all.push(Rewritten {
                    program: self,
                    target,
                    files,
                });
            }
        }
        Ok(all)
    }

    fn before(&self) -> String {
        format!("before/{}", self.name)
    }

    /// What it comes to under the Python that it is compared with: the same one, or the last one on which
    /// it works.
    fn expected<'o>(
        &'o self,
        version: PythonVersion,
        played: &'o BTreeMap<PythonVersion, Outcomes>,
    ) -> Option<&'o Outcome> {
        if self.right.is_some() {
            return self.right.as_ref();
        }
        let works = self.needs..=self.until.min(version).max(self.needs);
        let (_, outcomes) = played.range(works).next_back()?;
        outcomes.get(&self.before())
    }

    /// What is not as its head says, without any rewrite.
    fn is_sound(&self, played: &BTreeMap<PythonVersion, Outcomes>) -> Vec<String> {
        let mut wrong = Vec::new();
        for (version, outcomes) in played.range(self.needs..) {
            let Some(outcome) = outcomes.get(&self.before()) else {
                continue;
            };
            if let Some(right) = &self.right {
                let today = self.today.iter().rev();
                let said = today.clone().find(|(from, _)| from <= version);
                let said = said.map(|(_, said)| said.as_str()).unwrap_or_default();
                let all = format!("{}{}", outcome.stdout, outcome.stderr);
                let is_right =
                    !self.is_manual && outcome.ended == 0 && outcome.stdout == right.stdout;
                if !all.contains(said) || is_right && outcome.troubles().is_empty() {
                    wrong.push(format!(
                        "{} does not say {said:?} before under Python {version}:\n{all}",
                        self.name
                    ));
                }
                continue;
            }
            let works = outcome.ended == 0 && !outcome.stdout.is_empty();
            if works != (*version <= self.until) {
                let how = if works { "works" } else { "fails" };
                wrong.push(format!(
                    "{} {how} before under Python {version}:\n{}",
                    self.name, outcome.stderr
                ));
            }
        }
        wrong
    }
}

impl Rewritten<'_> {
    fn key(&self) -> String {
        format!("{}/{}", self.target, self.program.name)
    }

    fn written(&self) -> Files {
        let files = self.files.iter();
        files
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect()
    }

    /// Where it does not do what it did.
    fn agrees(&self, played: &BTreeMap<PythonVersion, Outcomes>) -> Vec<String> {
        let mut wrong = Vec::new();
        for (version, outcomes) in played.range(self.target.max(self.program.needs)..) {
            let Some(before) = self.program.expected(*version, played) else {
                continue;
            };
            let Some(after) = outcomes.get(&self.key()) else {
                continue;
            };
            let troubles = after.troubles().into_iter();
            let new: Vec<&str> = troubles
                .filter(|trouble| !before.troubles().contains(trouble))
                .collect();
            if (after.ended, &after.stdout) != (before.ended, &before.stdout) || !new.is_empty() {
                wrong.push(format!(
                    "{} for {}, under Python {version}: before:\n{}after:\n{}{}\n{}",
                    self.program.name,
                    self.target,
                    before.stdout,
                    after.stdout,
                    after.stderr,
                    String::from_utf8_lossy(&self.files[Path::new("main.py")])
                ));
            }
        }
        wrong
    }
}

impl Outcome {
    /// What Python says of coroutines and tasks that were lost.
    fn troubles(&self) -> Vec<&str> {
        const LOST: [&str; 5] = [
            "was never awaited",
            "was never retrieved",
            "was destroyed but it is pending",
            "Unclosed",
            "ResourceWarning",
        ];
        let mut said = LOST.to_vec();
        said.retain(|said| self.stderr.contains(said));
        said
    }
}

/// What came of each program, by Python.
fn play(
    programs: &[Program],
    after: &[Rewritten<'_>],
) -> Result<BTreeMap<PythonVersion, Outcomes>, String> {
    if !cfg!(unix) {
        return Err("programs are forked, which needs a Unix".to_owned());
    }
    let pythons = pythons();
    if pythons.is_empty() {
        return Err("no Python 3 is there".to_owned());
    }
    let work = work().with_file_name("modern");
    let lock = File::create(work.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let _ = std::fs::remove_dir_all(&work);
    let old = programs
        .iter()
        .map(|it| (it.before(), PythonVersion::OLDEST, &it.files[..], it));
    let rewritten: Vec<Files> = after.iter().map(Rewritten::written).collect();
    let new = after.iter().zip(&rewritten);
    let new = new.map(|(it, files)| (it.key(), it.target, &files[..], it.program));
    let jobs: Vec<_> = old
        .chain(new)
        .map(|(name, target, files, program)| {
            let folder = work.join(&name);
            for (path, text) in files {
                let file = folder.join(path);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(&file, text).unwrap();
            }
            let job = serde_json::json!({"name": name, "folder": folder});
            (target.max(program.needs), program.has_libraries, job)
        })
        .collect();
    let run_those = |name: &str, python: &Path, version: PythonVersion, with_libraries: bool| {
        let jobs = jobs.iter().filter(|(needs, has_libraries, _)| {
            *needs <= version && *has_libraries == with_libraries
        });
        let jobs: Vec<_> = jobs.map(|(_, _, job)| job).collect();
        let file = work.join(name).with_extension("json");
        std::fs::write(&file, serde_json::to_vec(&jobs).unwrap()).unwrap();
        run(python, &file)
    };
    let (played, with_libraries) = rayon::join(
        || {
            let played = pythons.into_par_iter().map(|(version, python)| {
                let name = version.to_string().replace('.', "_");
                (version, run_those(&name, &python, version, false))
            });
            played.collect::<BTreeMap<_, _>>()
        },
        || {
            if !programs.iter().any(|program| program.has_libraries) {
                return None;
            }
            let requirements = folder().join("libraries.txt");
            let python = environments::python("runtime-libraries", &requirements);
            let why = "programs with libraries were rewritten, but not run";
            let python = python
                .map_err(|error| environments::skip(&error, why))
                .ok()?;
            let version = version_of(&python)?;
            Some((version, run_those("libraries", &python, version, true)))
        },
    );
    let mut played = played;
    if let Some((version, outcomes)) = with_libraries {
        played.entry(version).or_default().extend(outcomes);
    }
    Ok(played)
}

fn run(python: &Path, jobs: &Path) -> Outcomes {
    let mut command = super::interpreter(python);
    command.arg("-B").arg(folder().join("modern.py")).arg(jobs);
    let (outcomes, _): (Vec<Outcome>, _) = super::answer(&mut command);
    outcomes
        .into_iter()
        .map(|outcome| (outcome.name.clone(), outcome))
        .collect()
}

/// One CPython of each minor version that we know.
fn pythons() -> BTreeMap<PythonVersion, PathBuf> {
    let mut candidates: Vec<PathBuf> = Vec::new();
    if let Some(listed) = std::env::var_os("ASYNCFIX_PYTHONS") {
        candidates.extend(std::env::split_paths(&listed));
    } else {
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv"));
        let pyenv = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or(home);
        let installed = pyenv.map(|pyenv| std::fs::read_dir(pyenv.join("versions")));
        for installed in installed.into_iter().flatten().flatten().flatten() {
            candidates.push(installed.path().join("bin/python3"));
        }
        candidates.extend(versions().map(|version| PathBuf::from(format!("python{version}"))));
        candidates.push(PathBuf::from("python3"));
    }
    let found = candidates
        .par_iter()
        .filter_map(|python| Some((version_of(python)?, python.clone())));
    // The first of each, as they are listed.
    let mut found: Vec<_> = found.collect();
    found.reverse();
    found.into_iter().collect()
}

fn version_of(python: &Path) -> Option<PythonVersion> {
    let asked = "import sys; assert sys.implementation.name == 'cpython'; \
                 print('3.%d' % sys.version_info[1])";
    let output = Command::new(python).args(["-c", asked]).output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    version.trim().parse().ok()
}

/// Says which versions nothing was run with.
fn say_what_is_missing(played: &BTreeMap<PythonVersion, Outcomes>) {
    let missing: Vec<String> = versions()
        .filter(|version| !played.contains_key(version))
        .map(|version| version.to_string())
        .collect();
    if !missing.is_empty() {
        eprintln!(
            "not run, as they are not at hand: Python {}",
            missing.join(", ")
        );
    }
}
