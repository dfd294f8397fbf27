//! From a picture to a tensor by a recipe: crop, gray, resize, place, scale.

use super::crop::{Placed, Rect, place};
use super::resize::{Scratch, Source, resize};
use super::{Border, Channels, FaceBox, Fit, Layout, PhotoError, Picture, Recipe};

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
    /// [`PhotoError::BoxOutside`] for a box that holds no pixel of the picture, [`PhotoError::WrongLength`] for a
    /// tensor of another length.
    pub fn prepare(&mut self, picture: &Picture, face: Option<FaceBox>, tensor: &mut [f32]) -> Result<(), PhotoError> {
        let expected = self.recipe.numbers();
        if tensor.len() != expected {
            return Err(PhotoError::WrongLength { found: tensor.len(), expected });
        }
        self.pixels(picture, face)?;
        let fields = self.recipe.fields();
        write(&self.canvas, fields.layout, fields.channels, &self.levels, tensor);
        Ok(())
    }

    /// The 8-bit pixels that the tensor is made from: the recipe's size, red, green, blue (or gray) interleaved.
    ///
    /// # Errors
    /// As [`Preparer::prepare`].
    pub fn pixels(&mut self, picture: &Picture, face: Option<FaceBox>) -> Result<&[u8], PhotoError> {
        let fields = self.recipe.fields();
        let (to, channels) = (fields.size, fields.channels.count());
        let mut rect = match face {
            None => Rect::whole(picture),
            Some(face) => Rect::of_face(face, fields.margin, picture.width(), picture.height())
                .ok_or_else(|| box_outside(face, picture))?,
        };
        if fields.fit == Fit::Crop {
            rect = rect.centred(to.0, to.1);
        }
        let source = source(picture, rect, fields.border, fields.channels, &mut self.crop)
            .ok_or_else(|| PhotoError::broken("picture", "pixels are missing"))?;
        let placed = place(fields.fit, (rect.width, rect.height), to);
        let size = (placed.width as usize, placed.height as usize);
        let whole = size == (to.0 as usize, to.1 as usize);
        let target = if whole { &mut self.canvas } else { &mut self.resized };
        target.resize(size.0 * size.1 * channels, 0);
        resize(fields.filter, channels, source, size, &mut self.scratch, target);
        if !whole {
            paste(&self.resized, placed, to, channels, &mut self.canvas);
        }
        Ok(&self.canvas)
    }

    /// Where in `picture`, the whole of which was prepared, a box of the tensor lies: `ends` are shares of its sides, the
    /// answer is in pixels.
    #[must_use]
    pub fn of_whole(&self, picture: &Picture, ends: [f64; 4]) -> [f64; 4] {
        let fields = self.recipe.fields();
        let to = fields.size;
        let whole = Rect::whole(picture);
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

fn box_outside(face: FaceBox, picture: &Picture) -> PhotoError {
    let [x0, y0, x1, y1] = face.ends();
    PhotoError::BoxOutside { x0, y0, x1, y1, width: picture.width(), height: picture.height() }
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
fn luma(rgb: &[u8], stride: usize, width: usize, height: usize, gray: &mut Vec<u8>) {
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
