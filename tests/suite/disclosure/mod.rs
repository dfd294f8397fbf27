//! Disclosure control: what published rows say, and what an attacker finds out from them.

mod attacked;
mod drawn;
mod rows;

use agebench::publish::disclosure::{Protected, Rule, protect};
use agebench::table::Row;

use drawn::Drawn;

/// Every fifth release is under the other rule.
fn rule_of(seed: u64) -> Rule {
    if seed.is_multiple_of(5) { Rule::Threshold10 } else { Rule::Uk7_5 }
}

fn protected(drawn: &Drawn, rule: Rule, earlier: &[Vec<Row>]) -> Protected {
    protect(&drawn.protocol, &drawn.rows, rule, earlier).unwrap_or_else(|error| panic!("{error}"))
}
