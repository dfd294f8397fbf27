//! Answers that were recorded elsewhere: any column names, the whole run folder, and files that are refused.

mod scored;

use std::fs;
use std::path::{Path, PathBuf};

use agebench::dataset::{Dataset, Pick};
use agebench::folder::{Existing, RunFolder, RunRecord, Truth, join_attempts, names};
use agebench::outcome::{Answer, Outcome, Status};
use agebench::protocol::Protocol;
use agebench::score::{
    Differs, Imported, Recording, ScoreError, ScoreRequest, import, read_metrics, score, score_folder, verify,
};
use agebench::table::{FailurePolicy, Group, GroupSelect, Population, PopulationSelect, Row, Select, Table, Weighting};
use tempfile::TempDir;

struct Recorded {
    place: TempDir,
    columns: Vec<(String, String)>,
    groups: Vec<String>,
    protocol: Protocol,
}

impl Recorded {
    fn new(content: impl AsRef<[u8]>, columns: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("vendor.csv"), content).unwrap();
        let pairs = columns.split(',').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap());
        let columns = pairs.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned())).collect();
        let protocol = Protocol::default_protocol();
        Self { place, columns, groups: Vec::new(), protocol }
    }

    fn groups(mut self, groups: &[&str]) -> Self {
        self.groups = groups.iter().map(|group| (*group).to_owned()).collect();
        self
    }

    fn file(&self) -> PathBuf {
        self.place.path().join("vendor.csv")
    }

    fn out(&self) -> PathBuf {
        self.place.path().join("out")
    }

    fn with<T>(&self, file: &Path, dataset: Option<&Dataset>, then: impl FnOnce(&Recording<'_>) -> T) -> T {
        then(&Recording {
            file,
            columns: &self.columns,
            groups: &self.groups,
            dataset,
            method_name: None,
            method_kind: None,
            method_version: None,
            dataset_name: None,
            label_kind: None,
            age_precision: None,
            protocol: &self.protocol,
            keep_ids: true,
            out: &self.out(),
            existing: Existing::Refuse,
            now: None,
        })
    }

    fn import(&self) -> Result<Imported, ScoreError> {
        self.with(&self.file(), None, import)
    }

    /// Everything that the refusal says.
    fn refused(&self) -> String {
        let error = self.import().unwrap_err();
        assert!(!self.out().exists(), "nothing is written of a file that is refused");
        let mut said = error.to_string();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
        while let Some(error) = cause {
            said.push_str(&format!("\n{error}"));
            cause = error.source();
        }
        format!("{said}\nhelp: {}", error.help().unwrap_or(""))
    }
}

/// Sample, method and outcome of each attempt of a run folder.
fn attempts(folder: &RunFolder) -> Vec<(String, String, Outcome)> {
    let record = RunRecord::read(folder).unwrap();
    let methods: Vec<String> = record.methods.iter().map(|method| method.name.clone()).collect();
    let truth = Truth::read(names::TRUTH, folder.read(names::TRUTH).unwrap()).unwrap();
    let mut found = Vec::new();
    let outcomes = folder.read(names::OUTCOMES).unwrap();
    join_attempts(&truth, &methods, names::OUTCOMES, outcomes, |attempt| {
        let sample = truth.sample_id(attempt.sample).to_string();
        found.push((sample, methods[attempt.method].clone(), attempt.outcome));
    })
    .unwrap();
    found
}

fn years(outcome: &Outcome) -> Option<f64> {
    match &outcome.answer {
        Some(Answer::Age { age, .. }) => Some(age.years()),
        _ => None,
    }
}

#[test]
fn a_file_with_columns_of_any_names_becomes_a_run_folder() {
    let recorded = Recorded::new(
        "file,person,label,guess,Sex\nb.jpg,p,17,19.5,F\na.jpg,q,30,,M\n",
        "sample_id=file,subject_id=person,true_age=label,age=guess",
    )
    .groups(&["Sex"]);
    let made = recorded.import().unwrap();
    assert_eq!((made.attempts, &made.methods[..]), (2, &["vendor".to_owned()][..]));
    let read = |name: &str| made.folder.read_text(name).unwrap();
    assert_eq!(
        read(names::TRUTH).lines().map(|line| line.split(',').next().unwrap()).collect::<Vec<_>>(),
        ["sample_id", "b.jpg", "a.jpg"],
        "rows stand as in the file"
    );
    assert!(read(names::TRUTH).starts_with(
        "sample_id,subject_id,subject_rank,cluster_rank,weight,age_low,age_high,split,Sex,species\nb.jpg,p,"
    ));
    assert!(read("cards/dataset.toml").contains("age_precision = \"year\""));
    assert!(read("cards/method-1-vendor.toml").contains("[replay]"));
    assert_eq!(Protocol::from_toml(&read(names::PROTOCOL)).unwrap(), recorded.protocol);
    let record = RunRecord::read(&made.folder).unwrap();
    assert_eq!((record.dataset.samples, record.dataset.subjects, record.methods.len()), (2, 2, 1));
    assert_eq!(record.methods[0].adapter, "replay");
    let rows = attempts(&made.folder);
    assert_eq!(years(&rows[0].2), Some(19.5));
    assert_eq!((rows[1].2.status, rows[1].2.reason.as_deref()), (Status::Failed, Some("no answer was recorded")));
}

