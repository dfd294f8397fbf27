//! Lines that a program writes: its `ready` and its answers. An answer keeps to the limits that were asked for.
#![no_main]

use agebench::age::AgeLimit;
use agebench::method::adapter::command::Reply;
use agebench::method::adapter::command::message::Ready;
use agebench::outcome::{Answer, Status};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits: Vec<AgeLimit> = [13, 18].iter().map(|years| AgeLimit::new(*years).expect("a limit")).collect();
    for line in data.split(|byte| *byte == b'\n') {
        let _ = Ready::parse(line);
        let Ok(reply) = Reply::parse(line, &limits) else { continue };
        let outcome = reply.outcome;
        assert_eq!(outcome.status == Status::Answered, outcome.answer.is_some());
        if let Some(Answer::Limits(answers)) = &outcome.answer {
            assert!(answers.iter().all(|answer| limits.contains(&answer.limit)));
        }
        assert!(outcome.extra.len() <= 64 && outcome.extra.iter().all(|(name, value)| name.len() <= 1024 && value.len() <= 1024));
    }
});
