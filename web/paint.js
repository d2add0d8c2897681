"use strict";
// The tape player: replays what shared/scene puts on a tape on a 2D canvas. The ops are those of
// shared/scene/tape.go, coordinates are tenths of a pixel. app/canvas is its only caller:
// grow(n) gives the bytes a tape is copied into, palette(colours) sets a colour for each role, and
// open(canvas) answers a function that plays what lies there; given a text pool, it first takes that.
globalThis.telltalePaint = (() => {
  const FAMILY = 'px "IBM Plex Sans",system-ui,sans-serif';
  const ALIGN = ["left", "center", "right"], WEIGHT = ["400 ", "600 "];
  let words = new Int32Array(0), colours = [];

  // size makes the canvas as large as the tape asks for, or empties it. A new size resets all state.
  function size(ctx, w, h, ratio) {
    const { canvas } = ctx, width = Math.round(w * ratio), height = Math.round(h * ratio);
    if (canvas.width === width && canvas.height === height) {
      ctx.clearRect(0, 0, w, h);
      return;
    }
    canvas.width = width;
    canvas.height = height;
    ctx.scale(ratio, ratio);
    ctx.lineJoin = "round";
  }

  // Walls are larger. To ask for it has the browser bring all styles up to date.
  const zoom = (canvas) => document.documentElement.classList.contains("on-wall") && canvas.currentCSSZoom || 1;

  function play(ctx, texts) {
    const a = words, end = a[0];
    ctx.beginPath();
    let text = 0, points = 0, weight = -1, align = -1, i = 3;
    while (i < end) {
      switch (a[i++]) {
        case 1: // move
          ctx.moveTo(a[i] / 10, a[i + 1] / 10);
          i += 2;
          break;
        case 2: // lines
          for (const stop = i + 1 + 2 * a[i++]; i < stop; i += 2) ctx.lineTo(a[i] / 10, a[i + 1] / 10);
          break;
        case 3: // stroke
          ctx.strokeStyle = colours[a[i]];
          ctx.lineWidth = a[i + 1] / 10;
          ctx.stroke();
          ctx.beginPath();
          i += 2;
          break;
        case 4: // fill
          ctx.fillStyle = colours[a[i++]];
          ctx.fill();
          ctx.beginPath();
          break;
        case 5: // rect
          ctx.fillStyle = colours[a[i]];
          if (a[i + 5]) {
            ctx.roundRect(a[i + 1] / 10, a[i + 2] / 10, a[i + 3] / 10, a[i + 4] / 10, a[i + 5] / 10);
            ctx.fill();
            ctx.beginPath();
          } else ctx.fillRect(a[i + 1] / 10, a[i + 2] / 10, a[i + 3] / 10, a[i + 4] / 10);
          i += 6;
          break;
        case 6: // dot
          ctx.fillStyle = colours[a[i]];
          ctx.arc(a[i + 1] / 10, a[i + 2] / 10, a[i + 3] / 10, 0, 2 * Math.PI);
          ctx.fill();
          ctx.beginPath();
          i += 4;
          break;
        case 7: // text
          if (a[i + 1] !== points || a[i + 2] !== weight) {
            [points, weight] = [a[i + 1], a[i + 2]];
            ctx.font = WEIGHT[weight] + points / 10 + FAMILY;
          }
          if (a[i + 3] !== align) ctx.textAlign = ALIGN[align = a[i + 3]];
          ctx.fillStyle = colours[a[i]];
          ctx.fillText(texts[text++], a[i + 4] / 10, a[i + 5] / 10);
          i += 6;
          break;
      }
    }
  }

  return {
    grow(bytes) {
      words = new Int32Array(bytes / 4);
      return new Uint8Array(words.buffer);
    },
    palette(list) { colours = list; },
    open(canvas) {
      const ctx = canvas.getContext("2d");
      let texts = [];
      return (pool) => {
        if (pool !== undefined) texts = pool.split("\n");
        size(ctx, words[1] / 10, words[2] / 10, (window.devicePixelRatio || 1) * zoom(canvas));
        play(ctx, texts);
      };
    },
  };
})();
