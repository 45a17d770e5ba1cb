//! What is known about Python libraries, read from `transforms/libraries/*.toml`.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The files of the catalogue, compiled in.
const FILES: &[(&str, &str)] = &[
    (
        "aiohttp.toml",
        include_str!("../../transforms/libraries/aiohttp.toml"),
    ),
    (
        "anyio.toml",
        include_str!("../../transforms/libraries/anyio.toml"),
    ),
    (
        "asyncio.toml",
        include_str!("../../transforms/libraries/asyncio.toml"),
    ),
    (
        "cocotb.toml",
        include_str!("../../transforms/libraries/cocotb.toml"),
    ),
    (
        "curio.toml",
        include_str!("../../transforms/libraries/curio.toml"),
    ),
    (
        "httpx.toml",
        include_str!("../../transforms/libraries/httpx.toml"),
    ),
    (
        "pytest.toml",
        include_str!("../../transforms/libraries/pytest.toml"),
    ),
    (
        "python.toml",
        include_str!("../../transforms/libraries/python.toml"),
    ),
    (
        "requests.toml",
        include_str!("../../transforms/libraries/requests.toml"),
    ),
    (
        "trio.toml",
        include_str!("../../transforms/libraries/trio.toml"),
    ),
    (
        "twisted.toml",
        include_str!("../../transforms/libraries/twisted.toml"),
    ),
];

/// What is known of one library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Library {
    /// The name of its top-level module.
    pub name: String,
    pub event_loop: Option<EventLoop>,
    /// Who imports it writes for asyncio.
    #[serde(default)]
    pub asyncio_only: bool,
    pub http: Option<Http>,
    /// Classes by qualified name.
    #[serde(default)]
    pub classes: BTreeMap<String, Class>,
    #[serde(default)]
    pub pure_builtins: Vec<String>,
    /// Modules all of whose members are pure.
    #[serde(default)]
    pub pure_modules: Vec<String>,
    #[serde(default)]
    pub pure_names: Vec<String>,
    #[serde(default)]
    pub pure_methods: Vec<String>,
    /// Methods that only read when they are given so many arguments by position.
    #[serde(default)]
    pub pure_methods_from: BTreeMap<String, usize>,
    #[serde(default)]
    pub filling_methods: Vec<String>,
    /// Context managers that concern nobody but the block they guard: qualified names, builtins, and
    /// methods of `self`.
    #[serde(default)]
    pub private_contexts: Vec<String>,
    /// Those that may end in peace although their block has failed.
    #[serde(default)]
    pub swallowing_contexts: Vec<String>,
    #[serde(default)]
    pub logging_methods: Vec<String>,
    /// Classes whose objects are collections.
    #[serde(default)]
    pub collections: Vec<String>,
    /// Functions whose items never end.
    #[serde(default)]
    pub endless: Vec<String>,
    /// Words in the names of functions that write.
    #[serde(default)]
    pub writing_words: Vec<String>,
    /// Words in the names of objects that may not be used by two tasks at a time.
    #[serde(default)]
    pub exclusive_words: Vec<String>,
    /// Modules whose objects may not be used by two tasks at a time.
    #[serde(default)]
    pub exclusive_modules: Vec<String>,
    /// Methods that take what comes next from their object.
    #[serde(default)]
    pub taking_methods: Vec<String>,
    /// Words in the names of iterables that slow a loop down or show how far it is.
    #[serde(default)]
    pub pacing_words: Vec<String>,
}

/// A class whose objects are used from coroutines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Class {
    /// One object may be used by several tasks at a time.
    pub concurrent: bool,
    /// Coroutine methods that read and change nothing elsewhere.
    pub reads: Vec<String>,
    /// What `async with object.method(...) as name` gives the name, for methods that open something.
    #[serde(default)]
    pub opens: BTreeMap<String, String>,
}

/// A library that runs coroutines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventLoop {
    pub runs: Runs,
    /// httpx works on the library's own loop as well.
    #[serde(default)]
    pub serves_httpx: bool,
    /// The coroutine function that waits, by its qualified name.
    pub sleep: Option<String>,
}

/// Which event loop coroutines of files that import a library run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    Asyncio,
    /// Whichever is there: the library hides the difference.
    Any,
    /// The library's own, on which asyncio's functions do not work.
    Own,
}

/// A blocking HTTP library, and how its names map to those of httpx.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Http {
    /// Module-level functions by qualified name.
    pub functions: BTreeMap<String, HttpFunction>,
    pub keywords: BTreeMap<String, Keyword>,
    /// Attributes and methods of a response.
    pub response: BTreeMap<String, Member>,
    /// Exceptions by qualified name: the classes that together catch the same failures.
    pub exceptions: BTreeMap<String, Vec<String>>,
    /// Those of the exceptions that catch every failure of a request.
    pub catch_all: Vec<String>,
    /// What `json()` raises, on either side, for a body that is none; a catch-all of the old library
    /// catches it too.
    pub decoding_error: String,
    /// Modules all of whose members are exceptions.
    pub exception_modules: Vec<String>,
    /// Modules that stand in for the library in tests, or change what it does, and parameters by
    /// which test functions ask for one.
    pub interceptors: Vec<String>,
    pub interceptor_fixtures: Vec<String>,
    /// Authentication classes and the like: callables by qualified name to their counterparts.
    pub callables: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpFunction {
    /// The client's method.
    pub method: String,
    /// The names of positional arguments after the URL (for `request`, after method and URL).
    pub positional: Vec<String>,
    /// Whether the function follows redirects when not told.
    pub follows_redirects: bool,
    /// Whether the client's method of this name takes a body.
    pub takes_body: bool,
}

