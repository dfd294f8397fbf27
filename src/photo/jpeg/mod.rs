//! JPEG, to the pixels of libjpeg-turbo and so of Pillow: sequential and progressive Huffman coding with 8 bits a level, 1, 3
//! or 4 components of any whole sampling.
//!
//! A decoder of our own, because other pure Rust ones are a few levels off and slower, and a level moves a model's answers.
//! The file tells [`frame`]; [`scan`] (or, for files of several scans, [`progressive`]) turns bits into coefficients with
//! [`bits`], [`huffman`] and [`block`]; [`transform`] makes samples of them, [`planes`] and [`colour`] make pixels of those.
//! [`reduced`] makes a quarter of the rows and columns, for looks.
//!
//! Headers are read leniently (stray bytes between segments are common), pixels strictly: what is truncated or
//! damaged is an error, never gray.

mod bits;
mod block;
pub(super) mod colour;
mod frame;
mod huffman;
mod planes;
mod progressive;
pub(super) mod reduced;
mod scan;
mod transform;

use image::metadata::Orientation;
use memchr::{memchr, memmem};

use self::bits::Stretches;
use self::frame::{Frame, Header, ScanHeader};
use self::planes::{Planes, Sink};
use self::progressive::Coefficients;
use super::decode::check_size;
use super::{PhotoError, Picture, spare};

const NAME: &str = "JPEG";

/// Scans of one file. A progressive JPEG has about ten; thousands over a large picture would take minutes.
const MOST_SCANS: usize = 500;

/// Why there are no pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Truncated,
    Damaged(&'static str),
    TooManyScans,
}

impl From<Broken> for PhotoError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Truncated => Self::broken(NAME, "truncated"),
            Broken::Damaged(reason) => Self::broken(NAME, reason),
            Broken::TooManyScans => Self::broken(NAME, &format!("more than {MOST_SCANS} scans")),
        }
    }
}

/// Refuses a file of more scans than [`MOST_SCANS`].
pub(super) fn check_scans(bytes: &[u8]) -> Result<(), PhotoError> {
    let marker = b"\xFF\xDA";
    if memmem::find_iter(bytes, marker).nth(MOST_SCANS).is_some() { Err(Broken::TooManyScans.into()) } else { Ok(()) }
}

/// Whether `bytes` begin as a JPEG does.
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xD8\xFF")
}

/// The picture as it is stored, with the orientation that its EXIF block asks for. CMYK and YCCK are taken as inverted,
/// Adobe's convention, as Pillow takes them.
pub(super) fn decode(bytes: &[u8], pixel_limit: u64) -> Result<(Picture, Orientation), PhotoError> {
    Opened::new(bytes, pixel_limit)?.picture()
}

/// A file whose headers were read, up to its first scan.
pub(super) struct Opened<'a> {
    file: File<'a>,
    header: Header,
    frame: Frame,
    scan: ScanHeader,
}

impl<'a> Opened<'a> {
    /// Opens the file; at most `pixel_limit` pixels.
    pub(super) fn new(bytes: &'a [u8], pixel_limit: u64) -> Result<Self, PhotoError> {
        let mut file = File { bytes, place: 2 };
        let mut header = Header::default();
        let first = file.scan(&mut header)?.ok_or(Broken::Truncated)?;
        let frame = header.frame.take().ok_or(Broken::Damaged("a scan before the frame"))?;
        check_size(frame.width as u32, frame.height as u32, NAME, pixel_limit)?;
        check_scans(bytes)?;
        let scan = header.scan(&frame, first)?;
        Ok(Self { file, header, frame, scan })
    }

