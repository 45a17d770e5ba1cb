//! The fixtures of the disk as values, and the one way in which they are run.
//!
//! `fixtures/<transform>/<case>.py` is a case of one file, `fixtures/<transform>/<case>/` one of all the
//! Python files and manifests in it; its `libraries.toml`, if it has one, holds what a user says of libraries, as
//! `[[library]]`. Comments in the first lines of a file set options: `# target-version: 3.9`,
//! `# line-length: 60`, `# http-client: aiohttp`, `# helpers-module: app.helpers`,
//! `# failure: first-error`, `# keep-tasks: instance`, `# max-concurrency: 3`.

use asyncfix::engine::{
    HelpersModule, Loaded, Mention, Plan, Selection, Sources, examine, facts, settle,
};
use asyncfix::fix::{FileId, Finding, Options, Remedy, Safety, Transform};
use asyncfix::model::libraries::{Catalogue, Library};
use asyncfix::model::manifests::{ManifestText, Manifests, is_manifest};
use asyncfix::model::project::{Modules, Project};
use asyncfix::python::Lines;
use asyncfix::text::Source;
use asyncfix::transforms::CATALOGUE;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// Files by path, with their bytes, sorted.
pub type Files = Vec<(PathBuf, Vec<u8>)>;

pub struct Case {
    pub transform: &'static dyn Transform,
    /// File name without its end, or name of the folder.
    pub name: String,
    /// From the transform's folder.
    pub files: Files,
    pub options: Options,
    pub libraries: Arc<Catalogue>,
    pub helpers: Option<HelpersModule>,
}

impl Case {
    pub fn id(&self) -> &'static str {
        self.transform.info().id
    }

    /// Nothing may be found in it.
    pub fn is_silent(&self) -> bool {
        self.name.starts_with("ok_")
    }

    pub fn alone(&self) -> Selection {
        Selection {
            transforms: alone(self.transform),
            options: self.options,
            catalogue: Arc::clone(&self.libraries),
            helpers: self.helpers.clone(),
            ..Selection::default()
        }
    }

    pub fn with_catalogue(&self) -> Selection {
        Selection {
            transforms: CATALOGUE.to_vec(),
            options: self.options,
            catalogue: Arc::clone(&self.libraries),
            helpers: self.helpers.clone(),
            ..Selection::default()
        }
    }
}

/// A transform without the others, unless it speaks of what these find.
pub fn alone(transform: &'static dyn Transform) -> Vec<&'static dyn Transform> {
    match transform.is_about_comments() {
        true => CATALOGUE.to_vec(),
        false => vec![transform],
    }
}

/// A run over some files, from bytes to plan.
pub struct Run {
    /// Everything found at first, with its file.
    pub found: Vec<(Source, Finding)>,
    pub plan: Plan,
    /// Every file, by number.
    pub sources: Vec<Source>,
}

impl Run {
    /// The bytes of every file afterwards, by path.
    pub fn results(&self, files: &[(PathBuf, Vec<u8>)]) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut results: BTreeMap<PathBuf, Vec<u8>> = files.iter().cloned().collect();
        for patch in &self.plan.patches {
            let bytes = patch.before.encode(&patch.after).unwrap();
            results.insert(patch.before.path().to_path_buf(), bytes);
        }
        results
    }
}

/// Runs files through the engine. Everything that fixtures are put to goes through here.
pub fn run(files: &[(PathBuf, Vec<u8>)], selection: &Selection) -> Run {
    let mut found = Vec::new();
    let mut loaded = BTreeMap::new();
    let (manifests, files): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| !is_python(path));
    let mut sources: Vec<Source> = files
        .iter()
        .chain(&manifests)
        .map(|(path, bytes)| Source::decode(path, bytes).unwrap())
        .collect();
    let manifests = sources.split_off(files.len());
    let mut files = files;
    let absent;
    let helpers = selection.helpers.as_ref().map(|helpers| {
        let known = sources.iter().position(|it| it.path() == helpers.path);
        known.unwrap_or_else(|| {
            sources.push(Source::absent(&helpers.path));
            sources.len() - 1
        })
    });
    if sources.len() > files.len() {
        absent = (selection.helpers.as_ref().unwrap().path.clone(), Vec::new());
        files.push(&absent);
    }
    let known = sources
        .iter()
        .map(|source| {
            Some(Arc::new(
                facts(source.text(), &selection.catalogue).unwrap(),
            ))
        })
        .collect();
    let mut modules = Modules::new(files.iter().map(|(path, _)| path.as_path()));
    modules.know_libraries(selection.catalogue.library_names());
    if let (Some(index), Some(helpers)) = (helpers, &selection.helpers) {
        modules.put_helpers_into(&helpers.name, FileId(index as u32));
    }
    let project = Project::link(modules, known, Arc::clone(&selection.catalogue));
    // A `setup.py` is both.
    let setups = sources.iter().filter(|it| it.path().ends_with("setup.py"));
    let declaring: Vec<Source> = manifests.iter().chain(setups).cloned().collect();
    let project = project.depending(Arc::new(declared(files.len(), &declaring)));
    for (index, ((path, bytes), source)) in files.iter().zip(&sources).enumerate() {
        let file = FileId(index as u32);
        let texts = |file: FileId| Some(Arc::clone(sources.get(file.0 as usize)?.text()));
        let findings = examine(source.text(), file, selection, &project, &texts)
            .unwrap_or_else(|trouble| panic!("{}: {trouble}", path.display()));
        // As the program does: needles must not hide what a transform finds.
        if !selection.may_concern(bytes) {
            assert!(findings.is_empty(), "{}: a needle lacks", path.display());
            continue;
        }
        let source = source.clone();
        found.extend(
            findings
                .iter()
                .map(|finding| (source.clone(), finding.clone())),
        );
        loaded.insert(file, Loaded { source, findings });
    }
    let plan = settle(
        loaded,
        &project,
        &Texts(&sources),
        selection,
        Safety::Review,
    );
    sources.extend(manifests);
    Run {
        found,
        plan,
        sources,
    }
}

