//! What a file says before its pixels: size, components and how they are sampled, tables, orientation, colours.

use image::metadata::Orientation;

use super::Broken;
use super::huffman::Table;
use super::transform::PLACES;

/// What the components of a picture are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    Gray,
    Rgb,
    /// Luma and two chromas.
    Ycc,
    Cmyk,
    /// CMYK whose cyan, magenta and yellow are written as luma and two chromas.
    Ycck,
}

/// One component.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) name: u8,
    /// Blocks of a unit, across and down.
    pub(super) across: usize,
    pub(super) down: usize,
    /// Which of the file's four tables of steps.
    pub(super) steps: usize,
    /// Samples of a row, and rows, that belong to the picture.
    pub(super) size: (usize, usize),
    /// Blocks of a row, and rows of blocks, in whole units.
    pub(super) blocks: (usize, usize),
}

/// Size and components of the picture.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    /// The most blocks of a unit that a component has, across and down.
    pub(super) widest: usize,
    pub(super) tallest: usize,
    /// Units of a row, and rows of units.
    pub(super) columns: usize,
    pub(super) strips: usize,
    pub(super) components: Vec<Component>,
}

impl Frame {
    /// From the body of a frame header.
    pub(super) fn new(body: &[u8], progressive: bool) -> Result<Self, Broken> {
        const DAMAGED: Broken = Broken::Damaged("a frame header that makes no sense");
        let [bits, h1, h0, w1, w0, count, rest @ ..] = body else { return Err(DAMAGED) };
        if *bits != 8 {
            return Err(Broken::Damaged("12 bits a level are not read"));
        }
        let size = |high: &u8, low: &u8| usize::from(u16::from_be_bytes([*high, *low]));
        let (width, height) = (size(w1, w0), size(h1, h0));
        let (triples, []) = rest.as_chunks::<3>() else { return Err(DAMAGED) };
        if triples.len() != usize::from(*count) || ![1, 3, 4].contains(count) {
            return Err(Broken::Damaged("neither 1 nor 3 nor 4 components"));
        }
        let single = triples.len() == 1; // then a unit is a block, whatever the sampling
        let sampling = |packed: u8| if single { (1, 1) } else { (usize::from(packed >> 4), usize::from(packed & 15)) };
        let widest = triples.iter().map(|[_, packed, _]| sampling(*packed).0).max().unwrap_or(1);
        let tallest = triples.iter().map(|[_, packed, _]| sampling(*packed).1).max().unwrap_or(1);
        let mut components = Vec::new();
        let (columns, strips) = (width.div_ceil(8 * widest.max(1)), height.div_ceil(8 * tallest.max(1)));
        for &[name, packed, steps] in triples {
            let (across, down) = sampling(packed);
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) || steps > 3 {
                return Err(DAMAGED);
            }
            if widest % across != 0 || tallest % down != 0 {
                return Err(Broken::Damaged("chroma of a fraction of a pixel is not read"));
            }
            let size = ((width * across).div_ceil(widest), (height * down).div_ceil(tallest));
            let blocks = (columns * across, strips * down);
            components.push(Component { name, across, down, steps: steps.into(), size, blocks });
        }
        Ok(Self { progressive, width, height, widest, tallest, columns, strips, components })
    }

    /// What the components are, by libjpeg's rules.
    fn colours(&self, jfif: bool, adobe: Option<u8>) -> Colours {
        let names: Vec<u8> = self.components.iter().map(|component| component.name).collect();
        match (names.as_slice(), adobe) {
            ([_], _) => Colours::Gray,
            ([_, _, _], Some(0)) if !jfif => Colours::Rgb,
            ([b'R', b'G', b'B'], None) if !jfif => Colours::Rgb,
            ([_, _, _], _) => Colours::Ycc,
            (_, None | Some(0)) => Colours::Cmyk,
            _ => Colours::Ycck,
        }
    }
}

/// Components of a scan, and which part of their coefficients.
#[derive(Debug)]
pub(super) struct ScanHeader {
    /// Place in the frame, table of means, table of the others.
    pub(super) components: Vec<(usize, usize, usize)>,
    /// The first and last coefficient in zigzag order.
    pub(super) band: (usize, usize),
    /// The bit that was known before (0: none), and the one that is known after.
    pub(super) bits: (u32, u32),
}

/// What the segments before a scan told.
#[derive(Default)]
pub(super) struct Header {
    pub(super) frame: Option<Frame>,
    /// In zigzag order.
    pub(super) steps: [Option<[i16; 64]>; 4],
    pub(super) means: [Option<Box<Table>>; 4],
    pub(super) others: [Option<Box<Table>>; 4],
    /// Units between restarts; 0: none.
    pub(super) restart: usize,
    pub(super) orientation: Option<Orientation>,
    jfif: bool,
    adobe: Option<u8>,
}

