//! The lists of dependencies in `pyproject.toml`, whichever tool reads them.

use super::list::{Form, Item, List, Purpose};
use super::requirement::{Requirement, normalised};
use crate::text::Span;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a `pyproject.toml` declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub lists: Vec<List>,
    /// Names that are declared in ways that cannot be changed here, normalised.
    pub others: Vec<String>,
    /// It describes a project, and not only the settings of tools.
    pub is_project: bool,
}

/// Reads what a `pyproject.toml` declares; nothing if it is no TOML.
pub(super) fn read(text: &str) -> Option<Declared> {
    let parsed = DeTable::parse(text).ok()?;
    let table = parsed.get_ref();
    let mut declared = Declared {
        is_project: ["project", "dependency-groups"]
            .iter()
            .any(|key| table.contains_key(*key)),
        ..Declared::default()
    };
    declared.array(at(table, &["project", "dependencies"]), Purpose::Main);
    declared.arrays(at(table, &["project", "optional-dependencies"]));
    declared.arrays(at(table, &["dependency-groups"]));
    declared.array(
        at(table, &["tool", "flit", "metadata", "requires"]),
        Purpose::Main,
    );
    declared.array(
        at(table, &["tool", "uv", "dev-dependencies"]),
        Purpose::Other,
    );
    declared.arrays(at(table, &["tool", "pdm", "dev-dependencies"]));
    for environment in tables(at(table, &["tool", "hatch", "envs"])) {
        for key in ["dependencies", "extra-dependencies"] {
            declared.array(environment.get(key), Purpose::Other);
        }
    }
    if let Some(poetry) = at(table, &["tool", "poetry"]).and_then(as_table) {
        declared.is_project = true;
        declared.keys(text, poetry.get("dependencies"), Purpose::Main);
        declared.keys(text, poetry.get("dev-dependencies"), Purpose::Other);
        for group in tables(poetry.get("group")) {
            declared.keys(text, group.get("dependencies"), Purpose::Other);
        }
    }
    Some(declared)
}

type Value<'i> = Spanned<DeValue<'i>>;

fn as_table<'t, 'i>(value: &'t Value<'i>) -> Option<&'t DeTable<'i>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn at<'t, 'i>(table: &'t DeTable<'i>, path: &[&str]) -> Option<&'t Value<'i>> {
    let (last, above) = path.split_last()?;
    let mut table = table;
    for key in above {
        table = as_table(table.get(*key)?)?;
    }
    table.get(*last)
}

/// The tables in a table.
fn tables<'t, 'i>(value: Option<&'t Value<'i>>) -> impl Iterator<Item = &'t DeTable<'i>> {
    let table = value.and_then(as_table).into_iter();
    table.flat_map(|table| table.values().filter_map(as_table))
}

impl Declared {
    fn array(&mut self, value: Option<&Value<'_>>, purpose: Purpose) {
        let Some(DeValue::Array(array)) = value.map(Spanned::get_ref) else {
            return;
        };
        let items = array.iter().filter_map(|value| {
            let DeValue::String(text) = value.get_ref() else {
                return None;
            };
            Some(Item {
                requirement: Requirement::read(text)?,
                at: Span::new(value.span().start, value.span().end),
            })
        });
        self.lists.push(List {
            purpose,
            form: Form::Array,
            items: items.collect(),
        });
    }

    /// The arrays of a table.
    fn arrays(&mut self, value: Option<&Value<'_>>) {
        let table = value.and_then(as_table).into_iter();
        for value in table.flat_map(|table| table.values()) {
            self.array(Some(value), Purpose::Other);
        }
    }

    /// A table of Poetry's.
    fn keys(&mut self, text: &str, value: Option<&Value<'_>>, purpose: Purpose) {
        let Some(table) = value.and_then(as_table) else {
            return;
        };
        let mut items = Vec::new();
        for (key, value) in table {
            let name = normalised(key.get_ref());
            let at = Span::new(key.span().start, value.span().end);
            // What stands in a table of its own or inside braces is left to a person.
            let own_line = text.get(..at.start()).is_some_and(|above| {
                let line = above.rsplit('\n').next().unwrap_or_default();
                line.trim().is_empty()
            });
            match value.get_ref() {
                DeValue::String(versions) if own_line => items.push(Item {
                    requirement: Requirement {
                        name,
                        versions: versions.to_string(),
                        special: false,
                    },
                    at,
                }),
                _ => self.others.push(name),
            }
        }
        items.sort_by_key(|item| item.at);
        self.lists.push(List {
            purpose,
            form: Form::Table,
            items,
        });
    }
}
