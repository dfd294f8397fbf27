use super::*;

fn timing(start: usize, latency: f64) -> Timing {
    Timing { start, latency, prepare: Some(latency / 4.0), answer: Some(latency / 2.0), ..Timing::default() }
}

fn input(attempts: usize) -> LatencyInput {
    let timings: Vec<Timing> = (0..attempts).map(|number| timing(number % 5, 1.0 + number as f64)).collect();
    let five = vec![1.0, 2.0, 3.0, 4.0, 5.0];
    LatencyInput {
        starts: Starts {
            load: five.clone(),
            first: five.iter().map(|time| (*time, false)).collect(),
            calibration: vec![(4.0, 4.1); 5],
            offline: five.clone(),
            null: five,
        },
        single: vec![(Group::whole(), timings)],
        facts: LatencyFacts { clock_step: 1e-5, ..LatencyFacts::default() },
        ..LatencyInput::default()
    }
}

fn found<'r>(rows: &'r [Row], metric: &str, variant: &str) -> &'r Row {
    rows.iter().find(|row| row.metric == metric && row.variant.to_string() == variant).unwrap()
}

fn made(input: &LatencyInput) -> Vec<Row> {
    rows(&Context::default(), &Protocol::default_protocol(), input)
}

#[test]
fn percentiles_have_the_bounds_of_their_order_statistics_and_need_enough_attempts() {
    let rows = made(&input(400));
    let median = found(&rows, "latency_median", "stream=single");
    // n = 400, share 0.5, 95 %: ranks 180 and 221, as SciPy's binomial gives them.
    assert_eq!((median.value, median.low, median.high), (Some(200.5), Some(180.0), Some(221.0)));
    assert_eq!((median.status, median.interval), (RowStatus::Value, Some(Interval::OrderStatistic)));
    assert_eq!(found(&rows, "latency_p99", "stream=single").status, RowStatus::Value);
    let few = made(&input(367));
    let p99 = found(&few, "latency_p99", "stream=single");
    assert_eq!(p99.status, RowStatus::InsufficientEvidence);
    assert_eq!(p99.evidence, Some(Evidence::Short(vec!["367<368 attempts".to_owned()])));
    assert_eq!(p99.high, None);
    assert_eq!(found(&few, "latency_p95", "stream=single").status, RowStatus::Value);
}

#[test]
fn parts_stand_beside_the_whole_and_one_that_is_not_told_is_not_applicable() {
    let rows = made(&input(400));
    assert_eq!(found(&rows, "latency_median", "part=prepare;stream=single").value, Some(50.125));
    assert_eq!(found(&rows, "latency_max", "part=answer;stream=single").value, Some(200.0));
    let transfer = found(&rows, "latency_median", "part=transfer;stream=single");
    assert_eq!((transfer.status, transfer.value), (RowStatus::NotApplicable, None));
}

#[test]
fn a_mean_is_over_starts_and_needs_five_of_them() {
    let rows = made(&input(400));
    let load = found(&rows, "load_time", "");
    // Mean 3, standard deviation sqrt(2.5), t = 2.776 with 4 degrees of freedom.
    assert_eq!((load.value, load.n_attempts, load.status), (Some(3.0), Some(5), RowStatus::Value));
    assert!((load.high.unwrap() - (3.0 + 2.776_445_105_197_793 * (2.5_f64 / 5.0).sqrt())).abs() < 1e-9);
    let mean = found(&rows, "latency_mean", "stream=single");
    assert_eq!((mean.value, mean.n_attempts), (Some(200.5), Some(5)));
    let mut short = input(400);
    short.starts.load.pop();
    assert_eq!(found(&made(&short), "load_time", "").status, RowStatus::InsufficientEvidence);
}

#[test]
fn a_percentile_among_timeouts_is_censored_and_the_mean_is_none() {
    let mut late = input(400);
    for timing in late.single[0].1.iter_mut().skip(380) {
        (timing.latency, timing.censored) = (1000.0, true);
    }
    let rows = made(&late);
    assert!(!found(&rows, "latency_p90", "stream=single").has(flag::CENSORED));
    let p99 = found(&rows, "latency_p99", "stream=single");
    assert!(p99.has(flag::CENSORED));
    assert_eq!(p99.value, Some(1000.0));
    assert_eq!(found(&rows, "latency_mean", "stream=single").status, RowStatus::NotApplicable);
    assert!(found(&rows, "latency_max", "stream=single").has(flag::CENSORED));
}

#[test]
fn a_first_answer_that_the_limit_ended_has_no_mean() {
    let mut late = input(400);
    assert_eq!(found(&made(&late), "first_answer_time", "").value, Some(3.0));
    late.starts.first[2].1 = true;
    let rows = made(&late);
    let first = found(&rows, "first_answer_time", "");
    assert_eq!((first.status, first.value, first.n_attempts), (RowStatus::NotApplicable, None, Some(5)));
    assert_eq!(first.evidence.as_ref().map(Evidence::cell).as_deref(), Some("some attempts ended at the time limit"));
}

