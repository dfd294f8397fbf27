//! The rules of the protocol for programs (`docs/programs.md`).

use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use super::any::seen;
use super::planted::{Kind, MARK, Planted};
use super::{Rule, traces};
use crate::method::adapter::command::message::Carrier;
use crate::method::adapter::command::{CommandMethod, Farewell, Instance, Manner, Notes, Plan, Running, Started};
use crate::method::{Ask, MethodError, Sample};
use crate::outcome::{Answer, Outcome, Status};

/// What a later version of the protocol might add to each message.
const RESERVED: &str = "a field of a later version";

pub(super) fn rules(program: &CommandMethod, planted: &Planted, ask: &Ask) -> Vec<Rule> {
    let exam = Exam { program, planted, ask };
    vec![
        exam.ready(),
        exam.answers_as_declared(),
        exam.passes_over_unknown_fields(),
        exam.is_given_no_name(),
        exam.finds_no_name(),
        exam.keeps_its_attempts_apart(),
        exam.claims_possible_times(),
        exam.ends(Farewell::Bye, "ends within 2 s of `bye`"),
        exam.ends(Farewell::Close, "ends within 2 s when its input is closed without a `bye`"),
    ]
}

struct Exam<'a> {
    program: &'a CommandMethod,
    planted: &'a Planted,
    ask: &'a Ask,
}

type Found = Result<String, String>;

