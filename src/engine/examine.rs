//! All selected transforms over one text.

use super::alternatives;
use super::suppress::drop_suppressed;
use crate::fix::{Cx, FileId, Finding, Options, Suppressions, Texts, Transform};
use crate::model::file::{Facts, Module};
use crate::model::libraries::Catalogue;
use crate::model::project::Project;
use crate::python::{ParseTrouble, deep_stack, parse};
use crate::transforms;
use std::path::PathBuf;
use std::sync::Arc;

/// The transforms of a run, in catalogue order, and what they may propose.
#[derive(Clone)]
pub struct Selection {
    pub transforms: Vec<&'static dyn Transform>,
    pub options: Options,
    pub catalogue: Arc<Catalogue>,
    /// The module that helpers are put into.
    pub helpers: Option<HelpersModule>,
    /// Findings come with what else could be done about them.
    pub alternatives: bool,
}

/// A module of the project, which may not be there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpersModule {
    /// As it is imported.
    pub name: String,
    pub path: PathBuf,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            transforms: transforms::CATALOGUE.to_vec(),
            options: Options::default(),
            catalogue: Catalogue::builtin(),
            helpers: None,
            alternatives: false,
        }
    }
}

impl Selection {
    /// Whether any transform could find something in a file with these bytes, whatever ASCII-based
    /// encoding they are in, if it is asynchronous at all.
    pub fn may_concern(&self, bytes: &[u8]) -> bool {
        let has = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
        let needed = |transform: &&dyn Transform| {
            let needles = transform.info().needles;
            needles.iter().all(|needle| has(needle))
        };
        self.transforms.iter().any(needed)
            || self.catalogue.added_words().iter().any(|word| has(word))
    }
}

/// Whether a file could define a coroutine function, or run one: it has `async` and `def` with nothing
/// but white space or joined lines between, or speaks of asyncio or of coroutines, as older code and
/// scripts do. Most do neither, and need no further look, unless a comment speaks to asyncfix.
pub fn is_of_interest(bytes: &[u8]) -> bool {
    let speaks = |of: &str| memchr::memmem::find(bytes, of.as_bytes()).is_some();
    speaks("asyncio") || speaks("coroutine") || speaks("asyncfix") || defines_coroutine(bytes)
}

fn defines_coroutine(bytes: &[u8]) -> bool {
    memchr::memmem::find_iter(bytes, b"async").any(|at| {
        let rest = &bytes[at + b"async".len()..];
        let gap = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0c' | b'\\' | b'\r' | b'\n'))
            .count();
        gap > 0 && rest[gap..].starts_with(b"def")
    })
}

/// What is kept of a text for the project.
pub fn facts(text: &str, catalogue: &Catalogue) -> Result<Facts, ParseTrouble> {
    deep_stack(|| {
        let tree = parse(text)?;
        Ok(Module::new(text, &tree, catalogue).facts())
    })
}

/// What the selected transforms find in a text, in the order of the text. Suppressed findings are
/// left out. `texts` gives those of other files.
pub fn examine(
    text: &str,
    file: FileId,
    selection: &Selection,
    project: &Project,
    texts: Texts<'_>,
) -> Result<Vec<Finding>, ParseTrouble> {
    deep_stack(|| {
        let tree = parse(text)?;
        let module = Module::new(text, &tree, &selection.catalogue);
        let look = |module: &Module<'_>,
                    options: Options,
                    transforms: &[&dyn Transform],
                    suppressions: Option<&Suppressions>| {
            let mut cx = Cx::new(file, module, project, options).among(texts);
            cx.suppressions = suppressions;
            let mut found = Vec::new();
            for transform in transforms {
                if transform.may_fire(project, file) {
                    transform.check(&cx, &mut found);
                }
            }
            found
        };
        let transforms = selection.transforms.iter().copied();
        let (late, early): (Vec<_>, Vec<_>) = transforms.partition(|it| it.is_about_comments());
        let options = selection.options;
        let mut found = look(&module, options, &early, None);
        if selection.alternatives {
            let mut fired = early.clone();
            fired.retain(|transform| {
                let id = transform.info().id;
                found.iter().any(|finding| finding.transform == id)
            });
            alternatives::add(&mut found, options, &|options| {
                look(&module, options, &fired, None)
            });
        }
        if found.is_empty() && !module.speaks_of_skipping() {
            return Ok(found);
        }
        let ran = selection.transforms.iter().map(|it| it.info().id);
        let mut suppressions = Suppressions::of(&module, ran.collect());
        drop_suppressed(&mut suppressions, &mut found);
        if module.speaks_of_skipping() {
            // Some transforms read comments: what hides a finding from them suppresses it as well.
            let bare = suppressions.taken_out_of(text);
            let tree = parse(&bare)?;
            let hidden = Module::new(&bare, &tree, &selection.catalogue);
            let mut hidden = look(&hidden, options, &early, None);
            drop_suppressed(&mut suppressions, &mut hidden);
            let mut spoken = look(&module, options, &late, Some(&suppressions));
            drop_suppressed(&mut suppressions.by_name(), &mut spoken);
            found.extend(spoken);
        }
        found.sort_by(|one, other| {
            (one.at, one.transform, &one.message).cmp(&(other.at, other.transform, &other.message))
        });
        Ok(found)
    })
}
