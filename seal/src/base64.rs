//! Base64 with the standard alphabet and padding (RFC 4648). If several texts stand for the same bytes, only the
//! canonical one is read.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING: u8 = b'=';

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| {
            bits << 8 | u32::from(three.get(at).copied().unwrap_or_default())
        });
        for at in 0..4 {
            // A byte more is a digit more.
            let digit = if at <= three.len() {
                ALPHABET.get((bits >> (18 - 6 * at) & 63) as usize)
            } else {
                Some(&PADDING)
            };
            text.extend(digit.copied().map(char::from));
        }
    }
    text
}

/// The bytes, unless the text is anything but what [`encode`] gives for them.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let (fours, rest) = text.as_bytes().as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(fours.len() * 3);
    for (index, four) in fours.iter().enumerate() {
        let padding = match four {
            [.., PADDING, PADDING] => 2,
            [.., PADDING] => 1,
            _ => 0,
        };
        if padding > 0 && index + 1 < fours.len() {
            return None;
        }
        let digits = four.iter().take(4 - padding);
        let bits = digits
            .map(|digit| value(*digit))
            .try_fold(0, |bits, value| Some(bits << 6 | value?))?;
        let [_, three @ ..] = (bits << (6 * padding)).to_be_bytes();
        let (meant, left_over) = three.split_at_checked(3 - padding)?;
        if left_over.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(meant);
    }
    Some(bytes)
}

/// The bytes, where they are as many.
pub(crate) fn decode_exactly<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    decode(text)?.try_into().ok()
}

fn value(digit: u8) -> Option<u32> {
    Some(match digit {
        b'A'..=b'Z' => u32::from(digit - b'A'),
        b'a'..=b'z' => u32::from(digit - b'a') + 26,
        b'0'..=b'9' => u32::from(digit - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10.
    const PUBLISHED: [(&str, &str); 7] = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ];

    #[test]
    fn the_published_texts_are_written_and_read() {
        for (bytes, text) in PUBLISHED {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
    }

    #[test]
    fn every_byte_and_every_digit_is_read_as_it_was_written() {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..=bytes.len() {
            let bytes = &bytes[bytes.len() - length..];
            assert_eq!(decode(&encode(bytes)).as_deref(), Some(bytes));
        }
        assert_eq!(encode(&[0xfb, 0xef, 0xff]), "++//");
    }

    #[test]
    fn of_all_texts_of_four_characters_the_canonical_ones_are_read() {
        let digits = [b'A', b'Q', b'B', b'/', b'=', b'-', b'\n', b' '];
        let mut read = 0;
        for number in 0..8_usize.pow(4) {
            let four: Vec<u8> = (0..4).map(|at| digits[number >> (3 * at) & 7]).collect();
            let text = core::str::from_utf8(&four).unwrap();
            if let Some(bytes) = decode(text) {
                assert_eq!(encode(&bytes), text);
                read += 1;
            }
        }
        // Four digits, three whose last two bits are 0 (A only among A, Q, B and /: Q has 010000, so it too),
        // two with four such.
        assert_eq!(read, 4_usize.pow(4) + 4 * 4 * 2 + 4 * 2);
    }

    #[test]
    fn nothing_stands_behind_the_padding_and_no_digit_is_missing() {
        for wrong in [
            "Zg==Zg==", "Zg=", "Zg", "Z", "====", "Z===", "Zg=A", "=g==", "Zh==", "Zm9=", "Zm9v\n", "Zé=",
        ] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
