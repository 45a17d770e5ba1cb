//! The set that keeps tasks: one that is there already, else a new one.

use crate::fix::{Cx, KeepTasks};
use crate::model::file::{
    BindingKind, Entity, Lookup, Place, ScopeId, ScopeKind, Why, dotted, walk,
};
use crate::python::ast::{
    AnyNodeRef, ElifElseClause, ExceptHandler, Expr, ExprAttribute, ExprCall, ExprContext, Stmt,
    StmtClassDef, StmtFunctionDef, StmtIf, StmtTry, TraversalSignal, is_docstring_stmt,
};
use crate::python::{PythonVersion, span};
use crate::text::{Edit, Span};

/// A new set's name.
const NAME: &str = "_background_tasks";

/// A set of tasks, as code at some place names it.
pub(super) struct Kept {
    pub set: String,
    /// The method by which tasks leave it.
    pub removes: String,
    /// What makes it, where it is new.
    pub made: Option<Edit>,
    /// What a person must look at.
    pub review: Option<String>,
}

/// The set that is to keep a task which `function` makes.
pub(super) fn kept<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    function: &'a StmtFunctionDef,
) -> Result<Kept, Why> {
    let method = method_around(cx, call);
    if let Some(known) = known(cx, call, method) {
        return Ok(known);
    }
    let text = cx.module.text();
    let numbered = (2..).map(|number| format!("{NAME}_{number}"));
    let mut names = std::iter::once(NAME.to_owned()).chain(numbered);
    let name = names.find(|name| !text.contains(&**name));
    let name = name.unwrap_or_else(|| NAME.to_owned());
    if cx.options.keep_tasks == KeepTasks::Instance
        && let Some((class, receiver)) = method
        && let Some(made) = of_objects(cx, class, function, &name)
    {
        return Ok(Kept {
            set: format!("{receiver}.{name}"),
            removes: "discard".to_owned(),
            made: Some(made),
            review: None,
        });
    }
    let made = of_module(cx, &name).ok_or_else(|| {
        Why::new("the module has no statements at its top that a set for it could follow")
    })?;
    Ok(Kept {
        set: name,
        removes: "discard".to_owned(),
        made: Some(made),
        review: lists_names(cx),
    })
}

/// What to look at where a file goes through the names of its module, among which a new one would be.
fn lists_names(cx: &Cx<'_>) -> Option<String> {
    let lists = |call: &ExprCall| {
        let Expr::Name(name) = &*call.func else {
            return false;
        };
        let is_here = match name.id.as_str() {
            "globals" => true,
            "locals" | "vars" | "dir" => matches!(cx.module.place(call.into()), Place::Module),
            _ => false,
        };
        let one = match cx.module.parent(call.into()) {
            Some(AnyNodeRef::ExprSubscript(_)) => true,
            Some(AnyNodeRef::ExprAttribute(method)) => {
                matches!(
                    method.attr.as_str(),
                    "get" | "pop" | "setdefault" | "update"
                )
            }
            Some(AnyNodeRef::Arguments(_)) => {
                let outer = cx.module.ancestors(call.into()).nth(1);
                matches!(outer, Some(AnyNodeRef::ExprCall(outer))
                    if matches!(&*outer.func, Expr::Name(name)
                        if matches!(name.id.as_str(), "exec" | "eval")))
            }
            _ => false,
        };
        is_here
            && !one
            && call.arguments.is_empty()
            && matches!(cx.module.entity(&call.func), Entity::Builtin(_))
    };
    let call = cx.module.calls().iter().find(|call| lists(call))?;
    let line = cx.project.facts(cx.file)?.line_of(span(*call).start());
    Some(format!(
        "`{}()` in line {line} gives the new set among the names of the module",
        cx.module.describe(&call.func)
    ))
}

/// The class whose method a node stands in, and the name by which that has its object there.
fn method_around<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<(&'a StmtClassDef, &'a str)> {
    let module = cx.module;
    let method =
        module
            .ancestors(call.into())
            .find_map(|node| match (node, module.parent(node)?) {
                (AnyNodeRef::StmtFunctionDef(function), AnyNodeRef::StmtClassDef(class)) => {
                    Some((function, class))
                }
                _ => None,
            });
    let (function, class) = method?;
    let is_plain = function.decorator_list.iter().all(|decorator| {
        !matches!(&decorator.expression, Expr::Name(name)
            if matches!(name.id.as_str(), "classmethod" | "staticmethod"))
    });
    let first = function.parameters.iter_non_variadic_params().next()?;
    let receiver = first.parameter.name.as_str();
    let Lookup::Bound(owner, [only]) = module.lookup(module.scope_of(call.into())?, receiver)
    else {
        return None;
    };
    let is_parameter = matches!(module.binding(*only).kind, BindingKind::Parameter(_))
        && matches!(module.scope(owner).kind, ScopeKind::Function(other) if std::ptr::eq(other, function));
    (is_plain && is_parameter).then_some((class, receiver))
}

