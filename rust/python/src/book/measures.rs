//! What both books answer in the same way.

/// Gives a class over `Mutex<State>`, whose state has a `book` and the tuple of its `last` quote, these methods.
///
/// A macro, because Python's methods belong to a class each and cannot be generic.
macro_rules! book_measures {
    ($Book:ident) => {
        const _: () = {
            use std::sync::{MutexGuard, PoisonError};

            use alphatrader_core::book::metrics;
            use numpy::PyArray2;
            use pyo3::prelude::*;
            use pyo3::sync::MutexExt;
            use pyo3::types::PyTuple;

            use $crate::book::{count_of, known, ladder, ladder_rows_of, PyLevels};

            impl $Book {
                /// Waits without the GIL, so that a batch under way in another thread can finish. A panic in the core
                /// leaves the state valid (it is plain data), so a poisoned lock is taken all the same.
                #[inline]
                fn lock(&self, py: Python<'_>) -> MutexGuard<'_, State> {
                    match self.0.try_lock() {
                        Ok(state) => state,
                        Err(_) => self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner),
                    }
                }
            }

            #[pymethods]
            impl $Book {
                fn bbo(&self, py: Python<'_>) -> PyResult<Py<PyTuple>> {
                    let state = &mut *self.lock(py);
                    state.last.of(py, &state.book.quote())
                }

                #[getter]
                fn best_bid(&self, py: Python<'_>) -> Option<f64> {
                    known(self.lock(py).book.quote().bid)
                }

                #[getter]
                fn best_ask(&self, py: Python<'_>) -> Option<f64> {
                    known(self.lock(py).book.quote().ask)
                }

                #[getter]
                fn best_bid_size(&self, py: Python<'_>) -> Option<f64> {
                    known(self.lock(py).book.quote().bid_size)
                }

                #[getter]
                fn best_ask_size(&self, py: Python<'_>) -> Option<f64> {
                    known(self.lock(py).book.quote().ask_size)
                }

                #[getter]
                fn mid(&self, py: Python<'_>) -> Option<f64> {
                    self.lock(py).book.quote().mid()
                }

                #[getter]
                fn weighted_mid(&self, py: Python<'_>) -> Option<f64> {
                    known(metrics::weighted_mid(&self.lock(py).book.quote()))
                }

                #[getter]
                fn obi(&self, py: Python<'_>) -> Option<f64> {
                    let quote = self.lock(py).book.quote();
                    known(metrics::imbalance(quote.bid_size, quote.ask_size))
                }

                #[pyo3(signature = (levels=5))]
                fn obi_weighted(&self, py: Python<'_>, levels: i64) -> PyResult<Option<f64>> {
                    Ok(known(self.lock(py).book.weighted_imbalance(count_of("levels", levels)?)))
                }

                fn levels(&self, py: Python<'_>, count: i64) -> PyResult<PyLevels> {
                    Ok(self.lock(py).book.levels(count_of("count", count)?))
                }

                fn ladder<'py>(&self, py: Python<'py>, count: i64) -> PyResult<Bound<'py, PyArray2<f64>>> {
                    let count = ladder_rows_of(count)?;
                    let levels = self.lock(py).book.levels(count);
                    ladder(py, &levels, count)
                }

                #[getter]
                fn depth(&self, py: Python<'_>) -> (usize, usize) {
                    self.lock(py).book.depth()
                }

                #[getter]
                fn tick_size(&self, py: Python<'_>) -> f64 {
                    self.lock(py).book.scale().tick_size()
                }
            }
        };
    };
}

pub(super) use book_measures;
