//! A review at a terminal: shows one fix after the other, and does what the session says. What is
//! decided is in the ledger at once, so that nothing is lost however it ends.

use super::super::args::ReviewArgs;
use super::super::commands::{Exit, Run, Searched};
use super::super::terminal::{has_colours, painted, print};
use super::editing::Editing;
use super::keys::{Keys, restore_on_signals};
use crate::engine::{Decided, Loaded, Plan, Sources, Wish, alone, settle};
use crate::fix::{FileId, Finding, Safety};
use crate::python::Lines;
use crate::report::review as texts;
use crate::report::review::{Page, Shown};
use crate::report::summary::Counts;
use crate::review::{
    Answer, Asked, Decision, Effect, Item, Key, Mode, Session, Standing, Verdict, Way, items, rule,
};
use anyhow::{Result, bail};
use std::collections::{BTreeMap, VecDeque};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Lines of a terminal that does not say how large it is.
const SIZE: (u16, u16) = (80, 24);

/// Of a diff, at least so many lines are shown.
const LEAST: usize = 10;

/// A review needs somebody who answers.
pub(super) fn check() -> Result<()> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return Ok(());
    }
    bail!(
        "a review needs a terminal that shows and is typed at; without one, see the fixes with \
         `asyncfix --diff`, and decide with `asyncfix review --accept PATH:LINE`, \
         `--refuse PATH:LINE` or `--import FILE`"
    )
}

/// Goes through all that is to be decided.
pub(super) fn ask(run: Run<'_>, args: &ReviewArgs) -> Result<Exit> {
    let mut review = Review::new(run, args)?;
    restore_on_signals()?;
    let mut effects = VecDeque::from([review.next()]);
    loop {
        while let Some(effect) = effects.pop_front() {
            match review.perform(effect)? {
                Course::Goes(then) => effects.extend(then),
                Course::Ends(exit) => return Ok(exit),
            }
        }
        effects.extend(review.answered()?);
    }
}

/// How a review goes on.
pub(super) enum Course {
    /// With this first.
    Goes(Option<Effect>),
    Ends(Exit),
}

/// A fix that is asked about.
struct Candidate {
    item: Item,
    /// What the ledger had about it when the review began, finding by finding.
    before: Vec<Option<Decision>>,
}

pub(super) struct Review<'r> {
    pub run: Run<'r>,
    args: &'r ReviewArgs,
    pub searched: Searched<Loaded>,
    candidates: Vec<Candidate>,
    session: Session,
    pub editing: Editing,
}

impl<'r> Review<'r> {
    fn new(run: Run<'r>, args: &'r ReviewArgs) -> Result<Self> {
        let mut review = Self {
            searched: search(&run)?,
            run,
            args,
            candidates: Vec::new(),
            session: Session::new([]),
            editing: Editing::default(),
        };
        review.adopt();
        Ok(review)
    }

    /// Looks at all files again. What was answered stays.
    pub fn look_again(&mut self) -> Result<()> {
        self.run.reviewed.reread()?;
        self.searched = search(&self.run)?;
        self.adopt();
        Ok(())
    }

    /// Asks about what is found now.
    fn adopt(&mut self) {
        let old = std::mem::take(&mut self.candidates);
        let ledger = &self.run.reviewed.ledger;
        let safety = self.args.safety.map(Safety::from);
        let mut asked = Vec::new();
        for item in self.items() {
            let mut known = old.iter();
            let was = known.position(|known| known.item.is_about_the_same(&item));
            let is_meant = safety.is_none_or(|safety| item.safety == safety)
                && (item.is_open() || self.args.again && item.standing != Some(Standing::Old));
            let is_answered = was.is_some_and(|was| self.session.answer(was).is_some());
            if !is_meant && !is_answered {
                continue;
            }
            let own = Asked {
                transform: item.transform,
                file: item.file(),
                alternatives: item.alternatives.len(),
            };
            asked.push((own, was));
            let before = match was.and_then(|was| old.get(was)) {
                Some(known) => known.before.clone(),
                None => {
                    let own = item.decisions.iter();
                    own.map(|own| ledger.about(own).cloned()).collect()
                }
            };
            self.candidates.push(Candidate { item, before });
        }
        self.session = self.session.renewed(asked);
    }

    /// All fixes, as the ledger has them.
    fn items(&self) -> Vec<Item> {
        let reviewed = &self.run.reviewed;
        let held = |loaded: &Loaded| reviewed.held(loaded);
        let name_of = |loaded: &Loaded| reviewed.records.name_of(loaded.source.path());
        let files = &self.searched.files;
        self.run.pool.install(|| items(files, &held, &name_of))
    }

    /// What comes after all was looked at.
    pub fn next(&self) -> Effect {
        match self.session.current() {
            Some(_) => Effect::Show,
            None => Effect::Finish,
        }
    }

