//! The files of the catalogue, compiled in.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!($name, ".toml"),
            include_str!(concat!("../../../transforms/libraries/", $name, ".toml")),
        )),*]
    };
}

/// Name and text of each, sorted by name.
pub(super) const FILES: &[(&str, &str)] = files![
    "aiohttp",
    "anyio",
    "asyncio",
    "cocotb",
    "curio",
    "httpx",
    "pytest",
    "python",
    "python_terminal",
    "python_time",
    "requests",
    "trio",
    "twisted",
];
