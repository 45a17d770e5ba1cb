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
    "paramiko",
    "pika",
    "pytest",
    "pytest_asyncio",
    "python",
    "python_callbacks",
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
];
