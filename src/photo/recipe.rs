//! The recipe of a model's input: size, filter, colours and scaling, as a method card declares them.

use std::fmt;

use serde::{Serialize, Serializer};

/// Declares a word enum: `ALL`, `word`, `parse`, `Display`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in the order in which they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in cards and messages.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value that `word` names.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words! {
    /// How pixels are resampled.
    Filter {
        /// Pillow's BILINEAR: a triangle whose support grows with the reduction.
        BilinearAntialias = "bilinear_antialias",
        /// OpenCV's INTER_LINEAR: two taps a side, no antialias.
        Bilinear = "bilinear",
        /// Pillow's BICUBIC (a = -0.5), support scaled.
        Bicubic = "bicubic",
        /// Pillow's LANCZOS (three lobes), support scaled.
        Lanczos3 = "lanczos3",
        /// Pillow's NEAREST.
        Nearest = "nearest",
    }
}

words! {
    /// How a picture of another shape comes to the model's size.
    Fit {
        /// Both sides are scaled apart.
        Stretch = "stretch",
        /// Scaled to fit inside, centred on black.
        Pad = "pad",
        /// The largest centred part of the right shape is scaled.
        Crop = "crop",
    }
}

words! {
    /// What stands where a face box reaches beyond the picture.
    Border {
        /// The nearest edge pixel.
        Replicate = "replicate",
        /// Zeros.
        Black = "black",
    }
}

words! {
    /// Colour order of the tensor.
    Channels {
        /// Red, green, blue.
        Rgb = "rgb",
        /// Blue, green, red.
        Bgr = "bgr",
        /// One channel of luma, by ITU-R 601-2 as Pillow's `convert("L")`.
        Gray = "gray",
    }
}

words! {
    /// Order of the tensor's axes; the batch is one sample.
    Layout {
        /// Rows, columns, channels.
        Nhwc = "nhwc",
        /// Channels, rows, columns.
        Nchw = "nchw",
    }
}

impl Channels {
    /// Channels in the tensor: 3, or 1 for gray.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Rgb | Self::Bgr => 3,
            Self::Gray => 1,
        }
    }
}

/// The largest side of a model's input, in pixels.
const LARGEST_SIDE: u32 = 4096;
/// The widest margin: ten box sides on each side.
const WIDEST_MARGIN: f64 = 10.0;

/// Why numbers are not a recipe.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RecipeError {
    /// A side of 0 or above 4096.
    #[error("size {0} x {1} is not an input size: expected sides from 1 to 4096 pixels")]
    Size(u32, u32),
    /// Negative, not finite, or above 10.
    #[error("margin {0} is not a share of the box: expected 0 to 10")]
    Margin(f64),
    /// Zero, negative or not finite.
    #[error("divide {0} is not a divisor: expected a finite number above 0")]
    Divide(f64),
    /// A list that fits the channels neither one by one nor as one number for all.
    #[error("{key} has {found} numbers where the channels need {expected}")]
    Count {
        /// `mean` or `std`.
        key: &'static str,
        /// Numbers given.
        found: usize,
        /// Channels.
        expected: usize,
    },
    /// A mean that is not finite, or a standard deviation that is zero or not finite.
    #[error("{key} {value} cannot be used to scale pixels")]
    Scale {
        /// `mean` or `std`.
        key: &'static str,
        /// The number in question.
        value: f64,
    },
}

impl RecipeError {
    /// The key of the card that is to be mended.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Size(..) => "size",
            Self::Margin(_) => "margin",
            Self::Divide(_) => "divide",
            Self::Count { key, .. } | Self::Scale { key, .. } => key,
        }
    }
}

/// Whether a model's input may be `width` x `height` pixels.
///
/// # Errors
/// [`RecipeError::Size`].
pub(crate) fn check_size((width, height): (u32, u32)) -> Result<(), RecipeError> {
    let sides = 1..=LARGEST_SIDE;
    let may_be = sides.contains(&width) && sides.contains(&height);
    may_be.then_some(()).ok_or(RecipeError::Size(width, height))
}

