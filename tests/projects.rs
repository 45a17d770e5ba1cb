//! Runs over several files: what is followed from one to the other, and `asyncfix why`.

use crate::sandbox::{Sandbox, compare};

/// A coroutine, a plain function in another file, and a third that sleeps.
const SHOP: &[(&str, &str)] = &[
    ("pyproject.toml", "[project]\nname = 'shop'\n"),
    ("shop/__init__.py", ""),
    (
        "shop/api.py",
        "from shop import orders\n\n\nasync def show(number):\n    return orders.load(number).title()\n",
    ),
    (
        "shop/orders.py",
        "from .client import fetch\n\n\ndef load(number):\n    return fetch(number).strip()\n",
    ),
    (
        "shop/client.py",
        "import time\n\n\ndef fetch(number):\n    time.sleep(1)\n    return f\"order {number}\"\n",
    ),
];

/// A script without a coroutine, which calls what should become one.
const SCRIPT: (&str, &str) = (
    "report.py",
    "from shop.orders import load\n\nprint(load(1))\n",
);

const CHAIN: &str = "--select=blocking-chain";

#[test]
fn chains_are_listed_with_every_call() {
    let shop = Sandbox::with(SHOP);
    compare("chain_list", &shop.run(&[CHAIN]));
    compare("chain_json", &shop.run(&[CHAIN, "--output-format=json"]));
    compare("chain_diff", &shop.run(&[CHAIN, "--diff"]));
}

#[test]
fn one_fix_changes_all_files_or_none() {
    let shop = Sandbox::with(SHOP);
    assert_eq!(shop.exit_code(&[CHAIN, "--write", "--accept-review"]), 0);
    for file in ["shop/client.py", "shop/orders.py"] {
        let text = String::from_utf8(shop.read(file)).unwrap();
        assert!(text.contains("async def"), "{file}:\n{text}");
    }
    assert_eq!(shop.exit_code(&[CHAIN]), 0);
}

#[test]
fn callers_without_a_coroutine_are_found() {
    let shop = Sandbox::with(SHOP);
    shop.write(SCRIPT.0, SCRIPT.1);
    // More files than are all parsed in any case.
    for number in 0..300 {
        shop.write(&format!("other/module_{number}.py"), "x = 1\n");
    }
    compare("chain_called_elsewhere", &shop.run(&[CHAIN]));
}

#[test]
fn what_was_not_asked_for_is_read_and_not_changed() {
    let shop = Sandbox::with(SHOP);
    compare("chain_in_a_part", &shop.run(&[CHAIN, "shop/api.py"]));
    assert_eq!(
        shop.exit_code(&[CHAIN, "--write", "--accept-review", "shop/api.py"]),
        0
    );
    assert!(!shop.read("shop/client.py").starts_with(b"import asyncio"));
}

#[test]
fn the_order_of_cuts_is_a_setting() {
    let shop = Sandbox::with(SHOP);
    let settings = |cuts: &str| {
        shop.write(
            "pyproject.toml",
            format!("[tool.asyncfix]\nchain-cuts = {cuts}\n"),
        );
    };
    settings("['thread', 'async']");
    compare("chain_cuts", &shop.run(&[CHAIN]));
    settings("[]");
    compare("chain_cuts_none", &shop.run(&[CHAIN]));
    settings("['gather']");
    compare("chain_cuts_unknown", &shop.run(&[CHAIN]));
}

#[test]
fn why_tells_what_is_known_of_a_line() {
    let shop = Sandbox::with(SHOP);
    compare("why_chain", &shop.run(&["why", "shop/api.py:5"]));
    compare("why_library", &shop.run(&["why", "shop/client.py:5"]));
    compare("why_nothing", &shop.run(&["why", "shop/client.py:1"]));
    compare("why_no_line", &shop.run(&["why", "shop/client.py"]));
    compare("why_no_file", &shop.run(&["why", "shop/clients.py:5"]));
    shop.write("shop/broken.py", "def (:\n");
    compare("why_broken", &shop.run(&["why", "shop/broken.py:1"]));
}

