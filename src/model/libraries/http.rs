//! What a file of the catalogue may say of a blocking HTTP library.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A blocking HTTP library, and how its names map to those of httpx.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Http {
    /// Module-level functions by qualified name.
    pub functions: BTreeMap<String, HttpFunction>,
    pub keywords: BTreeMap<String, Keyword>,
    /// Attributes and methods of a response.
    pub response: BTreeMap<String, Member>,
    /// Exceptions by qualified name: the classes that together catch the same failures.
    pub exceptions: BTreeMap<String, Vec<String>>,
    /// Those of the exceptions that catch every failure of a request.
    pub catch_all: Vec<String>,
    /// What `json()` raises, on either side, for a body that is none; a catch-all of the old library
    /// catches it too.
    pub decoding_error: String,
    /// Modules all of whose members are exceptions.
    pub exception_modules: Vec<String>,
    /// Modules that stand in for the library in tests, or change what it does, and parameters by
    /// which test functions ask for one.
    pub interceptors: Vec<String>,
    pub interceptor_fixtures: Vec<String>,
    /// Authentication classes and the like: callables by qualified name to their counterparts.
    pub callables: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpFunction {
    /// The client's method.
    pub method: String,
    /// The names of positional arguments after the URL (for `request`, after method and URL).
    pub positional: Vec<String>,
    /// Whether the function follows redirects when not told.
    pub follows_redirects: bool,
    /// Whether the client's method of this name takes a body.
    pub takes_body: bool,
}

/// What becomes of a keyword argument.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Keyword {
    /// The counterpart's name; none where there is no counterpart per request.
    pub to: Option<String>,
    /// Which values mean the same on both sides.
    pub accepts: Accepts,
    /// Why other values, or all of them, have no counterpart.
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepts {
    /// Every value.
    Anything,
    /// Text, as far as can be seen.
    Url,
    /// `True` or `False`; it becomes an argument of the client.
    Boolean,
    /// A dict display, or nothing, whose values are neither `None` nor booleans.
    PlainMapping,
    /// A dict display whose values are strings.
    StringMapping,
    /// Form fields as a dict display, or a text or bytes literal, which goes by another keyword.
    Body,
    /// Number, `None` or a pair of connect and read timeouts.
    Timeout,
    /// A pair of strings, or a known authentication class.
    Auth,
    /// Nothing.
    Nothing,
}

/// What becomes of a member of a response. Without any field, it means the same on both sides.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Member {
    /// The counterpart's name, where only the name differs.
    pub to: Option<String>,
    /// An expression with `{}` for the response, where more than the name differs.
    pub expression: Option<String>,
    /// The builtin type whose call the expression already is.
    pub is: Option<String>,
    /// What a person must confirm.
    pub review: Option<String>,
    /// Why there is no counterpart.
    pub blocked: Option<String>,
    /// A method: it must be called at once.
    pub method: bool,
    /// The result of the method differs, so it must not be used.
    pub statement_only: bool,
    /// The method raises for an answer that only redirects, where the old one does not.
    pub minds_redirects: bool,
    /// A mapping whose iteration differs: only looking up one entry means the same.
    pub lookup_only: bool,
}
