//! What a transform is.

use super::{FileId, Finding, Fix, Remedy, Suppressions};
use crate::model::file::{Call, CallKind, Module, Why};
use crate::model::project::{FunctionRef, Gives, Project, Target};
use crate::python::ast::{ExprCall, StmtFunctionDef};
use crate::python::{PythonVersion, parse, span};
use crate::text::{EditError, Span};
use rustc_hash::FxHashMap;
use std::str::FromStr;
use std::sync::Arc;

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
    /// The transform finds nothing in a text that lacks one of these, but for what users say blocks.
    pub needles: &'static [&'static str],
}

/// An idea of what can be better, as data in and findings out. Transforms share nothing but the
/// model, and never find again what their own fix left.
pub trait Transform: Sync {
    fn info(&self) -> &'static Info;
    fn check(&self, cx: &Cx<'_>, found: &mut Vec<Finding>);

    /// Whether the transform could find something in a file, by what the project knows of it. Most
    /// files are spared a second parse by it.
    fn may_fire(&self, _project: &Project, _file: FileId) -> bool {
        true
    }

    /// Whether it speaks of comments that suppress what the others find. It looks once these have looked,
    /// and takes its turn once they have nothing left to do; only comments that name it suppress it.
    fn is_about_comments(&self) -> bool {
        false
    }
}

/// What the user asked for, as far as it changes what transforms propose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The oldest Python that the code must run on.
    pub target: PythonVersion,
    /// Longer lines are broken in code that is written, in characters.
    pub line_length: usize,
    /// How many awaited calls may run at a time in code that is written; 0 for no bound.
    pub max_concurrency: usize,
    /// What becomes of awaited calls that run at the same time when one of them fails.
    pub failure: Failure,
    /// What is tried about calls that block further down, in this order.
    pub cuts: [Option<Cut>; 3],
    /// A call of a library may become one of its asynchronous counterpart; otherwise it moves to a thread.
    pub counterparts: bool,
    /// Which library sends HTTP requests in code that is written; none for the one that the project
    /// uses already.
    pub http_client: Option<HttpClient>,
    /// What keeps tasks that nobody keeps, unless there is something that does already.
    pub keep_tasks: KeepTasks,
}

/// What keeps tasks that nobody keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepTasks {
    /// A set of the module.
    Module,
    /// A set of the object whose method makes the task, where the class is plain enough for that.
    Instance,
}

impl FromStr for KeepTasks {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "module" => Ok(Self::Module),
            "instance" => Ok(Self::Instance),
            other => Err(format!("it is `module` or `instance`, not `{other}`")),
        }
    }
}

/// What becomes of awaited calls that run at the same time when one of them fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The first error in time is raised at once; the others run on, and nobody waits for them.
    FirstError,
    /// The others are cancelled and waited for, then the first error in time is raised.
    CancelSiblings,
    /// All run to their end, then the first error in order is raised, as if they had run one by one.
    SequentialEquivalent,
}

impl Failure {
    const ALL: [Self; 3] = [
        Self::FirstError,
        Self::CancelSiblings,
        Self::SequentialEquivalent,
    ];

    /// As in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstError => "first-error",
            Self::CancelSiblings => "cancel-siblings",
            Self::SequentialEquivalent => "sequential-equivalent",
        }
    }
}

impl FromStr for Failure {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|failure| failure.as_str() == name).ok_or_else(|| {
            let names = Self::ALL.map(|failure| format!("`{}`", failure.as_str()));
            format!("it is one of {}, not `{name}`", names.join(", "))
        })
    }
}

/// A library that sends HTTP requests for coroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpClient {
    Httpx,
    Httpx2,
    Aiohttp,
    Niquests,
}

impl HttpClient {
    const ALL: [Self; 4] = [Self::Httpx, Self::Httpx2, Self::Aiohttp, Self::Niquests];

    /// The name of its module, and of its distribution.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Httpx => "httpx",
            Self::Httpx2 => "httpx2",
            Self::Aiohttp => "aiohttp",
            Self::Niquests => "niquests",
        }
    }
}

impl FromStr for HttpClient {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|client| client.as_str() == name).ok_or_else(|| {
            let names = Self::ALL.map(|client| format!("`{}`", client.as_str()));
            format!("it is one of {}, not `{name}`", names.join(", "))
        })
    }
}

/// A way to keep a call that blocks further down from blocking the event loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Make the functions on the way coroutine functions.
    Async,
    /// Move the call to a thread.
    Thread,
    /// Make the coroutine function a plain one, which a framework runs in a thread.
    Endpoint,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            target: PythonVersion::DEFAULT,
            line_length: 88,
            max_concurrency: 10,
            failure: Failure::SequentialEquivalent,
            cuts: [Some(Cut::Async), Some(Cut::Thread), Some(Cut::Endpoint)],
            counterparts: true,
            http_client: None,
            keep_tasks: KeepTasks::Module,
        }
    }
}

