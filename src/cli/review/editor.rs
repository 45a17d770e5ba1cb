//! The editor of whoever reviews, as git starts it.

use super::keys::lend;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// What is in the environment, `$VISUAL` before `$EDITOR`.
pub(super) fn command() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok();
    let mut all = ["VISUAL", "EDITOR"].into_iter().filter_map(set);
    all.find(|command| !command.trim().is_empty())
}

/// Opens files, the first one at a line (from 1), and waits until the editor ends.
pub(super) fn open<'p>(
    editor: &str,
    paths: impl Iterator<Item = &'p Path>,
    line: usize,
) -> Result<()> {
    let mut command = shell(editor);
    if takes_line(editor) {
        command.arg(format!("+{line}"));
    }
    command.args(paths);
    let status = lend(|| command.status());
    let status = status.with_context(|| format!("the editor `{editor}` cannot be started"))?;
    if !status.success() {
        bail!("the editor `{editor}` ended with {status}");
    }
    Ok(())
}

/// The value may have arguments and quotes, as in `code --wait`: the shell knows how to read it.
#[cfg(not(windows))]
fn shell(editor: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{editor} \"$@\""), editor]);
    command
}

#[cfg(windows)]
fn shell(editor: &str) -> Command {
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

/// Whether an editor goes to a line that is given as `+12`.
fn takes_line(editor: &str) -> bool {
    const KNOWN: [&str; 12] = [
        "vi",
        "vim",
        "nvim",
        "gvim",
        "view",
        "nano",
        "pico",
        "emacs",
        "emacsclient",
        "micro",
        "kak",
        "joe",
    ];
    let first = editor.split_whitespace().next().unwrap_or_default();
    let name = Path::new(first).file_stem();
    name.is_some_and(|name| KNOWN.iter().any(|known| name == *known))
}

#[cfg(test)]
mod tests {
    use super::takes_line;

    #[test]
    fn lines_are_given_to_editors_that_take_them() {
        assert!(takes_line("/usr/bin/vim -u NONE"));
        assert!(takes_line("emacsclient -nw"));
        assert!(!takes_line("code --wait"));
        assert!(!takes_line(""));
    }
}
