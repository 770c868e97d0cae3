//! The cores that are wrong on purpose, which the test kit has. A build without the feature `wrong` has none of them.

#[cfg(feature = "wrong")]
pub(super) use kept::{Name, list, named, oracle};
#[cfg(not(feature = "wrong"))]
pub(super) use missing::{Name, list, named, oracle};

#[cfg(feature = "wrong")]
mod kept {
    use std::fmt;

    use anyhow::Result;
    use enterprise_credentials::oracle::Oracle;
    use enterprise_credentials_testkit::wrong::{CORES, WrongCore};
    use serde::Serialize;

    /// One of them.
    #[derive(Debug, Clone)]
    pub(in crate::cli::oracle) struct Name(WrongCore);

    impl fmt::Display for Name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0.name)
        }
    }

    pub(in crate::cli::oracle) fn named(name: &str) -> Result<Name, String> {
        let named = WrongCore::named(name).map(Name);
        named.ok_or_else(|| "no wrong core has this name: see --list-wrong".to_owned())
    }

    pub(in crate::cli::oracle) fn oracle(Name(core): Name, last_handle: u64) -> Oracle {
        core.oracle(last_handle)
    }

    pub(in crate::cli::oracle) fn list() -> Result<Vec<u8>> {
        #[derive(Serialize)]
        struct Listed {
            name: &'static str,
            wrong: &'static str,
            breaks: String,
            /// Whether decisions and access alone show it.
            seen_by_compare: bool,
        }
        let mut listed = Vec::new();
        for core in CORES {
            let of_core = Listed {
                name: core.name,
                wrong: core.wrong,
                breaks: core.breaks.to_string(),
                seen_by_compare: core.is_seen_by_compare(),
            };
            serde_json::to_writer(&mut listed, &of_core)?;
            listed.push(b'\n');
        }
        Ok(listed)
    }
}

#[cfg(not(feature = "wrong"))]
mod missing {
    use std::convert::Infallible;

    use anyhow::{Result, anyhow};
    use enterprise_credentials::oracle::Oracle;

    const MISSING: &str = "this build has no wrong cores: build it with `--features wrong`";

    /// None of them.
    pub(in crate::cli::oracle) type Name = Infallible;

    pub(in crate::cli::oracle) fn named(_: &str) -> Result<Name, &'static str> {
        Err(MISSING)
    }

    pub(in crate::cli::oracle) fn oracle(name: Name, _: u64) -> Oracle {
        match name {}
    }

    pub(in crate::cli::oracle) fn list() -> Result<Vec<u8>> {
        Err(anyhow!(MISSING))
    }
}