    /// What is asked about, and its first finding, with the alternative that is chosen.
    pub fn current(&self) -> Option<(&Item, Finding)> {
        let at = self.session.current()?;
        let item = &self.candidates.get(at)?.item;
        let (file, index) = item.findings.first()?;
        let finding = self.searched.files.get(file)?.findings.get(*index)?;
        let finding = match self.way(at) {
            Some(way) => finding.choosing(way.name)?,
            None => finding.clone(),
        };
        Some((item, finding))
    }

    /// The alternative that is chosen.
    fn way(&self, at: usize) -> Option<&Way> {
        let chosen = self.session.way(at).checked_sub(1)?;
        self.candidates.get(at)?.item.alternatives.get(chosen)
    }

    /// What becomes of the texts by one fix alone.
    pub fn alone(&self, finding: &Finding) -> Plan {
        let survey = &self.searched.survey;
        let selection = &self.run.settings.selection;
        let alone = || alone(finding, survey.project(), survey, selection);
        self.run.pool.install(alone)
    }

    /// The first of these files that is not what it was when it was read.
    pub fn changed(&self, files: impl IntoIterator<Item = FileId>) -> Option<PathBuf> {
        let survey = &self.searched.survey;
        let modules = survey.project().modules();
        let mut files = files.into_iter();
        let changed = files.find(|file| survey.source(*file).is_none());
        changed.map(|file| modules.path(file).to_path_buf())
    }

    /// Asks, waits for a key, shows it, and tells what it comes to. Of a note, waits for its end.
    fn answered(&mut self) -> Result<Vec<Effect>> {
        let keys = Keys::wanted(&texts::prompt(&self.session))?;
        let (shown, effects) = loop {
            let Some(key) = keys.next()? else {
                break (String::new(), Vec::new());
            };
            let is_noting = matches!(self.session.mode(), Mode::Noting(_));
            let effects = self.session.press(key);
            match key {
                Key::Character(_) | Key::Backspace if is_noting => {
                    for effect in effects {
                        match effect {
                            Effect::Echo(character) => print(character.to_string().as_bytes())?,
                            Effect::Erase => print(b"\x08 \x08")?,
                            _ => {}
                        }
                    }
                }
                Key::Character(character) => break (character.to_string(), effects),
                _ => break (String::new(), effects),
            }
        };
        // The end of a line is one again.
        drop(keys);
        print(format!("{shown}\n").as_bytes())?;
        Ok(effects)
    }

    fn perform(&mut self, effect: Effect) -> Result<Course> {
        match effect {
            Effect::Show => return self.show(false),
            Effect::ShowWhole => return self.show(true),
            Effect::Save(answered) => self.save(&answered)?,
            Effect::Edit => return self.edit(),
            Effect::Help => print(texts::help(self.session.mode()).as_bytes())?,
            Effect::Unknown(character) => print(texts::unknown(character).as_bytes())?,
            Effect::NoAlternative => print(texts::NO_ALTERNATIVE.as_bytes())?,
            Effect::NothingBefore => print(texts::NOTHING_BEFORE.as_bytes())?,
            Effect::Finish => return self.finish(),
            Effect::Write => return self.write(),
            Effect::Quit => {
                if self.session.mode() != &Mode::Ending {
                    print(self.ending().as_bytes())?;
                }
                if self.writable() != (0, 0) {
                    print(texts::UNWRITTEN.as_bytes())?;
                }
                return Ok(Course::Ends(self.exit()));
            }
            // Shown as they were typed.
            Effect::Echo(_) | Effect::Erase => {}
        }
        Ok(Course::Goes(None))
    }

    fn show(&mut self, whole: bool) -> Result<Course> {
        let Some((item, finding)) = self.current() else {
            return Ok(Course::Goes(Some(Effect::Finish)));
        };
        let Some(fix) = finding.fix() else {
            return Ok(Course::Goes(Some(Effect::Finish)));
        };
        let findings = item.findings.iter().map(|(file, _)| *file);
        if let Some(path) = self.changed(findings.chain(fix.edits().keys().copied())) {
            print(texts::changed(&path, "looking at all files again").as_bytes())?;
            self.look_again()?;
            return Ok(Course::Goes(Some(self.next())));
        }
        let plan = self.alone(&finding);
        let way = self.session.current().and_then(|at| self.way(at));
        let shown = Shown {
            finding: &finding,
            fix,
            way: way.map(|way| way.name),
            alternatives: item.alternatives.iter().map(|way| way.name).collect(),
            places: self.places(item),
            standing: item.standing,
        };
        let (columns, rows) = crossterm::terminal::size().unwrap_or(SIZE);
        let mut page = Page {
            columns: usize::from(columns),
            lines: None,
            colour: has_colours(self.run.args),
        };
        let heading = texts::heading(&shown, &self.session, page);
        if !whole {
            // With room for the question, and for what is said of lines that are left out.
            let left = usize::from(rows).saturating_sub(2);
            page.lines = Some(left.max(LEAST));
        }
        let changes = texts::changes(&plan, page);
        print(heading.as_bytes())?;
        match page.colour {
            true => print(&painted(&changes))?,
            false => print(&changes)?,
        }
        Ok(Course::Goes(None))
    }

