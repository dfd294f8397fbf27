//! One method that was run twice on one manifest, on another day or device: how far its answers moved, apart from how far
//! several answers of one run are from each other.

use super::Basis;
use super::pair::{Difference, Pair};
use crate::metric::{catalogue, flag};
use crate::stats::{Weigh, mean_of_subjects};
use crate::table::{Bounds, Counts, Interval, Place, Quantity, RowStatus, Weighting};
use crate::tally::{Truth, run_to_run};

/// The rows of a pair whose methods are the same; none of other pairs. The denominator is every eligible attempt that both
/// runs answered with an age.
///
/// With d the second answer less the first, the shift is the mean of d, and the standard deviation the root of the mean of
/// d^2 / 2: what the answers of two runs have of their own. Student's interval over subjects, one attempt as much as
/// another. Source: METRICS M9; Bland & Altman (1996), BMJ 313, 744.
pub(super) fn rows(pair: &mut Pair<'_>, truth: &Truth) {
    if pair.method.context.method_digest != pair.baseline.context.method_digest {
        return;
    }
    let moved = run_to_run(truth, &pair.baseline.answers, &pair.method.answers);
    let counts = Counts { attempts: Some(moved.attempts()), subjects: Some(moved.subjects()), ..Counts::default() };
    let level = pair.protocol.levels.display;
    let halves: Vec<_> = moved
        .squared()
        .into_iter()
        .map(|mut part| {
            (part.sum, part.square) = (part.sum / 2.0, part.square / 4.0);
            if let Some(design) = &mut part.design {
                design.product /= 2.0;
            }
            part
        })
        .collect();
    let means = [
        (catalogue::RUN_TO_RUN_SHIFT, mean_of_subjects(&moved.signed(), Weigh::Attempts)),
        (catalogue::RUN_TO_RUN_SD, mean_of_subjects(&halves, Weigh::Attempts)),
    ];
    for (entry, mean) in means {
        let place = Place { weighting: Some(Weighting::Attempt), ..Place::of_all() };
        let Some(mean) = mean else {
            let reason = "no attempt that both runs answered with an age";
            pair.nothing(place, entry.measure, RowStatus::Empty, counts, reason);
            continue;
        };
        let found = if entry == catalogue::RUN_TO_RUN_SD { mean.root(level) } else { mean.estimate(level) };
        let bounds = found.bounds.map(|(low, high)| Bounds { interval: Interval::T, level, low, high });
        let evidence = Some(pair.evidence(mean.subjects));
        let quantity = Quantity { value: found.point, bounds, counts, evidence };
        let flags = if moved.weighted.is_empty() { Vec::new() } else { vec![flag::WEIGHTED] };
        pair.push(Difference {
            place,
            measure: entry.measure,
            quantity,
            claim: None,
            basis: Basis::Nothing,
            lost: 0,
            p: None,
            flags,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::age::{Age, AgeRange};
    use crate::compare::entrant::Entrant;
    use crate::outcome::{Answer, Outcome, Status};
    use crate::protocol::Protocol;
    use crate::table::Context;
    use crate::tally::{Answers, TruthBuilder, TruthRow};

    #[test]
    fn two_runs_of_one_method_are_apart_by_the_standard_deviation_of_bland_and_altman() {
        let protocol = Protocol::from_toml("limits = [18]").unwrap();
        // Answers of both runs; the last was not answered the second time.
        let runs = [(20.0, 20.5), (17.0, 16.0), (31.0, 31.0), (24.0, 26.0), (18.0, f64::NAN)];
        let mut truth = TruthBuilder::new(&[]);
        let mut answers = [0, 1].map(|_| Answers::new(&protocol.limits));
        for (subject, (first, second)) in (0..).zip(runs) {
            truth.push(&TruthRow::of(subject, AgeRange::whole_years(19).unwrap(), &[]));
            for (answers, years) in answers.iter_mut().zip([first, second]) {
                answers.push(Some(&match Age::new(years) {
                    Ok(age) => Outcome::answered(Answer::Age { age, spread: None }),
                    Err(_) => Outcome::unanswered(Status::Failed, ""),
                }));
            }
        }
        let truth = truth.finish().unwrap();
        let [first, second] = answers.map(|answers| Entrant {
            folder: 0,
            card_name: "cam".to_owned(),
            name: "cam".to_owned(),
            context: Context::default(),
            answers,
            rows: Vec::new(),
        });
        let mut pair = Pair::new(&protocol, &first, &second);
        rows(&mut pair, &truth);
        let value = |metric: &str| pair.rows.iter().find(|compared| compared.row.metric == metric).unwrap();
        // numpy: d = [0.5, -1, 0, 2]; d.mean(), sqrt((d ** 2).mean() / 2)
        assert!((value("run_to_run_shift").row.value.unwrap() - 0.375).abs() < 1e-12);
        assert!((value("run_to_run_sd").row.value.unwrap() - 0.810_092_587_300_982_4).abs() < 1e-12);
        assert_eq!(value("run_to_run_sd").row.n_attempts, Some(4));
        let mut other = second;
        other.context.method_digest = "another".to_owned();
        let mut pair = Pair::new(&protocol, &first, &other);
        rows(&mut pair, &truth);
        assert!(pair.rows.is_empty(), "two methods are compared elsewhere");
    }
}
