//! What stands behind our convolutions in the graph and is taken into them: batch normalisations, shortcuts that are added,
//! rectifiers, depthwise convolutions.

use std::sync::Arc;

use tract_onnx::prelude::{DatumType, Tensor, TractResult, TypedModel, TypedNode};
use tract_onnx::tract_core::internal::TypedModelPatch;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::math::Tanh;

use super::direct::{Direct, Work};
use crate::engine::planes::{Pooling, UNBOUNDED};

/// Takes into convolutions what stands behind them: first what multiplies each channel or is added to it (a batch
/// normalisation), then shortcuts that are added, then rectifiers (the larger or smaller
/// of a number and each output), then depthwise convolutions into the full ones before them.
pub(super) fn fuse(model: &mut TypedModel) -> TractResult<()> {
    while let Some(patch) = pooled_first(model)? {
        patch.apply(model)?;
        model.compact()?;
    }
    for fused in [scaled, joined, rectified, paired] {
        let mut place = 0;
        while let Some(node) = model.nodes().get(place) {
            match fused(model, node)? {
                // From the start again, for places move: a clip is two rectifiers.
                Some(patch) => {
                    patch.apply(model)?;
                    place = 0;
                    model.compact()?;
                }
                None => place += 1,
            }
        }
    }
    Ok(())
}

/// The sums of a node that nothing but the next node reads, and that node.
fn sums_and_next<'a>(model: &'a TypedModel, node: &'a TypedNode) -> TractResult<Option<(&'a Direct, &'a TypedNode)>> {
    let Some(direct) = node.op_as::<Direct>() else { return Ok(None) };
    let next = model.single_succ(node.id)?.filter(|_| !model.outputs.contains(&node.id.into()));
    let sums = matches!(direct.work, Work::Convolve(_) | Work::Join(_) | Work::Dense(_));
    Ok(next.filter(|_| sums).map(|next| (direct, next)))
}

type Fused = TractResult<Option<TypedModelPatch>>;

fn scaled(model: &TypedModel, node: &TypedNode) -> Fused {
    let Some((direct, next)) = sums_and_next(model, node)? else { return Ok(None) };
    let Some(TypedBinOp(kind, None)) = next.op_as::<TypedBinOp>() else { return Ok(None) };
    let Some(other) = next.inputs.iter().find(|input| input.node != node.id) else { return Ok(None) };
    let Some(numbers) = model.outlet_fact(*other)?.konst.clone() else { return Ok(None) };
    let numbers = match &direct.work {
        Work::Convolve(convolution) => by_channel(&numbers, direct.shape.len(), convolution.outputs())?,
        Work::Dense(dense) if numbers.shape() == &*direct.shape || numbers.len() == 1 => {
            by_output(&numbers, dense.outputs())?
        }
        _ => None,
    };
    let Some(numbers) = numbers.filter(|_| direct.bounds == UNBOUNDED) else { return Ok(None) };
    let (scale, shift) = match kind.name() {
        "Mul" => (numbers.clone(), vec![0.0; numbers.len()]),
        "Add" => (vec![1.0; numbers.len()], numbers),
        _ => return Ok(None),
    };
    let work = match &direct.work {
        Work::Convolve(convolution) => convolution.scaled(&scale, &shift).map(|new| Work::Convolve(Arc::new(new))),
        Work::Dense(dense) => dense.scaled(&scale, &shift).map(|new| Work::Dense(Arc::new(new))),
        _ => None,
    };
    let Some(work) = work else { return Ok(None) };
    // Numbers beside a shape of lower rank would raise it.
    if next.outputs.first().and_then(|output| output.fact.shape.as_concrete()) != Some(&*direct.shape) {
        return Ok(None);
    }
    TypedModelPatch::fuse_with_next(model, node, Direct { work, ..direct.clone() }).map(Some)
}

/// A constant that has one number for each of `count` outputs, or one for all.
fn by_output(numbers: &Tensor, count: usize) -> TractResult<Option<Vec<f32>>> {
    if numbers.datum_type() != DatumType::F32 || !numbers.is_plain_ram() {
        return Ok(None);
    }
    let plain = numbers.try_as_plain_ram()?;
    Ok(match plain.as_slice::<f32>()? {
        [one] => Some(vec![*one; count]),
        all => (all.len() == count).then(|| all.to_vec()),
    })
}

