//! Functions that become coroutine functions together, with everything that calls them.

use super::{Cx, FileId, Fix};
use crate::model::file::{Facts, Why};
use crate::model::libraries::Runs;
use crate::model::project::Colouring;
use crate::text::{Edit, EditError};
use std::collections::{BTreeMap, BTreeSet};

/// The edits that make functions coroutine functions and await their calls, by file. Refused where a
/// file may not be changed, or may not run on asyncio's event loop.
pub fn coloured(cx: &Cx<'_>, colouring: &Colouring) -> Result<BTreeMap<FileId, Vec<Edit>>, Why> {
    let mut edits: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for function in &colouring.functions {
        if let Some(of) = cx.project.function(*function) {
            edits
                .entry(function.file)
                .or_default()
                .push(Edit::insert(of.starts, "async "));
        }
    }
    for (file, index) in &colouring.awaits {
        if let Some(call) = cx.project.call(*file, *index as usize) {
            let edits = edits.entry(*file).or_default();
            if call.wraps {
                edits.push(Edit::insert(call.at.start(), "(await "));
                edits.push(Edit::insert(call.at.end(), ")"));
            } else {
                edits.push(Edit::insert(call.at.start(), "await "));
            }
        }
    }
    for file in edits.keys() {
        may_change(cx, *file)?;
    }
    Ok(edits)
}

/// What such a change does, in a line.
pub fn colouring_title(cx: &Cx<'_>, colouring: &Colouring, files: usize) -> String {
    let mut names: Vec<String> = colouring
        .functions
        .iter()
        .filter_map(|function| Some(format!("`{}`", cx.project.function(*function)?.qualified)))
        .collect();
    names.sort();
    let across = match files {
        1 => String::new(),
        count => format!(", in {count} files"),
    };
    format!(
        "make {} {} and await {}{across}",
        listed(&names),
        if names.len() == 1 {
            "a coroutine function"
        } else {
            "coroutine functions"
        },
        if names.len() == 1 { "it" } else { "them" }
    )
}

/// What a person must confirm of such a change: `reviews`, and that nobody else calls the functions.
pub fn colouring_reason(colouring: &Colouring, reviews: BTreeSet<String>) -> Option<String> {
    let mut reviews: Vec<String> = reviews.into_iter().collect();
    if !colouring.public.is_empty() {
        let public: Vec<String> = colouring
            .public
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        reviews.insert(
            0,
            format!(
                "code outside these files that calls {} has to await it",
                public.join(" or ")
            ),
        );
    }
    (!reviews.is_empty()).then(|| reviews.join("; "))
}

/// One change of all these files.
pub fn across_files(
    title: String,
    reason: Option<String>,
    edits: BTreeMap<FileId, Vec<Edit>>,
) -> Result<Fix, Why> {
    let mut files = edits.into_iter();
    let Some((first, own)) = files.next() else {
        return Err(Why::new("nothing would change"));
    };
    let mistake = |error: EditError| Why::new(format!("a mistake in asyncfix: {error}"));
    let mut fix = Fix::judged(title, reason, first, own).map_err(mistake)?;
    for (file, more) in files {
        fix = fix.and(file, more).map_err(mistake)?;
    }
    Ok(fix)
}

fn listed(names: &[String]) -> String {
    match names {
        [one, two, three, .., _] if names.len() > 4 => {
            format!("{one}, {two}, {three} and {} more", names.len() - 3)
        }
        _ => names.join(", "),
    }
}

/// Whether a file may be changed, and runs on asyncio's event loop as far as can be seen.
fn may_change(cx: &Cx<'_>, file: FileId) -> Result<(), Why> {
    let path = || cx.project.modules().path(file).display().to_string();
    if !cx.project.modules().is_asked(file) {
        return Err(Why::new(format!(
            "{} would change as well, and was not asked for",
            path()
        )));
    }
    let facts = cx.project.facts(file);
    let other = cx.project.catalogue().libraries().find(|library| {
        let other = library
            .event_loop
            .as_ref()
            .is_some_and(|event_loop| event_loop.runs != Runs::Asyncio);
        other && facts.is_some_and(|facts| imports(facts, &library.name))
    });
    match other {
        Some(library) => Err(Why::new(format!(
            "{} may run under {}",
            path(),
            library.name
        ))),
        None => Ok(()),
    }
}

fn imports(facts: &Facts, module: &str) -> bool {
    facts.imports.iter().any(|(level, name)| {
        *level == 0
            && name
                .strip_prefix(module)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}
