//! Every TOML that a person writes: method and dataset cards, protocols, policies, studies.
#![no_main]

use agebench::dataset::DatasetCard;
use agebench::digest::Digest;
use agebench::gate::Policy;
use agebench::method::MethodCard;
use agebench::protocol::Protocol;
use agebench::study::StudyFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let (Some(card), _) = MethodCard::read("method.toml", text) {
        Digest::of_parsed("method", &card, &[]).expect("a card that was read has a digest");
    }
    let _ = DatasetCard::parse("dataset.toml", text);
    let files = |_: &str| Ok("age,weight\n16,1\n20,2\n".to_owned());
    let _ = Protocol::from_toml_with(text, &files);
    if let Ok(policy) = Policy::read("policy.toml", text) {
        assert!(!policy.rules.is_empty(), "a policy without a rule passes everything");
    }
    let _ = StudyFile::read("study.toml", text);
});
