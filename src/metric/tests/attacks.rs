//! Attacks by species, on made-up attempts that can be counted by hand.

use super::*;
use crate::outcome::Status;
use crate::table::RowStatus;

fn attacked() -> Table {
    let protocol = Protocol::from_toml("limits = [18]").unwrap();
    let mut truth = TruthBuilder::new(&[]);
    let mut answers = Answers::new(&protocol.limits);
    let mut push = |subject: u32, age: u32, species: &str, outcome: Outcome| {
        truth.push(&TruthRow { attack: !species.is_empty(), ..TruthRow::of(subject, year(age), &[]) });
        if !species.is_empty() {
            truth.species(species);
        }
        answers.push(Some(&outcome));
    };
    for subject in 0..40 {
        push(subject, 14 + subject % 10, "", answered(10.0));
        push(subject, 14 + subject % 10, "mask", if subject < 30 { answered(30.0) } else { answered(12.0) });
        push(subject, 14 + subject % 10, "beard", if subject < 4 { answered(19.0) } else { answered(12.0) });
        push(subject, 14 + subject % 10, "beard", Outcome::unanswered(Status::Refused, ""));
    }
    let truth = truth.finish().unwrap();
    table_of(&truth, &answers, &protocol, FACTS)
}

/// One attack each of `count` people of `age`, and nothing else.
fn attackers(count: u32, age: u32, species: impl Fn(u32) -> &'static str, years: impl Fn(u32) -> f64) -> Table {
    let protocol = Protocol::from_toml("limits = [18]").unwrap();
    let mut truth = TruthBuilder::new(&[]);
    let mut answers = Answers::new(&protocol.limits);
    for subject in 0..count {
        truth.push(&TruthRow { attack: true, ..TruthRow::of(subject, year(age), &[]) });
        truth.species(species(subject));
        answers.push(Some(&answered(years(subject))));
    }
    table_of(&truth.finish().unwrap(), &answers, &protocol, FACTS)
}

#[test]
fn attacks_are_counted_by_species_and_the_worst_keeps_its_own_bound() {
    let table = attacked();
    let of = |select: &str| only(&table, &format!("metric = 'attack_pass_rate'\nchallenge = 18\n{select}"));
    let mask = of("population = 'all'\ngroup_by = 'species'\ngroup = 'mask'");
    assert_eq!((mask.value, mask.n_attempts, mask.n_subjects), (Some(0.75), Some(40), Some(40)));
    let beard = of("population = 'all'\ngroup_by = 'species'\ngroup = 'beard'");
    assert_eq!((beard.value, beard.n_attempts), (Some(0.1), Some(40)), "conditional: refusals leave the denominator");
    // 14 to 17 are under 18: 4 of every 10 subjects.
    let under = of("population = 'under'\ngroup_by = 'species'\ngroup = 'mask'");
    assert_eq!((under.value, under.n_subjects), (Some(0.75), Some(16)));
    let worst = of("population = 'all'\ngroup_by = 'species'\nvariant = 'worst=species'");
    assert_eq!((worst.value, worst.claim_high), (mask.value, mask.claim_high));
    let silent = only(&table, "metric = 'attack_not_answered_rate'\ngroup_by = 'species'\ngroup = 'beard'");
    assert_eq!((silent.value, silent.n_attempts), (Some(0.5), Some(80)));
    let age = only(&table, "metric = 'attacker_mean_age'\ngroup_by = 'species'\ngroup = 'mask'");
    assert_eq!((age.value, age.n_subjects), (Some(18.5), Some(40)));
}

#[test]
fn of_two_species_that_pass_as_often_the_one_of_fewer_people_is_the_worst() {
    let species = |subject| if subject < 40 { "beard" } else { "mask" };
    let table = attackers(50, 17, species, |subject| if subject % 2 == 0 { 40.0 } else { 10.0 });
    let of = |which: &str| {
        let select = format!("metric = 'attack_pass_rate'\nchallenge = 18\npopulation = 'all'\n{which}");
        only(&table, &format!("{select}\ngroup_by = 'species'")).clone()
    };
    let (worst, mask, beard) = (of("variant = 'worst=species'"), of("group = 'mask'"), of("group = 'beard'"));
    assert_eq!((mask.value, beard.value), (Some(0.5), Some(0.5)));
    assert!(mask.claim_high > beard.claim_high);
    assert_eq!((worst.n_subjects, worst.claim_high), (mask.n_subjects, mask.claim_high));
}

#[test]
fn of_two_species_that_always_pass_the_first_is_the_worst() {
    let species = |subject| if subject < 40 { "beard" } else { "mask" };
    let table = attackers(50, 17, species, |_| 40.0);
    let select = "metric = 'attack_pass_rate'\nchallenge = 18\npopulation = 'all'\nvariant = 'worst=species'";
    let worst = only(&table, &format!("{select}\ngroup_by = 'species'"));
    assert_eq!((worst.value, worst.claim_high, worst.n_subjects), (Some(1.0), Some(1.0), Some(40)));
}

#[test]
fn a_sample_with_a_species_is_in_no_other_row() {
    let table = attacked();
    let passes = only(
        &table,
        "metric = 'under_age_pass_rate'\nchallenge = 18\npopulation = 'under'\n\
                               failure_policy = 'fail_open'\nweighting = 'attempt'",
    );
    assert_eq!((passes.n_attempts, passes.value), (Some(16), Some(0.0)));
    let apcer = only(&table, "metric = 'attack_classification_error_rate'\ngroup_by = 'species'\ngroup = 'mask'");
    assert_eq!(apcer.status, RowStatus::NotApplicable);
}

#[test]
fn where_no_attacker_is_under_age_the_worst_species_is_a_row_that_says_so() {
    let species = |subject| if subject < 20 { "mask" } else { "beard" };
    let table = attackers(40, 30, species, |subject| if subject < 30 { 40.0 } else { 10.0 });
    let worst = |population: &str| {
        let select = "metric = 'attack_pass_rate'\nchallenge = 18\ngroup_by = 'species'\nvariant = 'worst=species'";
        only(&table, &format!("{select}\npopulation = '{population}'"))
    };
    assert_eq!((worst("all").value, worst("all").n_subjects), (Some(1.0), Some(20)));
    let nobody = worst("under");
    assert_eq!((nobody.value, nobody.status), (None, RowStatus::Empty));
    assert_eq!(nobody.evidence.as_ref().unwrap().cell(), "no species has anybody to count");
    let select = "metric = 'attack_pass_rate'\nchallenge = 18\ngroup_by = 'species'\ngroup = 'mask'";
    let mask = only(&table, &format!("{select}\npopulation = 'under'"));
    assert_eq!((mask.n_subjects, mask.n_undecided, mask.n_ties), (Some(0), Some(0), Some(0)));
}

#[test]
fn without_an_attack_one_row_says_so() {
    let table = table(&[(0, year(17), answered(20.0), ["female", ""])], &Protocol::default_protocol());
    let found = only(&table, "metric = 'attack_pass_rate'");
    assert_eq!(found.status, RowStatus::NotApplicable);
}
