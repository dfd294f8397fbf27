//! Programs that take more than they need, each in one way: each is caught in the box, and named.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use crate::footprint::{faces, rows, takes};
use crate::support::{column, is_needed, run, text};

/// Whether this machine makes boxes; without, a test skips and says so, or fails where CI says that it must not.
pub fn has_boxes() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let tried = Command::new("bwrap").args(["--unshare-all", "--uid", "0", "--ro-bind", "/", "/", "true"]).status();
        let has = tried.is_ok_and(|status| status.success());
        assert!(has || !is_needed("bubblewrap"), "bubblewrap makes no box here");
        if !has {
            eprintln!("skipped: bubblewrap (bwrap) is not installed, or makes no box here");
        }
        has
    })
}

/// Whether strace is installed, as [`has_boxes`].
fn has_strace() -> bool {
    let has = Command::new("strace").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(has || !is_needed("strace"), "strace is not installed");
    has
}

/// What a program that takes in this way is seen to do.
struct Seen {
    rows: BTreeMap<String, (Option<f64>, String)>,
    /// Phase, observation and name of each row of footprint.csv with a value above 0.
    raw: Vec<[String; 3]>,
    /// The sample of each.
    samples: Vec<String>,
}

impl Seen {
    fn value(&self, name: &str) -> f64 {
        self.rows.get(name).and_then(|(value, _)| *value).unwrap_or_else(|| panic!("{name}: {:?}", self.rows.get(name)))
    }

    /// Fails unless an observation is there whose name begins so.
    #[track_caller]
    fn has(&self, phase: &str, observation: &str, name: &str) {
        let there =
            self.raw.iter().any(|[at, what, named]| at == phase && what == observation && named.starts_with(name));
        assert!(there, "no {phase} {observation} {name} in {:#?}", self.raw);
    }

    /// Fails unless all that is left of a clean sheet is what these begin with.
    #[track_caller]
    fn is_clean_but_for(&self, expected: &[&str]) {
        for name in COUNTS {
            let is_expected = expected.iter().any(|expected| name.starts_with(expected));
            assert_eq!(self.value(name) > 0.0, is_expected, "{name}: {:#?}", self.raw);
        }
    }
}

/// Counts that are 0 of a program that takes nothing but its sample.
const COUNTS: [&str; 12] = [
    "files_created",
    "files_changed",
    "files_left phase=end",
    "files_left phase=after_exit",
    "processes_left phase=end",
    "processes_left phase=after_exit",
    "connections_tried",
    "hosts",
    "names_resolved",
    "canary_hits",
    "persistent_identifiers",
    "extra_fields",
];

fn seen_with(way: &str, args: &[&str], flags: &[&str]) -> Seen {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let (method, data) = (takes(place.path(), way, args), faces(&place.path().join("faces"), 4));
    let asked = ["footprint", text(&method), "--dataset", text(&data), "--out", text(&out), "--keep-ids"];
    run(&[&asked[..], flags].concat()).ended(0);
    run(&["verify", text(&out)]).ended(0);
    let rows = rows(&out);
    let mut reader = csv::Reader::from_path(out.join("footprint.csv")).unwrap();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let above_zero = |record: &&csv::StringRecord| {
        record[5].parse::<f64>().is_ok_and(|value| value > 0.0) || (record[5].is_empty() && !record[4].is_empty())
    };
    let raw = records.iter().filter(above_zero).map(|it| [1, 3, 4].map(|at| it[at].to_owned())).collect();
    let samples = records.iter().filter(above_zero).map(|it| it[2].to_owned()).collect();
    Seen { rows, raw, samples }
}

fn seen(way: &str) -> Option<Seen> {
    has_boxes().then(|| seen_with(way, &[], &[]))
}

