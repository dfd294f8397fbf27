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

/// The convolution of a node that nothing but the next node reads, and that node.
fn convolution_and_next<'a>(
    model: &'a TypedModel,
    node: &'a TypedNode,
) -> TractResult<Option<(&'a Direct, &'a TypedNode)>> {
    let Some(direct) = node.op_as::<Direct>() else { return Ok(None) };
    let next = model.single_succ(node.id)?.filter(|_| !model.outputs.contains(&node.id.into()));
    Ok(next.filter(|_| matches!(direct.work, Work::Convolve(_) | Work::Join(_))).map(|next| (direct, next)))
}

type Fused = TractResult<Option<TypedModelPatch>>;

fn scaled(model: &TypedModel, node: &TypedNode) -> Fused {
    let Some((direct, next)) = convolution_and_next(model, node)? else { return Ok(None) };
    let (Work::Convolve(convolution), Some(TypedBinOp(kind, None))) = (&direct.work, next.op_as::<TypedBinOp>()) else {
        return Ok(None);
    };
    let Some(other) = next.inputs.iter().find(|input| input.node != node.id) else { return Ok(None) };
    let Some(numbers) = model.outlet_fact(*other)?.konst.clone() else { return Ok(None) };
    let Some(channels) = by_channel(&numbers, direct.shape.len(), convolution.outputs())? else { return Ok(None) };
    let scaled = match kind.name() {
        "Mul" => convolution.scaled(&channels, &vec![0.0; channels.len()]),
        "Add" => convolution.scaled(&vec![1.0; channels.len()], &channels),
        _ => None,
    };
    let (Some(scaled), true) = (scaled, direct.bounds == UNBOUNDED) else { return Ok(None) };
    let direct = Direct { work: Work::Convolve(Arc::new(scaled)), ..direct.clone() };
    TypedModelPatch::fuse_with_next(model, node, direct).map(Some)
}

/// A constant that has one number for each of `count` channels, or one for all, beside a tensor of `rank` axes of which the
/// last but two is the channels.
fn by_channel(numbers: &Tensor, rank: usize, count: usize) -> TractResult<Option<Vec<f32>>> {
    if numbers.datum_type() != DatumType::F32 || !numbers.is_plain_ram() || numbers.rank() > rank {
        return Ok(None);
    }
    let plain = numbers.try_as_plain_ram()?;
    let all = plain.as_slice::<f32>()?;
    let channels = numbers.rank().checked_sub(3).and_then(|axis| numbers.shape().get(axis));
    Ok(match all {
        [one] => Some(vec![*one; count]),
        _ if all.len() == count && channels == Some(&count) => Some(all.to_vec()),
        _ => None,
    })
}

fn joined(model: &TypedModel, node: &TypedNode) -> Fused {
    let Some((direct, next)) = convolution_and_next(model, node)? else { return Ok(None) };
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
    let Some((direct, next)) = convolution_and_next(model, node)? else { return Ok(None) };
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
    let Some((direct, next)) = convolution_and_next(model, node)? else { return Ok(None) };
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
