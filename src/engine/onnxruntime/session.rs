//! One worker's session: a tensor in, tensors out.

use std::sync::Arc;

use half::f16;
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, Session};
use ort::value::{DynValue, Outlet, TensorElementType, TensorRef, ValueType};

use super::{Fitted, one_line};
use crate::engine::{Axis, EngineError, State, Tensor, TensorInfo};

/// The inputs or outputs of a session, as the file declares them.
pub(super) fn infos(outlets: &[Outlet]) -> Vec<TensorInfo> {
    let info = |outlet: &Outlet| TensorInfo { name: outlet.name().to_owned(), shape: axes(outlet.dtype()) };
    outlets.iter().map(info).collect()
}

fn axes(kind: &ValueType) -> Option<Vec<Axis>> {
    let ValueType::Tensor { shape, dimension_symbols, .. } = kind else { return None };
    let axis = |(length, name): (&i64, &String)| match usize::try_from(*length) {
        // Exporters write an unknown batch as -1 or 0 as well as by name.
        Ok(length) if length > 0 => Axis::Fixed(length),
        _ if name.is_empty() => Axis::Open("?".to_owned()),
        _ => Axis::Open(name.clone()),
    };
    Some(shape.iter().zip(dimension_symbols.iter()).map(axis).collect())
}

/// One worker's session.
pub(super) struct RuntimeState {
    session: Session,
    options: RunOptions<HasSelectedOutputs>,
    fitted: Arc<Fitted>,
    kind: TensorElementType,
    /// The sample in every row of a network's own batch; empty for a batch of one.
    rows: Vec<f32>,
}

impl RuntimeState {
    pub fn new(session: Session, fitted: Arc<Fitted>) -> ort::Result<Self> {
        let selector = fitted.wanted.iter().fold(OutputSelector::no_default(), |all, name| all.with(name));
        let options = RunOptions::new()?.with_outputs(selector);
        let kind = session.inputs().first().and_then(|input| input.dtype().tensor_type());
        Ok(Self { session, options, fitted, kind: kind.unwrap_or(TensorElementType::Float32), rows: Vec::new() })
    }

    fn answer(&mut self, input: &Tensor) -> ort::Result<Vec<Tensor>> {
        let Fitted { shape, batch, wanted, .. } = &*self.fitted;
        let given = if *batch == 1 {
            input.numbers()
        } else {
            self.rows.clear();
            (0..*batch).for_each(|_| self.rows.extend_from_slice(input.numbers()));
            &self.rows
        };
        let shape = shape.as_slice();
        let outputs = match self.kind {
            TensorElementType::Float64 => {
                let given: Vec<f64> = given.iter().copied().map(f64::from).collect();
                let value = TensorRef::from_array_view((shape, given.as_slice()))?;
                self.session.run_with_options(ort::inputs![value], &self.options)?
            }
            TensorElementType::Float16 => {
                let given: Vec<f16> = given.iter().copied().map(f16::from_f32).collect();
                let value = TensorRef::from_array_view((shape, given.as_slice()))?;
                self.session.run_with_options(ort::inputs![value], &self.options)?
            }
            TensorElementType::Uint8 => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as is meant")]
                let given: Vec<u8> = given.iter().map(|number| *number as u8).collect();
                let value = TensorRef::from_array_view((shape, given.as_slice()))?;
                self.session.run_with_options(ort::inputs![value], &self.options)?
            }
            _ => {
                let value = TensorRef::from_array_view((shape, given))?;
                self.session.run_with_options(ort::inputs![value], &self.options)?
            }
        };
        wanted.iter().filter_map(|name| outputs.get(name)).map(|value| first_row(value, *batch)).collect()
    }
}

impl State for RuntimeState {
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        if input.shape() != self.fitted.sample {
            let (found, expected) = (format!("{:?}", input.shape()), self.fitted.expected.clone());
            return Err(EngineError::Shape { found, expected });
        }
        self.answer(input).map_err(|error| EngineError::Run(one_line(&error.to_string())))
    }
}

/// Row 0 of an output, as `f32`.
fn first_row(value: &DynValue, batch: usize) -> ort::Result<Tensor> {
    let kind = value.dtype().tensor_type();
    let (shape, mut numbers): (Vec<i64>, Vec<f32>) = match kind {
        #[expect(clippy::cast_possible_truncation, reason = "tensors cross this line as f32")]
        Some(TensorElementType::Float64) => {
            let (shape, numbers) = value.try_extract_tensor::<f64>()?;
            (shape.to_vec(), numbers.iter().map(|number| *number as f32).collect())
        }
        Some(TensorElementType::Float16) => {
            let (shape, numbers) = value.try_extract_tensor::<f16>()?;
            (shape.to_vec(), numbers.iter().map(|number| number.to_f32()).collect())
        }
        Some(TensorElementType::Int64) => {
            let (shape, numbers) = value.try_extract_tensor::<i64>()?;
            (shape.to_vec(), numbers.iter().map(|number| *number as f32).collect())
        }
        Some(TensorElementType::Int32) => {
            let (shape, numbers) = value.try_extract_tensor::<i32>()?;
            (shape.to_vec(), numbers.iter().map(|number| *number as f32).collect())
        }
        _ => {
            let (shape, numbers) = value.try_extract_tensor::<f32>()?;
            (shape.to_vec(), numbers.to_vec())
        }
    };
    let mut shape: Vec<usize> = shape.iter().map(|length| usize::try_from(*length).unwrap_or_default()).collect();
    if let (true, Some(rows)) = (batch > 1, shape.first_mut())
        && *rows == batch
    {
        numbers.truncate(numbers.len() / batch);
        *rows = 1;
    }
    Ok(Tensor::new(&shape, numbers).unwrap_or_else(|| Tensor::zeros(&[0])))
}
