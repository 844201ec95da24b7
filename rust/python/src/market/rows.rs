//! `EventRows`, and recorded rows fed between the steps of a strategy.

use std::ops::Range;

use alphatrader_core::market::rows::EventRows;
use alphatrader_core::market::steps::Steps;
use pyo3::prelude::*;

use crate::arrow::batches;
use crate::errors::{to_python, SchemaError};
use crate::market::PyMarket;

#[pyclass(name = "EventRows", module = "alphatrader._core", frozen)]
pub struct PyEventRows(pub EventRows);

#[pymethods]
impl PyEventRows {
    #[new]
    fn new(batch: &Bound<'_, PyAny>) -> PyResult<Self> {
        match batches(batch)?.as_slice() {
            [batch] => EventRows::new(batch).map(Self).map_err(to_python),
            others => Err(SchemaError::new_err(format!(
                "EventRows takes one record batch, and this object holds {}: make one of each",
                others.len()
            ))),
        }
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
}

/// Apply `source` and call `on_step(ts_ns)` between its steps; see the stub.
pub fn replay(
    market: &Bound<'_, PyMarket>,
    source: &Bound<'_, PyAny>,
    on_step: &Bound<'_, PyAny>,
    step_ns: Option<i64>,
) -> PyResult<usize> {
    let py = market.py();
    let mut steps = Steps::new(step_ns).map_err(to_python)?;
    let mut applied = 0;
    let mut feed = |rows: &EventRows| -> PyResult<()> {
        let checked = market.get().work(py, rows.len(), |market| market.check(rows))?;
        let apply = |range: Range<usize>| {
            market.get().work(py, range.len(), |market| market.apply_checked(rows, &checked, range))
        };
        let mut start = 0;
        while start < rows.len() {
            let (end, due_ns) = steps.next(rows.ts_ns(), start);
            if end > start {
                apply(start..end)?;
                applied += end - start;
            }
            if let Some(due_ns) = due_ns {
                on_step.call1((due_ns,))?;
            }
            start = end;
        }
        Ok(())
    };
    if let Ok(rows) = source.cast::<PyEventRows>() {
        feed(&rows.get().0)?;
    } else {
        for batch in batches(source)? {
            feed(&EventRows::new(&batch).map_err(to_python)?)?;
        }
    }
    if let Some(due_ns) = steps.last() {
        on_step.call1((due_ns,))?;
    }
    Ok(applied)
}
