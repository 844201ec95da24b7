//! Whose condition letters a print carries.

use crate::error::{Error, Result};

/// Whose letters a print carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plan {
    /// Not known: a letter says what it says under either plan.
    #[default]
    Either,
    /// CTS: stocks and funds listed at NYSE, Arca, American, Cboe, IEX.
    Cta,
    /// UTP: stocks and funds listed at Nasdaq.
    Utp,
}

impl Plan {
    /// All of them, each at its own index.
    pub(super) const ALL: [Self; 3] = [Self::Either, Self::Cta, Self::Utp];

    /// From its name: `either`, `cta` or `utp`.
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "either" => Ok(Self::Either),
            "cta" => Ok(Self::Cta),
            "utp" => Ok(Self::Utp),
            other => Err(Error::invalid(format!("the plan was {other:?}: give \"either\", \"cta\" or \"utp\""))),
        }
    }

    /// Whether a letter of `owner` (`Either`: of both plans) is one under this plan.
    pub(super) const fn has(self, owner: Self) -> bool {
        matches!((self, owner), (Self::Either, _) | (_, Self::Either) | (Self::Cta, Self::Cta) | (Self::Utp, Self::Utp))
    }
}