    /// Pixels in a row, and rows.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.frame.width as u32, self.frame.height as u32)
    }

    /// Whether [`Opened::rows`] gives the rows as they are read, upright ones from the top.
    pub(super) fn has_rows(&self) -> bool {
        is_one_scan(&self.frame, &self.scan)
            && matches!(self.header.orientation, None | Some(Orientation::NoTransforms))
    }

    /// Reads the pixels and hands them to `sink` row by row, those of a strip together, while they are in the cache.
    pub(super) fn rows(self, sink: Sink<'_>) -> Result<(), PhotoError> {
        let Self { file, mut header, frame, scan } = self;
        let mut planes = Planes::new(&frame, header.colours(&frame), Some(sink));
        pixels(file, &mut header, &frame, scan, &mut planes)?;
        spare::give(planes.into_rgb());
        Ok(())
    }

    /// The whole picture as it is stored, with the orientation that it asks for.
    pub(super) fn picture(self) -> Result<(Picture, Orientation), PhotoError> {
        let (width, height) = self.size();
        let Self { file, mut header, frame, scan } = self;
        let mut planes = Planes::new(&frame, header.colours(&frame), None);
        pixels(file, &mut header, &frame, scan, &mut planes)?;
        let picture = Picture::new(width, height, planes.into_rgb());
        let picture = picture.ok_or_else(|| PhotoError::broken(NAME, "pixels are missing"))?;
        Ok((picture, header.orientation.unwrap_or(Orientation::NoTransforms)))
    }
}

fn is_one_scan(frame: &Frame, scan: &ScanHeader) -> bool {
    !frame.progressive && scan.components.len() == frame.components.len()
}

/// Reads all scans, of which `scan` is the first.
fn pixels(
    file: File<'_>,
    header: &mut Header,
    frame: &Frame,
    scan: ScanHeader,
    planes: &mut Planes<'_>,
) -> Result<(), Broken> {
    if is_one_scan(frame, &scan) {
        let mut stretches = Stretches::new(file.bytes, file.place);
        scan::read(&mut stretches, header, frame, &scan, planes)?;
        return end_of_picture(file.bytes, stretches.place());
    }
    coefficients(file, header, frame, scan)?.finish(frame, planes)
}

/// The marker that ends a picture stands somewhere behind its only scan.
fn end_of_picture(bytes: &[u8], place: usize) -> Result<(), Broken> {
    memmem::find(bytes.get(place..).unwrap_or_default(), b"\xFF\xD9").map(drop).ok_or(Broken::Truncated)
}

/// Reads all scans of a file of several, of which `scan` is the first.
fn coefficients(
    mut file: File<'_>,
    header: &mut Header,
    frame: &Frame,
    mut scan: ScanHeader,
) -> Result<Coefficients, Broken> {
    let mut coefficients = Coefficients::new(frame);
    loop {
        let mut stretches = Stretches::new(file.bytes, file.place);
        coefficients.read(&mut stretches, header, frame, &scan)?;
        file.place = stretches.place();
        let Some(next) = file.scan(header)? else { break };
        scan = header.scan(frame, next)?;
    }
    Ok(coefficients)
}

/// The bytes of a file, and the place of the next segment.
struct File<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl<'a> File<'a> {
    /// Takes in segments up to the next scan, whose header it gives; `None` at the end of the picture.
    fn scan(&mut self, header: &mut Header) -> Result<Option<&'a [u8]>, Broken> {
        loop {
            let marker = self.marker()?;
            match marker {
                0xD9 => return Ok(None),
                0x01 | 0xD0..=0xD8 => continue, // nothing follows these
                _ => {}
            }
            let rest = &self.bytes[self.place..];
            let length = rest.first_chunk::<2>().map(|length| usize::from(u16::from_be_bytes(*length)));
            let length = length.ok_or(Broken::Truncated)?;
            if length < 2 {
                return Err(Broken::Damaged("a segment of impossible length"));
            }
            let body = rest.get(2..length).ok_or(Broken::Truncated)?;
            self.place += length;
            if marker == 0xDA {
                return Ok(Some(body));
            }
            header.take(marker, body)?;
        }
    }

    /// The next marker, past whatever lies before it.
    fn marker(&mut self) -> Result<u8, Broken> {
        loop {
            let rest = self.bytes.get(self.place..).unwrap_or_default();
            self.place += memchr(0xFF, rest).ok_or(Broken::Truncated)? + 1;
            match self.bytes.get(self.place) {
                Some(0xFF) => {}
                Some(0) => self.place += 1,
                Some(marker) => {
                    self.place += 1;
                    return Ok(*marker);
                }
                None => return Err(Broken::Truncated),
            }
        }
    }
}
