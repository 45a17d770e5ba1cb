//! `await loop.run_in_executor(None, f, x)`, which is `await asyncio.to_thread(f, x)` since Python 3.9.
//!
//! Left alone: calls whose future is kept, for `run_in_executor` starts at once and `to_thread` when it is
//! awaited; executors of one's own; and loops of which it is not known that they are asyncio's.

use crate::fix::together::{Code, changed_call_code, is_asyncio};
use crate::fix::{
    Cx, FileId, Finding, Hop, Info, Transform, changed_call, report_hops, running_loop, speaks_of,
    thread_at, without_argument,
};
use crate::model::file::{
    BindingKind, Entity, Index, Lookup, Place, ScopeId, ScopeKind, Term, Why,
};
use crate::model::project::{FunctionRef, Project, Target};
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{AnyNodeRef, ArgOrKeyword, Expr, ExprCall, ExprLambda, ExprName, Number};
use crate::python::span;
use crate::text::Edit;

pub struct ExecutorHop;

static INFO: Info = Info {
    id: "executor-hop",
    codes: &[],
    summary: "`run_in_executor(None, ...)` where `asyncio.to_thread` serves",
    why: "`asyncio.to_thread` does the same as `run_in_executor` with the default executor: it needs no \
          loop, takes keyword arguments, and hands the context variables on to the thread, so that what is \
          logged or traced there belongs to the request it is done for.",
    before: "\
import asyncio
import functools
import shutil


async def copy(source, target):
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(
        None, functools.partial(shutil.copytree, source, target, dirs_exist_ok=True)
    )
",
    after: "\
import asyncio
import shutil


async def copy(source, target):
    await asyncio.to_thread(shutil.copytree, source, target, dirs_exist_ok=True)
",
    when_review: "\
- **Safe** for functions of the standard library, and for those of the project that nobody else can be; \
where the project has context variables, or a context of `decimal`, only for those that work on files, \
sockets and bytes.
- **Review** for functions that may look at context variables, which they have not seen until now; where \
the loop is only named as one; and in `wait_for` with a time that may be 0, with which nothing starts.",
    needles: &["run_in_executor"],
};

const METHOD: &str = "run_in_executor";

impl Transform for ExecutorHop {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn may_fire(&self, project: &Project, file: FileId) -> bool {
        let facts = project.facts(file);
        facts.is_some_and(|facts| {
            let mut terms = facts.terms.iter();
            terms.any(|term| matches!(term, Term::Member(_, name) if **name == *METHOD))
        })
    }

    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>) {
        let calls = cx.module.calls().iter().copied();
        let hops = calls.filter_map(|call| hop(cx, call).ok().flatten());
        report_hops(cx, &INFO, hops.collect(), found);
    }
}

/// How a call is written anew, if it is such a one.
fn hop<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Result<Option<Hop<'a>>, Why> {
    let Expr::Attribute(method) = &*call.func else {
        return Ok(None);
    };
    let [Expr::NoneLiteral(_), rest @ ..] = &*call.arguments.args else {
        return Ok(None);
    };
    let Some(function) = rest.first().filter(|function| !function.is_starred_expr()) else {
        return Ok(None);
    };
    if method.attr.as_str() != METHOD
        || !call.arguments.keywords.is_empty()
        || !matches!(cx.module.place(call.into()), Place::Coroutine { .. })
    {
        return Ok(None);
    }
    let Some(started) = started(cx, call) else {
        return Ok(None);
    };
    if hands_context_on(cx, call) {
        return Ok(None);
    }
    let Some((variable, unsure)) = of_loop(cx, call, &method.value) else {
        return Ok(None);
    };
    let to_thread = thread_at(cx, call.into())?;
    let (callee, edits) = match written_anew(cx, call, function, &to_thread.text) {
        Some((callee, edit)) => (callee, vec![edit]),
        None => {
            let none = call.arguments.args.first().map(ArgOrKeyword::Arg);
            let edits = without_argument(cx, call, Some(&to_thread.text), none)?;
            (function, edits)
        }
    };
    let mut reasons: Vec<String> = unsure.into_iter().collect();
    reasons.extend(started);
    if !is_blind(cx, callee) {
        reasons.push(format!(
            "`{}` sees the context variables of the coroutine from now on, and saw none of them until now",
            cx.module.describe(callee)
        ));
    }
    Ok(Some(Hop {
        at: span(call),
        message: "`run_in_executor` with the default executor is `asyncio.to_thread`".to_owned(),
        title: "await `asyncio.to_thread` instead",
        edits,
        needs: to_thread.need.into_iter().collect(),
        review: (!reasons.is_empty()).then(|| reasons.join("; ")),
        variable,
    }))
}

/// Whether the function around a call is one that does by itself what `to_thread` does.
fn hands_context_on<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> bool {
    let Place::Coroutine { function, .. } = cx.module.place(call.into()) else {
        return false;
    };
    let text = span(function).of(cx.module.text());
    function.name.as_str() == "to_thread"
        || ["copy_context", "ctx.run", "context.run"]
            .iter()
            .any(|word| text.contains(word))
}