/// The numbers of a recipe, not yet held against each other. Defaults are those of the method card, and so are the names
/// in its serialised form, which enters the method digest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecipeFields {
    /// Width and height of the tensor, pixels.
    pub size: (u32, u32),
    /// Order of the axes.
    pub layout: Layout,
    /// Colour order.
    pub channels: Channels,
    /// Resampling filter.
    #[serde(rename = "resize")]
    pub filter: Filter,
    /// How another shape comes to `size`.
    pub fit: Fit,
    /// Share of the face box's longer side that is added on each side.
    pub margin: f64,
    /// What stands beyond the picture's edge.
    pub border: Border,
    /// Pixels are divided by this first.
    pub divide: f64,
    /// Subtracted per channel, in the order of `channels`; one number counts for all, none is 0.
    pub mean: Vec<f64>,
    /// Divisor per channel, in the order of `channels`; one number counts for all, none is 1.
    pub std: Vec<f64>,
}

impl RecipeFields {
    /// The fields that a card must give, with the others at their defaults.
    #[must_use]
    pub fn new(size: (u32, u32), layout: Layout, channels: Channels, filter: Filter) -> Self {
        Self {
            size,
            layout,
            channels,
            filter,
            fit: Fit::Stretch,
            margin: 0.0,
            border: Border::Replicate,
            divide: 1.0,
            mean: Vec::new(),
            std: Vec::new(),
        }
    }

    /// Everything that cannot be followed.
    #[must_use]
    pub fn problems(&self) -> Vec<RecipeError> {
        let mut found = Vec::new();
        found.extend(check_size(self.size).err());
        if !(0.0..=WIDEST_MARGIN).contains(&self.margin) {
            found.push(RecipeError::Margin(self.margin));
        }
        if !self.divide.is_finite() || self.divide <= 0.0 {
            found.push(RecipeError::Divide(self.divide));
        }
        let channels = self.channels.count();
        found.extend(per_channel("mean", &self.mean, 0.0, channels).err());
        found.extend(per_channel("std", &self.std, 1.0, channels).err());
        if let Some(&value) = self.mean.iter().find(|value| !value.is_finite()) {
            found.push(RecipeError::Scale { key: "mean", value });
        }
        if let Some(&value) = self.std.iter().find(|value| !value.is_finite() || **value == 0.0) {
            found.push(RecipeError::Scale { key: "std", value });
        }
        found
    }
}

/// A checked recipe: `tensor = (pixel / divide - mean) / std` of a resized crop.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recipe(RecipeFields);

impl Recipe {
    /// The recipe of `fields`; `mean` and `std` are filled to one number a channel.
    ///
    /// # Errors
    /// [`RecipeError`] for a size, margin, divisor or list that cannot be followed.
    pub fn new(mut fields: RecipeFields) -> Result<Self, RecipeError> {
        if let Some(error) = fields.problems().into_iter().next() {
            return Err(error);
        }
        let channels = fields.channels.count();
        fields.mean = per_channel("mean", &fields.mean, 0.0, channels)?;
        fields.std = per_channel("std", &fields.std, 1.0, channels)?;
        Ok(Self(fields))
    }

    /// The checked fields, `mean` and `std` with one number a channel.
    #[must_use]
    pub fn fields(&self) -> &RecipeFields {
        &self.0
    }

    /// Shape of the tensor with a batch of one.
    #[must_use]
    pub fn shape(&self) -> [usize; 4] {
        let (width, height) = (self.0.size.0 as usize, self.0.size.1 as usize);
        match self.0.layout {
            Layout::Nhwc => [1, height, width, self.0.channels.count()],
            Layout::Nchw => [1, self.0.channels.count(), height, width],
        }
    }

    /// Numbers in the tensor.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.shape().iter().product()
    }
}

fn per_channel(key: &'static str, given: &[f64], default: f64, channels: usize) -> Result<Vec<f64>, RecipeError> {
    match given {
        [] => Ok(vec![default; channels]),
        [one] => Ok(vec![*one; channels]),
        all if all.len() == channels => Ok(all.to_vec()),
        all => Err(RecipeError::Count { key, found: all.len(), expected: channels }),
    }
}
