//! Convolutions and poolings of the kernels in [`super::super::planes`], put into tract's graph in place of its own.

use std::sync::Arc;

use tract_onnx::prelude::{DatumType, DatumTypeExt, Tensor, TractResult, TypedFact, TypedModel, TypedNode};
use tract_onnx::tract_core::internal::{
    AxisOp, EvalContext, EvalOp, IntoTensor, LaneId, Op, OpState, StaticName, TValue, TVec, TypedModelPatch, TypedOp,
    as_op, bail, op_as_typed_op, op_out_of_plan, tvec,
};
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PoolSpec, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::nn::{DataFormat, Reduce, Reducer, Softmax, SoftmaxKind};

use crate::engine::planes::{
    Behind, Bounds, Convolution, Dense, Pooling, Sides, UNBOUNDED, Window, pool, softmax, turn,
};

/// What is computed for each sample.
#[derive(Debug, Clone)]
pub(super) enum Work {
    Convolve(Arc<Convolution>),
    /// A convolution, plus a second input of the output's shape.
    Join(Arc<Convolution>),
    /// A convolution held to bounds, then a depthwise one.
    Pair(Arc<Convolution>, Bounds, Arc<Convolution>),
    Pool(Arc<Window>, Pooling),
    Dense(Arc<Dense>),
    /// Rows of so many numbers made to columns.
    Turn(usize),
    /// The softmax of rows of so many numbers.
    Softmax(usize),
}

impl Work {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Convolve(a), Self::Convolve(b)) | (Self::Join(a), Self::Join(b)) => Arc::ptr_eq(a, b),
            (Self::Pair(a, within, c), Self::Pair(b, other, d)) => {
                Arc::ptr_eq(a, b) && within == other && Arc::ptr_eq(c, d)
            }
            (Self::Pool(a, one), Self::Pool(b, other)) => Arc::ptr_eq(a, b) && one == other,
            (Self::Dense(a), Self::Dense(b)) => Arc::ptr_eq(a, b),
            (Self::Turn(a), Self::Turn(b)) | (Self::Softmax(a), Self::Softmax(b)) => a == b,
            _ => false,
        }
    }
}

/// One convolution or pooling, its shapes fixed.
#[derive(Debug, Clone)]
pub(super) struct Direct {
    pub(super) work: Work,
    /// What a rectifier behind a convolution leaves.
    pub(super) bounds: Bounds,
    /// Samples in a batch.
    pub(super) batch: usize,
    pub(super) shape: TVec<usize>,
}

impl PartialEq for Direct {
    fn eq(&self, other: &Self) -> bool {
        self.work.is(&other.work) && self.bounds == other.bounds && self.shape == other.shape
    }
}

impl Eq for Direct {}

impl Direct {
    /// Computes into `tensor`, which has this operation's shape.
    fn compute(&self, inputs: &[TValue], mut tensor: Tensor) -> TractResult<TValue> {
        let (input, plus) = match (inputs, &self.work) {
            ([input, plus], Work::Join(_)) => (input, Some(plus.try_as_plain_ram()?.as_slice::<f32>()?)),
            (_, Work::Join(_)) => bail!("{} takes two inputs", self.name()),
            ([input], _) => (input, None),
            _ => bail!("{} does not take {} inputs", self.name(), inputs.len()),
        };
        let input = input.try_as_plain_ram()?.as_slice::<f32>()?;
        let mut view = tensor.try_as_plain_ram_mut()?;
        let output = view.as_slice_mut::<f32>()?;
        let (from, to) = (input.len() / self.batch, output.len() / self.batch);
        let samples = input.chunks_exact(from.max(1)).zip(output.chunks_exact_mut(to.max(1)));
        for (sample, (input, output)) in samples.enumerate() {
            let alone = Behind { plus: None, bounds: self.bounds, next: None };
            match &self.work {
                Work::Convolve(convolution) => convolution.run(input, alone, output),
                Work::Join(convolution) => {
                    let plus = plus.and_then(|plus| plus.get(sample * to..(sample + 1) * to));
                    convolution.run(input, Behind { plus, ..alone }, output);
                }
                Work::Pair(first, bounds, next) => {
                    let next = Some((&**next, self.bounds));
                    first.run(input, Behind { bounds: *bounds, next, plus: None }, output);
                }
                Work::Pool(window, pooling) => pool(window, *pooling, input, output),
                Work::Dense(dense) => dense.run(input, self.bounds, output),
                Work::Turn(columns) => turn(*columns, input, output),
                Work::Softmax(columns) => softmax(*columns, input, output),
            }
        }
        Ok(tensor.into())
    }
}

