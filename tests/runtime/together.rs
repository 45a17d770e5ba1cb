//! Programs whose awaits are made to overlap, run before and after, for every way of dealing with
//! failures: where nothing fails, where the first, a middle, the last or two of their calls fail, and
//! where all of it is cancelled. `together.py` runs them; `service.py` is what they ask, and fails.
//!
//! `together/<name>.py` prints what its `main()` comes to. Comments in the first lines say more:
//!
//! ```text
//! # form: 7
//! # expects: safe
//! ```
//!
//! `# names: ash, oak` are those of the service that it asks for, if not all; `# suffix: /details` is
//! what follows a name where that call is to fail; `# handles: its errors` says that it catches them,
//! and `# ends: ...` with what error it ends by itself. `# known: ...` is a part of what is wrong with it.
//! `# not yet: <why>` lets a program through that is left alone, or only to be reviewed.

use super::{folder, work};
use crate::{cases, environments};
use asyncfix::engine::Selection;
use asyncfix::fix::{Failure, Remedy, Safety};
use asyncfix::model::libraries::Catalogue;
use asyncfix::python::PythonVersion;
use asyncfix::transforms::CATALOGUE;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

const TRANSFORMS: [&str; 2] = ["await-in-loop", "sequential-awaits"];

/// As `service.py` has them.
const NAMES: &str = "alder, ash, beech, birch, cedar, elm, fir, hazel, lime, oak, pine, yew";

/// What is done about failures, and for which Python.
const WAYS: [(Failure, PythonVersion); 4] = [
    (Failure::SequentialEquivalent, PythonVersion::DEFAULT),
    (Failure::FirstError, PythonVersion::DEFAULT),
    (Failure::CancelSiblings, PythonVersion::DEFAULT),
    (Failure::CancelSiblings, PythonVersion::PY311),
];

struct Program {
    name: String,
    text: Vec<u8>,
    expects: Safety,
    /// A part of what is said of it.
    reason: Option<String>,
    handles: bool,
    not_yet: bool,
    names: Vec<String>,
    suffix: String,
    /// What it ends with where the service fails nothing.
    ends: String,
    /// What is known to be wrong with it.
    known: Option<String>,
}

/// What happens in a run, as `together.py` reads it.
#[derive(Default, Serialize)]
struct Run {
    #[serde(skip)]
    what: &'static str,
    fails: Vec<String>,
    /// Answered, or failing, before all others.
    quick: Vec<String>,
    cancel: Option<&'static str>,
    /// Whether by the real clock.
    real: bool,
}

/// What came of a program, as `together.py` says it.
#[derive(Deserialize)]
struct Played {
    name: String,
    outcomes: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    stdout: String,
    /// The error it ended with.
    ended: String,
    /// What became of calls, and when.
    events: Vec<(String, String, f64)>,
    /// How many calls there were at the same time at most.
    at_once: usize,
    /// Tasks that were not done at the end.
    left: usize,
    /// What Python warned of, and errors of tasks that nobody asked for.
    troubles: Vec<String>,
    passed: f64,
    wall: f64,
}

impl Outcome {
    fn calls(&self, what: &str) -> Vec<&str> {
        let events = self.events.iter().filter(|(name, ..)| name == what);
        let mut paths: Vec<&str> = events.map(|(_, path, _)| path.as_str()).collect();
        paths.sort_unstable();
        paths
    }
}

