/** One turn on its way from records to ears and eyes: its sound is the clock, its pictures and words follow. */

import { MuxError, readAvatarMux } from "./mux.js";
import { Pictures } from "./pictures.js";
import { TurnSound } from "./sound.js";
import { Measured } from "./statistics.js";

/** The screen shows a picture about this long after it is drawn: half of one refresh at 60 Hz. */
const AHEAD_SECONDS = 0.008;
/** A shorter wait for sound is no stall that anybody hears. */
const STALL_MS = 60;
/** An interrupted stream has this long to say its end before it is left. */
const GOODBYE_MS = 2000;
/** A sound that was told to stop and does not say so in this time is not running at all. */
const SILENT_MS = 300;
/** A browser that lets sound be heard has it running sooner. */
const BLOCKED_MS = 2000;

/**
 * @typedef {"completed" | "interrupted" | "failed"} Reason
 * @typedef {object} Ended
 * @property {string} turnId
 * @property {Reason} reason
 * @property {number} samples
 * @property {number} frames
 * @property {number | null} billedCreditMicros null when the end was never heard of
 * @typedef {{ code: string, message: string, retryable: boolean }} Failure
 * @typedef {{ playoutDelayMs: number, patienceMs: number }} Patience
 * @typedef {{ open(rate: number): Promise<{ context: AudioContext, output: AudioNode }> }} Speaker
 * @typedef {(type: string, detail: object) => void} Tell
 */

export class Turn {
  #painter;
  #speaker;
  #patience;
  #tell;
  #stop = new AbortController();
  #measured;
  /** @type {TurnSound | null} */
  #sound = null;
  /** @type {Pictures | null} */
  #pictures = null;
  /** @type {{ codec: "jpeg" | "h264" | "i420", width: number, height: number, fps: number }} */
  #video = { codec: "jpeg", width: 0, height: 0, fps: 25 };
  /** @type {Uint8Array[] | null} sound that waits for the first picture; null once there is one */
  #early = [];
  #received = 0;
  /** @type {import("./mux.js").Header[]} what is told when its sound is heard */
  #timed = [];
  /** @type {import("./mux.js").Header | null} */
  #end = null;
  /** @type {Failure | null} */
  #failure = null;
  /** ms; infinite while it was not interrupted */
  #interruptedAt = Infinity;
  #readAll = false;
  /** @type {"waiting" | "playing" | "ended"} */
  #state = "waiting";
  #waitingSince = 0;
  #lastByteAt = performance.now();
  #stalled = false;
  #spoke = false;
  turnId = "";

  /**
   * @param {import("./painter.js").Painter} painter
   * @param {Speaker} speaker
   * @param {Patience} patience
   * @param {Tell} tell
   * @param {number} requestedAt
   */
  constructor(painter, speaker, patience, tell, requestedAt) {
    this.#painter = painter;
    this.#speaker = speaker;
    this.#patience = patience;
    this.#tell = tell;
    this.#measured = new Measured(requestedAt);
  }

  get statistics() {
    return this.#measured.report(this.#pictures?.dropped ?? 0);
  }

