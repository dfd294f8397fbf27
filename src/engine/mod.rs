//! Inference engines behind one trait. No other room names a runtime.
