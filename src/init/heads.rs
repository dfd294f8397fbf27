//! Which outputs of a network may be an age, and which heads may read them, by their names and how many numbers they have. Every
//! guess has its reason.

use super::network::Tried;
use crate::engine::{Tensor, TensorInfo};
use crate::method::head::{Head, OrdinalRule};

/// A head of fewer ages than this need not begin at 0.
const WHOLE_RANGE: usize = 91;

/// More numbers or pairs than this are no ages: detectors of faces have thousands.
const MOST_AGES: usize = 200;

/// A way to read one output as an age.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadGuess {
    /// The output's name.
    pub output: String,
    /// The head.
    pub head: Head,
    /// The keys of the card beside `name` and `head`, as TOML lines.
    pub keys: Vec<(&'static str, String)>,
    /// Why.
    pub reason: String,
    /// Whether the age of the first number is unknown, so that samples have to say it; the head counts from 0 until then.
    pub first_age_is_open: bool,
}

impl HeadGuess {
    /// What tables call it: the head's word with what sets it apart from its like.
    #[must_use]
    pub fn label(&self) -> String {
        let told = |key: &str| key != "edges" && !(key == "first_age" && self.first_age_is_open);
        let keys: Vec<String> =
            self.keys.iter().filter(|(key, _)| told(key)).map(|(key, value)| format!("{key}={value}")).collect();
        let word = self.head.word();
        if keys.is_empty() { word.to_owned() } else { format!("{word} {}", keys.join(" ").replace('"', "")) }
    }
}

/// The heads that may read the outputs, the likeliest first; and what is said of the outputs that none reads.
#[must_use]
pub fn heads_of(tried: &Tried) -> (Vec<HeadGuess>, Vec<String>) {
    let (mut found, mut passed) = (Vec::new(), Vec::new());
    let is_age = |name: &str| name.to_ascii_lowercase().contains("age") && !name.to_ascii_lowercase().contains("image");
    let mut outputs: Vec<&(TensorInfo, Tensor)> = tried.outputs.iter().collect();
    outputs.sort_by_key(|(info, _)| !is_age(&info.name));
    let any_named = outputs.iter().any(|(info, _)| is_age(&info.name));
    for (info, tensor) in outputs {
        let shape = tensor.shape();
        let shape = shape.split_first().filter(|(batch, _)| **batch == 1).map_or(shape, |(_, rest)| rest);
        let shown = format!("`{}` {:?}", info.name, tensor.shape());
        if any_named && !is_age(&info.name) {
            passed.push(format!("{shown}: another output is named after the age"));
            continue;
        }
        let before = found.len();
        found.extend(heads_of_one(&info.name, shape, tensor.numbers()));
        if found.len() == before {
            let why = match shape.iter().product() {
                2 => "two numbers: two classes, such as a sex",
                _ => "no head reads so many numbers as an age",
            };
            passed.push(format!("{shown}: {why}"));
        }
    }
    (found, passed)
}

fn heads_of_one(name: &str, shape: &[usize], numbers: &[f32]) -> Vec<HeadGuess> {
    let guess = |head: Head, keys: Vec<(&'static str, String)>, reason: &str| HeadGuess {
        output: name.to_owned(),
        head,
        keys,
        reason: reason.to_owned(),
        first_age_is_open: false,
    };
    let open = |guess: HeadGuess, is_open: bool| HeadGuess { first_age_is_open: is_open, ..guess };
    let length: usize = shape.iter().product();
    let sum: f32 = numbers.iter().sum();
    let are_shares = numbers.iter().all(|number| *number >= 0.0) && (sum - 1.0).abs() < 1e-3;
    let logits = ("logits", (!are_shares).to_string());
    match length {
        1 => vec![
            guess(Head::Years, Vec::new(), "one number"),
            guess(
                Head::ScaledYears { scale: 100.0, offset: 0.0 },
                vec![("scale", "100.0".to_owned())],
                "one number; some models answer in hundreds of years",
            ),
            guess(
                Head::ScaledYears { scale: 116.0, offset: 0.0 },
                vec![("scale", "116.0".to_owned())],
                "one number; some models answer in shares of UTKFace's oldest age",
            ),
        ],
        _ if length / 2 <= MOST_AGES && matches!(shape, [.., steps, 2] if *steps > 4) => {
            let one =
                |(head, keys)| open(guess(head, keys, "pairs of numbers, a pair an age"), length / 2 < WHOLE_RANGE);
            ordinals(length / 2, true).into_iter().map(one).collect()
        }
        3..=20 => {
            let (edges, reason) = edges_of(length);
            let text = edges.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
            vec![guess(Head::Bins { edges }, vec![("edges", format!("[{text}]"))], &reason)]
        }
        21..=MOST_AGES => {
            // 101 numbers are 0 to 100; 100 are 0 to 99 or 1 to 100; few may begin anywhere.
            let is_open = length < WHOLE_RANGE;
            let firsts: &[u32] = if length == 101 || is_open { &[0] } else { &[0, 1] };
            let said =
                format!("{length} numbers, one an age{}", if are_shares { "; on grey they sum to 1" } else { "" });
            let mut heads = Vec::new();
            for &first in firsts {
                let ages: Vec<f64> = (0..length).map(|year| f64::from(first) + year as f64).collect();
                if ages.last().is_none_or(|last| *last > crate::age::OLDEST) {
                    continue;
                }
                let first_age = ("first_age", first.to_string());
                let expectation = Head::Expectation { ages: ages.clone(), logits: !are_shares };
                heads.push(open(guess(expectation, vec![first_age.clone(), logits.clone()], &said), is_open));
                heads.push(open(guess(Head::Argmax { ages }, vec![first_age], &said), is_open));
            }
            if !are_shares {
                let inside = numbers.iter().all(|number| (0.0..=1.0).contains(number));
                let one = |(head, keys)| open(guess(head, keys, &said), is_open);
                heads.extend(ordinals(length, !inside).into_iter().map(one));
            }
            heads
        }
        _ => Vec::new(),
    }
}

