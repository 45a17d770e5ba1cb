//! Writing a file: the whole of it or nothing, and only over the bytes that were read.

use crate::text::{Source, Stamp};
use std::io::Write;
use std::path::Path;
use tempfile::NamedTempFile;

/// A file that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its permissions forbid writing, and still do; an administrator may all the same.
    pub was_read_only: bool,
}

/// Why a file was not written. It still is what it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("it changed since it was read; run asyncfix again")]
    Changed,
    #[error("it may not be written to ({0})")]
    ReadOnly(std::io::Error),
    #[error("the file's encoding has no {0:?}")]
    Encoding(char),
    #[error("it cannot be written ({0})")]
    Io(#[from] std::io::Error),
}

/// Replaces the text of a file, through a temporary file beside it. Permissions stay; a link stays
/// a link, and the file it leads to is replaced.
pub fn write(before: &Source, after: &str) -> Result<Written, WriteError> {
    let bytes = before.encode(after).map_err(WriteError::Encoding)?;
    if before.is_new() {
        return create(before.path(), &bytes);
    }
    let path = before.path().canonicalize()?;
    let metadata = std::fs::metadata(&path)?;
    // A rename needs no permission of the file it replaces, so that has to be asked for.
    std::fs::File::options()
        .write(true)
        .open(&path)
        .map_err(WriteError::ReadOnly)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".asyncfix-")
        .tempfile_in(folder)?;
    file.write_all(&bytes)?;
    file.as_file().set_permissions(metadata.permissions())?;
    keep_owner(file.path(), &metadata);
    file.as_file().sync_all()?;
    // As late as can be: what another program wrote in the meantime must not be lost.
    if Stamp::of(&std::fs::read(&path)?) != before.stamp() {
        return Err(WriteError::Changed);
    }
    file.persist(&path).map_err(|error| error.error)?;
    Ok(Written {
        was_read_only: metadata.permissions().readonly(),
    })
}

/// Replaces a file of ours, or makes it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let file = fresh(path, bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a file that was not there, and must not be there now.
fn create(path: &Path, bytes: &[u8]) -> Result<Written, WriteError> {
    let file = fresh(path, bytes)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(Written {
            was_read_only: false,
        }),
        Err(error) if path.exists() => {
            drop(error);
            Err(WriteError::Changed)
        }
        Err(error) => Err(error.error.into()),
    }
}

/// A temporary file with these bytes and the permissions of a new one, in the folder of `path`.
fn fresh(path: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".asyncfix-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Those of any new file, less what the user's mask takes away.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// A new file belongs to whoever runs the program; one that is rewritten should not change hands.
/// Only an administrator can do this, and for anybody else the owner is the same.
#[cfg(unix)]
fn keep_owner(path: &Path, metadata: &std::fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, chown};
    let _ = chown(path, Some(metadata.uid()), Some(metadata.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &std::fs::Metadata) {}
