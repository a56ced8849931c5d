/** The platform's API as this page uses it: the key, JSON, uploads, and which routes there are. */

/** The API said no, in its own words. */
export class Refused extends Error {
  /** @param {number} status @param {{ error?: string, code?: string }} body */
  constructor(status, body) {
    super(body.error ?? `The server answered ${status}.`);
    this.status = status;
    this.code = body.code ?? "";
  }
}

const KEPT = "parley-key";

export class Api {
  #key = "";
  #askPerson;
  /** @type {Set<string>} */
  #routes = new Set();

  /** @type {Promise<void> | null} */
  #opened = null;

  /** @param {() => Promise<string>} askPerson for a key, where the platform gives none */
  constructor(askPerson) {
    this.#askPerson = askPerson;
  }

  /** Reads what there is and finds the key; whatever is asked meanwhile waits for it. */
  open() {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async #open() {
    const listed = await (await fetch("/openapi.json").catch(unreachable)).json();
    this.#routes = new Set(Object.keys(listed.paths));
    this.#key = (await ownKey()) ?? sessionStorage.getItem(KEPT) ?? (await this.#askAgain());
  }

  /** Whether the server has this route: what it has not is not offered. @param {string} path */
  has(path) {
    return this.#routes.has(path);
  }

  /**
   * The response as it is, to be streamed.
   *
   * @param {string} method
   * @param {string} path
   * @param {object | FormData} [body]
   * @param {{ signal?: AbortSignal, headers?: { [name: string]: string } }} [more]
   */
  async send(method, path, body, more = {}) {
    await this.open();
    const asForm = body instanceof FormData;
    /** @type {{ [name: string]: string }} */
    const headers = { Authorization: `Bearer ${this.#key}`, ...more.headers };
    if (body !== undefined && !asForm) headers["Content-Type"] = "application/json";
    const sent = asForm || body === undefined ? body : JSON.stringify(body);
    return fetch(path, { method, headers, body: sent, signal: more.signal }).catch(unreachable);
  }

  /**
   * The answer's JSON; throws Refused.
   *
   * @param {string} method
   * @param {string} path
   * @param {object | FormData} [body]
   * @returns {Promise<any>}
   */
  async ask(method, path, body) {
    const answer = await this.send(method, path, body);
    if (answer.status === 401) {
      this.#key = await this.#askAgain();
      return this.ask(method, path, body);
    }
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(answer.status, said);
    return said;
  }

  async #askAgain() {
    const key = await this.#askPerson();
    sessionStorage.setItem(KEPT, key);
    return key;
  }
}

/** Nobody answered; or the page itself left the request. @param {Error} why @returns {never} */
function unreachable(why) {
  throw why.name === "AbortError" ? why : new Error("The server cannot be reached. Is it still up?");
}

/** The test key of a platform on this machine; null anywhere else. */
async function ownKey() {
  const answer = await fetch("/local/test-key", { cache: "no-store" }).catch(() => null);
  return answer?.ok ? /** @type {string} */ ((await answer.json()).key) : null;
}
