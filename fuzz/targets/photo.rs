//! Pictures of every format through every decoder, then cut and resized as the last four bytes say. A large JPEG is read
//! row by row, to the very numbers of the whole picture.
//!
//! Decoders of others may panic, which `photo` catches; our own code may not.
#![no_main]

mod panics;

use agebench::photo::{
    Border, Channels, Decoder, FaceBox, Filter, Fit, Layout, Likeness, Picture, Preparer, Recipe, RecipeFields, decode, look,
};
use libfuzzer_sys::fuzz_target;

/// Small, so that an execution is short; a picture beyond it must be refused before it is decoded.
const PIXELS: u64 = 1 << 18;

/// The recipe that four bytes choose.
fn recipe(choice: [u8; 4]) -> Option<Recipe> {
    let [first, second, third, _] = choice;
    let filter = [Filter::Bilinear, Filter::BilinearAntialias, Filter::Bicubic, Filter::Lanczos3, Filter::Nearest][usize::from(first % 5)];
    let channels = [Channels::Rgb, Channels::Bgr, Channels::Gray][usize::from(first / 5 % 3)];
    let layout = [Layout::Nchw, Layout::Nhwc][usize::from(first / 15 % 2)];
    let size = (u32::from(second % 40) + 1, u32::from(second / 40 * 11) + 1);
    let mut fields = RecipeFields::new(size, layout, channels, filter);
    fields.fit = [Fit::Stretch, Fit::Pad, Fit::Crop][usize::from(third % 3)];
    fields.border = [Border::Replicate, Border::Black][usize::from(third / 3 % 2)];
    fields.margin = f64::from(third / 6) / 40.0;
    Recipe::new(fields).ok()
}

fn face(choice: [u8; 4]) -> Option<FaceBox> {
    let last = choice[3];
    let (x0, y0) = (f64::from(last % 16) - 4.0, f64::from(last / 16) - 4.0);
    let made = || FaceBox::new(x0, y0, x0 + f64::from(choice[2]) + 0.5, y0 + f64::from(choice[1]) + 0.5).ok();
    (last % 3 != 0).then(made)?
}

fuzz_target!(
    init: panics::of_others_are_caught(),
    |data: &[u8]| {
        let choice = data.last_chunk::<4>().copied().unwrap_or_default();
        let Some(recipe) = recipe(choice) else { return };
        let (face, numbers) = (face(choice), recipe.numbers());
        let mut preparer = Preparer::new(recipe);
        for decoder in Decoder::ALL {
            let picture: Option<Picture> = decode(data, *decoder, PIXELS).ok();
            if let Some(picture) = &picture {
                assert!(u64::from(picture.width()) * u64::from(picture.height()) <= PIXELS);
                let _ = Likeness::of(picture);
            }
            let (mut whole, mut rows) = (vec![0.0; numbers], vec![0.0; numbers]);
            let of_whole = picture.map(|picture| preparer.prepare(&picture, face, &mut whole).is_ok());
            let of_rows = preparer.prepare_file(data, *decoder, PIXELS, face, &mut rows).is_ok();
            assert_eq!(of_whole.unwrap_or(false), of_rows, "one way reads it, the other does not");
            if of_rows {
                // zune-jpeg reads some damaged files to other pixels each time (seeds/photo/unsteady.jpg; docs/pictures.md).
                assert!(*decoder == Decoder::Zune || whole == rows, "{decoder:?}");
                assert!(rows.iter().all(|number| number.is_finite()));
            }
            let _ = look(data, *decoder, PIXELS);
        }
    }
);
