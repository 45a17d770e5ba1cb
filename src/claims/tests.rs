//! Reports as they are written, and the claims they make.

use super::*;

/// A tool, a message, and where: paths and lines.
type Said<'s> = (&'s str, &'s str, &'s [(&'s str, usize)]);

#[track_caller]
fn check(text: &str, expected: &[Said<'_>]) {
    let claims = read(text.as_bytes()).unwrap();
    assert_eq!(claims.len(), expected.len(), "{claims:?}");
    for (claim, (tool, message, spots)) in claims.iter().zip(expected) {
        assert_eq!((&*claim.tool, &*claim.message), (*tool, *message));
        let line = |spot: &Spot| spot.lines.map_or(0, |lines| lines.0);
        let found = claim.spots.iter().map(|spot| (&*spot.paths[0], line(spot)));
        assert_eq!(found.collect::<Vec<_>>(), *spots);
    }
}

#[test]
fn tracebacks_of_pytest() {
    let sleep = "Blocking call to time.sleep";
    let long = "\
================ FAILURES ================
_____________ test_poll _____________

    async def test_poll():
>       await poll()

tests/test_a.py:11: 
_ _ _ _ _ _

    async def poll():
>       time.sleep(1)

app/x.py:9: 
_ _ _ _ _ _
>               raise BlockingError(func_name)
E               blockbuster.blockbuster.BlockingError: Blocking call to time.sleep

lib/blockbuster.py:110: BlockingError
_____________ test_h _____________
tests/test_a.py:14: in test_h
    helper()
app/h.py:4: in helper
    time.sleep(2)
E   blockbuster.blockbuster.BlockingError: Blocking call to time.sleep
======== short test summary info ========
FAILED tests/test_a.py::test_h - blockbuster.blockbuster.BlockingError: Blocking call to time.sleep
";
    check(
        long,
        &[
            (
                "blockbuster",
                sleep,
                &[("app/x.py", 9), ("tests/test_a.py", 11)],
            ),
            (
                "blockbuster",
                sleep,
                &[("app/h.py", 4), ("tests/test_a.py", 14)],
            ),
        ],
    );
}

#[test]
fn tracebacks_within_other_output() {
    let sleep = "Blocking call to time.sleep";
    let group = "\
web-1  |   + Exception Group Traceback (most recent call last):
web-1  |   |   File \"run.py\", line 3, in <module>
web-1  |   +-+---------------- 1 ----------------
web-1  |     | Traceback (most recent call last):
web-1  |     |   File \x1b[35m\"app\\x.py\"\x1b[0m, line \x1b[35m9\x1b[0m, in poll
web-1  |     | \x1b[1mblockbuster.blockbuster.BlockingError\x1b[0m: \x1b[35mBlocking call to time.sleep\x1b[0m
web-1  | Traceback (most recent call last):
web-1  |   File \"other.py\", line 1, in <module>
web-1  | ValueError
";
    check(group, &[("blockbuster", sleep, &[("app/x.py", 9)])]);
    let bracket = "[error] Traceback (most recent call last):\n  File \"a.py\", line 2, in f\nBlockingError: Blocking call to time.sleep\n";
    check(bracket, &[("blockbuster", sleep, &[("a.py", 2)])]);
}

#[test]
fn equal_claims_are_counted() {
    let one = "Traceback (most recent call last):\n  File \"a.py\", line 2, in f\nBlockingError: Blocking call to f\n";
    let claims = read(one.repeat(3).as_bytes()).unwrap();
    assert_eq!((claims.len(), claims[0].times), (1, 3));
}

#[test]
fn results_that_do_not_count_are_left_out() {
    let log = r#"{"runs": [{"tool": {"driver": {"name": "t", "rules": [{"id": "a"}, {"id": "b"}]}},
        "artifacts": [{"location": {"uri": "listed.py"}}],
        "results": [
            {"ruleIndex": 1, "message": {"text": "counts"}, "locations": [{"physicalLocation":
                {"artifactLocation": {"index": 0}, "region": {"startLine": 2, "endLine": 4, "endColumn": 1}}}]},
            {"message": {"text": "suppressed"}, "suppressions": [{"kind": "inSource"}]},
            {"message": {"text": "rejected"}, "suppressions": [{"kind": "external", "status": "rejected"}]},
            {"message": {"text": "gone"}, "baselineState": "absent"},
            {"message": {"text": "passes"}, "kind": "pass"}]},
        {"results": null}]}"#;
    check(
        log,
        &[("t", "counts", &[("listed.py", 2)]), ("t", "rejected", &[])],
    );
    let claims = read(log.as_bytes()).unwrap();
    assert_eq!(
        (&*claims[0].rule, claims[0].spots[0].lines),
        ("b", Some((2, 3)))
    );
}

#[test]
fn what_is_no_report_is_refused() {
    let error = |text: &str| read(text.as_bytes()).unwrap_err();
    assert_eq!(error("  "), ClaimsError::Empty);
    assert_eq!(error("fine"), ClaimsError::Unknown);
    assert!(matches!(error("[{]"), ClaimsError::Json(_)));
    assert!(matches!(error("[{}]"), ClaimsError::Unlike(_)));
    assert!(matches!(error(&"[".repeat(1 << 20)), ClaimsError::Json(_)));
    assert!(matches!(
        error(&"{\"a\":".repeat(1 << 20)),
        ClaimsError::Json(_)
    ));
    assert_eq!(read(b"[]"), Ok(Vec::new()));
}
