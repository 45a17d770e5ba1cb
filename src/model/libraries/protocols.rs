//! Which loops and `with` statements objects serve.

use super::Catalogue;
use serde::Deserialize;

/// A way in which statements use an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    For,
    AsyncFor,
    With,
    AsyncWith,
}

impl Protocol {
    /// The methods one of which makes an object serve it.
    pub fn methods(self) -> &'static [&'static str] {
        match self {
            Self::For => &["__iter__", "__getitem__"],
            Self::AsyncFor => &["__aiter__"],
            Self::With => &["__enter__"],
            Self::AsyncWith => &["__aenter__"],
        }
    }
}

impl Catalogue {
    /// Every loop and `with` that the objects of a class serve, or what a function gives.
    pub fn protocols(&self, qualified: &str) -> Option<&[Protocol]> {
        let name = self.canonical(qualified);
        self.protocols.get(name).map(Vec::as_slice)
    }
}
