/** What a turn is measured by, as the page shows it. */

/**
 * @typedef {object} TurnStatistics
 * @property {number | null} timeToFirstFrameMs from the request to the first picture seen with its sound
 * @property {number | null} driftMs picture against sound over the last second; above 0: the picture is late
 * @property {number | null} worstDriftMs the furthest that any picture was from its sound
 * @property {number} shownFrames
 * @property {number} droppedFrames came too late, or more came than the screen shows
 * @property {number} bytes
 * @property {number} stalls how often the sound had to wait
 */

/** As many pictures as a second has, about. */
const WINDOW = 25;

export class Measured {
  /** @type {number[]} */
  #offsets = [];
  #worst = 0;
  #requestedAt;
  /** @type {number | null} */
  #firstMs = null;
  shown = 0;
  bytes = 0;
  stalls = 0;

  /** @param {number} requestedAt ms, of `performance.now()` */
  constructor(requestedAt) {
    this.#requestedAt = requestedAt;
  }

  /** @param {number} offsetMs how much later than its sound the picture was shown */
  showed(offsetMs) {
    this.shown += 1;
    this.#firstMs ??= performance.now() - this.#requestedAt;
    this.#offsets.push(offsetMs);
    if (this.#offsets.length > WINDOW) this.#offsets.shift();
    if (Math.abs(offsetMs) > Math.abs(this.#worst)) this.#worst = offsetMs;
  }

  /** @param {number} droppedFrames @returns {TurnStatistics} */
  report(droppedFrames) {
    const sum = this.#offsets.reduce((one, other) => one + other, 0);
    const any = this.#offsets.length > 0;
    return {
      timeToFirstFrameMs: this.#firstMs,
      driftMs: any ? sum / this.#offsets.length : null,
      worstDriftMs: any ? this.#worst : null,
      shownFrames: this.shown,
      droppedFrames,
      bytes: this.bytes,
      stalls: this.stalls,
    };
  }
}
