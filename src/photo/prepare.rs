//! From a picture to a tensor by a recipe: crop, gray, resize, place, scale.

use super::crop::{Placed, Rect, place};
use super::decode::caught;
use super::resize::{ByRows, Scratch, Source, resize};
use super::{Border, Channels, Decoder, FaceBox, Fit, Layout, PIXEL_LIMIT, PhotoError, Picture, Recipe, decode, jpeg};

/// Follows one recipe for picture after picture and keeps its scratch between them. One per worker.
#[derive(Debug)]
pub struct Preparer {
    recipe: Recipe,
    /// The tensor's number for each of the 256 levels, channel by channel in the tensor's order.
    levels: Vec<[f32; 256]>,
    scratch: Scratch,
    /// A crop that reaches beyond the picture, or the gray of any crop.
    crop: Vec<u8>,
    resized: Vec<u8>,
    canvas: Vec<u8>,
}

impl Preparer {
    /// A preparer for `recipe`.
    #[must_use]
    pub fn new(recipe: Recipe) -> Self {
        let levels = levels(&recipe);
        Self { recipe, levels, scratch: Scratch::default(), crop: Vec::new(), resized: Vec::new(), canvas: Vec::new() }
    }

    /// The recipe.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Fills `tensor`, [`Recipe::numbers`] long, from `picture` or from `face` in it; without a face box the whole
    /// picture is taken and the margin means nothing.
    ///
    /// Each number is `(pixel / divide - mean) / std`, each step rounded to f32, as NumPy computes it on float32 arrays.
    ///
    /// # Errors
    /// [`PhotoError::BoxOutside`] for a box that holds no pixel of the picture, [`PhotoError::TooManyPixels`] for one
    /// that asks for too many beyond it, [`PhotoError::WrongLength`] for a tensor of another length.
    pub fn prepare(&mut self, picture: &Picture, face: Option<FaceBox>, tensor: &mut [f32]) -> Result<(), PhotoError> {
        self.check_length(tensor)?;
        self.pixels(picture, face)?;
        self.fill(tensor);
        Ok(())
    }

    /// The same from a file, to the same numbers: where nobody else wants the picture, that of a large JPEG need never lie
    /// in memory as a whole.
    ///
    /// # Errors
    /// As [`decode`](super::decode()) and [`Preparer::prepare`].
    pub fn prepare_file(
        &mut self,
        bytes: &[u8],
        decoder: Decoder,
        pixel_limit: u64,
        face: Option<FaceBox>,
        tensor: &mut [f32],
    ) -> Result<(), PhotoError> {
        self.check_length(tensor)?;
        if decoder == Decoder::Own && jpeg::is(bytes) {
            let by_rows = caught("JPEG", || self.rows_of(jpeg::Opened::new(bytes, pixel_limit)?, face));
            if by_rows? {
                self.fill(tensor);
                return Ok(());
            }
        }
        self.prepare(&decode(bytes, decoder, pixel_limit)?, face, tensor)
    }

    /// Takes the pixels of a file row by row; false where it or the recipe needs the whole picture.
    fn rows_of(&mut self, file: jpeg::Opened<'_>, face: Option<FaceBox>) -> Result<bool, PhotoError> {
        let fields = self.recipe.fields();
        let (width, height) = file.size();
        let Ok(cut) = self.cut((width, height), face) else { return Ok(false) };
        let Cut { rect, placed, whole } = cut;
        if !file.has_rows() || fields.channels == Channels::Gray || !rect.within(width, height) {
            return Ok(false);
        }
        let [left, top, across, down] = [rect.x, rect.y, i64::from(rect.width), i64::from(rect.height)]
            .map(|number| usize::try_from(number).unwrap_or_default());
        let size = (placed.width as usize, placed.height as usize);
        let Some(mut resized) = ByRows::new(fields.filter, (across, down), size, &mut self.scratch) else {
            return Ok(false);
        };
        let stride = width as usize * 3;
        file.rows(&mut |first, rows| {
            let (from, until) = (first.max(top), (first + rows.len() / stride).min(top + down));
            let start = from.saturating_sub(first) * stride + left * 3;
            let inside = rows.get(start..).unwrap_or_default();
            if let Some(source) = Source::new(inside, stride, across, until.saturating_sub(from), 3) {
                resized.take(from - top, source);
            }
        })?;
        let target = if whole { &mut self.canvas } else { &mut self.resized };
        target.resize(size.0 * size.1 * 3, 0);
        resized.finish(target);
        self.place(cut);
        Ok(true)
    }