/// A constant that has one number for each of `count` channels, or one for all, beside a tensor of `rank` axes of which the
/// last but two is the channels.
fn by_channel(numbers: &Tensor, rank: usize, count: usize) -> TractResult<Option<Vec<f32>>> {
    let channels = numbers.rank().checked_sub(3).and_then(|axis| numbers.shape().get(axis));
    let fits = numbers.rank() <= rank && (numbers.len() == 1 || channels == Some(&count));
    if fits { by_output(numbers, count) } else { Ok(None) }
}

fn joined(model: &TypedModel, node: &TypedNode) -> Fused {
    let Some((direct, next)) = sums_and_next(model, node)? else { return Ok(None) };
    let (Work::Convolve(convolution), Some(TypedBinOp(kind, None))) = (&direct.work, next.op_as::<TypedBinOp>()) else {
        return Ok(None);
    };
    let others: Vec<_> = next.inputs.iter().filter(|input| input.node != node.id).collect();
    let (&[other], [input]) = (others.as_slice(), node.inputs.as_slice()) else { return Ok(None) };
    let fact = model.outlet_fact(*other)?;
    let fits = fact.datum_type == DatumType::F32 && fact.shape.as_concrete() == Some(&*direct.shape);
    if kind.name() != "Add" || direct.bounds != UNBOUNDED || !fits {
        return Ok(None);
    }
    let direct = Direct { work: Work::Join(Arc::clone(convolution)), ..direct.clone() };
    let mut patch = TypedModelPatch::default();
    let inputs = patch.taps(model, [input, other])?;
    let output = patch.wire_node(&node.name, direct, &inputs)?;
    patch.shunt_outside(model, next.id.into(), output[0])?;
    Ok(Some(patch))
}

fn rectified(model: &TypedModel, node: &TypedNode) -> Fused {
    let Some((direct, next)) = sums_and_next(model, node)? else { return Ok(None) };
    let Some(TypedBinOp(kind, None)) = next.op_as::<TypedBinOp>() else { return Ok(None) };
    let Some(other) = next.inputs.iter().find(|input| input.node != node.id) else { return Ok(None) };
    let Some(number) = model.outlet_fact(*other)?.konst.clone() else { return Ok(None) };
    if number.len() != 1 || number.datum_type() != DatumType::F32 {
        return Ok(None);
    }
    let number = number.cast_to_scalar::<f32>()?;
    let (low, high) = direct.bounds;
    let bounds = match kind.name() {
        "Max" => (low.max(number), high.max(number)),
        "Min" => (low.min(number), high.min(number)),
        _ => return Ok(None),
    };
    TypedModelPatch::fuse_with_next(model, node, Direct { bounds, ..direct.clone() }).map(Some)
}

fn paired(model: &TypedModel, node: &TypedNode) -> Fused {
    let Some((direct, next)) = sums_and_next(model, node)? else { return Ok(None) };
    let (Work::Convolve(first), Some(next)) = (&direct.work, next.op_as::<Direct>()) else { return Ok(None) };
    let Work::Convolve(second) = &next.work else { return Ok(None) };
    if first.is_depthwise() || !second.is_depthwise() {
        return Ok(None);
    }
    let work = Work::Pair(Arc::clone(first), direct.bounds, Arc::clone(second));
    TypedModelPatch::fuse_with_next(model, node, Direct { work, ..next.clone() }).map(Some)
}

/// Puts a hyperbolic tangent behind the pooling by the largest that follows it: it grows with its input, so the result is
/// the same and fewer tangents are computed.
fn pooled_first(model: &TypedModel) -> Fused {
    for node in model.nodes() {
        let grows = node.op_as::<ElementWiseOp>().is_some_and(|op| op.0.is::<Tanh>());
        let ([input], false) = (node.inputs.as_slice(), model.outputs.contains(&node.id.into())) else { continue };
        let Some(next) = model.single_succ(node.id)?.filter(|_| grows) else { continue };
        let Some(Direct { work: Work::Pool(_, Pooling::Max), .. }) = next.op_as::<Direct>() else { continue };
        let mut patch = TypedModelPatch::default();
        let input = patch.tap_model(model, *input)?;
        let pooled = patch.wire_node(&next.name, next.op.clone(), &[input])?;
        let output = patch.wire_node(&node.name, node.op.clone(), &pooled)?;
        patch.shunt_outside(model, next.id.into(), output[0])?;
        return Ok(Some(patch));
    }
    Ok(None)
}