/// A set that tasks are put into and leave when they are done: `x.add(task)` and
/// `task.add_done_callback(x.discard)`. One of the object comes before one of the module.
fn known<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    method: Option<(&'a StmtClassDef, &'a str)>,
) -> Option<Kept> {
    let scope = cx.module.scope_of(call.into())?;
    let mut of_module = None;
    for other in cx.module.calls() {
        let Some((set, removes)) = leaving(other) else {
            continue;
        };
        if !is_filled(cx, set) {
            continue;
        }
        match set {
            Expr::Attribute(attribute) => {
                let class = cx.module.receiver_class(&attribute.value);
                if let Some(class) = class
                    && let Some((own, receiver)) = method
                    && std::ptr::eq(class, own)
                {
                    return Some(Kept {
                        set: format!("{receiver}.{}", attribute.attr),
                        removes: removes.to_owned(),
                        made: None,
                        review: used_elsewhere(cx, set),
                    });
                }
            }
            Expr::Name(name) => {
                let is_of_module = |scope| {
                    matches!(
                        cx.module.lookup(scope, &name.id),
                        Lookup::Bound(ScopeId::MODULE, _)
                    )
                };
                let there = cx.module.scope_of(name.into()).is_some_and(is_of_module);
                if of_module.is_none() && there && is_of_module(scope) {
                    of_module = Some(Kept {
                        set: name.id.to_string(),
                        removes: removes.to_owned(),
                        made: None,
                        review: used_elsewhere(cx, set),
                    });
                }
            }
            _ => {}
        }
    }
    of_module
}

/// The set in `task.add_done_callback(set.discard)`, and the method.
fn leaving(call: &ExprCall) -> Option<(&Expr, &str)> {
    let method = call.func.as_attribute_expr()?;
    let [Expr::Attribute(callback)] = &*call.arguments.args else {
        return None;
    };
    let removes = callback.attr.as_str();
    (method.attr.as_str() == "add_done_callback" && matches!(removes, "discard" | "remove"))
        .then_some((&*callback.value, removes))
}

/// Whether something is put into a set, by the name that is used here.
fn is_filled(cx: &Cx<'_>, set: &Expr) -> bool {
    let name = dotted(set);
    cx.module.calls().iter().any(|call| match &*call.func {
        Expr::Attribute(ExprAttribute { value, attr, .. }) => {
            attr.as_str() == "add" && dotted(value) == name
        }
        _ => false,
    })
}

/// What to look at where tasks do more with a set than to enter and to leave it.
fn used_elsewhere<'a>(cx: &Cx<'a>, set: &'a Expr) -> Option<String> {
    let name = dotted(set)?;
    let mut used = false;
    walk(AnyNodeRef::from(cx.module.tree().module()), &mut |node| {
        let is_read = match (node, set) {
            (AnyNodeRef::ExprAttribute(other), Expr::Attribute(set)) => {
                other.attr.as_str() == set.attr.as_str() && other.ctx == ExprContext::Load
            }
            (AnyNodeRef::ExprName(other), Expr::Name(set)) => {
                other.id == set.id && other.ctx == ExprContext::Load
            }
            _ => false,
        };
        if is_read {
            used |= !matches!(
                cx.module.parent(node),
                Some(AnyNodeRef::ExprAttribute(method))
                    if matches!(method.attr.as_str(), "add" | "discard" | "remove")
            );
        }
        TraversalSignal::Traverse
    });
    used.then(|| format!("`{name}` is used elsewhere, too, and this task will be among its tasks"))
}

/// The edit that gives the module a set, below the imports and constants at its top.
fn of_module(cx: &Cx<'_>, name: &str) -> Option<Edit> {
    let body = cx.module.tree().body();
    let head = body.iter().take_while(|statement| is_head(statement));
    let last = head.last()?;
    let layout = cx.module.layout();
    let newline = layout.newline();
    let end = layout.line_end(span(last).end());
    let text = cx.module.text();
    let start = end - text[..end].chars().next_back()?.len_utf8();
    let shared = Span::new(start, end);
    let annotation = annotation(cx, body, false);
    Some(Edit::replace(
        shared,
        format!(
            "{}{newline}{newline}{name}{annotation} = set()",
            shared.of(text)
        ),
    ))
}

