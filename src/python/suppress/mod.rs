//! Comments by which a person says: leave this alone.
//!
//! asyncfix's own are `# asyncfix: skip[blocking-sleep, blocking-http] reason` and, at the top of a file,
//! `# asyncfix: skip-file[...] reason`. Those of ruff and flake8 are read for the codes that mean the same
//! as a transform: `# noqa: ASYNC251`, `# ruff: ignore[ASYNC251]`, and for whole files `# ruff: noqa: ...`,
//! `# flake8: noqa: ...`, `# ruff: file-ignore[...]`. Without codes those speak of whatever else the
//! linter finds there, not of repairs, and are not read.

mod reach;

pub use reach::Reach;

use super::Tree;
use super::ast::is_docstring_stmt;
use crate::text::Span;

/// A part of a comment that asks to leave code alone, or means to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The comment it stands in, which may hold others.
    pub comment: Span,
    /// From its `#` to its last character.
    pub at: Span,
    pub kind: Kind,
    /// It speaks of the whole file.
    pub of_file: bool,
    /// What it lists; nothing where it speaks of everything.
    pub names: Option<Vec<Name>>,
    /// Why it counts for nothing.
    pub flaw: Option<Flaw>,
}

/// Whose comment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// asyncfix's own.
    Skip,
    /// `# noqa`, which speaks of its own line only.
    Noqa,
    /// `# ruff: ignore`, which may stand above the line that it speaks of.
    Ignore,
}

/// A name that is listed, without white space around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub text: String,
    pub at: Span,
}

/// Why a comment that means to suppress does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It does not say why.
    NoReason,
    /// Its list of names has no end.
    NoBracket,
    /// Its list of names is empty.
    NoName,
    /// It speaks of a file and stands below its first statement.
    NotAtTop,
    /// There is no such word.
    Unknown(String),
}

/// What ruff calls the rules with these codes, in comments of its own.
const RULES: [(&str, &str); 13] = [
    ("async-busy-wait", "ASYNC110"),
    ("asyncio-dangling-task", "RUF006"),
    ("blocking-http-call-httpx-in-async-function", "ASYNC212"),
    ("blocking-http-call-in-async-function", "ASYNC210"),
    ("blocking-input-in-async-function", "ASYNC250"),
    ("blocking-open-call-in-async-function", "ASYNC230"),
    ("blocking-path-method-in-async-function", "ASYNC240"),
    ("blocking-sleep-in-async-function", "ASYNC251"),
    ("create-subprocess-in-async-function", "ASYNC220"),
    ("run-process-in-async-function", "ASYNC221"),
    ("timeout-error-alias", "UP041"),
    ("trio-sync-call", "ASYNC105"),
    ("wait-for-process-in-async-function", "ASYNC222"),
];

impl Directive {
    /// Whether it names a transform, by its identifier or one of its codes.
    pub fn names(&self, id: &str, codes: &[&str]) -> Option<usize> {
        let is_meant = |name: &Name| {
            let is_code = |code: &&str| code.eq_ignore_ascii_case(&name.text);
            name.text == id || codes.iter().any(is_code)
        };
        self.names.iter().flatten().position(is_meant)
    }
}

/// All parts of comments that suppress or mean to, in order.
pub fn directives(text: &str, tree: &Tree) -> Vec<Directive> {
    let mut found = Vec::new();
    for comment in tree.comments() {
        let parts = parts(comment.of(text));
        for (index, part) in parts.iter().enumerate() {
            let next = parts.get(index + 1).map(|(_, next)| *next);
            found.extend(directive(comment, part.0, part.1, next));
        }
    }
    let top = tree
        .body()
        .iter()
        .find(|statement| !is_docstring_stmt(statement))
        .map_or(text.len(), |statement| super::span(statement).start());
    for directive in found.iter_mut().filter(|found| found.of_file) {
        let line = &text[..directive.comment.start()];
        let before = line.rfind(['\n', '\r']).map_or(line, |at| &line[at + 1..]);
        let alone = before.trim().is_empty();
        if directive.kind == Kind::Skip && (directive.comment.start() > top || !alone) {
            directive.flaw.get_or_insert(Flaw::NotAtTop);
        }
    }
    found
}

/// Whether a comment speaks to asyncfix of what to leave alone.
pub fn speaks_of_skipping(comment: &str) -> bool {
    let parts = parts(comment);
    parts.iter().any(|(_, part)| {
        let said = said(part, "asyncfix");
        said.is_some_and(|said| word(said) != "pure")
    })
}

