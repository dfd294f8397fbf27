//! TIFF whose colours the `image` crate does not resolve: a palette, and luma with chroma (YCbCr).
//!
//! The samples themselves it reads. So the file is shown to it with another colour interpretation in its directory, gray
//! or RGB, and the colours are made of what it gives here, as Pillow makes them.

use super::PhotoError;

const NAME: &str = "TIFF";

/// How samples become colours.
pub(super) enum Colours {
    /// One byte a pixel is a place in a palette.
    Palette(Box<[[u8; 3]; 256]>),
    /// Three bytes a pixel are luma and two chromas.
    Luma(Box<Chroma>),
}

/// What the two chromas add to the luma: for red (of Cr), green (of Cb, of Cr) and blue (of Cb).
pub(super) struct Chroma([[i32; 256]; 4]);

/// Bits behind the point in [`Chroma`].
const SCALE: u32 = 16;

impl Chroma {
    /// As Pillow converts what lies there without compression: tables of 6 bits behind the point, truncated. Found by
    /// comparing all 65,536 pairs.
    #[expect(clippy::cast_possible_truncation, reason = "at most 1.772 * 128 * 64")]
    fn of_pillow() -> Self {
        let table = |factor: f64| {
            let at = |level: usize| (factor * 64.0 * (level as f64 - 128.0) + 0.5).trunc() as i32;
            std::array::from_fn(|level| at(level) << (SCALE - 6))
        };
        Self([table(1.402), table(-0.34414), table(-0.71414), table(1.772)])
    }

    /// As libtiff converts what is compressed, for Pillow too: factors of 16 bits behind the point, rounded once.
    fn of_libtiff() -> Self {
        let table = |factor: i32, half: i32| std::array::from_fn(|level| factor * (level as i32 - 128) + half);
        let half = 1 << (SCALE - 1);
        // 1.402, 0.114 * 1.772 / 0.587, 0.299 * 1.402 / 0.587 and 1.772, times 65,536.
        Self([table(91_881, half), table(-22_553, half), table(-46_802, 0), table(116_130, half)])
    }

    fn rgb(&self, [luma, blue, red]: [u8; 3]) -> [u8; 3] {
        let Self([red_of_red, green_of_blue, green_of_red, blue_of_blue]) = self;
        let at = |table: &[i32; 256], level: u8| table.get(usize::from(level)).copied().unwrap_or(0);
        let added = [at(red_of_red, red), at(green_of_blue, blue) + at(green_of_red, red), at(blue_of_blue, blue)];
        added.map(|added| u8::try_from((i32::from(luma) + (added >> SCALE)).clamp(0, 255)).unwrap_or(0))
    }
}

impl Colours {
    /// Three bytes a pixel from what the decoder gave: one byte a pixel, three times the same, or three.
    pub(super) fn resolve(&self, rgb: &mut [u8]) {
        let (pixels, _) = rgb.as_chunks_mut::<3>();
        for pixel in pixels {
            *pixel = match self {
                Self::Palette(palette) => palette.get(usize::from(pixel[0])).copied().unwrap_or_default(),
                Self::Luma(chroma) => chroma.rgb(*pixel),
            };
        }
    }
}

