//! Sessions that go by local names: from the coroutine that makes one to the functions of this file
//! it is passed to.

use super::home::{Home, How, Making, makes};
use crate::fix::Cx;
use crate::model::file::{BindingKind, Lookup, ScopeId, ScopeKind, Target, Why, walk};
use crate::model::project::FunctionRef;
use crate::python::ast::{
    AnyNodeRef, Expr, ExprCall, ExprName, Parameter, Stmt, StmtFunctionDef, TraversalSignal,
};
use crate::python::span;

/// A variable of a function.
type Variable<'a> = (ScopeId, &'a str);

/// The sessions of this file that local names of coroutines are given; each with all the names that
/// it goes by.
pub(super) fn homes<'a>(cx: &Cx<'a>, makers: &'a [String]) -> Vec<Home<'a>> {
    let mut makings: Vec<(Variable<'a>, &'a ExprCall, How<'a>)> = Vec::new();
    for call in cx.module.calls().iter().copied() {
        if makes(cx, makers, call)
            && let Some((name, how)) = named(cx, call)
            && let Some((owner, _)) = function_of(cx, name)
        {
            makings.push(((owner, &name.id), call, how));
        }
    }
    let mut known: Vec<Variable<'a>> = Vec::new();
    let mut found = Vec::new();
    for (variable, _, _) in &makings {
        if known.contains(variable) {
            continue;
        }
        let mut home = Home {
            name: variable.1.to_owned(),
            makings: Vec::new(),
            reads: Vec::new(),
            annotations: Vec::new(),
            within: cx
                .module
                .tree()
                .body()
                .iter()
                .map(span)
                .fold(crate::text::Span::empty(0), |whole, statement| {
                    whole.cover(statement)
                }),
            kept: false,
            overlaps: false,
            later: false,
            unseen: None,
        };
        let mut waiting = vec![*variable];
        while let Some(variable) = waiting.pop() {
            if known.contains(&variable) {
                continue;
            }
            known.push(variable);
            if let Err(why) = follow(cx, makers, variable, &makings, &mut home, &mut waiting) {
                home.unseen.get_or_insert(why);
            }
        }
        found.push(home);
    }
    found
}

/// The name that a new session is given at once.
fn named<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<(&'a ExprName, How<'a>)> {
    match cx.module.parent(call.into())? {
        AnyNodeRef::WithItem(item) => {
            let AnyNodeRef::StmtWith(with) = cx.module.parent(item.into())? else {
                return None;
            };
            match item.optional_vars.as_deref()? {
                Expr::Name(name) => Some((name, How::With(with))),
                _ => None,
            }
        }
        statement @ AnyNodeRef::StmtAssign(assign) => match &assign.targets[..] {
            [Expr::Name(name)] => Some((
                name,
                How::Assigned {
                    block: cx.module.block(statement)?,
                    lines: None,
                },
            )),
            _ => None,
        },
        _ => None,
    }
}

/// The function whose variable a name is.
fn function_of<'a>(cx: &Cx<'a>, name: &'a ExprName) -> Option<(ScopeId, &'a StmtFunctionDef)> {
    let scope = cx.module.scope_of(name.into())?;
    let Lookup::Bound(owner, _) = cx.module.lookup(scope, &name.id) else {
        return None;
    };
    match cx.module.scope(owner).kind {
        ScopeKind::Function(function) => Some((owner, function)),
        _ => None,
    }
}

/// One variable: what it is given, who reads it, and to which others it is handed on.
fn follow<'a>(
    cx: &Cx<'a>,
    makers: &[String],
    variable: Variable<'a>,
    makings: &[(Variable<'a>, &'a ExprCall, How<'a>)],
    home: &mut Home<'a>,
    waiting: &mut Vec<Variable<'a>>,
) -> Result<(), Why> {
    let (owner, name) = variable;
    let ScopeKind::Function(function) = cx.module.scope(owner).kind else {
        return Err(Why::new(format!("`{name}` belongs to no function")));
    };
    let reads = cx.module.reads_of(owner, name);
    let nodes: Vec<AnyNodeRef<'a>> = reads.iter().map(|read| (*read).into()).collect();
    let made = makings.iter().filter(|making| making.0 == variable);
    let made: Vec<_> = made.map(|(_, call, how)| (*call, *how)).collect();
    let alone = made.len() == 1;
    for (call, how) in made {
        home.makings.push(Making {
            name: name.to_owned(),
            reads: nodes.clone(),
            alone,
            ..Making::new(call, how)
        });
    }
    for read in reads {
        match handed_to(cx, read) {
            Some((parameter, awaited)) => {
                home.overlaps |= !awaited;
                home.later |= !is_waited_for(cx, read);
                waiting.push(parameter);
            }
            None => home.reads.push(read.into()),
        }
        let inside = around(cx, read).is_some_and(|inner| std::ptr::eq(inner, function));
        home.overlaps |= !inside;
        home.later |= !inside;
    }
    unseen_reads(cx, function, name)?;
    let bindings = cx.module.bindings_of(owner, name);
    if let [only] = &bindings[..]
        && let BindingKind::Parameter(parameter) = only.kind
    {
        return received(cx, variable, function, parameter, home, waiting);
    }
    let other = bindings.iter().any(|binding| match binding.kind {
        BindingKind::Assign(Expr::Call(call)) | BindingKind::With(Expr::Call(call), false) => {
            !makes(cx, makers, call)
        }
        _ => true,
    });
    match (other, function.is_async) {
        (true, _) => Err(Why::new(format!(
            "`{name}` also holds something that is not made here"
        ))),
        (_, false) => Err(Why::new(format!(
            "`{name}` is made by a function that is no coroutine"
        ))),
        _ => Ok(()),
    }
}

/// A parameter: what all callers pass for it.
fn received<'a>(
    cx: &Cx<'a>,
    (owner, name): Variable<'a>,
    function: &'a StmtFunctionDef,
    parameter: &'a Parameter,
    home: &mut Home<'a>,
    waiting: &mut Vec<Variable<'a>>,
) -> Result<(), Why> {
    let facts = cx.project.facts(cx.file);
    let mut functions = facts.iter().flat_map(|facts| &facts.functions);
    let index = functions.position(|known| known.at == span(&function.name));
    let known = index.map(|index| FunctionRef::new(cx.file, index));
    let known =
        known.ok_or_else(|| Why::new(format!("who calls `{}` is not known", function.name)))?;
    cx.project.is_only_called(known)?;
    let callers = cx.project.graph().callers(known);
    if callers.iter().any(|(file, _)| *file != cx.file) {
        return Err(Why::new(format!(
            "`{}` is called in other files, with their sessions",
            function.name
        )));
    }
    if !function.decorator_list.is_empty() {
        return Err(Why::new(format!("`{}` is decorated", function.name)));
    }
    if let Some(AnyNodeRef::ParameterWithDefault(with_default)) = cx.module.parent(parameter.into())
        && with_default.default.is_some()
    {
        return Err(Why::new(format!("`{name}` has a default")));
    }
    home.annotations.extend(parameter.annotation.as_deref());
    let passed = cx.module.passed(owner, parameter).ok_or_else(|| {
        Why::new(format!(
            "what `{}` is given for `{name}` is not in sight",
            function.name
        ))
    })?;
    for argument in passed {
        let variable = match argument {
            Expr::Name(given) => {
                function_of(cx, given).map(|(owner, _)| (owner, given.id.as_str()))
            }
            _ => None,
        };
        waiting.push(variable.ok_or_else(|| {
            Why::new(format!(
                "`{}` is also given `{}`",
                function.name,
                cx.module.describe(argument)
            ))
        })?);
    }
    Ok(())
}

