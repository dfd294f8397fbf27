//! A variant: one way to prepare a picture, chosen axis by axis from what is tried.

use crate::init::network::{InputGuess, SIDES};
use crate::init::scaling::SCALINGS;
use crate::photo::{Border, Channels, Filter, Fit, Layout, RecipeFields};

/// Shares of the face box's longer side that are tried as margins.
pub(super) const MARGINS: [f64; 7] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6];

/// One way to prepare a picture: a place on each [`Axis`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Variant([u8; Axis::ALL.len()]);

/// What can be chosen of a preparation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// Order of colours.
    Channels,
    /// How pixels become numbers.
    Scaling,
    /// Resampling.
    Filter,
    /// How another shape comes to the size.
    Fit,
    /// How much around the face box.
    Margin,
    /// What stands beyond the picture's edge.
    Border,
    /// Order of the tensor's axes, where the network leaves it open.
    Layout,
    /// Width and height, where the network leaves them open.
    Size,
}

impl Axis {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 8] =
        [Self::Channels, Self::Scaling, Self::Filter, Self::Fit, Self::Margin, Self::Border, Self::Layout, Self::Size];

    /// The word in tables: the card's key, where there is one for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Channels => "channels",
            Self::Scaling => "scaling",
            Self::Filter => "resize",
            Self::Fit => "fit",
            Self::Margin => "margin",
            Self::Border => "border",
            Self::Layout => "layout",
            Self::Size => "size",
        }
    }
}

/// What is tried, axis by axis, for one network on one dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    pub(super) channels: Vec<Channels>,
    pub(super) layouts: Vec<Layout>,
    pub(super) sizes: Vec<(u32, u32)>,
    pub(super) has_boxes: bool,
}

impl Space {
    /// All that may be tried on `input`; margins only where there are face boxes.
    pub(super) fn of(input: &InputGuess, size: Option<(u32, u32)>, has_boxes: bool) -> Self {
        let channels = if input.channels == 1 { vec![Channels::Gray] } else { vec![Channels::Rgb, Channels::Bgr] };
        let sizes = match size.or(input.size) {
            Some(size) => vec![size],
            None => SIDES.iter().map(|side| (*side, *side)).collect(),
        };
        Self { channels, layouts: input.layouts.clone(), sizes, has_boxes }
    }

    /// How many values `axis` has.
    pub(super) fn values(&self, axis: Axis) -> u8 {
        let count = match axis {
            Axis::Channels => self.channels.len(),
            Axis::Scaling => SCALINGS.len(),
            Axis::Filter => Filter::ALL.len(),
            Axis::Fit => Fit::ALL.len(),
            Axis::Margin if self.has_boxes => MARGINS.len(),
            Axis::Border if self.has_boxes => Border::ALL.len(),
            Axis::Margin | Axis::Border => 1,
            Axis::Layout => self.layouts.len(),
            Axis::Size => self.sizes.len(),
        };
        u8::try_from(count).unwrap_or(u8::MAX)
    }

    /// The variants with each value of `axes` in turn, from `from`.
    pub(super) fn over(&self, from: Variant, axes: &[Axis]) -> Vec<Variant> {
        axes.iter().fold(vec![from], |found, &axis| {
            let values = 0..self.values(axis);
            found.iter().flat_map(|variant| values.clone().map(|value| variant.with(axis, value))).collect()
        })
    }

    /// The recipe of a variant.
    pub(super) fn fields(&self, variant: Variant) -> RecipeFields {
        let place = |axis| usize::from(variant.at(axis));
        let size = self.sizes.get(place(Axis::Size)).copied().unwrap_or((1, 1));
        let layout = self.layouts.get(place(Axis::Layout)).copied().unwrap_or(Layout::Nchw);
        let channels = self.channels.get(place(Axis::Channels)).copied().unwrap_or(Channels::Rgb);
        let filter = Filter::ALL.get(place(Axis::Filter)).copied().unwrap_or(Filter::BilinearAntialias);
        let mut fields = RecipeFields::new(size, layout, channels, filter);
        fields.fit = Fit::ALL.get(place(Axis::Fit)).copied().unwrap_or(Fit::Stretch);
        fields.margin = MARGINS.get(place(Axis::Margin)).copied().unwrap_or(0.0);
        fields.border = Border::ALL.get(place(Axis::Border)).copied().unwrap_or(Border::Replicate);
        if let Some(scaling) = SCALINGS.get(place(Axis::Scaling)) {
            scaling.into_fields(&mut fields);
        }
        fields
    }

    /// What a variant has on `axis`, in the card's words.
    pub(super) fn word(&self, variant: Variant, axis: Axis) -> String {
        let fields = self.fields(variant);
        match axis {
            Axis::Channels => fields.channels.to_string(),
            Axis::Scaling => {
                SCALINGS.get(usize::from(variant.at(Axis::Scaling))).map_or("", |scaling| scaling.name).to_owned()
            }
            Axis::Filter => fields.filter.to_string(),
            Axis::Fit => fields.fit.to_string(),
            Axis::Margin => fields.margin.to_string(),
            Axis::Border => fields.border.to_string(),
            Axis::Layout => fields.layout.to_string(),
            Axis::Size => format!("{} x {}", fields.size.0, fields.size.1),
        }
    }
}

impl Variant {
    /// The first value of every axis.
    pub(super) const FIRST: Self = Self([0; Axis::ALL.len()]);

    /// The place on `axis`.
    pub(super) fn at(self, axis: Axis) -> u8 {
        self.0.get(axis as usize).copied().unwrap_or(0)
    }

    /// The same with another place on `axis`.
    pub(super) fn with(mut self, axis: Axis, value: u8) -> Self {
        if let Some(place) = self.0.get_mut(axis as usize) {
            *place = value;
        }
        self
    }

    /// The axes on which it differs from `other`.
    pub(super) fn differs(self, other: Self) -> Vec<Axis> {
        Axis::ALL.into_iter().filter(|axis| self.at(*axis) != other.at(*axis)).collect()
    }

    /// What is cut out and resized: variants that share it differ in their numbers only.
    pub(super) fn geometry(self) -> Self {
        self.with(Axis::Scaling, 0).with(Axis::Layout, 0).with(Axis::Channels, 0)
    }
}
