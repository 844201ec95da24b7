"""The simulated market: prices, books, prints, option surface. It knows no protocol and no client."""
