//! Async tests in a plain `unittest.TestCase`, which calls them and drops their coroutines.

use super::INFO;
use super::renamed::renamed;
use crate::fix::{Cx, FileId, Finding, Fix, decorator_names, functions_by_name, is_kept_by};
use crate::model::file::{BindingKind, Class, Function, Why, references_within};
use crate::model::project::{ClassRef, FunctionRef, Project, Value};
use crate::python::ast::{Expr, StmtClassDef, StmtFunctionDef};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, EditError};

const PLAIN: &str = "unittest.TestCase";
const ASYNCHRONOUS: &str = "unittest.IsolatedAsyncioTestCase";

/// Methods that test cases call around their tests, and those that serve coroutines.
const AROUND: [(&str, &str); 2] = [("setUp", "asyncSetUp"), ("tearDown", "asyncTearDown")];

/// Methods with which a test case has a say in how its tests are run.
const RUNNING: [&str; 7] = [
    "run",
    "debug",
    "__call__",
    "__getattribute__",
    "__init_subclass__",
    "_callTestMethod",
    "_callSetUp",
];

/// A test case with async methods that nobody awaits.
struct Case<'p> {
    class: &'p Class,
    is_plain: bool,
    tests: Vec<&'p Function>,
    around: Vec<&'p Function>,
}

pub(super) fn fires(project: &Project, file: FileId) -> bool {
    !cases(project, file).is_empty()
}

fn cases(project: &Project, file: FileId) -> Vec<Case<'_>> {
    let Some(facts) = project.facts(file) else {
        return Vec::new();
    };
    let classes = facts.classes.iter().enumerate();
    classes
        .filter_map(|(index, class)| case(project, ClassRef::new(file, index), class))
        .collect()
}

fn case<'p>(project: &'p Project, at: ClassRef, class: &'p Class) -> Option<Case<'p>> {
    let methods: Vec<&Function> = class
        .members
        .iter()
        .filter_map(|(_, term)| match project.value(at.file, *term) {
            Value::Function(FunctionRef { file, index }) if file == at.file => {
                project.function(FunctionRef { file, index })
            }
            _ => None,
        })
        .filter(|function| function.is_async && is_bare(project, at.file, function))
        .collect();
    let named = |is_such: &dyn Fn(&str) -> bool| -> Vec<&'p Function> {
        let all = methods.iter().copied();
        all.filter(|function| is_such(&function.name)).collect()
    };
    let tests = named(&|name| name.starts_with("test"));
    let around = named(&|name| AROUND.iter().any(|(plain, _)| *plain == name));
    if tests.is_empty() && around.is_empty() {
        return None;
    }
    let is_plain = match &*base(project, at, 0)? {
        PLAIN => true,
        ASYNCHRONOUS => false,
        _ => return None,
    };
    let tests = if is_plain { tests } else { Vec::new() };
    (!tests.is_empty() || !around.is_empty()).then_some(Case {
        class,
        is_plain,
        tests,
        around,
    })
}

fn is_bare(project: &Project, file: FileId, function: &Function) -> bool {
    let names = decorator_names(project, file, function);
    names.len() == function.decorators.len() && names.iter().all(|name| is_kept_by(project, name))
}

/// The one class of a library that a class is made from, if nothing on the way has a say in how tests
/// are run.
fn base(project: &Project, at: ClassRef, depth: usize) -> Option<String> {
    let class = project.class(at)?;
    let mut members = class.members.iter();
    if class.altered || depth > 10 || members.any(|(name, _)| RUNNING.contains(&&**name)) {
        return None;
    }
    let mut found: Option<String> = None;
    for base in &class.bases {
        let own = match project.value(at.file, *base) {
            Value::Class(parent) => self::base(project, parent, depth + 1)?,
            Value::Library(name) => project.catalogue().canonical(&name).to_owned(),
            _ => return None,
        };
        match (&found, own.as_str()) {
            (_, "object") => {}
            (None, _) => found = Some(own),
            (Some(known), other) if known == other => {}
            _ => return None,
        }
    }
    Some(found.unwrap_or_else(|| "object".to_owned()))
}

pub(super) fn check(cx: &Cx<'_>, found: &mut Vec<Finding>) {
    for case in cases(cx.project, cx.file) {
        let what = match case.is_plain {
            true => PLAIN,
            false => ASYNCHRONOUS,
        };
        let Some(first) = case.tests.first().or(case.around.first()) else {
            continue;
        };
        let message = match case.tests.len() {
            0 => format!(
                "`{}` is an async function, and `{what}` calls it as a plain one: nothing of its body \
                 ever runs",
                first.name
            ),
            _ => format!(
                "`{}` is an async test, and `{what}` calls it as a plain one: it passes, and nothing of \
                 its body ever runs",
                first.name
            ),
        };
        let fix = fix(cx, &case);
        found.push(cx.finding(&INFO, first.at, message, fix));
    }
}

fn fix<'a>(cx: &Cx<'a>, case: &Case<'_>) -> Result<Result<Fix, EditError>, Why> {
    if cx.options.target < PythonVersion::PY38 {
        return Err(Why::new(
            "`unittest.IsolatedAsyncioTestCase` needs Python 3.8",
        ));
    }
    let mut edits = Vec::new();
    let mut need = None;
    if case.is_plain {
        let class = node(cx, case.class).ok_or_else(|| Why::new("the class was not found"))?;
        let mut bases = class.arguments.iter().flat_map(|arguments| &arguments.args);
        let base = bases.find(|base| cx.module.qualified(base).as_deref() == Some(PLAIN));
        let base: &Expr = base.ok_or_else(|| {
            Why::new(format!(
                "`{}` gets `{PLAIN}` from a base: make that one a `{ASYNCHRONOUS}`",
                case.class.name
            ))
        })?;
        (edits, need) = renamed(cx, base, "unittest", "IsolatedAsyncioTestCase")?;
    }
    let nodes = functions_by_name(cx);
    for method in &case.around {
        let node = nodes.get(&method.at).copied();
        let node = node.ok_or_else(|| Why::new("the method was not found"))?;
        edits.push(around(node)?);
    }
    let reason = match case.tests.is_empty() {
        true => {
            "its body runs for the first time, and what comes out of it is not known".to_owned()
        }
        false => "the async tests run for the first time: they may fail".to_owned(),
    };
    let title = match case.is_plain {
        true => format!("make it a `{ASYNCHRONOUS}`"),
        false => "give it the name of the method that is awaited".to_owned(),
    };
    let fix = Fix::review(title, reason, cx.file, edits);
    Ok(fix.map(|fix| fix.needing(cx.file, need)))
}

/// The edit that gives `setUp` and `tearDown` the names under which they are awaited.
fn around(method: &StmtFunctionDef) -> Result<Edit, Why> {
    let names = references_within(method.into());
    if names.iter().any(|name| name.id == "super") {
        return Err(Why::new(format!(
            "`{}` calls that of a base, which is another one under the name that is awaited",
            method.name
        )));
    }
    let mut known = AROUND.iter();
    let (_, new) = known
        .find(|(plain, _)| *plain == method.name.as_str())
        .ok_or_else(|| Why::new("the method was not found"))?;
    Ok(Edit::replace(span(&method.name), *new))
}

fn node<'a>(cx: &Cx<'a>, class: &Class) -> Option<&'a StmtClassDef> {
    let mut bindings = cx.module.bindings().iter();
    bindings.find_map(|binding| match binding.kind {
        BindingKind::Class(node) if span(&node.name) == class.at => Some(node),
        _ => None,
    })
}
