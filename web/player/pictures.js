/** Encoded pictures of one turn in, pictures to draw out: decoded just ahead of the sound, the late ones dropped. */

/** Decoded pictures that wait at most. Some decoders stand still while many of their pictures are held. */
const AHEAD = 6;

/**
 * @typedef {{ codec: "jpeg" | "h264" | "i420", width: number, height: number, fps: number }} VideoFormat
 * @typedef {{ frame: number, keyframe: boolean, data: Uint8Array<ArrayBuffer> }} Encoded
 * @typedef {ImageBitmap | VideoFrame} Drawable
 * @typedef {{ frame: number, image: Drawable }} Picture
 * @typedef {{ decode(encoded: Encoded): void, close(): void }} Decoder
 */

/** Holds what was received, decodes what is needed next, and gives the picture that belongs to a moment. */
export class Pictures {
  /** @type {Encoded[]} */
  #waiting = [];
  /** @type {Picture[]} */
  #decoded = [];
  #decoding = 0;
  #decoder;
  #closed = false;
  /** The frame that is shown or was due last. */
  #due = 0;
  dropped = 0;

  /**
   * @param {VideoFormat} format
   * @param {{ onFirst: () => void, onError: (why: unknown) => void }} told `onFirst`: a first picture can be drawn
   */
  constructor(format, { onFirst, onError }) {
    let first = true;
    /** @type {(frame: number, image: Drawable) => void} */
    const done = (frame, image) => {
      this.#decoding -= 1;
      if (this.#closed) return image.close();
      this.#decoded.push({ frame, image });
      this.#decoded.sort((one, other) => one.frame - other.frame);
      if (first) onFirst();
      first = false;
    };
    this.#decoder = decoderOf(format, done, onError);
  }

  /** @param {Encoded} encoded */
  push(encoded) {
    this.#waiting.push(encoded);
    this.#decodeAhead();
  }

  /**
   * The newest picture that is due at `frame`, null when it is the one taken before or is not there. Whoever takes it
   * closes it. Older ones are dropped: a picture is never shown later to make up for having come late.
   *
   * @param {number} frame
   * @returns {Picture | null}
   */
  take(frame) {
    this.#due = Math.max(this.#due, frame);
    /** @type {Picture | null} */
    let taken = null;
    while (this.#decoded.length > 0 && this.#decoded[0].frame <= frame) {
      if (taken !== null) this.#drop(taken);
      taken = /** @type {Picture} */ (this.#decoded.shift());
    }
    this.#decodeAhead();
    return taken;
  }

  close() {
    this.#closed = true;
    for (const { image } of this.#decoded) image.close();
    this.#decoded = [];
    this.#waiting = [];
    this.#decoder.close();
  }

  #decodeAhead() {
    this.#skipLate();
    while (this.#waiting.length > 0 && this.#decoding + this.#decoded.length < AHEAD) {
      this.#decoding += 1;
      this.#decoder.decode(/** @type {Encoded} */ (this.#waiting.shift()));
    }
  }

  /** Whatever lies before a key frame that is due already need not be decoded at all. */
  #skipLate() {
    const last = this.#waiting.findLastIndex(({ frame, keyframe }) => keyframe && frame <= this.#due);
    if (last > 0) this.dropped += this.#waiting.splice(0, last).length;
  }

  /** @param {Picture} picture */
  #drop({ image }) {
    image.close();
    this.dropped += 1;
  }
}

/** Whether this browser decodes H.264 as turns have it; where not, ask for JPEG. @returns {Promise<boolean>} */
export async function playsH264() {
  if (!("VideoDecoder" in globalThis)) return false;
  const found = await VideoDecoder.isConfigSupported({ codec: "avc1.4d401f" }).catch(() => null);
  return found?.supported === true;
}

/**
 * @param {VideoFormat} format
 * @param {(frame: number, image: Drawable) => void} done
 * @param {(why: unknown) => void} onError
 * @returns {Decoder}
 */
function decoderOf(format, done, onError) {
  if (format.codec === "h264") return new H264(done, onError);
  if (format.codec === "jpeg") return jpeg(done, onError);
  if (format.codec === "i420") return i420(format, done);
  throw new Error(`pictures come as ${format.codec}, which this player does not know`);
}

/** Annex B access units, each key frame with its parameter sets. */
class H264 {
  #decoder;
  #configured = false;

  /** @param {(frame: number, image: Drawable) => void} done @param {(why: unknown) => void} onError */
  constructor(done, onError) {
    // Timestamps are frame numbers: nothing but the order is asked of them here.
    this.#decoder = new VideoDecoder({ output: (image) => done(image.timestamp, image), error: onError });
  }

  /** @param {Encoded} encoded */
  decode({ frame, keyframe, data }) {
    if (this.#decoder.state === "closed") return;
    if (!this.#configured) {
      this.#decoder.configure({ codec: codecOf(data), optimizeForLatency: true });
      this.#configured = true;
    }
    this.#decoder.decode(new EncodedVideoChunk({ type: keyframe ? "key" : "delta", timestamp: frame, data }));
  }

  close() {
    if (this.#decoder.state !== "closed") this.#decoder.close();
  }
}

/**
 * WebCodecs' name of the stream: profile, constraints and level, as its sequence parameter set has them.
 *
 * @param {Uint8Array} unit
 */
function codecOf(unit) {
  for (let at = 0; at + 6 < unit.length; at++) {
    const begins = unit[at] === 0 && unit[at + 1] === 0 && unit[at + 2] === 1;
    if (!begins || (unit[at + 3] & 31) !== 7) continue;
    return "avc1." + [...unit.subarray(at + 4, at + 7)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  throw new Error("the first H.264 picture brings no parameter sets");
}

/** @param {(frame: number, image: Drawable) => void} done @param {(why: unknown) => void} onError @returns {Decoder} */
function jpeg(done, onError) {
  return {
    decode: ({ frame, data }) => {
      createImageBitmap(new Blob([data], { type: "image/jpeg" })).then((image) => done(frame, image), onError);
    },
    close: () => {},
  };
}

/** @param {VideoFormat} format @param {(frame: number, image: Drawable) => void} done @returns {Decoder} */
function i420({ width, height }, done) {
  // BT.601 in studio range, as the renderer draws.
  const colorSpace = /** @type {VideoColorSpaceInit} */ ({ matrix: "smpte170m", fullRange: false });
  const picture = /** @type {const} */ ({ format: "I420", codedWidth: width, codedHeight: height, colorSpace });
  return {
    decode: ({ frame, data }) => done(frame, new VideoFrame(data, { ...picture, timestamp: frame })),
    close: () => {},
  };
}
