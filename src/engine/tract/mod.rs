//! The embedded engine: tract. The only file that names it.
//!
//! A network is given its one fixed shape, optimised once, and shared; each worker spawns a state of the plan. What was
//! tried for speed stands in docs/performance.md.

mod direct;
mod fuse;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::pb::{GraphProto, ModelProto, TypeProto, ValueInfoProto, tensor_shape_proto, type_proto};
use tract_onnx::prelude::{
    Datum, DatumType, Framework, InferenceFact, InferenceModel, InferenceModelExt, IntoRunnable, IntoTensor, TValue,
    TractResult, TypedSimplePlan, TypedSimpleState, tvec,
};

use super::fit::{batch_of, list, places, sample_shape};
use super::{Axis, Declared, Engine, EngineError, Model, State, Tensor, TensorInfo, Whole};

type TractTensor = tract_onnx::prelude::Tensor;

/// The engine's name and version; a test holds it against Cargo.lock.
const NAME: &str = "tract 0.23.9";

/// The tract engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tract;

impl Engine for Tract {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn declared_whole(&self, onnx: Whole<'_>) -> Result<Declared, EngineError> {
        let proto = proto_of(&tract_onnx::onnx(), onnx.bytes())?;
        let graph = graph_of(&proto)?;
        Ok(Declared { inputs: inputs(graph), outputs: infos(&graph.output) })
    }

    fn load_whole(
        &self,
        onnx: Whole<'_>,
        input_shape: Option<&[usize]>,
        wanted: &[&str],
    ) -> Result<Box<dyn Model>, EngineError> {
        let bytes = onnx.bytes();
        let onnx = tract_onnx::onnx();
        let proto = proto_of(&onnx, bytes)?;
        let graph = graph_of(&proto)?;
        let (inputs, outputs) = (inputs(graph), infos(&graph.output));
        let ([input], false) = (inputs.as_slice(), outputs.is_empty()) else {
            return Err(EngineError::Arity(format!("{} inputs and {} outputs", inputs.len(), outputs.len())));
        };
        let wanted = places(&outputs, wanted)?;
        let sample = sample_shape(input, input_shape)?;
        let batch = batch_of(input, sample.len());
        let mut shape = sample.clone();
        if let Some(first) = shape.first_mut() {
            *first = batch;
        }
        let kind = input_kind(graph, &input.name);
        let plan = caught(|| plan(&onnx, &proto, kind, &shape, &wanted));
        let plan = plan.map_err(load_panicked)?.map_err(|error| load_error(&error))?;
        Ok(Box::new(TractModel { plan, inputs: inputs.clone(), outputs, sample, shape, batch, kind }))
    }
}

/// The bytes as the file's own messages.
fn proto_of(onnx: &tract_onnx::Onnx, mut bytes: &[u8]) -> Result<ModelProto, EngineError> {
    onnx.proto_model_for_read(&mut bytes).map_err(|error| EngineError::NotOnnx(line(&error)))
}

/// The graph of a file, which must hold something.
fn graph_of(proto: &ModelProto) -> Result<&GraphProto, EngineError> {
    let graph = proto.graph.as_ref().filter(|graph| !graph.node.is_empty());
    graph.ok_or_else(|| EngineError::NotOnnx("it holds no graph".to_owned()))
}

/// Parses, fixes the shape, keeps the wanted outputs, optimises.
fn plan(
    onnx: &tract_onnx::Onnx,
    proto: &ModelProto,
    kind: DatumType,
    shape: &[usize],
    wanted: &[usize],
) -> TractResult<Arc<TypedSimplePlan>> {
    let mut model: InferenceModel = onnx.model_for_proto_model(proto)?;
    let outlets: Vec<_> = {
        let all = model.output_outlets()?;
        wanted.iter().filter_map(|&place| all.get(place).copied()).collect()
    };
    model.select_output_outlets(&outlets)?;
    model.set_input_fact(0, InferenceFact::dt_shape(kind, shape))?;
    // Before tract turns 1 x 1 convolutions into matrix products, and again for what its clearing up brings out.
    let mut model = model.into_typed()?;
    model.prop_consts()?;
    direct::replace(&mut model)?;
    let mut model = model.into_decluttered()?;
    direct::replace(&mut model)?;
    direct::replace_cleared(&mut model)?;
    fuse::fuse(&mut model)?;
    model.into_optimized()?.into_runnable()
}

