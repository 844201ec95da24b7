// The connection: a WebSocket, and polling while there is none.

const RETRY_MS = [500, 1_000, 2_000, 4_000, 5_000];
const SILENCE_LIMIT_MS = 5_000;
const POLL_MS = 1_000;
const CLOSE_LOGGED_OUT = 4401;

export class Stream {
  /** `onFrame(frame)`; `onState(state)`: live | polling | down | logged-out; `onConnection()`: a new one is open. */
  constructor({ onFrame, onState, onConnection }) {
    this.onFrame = onFrame;
    this.onState = onState;
    this.onConnection = onConnection;
    this.attempt = 0;
    this.socket = null;
    this.lastMessageAt = 0;
    this.loggedOut = false;
    this.polling = false;
  }

  start() {
    this.connect();
    setInterval(() => this.watch(), POLL_MS);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.socket) this.connect();
    });
  }

  connect() {
    clearTimeout(this.retry);
    if (this.socket || this.loggedOut) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.socket = socket;
    this.lastMessageAt = Date.now();
    socket.onopen = () => this.onConnection();
    socket.onmessage = (event) => {
      this.lastMessageAt = Date.now();
      this.attempt = 0;
      this.onFrame(JSON.parse(event.data));
      this.onState("live");
    };
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  closed(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    if (code === CLOSE_LOGGED_OUT) return this.endSession();
    const wait = RETRY_MS[Math.min(this.attempt, RETRY_MS.length - 1)];
    this.attempt += 1;
    this.retry = setTimeout(() => this.connect(), wait);
    this.poll();
  }

  /** A connection can be dead without saying so; and while there is none, ask by ordinary requests. */
  watch() {
    if (this.loggedOut) return;
    const socket = this.socket;
    if (socket && Date.now() - this.lastMessageAt > SILENCE_LIMIT_MS) {
      socket.onclose = null;
      socket.close();
      this.closed(socket, 0);
    } else if (!socket || socket.readyState !== WebSocket.OPEN) this.poll();
  }

  async poll() {
    if (this.polling) return;
    this.polling = true;
    try {
      const answer = await fetch("/api/view", { signal: AbortSignal.timeout(3_000) });
      if (answer.status === 401) return this.endSession();
      const body = await answer.json();
      const frame = answer.ok ? body : body.frame;
      if (!frame) throw new Error(body.detail);
      if (this.socket?.readyState === WebSocket.OPEN) return;
      this.onFrame(frame);
      this.onState("polling");
    } catch {
      if (this.socket?.readyState !== WebSocket.OPEN) this.onState("down");
    } finally {
      this.polling = false;
    }
  }

  endSession() {
    this.loggedOut = true;
    clearTimeout(this.retry);
    this.socket?.close();
    this.onState("logged-out");
  }
}
