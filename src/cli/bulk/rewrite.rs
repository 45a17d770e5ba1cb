//! The process that rewrites one repository for a bulk job: what it uses up or breaks is its own.

use super::super::args::RunArgs;
use super::super::commands::Exit;
use super::super::reviewed::Reviewed;
use super::super::settings::Settings;
use super::super::terminal::{print, silence_panics};
use crate::fix::Safety;
use crate::job::bulk::{Outcome, Request, end_with_parent, limit_memory};
use crate::job::{self, Rewritten, TreeOptions, rewrite_tree};
use crate::report::summary::of_mistakes;
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;

/// Does what the file asks for, in the working directory, and prints what came of it.
pub(super) fn rewrite(request: &Path) -> Result<Exit> {
    let text = std::fs::read(request).context("cannot read what is asked for")?;
    let request: Request =
        serde_json::from_slice(&text).context("what is asked for is no request")?;
    end_with_parent();
    limit_memory(request.memory).map_err(|why| anyhow!(why))?;
    silence_panics();
    let mut args = RunArgs::over(".");
    match Path::new("pyproject.toml").is_file() {
        true => args.look.config = Some("pyproject.toml".into()),
        false => args.look.isolated = true,
    }
    args.look.select = request.only.clone().map(|only| vec![only]);
    let mut settings = Settings::resolve_with(&args, request.settings.as_deref())?;
    args.look.isolated = false;
    let reviewed = Reviewed::read(&args)?;
    settings.selection.alternatives = reviewed.ledger.has_accepted();
    let options = TreeOptions {
        selection: &settings.selection,
        excludes: &settings.excludes,
        at_least: match request.review {
            true => Safety::Review,
            false => Safety::Safe,
        },
        decisions: Some(&reviewed.ledger),
        threads: 1,
    };
    let rewritten = rewrite_tree(Path::new("."), options)?;
    let mistakes = of_mistakes(&rewritten.plan);
    if request.write {
        write(&rewritten, &request.tree)?;
    }
    let outcome = Outcome::of(&rewritten, mistakes)?;
    print(&serde_json::to_vec(&outcome)?)?;
    Ok(Exit::Clean)
}

/// Writes all that was planned, if all of it is in the tree.
fn write(rewritten: &Rewritten, tree: &Path) -> Result<()> {
    let tree = tree.canonicalize()?;
    for patch in &rewritten.plan.patches {
        let path = std::path::absolute(patch.before.path())?;
        let real = match patch.before.is_new() {
            true => path.parent().unwrap_or(&tree).canonicalize()?,
            false => path.canonicalize()?,
        };
        if !real.starts_with(&tree) {
            bail!("{}: lies outside of the repository", path.display());
        }
    }
    for patch in &rewritten.plan.patches {
        job::write(&patch.before, &patch.after)
            .with_context(|| format!("{} cannot be written", patch.before.path().display()))?;
    }
    Ok(())
}
