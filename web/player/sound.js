/** The sound of one turn, and its clock: which sample is being heard now. Pictures follow it; nothing else is timed. */

const WORKLET = new URL("./sound-worklet.js", import.meta.url);

/** @typedef {{ said: "playing" | "waiting" | "ended", sample: number, frame: number }} Said */

/** One audio context, made when it is first needed, and again when a turn comes at another sample rate. */
export class SoundDevice {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {Promise<AudioContext> | null} */
  #ready = null;

  /**
   * Call from a click or a key press once: browsers allow sound from then on.
   *
   * @param {number} [rate] samples per second
   * @returns {Promise<AudioContext>}
   */
  async open(rate = this.#context?.sampleRate ?? 24000) {
    if (this.#context === null || this.#context.sampleRate !== rate) {
      await this.close();
      const context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
      this.#context = context;
      this.#ready = context.audioWorklet.addModule(WORKLET).then(() => context);
    }
    const context = this.#context;
    if (context.state === "suspended") context.resume().catch(() => {});
    return /** @type {Promise<AudioContext>} */ (this.#ready);
  }

  async close() {
    const context = this.#context;
    this.#context = this.#ready = null;
    if (context !== null && context.state !== "closed") await context.close();
  }
}

/** Feeds the worklet and reads its clock. */
export class TurnSound {
  #context;
  #node;
  /** @type {{ sample: number, frame: number, running: boolean }} */
  #anchor = { sample: 0, frame: 0, running: false };
  /** @type {{ sample: number, frame: number, running: boolean }} */
  #before = this.#anchor;

  /**
   * @param {AudioContext} context
   * @param {AudioNode} output
   * @param {{ startSeconds: number, againSeconds: number }} hold sound that must be there before it begins
   * @param {(said: Said) => void} onSaid
   */
  constructor(context, output, hold, onSaid) {
    this.#context = context;
    this.#node = new AudioWorkletNode(context, "parley-turn-sound", {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: {
        startSamples: Math.round(hold.startSeconds * context.sampleRate),
        againSamples: Math.round(hold.againSeconds * context.sampleRate),
      },
    });
    this.#node.port.onmessage = ({ data }) => {
      this.#before = this.#anchor;
      this.#anchor = { sample: data.sample, frame: data.frame, running: data.said === "playing" };
      onSaid(data);
    };
    this.#node.connect(output);
  }

  get rate() {
    return this.#context.sampleRate;
  }

  /** @param {Uint8Array} pcm 16-bit little-endian mono samples */
  push(pcm) {
    const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    const samples = new Float32Array(pcm.byteLength >> 1);
    for (let at = 0; at < samples.length; at++) samples[at] = view.getInt16(2 * at, true) / 32768;
    this.#node.port.postMessage(samples, [samples.buffer]);
  }

  /** No more will come: what is held is played to its end. */
  close() {
    this.#node.port.postMessage("closed");
  }

  interrupt() {
    this.#node.port.postMessage("interrupt");
  }

  disconnect() {
    this.#node.disconnect();
  }

  /**
   * The sample that is heard `aheadSeconds` from now, also between two samples; it stands still while the sound waits.
   * The device's own delay is in it: what the worklet renders now is heard later.
   */
  heard(aheadSeconds = 0) {
    const frame = (heardSeconds(this.#context) + aheadSeconds) * this.rate;
    // What was said last may lie in the future of what is heard.
    const anchor = frame >= this.#anchor.frame ? this.#anchor : this.#before;
    const moved = anchor.running ? Math.max(0, frame - anchor.frame) : 0;
    const most = anchor === this.#before ? this.#anchor.sample : Infinity;
    return Math.min(anchor.sample + moved, most);
  }

  /** Whether all that the worklet has said is heard by now. */
  get settled() {
    return heardSeconds(this.#context) * this.rate >= this.#anchor.frame;
  }
}

/** The context's time that is heard now. @param {AudioContext} context */
function heardSeconds(context) {
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
  // Some browsers leave the time stamp at zero: the latency they tell is the next best.
  if (performanceTime === 0) return context.currentTime - (context.outputLatency || context.baseLatency || 0);
  return Math.min(context.currentTime, contextTime + (performance.now() - performanceTime) / 1000);
}
