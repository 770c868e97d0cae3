//! Numbers in a line, eight digits at a time if that many bytes are left. A log is full of ids.

/// Reads a whole number as it is written, and gives the bytes after it; nothing where none stands, or one that begins
/// with a needless zero, or one of more than [`DIGITS_MAX`] digits.
#[inline(always)] // A call would hand the result over in memory.
pub(super) fn read(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, length) = read_digits(bytes);
    let (digits, rest) = bytes.split_at_checked(length)?;
    match digits {
        [] | [b'0', _, ..] => None,
        _ if length > DIGITS_MAX => None,
        _ => Some((number, rest)),
    }
}

/// No id has more. A total that has, and none will, is left to the other reader.
const DIGITS_MAX: usize = 16;

/// The number that at most 16 digits make, and how many digits there are; of more only that they are more.
#[inline]
fn read_digits(bytes: &[u8]) -> (u64, usize) {
    let Some((first, rest)) = bytes.split_first_chunk() else {
        return read_one_by_one(0, 0, bytes);
    };
    let (number, length) = read_eight(first);
    if length < 8 {
        return (number, length);
    }
    read_one_by_one(number, length, rest)
}

/// Goes on with a number that has begun, digit by digit.
#[inline]
fn read_one_by_one(mut number: u64, mut length: usize, rest: &[u8]) -> (u64, usize) {
    for byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 || length > DIGITS_MAX {
            break;
        }
        number = number * 10 + u64::from(digit);
        length += 1;
    }
    (number, length)
}

/// The number that the digits at the start of eight bytes make, and how many they are.
///
/// Nothing here overflows: a lane of 8, 16 and then 32 bits holds a number of one, two and then four digits.
#[inline]
fn read_eight(bytes: &[u8; 8]) -> (u64, usize) {
    let bytes = u64::from_le_bytes(*bytes);
    let values = bytes ^ lanes(b'0');
    let not_digits = ((values & lanes(0x7f)).wrapping_add(lanes(0x7f - 9)) | values) & lanes(0x80);
    let length = not_digits.trailing_zeros() / 8;
    let digits = values.unbounded_shl(64 - 8 * length);
    let twos = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = twos.wrapping_mul(100).wrapping_add(twos >> 16) & 0x0000_ffff_0000_ffff;
    let number = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff;
    (number, length as usize)
}

/// The same byte eight times.
const fn lanes(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::{DIGITS_MAX, read};

    #[test]
    fn numbers_of_every_length_are_read_whatever_follows() {
        for after in ["", "}", ",\"a\":1}", "/:/:/:/:/:", "\u{80}\u{ff}\u{b0}\u{b9}\u{80}"] {
            for length in 1..=DIGITS_MAX {
                let digits = "9876543210987654".split_at(length).0;
                let bytes = format!("{digits}{after}");
                assert_eq!(
                    read(bytes.as_bytes()),
                    Some((digits.parse().unwrap(), after.as_bytes()))
                );
                assert_eq!(read(format!("0{bytes}").as_bytes()), None);
            }
            assert_eq!(read(format!("0{after}").as_bytes()), Some((0, after.as_bytes())));
            assert_eq!(read(after.as_bytes()), None);
            for digits in ["12345678901234567", "12345678901234567890", "99999999999999999999999"] {
                assert_eq!(read(format!("{digits}{after}").as_bytes()), None);
            }
        }
    }
}
