//! What a search found: the variants in their order, what the samples say of each choice, and why even the best may be wrong.

use super::fit::{Follows, Read};
use super::variant::Axis;
use super::verdict::{self, Against, Said};
use super::{Choice, Found, Row, Seeker};
use crate::init::heads::HeadGuess;
use crate::stats::t_quantile;

impl Seeker<'_> {
    /// What the search says in the end, where `best` is the best.
    pub(super) fn found(&self, best: Choice) -> Found {
        let (labels, subjects) = (self.labels(), self.faces.all.iter().map(|face| face.subject).collect::<Vec<_>>());
        // Each other variant with the head that suits it, and the best variant with the other heads.
        let mut others: Vec<(Choice, &Read, Follows)> = Vec::new();
        let mut best_read: Option<(&Read, Follows)> = None;
        let ranking = self.ranking();
        for (variant, heads) in &self.full {
            let suits = heads
                .iter()
                .enumerate()
                .min_by(|(a, (_, one)), (b, (_, other))| ranking.compare(one, other).then(a.cmp(b)));
            for (head, (read, follows)) in heads.iter().enumerate() {
                if (*variant, head) == best {
                    best_read = Some((read, *follows));
                } else if *variant == best.0 || suits.is_some_and(|(suited, _)| suited == head) {
                    others.push(((*variant, head), read, *follows));
                }
            }
        }
        let (best_years, best_follows) =
            best_read.map_or((&[][..], None), |(read, follows)| (&read.years[..], Some(follows)));
        let years: Vec<&[f64]> = others.iter().map(|(_, read, _)| &read.years[..]).collect();
        let held = verdict::against(best_years, &years, &labels, &subjects);
        let said = self.said(best, best_follows, &others, &held);
        let row = |(variant, head): Choice, read: Option<&Read>, follows: Follows, against| Row {
            fields: self.space.fields(variant),
            scaling: self.space.word(variant, Axis::Scaling),
            head,
            first_age: read.and_then(|read| read.first_age),
            follows,
            against,
        };
        let with_it = |((choice, read, follows), it): (&(Choice, &Read, Follows), &Against)| {
            row(*choice, Some(read), *follows, Some(*it))
        };
        let mut rows: Vec<Row> = others.iter().zip(&held).map(with_it).collect();
        rows.sort_by(|one, other| ranking.compare(&one.follows, &other.follows));
        let doubts = best_follows.map_or_else(Vec::new, |follows| self.doubts(&follows));
        let best_read = best_read.map(|(read, _)| read);
        rows.splice(0..0, best_follows.map(|follows| row(best, best_read, follows, None)));
        Found {
            samples: self.faces.all.len(),
            subjects: self.faces.subjects(),
            eligible: self.faces.eligible,
            unreadable: self.faces.unreadable,
            has_boxes: self.space.has_boxes,
            tried: self.tried,
            rows,
            said,
            doubts,
        }
    }

    /// What the samples say of each choice.
    fn said(
        &self,
        best: Choice,
        best_follows: Option<Follows>,
        others: &[(Choice, &Read, Follows)],
        held: &[Against],
    ) -> Vec<Said> {
        let follows = best_follows.is_some_and(|follows| self.is_following(&follows));
        let mut said = Vec::new();
        for axis in Axis::ALL.into_iter().filter(|axis| self.space.values(*axis) > 1) {
            let differing =
                others.iter().zip(held).filter(|(((variant, _), ..), _)| variant.differs(best.0).contains(&axis));
            let values = differing.map(|(((variant, _), ..), it)| (self.space.word(*variant, axis), *it)).collect();
            said.push(Said::of(axis.word(), self.space.word(best.0, axis), values, held.len(), follows));
        }
        if self.search.heads.len() > 1 {
            let label = |head: usize| self.search.heads.get(head).map(HeadGuess::label).unwrap_or_default();
            let differing =
                others.iter().zip(held).filter(|(((variant, head), ..), _)| *variant == best.0 && *head != best.1);
            let values = differing.map(|(((_, head), ..), it)| (label(*head), *it)).collect();
            said.push(Said::of("head", label(best.1), values, held.len(), follows));
        }
        said
    }

    /// Whether answers are shown to follow the labels: Student's t of a rank correlation (Kendall and Stuart); 0.1 %, since it is
    /// the best of many.
    fn is_following(&self, follows: &Follows) -> bool {
        let n = self.faces.subjects() as f64;
        follows.spearman.is_some_and(|rank| {
            let t = rank * ((n - 2.0) / (1.0 - rank * rank).max(1e-12)).sqrt();
            n > 3.0 && t > t_quantile(0.999, n - 2.0)
        })
    }

    /// Why even the best may be wrong.
    fn doubts(&self, best: &Follows) -> Vec<String> {
        let mut doubts = Vec::new();
        if !self.is_following(best) {
            let found = match best.spearman {
                Some(rank) => format!("Spearman {rank:.2}, people: {}", self.faces.subjects()),
                None => "all labels or all answers are the same".to_owned(),
            };
            doubts.push(format!(
                "the answers of the best variant are not shown to follow the labels ({found}): the samples are too few, or the way in which these weights were trained is none of those tried. Nothing is shown by them"
            ));
        } else if best.agreement < 0.3 {
            doubts.push(format!(
                "the answers of the best variant follow the labels only loosely (agreement {:.2}): the samples may be of another kind than those that the weights were trained on, or the way is none of those tried",
                best.agreement
            ));
        }
        let labels = self.labels();
        if let (Some(youngest), Some(oldest)) = (labels.first(), labels.last())
            && oldest - youngest < 20.0
        {
            doubts.push(format!(
                "the labels span {:.0} years only: variants are told apart better by samples of all ages",
                oldest - youngest
            ));
        }
        doubts
    }
}
