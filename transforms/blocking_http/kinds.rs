//! What kinds of values an expression may have: by literals, by annotations, by everything that a
//! name or an attribute is given, and by what calls are known to give.

use super::narrowed::is_certainly_something;
use super::values::is_none;
use crate::fix::Cx;
use crate::model::file::{Binding, BindingKind, Lookup, ScopeId, Target, Term, dotted};
use crate::model::project::{Target as Callee, Value};
use crate::python::ast::{
    AnyNodeRef, BoolOp, Expr, ExprAttribute, ExprCall, ExprName, Operator, Parameter, Stmt, UnaryOp,
};
use crate::python::span;

/// How far a value is followed to what made it.
pub(super) const MAX_STEPS: usize = 5;

/// A set of kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u16);

impl Kinds {
    pub const TEXT: Self = Self(1);
    pub const BYTES: Self = Self(1 << 1);
    /// Numbers, and objects of which everybody writes what `str` gives.
    pub const NUMBER: Self = Self(1 << 2);
    pub const FLAG: Self = Self(1 << 3);
    pub const NOTHING: Self = Self(1 << 4);
    /// `None` where the environment lacks a variable.
    pub const UNSET: Self = Self(1 << 5);
    /// Lists and tuples of text and numbers.
    pub const LIST: Self = Self(1 << 6);
    /// Dicts of text to text; and to other values that are plain.
    pub const TEXTS: Self = Self(1 << 7);
    pub const FIELDS: Self = Self(1 << 8);
    pub const BUFFER: Self = Self(1 << 9);
    /// Something else, which is known.
    pub const OTHER: Self = Self(1 << 10);
    pub const UNKNOWN: Self = Self(1 << 11);
    /// What both sides write in the same way.
    pub const PLAIN: Self = Self(Self::TEXT.0 | Self::NUMBER.0 | Self::LIST.0);
    const NONE_AT_ALL: Self = Self(0);

    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn complement(self) -> Self {
        Self(!self.0)
    }

    pub fn may_be(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub fn within(self, others: Self) -> bool {
        self != Self::NONE_AT_ALL && self.without(others) == Self::NONE_AT_ALL
    }

    fn all(kinds: impl IntoIterator<Item = Self>) -> Self {
        kinds.into_iter().fold(Self::NONE_AT_ALL, Self::or)
    }

    fn known(self) -> Self {
        match self {
            Self::NONE_AT_ALL => Self::UNKNOWN,
            known => known,
        }
    }

    /// The kinds of a class's objects.
    fn of_class(class: &str) -> Self {
        match class {
            "str" => Self::TEXT,
            "bytes" => Self::BYTES,
            "bytearray" => Self::BUFFER,
            "bool" => Self::FLAG,
            "int" | "float" | "uuid.UUID" | "datetime.date" | "datetime.datetime"
            | "decimal.Decimal" => Self::NUMBER,
            _ => Self::UNKNOWN,
        }
    }
}

/// The kinds of values that an expression may have.
pub(super) fn kinds<'a>(cx: &Cx<'a>, expression: &'a Expr) -> Kinds {
    within(cx, expression, MAX_STEPS)
}

