//! Comments by which a person says: leave this alone.
//!
//! `# asyncfix: skip` and `# asyncfix: skip[blocking-sleep, blocking-http] reason`, and flake8's and
//! ruff's `# noqa: ASYNC251` for the codes that mean the same as a transform.

use super::Tree;
use crate::text::Span;

/// One suppressing comment.
#[derive(Debug)]
pub struct Suppression {
    pub comment: Span,
    names: Option<Vec<String>>,
}

impl Suppression {
    /// Whether it speaks of the transform with this identifier or one of these codes.
    pub fn covers(&self, id: &str, codes: &[&str]) -> bool {
        self.names.as_ref().is_none_or(|names| {
            names
                .iter()
                .any(|name| name == id || codes.contains(&name.as_str()))
        })
    }
}

/// All suppressing comments of a file, in order.
pub fn suppressions(text: &str, tree: &Tree) -> Vec<Suppression> {
    tree.comments()
        .flat_map(|comment| {
            // One comment may hold several: `# noqa: ASYNC251  # asyncfix: skip[blocking-http]`.
            let parts = comment.of(text).split('#');
            parts.filter_map(move |part| {
                let names = names(part)?;
                Some(Suppression { comment, names })
            })
        })
        .collect()
}

/// The names that a part of a comment lists, `Some(None)` for all of them, `None` if it suppresses nothing.
fn names(comment: &str) -> Option<Option<Vec<String>>> {
    let split = |list: &str| {
        list.split([',', ' '])
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    if let Some(at) = comment.find("asyncfix:") {
        let rest = comment[at + "asyncfix:".len()..].trim_start();
        let rest = rest.strip_prefix("skip")?;
        return match rest.strip_prefix('[') {
            Some(list) => Some(Some(split(list.split_once(']')?.0))),
            None if rest.is_empty() || rest.starts_with(' ') => Some(None),
            None => None,
        };
    }
    let at = comment.to_ascii_lowercase().find("noqa")?;
    let rest = comment[at + "noqa".len()..].trim_start();
    match rest.strip_prefix(':') {
        Some(codes) => {
            let codes: Vec<String> = split(codes)
                .into_iter()
                .take_while(|code| code.starts_with(|c: char| c.is_ascii_uppercase()))
                .collect();
            // Other codes speak of other things.
            (!codes.is_empty()).then_some(Some(codes))
        }
        // A bare `noqa` is about whatever else the linter says of the line, not about repairs.
        None => None,
    }
}

/// Whether a comment says that a function does nothing that others notice: `# asyncfix: pure`, with or
/// without a reason behind it.
pub fn claims_pure(comment: &str) -> bool {
    comment.split('#').any(|part| {
        let claim = part.trim_start().strip_prefix("asyncfix:");
        claim.is_some_and(|claim| {
            let rest = claim.trim_start().strip_prefix("pure");
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(comment: &str, covers_sleep: bool) {
        let covered = names(comment).is_some_and(|names| {
            Suppression {
                comment: Span::empty(0),
                names,
            }
            .covers("blocking-sleep", &["ASYNC251"])
        });
        assert_eq!(covered, covers_sleep, "{comment}");
    }

    #[test]
    fn skip_comments() {
        check("# asyncfix: skip", true);
        check("# asyncfix: skip the hardware needs it", true);
        check(
            "# asyncfix: skip[blocking-sleep] the hardware needs it",
            true,
        );
        check("# asyncfix: skip[blocking-http, blocking-sleep]", true);
        check("# asyncfix: skip[blocking-http]", false);
        check("# asyncfix: skipped", false);
        check("# asyncfix is good", false);
    }

    #[test]
    fn noqa_comments() {
        check("# noqa: ASYNC251", true);
        check("# NOQA:E501,ASYNC251 why", true);
        check("# noqa: E501", false);
        check("# noqa", false);
    }
}
