//! The order of the house: layers, file sizes, documentation that is generated.

use crate::cases;
use asyncfix::fix::Info;
use asyncfix::report;
use asyncfix::transforms::CATALOGUE;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository: its path from the root, with slashes, and its text.
type Text = (String, String);

/// The Rust files of the crate itself, sorted.
fn sources() -> Vec<Text> {
    let mut found = rust_files("src");
    found.extend(rust_files("transforms"));
    assert!(found.len() > 40, "the crate is somewhere else");
    found
}

fn rust_files(folder: &str) -> Vec<Text> {
    cases::files(&root().join(folder))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (below_root(&path), text)
        })
        .collect()
}

fn below_root(path: &Path) -> String {
    let below = path.strip_prefix(root()).unwrap();
    below.to_str().unwrap().replace('\\', "/")
}

/// The code of a file: without comments and without its own tests.
fn code(text: &str) -> String {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

#[track_caller]
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

fn infos() -> Vec<&'static Info> {
    CATALOGUE.iter().map(|transform| transform.info()).collect()
}

/// `lib.rs` names the modules in the order in which they may use each other.
#[test]
fn modules_use_only_those_above_them() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let layers: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(
        (layers.first(), layers.last()),
        (Some(&"text"), Some(&"cli"))
    );
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let name = path.strip_prefix("src/").unwrap_or(&path);
        let name = name.split(['/', '.']).next().unwrap();
        let Some(own) = layers.iter().position(|layer| *layer == name) else {
            assert!(["lib", "main"].contains(&name), "{path} is in no layer");
            continue;
        };
        for used in text.split("crate::").skip(1) {
            let used = used
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap();
            match layers.iter().position(|layer| *layer == used) {
                Some(layer) if layer <= own => {}
                Some(_) => wrong.push(format!("{path} uses {used}")),
                None => wrong.push(format!("{path} uses crate::{used}, which is no layer")),
            }
        }
    }
    none("lower layers use higher ones", &wrong);
}

#[test]
fn the_parser_is_named_in_one_layer() {
    let wrong: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| !path.starts_with("src/python/"))
        .filter(|(_, text)| {
            let code = code(text);
            let crates = ["ruff_python_", "ruff_text_size", "ruff_source_file"];
            crates.iter().any(|name| code.contains(name))
        })
        .map(|(path, _)| path)
        .collect();
    none("the parser's crates are named outside src/python", &wrong);
}

#[test]
fn files_are_short() {
    let wrong: Vec<String> = sources()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > 500)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    none("more than 500 lines", &wrong);
}

#[test]
fn files_say_first_what_they_are_for() {
    let wrong: Vec<String> = sources()
        .into_iter()
        .chain(rust_files("tests"))
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    none("no comment at the top", &wrong);
}

#[test]
fn nothing_is_put_off() {
    // In pieces, so that this file does not find itself.
    let marks = [
        ["todo", "!("],
        ["unimplemented", "!("],
        ["#[ign", "ore"],
        ["FIX", "ME"],
    ];
    let marks = marks.map(|parts| parts.concat());
    let wrong: Vec<String> = sources()
        .into_iter()
        .chain(rust_files("tests"))
        .filter(|(_, text)| marks.iter().any(|mark| text.contains(mark)))
        .map(|(path, _)| path)
        .collect();
    none("unfinished", &wrong);
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let marks = [
        ["/ho", "me/"],
        ["/ro", "ot/"],
        ["/wo", "rk/"],
        ["/Us", "ers/"],
        ["C:\\\\", "Us"],
    ];
    let marks = marks.map(|parts| parts.concat());
    let mut files = Vec::new();
    for folder in [
        "src",
        "transforms",
        "tests",
        "snapshots",
        "docs",
        "benches",
        "examples",
        ".ci",
    ] {
        files.extend(cases::files(&root().join(folder)));
    }
    for file in ["README.md", "Cargo.toml", "clippy.toml"] {
        files.push(root().join(file));
    }
    let wrong: Vec<String> = files
        .into_iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(&path).ok()?;
            let found = marks.iter().find(|mark| text.contains(*mark))?;
            Some(format!("{}: {found}", below_root(&path)))
        })
        .collect();
    none("paths of somebody's machine", &wrong);
}

