//! What the transforms tell of themselves.

use crate::fix::Info;
use crate::text::diff;

/// One line for each transform.
pub fn list(infos: &[&Info]) -> String {
    let width = infos.iter().map(|info| info.id.len()).max().unwrap_or(0);
    infos
        .iter()
        .map(|info| format!("{:width$}  {}\n", info.id, info.summary))
        .collect()
}

/// The table of the README.
pub fn table(infos: &[&Info]) -> String {
    let mut out = String::from("| transform | finds | also known as |\n| --- | --- | --- |\n");
    for info in infos {
        out.push_str(&format!(
            "| [`{id}`](docs/transforms/{id}.md) | {} | {} |\n",
            info.summary,
            info.codes.join(", "),
            id = info.id,
        ));
    }
    out
}

/// The page of one transform, in Markdown.
pub fn page(info: &Info) -> String {
    let mut example = Vec::new();
    for hunk in diff::hunks(info.before.as_bytes(), info.after.as_bytes()) {
        hunk.write("", &mut example);
    }
    let (language, example) = match example.is_empty() {
        // What is only told changes nothing.
        true => ("python", info.before.into()),
        false => ("diff", String::from_utf8_lossy(&example)),
    };
    let codes = match info.codes {
        [] => String::new(),
        codes => format!("Also known as {}.\n\n", codes.join(", ")),
    };
    format!(
        "# {}\n\n{}.\n\n{codes}{}\n\n## Example\n\n```{language}\n{example}```\n\n## When a person has to look\n\n{}\n",
        info.id, info.summary, info.why, info.when_review,
    )
}
