//! Which modules come with Python.

use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// Top-level modules of the standard library from 3.8 to 3.15, one a line, sorted:
/// `sys.stdlib_module_names` of 3.13, what later versions added and earlier ones still had.
const MODULES: &str = include_str!("stdlib_modules.txt");

static NAMES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| MODULES.lines().collect());

/// Whether the top-level module of a qualified name belongs to the standard library.
pub fn is_stdlib(qualified: &str) -> bool {
    let module = qualified.split('.').next().unwrap_or(qualified);
    NAMES.contains(module)
}

#[cfg(test)]
mod tests {
    use super::is_stdlib;

    #[test]
    fn knows_old_and_new_modules() {
        assert!(is_stdlib("asyncio.tasks") && is_stdlib("distutils") && is_stdlib("tomllib"));
        assert!(!is_stdlib("httpx") && !is_stdlib(""));
    }
}