    /// Where a fix's findings are.
    fn places(&self, item: &Item) -> Vec<String> {
        let place = |(file, index): &(FileId, usize)| {
            let loaded = self.searched.files.get(file)?;
            let at = loaded.findings.get(*index)?.at.start();
            let line = Lines::new(loaded.source.text()).position(at).line;
            Some(format!("{}:{line}", loaded.source.path().display()))
        };
        item.findings.iter().filter_map(place).collect()
    }

    /// Keeps answers, or what was decided before where an answer was taken back.
    fn save(&mut self, answered: &[usize]) -> Result<()> {
        let mut set: Vec<Decision> = Vec::new();
        let mut removed: Vec<Decision> = Vec::new();
        for index in answered {
            let Some(Candidate { item, before }) = self.candidates.get(*index) else {
                continue;
            };
            let way = self.way(*index);
            let decisions = way.map_or(&item.decisions, |way| &way.decisions);
            for (own, before) in decisions.iter().zip(before) {
                let why = self.session.note(*index).map(str::to_owned);
                let why = why.or_else(|| before.as_ref()?.why.clone());
                let verdict = match self.session.answer(*index) {
                    Some(Answer::Accepted) => own.verdict.clone(),
                    Some(Answer::Refused) => Verdict::Refused,
                    Some(Answer::Skipped) | None => {
                        match before {
                            Some(before) => set.push(before.clone()),
                            None => removed.push(own.clone()),
                        }
                        continue;
                    }
                };
                let own = own.clone();
                set.push(Decision {
                    verdict,
                    why,
                    ..own
                });
            }
        }
        self.run.reviewed.change(|ledger| {
            for decision in &removed {
                ledger.remove(decision);
            }
            for decision in set {
                ledger.set(decision);
            }
        })
    }

    /// How many accepted fixes could be written, and how many safe ones that nobody decided about.
    fn writable(&self) -> (usize, usize) {
        let items = self.items();
        let of = |is_meant: &dyn Fn(&&Item) -> bool| items.iter().filter(is_meant).count();
        (
            of(&|item| item.is_accepted()),
            of(&|item| item.safety == Safety::Safe && item.is_open()),
        )
    }

    fn ending(&self) -> String {
        let ledger = self.run.reviewed.path();
        texts::ending(&self.session.tally(), &ledger, self.writable())
    }

    fn finish(&mut self) -> Result<Course> {
        print(self.ending().as_bytes())?;
        match self.writable() {
            (0, 0) => Ok(Course::Ends(self.exit())),
            _ => Ok(Course::Goes(None)),
        }
    }

    fn exit(&self) -> Exit {
        match self.searched.skipped.is_empty() {
            true => Exit::Clean,
            false => Exit::Failed,
        }
    }

    /// Writes what was accepted, and what is safe and was not refused: all of it, or nothing.
    fn write(&mut self) -> Result<Course> {
        self.run.reviewed.reread()?;
        let (plan, decided) = self.plan();
        let python = plan.patches.iter().filter(|patch| patch.is_python);
        if let Some(path) = self.changed(python.map(|patch| patch.file)) {
            let then = "nothing is written; looking at all files again";
            print(texts::changed(&path, then).as_bytes())?;
            self.look_again()?;
            return Ok(Course::Goes(Some(self.next())));
        }
        let (exit, unwritten) = self.run.carry_out(&plan, Counts::default(), None)?;
        let is_written = |file: FileId| !unwritten.contains(&file);
        self.run.reviewed.renew(&plan, &decided, &is_written)?;
        Ok(Course::Ends(exit.max(self.exit())))
    }

    /// What is to be written, and the decisions that it goes by.
    fn plan(&self) -> (Plan, Decided) {
        let mut wish = Wish::from(Safety::Safe);
        let mut files = BTreeMap::new();
        for (file, loaded) in &self.searched.files {
            let held = self.run.reviewed.held(loaded);
            rule(&mut wish.decided, *file, &loaded.findings, &held);
            let copy = Loaded {
                source: loaded.source.clone(),
                findings: loaded.findings.clone(),
            };
            files.insert(*file, copy);
        }
        let decided = wish.decided.clone();
        let survey = &self.searched.survey;
        let selection = &self.run.settings.selection;
        let settled = || settle(files, survey.project(), survey, selection, wish);
        (self.run.pool.install(settled), decided)
    }
}

/// All files with fixes.
fn search(run: &Run<'_>) -> Result<Searched<Loaded>> {
    let mut searched = run.search(|loaded| {
        let has_fix = loaded
            .findings
            .iter()
            .any(|finding| finding.fix().is_some());
        has_fix.then_some(loaded)
    })?;
    let files = std::mem::take(&mut searched.files);
    let files = files.into_iter();
    let files = files.filter_map(|(file, loaded)| Some((file, loaded?)));
    Ok(searched.with(files.collect()))
}
