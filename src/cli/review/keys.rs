//! Keys of a terminal, one at a time. It is as it was whenever nobody waits for a key, and before a
//! signal or a panic ends the process.

use super::super::terminal::print;
use crate::review::Key;
use anyhow::{Context, Result};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody else has the terminal, and its interruptions are theirs.
static LENT: AtomicBool = AtomicBool::new(false);

/// A terminal that gives each key at once, and does not show it, until this goes away.
pub(super) struct Keys;

impl Keys {
    /// Asks a question. What is typed from then on is for whoever reads the keys, and nobody else.
    pub fn wanted(question: &str) -> Result<Self> {
        enable_raw_mode().context("cannot read keys from this terminal")?;
        let keys = Self;
        print(question.as_bytes())?;
        Ok(keys)
    }

    /// Waits for a key; nothing if somebody else had the terminal meanwhile, and the question is gone.
    pub fn next(&self) -> Result<Option<Key>> {
        loop {
            let event = crossterm::event::read().context("cannot read keys from this terminal")?;
            let Event::Key(event) = event else {
                continue;
            };
            if event.kind == KeyEventKind::Release {
                continue;
            }
            if is_control(&event, 'z') {
                disable_raw_mode()?;
                suspend();
                return Ok(None);
            }
            if let Some(key) = key(&event) {
                return Ok(Some(key));
            }
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = disable_raw_mode();
    }
}

fn is_control(event: &KeyEvent, letter: char) -> bool {
    event.modifiers.contains(KeyModifiers::CONTROL) && event.code == KeyCode::Char(letter)
}

fn key(event: &KeyEvent) -> Option<Key> {
    if is_control(event, 'c') || is_control(event, 'd') {
        return Some(Key::Interrupt);
    }
    // What was typed ahead, before the terminal gave each key at once.
    if is_control(event, 'j') {
        return Some(Key::Enter);
    }
    if event
        .modifiers
        .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
    {
        return None;
    }
    match event.code {
        KeyCode::Char(character) => Some(Key::Character(character)),
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Backspace => Some(Key::Backspace),
        KeyCode::Esc => Some(Key::Escape),
        _ => None,
    }
}

/// Runs something that reads the terminal itself, and to which its interruptions are addressed.
pub(super) fn lend<T>(run: impl FnOnce() -> T) -> T {
    LENT.store(true, Ordering::SeqCst);
    let result = run();
    LENT.store(false, Ordering::SeqCst);
    result
}

#[cfg(unix)]
fn suspend() {
    // As the terminal itself would do it, were it not told to give each key.
    let _ = signal_hook::low_level::raise(signal_hook::consts::SIGTSTP);
}

#[cfg(not(unix))]
fn suspend() {}

/// Sees to it that signals that end the process find the terminal as it was.
#[cfg(unix)]
pub(super) fn restore_on_signals() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM]);
    let mut signals = signals.context("cannot watch for signals")?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if LENT.load(Ordering::SeqCst) && [SIGINT, SIGQUIT].contains(&signal) {
                continue;
            }
            let _ = disable_raw_mode();
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn restore_on_signals() -> Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Keys;
    use nix::pty::openpty;
    use nix::sys::termios::{LocalFlags, tcgetattr};
    use std::fs::File;
    use std::io::{Read, Write};
    use std::process::Command;

    /// Set in the process that is to panic at a terminal.
    const PANICS: &str = "ASYNCFIX_TEST_PANICS";

    const NAME: &str = "cli::review::keys::tests::a_panic_leaves_the_terminal_as_it_was";

    #[test]
    fn a_panic_leaves_the_terminal_as_it_was() {
        if std::env::var_os(PANICS).is_some() {
            let _keys = Keys::wanted("[ready]").unwrap();
            std::io::stdin().read_exact(&mut [0]).unwrap();
            panic!("while somebody waits for a key");
        }
        let pair = openpty(None, None).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([NAME, "--exact", "--nocapture"])
            .env(PANICS, "1")
            .stdin(pair.slave.try_clone().unwrap())
            .stdout(pair.slave.try_clone().unwrap())
            .stderr(pair.slave);
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut master = File::from(pair.master);
        let is_as_usual = |master: &File| {
            let flags = tcgetattr(master).unwrap().local_flags;
            flags.contains(LocalFlags::ICANON | LocalFlags::ECHO)
        };
        let mut shown = Vec::new();
        while !shown.ends_with(b"[ready]") {
            let mut byte = [0];
            master.read_exact(&mut byte).unwrap();
            shown.extend(byte);
        }
        assert!(!is_as_usual(&master));
        master.write_all(b"x").unwrap();
        let mut rest = Vec::new();
        // The terminal ends with its last user, which is an error on Linux.
        let _ = master.read_to_end(&mut rest);
        assert!(!child.wait().unwrap().success());
        let rest = String::from_utf8_lossy(&rest);
        assert!(rest.contains("while somebody waits for a key"), "{rest}");
        assert!(is_as_usual(&master));
    }
}
