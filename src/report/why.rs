//! What is known of the calls of a line: `asyncfix why`.

use crate::fix::{Finding, Remedy};
use crate::model::file::{Call, CallKind, Facts, Term};
use crate::model::libraries::{Blocking, Fallback, Lasts};
use crate::model::project::{FunctionRef, Next, Project, Target, Value, in_coroutine};
use crate::python::Lines;
use crate::text::FileId;
use std::fmt::Write;
use std::path::Path;

/// What is known of every call that touches a line (from 1); nothing if there is none.
pub fn page(
    project: &Project,
    file: FileId,
    path: &Path,
    text: &str,
    line: usize,
    found: &[Finding],
) -> Option<String> {
    let facts = project.facts(file)?;
    let lines = Lines::new(text);
    let touches = |start: usize, end: usize| {
        (facts.line_of(start)..=facts.line_of(end.max(start + 1) - 1)).contains(&line)
    };
    let mut page = String::new();
    for (index, call) in facts.calls.iter().enumerate() {
        let target = project.graph().target(file, index)?;
        // What happens unsaid is of interest only where something is known to run.
        let said = call.kind == CallKind::Call || matches!(target, Target::Functions(_));
        if !said || facts.line_of(call.at.start()) != line {
            continue;
        }
        let at = lines.position(call.at.start());
        let code = call.at.of(text).lines().next().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{}:{}:{}: {code}", path.display(), at.line, at.column);
        for fact in facts_of(project, file, facts, call, target) {
            let _ = writeln!(page, "  {fact}");
        }
        for finding in found.iter().filter(|finding| finding.at == call.at) {
            tell(&mut page, finding);
        }
    }
    for (index, function) in facts.functions.iter().enumerate() {
        if facts.line_of(function.at.start()) != line {
            continue;
        }
        let at = lines.position(function.at.start());
        let _ = writeln!(
            page,
            "{}:{}:{}: {}",
            path.display(),
            at.line,
            at.column,
            function.qualified
        );
        for fact in effects(project, &[FunctionRef::new(file, index)]) {
            let _ = writeln!(page, "  {fact}");
        }
    }
    // Some findings speak of more than a call.
    let is_call = |finding: &Finding| facts.calls.iter().any(|call| call.at == finding.at);
    // A loop is found at its head, and mended as a whole.
    let is_changed = |finding: &Finding| {
        let edits = finding.fix().and_then(|fix| fix.edits().get(&file));
        let mut edits = edits.into_iter().flat_map(|edits| edits.iter());
        edits.any(|edit| !edit.span().is_empty() && touches(edit.span().start(), edit.span().end()))
    };
    for finding in found.iter().filter(|finding| !is_call(finding)) {
        if touches(finding.at.start(), finding.at.end()) || is_changed(finding) {
            tell(&mut page, finding);
        }
    }
    (!page.is_empty()).then_some(page)
}

fn tell(page: &mut String, finding: &Finding) {
    let safety = finding.remedy.safety();
    let _ = writeln!(
        page,
        "  found: {}: {} [{safety}]",
        finding.transform, finding.message
    );
    match &finding.remedy {
        Remedy::Fix(fix) => {
            let _ = writeln!(page, "    fix: {}", fix.title());
            if !fix.reason().is_empty() {
                let _ = writeln!(page, "    review: {}", fix.reason());
            }
        }
        Remedy::Blocked(why) => {
            let _ = writeln!(page, "    no fix: {why}");
        }
    }
    for line in finding.notes.iter().chain(&finding.evidence) {
        let _ = writeln!(page, "    {line}");
    }
}

fn facts_of(
    project: &Project,
    file: FileId,
    facts: &Facts,
    call: &Call,
    target: &Target,
) -> Vec<String> {
    let mut said = Vec::new();
    said.push(format!("stands in: {}", place(facts, call)));
    if let Some(Term::Member(of, _)) = facts.terms.get(call.callee.0 as usize) {
        let receiver = project.written(file, *of);
        // Of a variable only its value is kept.
        let receiver = match &*receiver {
            "..." => "what it is called on".to_owned(),
            receiver => format!("`{receiver}`"),
        };
        said.push(format!(
            "{receiver} is: {}",
            describe(project, &project.value(file, *of))
        ));
    }
    match target {
        Target::Library(name) => {
            said.push(format!("calls: `{name}`, outside the project"));
            match project.catalogue().blocking(name) {
                Some(entry) => said.extend(catalogued(entry)),
                None => said.push("blocks: not that the catalogue knew".to_owned()),
            }
        }
        Target::Functions(functions) => {
            for function in functions {
                said.push(format!("calls: {}", definition(project, *function)));
            }
            said.extend(chain(project, functions));
            said.extend(effects(project, functions));
        }
        Target::Nothing => said.push("calls: nothing that runs at once".to_owned()),
        Target::Unknown(why) => said.push(format!("calls: not known, since {why}")),
    }
    said
}

