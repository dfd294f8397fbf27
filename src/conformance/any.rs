//! The rules for every method, however it is reached.

use std::num::NonZeroUsize;
use std::thread;

use super::planted::{Kind, Planted};
use super::{ConformanceError, Rule, Subject, traces};
use crate::method::{Ask, Method, Session, Told};
use crate::outcome::{Answer, Outcome, Status};

const BREAKS: &str =
    "answer `failed` with a reason instead of ending: a sample that cannot be read is no reason to stop";
const NONSENSE: &str = "answer as `answer` in docs/programs.md says, or for a service as `[http.answer]` of its card says: a run counts each such reply as `failed`";
const NONE_ANSWERED: &str =
    "put one photo that it should know to it with `agebench run`, and look at the column `reason` of outcomes.csv";
const ANSWERS: &str = "answer every sample, within the time limit of a run";
const REPEATS: &str = "carry nothing over from one attempt to the next, and draw from the seed where you draw";

const SAMPLES: [(Kind, &str); 6] = [
    (Kind::Photo, "gives a photo a status"),
    (Kind::Empty, "survives an empty file"),
    (Kind::Noise, "survives bytes that are no photo"),
    (Kind::Truncated, "survives half a photo"),
    (Kind::Large, "survives a file of 20 MiB"),
    (Kind::Record, "survives a record without a file"),
];

/// Sessions at once that are tried at most.
const MOST_SESSIONS: usize = 4;

/// What came of each kind of sample, in the order of [`SAMPLES`]; an `Err` says how the session broke.
type Outcomes = Vec<(Kind, Result<Outcome, String>)>;

/// The rules, and whether a photo got an answer in time: without one the first rule that waited for it is the last.
pub(super) fn rules(
    subject: &Subject<'_>,
    [planted, renamed]: [&Planted; 2],
    ask: &Ask,
) -> Result<(Vec<Rule>, bool), ConformanceError> {
    let clock = &*ask.clock;
    let before = traces::left(&ask.scratch);
    let exam = Exam { method: &*subject.method, recorded: subject.method.recorded(), planted, ask };
    let begun = clock.monotonic();
    let mut session = exam.method.open(ask).map_err(ConformanceError::Method)?;
    let opened = clock.monotonic().saturating_sub(begun);
    let mut rules = vec![Rule::kept("opens", format!("in {:.3} s", opened.as_secs_f64()))];
    let mut found = Outcomes::new();
    for (kind, rule) in SAMPLES {
        let outcome = exam.attempt(&mut session, kind);
        if kind == Kind::Photo
            && !exam.method.is_told()
            && outcome.as_ref().is_ok_and(|it| it.status == Status::TimedOut)
        {
            // Each rule behind this one would wait as long, and tell nothing more.
            let found = format!("no answer within {} s; no other rule was tried", ask.time_limit.as_secs_f64());
            rules.push(Rule::broken(rule, found, ANSWERS));
            return Ok((rules, false));
        }
        rules.push(match &outcome {
            Ok(outcome) if outcome.is_breach => Rule::broken(rule, seen(outcome), NONSENSE),
            outcome => Rule::of(rule, outcome.as_ref().map(seen).map_err(Clone::clone), BREAKS),
        });
        if outcome.is_err() {
            session = exam.method.open(ask).map_err(ConformanceError::Method)?;
        }
        found.push((kind, outcome));
    }
    let answered = |outcome: &Outcome| outcome.status == Status::Answered;
    if !found.iter().any(|(_, outcome)| outcome.as_ref().is_ok_and(answered)) {
        let found = format!("none of {} samples got an answer, a drawn face among them", found.len());
        rules.push(Rule::doubtful("answers a sample at all", found, NONE_ANSWERED));
    }
    rules.push(exam.once(&mut session));
    drop(session);
    rules.extend([
        legal(&found, ask),
        exam.as_claimed(&found),
        exam.in_the_other_order(&found),
        exam.at_once(&found),
        Exam { planted: renamed, recorded: Vec::new(), ..exam }.under_other_names(&found),
    ]);
    rules.push(exam.opens_again());
    const LEAVES: &str = "leaves no process, and no copy of a sample";
    rules.push(match (before, traces::left(&ask.scratch)) {
        (Some(before), Some(after)) => {
            let left: Vec<String> = after.difference(&before).cloned().collect();
            let result = if left.is_empty() {
                Ok("nothing is left".to_owned())
            } else {
                Err(format!("left: {}", left.join(", ")))
            };
            Rule::of(LEAVES, result, "a defect of agebench: please report it")
        }
        _ => Rule::not_applicable(LEAVES, "this system does not tell which processes there are"),
    });
    Ok((rules, true))
}

