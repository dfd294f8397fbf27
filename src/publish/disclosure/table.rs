//! From the rows of one dataset to its table of counts: which methods, groups, ages and decisions are spoken of, and
//! how much of each count may be published.

use std::collections::{BTreeMap, BTreeSet};

use super::audit::Counts;
use super::class::{Class, class};
use super::counts::{Key, What, is_plain_group, pair};
use super::model::{MethodShape, Shape, System, ages};
use super::{DisclosureError, Rule, flag};
use crate::age::AgeLimit;
use crate::metric::flag as known;
use crate::protocol::Protocol;
use crate::table::{FailurePolicy, Group, Population, Row, RowStatus, Weighting};

/// The counts of one dataset, and where its rows find theirs.
pub struct Book {
    /// The counts.
    pub counts: Counts,
    /// Whether people have several attempts.
    pub several: bool,
    /// The columns with their named groups, those with fewer groups first, and whether further groups are not named.
    pub columns: Vec<(Vec<Group>, bool)>,
    methods: Vec<(String, String)>,
    /// Methods that answer with ages: their own decisions are left out.
    by_age: BTreeSet<usize>,
    unsaid: Unsaid,
    named: BTreeSet<Group>,
}

/// Limits, by method, of which rates are left out.
#[derive(Default)]
struct Unsaid {
    /// Some known age straddles the limit: all of them.
    straddled: BTreeSet<(usize, AgeLimit)>,
    /// Bands of several years lie in a window: those of that window, for its rows have the counts of single years.
    banded: BTreeSet<(usize, AgeLimit, Population)>,
}

/// Attempts and subjects of one count.
type Exact = (u64, u64);

fn exact(attempts: Option<u64>, subjects: Option<u64>) -> Option<Exact> {
    attempts.map(|attempts| (attempts, subjects.unwrap_or(attempts)))
}

impl Book {
    /// The place of the row's method.
    pub fn method(&self, row: &Row) -> usize {
        place_of(&self.methods, row)
    }

    /// Whether the row's group is named in the release.
    pub fn is_named(&self, group: &Group) -> bool {
        self.named.contains(group)
    }

    /// Whether the row of a rate is published at all.
    pub fn speaks_of(&self, row: &Row) -> bool {
        speaks_of(&self.by_age, &self.unsaid, self.method(row), row)
    }