#[test]
fn a_program_that_takes_nothing_but_its_sample_gets_a_clean_sheet() {
    let Some(seen) = seen("clean") else { return };
    seen.is_clean_but_for(&[]);
    assert_eq!(seen.value("media_opened_share"), 1.0);
    assert_eq!(seen.value("works_offline"), 1.0);
    assert!(seen.value("peak_memory") > 1e6, "an interpreter takes more than a megabyte");
    assert!(seen.value("method_bytes") > 0.0);
    if has_strace() {
        assert_eq!(seen.value("unix_sockets"), 0.0);
    }
}

#[test]
fn a_copy_that_is_never_opened_is_told() {
    let Some(seen) = seen("blind") else { return };
    assert_eq!(seen.value("media_opened_share"), 0.0);
}

#[test]
fn a_cache_in_the_home_folder_is_found() {
    let Some(seen) = seen("cache") else { return };
    seen.is_clean_but_for(&["files_created", "files_left"]);
    seen.has("after_answer", "file_created", "home/.cache/model.bin");
    seen.has("after_exit", "file_left", "home/.cache/model.bin");
    assert_eq!(seen.value("bytes_left phase=after_exit"), 500.0);
}

#[test]
fn photos_kept_in_the_temporary_folder_are_found_and_known_again() {
    let Some(seen) = seen("keeps") else { return };
    seen.is_clean_but_for(&["files_created", "files_left", "canary_hits"]);
    assert_eq!(seen.value("files_left phase=after_exit"), 4.0);
    for what in ["marker", "content", "pixels"] {
        seen.has("after_answer", "canary", &format!("file tmp/kept-3.jpg: {what}"));
    }
    // Each is told as a trace of its own sample.
    let of = |number: usize| {
        let at =
            seen.raw.iter().position(|[_, _, name]| *name == format!("file tmp/kept-{number}.jpg: marker")).unwrap();
        seen.samples[at].clone()
    };
    assert_eq!([1, 2, 3, 4].map(of), ["s0", "s1", "s2", "s3"]);
}

#[test]
fn a_photo_in_base64_on_the_error_stream_is_found() {
    let Some(seen) = seen("logs") else { return };
    seen.is_clean_but_for(&["canary_hits"]);
    assert_eq!(seen.value("canary_hits place=stderr"), 4.0);
    assert!(seen.raw.iter().any(|[_, what, name]| what == "canary" && name == "stderr: marker"));
}

#[test]
fn connections_are_told_with_address_and_port_though_nobody_answers() {
    let Some(seen) = seen("phones") else { return };
    seen.is_clean_but_for(&["connections_tried"]);
    seen.has("attempt", "connection", "127.0.0.1:4711");
    seen.has("attempt", "connection", "192.0.2.7:443");
    assert_eq!(seen.value("connections_tried"), 8.0);
}

#[test]
fn a_datagram_is_told_and_what_of_the_photo_is_in_it() {
    let Some(seen) = seen("tells") else { return };
    seen.is_clean_but_for(&["connections_tried", "canary_hits"]);
    seen.has("attempt", "connection", "192.0.2.8:5140");
    seen.has("after_answer", "canary", "network 192.0.2.8:5140: marker");
}

#[test]
fn a_name_that_is_looked_up_is_told() {
    let Some(seen) = seen("resolves") else { return };
    seen.is_clean_but_for(&["names_resolved"]);
    seen.has("attempt", "name_resolved", "collector.example.org");
    assert_eq!(seen.value("names_resolved"), 1.0);
}

#[test]
fn a_daemon_that_writes_later_is_told_and_so_is_what_it_wrote() {
    let Some(seen) = seen("daemon") else { return };
    seen.is_clean_but_for(&["processes_left", "files_created", "files_left phase=after_exit"]);
    seen.has("end", "process_left", "python3");
    seen.has("after_exit", "process_left", "python3");
    seen.has("after_exit", "file_left", "tmp/late");
}