#[test]
fn columns_with_our_names_need_no_mapping_and_a_mapped_column_serves_once() {
    let own = Recorded::new("sample_id,true_age,age,status\na,17.5,20,answered\nb,18,,refused\n", "");
    let rows = attempts(&own.import().unwrap().folder);
    assert_eq!((years(&rows[0].2), rows[1].2.status), (Some(20.0), Status::Refused));
    let twice = Recorded::new("id,age\na,17\n", "sample_id=id,true_age=age");
    assert!(twice.refused().contains("no column holds the answers"), "the true age is not its own answer");
}

#[test]
fn samples_and_subjects_may_be_unknown() {
    let recorded = Recorded::new("truth,guess\n17,20\n18,21\n", "true_age=truth,age=guess");
    let made = recorded.import().unwrap();
    let text = made.folder.read_text(names::TRUTH).unwrap();
    let ids: Vec<&str> = text.lines().skip(1).map(|line| &line[..3]).collect();
    assert_eq!(ids, ["2,,", "3,,"], "the row's number is the id");
}

#[test]
fn several_methods_in_one_file_are_written_in_one_order_however_they_stand() {
    let by_sample = "id,t,m,y\na,17,x,1\na,17,z,2\nb,18,x,3\nb,18,z,4\n";
    let by_method = "id,t,m,y\na,17,x,1\nb,18,x,3\na,17,z,2\nb,18,z,4\n";
    let columns = "sample_id=id,true_age=t,method=m,age=y";
    let written =
        |content: &str| Recorded::new(content, columns).import().unwrap().folder.read_text(names::OUTCOMES).unwrap();
    assert_eq!(written(by_sample), written(by_method));
    let recorded = Recorded::new(by_method, columns);
    let made = recorded.import().unwrap();
    assert_eq!(attempts(&made.folder).iter().map(|row| years(&row.2).unwrap()).collect::<Vec<_>>(), [1., 2., 3., 4.]);
    let other_truth = Recorded::new("id,t,m,y\na,17,x,1\na,18,z,2\n", columns);
    assert!(other_truth.refused().contains("row 3, column `t`: says something else of sample `a` than row 2 does"));
}

#[test]
fn every_kind_of_answer_can_be_recorded() {
    let content = "id,t,lo,hi,s18,d18,sd,y\na,17,16,20,,,,\nb,18,,,0.75,,,\nc,19,,,,pass,,\nd,20,,,,,2.5,21\n";
    let columns = "sample_id=id,true_age=t,answer_low=lo,answer_high=hi,score_18=s18,pass_18=d18,spread=sd,age=y";
    let rows = attempts(&Recorded::new(content, columns).import().unwrap().folder);
    assert!(matches!(rows[0].2.answer, Some(Answer::Range { .. })));
    assert!(matches!(&rows[1].2.answer, Some(Answer::Limits(it)) if it[0].score == Some(0.75)));
    assert!(matches!(&rows[2].2.answer, Some(Answer::Limits(it)) if it[0].decision.is_some()));
    assert!(matches!(rows[3].2.answer, Some(Answer::Age { spread: Some(spread), .. }) if spread == 2.5));
}

#[test]
fn bands_dates_clusters_weights_and_species_are_truth() {
    let content = "id,lo,hi,site,w,attack,y\na,15,18,s,2,,17\nb,18,21,s,,mask,19\n";
    let columns = "sample_id=id,true_age_low=lo,true_age_high=hi,cluster_id=site,weight=w,species=attack,age=y";
    let text = Recorded::new(content, columns).import().unwrap().folder.read_text(names::TRUTH).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("a,,") && lines[1].ends_with(",0,2,15,18,,"), "{text}");
    assert!(lines[2].ends_with(",0,1,18,21,,mask"), "{text}");
    let dates = Recorded::new("sample_id,birth_date,captured_on,age\na,2006-11-30,2024-11-30,17\n", "");
    assert!(dates.import().unwrap().folder.read_text(names::TRUTH).unwrap().contains(",18,18,"));
}