    /// The table of `rows`, all of one dataset, with what `earlier` releases of it say.
    ///
    /// # Errors
    /// [`DisclosureError`] where no table fits the rows, or what is to be hidden is known already.
    pub fn of(protocol: &Protocol, rows: &[&Row], rule: Rule, earlier: &[&Row]) -> Result<Self, DisclosureError> {
        let mut methods: Vec<(String, String)> = Vec::new();
        for row in rows
            .iter()
            .chain(earlier)
            .filter(|row| matches!(class(&row.metric), Class::Share | Class::Count | Class::Years))
        {
            if place_of(&methods, row) == methods.len() {
                methods.push((row.method_digest.clone(), row.method.clone()));
            }
        }
        let method = |row: &Row| place_of(&methods, row);
        let mut attempted: BTreeMap<(usize, &Group), Exact> = BTreeMap::new();
        let mut unsaid = Unsaid::default();
        for row in rows.iter().filter(|row| is_plain_group(row)) {
            if let (Population::Window(..), Some(limit), true) =
                (&row.population, row.limit, row.has(known::BANDS_LEFT_OUT))
            {
                unsaid.banded.insert((method(row), limit, row.population.clone()));
            }
            match (row.metric.as_str(), exact(row.n_attempts, row.n_subjects), row.limit) {
                ("flow_attempted", Some(exact), _) => {
                    attempted.insert((method(row), &row.group), exact);
                }
                ("flow_straddling", Some((1.., _)), Some(limit)) => {
                    unsaid.straddled.insert((method(row), limit));
                }
                _ => {}
            }
        }
        let several = attempted.values().any(|(attempts, subjects)| attempts != subjects);
        let is_rate = |row: &Row| pair(row, protocol, false).is_some() && row.n_attempts.is_some();
        let by_age: BTreeSet<usize> =
            rows.iter().filter(|row| is_rate(row) && row.challenge.is_some()).map(|row| method(row)).collect();
        let spoken: Vec<&Row> =
            rows.iter().copied().filter(|row| is_rate(row) && speaks_of(&by_age, &unsaid, method(row), row)).collect();

        // Groups: those of enough people, those named before, and everybody else of the column as one.
        let mut named: BTreeSet<Group> = BTreeSet::new();
        let mut columns: BTreeMap<&str, BTreeSet<&Group>> = BTreeMap::new();
        for (_, group) in attempted.keys() {
            columns.entry(group.by()).or_default().insert(group);
        }
        for group in columns.values().flatten() {
            let all = attempted.iter().filter(|((_, other), _)| other == group).map(|(_, (_, subjects))| *subjects);
            if all.min().is_some_and(|least| rule.redacted_up_to().is_none_or(|most| least > most)) {
                named.insert((*group).clone());
            }
        }
        named.insert(Group::whole());
        let before: BTreeSet<&Group> = earlier.iter().map(|row| &row.group).filter(|group| !group.is_whole()).collect();
        for group in before.iter().filter(|group| group.parts().len() == 1 && !group.level().is_empty()) {
            columns.entry(group.by()).or_default().insert(group);
        }
        let mut shape = Shape { linked: linked(&attempted), ..Shape::default() };
        let mut listed = Vec::new();
        let mut unnamed: Vec<(Group, Vec<&Group>)> = Vec::new();
        for (by, groups) in columns.iter().filter(|(by, _)| !by.is_empty()) {
            let own = |group: &Group| attempted.keys().any(|(_, other)| *other == group);
            let (shown, rest): (Vec<&Group>, Vec<&Group>) =
                groups.iter().partition(|group| named.contains(**group) || before.contains(**group));
            let mut levels: Vec<Group> = shown.iter().map(|group| (*group).clone()).collect();
            // A column of an earlier release only: it may have had groups that it did not name.
            let gone = !groups.iter().any(|group| own(group));
            if gone || !rest.is_empty() {
                levels.push(Group::all_of(by));
                unnamed.push((Group::all_of(by), rest.clone()));
            }
            let here: Vec<Group> = shown.iter().filter(|group| named.contains(**group)).map(|g| (*g).clone()).collect();
            if !gone {
                let hidden = here.len() < groups.len();
                listed.push((here, hidden));
            }
            shape.columns.push(levels);
        }
        listed.sort_by_key(|(groups, _)| groups.len());

        // Ages and decisions.
        let mut edges = BTreeSet::from([0]);
        shape.methods = vec![MethodShape::default(); methods.len()];
        // A row that does not apply speaks of no decision.
        let applies = |row: &&Row| row.status != RowStatus::NotApplicable;
        let told_rates =
            earlier.iter().copied().filter(applies).filter(|row| told(row, protocol) && row.limit.is_some());
        for row in spoken.iter().copied().chain(told_rates) {
            if let Some(limit) = row.limit {
                let (from, to) = ages(&row.population, limit);
                edges.extend([Some(from), to].into_iter().flatten());
                decide(&mut shape.methods[method(row)], row, limit);
            }
        }
        for own in &mut shape.methods {
            if own.systems.is_empty() {
                own.systems.push(System::Ages(Vec::new()));
            }
        }
        shape.edges = edges.into_iter().collect();

        let mut counts = Counts::new(shape, protocol.failure_policy, rule, several);
        fill(&mut counts, &spoken, rows, protocol, &method, &attempted, &named);
        if rule.redacted_up_to().is_some() {
            counts.hold_back_thin_limits();
        }
        for (group, rest) in &unnamed {
            hide(&mut counts, group, rest, &spoken, protocol, &method, &attempted);
        }
        for group in before.iter().filter(|group| !named.contains(**group)) {
            hide(&mut counts, group, &[*group], &spoken, protocol, &method, &attempted);
        }
        for row in earlier {
            tell(&mut counts, row, method(row), protocol)?;
        }
        counts.hold_back()?;
        Ok(Self { counts, several, columns: listed, methods, by_age, unsaid, named })
    }
}

fn place_of(methods: &[(String, String)], row: &Row) -> usize {
    let same = |(digest, name): &(String, String)| *digest == row.method_digest && *name == row.method;
    methods.iter().position(same).unwrap_or(methods.len())
}

