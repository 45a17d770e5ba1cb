//! `--from`: the places that other tools name, and what is found and done there.

use super::args::OutputFormat;
use super::commands::{Exit, Run, Searched};
use super::terminal::{has_colours, painted, print};
use crate::claims::{self, Answer, Claim, Ground, Located, Spot, Verdict, judge};
use crate::engine::{Decided, Loaded, Plan, Sources, Wanted, Wish, by_fix, settle};
use crate::fix::{FileId, Finding, Safety};
use crate::job::{Atlas, Found};
use crate::report;
use crate::report::answers::{self, Told};
use crate::report::diff::Pieces;
use crate::report::summary::Counts;
use crate::review::rule;
use anyhow::{Context, Result, anyhow, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

/// How to come by what can be read.
const HOW: &str = "give what one of these writes: `ruff check --output-format json`, any tool that \
    writes SARIF 2.1.0, or a log with tracebacks of blockbuster (of pytest: not with --tb=line)";

/// All claims of the files that were named.
pub(super) fn claims(files: &[impl AsRef<Path>]) -> Result<Vec<Claim>> {
    let mut all = Vec::new();
    for path in files.iter().map(AsRef::as_ref) {
        let is_input = path == Path::new("-");
        let shown = match is_input {
            true => "standard input".to_owned(),
            false => format!("`{}`", path.display()),
        };
        let mut bytes = Vec::new();
        // One more than is allowed tells that it is too large.
        let limit = claims::MAX_BYTES as u64 + 1;
        let read = match is_input {
            true => std::io::stdin().take(limit).read_to_end(&mut bytes),
            false => {
                std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
            }
        };
        read.with_context(|| format!("cannot read {shown}, which --from names"))?;
        let read = claims::read(&bytes);
        all.extend(read.map_err(|why| anyhow!("--from {shown}: {why}\n{HOW}"))?);
    }
    Ok(all)
}

impl Run<'_> {
    /// Answers the claims: lists what becomes of each, or shows or writes the fixes for them.
    pub(super) fn answer(&self) -> Result<(Exit, usize)> {
        let files = self.args.from.iter().chain(&self.args.look.paths);
        if files.filter(|path| *path == Path::new("-")).count() > 1 {
            bail!("`-` stands for standard input, which can be read only once");
        }
        let claims = claims(&self.args.from)?;
        let names = file_names(&claims);
        let is_named = |path: &Path| path.file_name().is_some_and(|name| names.contains(name));
        // Most files are of no interest; those that are stay in memory.
        let mut searched = self.search(|mut loaded| {
            self.reviewed.told(&mut loaded, true);
            let own = is_named(loaded.source.path());
            loaded
                .findings
                .retain(|finding| own || finding.chain.iter().any(|site| is_named(&site.path)));
            (!loaded.findings.is_empty()).then_some(loaded)
        })?;
        let files = std::mem::take(&mut searched.files);
        let files = files
            .into_iter()
            .filter_map(|(file, loaded)| Some((file, loaded?)));
        let searched = searched.with(files.collect());
        let answers = self.judged(claims, &searched);
        let groups = groups(&answers, &searched.files);
        let mut wanted = Wanted::default();
        for ((file, index), group) in &groups {
            if let Some(finding) = finding(&searched.files, *file, *index) {
                wanted.add(finding, *group);
            }
        }
        let plan = self.planned(&groups, &searched, wanted);
        let mut pieces = Pieces::new(&plan);
        let told: Vec<Told<'_>> = answers
            .iter()
            .map(|answer| told(answer, &searched, &groups, &mut pieces))
            .collect();
        for warning in answers.iter().filter_map(answers::warning) {
            self.talk.warn(&warning);
        }
        let exit = match self.args.diff || self.args.write {
            true => {
                for line in told.iter().filter_map(answers::line) {
                    self.talk.say(&line);
                }
                let unseen = Counts::default();
                self.carry_out(&plan, unseen, searched.input.as_deref())?.0
            }
            false => self.list_answers(&told, &plan)?,
        };
        for line in answers::summary(&told) {
            self.talk.say(&line);
        }
        let unseen = |answer: &Answer| matches!(answer.verdict, Verdict::NotSeen(_));
        let exit = match answers.iter().any(unseen) {
            true => Exit::Failed,
            false => exit,
        };
        Ok((exit, searched.skipped.len()))
    }

    fn judged(&self, claims: Vec<Claim>, searched: &Searched<Loaded>) -> Vec<Answer> {
        let survey = &searched.survey;
        let modules = survey.project().modules();
        let atlas = Atlas::new(survey.asked().map(|file| (file, modules.path(file))));
        let locate = |spot: &Spot| match atlas.find(&spot.paths) {
            Found::File(file) => Located::File(file),
            Found::Other => Located::Elsewhere,
            Found::Nothing => Located::Nowhere,
        };
        let skipped: BTreeMap<&Path, &str> = searched
            .skipped
            .iter()
            .map(|skipped| (skipped.path.as_path(), skipped.why.as_str()))
            .collect();
        let ground = Ground {
            project: survey.project(),
            files: &searched.files,
            locate: &locate,
            skipped: &|file| skipped.get(modules.path(file)).map(|why| (*why).to_owned()),
        };
        let mut answers: Vec<Answer> = claims
            .into_iter()
            .map(|claim| judge(claim, &ground))
            .collect();
        answers.sort_by(|one, other| {
            let key = |answer: &Answer| (answer.at.is_none(), answer.at.clone(), answer.lines);
            key(one).cmp(&key(other))
        });
        answers
    }

    /// What becomes of the texts if the fixes for the claims are applied.
    fn planned(&self, groups: &Groups, searched: &Searched<Loaded>, wanted: Wanted) -> Plan {
        let concerned: BTreeSet<FileId> = groups.keys().map(|(file, _)| *file).collect();
        let loaded = |file: &FileId| {
            let loaded = searched.files.get(file)?;
            let copy = Loaded {
                source: loaded.source.clone(),
                findings: loaded.findings.clone(),
            };
            Some((*file, copy))
        };
        let files: BTreeMap<FileId, Loaded> = concerned.iter().filter_map(loaded).collect();
        let mut decided = Decided::default();
        for (file, loaded) in &files {
            rule(
                &mut decided,
                *file,
                &loaded.findings,
                &self.reviewed.held(loaded),
            );
        }
        let survey = &searched.survey;
        self.pool.install(|| {
            settle(
                files,
                survey.project(),
                survey,
                &self.settings.selection,
                Wish {
                    wanted: Some(wanted),
                    decided,
                    ..Wish::from(self.fix_at_least())
                },
            )
        })
    }

    fn list_answers(&self, told: &[Told<'_>], plan: &Plan) -> Result<Exit> {
        let at_least = self.args.safety.map(Safety::from);
        let shown: Vec<&Told<'_>> = told
            .iter()
            .filter(|told| at_least.is_none() || told.safety() >= at_least)
            .collect();
        match self.settings.output_format {
            OutputFormat::Text => {
                let colour = has_colours(self.args);
                let paint = |diff: &[u8]| match colour {
                    true => painted(diff),
                    false => diff.to_vec(),
                };
                for told in &shown {
                    print(&answers::text(told, colour, &paint))?;
                }
            }
            OutputFormat::Json => {
                let rows: Vec<String> = shown
                    .iter()
                    .filter_map(|told| answers::json(told))
                    .collect();
                print(report::json::array(&rows).as_bytes())?;
            }
        }
        let mistakes = report::summary::of_mistakes(plan);
        for mistake in &mistakes {
            self.talk.warn(mistake);
        }
        if !mistakes.is_empty() {
            return Ok(Exit::Failed);
        }
        let fail_on = Some(self.settings.fail_on);
        let agreed = shown.iter().any(|told| told.safety() >= fail_on);
        Ok(match agreed && !self.args.exit_zero {
            true => Exit::Found,
            false => Exit::Clean,
        })
    }
}

/// An answer with what belongs to it.
fn told<'t>(
    answer: &'t Answer,
    searched: &'t Searched<Loaded>,
    groups: &Groups,
    pieces: &mut Pieces<'_>,
) -> Told<'t> {
    let survey = &searched.survey;
    let places: &[(FileId, usize)] = match &answer.verdict {
        Verdict::Agrees(places) => places,
        _ => &[],
    };
    let found = places.iter().filter_map(|(file, index)| {
        let loaded = searched.files.get(file)?;
        let finding = loaded.findings.get(*index)?;
        Some((loaded.source.path(), &**loaded.source.text(), finding))
    });
    let known = match (&answer.verdict, &answer.at, answer.lines) {
        (Verdict::NotFound(_), Some((file, path)), Some((line, _))) => {
            let found = searched.files.get(file);
            let found = found.map_or(&[] as &[Finding], |loaded| &loaded.findings);
            survey.source(*file).and_then(|source| {
                report::why::page(survey.project(), *file, path, source.text(), line, found)
            })
        }
        _ => None,
    };
    let own = places.iter().filter_map(|place| groups.get(place));
    let (diff, changes) = pieces.take(&own.copied().collect());
    Told {
        answer,
        found: found.collect(),
        known,
        diff,
        changes,
    }
}