/// What says of a set what is in it, in a file with annotations.
fn annotation(cx: &Cx<'_>, body: &[Stmt], in_function: bool) -> &'static str {
    let mut is_evaluated = !in_function;
    let mut is_reached = false;
    for statement in body.iter().take_while(|statement| is_head(statement)) {
        match statement {
            Stmt::Import(import) => {
                is_reached |= import
                    .names
                    .iter()
                    .any(|alias| alias.name.as_str() == "asyncio" && alias.asname.is_none());
            }
            Stmt::ImportFrom(import) => {
                let is_future = import.module.as_deref() == Some("__future__");
                let mut names = import.names.iter();
                let is_lazy = names.any(|alias| alias.name.as_str() == "annotations");
                is_evaluated &= !(is_future && is_lazy);
            }
            _ => {}
        }
    }
    let annotated = |function: &StmtFunctionDef| {
        let mut parameters = function.parameters.iter();
        function.returns.is_some() || parameters.any(|it| it.annotation().is_some())
    };
    let mut bindings = cx.module.bindings().iter();
    let is_typed = bindings.any(
        |binding| matches!(binding.kind, BindingKind::Function(function) if annotated(function)),
    );
    let may_subscript = !is_evaluated || cx.options.target >= PythonVersion::PY39;
    match is_typed && is_reached && may_subscript {
        true => ": set[asyncio.Task]",
        false => "",
    }
}

/// Whether a statement is one of those at the top of a module: imports, constants, the docstring.
fn is_head(statement: &Stmt) -> bool {
    match statement {
        Stmt::Import(_)
        | Stmt::ImportFrom(_)
        | Stmt::Assign(_)
        | Stmt::AnnAssign(_)
        | Stmt::TypeAlias(_)
        | Stmt::Pass(_)
        | Stmt::Expr(_) => true,
        Stmt::If(StmtIf {
            body,
            elif_else_clauses,
            ..
        }) => {
            body.iter().all(is_head)
                && elif_else_clauses
                    .iter()
                    .all(|ElifElseClause { body, .. }| body.iter().all(is_head))
        }
        Stmt::Try(StmtTry {
            body,
            handlers,
            orelse,
            finalbody,
            ..
        }) => {
            let caught = handlers
                .iter()
                .flat_map(|ExceptHandler::ExceptHandler(handler)| &handler.body);
            body.iter()
                .chain(caught)
                .chain(orelse)
                .chain(finalbody)
                .all(is_head)
        }
        _ => false,
    }
}

/// The edit that gives objects of a class a set, if it makes them in a plain way: no base class could
/// have such an attribute, or refuse one.
fn of_objects<'a>(
    cx: &Cx<'a>,
    class: &'a StmtClassDef,
    function: &'a StmtFunctionDef,
    name: &str,
) -> Option<Edit> {
    let is_base = class.arguments.as_deref().is_some_and(|arguments| {
        !arguments.keywords.is_empty()
            || arguments
                .args
                .iter()
                .any(|base| !matches!(base, Expr::Name(name) if name.id == "object"))
    });
    if is_base || !class.decorator_list.is_empty() {
        return None;
    }
    let mut made = None;
    for statement in &class.body {
        match statement {
            Stmt::FunctionDef(method) => match method.name.as_str() {
                "__init__" if made.is_none() && method.decorator_list.is_empty() => {
                    made = Some(method);
                }
                "__init__" | "__new__" | "__setattr__" | "__getstate__" => return None,
                _ => {}
            },
            Stmt::Assign(assign) => {
                let mut targets = assign.targets.iter();
                if targets.any(|it| matches!(it, Expr::Name(name) if name.id == "__slots__")) {
                    return None;
                }
            }
            _ => {}
        }
    }
    let init = made.filter(|init| !std::ptr::eq(*init, function))?;
    let first = init.parameters.iter_non_variadic_params().next()?;
    let receiver = first.parameter.name.as_str();
    let mut statements = init.body.iter();
    let at = span(statements.find(|statement| !is_docstring_stmt(statement))?);
    let layout = cx.module.layout();
    if layout.line_start(at.start()) + layout.indent_at(at.start()).len() != at.start() {
        return None;
    }
    let text = cx.module.text();
    let shared = Span::new(
        at.start(),
        at.start() + at.of(text).chars().next()?.len_utf8(),
    );
    let annotation = annotation(cx, cx.module.tree().body(), true);
    let line = format!("{receiver}.{name}{annotation} = set()");
    let (newline, indent) = (layout.newline(), layout.indent_at(at.start()));
    Some(Edit::replace(
        shared,
        format!("{line}{newline}{indent}{}", shared.of(text)),
    ))
}