#[test]
fn an_attempt_that_the_limit_ended_without_a_word_of_its_parts_is_among_no_part() {
    let mut late = input(10);
    for timing in late.single[0].1.iter_mut().skip(4) {
        *timing = Timing { start: timing.start, latency: 1000.0, censored: true, ..Timing::default() };
    }
    // The last one answered, but late: its parts are known to be that or more.
    late.single[0].1[9].answer = Some(900.0);
    let rows = made(&late);
    let row = |metric: &str, part: &str| found(&rows, metric, &format!("{part}stream=single"));
    // Type 7 of 1/4, 2/4, 3/4, 1: the median lies in the middle.
    let median = row("latency_median", "part=prepare;");
    assert_eq!((median.value, median.n_attempts, median.has(flag::CENSORED)), (Some(0.625), Some(4), false));
    assert!(!row("latency_p99", "part=prepare;").has(flag::CENSORED));
    assert!(!row("latency_max", "part=prepare;").has(flag::CENSORED));
    assert!(row("latency_max", "part=answer;").has(flag::CENSORED));
    assert!(row("latency_p99", "part=answer;").has(flag::CENSORED));
    assert!(!row("latency_median", "part=answer;").has(flag::CENSORED), "the third of 0.5, 1, 1.5, 2, 900");
    assert!(row("latency_median", "").has(flag::CENSORED));
    assert_eq!(row("latency_mean", "part=prepare;").status, RowStatus::NotApplicable);
}

#[test]
fn what_makes_a_measurement_invalid_stands_in_every_row_it_touches() {
    let reason = |change: &dyn Fn(&mut LatencyInput), metric: &str, variant: &str| {
        let mut input = input(400);
        change(&mut input);
        let rows = made(&input);
        let row = found(&rows, metric, variant);
        assert_eq!(row.status, RowStatus::InsufficientEvidence);
        row.evidence.as_ref().map(Evidence::cell).unwrap()
    };
    let whole = ("latency_median", "stream=single");
    let refused = reason(&|input| input.ended = 400, whole.0, whole.1);
    assert_eq!(refused, "invalid: all 400 attempts that ended in time ended without an answer");
    let busy = reason(&|input| input.facts.busy = Some(0.4), whole.0, whole.1);
    assert_eq!(busy, "invalid: others used 40% of the processors");
    let drift = reason(&|input| input.starts.calibration[2] = (4.0, 5.0), whole.0, whole.1);
    assert_eq!(drift, "invalid: the processor's speed changed by 25% within a start");
    let coarse = reason(&|input| input.facts.clock_step = 15.0, whole.0, whole.1);
    assert_eq!(coarse, "invalid: a clock with steps of 15000000 ns cannot resolve a median of 200500000 ns");
    let no_time = reason(&|input| input.starts.calibration[1] = (0.0, 4.0), whole.0, whole.1);
    assert_eq!(no_time, "invalid: the calibration took no time that the clock can tell");
    let offer = |input: &mut LatencyInput| {
        input.facts.rate = Some(6.0);
        input.offered = input.single[0].1.clone();
    };
    let overload = reason(&offer, "latency_p90", "rate=6;stream=offered");
    assert_eq!(overload, "invalid: 6/s were offered and one session serves 5.0/s");
    let mut offered = input(400);
    offer(&mut offered);
    assert_eq!(found(&made(&offered), whole.0, whole.1).status, RowStatus::Value, "the single stream stays valid");
}

#[test]
fn what_is_equal_to_a_limit_leaves_a_measurement_valid() {
    let status = |change: &dyn Fn(&mut LatencyInput)| {
        let mut input = input(399);
        change(&mut input);
        found(&made(&input), "latency_median", "stream=single").status
    };
    assert_eq!(status(&|input| input.facts.busy = Some(BUSY)), RowStatus::Value);
    // The median of 1 to 399 ms is 200, twenty steps of 10.
    assert_eq!(status(&|input| input.facts.clock_step = 10.0), RowStatus::Value);
    assert_eq!(status(&|input| input.facts.clock_step = 10.01), RowStatus::InsufficientEvidence);
}

#[test]
fn a_percentile_at_the_last_attempt_that_ended_in_time_is_not_censored() {
    let mut late = input(11);
    (late.single[0].1[10].latency, late.single[0].1[10].censored) = (1000.0, true);
    let rows = made(&late);
    // Type 7: 0.9 x 10 is the tenth of eleven, which ended in time; 0.95 lies between it and the last.
    let p90 = found(&rows, "latency_p90", "stream=single");
    assert_eq!((p90.value, p90.high, p90.has(flag::CENSORED)), (Some(10.0), None, false));
    assert!(found(&rows, "latency_p95", "stream=single").has(flag::CENSORED));
}

#[test]
fn one_start_is_a_mean_without_an_interval() {
    let mut one = input(400);
    one.starts.load.truncate(1);
    let rows = made(&one);
    let load = found(&rows, "load_time", "");
    assert_eq!((load.value, load.low, load.interval, load.n_attempts), (Some(1.0), None, None, Some(1)));
}

#[test]
fn nothing_observed_is_rows_that_say_so() {
    let nothing = LatencyInput { single: vec![(Group::whole(), Vec::new())], ..LatencyInput::default() };
    for row in made(&nothing) {
        assert!(row.value.is_none() && row.status != RowStatus::Value, "{}", row.metric);
    }
}