/// The file as the decoder is to see it, and how to make colours of what it gives; `None` when it resolves them itself.
///
/// # Errors
/// [`PhotoError::Broken`] for a palette of another depth than 8 bits, and for chroma of fewer pixels than luma where it is
/// not JPEG that is inside.
pub(super) fn disguised(bytes: &[u8]) -> Result<Option<(Vec<u8>, Colours)>, PhotoError> {
    let broken = |reason: &str| PhotoError::broken(NAME, reason);
    let Some(directory) = Directory::first(bytes) else { return Ok(None) };
    let Some((photometric, kind)) = directory.number(tag::PHOTOMETRIC) else { return Ok(None) };
    let bits = directory.number(tag::BITS).map_or(1, |(_, bits)| bits);
    let compression = directory.number(tag::COMPRESSION).map_or(UNCOMPRESSED, |(_, compression)| compression);
    let (seen_as, colours) = match kind {
        3 if bits == 8 => {
            let map = directory.shorts(tag::COLOUR_MAP, 3 * 256).ok_or_else(|| broken("the palette is missing"))?;
            let mut palette = Box::new([[0; 3]; 256]);
            for (place, level) in map.iter().enumerate() {
                if let Some(colour) = palette.get_mut(place % 256)
                    && let Some(channel) = colour.get_mut(place / 256)
                {
                    *channel = level.to_be_bytes()[0];
                }
            }
            (1, Colours::Palette(palette))
        }
        3 => return Err(broken(&format!("a palette of {bits} bits is not read, only one of 8"))),
        6 if bits == 8 => {
            let whole = directory.shorts(tag::SUBSAMPLING, 2).is_some_and(|factors| factors == [1, 1]);
            if compression != JPEG_INSIDE && !whole {
                return Err(broken("chroma of fewer pixels than luma is read as JPEG only"));
            }
            let chroma = if compression == UNCOMPRESSED { Chroma::of_pillow() } else { Chroma::of_libtiff() };
            (2, Colours::Luma(Box::new(chroma)))
        }
        _ => return Ok(None),
    };
    let mut seen = bytes.to_vec();
    if let Some(place) = seen.get_mut(photometric..photometric + 2) {
        place.copy_from_slice(&directory.order.short(seen_as));
    }
    Ok(Some((seen, colours)))
}

const UNCOMPRESSED: u16 = 1;
const JPEG_INSIDE: u16 = 7;

mod tag {
    pub(super) const BITS: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const COLOUR_MAP: u16 = 320;
    pub(super) const SUBSAMPLING: u16 = 530;
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn short(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }
}

/// The first directory of a TIFF of 32-bit offsets.
struct Directory<'a> {
    bytes: &'a [u8],
    order: Order,
    /// Where its entries begin, and their number.
    entries: (usize, usize),
}

impl<'a> Directory<'a> {
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let order = match bytes.get(..4)? {
            b"II*\0" => Order::Little,
            b"MM\0*" => Order::Big,
            _ => return None,
        };
        let mut directory = Self { bytes, order, entries: (0, 0) };
        let start = directory.long_at(4)?;
        directory.entries = (start.checked_add(2)?, usize::from(directory.short_at(start)?));
        Some(directory)
    }

    fn short_at(&self, place: usize) -> Option<u16> {
        let bytes = self.bytes.get(place..)?.first_chunk::<2>()?;
        Some(match self.order {
            Order::Little => u16::from_le_bytes(*bytes),
            Order::Big => u16::from_be_bytes(*bytes),
        })
    }

    fn long_at(&self, place: usize) -> Option<usize> {
        let bytes = self.bytes.get(place..)?.first_chunk::<4>()?;
        let number = match self.order {
            Order::Little => u32::from_le_bytes(*bytes),
            Order::Big => u32::from_be_bytes(*bytes),
        };
        usize::try_from(number).ok()
    }

    /// Where the shorts of `tag` stand, and how many there are.
    fn entry(&self, tag: u16) -> Option<(usize, usize)> {
        /// The type of 16-bit numbers.
        const SHORT: u16 = 3;
        let (start, count) = self.entries;
        let place = (0..count).map(|entry| start + entry * 12).find(|place| self.short_at(*place) == Some(tag))?;
        let numbers = self.long_at(place + 4)?;
        let inline = numbers <= 2;
        let at = if inline { place + 8 } else { self.long_at(place + 8)? };
        (self.short_at(place + 2)? == SHORT).then_some((at, numbers))
    }

    /// The first number of `tag`, and where it stands.
    fn number(&self, tag: u16) -> Option<(usize, u16)> {
        let (at, _) = self.entry(tag)?;
        Some((at, self.short_at(at)?))
    }

    /// The numbers of `tag`, when there are `count`.
    fn shorts(&self, tag: u16, count: usize) -> Option<Vec<u16>> {
        let (at, numbers) = self.entry(tag)?;
        (numbers == count).then(|| (0..count).map(|number| self.short_at(at.checked_add(number * 2)?)).collect())?
    }
}
