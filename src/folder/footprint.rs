//! footprint.csv: every raw observation of `agebench footprint`, in long form: what a method was given, sent, returned and
//! left.

use std::io::{self, Read, Write};

use super::FolderError;
use crate::finding::Finding;
use crate::sheet::{Row, RowWriter, Sheet, SheetError};

/// The columns of footprint.csv, in order.
pub const FOOTPRINT_COLUMNS: [&str; 9] =
    ["method", "phase", "sample_id", "observation", "name", "value", "unit", "basis", "source"];

/// An enum whose values are words of a column.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $value,)+ }

        impl $name {
            /// All values, in the order in which they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$value,)+];

            /// The word in the file.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$value => $word,)+ }
            }

            /// The value that `word` names.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }
    };
}

words! {
    /// When something was observed.
    Phase {
        /// Between the start of the method and its first attempt.
        Start = "start",
        /// From the question to the answer of one attempt.
        Attempt = "attempt",
        /// When the answer of one attempt had come.
        AfterAnswer = "after_answer",
        /// Between the last answer and the end of the method.
        End = "end",
        /// When the method, and whatever it started, had ended.
        AfterExit = "after_exit",
        /// Over the whole measurement.
        Whole = "whole",
    }
}

words! {
    /// What was observed.
    Thing {
        /// Bytes of the sample that were given to the method.
        InputBytes = "input_bytes",
        /// Pixels of the picture that was given.
        InputPixels = "input_pixels",
        /// A column that was given with the sample; the value is the bytes of its cell.
        FieldGiven = "field_given",
        /// Whether the copy of the sample was opened (1) or not (0).
        MediaOpened = "media_opened",
        /// Bytes of the answer.
        OutputBytes = "output_bytes",
        /// A field of the answer beyond the answer; the value is its bytes.
        ExtraField = "extra_field",
        /// Bytes of a file that the card names: the program, a model, an argument.
        MethodFile = "method_file",
        /// Bytes of memory at most, above the harness's own.
        PeakMemory = "peak_memory",
        /// Whether the answers without any host are those with the allowed ones (1) or not (0).
        WorksOffline = "works_offline",
        /// A file that was made; the value is its bytes.
        FileCreated = "file_created",
        /// A file that was there and has another content; the value is its bytes.
        FileChanged = "file_changed",
        /// A file that is there; the value is its bytes.
        FileLeft = "file_left",
        /// A process that is alive when the method has ended; the value is how many of this name.
        ProcessLeft = "process_left",
        /// A connection that was tried, by address and port; the value is how often.
        Connection = "connection",
        /// A host that was spoken to; the value is how many connections or requests.
        Host = "host",
        /// A name that was looked up; the value is how often.
        NameResolved = "name_resolved",
        /// Bytes sent to a host.
        BytesSent = "bytes_sent",
        /// Bytes received from a host.
        BytesReceived = "bytes_received",
        /// Redirects that a service asked for.
        Redirect = "redirect",
        /// A cookie that a service offered; the value is the bytes of its content.
        Cookie = "cookie",
        /// Whether a host was reached over TLS (1) or not (0).
        Tls = "tls",
        /// A Unix or abstract socket that was used; the value is how often.
        UnixSocket = "unix_socket",
        /// A trace of a sample: the name says what of it, and where.
        Canary = "canary",
        /// A text that came again with the same sample in another session: the name says where.
        Identifier = "identifier",
        /// What the card declares; the name says what about.
        Declared = "declared",
    }
}

impl Thing {
    /// The unit of its values.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::InputBytes
            | Self::FieldGiven
            | Self::OutputBytes
            | Self::ExtraField
            | Self::MethodFile
            | Self::PeakMemory
            | Self::FileCreated
            | Self::FileChanged
            | Self::FileLeft
            | Self::BytesSent
            | Self::BytesReceived
            | Self::Cookie => "bytes",
            Self::InputPixels => "pixels",
            Self::MediaOpened | Self::WorksOffline | Self::Tls => "yes",
            Self::ProcessLeft
            | Self::Connection
            | Self::Host
            | Self::NameResolved
            | Self::Redirect
            | Self::UnixSocket
            | Self::Canary
            | Self::Identifier => "count",
            Self::Declared => "",
        }
    }
}

