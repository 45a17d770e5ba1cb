//! What a transform is.

use super::{FileId, Finding, Fix, Remedy};
use crate::model::file::{Module, Target, Why};
use crate::python::PythonVersion;
use crate::python::ast::{Expr, ExprCall};
use crate::text::{EditError, Span};

/// What a transform tells of itself. `before` and `after` are run by a test and shown by `explain`.
#[derive(Debug)]
pub struct Info {
    /// The name of the pattern found, in kebab case.
    pub id: &'static str,
    /// Codes of other linters that mean the same; they select and suppress like the identifier.
    pub codes: &'static [&'static str],
    /// One line.
    pub summary: &'static str,
    /// Why the pattern is a problem, and what is done about it: a few paragraphs of Markdown.
    pub why: &'static str,
    pub before: &'static str,
    pub after: &'static str,
    /// When a person has to look, and when no edit is offered: Markdown.
    pub when_review: &'static str,
    /// The transform finds nothing in a text that lacks one of these.
    pub needles: &'static [&'static str],
}

/// An idea of what can be better, as data in and findings out. Transforms share nothing but the
/// model, and never find again what their own fix left.
pub trait Transform: Sync {
    fn info(&self) -> &'static Info;
    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>);
}

/// What the user asked for, as far as it changes what transforms propose.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The oldest Python that the code must run on.
    pub target: PythonVersion,
    /// Longer lines are broken in code that is written, in characters.
    pub line_length: usize,
    /// How many awaited calls may run at a time in code that is written; 0 for no bound.
    pub max_concurrency: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            target: PythonVersion::DEFAULT,
            line_length: 88,
            max_concurrency: 10,
        }
    }
}

/// Everything a transform may ask while it checks one file.
pub struct Cx<'a> {
    pub file: FileId,
    pub module: &'a Module<'a>,
    pub options: Options,
}

impl<'a> Cx<'a> {
    /// The qualified name of what a call calls, if it is a builtin or stands in a library.
    pub fn callee(&self, call: &'a ExprCall) -> Result<String, Why> {
        if let Expr::Attribute(method) = &*call.func
            && let Some(class) = self.module.class_of(&method.value)
        {
            return Ok(format!("{class}.{}", method.attr));
        }
        match self.module.target(call) {
            Target::External(name) => Ok(name),
            Target::Builtin(name) => Ok(name.to_owned()),
            Target::Function(..) | Target::Class(_) => Err(Why::new("it is defined in this file")),
            Target::Unknown(why) => Err(why),
        }
    }

    /// A finding in this file. A fix whose own edits overlap is our mistake, and is reported as one.
    pub fn finding(
        &self,
        info: &Info,
        at: Span,
        message: impl Into<String>,
        fix: Result<Result<Fix, EditError>, Why>,
    ) -> Finding {
        Finding {
            transform: info.id,
            file: self.file,
            at,
            message: message.into(),
            chain: Vec::new(),
            remedy: match fix {
                Ok(Ok(fix)) => Remedy::Fix(fix),
                Ok(Err(error)) => Remedy::blocked(format!("a mistake in asyncfix: {error}")),
                Err(why) => Remedy::Blocked(why),
            },
        }
    }
}
