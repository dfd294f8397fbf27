//! The files of a run folder, as somebody else may have written them: outcomes, truth, latency, footprint, steps, tallies.
#![no_main]

use agebench::digest::Digest;
use agebench::folder::{OutcomeReader, Truth, read_footprint, read_latency, read_steps};
use agebench::score::Tallied;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(mut outcomes) = OutcomeReader::open("outcomes.csv", data) {
        while let Ok(Some(row)) = outcomes.next_row() {
            assert!(!row.sample_id.is_empty());
        }
    }
    let _ = Truth::read("truth.csv", data);
    let _ = read_latency("latency.csv", data);
    let _ = read_footprint("footprint.csv", data);
    let _ = read_steps("steps.csv", data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    // The last line is the digest of those before it: made here, or nothing behind it would ever be reached.
    let sealed = format!("{text}{{\"sha256\":\"{}\"}}\n", Digest::of(text.as_bytes()));
    if let Ok(tallied) = Tallied::parse(&sealed) {
        let written = tallied.to_text().expect("what was read can be written");
        assert_eq!(Tallied::parse(&written).expect("and read again"), tallied);
        let _ = tallied.table();
    }
});
