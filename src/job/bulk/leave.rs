//! What is left of a repository's rewriting: patches always, and where the job says so, a branch in the
//! repository or changed files in its work tree. All of it can be done again after it was cut short.

use super::Trouble;
use super::commit::listed;
use super::git::Git;
use super::outcome::Outcome;
use super::repository::Task;
use super::sources::Place;
use super::spec::Leave;
use super::steps::{Left, Tip};
use super::workshop::{Workshop, clear, io, make};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// Where files of a work tree are kept as they were.
pub const ORIGINALS: &str = "originals";

/// Where patches go that a check says no to.
const FAILING: &str = "failing";

/// Leaves what the job asks for; of what is `broken`, only patches in a folder of their own.
pub fn leave(
    task: &Task<'_>,
    shop: &Workshop,
    outcome: &Outcome,
    tip: &Tip,
    broken: bool,
) -> Result<Left, Trouble> {
    let results = task.results();
    tidy(&results)?;
    let mut left = Left {
        found: outcome.found(),
        fixed: outcome.fixed(),
        looked_at: outcome.files,
        ..Left::default()
    };
    let Some(last) = tip.commits.last() else {
        return Ok(left);
    };
    let folder = match broken {
        true => results.join(FAILING),
        false => results,
    };
    make(&folder)?;
    let mut paths = Vec::new();
    for (index, commit) in tip.commits.iter().enumerate() {
        let arguments = [
            "format-patch",
            "-1",
            "--stdout",
            "--no-signature",
            "--full-index",
            "--binary",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            commit,
        ];
        let patch = shop.git.run(&arguments)?;
        let subject = shop.git.line(&["log", "-1", "--format=%f", commit])?;
        let subject: String = subject.chars().take(60).collect();
        let name = format!("{:04}-{subject}.patch", index + 1);
        put(&folder.join(&name), &patch)?;
        paths.push(folder.join(&name));
        left.patches.insert(name, fingerprint(&patch));
    }
    verify(shop, &paths, last)?;
    if broken {
        return Ok(left);
    }
    match (task.job.leave, &task.repository.place) {
        (Leave::Patches, _) => {}
        (_, Place::Url(_)) => {
            let why = "it is elsewhere: only patches can be left of it (leave = \"patches\")";
            return Err(Trouble::of("leave", why));
        }
        (Leave::Branch, Place::Local(path)) => {
            branch(task, shop, path, last)?;
            left.branch = Some((task.job.branch.clone(), last.clone()));
        }
        (Leave::Worktree, Place::Local(path)) => {
            left.files = write_files(task, shop, path, outcome, last)?;
        }
    }
    Ok(left)
}

/// Removes what an earlier attempt left.
fn tidy(results: &Path) -> Result<(), Trouble> {
    clear(&results.join(FAILING))?;
    for entry in std::fs::read_dir(results).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension() == Some(OsStr::new("patch")) {
            std::fs::remove_file(&path).map_err(|error| io("leave", &path, error))?;
        }
    }
    Ok(())
}

/// Sees to it that the patches, one after the other, give exactly the tree that they were made from.
fn verify(shop: &Workshop, patches: &[PathBuf], tip: &str) -> Result<(), Trouble> {
    let (_, git) = shop.index()?;
    git.run(&["read-tree", &shop.commit])?;
    for patch in patches {
        let patch = std::path::absolute(patch).map_err(|error| io("leave", patch, error))?;
        git.run(&[
            "apply".as_ref(),
            "--cached".as_ref(),
            "--whitespace=nowarn".as_ref(),
            patch.as_os_str(),
        ])?;
    }
    let given = git.line(&["write-tree"])?;
    let wanted = git.line(&["rev-parse", &format!("{tip}^{{tree}}")])?;
    match given == wanted {
        true => Ok(()),
        false => Err(Trouble::of(
            "leave",
            "its patches do not give what they should; please report this",
        )),
    }
}

/// Makes the branch, unless there is one of that name.
fn branch(task: &Task<'_>, shop: &Workshop, path: &Path, tip: &str) -> Result<(), Trouble> {
    let git = Git::at(path, &shop.home, shop.seconds());
    let name = format!("refs/heads/{}", task.job.branch);
    git.run(&["check-ref-format", &name])
        .map_err(|_| Trouble::of("leave", format!("`{}` cannot be a branch", task.job.branch)))?;
    let found = git.line(&["for-each-ref", "--format=%(objectname)", &name])?;
    if found == tip {
        return Ok(());
    }
    if !found.is_empty() {
        let why = format!(
            "it has a branch `{}` already: delete it, or name another",
            task.job.branch
        );
        return Err(Trouble::of("leave", why));
    }
    let common = git.run(&["rev-parse", "--path-format=absolute", "--git-common-dir"])?;
    let common = Path::new(OsStr::from_bytes(
        common.strip_suffix(b"\n").unwrap_or(&common),
    ));
    lend(
        &shop.folder.join("repository.git/objects"),
        &common.join("objects"),
    )?;
    git.run(&["update-ref", "-m", "asyncfix", "--no-deref", &name, tip, ""])?;
    Ok(())
}

