//! Comments that mean to suppress and do not: without a reason, or with names that no transform has.
//! A comment that is ignored without a word would be taken for one that works.

use crate::fix::{Cx, FileId, Finding, Info, Transform};
use crate::model::file::Why;
use crate::model::project::Project;
use crate::python::suppress::{Directive, Flaw, Kind};

pub struct InvalidSuppression;

static INFO: Info = Info {
    id: "invalid-suppression",
    codes: &[],
    summary: "`# asyncfix:` comments that are not understood, or do not say why",
    why: "What is left as it is on purpose needs a reason, or nobody dares to change it later: \
          `# asyncfix: skip[blocking-sleep] the hardware needs it`. A comment without one suppresses \
          nothing. Neither does one with a list that is empty or has no end, `skip-file` below the first \
          statement, or a word that asyncfix does not know. Of a list, names that no transform has count \
          for nothing.",
    before: "\
import asyncio


async def tick():
    await asyncio.sleep(1)  # asyncfix: skip[blocking-sleep]
",
    after: "\
import asyncio


async def tick():
    await asyncio.sleep(1)  # asyncfix: skip[blocking-sleep]
",
    when_review: "There is no fix: the reason is for a person to give.",
    needles: &["asyncfix"],
};

impl Transform for InvalidSuppression {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        project.speaks_of_skipping(file)
    }

    fn is_about_comments(&self) -> bool {
        true
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let each = cx.suppressions.into_iter().flat_map(|all| all.iter());
        let directives = each.map(|suppression| &suppression.directive);
        for directive in directives.filter(|directive| directive.kind == Kind::Skip) {
            if let Some(flaw) = &directive.flaw {
                let (message, advice) = told(directive, flaw);
                found.push(cx.finding(&INFO, directive.at, message, Err(Why::new(advice))));
            }
            for name in directive.names.iter().flatten() {
                if super::find(&name.text).is_some() {
                    continue;
                }
                let advice = match super::nearest(&name.text) {
                    Some(near) => format!("write `{near}`, if that is what is meant"),
                    None => "`asyncfix list` names them all".to_owned(),
                };
                let message = format!("there is no transform `{}` to suppress", name.text);
                found.push(cx.finding(&INFO, name.at, message, Err(Why::new(advice))));
            }
        }
    }
}

/// What is wrong with a comment, and what to do about it.
fn told(directive: &Directive, flaw: &Flaw) -> (String, String) {
    let listed = |default: &str| {
        let names = directive.names.iter().flatten();
        let names: Vec<&str> = names.map(|name| name.text.as_str()).collect();
        match names.is_empty() {
            true => default.to_owned(),
            false => format!("[{}]", names.join(", ")),
        }
    };
    let word = if directive.of_file {
        "skip-file"
    } else {
        "skip"
    };
    let nothing = |why: &str| format!("this comment suppresses nothing: {why}");
    match flaw {
        Flaw::NoReason => (
            nothing("it does not say why"),
            format!(
                "write the reason behind it, as in `# asyncfix: {word}{} the hardware needs it`",
                listed("")
            ),
        ),
        Flaw::NoBracket => (
            nothing("its list has no end"),
            format!("close the list, as in `# asyncfix: {word}[blocking-sleep] the hardware needs it`"),
        ),
        Flaw::NoName => (
            nothing("its list is empty"),
            format!(
                "name what it suppresses, as in `# asyncfix: {word}[blocking-sleep] the hardware needs \
                 it`, or leave out the brackets to suppress everything"
            ),
        ),
        Flaw::NotAtTop => (
            nothing("`skip-file` counts on a line of its own above the first statement only"),
            "move it to the top of the file, or write `skip` behind the `def` of a function".to_owned(),
        ),
        Flaw::Unknown(word) => (
            match word.is_empty() {
                true => "this comment tells asyncfix nothing".to_owned(),
                false => format!("asyncfix knows no `{word}` in a comment"),
            },
            "write `skip`, `skip-file` or `pure`: `# asyncfix: skip[blocking-sleep] the hardware needs it`"
                .to_owned(),
        ),
    }
}
