//! Programs that run for us, within bounds: what they start ends with them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a program may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(pub Duration);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Exit(i32),
    Signal(i32),
    /// It was stopped, since its time was up.
    TimeUp,
}

/// What came of a program.
#[derive(Debug)]
pub struct Done {
    pub ended: Ended,
    pub stdout: Vec<u8>,
    /// The end of it, if it is long.
    pub stderr: Vec<u8>,
    pub took: Duration,
}

impl Done {
    pub fn is_success(&self) -> bool {
        self.ended == Ended::Exit(0)
    }

    /// What it said last, for a message.
    pub fn said(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        text.trim().to_owned()
    }
}

/// More of what a program says beside its output is not kept.
const SAID: u64 = 16 << 10;

/// Runs a program in a process group of its own, with no input, and stops all of the group when the
/// program ends or its time is up.
pub fn run(command: &mut Command, patience: Patience) -> std::io::Result<Done> {
    // Files, since a pipe stays open for as long as anything that the program left behind.
    let mut stdout = tempfile::tempfile()?;
    let mut stderr = tempfile::tempfile()?;
    command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?);
    group::of_its_own(command);
    let start = Instant::now();
    let mut child = command.spawn()?;
    let status = wait(&mut child, start + patience.0);
    group::stop(&mut child);
    let ended = match status? {
        Some(status) => group::ended(status),
        None => {
            child.wait()?;
            Ended::TimeUp
        }
    };
    let took = start.elapsed();
    let end = stderr.seek(SeekFrom::End(0))?;
    Ok(Done {
        ended,
        stdout: read(&mut stdout, 0)?,
        stderr: read(&mut stderr, end.saturating_sub(SAID))?,
        took,
    })
}

fn read(file: &mut File, from: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Waits until a program ends; nothing if it has not by then.
fn wait(child: &mut Child, until: Instant) -> std::io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

#[cfg(unix)]
mod group {
    use super::Ended;
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::{Child, Command, ExitStatus};

    pub fn of_its_own(command: &mut Command) {
        command.process_group(0);
    }

    /// Stops a program and everything that it started and that did not leave its group.
    pub fn stop(child: &mut Child) {
        if let Ok(id) = i32::try_from(child.id()) {
            // Mostly there is nobody left.
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }

    pub fn ended(status: ExitStatus) -> Ended {
        match (status.code(), status.signal()) {
            (Some(code), _) => Ended::Exit(code),
            (None, signal) => Ended::Signal(signal.unwrap_or_default()),
        }
    }
}

#[cfg(not(unix))]
mod group {
    use super::Ended;
    use std::process::{Child, Command, ExitStatus};

    pub fn of_its_own(_: &mut Command) {}

    /// Stops a program; here, what it started runs on.
    pub fn stop(child: &mut Child) {
        let _ = child.kill();
    }

    pub fn ended(status: ExitStatus) -> Ended {
        Ended::Exit(status.code().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Done {
        run(Command::new("sh").args(["-c", script]), Patience(patience)).unwrap()
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_a_program_says_and_how_it_ends_is_known() {
        let done = shell("echo out; echo err >&2; exit 3", LONG);
        assert_eq!((done.ended, &*done.stdout), (Ended::Exit(3), &b"out\n"[..]));
        assert_eq!(done.said(), "err");
        assert_eq!(shell("kill -TERM $$", LONG).ended, Ended::Signal(15));
    }

    #[test]
    fn what_takes_too_long_is_stopped_with_all_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alive");
        let script = format!("(sleep 1; touch {}) & sleep 600", file.display());
        assert_eq!(
            shell(&script, Duration::from_millis(300)).ended,
            Ended::TimeUp
        );
        // What is left behind does not keep anybody waiting.
        let left = format!("(sleep 1; touch {}) & exit 0", file.display());
        assert_eq!(shell(&left, LONG).ended, Ended::Exit(0));
        std::thread::sleep(Duration::from_millis(1_500));
        assert!(!file.exists());
    }
}
