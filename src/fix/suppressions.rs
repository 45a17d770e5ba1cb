//! The comments of a file that suppress, and which of them do in a run.

use super::{Cx, Finding};
use crate::model::file::Module;
use crate::python::suppress::{Directive, Kind, Reach, directives};
use crate::text::{Edit, Span};

/// All comments of a file that suppress or mean to.
pub struct Suppressions {
    each: Vec<Suppression>,
    /// The transforms of the run, by their identifiers.
    ran: Vec<&'static str>,
    /// Only those count that name a transform.
    only_by_name: bool,
}

/// One comment, or a part of one.
#[derive(Clone)]
pub struct Suppression {
    pub directive: Directive,
    pub reach: Reach,
    /// Which of its names suppress something; one for all where it has none.
    pub used: Vec<bool>,
}

impl Suppressions {
    pub fn of(module: &Module<'_>, ran: Vec<&'static str>) -> Self {
        let directives = directives(module.text(), module.tree());
        let reaches = Reach::of(&directives, module.layout(), module.tree());
        let each = directives.into_iter().zip(reaches);
        let each = each.map(|(directive, reach)| Suppression {
            used: vec![false; directive.names.as_ref().map_or(1, Vec::len)],
            directive,
            reach,
        });
        Self {
            each: each.collect(),
            ran,
            only_by_name: false,
        }
    }

    /// The same comments, as far as they name what they suppress.
    #[must_use]
    pub fn by_name(&self) -> Self {
        Self {
            each: self.each.clone(),
            ran: self.ran.clone(),
            only_by_name: true,
        }
    }

    /// A text of the same length without asyncfix's own comments.
    pub fn taken_out_of(&self, text: &str) -> String {
        let mut bare = String::with_capacity(text.len());
        let own = self.iter().map(|suppression| &suppression.directive);
        for directive in own.filter(|directive| directive.kind == Kind::Skip) {
            bare.push_str(&text[bare.len()..directive.at.start()]);
            bare.extend(std::iter::repeat_n(' ', directive.at.len()));
        }
        bare.push_str(&text[bare.len()..]);
        bare
    }

    pub fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Suppression> {
        self.each.iter()
    }

    /// Whether a transform was looked for.
    pub fn ran(&self, id: &str) -> bool {
        self.ran.contains(&id)
    }

    /// Whether a comment suppresses a finding, of a transform with these codes. All that do are noted.
    pub fn suppress(&mut self, finding: &Finding, codes: &[&str]) -> bool {
        let mut suppressed = false;
        for suppression in &mut self.each {
            let directive = &suppression.directive;
            let place = match directive.names {
                _ if directive.flaw.is_some() => None,
                Some(_) => directive.names(finding.transform, codes),
                None => (!self.only_by_name).then_some(0),
            };
            // What is found in a comment belongs to it as well.
            let is_covered =
                suppression.reach.covers(finding.at) || directive.comment.contains(finding.at);
            if let Some(used) = place.and_then(|place| suppression.used.get_mut(place))
                && is_covered
            {
                *used = true;
                suppressed = true;
            }
        }
        suppressed
    }
}

/// The edit that deletes a part of a comment: with the white space before it where code or another part
/// stands there, with its line where nothing does.
pub fn without_part(cx: &Cx<'_>, directive: &Directive) -> Edit {
    let (text, layout) = (cx.module.text(), cx.module.layout());
    let Directive { comment, at, .. } = directive;
    let before = &text[..at.start()];
    let is_first = at.start() == comment.start();
    let line = layout.line_start(comment.start());
    if is_first && !text[at.end()..comment.end()].trim().is_empty() {
        let rest = &text[at.end()..comment.end()];
        let next = at.end() + rest.len() - rest.trim_start().len();
        return Edit::delete(Span::new(at.start(), next));
    }
    if is_first && text[line..at.start()].trim().is_empty() {
        return Edit::delete(layout.whole_lines(*comment));
    }
    let end = match text[at.end()..comment.end()].trim().is_empty() {
        true => comment.end(),
        false => at.end(),
    };
    Edit::delete(Span::new(before.trim_end().len(), end))
}
