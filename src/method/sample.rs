//! What a method is given of a sample: its content, where the face is, and the columns that its card names. No label, no
//! id, no name and no path of the dataset, because datasets carry the age in the file name.

use std::borrow::Cow;
use std::time::Duration;

use super::media::Media;
use crate::clock::Clock;
use crate::photo::{self, Decoder, FaceBox, Picture};

/// What a method that wants a file is told of a record.
pub const NO_FILE: &str = "the sample has no file";

/// What a sample consists of.
#[derive(Debug, Clone)]
pub enum Content<'a> {
    /// A file, as it lies in the dataset.
    File(Cow<'a, [u8]>),
    /// No file: a record, of which only columns are known.
    Record,
    /// A file that could not be read: why, without a path.
    Unreadable(String),
}

/// One sample as a method sees it. The picture is decoded once, and kept for the next method on the same worker that
/// asks for the same decoder, unless nobody else will ask.
pub struct Sample<'a> {
    content: Content<'a>,
    face_box: Option<FaceBox>,
    columns: Vec<(&'a str, &'a str)>,
    picture: Option<Decoded>,
    shared: bool,
    clock: &'a dyn Clock,
}

/// What came of decoding.
struct Decoded {
    by: Decoder,
    picture: Result<Picture, String>,
    time: Duration,
}

impl<'a> Sample<'a> {
    /// The sample with `content`, and the face's place where it is known; no columns.
    #[must_use]
    pub fn new(content: Content<'a>, face_box: Option<FaceBox>, clock: &'a dyn Clock) -> Self {
        Self { content, face_box, columns: Vec::new(), picture: None, shared: true, clock }
    }

    /// Says whether several methods may ask for the picture, as they may unless told.
    pub fn share(&mut self, shared: bool) {
        self.shared = shared;
    }

    /// The content of a file whose picture nobody else asks for, so that it need not be kept.
    #[must_use]
    pub fn unshared(&self) -> Option<&[u8]> {
        self.bytes().filter(|_| !self.shared && self.picture.is_none())
    }

    /// Puts another file, with the face at another place, in the place of its content.
    pub fn replace(&mut self, content: Vec<u8>, face_box: Option<FaceBox>) {
        (self.content, self.face_box, self.picture) = (Content::File(Cow::Owned(content)), face_box, None);
    }

    /// Lends these columns, name and cell, in place of those lent before: each method is lent its own.
    pub fn lend(&mut self, columns: impl IntoIterator<Item = (&'a str, &'a str)>) {
        self.columns.clear();
        self.columns.extend(columns);
    }

    /// The content as it lies in the dataset; `None` when there is none, or when it could not be read.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        self.file().ok()
    }

    /// The content as it lies in the dataset.
    ///
    /// # Errors
    /// The reason, one line without a path, when there is no file or it could not be read.
    pub fn file(&self) -> Result<&[u8], &str> {
        match &self.content {
            Content::File(bytes) => Ok(bytes),
            Content::Record => Err(NO_FILE),
            Content::Unreadable(reason) => Err(reason),
        }
    }

    /// Whether there is no file, only columns.
    #[must_use]
    pub fn is_record(&self) -> bool {
        matches!(self.content, Content::Record)
    }

    /// What the file is, told from its content; `None` without a file that could be read.
    #[must_use]
    pub fn media(&self) -> Option<Media> {
        self.bytes().map(Media::of)
    }

    /// Where the dataset says the face is, in pixels of the upright picture.
    #[must_use]
    pub fn face_box(&self) -> Option<FaceBox> {
        self.face_box
    }

    /// The columns that the method's card names, name and cell, in the order of the card. An empty cell is unknown.
    #[must_use]
    pub fn columns(&self) -> &[(&'a str, &'a str)] {
        &self.columns
    }

    /// The upright picture by `decoder`, and the time that decoding it took.
    ///
    /// # Errors
    /// The reason, one line without a path, when there is no picture.
    pub fn picture(&mut self, decoder: Decoder) -> Result<(&Picture, Duration), &str> {
        let (content, clock) = (&self.content, self.clock);
        let kept = self.picture.take_if(|kept| kept.by == decoder);
        let decoded = self.picture.insert(kept.unwrap_or_else(|| {
            let begun = clock.monotonic();
            let picture = match content {
                Content::File(bytes) => {
                    photo::decode(bytes, decoder, photo::PIXEL_LIMIT).map_err(|error| error.to_string())
                }
                Content::Record => Err(NO_FILE.to_owned()),
                Content::Unreadable(reason) => Err(reason.clone()),
            };
            Decoded { by: decoder, picture, time: clock.monotonic().saturating_sub(begun) }
        }));
        match &decoded.picture {
            Ok(picture) => Ok((picture, decoded.time)),
            Err(reason) => Err(reason),
        }
    }
}