/// Whether a call is awaited where it stands, alone or among others; with what a person must confirm, if
/// anything. Else it is something that runs on its own.
fn started<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Option<Option<String>> {
    if cx.module.is_awaited(call.into()) {
        return Some(None);
    }
    let mut around = cx.module.ancestors(call.into()).skip_while(|node| {
        matches!(
            node,
            AnyNodeRef::ExprListComp(_)
                | AnyNodeRef::ExprList(_)
                | AnyNodeRef::ExprStarred(_)
                | AnyNodeRef::Arguments(_)
        )
    });
    let AnyNodeRef::ExprCall(outer) = around.next()? else {
        return None;
    };
    if !cx.module.is_awaited(outer.into()) {
        return None;
    }
    let is_given = |argument: &Expr| span(argument) == span(call);
    match &*cx.callee(outer).ok()? {
        "asyncio.gather" => Some(None),
        "asyncio.wait_for" if outer.arguments.args.first().is_some_and(is_given) => {
            let time = outer.arguments.find_argument_value("timeout", 1)?;
            let starts = time.is_none_literal_expr() || is_positive(time);
            Some((!starts).then(|| {
                format!(
                    "with a `{}` of 0 nothing starts any more, where it did in the background",
                    cx.module.describe(time)
                )
            }))
        }
        _ => None,
    }
}

fn is_positive(time: &Expr) -> bool {
    match time {
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(value) => value.as_u64() != Some(0),
            Number::Float(value) => *value > 0.0,
            Number::Complex { .. } => false,
        },
        _ => false,
    }
}

type LoopVariable<'a> = Option<(ScopeId, &'a ExprName)>;

/// The variable of an event loop that an expression stands for, and what is not certain about it; none
/// if it may be something else. What is awaited here can only be of the loop that runs here.
fn of_loop<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    expression: &'a Expr,
) -> Option<(LoopVariable<'a>, Option<String>)> {
    if let Some(running) = running_loop(cx, expression) {
        return Some((running.variable, None));
    }
    let known = format!("asyncio.AbstractEventLoop.{METHOD}");
    match cx.callee(call) {
        Ok(name) if name == known => return Some((None, None)),
        Ok(_) => return None,
        Err(_) => {}
    }
    let name = match expression {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    let is_named = matches!(name, "loop" | "_loop" | "event_loop") && is_asyncio(cx);
    let unsure = || {
        format!(
            "`{}` is taken for an event loop of asyncio",
            cx.module.describe(expression)
        )
    };
    is_named.then(|| (None, Some(unsure())))
}

/// What a function in `partial` or a lambda calls, and the call of it in a thread, where it may be called
/// without that.
fn written_anew<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    function: &'a Expr,
    to_thread: &str,
) -> Option<(&'a Expr, Edit)> {
    let [_, _] = &*call.arguments.args else {
        return None;
    };
    let same = |_: ArgOrKeyword<'a>, code: Code| vec![code];
    let (callee, code) = match function {
        Expr::Call(partial)
            if cx
                .callee(partial)
                .is_ok_and(|name| name == "functools.partial") =>
        {
            let callee = partial.arguments.args.first()?;
            let code = changed_call_code(cx, partial, to_thread, same).ok()?;
            (callee, code)
        }
        Expr::Lambda(lambda) => {
            let inner = same_outside(cx, call, lambda)?;
            let mut code = changed_call_code(cx, inner, to_thread, same).ok()?;
            if let Code::Bracketed { parts, .. } = &mut code {
                parts.insert(0, Code::text(cx.module.source(&inner.func)));
            }
            (&*inner.func, code)
        }
        _ => return None,
    };
    let edit = changed_call(cx, call, &code).ok()?;
    (!callee.is_starred_expr()).then_some((callee, edit))
}

/// The call in a lambda, if its function and arguments are the same when they are evaluated by the
/// coroutine: names that nobody else can bind meanwhile, and constants.
fn same_outside<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
    lambda: &'a ExprLambda,
) -> Option<&'a ExprCall> {
    let Expr::Call(inner) = &*lambda.body else {
        return None;
    };
    let Place::Coroutine {
        function,
        comprehensions: 0,
    } = cx.module.place(call.into())
    else {
        return None;
    };
    let is_fixed = |expression: &'a Expr| match expression {
        Expr::Name(name) => {
            let Some(scope) = cx.module.scope_of(name.into()) else {
                return false;
            };
            match cx.module.lookup(scope, &name.id) {
                Lookup::Builtin => true,
                Lookup::Bound(owner, bindings) => match cx.module.scope(owner).kind {
                    ScopeKind::Function(of) => {
                        let mut bindings = bindings.iter().map(|id| cx.module.binding(*id));
                        std::ptr::eq(of, function)
                            && bindings.all(|binding| {
                                matches!(binding.kind, BindingKind::Parameter(_))
                                    || cx.module.scope_of(binding.node) == Some(owner)
                            })
                    }
                    ScopeKind::Module => {
                        !matches!(cx.module.entity(expression), Entity::Unknown(_))
                    }
                    _ => false,
                },
                Lookup::Star(_) => false,
            }
        }
        literal => literal.is_literal_expr(),
    };
    let is_callee = match &*inner.func {
        Expr::Attribute(method) => {
            matches!(cx.module.entity(&inner.func), Entity::External(_))
                || is_fixed(&method.value)
                    && matches!(
                        cx.target_of(inner),
                        Target::Library(_) | Target::Functions(_)
                    )
        }
        other => is_fixed(other),
    };
    let mut arguments = inner.arguments.iter_source_order();
    let all_fixed = arguments.all(|argument| match argument {
        ArgOrKeyword::Arg(value) => is_fixed(value),
        ArgOrKeyword::Keyword(keyword) => is_fixed(&keyword.value),
    });
    let awaited = cx.module.is_awaited(call.into());
    (lambda.parameters.is_none() && awaited && is_callee && all_fixed).then_some(inner)
}