words! {
    /// How a value is known.
    Basis {
        /// Observed here.
        Measured = "measured",
        /// Said by the card, with its source; nobody checked it.
        Declared = "declared",
        /// It could not be observed here: the value is unknown, not 0.
        NotMeasurable = "not_measurable",
    }
}

/// One observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// When.
    pub phase: Phase,
    /// The sample's id as printed; empty where no single attempt is meant.
    pub sample_id: String,
    /// What.
    pub thing: Thing,
    /// Which file, host, field; what a card declares, in its words. Without control characters.
    pub name: String,
    /// The value in [`Thing::unit`]; none where it is not known.
    pub value: Option<f64>,
    /// How it is known.
    pub basis: Basis,
    /// Where it is declared, or why it cannot be measured.
    pub source: String,
}

impl Observed {
    /// A value that was measured, of no single attempt.
    #[must_use]
    pub fn measured(phase: Phase, thing: Thing, name: impl Into<String>, value: f64) -> Self {
        let (name, sample_id, source) = (name.into(), String::new(), String::new());
        Self { phase, sample_id, thing, name, value: Some(value), basis: Basis::Measured, source }
    }

    /// Something that cannot be measured, and why.
    #[must_use]
    pub fn not_measurable(phase: Phase, thing: Thing, why: impl Into<String>) -> Self {
        let (name, sample_id, source) = (String::new(), String::new(), why.into());
        Self { phase, sample_id, thing, name, value: None, basis: Basis::NotMeasurable, source }
    }

    /// The same, of the attempt on this sample.
    #[must_use]
    pub fn of_sample(self, sample_id: &str) -> Self {
        Self { sample_id: sample_id.to_owned(), ..self }
    }
}

/// Writes footprint.csv.
#[derive(Debug)]
pub struct FootprintWriter<W: Write> {
    to: RowWriter<W>,
}

impl<W: Write> FootprintWriter<W> {
    /// Begins the file in `out`.
    ///
    /// # Errors
    /// What `out` answers.
    pub fn new(out: W) -> io::Result<Self> {
        let mut to = RowWriter::new(out);
        FOOTPRINT_COLUMNS.into_iter().for_each(|name| to.cell(name));
        to.end_row()?;
        Ok(Self { to })
    }

    /// Adds a row. A control character in a name becomes a space: names of files may hold anything.
    ///
    /// # Errors
    /// What the file answers.
    pub fn write(&mut self, method: &str, observed: &Observed) -> io::Result<()> {
        let clean = |text: &str| text.replace(char::is_control, " ");
        self.to.cell(method);
        self.to.cell(observed.phase.word());
        self.to.cell(&observed.sample_id);
        self.to.cell(observed.thing.word());
        self.to.cell(&clean(&observed.name));
        self.to.number(observed.value);
        self.to.cell(observed.thing.unit());
        self.to.cell(observed.basis.word());
        self.to.cell(&clean(&observed.source));
        self.to.end_row()
    }

