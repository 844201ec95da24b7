//! The errors of the core: what was wrong, where, and what is expected.

/// Every way in which the core refuses an input. The binding maps each variant to a Python exception.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An argument outside its domain (NaN, a negative size, an unknown operation).
    #[error("{0}")]
    Invalid(String),
    /// An option symbol that is not valid OCC/OSI.
    #[error("{0}")]
    OccSymbol(String),
    /// A chain body that cannot be decoded.
    #[error("{0}")]
    ChainDecode(String),
    /// A chain body with the invented rows that a missing entitlement yields.
    #[error("{0}")]
    PlaceholderData(String),
    /// A rate-limit or entitlement notice in place of data.
    #[error("{0}")]
    RateLimited(String),
    /// An event that names an instrument which was never added.
    #[error("instrument {0} is unknown: call add_instrument before its first event")]
    UnknownInstrument(i64),
    /// Bytes that are no frames of the TWS protocol.
    #[error("{0}")]
    Frame(String),
    /// An Arrow batch that lacks a column or has one of another type.
    #[error("{0}")]
    Schema(String),
}

/// Result of the core.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An [`Error::Invalid`] with this text.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    /// The same error of one row of a batch; an error that is not [`Error::Invalid`] says where by itself.
    pub(crate) fn at_row(self, row: usize) -> Self {
        match self {
            Self::Invalid(text) => Self::Invalid(format!("row {row}: {text}")),
            other => other,
        }
    }
}

/// `value` as a finite number above zero, or an error that names it.
pub(crate) fn positive(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(Error::invalid(format!("{name} was {value}: give a finite number above 0")))
    }
}

/// `value` as a finite number, or an error that names it.
pub(crate) fn finite(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Error::invalid(format!("{name} was {value}: give a finite number")))
    }
}

/// `value` as a finite number of at least zero, or an error that names it.
pub(crate) fn not_negative(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(Error::invalid(format!("{name} was {value}: give a finite number, 0 or more")))
    }
}
