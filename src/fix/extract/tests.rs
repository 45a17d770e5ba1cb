//! What a run of statements becomes, or why it stays.

use crate::fix::{Cx, FileId, Options, extract};
use crate::model::file::Module;
use crate::model::libraries::Catalogue;
use crate::model::project::Project;
use crate::python::ast::Stmt;
use crate::python::{deep_stack, parse};
use crate::text::Edits;

/// Moves the statements from the line of `#>` to the one of `#<`, which may be the same.
fn moved(text: &str) -> String {
    deep_stack(|| {
        let tree = parse(text).unwrap();
        let catalogue = Catalogue::builtin();
        let module = Module::new(text, &tree, &catalogue);
        let project = Project::default();
        let cx = Cx::new(FileId(0), &module, &project, Options::default());
        let line = |sign: &str| {
            let at = text.find(sign).unwrap();
            let start = module.layout().line_start(at);
            start + module.layout().indent_at(start).len()
        };
        let starts = |statement: &Stmt, at: usize| crate::python::span(statement).start() == at;
        let mut statements: &[Stmt] = &[];
        crate::model::file::walk(module.tree().module().into(), &mut |node| {
            if let Some(block) = module.own(node).and_then(|node| module.block(node)) {
                let here = &block.statements[block.index];
                if starts(here, line("#>")) {
                    let rest = &block.statements[block.index..];
                    let last = rest
                        .iter()
                        .rposition(|statement| crate::python::span(statement).start() <= line("#<"))
                        .unwrap();
                    statements = &rest[..=last];
                }
            }
            crate::python::ast::TraversalSignal::Traverse
        });
        match extract(&cx, statements, &["_work"], &[]) {
            Ok(extracted) => Edits::new(extracted.edits).unwrap().apply(text),
            Err(why) => format!("stays: {why}"),
        }
    })
}

#[track_caller]
fn check(before: &str, after: &str) {
    assert_eq!(moved(before), after);
    let newlines = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(
        moved(&newlines(before)),
        match after.starts_with("stays") {
            true => after.to_owned(),
            false => newlines(after),
        }
    );
}

#[test]
fn names_that_are_read_later_come_back() {
    check(
        "\
async def main():
    first = 1
    second = a()  #>
    third = b(second)
    c(third)  #<
    print(second, third)
",
        "\
async def main():
    first = 1

    def _work():
        second = a()  #>
        third = b(second)
        c(third)  #<
        return second, third

    second, third = await asyncio.to_thread(_work)
    print(second, third)
",
    );
}

const HEAD: &str = "import contextlib\n\nasync def main(path, flag):\n";

/// What becomes of statements between two others of a coroutine.
#[track_caller]
fn body(before: &str, after: &str) {
    let shown = moved(&format!("{HEAD}{}", indented(before)));
    let text = match shown.strip_prefix(HEAD) {
        Some(body) => body.to_owned(),
        None => shown,
    };
    assert_eq!(
        text,
        match after.starts_with("stays") {
            true => after.to_owned(),
            false => indented(after),
        }
    );
}

fn indented(text: &str) -> String {
    let line = |line: &str| match line.is_empty() {
        true => "\n".to_owned(),
        false => format!("    {line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn the_last_value_is_returned_where_it_is_made() {
    body(
        "\
with contextlib.closing(path) as c:  #>
    rows = c.all()
    # the end
#<
print(rows)
",
        "\
def _work():
    with contextlib.closing(path) as c:  #>
        return c.all()
        # the end

rows = await asyncio.to_thread(_work)
#<
print(rows)
",
    );
}

#[test]
fn ways_out_by_return_stay_returns() {
    body(
        "\
c = connect(path)  #>
if flag:
    return 1
return c.all()  #<
",
        "\
def _work():
    c = connect(path)  #>
    if flag:
        return 1
    return c.all()  #<

return await asyncio.to_thread(_work)
",
    );
    body(
        "\
# What it does
if flag:  #>
    return 1  #<
print(flag)
",
        "stays: some of it returns and some goes on",
    );
    body(
        "\
print(1)
# What it does
if flag:  #>
    return 1  #<
",
        "\
print(1)

# What it does
def _work():
    if flag:  #>
        return 1  #<

return await asyncio.to_thread(_work)
",
    );
}

#[test]
fn texts_and_aligned_lines_keep_their_value() {
    body(
        "\
if flag:
    a(  #>
        \"\"\"one
  two\"\"\"
    )  #<
",
        "\
if flag:

    def _work():
        a(  #>
            \"\"\"one
  two\"\"\"
        )  #<

    await asyncio.to_thread(_work)
",
    );
}

#[test]
fn what_needs_the_coroutine_stays() {
    let cases = [
        ("await a()  #>#<", "it awaits something itself"),
        ("yield a()  #>#<", "it yields values"),
        (
            "del path  #>#<",
            "`global`, `nonlocal` or `del` changes what its names mean",
        ),
        (
            "a(locals())  #>#<",
            "`locals()` looks at the function that calls it",
        ),
        (
            "a(next(path))  #>#<",
            "`StopIteration` of `next` cannot leave a thread",
        ),
        ("x = 1; y = 2  #>#<", "other code stands on the same lines"),
        (
            "for x in path:\n    if x:  #>\n        break  #<",
            "it leaves or continues the loop around it",
        ),
        (
            "try:\n    a()\nexcept E:\n    b()  #>\n    raise  #<",
            "it raises again what is handled outside it",
        ),
        (
            "flag += 1  #>#<\nprint(flag)",
            "`flag` may be read there before it is bound there",
        ),
        (
            "if flag:  #>\n    x = a()  #<\nprint(x)",
            "`x` is read afterwards, and not certain to be bound there",
        ),
        (
            "g = lambda: x\nx = a()  #>#<\ng()",
            "a nested function that exists before it reads `x`",
        ),
        (
            "def g():\n    nonlocal x\n    x = 1\nx = a()  #>#<",
            "a nested function binds `x` as well",
        ),
        (
            "global x\nx = a()  #>#<",
            "`x` is a variable of the code around the coroutine",
        ),
        (
            "x = 0\ntry:\n    x = a()  #>\n    b()  #<\nexcept E:\n    pass\nprint(x)",
            "`x` is read where its failure is handled",
        ),
        (
            "x = 0\ntry:\n    x = a()  #>\n    b()  #<\nfinally:\n    print(x)",
            "`x` is read where its failure is handled",
        ),
    ];
    for (before, why) in cases {
        body(before, &format!("stays: {why}"));
    }
}

#[test]
fn names_of_the_statements_alone_do_not_come_back() {
    body(
        "\
for x in path:
    c = a(x)  #>
    while chunk := c.read():
        try:
            b(chunk)
        except E as error:
            print(error)
    c.close()  #<
c = 1
print(c)
",
        "\
for x in path:

    def _work():
        c = a(x)  #>
        while chunk := c.read():
            try:
                b(chunk)
            except E as error:
                print(error)
        c.close()  #<

    await asyncio.to_thread(_work)
c = 1
print(c)
",
    );
    body(
        "\
try:
    c = a()  #>
    rows = c.all()
    c.close()  #<
except E:
    return None
return rows
",
        "\
try:

    def _work():
        c = a()  #>
        rows = c.all()
        c.close()  #<
        return rows

    rows = await asyncio.to_thread(_work)
except E:
    return None
return rows
",
    );
}
