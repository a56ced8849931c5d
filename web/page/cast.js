/** Who can speak: the platform's presenters and one's own portraits, as a group of radio buttons with pictures. */

/**
 * @typedef {object} Avatar
 * @property {string} id
 * @property {string} displayName
 * @property {string} status
 * @property {string} sourceKind
 * @property {string | null} sourceAssetId
 * @property {string | null} pictureUrl
 */

const AGAIN_MS = 2000;

export class Cast {
  #api;
  #place;
  #onChosen;
  #onPortrait;
  /** @type {Map<string, string>} pictures of own avatars, by asset */
  #pictures = new Map();
  /** @type {Avatar[]} */
  #avatars = [];
  /** Counts readings of the list: only the newest one is shown. */
  #reading = 0;
  chosen = "";

  /**
   * @param {import("./api.js").Api} api
   * @param {HTMLElement} place
   * @param {{ onChosen: (avatar: Avatar, picture: HTMLImageElement) => void, onPortrait: (file: File) => void }} told
   */
  constructor(api, place, { onChosen, onPortrait }) {
    this.#api = api;
    this.#place = place;
    this.#onChosen = onChosen;
    this.#onPortrait = onPortrait;
    place.append(this.#ownTile());
  }

  /** Reads the list, and again while a presenter is still being drawn. @param {string} [choose] */
  async refresh(choose) {
    const reading = ++this.#reading;
    const { data } = await this.#api.ask("GET", "/api/v1/avatars");
    const usable = new Set(["ready", "preprocessing"]);
    this.#avatars = /** @type {Avatar[]} */ (data).filter(({ status }) => usable.has(status));
    const tiles = await Promise.all(this.#avatars.map((avatar) => this.#tile(avatar)));
    if (reading !== this.#reading) return;
    const own = this.#place.lastElementChild;
    this.#place.replaceChildren(...tiles, .../** @type {Element[]} */ ([own]));
    this.#place.setAttribute("aria-busy", "false");
    const wanted = choose ?? (this.chosen || this.#avatars.find(({ status }) => status === "ready")?.id);
    if (wanted !== undefined && wanted !== this.chosen) this.#choose(wanted);
    if (this.#avatars.some(({ status }) => status === "preprocessing")) setTimeout(() => this.refresh(), AGAIN_MS);
  }

  /** @param {string} id */
  #choose(id) {
    const radio = /** @type {HTMLInputElement | null} */ (this.#place.querySelector(`input[value="${id}"]`));
    if (radio === null || radio.disabled) return;
    radio.checked = true;
    radio.parentElement?.scrollIntoView({ block: "nearest", inline: "nearest" });
    radio.dispatchEvent(new Event("change"));
  }

  /** @param {Avatar} avatar */
  async #tile(avatar) {
    const radio = make("input", { type: "radio", name: "avatar", value: avatar.id });
    const picture = make("img", { alt: "", crossOrigin: "anonymous" });
    const link = await this.#pictureOf(avatar);
    if (link !== null) picture.src = link;
    radio.disabled = avatar.status !== "ready";
    radio.checked = avatar.id === this.chosen;
    radio.addEventListener("change", () => {
      this.chosen = avatar.id;
      this.#onChosen(avatar, picture);
    });
    const name = radio.disabled ? `${avatar.displayName} …` : avatar.displayName;
    const title = radio.disabled ? `${avatar.displayName} is being prepared` : avatar.displayName;
    return make("label", { className: "face", title }, radio, make("span", {}, picture), make("b", {}, name));
  }

  /** @param {Avatar} avatar @returns {Promise<string | null>} */
  async #pictureOf({ pictureUrl, sourceAssetId, sourceKind }) {
    if (sourceAssetId === null || sourceKind !== "image") return pictureUrl;
    if (!this.#pictures.has(sourceAssetId)) {
      const asset = await this.#api.ask("GET", `/api/v1/assets/${sourceAssetId}`).catch(() => null);
      if (asset === null) return null;
      this.#pictures.set(sourceAssetId, asset.publicUrl);
    }
    return this.#pictures.get(sourceAssetId) ?? null;
  }

  #ownTile() {
    const file = make("input", { type: "file", accept: "image/jpeg,image/png,image/webp" });
    file.setAttribute("aria-label", "Your own portrait");
    file.addEventListener("change", () => {
      if (file.files?.[0]) this.#onPortrait(file.files[0]);
      file.value = "";
    });
    const plus = make("span", { className: "plus" }, "+");
    const label = { className: "face", title: "A portrait; or drop one anywhere on this page" };
    return make("label", label, file, plus, make("b", {}, "Your own"));
  }
}

/**
 * A new element; children enter as text or nodes, never as markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {object} properties @param {...(string | Node)} children
 */
function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