impl Header {
    /// Takes in the segment of `marker`; those that say nothing about pixels are passed over.
    pub(super) fn take(&mut self, marker: u8, body: &[u8]) -> Result<(), Broken> {
        match marker {
            0xC0..=0xC2 if self.frame.is_some() => return Err(Broken::Damaged("two frames")),
            0xC0..=0xC2 => self.frame = Some(Frame::new(body, marker == 0xC2)?),
            0xC4 => self.take_codes(body)?,
            0xC3 | 0xC5..=0xC7 | 0xCB => return Err(Broken::Damaged("lossless and hierarchical JPEG are not read")),
            0xC9 | 0xCA | 0xCC..=0xCF => return Err(Broken::Damaged("arithmetic coding is not read")),
            0xDB => self.take_steps(body)?,
            0xDC => return Err(Broken::Damaged("a height that comes after the pixels is not read")),
            0xDD => {
                let [high, low] = body else { return Err(Broken::Damaged("a restart interval that makes no sense")) };
                self.restart = usize::from(u16::from_be_bytes([*high, *low]));
            }
            0xE0 => self.jfif |= body.starts_with(b"JFIF\0"),
            0xE1 if self.orientation.is_none() => {
                self.orientation = body.strip_prefix(b"Exif\0\0").and_then(Orientation::from_exif_chunk);
            }
            0xEE => {
                if let Some([_, _, _, _, _, _, transform, ..]) = body.strip_prefix(b"Adobe") {
                    self.adobe = Some(*transform);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_codes(&mut self, mut body: &[u8]) -> Result<(), Broken> {
        const DAMAGED: Broken = Broken::Damaged("a Huffman table that is cut off");
        while let [class, rest @ ..] = body {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(DAMAGED)?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total).ok_or(DAMAGED)?;
            let table = Some(Box::new(Table::new(counts, symbols)?));
            let kind = if class >> 4 == 0 { &mut self.means } else { &mut self.others };
            *kind.get_mut(usize::from(class & 15)).ok_or(DAMAGED)? = table;
            body = rest;
        }
        Ok(())
    }

    fn take_steps(&mut self, mut body: &[u8]) -> Result<(), Broken> {
        const DAMAGED: Broken = Broken::Damaged("a table of steps that is cut off");
        while let [class, rest @ ..] = body {
            let mut steps = [0; 64];
            if class >> 4 == 0 {
                let (bytes, rest) = rest.split_first_chunk::<64>().ok_or(DAMAGED)?;
                steps.iter_mut().zip(bytes).for_each(|(step, byte)| *step = i16::from(*byte));
                body = rest;
            } else {
                let (bytes, rest) = rest.split_first_chunk::<128>().ok_or(DAMAGED)?;
                let (pairs, _) = bytes.as_chunks::<2>();
                steps.iter_mut().zip(pairs).for_each(|(step, pair)| *step = i16::from_be_bytes(*pair));
                body = rest;
            }
            *self.steps.get_mut(usize::from(class & 15)).ok_or(DAMAGED)? = Some(steps);
        }
        Ok(())
    }

    /// The header of a scan of `frame`.
    pub(super) fn scan(&self, frame: &Frame, body: &[u8]) -> Result<ScanHeader, Broken> {
        const DAMAGED: Broken = Broken::Damaged("a scan header that makes no sense");
        let [count, rest @ ..] = body else { return Err(DAMAGED) };
        let (pairs, rest) = rest.split_at_checked(usize::from(*count) * 2).ok_or(DAMAGED)?;
        let [first, last, bits] = rest else { return Err(DAMAGED) };
        let mut components: Vec<(usize, usize, usize)> = Vec::new();
        for [name, tables] in pairs.as_chunks::<2>().0 {
            let place = frame.components.iter().position(|component| component.name == *name).ok_or(DAMAGED)?;
            if components.iter().any(|(other, ..)| *other == place) {
                return Err(DAMAGED);
            }
            components.push((place, usize::from(tables >> 4), usize::from(tables & 15)));
        }
        let (first, last) = (usize::from(*first), usize::from(*last));
        let (before, after) = (u32::from(bits >> 4), u32::from(bits & 15));
        let band = if frame.progressive { (first, last) } else { (0, 63) };
        let means_alone = band.0 == 0 && band.1 == 0;
        let sound = band.0 <= band.1
            && band.1 < 64
            && (!frame.progressive || means_alone || (band.0 > 0 && components.len() == 1))
            && (!frame.progressive || (after <= 13 && (before == 0 || before == after + 1)))
            && !components.is_empty();
        if !sound {
            return Err(DAMAGED);
        }
        Ok(ScanHeader { components, band, bits: (before, after) })
    }

    /// What the components of the frame are.
    pub(super) fn colours(&self, frame: &Frame) -> Colours {
        frame.colours(self.jfif, self.adobe)
    }

    /// The steps of a component.
    pub(super) fn steps_of(&self, component: &Component) -> Result<&[i16; 64], Broken> {
        let steps = self.steps.get(component.steps).and_then(Option::as_ref);
        steps.ok_or(Broken::Damaged("a table of steps is missing"))
    }
}

/// A table of the file, by its number.
pub(super) fn table(tables: &[Option<Box<Table>>; 4], number: usize) -> Result<&Table, Broken> {
    tables.get(number).and_then(Option::as_deref).ok_or(Broken::Damaged("a Huffman table is missing"))
}

/// `steps` in the order of [`PLACES`].
pub(super) fn placed(steps: &[i16; 64]) -> [i16; 64] {
    let mut placed = [0; 64];
    for (step, place) in steps.iter().zip(PLACES) {
        placed[usize::from(place)] = *step;
    }
    placed
}