    fn check_length(&self, tensor: &[f32]) -> Result<(), PhotoError> {
        let (found, expected) = (tensor.len(), self.recipe.numbers());
        if found == expected { Ok(()) } else { Err(PhotoError::WrongLength { found, expected }) }
    }

    /// Fills `tensor` from the pixels that were prepared last, in the colours, layout and scale of `other`, whose recipe takes
    /// the same pixels: a picture is cut out and resized once for all scalings.
    ///
    /// # Errors
    /// [`PhotoError::WrongLength`] for a tensor of another length than `other`'s.
    pub fn fill_as(&self, other: &Self, tensor: &mut [f32]) -> Result<(), PhotoError> {
        other.check_length(tensor)?;
        let fields = other.recipe.fields();
        write(&self.canvas, fields.layout, fields.channels, &other.levels, tensor);
        Ok(())
    }

    /// Fills the tensor from the canvas.
    fn fill(&self, tensor: &mut [f32]) {
        let fields = self.recipe.fields();
        write(&self.canvas, fields.layout, fields.channels, &self.levels, tensor);
    }

    /// What is cut out of a picture of this size, and where it goes.
    fn cut(&self, (width, height): (u32, u32), face: Option<FaceBox>) -> Result<Cut, PhotoError> {
        let fields = self.recipe.fields();
        let to = fields.size;
        let mut rect = match face {
            None => Rect::whole(width, height),
            Some(face) => {
                let [x0, y0, x1, y1] = face.ends();
                let outside = PhotoError::BoxOutside { x0, y0, x1, y1, width, height };
                Rect::of_face(face, fields.margin, width, height).ok_or(outside)?
            }
        };
        if fields.fit == Fit::Crop {
            rect = rect.centred(to.0, to.1);
        }
        if !rect.may_be_cut(width, height) {
            return Err(PhotoError::TooManyPixels { width: rect.width, height: rect.height, limit: PIXEL_LIMIT });
        }
        let placed = place(fields.fit, (rect.width, rect.height), to);
        Ok(Cut { rect, placed, whole: (placed.width, placed.height) == to })
    }

    /// Puts what was resized into the canvas, unless it is the whole of it.
    fn place(&mut self, cut: Cut) {
        let fields = self.recipe.fields();
        if !cut.whole {
            paste(&self.resized, cut.placed, fields.size, fields.channels.count(), &mut self.canvas);
        }
    }

    /// The 8-bit pixels that the tensor is made from: the recipe's size, red, green, blue (or gray) interleaved.
    ///
    /// # Errors
    /// As [`Preparer::prepare`].
    pub fn pixels(&mut self, picture: &Picture, face: Option<FaceBox>) -> Result<&[u8], PhotoError> {
        let cut = self.cut((picture.width(), picture.height()), face)?;
        let fields = self.recipe.fields();
        let channels = fields.channels.count();
        let source = source(picture, cut.rect, fields.border, fields.channels, &mut self.crop)
            .ok_or_else(|| PhotoError::broken("picture", "pixels are missing"))?;
        let size = (cut.placed.width as usize, cut.placed.height as usize);
        let target = if cut.whole { &mut self.canvas } else { &mut self.resized };
        target.resize(size.0 * size.1 * channels, 0);
        resize(fields.filter, channels, source, size, &mut self.scratch, target);
        self.place(cut);
        Ok(&self.canvas)
    }

    /// Where in `picture`, the whole of which was prepared, a box of the tensor lies: `ends` are shares of its sides, the
    /// answer is in pixels.
    #[must_use]
    pub fn of_whole(&self, picture: &Picture, ends: [f64; 4]) -> [f64; 4] {
        let fields = self.recipe.fields();
        let to = fields.size;
        let whole = Rect::whole(picture.width(), picture.height());
        let rect = if fields.fit == Fit::Crop { whole.centred(to.0, to.1) } else { whole };
        let placed = place(fields.fit, (rect.width, rect.height), to);
        let axis = |share: f64, side: u32, gap: u32, part: u32, start: i64, length: u32| {
            (share * f64::from(side) - f64::from(gap)) / f64::from(part) * f64::from(length) + start as f64
        };
        let x = |share| axis(share, to.0, placed.left, placed.width, rect.x, rect.width);
        let y = |share| axis(share, to.1, placed.top, placed.height, rect.y, rect.height);
        let [x0, y0, x1, y1] = ends;
        [x(x0), y(y0), x(x1), y(y1)]
    }
}

/// What is cut out of a picture, where it goes, and whether it is the whole canvas.
#[derive(Clone, Copy)]
struct Cut {
    rect: Rect,
    placed: Placed,
    whole: bool,
}

