//! MATLAB files of level 5, compressed or not, which `import` reads.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| agebench::dataset::import::fuzz_matlab(data));
