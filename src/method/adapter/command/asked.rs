//! What a program is asked about a sample: the content in the form that it wants, the face box and the columns.

use super::instance::Instance;
use super::message::Carrier;
use crate::method::{Media, MethodError, Sample};
use crate::outcome::Outcome;
use crate::photo::{Decoder, FaceBox};

/// What is put to a program.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The content and what it is; none for a record.
    pub content: Option<(&'a [u8], Media)>,
    /// Width and height, where the content is pixels: red, green, blue, row by row.
    pub size: Option<[u32; 2]>,
    /// Where the face is.
    pub face_box: Option<FaceBox>,
    /// The columns that the card names.
    pub columns: &'a [(&'a str, &'a str)],
}

impl<'a> Asked<'a> {
    /// What a program is asked about `sample`: its content, if any, as it lies in the dataset, and its columns.
    #[must_use]
    pub fn of(sample: &'a Sample<'_>) -> Self {
        let content = sample.bytes().zip(sample.media());
        Self { content, size: None, face_box: sample.face_box(), columns: sample.columns() }
    }
}

/// How a program that was started is given samples.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// How it wants content.
    pub carrier: Carrier,
    /// What decodes pictures for one that wants pixels.
    pub decoder: Decoder,
}

impl Manner {
    /// Puts `sample` to `instance`. One that cannot be read, or not be decoded for a program that wants pixels, has failed
    /// without being asked.
    ///
    /// # Errors
    /// As [`Instance::attempt`].
    pub fn put(self, instance: &Instance, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        if let (Err(reason), false) = (sample.file(), sample.is_record()) {
            return Ok(Outcome::failed(reason));
        }
        let Some(media) = sample.media().filter(|_| self.carrier == Carrier::Pixels) else {
            return instance.attempt(&Asked::of(sample));
        };
        let (columns, face_box) = (sample.columns().to_vec(), sample.face_box());
        let (picture, decoding) = match sample.picture(self.decoder) {
            Ok(decoded) => decoded,
            Err(reason) => return Ok(Outcome::failed(reason)),
        };
        let size = Some([picture.width(), picture.height()]);
        let outcome =
            instance.attempt(&Asked { content: Some((picture.rgb(), media)), size, face_box, columns: &columns })?;
        Ok(Outcome { prepare: Some(outcome.prepare.unwrap_or_default().saturating_add(decoding)), ..outcome })
    }
}
