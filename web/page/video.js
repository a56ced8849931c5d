/** Makes a video of what is typed, with captions, and shows it. */

const AGAIN_MS = 500;
const ENDED = new Set(["completed", "failed", "canceled"]);

/**
 * @typedef {object} Place
 * @property {HTMLElement} section
 * @property {HTMLProgressElement} progress
 * @property {HTMLVideoElement} video
 * @property {HTMLElement} links
 * @property {HTMLAnchorElement} download
 */

/**
 * @param {import("./api.js").Api} api
 * @param {Place} place
 * @param {{ avatarId: string, words: string, emotion: string }} wish
 * @returns {Promise<{ seconds: number }>} throws what the API says when it fails
 */
export async function makeVideo(api, place, { avatarId, words, emotion }) {
  begin(place);
  try {
    const wish = { avatarId, text: words, emotion, size: 720, captions: { style: "clean" } };
    let render = await api.ask("POST", "/api/v1/renders", wish);
    while (!ENDED.has(render.status)) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      render = await api.ask("GET", `/api/v1/renders/${render.id}`);
      place.progress.value = render.progress;
    }
    if (render.status !== "completed") throw new Error(render.error?.message ?? "The video was canceled.");
    show(place, render.url);
    return { seconds: render.durationSeconds };
  } catch (why) {
    place.section.hidden = true;
    throw why;
  }
}

/** @param {Place} place */
function begin({ section, progress, video, links }) {
  video.pause();
  [section.hidden, progress.hidden, video.hidden, links.hidden] = [false, false, true, true];
  progress.removeAttribute("value");
}

/** @param {Place} place @param {string} url */
function show({ progress, video, links, download }, url) {
  video.src = download.href = url;
  [progress.hidden, video.hidden, links.hidden] = [true, false, false];
  video.focus();
  // It may be played at once only where the browser still counts the click that asked for it.
  video.play().catch(() => {});
}
