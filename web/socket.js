"use strict";
// The page's WebSocket: takes messages as they come and hands them to the app in batches, so that however many are
// said a frame is drawn in time. app/live is its only caller: open(hear, end) answers {send, close, opened, age}; hear(bytes)
// gets whole messages, a newline between two (JSON has none within), end() is called once when it is over; age is for how
// long, in ms, the connection had been there before it was asked for: the first one is opened ahead, while the app starts.
globalThis.telltaleSocket = (() => {
  const BUDGET = 6; // ms the app may take for one batch
  const MOST = 8 << 20; // characters that may wait
  const encoder = new TextEncoder();
  // What the app can do without: it reads what was said from the history where somebody looks at it. Answers to
  // what it said itself begin otherwise.
  const spare = (message) => message.startsWith('{"type":"broadcast","room_id"');

  function connect() {
    const began = performance.now(), date = Date.now();
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws"), channel = new MessageChannel();
    let hear = null, end = null; // until it is taken, all waits
    let waiting = [], first = 0, size = 0, batch = 64 << 10, due = false, over = false;

    // soon runs the next batch: at once after a pause, otherwise with the next frame, or without one where none comes.
    const at = (step) => {
      let done = false;
      const once = () => { if (!done) { done = true; step(); } };
      if (!document.hidden) requestAnimationFrame(once);
      setTimeout(once, 100);
    };
    const drain = () => {
      let last = first, length = 0;
      while (last < waiting.length && (last === first || length + waiting[last].length < batch)) length += waiting[last++].length;
      if (last > first) {
        const bytes = encoder.encode(waiting.slice(first, last).join("\n"));
        size -= length;
        first = last;
        if (first === waiting.length) waiting = [], first = 0;
        else if (first > 10_000) waiting = waiting.slice(first), first = 0;
        const began = performance.now();
        hear(bytes);
        const took = performance.now() - began;
        batch = Math.max(16 << 10, Math.min(4 << 20, batch * Math.max(.5, Math.min(2, BUDGET / Math.max(took, .1)))));
      }
      if (waiting.length) at(drain);
      else if (over) finish();
      else at(() => { if (waiting.length) drain(); else { due = false; if (over) finish(); } });
    };
    const finish = () => { channel.port1.close(); end(); };
    const wake = () => { if (hear && !due) { due = true; channel.port2.postMessage(0); } };
    channel.port1.onmessage = drain;

    // shed lets the older half go of what the app can do without.
    const shed = () => {
      const half = first + (waiting.length - first >> 1);
      waiting = waiting.filter((message, i) => i >= first && (i >= half || !spare(message)));
      first = 0;
      size = waiting.reduce((sum, message) => sum + message.length, 0);
    };
    socket.onmessage = ({ data }) => {
      waiting.push(data);
      size += data.length;
      if (size > MOST) shed();
      wake();
    };
    socket.onclose = ({ code }) => {
      over = true;
      wake();
      if (code === 3000) telltale.signIn(true); // the access has ended
    };
    const opened = new Promise((yes, no) => { socket.onopen = yes; socket.addEventListener("close", no); });
    opened.catch(() => { /* who takes it hears of that */ });
    return {
      opened,
      take: (listen, finished) => {
        hear = listen;
        end = finished;
        if (waiting.length || over) wake();
      },
      over: () => socket.readyState > WebSocket.OPEN,
      // By both clocks: a machine that slept meanwhile stopped one of them, and the other may have been set.
      since: () => Math.max(performance.now() - began, Date.now() - date),
      send: (text) => { if (socket.readyState === WebSocket.OPEN) socket.send(text); return socket.readyState === WebSocket.OPEN; },
      close: () => socket.close(1000),
    };
  }

  // What was opened ahead serves the first who asks for a connection, unless it is over by then; not for long, if nobody does.
  const PATIENCE = 10_000; // ms
  let early = null;
  function ahead() {
    const mine = early = connect();
    setTimeout(() => { if (early === mine) { early = null; mine.close(); } }, PATIENCE);
  }
  function open(hear, end) {
    if (early && early.over()) early = null;
    const taken = early || connect(), age = early ? early.since() : 0;
    early = null;
    taken.take(hear, end);
    return { ...taken, opened: taken.opened.then(() => new Promise(telltale.turn)), age }; // what the app says first is a task of its own
  }

  return { open, ahead };
})();
