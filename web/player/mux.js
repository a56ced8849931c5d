/**
 * Avatar mux v1, `application/x-avatar-mux`: bytes of one turn in, records out. The same limits and refusals as every
 * other reader of it; `sdks/vectors/mux.json` holds them together.
 *
 * A record: u32 length of what follows, u32 length of the header, the header (a UTF-8 JSON object with a string
 * `type`), the payload. Big-endian. The first record is `start`; exactly one `end` or `error` closes the stream.
 */

/** A raw picture of 1536 x 1536 is 3.5 MB; nothing that is meant comes near. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;
export const MAX_HEADER_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;

/**
 * @typedef {{ type: string, [name: string]: any }} Header
 * @typedef {{ header: Header, payload: Uint8Array<ArrayBuffer> }} Record
 */

/** These bytes are no avatar mux, or records come in an order that the format does not have. */
export class MuxError extends Error {
  /** @param {string} message @param {boolean} [cut] whether the stream only ended too early */
  constructor(message, cut = false) {
    super(message);
    this.name = "MuxError";
    this.cut = cut;
  }
}

/** Takes bytes in pieces of any size, gives whole records, and holds the stream to its order. */
export class MuxDecoder {
  /** Bytes `#begin` to `#end` are held. It doubles when full, so that a byte is copied twice on average. */
  #held = new Uint8Array(64 * 1024);
  #begin = 0;
  #end = 0;
  #started = false;
  #closed = false;

  /** @param {Uint8Array} data @returns {Generator<Record>} throws MuxError at the first byte that cannot be right */
  *push(data) {
    this.#keep(data);
    for (let length = this.#nextLength(); length !== null; length = this.#nextLength()) {
      const body = this.#held.slice(this.#begin + LENGTH_BYTES, this.#begin + LENGTH_BYTES + length);
      this.#begin += LENGTH_BYTES + length;
      yield this.#inOrder(recordOf(body));
    }
    if (this.#closed && this.#end > this.#begin) throw new MuxError("bytes after the record that closes the stream");
  }

  /** No more bytes will come. Throws MuxError unless the stream was closed by `end` or `error`. */
  end() {
    if (!this.#closed) throw new MuxError("the stream was cut: no end and no error record", true);
  }

  /** @param {Uint8Array} data */
  #keep(data) {
    const size = this.#end - this.#begin + data.length;
    if (this.#end + data.length > this.#held.length) {
      const room = size > this.#held.length ? new Uint8Array(Math.max(2 * this.#held.length, size)) : this.#held;
      room.set(this.#held.subarray(this.#begin, this.#end));
      [this.#held, this.#begin, this.#end] = [room, 0, size - data.length];
    }
    this.#held.set(data, this.#end);
    this.#end += data.length;
  }

  /** Length of the record at the front, null while it is not whole. */
  #nextLength() {
    const held = this.#end - this.#begin;
    if (held < LENGTH_BYTES) return null;
    const view = new DataView(this.#held.buffer, this.#begin, held);
    const length = view.getUint32(0);
    if (length < LENGTH_BYTES || length > MAX_RECORD_BYTES) {
      throw new MuxError(`a record cannot be ${length} bytes long`);
    }
    if (held >= 2 * LENGTH_BYTES) {
      const header = view.getUint32(LENGTH_BYTES);
      if (header > Math.min(MAX_HEADER_BYTES, length - LENGTH_BYTES)) {
        throw new MuxError(`a header cannot be ${header} bytes long in a record of ${length}`);
      }
    }
    return held >= LENGTH_BYTES + length ? length : null;
  }

  /** @param {Record} record */
  #inOrder(record) {
    const { type } = record.header;
    if (this.#closed) throw new MuxError(`a record of type ${type} after the one that closes the stream`);
    if ((type === "start") === this.#started) throw new MuxError("the first record, and no other, must be start");
    this.#started = true;
    this.#closed = type === "end" || type === "error";
    return record;
  }
}

/**
 * The records of one turn as they arrive. Throws MuxError where the bytes are no mux, and where they end too early.
 * Leaving the loop cancels the stream.
 *
 * @param {ReadableStream<Uint8Array>} stream for example a response's `body`
 * @param {(bytes: number) => void} [received] told of every piece that arrives
 * @returns {AsyncGenerator<Record, void, void>}
 */
export async function* readAvatarMux(stream, received = () => {}) {
  const reader = stream.getReader();
  const decoder = new MuxDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(connectionLost);
      if (done || value === undefined) break;
      received(value.length);
      yield* decoder.push(value);
    }
    decoder.end();
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {unknown} reason @returns {never} */
function connectionLost(reason) {
  throw new MuxError(`the stream was cut: ${reason instanceof Error ? reason.message : reason}`, true);
}

/** @param {Uint8Array<ArrayBuffer>} body @returns {Record} */
function recordOf(body) {
  const end = LENGTH_BYTES + new DataView(body.buffer).getUint32(0);
  let header;
  try {
    // A byte order mark is no JSON: it is kept, and refused.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body.subarray(LENGTH_BYTES, end));
    header = JSON.parse(text);
  } catch {
    throw new MuxError("a header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new MuxError("a header is not a JSON object");
  }
  if (typeof header.type !== "string") throw new MuxError("a header has no type");
  return { header, payload: body.subarray(end) };
}
