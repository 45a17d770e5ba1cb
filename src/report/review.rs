//! What is shown in a review: a fix with what has to be known of it, the questions, and what came of
//! the answers. Plain lines, no wider than the terminal where they can be broken.

use super::diff::unified;
use super::summary::count;
use crate::engine::Plan;
use crate::fix::{Finding, Fix};
use crate::review::{Answer, Decision, Merged, Mode, Session, Standing, Tally, Verdict};
use std::path::Path;

/// What the keys are for.
pub fn help(mode: &Mode) -> &'static str {
    match mode {
        Mode::Deciding | Mode::Noting(_) => DECIDING,
        Mode::Ending => ENDING,
    }
}

const ENDING: &str = "\
y  write the accepted fixes, and the safe ones that were not refused
n  write nothing now, and end the review
b  back to the fixes
?  show this help
";

const DECIDING: &str = "\
y  accept: `asyncfix --write` applies this fix beside the safe ones
n  refuse: it is not offered again, as long as the statement stays as it is
s  skip: decide another time
b  back: take the last answer back
a  show the next alternative; y accepts the one that is shown
t  accept all that is left of this transform      T  refuse them
f  accept all that is left in this file           F  refuse them
w  write down why, for those who read the decision
e  edit the files with this fix in $VISUAL or $EDITOR, and write them
d  show the whole diff
q  quit, and come back to the rest with the next `asyncfix review`
?  show this help
";

/// One fix, with what is said around it.
#[derive(Debug)]
pub struct Shown<'a> {
    pub finding: &'a Finding,
    pub fix: &'a Fix,
    /// Where its findings are, the first one first: `app/client.py:12`.
    pub places: Vec<String>,
    /// The name of the alternative that is shown, and those of all.
    pub way: Option<&'static str>,
    pub alternatives: Vec<&'static str>,
    /// What was decided about it in another review.
    pub standing: Option<Standing>,
}

/// The size of what can be shown at once, and whether in colours.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub columns: usize,
    /// As many lines of a diff, if not all.
    pub lines: Option<usize>,
    pub colour: bool,
}

/// What is known of a fix, without its diff.
pub fn heading(shown: &Shown<'_>, session: &Session, page: Page) -> String {
    let at = session.current().map_or(0, |at| at + 1);
    let mut out = format!("\n{at}/{}{}\n", session.len(), progress(&session.tally()));
    let (bold, off) = match page.colour {
        true => ("\x1b[1m", "\x1b[0m"),
        false => ("", ""),
    };
    let (first, others) = match shown.places.split_first() {
        Some((first, others)) => (first.as_str(), others),
        None => ("", &[] as &[String]),
    };
    let (transform, safety) = (shown.finding.transform, shown.fix.safety());
    out.push_str(&format!("{bold}{first}: {transform} [{safety}]{off}\n"));
    let mut say = |label: &str, text: &str| {
        out.push_str(&broken(&format!("  {label}{text}"), page.columns));
    };
    say("", &shown.finding.message);
    say("fix: ", shown.fix.title());
    if !shown.fix.reason().is_empty() {
        say("to review: ", shown.fix.reason());
    }
    for site in &shown.finding.chain {
        let place = format!("{}:{}: {}", site.path.display(), site.line, site.note);
        say("chain: ", &place);
    }
    for fact in &shown.finding.evidence {
        say("known: ", fact);
    }
    for note in &shown.finding.notes {
        say("note: ", note);
    }
    if !others.is_empty() {
        say("it serves as well: ", &others.join(", "));
    }
    match (shown.way, &shown.alternatives[..]) {
        (_, []) => {}
        (None, all) => say("alternatives: ", &all.join(", ")),
        (Some(name), _) => say("this is the alternative: ", name),
    }
    let before = shown.standing.map(|standing| match standing {
        Standing::Accepted => "accepted".to_owned(),
        Standing::Chosen(name) => format!("accepted in another way: {name}"),
        Standing::Refused => "refused".to_owned(),
        Standing::Changed => {
            "a fix was accepted, but the one that is offered now is another".to_owned()
        }
        Standing::Old => "it is in the baseline".to_owned(),
    });
    if let Some(before) = before {
        say("decided before: ", &before);
    }
    if let Some(note) = session.current().and_then(|at| session.note(at)) {
        say("why: ", note);
    }
    out
}

