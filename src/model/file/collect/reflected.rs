//! Names in strings, and what is looked up by a name that is computed.

use super::Collector;
use crate::model::file::facts::{Reflected, ReflectedOn};
use crate::model::file::terms::{Term, TermId};
use crate::python::ast::{Expr, ExprCall, ExprFString, FStringPart, Operator};

/// Functions that look something up by its name in a string.
const BY_NAME: [&str; 9] = [
    "attrgetter",
    "delattr",
    "getattr",
    "hasattr",
    "import_string",
    "methodcaller",
    "object",
    "patch",
    "setattr",
];

/// Longer strings name nothing.
const MAX_NAME: usize = 120;

impl<'a> Collector<'_, 'a> {
    /// Names of functions and attributes in the strings that a call is given.
    pub(super) fn names_in_strings(&mut self, call: &'a ExprCall) {
        let callee = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => "",
        };
        let names = call.arguments.keywords.iter();
        let names = names.filter_map(|keyword| keyword.arg.as_ref());
        for name in names.map(|name| name.as_str()) {
            // `vars(module).update(name=fake)`
            self.words.insert(name);
            // `patch.multiple(module, name=fake)`
            if callee == "multiple" {
                self.strings.insert(name);
            }
        }
        if !BY_NAME.contains(&callee) {
            return;
        }
        let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        for value in call.arguments.args.iter().chain(keywords) {
            if let Expr::StringLiteral(literal) = value
                && is_name(literal.value.to_str())
            {
                self.strings.insert(last_part(literal.value.to_str()));
            }
        }
    }

    /// A string that may name something: `package.module:function`, also as `tool = package...`.
    pub(super) fn word(&mut self, text: &'a str) {
        let name = text
            .split_once('=')
            .map_or(text, |(_, target)| target)
            .trim();
        if !is_name(name) {
            return;
        }
        let last = last_part(name);
        self.words.insert(last);
        if last.len() < name.len() {
            self.strings.insert(last);
        }
    }

    /// The beginning of an f-string, which may be that of a name.
    pub(super) fn head(&mut self, string: &'a ExprFString) {
        let head = beginning(string);
        if is_name(head) && !head.contains(['.', ':']) {
            self.heads.insert(head);
        }
    }

    /// A call that looks something up by a name that is computed.
    pub(super) fn reflection(&mut self, call: &'a ExprCall, callee: TermId) {
        let (function, is_builtin) = match self.builder.terms.get(callee) {
            Term::Builtin(name) => (name.clone(), true),
            Term::Import(0, name) => (name.clone(), false),
            Term::Member(of, name) => match self.builder.terms.get(*of) {
                Term::Import(0, module) => (format!("{module}.{name}").into(), false),
                _ => return,
            },
            _ => return,
        };
        let arguments = &*call.arguments.args;
        let (looks_up, methods) = match (&*function, is_builtin) {
            ("getattr", true) | ("inspect.getmembers", false) => (true, true),
            ("setattr" | "delattr", true) => (true, false),
            ("vars" | "dir", true) => (!arguments.is_empty(), false),
            _ => (false, false),
        };
        let here = matches!(
            &*function,
            "globals" | "locals" | "vars" | "dir" | "eval" | "exec"
        );
        if is_builtin && here && !looks_up {
            return self.reflects(ReflectedOn::Here, "", false);
        }
        let prefix = match arguments.get(1) {
            Some(Expr::StringLiteral(name)) => {
                if let ("setattr", true, Some(of)) = (&*function, is_builtin, arguments.first()) {
                    self.rewrite(of, name.value.to_str());
                }
                return;
            }
            Some(name) if function.ends_with("attr") => name_begins(name),
            _ => "",
        };
        let of = match arguments.first() {
            Some(Expr::Subscript(entry)) if is_own_name(&entry.slice) => ReflectedOn::Here,
            Some(of) => ReflectedOn::Term(self.builder.term(of)),
            None => return,
        };
        if looks_up {
            self.reflects(of, prefix, methods);
        }
    }

    /// What the file assigns to attributes of modules and classes.
    pub(super) fn rewrites(&mut self) {
        for write in self.module.attribute_writes() {
            if let Expr::Attribute(attribute) = write {
                self.rewrite(&attribute.value, &attribute.attr);
            }
        }
    }

    fn rewrite(&mut self, of: &'a Expr, name: &str) {
        let base = self.builder.term(of);
        let mut root = base;
        while let Term::Member(of, _) = self.builder.terms.get(root) {
            root = *of;
        }
        let may_be_shared = matches!(
            self.builder.terms.get(root),
            Term::Class(_) | Term::ReceiverClass(_) | Term::Import(..) | Term::Star(..)
        );
        if may_be_shared {
            self.facts.rewrites.push((base, name.into()));
        }
    }

    pub(super) fn reflects(&mut self, of: ReflectedOn, prefix: &str, methods: bool) {
        let reflected = Reflected {
            of,
            prefix: prefix.into(),
            methods,
        };
        if !self.facts.reflected.contains(&reflected) {
            self.facts.reflected.push(reflected);
        }
    }
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
    !text.is_empty() && text.len() < MAX_NAME && text.chars().all(fits)
}

fn last_part(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}

fn is_own_name(expression: &Expr) -> bool {
    matches!(expression, Expr::Name(name) if name.id == "__name__")
}

/// What a computed name begins with, as far as it is written there.
fn name_begins(expression: &Expr) -> &str {
    match expression {
        Expr::StringLiteral(literal) => literal.value.to_str(),
        Expr::FString(string) => beginning(string),
        Expr::BinOp(sum) => match (sum.op, name_begins(&sum.left)) {
            (Operator::Add, left) => left,
            (Operator::Mod, left) => left.split('%').next().unwrap_or_default(),
            _ => "",
        },
        _ => "",
    }
}

fn beginning(string: &ExprFString) -> &str {
    match string.value.iter().next() {
        Some(FStringPart::FString(first)) => first
            .elements
            .first()
            .and_then(|element| element.as_literal())
            .map_or("", |literal| &literal.value),
        Some(FStringPart::Literal(literal)) => &literal.value,
        None => "",
    }
}
