/** Live speech: asks for a turn, plays it, and shows what it is measured by. */

import { AvatarPlayer, playsH264 } from "../player/player.js";

export const TURN = "/api/v1/realtime/turn";
const PREPARE = "/api/v1/realtime/prepare";
/** As many messages of a conversation as a turn takes. */
const MOST_MESSAGES = 24;

/** @typedef {{ avatarId: string, words: string, mode: string, emotion: string }} Wish */
/** @typedef {{ role: "user" | "assistant", content: string }} Message */

export class Live {
  #api;
  #player;
  /** @type {AbortController | null} a request that has not been answered yet */
  #asking = null;
  /** @type {Message[]} */
  #messages = [];
  #reply = "";

  /** @param {import("./api.js").Api} api @param {HTMLCanvasElement} canvas */
  constructor(api, canvas) {
    this.#api = api;
    this.#player = new AvatarPlayer(canvas);
    this.#player.addEventListener("text", (event) => (this.#reply += /** @type {CustomEvent} */ (event).detail.text));
  }

  get player() {
    return this.#player;
  }

  /** Another face begins another conversation. @param {string} avatarId */
  begin(avatarId) {
    this.#messages = [];
    // What the first turn needs is loaded while the words are still being typed; a refusal shows with the turn.
    if (this.#api.has(PREPARE)) this.#api.ask("POST", PREPARE, { avatar_id: avatarId }).catch(() => {});
  }

  /** @param {Wish} wish @returns {Promise<import("../player/player.js").Ended | null>} null: refused or left */
  async speak(wish) {
    await this.stop();
    this.#player.unlock().catch(() => {});
    const requestedAt = performance.now();
    this.#reply = "";
    const asking = (this.#asking = new AbortController());
    const said = this.#said(wish);
    try {
      const response = await this.#api.send("POST", TURN, await request(wish, said), { signal: asking.signal });
      this.#asking = null;
      const ended = await this.#player.play(response, { requestedAt, interrupt: (id) => this.#interrupt(id) });
      if (wish.mode === "chat") this.#remember(said);
      return ended;
    } catch (why) {
      if (asking.signal.aborted) return null;
      throw why;
    } finally {
      if (this.#asking === asking) this.#asking = null;
    }
  }

  async stop() {
    this.#asking?.abort();
    await this.#player.interrupt();
  }

  /** What was heard of the reply is what was said. @param {Message[]} said */
  #remember(said) {
    const content = this.#reply.trim().slice(0, 4000);
    if (content) this.#messages = [...said, { role: "assistant", content }];
  }

  /** @param {Wish} wish @returns {Message[]} */
  #said({ words }) {
    return [...this.#messages, { role: /** @type {"user"} */ ("user"), content: words }].slice(1 - MOST_MESSAGES);
  }

  /** @param {string} turnId */
  #interrupt(turnId) {
    return this.#api.ask("POST", `/api/v1/realtime/turns/${encodeURIComponent(turnId)}/interrupt`);
  }
}

/** @param {Wish} wish @param {object[]} messages */
async function request({ avatarId, words, mode, emotion }, messages) {
  return {
    avatar_id: avatarId,
    mode,
    ...(mode === "chat" ? { messages } : { text: words }),
    emotion,
    background_id: "as_is",
    low_latency_first_chunk: true,
    video: { codec: (await playsH264()) ? "h264" : "jpeg", width: 512, height: 512 },
  };
}
