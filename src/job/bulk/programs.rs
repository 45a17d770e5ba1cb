//! Programs that are run for a repository: ourselves, to rewrite it, and the checks that the job names. Each
//! has bounds, so that what hangs or grows is that repository's trouble only.

use super::super::process::{Done, Ended, Patience, run};
use super::Trouble;
use super::git::{copy, plain};
use super::outcome::Outcome;
use super::spec::{Check, When};
use super::steps::Checked;
use super::workshop::{Workshop, io, make};
use nix::sys::resource::{Resource, setrlimit};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the process that rewrites a tree is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    pub tree: PathBuf,
    /// Only this transform.
    pub only: Option<String>,
    /// The text of `[tool.asyncfix]`, in place of the repository's own.
    pub settings: Option<String>,
    /// Fixes to review are wanted, too.
    pub review: bool,
    pub write: bool,
    /// In MiB.
    pub memory: u64,
}

/// More of what a check says is not kept.
const SAID: usize = 2_000;

/// Has a process of our own rewrite a tree.
pub fn rewrite(shop: &Workshop, request: &Request) -> Result<Outcome, Trouble> {
    let path = shop.folder.join(format!("request-{}", std::process::id()));
    let text = serde_json::to_vec(request)
        .map_err(|error| Trouble::of("rewrite", format!("cannot be asked for: {error}")))?;
    std::fs::write(&path, text).map_err(|error| io("rewrite", &path, error))?;
    let mut command = plain(ourselves()?, &shop.home);
    command.args(["bulk", "rewrite"]).arg(&path);
    command.current_dir(&request.tree);
    let patience = Patience(Duration::from_secs(shop.seconds()));
    let done = run(&mut command, patience);
    let done = done.map_err(|error| Trouble::of("rewrite", format!("cannot be begun: {error}")))?;
    if !done.is_success() {
        let mut why = told(&done, shop.seconds());
        let said = done.said();
        if !said.is_empty() {
            why = format!("{why}: {said}");
        }
        return Err(Trouble::of("rewrite", why));
    }
    serde_json::from_slice(&done.stdout)
        .map_err(|error| Trouble::of("rewrite", format!("its answer is not understood: {error}")))
}

/// Runs a check in a tree.
pub fn check(
    shop: &Workshop,
    check: &Check,
    when: When,
    tree: &Path,
    pass_env: &[String],
) -> Result<Checked, Trouble> {
    let temporary = shop.folder.join("tmp");
    make(&temporary)?;
    let mut command = plain(ourselves()?, &shop.home);
    copy(&mut command, pass_env.iter().map(String::as_str));
    let memory = check.memory.unwrap_or(0).to_string();
    command.args(["bulk", "within", "--memory", &memory, "--"]);
    command.args(check.run.iter().map(OsString::from));
    command.current_dir(tree).env("TMPDIR", &temporary);
    let done = run(&mut command, Patience(Duration::from_secs(check.seconds)));
    let done = done.map_err(|error| Trouble::of("check", format!("{}: {error}", check.name)))?;
    let passed = done.is_success();
    let said = match (passed, done.said()) {
        (true, _) => String::new(),
        (false, said) if said.is_empty() => end(&String::from_utf8_lossy(&done.stdout)),
        (false, said) => end(&said),
    };
    Ok(Checked {
        name: check.name.clone(),
        when,
        passed,
        ended: told(&done, check.seconds),
        milliseconds: u64::try_from(done.took.as_millis()).unwrap_or(u64::MAX),
        said,
    })
}

fn ourselves() -> Result<PathBuf, Trouble> {
    std::env::current_exe()
        .map_err(|error| Trouble::Stop(format!("asyncfix does not find itself: {error}")))
}

/// The last part of a text.
fn end(text: &str) -> String {
    let text = text.trim();
    let mut start = text.len().saturating_sub(SAID);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..].to_owned()
}

fn told(done: &Done, seconds: u64) -> String {
    match done.ended {
        Ended::Exit(code) => format!("exit {code}"),
        Ended::Signal(signal) => format!("ended by signal {signal}"),
        Ended::TimeUp => format!("stopped after {seconds} seconds"),
    }
}

/// From now on, this process and what it becomes end when who started it ends, however that ends.
pub fn end_with_parent() {
    // Elsewhere, and where it is not allowed, a program is left to its end or its bounds.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
}

/// From now on, this process and what it starts get no more memory than this, in MiB; 0 is no bound.
pub fn limit_memory(memory: u64) -> Result<(), String> {
    if memory == 0 {
        return Ok(());
    }
    let bytes = memory.saturating_mul(1 << 20);
    setrlimit(Resource::RLIMIT_AS, bytes, bytes)
        .map_err(|error| format!("memory cannot be bounded: {error}"))
}
