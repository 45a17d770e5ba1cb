//! Plain functions of the project that run an event loop, called in coroutines.

use super::{INFO, await_run, doubts, with_upkeep};
use crate::fix::{
    Cx, FileId, Finding, Fix, LoopRun, Remedy, Site, across_files, coloured, colouring_reason,
    colouring_title, loop_runs, runs_of_loop,
};
use crate::model::file::Why;
use crate::model::project::{FunctionRef, Project, Target};
use crate::python::PythonVersion;
use crate::python::ast::{AnyNodeRef, ExprRef};
use crate::python::span;
use crate::text::{Edit, Edits, Span};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

pub(super) fn may_fire(project: &Project, file: FileId) -> bool {
    let Some(facts) = project
        .facts(file)
        .filter(|_| !project.loop_runners().is_empty())
    else {
        return false;
    };
    (0..facts.calls.len()).any(|index| project.nested_runner(file, facts, index).is_some())
}

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    let Some(facts) = cx.project.facts(cx.file) else {
        return;
    };
    for (index, call) in facts.calls.iter().enumerate() {
        let Some(function) = cx.project.nested_runner(cx.file, facts, index) else {
            continue;
        };
        let mut nodes = cx.module.calls().iter();
        if nodes.any(|node| span(*node) == call.at && doubts::is_expected(cx, node)) {
            continue;
        }
        let name = cx.project.function(function).map_or("", |of| &of.qualified);
        let remedy = match fix(cx, function) {
            Ok(fix) => Remedy::Fix(fix),
            Err(why) => Remedy::Blocked(why),
        };
        found.push(Finding {
            transform: INFO.id,
            file: cx.file,
            at: call.at,
            message: format!(
                "`{name}` runs an event loop, which fails in a coroutine: one runs already"
            ),
            chain: chain(cx, function),
            notes: Vec::new(),
            evidence: Vec::new(),
            alternatives: Vec::new(),
            remedy,
        });
    }
}

/// Makes the functions on the way coroutine functions, which await what they ran.
fn fix(cx: &Cx<'_>, function: FunctionRef) -> Result<Fix, Why> {
    let mut reviews: Vec<String> = doubts::surroundings(cx)?.into_iter().collect();
    let way = cx.project.way_to_run(function);
    let leaf = way.last().and_then(|(file, call)| {
        let index = cx.project.call(*file, *call as usize)?.function?;
        Some(FunctionRef { file: *file, index })
    });
    let Some(leaf) = leaf else {
        return Err(Why::new("where it ends is not known"));
    };
    let nested = cx.options.target >= PythonVersion::PY311;
    let colouring = cx.project.colouring(leaf, nested)?;
    let mut edits = coloured(cx, &colouring)?;
    let files: FxHashSet<FileId> = colouring.functions.iter().map(|of| of.file).collect();
    for file in files {
        let inside = |cx: &Cx<'_>| awaited_runs(cx, &colouring.functions);
        let (more, reasons) = match file == cx.file {
            true => inside(cx)?,
            false => cx
                .look_into(file, inside)
                .ok_or_else(|| Why::new("a file on the way cannot be looked into"))??,
        };
        edits.entry(file).or_default().extend(more);
        reviews.extend(reasons);
    }
    if edits
        .values()
        .any(|edits| Edits::new(edits.clone()).is_err())
    {
        return Err(Why::new("the changes on the way lie inside each other"));
    }
    let title = colouring_title(cx, &colouring, edits.len());
    let mut all = colouring.reviews.clone();
    all.extend(reviews);
    let reason = colouring_reason(&colouring, all);
    across_files(title, reason, edits)
}

/// The edits that await what functions of this file run, and what must be confirmed of them.
fn awaited_runs(
    cx: &Cx<'_>,
    functions: &BTreeSet<FunctionRef>,
) -> Result<(Vec<Edit>, Vec<String>), Why> {
    let names: Vec<Span> = functions
        .iter()
        .filter(|of| of.file == cx.file)
        .filter_map(|of| Some(cx.project.function(*of)?.at))
        .collect();
    // A generator expression is refused below.
    let is_meant = |run: &LoopRun<'_>| {
        let mut around = cx.module.ancestors(run.call.into());
        let function = around.find_map(|node| match node {
            AnyNodeRef::StmtFunctionDef(function) => Some(Some(span(&function.name))),
            AnyNodeRef::ExprLambda(_) => Some(None),
            _ => None,
        });
        function.flatten().is_some_and(|name| names.contains(&name))
    };
    let mut edits = Vec::new();
    let mut reasons = Vec::new();
    let mut done = FxHashSet::default();
    for run in loop_runs(cx).into_iter().filter(is_meant) {
        if !done.insert(span(run.call)) {
            continue;
        }
        let mut around = cx.module.ancestors(run.call.into());
        if around.any(|node| node.as_expr_ref().is_some_and(is_comprehension)) {
            return Err(Why::new("an event loop is run in a comprehension"));
        }
        reasons.extend(doubts::reasons(cx, &run)?);
        let (variable, runs) = runs_of_loop(cx, run);
        let mut own = Vec::new();
        for run in &runs {
            done.insert(span(run.call));
            own.extend(await_run(cx, run)?);
        }
        if let Some(variable) = &variable {
            own = with_upkeep(cx, own, variable)?;
        }
        edits.extend(own);
    }
    Ok((edits, reasons))
}

fn is_comprehension(expression: ExprRef<'_>) -> bool {
    matches!(
        expression,
        ExprRef::ListComp(_) | ExprRef::SetComp(_) | ExprRef::DictComp(_) | ExprRef::Generator(_)
    )
}

/// The calls on the way, for people.
fn chain(cx: &Cx<'_>, function: FunctionRef) -> Vec<Site> {
    let way = cx.project.way_to_run(function).into_iter();
    way.filter_map(|(file, index)| {
        let facts = cx.project.facts(file)?;
        let call = facts.calls.get(index as usize)?;
        let caller = facts.functions.get(call.function?.0 as usize)?;
        let next = match cx.project.graph().target(file, index as usize)? {
            Target::Library(name) => name.to_string(),
            Target::Functions(functions) => cx
                .project
                .function(*functions.first()?)?
                .qualified
                .to_string(),
            _ => return None,
        };
        Some(Site {
            file,
            at: call.at,
            path: cx.project.modules().path(file).to_path_buf(),
            line: facts.line_of(call.at.start()),
            note: format!("`{}` calls `{next}`", caller.qualified),
        })
    })
    .collect()
}
