//! Reading one file and looking at it.

use super::{Entry, Skipped};
use crate::engine::{Loaded, Selection, examine, is_asynchronous};
use crate::fix::FileId;
use crate::python::{Lines, deep_stack, parse};
use crate::text::Source;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What became of a file.
#[derive(Debug)]
pub enum Outcome<T = Loaded> {
    /// Nothing to say about it.
    Quiet,
    Found(T),
    Skipped(Skipped),
}

impl<T> Outcome<T> {
    /// The same outcome, with what was found digested.
    pub fn map<U>(self, digest: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Quiet => Outcome::Quiet,
            Self::Found(found) => Outcome::Found(digest(found)),
            Self::Skipped(skipped) => Outcome::Skipped(skipped),
        }
    }
}

/// Reads a file and examines it. Nothing that is wrong with one file stops the run.
pub fn load(entry: &Entry, file: FileId, selection: &Selection) -> Outcome {
    match std::fs::read(&entry.path) {
        Ok(bytes) => load_source(&entry.path, &bytes, entry.thorough, file, selection),
        Err(error) => Outcome::Skipped(Skipped::new(
            &entry.path,
            format!("cannot be read ({error})"),
        )),
    }
}

/// Examines the bytes of a file. One without a coroutine is only checked for being readable, unless
/// the look is to be `thorough`; any other is parsed, whatever it holds.
pub fn load_source(
    path: &Path,
    bytes: &[u8],
    thorough: bool,
    file: FileId,
    selection: &Selection,
) -> Outcome {
    let asynchronous = is_asynchronous(bytes);
    let worth_parsing = thorough || asynchronous;
    if !worth_parsing && is_plain(bytes) {
        return Outcome::Quiet;
    }
    let source = match Source::decode(path, bytes) {
        Ok(source) => source,
        Err(error) => return Outcome::Skipped(Skipped::new(path, error)),
    };
    if !worth_parsing {
        return Outcome::Quiet;
    }
    // Stubs say what other files are; there is nothing in them to repair.
    let is_stub = path.extension().is_some_and(|extension| extension == "pyi");
    let look = || match asynchronous && !is_stub && selection.may_concern(bytes) {
        true => examine(source.text(), file, selection),
        false => deep_stack(|| parse(source.text()).map(|_| Vec::new())),
    };
    match catch_unwind(AssertUnwindSafe(look)) {
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
