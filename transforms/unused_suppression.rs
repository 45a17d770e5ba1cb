//! Comments that suppress what is not there, or is no longer. They tell readers of a problem that the
//! code does not have, and would hide the next one.
//!
//! Judged is what was looked for: names of transforms that did not run in this run stay, and nothing is
//! said where files of the project could not be read. Comments of other tools are left to these tools.

use crate::fix::{
    Cx, FileId, Finding, Fix, Info, Suppression, Suppressions, Transform, without_part,
};
use crate::model::project::Project;
use crate::python::suppress::{Kind, Name, Reach};
use crate::text::{Edit, Span};

pub struct UnusedSuppression;

static INFO: Info = Info {
    id: "unused-suppression",
    codes: &[],
    summary: "`# asyncfix: skip` comments that suppress nothing",
    why: "A comment that suppresses tells its readers of a problem that was left on purpose. Where that \
          problem has gone, it tells them something wrong, and would hide a new one of the same kind \
          without a word. It is deleted; of a comment that lists several transforms, only those that are \
          not found go.\n\n\
          It looks once all fixes are made. What was not looked for in a run (`--select`, `--ignore`) is \
          not judged, so that `--select unused-suppression` alone finds nothing; neither is anything \
          where a file of the project could not be read, or of standard input, since what blocks further \
          down may stand there. `# noqa` belongs to other tools and stays, also on the same line.",
    before: "\
import asyncio


async def tick():
    await asyncio.sleep(1)  # asyncfix: skip[blocking-sleep] the hardware needs it
",
    after: "\
import asyncio


async def tick():
    await asyncio.sleep(1)
",
    when_review: "Never: only a comment changes. A comment that names `unused-suppression` itself is left \
                  alone.",
    needles: &["asyncfix"],
};

impl Transform for UnusedSuppression {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.speaks_of_skipping(file) && !project.modules().is_partial()
    }

    fn is_about_comments(&self) -> bool {
        true
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let Some(suppressions) = cx.suppressions else {
            return;
        };
        for suppression in suppressions.iter() {
            let directive = &suppression.directive;
            if directive.kind != Kind::Skip || directive.flaw.is_some() {
                continue;
            }
            match &directive.names {
                None => {
                    let others = super::CATALOGUE.iter().filter(|it| !it.is_about_comments());
                    let all_ran = others.map(|it| it.info().id).all(|id| suppressions.ran(id));
                    if all_ran && !suppression.used.contains(&true) {
                        found.push(whole(cx, suppression, "nothing is found"));
                    }
                }
                Some(names) => found.extend(among(cx, suppressions, suppression, names)),
            }
        }
    }
}

/// What is to be said of a comment that lists names.
fn among(
    cx: &Cx<'_>,
    suppressions: &Suppressions,
    suppression: &Suppression,
    names: &[Name],
) -> Option<Finding> {
    let is_about_comments = |name: &Name| {
        let mut about = super::CATALOGUE.iter().filter(|it| it.is_about_comments());
        about.any(|it| it.info().id == name.text)
    };
    if names.iter().any(is_about_comments) {
        return None;
    }
    let is_unused = |name: &Name, used: bool| {
        let info = super::find(&name.text);
        !used && info.is_some_and(|info| suppressions.ran(info.id))
    };
    let judged = names.iter().zip(&suppression.used);
    let (unused, kept): (Vec<_>, Vec<_>) = judged.partition(|(name, used)| is_unused(name, **used));
    let shown: Vec<String> = unused
        .iter()
        .map(|(name, _)| format!("`{}`", name.text))
        .collect();
    let shown = shown.join(", ");
    let (first, last) = (names.first()?, names.last()?);
    if unused.is_empty() {
        return None;
    }
    if kept.is_empty() {
        let is = if unused.len() == 1 { "is" } else { "are" };
        return Some(whole(cx, suppression, &format!("{shown} {is} not found")));
    }
    let kept: Vec<&str> = kept.iter().map(|(name, _)| name.text.as_str()).collect();
    let list = Span::new(first.at.start(), last.at.end());
    Some(finding(
        cx,
        suppression,
        format!("a part of this comment suppresses nothing: {shown} not found here"),
        format!("delete {shown} from the comment"),
        Edit::replace(list, kept.join(", ")),
    ))
}

/// A comment that suppresses nothing at all.
fn whole(cx: &Cx<'_>, suppression: &Suppression, why: &str) -> Finding {
    let mut finding = finding(
        cx,
        suppression,
        format!("this comment suppresses nothing: {why} here"),
        "delete the comment".to_owned(),
        without_part(cx, &suppression.directive),
    );
    if suppression.reach == Reach::Nothing {
        let note = "a comment on a line of its own speaks of what begins on the next line";
        finding.notes.push(note.to_owned());
    }
    finding
}

fn finding(
    cx: &Cx<'_>,
    suppression: &Suppression,
    message: String,
    title: String,
    edit: Edit,
) -> Finding {
    let directive = &suppression.directive;
    let comment = directive.comment.of(cx.module.text());
    let fix = Fix::safe(title, cx.file, vec![edit]);
    let fix = fix.map(|fix| fix.without_comment(cx.file, comment));
    cx.finding(&INFO, directive.at, message, Ok(fix))
}
