//! A list of dependencies somewhere in a manifest, by where each of them stands.

use super::requirement::Requirement;
use crate::text::Span;

/// What a list is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What the project itself needs.
    Main,
    /// A group, an optional part or an environment.
    Other,
}

/// How the items of a list are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Strings of a TOML array.
    Array,
    /// Keys of a TOML table, with versions as Poetry has them.
    Table,
    /// Lines.
    Lines,
}

/// Dependencies that are declared together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub purpose: Purpose,
    pub form: Form,
    /// In the order of the text.
    pub items: Vec<Item>,
}

/// One dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub requirement: Requirement,
    /// All of it: with quotes, or with key and value.
    pub at: Span,
}

impl List {
    /// Where a distribution, by its normalised name, stands in the list.
    pub fn position(&self, name: &str) -> Option<usize> {
        let mut items = self.items.iter();
        items.position(|item| item.requirement.name == name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Whether another distribution can be put beside this one: it is there, and nothing about it says
    /// that it is wanted in some cases only.
    pub fn takes_beside(&self, name: &str) -> bool {
        let mut items = self.items.iter().map(|item| &item.requirement);
        items
            .find(|item| item.name == name)
            .is_some_and(|item| !item.special)
    }

    /// The text of another distribution, as this list writes its versions, beside one that it has.
    /// `verified` is a version of the new one that is known to do.
    pub fn text_of(&self, beside: &str, name: &str, verified: Option<&str>) -> Option<String> {
        let known: Vec<&Requirement> = self
            .items
            .iter()
            .map(|item| &item.requirement)
            .filter(|item| !item.special && item.name != "python")
            .collect();
        let model = &known.iter().find(|item| item.name == beside)?.versions;
        let gap = &model[..model.len() - model.trim_start().len()];
        let sign = sign_of(model);
        let all = |sign: &str| {
            let mut versions = known.iter().map(|item| item.versions.trim());
            versions.all(|versions| versions.is_empty() || sign_of(versions) == sign)
        };
        let space_after = match model.trim_start().strip_prefix(sign) {
            Some(rest) => &rest[..rest.len() - rest.trim_start().len()],
            None => "",
        };
        let version = |verified: &str| -> String {
            // As many parts as the neighbour's, for what any later version of these is as good.
            let parts = match sign {
                "~=" => model.matches('.').count() + 1,
                _ => 2,
            };
            verified
                .split('.')
                .take(parts.max(2))
                .collect::<Vec<_>>()
                .join(".")
        };
        let write = |sign: &str, version: &str| match self.form {
            Form::Table => format!("{name} = \"{sign}{version}\""),
            _ => format!("{name}{gap}{sign}{space_after}{version}"),
        };
        if self.form == Form::Table {
            return match (sign, verified) {
                ("*", _) => Some(write("", "*")),
                ("^" | "~" | "==" | "", Some(verified)) => Some(write(sign, verified)),
                (_, Some(verified)) => Some(write(">=", &version(verified))),
                (_, None) => None,
            };
        }
        // Few exceptions make no other habit.
        let most = |is_so: &dyn Fn(&str) -> bool| {
            let so = known.iter().filter(|item| is_so(item.versions.trim()));
            is_so(model.trim()) && so.count() * 4 > known.len() * 3
        };
        let bare = most(&str::is_empty);
        match verified {
            _ if bare => Some(name.to_owned()),
            Some(verified) if most(&|versions| sign_of(versions) == "==") => {
                Some(write("==", verified))
            }
            Some(verified) if sign == "~=" && all("~=") => Some(write("~=", &version(verified))),
            Some(verified) => Some(write(">=", &version(verified))),
            None => None,
        }
    }
}

/// The first sign of a list of versions.
fn sign_of(versions: &str) -> &str {
    let versions = versions.trim_start();
    let end = versions.find(|c| !matches!(c, '<' | '>' | '=' | '!' | '~' | '^' | '*'));
    &versions[..end.unwrap_or(versions.len())]
}
