//! All selected transforms over one text.

use super::alternatives;
use crate::fix::{Cx, FileId, Finding, Options, Remedy, Texts, Transform};
use crate::model::file::{Facts, Module};
use crate::model::libraries::Catalogue;
use crate::model::project::Project;
use crate::python::ast::AnyNodeRef;
use crate::python::suppress::{Suppression, suppressions};
use crate::python::{ParseTrouble, Tree, deep_stack, parse, span};
use crate::text::Span;
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
/// scripts do. Most do neither, and need no further look.
pub fn is_asynchronous(bytes: &[u8]) -> bool {
    let speaks = |of: &str| memchr::memmem::find(bytes, of.as_bytes()).is_some();
    speaks("asyncio") || speaks("coroutine") || defines_coroutine(bytes)
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
        let look = |options, transforms: &[&dyn Transform]| {
            let cx = Cx::new(file, &module, project, options).among(texts);
            let mut found = Vec::new();
            for transform in transforms {
                if transform.may_fire(project, file) {
                    transform.check(&cx, &mut found);
                }
            }
            found
        };
        let mut found = look(selection.options, &selection.transforms);
        if selection.alternatives {
            let mut fired = selection.transforms.clone();
            fired.retain(|transform| {
                let id = transform.info().id;
                found.iter().any(|finding| finding.transform == id)
            });
            alternatives::add(&mut found, selection.options, &|options| {
                look(options, &fired)
            });
        }
        if !found.is_empty() {
            drop_suppressed(&module, &tree, &mut found);
        }
        found.sort_by(|one, other| {
            (one.at, one.transform, &one.message).cmp(&(other.at, other.transform, &other.message))
        });
        Ok(found)
    })
}

/// A comment suppresses what is found on its line, in the simple statement it stands at the end of,
/// or, on a line of its own, in the statement below. A fix that serves a suppressed finding as well
/// is not offered for the others either.
fn drop_suppressed(module: &Module<'_>, tree: &Tree, found: &mut Vec<Finding>) {
    let suppressions = suppressions(module.text(), tree);
    if suppressions.is_empty() {
        return;
    }
    let simple_statements = simple_statements(module);
    let is_suppressed = |finding: &Finding| {
        let info = transforms::find(finding.transform);
        let codes = info.map_or(&[] as &[&str], |info| info.codes);
        let statement = simple_statements
            .iter()
            .find(|statement| statement.contains(finding.at))
            .copied()
            .unwrap_or(finding.at);
        suppressions.iter().any(|suppression| {
            suppression.covers(finding.transform, codes)
                && speaks_of(module, suppression, statement.cover(finding.at))
        })
    };
    let (suppressed, mut kept): (Vec<_>, Vec<_>) = found.drain(..).partition(is_suppressed);
    for finding in &mut kept {
        if let Remedy::Fix(fix) = &finding.remedy
            && suppressed
                .iter()
                .any(|other| matches!(&other.remedy, Remedy::Fix(other) if other == fix))
        {
            finding.remedy =
                Remedy::blocked("a comment suppresses a part of what would change with it");
        }
    }
    *found = kept;
}

fn speaks_of(module: &Module<'_>, suppression: &Suppression, place: Span) -> bool {
    let layout = module.layout();
    let comment = suppression.comment;
    if layout.alone(comment)
        && layout.line_start(comment.start()) + layout.indent_at(comment.start()).len()
            == comment.start()
    {
        return layout.line_start(place.start()) == layout.next_line(comment.end());
    }
    layout.whole_lines(place).contains(comment)
}

fn simple_statements(module: &Module<'_>) -> Vec<Span> {
    let mut found = Vec::new();
    crate::model::file::walk(AnyNodeRef::from(module.tree().module()), &mut |node| {
        use crate::python::ast::TraversalSignal::{Skip, Traverse};
        let compound = matches!(
            node,
            AnyNodeRef::StmtFunctionDef(_)
                | AnyNodeRef::StmtClassDef(_)
                | AnyNodeRef::StmtIf(_)
                | AnyNodeRef::StmtFor(_)
                | AnyNodeRef::StmtWhile(_)
                | AnyNodeRef::StmtWith(_)
                | AnyNodeRef::StmtTry(_)
                | AnyNodeRef::StmtMatch(_)
        );
        if node.is_statement() && !compound {
            found.push(span(node));
            return Skip;
        }
        if node.is_expression() { Skip } else { Traverse }
    });
    found
}