#[test]
fn programs_do_the_same_when_awaits_overlap() {
    let wanted = std::env::var("ASYNCFIX_PROGRAMS").unwrap_or_default();
    let programs: Vec<Program> = cases::files(&folder().join("together"))
        .into_iter()
        .map(|path| Program::new(&path))
        .filter(|program| program.name.contains(&wanted))
        .collect();
    let mut wrong = Vec::new();
    let mut after = Vec::new();
    let ways: Vec<_> = programs
        .par_iter()
        .flat_map(|program| WAYS.par_iter().map(move |way| (program, *way)))
        .map(|(program, way)| (program, way, program.rewrite(way)))
        .collect();
    for (program, way, text) in ways {
        match text {
            Ok(Some(text)) => after.push((program, way, text)),
            Ok(None) => {}
            Err(why) => wrong.push(format!("{}: {why}", key(program, Some(way)))),
        }
    }
    match play(&programs, &after) {
        Ok(outcomes) => {
            for program in &programs {
                if let Err(why) = program.is_sound(&outcomes[&key(program, None)]) {
                    wrong.push(format!("{} before: {why}", program.name));
                }
            }
            for (program, way, text) in &after {
                let (old, new) = (key(program, None), key(program, Some(*way)));
                let pairs = outcomes[&old].iter().zip(&outcomes[&new]);
                for (run, (before, after)) in program.runs().iter().zip(pairs) {
                    if let Err(why) = program.agree(*way, text, run, before, after)
                        && !program
                            .known
                            .as_ref()
                            .is_some_and(|known| why.contains(known))
                    {
                        let file = work().with_file_name("together").join(&new);
                        wrong.push(format!("{new}, {} ({}): {why}", run.what, file.display()));
                    }
                }
            }
        }
        Err(why) => environments::skip(&why, "programs were rewritten, but not run"),
    }
    let count = wrong.len();
    assert!(count == 0, "{count} are wrong:\n\n{}", wrong.join("\n\n"));
}

fn key(program: &Program, way: Option<(Failure, PythonVersion)>) -> String {
    match way {
        None => format!("before/{}", program.name),
        Some((failure, target)) => format!("{}-{target}/{}", failure.as_str(), program.name),
    }
}

impl Program {
    fn new(path: &Path) -> Self {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read(path).unwrap();
        let head = String::from_utf8(text.clone()).unwrap();
        let options: BTreeMap<&str, &str> = head
            .lines()
            .map_while(|line| line.strip_prefix("# "))
            .filter_map(|line| line.split_once(": "))
            .collect();
        let expects = match options.get("expects") {
            Some(&"safe") => Safety::Safe,
            Some(&"review") => Safety::Review,
            Some(&"manual") => Safety::Manual,
            other => panic!("{name} expects {other:?}"),
        };
        assert!(options.contains_key("form"), "{name} shows no form");
        let names = options.get("names").unwrap_or(&NAMES).split(", ");
        Self {
            expects,
            reason: options.get("reason").map(|&reason| reason.to_owned()),
            handles: options.contains_key("handles"),
            not_yet: options.contains_key("not yet"),
            names: names.map(str::to_owned).collect(),
            suffix: options.get("suffix").copied().unwrap_or("").to_owned(),
            known: options.get("known").map(|&known| known.to_owned()),
            ends: options.get("ends").copied().unwrap_or("").to_owned(),
            name,
            text,
        }
    }

    /// The program afterwards, if it is rewritten, or in what way it is not as it expects.
    fn rewrite(
        &self,
        (failure, target): (Failure, PythonVersion),
    ) -> Result<Option<Vec<u8>>, String> {
        let files = vec![(PathBuf::from("main.py"), self.text.clone())];
        let mut options = cases::options(&files);
        options.failure = failure;
        options.target = target;
        let selection = Selection {
            transforms: CATALOGUE
                .iter()
                .copied()
                .filter(|transform| TRANSFORMS.contains(&transform.info().id))
                .collect(),
            options,
            catalogue: Catalogue::builtin(),
            helpers: None,
            ..Selection::default()
        };
        let run = cases::run(&files, &selection);
        let said: String = run
            .found
            .iter()
            .map(|(source, finding)| cases::describe(source, finding))
            .collect();
        let refuse = |why: &str| Err(format!("{why}\n{said}"));
        if let Some(broken) = run.plan.broken.first() {
            return refuse(&format!("a fix would have broken it: {}", broken.what));
        }
        let blocked = |it: &asyncfix::fix::Finding| matches!(it.remedy, Remedy::Blocked(_));
        let blocked = run.plan.left.iter().any(blocked);
        let reviewed = run
            .plan
            .applied
            .iter()
            .any(|it| it.fix.safety() == Safety::Review);
        let met = match (blocked, run.plan.applied.is_empty()) {
            (true, _) => Safety::Manual,
            (false, true) => Safety::Manual,
            (false, false) if reviewed => Safety::Review,
            (false, false) => Safety::Safe,
        };
        // Other failures than those of a loop are to be reviewed.
        let expected = match failure {
            Failure::SequentialEquivalent => self.expects,
            _ => self.expects.min(Safety::Review),
        };
        if met != expected && !self.not_yet {
            return Err(format!("it is {met}, not {expected}\n{said}"));
        }
        if let Some(reason) = &self.reason
            && met == self.expects
            && !said.contains(reason)
        {
            return refuse(&format!("the reason is not `{reason}`"));
        }
        let mut results = run.results(&files);
        let text = results.remove(Path::new("main.py")).unwrap();
        Ok((!run.plan.applied.is_empty()).then_some(text))
    }