/// For each channel of the tensor, the number of each level. f32 throughout, so that it is NumPy's number to the bit.
#[expect(clippy::cast_possible_truncation, reason = "a card's numbers are meant as float32")]
fn levels(recipe: &Recipe) -> Vec<[f32; 256]> {
    let fields = recipe.fields();
    let divide = fields.divide as f32;
    let scales = fields.mean.iter().zip(&fields.std);
    scales
        .map(|(&mean, &std)| {
            let (mean, std) = (mean as f32, std as f32);
            let mut level = 0_u16;
            [(); 256].map(|()| {
                let number = (f32::from(level) / divide - mean) / std;
                level += 1;
                number
            })
        })
        .collect()
}

/// The pixels of `rect`: in place where the picture holds them all in colour, else copied into `crop`.
fn source<'a>(
    picture: &'a Picture,
    rect: Rect,
    border: Border,
    channels: Channels,
    crop: &'a mut Vec<u8>,
) -> Option<Source<'a>> {
    let row = picture.width() as usize * 3;
    let (width, height) = (rect.width as usize, rect.height as usize);
    let gray = channels == Channels::Gray;
    if !rect.within(picture.width(), picture.height()) {
        copy_beyond(picture, rect, border, crop);
        if gray {
            let colours = std::mem::take(crop);
            luma(&colours, width * 3, width, height, crop);
        }
        let count = channels.count();
        return Source::new(crop, width * count, width, height, count);
    }
    let start = usize::try_from(rect.y).ok()? * row + usize::try_from(rect.x).ok()? * 3;
    let inside = picture.rgb().get(start..)?;
    if gray {
        luma(inside, row, width, height, crop);
        return Source::new(crop, width, width, height, 1);
    }
    Source::new(inside, row, width, height, 3)
}

/// Copies `rect` out of the picture; what lies beyond an edge is the nearest edge pixel, or black.
fn copy_beyond(picture: &Picture, rect: Rect, border: Border, crop: &mut Vec<u8>) {
    crop.clear();
    let row = picture.width() as usize * 3;
    let clamp = |place: i64, length: u32| usize::try_from(place.clamp(0, i64::from(length) - 1)).unwrap_or(0);
    for y in rect.y..rect.y + i64::from(rect.height) {
        let line = picture.rgb().get(clamp(y, picture.height()) * row..).unwrap_or_default();
        let outside_row = y < 0 || y >= i64::from(picture.height());
        for x in rect.x..rect.x + i64::from(rect.width) {
            let outside = outside_row || x < 0 || x >= i64::from(picture.width());
            let at = clamp(x, picture.width()) * 3;
            match line.get(at..at + 3) {
                Some(pixel) if !(outside && border == Border::Black) => crop.extend_from_slice(pixel),
                _ => crop.extend_from_slice(&[0; 3]),
            }
        }
    }
}

/// Pillow's `convert("L")`: ITU-R 601-2 luma with 16-bit weights that sum to one.
pub(super) fn luma(rgb: &[u8], stride: usize, width: usize, height: usize, gray: &mut Vec<u8>) {
    gray.clear();
    for line in rgb.chunks(stride).take(height) {
        let (pixels, _) = line.as_chunks::<3>();
        gray.extend(pixels.iter().take(width).map(|&[red, green, blue]| {
            let sum = u32::from(red) * 19_595 + u32::from(green) * 38_470 + u32::from(blue) * 7_471 + 0x8000;
            u8::try_from(sum >> 16).unwrap_or(u8::MAX)
        }));
    }
}

/// Puts the resized pixels in their place on black.
fn paste(resized: &[u8], placed: Placed, to: (u32, u32), channels: usize, canvas: &mut Vec<u8>) {
    let row = to.0 as usize * channels;
    canvas.clear();
    canvas.resize(row * to.1 as usize, 0);
    let (left, width) = (placed.left as usize * channels, placed.width as usize * channels);
    let lines = canvas.chunks_exact_mut(row).skip(placed.top as usize);
    for (line, pixels) in lines.zip(resized.chunks_exact(width)) {
        if let Some(part) = line.get_mut(left..left + width) {
            part.copy_from_slice(pixels);
        }
    }
}