#[test]
fn files_and_a_process_that_are_called_as_the_harness_s_own_are_told() {
    let Some(seen) = seen("disguises") else { return };
    seen.is_clean_but_for(&["files_created", "files_left", "processes_left", "canary_hits"]);
    assert_eq!(seen.value("files_left phase=after_exit"), 8.0);
    seen.has("after_exit", "file_left", "run/3.resolv.conf");
    seen.has("after_exit", "file_left", "channel/trace-x3");
    seen.has("end", "process_left", "strace");
    seen.has("after_exit", "process_left", "strace");
    assert_eq!(seen.value("processes_left phase=after_exit"), 1.0, "the tracer is none of the method's");
}

#[test]
fn names_that_are_no_text_are_files_of_their_own() {
    let Some(seen) = seen("mumbles") else { return };
    assert_eq!((seen.value("files_created"), seen.value("files_left phase=after_exit")), (4.0, 4.0));
    seen.has("after_answer", "file_created", "home/\\x82");
}

#[test]
fn what_lies_deeper_than_any_path_may_be_is_found() {
    let Some(seen) = seen("digs") else { return };
    assert_eq!((seen.value("files_created"), seen.value("files_left phase=after_exit")), (4.0, 4.0));
    assert!(seen.value("canary_hits") > 0.0);
}

#[test]
fn attributes_beyond_the_answer_are_told_and_a_photo_in_one_is_found() {
    let Some(seen) = seen("returns") else { return };
    seen.is_clean_but_for(&["extra_fields", "canary_hits"]);
    seen.has("attempt", "extra_field", "sex");
    seen.has("after_answer", "canary", "reply field thumbnail: marker");
    assert_eq!(seen.value("extra_fields"), 2.0);
}

#[test]
fn a_text_that_comes_again_with_the_same_person_is_told() {
    let Some(seen) = seen("identifies") else { return };
    seen.is_clean_but_for(&["persistent_identifiers", "extra_fields"]);
    seen.has("whole", "identifier", "field token");
    let Some(files) = self::seen("files_identify") else { return };
    files.is_clean_but_for(&["persistent_identifiers", "files_created", "files_left"]);
    files.has("whole", "identifier", "name of a file in home/people");
}

#[test]
fn the_digest_of_a_photo_in_a_log_is_found() {
    let Some(seen) = seen("hashes") else { return };
    seen.is_clean_but_for(&["files_created", "files_changed", "files_left", "canary_hits"]);
    seen.has("after_answer", "canary", "file home/seen.log: sha256");
}

#[test]
fn a_hard_link_that_keeps_the_copy_is_found() {
    let Some(seen) = seen("links") else { return };
    // The folder of copies goes with the session, and what was put there with it.
    seen.is_clean_but_for(&["files_created", "files_left phase=end", "canary_hits"]);
    seen.has("end", "file_left", "copies/.kept-1");
    assert_eq!(seen.value("files_left phase=end"), 4.0);
}

#[test]
fn what_is_written_through_a_hard_link_is_a_change_of_both_names() {
    let Some(seen) = seen("writes_through_a_link") else { return };
    seen.is_clean_but_for(&["files_created", "files_changed", "files_left"]);
    for name in ["var-tmp/one (2 names)", "var-tmp/other (2 names)"] {
        seen.has("after_answer", "file_changed", name);
        seen.has("after_exit", "file_left", name);
    }
}

#[test]
fn an_abstract_socket_is_told_where_calls_can_be_traced() {
    let Some(seen) = seen("abstract") else { return };
    if has_strace() {
        seen.has("attempt", "unix_socket", "@of-the-method");
        assert_eq!(seen.value("unix_sockets"), 1.0);
    } else {
        assert_eq!(seen.rows["unix_sockets"], (None, "not_measurable".to_owned()));
    }
    seen.is_clean_but_for(&[]);
}

#[test]
fn a_file_that_is_gone_by_the_answer_is_told_without_a_size() {
    let Some(seen) = seen("passing") else { return };
    seen.is_clean_but_for(&["files_created"]);
    seen.has("attempt", "file_created", "shm/for-a-moment");
}

