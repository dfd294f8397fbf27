//! The machine that a run was made on, as run.json has it.

use serde::{Deserialize, Serialize};

/// The machine of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu_model: Option<String>,
    /// The processor's instruction sets, sorted.
    #[serde(default)]
    pub cpu_features: Vec<String>,
    /// Logical processors that may be used.
    pub cores: Option<u64>,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// The operating system and its version.
    pub os: Option<String>,
}

impl Machine {
    /// The machine from the texts of `/proc/cpuinfo` and `/proc/meminfo` (each may be empty), the processors that may
    /// be used, and the name of the operating system.
    #[must_use]
    pub fn from_texts(cpuinfo: &str, meminfo: &str, cores: Option<u64>, os: Option<String>) -> Self {
        let value = |text: &str, keys: &[&str]| {
            text.lines().filter_map(|line| line.split_once(':')).find_map(|(key, value)| {
                keys.contains(&key.trim()).then(|| value.trim().to_owned()).filter(|value| !value.is_empty())
            })
        };
        let features = value(cpuinfo, &["flags", "Features"]).unwrap_or_default();
        let mut cpu_features: Vec<String> = features.split_whitespace().map(str::to_owned).collect();
        cpu_features.sort_unstable();
        cpu_features.dedup();
        let memory = value(meminfo, &["MemTotal"]);
        let kibibytes =
            memory.and_then(|text| text.split_whitespace().next().and_then(|count| count.parse::<u64>().ok()));
        Self {
            cpu_model: value(cpuinfo, &["model name", "Processor", "cpu model", "CPU part"]),
            cpu_features,
            cores,
            memory_bytes: kibibytes.map(|count| count.saturating_mul(1024)),
            os,
        }
    }
}