fn within<'a>(cx: &Cx<'a>, expression: &'a Expr, steps: usize) -> Kinds {
    let Some(steps) = steps.checked_sub(1) else {
        return Kinds::UNKNOWN;
    };
    let inner = |expression: &'a Expr| within(cx, expression, steps);
    match expression {
        Expr::StringLiteral(_) | Expr::FString(_) => Kinds::TEXT,
        Expr::BytesLiteral(_) => Kinds::BYTES,
        Expr::NumberLiteral(_) => Kinds::NUMBER,
        Expr::BooleanLiteral(_) | Expr::Compare(_) => Kinds::FLAG,
        Expr::NoneLiteral(_) => Kinds::NOTHING,
        Expr::Set(_) | Expr::SetComp(_) | Expr::Generator(_) | Expr::Lambda(_) => Kinds::OTHER,
        Expr::If(choice) => inner(&choice.body).or(inner(&choice.orelse)),
        Expr::Named(named) => inner(&named.value),
        Expr::BoolOp(operation) => {
            let last = operation.values.len().saturating_sub(1);
            let values = operation.values.iter().enumerate();
            Kinds::all(values.map(|(index, value)| match operation.op {
                // What is handed on by `or` is true.
                BoolOp::Or if index < last => inner(value).without(Kinds::NOTHING.or(Kinds::UNSET)),
                _ => inner(value),
            }))
            .known()
        }
        Expr::UnaryOp(operation) => match operation.op {
            UnaryOp::Not => Kinds::FLAG,
            _ if inner(&operation.operand) == Kinds::NUMBER => Kinds::NUMBER,
            _ => Kinds::UNKNOWN,
        },
        Expr::BinOp(operation) => {
            let (left, right) = (inner(&operation.left), inner(&operation.right));
            let either = |kind: Kinds| left == kind || right == kind;
            match operation.op {
                Operator::Add | Operator::Mult if either(Kinds::TEXT) => Kinds::TEXT,
                Operator::Mod if left == Kinds::TEXT => Kinds::TEXT,
                Operator::Add | Operator::Mult if either(Kinds::BYTES) => Kinds::BYTES,
                _ if left == Kinds::NUMBER && right == Kinds::NUMBER => Kinds::NUMBER,
                _ => Kinds::UNKNOWN,
            }
        }
        Expr::List(list) => items(&list.elts, inner),
        Expr::Tuple(tuple) => items(&tuple.elts, inner),
        Expr::Dict(dict) => {
            let plain = dict.items.iter().map(|item| match &item.key {
                Some(key) if inner(key) == Kinds::TEXT => inner(&item.value),
                _ => Kinds::UNKNOWN,
            });
            let values = Kinds::all(plain);
            match values {
                Kinds::NONE_AT_ALL => Kinds::TEXTS,
                _ if values.within(Kinds::TEXT) => Kinds::TEXTS,
                _ if values.within(Kinds::PLAIN) => Kinds::FIELDS,
                _ => Kinds::UNKNOWN,
            }
        }
        Expr::Await(awaited) => match &*awaited.value {
            Expr::Call(call) => returned(cx, call, true),
            _ => Kinds::UNKNOWN,
        },
        Expr::Call(call) => called(cx, call, steps),
        Expr::Subscript(subscript) => {
            if cx.module.qualified(&subscript.value).as_deref() == Some("os.environ") {
                return Kinds::TEXT;
            }
            match (&*subscript.slice, inner(&subscript.value)) {
                (_, Kinds::TEXT) => Kinds::TEXT,
                (Expr::Slice(_), Kinds::BYTES) => Kinds::BYTES,
                _ => Kinds::UNKNOWN,
            }
        }
        Expr::Name(name) => {
            let found = named(cx, name, steps);
            narrowed(cx, expression, found)
        }
        Expr::Attribute(attribute) => {
            let found = attribute_kinds(cx, attribute, steps);
            narrowed(cx, expression, found)
        }
        _ => Kinds::UNKNOWN,
    }
}

fn narrowed<'a>(cx: &Cx<'a>, expression: &'a Expr, found: Kinds) -> Kinds {
    let nothing = Kinds::NOTHING.or(Kinds::UNSET);
    match found.may_be(nothing) && is_certainly_something(cx, expression) {
        true => found.without(nothing).known(),
        false => found,
    }
}

fn items<'a>(elements: &'a [Expr], inner: impl Fn(&'a Expr) -> Kinds) -> Kinds {
    match Kinds::all(elements.iter().map(inner)) {
        Kinds::NONE_AT_ALL => Kinds::UNKNOWN,
        found if found.within(Kinds::TEXT.or(Kinds::NUMBER)) => Kinds::LIST,
        _ => Kinds::UNKNOWN,
    }
}

