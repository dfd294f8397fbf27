//! One spare buffer a thread: a picture's bytes are handed on to the next picture, because fresh memory for a picture of
//! 12 megapixels costs a tenth of its decoding.

use std::cell::Cell;

/// The largest buffer that is kept, in bytes: 48 megapixels.
const LARGEST: usize = 144 << 20;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A buffer of `length` bytes of any content.
pub(super) fn take(length: usize) -> Vec<u8> {
    let mut bytes = SPARE.take();
    bytes.resize(length, 0);
    bytes
}

/// Keeps `bytes` for the next [`take`] when it is larger than what is kept.
pub(super) fn give(bytes: Vec<u8>) {
    // A thread that is ending has no place for it any more.
    let _ = SPARE.try_with(|spare| {
        let kept = spare.take();
        let larger = if bytes.capacity() > kept.capacity() && bytes.capacity() <= LARGEST { bytes } else { kept };
        spare.set(larger);
    });
}
