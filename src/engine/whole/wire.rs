//! The wire format of protobuf, as far as it has to be known to find one's way: fields with their numbers, one after the other.
//!
//! Where readers of protobuf differ the answer is an error, for the walk must see what any of them sees.
//! Source: protobuf.dev, "Encoding".

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'b> {
    /// A variable-length number.
    Number(u64),
    /// A text, a message, or packed numbers.
    Bytes(&'b [u8]),
    /// What has no message in it that anybody reads: a number of fixed length, or a group.
    Other,
}

/// Why bytes are no fields of protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken(pub(super) &'static str);

const ENDS: Broken = Broken("the file ends in the midst of a field");
const NO_TAG: Broken = Broken("no field of protobuf begins so");

/// Groups within groups that are followed.
const DEEPEST: usize = 200;

/// The next field of `bytes`, its number and what it holds; none at the end.
///
/// # Errors
/// When no field begins there, or it is longer than what is left.
pub(super) fn next<'b>(bytes: &mut &'b [u8]) -> Result<Option<(u32, Value<'b>)>, Broken> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let (number, kind) = tag(bytes)?;
    let value = match kind {
        3 => {
            group(bytes, number)?;
            Value::Other
        }
        kind => plain(bytes, kind)?,
    };
    Ok(Some((number, value)))
}

/// The number of a field and the kind of its value.
fn tag(bytes: &mut &[u8]) -> Result<(u32, u32), Broken> {
    // Longer ones are refused by some readers and cut by others.
    let tag = u32::try_from(number(bytes)?).map_err(|_| NO_TAG)?;
    let (number, kind) = (tag >> 3, tag & 7);
    // A field 0 ends the message for some readers.
    if number == 0 { Err(NO_TAG) } else { Ok((number, kind)) }
}

/// A value that is no group.
fn plain<'b>(bytes: &mut &'b [u8], kind: u32) -> Result<Value<'b>, Broken> {
    match kind {
        0 => number(bytes).map(Value::Number),
        1 => taken(bytes, 8).map(|_| Value::Other),
        2 => {
            let length = usize::try_from(number(bytes)?).map_err(|_| ENDS)?;
            taken(bytes, length).map(Value::Bytes)
        }
        5 => taken(bytes, 4).map(|_| Value::Other),
        // The end of a group that never began, or nothing that there is.
        _ => Err(NO_TAG),
    }
}

/// Goes to the end of the group `begun`, whose tag was read.
fn group(bytes: &mut &[u8], begun: u32) -> Result<(), Broken> {
    let mut open = vec![begun];
    while let Some(innermost) = open.last() {
        match tag(bytes)? {
            (number, 3) if open.len() < DEEPEST => open.push(number),
            (number, 4) if number == *innermost => {
                open.pop();
            }
            (_, kind) => plain(bytes, kind).map(drop)?,
        }
    }
    Ok(())
}

/// A number of at most ten bytes, seven bits in each, the last first.
fn number(bytes: &mut &[u8]) -> Result<u64, Broken> {
    let mut number = 0;
    for place in 0..10 {
        let (first, rest) = bytes.split_first().ok_or(ENDS)?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << (7 * place);
        if first & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(NO_TAG)
}

fn taken<'b>(bytes: &mut &'b [u8], length: usize) -> Result<&'b [u8], Broken> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or(ENDS)?;
    *bytes = rest;
    Ok(taken)
}
