//! How changed files are cut into pieces, each a commit upon the one before. What one fix changes stays
//! together.

use super::outcome::Outcome;
use super::spec::Cut;
use std::collections::{BTreeMap, BTreeSet};

/// Files that go into one commit, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub title: String,
    pub paths: BTreeSet<String>,
}

/// Cuts the changed files. `package_of` tells the package of a file. Files that no fix is about, such as
/// manifests and helper functions, come first: the others rely on them.
pub fn pieces(
    outcome: &Outcome,
    changed: &BTreeSet<String>,
    cut: Cut,
    package_of: &dyn Fn(&str) -> String,
) -> Vec<Piece> {
    let most = match cut {
        _ if changed.is_empty() => return Vec::new(),
        Cut::Repository | Cut::Transform => {
            return vec![Piece {
                title: String::new(),
                paths: changed.clone(),
            }];
        }
        Cut::Package => None,
        Cut::Files(most) => Some(most),
    };
    let is_about = |path: &String| {
        outcome
            .changed
            .get(path)
            .is_some_and(|fixes| !fixes.is_empty())
    };
    let together = united(outcome, changed);
    let (first, rest): (Vec<_>, Vec<_>) = together
        .into_iter()
        .partition(|paths| !paths.iter().any(is_about));
    let mut pieces: Vec<Piece> = Vec::new();
    let shared: BTreeSet<String> = first.into_iter().flatten().collect();
    if !shared.is_empty() {
        pieces.push(Piece {
            title: "what the rest relies on".to_owned(),
            paths: shared,
        });
    }
    let Some(most) = most else {
        let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for paths in rest {
            let names: BTreeSet<String> = paths.iter().map(|path| package_of(path)).collect();
            let name = names.into_iter().collect::<Vec<_>>().join(" and ");
            packages.entry(name).or_default().extend(paths);
        }
        let named = packages.into_iter();
        pieces.extend(named.map(|(title, paths)| Piece { title, paths }));
        return pieces;
    };
    let mut filled: Vec<BTreeSet<String>> = Vec::new();
    for paths in rest {
        match filled.last_mut() {
            Some(last) if last.len() + paths.len() <= most => last.extend(paths),
            _ => filled.push(paths),
        }
    }
    let all = filled.len();
    pieces.extend(filled.into_iter().enumerate().map(|(index, paths)| Piece {
        title: format!("part {} of {all}", index + 1),
        paths,
    }));
    pieces
}

/// The changed files, in groups that one fix or several that overlap change together.
fn united(outcome: &Outcome, changed: &BTreeSet<String>) -> Vec<BTreeSet<String>> {
    let mut groups: Vec<BTreeSet<String>> = changed
        .iter()
        .map(|path| BTreeSet::from([path.clone()]))
        .collect();
    for joined in &outcome.together {
        let (touched, apart): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|group| !group.is_disjoint(joined));
        groups = apart;
        let touched: BTreeSet<String> = touched.into_iter().flatten().collect();
        if !touched.is_empty() {
            groups.push(touched);
        }
    }
    groups.sort();
    groups
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Fixed;
    use super::*;

    fn cut(cut: Cut) -> Vec<(String, Vec<String>)> {
        let fixed = Fixed {
            transform: "x".to_owned(),
            title: "y".to_owned(),
            review: String::new(),
        };
        let mut outcome = Outcome::default();
        let names = ["a/1.py", "a/2.py", "b/1.py", "c.py"].map(str::to_owned);
        for name in &names {
            outcome.changed.insert(name.clone(), vec![fixed.clone()]);
        }
        let manifest = "pyproject.toml".to_owned();
        outcome.changed.insert(manifest.clone(), Vec::new());
        outcome
            .together
            .insert(BTreeSet::from([names[1].clone(), names[2].clone()]));
        let changed = outcome.changed.keys().cloned().collect();
        let package = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
        let pieces = pieces(&outcome, &changed, cut, &package);
        let pairs = pieces.into_iter();
        pairs
            .map(|piece| (piece.title, piece.paths.into_iter().collect()))
            .collect()
    }

    #[test]
    fn what_one_fix_changes_stays_together() {
        let shown = |pieces: Vec<(String, Vec<String>)>| {
            let lines = pieces.into_iter();
            let lines = lines.map(|(title, paths)| format!("{title}: {}", paths.join(" ")));
            lines.collect::<Vec<_>>()
        };
        let packages = [
            "what the rest relies on: pyproject.toml",
            "a: a/1.py",
            "a and b: a/2.py b/1.py",
            "c.py: c.py",
        ];
        assert_eq!(shown(cut(Cut::Package)), packages);
        let files = [
            "what the rest relies on: pyproject.toml",
            "part 1 of 3: a/1.py",
            "part 2 of 3: a/2.py b/1.py",
            "part 3 of 3: c.py",
        ];
        assert_eq!(shown(cut(Cut::Files(1))), files);
        assert_eq!(cut(Cut::Repository).len(), 1);
    }
}
