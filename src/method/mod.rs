//! Methods: the card, the session that attempts samples, and the adapters that reach them.

pub mod head;
