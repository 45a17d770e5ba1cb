//! What must hold for every fixture, whatever it is about: each law is a function from one run to
//! what is wrong with it. They hold for a transform alone and for the whole catalogue.

use crate::cases::{self, Case, Run, run};
use asyncfix::engine::{End, Selection};
use asyncfix::fix::Remedy;
use asyncfix::python::{Lines, Position, deep_stack, parse, span};
use asyncfix::report;
use asyncfix::text::{Source, Span, diff};
use asyncfix::transforms::CATALOGUE;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

type Files = [(PathBuf, Vec<u8>)];
type Law = fn(&Files, &Selection, &Run) -> Result<(), String>;

/// Holds a law against all fixtures, each with its own transform and with the catalogue.
#[track_caller]
fn hold(law: Law) {
    let mut broken = Vec::new();
    for case in cases::all() {
        for (with, selection) in selections(case) {
            let run = run(&case.files, &selection);
            if let Err(what) = law(&case.files, &selection, &run) {
                broken.push(format!("{}/{} ({with}): {what}", case.id(), case.name));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

fn selections(case: &Case) -> [(&'static str, Selection); 2] {
    [
        ("alone", case.alone()),
        ("with the catalogue", case.with_catalogue()),
    ]
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

#[test]
fn silent_fixtures_are_silent_and_the_others_are_not() {
    for case in cases::all() {
        let found = run(&case.files, &case.alone()).found;
        assert_eq!(
            found.is_empty(),
            case.is_silent(),
            "{}/{}",
            case.id(),
            case.name
        );
    }
}

#[test]
fn the_result_parses_after_each_fix_alone() {
    hold(|_, _, run| {
        for (_, finding) in &run.found {
            let Remedy::Fix(fix) = &finding.remedy else {
                continue;
            };
            for (file, edits) in fix.edits() {
                let source = &run.sources[file.0 as usize];
                let changed = edits.apply(source.text());
                parses(source.text(), &changed)
                    .map_err(|error| format!("{error}\n{}\n{changed}", fix.title()))?;
            }
        }
        Ok(())
    });
}

#[test]
fn the_result_parses_after_all_fixes() {
    hold(|_, _, run| {
        for patch in &run.plan.patches {
            if !patch.is_python {
                declares(patch.before.path(), &patch.after)?;
                continue;
            }
            parses(patch.before.text(), &patch.after)
                .map_err(|error| format!("{error}\n{}", patch.after))?;
        }
        Ok(())
    });
}

/// A changed manifest can be read.
fn declares(path: &Path, text: &str) -> Result<(), String> {
    match path.extension().is_some_and(|ending| ending == "toml") {
        true => toml::from_str::<toml::Table>(text)
            .map(|_| ())
            .map_err(|error| error.to_string()),
        false => Ok(()),
    }
}

/// Both parsers take the new text; the second only where it knows the old one's syntax.
fn parses(before: &str, after: &str) -> Result<(), String> {
    deep_stack(|| parse(after).map(|_| ()))
        .map_err(|trouble| format!("{} at {}", trouble.message, trouble.at))?;
    let second = |text: &str| {
        rustpython_parser::parse(text, rustpython_parser::Mode::Module, "fixture.py")
            .map_err(|error| format!("second opinion: {error}"))
    };
    if second(before).is_ok() {
        second(after)?;
    }
    Ok(())
}

#[test]
fn no_fix_is_left_out_as_broken() {
    hold(|_, _, run| match run.plan.broken.first() {
        Some(broken) => Err(broken.what.clone()),
        None => Ok(()),
    });
}

#[test]
fn a_second_run_changes_nothing() {
    hold(|files, selection, first| {
        let files: Vec<_> = first.results(files).into_iter().collect();
        let second = run(&files, selection);
        ensure(second.plan.patches.is_empty(), || {
            String::from_utf8_lossy(&report::diff::unified(&second.plan)).into_owned()
        })?;
        let left: Vec<_> = first.plan.left.iter().map(|left| &left.message).collect();
        let again: Vec<_> = second
            .found
            .iter()
            .map(|(_, found)| &found.message)
            .collect();
        ensure(left == again, || {
            format!("left {left:?}, found again {again:?}")
        })
    });
}

#[test]
fn it_settles_in_three_passes() {
    hold(|_, _, run| {
        let plan = &run.plan;
        ensure(plan.end == End::Settled && plan.passes <= 3, || {
            format!("{:?} after {} passes", plan.end, plan.passes)
        })
    });
}

#[test]
fn comments_survive() {
    hold(|_, _, run| {
        for patch in run.plan.patches.iter().filter(|patch| patch.is_python) {
            let kept = comments(&patch.after);
            let applied = run.plan.applied.iter();
            let gone: Vec<_> = applied.flat_map(|applied| applied.fix.comments()).collect();
            for (comment, count) in comments(patch.before.text()) {
                // Unless the comment is what a fix is about.
                if gone.contains(&&(patch.file, comment.clone())) {
                    continue;
                }
                ensure(
                    kept.get(&comment).is_some_and(|kept| *kept >= count),
                    || format!("`{comment}` is lost"),
                )?;
            }
        }
        Ok(())
    });
}

fn comments(text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for comment in comment_spans(text).unwrap_or_default() {
        *counts.entry(comment.of(text).to_owned()).or_default() += 1;
    }
    counts
}

/// `None` if the text does not parse.
fn comment_spans(text: &str) -> Option<Vec<Span>> {
    deep_stack(|| Some(parse(text).ok()?.comments().collect()))
}

#[test]
fn line_endings_make_no_difference() {
    hold(|files, selection, run| same_with_newline(files, selection, run, "\r\n"));
    hold(|files, selection, run| same_with_newline(files, selection, run, "\r"));
}

fn same_with_newline(
    files: &Files,
    selection: &Selection,
    run_with_lf: &Run,
    newline: &str,
) -> Result<(), String> {
    let convert = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!text.contains('\r'), "fixtures end their lines with LF");
        text.replace('\n', newline).into_bytes()
    };
    // A bare carriage return ends no line in a manifest.
    let stays = |path: &Path| newline == "\r" && path.extension().is_none_or(|end| end != "py");
    let convert = |path: &Path, bytes: &[u8]| match stays(path) {
        true => bytes.to_vec(),
        false => convert(bytes),
    };
    let converted: Vec<_> = files
        .iter()
        .map(|(path, bytes)| (path.clone(), convert(path, bytes)))
        .collect();
    let run = run(&converted, selection);
    ensure(places(&run) == places(run_with_lf), || {
        format!("found elsewhere with {newline:?}")
    })?;
    for (path, bytes) in run_with_lf.results(files) {
        let result = &run.results(&converted)[&path];
        ensure(*result == convert(&path, &bytes), || {
            format!(
                "with {newline:?} the result is another: {:?}",
                String::from_utf8_lossy(result)
            )
        })?;
    }
    Ok(())
}

/// Where findings are, in every way that outlasts a change of line ends or a comment.
type Place = (PathBuf, Position, &'static str, String);

fn places(run: &Run) -> Vec<Place> {
    run.found
        .iter()
        .map(|(source, finding)| {
            (
                source.path().to_path_buf(),
                Lines::new(source.text()).position(finding.at.start()),
                finding.transform,
                finding.message.clone(),
            )
        })
        .collect()
}

#[test]
fn a_skip_comment_removes_its_finding_and_no_other() {
    hold(|files, selection, first| {
        for (index, (source, finding)) in first.found.iter().enumerate() {
            let text = source.text();
            let statement = statement_around(text, finding.at);
            let Some(commented) = with_comment(text, finding.at, finding.transform) else {
                return Err(format!("no place for a comment at {:?}", finding.at));
            };
            let changed: Vec<_> = files
                .iter()
                .map(|(path, bytes)| match path == source.path() {
                    true => (path.clone(), commented.clone().into_bytes()),
                    false => (path.clone(), bytes.clone()),
                })
                .collect();
            let left = places(&run(&changed, selection));
            let old = places(first);
            ensure(!left.contains(&old[index]), || {
                format!("still found:\n{commented}")
            })?;
            // Others may share its lines, and so its comment, but nothing else may go.
            for (other, (other_source, other_finding)) in first.found.iter().enumerate() {
                let shared = other_source.path() == source.path()
                    && other_finding.transform == finding.transform
                    && lines_of(text, statement).overlaps(lines_of(text, other_finding.at));
                ensure(shared || left.contains(&old[other]), || {
                    format!("{:?} is gone too:\n{commented}", old[other])
                })?;
            }
            let new = left.iter().find(|place| !old.contains(place));
            ensure(new.is_none(), || {
                format!("something new is found, {new:?}:\n{commented}")
            })?;
        }
        Ok(())
    });
}

/// The text with a skip comment at the end of the first line of `at` that can take one.
fn with_comment(text: &str, at: Span, id: &str) -> Option<String> {
    let count = comment_spans(text)?.len();
    let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |end| from + end);
    let mut end = line_end(at.start());
    loop {
        let changed = format!(
            "{}  # asyncfix: skip[{id}] on purpose{}",
            &text[..end],
            &text[end..]
        );
        let spans = comment_spans(&changed);
        if spans.is_some_and(|spans| {
            spans.len() >= count && spans.iter().any(|span| span.contains_offset(end + 2))
        }) {
            return Some(changed);
        }
        if end >= at.end() {
            return None;
        }
        end = line_end(end + 1);
    }
}

/// The smallest statement without a block of its own around `at`, or the function in whose head it is,
/// else `at` itself.
fn statement_around(text: &str, at: Span) -> Span {
    use asyncfix::python::ast::{AnyNodeRef, TraversalSignal};
    deep_stack(|| {
        let tree = parse(text).unwrap();
        let mut found = at;
        asyncfix::model::file::walk(AnyNodeRef::from(tree.module()), &mut |node| {
            if node.is_statement() && span(node).contains(at) {
                let has_block = span(node).of(text).contains(":\n");
                found = if has_block { at } else { span(node) };
            }
            // A comment there speaks of all of the function.
            if let AnyNodeRef::StmtFunctionDef(function) = node
                && span(&function.name).start() <= at.start()
                && at.start() < span(&function.body[0]).start()
            {
                found = span(node);
                return TraversalSignal::Skip;
            }
            TraversalSignal::Traverse
        });
        found
    })
}

fn lines_of(text: &str, span: Span) -> Span {
    let start = text[..span.start()].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end()..].find('\n');
    Span::new(start, end.map_or(text.len(), |end| span.end() + end))
}

#[test]
fn every_fix_is_in_the_diff_and_every_change_belongs_to_a_fix() {
    hold(|_, _, run| {
        let mut shown = BTreeSet::new();
        for patch in &run.plan.patches {
            let starts = report::diff::line_starts(&patch.after);
            for hunk in diff::hunks(patch.before.text().as_bytes(), patch.after.as_bytes()) {
                for change in hunk.changes() {
                    let owners = report::diff::owners(patch, &starts, change);
                    ensure(!owners.is_empty(), || format!("nobody made {change:?}"))?;
                    shown.extend(owners);
                }
            }
        }
        let all: BTreeSet<usize> = (0..run.plan.applied.len()).collect();
        ensure(shown == all, || {
            format!("applied {all:?}, in the diff {shown:?}")
        })
    });
}

#[test]
fn the_order_of_files_and_the_number_of_threads_make_no_difference() {
    let files = world();
    let selection = Selection::default();
    let expected = in_threads(1, || run(&files, &selection));
    let expected_diff = report::diff::unified(&expected.plan);
    let parallel = in_threads(4, || run(&files, &selection));
    assert!(report::diff::unified(&parallel.plan) == expected_diff);

    let reversed: Vec<_> = files.iter().rev().cloned().collect();
    let other = in_threads(4, || run(&reversed, &selection));
    for (path, bytes) in expected.results(&files) {
        assert!(
            other.results(&reversed)[&path] == bytes,
            "{}",
            path.display()
        );
    }
}

fn in_threads<T: Send>(number: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new()
        .num_threads(number)
        .build()
        .unwrap()
        .install(work)
}

/// Every file of every fixture, each with both common line endings.
fn world() -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for case in cases::all() {
        for (path, bytes) in &case.files {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let crlf = text.replace('\n', "\r\n").into_bytes();
            let below = Path::new(case.id()).join(path);
            files.push((Path::new("lf").join(&below), bytes.clone()));
            files.push((Path::new("crlf").join(&below), crlf));
        }
    }
    files
}

#[test]
fn git_and_patch_make_of_the_diff_what_would_be_written() {
    let files = world();
    let run = run(&files, &Selection::default());
    let expected = run.results(&files);
    let diff = report::diff::unified(&run.plan);
    let tools: [(&str, &[&str]); 2] = [
        ("git", &["apply", "../all.diff"]),
        (
            "patch",
            &["-p1", "--binary", "--quiet", "-i", "../all.diff"],
        ),
    ];
    for (tool, arguments) in tools {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("tree");
        for (path, bytes) in &files {
            let path = below.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        std::fs::write(folder.path().join("all.diff"), &diff).unwrap();
        let output = Command::new(tool)
            .args(arguments)
            .current_dir(&below)
            // The test may run inside a repository, and the user's settings are not ours.
            .env("GIT_CEILING_DIRECTORIES", folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output();
        let output = match output {
            Ok(output) => output,
            Err(error) if tool == "patch" && error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("patch is not installed: not compared");
                continue;
            }
            Err(error) => panic!("{tool}: {error}"),
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{tool}: {said}");
        for (path, bytes) in &expected {
            let result = std::fs::read(below.join(path)).unwrap();
            assert!(result == *bytes, "{tool} {}", path.display());
        }
    }
}

#[test]
fn examples_of_the_transforms_are_true() {
    for transform in CATALOGUE {
        let info = transform.info();
        let file = PathBuf::from("example.py");
        let files = [(file.clone(), info.before.as_bytes().to_vec())];
        let selection = Selection {
            transforms: cases::alone(*transform),
            options: cases::options(&files),
            ..Selection::default()
        };
        let result = run(&files, &selection).results(&files);
        let after = std::str::from_utf8(&result[&file]).unwrap();
        assert_eq!(after, info.after, "{}", info.id);
        let source = Source::decode(&file, info.after.as_bytes()).unwrap();
        assert!(parses(info.before, source.text()).is_ok(), "{}", info.id);
    }
}
