//! Bytes and text. This layer knows no Python: it decodes and encodes source files, applies edits
//! to text and compares texts line by line.

pub mod changed;
pub mod diff;
pub mod edit;
pub mod encoding;
pub mod source;
pub mod span;

pub use changed::{Changed, LineRanges};
pub use edit::{Edit, EditError, Edits};
pub use encoding::{DecodeError, Encoding};
pub use source::{FileId, FileStyle, Newline, Source, Stamp, lines};
pub use span::Span;
