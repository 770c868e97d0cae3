//! An error with its causes, on one line.

use std::error::Error;

/// The error and what caused it, outermost first, with colons between. A cause that the line ends with already, because
/// the error repeats it, is left out.
pub fn error_chain(error: &dyn Error) -> String {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !chain.ends_with(&message) {
            chain.push_str(": ");
            chain.push_str(&message);
        }
        cause = error.source();
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{message}")]
    struct Layer {
        message: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn causes_follow_and_repeated_ones_do_not() {
        let disk = Layer {
            message: "disk full",
            source: None,
        };
        let database = Layer {
            message: "the database says: disk full",
            source: Some(Box::new(disk)),
        };
        let store = Layer {
            message: "the store cannot append",
            source: Some(Box::new(database)),
        };
        assert_eq!(
            error_chain(&store),
            "the store cannot append: the database says: disk full"
        );
    }
}
