//! What a method is given with a sample, and what it gives back: counted from outside, for every adapter.

use std::io::BufWriter;

use super::FootprintError;
use crate::clock::Clock;
use crate::dataset::Dataset;
use crate::folder::{
    FolderError, FootprintWriter, Observed, Phase, Pseudonyms, RunFolder, Thing, create_private, names,
};
use crate::method::{Lent, Method, Sample, Traffic, lend};
use crate::outcome::Outcome;
use crate::photo::Decoder;
use crate::run::RunMethod;

/// Whether `method` is given the content of samples, and not their columns alone.
pub(super) fn is_given_content(method: &dyn Method) -> bool {
    method.is_given(Lent::Content)
}

/// Bytes, pixels and columns of `sample`, as far as they go to `method`.
pub(super) fn given(sample: &mut Sample<'_>, method: &dyn Method) -> Vec<Observed> {
    let measured = |thing, name: &str, value: f64| Observed::measured(Phase::Attempt, thing, name, value);
    let mut found = Vec::new();
    let content = sample.bytes().filter(|_| is_given_content(method)).map(<[u8]>::len).zip(sample.media());
    let Some((bytes, media)) = content else {
        found.extend(fields(sample, method));
        return found;
    };
    found.push(measured(Thing::InputBytes, media.media_type, bytes as f64));
    if media.media_type.starts_with("image/") {
        found.push(match sample.picture(Decoder::default()) {
            Ok((picture, _)) => {
                measured(Thing::InputPixels, "", f64::from(picture.width()) * f64::from(picture.height()))
            }
            Err(reason) => Observed::not_measurable(Phase::Attempt, Thing::InputPixels, reason),
        });
    }
    found.extend(fields(sample, method));
    found
}

/// The columns that are given with the sample, and the face box as one of them.
fn fields(sample: &Sample<'_>, method: &dyn Method) -> Vec<Observed> {
    let field = |name: &str, bytes: usize| Observed::measured(Phase::Attempt, Thing::FieldGiven, name, bytes as f64);
    let face_box = sample.face_box().filter(|_| method.is_given(Lent::FaceBox));
    let face_box = face_box.map(|_| field("box", 4 * size_of::<f64>()));
    let columns = sample.columns().iter().filter(|(name, _)| method.is_given(Lent::Column(name)));
    let columns = columns.map(|(name, cell)| field(name, cell.len()));
    face_box.into_iter().chain(columns).collect()
}

/// Bytes of the answer and the fields beyond it.
pub(super) fn returned(outcome: &Outcome) -> Vec<Observed> {
    let measured = |thing, name: &str, value: f64| Observed::measured(Phase::Attempt, thing, name, value);
    let bytes = outcome.bytes_out.map(|bytes| measured(Thing::OutputBytes, "", bytes as f64));
    let extra = outcome.extra.iter().map(|(name, value)| measured(Thing::ExtraField, name, value.len() as f64));
    bytes.into_iter().chain(extra).collect()
}

/// What went to a service and came from it between two looks at its traffic.
pub(super) fn exchanged(before: &Traffic, after: &Traffic) -> Vec<Observed> {
    let of = |thing, value: u64| Observed::measured(Phase::Attempt, thing, after.address.clone(), value as f64);
    vec![
        of(Thing::Host, after.requests.saturating_sub(before.requests)),
        of(Thing::BytesSent, after.sent.saturating_sub(before.sent)),
        of(Thing::BytesReceived, after.received.saturating_sub(before.received)),
        of(Thing::Redirect, after.redirects.saturating_sub(before.redirects)),
    ]
}

/// Writes into `folder`, the folder of a run of `methods` over `dataset`, what each of them is given with each sample: that is
/// known without a box.
///
/// # Errors
/// When a card names a column that cannot be lent, or the file cannot be written.
pub fn write_given(
    folder: &RunFolder,
    methods: &[RunMethod],
    dataset: &Dataset,
    keep_ids: bool,
    clock: &dyn Clock,
) -> Result<(), FootprintError> {
    let path = folder.file(names::FOOTPRINT);
    let failed = |source| FolderError::Write { path: path.clone(), source };
    let mut writer = FootprintWriter::new(BufWriter::new(create_private(&path)?)).map_err(failed)?;
    let pseudonyms = Pseudonyms::of(dataset, keep_ids);
    let columns = methods.iter().map(|it| lend::columns(&*it.method, dataset)).collect::<Result<Vec<_>, _>>()?;
    for place in 0..dataset.samples().len() {
        let Some(row) = dataset.samples().get(place) else { break };
        let (mut sample, _) = lend::sample(dataset, &row, clock);
        let id = pseudonyms.printed(row.sample_id).to_string();
        for (method, columns) in methods.iter().zip(&columns) {
            sample.lend(columns.iter().map(|column| (column.name(), column.cell(place))));
            for observed in given(&mut sample, &*method.method) {
                writer.write(&method.method.card().name, &observed.of_sample(&id)).map_err(failed)?;
            }
        }
    }
    Ok(writer.finish().map_err(failed)?)
}