/// What becomes of a keyword argument.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Keyword {
    /// The counterpart's name; none where there is no counterpart per request.
    pub to: Option<String>,
    /// Which values mean the same on both sides.
    pub accepts: Accepts,
    /// Why other values, or all of them, have no counterpart.
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepts {
    /// Every value.
    Anything,
    /// Text, as far as can be seen.
    Url,
    /// `True` or `False`; it becomes an argument of the client.
    Boolean,
    /// A dict display, or nothing, whose values are neither `None` nor booleans.
    PlainMapping,
    /// A dict display whose values are strings.
    StringMapping,
    /// Form fields as a dict display, or a text or bytes literal, which goes by another keyword.
    Body,
    /// Number, `None` or a pair of connect and read timeouts.
    Timeout,
    /// A pair of strings, or a known authentication class.
    Auth,
    /// Nothing.
    Nothing,
}

/// What becomes of a member of a response. Without any field, it means the same on both sides.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Member {
    /// The counterpart's name, where only the name differs.
    pub to: Option<String>,
    /// An expression with `{}` for the response, where more than the name differs.
    pub expression: Option<String>,
    /// The builtin type whose call the expression already is.
    pub is: Option<String>,
    /// What a person must confirm.
    pub review: Option<String>,
    /// Why there is no counterpart.
    pub blocked: Option<String>,
    /// A method: it must be called at once.
    pub method: bool,
    /// The result of the method differs, so it must not be used.
    pub statement_only: bool,
    /// The method raises for an answer that only redirects, where the old one does not.
    pub minds_redirects: bool,
    /// A mapping whose iteration differs: only looking up one entry means the same.
    pub lookup_only: bool,
}

/// The catalogue.
static LIBRARIES: LazyLock<Result<Vec<Library>, String>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(file, text)| toml::from_str(text).map_err(|error| format!("{file}: {error}")))
        .collect()
});

/// Every library of the catalogue, by name. A catalogue that cannot be read is empty; a test sees to
/// it that it can.
pub fn libraries() -> &'static [Library] {
    LIBRARIES.as_deref().unwrap_or_default()
}

/// What is known of a class, by its qualified name.
pub fn class(qualified: &str) -> Option<&'static Class> {
    libraries()
        .iter()
        .find_map(|library| library.classes.get(qualified))
}

/// Whether a function or class outside the file only computes.
pub fn is_pure(qualified: &str) -> bool {
    libraries().iter().any(|library| {
        library.pure_names.iter().any(|name| name == qualified)
            || library.pure_modules.iter().any(|module| {
                qualified
                    .strip_prefix(module.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
            })
    })
}

/// Whether a builtin only computes. Making an exception does.
pub fn is_pure_builtin(name: &str) -> bool {
    let exception = name.ends_with("Error") || name.ends_with("Exception");
    exception || listed(|library| &library.pure_builtins, name)
}

/// Whether a method of this name, called with so many arguments by position, reads its object and
/// changes nothing.
pub fn is_pure_method(name: &str, arguments: usize) -> bool {
    listed(|library| &library.pure_methods, name)
        || libraries().iter().any(|library| {
            let from = library.pure_methods_from.get(name);
            from.is_some_and(|from| arguments >= *from)
        })
}

/// Whether a method of this name changes the collection it is called on, and nothing else.
pub fn is_filling_method(name: &str) -> bool {
    listed(|library| &library.filling_methods, name)
}

pub fn is_private_context(name: &str) -> bool {
    listed(|library| &library.private_contexts, name)
}

pub fn swallows_errors(name: &str) -> bool {
    listed(|library| &library.swallowing_contexts, name)
}

/// Whether a method of a logger writes a line.
pub fn is_logging_method(name: &str) -> bool {
    listed(|library| &library.logging_methods, name)
}

/// Whether a class outside the file makes a new collection.
pub fn is_collection(qualified: &str) -> bool {
    listed(|library| &library.collections, qualified)
}

/// Whether what a function outside the file gives never ends.
pub fn is_endless(qualified: &str) -> bool {
    listed(|library| &library.endless, qualified)
}

/// Whether a word in the name of a function says that it writes; `a` in front of it stands for
/// "asynchronous", as in `asave`.
pub fn speaks_of_writing(word: &str) -> bool {
    let known = |word: &str| listed(|library| &library.writing_words, word);
    let bare = word.strip_prefix('a').filter(|_| word != "async");
    known(word) || bare.is_some_and(known)
}

/// Whether a word in the name of an object, or of several, says that it serves one call at a time.
pub fn serves_one_at_a_time(word: &str) -> bool {
    let known = |word: &str| listed(|library| &library.exclusive_words, word);
    known(word) || word.strip_suffix('s').is_some_and(known)
}

/// Modules whose objects may not be used by two tasks at a time.
pub fn exclusive_modules() -> impl Iterator<Item = &'static str> {
    libraries()
        .iter()
        .flat_map(|library| &library.exclusive_modules)
        .map(String::as_str)
}

/// Whether a method of this name takes what comes next from its object.
pub fn takes_the_next(name: &str) -> bool {
    listed(|library| &library.taking_methods, name)
}

/// Whether a word in the name of an iterable says that it paces a loop, or shows how far it is.
pub fn paces(word: &str) -> bool {
    listed(|library| &library.pacing_words, word)
}

fn listed(list: impl Fn(&Library) -> &Vec<String>, name: &str) -> bool {
    libraries()
        .iter()
        .any(|library| list(library).iter().any(|known| known == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_can_be_read_and_is_sorted() {
        let libraries = LIBRARIES.as_ref().unwrap();
        assert!(libraries.is_sorted_by_key(|library| &library.name));
    }
}