/// The diff of a fix alone, as much as fits.
pub fn changes(plan: &Plan, page: Page) -> Vec<u8> {
    let diff = unified(plan);
    let lines: Vec<&[u8]> = diff
        .split_inclusive(|&byte| byte == b'\n')
        // The reason stands above.
        .filter(|line| !line.starts_with(b"#"))
        .collect();
    let most = page.lines.unwrap_or(lines.len());
    let mut out: Vec<u8> = Vec::new();
    for line in lines.iter().take(most) {
        out.extend(line.iter().flat_map(|byte| visible(*byte)));
    }
    if lines.len() > most {
        let more = count(lines.len() - most, "more line");
        out.extend(format!("... {more}: d shows them all\n").into_bytes());
    }
    if lines.is_empty() {
        out.extend_from_slice(BROKEN.as_bytes());
    }
    out
}

/// Characters that a terminal would obey are shown as in `^[`.
fn visible(byte: u8) -> Vec<u8> {
    match byte {
        b'\n' | b'\t' | b' '..=b'~' | 0x80.. => vec![byte],
        b'\r' => Vec::new(),
        0x7f => b"^?".to_vec(),
        control => vec![b'^', control + b'@'],
    }
}

/// `, 2 accepted, 1 refused`
fn progress(tally: &Tally) -> String {
    [
        (tally.accepted, "accepted"),
        (tally.refused, "refused"),
        (tally.skipped, "skipped"),
    ]
    .iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!(", {number} {what}"))
    .collect()
}

/// The question that is open.
pub fn prompt(session: &Session) -> String {
    match session.mode() {
        Mode::Deciding => {
            let answer = session.current().and_then(|at| session.answer(at));
            let answer = match answer {
                Some(Answer::Skipped) => " (skipped)",
                _ => "",
            };
            format!("Apply this fix{answer}? [y,n,s,b,a,t,T,f,F,w,e,d,q,?] ")
        }
        Mode::Noting(note) => format!("Why (Enter ends the note, Escape drops it): {note}"),
        Mode::Ending => "Write them now? [y,n,b,?] ".to_owned(),
    }
}

/// What was decided, and how to go on; `accepted` and `safe` are the fixes that could be written now.
pub fn ending(tally: &Tally, ledger: &Path, (accepted, safe): (usize, usize)) -> String {
    let mut out = match (tally.accepted + tally.refused, tally.skipped + tally.left) {
        (0, 0) => "\nNothing is left to decide.\n".to_owned(),
        (0, open) => format!("\nNothing was decided; {} left.\n", count_fixes(open)),
        (_, open) => {
            let Tally {
                accepted, refused, ..
            } = tally;
            let open = match open {
                0 => String::new(),
                open => format!(", {open} left for another time"),
            };
            format!(
                "\n{accepted} accepted, {refused} refused{open}.\n\
                 The decisions are kept in {}: commit it with the code.\n",
                ledger.display()
            )
        }
    };
    if tally.skipped + tally.left > 0 {
        out.push_str("`asyncfix review` goes on with what is left.\n");
    }
    out.push_str(&match (accepted, safe) {
        (0, 0) => String::new(),
        (0, safe) => format!("{} can be written.\n", count_of(safe, "safe")),
        (accepted, 0) => format!("{} can be written.\n", count_of(accepted, "accepted")),
        (accepted, safe) => format!(
            "{} and {safe} safe without a decision can be written.\n",
            count_of(accepted, "accepted")
        ),
    });
    out
}

/// What is said at the end, where nothing is written.
pub const UNWRITTEN: &str =
    "Nothing is written: `asyncfix --write` writes the accepted fixes and the safe ones.\n";

/// There is no answer to take back.
pub const NOTHING_BEFORE: &str = "There is nothing to go back to.\n";

/// There is only one way to mend something.
pub const NO_ALTERNATIVE: &str = "There is no other way to mend this.\n";

/// A fix whose result would be wrong.
pub const BROKEN: &str =
    "asyncfix cannot apply this fix: its result would be wrong; please report it.\n";

/// There is nothing to edit with.
pub const NO_EDITOR: &str =
    "No editor is known: set VISUAL or EDITOR to the command that starts yours.\n";

/// A key that means nothing.
pub fn unknown(character: char) -> String {
    format!("`{character}` means nothing here; ? tells what the keys mean.\n")
}

/// A file is not what it was any more.
pub fn changed(path: &Path, then: &str) -> String {
    format!("{} changed since it was read: {then}.\n", path.display())
}

/// What an editor left is not written, and whether the next edit goes on with it.
pub fn kept(why: &str, folder: &Path, goes_on: bool) -> String {
    let folder = folder.display();
    match goes_on {
        true => format!("{why}\nNot written. Your edit is kept in {folder}: e goes on with it.\n"),
        false => format!("{why}\nNot written. Your edit is kept in {folder}.\n"),
    }
}