/// Writes levels into the tensor: the one place where colour order and layout meet.
fn write(pixels: &[u8], layout: Layout, channels: Channels, levels: &[[f32; 256]], tensor: &mut [f32]) {
    match (channels, levels) {
        (Channels::Gray, [gray]) => {
            for (number, &pixel) in tensor.iter_mut().zip(pixels) {
                *number = gray[usize::from(pixel)];
            }
        }
        (_, [first, second, third]) => {
            let (pixels, _) = pixels.as_chunks::<3>();
            let order = |&[red, green, blue]: &[u8; 3]| {
                if channels == Channels::Bgr { [blue, green, red] } else { [red, green, blue] }
            };
            match layout {
                Layout::Nhwc => {
                    let (numbers, _) = tensor.as_chunks_mut::<3>();
                    for (number, pixel) in numbers.iter_mut().zip(pixels) {
                        let [a, b, c] = order(pixel).map(usize::from);
                        *number = [first[a], second[b], third[c]];
                    }
                }
                Layout::Nchw => {
                    for (channel, plane) in tensor.chunks_exact_mut(pixels.len().max(1)).enumerate() {
                        let from = if channels == Channels::Bgr { 2 - channel } else { channel };
                        let levels = [first, second, third][channel];
                        for (number, pixel) in plane.iter_mut().zip(pixels) {
                            *number = levels[usize::from(pixel[from])];
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::{Filter, RecipeFields};
    use super::*;

    #[test]
    fn rows_taken_from_a_file_give_the_numbers_of_the_whole_picture() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jpegs");
        let files: Vec<Vec<u8>> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jpg"))
            .map(|path| fs::read(path).unwrap())
            .collect();
        let faces = [None, FaceBox::new(3.0, 2.0, 13.0, 17.0).ok(), FaceBox::new(-4.0, 1.0, 9.0, 60.0).ok()];
        let (mut by_rows, mut refused) = (0, 0);
        for (fit, filter, size, channels) in [
            (Fit::Stretch, Filter::BilinearAntialias, (24, 20), Channels::Rgb),
            (Fit::Pad, Filter::Lanczos3, (9, 31), Channels::Bgr),
            (Fit::Crop, Filter::Bicubic, (40, 12), Channels::Rgb),
            (Fit::Crop, Filter::Bilinear, (16, 16), Channels::Rgb),
            (Fit::Stretch, Filter::BilinearAntialias, (12, 12), Channels::Gray),
        ] {
            let recipe = Recipe::new(RecipeFields { fit, ..RecipeFields::new(size, Layout::Nhwc, channels, filter) });
            let [mut one, mut other] = [(); 2].map(|()| Preparer::new(recipe.clone().unwrap()));
            let mut tensors = [(); 2].map(|()| vec![0.0; one.recipe().numbers()]);
            for (bytes, face) in files.iter().flat_map(|bytes| faces.map(|face| (bytes, face))) {
                let [whole, rows] = &mut tensors;
                let wanted = decode(bytes, Decoder::Own, PIXEL_LIMIT);
                let wanted = wanted.and_then(|picture| one.prepare(&picture, face, whole));
                let found = other.prepare_file(bytes, Decoder::Own, PIXEL_LIMIT, face, rows);
                assert_eq!(found, wanted, "{filter} {fit} {face:?}");
                refused += usize::from(found.is_err());
                assert!(found.is_err() || whole == rows, "{filter} {fit} {face:?}");
                let file = jpeg::Opened::new(bytes, PIXEL_LIMIT);
                by_rows += file.map_or(0, |file| usize::from(other.rows_of(file, face) == Ok(true)));
            }
        }
        assert!(by_rows > 150 && refused > 10, "{by_rows} {refused}");
    }

    #[test]
    fn a_file_cut_short_is_refused_as_the_whole_picture_is() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jpegs");
        let mut files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
        let bytes =
            files.find(|bytes| jpeg::Opened::new(bytes, PIXEL_LIMIT).is_ok_and(|file| file.has_rows())).unwrap();
        let fields = RecipeFields::new((8, 8), Layout::Nchw, Channels::Rgb, Filter::BilinearAntialias);
        let mut preparer = Preparer::new(Recipe::new(fields).unwrap());
        let mut tensor = vec![0.0; preparer.recipe().numbers()];
        for length in (0..bytes.len()).step_by(7) {
            let cut = &bytes[..length];
            let error = preparer.prepare_file(cut, Decoder::Own, PIXEL_LIMIT, None, &mut tensor).unwrap_err();
            assert_eq!(Err(error), decode(cut, Decoder::Own, PIXEL_LIMIT).map(drop), "{length}");
        }
        let error = preparer.prepare_file(&bytes, Decoder::Own, 3, None, &mut tensor);
        assert!(matches!(error, Err(PhotoError::TooManyPixels { limit: 3, .. })));
        assert!(matches!(
            preparer.prepare_file(&bytes, Decoder::Own, PIXEL_LIMIT, None, &mut [0.0]),
            Err(PhotoError::WrongLength { found: 1, .. })
        ));
    }
}
