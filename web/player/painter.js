/** Draws on the canvas: a turn's pictures, the idle picture between turns, a soft cross-over from one to the other. */

export class Painter {
  #canvas;
  #context;
  #fadeMs;
  /** @type {HTMLCanvasElement | null} what is seen while nobody speaks */
  #idle = null;
  /** @type {HTMLCanvasElement | null} the turn's newest picture */
  #live = null;
  #speaking = false;
  /** How much of the live picture is seen, 0 to 1, at `#at` ms. */
  #share = 0;
  #at = 0;

  /** @param {HTMLCanvasElement} canvas @param {number} fadeMs */
  constructor(canvas, fadeMs) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.#fadeMs = fadeMs;
  }

  /** @param {CanvasImageSource | null} image it is copied, and may be closed afterwards */
  setIdle(image) {
    this.#idle = image && copyOf(image, this.#idle);
    if (!this.#speaking) this.#live = null;
    this.paint(performance.now());
  }

  /** @param {number} width @param {number} height of the pictures to come, pixels */
  begin(width, height) {
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#live = null;
    this.paint(performance.now());
  }

  /** @param {CanvasImageSource} image the picture that is due; it may be closed afterwards */
  show(image) {
    this.#live = copyOf(image, this.#live);
    if (!this.#speaking) this.#at = performance.now();
    this.#speaking = true;
  }

  /** Back to the idle picture, softly. */
  rest() {
    if (this.#speaking) this.#at = performance.now();
    this.#speaking = false;
  }

  /** @param {number} now ms @returns {boolean} whether another picture must follow: a cross-over is under way */
  paint(now) {
    const step = this.#fadeMs > 0 ? Math.max(0, now - this.#at) / this.#fadeMs : 1;
    this.#at = Math.max(now, this.#at);
    // Without an idle picture there is nothing to come from, nor to go to.
    const moved = this.#idle === null ? 1 : this.#share + (this.#speaking ? step : -step);
    this.#share = Math.min(1, Math.max(0, moved));
    if (this.#live === null || this.#share < 1) this.#draw(this.#idle, 1);
    if (this.#live !== null && this.#share > 0) this.#draw(this.#live, smooth(this.#share));
    return this.#share > 0 && this.#share < 1;
  }

  /** Fills the canvas, cutting what is too much. @param {HTMLCanvasElement | null} image @param {number} alpha */
  #draw(image, alpha) {
    if (image === null) return;
    const { width, height } = this.#canvas;
    const scale = Math.max(width / image.width, height / image.height);
    const [across, down] = [image.width * scale, image.height * scale];
    this.#context.globalAlpha = alpha;
    this.#context.drawImage(image, (width - across) / 2, (height - down) / 2, across, down);
    this.#context.globalAlpha = 1;
  }
}

/** @param {number} share */
const smooth = (share) => share * share * (3 - 2 * share);

/** @param {CanvasImageSource} image @param {HTMLCanvasElement | null} room drawn into where it has the right size */
function copyOf(image, room) {
  const any = /** @type {any} */ (image);
  const width = any.displayWidth ?? any.naturalWidth ?? any.width;
  const height = any.displayHeight ?? any.naturalHeight ?? any.height;
  const fits = room !== null && room.width === width && room.height === height;
  const copy = fits ? room : document.createElement("canvas");
  if (!fits) [copy.width, copy.height] = [width, height];
  /** @type {CanvasRenderingContext2D} */ (copy.getContext("2d")).drawImage(image, 0, 0);
  return copy;
}
