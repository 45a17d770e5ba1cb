//! One source file: its text, and what it takes to write the text back as the same kind of bytes.

use super::encoding::{self, DecodeError, Encoding};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of the run, by its place in the order in which files are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Files above this size are skipped: offsets of the parser are 32 bits wide, and no source file
/// that a person wrote comes near.
pub const MAX_BYTES: usize = 64 << 20;

/// A fingerprint of the bytes of a file, to tell whether it changed since it was read (XXH3, 128 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(u128);

impl Stamp {
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(bytes))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newline {
    Lf,
    CrLf,
    Cr,
}

impl Newline {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }

    /// The line ending that new lines get: the first one in the text, LF where there is none.
    fn of(text: &str) -> Self {
        match memchr::memchr2(b'\n', b'\r', text.as_bytes()) {
            Some(at) if text[at..].starts_with("\r\n") => Self::CrLf,
            Some(at) if text[at..].starts_with('\r') => Self::Cr,
            _ => Self::Lf,
        }
    }
}

/// What of a file's bytes is not in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStyle {
    pub bom: bool,
    pub encoding: Encoding,
    pub newline: Newline,
}

/// A decoded source file.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    text: Arc<str>,
    stamp: Stamp,
    style: FileStyle,
    is_new: bool,
}

impl Source {
    /// Decodes the bytes of the file at `path`.
    pub fn decode(path: impl Into<PathBuf>, bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_BYTES {
            return Err(DecodeError::TooLarge(MAX_BYTES));
        }
        let (text, encoding, bom) = encoding::decode(bytes)?;
        Ok(Self {
            path: path.into(),
            stamp: Stamp::of(bytes),
            style: FileStyle {
                bom,
                encoding,
                newline: Newline::of(&text),
            },
            text: text.into(),
            is_new: false,
        })
    }

    /// A file that is not there yet.
    pub fn absent(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            text: "".into(),
            stamp: Stamp::of(b""),
            style: FileStyle {
                bom: false,
                encoding: Encoding::Utf8,
                newline: Newline::Lf,
            },
            is_new: true,
        }
    }

    /// Whether the file is not there yet.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    pub fn style(&self) -> FileStyle {
        self.style
    }

    /// The bytes of the file if it had this text; the error is the character its encoding lacks.
    pub fn encode(&self, text: &str) -> Result<Vec<u8>, char> {
        encoding::encode(text, self.style.encoding, self.style.bom)
    }
}

/// The lines of a text without their endings, as Python ends them: a bare carriage return does as well.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('\r'))
}
