//! Values of libraries and builtins, as far as the catalogue and annotations tell.

use super::Value;
use super::classes::Found;
use super::evaluate::Evaluator;
use crate::model::file::TermId;
use crate::text::FileId;

impl Evaluator<'_> {
    /// What calling a function or class of a library gives.
    pub(super) fn made_by(&mut self, name: &str) -> Value {
        if let Some(class) = self.project.catalogue.gives(name) {
            return Value::LibraryObject(class.into());
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let is_class = last.starts_with(|first: char| first.is_ascii_uppercase());
        match is_class || self.project.catalogue.knows_class(name) {
            true => Value::LibraryObject(self.project.catalogue.canonical(name).into()),
            false
                if matches!(
                    name,
                    "str"
                        | "int"
                        | "float"
                        | "bytes"
                        | "list"
                        | "dict"
                        | "set"
                        | "tuple"
                        | "bool"
                        | "sorted"
                        | "bytearray"
                        | "frozenset"
                        | "threading.local"
                ) =>
            {
                Value::LibraryObject(if name == "sorted" { "list" } else { name }.into())
            }
            false => Value::unknown(format!("what `{name}` gives is not known")),
        }
    }

    pub(super) fn gives(&self, name: &str) -> Value {
        match self.project.catalogue.gives(name) {
            Some(class) => Value::LibraryObject(class.into()),
            None => Value::unknown(format!("what `{name}` gives is not known")),
        }
    }

    pub(super) fn instance(&self, name: &str) -> Value {
        let last = name.rsplit('.').next().unwrap_or(name);
        match last {
            "Any" | "object" | "Type" | "type" | "Callable" => {
                Value::unknown("the annotation leaves it open")
            }
            "Text" | "LiteralString" => Value::LibraryObject("str".into()),
            // The parameter of a generic function or class.
            _ if !name.contains('.') && is_type_parameter(name) => {
                Value::unknown("the annotation leaves it open")
            }
            _ => Value::LibraryObject(self.project.catalogue.canonical(name).into()),
        }
    }

    /// `list[int]` and its kin in an annotation: the object that is meant.
    pub(super) fn generic(&mut self, file: FileId, base: &str, arguments: &[TermId]) -> Value {
        let object = |evaluator: &mut Self, position: usize| match arguments.get(position) {
            Some(argument) => match evaluator.term(file, *argument) {
                Value::Class(class) => Value::Object(class),
                Value::Library(name) => evaluator.instance(&name),
                other => other,
            },
            None => Value::unknown("the annotation does not say of what"),
        };
        match base.rsplit('.').next().unwrap_or(base) {
            "list" | "List" | "Sequence" | "Iterable" | "Collection" | "set" | "Set"
            | "frozenset" | "FrozenSet" | "deque" | "Deque" | "MutableSequence" | "tuple"
            | "Tuple" | "AbstractSet" => Value::Container(Box::new(object(self, 0))),
            "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" | "DefaultDict"
            | "OrderedDict" => Value::Container(Box::new(object(self, 1))),
            "Awaitable" | "Future" | "Task"
                if base.starts_with("typing")
                    || base.starts_with("asyncio")
                    || base.starts_with("collections") =>
            {
                Value::Awaitable(Box::new(object(self, 0)))
            }
            "Coroutine" => Value::Awaitable(Box::new(object(self, 2))),
            "Iterator" | "Generator" => object(self, 0),
            "type" | "Type" => match object(self, 0) {
                Value::Object(class) => Value::Class(class),
                _ => Value::unknown("the annotation names a class"),
            },
            _ => self.instance(base),
        }
    }

    /// What `with` gives its target.
    pub(super) fn entered(&mut self, manager: &Value, is_async: bool) -> Value {
        let method = if is_async { "__aenter__" } else { "__enter__" };
        match manager {
            Value::Object(class) => match self.find(*class, method, false) {
                Found::Method(function) => match self.result(function, Some(*class)) {
                    Value::Awaitable(value) => *value,
                    Value::None => Value::Object(*class),
                    value => value,
                },
                Found::Library(base) => self.entered(&Value::LibraryObject(base), is_async),
                _ => Value::unknown("what entering it gives is not known"),
            },
            Value::LibraryObject(class) => {
                match self.project.catalogue.gives(&format!("{class}.{method}")) {
                    Some(given) => Value::LibraryObject(given.into()),
                    None => Value::LibraryObject(class.clone()),
                }
            }
            Value::Manager(_, value) => (**value).clone(),
            Value::Unknown(why) => Value::Unknown(why.clone()),
            _ => Value::unknown("what entering it gives is not known"),
        }
    }
}

/// Whether a name without an origin is no class of Python's own.
fn is_type_parameter(name: &str) -> bool {
    let ends = [
        "Error",
        "Exception",
        "Warning",
        "Exit",
        "Interrupt",
        "Iteration",
        "Group",
    ];
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && !ends.iter().any(|end| name.ends_with(end))
}
