//! What is known of tasks: what makes them, and what may be waited for.

use super::names::add;
use super::{Catalogue, Library};
use rustc_hash::FxHashMap;
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
    /// Those among such functions whose coroutine does not end by itself.
    #[serde(default)]
    pub endless: Vec<String>,
    /// Functions that give an awaitable for something that others may know.
    #[serde(default)]
    pub wrappers: Vec<String>,
    /// Functions that give a future, whose value nobody has before it is awaited.
    #[serde(default)]
    pub futures: Vec<String>,
    /// Functions that raise an exception when they are given an awaitable.
    #[serde(default)]
    pub refusing: Vec<String>,
    /// Functions that take an awaitable for any object, and make nothing of it that anybody wants.
    #[serde(default)]
    pub misreading: Vec<String>,
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

/// What a function has to do with awaitables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Maker,
    Coroutine,
    Endless,
    Wrapper,
    Future,
    Refusing,
    Misreading,
}

/// Notes down what a library's functions have to do with awaitables.
pub(super) fn note(roles: &mut FxHashMap<String, Role>, library: &Library) {
    let tasks = &library.tasks;
    add(roles, &tasks.makers, Role::Maker);
    add(roles, &tasks.coroutines, Role::Coroutine);
    add(roles, &tasks.endless, Role::Endless);
    add(roles, &tasks.wrappers, Role::Wrapper);
    add(roles, &tasks.futures, Role::Future);
    add(roles, &tasks.refusing, Role::Refusing);
    add(roles, &tasks.misreading, Role::Misreading);
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
        self.has_role(qualified, Role::Maker)
    }

    /// Whether what a function outside the project gives is a coroutine.
    pub fn gives_coroutine(&self, qualified: &str) -> bool {
        self.has_role(qualified, Role::Coroutine) || self.never_ends(qualified)
    }

    /// Whether what a function outside the project gives is a coroutine that does not end by itself.
    pub fn never_ends(&self, qualified: &str) -> bool {
        self.has_role(qualified, Role::Endless)
    }

    /// Whether what a function outside the project gives stands for something that others may know.
    pub fn wraps_awaitable(&self, qualified: &str) -> bool {
        self.has_role(qualified, Role::Wrapper)
    }

    /// Whether what a function outside the project gives is a future, and no coroutine.
    pub fn gives_future(&self, qualified: &str) -> bool {
        self.has_role(qualified, Role::Future) || self.wraps_awaitable(qualified)
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

    /// Whether a function raises an exception when it is given an awaitable.
    pub fn refuses_awaitables(&self, qualified: &str) -> bool {
        self.has_role(qualified, Role::Refusing)
    }

    /// Whether a function takes an awaitable for any object, as `str` does.
    pub fn misreads_awaitables(&self, qualified: &str) -> bool {
        self.has_role(qualified, Role::Misreading)
    }

    fn has_role(&self, qualified: &str, role: Role) -> bool {
        let found = self.inherited(qualified, &|name| self.roles.get(name));
        found == Some(&role)
    }
}
