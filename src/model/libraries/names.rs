//! Names in the catalogue, several of which may be written as one.

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

pub(super) fn add<T: Copy>(index: &mut FxHashMap<String, T>, names: &[String], entry: T) {
    for name in names.iter().flat_map(|name| expand(name)) {
        index.entry(name).or_insert(entry);
    }
}

pub(super) fn merge<T: Clone>(index: &mut FxHashMap<String, T>, more: &BTreeMap<String, T>) {
    for (name, value) in more
        .iter()
        .flat_map(|(name, value)| expand(name).into_iter().map(move |name| (name, value)))
    {
        index.entry(name).or_insert_with(|| value.clone());
    }
}

/// The names that `a.{b,c}` stands for; there may be several braces.
pub fn expand(name: &str) -> Vec<String> {
    let Some((start, rest)) = name.split_once('{') else {
        return vec![name.to_owned()];
    };
    let (choices, end) = rest.split_once('}').unwrap_or((rest, ""));
    choices
        .split(',')
        .flat_map(|choice| expand(&format!("{start}{}{end}", choice.trim())))
        .collect()
}
