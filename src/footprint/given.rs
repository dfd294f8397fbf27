//! What a method is given with a sample, and what it gives back: counted from outside, for methods of every kind.

use crate::folder::{Observed, Phase, Thing};
use crate::method::Sample;
use crate::outcome::Outcome;
use crate::photo::Decoder;

/// Bytes, pixels and columns of `sample`, which lies before the method.
pub(super) fn given(sample: &mut Sample<'_>, decoder: Decoder) -> Vec<Observed> {
    let measured = |thing, name: &str, value: f64| Observed::measured(Phase::Attempt, thing, name, value);
    let mut found = Vec::new();
    let Some((bytes, media)) = sample.bytes().map(<[u8]>::len).zip(sample.media()) else {
        found.extend(fields(sample));
        return found;
    };
    found.push(measured(Thing::InputBytes, media.media_type, bytes as f64));
    if media.media_type.starts_with("image/") {
        found.push(match sample.picture(decoder) {
            Ok((picture, _)) => {
                measured(Thing::InputPixels, "", f64::from(picture.width()) * f64::from(picture.height()))
            }
            Err(reason) => Observed::not_measurable(Phase::Attempt, Thing::InputPixels, reason),
        });
    }
    found.extend(fields(sample));
    found
}

/// The columns that are lent with the sample, and the face box as one of them.
fn fields(sample: &Sample<'_>) -> Vec<Observed> {
    let field = |name: &str, bytes: usize| Observed::measured(Phase::Attempt, Thing::FieldGiven, name, bytes as f64);
    let face_box = sample.face_box().map(|_| field("box", 4 * size_of::<f64>()));
    let columns = sample.columns().iter().map(|(name, cell)| field(name, cell.len()));
    face_box.into_iter().chain(columns).collect()
}

/// Bytes of the answer and the fields beyond it.
pub(super) fn returned(outcome: &Outcome) -> Vec<Observed> {
    let measured = |thing, name: &str, value: f64| Observed::measured(Phase::Attempt, thing, name, value);
    let bytes = outcome.bytes_out.map(|bytes| measured(Thing::OutputBytes, "", bytes as f64));
    let extra = outcome.extra.iter().map(|(name, value)| measured(Thing::ExtraField, name, value.len() as f64));
    bytes.into_iter().chain(extra).collect()
}
