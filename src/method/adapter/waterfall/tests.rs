use std::sync::atomic::AtomicUsize;

use super::*;
use crate::age::Age;
use crate::clock::Clock;
use crate::method::{Content, Scratch};

/// A stage that answers an age at once, and a word more.
struct Answering {
    card: MethodCard,
    age: f64,
    outside: bool,
}

struct Said(f64);

impl Method for Answering {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        String::new()
    }

    fn is_outside(&self) -> bool {
        self.outside
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn open(&self, _: &Ask) -> Result<Box<dyn Session>, MethodError> {
        Ok(Box::new(Said(self.age)))
    }
}

impl Session for Said {
    fn attempt(&mut self, _: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        let age = Age::new(self.0).unwrap();
        let extra = vec![("mood".to_owned(), "calm".to_owned()), (format!("of_{}", self.0), "yes".to_owned())];
        Ok(Outcome { extra, retries: 2, ..Outcome::answered(Answer::Age { age, spread: None }) })
    }
}

/// A clock on which every look takes a second.
struct SlowClock(AtomicUsize);

impl Clock for SlowClock {
    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.fetch_add(1, Ordering::Relaxed) as u64)
    }

    fn wall(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

/// What comes of one attempt over a stage in this process, which answers 40, and one outside of it, which answers 15.
fn attempted(time_limit: Duration) -> Outcome {
    let card = |name: &str| {
        let text = format!("name = '{name}'\nkind = 'estimation'\nversion = '1'\n[command]\nprogram = 'true'\n");
        let (card, findings) = MethodCard::read("method.toml", &text);
        card.unwrap_or_else(|| panic!("{findings}"))
    };
    let stage = |age, outside| {
        let method: Arc<dyn Method> = Arc::new(Answering { card: card("stage"), age, outside });
        let buffer = if outside { [0.0, 0.0] } else { [-30.0, 30.0] };
        let (denied, next) = (Otherwise::Deny, Otherwise::Next);
        let rules = Rules { buffer, scores: None, denied, abstained: next, not_answered: next };
        Stage { method: Some(method), digest: None, rules }
    };
    let waterfall = WaterfallMethod::new(card("both"), vec![stage(40.0, false), stage(15.0, true)]);
    assert!(waterfall.is_outside(), "so that nobody else keeps the limit");
    let clock: Arc<dyn Clock> = Arc::new(SlowClock(AtomicUsize::new(0)));
    let ask = Ask {
        limits: vec![AgeLimit::new(18).unwrap()],
        time_limit,
        seed: 0,
        scratch: Scratch::within(std::env::temp_dir(), false),
        clock: Arc::clone(&clock),
        stop: Arc::default(),
    };
    let mut sample = Sample::new(Content::Record, None, &*clock);
    waterfall.open(&ask).unwrap().attempt(&mut sample).unwrap()
}

fn statuses(outcome: &Outcome) -> Vec<Status> {
    outcome.stages.as_ref().unwrap().asked.iter().filter_map(|asked| asked.status).collect()
}

#[test]
fn a_stage_in_this_process_keeps_the_time_limit_also_beside_one_outside_of_it() {
    assert_eq!(statuses(&attempted(Duration::from_secs(2))), [Status::Answered, Status::Answered]);
    let late = attempted(Duration::from_millis(500));
    assert_eq!(statuses(&late), [Status::TimedOut, Status::Answered]);
    let denied = LimitAnswer { limit: AgeLimit::new(18).unwrap(), score: None, decision: Some(Decision::Deny) };
    assert_eq!(late.answer, Some(Answer::Limits(vec![denied])));
}

#[test]
fn what_stages_return_beyond_their_answers_is_returned_once_each_and_their_retries_add_up() {
    let outcome = attempted(Duration::from_secs(2));
    let names: Vec<&str> = outcome.extra.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["mood", "of_40", "of_15"]);
    assert_eq!(outcome.retries, 4);
}
