//! The example programs: that they run as they are, and answer what they say.

use std::fs;
use std::path::{Path, PathBuf};
#[cfg(feature = "tract")]
use std::process::Command;

use crate::support::{bmp, column, dataset, jpeg, package, run, text};

/// The folder of an example.
pub fn example(name: &str) -> PathBuf {
    package().join("examples/plugins").join(name)
}

/// The compiled example, built in a folder below `place` with the C compiler as its file says.
#[cfg(feature = "tract")]
pub fn compiled(place: &Path) -> PathBuf {
    let folder = place.join("compiled");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(example("compiled").join("method.toml"), folder.join("method.toml")).unwrap();
    let source = example("compiled").join("plugin.c");
    let built =
        Command::new("cc").args(["-O2", "-Wall", "-Werror", "-o"]).arg(folder.join("plugin")).arg(source).status();
    assert!(built.expect("the C compiler that agebench is built with").success(), "the example in C does not compile");
    folder
}

#[test]
fn the_example_in_python_answers_what_its_file_says_and_fits_on_a_screen() {
    let place = tempfile::tempdir().unwrap();
    let photos = dataset(&place.path().join("photos"), &[("a.jpg", &jpeg()), ("b.jpg", b"\x01\x02")], "");
    let out = place.path().join("out");
    run(&["run", text(&example("python")), "--dataset", text(&photos), "--out", text(&out), "--keep-ids"]).ended(0);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    let expected = |bytes: &[u8]| 10.0 + (bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>() % 600) as f64 / 10.0;
    let ages: Vec<f64> = column(&outcomes, "age").iter().map(|age| age.parse().unwrap()).collect();
    assert_eq!(ages, [expected(&jpeg()), expected(&[1, 2])]);
    assert!(column(&outcomes, "answer_ns").iter().all(|time| time.parse::<u64>().unwrap() > 0));
    assert_eq!(column(&outcomes, "bytes_in"), [jpeg().len().to_string(), "2".to_owned()]);
    let run_json = fs::read_to_string(out.join("run.json")).unwrap();
    assert!(run_json.contains("\"adapter\": \"command\""), "{run_json}");
    let lines = fs::read_to_string(example("python").join("plugin.py")).unwrap();
    assert!(lines.lines().filter(|line| !line.trim().is_empty()).count() <= 22);
}

#[test]
fn the_example_for_records_judges_samples_without_a_file() {
    let place = tempfile::tempdir().unwrap();
    let (accounts, out) = (example("record").join("accounts"), place.path().join("out"));
    run(&["run", text(&example("record")), "--dataset", text(&accounts), "--out", text(&out), "--keep-ids"]).ended(0);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    // 13 years and 200, 1100, 1900, 3400, 5200, 30 and 10 days of 1 / 365.25 years; the third account's age is unknown.
    let status = ["answered", "answered", "abstained", "answered", "answered", "answered", "answered", "answered"];
    assert_eq!(column(&outcomes, "status"), status);
    let expected_18 = ["deny", "deny", "", "pass", "pass", "pass", "deny", "deny"];
    assert_eq!(column(&outcomes, "pass_18"), expected_18);
    assert_eq!(column(&outcomes, "pass_13")[0], "pass");
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert!(metrics.contains("under_age_pass_rate"));
}

#[cfg(feature = "tract")]
#[test]
fn a_program_and_a_model_stand_in_one_run_in_the_order_of_the_command_line() {
    let place = tempfile::tempdir().unwrap();
    let photos = dataset(&place.path().join("photos"), &[("a.jpg", &jpeg()), ("b.jpg", &jpeg())], "");
    let rows = |methods: [&str; 3], jobs: &str| {
        let out = tempfile::tempdir().unwrap();
        let more = ["--dataset", text(&photos), "--out", text(out.path()), "--no-timings", "--jobs", jobs];
        run(&[&["run"], &methods[..], &more].concat()).ended(0);
        fs::read_to_string(out.path().join("outcomes.csv")).unwrap()
    };
    let python = example("python");
    let methods = ["drawn-even", text(&python), "drawn-cautious"];
    let one = rows(methods, "1");
    assert_eq!(column(&one, "method"), ["drawn-even", "python-plugin", "drawn-cautious"].repeat(2));
    assert_eq!(one, rows(methods, "4"));
}

#[test]
fn the_digest_of_a_program_covers_its_files_and_not_how_many_run() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("method");
    fs::create_dir_all(&folder).unwrap();
    for file in ["plugin.py", "method.toml"] {
        fs::copy(example("python").join(file), folder.join(file)).unwrap();
    }
    let photos = dataset(&place.path().join("photos"), &[("a.jpg", &jpeg())], "");
    let digest = || {
        let out = tempfile::tempdir().unwrap();
        run(&["run", text(&folder), "--dataset", text(&photos), "--out", text(out.path())]).ended(0);
        let metrics = fs::read_to_string(out.path().join("metrics.csv")).unwrap();
        column(&metrics, "method_digest")[0].clone()
    };
    let before = digest();
    let card = fs::read_to_string(folder.join("method.toml")).unwrap();
    fs::write(folder.join("method.toml"), format!("{card}instances = 3\nstart_seconds = 30\n")).unwrap();
    assert_eq!(before, digest());
    let script = fs::read_to_string(folder.join("plugin.py")).unwrap();
    fs::write(folder.join("plugin.py"), script + "# another version\n").unwrap();
    assert_ne!(before, digest());
}

