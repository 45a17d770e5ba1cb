//! Pythons with pinned libraries, for the tests that ask the libraries themselves.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python with the libraries that a file of requirements pins, made anew when it or the Python is
/// another than before. An error where there is no Python or no package index.
pub fn python(name: &str, requirements: &Path) -> Result<PathBuf, String> {
    let pins = std::fs::read_to_string(requirements).unwrap();
    let chosen = std::env::var("ASYNCFIX_PYTHON");
    let system = chosen.as_deref().unwrap_or("python3");
    let version = "import sys; assert sys.version_info >= (3, 11); print(sys.version)";
    let found = Command::new(system).args(["-c", version]).output();
    let found = found.map_err(|error| format!("{system}: {error}"))?;
    if !found.status.success() {
        return Err(format!("{system} is not Python 3.11 or newer"));
    }
    let made_of = String::from_utf8_lossy(&found.stdout).into_owned() + &pins;

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    // Two runs at a time must not make it at once.
    let lock = File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let seal = folder.join("made-of.txt");
    if std::fs::read_to_string(&seal).is_ok_and(|seal| seal == made_of) {
        return Ok(python);
    }
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().unwrap();
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    };
    let path = folder.to_str().unwrap();
    run(Path::new(system), &["-m", "venv", "--clear", path])?;
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    let with = |arguments: &[&str]| run(&python, &[&install[..], arguments].concat());
    if let Err(error) = with(&["--requirement", requirements.to_str().unwrap()]) {
        // Is it the pins, or is there no package index?
        let reach = with(&["--dry-run", "--ignore-installed", "--no-deps", "pip"]);
        assert!(reach.is_err(), "{}: {error}", requirements.display());
        return Err(format!("no package index can be reached ({error})"));
    }
    std::fs::write(seal, made_of).unwrap();
    Ok(python)
}

/// Without Python or a package index there is nothing to ask. Where everything has to be there, that
/// is a failure.
pub fn skip(why: &str, what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("{why}: {what}");
}
