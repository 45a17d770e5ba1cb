//! A plan as one unified diff that `git apply` and `patch -p1` take.

use crate::engine::{FilePatch, Plan};
use crate::fix::Safety;
use crate::text::{Span, diff};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

/// The diff of all changed files, as bytes, since each file's lines are in its own encoding.
///
/// Text before a file's `---` line is ignored by git and patch: it says what a person has to
/// confirm. Hunk headings name the transforms and their safety.
pub fn unified(plan: &Plan) -> Vec<u8> {
    let mut out = Vec::new();
    for patch in &plan.patches {
        let part = Part::new(plan, patch);
        out.extend(part.reasons(plan, None).into_bytes());
        out.extend_from_slice(part.header.as_bytes());
        for (hunk, _) in &part.hunks {
            out.extend_from_slice(hunk);
        }
    }
    out
}

/// The diff in pieces, each of which is given away once.
pub struct Pieces<'p> {
    plan: &'p Plan,
    parts: Vec<Part<'p>>,
    /// By the group of wanted findings, the hunks that its fixes made, alone or with others: each a
    /// part and which of its hunks.
    by_group: BTreeMap<usize, BTreeSet<(usize, usize)>>,
    taken: BTreeSet<(usize, usize)>,
}

impl<'p> Pieces<'p> {
    pub fn new(plan: &'p Plan) -> Self {
        let parts: Vec<Part<'p>> = plan
            .patches
            .iter()
            .map(|patch| Part::new(plan, patch))
            .collect();
        let mut by_group: BTreeMap<usize, BTreeSet<(usize, usize)>> = BTreeMap::new();
        for (index, part) in parts.iter().enumerate() {
            for (at, (_, owners)) in part.hunks.iter().enumerate() {
                for group in owners.iter().flat_map(|owner| &plan.applied[*owner].groups) {
                    by_group.entry(*group).or_default().insert((index, at));
                }
            }
        }
        Self {
            plan,
            parts,
            by_group,
            taken: BTreeSet::new(),
        }
    }

    /// What fixes of these groups made and was not given away before; and whether they made anything.
    pub fn take(&mut self, groups: &BTreeSet<usize>) -> (Vec<u8>, bool) {
        let made = groups.iter().filter_map(|group| self.by_group.get(group));
        let made: BTreeSet<(usize, usize)> = made.flatten().copied().collect();
        let new: Vec<(usize, usize)> = made.difference(&self.taken).copied().collect();
        let mut out = Vec::new();
        for hunks in new.chunk_by(|one, other| one.0 == other.0) {
            let part = &self.parts[hunks[0].0];
            let hunks: Vec<_> = hunks.iter().map(|(_, at)| &part.hunks[*at]).collect();
            let owners = hunks
                .iter()
                .flat_map(|(_, owners)| owners.clone())
                .collect();
            out.extend(part.reasons(self.plan, Some(&owners)).into_bytes());
            out.extend_from_slice(part.header.as_bytes());
            for (hunk, _) in hunks {
                out.extend_from_slice(hunk);
            }
        }
        self.taken.extend(new);
        (out, !made.is_empty())
    }
}

/// What a diff says of one file.
struct Part<'p> {
    patch: &'p FilePatch,
    starts: Vec<usize>,
    header: String,
    /// Each with the fixes that made it.
    hunks: Vec<(Vec<u8>, BTreeSet<usize>)>,
}

impl<'p> Part<'p> {
    fn new(plan: &Plan, patch: &'p FilePatch) -> Self {
        // The gate saw to it that both texts can be written in the file's encoding.
        let encode = |text: &str| patch.before.encode(text).unwrap_or_default();
        let (before, after) = (encode(patch.before.text()), encode(&patch.after));
        let starts = line_starts(&patch.after);
        let mut header = String::new();
        for (sign, side) in [("---", 'a'), ("+++", 'b')] {
            let path = match (side, patch.before.is_new()) {
                ('a', true) => "/dev/null".to_owned(),
                _ => quoted(side, patch.before.path()),
            };
            header.push_str(&format!("{sign} {path}\n"));
        }
        let hunks = patch.hunks(&before, &after).into_iter().map(|hunk| {
            let changes = hunk.changes().iter();
            let owners = changes.flat_map(|change| owners(patch, &starts, change));
            let owners: BTreeSet<usize> = owners.collect();
            let mut lines = Vec::new();
            hunk.write(&heading(plan, &owners), &mut lines);
            (lines, owners)
        });
        Self {
            hunks: hunks.collect(),
            patch,
            starts,
            header,
        }
    }

