//! Verdicts as JUnit XML: a test suite a policy, a test case a check.
//!
//! A rule that fails is a `failure`, one that is inconclusive an `error`: both stop a pipeline, neither is a skipped test,
//! which most consumers count as fine.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Check, Gated, Judged, Verdict, verdict_word};

/// The verdicts as JUnit XML, which Jenkins' strictest schema (junit-10.xsd) and its older one accept.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn junit(gated: &Gated) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new(gated.policy.as_str());
    suite.add_property(Property::new("verdict", verdict_word(gated.verdict)));
    suite.add_property(Property::new("source", gated.source.as_str()));
    for note in &gated.notes {
        suite.add_property(Property::new("note", note.as_str()));
    }
    for judged in &gated.rules {
        suite.add_test_cases(judged.checks.iter().map(|check| case(judged, check)));
    }
    let mut report = Report::new("agebench gate");
    report.add_test_suite(suite);
    // The library counts skipped tests on the root too, where neither schema knows the attribute and Jenkins' xUnit
    // plugin refuses it. The name before it is ours and holds no such text.
    Ok(report.to_string()?.replacen(" skipped=\"0\"", "", 1))
}

fn case(judged: &Judged, check: &Check) -> TestCase {
    let status = match check.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail | Verdict::Inconclusive => {
            let is_failure = check.verdict == Verdict::Fail;
            let kind = if is_failure { NonSuccessKind::Failure } else { NonSuccessKind::Error };
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(verdict_word(check.verdict)).set_message(check.says.as_str());
            status
        }
    };
    let place = check.place();
    let name = if place.is_empty() { check.method.clone() } else { format!("{}: {place}", check.method) };
    let mut case = TestCase::new(name, status);
    case.set_classname(judged.rule.name.as_str());
    if check.verdict == Verdict::Pass {
        case.set_system_out(check.says.as_str());
    }
    case
}