/// The parts of a comment, each with its offset: `# noqa: E501  # asyncfix: skip[blocking-http] why`
/// has two. `#12` begins none.
fn parts(comment: &str) -> Vec<(usize, &str)> {
    let begins = |at: usize| {
        let before = comment[..at].chars().next_back();
        let after = comment[at + 1..].chars().next();
        before.is_none_or(char::is_whitespace) && !after.is_some_and(|c| c.is_ascii_digit())
    };
    let starts = comment.match_indices('#').map(|(at, _)| at);
    let starts: Vec<usize> = starts.filter(|at| begins(*at)).collect();
    let ends = starts.iter().skip(1).copied().chain([comment.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| (*start, comment[*start..end].trim_end()))
        .collect()
}

/// What a part says to a tool: `skip why` of `# asyncfix: skip why`.
fn said<'p>(part: &'p str, tool: &str) -> Option<&'p str> {
    let part = part.trim_start_matches('#').trim_start();
    let rest = part.strip_prefix(tool)?.trim_start().strip_prefix(':')?;
    Some(rest.trim_start())
}

/// The word that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    &text[..end.unwrap_or(text.len())]
}

fn directive(comment: Span, offset: usize, part: &str, next: Option<&str>) -> Option<Directive> {
    let start = comment.start() + offset;
    let mut directive = Directive {
        comment,
        at: Span::new(start, start + part.len()),
        kind: Kind::Skip,
        of_file: false,
        names: None,
        flaw: None,
    };
    // Where a rest of the part stands in the file.
    let place = |rest: &str| start + part.len() - rest.len();
    if let Some(said) = said(part, "asyncfix") {
        let word = word(said);
        directive.of_file = match word {
            "skip" => false,
            "skip-file" => true,
            "pure" => return None,
            other => {
                directive.flaw = Some(Flaw::Unknown(other.to_owned()));
                return Some(directive);
            }
        };
        let mut rest = &said[word.len()..];
        if let Some(list) = rest.trim_start().strip_prefix('[') {
            let Some(end) = list.find(']') else {
                directive.flaw = Some(Flaw::NoBracket);
                return Some(directive);
            };
            rest = &list[end + 1..];
            let names = names(&list[..end], place(list));
            directive.flaw = names.is_empty().then_some(Flaw::NoName);
            directive.names = Some(names);
        }
        let is_reason = |text: &str| text.contains(char::is_alphanumeric);
        if !is_reason(rest) && !next.is_some_and(|next| is_reason(next) && !is_for_a_tool(next)) {
            directive.flaw.get_or_insert(Flaw::NoReason);
        }
        return Some(directive);
    }
    let (kind, of_file, codes, offset) = codes(part)?;
    directive.kind = kind;
    directive.of_file = of_file;
    let mut names = names(codes, start + offset);
    for name in names.iter_mut().filter(|_| kind == Kind::Ignore) {
        let rule = RULES.iter().find(|(rule, _)| *rule == name.text);
        if let Some((_, code)) = rule {
            name.text = (*code).to_owned();
        }
    }
    let is_code = |name: &Name| {
        let digits = name
            .text
            .trim_start_matches(|c: char| c.is_ascii_alphabetic());
        digits.len() < name.text.len()
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_ascii_digit())
    };
    // What follows the codes of a `noqa` is an explanation.
    let end = names.iter().position(|name| !is_code(name));
    names.truncate(end.filter(|_| kind == Kind::Noqa).unwrap_or(names.len()));
    directive.names = Some(names).filter(|names| !names.is_empty());
    directive.names.is_some().then_some(directive)
}

/// The codes that a comment for ruff or flake8 lists: whose it is, whether it is about the whole file, the
/// list, and where that begins.
fn codes(part: &str) -> Option<(Kind, bool, &str, usize)> {
    let lower = part.to_ascii_lowercase();
    let tool = ["ruff", "flake8"]
        .iter()
        .find_map(|tool| said(&lower, tool));
    let (of_file, rest) = match tool {
        Some(said) => match word(said) {
            word @ ("ignore" | "file-ignore") => {
                let list = said[word.len()..].strip_prefix('[')?;
                let at = part.len() - list.len();
                let list = &part[at..at + list.find(']')?];
                return Some((Kind::Ignore, word == "file-ignore", list, at));
            }
            "noqa" => (true, said),
            _ => return None,
        },
        None => (false, &lower[lower.find("noqa")?..]),
    };
    let codes = rest["noqa".len()..].trim_start().strip_prefix(':')?;
    let at = part.len() - codes.len();
    Some((Kind::Noqa, of_file, &part[at..], at))
}

/// The names of a list that begins at an offset.
fn names(list: &str, start: usize) -> Vec<Name> {
    let mut names = Vec::new();
    let mut at = 0;
    for piece in list.split_inclusive([',', ' ', '\t']) {
        let text = piece.trim_matches([',', ' ', '\t']);
        let text = text.trim_end_matches([':', ';', '.']);
        if !text.is_empty() {
            names.push(Name {
                text: text.to_owned(),
                at: Span::new(start + at, start + at + text.len()),
            });
        }
        at += piece.len();
    }
    names
}