fn place(facts: &Facts, call: &Call) -> String {
    let function = call
        .function
        .and_then(|index| facts.functions.get(index.0 as usize));
    match function {
        Some(function) if in_coroutine(facts, call) => {
            format!(
                "the coroutine function `{}`, which runs on the event loop",
                function.qualified
            )
        }
        Some(function) if function.is_async => {
            format!(
                "a lambda or annotation in the coroutine function `{}`",
                function.qualified
            )
        }
        Some(function) => format!(
            "the plain function `{}`, which runs where it is called",
            function.qualified
        ),
        None => "the module, and runs when it is imported".to_owned(),
    }
}

fn definition(project: &Project, function: FunctionRef) -> String {
    let name = project.name_of(function);
    let Some((of, facts)) = project.function(function).zip(project.facts(function.file)) else {
        return format!("`{name}`");
    };
    let kind = match (of.is_async, of.is_generator) {
        (true, true) => "asynchronous generator",
        (true, false) => "coroutine function",
        (false, true) => "generator",
        (false, false) => "plain function",
    };
    let path = project.modules().path(function.file).display();
    format!(
        "`{name}`, a {kind} ({path}:{})",
        facts.line_of(of.at.start())
    )
}

fn chain(project: &Project, functions: &[FunctionRef]) -> Vec<String> {
    let graph = project.graph();
    let blocked = functions
        .iter()
        .filter_map(|function| Some((graph.blocked(*function)?.length, *function)))
        .min();
    let Some((_, function)) = blocked else {
        return vec!["blocks: not as far as its calls are known".to_owned()];
    };
    let mut said = vec!["blocks: through these calls".to_owned()];
    for hop in graph.chain(function) {
        let Some(facts) = project.facts(hop.file) else {
            continue;
        };
        let line = facts
            .calls
            .get(hop.call as usize)
            .map_or(0, |call| facts.line_of(call.at.start()));
        let callee = match &hop.next {
            Next::Function(next) => project.name_of(*next),
            Next::Library(name) => name.to_string(),
        };
        said.push(format!(
            "    {}:{line}: `{callee}`",
            project.modules().path(hop.file).display()
        ));
        if let Next::Library(name) = &hop.next
            && let Some(entry) = project.catalogue().blocking(name)
        {
            said.extend(
                catalogued(entry)
                    .into_iter()
                    .map(|fact| format!("    {fact}")),
            );
        }
    }
    said
}

/// What functions do besides computing their result, each with the way to it.
fn effects(project: &Project, functions: &[FunctionRef]) -> Vec<String> {
    let mut said = Vec::new();
    for function in functions {
        let summary = project.effects(*function);
        for found in &summary.found {
            said.push(format!("    {}", found.effect));
            said.extend(found.way.iter().map(|step| format!("        {step}")));
        }
    }
    let first = match said.is_empty() {
        true => "does: nothing that others notice",
        false => "does:",
    };
    said.insert(0, first.to_owned());
    said
}

fn catalogued(entry: &Blocking) -> Vec<String> {
    let lasts = match entry.lasts {
        Lasts::Brief => "briefly",
        Lasts::Unbounded => "for as long as it takes others",
    };
    let mut said = vec![format!("blocks: {lasts} (kind `{}`)", entry.kind.as_str())];
    if !entry.effects.is_empty() {
        let effects: Vec<&str> = entry.effects.iter().map(|effect| effect.as_str()).collect();
        said.push(format!("effects: {}", effects.join(", ")));
    }
    if let Some(counterpart) = &entry.counterpart {
        said.push(format!("for coroutines: `{}`", counterpart.function));
    }
    if let Some(instead) = &entry.instead {
        said.push(format!("for coroutines: {instead}"));
    }
    said.push(match entry.fallback {
        Fallback::Exact => "in a thread: it does the same".to_owned(),
        Fallback::List => "in a thread: all its items at once".to_owned(),
        Fallback::Review => format!(
            "in a thread: if this holds: {}",
            entry.why.as_deref().unwrap_or("it may be shared")
        ),
        Fallback::Together => format!(
            "in a thread: only with all that its object does, since {}",
            entry.why.as_deref().unwrap_or("it belongs to one thread")
        ),
        Fallback::None => format!(
            "in a thread: no, since {}",
            entry.why.as_deref().unwrap_or("it belongs to its own")
        ),
    });
    said
}

/// A value for people.
fn describe(project: &Project, value: &Value) -> String {
    let class = |class| project.class(class).map_or("", |of| &of.name);
    match value {
        Value::None => "`None`, as far as can be seen".to_owned(),
        Value::Module(_) => "a module of the project".to_owned(),
        Value::Function(function) | Value::Method(function, _) | Value::Property(function, _) => {
            definition(project, *function)
        }
        Value::Class(of) => format!("the class `{}` of the project", class(*of)),
        Value::Object(of) | Value::Super(of) => {
            format!("an object of the class `{}` of the project", class(*of))
        }
        Value::Library(name) => format!("`{name}`, outside the project"),
        Value::LibraryObject(name) => format!("an object of `{name}`"),
        Value::Container(_) => "a collection".to_owned(),
        Value::Awaitable(_) => "a coroutine".to_owned(),
        Value::Generator(..) => "a generator".to_owned(),
        Value::Manager(..) => "a context manager".to_owned(),
        Value::Unknown(why) => format!("not known, since {why}"),
    }
}