fn speaks_of(by_age: &BTreeSet<usize>, unsaid: &Unsaid, method: usize, row: &Row) -> bool {
    let Some(limit) = row.limit else { return true };
    let place = (method, limit);
    let is_whole = !unsaid.banded.contains(&(method, limit, row.population.clone()));
    (row.challenge.is_some() || !by_age.contains(&method)) && !unsaid.straddled.contains(&place) && is_whole
}

/// Whether a published row tells a count.
fn told(row: &Row, protocol: &Protocol) -> bool {
    row.metric == "flow_attempted" || pair(row, protocol, true).is_some()
}

/// Whether all methods have as many attempts in every group: then they are taken for attempts at the same people.
fn linked(attempted: &BTreeMap<(usize, &Group), Exact>) -> bool {
    let of = |wanted: usize| -> Vec<_> {
        attempted
            .iter()
            .filter(|((method, _), _)| *method == wanted)
            .map(|((_, group), exact)| (group, exact))
            .collect()
    };
    attempted.keys().all(|(method, _)| of(*method) == of(0))
}

fn decide(own: &mut MethodShape, row: &Row, limit: AgeLimit) {
    own.undecided |= row.n_undecided.is_some_and(|undecided| undecided > 0);
    match row.challenge {
        None if !own.systems.contains(&System::Own(limit)) => own.systems.push(System::Own(limit)),
        None => {}
        Some(challenge) => {
            let found = own.systems.iter_mut().find_map(|system| match system {
                System::Ages(ages) => Some(ages),
                System::Own(_) => None,
            });
            let Some(ages) = found else {
                own.systems.insert(0, System::Ages(vec![challenge]));
                return;
            };
            if !ages.contains(&challenge) {
                ages.push(challenge);
                ages.sort_by(|one, other| one.years().total_cmp(&other.years()));
            }
        }
    }
}

type Method<'a> = &'a dyn Fn(&Row) -> usize;

/// Registers what is published of the named groups.
fn fill(
    counts: &mut Counts,
    spoken: &[&Row],
    rows: &[&Row],
    protocol: &Protocol,
    method: Method<'_>,
    attempted: &BTreeMap<(usize, &Group), Exact>,
    named: &BTreeSet<Group>,
) {
    for ((method, group), (attempts, subjects)) in attempted.iter().filter(|((_, group), _)| named.contains(*group)) {
        let key = Key { method: *method, group: (*group).clone(), what: What::Attempted };
        counts.alone(&key, *attempts, *subjects);
    }
    for row in rows.iter().filter(|row| row.metric == "mae" && named.contains(&row.group)) {
        if let Some((attempts, subjects)) = answered(row, rows, attempted, method) {
            let key = Key { method: method(row), group: row.group.clone(), what: What::Answered };
            counts.alone(&key, attempts, subjects);
        }
    }
    if protocol.failure_policy == FailurePolicy::Conditional {
        for (method, group) in few_unanswered(counts, rows, attempted, method) {
            counts.unsaid(&Key { method, group, what: What::Attempted });
        }
    }
    for row in spoken.iter().filter(|row| named.contains(&row.group)) {
        let both = (exact(row.n_attempts, row.n_subjects), exact(row.n_events, row.n_event_subjects));
        if let (Some(pair), (Some(all), Some(events))) = (pair(row, protocol, false), both) {
            counts.pair(method(row), &row.group, &pair, [all.0, events.0], [all.1, events.1]);
        }
    }
}

/// Methods and groups of whose attempts few have no answer, or had none from another method asked about the same people.
///
/// Attempts and answers side by side would tell how few. Answers carry every rate and every mean error, so they are what
/// is published, and the attempts are not.
fn few_unanswered(
    counts: &Counts,
    rows: &[&Row],
    attempted: &BTreeMap<(usize, &Group), Exact>,
    method: Method<'_>,
) -> Vec<(usize, Group)> {
    let mut without: BTreeMap<(usize, &Group), u64> = attempted.keys().map(|key| (*key, 0)).collect();
    for row in rows.iter().filter(|row| is_without(row) && row.weighting == Some(Weighting::Subject)) {
        if let Some(sum) = without.get_mut(&(method(row), &row.group)) {
            *sum += row.n_events.unwrap_or(0);
        }
    }
    let few: BTreeSet<(usize, &Group)> =
        without.into_iter().filter(|(_, sum)| counts.is_small(*sum, *sum)).map(|(key, _)| key).collect();
    let linked = linked(attempted);
    let with = |(method, group): &(usize, &Group)| {
        few.contains(&(*method, *group)) || linked && few.iter().any(|(_, other)| other == group)
    };
    attempted.keys().filter(|key| with(key)).map(|(method, group)| (*method, (*group).clone())).collect()
}

