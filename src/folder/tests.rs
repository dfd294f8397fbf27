//! outcomes.csv: what is written reads back, a prefix is a file, and what is wrong is named.

use std::time::Duration;

use super::*;
use crate::age::{Age, AgeLimit};
use crate::outcome::{Answer, Decision, LimitAnswer, Outcome, Status};

fn limit(years: i64) -> AgeLimit {
    AgeLimit::new(years).unwrap()
}

fn age(years: f64) -> Age {
    Age::new(years).unwrap()
}

fn outcomes() -> Vec<Outcome> {
    let limits = vec![
        LimitAnswer { limit: limit(16), score: Some(0.25), decision: None },
        LimitAnswer { limit: limit(18), score: None, decision: Some(Decision::Deny) },
    ];
    vec![
        Outcome {
            faces: Some(1),
            bytes_in: Some(1234),
            bytes_out: Some(2),
            prepare: Some(Duration::from_nanos(5)),
            answer_time: Some(Duration::from_secs(2)),
            transfer: Some(Duration::ZERO),
            retries: 3,
            ..Outcome::answered(Answer::Age { age: age(24.999_999_999_999_996), spread: Some(-0.5) })
        },
        Outcome::answered(Answer::Range { low: age(18.0), high: age(25.0) }),
        Outcome::answered(Answer::Limits(limits)),
        Outcome::unanswered(Status::Refused, "too dark, \"really\""),
        Outcome::unanswered(Status::NoSubject, ""),
        Outcome::failed("crash: signal 11"),
    ]
}