/// A loaded network: the plan and what is needed to check and shape its input.
#[derive(Debug)]
struct TractModel {
    plan: Arc<TypedSimplePlan>,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// Shape of one sample, batch of one.
    sample: Vec<usize>,
    /// Shape that the plan runs: as `sample`, with the network's own batch.
    shape: Vec<usize>,
    batch: usize,
    kind: DatumType,
}

impl Model for TractModel {
    fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    fn state(&self) -> Result<Box<dyn State>, EngineError> {
        let state = self.plan.spawn().map_err(|error| EngineError::Run(line(&error)))?;
        Ok(Box::new(TractState {
            state,
            expected: list(&self.inputs),
            sample: self.sample.clone(),
            shape: self.shape.clone(),
            batch: self.batch,
            kind: self.kind,
        }))
    }
}

/// One worker's state of the plan.
#[derive(Debug)]
struct TractState {
    state: TypedSimpleState,
    expected: String,
    sample: Vec<usize>,
    shape: Vec<usize>,
    batch: usize,
    kind: DatumType,
}

impl State for TractState {
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, EngineError> {
        if input.shape() != self.sample {
            return Err(EngineError::Shape { found: format!("{:?}", input.shape()), expected: self.expected.clone() });
        }
        // After an error the session is opened anew: nobody sees what a panic left of the state.
        let answered = caught(|| self.answer(input)).map_err(EngineError::Run)?;
        answered.map_err(|error| EngineError::Run(line(&error)))
    }
}

impl TractState {
    fn answer(&mut self, input: &Tensor) -> TractResult<Vec<Tensor>> {
        let given = if self.batch == 1 {
            TractTensor::from_shape(&self.shape, input.numbers())?
        } else {
            // A network of a fixed batch gets the sample in every row; only row 0 is read.
            TractTensor::from_shape(&self.shape, &input.numbers().repeat(self.batch))?
        };
        let given = if self.kind == f32::datum_type() { given } else { given.cast_to_dt(self.kind)?.into_owned() };
        let outputs = self.state.run(tvec!(TValue::from(given)))?;
        outputs.into_iter().map(|output| self.first_row(output)).collect()
    }

    fn first_row(&self, output: TValue) -> TractResult<Tensor> {
        let output = output.into_tensor();
        let output = output.cast_to::<f32>()?;
        let mut shape = output.shape().to_vec();
        let mut numbers = output.to_plain_array_view::<f32>()?.iter().copied().collect::<Vec<f32>>();
        if let (true, Some(rows)) = (self.batch > 1, shape.first_mut())
            && *rows == self.batch
        {
            numbers.truncate(numbers.len() / self.batch);
            *rows = 1;
        }
        Ok(Tensor::new(&shape, numbers).unwrap_or_else(|| Tensor::zeros(&[0])))
    }
}

/// The inputs that are no initializers: older files list weights among the inputs.
fn inputs(graph: &GraphProto) -> Vec<TensorInfo> {
    let own: Vec<ValueInfoProto> = graph
        .input
        .iter()
        .filter(|input| !graph.initializer.iter().any(|weights| weights.name == input.name))
        .cloned()
        .collect();
    infos(&own)
}

