//! Tests by behaviour, one file each, in one binary: every further binary would link the engine again.
//! Without the engine (`--no-default-features`) the files whose tests run a model are left out: built in half a minute, for work on
//! everything behind the answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test stops at the first surprise")]

#[cfg(feature = "tract")]
mod bad_input;
mod bad_rows;
mod before_work;
mod browser;
#[cfg(feature = "tract")]
mod bundled;
mod changed_files;
mod check_absent;
mod check_datasets;
mod check_fix;
mod cluster;
mod command;
mod command_ended;
mod compare;
#[cfg(feature = "tract")]
mod conformance;
mod conformance_replies;
mod coverage;
mod datasets;
#[cfg(feature = "tract")]
mod decoders;
mod dependencies;
#[cfg(feature = "tract")]
mod detector;
mod disclosure;
#[cfg(feature = "tract")]
mod documents;
#[cfg(feature = "onnxruntime")]
mod elsewhere;
#[cfg(feature = "tract")]
mod engines;
mod examples;
#[cfg(all(feature = "tract", feature = "onnxruntime"))]
mod finder;
mod footprint;
mod footprint_box;
mod full_disk;
mod gate;
mod gate_ci;
mod gate_junit;
mod gate_policies;
mod hostile_bombs;
mod hostile_files;
mod hostile_pictures;
#[cfg(all(feature = "http", feature = "tract"))]
mod http;
mod import;
mod import_checked;
mod import_damaged;
mod import_described;
mod import_parquet;
mod import_tables;
mod init;
#[cfg(all(feature = "tract", feature = "onnxruntime"))]
mod isolate;
mod kept_whole;
mod kinds;
#[cfg(feature = "tract")]
mod latency;
mod layout;
#[cfg(feature = "tract")]
mod main_job;
#[cfg(feature = "tract")]
mod networks;
mod nist_fate;
mod no_claim;
mod pictures;
mod plan;
mod plugins;
mod pool;
mod pool_packages;
mod probe;
mod protocol;
mod publish;
mod recorded;
mod reference;
mod remedies;
#[cfg(feature = "tract")]
mod replaced;
#[cfg(feature = "tract")]
mod report_folders;
mod reports;
mod rescored;
mod results;
mod resume;
mod retain;
mod retain_verbs;
mod secrets;
mod shard_refusals;
mod shards;
mod stages;
mod stages_of_groups;
mod stages_that_break;
mod study;
mod study_plans;
mod study_refusals;
mod support;
#[cfg(feature = "tract")]
mod taken;
mod thin_evidence;
#[cfg(feature = "tract")]
mod tutorials;
#[cfg(feature = "tract")]
mod weights;
mod worked_protocols;