/// Everything a transform may ask while it checks one file.
pub struct Cx<'a> {
    pub file: FileId,
    pub module: &'a Module<'a>,
    pub project: &'a Project,
    pub options: Options,
    /// Where each call of the file stands among its facts.
    calls: FxHashMap<Span, u32>,
    texts: Option<Texts<'a>>,
    /// What comments suppress, for those who speak of that.
    pub suppressions: Option<&'a Suppressions>,
}

/// The text of each file as it is now, if it may be looked into.
pub type Texts<'a> = &'a (dyn Fn(FileId) -> Option<Arc<str>> + Sync);

impl<'a> Cx<'a> {
    pub fn new(
        file: FileId,
        module: &'a Module<'a>,
        project: &'a Project,
        options: Options,
    ) -> Self {
        let calls = project
            .facts(file)
            .map_or(&[] as &[Call], |facts| &facts.calls);
        let calls = calls
            .iter()
            .enumerate()
            .filter(|(_, call)| call.kind == CallKind::Call)
            .map(|(index, call)| (call.at, index as u32))
            .collect();
        Self {
            file,
            module,
            project,
            options,
            calls,
            texts: None,
            suppressions: None,
        }
    }

    /// The library that sends HTTP requests: the one that was asked for, else the only one of the
    /// known ones that the project declares, else the only one that it imports, else httpx.
    pub fn http_client(&self) -> HttpClient {
        self.options.http_client.unwrap_or_else(|| {
            let names = HttpClient::ALL.map(HttpClient::as_str);
            let known = self.project.manifests().declared();
            let mut declared = names.to_vec();
            declared.retain(|name| known.contains(name));
            let imported = self.project.imported_of(&names);
            match (&declared[..], &imported[..]) {
                ([only], _) | (_, [only]) => only.parse().unwrap_or(HttpClient::Httpx),
                _ => HttpClient::Httpx,
            }
        })
    }

    /// The same, with leave to look into other files.
    #[must_use]
    pub fn among(mut self, texts: Texts<'a>) -> Self {
        self.texts = Some(texts);
        self
    }

    /// Looks into another file of the project; nothing where that cannot be done.
    pub fn look_into<T>(&self, file: FileId, look: impl FnOnce(&Cx<'_>) -> T) -> Option<T> {
        let texts = self
            .texts
            .filter(|_| self.project.modules().is_asked(file))?;
        let text = texts(file)?;
        let tree = parse(&text).ok()?;
        let module = Module::new(&text, &tree, self.project.catalogue());
        Some(look(&Cx::new(file, &module, self.project, self.options)))
    }

    /// Where a call of this file stands among its facts.
    pub fn index_of(&self, call: &ExprCall) -> Option<usize> {
        self.calls.get(&span(call)).map(|index| *index as usize)
    }

    /// A function of this file, as the project knows it.
    pub fn function_ref(&self, function: &StmtFunctionDef) -> Option<FunctionRef> {
        let functions = &self.project.facts(self.file)?.functions;
        let at = span(&function.name);
        let index = functions.iter().position(|known| known.at == at)?;
        Some(FunctionRef::new(self.file, index))
    }

    /// What a call runs, in the whole project.
    pub fn target_of(&self, call: &ExprCall) -> Target {
        let index = self.index_of(call);
        let target = index.and_then(|index| self.project.graph().target(self.file, index));
        match target {
            Some(target) => target.clone(),
            None => Target::Unknown("it was not seen when the file was read".into()),
        }
    }

    /// What a call gives before anything awaits it, by the whole project.
    pub fn gives(&self, call: &ExprCall) -> Gives {
        match self.index_of(call) {
            Some(index) => self.project.gives(self.file, index),
            None => Gives::Unknown("it was not seen when the file was read".into()),
        }
    }

    /// The qualified name of what a call calls, if it is a builtin or stands in a library.
    pub fn callee(&self, call: &ExprCall) -> Result<String, Why> {
        match self.target_of(call) {
            Target::Library(name) => Ok(name.into()),
            Target::Functions(_) | Target::Nothing => Err(Why::new("it is defined in the project")),
            Target::Unknown(why) => Err(Why::new(why)),
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
            notes: Vec::new(),
            evidence: Vec::new(),
            alternatives: Vec::new(),
            remedy: match fix {
                Ok(Ok(fix)) => Remedy::Fix(fix),
                Ok(Err(error)) => Remedy::blocked(format!("a mistake in asyncfix: {error}")),
                Err(why) => Remedy::Blocked(why),
            },
        }
    }
}
