//! `asyncfix review`: deciding about fixes, at a terminal or by arguments.

mod editing;
mod editor;
mod keys;
mod scripted;
mod terminal;

use super::args::{ReviewArgs, RunArgs};
use super::commands::{Exit, start};
use anyhow::{Result, bail};
use std::path::Path;

pub(super) fn review(args: &ReviewArgs) -> Result<Exit> {
    if args.look.isolated {
        bail!(
            "--isolated leaves decisions aside, and a review is about them; name a settings file \
             with --config instead"
        );
    }
    if args.look.paths.iter().any(|path| path == Path::new("-")) {
        bail!("a review needs files: decisions about standard input could not be found again");
    }
    let run_args = RunArgs::writing(args.look.clone());
    if let Some(file) = &args.import {
        return scripted::import(&run_args, file, args.overwrite);
    }
    let is_asked = args.accept.is_empty() && args.refuse.is_empty() && !args.list && !args.prune;
    if is_asked {
        terminal::check()?;
    }
    let mut run = start(&run_args)?;
    run.settings.selection.alternatives = true;
    if args.list {
        scripted::list(&run)
    } else if args.prune {
        scripted::prune(run)
    } else if is_asked {
        terminal::ask(run, args)
    } else {
        scripted::decide(run, args)
    }
}
