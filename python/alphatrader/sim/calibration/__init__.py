"""How like a real market the simulated one is: the same measures of both, as plots and as a table with bounds.

``python -m alphatrader.sim.calibration --data ../shared/data --out docs/img --document docs/simulator.md``. Real data
stays where it is: only statistics of whole days and chains are written.
"""