/// Copies objects that are files of their own, as all are that we make.
fn lend(ours: &Path, theirs: &Path) -> Result<(), Trouble> {
    for folder in std::fs::read_dir(ours).into_iter().flatten().flatten() {
        let name = folder.file_name();
        if name.len() != 2 {
            continue;
        }
        for object in std::fs::read_dir(folder.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let to = theirs.join(&name).join(object.file_name());
            if to.exists() || object.file_name().len() != 38 {
                continue;
            }
            make(&theirs.join(&name))?;
            let from = object.path();
            let bytes = std::fs::read(&from).map_err(|error| io("leave", &from, error))?;
            put(&to, &bytes)?;
            let mut permissions = std::fs::metadata(&to)
                .map_err(|error| io("leave", &to, error))?
                .permissions();
            permissions.set_readonly(true);
            std::fs::set_permissions(&to, permissions).map_err(|error| io("leave", &to, error))?;
        }
    }
    Ok(())
}

/// A file of a work tree: its bytes now, if it is there, and as they are to be.
struct Change {
    path: PathBuf,
    now: Option<Vec<u8>>,
    after: Vec<u8>,
}

/// Writes the changed files over those of the work tree, which must be what was committed.
fn write_files(
    task: &Task<'_>,
    shop: &Workshop,
    root: &Path,
    outcome: &Outcome,
    tip: &str,
) -> Result<BTreeMap<String, (Option<String>, String)>, Trouble> {
    let names: Vec<&String> = outcome.blobs.keys().collect();
    let before = listed(&shop.git, &shop.commit, &names)?;
    let after = listed(&shop.git, tip, &names)?;
    let originals = task.results().join(ORIGINALS);
    let mut changes = BTreeMap::new();
    for name in names {
        let bytes = |id: &str| shop.git.run(&["cat-file", "blob", id]);
        let old = before.get(name).map(|blob| bytes(&blob.id)).transpose()?;
        let Some(new) = after.get(name).map(|blob| bytes(&blob.id)).transpose()? else {
            continue;
        };
        let path = root.join(name);
        if is_behind_link(root, name) {
            return Err(Trouble::of("leave", format!("{name}: it is behind a link")));
        }
        let kept = std::fs::read(originals.join(name)).ok();
        let change = changed(path, old, new, kept)
            .map_err(|why| Trouble::of("leave", format!("{name}: {why}")))?;
        changes.insert(name.clone(), change);
    }
    let mut files = BTreeMap::new();
    for (name, change) in &changes {
        if let Some(now) = &change.now {
            let kept = originals.join(name);
            make(kept.parent().unwrap_or(&originals))?;
            if !kept.exists() {
                put(&kept, now)?;
            }
        }
        let sums = (
            change.now.as_deref().map(fingerprint),
            fingerprint(&change.after),
        );
        files.insert(name.clone(), sums);
    }
    for change in changes.values() {
        if std::fs::read(&change.path).ok().as_ref() != Some(&change.after) {
            put(&change.path, &change.after)?;
        }
    }
    Ok(files)
}

/// What a file is to become, if it still is what it was, or is that already. `kept` is what it was when
/// this was begun before.
fn changed(
    path: PathBuf,
    old: Option<Vec<u8>>,
    new: Vec<u8>,
    kept: Option<Vec<u8>>,
) -> Result<Change, String> {
    let now = match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error.to_string()),
    };
    // Work trees may have other line ends than what is committed.
    let carried = old.as_deref().map(with_crlf);
    let carried_after = with_crlf(&new);
    for (was, after) in [(old, new), (carried, carried_after)] {
        let is_new = now == was;
        let is_done = now.as_ref() == Some(&after) && (kept == was);
        if is_new || is_done {
            return Ok(Change {
                path,
                now: was,
                after,
            });
        }
    }
    Err(
        "the work tree has other bytes than the commit: commit or put away what was changed"
            .to_owned(),
    )
}

fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 20);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(rest) if rest.last() != Some(&b'\r') => {
                out.extend_from_slice(&[rest, b"\r\n"].concat())
            }
            _ => out.extend_from_slice(line),
        }
    }
    out
}

/// Whether a link is on the way to a file, or is the file.
pub fn is_behind_link(root: &Path, name: &str) -> bool {
    let mut path = root.to_path_buf();
    Path::new(name).components().any(|part| {
        path.push(part);
        path.is_symlink() || !matches!(part, std::path::Component::Normal(_))
    })
}

pub fn fingerprint(bytes: &[u8]) -> String {
    format!("{:032x}", xxh3_128(bytes))
}

/// Replaces a file as a whole, and keeps its permissions. The temporary file has one name for ever, so that
/// none stays behind when this is cut short and done again.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".asyncfix-bulk-{name}"));
    let wrong = |error| io("leave", path, error);
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(wrong(error)),
        _ => {}
    }
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .open(&temporary)
        .map_err(wrong)?;
    file.write_all(bytes).map_err(wrong)?;
    if let Ok(metadata) = std::fs::metadata(path) {
        file.set_permissions(metadata.permissions())
            .map_err(wrong)?;
    }
    file.sync_all().map_err(wrong)?;
    std::fs::rename(&temporary, path).map_err(wrong)
}