/// Nothing may treat one transform in a way of its own.
#[test]
fn no_code_names_a_transform() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        for info in infos() {
            let module = info.id.replace('-', "_");
            let own = format!("transforms/{module}");
            if path.starts_with(&own) || path == "transforms/mod.rs" {
                continue;
            }
            if code.contains(&format!("\"{}\"", info.id)) || code.contains(&format!("{module}::")) {
                wrong.push(format!("{path}: {}", info.id));
            }
        }
    }
    none(
        "transforms named outside their files and the catalogue",
        &wrong,
    );
}

#[test]
fn the_catalogue_keeps_its_order() {
    let order: Vec<&str> = infos().iter().map(|info| info.id).collect();
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("catalogue", order.join("\n"));
    });
}

#[test]
fn names_and_codes_mean_one_transform() {
    let mut seen = BTreeSet::new();
    for info in infos() {
        let is_kebab = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(info.id.chars().all(is_kebab), "{}", info.id);
        for name in std::iter::once(&info.id).chain(info.codes) {
            assert!(seen.insert(*name), "{name} is taken");
        }
    }
}

#[test]
fn every_transform_has_fixtures_that_fire_and_some_that_do_not() {
    for info in infos() {
        let own = || cases::all().iter().filter(|case| case.id() == info.id);
        assert!(
            own().any(|case| !case.is_silent()),
            "{} never fires",
            info.id
        );
        assert!(
            own().any(|case| case.is_silent()),
            "{} is never silent",
            info.id
        );
    }
    for folder in std::fs::read_dir(cases::folder("")).unwrap() {
        let name = folder.unwrap().file_name();
        let known = infos().iter().any(|info| *info.id == *name);
        assert!(known, "{name:?} is no transform");
    }
}

#[test]
fn fixtures_and_snapshots_belong_together() {
    let fixtures: BTreeSet<String> = cases::all()
        .iter()
        .map(|case| format!("snapshots/{}/{}.snap", case.id(), case.name))
        .collect();
    let tests: String = rust_files("tests")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let used_by_cli = |path: &str| {
        let name = Path::new(path).file_stem().unwrap().to_str().unwrap();
        tests.contains(&format!("\"{name}\""))
    };
    let snapshots: BTreeSet<String> = cases::files(&root().join("snapshots"))
        .iter()
        .map(|path| below_root(path))
        .collect();
    for snapshot in &snapshots {
        let known = fixtures.contains(snapshot)
            || snapshot == "snapshots/catalogue.snap"
            || snapshot.starts_with("snapshots/cli/") && used_by_cli(snapshot);
        assert!(known, "{snapshot} belongs to no fixture or test");
    }
    for fixture in &fixtures {
        assert!(snapshots.contains(fixture), "{fixture} is not there");
    }
}

/// Compares a generated file, or writes it if `ASYNCFIX_BLESS` is set.
#[track_caller]
fn generated(path: &Path, expected: &str) {
    if std::env::var_os("ASYNCFIX_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, expected).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is not what the catalogue says: run ASYNCFIX_BLESS=1 cargo test",
        below_root(path)
    );
}

#[test]
fn pages_of_transforms_are_up_to_date() {
    let folder = root().join("docs/transforms");
    for info in infos() {
        let page = report::catalogue::page(info);
        generated(&folder.join(format!("{}.md", info.id)), &page);
    }
    for path in cases::files(&folder) {
        let name: PathBuf = path.file_stem().unwrap().into();
        let known = infos().iter().any(|info| Path::new(info.id) == name);
        assert!(known, "{} is about no transform", below_root(&path));
    }
}

/// The same for a part of a file: what stands between the line `start` and the next such mark.
#[track_caller]
pub fn generated_part(path: &Path, start: &str, expected: &str) {
    let Ok(text) = std::fs::read_to_string(path) else {
        return;
    };
    let (before, rest) = text.split_once(start).expect(start);
    let end = rest.find("<!--").expect("a mark ends it");
    generated(path, &format!("{before}{start}{expected}{}", &rest[end..]));
}

#[test]
fn the_table_of_the_readme_is_up_to_date() {
    let table = report::catalogue::table(&infos());
    generated_part(&root().join("README.md"), "<!-- transforms -->\n", &table);
}
