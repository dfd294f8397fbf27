use proptest::prelude::*;

use super::*;

/// A variable-length number.
fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field that holds bytes.
fn of(field: u32, bytes: &[u8]) -> Vec<u8> {
    [number(u64::from(field << 3 | 2)), number(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A field that holds a number.
fn with(field: u32, value: u64) -> Vec<u8> {
    [number(u64::from(field << 3)), number(value)].concat()
}

/// A tensor of 16 floats named `w` that lie in `file`.
fn outside(file: &str) -> Vec<u8> {
    let entry = |key: &str, value: &str| of(13, &[of(1, key.as_bytes()), of(2, value.as_bytes())].concat());
    [with(1, 16), with(2, 1), of(8, b"w"), entry("location", file), entry("length", "64"), with(14, 1)].concat()
}

/// A tensor of one float that is there.
fn inside() -> Vec<u8> {
    [with(1, 1), with(2, 1), of(8, b"there"), of(9, &42_f32.to_le_bytes()), with(14, 0)].concat()
}

/// `tensor` below the fields of `path`, the outermost first; before it what else may stand there.
fn below(path: &[u32], tensor: Vec<u8>) -> Vec<u8> {
    path.iter().rev().fold(tensor, |inner, field| [with(99, 7), of(77, b"text"), of(*field, &inner)].concat())
}

fn said(bytes: &[u8]) -> Option<EngineError> {
    Whole::of(bytes).err()
}

/// Each way from a model to a tensor, without a graph in a graph.
const PLACES: &[&[u32]] = &[
    &[7, 5],
    &[7, 15, 1],
    &[7, 15, 2],
    &[7, 1, 5, 5],
    &[7, 1, 5, 10],
    &[7, 1, 5, 22, 1],
    &[7, 1, 5, 22, 2],
    &[7, 1, 5, 23, 1],
    &[7, 1, 5, 23, 2],
    &[7, 1, 5, 6, 5],
    &[7, 1, 5, 11, 5],
    &[7, 1, 5, 11, 15, 2],
    &[25, 7, 5, 5],
    &[25, 11, 5],
    &[25, 11, 6, 5],
    &[20, 1, 5],
    &[20, 2, 5],
    &[20, 2, 1, 5, 5],
];

#[test]
fn a_tensor_that_names_another_file_is_found_wherever_a_tensor_can_stand() {
    for path in PLACES {
        assert_eq!(said(&below(path, inside())), None, "{path:?}");
        let Some(EngineError::Elsewhere { tensor, file }) = said(&below(path, outside("secret.bin"))) else {
            panic!("{path:?} is not seen")
        };
        assert!(tensor.starts_with("`w` at ") && file == "`secret.bin`", "{tensor} {file}");
        assert_eq!(tensor.matches('[').count(), path.len().min(STEPS), "{tensor}");
        // Either sign alone, and both in one message that is written twice and merged.
        for sign in [with(14, 1), with(14, 2), with(14, 1 << 32 | 1), of(13, b"")] {
            let found = said(&below(path, sign));
            assert!(matches!(&found, Some(EngineError::Elsewhere { file, .. }) if file == "not named"), "{found:?}");
        }
        // What comes last is not all that counts.
        let twice = [below(path, outside("a")), below(path, inside())].concat();
        assert!(matches!(said(&twice), Some(EngineError::Elsewhere { .. })), "{path:?}");
        let taken_back = below(path, [outside("a"), with(14, 0)].concat());
        assert!(matches!(said(&taken_back), Some(EngineError::Elsewhere { .. })), "{path:?}");
    }
}

#[test]
fn the_message_names_the_tensor_and_a_short_and_plain_beginning_of_the_file() {
    let graph = [of(1, &of(4, b"Max")), of(5, &inside()), of(5, &outside("secret.bin"))].concat();
    let error = said(&of(7, &graph)).unwrap();
    let expected = "the tensor `w` at graph[0].initializer[1] is kept in another file (`secret.bin`): a model must hold all of its weights";
    assert_eq!(error.to_string(), expected);
    assert!(error.help().unwrap().contains("in one file"));
    let long = format!("{}\u{1b}[31m\n{}", "x".repeat(10), "y".repeat(1 << 20));
    let text = said(&below(&[7, 5], outside(&long))).unwrap().to_string();
    assert!(text.len() < 300 && !text.chars().any(char::is_control), "{text}");
}

#[test]
fn graphs_in_graphs_are_followed_further_than_any_engine_reads_and_then_refused() {
    let deep = |graphs: usize| {
        let mut path = vec![7];
        path.extend([1, 5, 6].repeat(graphs));
        path.push(5);
        said(&below(&path, outside("a")))
    };
    for graphs in [0, 1, 33, 66] {
        let found = deep(graphs);
        assert!(matches!(&found, Some(EngineError::Elsewhere { .. })), "{graphs} {found:?}");
    }
    assert!(matches!(deep(1), Some(EngineError::Elsewhere { tensor, .. }) if !tensor.contains('…')));
    assert!(matches!(deep(33), Some(EngineError::Elsewhere { tensor, .. }) if tensor.starts_with("`w` at ….")));
    for graphs in [67, 1000] {
        assert!(matches!(deep(graphs), Some(EngineError::NotOnnx(_))), "{graphs}");
    }
}

#[test]
fn what_readers_of_protobuf_would_read_differently_is_refused_and_hides_nothing() {
    let hidden = below(&[7, 5], outside("a"));
    let before = |bytes: &[u8]| said(&[bytes, &hidden[..]].concat());
    // A field 0, the end of no group, kinds that there are not, numbers that do not end.
    for bytes in [&[0_u8][..], &[2, 0], &[0x0c], &[0x0e], &[0x0f], &[0xff; 12], &[0x08, 0xff, 0xff]] {
        let found = before(bytes);
        assert!(found.is_some(), "{bytes:?}");
    }
    // A group is gone through, with whatever stands in it, and what comes behind it is seen.
    let group = |inner: &[u8]| [&[0x3b_u8][..], inner, &[0x3c]].concat();
    let nested = group(&[group(&with(1, 3)), of(2, &[0x3c; 3]), vec![0x0d, 1, 2, 3, 4], vec![0x09; 9]].concat());
    assert!(matches!(before(&nested), Some(EngineError::Elsewhere { .. })));
    assert_eq!(said(&nested), None);
    assert!(matches!(before(&[0x3b, 0x44]), Some(EngineError::NotOnnx(_))), "another group's end");
    assert!(matches!(before(&[0x3b].repeat(10_000)), Some(EngineError::NotOnnx(_))));
    // A number for a message, and a message for a number, are unknown fields to all of them.
    assert!(matches!(before(&with(7, 3)), Some(EngineError::Elsewhere { .. })));
    assert_eq!(said(&below(&[7, 5], of(14, b"\x01"))), None);
    // Tags and lengths that are longer than they need be.
    let graph = of(5, &outside("a"));
    let padded = [&[0xba, 0x80, 0x00, 0x80 | graph.len() as u8, 0x80, 0x00][..], &graph].concat();
    assert!(graph.len() < 128 && matches!(said(&padded), Some(EngineError::Elsewhere { .. })));
}

#[test]
fn whatever_is_cut_off_is_refused_and_told_where() {
    let whole = below(&[7, 1, 5, 6, 5], inside());
    assert_eq!(said(&whole), None);
    // The outermost message begins behind two other fields.
    let begin = [with(99, 7), of(77, b"text")].concat().len();
    for length in (begin + 1)..whole.len() {
        let found = said(&whole[..length]);
        assert!(matches!(&found, Some(EngineError::NotOnnx(why)) if why.starts_with("byte ")), "{length} {found:?}");
    }
    let cut = [with(1, 8), vec![0x3a, 0x05, 0x2a]].concat();
    assert_eq!(said(&cut).unwrap().to_string(), "not an ONNX network: byte 2: the file ends in the midst of a field");
}

#[test]
fn onnx_runtimes_own_format_is_refused() {
    // A flatbuffer: the place of its root, then what it is. ORT reads it whatever else the bytes are.
    let bytes = [&[0x08, 0x08, 0x12, 0x20][..], b"ORTM", &[b' '; 28]].concat();
    assert!(said(&bytes).unwrap().to_string().contains("own format"));
    assert_eq!(said(&[&[0x08, 0x08, 0x12, 0x20][..], b"ORTX", &[b' '; 28]].concat()), None);
}

#[test]
fn networks_of_the_fixtures_are_whole() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/networks");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let files: Vec<_> = files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "onnx")).collect();
    assert!(files.len() > 5);
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        assert_eq!(Whole::of(&bytes).unwrap().bytes(), bytes, "{}", file.display());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Whole::of(&bytes);
        let _ = Whole::of(&of(7, &of(5, &bytes)));
    }

    #[test]
    fn bytes_that_are_changed_or_cut_do_not_either(
        path in proptest::sample::select(PLACES),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
        length in any::<proptest::sample::Index>(),
    ) {
        let mut bytes = below(path, outside("secret.bin"));
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(length.index(bytes.len()) + 1);
        let _ = Whole::of(&bytes);
    }

    /// Whatever fields that are whole stand before it, at any level: the tensor is seen.
    #[test]
    fn no_fields_before_it_hide_a_tensor(
        path in proptest::sample::select(PLACES),
        fields in proptest::collection::vec((1..200_u32, 0..4_u8, any::<u64>(), "[a-z]{0,9}"), 0..8),
    ) {
        let before: Vec<u8> = fields.iter().flat_map(|(field, kind, value, text)| match kind {
            0 => with(*field, *value),
            // Below 100: a field that is none of a message here, so that its text is not read as one.
            1 => of(100 + *field, text.as_bytes()),
            2 => [number(u64::from(*field << 3 | 1)), value.to_le_bytes().to_vec()].concat(),
            _ => [number(u64::from(*field << 3 | 3)), with(7, *value), number(u64::from(*field << 3 | 4))].concat(),
        }).collect();
        let bytes = path.iter().rev().fold(outside("a"), |inner, field| [before.clone(), of(*field, &inner)].concat());
        let is_seen = matches!(Whole::of(&bytes), Err(EngineError::Elsewhere { .. }));
        prop_assert!(is_seen);
    }
}
