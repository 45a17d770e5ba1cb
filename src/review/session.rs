//! The course of a review: keys in, what is to be done out. It knows neither files nor terminals.

use crate::fix::FileId;

/// A key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Character(char),
    Enter,
    Backspace,
    Escape,
    /// Control and C, or nobody is there any more.
    Interrupt,
}

/// What was answered about a fix in this review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Accepted,
    Refused,
    Skipped,
}

/// What is to be done. Several follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Show the current fix.
    Show,
    /// Show the whole of its diff.
    ShowWhole,
    /// The answers about these changed: keep them.
    Save(Vec<usize>),
    /// Open the current fix in an editor.
    Edit,
    Help,
    /// This key means nothing here.
    Unknown(char),
    /// There is no answer to go back to.
    NothingBefore,
    /// There is no other way to mend it.
    NoAlternative,
    /// Show a character of a note, or take the last one away.
    Echo(char),
    Erase,
    /// Say what was decided, and ask whether it is to be written.
    Finish,
    Write,
    Quit,
}

/// What the keys mean at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A fix is to be decided about.
    Deciding,
    /// A note is being written.
    Noting(String),
    /// All is decided, or somebody had enough: is it to be written?
    Ending,
}

/// What is asked about: as much of a fix as matters for going through many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub transform: &'static str,
    pub file: FileId,
    /// How many alternatives there are to it.
    pub alternatives: usize,
}

/// How many fixes got which answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: usize,
    pub refused: usize,
    pub skipped: usize,
    /// Without an answer.
    pub left: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    asked: Asked,
    answer: Option<Answer>,
    note: Option<String>,
    /// Which alternative is chosen, from 1; 0 is the fix that is offered.
    way: usize,
}

/// A review under way.
#[derive(Debug)]
pub struct Session {
    entries: Vec<Entry>,
    /// The fix that is shown; none at the end.
    current: Option<usize>,
    mode: Mode,
    /// Each answer so far: about which fixes, and what had been answered before.
    trail: Vec<Vec<(usize, Option<Answer>)>>,
}

impl Session {
    pub fn new(asked: impl IntoIterator<Item = Asked>) -> Self {
        let entries = asked.into_iter().map(|asked| Entry {
            asked,
            answer: None,
            note: None,
            way: 0,
        });
        let entries: Vec<Entry> = entries.collect();
        let mut session = Self {
            current: None,
            entries,
            mode: Mode::Deciding,
            trail: Vec::new(),
        };
        session.forward(0);
        session
    }

    /// The same review after the files were looked at anew. `was` says which fix of the old review each
    /// of the new ones is. What was answered stays; there is no way back to before this.
    pub fn renewed(&self, asked: impl IntoIterator<Item = (Asked, Option<usize>)>) -> Self {
        let asked: Vec<(Asked, Option<usize>)> = asked.into_iter().collect();
        let mut new = Self::new(asked.iter().map(|(asked, _)| *asked));
        for (entry, (_, was)) in new.entries.iter_mut().zip(&asked) {
            if let Some(old) = was.and_then(|was| self.entries.get(was)) {
                entry.answer = old.answer;
                entry.note.clone_from(&old.note);
                entry.way = old.way.min(entry.asked.alternatives);
            }
        }
        // Go on behind what was shown last.
        let behind = |was: &Option<usize>| was.is_some() && *was >= self.current;
        let next = asked.iter().position(|(_, was)| behind(was));
        new.forward(next.unwrap_or(0));
        new
    }

    pub fn current(&self) -> Option<usize> {
        self.current
    }

    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn answer(&self, item: usize) -> Option<Answer> {
        self.entries.get(item)?.answer
    }

    /// Why, as far as somebody wrote it down.
    pub fn note(&self, item: usize) -> Option<&str> {
        self.entries.get(item)?.note.as_deref()
    }

