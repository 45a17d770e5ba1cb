//! What cannot be right in the description of a library, whatever the library is.

use super::{Blocking, Catalogue, Fallback, Library, expand};
use rustc_hash::FxHashSet;
use std::fmt;

/// Everything that is wrong with descriptions of libraries, each in a sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n    "))
    }
}

impl std::error::Error for Mistakes {}

/// Looks at libraries that are to go before those of a catalogue.
pub(super) fn check<'l>(
    known: &Catalogue,
    libraries: impl IntoIterator<Item = &'l Library>,
) -> Result<(), Mistakes> {
    let mut mistakes = Vec::new();
    let mut seen = FxHashSet::default();
    for library in libraries {
        let mut found = Vec::new();
        names(known, library, &mut found);
        for entry in &library.blocking {
            let calls = entry.calls.iter().flat_map(|call| names_of(call));
            found.extend(
                calls
                    .filter(|call| !seen.insert(call.clone()))
                    .map(|call| format!("`{call}` blocks twice: describe it once")),
            );
            blocking(entry, &mut found);
        }
        others(library, &mut found);
        let name = &library.name;
        mistakes.extend(found.iter().map(|what| format!("library `{name}`: {what}")));
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Mistakes(mistakes)),
    }
}

/// Every name has a form in which code can name something.
fn names(known: &Catalogue, library: &Library, found: &mut Vec<String>) {
    if !is_dotted(&library.name.replace('-', "_")) {
        found.push("its name is that of a module".to_owned());
    }
    let blocking = library.blocking.iter().flat_map(|entry| &entry.calls);
    let schedulers = library.schedulers.iter().flat_map(|entry| &entry.calls);
    let endpoints = library
        .endpoints
        .iter()
        .flat_map(|entry| entry.decorators.iter().chain(&entry.bases));
    let closing = library.closing.iter().flat_map(|entry| &entry.calls);
    let functions = blocking
        .chain(schedulers)
        .chain(closing)
        .chain(endpoints)
        .chain(library.gives.keys())
        .chain(library.decorators.keys());
    for name in functions.flat_map(|name| names_of(name)) {
        if !is_dotted(&name) {
            found.push(format!("`{name}` is no name that code could use"));
        } else if !name.contains('.') && !known.knows_builtin(&name) {
            let module = &library.name;
            found.push(format!(
                "`{name}` names no module: write `{module}.{name}`, or wherever it is imported from"
            ));
        }
    }
    let classes = library
        .gives
        .values()
        .chain(library.bases.keys())
        .chain(library.bases.values().flatten())
        .chain(library.counterparts.keys())
        .chain(library.counterparts.values().map(|other| &other.class))
        .chain(library.aliases.keys())
        .chain(library.aliases.values())
        .chain(library.classes.keys());
    for name in classes.flat_map(|name| names_of(name)) {
        if !is_dotted(&name) {
            found.push(format!("`{name}` is no name that code could use"));
        }
    }
}

fn blocking(entry: &Blocking, found: &mut Vec<String>) {
    let calls = entry.calls.join("`, `");
    if entry.calls.is_empty() {
        found.push("a `blocking` table has no `calls`".to_owned());
    }
    if entry.fallback == Fallback::Review && entry.why.is_none() {
        found.push(format!(
            "`{calls}`: with `fallback = \"review\"`, `why` says what to look at"
        ));
    }
    for (keyword, literal) in &entry.unless {
        let is_literal = ["True", "False", "None"].contains(&literal.as_str())
            || literal.contains('.') && is_dotted(literal)
            || !literal.is_empty() && literal.bytes().all(|byte| byte.is_ascii_digit());
        if !is_literal {
            found.push(format!(
                "`{calls}`: `unless` compares `{keyword}` with \"True\", \"False\", \"None\" or a \
                 number, not with \"{literal}\""
            ));
        }
    }
    for keyword in entry.positions.keys() {
        let reviewed = entry.review_with.keys();
        let mut reviewed =
            reviewed.map(|condition| condition.split('=').next().unwrap_or_default());
        let used = entry.unless.contains_key(keyword)
            || entry.only_with.contains(keyword)
            || reviewed.any(|other| other == keyword);
        if !used {
            found.push(format!(
                "`{calls}`: `positions` has `{keyword}`, which no condition speaks of"
            ));
        }
    }
    let Some(counterpart) = &entry.counterpart else {
        return;
    };
    let function = &counterpart.function;
    let is_method = function.strip_prefix('.').is_some_and(is_identifier);
    let is_function = function.contains('.') && is_dotted(function);
    if !is_method && !is_function {
        found.push(format!(
            "`{calls}`: the counterpart `{function}` is neither `module.function` nor `.method`"
        ));
    }
    let mut seen = FxHashSet::default();
    let listed = counterpart.keywords.keys();
    let listed = listed.chain(&counterpart.drops).chain(&counterpart.lacks);
    for keyword in listed.filter(|keyword| !seen.insert(keyword.as_str())) {
        found.push(format!(
            "`{calls}`: only one of `keywords`, `drops` and `lacks` can have `{keyword}`"
        ));
    }
    for keyword in counterpart.keywords.values() {
        if !is_identifier(keyword) {
            found.push(format!("`{calls}`: `{keyword}` is no keyword argument"));
        }
    }
}

fn others(library: &Library, found: &mut Vec<String>) {
    for entry in &library.schedulers {
        if entry.position.is_none() && entry.keyword.is_none() {
            let calls = entry.calls.join("`, `");
            found.push(format!(
                "`{calls}`: `position` or `keyword` says which argument is called"
            ));
        }
    }
    for entry in &library.closing {
        let methods = entry.steps().map(|(method, _)| method);
        let mut methods = methods.chain(entry.ends.iter().map(String::as_str));
        if entry.close.is_empty() || !methods.all(is_identifier) {
            let calls = entry.calls.join("`, `");
            found.push(format!(
                "`{calls}`: `close` has the methods that close it, as \"await aclose\""
            ));
        }
    }
    for entry in &library.endpoints {
        if entry.decorators.is_empty() && entry.bases.is_empty() {
            let what = &entry.what;
            found.push(format!("the {what} has neither `decorators` nor `bases`"));
        }
        if entry.bases.is_empty() != entry.methods.is_empty() {
            let what = &entry.what;
            found.push(format!("the {what} needs both `bases` and `methods`"));
        }
    }
}

/// `a.b.c`, or only `a`; at the end, `*` and `[]` stand for members and items.
fn is_dotted(name: &str) -> bool {
    let owner = name.strip_suffix(".*").or_else(|| name.strip_suffix(".[]"));
    owner.unwrap_or(name).split('.').all(is_identifier)
}

/// The names that `a.{b,c}` stands for; what has other braces stands for itself, which is no name.
fn names_of(name: &str) -> Vec<String> {
    let braces: String = name.chars().filter(|c| "{}".contains(*c)).collect();
    match braces.replace("{}", "").is_empty() {
        true => expand(name),
        false => vec![name.to_owned()],
    }
}

fn is_identifier(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphabetic() || letter == '_';
    name.starts_with(is_letter) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