/// Whether a part of a comment is addressed to a tool, and so says nothing of another part.
fn is_for_a_tool(part: &str) -> bool {
    const TOOLS: [&str; 12] = [
        "asyncfix", "flake8", "fmt", "isort", "mypy", "noqa", "nosec", "pragma", "pylint",
        "pyright", "ruff", "type",
    ];
    let part = part.trim_start_matches('#').trim_start();
    let word = word(part);
    let is_alone = matches!(word, "noqa" | "nosec");
    TOOLS.contains(&word) && (is_alone || part[word.len()..].trim_start().starts_with(':'))
}

/// Whether a comment says that a function does nothing that others notice: `# asyncfix: pure`, with or
/// without a reason behind it.
pub fn claims_pure(comment: &str) -> bool {
    let parts = parts(comment);
    parts.iter().any(|(_, part)| {
        let said = said(part, "asyncfix");
        said.is_some_and(|said| word(said) == "pure")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::{deep_stack, parse};

    /// What the parts of a comment come to, in words.
    fn told(comment: &str) -> Vec<String> {
        deep_stack(|| {
            let tree = parse(comment).unwrap();
            let directives = directives(comment, &tree);
            let told = directives.iter().map(|directive| {
                let names = directive.names.iter().flatten().map(|name| {
                    if directive.kind != Kind::Ignore {
                        assert_eq!(name.at.of(comment), name.text);
                    }
                    name.text.as_str()
                });
                let names: Vec<&str> = names.collect();
                let file = if directive.of_file { "file " } else { "" };
                let names = match &directive.names {
                    Some(_) => names.join("+"),
                    None => "all".to_owned(),
                };
                match &directive.flaw {
                    Some(flaw) => format!("{flaw:?}"),
                    None => format!("{file}{names}"),
                }
            });
            told.collect()
        })
    }

    #[track_caller]
    fn check(comment: &str, expected: &[&str]) {
        assert_eq!(told(comment), expected, "{comment}");
    }

    #[test]
    fn own_comments() {
        check("# asyncfix: skip[a] the hardware needs it", &["a"]);
        check("# asyncfix: skip[a, b] -- see #12", &["a+b"]);
        check("#asyncfix:skip[a,b]: so", &["a+b"]);
        check("# asyncfix: skip the hardware needs it", &["all"]);
        check("# asyncfix: skip-file[a] generated", &["file a"]);
        check("# asyncfix: skip-file generated", &["file all"]);
        check("# asyncfix: pure", &[]);
        check("# asyncfix is good", &[]);
        check("# see asyncfix: skip", &[]);
    }

    #[test]
    fn own_comments_need_a_reason() {
        check("# asyncfix: skip[a]", &["NoReason"]);
        check("# asyncfix: skip", &["NoReason"]);
        check("# asyncfix: skip[a] --", &["NoReason"]);
        check("# asyncfix: skip[a]  # the hardware needs it", &["a"]);
        check("# asyncfix: skip[a]  # noqa: E501", &["NoReason", "E501"]);
        check("# asyncfix: skip[a]  # type: ignore", &["NoReason"]);
        check("# asyncfix: skip[a]  # nosec", &["NoReason"]);
        check("# asyncfix: skip[a] why  # noqa: E501", &["a", "E501"]);
    }

    #[test]
    fn own_comments_that_are_wrong() {
        check("# asyncfix: skip[a why", &["NoBracket"]);
        check("# asyncfix: skip[] why", &["NoName"]);
        check("# asyncfix: skipped[a] why", &["Unknown(\"skipped\")"]);
        check("# asyncfix: ignore", &["Unknown(\"ignore\")"]);
        check("x = 1\n# asyncfix: skip-file why", &["NotAtTop"]);
        check("'''x'''\n# asyncfix: skip-file why", &["file all"]);
        check("'''x'''  # asyncfix: skip-file why", &["NotAtTop"]);
    }

    #[test]
    fn comments_of_linters() {
        check("# noqa: ASYNC251", &["ASYNC251"]);
        check("# NOQA:E501,async251 why", &["E501+async251"]);
        check("# noqa: E501 ASYNC251: why", &["E501+ASYNC251"]);
        check("# noqa", &[]);
        check("# noqa: because", &[]);
        check("# ruff: noqa: ASYNC251", &["file ASYNC251"]);
        check("# flake8: noqa: ASYNC251, E501", &["file ASYNC251+E501"]);
        check("# ruff: noqa", &[]);
        check("# ruff: ignore[ASYNC251] why", &["ASYNC251"]);
        check("# ruff: file-ignore[ASYNC251]", &["file ASYNC251"]);
        check("# ruff: disable[ASYNC251]", &[]);
        check(
            "# ruff: ignore[line-too-long, blocking-sleep-in-async-function]",
            &["line-too-long+ASYNC251"],
        );
    }

    #[test]
    fn parts_of_a_comment() {
        check(
            "# noqa: E501  # asyncfix: skip[a] why # noqa: E502",
            &["E501", "a", "E502"],
        );
    }
}