/// The last parts of all paths that claims name.
fn file_names(claims: &[Claim]) -> BTreeSet<OsString> {
    let spots = claims.iter().flat_map(|claim| &claim.spots);
    let paths = spots.flat_map(|spot| &spot.paths).map(Path::new);
    paths
        .filter_map(|path| Some(path.file_name()?.to_owned()))
        .collect()
}

/// The findings that are agreed on, each with its group: those that one fix serves are together.
type Groups = BTreeMap<(FileId, usize), usize>;

fn finding(files: &BTreeMap<FileId, Loaded>, file: FileId, index: usize) -> Option<&Finding> {
    files.get(&file)?.findings.get(index)
}

fn groups(answers: &[Answer], files: &BTreeMap<FileId, Loaded>) -> Groups {
    let places = answers.iter().flat_map(|answer| match &answer.verdict {
        Verdict::Agrees(places) => &places[..],
        _ => &[],
    });
    let places: BTreeSet<(FileId, usize)> = places.copied().collect();
    let found = places
        .into_iter()
        .filter_map(|place| Some((place, finding(files, place.0, place.1)?)));
    let groups = by_fix(found).into_iter().enumerate();
    groups
        .flat_map(|(group, places)| places.into_iter().map(move |place| (place, group)))
        .collect()
}