/// The parameter of a function of this file that a session is passed for, and whether the call is
/// awaited at once.
fn handed_to<'a>(cx: &Cx<'a>, read: &'a ExprName) -> Option<(Variable<'a>, bool)> {
    let mut around = cx.module.ancestors(read.into());
    let (call, keyword) = match around.next()? {
        AnyNodeRef::Keyword(keyword) => {
            around.next();
            (around.next()?, Some(keyword.arg.as_ref()?.as_str()))
        }
        AnyNodeRef::Arguments(_) => (around.next()?, None),
        _ => return None,
    };
    let AnyNodeRef::ExprCall(call) = call else {
        return None;
    };
    let Target::Function(function, method_of) = cx.module.target(call) else {
        return None;
    };
    let parameters = &function.parameters;
    let mut positional = parameters.posonlyargs.iter().chain(&parameters.args);
    let parameter = match keyword {
        Some(keyword) => parameters
            .iter_non_variadic_params()
            .find(|parameter| parameter.parameter.name.as_str() == keyword)?,
        None => {
            let arguments = &call.arguments.args;
            let starred = arguments.iter().any(Expr::is_starred_expr);
            let at = arguments.iter().position(|it| span(it) == span(read))?;
            let implicit = usize::from(method_of.is_some());
            positional.nth(at + implicit).filter(|_| !starred)?
        }
    };
    let scope = cx.module.body_scope(function)?;
    let variable = (scope, parameter.parameter.name.as_str());
    Some((variable, cx.module.is_awaited(call.into())))
}

/// Whether what is done with a session is over before the next statement.
fn is_waited_for<'a>(cx: &Cx<'a>, read: &'a ExprName) -> bool {
    let mut around = cx.module.ancestors(read.into());
    around
        .find(|node| node.is_statement() || matches!(node, AnyNodeRef::ExprAwait(_)))
        .is_some_and(|node| matches!(node, AnyNodeRef::ExprAwait(_)))
}

/// The function whose code a name stands in.
fn around<'a>(cx: &Cx<'a>, name: &'a ExprName) -> Option<&'a StmtFunctionDef> {
    let mut around = cx.module.ancestors(name.into());
    around.find_map(|node| match node {
        AnyNodeRef::StmtFunctionDef(function) => Some(function),
        _ => None,
    })
}

/// Refuses what reads a local variable without its name, or says what it is.
fn unseen_reads<'a>(cx: &Cx<'a>, function: &'a StmtFunctionDef, name: &str) -> Result<(), Why> {
    let mut unseen = None;
    walk(function.into(), &mut |node| {
        let is_unseen = match node {
            AnyNodeRef::ExprCall(call) => matches!(
                cx.module.target(call),
                Target::Builtin("dir" | "eval" | "exec" | "locals" | "vars")
            ),
            AnyNodeRef::StmtAnnAssign(assign) => {
                matches!(&*assign.target, Expr::Name(target) if target.id == name)
            }
            _ => false,
        };
        if is_unseen {
            unseen = unseen.or(Some(span(node)));
        }
        TraversalSignal::Traverse
    });
    match unseen {
        Some(unseen) => Err(Why::new(format!(
            "`{}` may read `{name}`, or says what it is",
            unseen.of(cx.module.text())
        ))),
        None => Ok(()),
    }
}

/// The statements of a block after one.
pub(super) fn after(statements: &[Stmt], index: usize) -> &[Stmt] {
    statements.get(index + 1..).unwrap_or_default()
}
