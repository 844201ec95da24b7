"""NEWS_SENTIMENT: invented articles, marked SIMULATED in every field a reader sees, that loosely follow the market."""

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from alphatrader import calendar
from alphatrader.sim.alphavantage import answers
from alphatrader.sim.market.types import Bar, MarketTables

_BEFORE_OPEN_S = 8 * 3600
_MEAN_GAP_S = 1100.0
_LOOK_BACK_NS = 30 * 60 * calendar.NS
_USUAL_MOVE = 0.0035
"""Size of a half-hour move that news calls notable."""
_DEFAULT_LIMIT, _MAX_LIMIT = 50, 1000

_LABELS = ((-0.35, "Bearish"), (-0.15, "Somewhat-Bearish"), (0.15, "Neutral"), (0.35, "Somewhat-Bullish"))
_HEADLINES = {
    "Bearish": ("{} slides as sellers press", "{} extends losses"),
    "Somewhat-Bearish": ("{} drifts lower", "{} gives back ground"),
    "Neutral": ("{} treads water", "{} little changed as traders wait"),
    "Somewhat-Bullish": ("{} edges higher", "{} finds buyers"),
    "Bullish": ("{} climbs on strong demand", "{} rallies"),
}
_DEFINITIONS = {
    "sentiment_score_definition": "x <= -0.35: Bearish; -0.35 < x <= -0.15: Somewhat-Bearish; -0.15 < x < 0.15: "
    "Neutral; 0.15 <= x < 0.35: Somewhat_Bullish; x >= 0.35: Bullish",
    "relevance_score_definition": "0 < x <= 1, with a higher score indicating higher relevance.",
}


class _Article(NamedTuple):
    ts_ns: int
    symbol: str
    score: float
    relevance: float
    number: int


class _BadInputError(ValueError):
    """A parameter that the service refuses."""


def news_sentiment(market: MarketTables, query: Mapping[str, str], now_ns: int) -> bytes:
    """Answer the feed for the asked tickers, newest first unless sorted otherwise."""
    symbols = [symbol.strip().upper() for symbol in query.get("tickers", "").split(",") if symbol.strip()]
    if any(market.underlying(symbol) is None for symbol in symbols):
        return answers.bad_news_inputs()
    if not symbols:
        symbols = [contract.symbol for contract in market.contracts() if contract.sec_type == "STK"]
    try:
        first_ns, last_ns = _instant(query.get("time_from", ""), 0), _instant(query.get("time_to", ""), now_ns)
        limit, oldest_first = _limit(query.get("limit", "")), _order(query.get("sort", "LATEST").upper())
    except _BadInputError:
        return answers.bad_news_inputs()
    articles = [
        article
        for symbol in symbols
        for article in _articles(market, symbol, now_ns)
        if first_ns <= article.ts_ns <= last_ns
    ]
    articles.sort(key=lambda article: article.ts_ns, reverse=not oldest_first)
    feed = [_body(article) for article in articles[:limit]]
    return answers.encode({"items": str(len(feed)), **_DEFINITIONS, "feed": feed})


def label_of(score: float) -> str:
    """Name a sentiment score by the service's own definition."""
    if score <= _LABELS[0][0]:
        return "Bearish"
    if score <= _LABELS[1][0]:
        return "Somewhat-Bearish"
    if score < _LABELS[2][0]:
        return "Neutral"
    return "Somewhat-Bullish" if score < _LABELS[3][0] else "Bullish"


def _articles(market: MarketTables, symbol: str, now_ns: int) -> list[_Article]:
    """Invent the articles published up to now; what was published stays the same as time goes on."""
    words = [zlib.crc32(text.encode()) for text in (symbol, market.session_date, market.label)]
    generator = np.random.default_rng(words)
    bars = market.minute_bars(symbol)
    published_ns = market.open_ns - _BEFORE_OPEN_S * calendar.NS
    articles: list[_Article] = []
    while True:
        published_ns += int(generator.exponential(_MEAN_GAP_S) + 60.0) * calendar.NS
        whim, relevance = float(generator.normal(0.0, 0.12)), float(generator.uniform(0.3, 1.0))
        if published_ns > min(now_ns, market.close_ns):
            return articles
        mood = 0.4 * float(np.tanh(_move_before(bars, published_ns) / _USUAL_MOVE))
        articles.append(_Article(published_ns, symbol, round(mood + whim, 6), relevance, len(articles)))


def _move_before(bars: Sequence[Bar], ts_ns: int) -> float:
    """Return the log return of the half hour before an instant, 0 before the open."""
    window = [bar for bar in bars if ts_ns - _LOOK_BACK_NS <= bar.start_ns and bar.start_ns + 60 * calendar.NS <= ts_ns]
    return float(np.log(window[-1].close / window[0].open)) if window else 0.0


def _body(article: _Article) -> dict[str, object]:
    label = label_of(article.score)
    headline = _HEADLINES[label][article.number % 2].format(article.symbol)
    published = dt.datetime.fromtimestamp(article.ts_ns // calendar.NS, dt.UTC)
    return {
        "title": f"SIMULATED: {headline}",
        "url": f"https://simulated.invalid/news/{article.symbol}/{published:%Y%m%dT%H%M%S}",
        "time_published": f"{published:%Y%m%dT%H%M%S}",
        "authors": ["SIMULATED AUTHOR"],
        "summary": f"SIMULATED article, invented for a simulated market: {headline}.",
        "banner_image": None,
        "source": "SIMULATED NEWSWIRE",
        "category_within_source": "n/a",
        "source_domain": "simulated.invalid",
        "topics": [{"topic": "Financial Markets", "relevance_score": f"{article.relevance:.6f}"}],
        "overall_sentiment_score": article.score,
        "overall_sentiment_label": label,
        "ticker_sentiment": [
            {
                "ticker": article.symbol,
                "relevance_score": f"{article.relevance:.6f}",
                "ticker_sentiment_score": f"{article.score:.6f}",
                "ticker_sentiment_label": label,
            }
        ],
    }


def _instant(text: str, default_ns: int) -> int:
    """Read ``YYYYMMDDTHHMM`` (UTC)."""
    if not text:
        return default_ns
    try:
        moment = dt.datetime.strptime(text, "%Y%m%dT%H%M").replace(tzinfo=dt.UTC)
    except ValueError as error:
        raise _BadInputError(text) from error
    return int(moment.timestamp()) * calendar.NS


def _limit(text: str) -> int:
    if not text:
        return _DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit()) or len(text) > 4 or not 1 <= int(text) <= _MAX_LIMIT:
        raise _BadInputError(text)
    return int(text)


def _order(text: str) -> bool:
    if text not in {"LATEST", "EARLIEST", "RELEVANCE"}:
        raise _BadInputError(text)
    return text == "EARLIEST"
