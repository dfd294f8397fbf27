//! The run folder: names of its files, their formats, pseudonyms and digests.
