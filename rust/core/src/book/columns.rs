//! Arrow columns of the type that a batch needs.

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, PrimitiveArray};
use arrow_cast::{cast_with_options, CastOptions};

use crate::error::{Error, Result};

/// One column from its chunks, as numbers of type `T`, without nulls. Neither cast nor copied where it has that type and
/// one chunk. Whole numbers of another width are converted, exactly or not at all; fractions never become whole.
pub fn cast_column<T: ArrowPrimitiveType>(name: &str, chunks: &[&dyn Array]) -> Result<PrimitiveArray<T>> {
    let joined;
    let array = match chunks {
        [] => return Ok(PrimitiveArray::<T>::from_iter_values(std::iter::empty())),
        [one] => *one,
        many => {
            joined = arrow_select::concat::concat(many).map_err(|error| refused(name, &error.to_string()))?;
            joined.as_ref()
        }
    };
    if array.null_count() > 0 {
        return Err(Error::Schema(format!("column {name:?} has {} nulls: it must have none", array.null_count())));
    }
    if let Some(same) = array.as_primitive_opt::<T>() {
        return Ok(same.clone());
    }
    let from = array.data_type();
    let widens = T::DATA_TYPE.is_floating() && from.is_floating();
    if !(from.is_integer() || widens || *from == arrow_schema::DataType::Boolean) {
        return Err(refused(name, &format!("it is {from}")));
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let cast = cast_with_options(array, &T::DATA_TYPE, &options).map_err(|error| refused(name, &error.to_string()))?;
    Ok(cast.as_primitive::<T>().clone())
}

fn refused(name: &str, why: &str) -> Error {
    Error::Schema(format!("column {name:?} cannot be read ({why}): it must hold numbers"))
}
