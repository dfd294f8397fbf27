//! What can be told of a network from its inputs and outputs alone: size, layout and channels of its picture, and which of its
//! outputs may be an age. Every guess has its reason.

use super::InitError;
use crate::engine::{Axis, Declared, Engine, EngineError, Model, Tensor, TensorInfo};
use crate::method::head::{Head, OrdinalRule};
use crate::photo::{Layout, check_size};

/// Side of the picture where the network leaves it open: the most usual one.
pub(super) const USUAL_SIDE: u32 = 224;

/// Sides that are tried where the network leaves it open, the most usual one first.
pub(super) const SIDES: [u32; 6] = [USUAL_SIDE, 112, 64, 128, 160, 256];

/// A head of fewer ages than this need not begin at 0.
const WHOLE_RANGE: usize = 91;

/// More numbers or pairs than this are no ages: detectors of faces have thousands.
const MOST_AGES: usize = 200;

/// What the input says.
#[derive(Debug, Clone, PartialEq)]
pub struct InputGuess {
    /// The input as the file declares it.
    pub declared: TensorInfo,
    /// The orders of axes that fit, the likelier first.
    pub layouts: Vec<Layout>,
    /// Colours of the picture: 3, or 1 for gray.
    pub channels: usize,
    /// Width and height where the file fixes them.
    pub size: Option<(u32, u32)>,
    /// Why this layout.
    pub layout_reason: String,
}

impl InputGuess {
    /// Reads the declared input.
    ///
    /// # Errors
    /// [`InitError::NoPicture`] for an input that is no picture of one or three channels.
    pub fn of(declared: &Declared) -> Result<Self, InitError> {
        let no_picture = || InitError::NoPicture {
            found: declared.inputs.iter().map(TensorInfo::to_string).collect::<Vec<_>>().join(", "),
        };
        let [info] = declared.inputs.as_slice() else { return Err(no_picture()) };
        let axes: &[Axis] = match &info.shape {
            None => &[],
            Some(axes) if axes.len() == 4 => axes,
            Some(_) => return Err(no_picture()),
        };
        let fixed = |place: usize| match axes.get(place) {
            Some(Axis::Fixed(length)) => Some(*length),
            _ => None,
        };
        let is_colour = |place| matches!(fixed(place), Some(1 | 3));
        let named = |place: usize, words: &[&str]| match axes.get(place) {
            Some(Axis::Open(name)) => words.iter().any(|word| name.to_ascii_lowercase().contains(word)),
            _ => false,
        };
        let (layouts, reason) = match (is_colour(1), is_colour(3)) {
            (true, false) => (vec![Layout::Nchw], "the colours stand before the rows".to_owned()),
            (false, true) => (vec![Layout::Nhwc], "the colours stand last".to_owned()),
            (true, true) => (vec![Layout::Nchw, Layout::Nhwc], "both orders fit: the shape does not tell".to_owned()),
            (false, false) if named(1, &["chan", "colo"]) => {
                (vec![Layout::Nchw], "the axis before the rows is named so".to_owned())
            }
            (false, false) if named(3, &["chan", "colo"]) => {
                (vec![Layout::Nhwc], "the last axis is named so".to_owned())
            }
            (false, false) if fixed(1).is_none() && fixed(2).is_some() && fixed(3).is_some() => {
                (vec![Layout::Nchw], "rows and columns are fixed, and stand last".to_owned())
            }
            (false, false) if fixed(3).is_none() && fixed(1).is_some() && fixed(2).is_some() => {
                (vec![Layout::Nhwc], "rows and columns are fixed, and stand first".to_owned())
            }
            (false, false) if [1, 2, 3].iter().all(|place| fixed(*place).is_none()) => {
                (vec![Layout::Nchw, Layout::Nhwc], "all axes are open: the shape does not tell".to_owned())
            }
            (false, false) => return Err(no_picture()),
        };
        let [rows, columns, colours] = match layouts.first() {
            Some(Layout::Nhwc) => [1, 2, 3],
            _ => [2, 3, 1],
        };
        let side = |place| fixed(place).and_then(|length| u32::try_from(length).ok());
        let size = side(columns).zip(side(rows)).filter(|_| layouts.len() == 1);
        Ok(Self { declared: info.clone(), channels: fixed(colours).unwrap_or(3), layouts, size, layout_reason: reason })
    }

    /// The shape of one sample with these choices.
    pub(super) fn shape(&self, layout: Layout, (width, height): (u32, u32)) -> [usize; 4] {
        let (width, height) = (width as usize, height as usize);
        match layout {
            Layout::Nhwc => [1, height, width, self.channels],
            Layout::Nchw => [1, self.channels, height, width],
        }
    }
}

/// A network that was loaded and tried once on grey: what its outputs look like.
pub struct Tried {
    /// Order of axes and size with which it loaded.
    pub layout: Layout,
    /// Width and height.
    pub size: (u32, u32),
    /// Every output, with the numbers of one sample.
    pub outputs: Vec<(TensorInfo, Tensor)>,
}