impl Op for Direct {
    fn name(&self) -> StaticName {
        match self.work {
            Work::Convolve(_) => "DirectConvolution".into(),
            Work::Join(_) => "DirectJoin".into(),
            Work::Pair(..) => "DirectPair".into(),
            Work::Pool(..) => "DirectPooling".into(),
            Work::Dense(_) => "DirectDense".into(),
            Work::Turn(_) => "DirectTurn".into(),
            Work::Softmax(_) => "DirectSoftmax".into(),
        }
    }

    op_as_typed_op!();
}

impl EvalOp for Direct {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        Ok(tvec!(self.compute(&inputs, Tensor::zero::<f32>(&self.shape)?)?))
    }

    fn state(&self, _: &EvalContext) -> TractResult<Option<Box<dyn OpState>>> {
        Ok(Some(Box::new(Kept(None))))
    }
}

impl TypedOp for Direct {
    fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(DatumType::F32.fact(&*self.shape)))
    }

    as_op!();
}

/// The output of the last run, to be written over in the next when nobody else holds it: fresh memory costs more than
/// many a convolution.
#[derive(Debug, Clone)]
struct Kept(Option<TValue>);

impl OpState for Kept {
    fn eval(&mut self, _: &EvalContext, op: &dyn Op, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let Some(direct) = op.downcast_ref::<Direct>() else { bail!("{} is no direct operation", op.name()) };
        let tensor = match self.0.take() {
            Some(value) if value.is_exclusive() => value.into_tensor(),
            _ => Tensor::zero::<f32>(&direct.shape)?,
        };
        let value = direct.compute(&inputs, tensor)?;
        self.0 = Some(value.clone());
        Ok(tvec!(value))
    }

    fn reset_lanes(&mut self, _: &[LaneId]) -> TractResult<()> {
        Ok(())
    }
}

/// Replaces every convolution and pooling that the kernels can do: f32, channels first, two sides, weights known.
pub(super) fn replace(model: &mut TypedModel) -> TractResult<()> {
    replace_each(model, direct)
}

/// Replaces, when tract has cleared away what cancels out, axes that are moved where numbers side by side come to lie apart
/// or the other way round, dense layers, and softmaxes along the last axis.
pub(super) fn replace_cleared(model: &mut TypedModel) -> TractResult<()> {
    replace_each(model, turned)?;
    replace_each(model, dense)?;
    replace_each(model, shares)
}

fn replace_each(model: &mut TypedModel, found: fn(&TypedModel, &TypedNode) -> TractResult<Found>) -> TractResult<()> {
    for place in 0..model.nodes().len() {
        let Some(node) = model.nodes().get(place) else { break };
        let Some((direct, input)) = found(model, node)? else { continue };
        TypedModelPatch::replace_single_op(model, node, &[input], direct)?.apply(model)?;
    }
    Ok(())
}

type Found = Option<(Direct, tract_onnx::prelude::OutletId)>;

fn direct(model: &TypedModel, node: &TypedNode) -> TractResult<Found> {
    let (Some(&input), [output]) = (node.inputs.first(), node.outputs.as_slice()) else { return Ok(None) };
    let fact = model.outlet_fact(input)?;
    let (Some(from), Some(to)) = (fact.shape.as_concrete(), output.fact.shape.as_concrete()) else { return Ok(None) };
    if fact.datum_type != DatumType::F32 || output.fact.datum_type != DatumType::F32 {
        return Ok(None);
    }
    let work = if let Some(conv) = node.op_as::<Conv>() {
        convolution(model, node, conv, from, to)?
    } else if let Some(max) = node.op_as::<MaxPool>() {
        window(&max.pool_spec, from, to).map(|(window, _)| Work::Pool(Arc::new(window), Pooling::Max))
    } else if let Some(sum) = node.op_as::<SumPool>() {
        pooling(sum, from, to)
    } else if let Some(reduce) = node.op_as::<Reduce>() {
        reduced(reduce, from, to)
    } else {
        None
    };
    let batch = if from.len() == 4 { from.first().copied().unwrap_or(1) } else { 1 };
    Ok(work.filter(|_| batch > 0).map(|work| (Direct { work, bounds: UNBOUNDED, batch, shape: to.into() }, input)))
}