/// An editor was closed and nothing was changed in it.
pub fn untouched(why: Option<&str>) -> String {
    let why = why.map_or_else(String::new, |why| format!("{why}\n"));
    format!(
        "{why}Nothing was changed in the editor, and nothing is written: y accepts the fix as it is.\n"
    )
}

/// A file was written as it was edited.
pub fn written(path: &Path) -> String {
    format!("{}: written as you edited it.\n", path.display())
}

/// `1 fix`, `2 fixes`
fn count_fixes(number: usize) -> String {
    match number {
        1 => "1 fix".to_owned(),
        _ => format!("{number} fixes"),
    }
}

/// `1 accepted fix`, `2 accepted fixes`
fn count_of(number: usize, which: &str) -> String {
    let noun = if number == 1 { "fix" } else { "fixes" };
    format!("{number} {which} {noun}")
}

/// What came of taking over the decisions of another ledger.
pub fn merged(merged: &Merged, overwritten: bool) -> Vec<String> {
    let mut lines: Vec<String> = merged
        .conflicts
        .iter()
        .map(|(own, other)| {
            let Decision {
                path,
                transform,
                code,
                ..
            } = own;
            let (own, other) = (verdict(own), verdict(other));
            let other = match own == other {
                true => format!("{other} another fix of"),
                false => other.to_owned(),
            };
            format!("{path}: {transform}: `{code}` was {own} here, and {other} there")
        })
        .collect();
    lines.push(format!(
        "{} taken over, {} known already{}.",
        count(merged.new, "decision"),
        merged.known,
        match merged.conflicts.len() {
            0 => String::new(),
            conflicts => format!(", {}", count(conflicts, "conflict")),
        }
    ));
    if !merged.conflicts.is_empty() {
        lines.push(match overwritten {
            true => "What was decided there counts now.".to_owned(),
            false => {
                "What was decided here still counts: --overwrite takes what was decided there."
                    .to_owned()
            }
        });
    }
    lines
}

fn verdict(decision: &Decision) -> &'static str {
    match decision.verdict {
        Verdict::Accepted { .. } => "accepted",
        Verdict::Refused => "refused",
    }
}

/// How a decision stands in the files as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It holds for the finding at this line.
    Holds(Standing, usize),
    Stale,
    /// The file or the transform is not one of this run, or the file could not be read.
    Unseen,
}

impl Stands {
    /// Where the finding is, if there is one.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Holds(_, line) => Some(*line),
            Self::Stale | Self::Unseen => None,
        }
    }
}

/// A line about a decision.
pub fn decision(decision: &Decision, stands: &Stands) -> String {
    let verdict = verdict(decision);
    let (line, stands) = match stands {
        Stands::Holds(Standing::Changed, line) => (
            format!(":{line}"),
            ", but the fix that is offered now is another".to_owned(),
        ),
        Stands::Holds(Standing::Chosen(name), line) => {
            (format!(":{line}"), format!(" in another way: {name}"))
        }
        Stands::Holds(_, line) => (format!(":{line}"), String::new()),
        Stands::Stale => {
            let stale = ", but nothing is found for it any more";
            (String::new(), stale.to_owned())
        }
        Stands::Unseen => (String::new(), ", not looked at".to_owned()),
    };
    let why = decision.why.as_ref();
    let why = why.map_or_else(String::new, |why| format!(" ({why})"));
    let Decision {
        path,
        transform,
        code,
        ..
    } = decision;
    format!("{path}{line}: {transform}: `{code}` {verdict}{stands}{why}\n")
}

/// Breaks a line at spaces; what follows is indented as its text is. Ends with a line's end.
fn broken(line: &str, columns: usize) -> String {
    let mut out = String::new();
    let mut width = 0;
    for (index, word) in line.trim_start().split(' ').enumerate() {
        let length = word.chars().count();
        match index {
            0 => out.push_str("  "),
            _ if width + 1 + length > columns => {
                out.push_str("\n    ");
                width = 4;
                out.push_str(word);
                width += length;
                continue;
            }
            _ => out.push(' '),
        }
        out.push_str(word);
        width += length + if index == 0 { 2 } else { 1 };
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_at_spaces() {
        assert_eq!(broken("  fix: a", 10), "  fix: a\n");
        assert_eq!(broken("  fix: one two", 10), "  fix: one\n    two\n");
        assert_eq!(
            broken("  a_word_too_long b", 10),
            "  a_word_too_long\n    b\n"
        );
    }

    #[test]
    fn nothing_in_a_file_can_command_the_terminal() {
        let shown: Vec<u8> = b"\x1b[2J\tx\x7f\r\n"
            .iter()
            .flat_map(|byte| visible(*byte))
            .collect();
        assert_eq!(shown, b"^[[2J\tx^?\n");
    }
}
