//! A list of what was done that survives being killed at any moment: each record is on the disk before
//! the next step begins, and a record that was cut off is as if it had not been begun.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// A journal that is written to. Nobody else writes to it meanwhile.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: another asyncfix is at work on it", .0.display())]
    Locked(PathBuf),
    #[error(
        "{}: line {line} is damaged, and lines follow it: restore the file, or delete it and its folder \
         and start anew", path.display()
    )]
    Damaged { path: PathBuf, line: usize },
}

impl Journal {
    /// Opens a journal, or begins one, and reads its records. A last line that was cut off is removed.
    pub fn open<T: DeserializeOwned>(path: &Path) -> Result<(Self, Vec<T>), JournalError> {
        let io = |source| JournalError::Io {
            path: path.to_path_buf(),
            source,
        };
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(io)?;
        lock(&file, path)?;
        // A new file is there after a crash only if its folder is on the disk, too.
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(io)?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let (records, whole) = read(&bytes).map_err(|line| JournalError::Damaged {
            path: path.to_path_buf(),
            line,
        })?;
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(io)?;
            file.sync_data().map_err(io)?;
        }
        file.seek(SeekFrom::End(0)).map_err(io)?;
        Ok((Self { file }, records))
    }

    /// Adds a record, and waits until it is on the disk.
    pub fn append(&mut self, record: &impl Serialize) -> std::io::Result<()> {
        let text = serde_json::to_string(record)?;
        // In one piece, so that a crash cuts it off at the end, if at all.
        let line = format!("{:016x} {text}\n", xxh3_64(text.as_bytes()));
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()
    }
}

/// Keeps others away. What a program that is just being started still holds of ours is waited for.
fn lock(file: &File, path: &Path) -> Result<(), JournalError> {
    let mut patience = 20;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if patience > 0 => {
                patience -= 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => return Err(JournalError::Locked(path.to_path_buf())),
            Err(TryLockError::Error(source)) => {
                return Err(JournalError::Io {
                    path: path.to_path_buf(),
                    source,
                });
            }
        }
    }
}

/// The records of a journal that may be written to meanwhile.
pub fn records<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, JournalError> {
    let bytes = std::fs::read(path).map_err(|source| JournalError::Io {
        path: path.to_path_buf(),
        source,
    })?;
    let (records, _) = read(&bytes).map_err(|line| JournalError::Damaged {
        path: path.to_path_buf(),
        line,
    })?;
    Ok(records)
}

/// All records, and how many bytes they are; the error is the number of a damaged line that is not the last.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<(Vec<T>, usize), usize> {
    let mut records = Vec::new();
    let mut whole = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match record(line) {
            Some(record) => records.push(record),
            None if whole + line.len() == bytes.len() => break,
            None => return Err(index + 1),
        }
        whole += line.len();
    }
    Ok((records, whole))
}

fn record<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (sum, text) = line.split_once(' ')?;
    let known = u64::from_str_radix(sum, 16).ok()?;
    (known == xxh3_64(text.as_bytes())).then(|| serde_json::from_str(text).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(steps: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, known) = Journal::open::<String>(&path).unwrap();
        assert!(known.is_empty());
        for step in steps {
            journal.append(step).unwrap();
        }
        (folder, path)
    }

    #[test]
    fn what_was_written_is_read_wherever_it_was_cut_off() {
        let steps = ["one", "two\nlines", "three"];
        let (_folder, path) = written(&steps);
        let bytes = std::fs::read(&path).unwrap();
        for end in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..end]).unwrap();
            let lines = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
            let (mut journal, known) = Journal::open::<String>(&path).unwrap();
            assert_eq!(known, steps[..lines]);
            journal.append(&"more").unwrap();
            drop(journal);
            assert_eq!(records::<String>(&path).unwrap().last().unwrap(), "more");
        }
    }

    #[test]
    fn damage_in_the_middle_is_told() {
        let (_folder, path) = written(&["one", "two"]);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("one", "eno")).unwrap();
        let error = Journal::open::<String>(&path).unwrap_err();
        assert!(
            matches!(error, JournalError::Damaged { line: 1, .. }),
            "{error}"
        );
    }

    #[test]
    fn two_do_not_write_at_the_same_time() {
        let (_folder, path) = written(&[]);
        let first = Journal::open::<String>(&path).unwrap();
        assert!(matches!(
            Journal::open::<String>(&path),
            Err(JournalError::Locked(_))
        ));
        drop(first);
        assert!(Journal::open::<String>(&path).is_ok());
    }
}
