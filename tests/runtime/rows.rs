//! What the catalogue says becomes of requests, row by row, and the programs that show it.
//!
//! A row goes by the path to it in its file: `keywords.params.plain`, `response.ok`,
//! `exceptions.HTTPError`; before it stands the library, where it is another than requests.

use super::folder;
use super::programs::{self, Expects, Program, Target};
use crate::tidy;
use asyncfix::model::libraries::{Catalogue, Fidelity, Http, Mapping, Member};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

pub struct Row {
    pub id: String,
    /// What it is about, in the old library.
    what: String,
    /// What becomes of it, in the new one.
    becomes: String,
    pub class: Fidelity,
    pub why: String,
    /// The name of the program that shows it, where several name it.
    proof: Option<String>,
}

/// The rows for a target, of all libraries that it may take the place of.
pub fn of(target: Target) -> Vec<Row> {
    let catalogue = Catalogue::builtin();
    let mut rows = Vec::new();
    for library in catalogue.libraries() {
        let mapping = catalogue.mapping(&library.name, &target.to_string());
        if let (Some(http), Some(mapping)) = (&library.http, mapping) {
            let mut own = of_mapping(http, mapping);
            if library.name != "requests" {
                for row in &mut own {
                    row.id = format!("{}.{}", library.name, row.id);
                }
            }
            rows.extend(own);
        }
    }
    rows
}

fn of_mapping(http: &Http, mapping: &Mapping) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |id: String, what: String, becomes: &str, class, why: &str, proof: &Option<_>| {
        let known = |row: &Row| row.id == id;
        if !rows.iter().any(known) {
            let (becomes, why) = (becomes.to_owned(), why.to_owned());
            let proof = proof.clone();
            rows.push(Row {
                id,
                what,
                becomes,
                class,
                why,
                proof,
            });
        }
    };
    let safe = Fidelity::Safe;
    for name in http.functions.keys() {
        let what = format!("`{}.{}(...)`", mapping.from, last(name));
        add(
            format!("functions.{}", last(name)),
            what,
            "",
            safe,
            "",
            &None,
        );
    }
    let client = &mapping.client;
    let told = [
        ("follows", "redirects are followed", &client.follows),
        (
            "may-follow",
            "redirects may be followed",
            &client.may_follow,
        ),
        (
            "waits-forever",
            "there is no timeout",
            &client.waits_forever,
        ),
        (
            "unverified",
            "certificates are not verified",
            &client.unverified,
        ),
        ("stays", "`head` does not follow redirects", &client.stays),
    ];
    for (name, what, to) in told {
        if let Some(to) = to {
            let becomes = format!("`{to}`");
            add(
                format!("client.{name}"),
                what.to_owned(),
                &becomes,
                safe,
                "",
                &None,
            );
        }
    }
    if !client.bodiless.is_empty() {
        let what = "a body where the method usually has none".to_owned();
        add(
            "client.bodiless".to_owned(),
            what,
            "`request`",
            safe,
            "",
            &None,
        );
    }
    for (name, keyword) in &mapping.keywords {
        for (case, row) in &keyword.rows {
            let about = if row.what.is_empty() { case } else { &row.what };
            let becomes = if row.becomes.is_empty() {
                keyword.to.as_ref()
            } else {
                Some(&row.becomes)
            };
            let becomes = becomes.map(|text| format!("`{text}`"));
            add(
                format!("keywords.{name}.{case}"),
                format!("`{name}=`: {about}"),
                &becomes.unwrap_or_default(),
                row.class,
                &row.why,
                &row.proof,
            );
        }
    }
    let tables = [
        ("response", &mapping.response),
        ("streamed", &mapping.streamed),
    ];
    for (table, members) in tables {
        for (name, member) in members {
            let about = match table {
                "streamed" => format!("`r.{name}` of a streamed response"),
                _ => format!("`r.{name}`"),
            };
            for (id, what, becomes, row) in of_member(format!("{table}.{name}"), about, member) {
                add(id, what, &becomes, row.0, row.1, row.2);
            }
        }
    }
    for (name, caught) in &mapping.exceptions {
        let to: Vec<String> = caught.to.iter().map(|to| format!("`{to}`")).collect();
        add(
            format!("exceptions.{}", last(name)),
            format!("`except {}`", last(name)),
            &to.join(", "),
            caught.class,
            &caught.why,
            &caught.proof,
        );
    }
    for (name, to) in &mapping.callables {
        let what = format!("`{name}`");
        add(
            format!("callables.{}", last(name)),
            what,
            &format!("`{to}`"),
            safe,
            "",
            &None,
        );
    }
    // Where nothing is said of sessions, they are left alone.
    let sessions = http.sessions.iter().filter(|_| !mapping.session.is_empty());
    for name in sessions.flat_map(|it| it.methods.keys()) {
        let id = format!("session.{name}()");
        add(id, format!("`s.{name}(...)`"), "", safe, "", &None);
    }
    for (name, row) in &mapping.session {
        let what = match (name.strip_prefix("del "), name.as_str()) {
            (Some(rest), _) => format!("`del s.{rest}`"),
            (_, "with") => "`with requests.Session() as s:`".to_owned(),
            _ => format!("`s.{name}`"),
        };
        let expression = row.expression.as_ref().map(|text| format!("`{text}`"));
        let option = row.option.as_ref().map(|option| format!("`{option}=`"));
        let to = row.to.as_ref().map(|to| format!("`s.{to}()`"));
        add(
            format!("session.{name}"),
            what,
            &expression.or(option).or(to).unwrap_or_default(),
            row.class,
            &row.why,
            &row.proof,
        );
    }
    for (name, row) in &mapping.rows {
        let what = if row.what.is_empty() { name } else { &row.what };
        add(
            format!("rows.{name}"),
            what.clone(),
            &row.becomes,
            row.class,
            &row.why,
            &row.proof,
        );
    }
    rows
}