struct Exam<'a> {
    method: &'a dyn Method,
    /// Ids of samples of which the method has recorded answers.
    recorded: Vec<String>,
    planted: &'a Planted,
    ask: &'a Ask,
}

impl Exam<'_> {
    /// Puts the sample of `kind` to the session.
    ///
    /// # Errors
    /// How the session broke.
    fn attempt(&self, session: &mut Box<dyn Session>, kind: Kind) -> Result<Outcome, String> {
        let (mut sample, row) = self.planted.sample(kind, &*self.ask.clock).ok_or("no such sample")?;
        if self.method.is_told() {
            // A replay is asked about samples that it knows.
            let place = SAMPLES.iter().position(|(other, _)| *other == kind).unwrap_or(0);
            let recorded = place.checked_rem(self.recorded.len()).and_then(|place| self.recorded.get(place));
            let sample_id = recorded.map_or(row.sample_id, String::as_str);
            session.tell(&Told { sample_id, pseudonym: sample_id, subject_rank: 0, age: row.age });
        }
        let outcome = session.attempt(&mut sample).map_err(|error| error.to_string())?;
        // The harness writes one line a reason, and a table that people read.
        let fits = outcome.reason.as_ref().is_none_or(|reason| !reason.contains('\n'));
        if fits { Ok(outcome) } else { Err("a reason of more than one line".to_owned()) }
    }

    /// What comes of all `kinds`, on one session as long as it holds.
    fn all(&self, kinds: impl Iterator<Item = Kind>) -> Result<Outcomes, String> {
        let open = || self.method.open(self.ask).map_err(|error| error.to_string());
        let (mut session, mut found) = (open()?, Outcomes::new());
        for kind in kinds {
            let outcome = self.attempt(&mut session, kind);
            if outcome.is_err() {
                session = open()?;
            }
            found.push((kind, outcome));
        }
        Ok(found)
    }

    /// Whether each attempt has one answer, neither none nor two, and always the same.
    fn once(&self, session: &mut Box<dyn Session>) -> Rule {
        let twice = self.attempt(session, Kind::Photo).and_then(|one| Ok([one, self.attempt(session, Kind::Photo)?]));
        let found = twice.and_then(|[one, two]| {
            if same(&one, &two) { Ok(seen(&two)) } else { Err(format!("{}, then {}", seen(&one), seen(&two))) }
        });
        Rule::of("gives the same photo the same answer after all that, once for each attempt", found, REPEATS)
    }

    fn in_the_other_order(&self, found: &Outcomes) -> Rule {
        let backwards = self.all(SAMPLES.iter().rev().map(|(kind, _)| *kind));
        Rule::of("answers the same in the opposite order", backwards.and_then(|all| agree(found, &all)), REPEATS)
    }

    fn at_once(&self, found: &Outcomes) -> Rule {
        const RULE: &str = "answers the same in several sessions at once";
        let two = NonZeroUsize::MIN.saturating_add(1);
        let sessions = self.method.sessions(two).get().min(MOST_SESSIONS);
        if sessions == 1 {
            return Rule::not_applicable(RULE, "it has one session");
        }
        let all: Vec<Result<Outcomes, String>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..sessions).map(|_| scope.spawn(|| self.all(small()))).collect();
            threads.into_iter().map(|it| it.join().unwrap_or_else(|_| Err("a thread died".to_owned()))).collect()
        });
        let agreed = all.into_iter().try_for_each(|one| agree(found, &one?).map(drop));
        Rule::of(RULE, agreed.map(|()| format!("in {sessions}")), "share nothing that one attempt changes for another")
    }

    /// The same content under other names, ids and labels: whoever answers otherwise came by one of them.
    fn under_other_names(&self, found: &Outcomes) -> Rule {
        const RULE: &str = "answers the same under other names, ids and labels";
        if self.method.is_told() {
            return Rule::not_applicable(RULE, "it is told ids and labels, openly: it plays back or draws its answers");
        }
        let answered = self.all(small()).and_then(|all| agree(found, &all));
        Rule::of(RULE, answered, "judge the content and the columns that you asked for, and nothing else")
    }

    fn as_claimed(&self, found: &Outcomes) -> Rule {
        let [low, high] = self.method.card().claimed_ages;
        let mut ages =
            found.iter().flat_map(|(_, outcome)| match outcome.as_ref().ok().and_then(|it| it.answer.as_ref()) {
                Some(Answer::Age { age, .. }) => vec![age.years()],
                Some(Answer::Range { low, high }) => vec![low.years(), high.years()],
                Some(Answer::Limits(_)) | None => Vec::new(),
            });
        let result = match ages.find(|age| !(low..=high).contains(age)) {
            Some(age) => Err(format!("{age} years, and `claimed_ages` are {low} to {high}")),
            None => Ok(format!("{low} to {high}")),
        };
        Rule::of(
            "answers no age that its card does not claim",
            result,
            "widen `claimed_ages` of the card, or do not answer",
        )
    }

    fn opens_again(&self) -> Rule {
        let reopened = self.all(std::iter::once(Kind::Photo)).and_then(|all| match all.into_iter().next() {
            Some((_, outcome)) => outcome.map(|outcome| seen(&outcome)),
            None => Err("nothing came".to_owned()),
        });
        let remedy = "leave nothing behind that keeps a second process from starting: locks, ports, temporary files";
        Rule::of("opens again after it was closed", reopened, remedy)
    }
}

