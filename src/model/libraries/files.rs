//! The files of the catalogue, compiled in.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!($name, ".toml"),
            include_str!(concat!("../../../transforms/libraries/", $name, ".toml")),
        )),*]
    };
}

/// File and text of each, sorted by the name of the library.
pub(super) const FILES: &[(&str, &str)] = files![
    "pillow",
    "aiogram",
    "aiohttp",
    "anyio",
    "asgiref",
    "asyncio",
    "backoff",
    "boto3",
    "cachetools",
    "celery",
    "click",
    "cocotb",
    "curio",
    "discord",
    "django",
    "fastapi",
    "flask",
    "httpx",
    "kafka",
    "litestar",
    "pandas",
    "paramiko",
    "pika",
    "pytest",
    "pytest_asyncio",
    "python",
    "python_archives",
    "python_callbacks",
    "python_files",
    "python_network",
    "python_processes",
    "python_terminal",
    "python_threads",
    "python_time",
    "quart",
    "requests",
    "sanic",
    "starlette",
    "tenacity",
    "tornado",
    "trio",
    "twisted",
    "typer",
    "urllib3",
    "pyyaml",
];
