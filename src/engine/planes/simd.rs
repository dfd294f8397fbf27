//! Which vectors the kernels are compiled for: each kernel three times, for AVX-512, for AVX2 with fused multiply-add (or
//! what another processor has), and plainly. Chosen when a network is loaded; tests run every one that the processor can.

/// Vectors and the arithmetic that goes with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Simd {
    /// 32 registers of 16 floats.
    Wide,
    /// 8 floats or fewer, multiplied and added in one rounding.
    Fused,
    /// What every processor of the architecture has, multiplied and added in two roundings.
    Plain,
}

impl Simd {
    /// All that this processor can run, the fastest first.
    pub(in crate::engine) fn all() -> Vec<Self> {
        let mut all = vec![Self::Plain];
        if cfg!(target_arch = "aarch64") || fused() {
            all.insert(0, Self::Fused);
        }
        if wide() {
            all.insert(0, Self::Wide);
        }
        all
    }

    /// The fastest that this processor can run.
    pub(in crate::engine) fn fastest() -> Self {
        Self::all().first().copied().unwrap_or(Self::Plain)
    }
}

/// All features that `multiversion` asks for when AVX-512 is named: without one of them it runs the plain code, where each
/// fused multiply-add would be a call. Older processors slow down for AVX-512 and lack some.
#[cfg(target_arch = "x86_64")]
fn wide() -> bool {
    use std::is_x86_feature_detected as has;
    fused()
        && (has!("avx512f") && has!("avx512bw") && has!("avx512cd") && has!("avx512dq") && has!("avx512vl"))
        && (has!("avx512bitalg") && has!("avx512ifma") && has!("avx512vbmi") && has!("avx512vbmi2"))
        && (has!("avx512vnni") && has!("avx512vpopcntdq") && has!("gfni") && has!("vaes") && has!("vpclmulqdq"))
}

#[cfg(target_arch = "x86_64")]
fn fused() -> bool {
    std::is_x86_feature_detected!("avx")
        && std::is_x86_feature_detected!("avx2")
        && std::is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn wide() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn fused() -> bool {
    false
}

/// A kernel in three versions, each compiled for its vectors. A version that the processor cannot run gives the same
/// sums, slowly.
macro_rules! versions {
    (
        $(#[$note:meta])*
        fn $name:ident($($argument:ident: $kind:ty),* $(,)?) {
            wide: $wide:expr,
            fused: $fused:expr,
            plain: $plain:expr,
        }
    ) => {
        $(#[$note])*
        pub(super) fn $name(simd: $crate::engine::planes::Simd, $($argument: $kind),*) {
            #[multiversion::multiversion(targets("x86_64+avx+avx2+avx512f+fma"))]
            fn wide($($argument: $kind),*) {
                $wide;
            }
            #[multiversion::multiversion(targets("x86_64+avx+avx2+fma"))]
            fn fused($($argument: $kind),*) {
                $fused;
            }
            fn plain($($argument: $kind),*) {
                $plain;
            }
            match simd {
                $crate::engine::planes::Simd::Wide => wide($($argument),*),
                $crate::engine::planes::Simd::Fused => fused($($argument),*),
                $crate::engine::planes::Simd::Plain => plain($($argument),*),
            }
        }
    };
}

pub(super) use versions;