    /// Hands everything to the file.
    ///
    /// # Errors
    /// What the file answers.
    pub fn finish(mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The observations in `input`, the content of `file`, each with its method's name, in the order of the file.
///
/// # Errors
/// A column that is missing, or a cell that is not as it should be, with row and column: also a value of what cannot be
/// measured, and none of what was.
pub fn read_footprint(file: &str, input: impl Read) -> Result<Vec<(String, Observed)>, FolderError> {
    let mut sheet = Sheet::open(file, input)?;
    let mut places = [0; FOOTPRINT_COLUMNS.len()];
    for (place, name) in places.iter_mut().zip(FOOTPRINT_COLUMNS) {
        *place = sheet.require(name).map_err(SheetError::from)?;
    }
    let mut found = Vec::new();
    while let Some(row) = sheet.next_row()? {
        found.push(read(&row, places).map_err(SheetError::from)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>, places: [usize; FOOTPRINT_COLUMNS.len()]) -> Result<(String, Observed), Finding> {
    let [method, phase, sample_id, thing, name, value, unit, basis, source] = places;
    row.check_width()?;
    let text = |place| row.text(place).map(str::to_owned);
    let phase = Phase::parse(row.text(phase)?).ok_or_else(|| row.wrong(phase, "not a phase of this version"))?;
    let thing = Thing::parse(row.text(thing)?).ok_or_else(|| row.wrong(thing, "not an observation of this version"))?;
    let known = Basis::parse(row.text(basis)?);
    let known = known.ok_or_else(|| row.wrong(basis, "expected measured, declared or not_measurable"))?;
    if row.text(unit)? != thing.unit() {
        return Err(row.wrong(unit, format!("expected `{}`, the unit of `{}`", thing.unit(), thing.word())));
    }
    let number = row.number_at(value, "a number")?.filter(|number: &f64| number.is_finite());
    match (known, number) {
        (Basis::NotMeasurable, Some(_)) => return Err(row.wrong(value, "a value of what cannot be measured")),
        (Basis::Measured, None) => return Err(row.wrong(value, "empty, though it was measured")),
        _ => {}
    }
    let observed = Observed {
        phase,
        sample_id: text(sample_id)?,
        thing,
        name: text(name)?,
        value: number,
        basis: known,
        source: text(source)?,
    };
    Ok((text(method)?, observed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let all = [
            Observed::measured(Phase::AfterAnswer, Thing::FileLeft, "home/.cache/a,\"b\"", 4096.0).of_sample("s,1"),
            Observed::not_measurable(Phase::Whole, Thing::UnixSocket, "strace is not installed"),
            Observed {
                basis: Basis::Declared,
                value: None,
                name: "retention: none".to_owned(),
                source: "privacy notice, 2026-01-01".to_owned(),
                ..Observed::measured(Phase::Whole, Thing::Declared, "", 0.0)
            },
        ];
        let mut bytes = Vec::new();
        let mut writer = FootprintWriter::new(&mut bytes).unwrap();
        all.iter().for_each(|observed| writer.write("m", observed).unwrap());
        writer.finish().unwrap();
        let read = read_footprint("footprint.csv", bytes.as_slice()).unwrap();
        assert_eq!(read, all.map(|observed| ("m".to_owned(), observed)));
        assert!(String::from_utf8(bytes).unwrap().contains("unix_socket,,,count,not_measurable,"), "unknown is empty");
    }

    #[test]
    fn a_name_with_a_newline_stays_one_row() {
        let mut bytes = Vec::new();
        let mut writer = FootprintWriter::new(&mut bytes).unwrap();
        writer.write("m", &Observed::measured(Phase::End, Thing::FileLeft, "a\nb\u{1b}", 1.0)).unwrap();
        writer.finish().unwrap();
        assert_eq!(read_footprint("footprint.csv", bytes.as_slice()).unwrap()[0].1.name, "a b ");
    }

    #[test]
    fn a_wrong_cell_is_named_with_row_and_column() {
        let header = FOOTPRINT_COLUMNS.join(",");
        let error = |line: &str| {
            read_footprint("footprint.csv", format!("{header}\n{line}\n").as_bytes()).unwrap_err().to_string()
        };
        assert!(error("m,soon,,host,h,1,count,measured,").contains("row 2, column `phase`"));
        assert!(error("m,whole,,mood,h,1,count,measured,").contains("column `observation`"));
        assert!(error("m,whole,,host,h,1,bytes,measured,").contains("column `unit`"));
        assert!(error("m,whole,,host,h,0,count,not_measurable,").contains("cannot be measured"));
        assert!(error("m,whole,,host,h,,count,measured,").contains("empty, though"));
        assert!(error("m,whole,,host,h,1,count,guessed,").contains("column `basis`"));
    }
}
