//! What each command does.

use super::args::{Args, Command, OutputFormat, RunArgs};
use super::review::review;
use super::reviewed::{Reviewed, drop_hidden};
use super::settings::Settings;
use super::terminal::{Talk, has_colours, painted, print, progress, silence_panics};
use crate::engine::{Loaded, Plan, Sources, Wish, settle};
use crate::fix::{FileId, Finding, Safety};
use crate::job::{self, Outcome, Skipped, Survey};
use crate::report;
use crate::review::{Held, Standing, rule};
use crate::transforms::{self, CATALOGUE};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

/// How a run ended, as the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Clean = 0,
    Found = 1,
    Failed = 2,
}

pub fn run(args: &Args) -> Result<Exit> {
    match &args.command {
        Some(Command::List) => {
            let infos: Vec<_> = CATALOGUE.iter().map(|transform| transform.info()).collect();
            print(report::catalogue::list(&infos).as_bytes())?;
            Ok(Exit::Clean)
        }
        Some(Command::Explain { transform }) => {
            let Some(info) = transforms::find(transform) else {
                bail!("there is no transform `{transform}`; `asyncfix list` names them all");
            };
            print(report::catalogue::page(info).as_bytes())?;
            Ok(Exit::Clean)
        }
        Some(Command::Why { place }) => {
            let (path, line) = line_of(place)?;
            let args = RunArgs::over(path);
            let run = Run {
                whole: true,
                ..start(&args)?
            };
            run.why(path, line)
        }
        Some(Command::Baseline(baseline)) => {
            let mut args = RunArgs::of(baseline.look.clone());
            args.look.no_baseline = true;
            start(&args)?.baseline(baseline)
        }
        Some(Command::Report(args)) => {
            let run_args = RunArgs {
                safety: args.safety,
                ..RunArgs::of(args.look.clone())
            };
            let run = start(&run_args)?;
            let (exit, skipped) = run.report(&args.html)?;
            Ok(run.ended(exit, skipped))
        }
        Some(Command::Review(args)) => review(args),
        #[cfg(unix)]
        Some(Command::Bulk(args)) => super::bulk::run(&args.command),
        None => look(&args.run),
    }
}

/// What was found in files, digested as far as the command needs it, and files that were skipped.
pub(super) struct Searched<T> {
    pub files: BTreeMap<FileId, T>,
    pub skipped: Vec<Skipped>,
    total: usize,
    /// Standard input, if it was read and can be looked at.
    pub input: Option<Vec<u8>>,
    pub survey: Survey,
}

impl<T> Searched<T> {
    /// The same with other digests.
    pub fn with<U>(self, files: BTreeMap<FileId, U>) -> Searched<U> {
        Searched {
            files,
            skipped: self.skipped,
            total: self.total,
            input: self.input,
            survey: self.survey,
        }
    }
}

/// One run over files, whatever is done with what is found.
pub(super) struct Run<'a> {
    pub args: &'a RunArgs,
    pub settings: Settings,
    pub pool: rayon::ThreadPool,
    pub talk: Talk,
    pub reviewed: Reviewed,
    /// The rest of the project counts as if it had been asked for.
    whole: bool,
}

/// A path and a line (from 1), as `path:line` or `path:line:column`.
pub(super) fn line_of(place: &str) -> Result<(&str, usize)> {
    let numbered = |text: &str| {
        text.rsplit_once(':')
            .and_then(|(path, line)| Some((path.len(), line.parse::<usize>().ok()?)))
    };
    let (end, line) = numbered(place)
        .map(|(end, last)| numbered(&place[..end]).unwrap_or((end, last)))
        .filter(|(_, line)| *line > 0)
        .with_context(|| {
            format!("`{place}` is no place: give a file and a line, as in src/app.py:12")
        })?;
    Ok((&place[..end], line))
}

pub(super) fn start(args: &RunArgs) -> Result<Run<'_>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.look.jobs.unwrap_or(0))
        .stack_size(job::STACK)
        .build()
        .context("cannot start the worker threads")?;
    silence_panics();
    let mut settings = Settings::resolve(args)?;
    let reviewed = Reviewed::read(args)?;
    // One that was accepted may be another than the one that is offered.
    settings.selection.alternatives = reviewed.ledger.has_accepted();
    Ok(Run {
        args,
        settings,
        pool,
        talk: Talk::new(args),
        reviewed,
        whole: false,
    })
}

