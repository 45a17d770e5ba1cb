//! Whether an annotation leaves room for a coroutine, or another awaitable.

use crate::fix::Cx;
use crate::model::file::{BindingKind, Entity, Lookup, ScopeId};
use crate::model::project::Value;
use crate::model::stdlib::is_stdlib;
use crate::python::ast::{Expr, Operator, StmtClassDef};
use crate::python::parse_expression;

/// What an annotation says of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// It is certainly no awaitable.
    Plain,
    /// It may well be one.
    Perhaps,
    Unknown,
}

/// Builtin classes whose objects nobody can await.
const BUILTINS: [&str; 17] = [
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "memoryview",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
    "type",
    "BaseException",
];

/// Names of `typing` and `collections.abc` whose objects nobody can await.
const PLAIN: [&str; 38] = [
    "AnyStr",
    "AsyncGenerator",
    "AsyncIterable",
    "AsyncIterator",
    "ByteString",
    "ChainMap",
    "Collection",
    "Container",
    "Counter",
    "DefaultDict",
    "Deque",
    "Dict",
    "FrozenSet",
    "IO",
    "BinaryIO",
    "TextIO",
    "ItemsView",
    "Iterable",
    "Iterator",
    "KeysView",
    "List",
    "Literal",
    "LiteralString",
    "Mapping",
    "Match",
    "MutableMapping",
    "MutableSequence",
    "MutableSet",
    "NamedTuple",
    "OrderedDict",
    "Pattern",
    "Sequence",
    "Set",
    "Text",
    "Tuple",
    "Type",
    "TypedDict",
    "ValuesView",
];

/// Modules of the standard library that have classes of awaitables, or names for them.
const AWAITABLE_MODULES: [&str; 7] = [
    "_typeshed",
    "abc",
    "asyncio",
    "concurrent",
    "contextlib",
    "types",
    "unittest",
];

const MAX_STEPS: usize = 8;

/// What an annotation says, whose names are read in `scope`.
pub(super) fn says<'a>(cx: &Cx<'a>, annotation: &Expr, scope: ScopeId) -> Says {
    within(cx, annotation, scope, MAX_STEPS)
}

fn within<'a>(cx: &Cx<'a>, annotation: &Expr, scope: ScopeId, steps: usize) -> Says {
    let Some(steps) = steps.checked_sub(1) else {
        return Says::Unknown;
    };
    match annotation {
        Expr::NoneLiteral(_) => Says::Plain,
        Expr::StringLiteral(text) => match parse_expression(text.value.to_str()) {
            Some(inner) => within(cx, &inner, scope, steps),
            None => Says::Unknown,
        },
        Expr::BinOp(union) if union.op == Operator::BitOr => both([
            within(cx, &union.left, scope, steps),
            within(cx, &union.right, scope, steps),
        ]),
        Expr::Subscript(generic) => {
            let arguments = match &*generic.slice {
                Expr::Tuple(tuple) => &tuple.elts[..],
                one => std::slice::from_ref(one),
            };
            let last = match &*generic.value {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => "",
            };
            match last {
                "Optional" | "Union" => both(
                    arguments
                        .iter()
                        .map(|argument| within(cx, argument, scope, steps)),
                ),
                "Annotated" | "Final" | "ClassVar" => match arguments.first() {
                    Some(first) => within(cx, first, scope, steps),
                    None => Says::Unknown,
                },
                _ => within(cx, &generic.value, scope, steps),
            }
        }
        Expr::Name(name) => named(cx, name.id.as_str(), scope, steps),
        Expr::Attribute(attribute) => match qualified(cx, annotation, scope) {
            Some(name) => of_library(cx, &name, &attribute.attr),
            None => Says::Unknown,
        },
        _ => Says::Unknown,
    }
}

fn both(all: impl IntoIterator<Item = Says>) -> Says {
    let mut found = Says::Plain;
    for says in all {
        match says {
            Says::Perhaps => return Says::Perhaps,
            Says::Unknown => found = Says::Unknown,
            Says::Plain => {}
        }
    }
    found
}