/// Whether this is a row of attempts without an answer.
fn is_without(row: &Row) -> bool {
    ["involuntary_failure_rate", "refusal_rate", "abstention_rate"].contains(&row.metric.as_str())
        && row.variant.is_none()
}

/// The attempts and people behind a row of errors, where they are all that were answered.
fn answered(
    row: &Row,
    rows: &[&Row],
    attempted: &BTreeMap<(usize, &Group), Exact>,
    method: Method<'_>,
) -> Option<Exact> {
    let found = super::errors::is_error_row(row).then(|| exact(row.n_attempts, row.n_subjects)).flatten()?;
    let all = attempted.get(&(method(row), &row.group))?;
    let without = rows.iter().filter(|other| {
        method(other) == method(row)
            && other.group == row.group
            && other.weighting == row.weighting
            && is_without(other)
    });
    let without: u64 = without.filter_map(|other| other.n_events).sum();
    (found.0 + without == all.0).then_some(found)
}

/// Guards the counts of groups that are not named.
fn hide(
    counts: &mut Counts,
    group: &Group,
    rest: &[&Group],
    spoken: &[&Row],
    protocol: &Protocol,
    method: Method<'_>,
    attempted: &BTreeMap<(usize, &Group), Exact>,
) {
    let mut sums: BTreeMap<(usize, What), u64> = BTreeMap::new();
    for ((method, other), (attempts, _)) in attempted {
        if rest.contains(other) {
            *sums.entry((*method, What::Attempted)).or_default() += attempts;
        }
    }
    for row in spoken.iter().filter(|row| rest.contains(&&row.group)) {
        let Some(pair) = pair(row, protocol, false) else { continue };
        for (what, number) in [(pair.all, row.n_attempts), (pair.events, row.n_events)] {
            if what != What::Attempted {
                *sums.entry((method(row), what)).or_default() += number.unwrap_or(0);
            }
        }
    }
    for ((method, what), sum) in sums {
        counts.unspoken(&Key { method, group: group.clone(), what }, sum);
    }
}

/// What a row of an earlier release says.
fn tell(counts: &mut Counts, row: &Row, method: usize, protocol: &Protocol) -> Result<(), DisclosureError> {
    let Some(rule) = Rule::ALL.into_iter().find(|rule| row.has(rule.word())) else {
        let of_people = row.n_attempts.is_some() || row.n_subjects.is_some();
        return if of_people { Err(DisclosureError::EarlierUnprotected(row.metric.clone())) } else { Ok(()) };
    };
    if row.failure_policy.is_some_and(|policy| policy != protocol.failure_policy) {
        return Err(DisclosureError::EarlierPolicy(row.metric.clone()));
    }
    let mut number = |what: What, shown: Option<u64>, summed: bool, small: bool| {
        let key = Key { method, group: row.group.clone(), what };
        match (shown, rule.redacted_up_to()) {
            (Some(shown), _) if !summed => {
                let (low, high) = rule.behind(shown);
                counts.told(&key, low, Some(high));
            }
            (None, Some(most)) if small => counts.told(&key, 0, Some(most)),
            _ => {}
        }
    };
    if row.metric == "flow_attempted" {
        number(What::Attempted, row.n_attempts, row.has(flag::N_SUMMED), false);
    } else if let Some(pair) = pair(row, protocol, true) {
        number(pair.all, row.n_attempts, row.has(flag::N_SUMMED), false);
        number(pair.events, row.n_events, row.has(flag::EVENTS_SUMMED), row.has(flag::REDACTED));
    }
    Ok(())
}
