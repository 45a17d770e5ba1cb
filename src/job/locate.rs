//! Finding the files of a run by the names that other tools, maybe on other machines, have for them.

use super::walk::{FOREIGN, absolute};
use crate::text::FileId;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Where the files of a run are.
pub struct Atlas {
    paths: HashMap<PathBuf, FileId>,
    /// By the last part of their names.
    names: HashMap<OsString, Vec<(PathBuf, FileId)>>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    File(FileId),
    /// A file that is there, but not of the run.
    Other,
    Nothing,
}

impl Atlas {
    pub fn new<'p>(files: impl IntoIterator<Item = (FileId, &'p Path)>) -> Self {
        let mut atlas = Self {
            paths: HashMap::new(),
            names: HashMap::new(),
        };
        for (file, path) in files {
            let path = absolute(path);
            if let Some(name) = path.file_name() {
                let named = atlas.names.entry(name.to_owned()).or_default();
                named.push((path.clone(), file));
            }
            atlas.paths.insert(path, file);
        }
        atlas
    }

    /// The file that one of these paths means: itself, behind a link, or, if there is no such file
    /// here, the only one whose path ends alike.
    pub fn find(&self, paths: &[String]) -> Found {
        let mut exists = false;
        for path in paths {
            let path = absolute(Path::new(path));
            if let Some(file) = self
                .paths
                .get(&path)
                .copied()
                .or_else(|| self.linked(&path))
            {
                return Found::File(file);
            }
            exists |= path.exists();
        }
        if exists {
            return Found::Other;
        }
        let alike = paths.iter().find_map(|path| self.alike(Path::new(path)));
        alike.map_or(Found::Nothing, Found::File)
    }

    fn named(&self, path: &Path) -> &[(PathBuf, FileId)] {
        let named = path.file_name().and_then(|name| self.names.get(name));
        named.map_or(&[], Vec::as_slice)
    }

    fn linked(&self, path: &Path) -> Option<FileId> {
        let target = path.canonicalize().ok()?;
        let same =
            |(path, _): &&(PathBuf, FileId)| path.canonicalize().is_ok_and(|path| path == target);
        Some(self.named(&target).iter().find(same)?.1)
    }

    /// A relative path must fit as a whole, an absolute one in its last two parts at least.
    fn alike(&self, path: &Path) -> Option<FileId> {
        let parts: Vec<_> = path
            .components()
            .filter_map(|part| match part {
                Component::Normal(part) => Some(part),
                _ => None,
            })
            .collect();
        let is_foreign = |part: &str| FOREIGN.contains(&part) || part == "dist-packages";
        if parts
            .iter()
            .any(|part| part.to_str().is_some_and(is_foreign))
        {
            return None;
        }
        let drive = parts.first().and_then(|part| part.to_str());
        let rooted = path.has_root() || drive.is_some_and(|part| part.ends_with(':'));
        let needed = if rooted { 2 } else { parts.len() };
        let common = |(path, _): &(PathBuf, FileId)| {
            let own = path.components().rev();
            let pairs = own.zip(parts.iter().rev());
            pairs
                .take_while(|(one, other)| one.as_os_str() == **other)
                .count()
        };
        let named = self.named(path);
        let most = named
            .iter()
            .map(common)
            .max()
            .filter(|most| *most >= needed)?;
        let mut best = named.iter().filter(|entry| common(entry) == most);
        match (best.next(), best.next()) {
            (Some((_, file)), None) => Some(*file),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_machines_are_found() {
        let paths = [
            "src/app/jobs.py",
            "src/app/api.py",
            "src/admin/api.py",
            "main.py",
        ];
        let files = paths.iter().enumerate();
        let atlas = Atlas::new(files.map(|(index, path)| (FileId(index as u32), Path::new(*path))));
        let check = |path: &str, expected: Option<u32>| {
            let expected = expected.map_or(Found::Nothing, |index| Found::File(FileId(index)));
            assert_eq!(atlas.find(&[path.to_owned()]), expected, "{path}");
        };
        check("src/app/jobs.py", Some(0));
        check("./src/app/../app/jobs.py", Some(0));
        check("/builds/team/src/app/jobs.py", Some(0));
        check("C:/code/src/app/jobs.py", Some(0));
        check("app/jobs.py", Some(0));
        check("jobs.py", Some(0));
        check("other/jobs.py", None);
        check("/other/jobs.py", None);
        check("api.py", None);
        check("/builds/admin/api.py", Some(2));
        check("/x/site-packages/app/jobs.py", None);
    }
}
