//! A model file, looked through before any engine gets it: what is not refused is handed on as it is.
#![no_main]

use agebench::engine::{EngineError, Whole};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match Whole::of(data) {
        Ok(whole) => assert_eq!(whole.bytes(), data),
        Err(error @ (EngineError::Elsewhere { .. } | EngineError::NotOnnx(_))) => assert!(error.to_string().len() < 1024),
        Err(error) => panic!("{error}"),
    }
});
