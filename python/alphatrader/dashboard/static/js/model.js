// What the page knows, and how old each part of it is now.
//
// An age is what the trader stated in the view, plus the view's own age when the server sent it, plus what has passed
// in this browser since. So every age goes on counting when nothing comes any more.

/** Elapsed time that also sees a laptop's sleep (the monotonic clock stands still then) and a clock set back. */
export class Stopwatch {
  constructor() {
    this.monotonic = performance.now();
    this.wall = Date.now();
  }

  elapsedMs() {
    return Math.max(performance.now() - this.monotonic, Date.now() - this.wall);
  }
}

const DELAY_WINDOW = 240;

export class Model {
  constructor() {
    this.view = null;
    this.status = null;
    this.received = null;
    this.ageAtReceiptMs = 0;
    this.clockGaps = [];
  }

  /** Take a frame of the server. Returns whether it brought a new view. */
  apply(frame) {
    // Frames that waited in a buffer are older than they say. The smallest gap between the clocks stands for "no delay".
    const gap = Date.now() - frame.sent_at_ms;
    this.clockGaps.push(gap);
    if (this.clockGaps.length > DELAY_WINDOW) this.clockGaps.shift();
    const delay = gap - Math.min(...this.clockGaps);
    this.status = frame.status;
    this.received = new Stopwatch();
    this.ageAtReceiptMs = (frame.status.view_age_ms ?? 0) + delay;
    if (frame.view === undefined) return false;
    this.view = frame.view;
    return true;
  }

  /** Forget the comparison of clocks: another connection has other delays. */
  newConnection() {
    this.clockGaps = [];
  }

  viewAgeMs() {
    return this.view && this.received ? this.ageAtReceiptMs + this.received.elapsedMs() : null;
  }

  silenceMs() {
    return this.received ? this.received.elapsedMs() : null;
  }

  /** Whether the view's numbers may be shown as live. */
  isLive() {
    const age = this.viewAgeMs();
    return age !== null && this.status.trader === "live" && age <= this.status.stale_after_ms;
  }

  feedAgeMs(feed) {
    return feed.age_ms === null ? null : feed.age_ms + this.viewAgeMs();
  }

  /** The trader's own judgement while it is young; a feed is not live in a view that is not. */
  feedState(feed) {
    return feed.state === "live" && !this.isLive() ? "stale" : feed.state;
  }

  /** Wall age of content stamped with market time, which may run faster than the wall clock. */
  contentAgeMs(tsNs) {
    if (!tsNs || !this.view) return null;
    return Math.max(0, (this.view.ts_ns - tsNs) / 1e6 / this.view.time_scale) + this.viewAgeMs();
  }
}
