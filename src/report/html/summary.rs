//! How many fixes and findings there are, as tables with bars that need no script.

use super::Place;
use super::escape::escaped;
use crate::fix::Safety;
use crate::report::summary::count;
use std::collections::BTreeMap;

/// More directories than these are not told apart.
const MOST_ROWS: usize = 12;

/// Directories are told apart from the depth on at which there are so many.
const SPREAD: usize = 4;

const SAFETIES: [Safety; 3] = [Safety::Safe, Safety::Review, Safety::Manual];

/// How many entries there are of each safety.
type Counts = BTreeMap<Safety, usize>;

#[derive(Default)]
pub(super) struct Summary {
    all: Counts,
    transforms: BTreeMap<&'static str, Counts>,
    folders: BTreeMap<Vec<String>, Counts>,
}

impl Summary {
    pub fn add(&mut self, place: &Place<'_>) {
        let safety = place.finding.remedy.safety();
        let mut folder: Vec<String> = place.path.split('/').map(str::to_owned).collect();
        folder.pop();
        for counts in [
            &mut self.all,
            self.transforms.entry(place.finding.transform).or_default(),
            self.folders.entry(folder).or_default(),
        ] {
            *counts.entry(safety).or_default() += 1;
        }
    }

    /// `12 fixes, 3 findings without a fix`.
    pub fn counts(&self) -> String {
        let of = |safety| self.all.get(&safety).copied().unwrap_or_default();
        let fixes = match of(Safety::Safe) + of(Safety::Review) {
            1 => "1 fix".to_owned(),
            fixes => format!("{fixes} fixes"),
        };
        let findings = count(of(Safety::Manual), "finding");
        format!("{fixes}, {findings} without a fix")
    }

    pub fn tables(&self) -> String {
        let safety = SAFETIES.map(|safety| {
            let number = self.all.get(&safety).copied().unwrap_or_default();
            let counts = Counts::from([(safety, number)]);
            (safety.as_str().to_owned(), counts)
        });
        let transforms = self.transforms.iter();
        let mut transforms: Vec<_> = transforms
            .map(|(name, counts)| ((*name).to_owned(), counts.clone()))
            .collect();
        transforms.sort_by_key(|(_, counts)| std::cmp::Reverse(total(counts)));
        [
            table("Safety", "safety", "", &safety, 0),
            table("Transform", "transform", "", &transforms, 0),
            self.folders(),
        ]
        .concat()
    }

    /// How many parts all directories begin with.
    fn common(&self) -> usize {
        let mut folders = self.folders.keys();
        let first = folders.next().map_or(&[] as &[String], Vec::as_slice);
        folders.fold(first.len(), |common, folder| {
            let both = first.iter().zip(folder).take(common);
            both.take_while(|(one, other)| one == other).count()
        })
    }

    /// The directories at the first depth that tells enough of them apart.
    fn folders(&self) -> String {
        let deepest = self.folders.keys().map(Vec::len).max().unwrap_or_default();
        let at = |depth: usize| {
            let mut rows: BTreeMap<String, Counts> = BTreeMap::new();
            for (folder, counts) in &self.folders {
                let name = folder[..depth.min(folder.len())].join("/");
                let row = rows.entry(name).or_default();
                for (safety, number) in counts {
                    *row.entry(*safety).or_default() += number;
                }
            }
            rows
        };
        let depth = (1..deepest).find(|depth| at(*depth).len() >= SPREAD);
        let mut rows: Vec<(String, Counts)> = at(depth.unwrap_or(deepest)).into_iter().collect();
        rows.sort_by_key(|(_, counts)| std::cmp::Reverse(total(counts)));
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        let common = self.common();
        let above = match self.folders.keys().next() {
            Some(first) if common > 0 => format!("{}/", first[..common].join("/")),
            _ => String::new(),
        };
        table("Directory", "directory", &above, &rows, left_out)
    }
}

fn total(counts: &Counts) -> usize {
    counts.values().sum()
}

/// The script of the page makes buttons of the names, which show what they count. What all begin with is
/// said once.
fn table(
    title: &str,
    filter: &str,
    above: &str,
    rows: &[(String, Counts)],
    left_out: usize,
) -> String {
    let most = rows.iter().map(|(_, counts)| total(counts)).max();
    let most = most.unwrap_or_default().max(1);
    let within = match above.strip_suffix('/') {
        Some(above) => format!(" in {}", escaped(above)),
        None => String::new(),
    };
    let mut out = format!(
        "<table class=\"chart {filter}\"><caption>{title}{within}</caption>\
         <thead class=\"unseen\"><tr><th scope=\"col\">{title}</th><th scope=\"col\">Share</th>\
         <th scope=\"col\">Number</th></tr></thead><tbody>\n"
    );
    for (name, counts) in rows {
        let shown = match name.strip_prefix(above) {
            Some(below) if !below.is_empty() => escaped(below),
            _ => "(top level)".to_owned(),
        };
        let mut bars = String::new();
        let mut told = Vec::new();
        for safety in SAFETIES {
            let number = counts.get(&safety).copied().unwrap_or_default();
            if number > 0 {
                let share = 100.0 * number as f64 / most as f64;
                bars.push_str(&format!(
                    "<i class=\"{safety}\" style=\"width:{share:.2}%\"></i>"
                ));
                told.push(format!("{number} {safety}"));
            }
        }
        let (told, number) = (told.join(", "), total(counts));
        out.push_str(&format!(
            "<tr><th scope=\"row\" data-filter=\"{filter}\" data-value=\"{}\">{shown}</th>\
             <td class=\"bar\" title=\"{told}\"><span class=\"unseen\">{told}</span>{bars}</td>\
             <td>{number}</td></tr>\n",
            escaped(name),
        ));
    }
    out.push_str("</tbody>");
    if left_out > 0 {
        out.push_str(&format!(
            "<tfoot><tr><td colspan=\"3\">and {left_out} more</td></tr></tfoot>"
        ));
    }
    out.push_str("</table>\n");
    out
}
