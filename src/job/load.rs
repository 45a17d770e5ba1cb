//! Reading one file and looking at it.

use super::{Entry, Skipped};
use crate::engine::{Loaded, Selection, examine};
use crate::fix::FileId;
use crate::python::Lines;
use crate::text::Source;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What became of a file.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing to say about it.
    Quiet,
    Found(Loaded),
    Skipped(Skipped),
}

/// Reads a file and examines it. Nothing that is wrong with one file stops the run.
pub fn load(entry: &Entry, file: FileId, selection: &Selection) -> Outcome {
    match std::fs::read(&entry.path) {
        Ok(bytes) => load_source(&entry.path, &bytes, file, selection),
        Err(error) => Outcome::Skipped(Skipped::new(
            &entry.path,
            format!("cannot be read ({error})"),
        )),
    }
}

/// Examines the bytes of a file.
pub fn load_source(path: &Path, bytes: &[u8], file: FileId, selection: &Selection) -> Outcome {
    // Stubs say what other files are; there is nothing in them to repair.
    let is_stub = path.extension().is_some_and(|extension| extension == "pyi");
    let concerns = !is_stub && selection.may_concern(bytes);
    if !concerns && is_plain(bytes) {
        return Outcome::Quiet;
    }
    let source = match Source::decode(path, bytes) {
        Ok(source) => source,
        Err(error) => return Outcome::Skipped(Skipped::new(path, error)),
    };
    if !concerns {
        return Outcome::Quiet;
    }
    match catch_unwind(AssertUnwindSafe(|| examine(source.text(), file, selection))) {
        Ok(Ok(findings)) if findings.is_empty() => Outcome::Quiet,
        Ok(Ok(findings)) => Outcome::Found(Loaded { source, findings }),
        Ok(Err(trouble)) => Outcome::Skipped(Skipped {
            path: path.to_path_buf(),
            position: Some(Lines::new(source.text()).position(trouble.at)),
            why: format!("does not parse: {trouble}"),
        }),
        Err(_) => Outcome::Skipped(Skipped::new(
            path,
            "asyncfix failed on it; please report this with the file",
        )),
    }
}

/// Whether bytes are certain to be readable: ASCII without NUL, or valid UTF-8 that declares nothing else.
fn is_plain(bytes: &[u8]) -> bool {
    if memchr::memchr(0, bytes).is_some() {
        return false;
    }
    let head_end = bytes
        .iter()
        .take(400)
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(1);
    let head = &bytes[..head_end.map_or(bytes.len().min(400), |(at, _)| at)];
    memchr::memmem::find(head, b"coding").is_none() && std::str::from_utf8(bytes).is_ok()
}