type Line<'a> = (Fidelity, &'a str, &'a Option<String>);

/// A member, and what may be done with it: names, what they are about, what becomes of them.
fn of_member(id: String, what: String, member: &Member) -> Vec<(String, String, String, Line<'_>)> {
    let code = |text: &String| format!("`{}`", text.replace("{}", "r"));
    let expression = member.called.as_ref().or(member.expression.as_ref());
    let becomes = expression.map(code);
    let becomes = becomes.or_else(|| member.to.as_ref().map(|to| format!("`r.{to}`")));
    let about = match member.what.as_str() {
        "" => what.clone(),
        known => format!("{what}: {known}"),
    };
    let line = (member.class, member.why.as_str(), &member.proof);
    let mut rows = vec![(id.clone(), about, becomes.unwrap_or_default(), line)];
    if let Some(row) = &member.assigned {
        let line = (row.class, row.why.as_str(), &row.proof);
        let what = format!("{what} {}", row.what);
        rows.push((format!("{id}.assigned"), what, row.becomes.clone(), line));
    }
    for (name, used) in &member.uses {
        let what = format!("{what}, `{name}`");
        rows.extend(of_member(format!("{id}.{name}"), what, used));
    }
    rows
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Those that have rows of their own: what is true of httpx is true of httpx2.
fn described() -> impl Iterator<Item = Target> {
    let targets = Target::ALL.into_iter();
    targets.filter(|target| target.to_string() != "httpx2")
}

/// The programs that show a row, the one that goes by its name first.
fn shown_by<'a>(row: &Row, target: Target, programs: &'a [Program]) -> Vec<&'a str> {
    let shows =
        |program: &&Program| program.targets.contains(&target) && program.rows.contains(&row.id);
    let mut names: Vec<&str> = programs
        .iter()
        .filter(shows)
        .map(|program| program.name.as_str())
        .collect();
    let own = row.proof.clone();
    let own = own.unwrap_or_else(|| row.id.replace(['.', '-'], "_"));
    names.sort_by_key(|name| *name != own);
    names
}

/// Rows that no program shows yet, as `target/row`.
fn gaps() -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder().join("gaps.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

#[test]
fn every_row_is_shown_by_a_program() {
    let programs = programs::all();
    let mut found = BTreeSet::new();
    for target in described() {
        for row in of(target) {
            let names = shown_by(&row, target, &programs);
            if let Some(proof) = &row.proof {
                let is_shown = names.contains(&proof.as_str());
                assert!(is_shown, "{proof} does not show {}", row.id);
            }
            if names.is_empty() {
                found.insert(format!("{target}/{}", row.id));
            }
        }
    }
    let known = gaps();
    let new: Vec<_> = found.difference(&known).collect();
    assert!(
        new.is_empty(),
        "no program in tests/runtime/requests shows {new:#?}"
    );
    let closed: Vec<_> = known.difference(&found).collect();
    assert!(
        closed.is_empty(),
        "tests/runtime/gaps.txt has too much: {closed:#?}"
    );
}

/// What a program expects is what its rows say.
#[test]
fn programs_name_rows_of_their_kind() {
    let mut wrong = Vec::new();
    let mut rows: BTreeMap<String, BTreeMap<String, Fidelity>> = BTreeMap::new();
    for target in Target::ALL {
        let own = of(target).into_iter().map(|row| (row.id, row.class));
        rows.insert(target.to_string(), own.collect());
    }
    for program in programs::all() {
        for target in &program.targets {
            let known = &rows[&target.to_string()];
            let mut classes = Vec::new();
            for row in &program.rows {
                match known.get(row) {
                    Some(class) => classes.push(*class),
                    None => wrong.push(format!("{}: no row {row} for {target}", program.name)),
                }
            }
            for row in program.traps.iter().filter(|row| !known.contains_key(*row)) {
                wrong.push(format!("{}: no row {row} for {target}", program.name));
            }
            let fits = match program.expects(*target) {
                Expects::Safe => classes.iter().all(|class| *class == Fidelity::Safe),
                Expects::Review => !classes.contains(&Fidelity::Blocked),
                Expects::Thread | Expects::Untouched => {
                    classes.iter().all(|class| *class == Fidelity::Blocked)
                }
            };
            if !fits {
                wrong.push(format!(
                    "{}, for {target}: it expects {:?}, and its rows are {classes:?}",
                    program.name,
                    program.expects(*target)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_the_semantics_is_up_to_date() {
    let programs = programs::all();
    let mut text = String::new();
    for target in described() {
        let rows = of(target);
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n#### To {target}\n");
        text += "| in the blocking library | in the other | class | reason | shown by |\n";
        text += "| --- | --- | --- | --- | --- |\n";
        for row in rows {
            let names = shown_by(&row, target, &programs);
            let traps = programs
                .iter()
                .filter(|program| program.traps.contains(&row.id));
            let traps = traps.map(|program| program.name.as_str());
            let names: Vec<String> = names
                .into_iter()
                .chain(traps)
                .map(|name| format!("`{name}`"))
                .collect();
            let becomes = match (row.becomes.as_str(), row.class) {
                ("", Fidelity::Blocked) => "none",
                ("", _) => "the same",
                (other, _) => other,
            };
            let class = match row.class {
                Fidelity::Safe => "safe",
                Fidelity::Review => "review",
                Fidelity::Blocked => "blocked",
            };
            let cells = [&row.what, becomes, class, &row.why, &names.join(", ")];
            let cells = cells.map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
    }
    text += "\n";
    let path = folder().join("../../docs/semantics.md");
    tidy::generated_part(&path, "<!-- rows -->\n", &text);
}