fn look(args: &RunArgs) -> Result<Exit> {
    let mut run = start(args)?;
    let (exit, skipped) = if !args.from.is_empty() {
        run.answer()?
    } else if args.diff || args.write {
        run.fix()?
    } else {
        run.list()?
    };
    Ok(run.ended(exit, skipped))
}

impl Run<'_> {
    /// How a run ends that had to skip so many files.
    fn ended(&self, exit: Exit, skipped: usize) -> Exit {
        if skipped == 0 {
            return exit;
        }
        let skipped = report::summary::count(skipped, "file");
        self.talk.say(&format!("{skipped} skipped."));
        Exit::Failed
    }

    /// Looks at all files, and says what was skipped. What `digest` returns is all that is kept of a
    /// file, so that memory does not grow with what is found.
    pub(super) fn search<T: Send>(
        &self,
        digest: impl Fn(Loaded) -> T + Sync,
    ) -> Result<Searched<T>> {
        let searched = match &self.args.look.paths[..] {
            [only] if only == Path::new("-") => self.search_stdin(digest)?,
            paths if paths.iter().any(|path| path == Path::new("-")) => {
                bail!("`-` stands for standard input and cannot be mixed with other paths")
            }
            paths => self.search_disk(paths, digest)?,
        };
        for skipped in &searched.skipped {
            self.talk.warn(&skipped.to_string());
        }
        self.talk.detail(&format!(
            "{} looked at",
            report::summary::count(searched.total, "file")
        ));
        Ok(searched)
    }

    fn search_stdin<T: Send>(&self, digest: impl Fn(Loaded) -> T + Sync) -> Result<Searched<T>> {
        let name = self.args.look.stdin_filename.clone();
        let name = name.unwrap_or_else(|| PathBuf::from("stdin.py"));
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .context("cannot read standard input")?;
        let survey = Survey::alone(&name, &bytes, &self.settings.selection);
        let outcomes = survey.examine(&self.settings.selection, digest);
        let mut searched = sort(1, outcomes, survey);
        searched.input = searched.skipped.is_empty().then_some(bytes);
        Ok(searched)
    }

    fn search_disk<T: Send>(
        &self,
        paths: &[PathBuf],
        digest: impl Fn(Loaded) -> T + Sync,
    ) -> Result<Searched<T>> {
        let jobs = self.args.look.jobs.unwrap_or(0);
        let walked =
            job::walk(paths, &self.settings.excludes, jobs).context("--exclude takes globs")?;
        for note in &walked.notes {
            self.talk.note(note);
        }
        let mut entries = walked.entries;
        let total = entries.len();
        entries.extend(
            job::surroundings(paths, &self.settings.excludes, jobs, &entries)
                .context("--exclude takes globs")?,
        );
        entries.sort();
        let progress = progress(self.args, entries.len());
        let selection = &self.settings.selection;
        let (outcomes, survey) = self.pool.install(|| {
            let survey = Survey::new(entries, selection, self.whole, &|| progress.inc(1));
            let outcomes = survey.examine(selection, &digest);
            (outcomes, survey)
        });
        progress.finish_and_clear();
        let mut searched = sort(total, outcomes, survey);
        searched.skipped.extend(walked.skipped);
        searched.skipped.sort();
        Ok(searched)
    }

    /// Prints what is known about the calls of a line.
    fn why(&self, path: &str, line: usize) -> Result<Exit> {
        if !Path::new(path).is_file() {
            bail!("there is no file `{path}`");
        }
        let searched = self.search(|loaded| loaded)?;
        if !searched.skipped.is_empty() {
            return Ok(Exit::Failed);
        }
        let survey = &searched.survey;
        let asked = survey
            .asked()
            .next()
            .and_then(|file| Some((file, survey.source(file)?)));
        let Some((file, source)) = asked else {
            bail!("`{path}` cannot be looked at");
        };
        let found = searched
            .files
            .get(&file)
            .map_or(&[] as &[Finding], |loaded| &loaded.findings);
        let page = report::why::page(
            survey.project(),
            file,
            source.path(),
            source.text(),
            line,
            found,
        );
        let Some(page) = page else {
            bail!("there is no call in line {line} of `{path}`");
        };
        print(page.as_bytes())?;
        Ok(Exit::Clean)
    }

    /// Prints what is found.
    fn list(&self) -> Result<(Exit, usize)> {
        let colour = has_colours(self.args);
        let format = self.settings.output_format;
        let at_least = self.args.safety.map_or(Safety::Manual, Safety::from);
        let searched = self.search(|mut loaded| {
            let held = self.reviewed.told(&mut loaded, self.args.show_refused);
            let mut found = loaded.findings;
            found.retain(|finding| finding.remedy.safety() >= at_least);
            let (path, text) = (loaded.source.path(), loaded.source.text());
            let shown = match format {
                _ if found.is_empty() => Vec::new(),
                OutputFormat::Text => vec![report::text::findings(path, text, &found, colour)],
                OutputFormat::Json => report::json::rows(path, text, &found),
            };
            let counts = report::summary::Counts::of(&found);
            let fixes = found.iter().filter_map(Finding::fix);
            let sides = report::summary::Sides::of(fixes);
            let ends = report::summary::Ends::of(&found);
            (shown, counts, held, ends, sides)
        })?;
        let shown = searched.files.values().flat_map(|(shown, ..)| shown);
        match format {
            OutputFormat::Text => shown
                .into_iter()
                .try_for_each(|text| print(text.as_bytes()))?,
            OutputFormat::Json => print(report::json::array(shown).as_bytes())?,
        }
        let counts = searched.files.values().map(|(_, counts, ..)| *counts).sum();
        self.talk.say(&report::summary::of_findings(&counts));
        let ends: report::summary::Ends = searched.files.values().map(|(.., ends, _)| ends).sum();
        for line in ends.told() {
            self.talk.say(&line);
        }
        self.tell(&searched.files.values().map(|(.., sides)| sides).sum());
        let held = searched.files.values().flat_map(|(_, _, held, ..)| held);
        let held: Vec<&Held> = held.collect();
        self.tell_decisions(
            &searched.survey,
            &searched.skipped,
            &held,
            self.args.show_refused,
        );
        Ok((self.exit_of(counts), searched.skipped.len()))
    }

    /// How a listing of so many findings ends.
    fn exit_of(&self, counts: report::summary::Counts) -> Exit {
        match counts.at_least(self.settings.fail_on) == 0 || self.args.exit_zero {
            true => Exit::Clean,
            false => Exit::Found,
        }
    }

    /// Tells what changes around the code.
    pub(super) fn tell(&self, sides: &report::summary::Sides) {
        for note in sides.told(&self.settings.selection.catalogue) {
            self.talk.note(note);
        }
    }

    /// How sure a fix must be to be shown or written.
    pub(super) fn fix_at_least(&self) -> Safety {
        match (self.args.write, self.args.accept_review, self.args.safety) {
            (_, _, Some(safety)) => safety.into(),
            (true, false, None) => Safety::Safe,
            _ => Safety::Review,
        }
    }

    /// Shows or writes the fixes.
    fn fix(&mut self) -> Result<(Exit, usize)> {
        let at_least = self.fix_at_least();
        // Files without a fix to apply are only counted.
        let searched = self.search(|mut loaded| {
            let held = self.reviewed.held(&loaded);
            let fixable = |finding: &Finding| finding.remedy.safety() >= at_least;
            let accepted =
                |held: &Held| matches!(held.standing, Standing::Accepted | Standing::Chosen(_));
            let found = match loaded.findings.iter().any(fixable) || held.iter().any(accepted) {
                true => Ok(loaded),
                false => {
                    drop_hidden(&mut loaded.findings, &held, false);
                    Err(report::summary::Counts::of(&loaded.findings))
                }
            };
            (found, held)
        })?;
        let survey = &searched.survey;
        let mut all_held = Vec::new();
        let mut files = BTreeMap::new();
        let mut left = report::summary::Counts::default();
        let mut wish = Wish::from(at_least);
        for (file, (digest, held)) in searched.files {
            match digest {
                Ok(loaded) => {
                    rule(&mut wish.decided, file, &loaded.findings, &held);
                    files.insert(file, loaded);
                }
                Err(counts) => left = [left, counts].into_iter().sum(),
            }
            all_held.extend(held);
        }
        let decided = wish.decided.clone();
        let plan = self.pool.install(|| {
            settle(
                files,
                survey.project(),
                survey,
                &self.settings.selection,
                wish,
            )
        });
        let (exit, unwritten) = self.carry_out(&plan, left, searched.input.as_deref())?;
        let held: Vec<&Held> = all_held.iter().collect();
        self.tell_decisions(survey, &searched.skipped, &held, false);
        if self.args.write {
            self.reviewed
                .renew(&plan, &decided, &|file| !unwritten.contains(&file))?;
        }
        Ok((exit, searched.skipped.len()))
    }

    /// Shows or writes what a plan changes, `left` being what was found in files that it is not about.
    pub(super) fn carry_out(
        &self,
        plan: &Plan,
        left: report::summary::Counts,
        input: Option<&[u8]>,
    ) -> Result<(Exit, BTreeSet<FileId>)> {
        if self.args.diff {
            let diff = report::diff::unified(plan);
            match has_colours(self.args) {
                true => print(&painted(&diff))?,
                false => print(&diff)?,
            }
        }
        let unwritten = match self.args.write {
            true => write(self.args, plan, input, &self.talk)?,
            false => BTreeSet::new(),
        };
        let mut failed = !unwritten.is_empty();
        for mistake in report::summary::of_mistakes(plan) {
            self.talk.warn(&mistake);
            failed = true;
        }
        for note in &plan.notes {
            self.talk.note(note);
        }
        let fixes = plan.applied.iter().map(|applied| &applied.fix);
        self.tell(&report::summary::Sides::of(fixes));
        self.talk.say(&report::summary::of_plan(
            plan,
            left,
            self.args.write,
            &unwritten,
        ));
        let exit = if failed {
            Exit::Failed
        } else if self.args.exit_code && !plan.patches.is_empty() {
            Exit::Found
        } else {
            Exit::Clean
        };
        Ok((exit, unwritten))
    }
}

