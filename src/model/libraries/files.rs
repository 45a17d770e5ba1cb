//! The files of the catalogue, compiled in.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!($name, ".toml"),
            include_str!(concat!("../../../transforms/libraries/", $name, ".toml")),
        )),*]
    };
}

/// What the names of one HTTP library become in another.
pub(super) const MAPPINGS: &[(&str, &str)] = files![
    "mappings/requests_to_aiohttp",
    "mappings/requests_to_httpx",
    "mappings/requests_to_niquests",
];

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
    "django_database",
    "fastapi",
    "flask",
    "httpx",
    "kafka",
    "litestar",
    "mysql",
    "pandas",
    "paramiko",
    "pika",
    "psycopg",
    "psycopg2",
    "pymongo",
    "pymysql",
    "pytest",
    "pytest_asyncio",
    "python",
    "python_archives",
    "python_callbacks",
    "python_database",
    "python_files",
    "python_network",
    "python_processes",
    "python_terminal",
    "python_threads",
    "python_time",
    "quart",
    "redis",
    "requests",
    "sanic",
    "sqlalchemy",
    "starlette",
    "tenacity",
    "tornado",
    "trio",
    "twisted",
    "typer",
    "urllib3",
    "pyyaml",
];
