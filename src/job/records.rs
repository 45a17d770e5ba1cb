//! `.asyncfix/`: the folder in which a project keeps what was decided about it.

use super::walk::absolute;
use super::write::replace;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The folder's name.
const FOLDER: &str = ".asyncfix";

/// Where a project keeps its records, whether there are any yet or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// The folder that holds `.asyncfix`.
    root: PathBuf,
}

impl Records {
    /// Those of the project that the paths are in: the nearest folder above all of them that has records or
    /// is a git repository, else the nearest with a `pyproject.toml`, else the folder that holds all paths.
    pub fn of(paths: &[PathBuf]) -> Self {
        let mut all = paths.iter().map(|path| absolute(path));
        let first = all.next().unwrap_or_else(|| absolute(Path::new(".")));
        let mut common = match first.is_dir() {
            true => first,
            false => first.parent().map(Path::to_path_buf).unwrap_or(first),
        };
        for path in all {
            while !path.starts_with(&common) && common.pop() {}
        }
        let nearest = |marks: &[&str]| {
            let mut above = common.ancestors();
            above.find(|folder| marks.iter().any(|mark| folder.join(mark).exists()))
        };
        // What lies above a repository is about something else.
        let root = nearest(&[FOLDER, ".git"]).or_else(|| nearest(&["pyproject.toml"]));
        Self {
            root: root.unwrap_or(&common).to_path_buf(),
        }
    }

    /// The name of a file in the records: from the root, with slashes; nothing for files elsewhere.
    pub fn name_of(&self, path: &Path) -> Option<String> {
        let path = absolute(path);
        let parts = path.strip_prefix(&self.root).ok()?.components();
        let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
        Some(parts?.join("/"))
    }

    /// What the project is called: the name of its folder.
    pub fn title(&self) -> String {
        let name = self.root.file_name();
        name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// The file that a name stands for.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where a record is kept.
    pub fn path(&self, record: &str) -> PathBuf {
        self.root.join(FOLDER).join(record)
    }

    /// The text of a record, if there is one.
    pub fn read(&self, record: &str) -> std::io::Result<Option<String>> {
        match std::fs::read_to_string(self.path(record)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the whole text of a record, and makes the folder where it is missing.
    pub fn write(&self, record: &str, text: &str) -> std::io::Result<()> {
        let path = self.path(record);
        std::fs::create_dir_all(self.root.join(FOLDER))?;
        replace(&path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_those_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let root = absolute(folder.path());
        let check = |path: &str, expected: &str| {
            let records = Records::of(&[root.join(path)]);
            assert_eq!(
                records.path("x"),
                root.join(expected).join(FOLDER).join("x")
            );
        };
        std::fs::create_dir_all(root.join("home/code/app/src")).unwrap();
        std::fs::write(root.join("home/code/app/pyproject.toml"), "").unwrap();
        check("home/code/app/src", "home/code/app");
        std::fs::create_dir_all(root.join("home/.asyncfix")).unwrap();
        check("home/code/app/src", "home");
        std::fs::create_dir_all(root.join("home/code/.git")).unwrap();
        check("home/code/app/src", "home/code");
        let both = [root.join("home/code/app/src"), root.join("home/other.py")];
        assert_eq!(Records::of(&both).name_of(&both[1]).unwrap(), "other.py");
    }
}