/// `ordinal` with both of its rules.
fn ordinals(steps: usize, logits: bool) -> Vec<(Head, Vec<(&'static str, String)>)> {
    let one = |rule: &OrdinalRule| {
        let keys = vec![
            ("first_age", "0".to_owned()),
            ("logits", logits.to_string()),
            ("rule", format!("\"{}\"", rule.word())),
        ];
        (Head::Ordinal { first_age: 0.0, steps, logits, rule: *rule }, keys)
    };
    OrdinalRule::ALL.iter().map(one).collect()
}

/// Edges for so many bins: those of a public dataset, or equal ones.
fn edges_of(bins: usize) -> (Vec<f64>, String) {
    match bins {
        8 => (
            vec![0.0, 3.5, 7.5, 14.0, 23.0, 35.5, 46.0, 57.0, 101.0],
            "8 numbers: Adience has as many bands; edges in the middle of the gaps between them".to_owned(),
        ),
        9 => (
            vec![0.0, 3.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 120.0],
            "9 numbers: FairFace has as many bands".to_owned(),
        ),
        _ => {
            let edge = |place: usize| (place as f64 * 100.0 / bins as f64).round();
            ((0..=bins).map(edge).collect(), format!("{bins} numbers: equal bands from 0 to 100, for want of better"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::Layout;

    #[test]
    fn outputs_are_told_by_their_names_and_how_many_numbers_they_have() {
        let tried = |outputs: &[(&str, &[usize], f32)]| Tried {
            layout: Layout::Nchw,
            size: (8, 8),
            outputs: outputs
                .iter()
                .map(|(name, shape, number)| {
                    let info = TensorInfo { name: (*name).to_owned(), shape: None };
                    (info, Tensor::new(shape, vec![*number; shape.iter().product()]).unwrap())
                })
                .collect(),
        };
        let (heads, passed) = heads_of(&tried(&[("gender", &[1, 2], 0.5), ("age", &[1, 1], 0.3)]));
        assert_eq!(heads[0].label(), "years");
        assert!(passed[0].contains("named after the age"));
        let (heads, _) = heads_of(&tried(&[("out", &[1, 101], 1.0 / 101.0)]));
        assert_eq!(heads[0].label(), "expectation first_age=0 logits=false");
        let (heads, _) = heads_of(&tried(&[("out", &[1, 54, 2], 0.1)]));
        assert_eq!(heads[1].label(), "ordinal logits=true rule=count");
        assert!(heads[1].first_age_is_open);
        // A detector of faces: a box and a pair of scores for each place.
        let (heads, passed) = heads_of(&tried(&[("scores", &[1, 4420, 2], 0.1), ("boxes", &[1, 4420, 4], 0.1)]));
        assert!(heads.is_empty() && passed.len() == 2, "{passed:?}");
        let (heads, _) = heads_of(&tried(&[("out", &[1, 9], 0.1)]));
        assert_eq!(heads[0].label(), "bins");
        let (heads, passed) = heads_of(&tried(&[("sex", &[1, 2], 0.1), ("embedding", &[1, 512], 0.1)]));
        assert!(heads.is_empty() && passed.len() == 2, "{passed:?}");
        for head in heads_of(&tried(&[("a", &[1, 7], 0.1), ("b", &[1, 116], 0.1), ("c", &[1, 200, 2], 0.1)])).0 {
            head.head.check().unwrap();
        }
    }
}
