//! What is known of objects that have to be closed: what opens them, and how they are closed.

use super::Catalogue;
use serde::Deserialize;

/// Objects that have to be closed, all in the same way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Closing {
    /// What opens one, by qualified names as in `Blocking::calls`.
    pub calls: Vec<String>,
    /// What it is, for messages: `client`.
    pub what: String,
    /// The object is there once the call is awaited.
    #[serde(default)]
    pub awaited: bool,
    /// Which of the values that are given it is, where there are several.
    pub item: Option<usize>,
    /// The methods that close it, in their order, with `await` before those that are coroutines.
    pub close: Vec<String>,
    /// Other methods that end it, or give it to somebody else.
    #[serde(default)]
    pub ends: Vec<String>,
    /// `async with` the call gives the object, and does in the end what `close` does.
    #[serde(default)]
    pub context: bool,
    /// Coroutine methods whose results do not need the object any more.
    #[serde(default)]
    pub complete: Vec<String>,
    /// Arguments with which such results do need it.
    #[serde(default)]
    pub incomplete_with: Vec<String>,
    /// Arguments that it works on, and that may belong to somebody else.
    #[serde(default)]
    pub lent: Vec<String>,
    /// What one object keeps from one use to the next, if it is made to be used again and again.
    pub keeps: Option<String>,
    /// Why making one costs time, for messages.
    pub costs: Option<String>,
}

impl Closing {
    /// The methods of `close`, each with whether it is awaited.
    pub fn steps(&self) -> impl Iterator<Item = (&str, bool)> {
        self.close
            .iter()
            .map(|step| match step.strip_prefix("await ") {
                Some(method) => (method, true),
                None => (step.as_str(), false),
            })
    }

    /// Whether a method closes the object, or takes part in it.
    pub fn closes(&self, method: &str) -> bool {
        self.steps().any(|(step, _)| step == method) || self.ends.iter().any(|end| end == method)
    }
}

impl Catalogue {
    /// What is known of the object that a call opens, if it has to be closed.
    pub fn closing(&self, qualified: &str) -> Option<&Closing> {
        self.inherited(qualified, &|name| {
            let (library, entry) = self.closing.get(name)?;
            self.libraries[*library].closing.get(*entry)
        })
    }
}