impl Exam<'_> {
    fn plan(&self) -> Plan {
        self.program.plan(self.ask)
    }

    fn instance(&self, plan: Plan) -> Result<(Arc<Instance>, Started), String> {
        let instance = Arc::new(Instance::new(plan));
        let started = instance.start().map_err(text)?;
        Ok((instance, started))
    }

    fn photo(&self) -> Result<Sample<'_>, String> {
        let sample = self.planted.sample(Kind::Photo, &*self.ask.clock).map(|(sample, _)| sample);
        sample.ok_or_else(|| "no photo".to_owned())
    }

    fn attempt(&self, instance: &Instance) -> Result<Outcome, String> {
        let carrier = instance.start().map_err(text)?.carrier;
        self.put(instance, carrier, &mut self.photo()?).map_err(text)
    }

    fn put(&self, instance: &Instance, carrier: Carrier, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        Manner { carrier, decoder: self.program.decoder() }.put(instance, sample)
    }

    fn ready(&self) -> Rule {
        let found = Running::start(&self.plan()).map_err(text).map(|running| {
            let ready = &running.ready;
            let unknown = match ready.unknown.as_slice() {
                [] => String::new(),
                fields => format!("; fields that the protocol does not know: {}", fields.join(", ")),
            };
            let (media, answers) = (ready.carrier.word(), ready.answers.join(", "));
            running.process.end(Farewell::Bye, &*self.ask.clock);
            format!("media {media}, answers {answers}, {} in flight{unknown}", running.ready.in_flight)
        });
        Rule::of("says that it is ready, and how it wants to be asked", found, "see `ready` in docs/programs.md")
    }

    fn answers_as_declared(&self) -> Rule {
        let found = || -> Found {
            let running = Running::start(&self.plan()).map_err(text)?;
            let declared = running.ready.answers.clone();
            drop(running);
            let outcome = self.attempt(&self.instance(self.plan())?.0)?;
            let mut given = Vec::new();
            match &outcome.answer {
                Some(Answer::Age { spread, .. }) => {
                    given.push("age");
                    given.extend(spread.map(|_| "spread"));
                }
                Some(Answer::Range { .. }) => given.push("range"),
                Some(Answer::Limits(limits)) => {
                    given.extend(limits.iter().any(|it| it.decision.is_some()).then_some("decisions"));
                    given.extend(limits.iter().any(|it| it.score.is_some()).then_some("scores"));
                }
                None => {}
            }
            match given.iter().find(|kind| !declared.iter().any(|it| it == *kind)) {
                Some(kind) => Err(format!("answered with `{kind}`, and declares {}", declared.join(", "))),
                None => Ok(seen(&outcome)),
            }
        };
        Rule::of("answers with what it declares", found(), "name every kind of answer in `answers` of `ready`")
    }

    fn passes_over_unknown_fields(&self) -> Rule {
        let found = || -> Found {
            let plain = self.attempt(&self.instance(self.plan())?.0)?;
            let plan = Plan { reserved: Some(RESERVED), ..self.plan() };
            let outcome = self.attempt(&self.instance(plan)?.0)?;
            let same = outcome.status == plain.status && outcome.answer == plain.answer;
            if same { Ok(seen(&outcome)) } else { Err(format!("{} with it, {} without", seen(&outcome), seen(&plain))) }
        };
        let remedy = "read the fields that you know, and pass over the others: later versions add some";
        Rule::of("passes over a field `reserved` that it does not know", found(), remedy)
    }

    fn is_given_no_name(&self) -> Rule {
        let notes = Arc::new(Notes::default());
        let found = || -> Found {
            let (instance, started) = self.instance(Plan { notes: Some(Arc::clone(&notes)), ..self.plan() })?;
            for kind in Kind::ALL {
                let Some((mut sample, _)) = self.planted.sample(kind, &*self.ask.clock) else { continue };
                let _ = self.put(&instance, started.carrier, &mut sample); // whether it survives is another rule
            }
            drop(instance);
            let heard = notes.told.lock().unwrap_or_else(PoisonError::into_inner);
            let everything = format!("{}\n{:?}", String::from_utf8_lossy(&heard), self.plan().launch);
            match everything.lines().find(|line| line.contains(MARK)) {
                Some(line) => Err(format!("the mark {MARK} of the planted names is in: {line}")),
                None => Ok(format!("the mark is in none of {} bytes that it was told", everything.len())),
            }
        };
        Rule::of(
            "is given no name, id, path or label of the dataset",
            found(),
            "a defect of agebench: please report it",
        )
    }

    fn finds_no_name(&self) -> Rule {
        const RULE: &str = "finds no name, id, path or label of the dataset around itself";
        let found = || -> Result<Option<String>, String> {
            let (instance, started) = self.instance(self.plan())?;
            let _ = self.attempt(&instance); // whether it survives is another rule
            let Some(around) = traces::around(started.id) else { return Ok(None) };
            match around.iter().find(|text| text.contains(MARK)) {
                Some(text) => Err(format!("the mark {MARK} of the planted names is in: {text}")),
                None => Ok(Some(format!(
                    "the mark is in none of {} arguments, variables and open files of its processes",
                    around.len()
                ))),
            }
        };
        match found() {
            Ok(Some(seen)) => Rule::kept(RULE, seen),
            Ok(None) => Rule::not_applicable(RULE, "this system does not tell what a process can read of itself"),
            Err(found) => Rule::broken(RULE, found, "a defect of agebench: please report it"),
        }
    }

    fn keeps_its_attempts_apart(&self) -> Rule {
        const RULE: &str = "answers as many attempts at once as it allows";
        let found = || -> Result<Option<usize>, String> {
            let (instance, Started { in_flight, .. }) = self.instance(self.plan())?;
            if in_flight == 1 {
                return Ok(None);
            }
            let alone = self.attempt(&instance)?;
            let all: Vec<Result<Outcome, String>> = thread::scope(|scope| {
                let threads: Vec<_> = (0..in_flight).map(|_| scope.spawn(|| self.attempt(&instance))).collect();
                threads.into_iter().map(|it| it.join().unwrap_or_else(|_| Err("a thread died".to_owned()))).collect()
            });
            for outcome in all {
                let outcome = outcome?;
                if outcome.retries > 0 || outcome.answer != alone.answer {
                    return Err(format!("{} together, {} alone", seen(&outcome), seen(&alone)));
                }
            }
            Ok(Some(in_flight))
        };
        let remedy = "give each answer the `n` of its request, or leave `max_in_flight` out of `ready`";
        match found() {
            Ok(Some(count)) => Rule::kept(RULE, format!("{count} at once")),
            Ok(None) => Rule::not_applicable(RULE, "it allows one"),
            Err(found) => Rule::broken(RULE, found, remedy),
        }
    }

    fn claims_possible_times(&self) -> Rule {
        const RULE: &str = "claims no more time than has passed";
        let found = || -> Result<Option<String>, String> {
            let outcome = self.attempt(&self.instance(self.plan())?.0)?;
            let claimed: Duration = outcome.claimed.iter().flatten().sum();
            if claimed.is_zero() {
                return Ok(None);
            }
            let passed = outcome.answer_time.unwrap_or_default();
            let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
            let told = format!("{:.3} ms claimed, {:.3} ms passed", milliseconds(claimed), milliseconds(passed));
            // A millisecond for clocks that are coarser than ours.
            if claimed <= passed + Duration::from_millis(1) { Ok(Some(told)) } else { Err(told) }
        };
        match found() {
            Ok(Some(told)) => Rule::kept(RULE, told),
            Ok(None) => Rule::not_applicable(RULE, "it claims none"),
            Err(found) => Rule::broken(RULE, found, "`timing` is in milliseconds, of this one attempt"),
        }
    }

    fn ends(&self, farewell: Farewell, rule: &'static str) -> Rule {
        let found = Running::start(&self.plan()).map_err(text).and_then(|running| {
            let end = running.process.end(farewell, &*self.ask.clock);
            if end.starts_with("ended with exit code 0") { Ok(end) } else { Err(end) }
        });
        Rule::of(rule, found, "leave the loop at `bye` and at the end of the input, and exit with code 0")
    }
}

fn text(error: MethodError) -> String {
    match error {
        MethodError::Ended(outcome) if outcome.status == Status::TimedOut => "no answer in time".to_owned(),
        other => other.to_string(),
    }
}
