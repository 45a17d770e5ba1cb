//! Which transforms `--select` and `--ignore` mean: by name, by another linter's code, or by the
//! beginning of such codes, as ruff has it: `ASYNC`, `ASYNC2`. Of two that speak of a transform the
//! more exact one counts, and of equal ones `--ignore`.

use crate::fix::{Info, Transform};
use crate::transforms::CATALOGUE;
use anyhow::{Result, bail};

/// The selected transforms, in catalogue order.
pub(super) fn select(
    select: Option<&Vec<String>>,
    ignore: Option<&Vec<String>>,
) -> Result<Vec<&'static dyn Transform>> {
    for name in select.into_iter().chain(ignore).flatten() {
        if means_any(name) {
            continue;
        }
        match name.to_ascii_uppercase() {
            upper if means_any(&upper) => {
                bail!("there is no transform `{name}`: codes are written `{upper}`")
            }
            _ => bail!(
                "there is no transform `{name}`, and none has a code that begins so; \
                 `asyncfix list` names them all"
            ),
        }
    }
    let most = |names: Option<&Vec<String>>, info: &Info| {
        let names = names.into_iter().flatten();
        names.filter_map(|name| exactness(name, info)).max()
    };
    let chosen: Vec<&dyn Transform> = CATALOGUE
        .iter()
        .copied()
        .filter(|transform| {
            let info = transform.info();
            let ignored = most(ignore, info);
            match select {
                None => ignored.is_none(),
                Some(_) => most(select, info) > ignored,
            }
        })
        .collect();
    if chosen.is_empty() {
        bail!("no transform is left: --select and --ignore exclude each other");
    }
    Ok(chosen)
}

fn means_any(name: &str) -> bool {
    let mut infos = CATALOGUE.iter().map(|transform| transform.info());
    infos.any(|info| exactness(name, info).is_some())
}

/// How exactly a name means a transform, if it does.
fn exactness(name: &str, info: &Info) -> Option<usize> {
    if name == info.id || info.codes.contains(&name) {
        return Some(usize::MAX);
    }
    let mut codes = info.codes.iter();
    codes.any(|code| begins(code, name)).then_some(name.len())
}

/// Whether a code begins with this, and its letters are all there: `A` is not `ASYNC`.
fn begins(code: &str, prefix: &str) -> bool {
    let letters = code.trim_end_matches(|c: char| c.is_ascii_digit());
    code.starts_with(prefix) && prefix.starts_with(letters)
}

#[cfg(test)]
mod tests {
    use super::select;

    /// Names, separated by blanks.
    #[track_caller]
    fn check(selected: &str, ignored: &str, expected: &[&str]) {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let ignored = (!ignored.is_empty()).then(|| names(ignored));
        let chosen = select(Some(&names(selected)), ignored.as_ref()).unwrap();
        let chosen: Vec<_> = chosen.iter().map(|transform| transform.info().id).collect();
        assert_eq!(chosen, expected);
    }

    #[test]
    fn codes_may_be_given_by_their_beginning() {
        check("ASYNC25", "", &["blocking-sleep", "blocking-input"]);
        check("RUF", "", &["dangling-task"]);
        check("ASYNC25", "blocking-input", &["blocking-sleep"]);
    }

    #[test]
    fn the_more_exact_name_counts() {
        check("ASYNC251", "ASYNC", &["blocking-sleep"]);
        check("ASYNC25", "ASYNC2 ASYNC251", &["blocking-input"]);
        assert!(select(Some(&vec!["ASYNC2".into()]), Some(&vec!["ASYNC2".into()])).is_err());
    }

    #[test]
    fn letters_are_given_whole() {
        for wrong in ["A", "ASYN", "ASYNC9", "async", "blocking", ""] {
            assert!(select(Some(&vec![wrong.into()]), None).is_err(), "{wrong}");
        }
    }
}
