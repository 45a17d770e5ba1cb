//! What each transform makes of its fixtures, as snapshots.
//!
//! `INSTA_UPDATE=always cargo test` writes them to `snapshots/<transform>/`; read what it wrote.

use crate::cases::{self, Case, Run, describe, run};
use asyncfix::engine::End;
use asyncfix::report;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn fixtures_come_to_what_their_snapshots_show() {
    let mut failed = Vec::new();
    for case in cases::all() {
        let shown = show(&run(&case.files, &case.alone()));
        // One wrong snapshot must not hide the others.
        if catch_unwind(AssertUnwindSafe(|| compare(case, &shown))).is_err() {
            failed.push(format!("{}/{}", case.id(), case.name));
        }
    }
    assert!(failed.is_empty(), "not as in the snapshot: {failed:#?}");
}

#[test]
fn traps_are_left_alone() {
    for case in cases::all() {
        let name = format!("{}/{}", case.id(), case.name);
        if case.name.contains("trap_") {
            let plan = run(&case.files, &case.alone()).plan;
            assert!(plan.applied.is_empty(), "{name} is changed");
        }
    }
}

fn compare(case: &Case, shown: &str) {
    insta::with_settings!({
        snapshot_path => format!("../snapshots/{}", case.id()),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(&*case.name, shown);
    });
}

/// Findings, steps and the diff as the program prints it.
fn show(run: &Run) -> String {
    let mut out = String::new();
    if run.found.is_empty() {
        out.push_str("nothing found\n");
    }
    for (source, finding) in &run.found {
        out.push_str(&describe(source, finding));
    }
    for (number, step) in run.plan.steps.iter().enumerate() {
        let _ = writeln!(
            out,
            "\nstep {}: {}: {} applied",
            number + 1,
            step.transform,
            step.accepted.len()
        );
        for (finding, other) in &step.deferred {
            let _ = writeln!(out, "    deferred: {}; waits for: {other}", finding.message);
        }
    }
    for broken in &run.plan.broken {
        let _ = writeln!(out, "\nbroken: {}", broken.what);
    }
    if run.plan.end != End::Settled {
        let _ = writeln!(out, "\n{:?}", run.plan.end);
    }
    for note in &run.plan.notes {
        let _ = writeln!(out, "\nnote: {note}");
    }
    let diff = report::diff::unified(&run.plan);
    if !diff.is_empty() {
        let _ = write!(out, "\n{}", String::from_utf8_lossy(&diff));
    }
    out
}
