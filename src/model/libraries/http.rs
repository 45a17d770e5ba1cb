//! What files of the catalogue may say of blocking HTTP libraries, and of what their names become
//! in asynchronous ones.

use super::files::MAPPINGS;
use super::{Catalogue, expand};
use crate::python::PythonVersion;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A blocking HTTP library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Http {
    /// Module-level functions by qualified name; braces stand for several.
    #[serde(deserialize_with = "expanded")]
    pub functions: BTreeMap<String, HttpFunction>,
    /// Those of the exceptions that catch every failure of a request.
    pub catch_all: Vec<String>,
    /// The classes of responses.
    #[serde(default)]
    pub responses: Vec<String>,
    /// Modules all of whose members are exceptions.
    pub exception_modules: Vec<String>,
    /// Modules that stand in for the library in tests, or change what it does, and parameters by
    /// which test functions ask for one.
    pub interceptors: Vec<String>,
    pub interceptor_fixtures: Vec<String>,
    /// Decorators, or what those are given, that run a coroutine function again after exceptions
    /// of the classes that they are given: one, or a tuple.
    #[serde(default)]
    pub repeaters: Vec<String>,
    /// The objects whose attributes are status codes.
    #[serde(default)]
    pub code_tables: Vec<String>,
    /// The numbers that status codes are named by, in lower case.
    #[serde(default)]
    pub codes: BTreeMap<String, u16>,
    /// Objects that send requests.
    pub sessions: Option<Sessions>,
    /// What else is to be known where another library takes its place, by the module of that one.
    #[serde(default)]
    pub targets: BTreeMap<String, HttpTarget>,
}

/// The objects of a blocking HTTP library that send requests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sessions {
    /// Their class, and the other callables that give one.
    pub class: String,
    pub makers: Vec<String>,
    /// Their methods that send requests.
    pub methods: BTreeMap<String, HttpFunction>,
}

impl Catalogue {
    /// The version of a library that is known to do what another did, each by its module.
    pub fn verified(&self, new: &str, old: &str) -> Option<&str> {
        let http = self.library(old)?.http.as_ref()?;
        http.targets.get(new).map(|target| target.verified.as_str())
    }
}

/// What changes around the code when another library sends its requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpTarget {
    /// The version of its distribution that the mapping was verified with.
    pub verified: String,
    /// What stands in for the new library in tests, for a message.
    pub stand_ins: String,
    /// Those of the old one's interceptors that meet requests of the new one as well.
    #[serde(default)]
    pub met_by: Vec<String>,
    /// What a person must know of a project whose requests change sides; each is told once a run.
    #[serde(default)]
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpFunction {
    /// The client's method.
    pub method: String,
    /// The names of positional arguments after the URL (for `request`, after method and URL).
    pub positional: Vec<String>,
    /// Whether the function follows redirects when not told.
    pub follows_redirects: bool,
}

/// What the names of a blocking HTTP library become in an asynchronous one: a file of its own,
/// `<from>_to_<to>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mapping {
    /// The name of the library that blocks.
    pub from: String,
    /// The module of the asynchronous one.
    pub to: String,
    /// The oldest Python that has the asynchronous one, if it is not any.
    #[serde(skip)]
    pub needs_python: Option<PythonVersion>,
    /// It runs on asyncio's event loop only.
    #[serde(default)]
    pub asyncio_only: bool,
    /// Its exceptions derive from the same builtin ones.
    #[serde(default)]
    pub same_builtin_errors: bool,
    /// Its exceptions do not hold the response.
    #[serde(default)]
    pub errors_without_response: bool,
    pub client: Client,
    #[serde(default)]
    pub request: Request,
    pub keywords: BTreeMap<String, Keyword>,
    /// Attributes and methods of a response.
    pub response: BTreeMap<String, Member>,
    /// Those that differ where the body is streamed.
    #[serde(default)]
    pub streamed: BTreeMap<String, Member>,
    /// Exceptions by qualified name; braces stand for several.
    #[serde(deserialize_with = "expanded")]
    pub exceptions: BTreeMap<String, Caught>,
    /// What `json()` raises for a body that is none, and what is a base of all that: a catch-all of
    /// the old library catches it too. Nothing where the old library's own exceptions stay.
    #[serde(default, deserialize_with = "one_or_more")]
    pub decoding_error: Vec<String>,
    pub decoding_base: Option<String>,
    /// What is true where a response of the old library is, with `{}` for the response, if the
    /// response itself is not.
    pub truth: Option<String>,
    /// Authentication classes and the like: callables by qualified name to their counterparts.
    pub callables: BTreeMap<String, String>,
    /// What becomes of the uses of a session, but for the methods that send: by how they are written,
    /// `headers[]=` or `cookies.set()`. A session with a use that is not here is held back.
    #[serde(default)]
    pub session: BTreeMap<String, SessionUse>,
    /// What else is to be known of the two libraries: by name, for the code that minds it.
    #[serde(default)]
    pub rows: BTreeMap<String, Row>,
}

