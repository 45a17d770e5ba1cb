//! What the README shows is what comes of the example.

use crate::cases;
use crate::sandbox::Sandbox;
use std::path::Path;

#[test]
fn diffs_of_the_readme_are_those_of_the_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = root.join("examples/weather_service");
    let sandbox = Sandbox::new();
    for file in cases::files(&example) {
        let name = file.strip_prefix(&example).unwrap().to_str().unwrap();
        sandbox.write(name, std::fs::read(&file).unwrap());
    }
    let diff = sandbox.run(&["--diff"]);
    let changed: Vec<&str> = diff.lines().filter(|line| is_change(line)).collect();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let shown: Vec<&str> = readme
        .split("```diff\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .flat_map(str::lines)
        .filter(|line| is_change(line))
        .collect();
    assert!(shown.len() > 20, "the README shows diffs");
    let wrong: Vec<&str> = shown
        .into_iter()
        .filter(|line| !changed.contains(line))
        .collect();
    assert!(
        wrong.is_empty(),
        "the README shows, and the example does not come to:\n{}",
        wrong.join("\n")
    );
}

fn is_change(line: &str) -> bool {
    let is_header = line.starts_with("--- ") || line.starts_with("+++ ");
    line.starts_with(['+', '-']) && !is_header
}