fn named<'a>(cx: &Cx<'a>, name: &'a ExprName, steps: usize) -> Kinds {
    let Some(scope) = cx.module.scope_of(AnyNodeRef::from(name)) else {
        return Kinds::UNKNOWN;
    };
    let Lookup::Bound(owner, bindings) = cx.module.lookup(scope, &name.id) else {
        return Kinds::UNKNOWN;
    };
    let found = match cx.module.bound_at(name, owner) {
        Some(binding) => bound(cx, binding, steps),
        None => Kinds::all(
            bindings
                .iter()
                .map(|id| bound(cx, cx.module.binding(*id), steps)),
        )
        .known(),
    };
    let is_dict = Kinds::TEXTS.or(Kinds::FIELDS);
    match found.may_be(is_dict) && !only_declared(cx, name, owner) {
        // What is put into it later is not seen here.
        true => found.without(is_dict).or(Kinds::UNKNOWN),
        false => found,
    }
}

/// Whether a name is a parameter that says what it holds.
fn only_declared<'a>(cx: &Cx<'a>, name: &'a ExprName, owner: ScopeId) -> bool {
    let bindings = cx.module.bindings_of(owner, &name.id);
    bindings.iter().all(|binding| {
        matches!(binding.kind, BindingKind::Parameter(_))
            || matches!(
                cx.module.parent(binding.node),
                Some(AnyNodeRef::StmtAnnAssign(_))
            )
    })
}

fn bound<'a>(cx: &Cx<'a>, binding: &Binding<'a>, steps: usize) -> Kinds {
    match binding.kind {
        BindingKind::Parameter(parameter) => declared_parameter(cx, parameter),
        BindingKind::Assign(value) => match cx.module.parent(binding.node) {
            Some(AnyNodeRef::StmtAnnAssign(assign)) => {
                declared(&assign.annotation, within(cx, value, steps))
            }
            _ => within(cx, value, steps),
        },
        BindingKind::Element(items) => element(cx, items, steps),
        BindingKind::With(value, _) if within(cx, value, steps) == Kinds::OTHER => Kinds::OTHER,
        // Adding to text gives text.
        BindingKind::Other if cx.module.is_augmented(binding) => Kinds::NONE_AT_ALL,
        _ => Kinds::UNKNOWN,
    }
}

/// What an annotation says of a value, and whether it is `None` all the same.
fn declared(annotation: &Expr, value: Kinds) -> Kinds {
    match annotated(annotation) {
        Kinds::UNKNOWN => value,
        declared => {
            let nothing = Kinds::NOTHING.or(Kinds::UNSET);
            declared.or(value.without(nothing.complement()))
        }
    }
}

fn declared_parameter(cx: &Cx<'_>, parameter: &Parameter) -> Kinds {
    let Some(AnyNodeRef::ParameterWithDefault(with_default)) = cx.module.parent(parameter.into())
    else {
        return Kinds::UNKNOWN;
    };
    let declared = parameter.annotation.as_deref().map(annotated);
    // `def f(name: str = None)` is a common way to write an optional parameter.
    let default = match with_default.default.as_deref() {
        Some(default) if is_none(default) => Kinds::NOTHING,
        Some(Expr::BooleanLiteral(_)) => Kinds::FLAG,
        _ => Kinds::NONE_AT_ALL,
    };
    declared.unwrap_or(Kinds::UNKNOWN).or(default)
}