#[test]
fn numbers_that_are_no_ages_fail_and_cells_that_are_no_numbers_are_refused() {
    let columns = "sample_id=id,true_age=t,age=y";
    let rows = attempts(&Recorded::new("id,t,y\na,17,NaN\nb,18,inf\nc,19,250\n", columns).import().unwrap().folder);
    for (_, _, outcome) in rows {
        assert_eq!(outcome.status, Status::Failed);
        assert!(outcome.reason.unwrap().contains("not an age"));
    }
    let told = Recorded::new("id,t,y\na,17,20\nb,18,N/A\nc,19,about 20\n", columns).refused();
    assert!(told.contains("vendor.csv, row 3, column `y`: `N/A` is not a number"), "{told}");
    assert!(told.contains("row 4, column `y`: `about 20`"), "{told}");
    assert!(told.contains("help: leave the cell empty where there is no answer"), "{told}");
    let columns = "sample_id=id,true_age=t,age=y";
    let told = Recorded::new("id,t,y,pass_18\na,17,20,pass\n", columns).refused();
    assert!(told.contains("two kinds of answer") && told.contains("help: keep one kind in each row"), "{told}");
    let told = Recorded::new("id,t,pass_18\na,17,no\n", "sample_id=id,true_age=t").refused();
    assert!(told.contains("help: write `pass` or `deny`"), "{told}");
}

#[test]
fn a_missing_column_lists_those_there_are_and_suggests_one() {
    let told = Recorded::new("file,true_age,predicted_age\na,17,20\n", "sample_id=file,age=predicted_ages").refused();
    assert!(told.contains("the column `predicted_ages` is missing: there are `file`, `true_age` and `predicted_age`"));
    assert!(told.contains("help: did you mean `predicted_age`?"), "{told}");
    let told = Recorded::new("file,label,prediction\na,17,20\n", "sample_id=file,true_age=label").refused();
    assert!(told.contains("help: name it: --columns age=prediction"), "{told}");
    let told = Recorded::new("file,label,y\na,17,20\n", "sample_id=file,age=y").refused();
    assert!(told.contains("no column holds the true age") && told.contains("--columns true_age="), "{told}");
    let told = Recorded::new("file,t,y\na,17,20\n", "sampel_id=file,true_age=t,age=y").refused();
    assert!(told.contains("`sampel_id` is no column that can be named"), "{told}");
    assert!(told.contains("did you mean `sample_id`?"), "{told}");
    let told = Recorded::new("t,y,sex\n17,20,F\n", "true_age=t,age=y").groups(&["Sex"]).refused();
    assert!(told.contains("did you mean `sex`?"), "{told}");
    let told = Recorded::new("t,pass_19\n17,pass\n", "true_age=t").refused();
    assert!(told.contains("the limit 19, which the protocol does not have"), "{told}");
}

#[test]
fn the_same_sample_twice_is_refused() {
    let told = Recorded::new("id,t,y\na,17,20\nb,18,20\na,17,21\n", "sample_id=id,true_age=t,age=y").refused();
    assert!(told.contains("row 4, column `id`: `a` stands also in row 2"), "{told}");
    let told = Recorded::new("id,t,y,m\na,17,20,x\na,17,21,x\n", "sample_id=id,true_age=t,age=y,method=m").refused();
    assert!(told.contains("row 3, column `id`: the same sample as in row 2"), "{told}");
}

#[test]
fn answers_that_are_not_ages_are_refused_with_the_reason() {
    let rows: String = (0..600).map(|at| format!("{},{}\n", 16 + at % 40, at % 2)).collect();
    let told = Recorded::new(format!("t,y\n{rows}"), "true_age=t,age=y").refused();
    assert!(told.contains("the answers of `vendor` are not ages: all 600 answers are 0 or 1"));
    assert!(told.contains("pass_18"), "{told}");
}

#[test]
fn a_file_that_is_no_table_is_refused() {
    let line = vec!["0,1"; 5000].join(",");
    assert!(Recorded::new(line, "").refused().contains("row 1: only numbers: expected a header"));
    assert!(Recorded::new("", "").refused().contains("the file is empty"));
    assert!(Recorded::new("sample_id,true_age,age\n", "").refused().contains("no rows"));
    assert!(Recorded::new(b"a,b\n\xff\n".as_slice(), "").refused().contains("no column holds the answers"));
    let missing = Recorded::new("", "");
    let error = missing.with(Path::new("no/such.csv"), None, import).unwrap_err();
    assert!(error.to_string().contains("no/such.csv"));
}

