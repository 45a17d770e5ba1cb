//! One page that shows all fixes and findings, and from which decisions are downloaded. It needs no
//! network and no other file: style, script and data are in it.

mod data;
mod diffs;
mod escape;
mod summary;

pub use diffs::{FileDiff, file_diffs};

use crate::fix::Finding;
use crate::python::Position;
use crate::review::{Decision, Standing};
use data::Data;
use escape::{escaped, in_script};
use std::path::Path;
use summary::Summary;
use xxhash_rust::xxh3::xxh3_64;

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// A finding and where it is.
pub struct Place<'a> {
    pub finding: &'a Finding,
    /// As the page shows it, and the ledger names it.
    pub path: String,
    pub at: Position,
    /// What the ledger would have: accepted where there is a fix, else refused. Nothing where it could not
    /// say which place is meant.
    pub decision: Option<Decision>,
    /// What it has, with the note of whoever decided.
    pub held: Option<(Standing, Option<&'a str>)>,
}

/// What becomes of the code.
#[derive(Debug)]
pub enum Change {
    /// There is no fix.
    Nothing,
    Files(Vec<FileDiff>),
    /// The fix cannot be carried out, and why.
    Fails(String),
}

/// The page, as entries are added.
pub struct Report<'n> {
    data: Data<'n>,
    summary: Summary,
}

impl<'n> Report<'n> {
    /// `name` gives the name under which a file is shown.
    pub fn new(name: &'n dyn Fn(&Path) -> String) -> Self {
        Self {
            data: Data::new(name),
            summary: Summary::default(),
        }
    }

    /// Adds a fix with all places that it serves, or a finding without a fix.
    pub fn add(&mut self, places: &[Place<'_>], change: &Change) {
        if let Some(first) = places.first() {
            self.summary.add(first);
            self.data.add(first, places, change);
        }
    }

    /// `12 fixes, 3 findings without a fix`.
    pub fn counts(&self) -> String {
        self.summary.counts()
    }

    /// The whole page about a project of this name.
    pub fn page(&self, project: &str) -> Result<String, serde_json::Error> {
        let data = in_script(&self.data.json()?);
        let key = format!("{:016x}", xxh3_64(data.as_bytes()));
        let value = |name: &str| match name {
            "project" => escaped(project),
            "version" => env!("CARGO_PKG_VERSION").to_owned(),
            "counts" => self.summary.counts(),
            "summary" => self.summary.tables(),
            "style" => STYLE.to_owned(),
            "script" => SCRIPT.to_owned(),
            "key" => key.clone(),
            "data" => data.clone(),
            _ => String::new(),
        };
        let mut page = String::with_capacity(PAGE.len() + STYLE.len() + SCRIPT.len() + data.len());
        // What is filled in is not looked at again.
        for (index, part) in PAGE.split("{{").enumerate() {
            match part.split_once("}}") {
                Some((name, rest)) if index > 0 => {
                    page.push_str(&value(name));
                    page.push_str(rest);
                }
                _ => page.push_str(part),
            }
        }
        Ok(page)
    }
}