/// Loads the network with what the shape says, or with the first of the usual sizes that it takes, and tries it on grey.
///
/// # Errors
/// [`InitError::Engine`] with the last reason when it loads with none of them; [`InitError::Size`] before anything is as large
/// as a file or a user says.
pub fn try_once(
    onnx: &[u8],
    declared: &Declared,
    input: &InputGuess,
    size: Option<(u32, u32)>,
    engine: &dyn Engine,
) -> Result<Tried, InitError> {
    let sizes: Vec<(u32, u32)> = match size.or(input.size) {
        Some(size) => {
            check_size(size).map_err(InitError::Size)?;
            vec![size]
        }
        None => SIDES.iter().map(|side| (*side, *side)).collect(),
    };
    let wanted: Vec<&str> = declared.outputs.iter().map(|output| output.name.as_str()).collect();
    let mut last = EngineError::Arity(format!("{} outputs", declared.outputs.len()));
    for size in sizes {
        for &layout in &input.layouts {
            let shape = input.shape(layout, size);
            let grey = Tensor::new(&shape, vec![0.5; shape.iter().product()]);
            let grey = grey.unwrap_or_else(|| Tensor::zeros(&shape));
            let run = |model: &dyn Model| model.state()?.run(&grey);
            match engine.load(onnx, Some(&shape), &wanted).and_then(|model| run(&*model)) {
                Ok(numbers) => {
                    let outputs = declared.outputs.iter().cloned().zip(numbers).collect();
                    return Ok(Tried { layout, size, outputs });
                }
                // Another size would take as long.
                Err(error @ (EngineError::Late(_) | EngineError::Stopped)) => return Err(InitError::of_engine(error)),
                Err(error) => last = error,
            }
        }
    }
    Err(InitError::of_engine(last))
}

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
    use crate::engine::Whole;

    fn declared(axes: Option<Vec<Axis>>) -> Declared {
        Declared { inputs: vec![TensorInfo { name: "x".to_owned(), shape: axes }], outputs: Vec::new() }
    }

    fn axes(lengths: [i64; 4]) -> Option<Vec<Axis>> {
        let axis = |length: i64| usize::try_from(length).map_or_else(|_| Axis::Open("?".to_owned()), Axis::Fixed);
        Some(lengths.into_iter().map(axis).collect())
    }

    #[test]
    fn the_shape_says_layout_size_and_channels_where_it_can() {
        let of = |lengths| InputGuess::of(&declared(axes(lengths))).unwrap();
        let guess = of([-1, 48, 64, 3]);
        assert_eq!((guess.layouts, guess.size, guess.channels), (vec![Layout::Nhwc], Some((64, 48)), 3));
        let guess = of([1, 1, 48, 64]);
        assert_eq!((guess.layouts, guess.size, guess.channels), (vec![Layout::Nchw], Some((64, 48)), 1));
        let guess = of([-1, -1, 48, 64]);
        assert_eq!((guess.layouts, guess.size), (vec![Layout::Nchw], Some((64, 48))));
        let guess = of([-1, -1, -1, -1]);
        assert_eq!((guess.layouts.len(), guess.size, guess.channels), (2, None, 3));
        let guess = of([-1, 3, -1, -1]);
        assert_eq!((guess.layouts, guess.size), (vec![Layout::Nchw], None));
        assert!(InputGuess::of(&declared(axes([1, 4, 64, 64]))).is_err());
        assert!(InputGuess::of(&declared(Some(vec![Axis::Fixed(5)]))).is_err());
        assert_eq!(InputGuess::of(&declared(None)).unwrap().layouts.len(), 2);
    }

    /// An engine that is never asked.
    struct Never;

    impl Engine for Never {
        fn name(&self) -> String {
            unreachable!()
        }

        fn declared_whole(&self, _: Whole<'_>) -> Result<Declared, EngineError> {
            unreachable!()
        }

        fn load_whole(&self, _: Whole<'_>, _: Option<&[usize]>, _: &[&str]) -> Result<Box<dyn Model>, EngineError> {
            unreachable!()
        }
    }

    #[test]
    fn a_size_that_no_card_could_have_is_refused_before_a_tensor_is_as_large() {
        let of_file = declared(axes([1, 3, 1_000_000, 1_000_000]));
        let open = declared(axes([-1, 3, -1, -1]));
        for (declared, size) in [(&of_file, None), (&open, Some((4097, 1))), (&open, Some((0, 64)))] {
            let input = InputGuess::of(declared).unwrap();
            assert!(matches!(try_once(&[], declared, &input, size, &Never), Err(InitError::Size(_))), "{size:?}");
        }
    }

    /// An engine that never answers in time, and counts how often it was asked.
    #[derive(Default)]
    struct Slow(std::sync::atomic::AtomicUsize);

    impl Engine for Slow {
        fn name(&self) -> String {
            unreachable!()
        }

        fn declared_whole(&self, _: Whole<'_>) -> Result<Declared, EngineError> {
            unreachable!()
        }

        fn load_whole(&self, _: Whole<'_>, _: Option<&[usize]>, _: &[&str]) -> Result<Box<dyn Model>, EngineError> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Err(EngineError::Late(std::time::Duration::from_secs(1)))
        }
    }

    #[test]
    fn a_network_that_does_not_answer_in_time_is_not_tried_at_another_size() {
        let declared = declared(axes([1, 3, -1, -1]));
        let (input, slow) = (InputGuess::of(&declared).unwrap(), Slow::default());
        let tried = try_once(&[], &declared, &input, None, &slow);
        assert!(matches!(tried, Err(InitError::Engine(EngineError::Late(_)))));
        assert_eq!(slow.0.into_inner(), 1);
    }

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
