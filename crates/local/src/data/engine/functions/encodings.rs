//! Bytes as text: the functions `encode` and `decode` of sqlean's module `crypto`, by its documentation.
//!
//! The module's own read and write memory that is not theirs, for a text of `z` or one with letters outside of ASCII.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use data_encoding::{BASE32, BASE32_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use rusqlite::types::Value;

use super::Function;
use super::arguments::{Answer, Arguments, End};

pub(super) const FUNCTIONS: [Function; 2] = [
    Function { names: &["encode", "crypto_encode"], arity: 2, call: encode },
    Function { names: &["decode", "crypto_decode"], arity: 2, call: decode },
];

/// What stands for itself in an address.
const NOT_IN_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The bits behind the last byte may be any, as in the module.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

fn encode(arguments: &Arguments<'_>) -> Answer {
    let (bytes, format) = (arguments.bytes(0)?, arguments.text(1)?);
    let (length, encode): (_, fn(&[u8]) -> String) = match format.as_ref() {
        "base32" => (Some(BASE32.encode_len(bytes.len())), |bytes| BASE32.encode(bytes)),
        "base64" => (base64::encoded_len(bytes.len(), true), |bytes| BASE64.encode(bytes)),
        "base85" => (Some(length_of_ascii85(bytes.len())), ascii85),
        "hex" => (Some(HEXLOWER.encode_len(bytes.len())), |bytes| HEXLOWER.encode(bytes)),
        "url" => (Some(percent_encode(&bytes, NOT_IN_URL).map(str::len).sum()), url),
        _ => return unknown(),
    };
    arguments.room.fit(length)?;
    Ok(Value::Text(encode(&bytes)))
}

fn decode(arguments: &Arguments<'_>) -> Answer {
    let (text, format) = (arguments.bytes(0)?, arguments.text(1)?);
    // Some make a copy that is easier to read first.
    arguments.room.take(text.len() * 2)?;
    let bytes = match format.as_ref() {
        "base32" => bytes_of_base32(&text),
        "base64" => BASE64.decode(&text).ok(),
        "base85" => {
            arguments.room.take(most_bytes_of_ascii85(&text))?;
            bytes_of_ascii85(&text)
        }
        "hex" => HEXLOWER_PERMISSIVE.decode(&text).ok(),
        "url" => bytes_of_url(&text),
        _ => return unknown(),
    };
    bytes.map(Value::Blob).ok_or_else(|| End::refused("invalid input string"))
}

fn unknown() -> Answer {
    Err(End::refused("unknown encoding"))
}

fn url(bytes: &[u8]) -> String {
    let parts = percent_encode(bytes, NOT_IN_URL);
    let mut text = String::with_capacity(parts.clone().map(str::len).sum());
    text.extend(parts);
    text
}

fn length_of_ascii85(bytes: usize) -> usize {
    bytes / 4 * 5 + 5
}

/// A digit alone may be four of them.
fn most_bytes_of_ascii85(text: &[u8]) -> usize {
    text.iter().map(|digit| if *digit == b'z' { 4 } else { 1 }).sum()
}

/// Four bytes are five digits, four of zero are `z`, and fewer at the end are one digit more than they are bytes.
fn ascii85(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(length_of_ascii85(bytes.len()));
    for chunk in bytes.chunks(4) {
        let mut group = [0; 4];
        for (byte, given) in group.iter_mut().zip(chunk) {
            *byte = *given;
        }
        let number = u32::from_be_bytes(group);
        if number == 0 && chunk.len() == 4 {
            text.push('z');
            continue;
        }
        let powers = (0..5).rev().map(|power| 85_u32.pow(power));
        let digits = powers.map(|power| u8::try_from(number / power % 85).unwrap_or_default());
        text.extend(digits.take(chunk.len() + 1).map(|digit| char::from(b'!' + digit)));
    }
    text
}

fn bytes_of_ascii85(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(most_bytes_of_ascii85(text));
    let mut rest = text;
    while let Some(first) = rest.first() {
        if *first == b'z' {
            bytes.extend([0; 4]);
            rest = rest.get(1..)?;
            continue;
        }
        let (group, after) = rest.split_at(rest.len().min(5));
        rest = after;
        // What is missing at the end counts as the largest digit, so that the bytes that are there come out right.
        let digits = group.iter().copied().chain(std::iter::repeat(b'u')).take(5);
        let number = digits.into_iter().try_fold(0_u32, |number, digit| {
            let digit = digit.checked_sub(b'!').filter(|digit| *digit < 85)?;
            number.checked_mul(85)?.checked_add(digit.into())
        })?;
        bytes.extend(number.to_be_bytes().get(..group.len() - 1).filter(|bytes| !bytes.is_empty())?);
    }
    Some(bytes)
}

/// What is no digit is left out, such as the ends of lines, and so is the filling at the end.
fn bytes_of_base32(text: &[u8]) -> Option<Vec<u8>> {
    let mut digits = Vec::with_capacity(text.len());
    digits.extend(text.iter().filter(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')));
    BASE32_NOPAD.decode(&digits).ok()
}

fn bytes_of_url(text: &[u8]) -> Option<Vec<u8>> {
    let mut parts = text.split(|byte| *byte == b'%').skip(1);
    let is_sound =
        parts.all(|part| matches!(part, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()));
    let with_spaces: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend(percent_decode(&with_spaces));
    is_sound.then_some(bytes)
}
