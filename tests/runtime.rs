//! Programs that do the same before and after they are rewritten, run under real libraries against a
//! server of our own: what they print, how they end, and *what the server received* is equal.
//!
//! `runtime/requests/<name>.py` is a program, or `<name>/` with its `main.py`. Comments in its first
//! lines say what it shows (CONTRIBUTING.md has more):
//!
//! ```text
//! # row: keywords.params.plain, functions.get
//! # expects: safe
//! ```
//!
//! `runtime/neighbours/` has programs of the other libraries that send requests, which have no rows.
//! A program that is not rewritten as it expects fails, so that none passes by being left alone.
//! `ASYNCFIX_PROGRAMS=params` runs those with `params` in their name.

mod compare;
mod modern;
mod programs;
mod rows;
mod together;

use crate::{cases, environments};
use compare::Outcome;
use programs::{Program, Target};
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runtime")
}

/// Where programs lie while they run, and can be looked at afterwards.
fn work() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("runtime")
}

type Outcomes = BTreeMap<String, Outcome>;

#[test]
fn programs_do_the_same_before_and_after() {
    let wanted = std::env::var("ASYNCFIX_PROGRAMS").unwrap_or_default();
    let programs: Vec<Program> = programs::all()
        .into_iter()
        .filter(|program| program.name.contains(&wanted))
        .collect();
    assert!(!programs.is_empty(), "no program has {wanted} in its name");
    let rewritten: Vec<_> = programs
        .par_iter()
        .flat_map(|program| program.targets.par_iter().map(move |it| (program, *it)))
        .map(|(program, target)| (program, target, program.rewrite(target)))
        .collect();
    let mut wrong = Vec::new();
    let mut after = Vec::new();
    for (program, target, files) in rewritten {
        match files {
            Ok(files) => after.push((program, target, files)),
            Err(why) => wrong.push(format!("{}, for {target}: {why}", program.name)),
        }
    }
    match run(&programs, &after) {
        Ok((before, outcomes)) => {
            for (program, target, _) in &after {
                let new = &outcomes[&key(program, *target)];
                if let Err(why) = compare::equal(program, &before[&program.name], new) {
                    let folder = work().join(key(program, *target));
                    wrong.push(format!(
                        "{}, for {target} ({}): {why}",
                        program.name,
                        folder.display()
                    ));
                }
            }
        }
        Err(why) => environments::skip(&why, "programs were rewritten, but not run"),
    }
    let count = wrong.len();
    assert!(count == 0, "{count} are wrong:\n\n{}", wrong.join("\n\n"));
}

fn key(program: &Program, target: Target) -> String {
    format!("{target}/{}", program.name)
}

/// What programs did before, by name, and after, by target and name.
fn run(
    programs: &[Program],
    after: &[(&Program, Target, cases::Files)],
) -> Result<(Outcomes, Outcomes), String> {
    if !cfg!(unix) {
        return Err("programs are forked, which needs a Unix".to_owned());
    }
    let work = work();
    let lock = File::create(work.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let _ = std::fs::remove_dir_all(&work);
    std::fs::create_dir_all(&work).unwrap();
    let mut batches: BTreeMap<&str, Vec<(String, PathBuf)>> = BTreeMap::new();
    let mut lay_out = |libraries, key: String, program: &Program, files: &cases::Files| {
        let folder = work.join(&key);
        for (path, bytes) in program.others.iter().chain(files) {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let batch: &mut Vec<_> = batches.entry(libraries).or_default();
        batch.push((key, folder));
    };
    for program in programs {
        let key = format!("before/{}", program.name);
        lay_out("libraries", key, program, &program.files);
    }
    for (program, target, files) in after {
        lay_out(
            target.libraries(program.expects(*target)),
            key(program, *target),
            program,
            files,
        );
    }
    let mut outcomes = Outcomes::new();
    for (libraries, jobs) in batches {
        let requirements = folder().join(libraries).with_extension("txt");
        let python = environments::python(&format!("runtime-{libraries}"), &requirements)?;
        outcomes.extend(run_batch(&python, libraries, &jobs));
    }
    let before = programs
        .iter()
        .map(|program| {
            let outcome = outcomes.remove(&format!("before/{}", program.name));
            (program.name.clone(), outcome.unwrap())
        })
        .collect();
    write_times(&before, &outcomes);
    Ok((before, outcomes))
}

/// Runs programs with one set of libraries.
fn run_batch(python: &Path, libraries: &str, jobs: &[(String, PathBuf)]) -> Outcomes {
    let listed: Vec<_> = jobs
        .iter()
        .map(|(name, folder)| serde_json::json!({"name": name, "folder": folder}))
        .collect();
    let file = work().join(format!("{libraries}.json"));
    std::fs::write(&file, serde_json::to_vec(&listed).unwrap()).unwrap();
    let mut command = interpreter(python);
    command
        .args(["-W", "error::RuntimeWarning"])
        .args(["-W", "default::DeprecationWarning"])
        .arg(folder().join("run.py"))
        .arg(file)
        .env("HOME", work())
        // Small, since reading what a system trusts takes longer than a program, and nobody we know.
        .env("SSL_CERT_FILE", folder().join("trusted.pem"))
        .env("OBJC_DISABLE_INITIALIZE_FORK_SAFETY", "YES");
    let (outcomes, said): (Vec<Outcome>, _) = answer(&mut command);
    assert_eq!(outcomes.len(), jobs.len(), "{said}");
    outcomes
        .into_iter()
        .map(|outcome| (outcome.name.clone(), outcome))
        .collect()
}

/// A Python in which proxies, certificates and passwords of whoever runs the tests have no part.
fn interpreter(python: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::null());
    command
}

/// What a script prints as JSON, and what it says on stderr. It has to end well.
fn answer<T: DeserializeOwned>(command: &mut Command) -> (T, String) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    (serde_json::from_slice(&output.stdout).unwrap(), said)
}

/// How long each took, beside the programs.
fn write_times(before: &Outcomes, after: &Outcomes) {
    let mut lines = "program\tbefore\tafter\tratio\n".to_owned();
    for (name, new) in after {
        let (_, program) = name.split_once('/').unwrap();
        let (old, new) = (before[program].seconds, new.seconds);
        lines += &format!("{name}\t{old:.3}\t{new:.3}\t{:.2}\n", new / old);
    }
    std::fs::write(work().join("times.tsv"), lines).unwrap();
}