/// The object that sends requests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Client {
    /// Its class, by qualified name.
    pub class: String,
    /// That of responses, if it is not `Response`.
    pub response: Option<String>,
    /// The functions that send one request with a client of its own, with `{}` for the method, if
    /// there are any.
    pub functions: Option<String>,
    /// What its constructor is told in any case.
    pub always: Option<String>,
    /// What its constructor is told where requests follow redirects, all of them or some;
    /// where one waits without limit; and where certificates are not verified.
    pub follows: Option<String>,
    pub may_follow: Option<String>,
    pub waits_forever: Option<String>,
    pub unverified: Option<String>,
    /// What a request is told that does not follow redirects, by a client that does.
    pub stays: Option<String>,
    /// The method that opens a response without reading it, as a context manager.
    pub stream: Option<String>,
    /// The methods that take no body.
    #[serde(default)]
    pub bodiless: Vec<String>,
}

/// The client of a blocking HTTP library that does for coroutines what its functions do: the same
/// responses, the same exceptions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AsyncSide {
    /// Its class, by qualified name.
    pub client: String,
    /// Functions that are its methods, by qualified names.
    pub functions: Vec<String>,
    /// Those that `with` enters, and that give a response whose body is still to be read.
    pub streams: Vec<String>,
    /// Keyword arguments that its constructor takes, and not its methods.
    pub constructor: Vec<String>,
    /// Keyword arguments of which the client takes only some values, and what a person must confirm
    /// of those that cannot be seen.
    pub particular: BTreeMap<String, String>,
    /// Members of a response that is read in a coroutine: those that are the same, methods to be
    /// awaited, and methods that give an asynchronous iterator, each with its name there.
    pub same: Vec<String>,
    pub awaited: BTreeMap<String, String>,
    pub iterated: BTreeMap<String, String>,
    /// Methods that fail on the response of a client for coroutines.
    pub fails: Vec<String>,
}

/// What else becomes of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Request {
    /// What it is told, besides its arguments, where it follows redirects, and where it waits without
    /// limit.
    pub may_follow: Option<String>,
    pub waits_forever: Option<String>,
    /// What reads the body, with `{}` for the response, if sending the request does not.
    pub reads: Option<String>,
}

/// How far the two sides are the same: the safety of a fix that relies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fidelity {
    Safe,
    Review,
    Blocked,
}

/// One line of the table of what becomes of what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// What it is about, in the words of the old library, where its name does not say so.
    #[serde(default)]
    pub what: String,
    /// What becomes of it, where it is more than a name; in code, `{0}`, `{1}`, ... stand for the
    /// parts that are kept.
    #[serde(default)]
    pub becomes: String,
    pub class: Fidelity,
    /// What a person must confirm, or why there is no counterpart; nothing where it is safe.
    #[serde(default)]
    pub why: String,
    /// The program in `tests/runtime` that shows it, where its name is not the row's.
    pub proof: Option<String>,
}

