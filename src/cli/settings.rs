//! Settings as resolved: flags, then the settings file, then defaults.

use super::args::{OutputFormat, RunArgs};
use super::selecting::select;
use crate::engine::{HelpersModule, Selection};
use crate::fix::{Cut, HttpClient, Options, Safety};
use crate::model::libraries::{Catalogue, Library};
use crate::python::PythonVersion;
use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything a run needs to know.
pub struct Settings {
    pub selection: Selection,
    pub excludes: Vec<String>,
    pub output_format: OutputFormat,
    /// What makes a listing end with 1: something found that is at least this safe to fix.
    pub fail_on: Safety,
}

#[derive(Debug, Default, Deserialize)]
struct Pyproject {
    #[serde(default)]
    project: Project,
    #[serde(default)]
    tool: Tools,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    requires_python: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Tools {
    #[serde(default)]
    asyncfix: FileSettings,
    #[serde(default)]
    ruff: Formatter,
    #[serde(default)]
    black: Formatter,
}

/// What other tools say of the same project; only the line length is of interest.
#[derive(Debug, Default, Deserialize)]
struct Formatter {
    #[serde(rename = "line-length", alias = "line_length")]
    line_length: Option<usize>,
}

/// `[tool.asyncfix]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FileSettings {
    select: Option<Vec<String>>,
    ignore: Option<Vec<String>>,
    #[serde(default)]
    exclude: Vec<String>,
    target_version: Option<String>,
    line_length: Option<usize>,
    max_concurrency: Option<usize>,
    failure: Option<String>,
    keep_tasks: Option<String>,
    output_format: Option<String>,
    fail_on: Option<String>,
    chain_cuts: Option<Vec<CutName>>,
    http_client: Option<String>,
    helpers_module: Option<String>,
    /// What the user knows of libraries, as in `transforms/libraries/`.
    #[serde(default)]
    library: Vec<Library>,
}

/// What may stand in `chain-cuts`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CutName {
    Async,
    Thread,
    Endpoint,
}

impl From<CutName> for Cut {
    fn from(name: CutName) -> Self {
        match name {
            CutName::Async => Self::Async,
            CutName::Thread => Self::Thread,
            CutName::Endpoint => Self::Endpoint,
        }
    }
}

impl Settings {
    pub fn resolve(args: &RunArgs) -> Result<Self> {
        Self::resolve_with(args, None)
    }