  /**
   * Reads the stream to its end. Never throws: what goes wrong is the turn's failure.
   *
   * @param {ReadableStream<Uint8Array>} stream
   */
  async read(stream) {
    const records = readAvatarMux(leftAt(stream, this.#stop.signal), (bytes) => {
      this.#measured.bytes += bytes;
      this.#lastByteAt = performance.now();
    });
    try {
      for await (const record of records) await this.#take(record);
    } catch (why) {
      if (!this.#interrupted) this.#failure ??= failureOf(why);
    }
    this.#readAll = true;
    this.#openGate();
    this.#sound?.close();
  }

  /** Silence, now. @param {((turnId: string) => unknown) | undefined} tellServer */
  interrupt(tellServer) {
    if (this.#interrupted) return;
    this.#interruptedAt = performance.now();
    this.#sound?.interrupt();
    this.#painter.rest();
    // Only a turn whose name is known can be interrupted at its server; any other is left, which the server notices.
    if (tellServer === undefined || this.turnId === "") return this.#stop.abort();
    setTimeout(() => this.#stop.abort(), GOODBYE_MS);
    Promise.resolve(this.turnId).then(tellServer).catch(() => this.#stop.abort());
  }

  /** Call at every refresh of the screen. @returns {Ended | null} not null once: when the turn is over */
  tick() {
    const now = performance.now();
    if (this.#sound !== null && this.#pictures !== null && !this.#interrupted) this.#show(this.#sound, this.#pictures);
    this.#watch(now);
    if (!this.#over) return null;
    return this.#finish();
  }

  get #interrupted() {
    return this.#interruptedAt < Infinity;
  }

  /** Nothing more is read and, where there was sound, all of it was heard. */
  get #over() {
    if (!this.#readAll || this.#sound === null || this.#received === 0) return this.#readAll;
    if (performance.now() - this.#interruptedAt > SILENT_MS) return true;
    return this.#state === "ended" && this.#sound.settled;
  }

  /** @param {import("./mux.js").Record} record */
  async #take({ header, payload }) {
    if (header.type === "start") await this.#start(header);
    else if (header.type === "audio") this.#hear(header, payload);
    else if (header.type === "video") this.#pictures?.push(encoded(header, payload));
    else if (header.type === "text_delta" || header.type === "visemes") this.#timed.push(header);
    else if (header.type === "end") this.#end = header;
    else if (header.type === "error") this.#failure = failureSaid(header);
  }

  /** @param {import("./mux.js").Header} header */
  async #start(header) {
    const { audio, video } = header;
    if (header.version !== 1 || audio?.encoding !== "pcm_s16le" || audio.channels !== 1) {
      throw new MuxError("this turn is of a kind that this player does not know: reload the page");
    }
    this.turnId = String(header.turn_id);
    this.#video = video;
    this.#pictures = new Pictures(video, {
      onFirst: () => this.#openGate(),
      onError: (why) => this.#fail(why),
    });
    this.#painter.begin(video.width, video.height);
    const { context, output } = await this.#speaker.open(audio.sample_rate);
    await running(context);
    const hold = { startSeconds: this.#patience.playoutDelayMs / 1000, againSeconds: 0.2 };
    this.#sound = new TurnSound(context, output, hold, ({ said }) => this.#said(said));
    if (this.#interrupted) this.#sound.interrupt();
  }

  /** @param {import("./mux.js").Header} header @param {Uint8Array} payload */
  #hear(header, payload) {
    if (header.pts !== this.#received) throw new MuxError(`sound for ${this.#received} is missing; ${header.pts} came`);
    this.#received += payload.length >> 1;
    if (this.#early !== null) this.#early.push(payload);
    else this.#sound?.push(payload);
  }

  /** Sound never leads: it is let through when there is a picture to go with it, or none will come. */
  #openGate() {
    const early = this.#early ?? [];
    this.#early = null;
    for (const pcm of early) this.#sound?.push(pcm);
  }

  /** @param {"playing" | "waiting" | "ended"} said */
  #said(said) {
    this.#state = said;
    this.#waitingSince = performance.now();
  }

  /** @param {TurnSound} sound @param {Pictures} pictures */
  #show(sound, pictures) {
    const samplesPerFrame = sound.rate / this.#video.fps;
    const due = Math.floor(sound.heard(AHEAD_SECONDS) / samplesPerFrame);
    const heard = sound.heard();
    const picture = pictures.take(due);
    if (picture !== null) {
      this.#painter.show(picture.image);
      picture.image.close();
    }
    this.#announce(heard);
    if (picture !== null) this.#measured.showed(((heard - picture.frame * samplesPerFrame) / sound.rate) * 1000);
  }

  /** @param {number} heard */
  #announce(heard) {
    if (this.#state === "waiting" && !this.#spoke) return;
    if (!this.#spoke && this.#received > 0) {
      this.#spoke = true;
      this.#tell("speechstart", { turnId: this.turnId });
    }
    while (this.#timed.length > 0 && this.#timed[0].pts <= heard) {
      const { type, ...said } = /** @type {import("./mux.js").Header} */ (this.#timed.shift());
      this.#tell(type === "text_delta" ? "text" : type, said);
    }
  }

  /** @param {number} now */
  #watch(now) {
    const waits = this.#state === "waiting" && !this.#readAll;
    const stalled = waits && this.#spoke && now - this.#waitingSince > STALL_MS;
    if (stalled && !this.#stalled) this.#measured.stalls += 1;
    if (stalled !== this.#stalled) this.#tell(stalled ? "stall" : "resume", { turnId: this.turnId });
    this.#stalled = stalled;
    const quietMs = now - Math.max(this.#lastByteAt, this.#waitingSince);
    if (waits && quietMs > this.#patience.patienceMs) this.#fail(new MuxError("nothing came any more", true));
  }

  /** @param {unknown} why */
  #fail(why) {
    this.#failure ??= failureOf(why);
    this.#stop.abort();
  }

  /** @returns {Ended} */
  #finish() {
    this.#painter.rest();
    this.#pictures?.close();
    this.#sound?.disconnect();
    if (this.#spoke) this.#tell("speechend", { turnId: this.turnId });
    if (this.#failure !== null && !this.#interrupted) this.#tell("error", this.#failure);
    return {
      turnId: this.turnId,
      reason: this.#interrupted ? "interrupted" : this.#failure !== null ? "failed" : this.#end?.reason,
      samples: this.#end?.samples ?? this.#received,
      frames: this.#end?.frames ?? this.#measured.shown,
      billedCreditMicros: this.#end?.billed_credit_micros ?? null,
    };
  }
}

/** @param {import("./mux.js").Header} header @param {Uint8Array<ArrayBuffer>} data */
const encoded = ({ frame, keyframe }, data) => ({ frame, keyframe, data });

/** @param {import("./mux.js").Header} header @returns {Failure} */
const failureSaid = ({ code, message, retryable }) => ({ code, message, retryable });

/** @param {unknown} why @returns {Failure} */
function failureOf(why) {
  if (why instanceof SoundBlocked) {
    const message = "The browser lets no sound be heard before a click or a key press. Click, and try again.";
    return { code: "sound_blocked", message, retryable: true };
  }
  if (why instanceof MuxError && why.cut) {
    return { code: "connection_lost", message: "The connection was lost before the end. Try again.", retryable: true };
  }
  const message = why instanceof Error ? why.message : String(why);
  return { code: "stream_unreadable", message: `The stream cannot be played: ${message}.`, retryable: false };
}

/** Waits until sound may be heard; browsers want a click or key press first. @param {AudioContext} context */
async function running(context) {
  if (context.state === "running") return;
  const late = new Promise((resolve) => setTimeout(resolve, BLOCKED_MS));
  await Promise.race([context.resume().catch(() => {}), late]);
  if (/** @type {string} */ (context.state) !== "running") throw new SoundBlocked();
}

class SoundBlocked extends Error {}

/**
 * The same stream, which ends when `signal` says so.
 *
 * @param {ReadableStream<Uint8Array>} stream
 * @param {AbortSignal} signal
 */
function leftAt(stream, signal) {
  return stream.pipeThrough(new TransformStream(), { signal });
}