fn convolution(
    model: &TypedModel,
    node: &TypedNode,
    conv: &Conv,
    from: &[usize],
    to: &[usize],
) -> TractResult<Option<Work>> {
    let constant = |place: usize| -> TractResult<Option<Arc<Tensor>>> {
        let Some(&outlet) = node.inputs.get(place) else { return Ok(None) };
        Ok(model.outlet_fact(outlet)?.konst.clone())
    };
    let (Some(weights), Some(bias)) = (constant(1)?, constant(2)?) else { return Ok(None) };
    let floats = |tensor: &Tensor| tensor.datum_type() == DatumType::F32 && tensor.is_plain_ram();
    if conv.q_params.is_some() || conv.kernel_fmt != KernelFormat::OIHW || !floats(&weights) || !floats(&bias) {
        return Ok(None);
    }
    let (weights, bias) = (weights.try_as_plain_ram()?, bias.try_as_plain_ram()?);
    let (weights, bias) = (weights.as_slice::<f32>()?, bias.as_slice::<f32>()?);
    // One number stands for every output.
    let bias = if let [all] = bias { vec![*all; conv.output_channels()] } else { bias.to_vec() };
    let window = window(&conv.pool_spec, from, to);
    let work =
        window.and_then(|(window, _)| Convolution::new(window, conv.group, conv.input_channels(), weights, &bias));
    Ok(work.map(|convolution| Work::Convolve(Arc::new(convolution))))
}

fn pooling(sum: &SumPool, from: &[usize], to: &[usize]) -> Option<Work> {
    let (window, inside) = window(&sum.pool_spec, from, to)?;
    match (sum.normalize, inside) {
        (false, _) => Some(Work::Pool(Arc::new(window), Pooling::Sum)),
        (true, true) => Some(Work::Pool(Arc::new(window), Pooling::Mean)),
        (true, false) => None, // which pixels count at the edge is tract's business
    }
}

/// The sum over both sides of a picture.
fn reduced(reduce: &Reduce, from: &[usize], to: &[usize]) -> Option<Work> {
    let ([_, _, rows, columns], [_, _, 1, 1]) = (from, to) else { return None };
    let (whole, one) = (Sides { rows: *rows, columns: *columns }, Sides { rows: 1, columns: 1 });
    let both = reduce.reducer == Reducer::Sum && *reduce.axes == [2, 3];
    let window = Window::new(whole, one, whole, one, one, Sides { rows: 0, columns: 0 })?;
    both.then(|| Work::Pool(Arc::new(window), Pooling::Sum))
}

fn turned(model: &TypedModel, node: &TypedNode) -> TractResult<Found> {
    let (Some(&AxisOp::Move(first, last)), &[input]) = (node.op_as::<AxisOp>(), node.inputs.as_slice()) else {
        return Ok(None);
    };
    let fact = model.outlet_fact(input)?;
    let (Some(from), [output]) = (fact.shape.as_concrete(), node.outputs.as_slice()) else { return Ok(None) };
    let (low, high) = (first.min(last), first.max(last));
    let (Some(to), true) = (output.fact.shape.as_concrete(), high + 1 == from.len()) else { return Ok(None) };
    // The last axis becomes an earlier one, or an earlier one the last.
    let columns: usize = if first > last { from[high] } else { from[low + 1..].iter().product() };
    let batch: usize = from[..low].iter().product();
    let whole = fact.datum_type == DatumType::F32 && columns > 0 && batch > 0;
    let direct = Direct { work: Work::Turn(columns), bounds: UNBOUNDED, batch, shape: to.into() };
    Ok(whole.then_some((direct, input)))
}

/// tract takes a call for each row, which is most of its time where rows are short: a detector has thousands of two.
fn shares(model: &TypedModel, node: &TypedNode) -> TractResult<Found> {
    let (Some(softmax), &[input]) = (node.op_as::<Softmax>(), node.inputs.as_slice()) else { return Ok(None) };
    let fact = model.outlet_fact(input)?;
    let Some(shape) = fact.shape.as_concrete() else { return Ok(None) };
    let last = shape.len().checked_sub(1).filter(|last| *softmax.axes == [*last]);
    let plain = fact.datum_type == DatumType::F32 && softmax.kind == SoftmaxKind::Softmax;
    let (Some(&columns), true) = (last.and_then(|last| shape.get(last)), plain) else { return Ok(None) };
    let direct = Direct { work: Work::Softmax(columns), bounds: UNBOUNDED, batch: 1, shape: shape.into() };
    Ok(Some((direct, input)))
}