    /// What a person must confirm of all fixes, or of these.
    fn reasons(&self, plan: &Plan, of: Option<&BTreeSet<usize>>) -> String {
        let lines = match self.patch.is_python {
            true => reasons(plan, self.patch, &self.starts, of),
            false => Vec::new(),
        };
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// What a person must confirm: a line for each reason, with the new lines it is about.
fn reasons(
    plan: &Plan,
    patch: &FilePatch,
    starts: &[usize],
    of: Option<&BTreeSet<usize>>,
) -> Vec<String> {
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    let shown = |owner: usize| of.is_none_or(|owners| owners.contains(&owner));
    for (span, owner) in patch.marks.iter().filter(|(_, owner)| shown(*owner)) {
        // An import stands above what it is for.
        let line = starts.partition_point(|&start| start <= span.start());
        let place = places.entry(*owner).or_default();
        *place = line.max(*place);
    }
    let mut reasons: Vec<(String, Vec<usize>)> = Vec::new();
    for (owner, line) in places {
        let applied = &plan.applied[owner];
        if applied.fix.safety() != Safety::Review {
            continue;
        }
        let reason = format!("{}: {}", applied.finding.transform, applied.fix.reason());
        match reasons.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, lines)) => lines.push(line),
            None => reasons.push((reason, vec![line])),
        }
    }
    reasons
        .into_iter()
        .map(|(reason, lines)| {
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            let noun = if lines.len() == 1 { "line" } else { "lines" };
            format!("# review, {noun} {}: {reason}", lines.join(", "))
        })
        .collect()
}

/// The fixes that made a change: those whose text stands in the part of the text where it lies, or who
/// deleted there.
pub fn owners(patch: &FilePatch, starts: &[usize], change: &diff::Change) -> BTreeSet<usize> {
    let at = |line: usize| starts.get(line).copied().unwrap_or(patch.after.len());
    let part = Span::new(at(change.part.start), at(change.part.end));
    let marks = patch.marks.iter();
    marks
        .filter(|(span, _)| span.touches(part))
        .map(|(_, owner)| *owner)
        .collect()
}

/// Where each line starts, a line ending at `\n` as in diffs.
pub fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1))
        .collect()
}

/// `blocking-sleep (safe), await-in-loop (review)`, and whether a part belongs to parts elsewhere.
fn heading(plan: &Plan, owners: &BTreeSet<usize>) -> String {
    let mut names: BTreeMap<&str, BTreeSet<Safety>> = BTreeMap::new();
    for &owner in owners {
        let applied = &plan.applied[owner];
        names
            .entry(applied.finding.transform)
            .or_default()
            .insert(applied.fix.safety());
    }
    let names: Vec<String> = names
        .into_iter()
        .map(|(name, safeties)| {
            let safeties: Vec<&str> = safeties
                .iter()
                .rev()
                .map(|safety| safety.as_str())
                .collect();
            format!("{name} ({})", safeties.join(", "))
        })
        .collect();
    let spread = owners
        .iter()
        .map(|owner| plan.applied[*owner].fix.edits().len());
    match spread.max() {
        Some(files @ 2..) => format!("{}, one fix over {files} files", names.join(", ")),
        _ => names.join(", "),
    }
}

