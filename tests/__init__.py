"""The tests; a package, so that its name wins over a stray `tests` of an installed wheel."""
