//! Where a repository is worked on: a git directory of ours that borrows its objects, and `git worktree`s
//! of that. The repository itself is only read.

use super::Trouble;
use super::git::Git;
use super::sources::{Place, Repository};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What all repositories have in common: places and bounds.
pub struct Workshop {
    /// `work/<name>` in the output folder.
    pub folder: PathBuf,
    pub home: PathBuf,
    pub git: Git,
    pub commit: String,
    seconds: u64,
}

/// A work tree, gone when it is dropped.
pub struct WorkTree {
    pub path: PathBuf,
    /// Links that led out of the repository and were left out.
    pub links_left_out: Vec<String>,
}

impl Drop for WorkTree {
    fn drop(&mut self) {
        // Everything below `work` is removed in the end.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

impl Workshop {
    /// Gets a workshop ready, or finds it as it was left. `pinned` is the commit that was decided upon.
    pub fn open(
        repository: &Repository,
        folder: &Path,
        pinned: Option<&str>,
        seconds: u64,
    ) -> Result<Self, Trouble> {
        let home = folder.join("home");
        make(&home)?;
        let own = folder.join("repository.git");
        if !own.is_dir() {
            // What was begun by a process that was killed has another number.
            let begun = folder.join(format!("begun-{}", std::process::id()));
            clear(&begun)?;
            match &repository.place {
                Place::Local(path) => borrow(path, &begun, &home, seconds)?,
                Place::Url(url) => {
                    fetch(
                        url,
                        pinned.unwrap_or(&repository.revision),
                        &begun,
                        &home,
                        seconds,
                    )?;
                }
            }
            std::fs::rename(&begun, &own).map_err(|error| io("prepare", &own, error))?;
        }
        let git = Git::own(&own, &home, seconds);
        let commit = match (pinned, &repository.place) {
            (Some(pinned), _) => pinned.to_owned(),
            (None, Place::Local(path)) => {
                commit_at(&Git::at(path, &home, seconds), &repository.revision)?
            }
            (None, Place::Url(_)) => commit_at(&git, "refs/asyncfix/base")?,
        };
        Ok(Self {
            folder: folder.to_path_buf(),
            home,
            git,
            commit,
            seconds,
        })
    }

    /// A fresh work tree with the exact bytes of a commit.
    pub fn tree(&self, name: &str, commit: &str) -> Result<WorkTree, Trouble> {
        let name = format!("{name}-{}", std::process::id());
        // Nobody above may take it for theirs.
        let path = self.folder.join("trees").join(&name);
        clear(&path)?;
        make(&self.folder.join("trees"))?;
        let mut tree = WorkTree {
            path: path.clone(),
            links_left_out: Vec::new(),
        };
        self.git.run(&[
            "worktree".as_ref(),
            "add".as_ref(),
            "--quiet".as_ref(),
            "--force".as_ref(),
            "--detach".as_ref(),
            path.as_os_str(),
            commit.as_ref(),
        ])?;
        let listed = self
            .git
            .run(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        for entry in listed.split(|byte| *byte == 0) {
            let Some(entry) = entry.strip_prefix(b"120000 ") else {
                continue;
            };
            let Some(at) = memchr::memchr(b'\t', entry) else {
                continue;
            };
            let link = path.join(std::ffi::OsStr::from_bytes(&entry[at + 1..]));
            if leads_out(&path, &link) {
                std::fs::remove_file(&link).map_err(|error| io("prepare", &link, error))?;
                let name = String::from_utf8_lossy(&entry[at + 1..]).into_owned();
                tree.links_left_out.push(name);
            }
        }
        Ok(tree)
    }

    /// A file for git's index, for one use.
    pub fn index(&self) -> Result<(PathBuf, Git), Trouble> {
        let path = self.folder.join(format!("index-{}", std::process::id()));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(io("commit", &path, error))
            }
            _ => Ok((path.clone(), self.git.with_index(&path))),
        }
    }

    pub fn seconds(&self) -> u64 {
        self.seconds
    }
}

/// A link that does not stay in the tree, or that leads nowhere.
fn leads_out(tree: &Path, link: &Path) -> bool {
    let inside = |target: PathBuf| {
        tree.canonicalize()
            .is_ok_and(|tree| target.starts_with(tree))
    };
    // What leads nowhere cannot be followed, but could be written through.
    !link.canonicalize().is_ok_and(inside)
}

/// A git directory that has the objects of another repository.
fn borrow(source: &Path, own: &Path, home: &Path, seconds: u64) -> Result<(), Trouble> {
    if !source.is_dir() {
        return Err(Trouble::of("prepare", "there is no such folder"));
    }
    let git = Git::at(source, home, seconds);
    let common = git.run(&["rev-parse", "--path-format=absolute", "--git-common-dir"]);
    let common = common.map_err(|_| Trouble::of("prepare", "it is no git repository"))?;
    let common = common.strip_suffix(b"\n").unwrap_or(&common);
    let common = Path::new(std::ffi::OsStr::from_bytes(common));
    let format = git.line(&["rev-parse", "--show-object-format"])?;
    if format != "sha1" {
        let why = format!("its objects are named by {format}, of which asyncfix knows too little");
        return Err(Trouble::of("prepare", why));
    }
    init(own, home, seconds)?;
    let objects = common.join("objects");
    let mut line = objects.as_os_str().as_bytes().to_vec();
    if line.contains(&b'\n') || line.first() == Some(&b'"') || line.first() == Some(&b'#') {
        return Err(Trouble::of(
            "prepare",
            "its path cannot be written into git's files",
        ));
    }
    line.push(b'\n');
    let alternates = own.join("objects/info/alternates");
    std::fs::write(&alternates, line).map_err(|error| io("prepare", &alternates, error))?;
    // Where its history ends.
    let shallow = common.join("shallow");
    if shallow.is_file() {
        let copied = std::fs::copy(&shallow, own.join("shallow"));
        copied.map_err(|error| io("prepare", &shallow, error))?;
    }
    Ok(())
}

fn fetch(url: &str, revision: &str, own: &Path, home: &Path, seconds: u64) -> Result<(), Trouble> {
    init(own, home, seconds)?;
    let wanted = format!("+{revision}:refs/asyncfix/base");
    let arguments = [
        "fetch",
        "--quiet",
        "--depth=1",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-recurse-submodules",
        "--end-of-options",
        url,
        &wanted,
    ];
    Git::own(own, home, seconds).remote(&arguments)?;
    Ok(())
}

fn init(own: &Path, home: &Path, seconds: u64) -> Result<(), Trouble> {
    make(own)?;
    let init = [
        "init",
        "--quiet",
        "--bare",
        "--template=",
        "--object-format=sha1",
        ".",
    ];
    Git::at(own, home, seconds).run(&init)?;
    make(&own.join("objects/info"))
}

fn commit_at(git: &Git, revision: &str) -> Result<String, Trouble> {
    let wanted = format!("{revision}^{{commit}}");
    git.line(&[
        "rev-parse",
        "--quiet",
        "--verify",
        "--end-of-options",
        &wanted,
    ])
    .map_err(|_| match revision {
        "HEAD" => Trouble::of("prepare", "it has no commit"),
        _ => Trouble::of("prepare", format!("it has no revision `{revision}`")),
    })
}

pub fn make(folder: &Path) -> Result<(), Trouble> {
    std::fs::create_dir_all(folder).map_err(|error| io("prepare", folder, error))
}

/// Removes a folder and all in it, if it is there.
pub fn clear(folder: &Path) -> Result<(), Trouble> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(io("prepare", folder, error))
        }
        _ => Ok(()),
    }
}

pub fn io(at: &'static str, path: &Path, error: std::io::Error) -> Trouble {
    Trouble::of(at, format!("{}: {error}", path.display()))
}