#[test]
fn what_a_method_returns_beyond_its_answer_is_counted() {
    let place = tempfile::tempdir().unwrap();
    let orders = crate::command::orders(&place.path().join("data"), &["extra", "answer 20", "extra", "name"]);
    let method = crate::command::misbehaving(&place.path().join("method"), ["path", "1", "-"], "");
    let out = place.path().join("out");
    run(&["run", text(&method), "--dataset", text(&orders), "--out", text(&out)]).ended(0);
    let run_json: serde_json::Value = serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    let about = &run_json["methods"][0];
    assert_eq!(about["extra_fields"], serde_json::json!({"mood": 2, "(unnamed)": 1}));
    // Twice it claimed 1.5 ms; what passed is another thing.
    let claimed = &about["claimed_times"];
    assert_eq!((&claimed["attempts"], &claimed["answer_ns"]), (&2.into(), &3_000_000.into()), "{claimed}");
    assert_eq!(claimed["prepare_ns"], 0);
    assert!(claimed["measured_ns"].as_u64().unwrap() > 0);
    assert!(["memory", "disk"].contains(&run_json["settings"]["copies"].as_str().unwrap()));
    run(&["run", text(&method), "--dataset", text(&orders), "--out", text(&out), "--replace", "--no-timings"]).ended(0);
    assert!(!fs::read_to_string(out.join("run.json")).unwrap().contains("claimed_times"));
    // A name is text of the method: where no row is kept, none is.
    run(&["run", text(&method), "--dataset", text(&orders), "--out", text(&out), "--replace", "--retain", "none"])
        .ended(0);
    let run_json: serde_json::Value = serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(run_json["methods"][0]["extra_fields"], serde_json::json!({"(unnamed)": 3}));
}

#[test]
fn a_program_that_wants_pixels_is_given_the_upright_picture_decoded() {
    let place = tempfile::tempdir().unwrap();
    // Orders that are pixels: two rows of three, of one sample `answer 23.25`, read in red, green, blue, the upper row first.
    let (upright, refusal) = (bmp(3, b"answer 23.25      "), bmp(2, b"refuse"));
    let files = [("a.bmp", &upright[..]), ("b.bmp", &refusal), ("c.jpg", b"no picture"), ("d.jpg", &jpeg())];
    let photos = dataset(&place.path().join("photos"), &files, "record,,p9,30\n");
    let log = place.path().join("log");
    let method = crate::command::misbehaving(&place.path().join("method"), ["pixels", "1", text(&log)], "");
    let out = place.path().join("out");
    let more = ["--keep-ids", "--max-failed", "9"];
    let all = ["run", text(&method), "--dataset", text(&photos), "--out", text(&out)];
    run(&[&all[..], &more].concat()).ended(0);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    assert_eq!(column(&outcomes, "status"), ["answered", "refused", "failed", "failed", "failed"]);
    assert_eq!(column(&outcomes, "age")[0], "23.25");
    assert!(outcomes.contains("unknown order") && outcomes.contains("the sample has no file"), "{outcomes}");
    let log = fs::read_to_string(&log).unwrap();
    let requests: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix("REQUEST ")).collect();
    assert_eq!(requests.len(), 5, "hello, three pictures, bye: {log}");
    for request in &requests {
        assert_eq!(crate::protocol::message_problem(request), None, "{request}");
    }
    assert!(requests[1].contains("\"bytes\":18,\"width\":3,\"height\":2"), "{}", requests[1]);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert!(
        column(&metrics, "engine")[0].starts_with("jpeg of agebench"),
        "what decoded the pictures stands in every row"
    );
}

#[test]
fn a_stage_is_lent_the_columns_of_its_own_card_and_a_program_those_that_it_asks_for() {
    let place = tempfile::tempdir().unwrap();
    let data = crate::command::orders(&place.path().join("data"), &["answer 18"]);
    let manifest = "sample_id,path,subject_id,age,first,second\ns0,f0.txt,p0,20,red,blue\n";
    fs::write(data.join("manifest.csv"), manifest).unwrap();
    let log = |name: &str| place.path().join(format!("log-{name}"));
    let mut card = "name = 'both'\nkind = 'estimation'\nversion = '1'\n".to_owned();
    for name in ["first", "second"] {
        let columns = format!("columns = [{name:?}]\n");
        let stage = crate::command::misbehaving(&place.path().join(name), ["path", "1", text(&log(name))], &columns);
        card += &format!("[[waterfall.stages]]\nmethod = {:?}\nbuffer = [-9, 9]\n", text(&stage));
    }
    let both = place.path().join("both.toml");
    fs::write(&both, card).unwrap();
    let ran = |method: &Path, out: &str| {
        let out = place.path().join(out);
        run(&["run", text(method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
    };
    ran(&both, "out-both");
    for (name, lent) in [("first", "{\"first\":\"red\"}"), ("second", "{\"second\":\"blue\"}")] {
        let seen = fs::read_to_string(log(name)).unwrap();
        assert!(seen.contains(&format!("\"columns\":{lent}")), "{name}: {seen}");
    }

    // Its card names both; it asks for one.
    let script = format!(
        "read -r hello; echo '{}'; while read -r line; do echo \"$line\" >> {}; case $line in *attempt*) echo '{}';; \
         *) exit 0;; esac; done",
        r#"{"type":"ready","agebench":1,"media":"none","answers":["age"],"columns":["second"]}"#,
        text(&log("modest")),
        r#"{"type":"answer","n":1,"status":"answered","age":20}"#,
    );
    let modest = place.path().join("modest.toml");
    let card = format!(
        "name = 'modest'\nkind = 'inference'\nversion = '1'\n[command]\nprogram = 'sh'\nargs = ['-c', '''{script}''']\n\
         columns = ['first', 'second']\n"
    );
    fs::write(&modest, card).unwrap();
    ran(&modest, "out-modest");
    let seen = fs::read_to_string(log("modest")).unwrap();
    assert!(seen.contains("\"columns\":{\"second\":\"blue\"}"), "{seen}");
}