/// The kinds that an annotation allows.
fn annotated(annotation: &Expr) -> Kinds {
    match annotation {
        Expr::Name(name) => Kinds::of_class(&name.id),
        Expr::NoneLiteral(_) => Kinds::NOTHING,
        Expr::Attribute(_) => dotted(annotation).map_or(Kinds::UNKNOWN, |it| Kinds::of_class(&it)),
        Expr::BinOp(union) if union.op == Operator::BitOr => {
            annotated(&union.left).or(annotated(&union.right))
        }
        Expr::Subscript(generic) => {
            let arguments: Vec<&Expr> = match &*generic.slice {
                Expr::Tuple(tuple) => tuple.elts.iter().collect(),
                only => vec![only],
            };
            let name = match &*generic.value {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => "",
            };
            match (name, &arguments[..]) {
                ("Optional", [only]) => annotated(only).or(Kinds::NOTHING),
                ("Union", all) => Kinds::all(all.iter().map(|one| annotated(one))).known(),
                ("Annotated" | "Final" | "ClassVar", [first, ..]) => annotated(first),
                ("Literal", all) if all.iter().all(|it| it.is_string_literal_expr()) => Kinds::TEXT,
                ("list" | "List" | "Sequence", [only])
                    if annotated(only).within(Kinds::TEXT.or(Kinds::NUMBER)) =>
                {
                    Kinds::LIST
                }
                ("dict" | "Dict" | "Mapping" | "MutableMapping", [key, value])
                    if annotated(key) == Kinds::TEXT =>
                {
                    match annotated(value) {
                        Kinds::TEXT => Kinds::TEXTS,
                        value if value.within(Kinds::TEXT.or(Kinds::NUMBER)) => Kinds::FIELDS,
                        _ => Kinds::UNKNOWN,
                    }
                }
                _ => Kinds::UNKNOWN,
            }
        }
        _ => Kinds::UNKNOWN,
    }
}

fn element<'a>(cx: &Cx<'a>, items: &'a Expr, steps: usize) -> Kinds {
    match items {
        Expr::Call(call) if matches!(cx.module.target(call), Target::Builtin("range")) => {
            Kinds::NUMBER
        }
        Expr::List(_) | Expr::Tuple(_) => {
            let elements = match items {
                Expr::List(list) => &list.elts,
                Expr::Tuple(tuple) => &tuple.elts,
                _ => return Kinds::UNKNOWN,
            };
            Kinds::all(elements.iter().map(|it| within(cx, it, steps))).known()
        }
        Expr::Name(_) => match within(cx, items, steps) {
            Kinds::TEXTS | Kinds::FIELDS => Kinds::TEXT,
            _ => Kinds::UNKNOWN,
        },
        _ => Kinds::UNKNOWN,
    }
}

/// Everything that this file gives an attribute of `self`.
fn attribute_kinds<'a>(cx: &Cx<'a>, attribute: &'a ExprAttribute, steps: usize) -> Kinds {
    let Some(class) = cx.module.receiver_class(&attribute.value) else {
        return Kinds::UNKNOWN;
    };
    let name = attribute.attr.as_str();
    let in_class =
        class.body.iter().filter_map(|statement| match statement {
            Stmt::AnnAssign(assign) => matches!(&*assign.target, Expr::Name(of) if of.id == name)
                .then(|| match &assign.value {
                    Some(value) => declared(&assign.annotation, within(cx, value, steps)),
                    None => annotated(&assign.annotation),
                }),
            Stmt::Assign(assign) => assign
                .targets
                .iter()
                .any(|target| matches!(target, Expr::Name(of) if of.id == name))
                .then(|| within(cx, &assign.value, steps)),
            _ => None,
        });
    let writes = cx.module.attribute_writes().iter().copied();
    let written = writes
        .filter(|write| matches!(write, Expr::Attribute(of) if of.attr.as_str() == name))
        .map(|write| match cx.module.parent(write.into()) {
            Some(AnyNodeRef::StmtAssign(assign))
                if assign.targets.iter().any(|it| span(it) == span(write)) =>
            {
                within(cx, &assign.value, steps)
            }
            Some(AnyNodeRef::StmtAnnAssign(assign)) => match &assign.value {
                Some(value) => declared(&assign.annotation, within(cx, value, steps)),
                None => annotated(&assign.annotation),
            },
            Some(AnyNodeRef::StmtAugAssign(_)) => Kinds::NONE_AT_ALL,
            _ => Kinds::UNKNOWN,
        });
    let found = Kinds::all(in_class.chain(written)).known();
    let is_dict = Kinds::TEXTS.or(Kinds::FIELDS);
    match found.may_be(is_dict) {
        true => found.without(is_dict).or(Kinds::UNKNOWN),
        false => found,
    }
}