/// Whether a function certainly does not look at context variables: one of Python itself, or of the
/// project that calls nothing else.
fn is_blind<'a>(cx: &Cx<'a>, callee: &'a Expr) -> bool {
    match cx.module.entity(callee) {
        // Methods such as `__str__` run unseen.
        Entity::Builtin(_) | Entity::Function(_) if has_context(cx) => false,
        Entity::Builtin(_) => true,
        Entity::External(name) if has_context(cx) => calls_nothing(&name),
        Entity::External(name) => is_blind_name(&name),
        Entity::Function(function) => {
            let facts = cx.project.facts(cx.file);
            let functions = facts.map_or(&[][..], |facts| &facts.functions);
            let index = functions
                .iter()
                .position(|of| of.at == span(&function.name));
            index.is_some_and(|index| {
                let index = Index(index as u32);
                calls_blind(
                    cx,
                    FunctionRef {
                        file: cx.file,
                        index,
                    },
                )
            })
        }
        _ => match callee {
            Expr::Attribute(method) => {
                let class = cx.module.class_of(&method.value);
                class.is_some_and(|class| match has_context(cx) {
                    true => calls_nothing(&class),
                    false => is_blind_name(&class),
                })
            }
            _ => false,
        },
    }
}

/// Whether the project has context variables of its own, or the like.
fn has_context(cx: &Cx<'_>) -> bool {
    let mut files = cx.project.files();
    files.any(|(file, _)| speaks_of(cx.project, file, &CONTEXTS))
}

const CONTEXTS: [&str; 5] = [
    "contextvars.ContextVar",
    "decimal.DefaultContext",
    "decimal.getcontext",
    "decimal.localcontext",
    "decimal.setcontext",
];

/// More functions than these are not looked through.
const MAX_FUNCTIONS: usize = 100;

fn calls_blind(cx: &Cx<'_>, function: FunctionRef) -> bool {
    let mut seen = vec![function];
    let mut next = 0;
    while let Some(at) = seen.get(next).copied() {
        next += 1;
        let Some(facts) = cx.project.facts(at.file) else {
            return false;
        };
        for (index, call) in facts.calls.iter().enumerate() {
            if call.function != Some(at.index) {
                continue;
            }
            match cx.project.graph().target(at.file, index) {
                Some(Target::Library(name)) if is_blind_name(name) => {}
                Some(Target::Functions(functions)) => {
                    for function in functions {
                        if !seen.contains(function) {
                            seen.push(*function);
                        }
                    }
                }
                Some(Target::Nothing) => {}
                _ => return false,
            }
        }
        if seen.len() > MAX_FUNCTIONS {
            return false;
        }
    }
    true
}

/// Modules of Python that look at context variables, or call what they are given.
const SEEING: [&str; 7] = [
    "asyncio",
    "concurrent",
    "contextvars",
    "decimal",
    "functools",
    "logging",
    "warnings",
];

/// Classes and functions that need no import, and call nothing that they are given.
const BUILTINS: [&str; 24] = [
    "bool",
    "bytearray",
    "bytes",
    "dict",
    "enumerate",
    "float",
    "frozenset",
    "hasattr",
    "int",
    "isinstance",
    "len",
    "list",
    "max",
    "min",
    "object",
    "open",
    "print",
    "range",
    "set",
    "str",
    "sum",
    "super",
    "tuple",
    "zip",
];

/// Modules of Python whose functions work on files, sockets and bytes, and call no methods of what they
/// are given that could look at a context: `statistics.mean` adds decimals up.
const PLAIN: [&str; 16] = [
    "base64",
    "binascii",
    "bz2",
    "glob",
    "gzip",
    "hashlib",
    "lzma",
    "os",
    "pathlib",
    "platform",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "zlib",
];

fn calls_nothing(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or(name);
    PLAIN.contains(&first)
}

fn is_blind_name(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or(name);
    let is_error = first == name && name.ends_with("Error");
    is_error || BUILTINS.contains(&first) || is_stdlib(name) && !SEEING.contains(&first)
}
