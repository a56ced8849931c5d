// What the tests of the player do in the page: a stage with a player on it, and measuring that asks the player nothing.
async (options) => {
  const { AvatarPlayer } = await import("/web/player/player.js");
  const canvas = document.getElementById("face");
  const player = new AvatarPlayer(canvas, options);
  const told = [];
  for (const type of ["speechstart", "speechend", "text", "stall", "ended", "error"]) {
    player.addEventListener(type, ({ detail }) => told.push({ type, at: performance.now(), ...detail }));
  }

  const pixels = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);

  // The number that the bars on the canvas say.
  function frameShown() {
    const { data, width, height } = pixels();
    let number = 0;
    for (let bit = 0; bit < 12; bit++) {
      const x = Math.floor(((bit + 0.5) * width) / 12);
      if (data[4 * (Math.floor(height / 2) * width + x)] > 127) number += 1 << bit;
    }
    return number;
  }

  let analyser = null;
  const wave = new Float32Array(256);
  function tap() {
    if (analyser?.context !== player.output.context) {
      analyser = new AnalyserNode(player.output.context, { fftSize: wave.length });
      player.output.connect(analyser);
    }
    analyser.getFloatTimeDomainData(wave);
    return wave;
  }

  // Seconds within its second of the sample that is heard now, by the sample's own value.
  function secondHeard() {
    const context = player.output.context;
    const newest = tap()[wave.length - 1];
    const { contextTime, performanceTime } = context.getOutputTimestamp();
    const onItsWay = context.currentTime - contextTime - (performance.now() - performanceTime) / 1000;
    return newest / 0.8 + 0.5 - onItsWay;
  }

  // At each refresh while it speaks: how far (s) the picture is outside the moment that its sound has.
  async function offsets() {
    const found = [];
    while (player.speaking) {
      await new Promise(requestAnimationFrame);
      if (player.statistics.shownFrames < 13 || Math.max(...tap().map(Math.abs)) === 0) continue;
      const shown = frameShown() / 25;
      const ahead = (((shown - secondHeard() + 0.5) % 1) + 1) % 1 - 0.5;
      found.push(ahead > 0 ? ahead : Math.min(0, ahead + 1 / 25));
    }
    return found;
  }

  // How loud the sound is, and how much of the lower middle of the picture changes, at each refresh.
  async function watched() {
    const found = [];
    let before = null;
    while (player.speaking) {
      await new Promise(requestAnimationFrame);
      const { data } = pixels();
      let change = 0;
      if (before !== null) for (let at = 0; at < data.length; at += 4) change += Math.abs(data[at] - before[at]);
      before = data;
      if (player.output !== null) found.push({ at: performance.now(), loud: Math.max(...tap().map(Math.abs)), change: change / (data.length / 4) });
    }
    return found;
  }

  const interruptAt = (name) => () => fetch(`/turns/${name}/interrupt`, { method: "POST" });
  async function play(name, watch = null) {
    const requestedAt = performance.now();
    const playing = player.play(await fetch(`/turns/${name}`), { requestedAt, interrupt: interruptAt(name) });
    const seen = watch === null ? null : await watch();
    return { ended: await playing, seen, told, requestedAt, statistics: player.statistics };
  }

  window.stage = { player, told, play, offsets, watched, tap, pixels };
}