    /// Which alternative is chosen, from 1; 0 is the fix that is offered.
    pub fn way(&self, item: usize) -> usize {
        self.entries.get(item).map_or(0, |entry| entry.way)
    }

    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for entry in &self.entries {
            *match entry.answer {
                Some(Answer::Accepted) => &mut tally.accepted,
                Some(Answer::Refused) => &mut tally.refused,
                Some(Answer::Skipped) => &mut tally.skipped,
                None => &mut tally.left,
            } += 1;
        }
        tally
    }

    /// What a key comes to.
    pub fn press(&mut self, key: Key) -> Vec<Effect> {
        match (&mut self.mode, key) {
            (Mode::Noting(note), Key::Character(character)) => {
                note.push(character);
                vec![Effect::Echo(character)]
            }
            (Mode::Noting(note), Key::Backspace) => match note.pop() {
                Some(_) => vec![Effect::Erase],
                None => Vec::new(),
            },
            (Mode::Noting(note), Key::Enter) => {
                let note = note.trim();
                let note = (!note.is_empty()).then(|| note.to_owned());
                self.mode = Mode::Deciding;
                let current = self.current.and_then(|at| self.entries.get_mut(at));
                if let Some(entry) = current {
                    entry.note = note;
                }
                Vec::new()
            }
            (Mode::Noting(_), Key::Escape | Key::Interrupt) => {
                self.mode = Mode::Deciding;
                Vec::new()
            }
            (_, Key::Interrupt) => vec![Effect::Quit],
            (Mode::Deciding, Key::Character(character)) => self.decide(character),
            (Mode::Ending, Key::Character(character)) => self.end(character),
            (_, Key::Enter | Key::Backspace | Key::Escape) => Vec::new(),
        }
    }

    fn decide(&mut self, character: char) -> Vec<Effect> {
        let Some(at) = self.current else {
            return vec![Effect::Finish];
        };
        let asked = self.entries[at].asked;
        match character {
            'y' => self.answer_all(Answer::Accepted, |index, _| index == at),
            'n' => self.answer_all(Answer::Refused, |index, _| index == at),
            's' => self.answer_all(Answer::Skipped, |index, _| index == at),
            't' => self.answer_all(Answer::Accepted, |_, other| {
                other.transform == asked.transform
            }),
            'T' => self.answer_all(Answer::Refused, |_, other| {
                other.transform == asked.transform
            }),
            'f' => self.answer_all(Answer::Accepted, |_, other| other.file == asked.file),
            'F' => self.answer_all(Answer::Refused, |_, other| other.file == asked.file),
            'a' if asked.alternatives == 0 => vec![Effect::NoAlternative],
            'a' => {
                let entry = &mut self.entries[at];
                entry.way = (entry.way + 1) % (asked.alternatives + 1);
                vec![Effect::Show]
            }
            'b' => self.back(),
            'd' => vec![Effect::ShowWhole],
            'e' => vec![Effect::Edit],
            'w' => {
                self.mode = Mode::Noting(self.entries[at].note.clone().unwrap_or_default());
                Vec::new()
            }
            'q' => {
                self.mode = Mode::Ending;
                vec![Effect::Finish]
            }
            '?' => vec![Effect::Help],
            other => vec![Effect::Unknown(other)],
        }
    }

    fn end(&mut self, character: char) -> Vec<Effect> {
        match character {
            'y' => vec![Effect::Write],
            'n' | 'q' => vec![Effect::Quit],
            'b' if self.current.is_some() => {
                self.mode = Mode::Deciding;
                vec![Effect::Show]
            }
            'b' => self.back(),
            '?' => vec![Effect::Help],
            other => vec![Effect::Unknown(other)],
        }
    }

    /// Answers those about which nothing is answered yet, and goes on.
    fn answer_all(
        &mut self,
        answer: Answer,
        is_meant: impl Fn(usize, &Asked) -> bool,
    ) -> Vec<Effect> {
        let at = self.current.unwrap_or(0);
        let note = self.entries.get(at).and_then(|entry| entry.note.clone());
        let mut answered = Vec::new();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            let is_open = entry.answer.is_none() || index == at;
            if is_open && is_meant(index, &entry.asked) {
                answered.push((index, entry.answer.replace(answer)));
                // A note is about all that is decided with it.
                entry.note = entry.note.take().or_else(|| note.clone());
            }
        }
        let saved = answered.iter().map(|(index, _)| *index).collect();
        self.trail.push(answered);
        self.forward(at + 1);
        let next = match self.current {
            Some(_) => Effect::Show,
            None => Effect::Finish,
        };
        vec![Effect::Save(saved), next]
    }

    /// Takes the last answer back.
    fn back(&mut self) -> Vec<Effect> {
        let Some(answered) = self.trail.pop() else {
            return vec![Effect::NothingBefore];
        };
        let items = answered.iter().map(|(index, _)| *index).collect();
        for (index, before) in &answered {
            if let Some(entry) = self.entries.get_mut(*index) {
                entry.answer = *before;
            }
        }
        self.current = answered.first().map(|(index, _)| *index);
        self.mode = Mode::Deciding;
        vec![Effect::Save(items), Effect::Show]
    }

    /// Goes to the next fix without an answer, from `at` on and then from the start.
    fn forward(&mut self, at: usize) {
        let all = at..self.entries.len();
        let mut all = all.chain(0..at.min(self.entries.len()));
        self.current = all.find(|index| self.entries[*index].answer.is_none());
        self.mode = match self.current {
            Some(_) => Mode::Deciding,
            None => Mode::Ending,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three fixes of two transforms in two files.
    fn three() -> Session {
        let asked = [("one", 0), ("two", 0), ("one", 1)];
        Session::new(asked.map(|(transform, file)| Asked {
            transform,
            file: FileId(file),
            alternatives: if transform == "two" { 2 } else { 0 },
        }))
    }

    fn key(character: char) -> Key {
        match character {
            '\n' => Key::Enter,
            '\x08' => Key::Backspace,
            '\x1b' => Key::Escape,
            '\x03' => Key::Interrupt,
            other => Key::Character(other),
        }
    }

    /// What the answers are after these keys, as letters, and what the last key came to.
    fn pressed(keys: &str) -> (String, Vec<Effect>, Session) {
        let mut session = three();
        let mut last = Vec::new();
        for character in keys.chars() {
            last = session.press(key(character));
        }
        let letter = |item: usize| match session.answer(item) {
            Some(Answer::Accepted) => 'y',
            Some(Answer::Refused) => 'n',
            Some(Answer::Skipped) => 's',
            None => '-',
        };
        let answers = (0..session.len()).map(letter).collect();
        (answers, last, session)
    }

    #[track_caller]
    fn check(keys: &str, answers: &str, last: &[Effect]) {
        let (found, effects, _) = pressed(keys);
        assert_eq!((found.as_str(), &effects[..]), (answers, last), "{keys:?}");
    }

    #[test]
    fn each_answer_is_kept_and_the_next_is_asked() {
        check("y", "y--", &[Effect::Save(vec![0]), Effect::Show]);
        check("yn", "yn-", &[Effect::Save(vec![1]), Effect::Show]);
        check("yns", "yns", &[Effect::Save(vec![2]), Effect::Finish]);
        check("ynsq", "yns", &[Effect::Quit]);
        check("ynsy", "yns", &[Effect::Write]);
    }

    #[test]
    fn answers_are_taken_back_in_their_order() {
        check("b", "---", &[Effect::NothingBefore]);
        check("ynb", "y--", &[Effect::Save(vec![1]), Effect::Show]);
        check("ynbb", "---", &[Effect::Save(vec![0]), Effect::Show]);
        check("ynsb", "yn-", &[Effect::Save(vec![2]), Effect::Show]);
        check("tbn", "n--", &[Effect::Save(vec![0]), Effect::Show]);
        check("ynsbq", "yn-", &[Effect::Finish]);
        // One had enough, and changed their mind.
        check("yqb", "y--", &[Effect::Show]);
        check("yqbb", "---", &[Effect::Save(vec![0]), Effect::Show]);
    }

    #[test]
    fn many_are_answered_at_once() {
        check("t", "y-y", &[Effect::Save(vec![0, 2]), Effect::Show]);
        check("T", "n-n", &[Effect::Save(vec![0, 2]), Effect::Show]);
        check("f", "yy-", &[Effect::Save(vec![0, 1]), Effect::Show]);
        check("F", "nn-", &[Effect::Save(vec![0, 1]), Effect::Show]);
        // What was answered stays.
        check("nsT", "nsn", &[Effect::Save(vec![2]), Effect::Finish]);
        check("tb", "---", &[Effect::Save(vec![0, 2]), Effect::Show]);
    }

    #[test]
    fn notes_are_about_what_is_decided_with_them() {
        let note = |keys: &str, item| pressed(keys).2.note(item).map(str::to_owned);
        assert_eq!(note("wno\nn", 0).as_deref(), Some("no"));
        assert_eq!(note("wnot\x08\n", 0).as_deref(), Some("no"));
        assert_eq!(note("wno\nT", 2).as_deref(), Some("no"));
        assert_eq!(note("wno\nT", 1), None);
        assert_eq!(note("wno\x1bn", 0), None);
        assert_eq!(note("wno\x03n", 0), None);
        assert_eq!(note("w  \n", 0), None);
        assert_eq!(note("wno\nw\x08\x08ok\n", 0).as_deref(), Some("ok"));
        check("w\x08", "---", &[]);
        check("wy", "---", &[Effect::Echo('y')]);
    }

    #[test]
    fn one_of_several_ways_is_chosen() {
        let way = |keys: &str| pressed(keys).2.way(1);
        assert_eq!(way("ya"), 1);
        assert_eq!(way("yaay"), 2);
        assert_eq!(way("yaaa"), 0);
        check("ya", "y--", &[Effect::Show]);
        check("a", "---", &[Effect::NoAlternative]);
    }

    #[test]
    fn other_keys_are_told_and_change_nothing() {
        check("x", "---", &[Effect::Unknown('x')]);
        check("\n", "---", &[]);
        check("?", "---", &[Effect::Help]);
        check("d", "---", &[Effect::ShowWhole]);
        check("e", "---", &[Effect::Edit]);
        check("y\x03", "y--", &[Effect::Quit]);
        check("ynyx", "yny", &[Effect::Unknown('x')]);
    }

    #[test]
    fn a_new_look_at_the_files_keeps_the_answers() {
        let (_, _, session) = pressed("yn");
        // The first fix is gone, and there is a new one before the last.
        let asked = |transform| Asked {
            transform,
            file: FileId(0),
            alternatives: 0,
        };
        let new = [
            (asked("two"), Some(1)),
            (asked("new"), None),
            (asked("one"), Some(2)),
        ];
        let mut renewed = session.renewed(new);
        assert_eq!(renewed.answer(0), Some(Answer::Refused));
        assert_eq!(renewed.current(), Some(2));
        assert_eq!(renewed.press(Key::Character('b')), [Effect::NothingBefore]);
        renewed.press(Key::Character('y'));
        assert_eq!(renewed.current(), Some(1));
        let tally = renewed.tally();
        assert_eq!((tally.accepted, tally.refused, tally.left), (1, 1, 1));
    }
}