/// A product with constant weights over all numbers of one sample.
fn dense(model: &TypedModel, node: &TypedNode) -> TractResult<Found> {
    let (Some(product), &[input, weights]) = (node.op_as::<EinSum>(), node.inputs.as_slice()) else { return Ok(None) };
    let (sample, constant) = (model.outlet_fact(input)?, model.outlet_fact(weights)?);
    let shapes = (sample.shape.as_concrete(), constant.konst.as_ref(), node.outputs.as_slice());
    let (Some(from), Some(weights), [output]) = shapes else { return Ok(None) };
    let Some(to) = output.fact.shape.as_concrete() else { return Ok(None) };
    let floats = [sample.datum_type, output.fact.datum_type, product.operating_dt];
    let plain = floats.iter().all(|kind| *kind == DatumType::F32) && product.q_params.is_none();
    if !plain || sample.konst.is_some() || weights.datum_type() != DatumType::F32 || !weights.is_plain_ram() {
        return Ok(None);
    }
    // How far apart, by output and by number of the sample, neighbours along each axis of the constant come to lie.
    let (inputs, outputs): (usize, usize) = (from.iter().product(), to.iter().product());
    let strides = |shape: &[usize], axis: usize| shape[axis + 1..].iter().product::<usize>();
    let mut apart = vec![0; weights.rank()];
    for axis in product.axes.iter_all_axes() {
        let place = |places: Option<&TVec<usize>>| match places.map(|places| places.as_slice()) {
            Some([]) | None => Ok(None),
            Some([one]) => Ok(Some(*one)),
            Some(_) => Err(()), // a diagonal
        };
        let places = (place(axis.inputs.first()), place(axis.inputs.get(1)), place(axis.outputs.first()));
        let (Ok(sample), Ok(weight), Ok(output)) = places else { return Ok(None) };
        let long = |at: Option<usize>, shape: &[usize]| at.filter(|at| shape[*at] > 1);
        match (long(sample, from), long(weight, weights.shape()), long(output, to)) {
            (None, None, None) => {}
            (Some(sample), Some(weight), None) => apart[weight] = strides(from, sample),
            (None, Some(weight), Some(output)) => apart[weight] = strides(to, output) * inputs,
            _ => return Ok(None),
        }
    }
    let plain = weights.try_as_plain_ram()?;
    let numbers = plain.as_slice::<f32>()?;
    if inputs == 0 || numbers.len() != inputs * outputs {
        return Ok(None);
    }
    let mut laid = vec![0.0; numbers.len()];
    for (mut number, weight) in numbers.iter().enumerate() {
        let mut place = 0;
        for (length, apart) in weights.shape().iter().zip(&apart).rev() {
            place += number % length * apart;
            number /= length;
        }
        laid[place] = *weight;
    }
    let dense = Dense::new(outputs, laid).map(|dense| Work::Dense(Arc::new(dense)));
    Ok(dense.map(|work| (Direct { work, bounds: UNBOUNDED, batch: 1, shape: to.into() }, input)))
}

/// The window of a channels-first, two-sided `spec`, and whether it stays inside the input.
fn window(spec: &PoolSpec, from: &[usize], to: &[usize]) -> Option<(Window, bool)> {
    let from = match (spec.data_format, from) {
        (DataFormat::NCHW, [_, _, rows, columns]) | (DataFormat::CHW, [_, rows, columns]) => [*rows, *columns],
        _ => return None,
    };
    let &[.., rows, columns] = to else { return None };
    let sides = |pair: &[usize]| match pair {
        [rows, columns] => Some(Sides { rows: *rows, columns: *columns }),
        _ => None,
    };
    let padding = spec.computed_padding(&from);
    let before: Vec<usize> = padding.iter().map(|side| side.pad_before).collect();
    let inside = padding.iter().all(|side| side.pad_before == 0 && side.pad_after == 0);
    let output = Sides { rows, columns };
    let (kernel, stride) = (sides(&spec.kernel_shape)?, sides(&spec.strides())?);
    let window = Window::new(sides(&from)?, output, kernel, stride, sides(&spec.dilations())?, sides(&before)?)?;
    Some((window, inside))
}