fn written(timings: Timings) -> String {
    let mut writer = OutcomeWriter::new(Vec::new(), &[limit(16), limit(18)], timings).unwrap();
    for (at, outcome) in outcomes().iter().enumerate() {
        let key = AttemptKey { sample_id: &format!("s{}", at / 2), subject_id: "", method: ["m,1", "m2"][at % 2] };
        writer.write(&key, outcome, (at == 0).then_some("abc")).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

#[test]
fn every_kind_of_outcome_reads_back_to_the_last_bit() {
    let text = written(Timings::Written);
    let mut reader = OutcomeReader::open("outcomes.csv", text.as_bytes()).unwrap();
    assert_eq!(reader.limits(), [limit(16), limit(18)]);
    for (at, expected) in outcomes().into_iter().enumerate() {
        let row = reader.next_row().unwrap().unwrap();
        assert_eq!(row.outcome, expected);
        assert_eq!(row.row, at as u64 + 2);
        assert_eq!(row.method, ["m,1", "m2"][at % 2]);
    }
    assert_eq!(reader.next_row().unwrap(), None);
}

#[test]
fn the_columns_are_those_of_the_documented_format() {
    let text = written(Timings::Left);
    let mut lines = text.lines();
    assert_eq!(
        lines.next().unwrap(),
        "sample_id,subject_id,method,status,age,spread,age_low,age_high,score_16,pass_16,score_18,pass_18,reason,\
         faces,bytes_in,bytes_out,prepare_ns,answer_ns,transfer_ns,retries,input_digest"
    );
    assert_eq!(lines.next().unwrap(), "s0,,\"m,1\",answered,24.999999999999996,-0.5,,,,,,,,1,1234,2,,,,3,abc");
}

#[test]
fn a_reason_is_one_line() {
    let mut writer = OutcomeWriter::new(Vec::new(), &[], Timings::Left).unwrap();
    let key = AttemptKey { sample_id: "a", subject_id: "", method: "m" };
    writer.write(&key, &Outcome::failed("one\ntwo\u{1b}[31m"), None).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains("one two [31m"));
}

fn error_of(rows: &str) -> String {
    let text = format!("sample_id,subject_id,method,status,age,age_low,age_high,pass_18,score_18\n{rows}\n");
    let mut reader = OutcomeReader::open("outcomes.csv", text.as_bytes()).unwrap();
    reader.next_row().unwrap_err().to_string()
}

#[test]
fn a_row_that_contradicts_itself_is_refused_with_row_and_column() {
    for (row, expected) in [
        ("a,,m,Answered,17,,,,", "outcomes.csv, row 2, column `status`: `Answered` is not one of answered, abstained"),
        ("a,,m,answered,,,,,", "row 2, column `status`: answered, but every cell for an answer is empty"),
        ("a,,m,refused,17,,,,", "row 2, column `status`: refused, but there is an answer"),
        ("a,,m,answered,17,16,20,,", "two kinds of answer"),
        ("a,,m,answered,,16,,,", "a range has both ends"),
        ("a,,m,answered,,,,yes,", "row 2, column `pass_18`: `yes` is not `pass` or `deny`"),
        ("a,,m,answered,old,,,,", "row 2, column `age`: `old` is not a number"),
        (",,m,answered,17,,,,", "row 2, column `sample_id`: empty"),
        ("a,,m,answered", "4 cells: expected 9"),
    ] {
        let error = error_of(row);
        assert!(error.contains(expected), "`{expected}` is not in `{error}`");
    }
}

#[test]
fn an_answer_that_is_no_age_is_a_failure_with_its_reason() {
    for cells in ["NaN,,,,", "inf,,,,", "-3,,,,", "121,,,,", ",30,20,,", ",NaN,20,,", ",,,,inf"] {
        let text = format!(
            "sample_id,subject_id,method,status,age,age_low,age_high,pass_18,score_18\na,,m,answered,{cells}\n"
        );
        let mut reader = OutcomeReader::open("outcomes.csv", text.as_bytes()).unwrap();
        let outcome = reader.next_row().unwrap().unwrap().outcome;
        assert_eq!(outcome.status, Status::Failed, "{cells}");
        assert!(outcome.reason.unwrap().starts_with("the method's answer"), "{cells}");
    }
}

fn truth() -> Truth {
    let text = "sample_id,subject_id,subject_rank,cluster_rank,weight,age_low,age_high,split,species\n\
        s0,p,0,,1,17,18,,\ns1,q,1,,1,18,19,,\ns2,q,1,,1,,,,\n";
    Truth::read("truth.csv", text.as_bytes()).unwrap()
}

fn joined(rows: &[&str]) -> Result<Vec<(usize, usize)>, String> {
    let text = format!("sample_id,subject_id,method,status,age\n{}\n", rows.join("\n"));
    let truth = truth();
    let methods = ["m1", "m2"].map(str::to_owned);
    let mut found = Vec::new();
    let take = |attempt: Attempt| found.push((attempt.sample, attempt.method));
    let read = join_attempts(&truth, &methods, "outcomes.csv", text.as_bytes(), take);
    read.map(|()| found).map_err(|error| error.to_string())
}

#[test]
fn outcomes_are_joined_to_truth_in_one_pass_and_samples_may_lack() {
    let all = ["s0,p,m1,answered,20", "s0,p,m2,failed,", "s2,q,m2,answered,20"];
    assert_eq!(joined(&all).unwrap(), [(0, 0), (0, 1), (2, 1)]);
}

#[test]
fn outcomes_out_of_order_twice_or_of_others_are_refused() {
    for (rows, expected) in [
        (&["s1,q,m1,answered,20", "s0,p,m1,answered,20"][..], "row 3, column `sample_id`: `s0` stands out of order"),
        (&["s0,p,m1,answered,20", "s0,p,m1,answered,20"], "row 3, column `method`: the attempt of `m1`"),
        (&["s0,p,m2,answered,20", "s0,p,m1,answered,20"], "twice or out of order"),
        (&["s9,p,m1,answered,20"], "`s9` is not in truth.csv"),
        (&["s0,q,m1,answered,20"], "row 2, column `subject_id`: `q` is not the subject"),
        (&["s0,p,m3,answered,20"], "row 2, column `method`: `m3` is no method of this run"),
    ] {
        let error = joined(rows).unwrap_err();
        assert!(error.contains(expected), "`{expected}` is not in `{error}`");
    }
}

/// A run.json.
fn record() -> RunRecord {
    let digest = crate::digest::Digest::of(b"x");
    RunRecord {
        schema: RUN_SCHEMA.to_owned(),
        tool_version: "0.1.0".to_owned(),
        verb: "run".to_owned(),
        settings: [("jobs".to_owned(), serde_json::json!(2))].into_iter().collect(),
        dataset: DatasetRecord {
            name: "d".to_owned(),
            version: "1".to_owned(),
            card_digest: digest,
            manifest_digest: digest,
            files_digest: None,
            inputs_digest: None,
            samples: 3,
            subjects: 2,
            age_precision: "year".to_owned(),
            pick: String::new(),
        },
        shard: None,
        shards: Vec::new(),
        outcomes: None,
        truth: None,
        protocol_digest: digest,
        methods: Vec::new(),
        machine: Some(Machine::from_texts(
            "processor\t: 0\nmodel name\t: Some CPU @ 2GHz\nflags\t\t: sse avx avx2\n",
            "MemTotal:       16384 kB\n",
            Some(2),
            Some("Linux 6.1".to_owned()),
        )),
        seeds: [("protocol".to_owned(), 0)].into_iter().collect(),
        started: Some("2026-01-01T00:00:00Z".to_owned()),
        ended: Some("2026-01-01T00:01:00Z".to_owned()),
    }
}

#[test]
fn run_json_reads_back_and_keys_of_later_versions_are_passed_over() {
    let place = tempfile::tempdir().unwrap();
    let folder = RunFolder::open(place.path()).unwrap();
    let record = record();
    record.write(&folder).unwrap();
    assert_eq!(RunRecord::read(&folder).unwrap(), record);
    // What has no end is no result, but for answers that were recorded elsewhere.
    for (verb, help) in
        [("run", Some("--resume")), ("merge", Some("--replace")), ("footprint", Some("--replace")), ("score", None)]
    {
        let open = RunRecord { verb: verb.to_owned(), ended: None, ..record.clone() };
        open.write(&folder).unwrap();
        assert_eq!(RunRecord::read_begun(&folder).unwrap(), open);
        match (RunRecord::read(&folder), help) {
            (Err(error @ FolderError::Unfinished { .. }), Some(help)) => assert!(error.help().unwrap().contains(help)),
            (read, _) => assert!(read.is_ok() && help.is_none(), "{verb}"),
        }
    }
    record.write(&folder).unwrap();
    let machine = record.machine.as_ref().unwrap();
    assert_eq!(machine.cpu_model.as_deref(), Some("Some CPU @ 2GHz"));
    assert_eq!(machine.cpu_features, ["avx", "avx2", "sse"]);
    assert_eq!(machine.memory_bytes, Some(16_777_216));
    let text = folder.read_text(names::RUN).unwrap().replacen('{', "{\"later\": 1,", 1);
    folder.write(names::RUN, text.as_bytes(), false).unwrap();
    assert_eq!(RunRecord::read(&folder).unwrap(), record);
}

#[test]
fn the_digest_of_truth_csv_is_that_of_its_bytes_and_without_it_any_file_is_read() {
    let place = tempfile::tempdir().unwrap();
    let folder = RunFolder::open(place.path()).unwrap();
    let text = "sample_id,subject_id,subject_rank,cluster_rank,weight,age_low,age_high,split\ns0,p,0,,1,17,18,\n";
    let truth = Truth::read("truth.csv", text.as_bytes()).unwrap();
    let wrote = truth.write_into(&folder).unwrap();
    let bytes = std::fs::read(folder.file(names::TRUTH)).unwrap();
    assert_eq!(wrote, RowsRecord { rows: 1, sha256: crate::digest::Digest::of(&bytes) });
    assert_eq!(wrote, RowsRecord::of(&folder.file(names::TRUTH), 1).unwrap());
    let record = RunRecord { truth: Some(wrote), ..record() };
    record.has_truth(&folder).unwrap();
    assert_eq!(record.read_truth(&folder).unwrap(), truth);
    // Rows that are read alike are not the same bytes.
    for changed in [text.replace(",17,18,", ",27,28,"), text.replace('\n', "\r\n"), format!("{text}\n")] {
        folder.write(names::TRUTH, changed.as_bytes(), true).unwrap();
        for refused in [record.has_truth(&folder).unwrap_err(), record.read_truth(&folder).unwrap_err()] {
            assert!(matches!(refused, FolderError::Changed { file: names::TRUTH, rows: 1, .. }), "{refused}");
            assert!(refused.help().unwrap().contains("--resume"));
        }
        RunRecord { truth: None, ..record.clone() }.read_truth(&folder).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_apart_and_room_is_advised() {
    let path = std::path::Path::new("/dev/full");
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    let mut writer = OutcomeWriter::new(file, &[], Timings::Left).unwrap();
    let error = FolderError::write(path, writer.flush().unwrap_err());
    assert!(error.is_write_failure());
    assert!(error.help().unwrap().contains("make room on the disk"), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let _ = Truth::read("truth.csv", &bytes[..]);
        if let Ok(mut reader) = OutcomeReader::open("outcomes.csv", &bytes[..]) {
            while let Ok(Some(_)) = reader.next_row() {}
        }
    }

    #[test]
    fn no_cells_make_a_reader_panic(
        cells in proptest::collection::vec("[-+0-9.eEinfNaN,\"\n a-z]{0,12}", 0..60)
    ) {
        let header = "sample_id,subject_id,method,status,age,spread,age_low,age_high,score_18,pass_18,retries\n";
        let text = format!("{header}{}", cells.join(","));
        if let Ok(mut reader) = OutcomeReader::open("outcomes.csv", text.as_bytes()) {
            while let Ok(Some(_)) = reader.next_row() {}
        }
        let header = "sample_id,subject_id,subject_rank,cluster_rank,weight,age_low,age_high,split,species\n";
        let _ = Truth::read("truth.csv", format!("{header}{}", cells.join(",")).as_bytes());
    }

    #[test]
    fn every_answer_reads_back_as_it_was_written(
        years in 0.0..=120.0_f64, spread in proptest::option::of(-1e9..1e9_f64), reason in ".{0,40}"
    ) {
        let answered = Outcome::answered(Answer::Age { age: age(years), spread });
        let refused = Outcome::unanswered(Status::Refused, reason.replace(char::is_control, " "));
        let mut writer = OutcomeWriter::new(Vec::new(), &[], Timings::Left).unwrap();
        for outcome in [&answered, &refused] {
            writer.write(&AttemptKey { sample_id: "s", subject_id: "", method: "m" }, outcome, None).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let mut reader = OutcomeReader::open("outcomes.csv", &bytes[..]).unwrap();
        proptest::prop_assert_eq!(&reader.next_row().unwrap().unwrap().outcome, &answered);
        proptest::prop_assert_eq!(&reader.next_row().unwrap().unwrap().outcome, &refused);
    }
}