/// `module.Class` as it is imported.
fn qualified(cx: &Cx<'_>, annotation: &Expr, scope: ScopeId) -> Option<String> {
    match annotation {
        Expr::Attribute(attribute) => {
            let of = qualified(cx, &attribute.value, scope)?;
            Some(format!("{of}.{}", attribute.attr))
        }
        Expr::Name(name) => {
            let Lookup::Bound(_, [only]) = cx.module.lookup(scope, &name.id) else {
                return None;
            };
            match cx.module.entity_of(cx.module.binding(*only)) {
                Entity::External(name) => Some(name),
                _ => None,
            }
        }
        _ => None,
    }
}

fn named<'a>(cx: &Cx<'a>, name: &str, scope: ScopeId, steps: usize) -> Says {
    let bindings = match cx.module.lookup(scope, name) {
        Lookup::Builtin => {
            return match name {
                "object" => Says::Perhaps,
                _ if BUILTINS.contains(&name) || is_exception(name) => Says::Plain,
                _ => Says::Unknown,
            };
        }
        Lookup::Star(_) => return Says::Unknown,
        Lookup::Bound(_, bindings) => bindings,
    };
    let [only] = bindings else {
        return Says::Unknown;
    };
    let binding = cx.module.binding(*only);
    match binding.kind {
        BindingKind::Class(class) => of_class(cx, class, steps),
        BindingKind::Import(_) => match cx.module.entity_of(binding) {
            Entity::External(qualified) => {
                let last = qualified.rsplit('.').next().unwrap_or(&qualified);
                of_library(cx, &qualified, last)
            }
            _ => Says::Unknown,
        },
        // `Alias = Union[str, int]`, and a type variable, which may stand for anything.
        BindingKind::Assign(Expr::Call(_)) => Says::Perhaps,
        BindingKind::Assign(value) => within(cx, value, binding.scope, steps),
        _ => Says::Unknown,
    }
}

/// A class of this file, and what it is made from.
fn of_class<'a>(cx: &Cx<'a>, class: &'a StmtClassDef, steps: usize) -> Says {
    let Some(steps) = steps.checked_sub(1) else {
        return Says::Unknown;
    };
    let awaits = class.body.iter().any(|statement| {
        statement
            .as_function_def_stmt()
            .is_some_and(|method| method.name.as_str() == "__await__")
    });
    if awaits {
        return Says::Perhaps;
    }
    let scope = cx.module.scope_of(class.into());
    let bases = class.arguments.iter().flat_map(|arguments| &arguments.args);
    both(bases.map(|base| {
        let base = match base {
            Expr::Subscript(generic) => &*generic.value,
            other => other,
        };
        let shown = match base {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return Says::Unknown,
        };
        match shown {
            "Protocol" => Says::Perhaps,
            "Generic" | "object" | "ABC" | "Enum" | "IntEnum" | "StrEnum" | "Flag" | "IntFlag" => {
                Says::Plain
            }
            _ => match scope {
                Some(scope) => within(cx, base, scope, steps),
                None => Says::Unknown,
            },
        }
    }))
}

fn of_library(cx: &Cx<'_>, qualified: &str, last: &str) -> Says {
    let module = qualified.split('.').next().unwrap_or(qualified);
    if matches!(module, "typing" | "typing_extensions" | "collections") {
        return match last {
            _ if PLAIN.contains(&last) || last.starts_with(|first: char| first.is_lowercase()) => {
                Says::Plain
            }
            "UserDict" | "UserList" | "UserString" => Says::Plain,
            "NoReturn" | "Never" | "Self" => Says::Unknown,
            _ => Says::Perhaps,
        };
    }
    if is_stdlib(qualified) {
        return match AWAITABLE_MODULES.contains(&module) {
            true => Says::Perhaps,
            false => Says::Plain,
        };
    }
    match cx.project.named(cx.file, qualified) {
        Value::Class(class) if cx.project.is_never_awaited(class) => Says::Plain,
        Value::Class(_) => Says::Perhaps,
        _ => Says::Unknown,
    }
}

/// The builtin exceptions go by their names.
fn is_exception(name: &str) -> bool {
    name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning")
}