#[test]
fn a_quote_that_is_not_closed_is_refused_with_its_row_instead_of_swallowing_the_rest() {
    for content in ["t,y,note\n17,20,\n18,21,\"oops\n19,22,\n20,23,\n", "t,y,note\r\n17,20,\r\n18,21,\"oops"] {
        let told = Recorded::new(content, "true_age=t,age=y").refused();
        assert!(told.contains("vendor.csv, row 3: the file ends within a cell"), "{told}");
        assert!(told.contains("help: close the cell"), "{told}");
    }
}

#[test]
fn advice_about_true_ages_names_the_columns_that_a_recorded_file_may_have() {
    let told = Recorded::new("t,y\n25-32,20\n", "true_age=t,age=y").refused();
    assert!(told.contains("true_age_low and true_age_high") && !told.contains("columns age_low"), "{told}");
    let told = Recorded::new("sample_id,age_low,age_high,age\na,25,33,30\n", "").refused();
    assert!(told.contains("--columns true_age_low=age_low,true_age_high=age_high"), "{told}");
    let told = Recorded::new("lo,hi,y\n25,25,20\n", "true_age_low=lo,true_age_high=hi,age=y").refused();
    assert!(told.contains("help: true_age_high is the first age"), "{told}");
}

#[test]
fn a_column_that_has_a_meaning_cannot_be_a_group() {
    for group in ["sample_id", "true_age", "guess", "person", "pass_18", "reason"] {
        let content = "sample_id,person,true_age,guess,pass_18,reason\na,p,17,19.5,,\n";
        let told = Recorded::new(content, "subject_id=person,age=guess").groups(&[group]).refused();
        assert!(told.contains(&format!("`{group}` has a meaning of its own")), "{told}");
    }
}

#[test]
fn a_file_in_which_nobody_is_eligible_is_refused() {
    for content in ["t,y,s\n,20,\n,21,\n", "t,y,s\n17,20,mask\n,21,\n"] {
        let told = Recorded::new(content, "true_age=t,age=y,species=s").refused();
        assert!(told.contains("no answered sample has both a known age and no attack species"), "{told}");
        assert!(told.contains("help: give true ages"), "{told}");
    }
}

#[test]
fn answers_are_joined_to_a_dataset_by_id_or_by_pseudonym() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("dataset.toml"), "name = \"held\"\nversion = \"1\"\n").unwrap();
    fs::write(place.path().join("manifest.csv"), "sample_id,age\na,17\nb,18\nc,19\n").unwrap();
    let dataset = Dataset::open(place.path(), &Pick::all()).unwrap();
    let pseudonyms = agebench::folder::Pseudonyms::of(&dataset, false);
    let content = format!("sample_id,age\nc,22\n{},20\n", pseudonyms.printed("a"));
    let recorded = Recorded::new(content, "");
    let made = recorded.with(&recorded.file(), Some(&dataset), import).unwrap();
    let rows = attempts(&made.folder);
    let found: Vec<_> = rows.iter().map(|(sample, _, outcome)| (sample.as_str(), years(outcome).unwrap())).collect();
    assert_eq!(found, [("a", 20.0), ("c", 22.0)], "manifest order; b was not attempted");
    let again = Recorded::new(
        "sample_id,subject_id,method,status,age,spread,age_low,age_high,reason\na,,m,answered,,,16,20,\nb,,m,refused,,,,,dark\n",
        "",
    );
    let made = again.with(&again.file(), Some(&dataset), import).unwrap();
    let rows = attempts(&made.folder);
    assert!(matches!(rows[0].2.answer, Some(Answer::Range { .. })), "an outcomes.csv can be scored on its manifest");
    assert_eq!((rows[1].2.status, rows[1].1.as_str()), (Status::Refused, "m"));
    let stranger = Recorded::new("sample_id,age\nz,22\n", "");
    let error = stranger.with(&stranger.file(), Some(&dataset), import).unwrap_err();
    let said = std::error::Error::source(&error).unwrap().to_string();
    assert!(said.contains("row 2, column `sample_id`: `z` is no sample of dataset `held`"), "{said}");
}

#[test]
fn no_word_of_an_error_steers_the_terminal() {
    let ran = crate::support::run(&["verify", "no\u{1b}]0;such\u{7}\u{202e}run"]).ended(2);
    assert!(ran.err.contains("no\u{fffd}]0;such\u{fffd}\u{fffd}run"), "{}", ran.err);
}
