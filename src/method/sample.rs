//! What a method is given of a sample: its content, and where the face is. No label, no id, no name and no path of the
//! dataset, because datasets carry the age in the file name.

use std::borrow::Cow;
use std::time::Duration;

use crate::clock::Clock;
use crate::photo::{self, Decoder, FaceBox, Picture};

/// One sample as a method sees it. The picture is decoded once, and kept for the next method on the same worker that
/// asks for the same decoder.
pub struct Sample<'a> {
    content: Result<Cow<'a, [u8]>, String>,
    face_box: Option<FaceBox>,
    picture: Option<Decoded>,
    clock: &'a dyn Clock,
}

/// What came of decoding.
struct Decoded {
    by: Decoder,
    picture: Result<Picture, String>,
    time: Duration,
}

impl<'a> Sample<'a> {
    /// The sample with `content`, or with the reason why there is none, and the face's place where it is known.
    #[must_use]
    pub fn new(content: Result<Cow<'a, [u8]>, String>, face_box: Option<FaceBox>, clock: &'a dyn Clock) -> Self {
        Self { content, face_box, picture: None, clock }
    }

    /// The content as it lies in the dataset; `None` when it could not be read.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        self.content.as_deref().ok()
    }

    /// Where the dataset says the face is, in pixels of the upright picture.
    #[must_use]
    pub fn face_box(&self) -> Option<FaceBox> {
        self.face_box
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
                Ok(bytes) => photo::decode(bytes, decoder, photo::PIXEL_LIMIT).map_err(|error| error.to_string()),
                Err(reason) => Err(reason.clone()),
            };
            Decoded { by: decoder, picture, time: clock.monotonic().saturating_sub(begun) }
        }));
        match &decoded.picture {
            Ok(picture) => Ok((picture, decoded.time)),
            Err(reason) => Err(reason),
        }
    }
}
