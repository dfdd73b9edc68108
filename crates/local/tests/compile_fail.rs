//! What must not compile.

/// An operation that is added to the catalogue and has no answer is named by the compiler.
#[test]
fn a_missing_answer_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/missing_answer.rs");
}