/// What becomes of a keyword argument.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Keyword {
    /// The counterpart's name, if it is another.
    pub to: Option<String>,
    /// How its values are told apart.
    pub accepts: Accepts,
    /// Of dicts, only displays of text and numbers fall under another row than `other`.
    #[serde(default)]
    pub displays_only: bool,
    /// What becomes of which values. A value whose row is not here is held back.
    pub rows: BTreeMap<String, Row>,
}

/// How the values of a keyword are told apart, and by the names of which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepts {
    /// Not at all: `any`.
    Anything,
    /// `text` as far as can be seen, with what is written of it the same on both sides; `escaped`,
    /// which has characters that only one side escapes; or `other`.
    Url,
    /// `literal` and `flag`, which become an argument of the client; `path`, of certificates; or
    /// `other`.
    Boolean,
    /// `plain`: a dict of text and numbers, all of which is seen, or nothing; `dropped`: with values
    /// that are `None`; `flags`: with booleans; `pairs`: a list of pairs; `shared`: with such, where others use the dict;
    /// `optional`: with values that are declared to be `None` at times; `unsure`: with values of
    /// which nothing is known; `variable`: a dict of which nothing is seen; or `other`. Besides,
    /// `query` where the URL has one, and `perhaps` where it may; all of them `helped` where the
    /// project has a place for a helper.
    PlainMapping,
    /// `text`: a dict whose values are text; `unsure`, `variable` or `other`, as above.
    StringMapping,
    /// `fields`: form fields as a dict, and the other rows of such; `content`: text or bytes;
    /// `buffer`: a bytearray; or `other`.
    Body,
    /// `seconds`: a number or `None`; `shared`: a number, where other requests may have all
    /// connections of the client; `pair`: connect and read timeouts; or `other`.
    Timeout,
    /// `pair` of strings, `class`: a known authentication class, and besides, `unsure` where parts
    /// may be something else than text; `callable`: one of the file that only changes headers;
    /// `variable`, or `other`.
    Auth,
    /// `off`: `None`, which is left out; `texts`: a dict of text; or `variable`.
    Cookies,
    /// `off`; `both`: one proxy for both schemes; besides, `unsure` where nothing is known of it; or
    /// `other`.
    Proxies,
    /// `off`; `typed`: parts that say their names and types; `unsure`: such parts, with a content of
    /// which nothing is known; or `other`.
    Files,
    /// `off`: `None` or `False`, which is left out; or `other`.
    Nothing,
    /// `off`; `on`: `True`, which another method of the client stands for; or `other`.
    Stream,
}

/// A class whose objects block, and the class of the same library that does the same for coroutines:
/// of what is not named here, nothing is known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Twin {
    pub from: String,
    pub to: String,
    /// Methods that are awaited there.
    pub awaited: Vec<String>,
    /// What closing it is called there.
    pub close: String,
    /// Members that are the same.
    pub same: Vec<String>,
    /// What cannot be given to the constructor, set, or passed to a method, and why.
    pub differs: BTreeMap<String, String>,
    /// Arguments of methods, each with what it must not be: read bit by bit.
    pub whole: BTreeMap<String, String>,
    /// Members of what the awaited methods give that differ.
    pub gives_differ: Vec<String>,
}

/// What becomes of a use of a session.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SessionUse {
    pub class: Fidelity,
    /// What a person must confirm, or why there is no counterpart.
    #[serde(default)]
    pub why: String,
    pub proof: Option<String>,
    /// Which values mean the same.
    #[serde(default)]
    pub takes: Takes,
    /// The counterpart's name, where it is another.
    pub to: Option<String>,
    /// An expression with `{}` for what the method is called on.
    pub expression: Option<String>,
    /// The counterpart is awaited, or entered by `async with`.
    #[serde(default)]
    pub waits: bool,
    /// The argument of the client's constructor that says the same.
    pub option: Option<String>,
    /// The client cannot be told later.
    #[serde(default)]
    pub only_at_first: bool,
}