/// A path for a diff's header, relative, with slashes, quoted as git does where it must be.
fn quoted(side: char, path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .filter_map(|component| match component {
            Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
            Component::ParentDir => Some("..".to_owned()),
            _ => None,
        })
        .collect();
    let path = format!("{side}/{}", parts.join("/"));
    let plain = |c: char| !c.is_control() && c != '"' && c != '\\';
    if path.chars().all(plain) {
        // Without a tab, patch would end a name at its first space.
        return if path.contains(' ') {
            path + "\t"
        } else {
            path
        };
    }
    let mut quoted = String::from('"');
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', byte as char]),
            b' '..=b'~' => quoted.push(byte as char),
            _ => quoted.push_str(&format!("\\{byte:03o}")),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{line_starts, owners, quoted};
    use crate::engine::FilePatch;
    use crate::text::{Changed, Edit, Edits, FileId, Source, Span};
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Numbers below a bound, the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % bound as u64) as usize
        }

        fn lines(&mut self, most: usize) -> String {
            const LINES: [&str; 4] = ["\n", "a\n", "b\n", "    a\n"];
            let count = self.below(most + 1);
            (0..count).map(|_| LINES[self.below(LINES.len())]).collect()
        }
    }

    /// Edits of whole lines and of parts of them; nothing where they clash.
    fn edits(numbers: &mut Numbers, text: &str) -> Option<Edits> {
        let starts = line_starts(text);
        let edits = (0..=numbers.below(3)).map(|_| {
            let first = starts[numbers.below(starts.len())];
            let last = starts[numbers.below(starts.len())];
            let (first, last) = (first.min(last), last.max(first));
            let by = numbers.below(2).min(last - first);
            Edit::replace(Span::new(first + by, last), numbers.lines(3))
        });
        Edits::new(edits.collect()).ok()
    }

    #[test]
    fn every_change_has_an_owner_and_every_edit_is_shown() {
        let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
        for round in 0..20_000 {
            let before = numbers.lines(12);
            let mut after = before.clone();
            let mut changed = Changed::default();
            let mut marks: Vec<(Span, usize)> = Vec::new();
            // The edits that make a difference.
            let mut telling = BTreeSet::new();
            for step in 0..=round % 2 {
                let Some(edits) = edits(&mut numbers, &after) else {
                    continue;
                };
                let kept = edits.carry(marks.iter().map(|(span, _)| *span));
                let kept = kept.into_iter().zip(marks.iter().map(|(_, owner)| *owner));
                let landed = edits.landed().into_iter().zip(10 * step..);
                marks = kept.chain(landed).collect();
                changed = changed.then(&edits);
                let differs = |edit: &Edit| edit.span().of(&after) != edit.text();
                telling.extend(
                    (10 * step..)
                        .zip(edits.iter())
                        .filter(|(_, edit)| differs(edit))
                        .map(|(owner, _)| owner),
                );
                after = edits.apply(&after);
            }
            let patch = FilePatch {
                file: FileId(0),
                before: Source::decode("x.py", before.as_bytes()).unwrap(),
                after: after.clone().into(),
                marks,
                changed,
                is_python: true,
            };
            let starts = line_starts(&after);
            let mut shown = BTreeSet::new();
            for hunk in patch.hunks(before.as_bytes(), after.as_bytes()) {
                for change in hunk.changes() {
                    let owners = owners(&patch, &starts, change);
                    assert!(!owners.is_empty(), "{before:?} to {after:?}: {change:?}");
                    shown.extend(owners);
                }
            }
            // A second step may undo the first, and edits each other.
            let all_shown = telling.is_subset(&shown) || round % 2 == 1 || before == after;
            assert!(
                all_shown,
                "{before:?} to {after:?}: {telling:?}, not {shown:?}"
            );
        }
    }

    #[test]
    fn paths_are_written_as_git_reads_them() {
        let check = |path: &str, expected: &str| assert_eq!(quoted('a', Path::new(path)), expected);
        check("src/app.py", "a/src/app.py");
        check("/src/./app.py", "a/src/app.py");
        check("my app.py", "a/my app.py\t");
        check("gr\u{fc}n.py", "a/gr\u{fc}n.py");
        check("a\"b\n.py", "\"a/a\\\"b\\012.py\"");
    }
}