fn infos(values: &[ValueInfoProto]) -> Vec<TensorInfo> {
    let info = |value: &ValueInfoProto| TensorInfo { name: value.name.clone(), shape: axes(value.r#type.as_ref()) };
    values.iter().map(info).collect()
}

fn axes(kind: Option<&TypeProto>) -> Option<Vec<Axis>> {
    use tensor_shape_proto::dimension::Value;
    let Some(type_proto::Value::TensorType(tensor)) = kind?.value.as_ref() else { return None };
    let shape = tensor.shape.as_ref()?;
    let axis = |dimension: &tensor_shape_proto::Dimension| match &dimension.value {
        // Exporters write an unknown batch as -1 or 0 as well as by name.
        Some(Value::DimValue(length)) if *length > 0 => {
            usize::try_from(*length).map_or_else(|_| Axis::Open("?".to_owned()), Axis::Fixed)
        }
        Some(Value::DimParam(name)) if !name.is_empty() => Axis::Open(name.clone()),
        _ => Axis::Open("?".to_owned()),
    };
    Some(shape.dim.iter().map(axis).collect())
}

/// The type of the input's numbers; f32 where the file does not say.
fn input_kind(graph: &GraphProto, name: &str) -> DatumType {
    let kind = graph.input.iter().find(|input| input.name == name).and_then(|input| input.r#type.as_ref());
    match kind.and_then(|kind| kind.value.as_ref()) {
        // ONNX TensorProto.DataType: 2 uint8, 10 float16, 11 double; everything else is tried as float.
        Some(type_proto::Value::TensorType(tensor)) if tensor.elem_type == 2 => DatumType::U8,
        Some(type_proto::Value::TensorType(tensor)) if tensor.elem_type == 10 => DatumType::F16,
        Some(type_proto::Value::TensorType(tensor)) if tensor.elem_type == 11 => DatumType::F64,
        _ => DatumType::F32,
    }
}

/// What `work` gives; words where the engine panics, as it does over sizes that nothing can hold.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|thrown| {
        let said =
            thrown.downcast_ref::<String>().map(String::as_str).or_else(|| thrown.downcast_ref::<&str>().copied());
        let said = said.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        format!("the engine panicked: {}", said.chars().take(200).collect::<String>())
    })
}

fn load_panicked(reason: String) -> EngineError {
    EngineError::Load { engine: NAME.to_owned(), reason }
}

fn load_error(error: &tract_onnx::prelude::TractError) -> EngineError {
    let (engine, reason) = (NAME.to_owned(), line(error));
    match missing_operator(&reason) {
        Some(operator) => EngineError::Operator { engine, operator },
        None => EngineError::Load { engine, reason },
    }
}

/// tract calls an operator that it does not have `Unimplemented(NAME)`.
fn missing_operator(reason: &str) -> Option<String> {
    let (operator, _) = reason.split_once("Unimplemented(")?.1.split_once(')')?;
    Some(operator.to_owned())
}

/// The chain of causes in one line of at most 300 characters.
fn line(error: &tract_onnx::prelude::TractError) -> String {
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    let words: Vec<&str> = chain.iter().flat_map(|cause| cause.split_whitespace().chain([":"])).collect();
    let text = words.join(" ").replace(" :", ":");
    text.trim_end_matches(':').chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_holds_the_version_that_cargo_lock_holds() {
        let lock = include_str!("../../../Cargo.lock");
        let version = NAME.strip_prefix("tract ").unwrap();
        assert!(lock.contains(&format!("name = \"tract-onnx\"\nversion = \"{version}\"")), "{NAME}");
    }

    #[test]
    fn an_operator_that_tract_does_not_have_is_told_from_its_other_reasons() {
        let reason =
            "Translating node #1 \"d\" Unimplemented(Det) ToTypedTranslator: Operator can not be made a TypedOp.";
        assert_eq!(missing_operator(reason).as_deref(), Some("Det"));
        assert_eq!(missing_operator("Translating node #1 \"d\" Conv: no weights"), None);
    }

    #[test]
    fn bytes_that_are_no_network_are_refused_in_one_line() {
        for bytes in [&b""[..], b"hello, this is no ONNX file", &[0xff; 64]] {
            let error = Tract.load(bytes, None, &[]).err().unwrap();
            assert!(matches!(error, EngineError::NotOnnx(_)), "{error}");
            assert!(!error.to_string().contains('\n'));
        }
    }
}