/// Effects through parameters, receivers, constructors, recursion and a claim.
const MAIL: &[(&str, &str)] = &[
    ("pyproject.toml", "[project]\nname = 'mail'\n"),
    ("mail/__init__.py", ""),
    (
        "mail/box.py",
        "import asyncio\n\nimport httpx\n\n\nclass Box:\n    def __init__(self):\n        self.items = []\n        self.count = 0\n\n    async def put(self, item, known):\n        self.count += 1\n        self.items.append(item)\n        known[item] = self.count\n\n\nasync def send(client: httpx.AsyncClient, item):\n    await client.post(\"/mail\", json=item)\n\n\nasync def poll(left):\n    await asyncio.sleep(1)\n    return await poll(left - 1)\n\n\nasync def cached(item):  # asyncfix: pure: the cache is not looked at\n    item.seen = True\n",
    ),
    (
        "mail/api.py",
        "import httpx\n\nfrom .box import Box, cached, poll, send\n\n\nasync def own(items):\n    box = Box()\n    known = {}\n    for item in items:\n        await box.put(item, known)\n\n\nasync def shared(box: Box, known, hook):\n    await box.put(1, known)\n    await hook(known)\n\n\nasync def deliver(client: httpx.AsyncClient, item):\n    await cached(item)\n    await send(client, item)\n    await poll(3)\n",
    ),
];

#[test]
fn why_tells_what_functions_do() {
    let mail = Sandbox::with(MAIL);
    compare("why_does_own", &mail.run(&["why", "mail/api.py:6"]));
    compare("why_does_shared", &mail.run(&["why", "mail/api.py:13"]));
    compare("why_does_deliver", &mail.run(&["why", "mail/api.py:18"]));
}

#[test]
fn why_tells_what_was_proven_of_awaits_that_may_overlap() {
    let pages = Sandbox::with(&[(
        "pages.py",
        "import asyncio\n\nimport httpx\n\n\nasync def pages(client: httpx.AsyncClient, urls: list[str]):\n    found = []\n    for url in urls:\n        response = await client.get(url)\n        found.append(response.text)\n    return found\n\n\nasync def both(client: httpx.AsyncClient):\n    first = await client.get(\"/1\")\n    second = await client.get(\"/2\")\n    return first, second\n",
    )]);
    compare("why_overlap_loop", &pages.run(&["why", "pages.py:9"]));
    compare("why_overlap_row", &pages.run(&["why", "pages.py:15"]));
}

/// A project whose only request of `requests` is sent by httpx afterwards.
const WEATHER: &[(&str, &str)] = &[
    (
        "pyproject.toml",
        "[project]\nname = \"weather\"\ndependencies = [\n    \"requests>=2.31\",  # HTTP\n    \"rich\",\n]\n",
    ),
    ("uv.lock", "version = 1\n"),
    ("src/weather/__init__.py", ""),
    (
        "src/weather/api.py",
        "import requests\n\n\nasync def now(city: str):\n    try:\n        return requests.get(f\"https://example.org/{city}\", timeout=5).status_code\n    except requests.RequestException:\n        return None\n",
    ),
];

const HTTP: &str = "--select=blocking-http";

#[test]
fn dependencies_change_with_the_code() {
    let weather = Sandbox::with(WEATHER);
    compare("dependencies_list", &weather.run(&[HTTP]));
    compare("dependencies_diff", &weather.run(&[HTTP, "--diff", "src"]));
    compare(
        "dependencies_write",
        &weather.run(&[HTTP, "--write", "--accept-review"]),
    );
    let text = String::from_utf8(weather.read("pyproject.toml")).unwrap();
    assert!(
        text.contains("    \"httpx>=0.28\",\n    \"requests"),
        "{text}"
    );
    compare("dependencies_again", &weather.run(&[HTTP, "--diff"]));
}

#[test]
fn manifests_above_the_working_directory_are_not_changed() {
    let weather = Sandbox::with(WEATHER);
    let mut command = weather.command(&[HTTP, "--diff"]);
    let output = command.current_dir(weather.path("src")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("pyproject.toml: add httpx by hand"), "{said}");
    assert!(
        !String::from_utf8(output.stdout)
            .unwrap()
            .contains("pyproject.toml\n+++")
    );
}

#[test]
fn manifests_are_left_where_code_was() {
    use std::os::unix::fs::PermissionsExt;
    let weather = Sandbox::with(WEATHER);
    let path = weather.path("src/weather/api.py");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    if std::fs::File::options().write(true).open(&path).is_ok() {
        eprintln!("this user may write to every file: not compared");
        return;
    }
    assert_eq!(weather.exit_code(&[HTTP, "--write", "--accept-review"]), 2);
    let text = weather.read("pyproject.toml");
    assert_eq!(text, WEATHER[0].1.as_bytes());
}

#[test]
fn tests_that_replace_requests_are_told() {
    let test = "import responses\n\nfrom weather.api import now\n\n\n@responses.activate\ndef test_now():\n    assert now\n";
    let weather = Sandbox::with(WEATHER);
    weather.write("tests/test_api.py", test);
    // More files than are all parsed in any case.
    for number in 0..300 {
        weather.write(&format!("other/module_{number}.py"), "x = 1\n");
    }
    compare("replaced_list", &weather.run(&["src", "tests"]));
    compare("replaced_elsewhere", &weather.run(&["src"]));
}
