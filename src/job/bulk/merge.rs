//! The parts of a job that were run apart, made into what one run would have left.

use super::super::journal::Journal;
use super::Trouble;
use super::leave::put;
use super::run::{Output, Shard};
use super::steps::Record;
use super::workshop::{clear, io, make};
use std::collections::BTreeSet;
use std::path::Path;

/// Joins all shards below an output folder. Says how many there were.
pub fn merge(folder: &Path) -> Result<usize, Trouble> {
    let shards = shards(folder)?;
    let whole = Output::new(folder, None);
    let mut text: Option<String> = None;
    let mut steps = Vec::new();
    let results = folder.join("repositories.merging");
    clear(&results)?;
    make(&results)?;
    for shard in &shards {
        let own = Output::new(folder, Some(*shard));
        // Held, so that nobody works on it meanwhile.
        let (_held, _) = Journal::open::<Record>(&own.journal())?;
        let read = std::fs::read_to_string(own.job());
        let read = read.map_err(|error| io("merge", &own.job(), error))?;
        if text.as_ref().is_some_and(|text| *text != read) {
            return Err(Trouble::Stop("the shards are of different jobs".to_owned()));
        }
        text = Some(read);
        let read = std::fs::read(own.journal());
        steps.extend(read.map_err(|error| io("merge", &own.journal(), error))?);
        copy(&own.folder.join("repositories"), &results)?;
    }
    let merged = folder.join("repositories");
    clear(&merged)?;
    std::fs::rename(&results, &merged).map_err(|error| io("merge", &merged, error))?;
    whole.begin(&text.unwrap_or_default())?;
    put(&whole.journal(), &steps)?;
    Ok(shards.len())
}

/// The shards that are there, which have to be all.
fn shards(folder: &Path) -> Result<Vec<Shard>, Trouble> {
    let mut found: BTreeSet<usize> = BTreeSet::new();
    let mut all: Option<usize> = None;
    let entries = std::fs::read_dir(folder.join("shards")).into_iter();
    for entry in entries.flatten().flatten() {
        let name = entry.file_name();
        let numbers = name.to_str().and_then(|name| name.split_once("-of-"));
        let numbers =
            numbers.and_then(|(index, of)| Some((index.parse::<usize>().ok()?, of.parse().ok()?)));
        let Some((index, of)) = numbers else {
            continue;
        };
        if all.is_some_and(|all| all != of) {
            return Err(Trouble::Stop(
                "the job was cut into shards in two ways: delete those of one".to_owned(),
            ));
        }
        all = Some(of);
        found.insert(index);
    }
    let Some(of) = all else {
        return Err(Trouble::Stop(format!("{} has no shards", folder.display())));
    };
    let missing: Vec<String> = (1..=of)
        .filter(|index| !found.contains(index))
        .map(|index: usize| format!("{index}/{of}"))
        .collect();
    match missing.is_empty() {
        true => Ok((1..=of).map(|index| Shard { index, of }).collect()),
        false => Err(Trouble::Stop(format!(
            "shards that were not run yet: {}",
            missing.join(", ")
        ))),
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Trouble> {
    make(to)?;
    for entry in std::fs::read_dir(from).into_iter().flatten() {
        let entry = entry.map_err(|error| io("merge", from, error))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            let bytes = std::fs::read(&path).map_err(|error| io("merge", &path, error))?;
            put(&target, &bytes)?;
        }
    }
    Ok(())
}
