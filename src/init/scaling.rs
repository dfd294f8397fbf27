//! The ways in which published models scale pixels, each with who uses it: what the finder tries, and what a draft may guess.

use crate::photo::{Channels, RecipeFields};

/// One way: `(pixel / divide - mean) / std`, means and deviations for red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaling {
    /// The word in tables.
    pub name: &'static str,
    /// Pixels are divided by this first.
    pub divide: f64,
    /// Subtracted, by colour.
    pub mean: [f64; 3],
    /// Divisor, by colour.
    pub std: [f64; 3],
    /// Who uses it.
    pub known_from: &'static str,
    /// Whether it is tried in the first stage of a search: no other is near it that is.
    pub(super) is_coarse: bool,
}

const fn same(name: &'static str, divide: f64, mean: f64, std: f64, known_from: &'static str) -> Scaling {
    Scaling { name, divide, mean: [mean; 3], std: [std; 3], known_from, is_coarse: false }
}

const fn less(name: &'static str, mean: [f64; 3], std: f64, known_from: &'static str) -> Scaling {
    Scaling { name, divide: 1.0, mean, std: [std; 3], known_from, is_coarse: false }
}

/// Of pixels as shares of 255.
const fn shares(name: &'static str, mean: [f64; 3], std: [f64; 3], known_from: &'static str) -> Scaling {
    Scaling { name, divide: 255.0, mean, std, known_from, is_coarse: false }
}

const IMAGENET_MEAN: [f64; 3] = [0.485, 0.456, 0.406];

const fn coarse(scaling: Scaling) -> Scaling {
    Scaling { is_coarse: true, ..scaling }
}

/// Those that are tried, the most usual first: of equals the first is taken.
pub const SCALINGS: &[Scaling] = &[
    coarse(same("0..1", 255.0, 0.0, 1.0, "torchvision's ToTensor alone, many Keras models")),
    coarse(shares("imagenet", IMAGENET_MEAN, [0.229, 0.224, 0.225], "torchvision, timm")),
    coarse(same("raw 0..255", 1.0, 0.0, 1.0, "SSR-Net, models that scale inside")),
    coarse(same("-1..1", 1.0, 127.5, 127.5, "TensorFlow's `tf` mode, Inception, MobileNet")),
    same("(x - 127.5) / 128", 1.0, 127.5, 128.0, "insightface, MXNet face models"),
    same("(x - 127) / 128", 1.0, 127.0, 128.0, "UltraFace"),
    coarse(same("-0.5..0.5", 255.0, 0.5, 1.0, "models that centre only")),
    coarse(same("(x / 255 - 0.5) / 0.25", 255.0, 0.5, 0.25, "about what standardising photographs gives")),
    shares(
        "clip",
        [0.481_454_66, 0.457_827_5, 0.408_210_73],
        [0.268_629_54, 0.261_302_58, 0.275_777_11],
        "OpenAI CLIP",
    ),
    coarse(shares("imagenet mean, 0..1", IMAGENET_MEAN, [1.0; 3], "models that subtract the mean only")),
    coarse(less("imagenet mean", [123.68, 116.779, 103.939], 1.0, "Caffe's VGG and ResNet, Keras' `caffe` mode, DEX")),
    less("vggface mean", [129.1863, 104.7624, 93.5940], 1.0, "VGGFace (Oxford)"),
    less("vggface2 mean", [131.0912, 103.8827, 91.4953], 1.0, "VGGFace2 (Oxford)"),
    less("adience mean", [114.895_847_746, 87.768_914_374_4, 78.426_337_760_3], 1.0, "age_net (Levi and Hassner 2015)"),
    less("face-api mean / 256", [122.782, 117.001, 104.298], 256.0, "face-api.js"),
];

impl Scaling {
    /// The scaling's numbers in `fields`, in the order of its channels.
    pub(super) fn into_fields(self, fields: &mut RecipeFields) {
        let ordered = |[red, green, blue]: [f64; 3]| match fields.channels {
            Channels::Rgb => vec![red, green, blue],
            Channels::Bgr => vec![blue, green, red],
            // What a grey pixel is on average worth of the three.
            Channels::Gray => vec![(red + green + blue) / 3.0],
        };
        let shortest = |numbers: Vec<f64>, none: f64| {
            if numbers.iter().all(|number| *number == none) { Vec::new() } else { numbers }
        };
        let (mean, std) = (shortest(ordered(self.mean), 0.0), shortest(ordered(self.std), 1.0));
        fields.divide = self.divide;
        (fields.mean, fields.std) = (mean, std);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::{Filter, Layout};

    #[test]
    fn numbers_stand_in_the_order_of_the_channels_and_what_does_nothing_is_left_out() {
        let mut fields = RecipeFields::new((4, 4), Layout::Nchw, Channels::Bgr, Filter::Bilinear);
        SCALINGS[1].into_fields(&mut fields);
        assert_eq!(
            (fields.divide, &fields.mean, &fields.std),
            (255.0, &vec![0.406, 0.456, 0.485], &vec![0.225, 0.224, 0.229])
        );
        SCALINGS[2].into_fields(&mut fields);
        assert!(fields.divide == 1.0 && fields.mean.is_empty() && fields.std.is_empty());
        fields.channels = Channels::Gray;
        SCALINGS[3].into_fields(&mut fields);
        assert_eq!((&fields.mean, &fields.std), (&vec![127.5], &vec![127.5]));
    }

    #[test]
    fn no_two_scalings_are_the_same() {
        for (place, one) in SCALINGS.iter().enumerate() {
            for other in &SCALINGS[..place] {
                let numbers = |scaling: &Scaling| (scaling.divide, scaling.mean, scaling.std);
                assert!(one.name != other.name && numbers(one) != numbers(other), "{} {}", one.name, other.name);
            }
        }
    }
}
