//! What can be told of a network from its input alone, and from one answer on grey: size, layout and channels of its picture. Every
//! guess has its reason.

use super::InitError;
use crate::engine::{Axis, Declared, Engine, EngineError, Model, Tensor, TensorInfo};
use crate::photo::{Layout, check_size};

/// Side of the picture where the network leaves it open: the most usual one.
pub(super) const USUAL_SIDE: u32 = 224;

/// Sides that are tried where the network leaves it open, the most usual one first.
pub(super) const SIDES: [u32; 6] = [USUAL_SIDE, 112, 64, 128, 160, 256];

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
}
