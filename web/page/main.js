/** The page at `/`: chooses a face, takes words, and has them spoken live or made into a video. */

import { Api } from "./api.js";
import { Cast } from "./cast.js";
import { Live, TURN } from "./live.js";
import { makeVideo } from "./video.js";

/** @template {HTMLElement} [E=HTMLElement] @param {string} id @returns {E} */
const by = (id) => /** @type {E} */ (document.getElementById(id));

const words = /** @type {HTMLTextAreaElement} */ (by("words"));
const canvas = /** @type {HTMLCanvasElement} */ (by("face"));
const speak = /** @type {HTMLButtonElement} */ (by("speak"));
const stop = /** @type {HTMLButtonElement} */ (by("stop"));
const make = /** @type {HTMLButtonElement} */ (by("make"));
const select = (/** @type {string} */ id) => /** @type {HTMLSelectElement} */ (by(id)).value;

const api = new Api(askForKey);
const live = new Live(api, canvas);
const cast = new Cast(api, by("cast"), { onChosen: chosen, onPortrait: bringPortrait });
const videoPlace = /** @type {import("./video.js").Place} */ ({
  section: by("video"),
  progress: by("progress"),
  video: by("made"),
  links: by("made-links"),
  download: by("download"),
});
let name = "";

/** @param {string} text @param {boolean} [bad] */
function tell(text, bad = false) {
  by("status").textContent = text;
  by("status").classList.toggle("bad", bad);
}

/** @param {unknown} why */
const tellWhy = (why) => tell(/** @type {Error} */ (why).message, true);

/** @returns {Promise<string>} */
function askForKey() {
  const dialog = /** @type {HTMLDialogElement} */ (by("ask-key"));
  const input = /** @type {HTMLInputElement} */ (by("key"));
  input.value = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(input.value.trim() || askForKey()), { once: true });
  });
}

/** @param {import("./cast.js").Avatar} avatar @param {HTMLImageElement} picture */
async function chosen(avatar, picture) {
  name = avatar.displayName;
  canvas.setAttribute("aria-label", `${name}, at rest`);
  await live.stop();
  const shown = await picture.decode().then(() => picture, () => null);
  // Another may have been chosen meanwhile.
  if (cast.chosen !== avatar.id) return;
  live.player.showIdle(shown);
  if (document.body.classList.contains("live")) live.begin(avatar.id);
  tell(`${name} is ready.`);
}

/** @param {File} file */
async function bringPortrait(file) {
  tell(`Looking at ${file.name} …`);
  try {
    const form = new FormData();
    form.append("file", file);
    form.append("kind", "image");
    const asset = await api.ask("POST", "/api/v1/assets", form);
    const displayName = file.name.replace(/\.[^.]*$/, "").slice(0, 40) || "Portrait";
    const wanted = { displayName, sourceKind: "image", sourceAssetId: asset.id };
    let avatar = await api.ask("POST", "/api/v1/avatars", wanted);
    while (avatar.status === "preprocessing") {
      await new Promise((resolve) => setTimeout(resolve, 500));
      avatar = await api.ask("GET", `/api/v1/avatars/${avatar.id}`);
    }
    if (avatar.error !== null) throw new Error(avatar.error);
    await cast.refresh(avatar.id);
  } catch (why) {
    tellWhy(why);
  }
}

/** What is asked for; null, with a word why, when something is missing. */
function wish() {
  if (cast.chosen === "") return tell("Choose who speaks first.", true), null;
  if (words.value.trim() === "") return words.focus(), tell("Type what is to be said.", true), null;
  return { avatarId: cast.chosen, words: words.value.trim(), mode: select("does"), emotion: select("emotion") };
}

async function speakLive() {
  const asked = wish();
  if (asked === null) return;
  stop.disabled = false;
  by("figures").hidden = false;
  // On a phone the buttons lie far below the face.
  canvas.scrollIntoView({ block: "nearest" });
  tell(`${name} is about to speak …`);
  try {
    const ended = await live.speak(asked);
    // What went wrong was told by the player's own event.
    if (ended?.reason === "completed") tell(`${name} has spoken.`);
    if (ended?.reason === "interrupted") tell("Interrupted.");
  } catch (why) {
    tellWhy(why);
  }
  stop.disabled = !live.player.speaking;
}

async function stopLive() {
  stop.disabled = true;
  tell("Interrupted.");
  await live.stop();
}

async function makeOne() {
  const asked = wish();
  if (asked === null) return;
  make.disabled = true;
  tell(`Making a video of ${name} …`);
  try {
    const { seconds } = await makeVideo(api, videoPlace, asked);
    tell(`The video is ready: ${seconds.toFixed(1)} s.`);
  } catch (why) {
    tellWhy(why);
  }
  make.disabled = false;
}

function showFigures() {
  const { timeToFirstFrameMs, driftMs, droppedFrames, bytes } = live.player.statistics;
  const ms = (/** @type {number | null} */ value) => (value === null ? "–" : `${Math.round(value) || 0} ms`);
  by("first").textContent = ms(timeToFirstFrameMs);
  by("drift").textContent = ms(driftMs);
  by("dropped").textContent = String(droppedFrames);
  by("bytes").textContent = bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function listenToPlayer() {
  const { player } = live;
  const caption = by("caption");
  const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ act) =>
    player.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail));
  on("speechstart", () => {
    tell(`${name} is speaking.`);
    canvas.setAttribute("aria-label", `${name}, speaking`);
  });
  on("text", ({ text }) => {
    caption.hidden = false;
    caption.textContent = text.trim();
  });
  on("speechend", () => {
    caption.hidden = true;
    canvas.setAttribute("aria-label", `${name}, at rest`);
  });
  on("stall", () => tell("The connection is slow: waiting for sound …"));
  on("resume", () => tell(`${name} is speaking.`));
  on("error", ({ message }) => tell(message, true));
  on("ended", showFigures);
  setInterval(() => player.speaking && showFigures(), 250);
}

function listenToPage() {
  // The first touch of anything opens the sound, so that the first turn does not wait for it.
  for (const type of ["pointerdown", "keydown"]) {
    document.addEventListener(type, () => live.player.unlock().catch(() => {}), { once: true });
  }
  const count = () => (by("count").textContent = `${words.value.length} / ${words.maxLength}`);
  words.addEventListener("input", count);
  count();
  by("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    if (document.body.classList.contains("live")) speakLive();
    else makeOne();
  });
  stop.addEventListener("click", stopLive);
  make.addEventListener("click", makeOne);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !stop.disabled) stopLive();
    const form = /** @type {HTMLFormElement} */ (by("composer"));
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === words) form.requestSubmit();
  });
}

function listenToDrops() {
  const here = by("drop-here");
  const hasFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    here.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) here.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    here.hidden = true;
    const file = event.dataTransfer?.files[0];
    if (file === undefined) return;
    event.preventDefault();
    bringPortrait(file);
  });
}

listenToPlayer();
listenToPage();
listenToDrops();
try {
  await api.open();
  // What this server cannot do is not offered.
  document.body.classList.toggle("live", api.has(TURN));
  by("words").setAttribute("aria-busy", "false");
  await cast.refresh();
} catch (why) {
  tellWhy(why);
}
