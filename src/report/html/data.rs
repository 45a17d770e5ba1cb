//! What the script of the page is given: every text once, and everything else by numbers of texts.

use super::{Change, FileDiff, Place};
use crate::fix::Finding;
use crate::review::{Among, Standing, Verdict};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::path::Path;

/// A text by its number.
type Id = usize;

pub(super) struct Data<'n> {
    name: &'n dyn Fn(&Path) -> String,
    texts: FxHashMap<String, Id>,
    entries: Vec<EntryRow>,
}

#[derive(Serialize)]
struct Whole<'d> {
    texts: Vec<&'d str>,
    entries: &'d [EntryRow],
}

#[derive(Serialize)]
struct EntryRow {
    transform: Id,
    safety: &'static str,
    /// What the fix does; nothing where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Id>,
    reason: Id,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<FileRow>,
    /// Why the fix cannot be carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    fails: Option<Id>,
    places: Vec<PlaceRow>,
}

#[derive(Serialize)]
struct PlaceRow {
    path: Id,
    line: usize,
    column: usize,
    message: Id,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chain: Vec<(Id, usize, Id)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Id>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<AnchorRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<HeldRow>,
}

/// By what the ledger knows it, as it stands there.
#[derive(Serialize)]
struct AnchorRow {
    scope: Id,
    code: Id,
    statement: String,
    tokens: (usize, usize),
    #[serde(skip_serializing_if = "Option::is_none")]
    among: Option<Among>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

#[derive(Serialize)]
struct HeldRow {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Id>,
}

#[derive(Serialize)]
struct FileRow {
    path: Id,
    #[serde(skip_serializing_if = "is_false")]
    new: bool,
    /// Each with its first old and new line, a sign for each line, and the lines.
    hunks: Vec<(usize, usize, String, Vec<Id>)>,
    #[serde(skip_serializing_if = "is_zero")]
    left_out: usize,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}

impl<'n> Data<'n> {
    pub fn new(name: &'n dyn Fn(&Path) -> String) -> Self {
        Self {
            name,
            texts: FxHashMap::default(),
            entries: Vec::new(),
        }
    }

    pub fn add(&mut self, first: &Place<'_>, places: &[Place<'_>], change: &Change) {
        let Finding {
            transform, remedy, ..
        } = first.finding;
        let row = EntryRow {
            transform: self.id(transform),
            safety: remedy.safety().as_str(),
            title: first.finding.fix().map(|fix| self.id(fix.title())),
            reason: self.id(remedy.reason()),
            files: match change {
                Change::Files(files) => files.iter().map(|file| self.file(file)).collect(),
                Change::Nothing | Change::Fails(_) => Vec::new(),
            },
            fails: match change {
                Change::Fails(why) => Some(self.id(why)),
                Change::Nothing | Change::Files(_) => None,
            },
            places: places.iter().map(|place| self.place(place)).collect(),
        };
        self.entries.push(row);
    }

    pub fn json(&self) -> Result<String, serde_json::Error> {
        let mut texts = vec![""; self.texts.len()];
        for (text, id) in &self.texts {
            texts[*id] = text;
        }
        serde_json::to_string(&Whole {
            texts,
            entries: &self.entries,
        })
    }

    fn id(&mut self, text: &str) -> Id {
        if let Some(id) = self.texts.get(text) {
            return *id;
        }
        let id = self.texts.len();
        self.texts.insert(text.to_owned(), id);
        id
    }

    fn ids(&mut self, texts: &[String]) -> Vec<Id> {
        texts.iter().map(|text| self.id(text)).collect()
    }

    fn place(&mut self, place: &Place<'_>) -> PlaceRow {
        let name = self.name;
        let finding = place.finding;
        let chain = finding.chain.iter();
        PlaceRow {
            path: self.id(&place.path),
            line: place.at.line,
            column: place.at.column,
            message: self.id(&finding.message),
            chain: chain
                .map(|site| (self.id(&name(&site.path)), site.line, self.id(&site.note)))
                .collect(),
            notes: self.ids(&finding.notes),
            evidence: self.ids(&finding.evidence),
            anchor: place.decision.as_ref().map(|decision| AnchorRow {
                scope: self.id(&decision.anchor.scope),
                code: self.id(&decision.code),
                statement: decision.anchor.statement.clone(),
                tokens: decision.anchor.tokens,
                among: decision.anchor.among.clone(),
                fix: match &decision.verdict {
                    Verdict::Accepted { fix } => Some(fix.clone()),
                    Verdict::Refused => None,
                },
            }),
            held: place.held.map(|(standing, why)| HeldRow {
                verdict: match standing {
                    Standing::Accepted | Standing::Chosen(_) => "accepted",
                    Standing::Refused => "refused",
                    Standing::Changed => "changed",
                    Standing::Old => "old",
                },
                why: why.map(|why| self.id(why)),
            }),
        }
    }

    fn file(&mut self, file: &FileDiff) -> FileRow {
        let name = self.name;
        let hunks = file.hunks.iter();
        FileRow {
            path: self.id(&name(&file.path)),
            new: file.is_new,
            hunks: hunks
                .map(|hunk| {
                    let (old, new) = hunk.starts;
                    (old, new, hunk.signs.clone(), self.ids(&hunk.lines))
                })
                .collect(),
            left_out: file.left_out,
        }
    }
}