#[test]
fn a_program_that_takes_no_file_is_given_the_bytes_of_its_columns() {
    if !has_boxes() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let (method, data) = (takes(place.path(), "columns", &[]), faces(&place.path().join("faces"), 2));
    let card = fs::read_to_string(method.join("method.toml")).unwrap();
    fs::write(method.join("method.toml"), format!("{card}columns = ['region']\n")).unwrap();
    let manifest = fs::read_to_string(data.join("manifest.csv")).unwrap();
    let lines = manifest.lines().enumerate();
    let wider = lines.map(|(row, line)| format!("{line},{}\n", if row == 0 { "region" } else { "north" }));
    fs::write(data.join("manifest.csv"), wider.collect::<String>()).unwrap();
    for verb in ["run", "footprint"] {
        let out = place.path().join(verb);
        run(&[verb, text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
        let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
        assert_eq!(column(&outcomes, "bytes_in"), ["11", "11"], "{verb}: `region` and `north`");
    }
    // A column that the card names and `ready` does not ask for goes nowhere, and neither does the face box.
    let rows = rows(&place.path().join("footprint"));
    assert_eq!(rows["fields_given"].0, Some(1.0));
    let card = card.replace("\"columns\"]", "\"columns\", \"place\"]");
    fs::write(method.join("method.toml"), format!("{card}columns = ['region', 'place']\n")).unwrap();
    let wider = fs::read_to_string(data.join("manifest.csv")).unwrap();
    let lines = wider.lines().enumerate();
    let wider = lines.map(|(row, line)| match row {
        0 => format!("{line},place,x0,y0,x1,y1\n"),
        _ => format!("{line},home,1,1,20,20\n"),
    });
    fs::write(data.join("manifest.csv"), wider.collect::<String>()).unwrap();
    let out = place.path().join("less");
    run(&["footprint", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    assert_eq!(column(&outcomes, "bytes_in"), ["9", "9"], "`place` and `home`");
    let footprint = fs::read_to_string(out.join("footprint.csv")).unwrap();
    let names = column(&footprint, "observation").into_iter().zip(column(&footprint, "name"));
    let given: Vec<String> = names.filter(|(what, _)| what == "field_given").map(|(_, name)| name).collect();
    assert_eq!(given, ["place", "place"]);
}

#[test]
fn what_hides_in_an_extended_attribute_is_found() {
    let Some(seen) = seen("attributes") else { return };
    seen.has("after_answer", "canary", "attribute tmp/innocent user.photo: marker");
}

#[test]
fn an_allowed_host_is_reached_counted_and_no_other_is() {
    if !has_boxes() {
        return;
    }
    let server = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = server.local_addr().unwrap().port();
    thread::spawn(move || {
        for caller in server.incoming() {
            let mut caller = caller.unwrap();
            let mut all = Vec::new();
            let _ = caller.read_to_end(&mut all);
            let _ = caller.write_all(b"thanks");
        }
    });
    // A name of this machine that is neither an address nor `localhost`, which no program looks up.
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let names = hosts.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split_whitespace().skip(1));
    let is_ours = |name: &&str| {
        !name.contains("localhost") && !name.contains("ip6-") && TcpStream::connect((*name, port)).is_ok()
    };
    let Some(host) = names.into_iter().find(is_ours) else {
        eprintln!("skipped: this machine has no name of its own in /etc/hosts");
        return;
    };
    let port = port.to_string();
    let seen = seen_with("fetches", &[host, &port], &["--allow-host", &format!("{host}:{port}")]);
    seen.is_clean_but_for(&["connections_tried", "names_resolved", "hosts"]);
    seen.has("attempt", "connection", &format!("{host}:{port}"));
    assert_eq!(seen.value("hosts"), 1.0);
    assert_eq!(seen.value("bytes_sent of=sum"), 4000.0);
    assert_eq!(seen.value("bytes_received of=sum"), 24.0);
    assert_eq!(seen.value("works_offline"), 0.0, "without the host it breaks");
}
