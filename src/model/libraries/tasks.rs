//! What is known of tasks: what makes them, and what may be waited for.

use super::{Catalogue, expand};
use serde::Deserialize;

/// What a library has to do with tasks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tasks {
    /// Functions that run a coroutine in a task which nobody holds but who calls them.
    #[serde(default)]
    pub makers: Vec<String>,
    /// Functions and methods that give a coroutine, and not another awaitable.
    #[serde(default)]
    pub coroutines: Vec<String>,
    /// Functions that give an awaitable for something that others may know.
    #[serde(default)]
    pub wrappers: Vec<String>,
    /// Words in the names of functions that end something, where errors do not matter any more.
    #[serde(default)]
    pub ending_words: Vec<String>,
    /// Decorators that make coroutines of generators.
    pub generators: Option<Generators>,
}

/// Decorators that make coroutines of generators, from before there was `async def`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Generators {
    pub decorators: Vec<String>,
    pub waits: Waits,
    /// The exceptions that end such a generator with a result.
    #[serde(default)]
    pub returns: Vec<String>,
    /// The function that waits for each item of a list or dict, which the generator could yield.
    pub each: Option<String>,
    /// What a person must confirm of every one of them.
    pub confirm: Option<String>,
}

/// How a generator waits that a decorator makes a coroutine of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    Yield,
    YieldFrom,
}

impl Catalogue {
    /// Whether calling a function lets event loops run inside another from then on.
    pub fn lets_nest(&self, qualified: &str) -> bool {
        self.libraries()
            .any(|library| library.nests.as_deref() == Some(qualified))
    }

    /// The libraries that let an event loop run inside another.
    pub fn nesting(&self) -> impl Iterator<Item = &str> {
        let nesting = self.libraries().filter(|library| library.nests.is_some());
        nesting.map(|library| library.name.as_str())
    }

    /// Whether a function runs a coroutine in a task which nobody holds but who calls it.
    pub fn makes_task(&self, qualified: &str) -> bool {
        self.named(|tasks| &tasks.makers, qualified)
    }

    /// Whether what a function outside the project gives is a coroutine.
    pub fn gives_coroutine(&self, qualified: &str) -> bool {
        self.named(|tasks| &tasks.coroutines, qualified)
    }

    /// Whether what a function outside the project gives stands for something that others may know.
    pub fn wraps_awaitable(&self, qualified: &str) -> bool {
        self.named(|tasks| &tasks.wrappers, qualified)
    }

    /// What is known of a decorator that makes coroutines of generators.
    pub fn generators(&self, decorator: &str) -> Option<&Generators> {
        let name = self.canonical(decorator);
        let mut all = self
            .libraries()
            .filter_map(|library| library.tasks.generators.as_ref());
        all.find(|known| known.decorators.iter().any(|known| known == name))
    }

    /// Whether a word in the name of a function says that it ends something.
    pub fn speaks_of_ending(&self, word: &str) -> bool {
        let bare = word.strip_prefix('a').unwrap_or(word);
        self.listed(|library| &library.tasks.ending_words, word)
            || self.listed(|library| &library.tasks.ending_words, bare)
    }

    fn named(&self, list: impl Fn(&Tasks) -> &Vec<String>, qualified: &str) -> bool {
        let name = self.canonical(qualified);
        let mut known = self.libraries().flat_map(|library| list(&library.tasks));
        known.any(|known| expand(known).iter().any(|known| known == name))
    }
}