    /// The same, `instead` being the text that holds in place of `[tool.asyncfix]`.
    pub fn resolve_with(args: &RunArgs, instead: Option<&str>) -> Result<Self> {
        let path = match (&args.look.config, args.look.isolated) {
            (Some(path), _) => Some(path.clone()),
            (None, true) => None,
            (None, false) => nearest(&args.look.paths)?,
        };
        let file = match &path {
            Some(path) => read(path)?,
            None => Pyproject::default(),
        };
        let mut own = match instead {
            Some(text) => wrong(Path::new("[asyncfix] of the job"), toml::from_str(text))?,
            None => file.tool.asyncfix,
        };
        let path = path.or_else(|| instead.map(|_| PathBuf::from("pyproject.toml")));
        let helpers = match (own.helpers_module.take(), &path) {
            (Some(name), Some(path)) => Some(helpers_module(path, name)?),
            _ => None,
        };
        let catalogue = match (std::mem::take(&mut own.library), &path) {
            (libraries, Some(path)) if !libraries.is_empty() => {
                let catalogue = Catalogue::builtin().with(libraries);
                Arc::new(wrong(path, catalogue)?)
            }
            _ => Catalogue::builtin(),
        };
        let target = match (args.look.target_version, &own.target_version) {
            (Some(version), _) => version,
            (None, Some(text)) => text.parse().context("target-version in [tool.asyncfix]")?,
            (None, None) => file
                .project
                .requires_python
                .as_deref()
                .and_then(PythonVersion::lowest_of)
                .unwrap_or(PythonVersion::DEFAULT),
        };
        let line_length = args
            .look
            .line_length
            .or(own.line_length)
            .or(file.tool.ruff.line_length)
            .or(file.tool.black.line_length)
            .unwrap_or(Options::default().line_length);
        let asked = args.look.http_client.as_ref().or(own.http_client.as_ref());
        let http_client = asked.map(|name| http_client(name, target)).transpose()?;
        let failure = match (args.look.failure, &own.failure) {
            (Some(failure), _) => failure,
            (None, Some(name)) => name
                .parse()
                .map_err(|why| anyhow!("failure in [tool.asyncfix]: {why}"))?,
            (None, None) => Options::default().failure,
        };
        let keep_tasks = match (args.look.keep_tasks, &own.keep_tasks) {
            (Some(keep_tasks), _) => keep_tasks,
            (None, Some(name)) => name
                .parse()
                .map_err(|why| anyhow!("keep-tasks in [tool.asyncfix]: {why}"))?,
            (None, None) => Options::default().keep_tasks,
        };
        let mut excludes = own.exclude;
        excludes.extend(args.look.exclude.iter().cloned());
        let output_format = match (args.output_format, own.output_format.as_deref()) {
            (Some(format), _) => format,
            (None, None | Some("text")) => OutputFormat::Text,
            (None, Some("json")) => OutputFormat::Json,
            (None, Some(other)) => bail!("output-format is `text` or `json`, not `{other}`"),
        };
        let fail_on = match (args.fail_on, &own.fail_on) {
            (Some(safety), _) => safety,
            (None, Some(name)) => name
                .parse()
                .map_err(|why| anyhow!("fail-on in [tool.asyncfix]: {why}"))?,
            (None, None) => Safety::Manual,
        };
        Ok(Self {
            fail_on,
            selection: Selection {
                catalogue,
                helpers,
                alternatives: false,
                transforms: select(
                    args.look.select.as_ref().or(own.select.as_ref()),
                    args.look.ignore.as_ref().or(own.ignore.as_ref()),
                )?,
                options: Options {
                    target,
                    line_length,
                    max_concurrency: args
                        .look
                        .max_concurrency
                        .or(own.max_concurrency)
                        .unwrap_or(Options::default().max_concurrency),
                    failure,
                    cuts: cuts(own.chain_cuts.as_deref()),
                    http_client,
                    keep_tasks,
                    ..Options::default()
                },
            },
            excludes,
            output_format,
        })
    }
}

/// The module of helpers that the settings file at `path` names.
fn helpers_module(path: &Path, name: String) -> Result<HelpersModule> {
    let root = path.parent().unwrap_or(Path::new("."));
    match crate::job::module_path(root, &name) {
        Some(path) => Ok(HelpersModule { name, path }),
        None => bail!(
            "helpers-module in [tool.asyncfix]: `{name}` is in no package of {} or its folder src",
            root.display()
        ),
    }
}

/// The library that is to send HTTP requests.
fn http_client(name: &str, target: PythonVersion) -> Result<HttpClient> {
    let client = name.parse::<HttpClient>();
    let client = client.map_err(|why| anyhow!("http-client: {why}"))?;
    if client == HttpClient::Httpx2 && target < PythonVersion::PY311 {
        bail!(
            "http-client: httpx2 needs Python 3.11, and the code must run on {target}; \
             say with --target-version or requires-python if it need not"
        );
    }
    Ok(client)
}

/// The cuts to try, the first three of those named.
fn cuts(names: Option<&[CutName]>) -> [Option<Cut>; 3] {
    let Some(names) = names else {
        return Options::default().cuts;
    };
    let mut cuts = [None; 3];
    for (place, name) in cuts.iter_mut().zip(names) {
        *place = Some(Cut::from(*name));
    }
    cuts
}

/// The `pyproject.toml` of the directory that holds the first path, or of the nearest one above.
fn nearest(paths: &[PathBuf]) -> Result<Option<PathBuf>> {
    let first = paths
        .iter()
        .find(|path| *path != Path::new("-"))
        .map_or(Path::new("."), PathBuf::as_path);
    let Ok(start) = std::path::absolute(first) else {
        return Ok(None);
    };
    Ok(start
        .ancestors()
        .map(|folder| folder.join("pyproject.toml"))
        .find(|path| path.is_file()))
}

fn read(path: &Path) -> Result<Pyproject> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the settings in {}", path.display()))?;
    wrong(path, toml::from_str(&text))
}

/// Says which file an error is about.
fn wrong<T>(path: &Path, read: Result<T, impl std::fmt::Display>) -> Result<T> {
    read.map_err(|error| anyhow!("{}: {error}", path.display()))
        .context("the settings file is wrong; correct it, or run with --isolated")
}