    /// Whether there is nothing of its calls to fail or to cancel.
    fn is_short(&self) -> bool {
        !self.ends.is_empty() || self.names == ["none"]
    }

    fn runs(&self) -> Vec<Run> {
        let of = |index: usize| vec![format!("{}{}", self.names[index], self.suffix)];
        let last = self.names.len() - 1;
        // Not the last: it may have to wait until fewer calls are under way.
        let later = last.min(7);
        let failing = |what, index| Run {
            what,
            fails: of(index),
            ..Run::default()
        };
        let cancelled = |what, cancel| Run {
            what,
            cancel: Some(cancel),
            ..Run::default()
        };
        let mut runs = vec![
            Run {
                what: "nothing fails",
                ..Run::default()
            },
            Run {
                what: "nothing fails, by the real clock",
                real: true,
                ..Run::default()
            },
        ];
        if self.is_short() {
            return runs;
        }
        runs.extend([
            failing("the first fails", 0),
            failing("a middle one fails", last / 2),
            failing("the last fails", last),
            Run {
                what: "two fail, the later one earlier",
                fails: [of(0), of(later)].concat(),
                quick: of(later),
                ..Run::default()
            },
            cancelled("cancelled soon", "soon"),
            cancelled("cancelled late", "late"),
            cancelled("a time limit", "limit"),
        ]);
        runs
    }

    /// Whether it does anything, fails where it should, and is cancelled in time.
    fn is_sound(&self, outcomes: &[Outcome]) -> Result<(), String> {
        for (run, outcome) in self.runs().iter().zip(outcomes) {
            clean(outcome).map_err(|why| format!("{}: {why}", run.what))?;
            let fails = outcome.calls("failed").len();
            if fails != run.fails.len().min(if self.handles { 2 } else { 1 }) {
                return Err(format!("{}: {fails} calls fail", run.what));
            }
            if run.cancel.is_some() && outcome.calls("cancelled").is_empty() {
                return Err(format!("{}: nothing is cancelled", run.what));
            }
        }
        let first = &outcomes[0];
        match first.ended == self.ends && (!first.stdout.is_empty() || !self.ends.is_empty()) {
            true => Ok(()),
            false => Err(format!("it comes to nothing: {}", first.ended)),
        }
    }

    /// Whether a run came to the same before and after, as far as it should.
    fn agree(
        &self,
        (failure, _): (Failure, PythonVersion),
        text: &[u8],
        run: &Run,
        before: &Outcome,
        after: &Outcome,
    ) -> Result<(), String> {
        let text = String::from_utf8_lossy(text);
        let same = |what: &str, before: &str, after: &str| match before == after {
            true => Ok(()),
            false => Err(format!(
                "{what} before:\n{before}\n{what} after:\n{after}\n\n{text}"
            )),
        };
        let all_calls = |outcome: &Outcome| outcome.calls("started").join(" ");
        let fails = !run.fails.is_empty() && !self.handles;
        // What a failure leaves to itself goes on until the program ends.
        if !((fails || !self.ends.is_empty()) && failure == Failure::FirstError) {
            clean(after).map_err(|why| format!("{why}\n\n{text}"))?;
        } else if !after.troubles.is_empty() {
            return Err(format!("{:?}\n\n{text}", after.troubles));
        }
        let some = usize::from(!run.real && !self.is_short()) * 2;
        if !(some..=10).contains(&after.at_once) {
            return Err(format!("{} calls at once\n\n{text}", after.at_once));
        }
        if run.cancel == Some("late") {
            // By then one had done some of it, and the other all or none.
            return same("error", &before.ended, &after.ended);
        }
        if !fails && run.cancel.is_none() && !self.is_short() {
            same("calls", &all_calls(before), &all_calls(after))?;
            if !run.real && after.passed > 0.7 * before.passed {
                return Err(format!(
                    "it takes {} of {} seconds",
                    after.passed, before.passed
                ));
            }
        }
        let grouped = failure == Failure::CancelSiblings && text.contains("TaskGroup(");
        if !fails || failure == Failure::SequentialEquivalent {
            same("printed", &before.stdout, &after.stdout)?;
            let ended = after.ended.strip_prefix("ExceptionGroup: ");
            let ended = ended.filter(|_| grouped).unwrap_or(&after.ended);
            return same("error", &before.ended, ended);
        }
        // One fails before others have answered, and is what the caller sees.
        if run.fails.len() == 1 && !grouped {
            same("error", &before.ended, &after.ended)?;
        }
        let first = after.calls("failed");
        let first = first.first().ok_or("nothing fails")?;
        let shown = format!("{}{}", after.stdout, after.ended);
        if !shown.contains(first) {
            return Err(format!(
                "{first} fails, and nobody hears of it: {shown}\n\n{text}"
            ));
        }
        if failure == Failure::CancelSiblings {
            let (_, _, when) = after
                .events
                .iter()
                .find(|(what, ..)| what == "failed")
                .unwrap();
            if let Some((what, path, _)) = after
                .events
                .iter()
                .find(|(what, _, time)| time > when && what == "finished")
            {
                return Err(format!("{path} {what} after {first} failed\n\n{text}"));
            }
        }
        Ok(())
    }
}

