//! Functions that rewritten code calls. They stand once in a project, in a module that the user names.

use super::{Cx, Reach};
use crate::model::file::{ImportName, Lookup, Why};
use crate::model::project::Place;
use crate::python::ast::AnyNodeRef;
use crate::text::FileId;
use std::collections::BTreeSet;

/// A function that can be put into the module of helpers.
#[derive(Debug, PartialEq, Eq)]
pub struct Helper {
    pub name: &'static str,
    /// Its parameters, by which it is known again.
    pub parameters: &'static [&'static str],
    /// The imports it needs, each `import module`, and below them the function.
    pub source: &'static str,
}

/// What begins a new module of helpers.
pub const HELPERS_DOCSTRING: &str = "\"\"\"Helpers for HTTP requests.\"\"\"\n";

/// Every helper.
pub const HELPERS: &[Helper] = &[Helper {
    name: "with_params",
    parameters: &["url", "params"],
    source: include_str!("../../transforms/helpers/with_params.py"),
}];

/// How code at `node` can name a helper; the fix has to say with `Fix::helped` that it uses it.
pub fn reach_helper(cx: &Cx<'_>, name: &'static str, node: AnyNodeRef<'_>) -> Result<Reach, Why> {
    let Some(helper) = HELPERS.iter().find(|helper| helper.name == name) else {
        return Err(Why::new(format!("there is no helper `{name}`")));
    };
    let Some((module, file)) = cx.project.modules().helpers() else {
        return Err(Why::new(format!(
            "it takes a helper function, `{name}`: `helpers-module` in the settings can name a module for it"
        )));
    };
    let own = cx.project.facts(file).into_iter().flat_map(|facts| {
        let functions = facts.functions.iter();
        functions.filter(|function| *function.qualified == *name)
    });
    let same = |parameters: &[Box<str>]| {
        parameters
            .iter()
            .map(|name| &**name)
            .eq(helper.parameters.iter().copied())
    };
    if own.into_iter().any(|function| !same(&function.parameters)) {
        return Err(Why::new(format!(
            "`{name}` in {module} is another function"
        )));
    }
    if cx.file == file {
        return Ok(Reach {
            text: name.to_owned(),
            need: None,
        });
    }
    if cx.project.modules().find(cx.file, 0, module) != Some(Place::File(file)) {
        return Err(Why::new(format!("`{module}` cannot be imported here")));
    }
    if loads(cx, file, cx.file) {
        return Err(Why::new(format!("`{module}` imports this module itself")));
    }
    let Some(scope) = cx.module.scope_of(node) else {
        return Err(Why::new("the place is not part of the file's tree"));
    };
    let qualified = format!("{module}.{name}");
    let bound = cx
        .module
        .own(node)
        .and_then(|node| cx.module.imported_as(&qualified, node));
    if let Some(bound) = bound {
        return Ok(Reach {
            text: bound.to_owned(),
            need: None,
        });
    }
    match cx.module.lookup(scope, name) {
        Lookup::Builtin => Ok(Reach {
            text: name.to_owned(),
            need: Some(ImportName::member_of(module, name)),
        }),
        Lookup::Bound(..) | Lookup::Star(_) => Err(Why::new(format!(
            "the name `{name}` is already taken by something else here"
        ))),
    }
}

/// Whether importing one file loads another.
fn loads(cx: &Cx<'_>, file: FileId, other: FileId) -> bool {
    let mut seen = BTreeSet::from([file]);
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        let facts = cx.project.facts(file).into_iter();
        let imports = facts.flat_map(|facts| facts.imports.iter().chain(&facts.stars));
        for (level, name) in imports {
            for loaded in cx.project.modules().loaded_by(file, *level, name) {
                if loaded == other {
                    return true;
                }
                if seen.insert(loaded) {
                    next.push(loaded);
                }
            }
        }
    }
    false
}
