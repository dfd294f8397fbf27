use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::folder::RunFolder;
use crate::score::folder::tests::{Settings, scored_with};
use crate::score::{ScoreRequest, read_metrics, score};

/// Answers of every kind by 240 people of two groups, some with several attempts, in a drawn order.
fn answers(order: impl Fn(u64) -> u64) -> String {
    let mut lines: Vec<(u64, String)> = (0..700_u64)
        .map(|at| {
            let mut line = String::new();
            let person = at * 7 % 240;
            let mixed = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99) >> 33;
            let age = 11 + person % 17 + u64::from(person % 9 == 0 && at % 2 == 0);
            let (sex, region) = (["f", "m", ""][person as usize % 3], ["n", "s"][at as usize % 2]);
            let species = if at % 53 == 0 { "mask" } else { "" };
            let weight = [1.0, 0.5, 2.0][person as usize % 3];
            write!(line, "{at},p{person},{age},{sex},{region},{species},{weight},").unwrap();
            match mixed % 11 {
                0 => line.push_str(",,refused"),
                1 => line.push_str(",,"),
                2 => line.push_str(",pass,"),
                3 => line.push_str(",deny,"),
                _ => write!(line, "{:.2},,", 9.0 + (mixed % 2300) as f64 / 100.0).unwrap(),
            }
            (order(at), line)
        })
        .collect();
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    format!("sample_id,subject_id,true_age,sex,region,species,weight,age,pass_18,status\n{}\n", lines.join("\n"))
}

fn folder(place: &Path, order: impl Fn(u64) -> u64) -> RunFolder {
    let protocol = Protocol::from_toml("crossings = [[\"sex\", \"region\"]]").unwrap();
    let settings = Settings { groups: &["sex", "region"], protocol: &protocol };
    scored_with(place, &answers(order), &settings).folder
}

#[test]
fn sixteen_shards_tallied_apart_written_read_and_merged_give_the_rows_of_one_tally() {
    let place = tempfile::tempdir().unwrap();
    let folder = folder(place.path(), |at| at);
    let whole = Tallied::of(&folder, None, (1, 1)).unwrap();
    let mut merged: Option<Tallied> = None;
    // In any order: here the odd ones from behind, then the even ones.
    for shard in (1..=16).rev().step_by(2).chain((1..=16).step_by(2)) {
        let part = Tallied::of(&folder, None, (shard, 16)).unwrap();
        let text = part.to_text().unwrap();
        let read = Tallied::parse(&text).unwrap();
        assert_eq!(read, part, "a tally reads back as it was written");
        assert_eq!(read.to_text().unwrap(), text);
        match &mut merged {
            None => merged = Some(read),
            Some(merged) => {
                assert!(merged.table().is_err(), "a shard is lacking");
                merged.merge(&read).unwrap();
            }
        }
    }
    let merged = merged.unwrap();
    assert_eq!(merged.tallies, whole.tallies);
    let bytes = |tallied: &Tallied| {
        let mut bytes = Vec::new();
        tallied.table().unwrap().write(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(bytes(&merged), bytes(&whole));
    assert!(bytes(&merged).contains("needs_rows"));
}

#[test]
fn without_what_needs_rows_the_rows_of_tallies_are_those_of_the_run() {
    let place = tempfile::tempdir().unwrap();
    let folder = folder(place.path(), |at| at);
    let full = read_metrics(&folder).unwrap();
    let mut bytes = Vec::new();
    Tallied::of(&folder, None, (1, 1)).unwrap().table().unwrap().write(&mut bytes).unwrap();
    let tallied = Table::read(&bytes[..]).unwrap();
    assert_eq!(tallied.rows.len(), full.rows.len());
    let mut lacking = Vec::new();
    for (one, other) in tallied.rows.iter().zip(&full.rows) {
        assert_eq!(one.identity(), other.identity());
        if one != other {
            assert!(one.cells().contains(&"not_measurable".to_owned()), "{:?} {:?}", one.cells(), other.cells());
            lacking.push(one.identity().join(","));
        }
    }
    assert!(!lacking.is_empty());
}

#[test]
fn shuffled_rows_give_the_same_bytes_of_metrics() {
    let places = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = folder(places[0].path(), |at| at);
    let other = folder(places[1].path(), |at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20);
    let bytes = |folder: &RunFolder, name: &str| std::fs::read_to_string(folder.file(name)).unwrap();
    assert_ne!(bytes(&one, "truth.csv"), bytes(&other, "truth.csv"));
    // The digest of the method is that of the recorded file, which differs; nothing else may.
    let digest = |folder: &RunFolder| read_metrics(folder).unwrap().rows[0].cells()[4].clone();
    let metrics = bytes(&one, "metrics.csv").replace(&digest(&one), &digest(&other));
    assert!(metrics == bytes(&other, "metrics.csv"));
}

#[test]
fn one_two_and_eight_threads_give_the_same_bytes_of_metrics() {
    let place = tempfile::tempdir().unwrap();
    let folder = folder(place.path(), |at| at);
    let bytes = || std::fs::read_to_string(folder.file("metrics.csv")).unwrap();
    let first = bytes();
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| score(&ScoreRequest { folder: &folder, protocol: None, out: None })).unwrap();
        assert!(bytes() == first, "{threads} threads");
    }
}

#[test]
fn what_does_not_belong_together_or_is_damaged_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder = folder(place.path(), |at| at);
    let tallied = |shard, shards| Tallied::of(&folder, None, (shard, shards));
    let mut first = tallied(1, 3).unwrap();
    let refused = |error: TalliedError| error.to_string();
    assert_eq!(refused(first.clone().merge(&first).unwrap_err()), "shard 1 of 3 is in both");
    assert!(refused(first.merge(&tallied(2, 4).unwrap()).unwrap_err()).contains("the number of shards"));
    first.merge(&tallied(3, 3).unwrap()).unwrap();
    assert_eq!(refused(first.table().unwrap_err()), "shard 2 of 3 is missing");
    let protocol = Protocol::from_toml("limits = [18]").unwrap();
    let other = Tallied::of(&folder, Some(&protocol), (2, 3)).unwrap();
    assert!(refused(first.merge(&other).unwrap_err()).contains("the protocol"));
    assert!(tallied(0, 3).is_err() && tallied(4, 3).is_err());
    let text = first.to_text().unwrap();
    assert_eq!(
        refused(Tallied::parse(&text.replacen("[18,", "[17,", 1)).unwrap_err()).split(':').next(),
        Some("the file is damaged")
    );
    assert!(refused(Tallied::parse(&text.replace("tally/2", "tally/1")).unwrap_err()).contains("agebench-tally/1"));
    for cut in ["", "{}", "{}\n{}", text.lines().next().unwrap()] {
        assert!(Tallied::parse(cut).is_err(), "{cut}");
    }
}
