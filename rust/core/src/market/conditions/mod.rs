//! Sale conditions of a US equity print: which prints form prices, count as volume, or say something about flow.
//!
//! | concept | file |
//! |---|---|
//! | whose letters a print carries | [`plan`] |
//! | the conditions, what follows from each, their letters and flags | [`table`] |
//! | what the letters of one print mean for the tape | [`meaning`] |
//!
//! The letters of the CTA plan (CTS, tapes A and B) and of the UTP plan (tape C) agree but for `B`, which is an average
//! price on CTS and an ordinary bunched trade on UTP, and `1 2 3` (stopped stock), which only UTP has. Unknown letters are
//! read as regular. The text is any run of letters, for example ` F I` or `@`.

pub mod meaning;
pub mod plan;
pub mod table;

use arrow_array::Array;

use crate::columns::Text;
use crate::error::{Error, Result};

pub use meaning::{Meaning, SaleConditions};
pub use plan::Plan;
pub use table::ConditionSet;

/// The conditions of each row of a text column, a null one having none. Raises `Schema` for another type.
pub fn of_column(array: &dyn Array, plan: Plan) -> Result<Vec<ConditionSet>> {
    let text = Text::of_array(array).ok_or_else(|| {
        let found = array.data_type();
        Error::Schema(format!("the column of sale conditions is {found}: give text (utf8, a dictionary of it, ...)"))
    })?;
    let read = |letters: Option<&[u8]>| ConditionSet::parse(letters.unwrap_or_default(), plan);
    Ok((0..array.len()).map(|row| read(text.get(row))).collect())
}

#[cfg(test)]
mod tests;
