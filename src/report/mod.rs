//! What a run found or did, for people and programs. Everything here returns text; nothing prints.

pub mod answers;
#[cfg(unix)]
pub mod campaign;
pub mod catalogue;
pub mod diff;
pub mod html;
pub mod json;
pub mod review;
pub mod summary;
pub mod text;
pub mod why;