/// All but the file of 20 MiB, which takes its time.
fn small() -> impl Iterator<Item = Kind> {
    SAMPLES.iter().map(|(kind, _)| *kind).filter(|kind| *kind != Kind::Large)
}

fn same(one: &Outcome, other: &Outcome) -> bool {
    one.status == other.status && one.answer == other.answer
}

/// Whether `other` says of each kind what `found` says; kinds that broke a session are another rule's.
fn agree(found: &Outcomes, other: &Outcomes) -> Result<String, String> {
    let mut compared = 0;
    for (kind, outcome) in other {
        let before = found.iter().find(|(one, _)| one == kind).map(|(_, outcome)| outcome);
        let (Some(Ok(before)), Ok(outcome)) = (before, outcome) else { continue };
        if !same(before, outcome) {
            return Err(format!("{}: {}, and before {}", kind.words(), seen(outcome), seen(before)));
        }
        compared += 1;
    }
    Ok(format!("{compared} samples"))
}

/// Whether the outcomes are such as a run folder can hold.
fn legal(found: &Outcomes, ask: &Ask) -> Rule {
    let wrong = |outcome: &Outcome| {
        let answered = outcome.status == Status::Answered;
        if answered != outcome.answer.is_some() {
            return Some(format!("{} {} an answer", seen(outcome), if answered { "without" } else { "with" }));
        }
        match &outcome.answer {
            Some(Answer::Range { low, high }) if low.years() > high.years() => {
                Some(format!("{} backwards", seen(outcome)))
            }
            Some(Answer::Limits(limits)) => {
                let foreign = limits.iter().find(|one| !ask.limits.contains(&one.limit));
                let empty = || limits.iter().find(|one| one.score.is_none() && one.decision.is_none());
                foreign.or_else(empty).map(|one| format!("an answer for the limit {} that is none", one.limit))
            }
            _ => None,
        }
    };
    let outcomes = || found.iter().filter_map(|(_, outcome)| outcome.as_ref().ok());
    let result = match outcomes().find_map(wrong) {
        Some(wrong) => Err(wrong),
        None => Ok(format!("{} outcomes", outcomes().count())),
    };
    Rule::of(
        "has an answer exactly where it says `answered`, about the limits that were asked",
        result,
        "see `answer` in docs/programs.md",
    )
}

/// An outcome in a few words.
pub(super) fn seen(outcome: &Outcome) -> String {
    let answer = match &outcome.answer {
        Some(Answer::Age { age, .. }) => format!(" {} years", age.years()),
        Some(Answer::Range { low, high }) => format!(" {} to {} years", low.years(), high.years()),
        Some(Answer::Limits(limits)) => format!(" for {} limits", limits.len()),
        None => String::new(),
    };
    let reason = outcome.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}{answer}{reason}", outcome.status.word())
}