fn called<'a>(cx: &Cx<'a>, call: &'a ExprCall, steps: usize) -> Kinds {
    let arguments = &call.arguments;
    match cx.module.target(call) {
        Target::Builtin(name) => match name {
            "str" | "repr" | "format" | "hex" | "chr" | "input" => Kinds::TEXT,
            "int" | "float" | "len" | "round" | "ord" => Kinds::NUMBER,
            "bool" | "isinstance" | "any" | "all" | "hasattr" | "callable" => Kinds::FLAG,
            "bytes" => Kinds::BYTES,
            "bytearray" => Kinds::BUFFER,
            "min" | "max" if arguments.args.len() > 1 => {
                let chosen = arguments.args.iter().map(|it| within(cx, it, steps));
                Kinds::all(chosen)
            }
            "open" => Kinds::OTHER,
            _ => Kinds::UNKNOWN,
        },
        Target::External(name) if matches!(name.as_str(), "os.getenv" | "os.environ.get") => {
            let absent = match arguments.find_argument_value("default", 1) {
                Some(default) => within(cx, default, steps),
                None => Kinds::UNSET,
            };
            Kinds::TEXT.or(absent)
        }
        Target::External(name) => {
            let given = cx.module.catalogue().gives(&name).unwrap_or(&name);
            match Kinds::of_class(given) {
                Kinds::UNKNOWN if is_class_name(given) => Kinds::OTHER,
                known => known,
            }
        }
        Target::Function(..) => returned(cx, call, false),
        Target::Class(_) => Kinds::OTHER,
        _ => {
            let Expr::Attribute(method) = &*call.func else {
                return Kinds::UNKNOWN;
            };
            let nothing = Kinds::NOTHING.or(Kinds::UNSET);
            let class = match within(cx, &method.value, steps).without(nothing) {
                Kinds::TEXT => "str",
                Kinds::BYTES => "bytes",
                // Of a file.
                Kinds::OTHER if method.attr.as_str() == "read" => {
                    return Kinds::TEXT.or(Kinds::BYTES);
                }
                _ => match method.attr.as_str() {
                    "hexdigest" | "isoformat" | "strftime" | "read_text" => return Kinds::TEXT,
                    "read_bytes" => return Kinds::BYTES,
                    _ => return returned(cx, call, false),
                },
            };
            let name = format!("{class}.{}", method.attr);
            let given = cx.module.catalogue().gives(&name);
            given.map_or(Kinds::UNKNOWN, Kinds::of_class)
        }
    }
}

/// Whether a qualified name is written like that of a class.
fn is_class_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    last.starts_with(|c: char| c.is_ascii_uppercase()) && last.contains(|c: char| c.is_lowercase())
}

/// What a call of functions of the project gives, by what they declare.
fn returned(cx: &Cx<'_>, call: &ExprCall, awaited: bool) -> Kinds {
    let Callee::Functions(functions) = cx.target_of(call) else {
        return Kinds::UNKNOWN;
    };
    let each = functions.into_iter().map(|function| {
        let of = cx.project.function(function)?;
        let returns = of
            .returns
            .filter(|_| of.is_async == awaited && of.decorators.is_empty() && !of.is_generator)?;
        let term = cx
            .project
            .facts(function.file)?
            .terms
            .get(returns.0 as usize)?;
        match (term, cx.project.value(function.file, returns)) {
            (Term::Instance(_), Value::LibraryObject(class)) => Some(Kinds::of_class(&class)),
            // One of several, of which `None` is not told.
            (_, Value::LibraryObject(class)) => Some(Kinds::of_class(&class).or(Kinds::NOTHING)),
            _ => None,
        }
    });
    Kinds::all(each.map(|kinds| kinds.unwrap_or(Kinds::UNKNOWN))).known()
}
