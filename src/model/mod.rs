//! Facts about Python code. This layer answers questions and changes nothing.

pub mod file;
pub mod libraries;
pub mod manifests;
pub mod project;
pub mod stdlib;
