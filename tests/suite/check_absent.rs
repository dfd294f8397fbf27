//! What `check` says of a card whose model or recorded file is not there.

use std::fs;

use crate::stages::card;
use crate::support::{run, text};

#[test]
fn a_card_whose_file_is_not_there_is_right_and_is_not_said_to_be_usable() {
    let place = tempfile::tempdir().unwrap();
    let replay = card(place.path(), "replay", "[replay]\nfile = 'answers.csv'\n");
    let ran = run(&["check", text(&replay)]).ended(0);
    let said = "the card is right, and the method cannot run before `answers.csv` is there: 0 errors";
    assert!(ran.out.contains(said) && !ran.out.contains("can be used"), "{}", ran.out);
    fs::write(replay.join("answers.csv"), "sample_id,age\ns1,20\n").unwrap();
    let ran = run(&["check", text(&replay)]).ended(0);
    assert!(ran.out.contains("the method can be used: 0 errors"), "{}", ran.out);
}

#[cfg(feature = "tract")]
#[test]
fn a_card_of_the_catalogue_has_no_weights() {
    let ran = run(&["check", "ssrnet-imdb"]).ended(0);
    assert!(ran.out.contains("the card is right, and the method cannot run before"), "{}", ran.out);
}
