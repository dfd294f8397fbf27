//! What a file is, told from its first bytes and never from its name: a name may carry the age.

/// A kind of file: its media type, and the ending of a file that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    /// The media type (IANA), such as `image/jpeg`.
    pub media_type: &'static str,
    /// The ending of a file's name, such as `jpg`.
    pub ending: &'static str,
}

/// What is said of bytes that are nothing known.
const UNKNOWN: Media = Media { media_type: "application/octet-stream", ending: "bin" };

/// Where a file says what it is: bytes at a place, twice where one is not enough; then media type and ending.
type Mark = (usize, &'static [u8], usize, &'static [u8], &'static str, &'static str);

const MARKS: &[Mark] = &[
    (0, b"\xFF\xD8\xFF", 0, b"", "image/jpeg", "jpg"),
    (0, b"\x89PNG\r\n\x1A\n", 0, b"", "image/png", "png"),
    (0, b"RIFF", 8, b"WEBP", "image/webp", "webp"),
    (0, b"GIF8", 0, b"", "image/gif", "gif"),
    (0, b"BM", 0, b"", "image/bmp", "bmp"),
    (0, b"II*\0", 0, b"", "image/tiff", "tiff"),
    (0, b"MM\0*", 0, b"", "image/tiff", "tiff"),
    (4, b"ftypavif", 0, b"", "image/avif", "avif"),
    (4, b"ftyphei", 0, b"", "image/heic", "heic"),
    (4, b"ftypM4A", 0, b"", "audio/mp4", "m4a"),
    (4, b"ftypqt", 0, b"", "video/quicktime", "mov"),
    (4, b"ftyp", 0, b"", "video/mp4", "mp4"),
    (0, b"RIFF", 8, b"WAVE", "audio/wav", "wav"),
    (0, b"RIFF", 8, b"AVI ", "video/x-msvideo", "avi"),
    (0, b"OggS", 0, b"", "audio/ogg", "ogg"),
    (0, b"fLaC", 0, b"", "audio/flac", "flac"),
    (0, b"ID3", 0, b"", "audio/mpeg", "mp3"),
    (0, b"\xFF\xFB", 0, b"", "audio/mpeg", "mp3"),
    (0, b"\x1A\x45\xDF\xA3", 0, b"", "video/webm", "webm"),
];

impl Media {
    /// What `bytes` are.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let stands = |at: usize, mark: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(mark));
        MARKS
            .iter()
            .find(|(at, mark, also_at, also, ..)| stands(*at, mark) && stands(*also_at, also))
            .map_or(UNKNOWN, |(.., media_type, ending)| Self { media_type, ending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_from_its_content() {
        // As `file --mime-type` (libmagic 5.44) names the bundled faces and a header of each of the others.
        let faces = include_bytes!("../../fixtures/faces/images/s0001.jpg");
        assert_eq!(Media::of(faces), Media { media_type: "image/jpeg", ending: "jpg" });
        assert_eq!(Media::of(b"RIFF\x24\0\0\0WAVEfmt ").media_type, "audio/wav");
        assert_eq!(Media::of(b"RIFF\x24\0\0\0WEBPVP8 ").media_type, "image/webp");
        assert_eq!(Media::of(b"\0\0\0\x20ftypisom\0\0").media_type, "video/mp4");
        assert_eq!(Media::of(b"").media_type, "application/octet-stream");
        assert_eq!(Media::of(b"RIFF"), UNKNOWN);
    }
}
