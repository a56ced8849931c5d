/**
 * AvatarPlayer: plays turns (`application/x-avatar-mux`) on a canvas.
 *
 *     const player = new AvatarPlayer(canvas);
 *     button.onclick = async () => {
 *       player.unlock();
 *       const response = await fetch("/api/v1/realtime/turn", { method: "POST", ... });
 *       const { reason } = await player.play(response, { interrupt: (id) => fetch(...) });
 *     };
 *
 * The sound is the clock: a picture is shown while its sound is heard, or not at all.
 *
 * Events (`CustomEvent`, all with `detail`): `speechstart`, `speechend`, `text` {text, pts} as it is heard, `visemes`,
 * `stall` and `resume` when the sound has to wait for the network, `error` {code, message, retryable}, and, once for
 * each turn, `ended` {turnId, reason, samples, frames, billedCreditMicros}.
 */

import { readAvatarMux } from "./mux.js";
import { Painter } from "./painter.js";
import { playsH264 } from "./pictures.js";
import { SoundDevice } from "./sound.js";
import { Turn } from "./turn.js";

export { playsH264, readAvatarMux };

/** While the page is not seen the browser draws nothing; the turn goes on at this pace. */
const UNSEEN_MS = 200;

/** @type {import("./turn.js").Ended} */
const REFUSED = { turnId: "", reason: "failed", samples: 0, frames: 0, billedCreditMicros: 0 };

/**
 * @typedef {import("./turn.js").Ended} Ended
 * @typedef {import("./statistics.js").TurnStatistics} TurnStatistics
 * @typedef {object} PlayOptions
 * @property {number} [requestedAt] when the request was sent (`performance.now()`): time to first frame
 * @property {(turnId: string) => unknown} [interrupt] asks the server to end the turn; without it the stream is left
 */

export class AvatarPlayer extends EventTarget {
  #painter;
  #device = new SoundDevice();
  /** @type {GainNode | null} */
  #output = null;
  #volume = 1;
  #patience;
  /** @type {Turn | null} */
  #turn = null;
  /** @type {PlayOptions} */
  #options = {};
  /** @type {(ended: Ended) => void} */
  #resolve = () => {};
  #looping = false;
  /** @type {TurnStatistics} */
  #last;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{ playoutDelayMs?: number, patienceMs?: number, crossOverMs?: number }} [options] `playoutDelayMs`: sound
   *   held before a turn begins; `patienceMs`: silence of the server that is taken for a lost connection
   */
  constructor(canvas, { playoutDelayMs = 120, patienceMs = 30_000, crossOverMs = 240 } = {}) {
    super();
    this.#painter = new Painter(canvas, crossOverMs);
    this.#patience = { playoutDelayMs, patienceMs };
    this.#last = this.#newTurn(0).statistics;
    setInterval(() => document.hidden && this.#tick(), UNSEEN_MS);
  }

  /** Call from a click or key press, before the first turn: browsers allow sound from then on. */
  unlock() {
    return this.#device.open();
  }

  /** Of the turn that plays, or of the last one. @returns {TurnStatistics} */
  get statistics() {
    return this.#turn?.statistics ?? this.#last;
  }

  get speaking() {
    return this.#turn !== null;
  }

  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    this.#volume = Math.min(1, Math.max(0, volume));
    if (this.#output !== null) this.#output.gain.value = this.#volume;
  }

  /** Where the sound leaves the player, to be measured or recorded; null before the first turn. */
  get output() {
    return this.#output;
  }

  /**
   * The picture between turns, for example the avatar's portrait; without one a turn's last picture stays.
   *
   * @param {CanvasImageSource | null} image it is copied
   */
  showIdle(image) {
    this.#painter.setIdle(image);
    this.#loop();
  }

  /**
   * Plays a turn to its end; one that still plays is interrupted first. Never rejects: see the event `error`.
   *
   * @param {Response | ReadableStream<Uint8Array>} source
   * @param {PlayOptions} [options]
   * @returns {Promise<Ended>}
   */
  async play(source, options = {}) {
    if (this.#turn !== null) await this.interrupt();
    const turn = this.#newTurn(options.requestedAt ?? performance.now());
    this.#turn = turn;
    this.#options = options;
    const stream = source instanceof Response ? await this.#bodyOf(source) : source;
    if (stream === null) {
      this.#turn = null;
      this.#tell("ended", REFUSED);
      return REFUSED;
    }
    /** @type {Promise<Ended>} */
    const ended = new Promise((resolve) => (this.#resolve = resolve));
    turn.read(stream);
    this.#loop();
    return ended;
  }

  /** Silence at once. Resolves when the turn has ended; does nothing between turns. */
  async interrupt() {
    const turn = this.#turn;
    if (turn === null) return;
    const over = new Promise((resolve) => this.addEventListener("ended", resolve, { once: true }));
    turn.interrupt(this.#options.interrupt);
    await over;
  }

  /** @param {number} requestedAt */
  #newTurn(requestedAt) {
    const speaker = { open: (/** @type {number} */ rate) => this.#open(rate) };
    return new Turn(this.#painter, speaker, this.#patience, (type, detail) => this.#tell(type, detail), requestedAt);
  }

  /** @param {number} rate */
  async #open(rate) {
    const context = await this.#device.open(rate);
    if (this.#output?.context !== context) {
      this.#output = new GainNode(context, { gain: this.#volume });
      this.#output.connect(context.destination);
    }
    return { context, output: this.#output };
  }

  /** @param {Response} response */
  async #bodyOf(response) {
    if (response.ok) return response.body;
    const said = await response.json().catch(() => ({}));
    const { error = `The server answered ${response.status}.`, code = "refused", retryable = false } = said;
    this.#tell("error", { code, message: error, retryable });
    return null;
  }

  #loop() {
    if (this.#looping) return;
    this.#looping = true;
    requestAnimationFrame(() => {
      this.#looping = false;
      if (this.#tick() || this.#turn !== null) this.#loop();
    });
  }

  #tick() {
    const ended = this.#turn?.tick() ?? null;
    if (ended !== null) this.#finish(ended);
    return this.#painter.paint(performance.now());
  }

  /** @param {Ended} ended */
  #finish(ended) {
    this.#last = this.statistics;
    this.#turn = null;
    this.#tell("ended", ended);
    this.#resolve(ended);
  }

  /** @param {string} type @param {object} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
