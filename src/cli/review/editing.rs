//! A fix that a person finishes in an editor: what they wrote goes into the files, if those are still
//! what they were. What cannot be written is kept.

use super::super::terminal::print;
use super::editor;
use super::terminal::{Course, Review};
use crate::engine::FilePatch;
use crate::fix::FileId;
use crate::job::{self, Copies, Edited};
use crate::report::review as texts;
use crate::review::Decision;
use crate::text::Source;
use anyhow::{Context, Result};
use std::sync::Arc;

/// What was edited and could not be written.
#[derive(Default)]
pub(super) struct Editing {
    kept: Option<Kept>,
}

struct Kept {
    /// What it is about.
    about: Decision,
    copies: Copies,
    /// The Python files.
    files: Vec<FileId>,
    line: usize,
}

impl Review<'_> {
    /// Opens the files with the current fix, and writes what comes of them.
    pub(super) fn edit(&mut self) -> Result<Course> {
        let Some(editor) = editor::command() else {
            print(texts::NO_EDITOR.as_bytes())?;
            return Ok(Course::Goes(None));
        };
        let Some(edit) = self.opened()? else {
            return Ok(Course::Goes(None));
        };
        let ended = editor::open(&editor, edit.copies.paths(), edit.line);
        let edited = edit.copies.read();
        let (why, edited) = match (ended, edited) {
            (Ok(()), Edited::Texts(texts)) => (None, texts),
            (ended, Edited::Untouched) => {
                let why = ended.err().map(|error| format!("{error:#}"));
                print(texts::untouched(why.as_deref()).as_bytes())?;
                edit.copies.remove().context("cannot remove the copies")?;
                return Ok(Course::Goes(None));
            }
            (Err(error), _) => (Some(format!("{error:#}")), Vec::new()),
            (Ok(()), Edited::Wrong(skipped)) => (Some(skipped.to_string()), Vec::new()),
        };
        if let Some(why) = why {
            print(texts::kept(&why, edit.copies.folder(), true).as_bytes())?;
            self.editing.kept = Some(edit);
            return Ok(Course::Goes(None));
        }
        let wrong = match self.changed(edit.files.iter().copied()) {
            Some(path) => Some(format!("{} changed since it was read", path.display())),
            None => self.written(&edited)?,
        };
        match wrong {
            // It was made from what is no longer there, so that the next edit begins anew.
            Some(why) => print(texts::kept(&why, edit.copies.folder(), false).as_bytes())?,
            None => edit.copies.remove().context("cannot remove the copies")?,
        }
        self.look_again()?;
        Ok(Course::Goes(Some(self.next())))
    }

    /// Copies of the files with the current fix, or those in which somebody was not done.
    fn opened(&mut self) -> Result<Option<Kept>> {
        let Some((item, finding)) = self.current() else {
            return Ok(None);
        };
        let Some(about) = item.decisions.first().cloned() else {
            return Ok(None);
        };
        let plan = self.alone(&finding);
        let own = finding.file;
        if let Some(kept) = self.editing.kept.take() {
            if kept.about == about {
                return Ok(Some(kept));
            }
            self.editing.kept = Some(kept);
        }
        let mut patches: Vec<&FilePatch> = plan.patches.iter().collect();
        // An editor shows the first one.
        patches.sort_by_key(|patch| patch.file != own);
        let Some(first) = patches.first() else {
            print(texts::BROKEN.as_bytes())?;
            return Ok(None);
        };
        let line = line(first);
        let python = patches.iter().filter(|patch| patch.is_python);
        let files = python.map(|patch| patch.file).collect();
        let copies = patches
            .iter()
            .map(|patch| (patch.before.clone(), patch.after.clone(), patch.is_python));
        let copies = Copies::new(copies).context("cannot make copies to edit")?;
        Ok(Some(Kept {
            about,
            copies,
            files,
            line,
        }))
    }

    /// Writes what was edited; what went wrong, if anything did.
    fn written(&self, edited: &[(Source, Arc<str>)]) -> Result<Option<String>> {
        for (before, text) in edited {
            if let Err(error) = job::write(before, text) {
                return Ok(Some(format!("{}: {error}", before.path().display())));
            }
            print(texts::written(before.path()).as_bytes())?;
        }
        Ok(None)
    }
}

/// The line (from 1) in which a fix begins. An import stands above what it is for.
fn line(patch: &FilePatch) -> usize {
    let starts = patch.marks.iter().map(|(span, _)| span.start());
    let start = starts.max().unwrap_or(0);
    let before = patch.after.get(..start).unwrap_or_default();
    before.matches('\n').count() + 1
}
