//! The program at a terminal: keys go in, and what a person would see comes out.

use crate::sandbox::Sandbox;
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A program gets so long to answer; tests run beside each other on few processors.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the questions end that wait for a key.
const QUESTIONS: [&str; 2] = ["] ", "drops it): "];

pub struct Terminal {
    master: File,
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
    /// Folders, and what is shown in their place.
    names: Vec<(String, &'static str)>,
}

impl Terminal {
    /// Starts the program in a sandbox, at a terminal of 24 lines of 80 columns that knows no colours,
    /// and waits for its first question.
    pub fn start(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start_by(&[], sandbox, arguments, variables)
    }

    /// The same, but another program starts it, which gets the command as arguments.
    pub fn start_by(
        starter: &[&str],
        sandbox: &Sandbox,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pair = openpty(&size, None).unwrap();
        let plain = sandbox.command(arguments);
        // The terminal is to be that of the program, as where a person started it.
        let mut command = Command::new("setsid");
        command.arg("--ctty").args(starter);
        command.arg(plain.get_program());
        command.args(plain.get_args());
        command
            .current_dir(sandbox.folder())
            .env("TERM", "dumb")
            .env("NO_COLOR", "1")
            .env_remove("VISUAL")
            .env_remove("EDITOR")
            .env_remove("RUST_BACKTRACE")
            .envs(variables.iter().copied())
            .stdin(pair.slave.try_clone().unwrap())
            .stdout(pair.slave.try_clone().unwrap())
            .stderr(pair.slave);
        let child = command.spawn().unwrap();
        // It would keep the terminal open.
        drop(command);
        let shown = Arc::new(Mutex::new(Vec::new()));
        let master = File::from(pair.master);
        let mut reader = master.try_clone().unwrap();
        let seen = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                seen.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        let folder = sandbox.folder();
        let real = folder.canonicalize().unwrap();
        let mut terminal = Self {
            master,
            child,
            shown,
            names: [real.as_path(), folder]
                .map(|path| (path.to_str().unwrap().to_owned(), "[FOLDER]"))
                .to_vec(),
        };
        terminal.wait_for_question(0);
        terminal
    }

    /// All that was shown so far.
    pub fn shown(&self) -> String {
        let shown = self.shown.lock().unwrap();
        let mut text = String::from_utf8_lossy(&shown).replace("\r\n", "\n");
        for (path, name) in &self.names {
            text = text.replace(path, name);
        }
        // The names of folders for copies are made up.
        let mut pieces = text.split("asyncfix-review-");
        let mut out = pieces.next().unwrap().to_owned();
        for piece in pieces {
            out.push_str("asyncfix-review-XXXXXX");
            out.push_str(&piece[6..]);
        }
        out
    }

    /// Presses keys, each when the program asks.
    #[track_caller]
    pub fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            let before = self.shown.lock().unwrap().len();
            self.send(&key.to_string());
            self.wait_for_question(before);
        }
    }

    /// Types a text at once, and waits until all of it is shown.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        self.send(text);
        self.wait(|shown| shown.ends_with(text));
    }

    pub fn send(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    #[track_caller]
    fn wait_for_question(&mut self, before: usize) {
        let asks = |shown: &str| QUESTIONS.iter().any(|question| shown.ends_with(question));
        let shown = Arc::clone(&self.shown);
        self.wait(|text| shown.lock().unwrap().len() > before && asks(text));
    }

    /// Waits until something is shown, or the program has ended.
    #[track_caller]
    pub fn wait(&mut self, until: impl Fn(&str) -> bool) {
        let start = Instant::now();
        while !until(&self.shown()) && self.child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < PATIENCE, "{}", self.shown());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether the terminal shows what is typed, and gives it by lines.
    pub fn is_as_usual(&self) -> bool {
        let flags = tcgetattr(&self.master).unwrap().local_flags;
        flags.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG)
    }

    /// Waits until the program waits for a key.
    #[track_caller]
    pub fn wait_for_keys_wanted(&self) {
        let start = Instant::now();
        while self.is_as_usual() {
            assert!(start.elapsed() < PATIENCE, "{}", self.shown());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id().try_into().unwrap());
        kill(id, signal).unwrap();
    }

    /// Waits until the program ends.
    #[track_caller]
    pub fn end(&mut self) -> Ended {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it said last may still be on its way.
                std::thread::sleep(Duration::from_millis(100));
                return Ended { status };
            }
            assert!(start.elapsed() < PATIENCE, "{}", self.shown());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves nobody waiting for keys.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a program ended.
pub struct Ended {
    status: ExitStatus,
}

impl Ended {
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }
}