fn sort<T>(total: usize, outcomes: Vec<(FileId, Outcome<T>)>, survey: Survey) -> Searched<T> {
    let mut searched = Searched {
        files: BTreeMap::new(),
        skipped: Vec::new(),
        total,
        input: None,
        survey,
    };
    for (file, outcome) in outcomes {
        match outcome {
            Outcome::Quiet => {}
            Outcome::Found(found) => {
                searched.files.insert(file, found);
            }
            Outcome::Skipped(skipped) => searched.skipped.push(skipped),
        }
    }
    searched
}

/// Writes the changed files; returns those that could not be written. Standard input comes out on
/// standard output, changed or not.
fn write(
    args: &RunArgs,
    plan: &Plan,
    input: Option<&[u8]>,
    talk: &Talk,
) -> Result<BTreeSet<FileId>> {
    let mut unwritten = BTreeSet::new();
    if let Some(input) = input {
        let changed = plan
            .patches
            .first()
            .and_then(|patch| patch.before.encode(&patch.after).ok());
        if !args.diff {
            print(changed.as_deref().unwrap_or(input))?;
        }
        return Ok(unwritten);
    }
    for patch in &plan.patches {
        if !patch.is_python && !unwritten.is_empty() {
            let why = "not written, since other files were not: see to it that it fits them";
            talk.warn(&Skipped::new(patch.before.path(), why).to_string());
            unwritten.insert(patch.file);
            continue;
        }
        match job::write(&patch.before, &patch.after) {
            Ok(written) if written.was_read_only => talk.note(&format!(
                "{}: is read-only; written all the same, since this user may",
                patch.before.path().display()
            )),
            Ok(_) => talk.detail(&format!("{}: written", patch.before.path().display())),
            Err(error) => {
                talk.warn(
                    &Skipped::new(patch.before.path(), format!("not written: {error}")).to_string(),
                );
                unwritten.insert(patch.file);
            }
        }
    }
    Ok(unwritten)
}
