//! Copies of files with other texts, for a person to edit.

use super::Skipped;
use super::load::unparsed;
use crate::python::{deep_stack, parse};
use crate::text::Source;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files in a folder of their own, which stays until it is removed: nothing a person wrote is lost.
#[derive(Debug)]
pub struct Copies {
    folder: PathBuf,
    copies: Vec<Copy>,
}

#[derive(Debug)]
struct Copy {
    path: PathBuf,
    before: Source,
    is_python: bool,
    offered: Arc<str>,
}

/// What became of copies.
#[derive(Debug)]
pub enum Edited {
    /// Nobody changed anything.
    Untouched,
    /// The files, and what their texts are to be.
    Texts(Vec<(Source, Arc<str>)>),
    /// One cannot be read any more, or is no Python.
    Wrong(Skipped),
}

impl Copies {
    /// Copies of these files with the texts that are offered; the last part of a path is kept, so that
    /// an editor knows what it is. The flag says whether it is Python.
    pub fn new(files: impl IntoIterator<Item = (Source, Arc<str>, bool)>) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("asyncfix-review-")
            .tempdir()?
            .keep();
        let mut copies = Vec::new();
        for (index, (before, offered, is_python)) in files.into_iter().enumerate() {
            let name = before.path().file_name().unwrap_or("file.py".as_ref());
            // Many files are called `__init__.py`.
            let own = match index {
                0 => folder.clone(),
                _ => folder.join(index.to_string()),
            };
            std::fs::create_dir_all(&own)?;
            let path = own.join(name);
            // The gate saw to it that the text can be written in the file's encoding.
            let bytes = before.encode(&offered).unwrap_or_default();
            std::fs::write(&path, bytes)?;
            copies.push(Copy {
                path,
                before,
                is_python,
                offered,
            });
        }
        Ok(Self { folder, copies })
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.copies.iter().map(|copy| copy.path.as_path())
    }

    /// What became of them.
    pub fn read(&self) -> Edited {
        let mut texts = Vec::new();
        let mut touched = false;
        for copy in &self.copies {
            let text = match read(copy) {
                Ok(text) => text,
                Err(skipped) => return Edited::Wrong(skipped),
            };
            touched |= text != copy.offered;
            texts.push((copy.before.clone(), text));
        }
        match touched {
            true => Edited::Texts(texts),
            false => Edited::Untouched,
        }
    }

    /// Removes them.
    pub fn remove(self) -> std::io::Result<()> {
        std::fs::remove_dir_all(&self.folder)
    }
}

fn read(copy: &Copy) -> Result<Arc<str>, Skipped> {
    let bytes = std::fs::read(&copy.path).map_err(|error| Skipped::new(&copy.path, error))?;
    let source =
        Source::decode(&copy.path, &bytes).map_err(|error| Skipped::new(&copy.path, error))?;
    if copy.is_python
        && let Err(trouble) = deep_stack(|| parse(source.text()).map(drop))
    {
        return Err(unparsed(&source, &trouble));
    }
    Ok(Arc::clone(source.text()))
}