/// The manifests of a case, numbered after its files.
fn declared(first: usize, sources: &[Source]) -> Manifests {
    let texts = sources.iter().enumerate().map(|(index, source)| {
        let folder = source.path().parent().unwrap();
        let folder = match folder.ends_with("requirements") {
            true => folder.parent().unwrap(),
            false => folder,
        };
        ManifestText {
            file: FileId((first + index) as u32),
            folder: folder.to_str().unwrap().replace('\\', "/"),
            source: source.clone(),
            changeable: true,
        }
    });
    Manifests::new(texts.collect())
}

/// The texts of a case.
struct Texts<'s>(&'s [Source]);

impl Sources for Texts<'_> {
    fn source(&self, file: FileId) -> Option<Source> {
        self.0.get(file.0 as usize).cloned()
    }

    fn mentioning(&self, folder: &str, word: &str) -> Vec<Mention> {
        let below = self
            .0
            .iter()
            .filter(|source| source.path().starts_with(folder));
        let mentions = below.filter(|source| source.text().contains(word));
        mentions
            .map(|source| Mention {
                path: source.path().to_path_buf(),
                text: Some(Arc::clone(source.text())),
            })
            .collect()
    }
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

/// All cases of all transforms, in catalogue order, then by name.
pub fn all() -> &'static [Case] {
    static ALL: LazyLock<Vec<Case>> = LazyLock::new(|| {
        CATALOGUE
            .iter()
            .flat_map(|transform| of(*transform))
            .collect()
    });
    &ALL
}

pub fn folder(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(id)
}

fn of(transform: &'static dyn Transform) -> Vec<Case> {
    let folder = folder(transform.info().id);
    let mut cases: BTreeMap<String, Files> = BTreeMap::new();
    for path in files(&folder) {
        if !is_python(&path) && !is_one_of_manifests(&path) {
            continue;
        }
        let below = path.strip_prefix(&folder).unwrap();
        let first = below.components().next().unwrap().as_os_str();
        let name = Path::new(first).file_stem().unwrap().to_str().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let files = cases.entry(name.to_owned()).or_default();
        files.push((below.to_path_buf(), bytes));
    }
    cases
        .into_iter()
        .map(|(name, files)| Case {
            transform,
            options: options(&files),
            helpers: helpers(&name, &files),
            libraries: libraries(&folder.join(&name).join("libraries.toml")),
            name,
            files,
        })
        .collect()
}

fn is_one_of_manifests(path: &Path) -> bool {
    let within = path
        .parent()
        .is_some_and(|folder| folder.ends_with("requirements"));
    is_manifest(path.file_name().unwrap().to_str().unwrap(), within)
}

/// The files below a folder, sorted; none if there is no such folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What the comments in the first lines of files set.
pub fn options(files: &[(PathBuf, Vec<u8>)]) -> Options {
    let mut options = Options::default();
    for (path, bytes) in files {
        let text = String::from_utf8_lossy(bytes);
        let head = text.lines().take_while(|line| line.starts_with("# "));
        for (key, value) in head.filter_map(|line| line[2..].split_once(": ")) {
            let bad = format!("{}: {key} cannot be {value}", path.display());
            match key {
                "target-version" => options.target = value.parse().expect(&bad),
                "http-client" => options.http_client = Some(value.parse().expect(&bad)),
                "keep-tasks" => options.keep_tasks = value.parse().expect(&bad),
                "failure" => options.failure = value.parse().expect(&bad),
                "max-concurrency" => options.max_concurrency = value.parse().expect(&bad),
                "line-length" => options.line_length = value.parse().expect(&bad),
                _ => {}
            }
        }
    }
    options
}

/// The module of helpers that a case asks for, below its folder.
fn helpers(case: &str, files: &[(PathBuf, Vec<u8>)]) -> Option<HelpersModule> {
    files.iter().find_map(|(_, bytes)| {
        let text = String::from_utf8_lossy(bytes);
        let mut head = text.lines().take_while(|line| line.starts_with("# "));
        let name = head.find_map(|line| line.strip_prefix("# helpers-module: "))?;
        let path = Path::new(case).join(name.replace('.', "/"));
        Some(HelpersModule {
            name: name.to_owned(),
            path: path.with_extension("py"),
        })
    })
}

/// What is known of libraries, with what a file adds, if it is there.
fn libraries(path: &Path) -> Arc<Catalogue> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Added {
        library: Vec<Library>,
    }
    let Ok(text) = std::fs::read_to_string(path) else {
        return Catalogue::builtin();
    };
    let added: Result<Added, _> = toml::from_str(&text);
    let added = added.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let catalogue = Catalogue::builtin().with(added.library);
    Arc::new(catalogue.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// A finding in two or three lines.
pub fn describe(source: &Source, finding: &Finding) -> String {
    let at = Lines::new(source.text()).position(finding.at.start());
    let head = format!(
        "{}:{}:{}: {}: {} [{}]\n",
        source.path().display(),
        at.line,
        at.column,
        finding.transform,
        finding.message,
        finding.remedy.safety(),
    );
    head + &match &finding.remedy {
        Remedy::Blocked(why) => format!("    no fix: {why}\n"),
        Remedy::Fix(fix) if fix.reason().is_empty() => format!("    fix: {}\n", fix.title()),
        Remedy::Fix(fix) => format!("    fix: {}\n    review: {}\n", fix.title(), fix.reason()),
    }
}
