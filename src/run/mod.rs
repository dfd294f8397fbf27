//! A run: samples put to methods in parallel, outcomes written in manifest order.
