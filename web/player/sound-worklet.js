/**
 * Plays one turn's samples and is its clock: says at which moment of the sound card which sample was played.
 *
 * In:  Float32Array (more samples) | "closed" (no more come) | "interrupt".
 * Out: { said: "playing" | "waiting" | "ended", sample, frame }: `sample` begins (or stops) at `frame`, both counted in
 * samples of the context's rate; `frame` / rate is the context's time.
 */

/** A cut in the middle of a wave is heard as a click: the sound fades over these samples (5 ms at 24 kHz). */
const FADE_SAMPLES = 120;

class TurnSound extends AudioWorkletProcessor {
  /** @param {{ processorOptions: { startSamples: number, againSamples: number } }} options */
  constructor({ processorOptions }) {
    super();
    /** @type {Float32Array[]} */
    this.pieces = [];
    /** Samples of the first piece that were played already. */
    this.offset = 0;
    this.held = 0;
    this.sample = 0;
    this.closed = false;
    this.playing = false;
    this.ended = false;
    /** How many samples of the fade are still to come; negative: no fade. */
    this.fade = -1;
    /** Samples that must be held before playing begins, and begins again after a stall. */
    this.needed = processorOptions.startSamples;
    this.again = processorOptions.againSamples;
    this.port.onmessage = ({ data }) => this.told(data);
  }

  /** @param {Float32Array | "closed" | "interrupt"} data */
  told(data) {
    if (data === "closed") this.closed = true;
    else if (data === "interrupt") this.interrupt();
    else if (this.fade < 0) {
      this.pieces.push(data);
      this.held += data.length;
    }
  }

  interrupt() {
    this.closed = true;
    this.fade = this.playing ? Math.min(FADE_SAMPLES, this.held) : 0;
    if (this.fade === 0) this.held = 0;
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, outputs) {
    const out = outputs[0][0];
    if (!this.playing && this.held > 0 && (this.closed || this.held >= this.needed)) {
      this.playing = true;
      this.say("playing", currentFrame);
    }
    const filled = this.playing ? this.fill(out) : 0;
    if (this.closed && this.held === 0) this.finish(filled);
    else if (this.playing && filled < out.length) this.starve(filled);
    return !this.ended;
  }

  /** @param {Float32Array} out @returns {number} how many samples were there to play */
  fill(out) {
    let filled = 0;
    while (filled < out.length && this.held > 0 && this.fade !== 0) {
      const piece = this.pieces[0];
      const most = Math.min(out.length - filled, piece.length - this.offset);
      const count = this.fade > 0 ? Math.min(most, this.fade) : most;
      out.set(piece.subarray(this.offset, this.offset + count), filled);
      if (this.fade > 0) this.fadeOut(out.subarray(filled, filled + count));
      this.take(count);
      filled += count;
    }
    if (this.fade === 0) this.held = 0;
    return filled;
  }

  /** @param {Float32Array} out */
  fadeOut(out) {
    for (let at = 0; at < out.length; at++) out[at] *= (this.fade - at) / FADE_SAMPLES;
    this.fade -= out.length;
  }

  /** @param {number} count */
  take(count) {
    this.offset += count;
    this.held -= count;
    this.sample += count;
    if (this.offset < this.pieces[0].length) return;
    this.pieces.shift();
    this.offset = 0;
  }

  /** @param {number} filled */
  starve(filled) {
    this.playing = false;
    this.needed = this.again;
    this.say("waiting", currentFrame + filled);
  }

  /** @param {number} filled */
  finish(filled) {
    this.ended = true;
    this.say("ended", currentFrame + filled);
  }

  /** @param {"playing" | "waiting" | "ended"} said @param {number} frame */
  say(said, frame) {
    this.port.postMessage({ said, sample: this.sample, frame });
  }
}

registerProcessor("parley-turn-sound", TurnSound);
