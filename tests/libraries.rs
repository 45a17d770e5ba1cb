//! Whether what `transforms/libraries/` says of libraries is true of the libraries: they are installed,
//! once, and asked. What needs no library is asked of the files themselves.

use crate::{cases, environments};
use asyncfix::model::libraries::{Catalogue, Library, Mapping};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folder() -> PathBuf {
    root().join("transforms/libraries")
}

/// Name and text of every file of the catalogue.
fn descriptions() -> Vec<(String, String)> {
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    cases::files(&folder()).into_iter().map(read).collect()
}

fn requirements() -> PathBuf {
    root().join("tests/libraries.txt")
}

#[test]
fn every_description_is_compiled_in() {
    let catalogue = Catalogue::builtin();
    let known: BTreeSet<&str> = catalogue
        .libraries()
        .map(|library| library.name.as_str())
        .collect();
    let (mappings, files): (Vec<_>, Vec<_>) = descriptions()
        .into_iter()
        .partition(|(file, _)| file.contains("_to_"));
    // httpx2 is described by the file of httpx.
    let count = files.len() + 1;
    assert_eq!(known.len(), count, "two libraries have one name");
    for (file, text) in mappings {
        let mapping: Mapping = toml::from_str(&text).unwrap();
        assert_eq!(file, format!("{}_to_{}.toml", mapping.from, mapping.to));
        let known = catalogue.mapping(&mapping.from, &mapping.to);
        assert!(
            known.is_some(),
            "{file} is not in src/model/libraries/files.rs"
        );
    }
    for (file, text) in files {
        let library: Library = toml::from_str(&text).unwrap();
        let name = &library.name;
        assert!(
            known.contains(name.as_str()),
            "{file} is not in src/model/libraries/files.rs"
        );
    }
}

/// In every table of every file, however deep, a key that means nothing is an error.
#[test]
fn unknown_keys_are_errors() {
    for (file, text) in descriptions() {
        let whole: toml::Value = toml::from_str(&text).unwrap();
        for path in tables(&whole) {
            let mut changed = whole.clone();
            let table = path.iter().fold(&mut changed, |value, step| match step {
                Step::Key(key) => value.get_mut(key).unwrap(),
                Step::Item(index) => value.get_mut(index).unwrap(),
            });
            // No key has such a value, so that tables of names refuse it as well.
            let empty = toml::Value::Array(Vec::new());
            let table = table.as_table_mut().unwrap();
            table.insert("no-such-key".to_owned(), toml::Value::Array(vec![empty]));
            let refused = match file.contains("_to_") {
                true => Mapping::deserialize(changed).is_err(),
                false => Library::deserialize(changed).is_err(),
            };
            assert!(refused, "{file}: {path:?} takes any key");
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Item(usize),
}

/// Where the tables of a value are.
fn tables(value: &toml::Value) -> Vec<Vec<Step>> {
    let below = |step: Step, value| {
        tables(value).into_iter().map(move |mut path| {
            path.insert(0, step.clone());
            path
        })
    };
    match value {
        toml::Value::Table(table) => {
            let inner = table
                .iter()
                .flat_map(|(key, value)| below(Step::Key(key.clone()), value));
            std::iter::once(Vec::new()).chain(inner).collect()
        }
        toml::Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, value)| below(Step::Item(index), value))
            .collect(),
        _ => Vec::new(),
    }
}

/// One line a distribution, with an exact version, and none too many.
#[test]
fn every_distribution_has_its_pin() {
    let catalogue = Catalogue::builtin();
    let described: BTreeSet<&str> = catalogue
        .libraries()
        .filter_map(|library| library.distribution.as_deref())
        .collect();
    let pins = std::fs::read_to_string(requirements()).unwrap();
    let pinned: BTreeSet<&str> = pins
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once("==").expect(line).0)
        .map(|name| name.split('[').next().unwrap_or(name))
        .collect();
    assert_eq!(described, pinned, "tests/libraries.txt: left is described");
}

#[test]
fn libraries_are_as_described() {
    let python = match environments::python("libraries", &requirements()) {
        Ok(python) => python,
        Err(why) => return environments::skip(&why, "what is known of libraries was not checked"),
    };
    let output = Command::new(python)
        .arg(root().join("tests/libraries.py"))
        .arg(folder())
        .arg(root().join("tests/libraries_unchecked.toml"))
        .output()
        .unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "the catalogue is wrong:\n{}{}",
        said(&output.stdout),
        said(&output.stderr)
    );
}