/// How the values that a session is given are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Takes {
    #[default]
    Anything,
    /// Nothing at all.
    Nothing,
    /// A dict of ASCII text.
    Headers,
    /// ASCII text.
    Header,
    /// Text.
    Text,
    /// Pieces of text.
    Texts,
    /// A dict of text.
    TextDict,
    /// A dict of text and numbers, where no URL of a request may have a query.
    Query,
    Boolean,
    Number,
    /// A pair of strings, or a known authentication class.
    Auth,
}

/// What becomes of an exception in `except` clauses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Caught {
    /// The classes that together catch the same failures.
    #[serde(default)]
    pub to: Vec<String>,
    /// The class is not the library's alone, and stays besides those.
    #[serde(default)]
    pub stays: bool,
    pub class: Fidelity,
    #[serde(default)]
    pub why: String,
    pub proof: Option<String>,
}

/// What becomes of a member of a response. Without `to` and `expression`, its name stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Member {
    pub class: Fidelity,
    /// What it is about, where its name does not say so.
    #[serde(default)]
    pub what: String,
    /// What a person must confirm, or why there is no counterpart.
    #[serde(default)]
    pub why: String,
    pub proof: Option<String>,
    /// The counterpart's name, where only the name differs.
    pub to: Option<String>,
    /// An expression with `{}` for the response, where more than the name differs.
    pub expression: Option<String>,
    /// The same for the call of a method, parentheses included.
    pub called: Option<String>,
    /// The builtin type whose call the expression already is.
    pub is: Option<String>,
    /// A method: it must be called at once.
    #[serde(default)]
    pub method: bool,
    /// The arguments that mean the same, by name; all of them where nothing is said.
    pub arguments: Option<Vec<String>>,
    /// What the method is told that is told nothing.
    pub default: Option<String>,
    /// The counterpart is a coroutine function.
    #[serde(default)]
    pub awaits: bool,
    /// It gives an asynchronous iterator.
    #[serde(default)]
    pub iterates: bool,
    /// What it gives are lines, as text and not as bytes.
    #[serde(default)]
    pub lines: bool,
    /// A statement that must come first, with `{}` for the response.
    pub first: Option<String>,
    /// The result of the method differs, so it must not be used.
    #[serde(default)]
    pub statement_only: bool,
    /// The method raises for an answer that only redirects, where the old one does not; unless what
    /// `guard` says of the response holds.
    #[serde(default)]
    pub minds_redirects: bool,
    pub guard: Option<String>,
    /// It is gone once `raise_for_status` has raised.
    #[serde(default)]
    pub gone_after_errors: bool,
    /// What may be done with an object that is not the same as the old one: its members by name, and
    /// `[]`, `in`, `iter`, `len`, `truth`, `dict`. Where nothing is said, anything.
    #[serde(default)]
    pub uses: BTreeMap<String, Member>,
    /// What it gives are responses.
    #[serde(default)]
    pub responses: bool,
    /// What becomes of an assignment to it.
    pub assigned: Option<Row>,
}

/// httpx2 has the names of httpx.
pub(super) fn mappings() -> Result<Vec<Arc<Mapping>>, String> {
    let mut found = Vec::new();
    for (file, text) in MAPPINGS {
        let mut read = |text: &str, needs_python| -> Result<(), String> {
            let mapping = toml::from_str(text).map_err(|error| format!("{file}: {error}"))?;
            found.push(Arc::new(Mapping {
                needs_python,
                ..mapping
            }));
            Ok(())
        };
        read(text, None)?;
        if file.ends_with("_to_httpx.toml") {
            read(&text.replace("httpx", "httpx2"), Some(PythonVersion::PY311))?;
        }
    }
    Ok(found)
}

/// A table whose keys may stand for several names.
fn expanded<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Clone,
{
    let table = BTreeMap::<String, T>::deserialize(deserializer)?;
    let entry = |(name, value): (String, T)| {
        expand(&name)
            .into_iter()
            .map(|name| (name, value.clone()))
            .collect::<Vec<_>>()
    };
    Ok(table.into_iter().flat_map(entry).collect())
}

/// A text, or a list of such.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        One(String),
        More(Vec<String>),
    }
    Ok(match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::More(texts) => texts,
    })
}
