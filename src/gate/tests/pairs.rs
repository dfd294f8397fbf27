//! What a margin does not pass, though the bound lies below it.

use super::*;

/// 400 people of whom nobody is decided differently: far below a margin of 5 %.
fn alike(flags: &[&str]) -> (Row, Basis) {
    let found = Discordance::new(0.0, 0.0, 400.0).unwrap();
    let counts = Counts { subjects: Some(400), ..Counts::default() };
    let quantity = Quantity { value: 0.0, bounds: None, counts, evidence: Some(Evidence::Sufficient) };
    let place = Place { failure_policy: Some(crate::table::FailurePolicy::Conditional), ..place() };
    let row = flags.iter().fold(Row::quantity(&context(), place, RATE, quantity), |row, flag| row.flagged(flag));
    (row, Basis::Shares(found))
}

fn verdict(pair: &HeldPair) -> (Verdict, String) {
    let rule = &policy(&["metric = 'under_age_pass_rate'\nmargin = 0.05"]).rules[0];
    let check = margin::check(rule, pair, 0, 1);
    (check.verdict, check.says)
}

#[test]
fn a_difference_that_can_carry_no_claim_passes_no_margin() {
    assert_eq!(verdict(&pair(vec![alike(&[])])).0, Verdict::Pass);
    for (flag, words) in [
        (flag::SIMULATED, "drawn from the true ages"),
        (flag::LABELS_NOT_CHRONOLOGICAL, "no chronological ages"),
        (flag::INDEPENDENCE_ASSUMED, "taken for independent"),
    ] {
        let (verdict, says) = verdict(&pair(vec![alike(&[flag])]));
        assert_eq!(verdict, Verdict::Inconclusive, "{flag}");
        assert!(says.contains("can carry no claim") && says.contains(words), "{says}");
    }
}

#[test]
fn what_the_baseline_answered_and_the_method_did_not_passes_no_margin() {
    let mut held = pair(vec![alike(&[])]);
    held.differences[0].lost = 3;
    let (found, says) = verdict(&held);
    assert_eq!(found, Verdict::Inconclusive);
    assert!(says.contains("3 attempts that the baseline answered the method did not"), "{says}");
    // Of rates there is a row that counts them: the conditional one says what it leaves out.
    let (found, says) = verdict(&pair(vec![alike(&[crate::compare::flag::COVERAGE_DIFFERS])]));
    assert_eq!(found, Verdict::Pass);
    assert!(says.ends_with("attempts that one of the two did not decide are not in it"), "{says}");
}
