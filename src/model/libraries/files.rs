//! The files of the catalogue, compiled in.

use super::Library;
use std::sync::Arc;

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
const FILES: &[(&str, &str)] = files![
    "pillow",
    "aio_pika",
    "aiofiles",
    "aiogram",
    "aiohttp",
    "aiomysql",
    "aiopg",
    "aiosqlite",
    "anyio",
    "asgiref",
    "asyncio",
    "asyncpg",
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
    "elasticsearch",
    "esphome",
    "fastapi",
    "flask",
    "homeassistant",
    "httpx",
    "kafka",
    "litestar",
    "mysql",
    "nest_asyncio",
    "nest_asyncio2",
    "opentelemetry",
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
    "websockets",
    "pyyaml",
];

/// Every library.
pub(super) fn libraries() -> Result<Vec<Arc<Library>>, String> {
    let mut found = Vec::new();
    for (file, text) in FILES {
        let read = |text: &str| -> Result<Library, String> {
            toml::from_str(text).map_err(|error| format!("{file}: {error}"))
        };
        found.push(Arc::new(read(text)?));
        // httpx2 has the names of httpx.
        if *file == "httpx.toml" {
            found.push(Arc::new(read(&text.replace("httpx", "httpx2"))?));
        }
    }
    Ok(found)
}