/// Nothing warned, nothing lost, nothing left to do.
fn clean(outcome: &Outcome) -> Result<(), String> {
    match (&outcome.troubles[..], outcome.left) {
        ([], 0) => Ok(()),
        (troubles, left) => Err(format!("{left} tasks are left, {troubles:?}")),
    }
}

/// What came of each program, by key.
fn play(
    programs: &[Program],
    after: &[(&Program, (Failure, PythonVersion), Vec<u8>)],
) -> Result<BTreeMap<String, Vec<Outcome>>, String> {
    if !cfg!(unix) {
        return Err("programs are forked, which needs a Unix".to_owned());
    }
    let work = work().with_file_name("together");
    let lock = File::create(work.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let _ = std::fs::remove_dir_all(&work);
    let old = programs.iter().map(|it| (it, key(it, None), &it.text));
    let new = after
        .iter()
        .map(|(it, way, text)| (*it, key(it, Some(*way)), text));
    let jobs: Vec<_> = old
        .chain(new)
        .map(|(program, key, text)| {
            let folder = work.join(&key);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("main.py"), text).unwrap();
            serde_json::json!({"name": key, "folder": folder, "runs": program.runs()})
        })
        .collect();
    let file = work.join("jobs.json");
    std::fs::write(&file, serde_json::to_vec(&jobs).unwrap()).unwrap();
    let requirements = folder().join("libraries.txt");
    let python = environments::python("runtime-libraries", &requirements)?;
    let mut command = super::interpreter(&python);
    command
        .arg("-B")
        .arg(folder().join("together.py"))
        .arg(file);
    let (played, said): (Vec<Played>, _) = super::answer(&mut command);
    assert!(said.is_empty(), "together.py: {said}");
    let outcomes: BTreeMap<_, _> = played
        .into_iter()
        .map(|played| (played.name, played.outcomes))
        .collect();
    write_times(&work, after, &outcomes);
    Ok(outcomes)
}

/// How long each took where nothing failed, beside the programs: by the real clock, and in calls.
fn write_times(
    work: &Path,
    after: &[(&Program, (Failure, PythonVersion), Vec<u8>)],
    outcomes: &BTreeMap<String, Vec<Outcome>>,
) {
    let mut lines = "program\tbefore\tafter\tratio\tcalls before\tcalls after\n".to_owned();
    for (program, way, _) in after {
        let name = key(program, Some(*way));
        let (old, new) = (&outcomes[&key(program, None)], &outcomes[&name]);
        let (slow, fast) = (old[1].wall, new[1].wall);
        let (long, short) = (old[0].passed, new[0].passed);
        lines += &format!(
            "{name}\t{slow:.3}\t{fast:.3}\t{:.2}\t{long:.1}\t{short:.1}\n",
            fast / slow
        );
    }
    std::fs::write(work.join("times.tsv"), lines).unwrap();
}
