"use strict";
// A worker that fetches and compiles the app: on the page's own thread, taking ten megabytes in would keep a phone from
// answering a hand. It is told {url, size, page}, size in bytes once unpacked, page what the app is told of its page. It tells
// how many percent it has, then the compiled module, and null when it has no more to do: there is no app, or it was rehearsed.
// Whoever asked may end it at any time.
const late = /Chrome\//.test(navigator.userAgent); // only Chromium compiles a function when it is first called

onmessage = async ({ data: { url, size, page } }) => {
  try {
    const asked = fetch(url);
    if (late) try { importScripts("/wasm_exec.js"); } catch { /* then nothing is rehearsed */ }
    const answer = await asked;
    if (!answer.ok) throw new Error(answer.status);
    const from = answer.body.getReader();
    let had = 0, said = performance.now();
    const body = new ReadableStream({
      async pull(to) {
        const { done, value } = await from.read();
        if (done) return to.close();
        had += value.byteLength;
        if (performance.now() - said > 250) { // each is a frame, which takes the processor that compiles
          said = performance.now();
          postMessage(Math.min(Math.floor(100 * had / size), 99));
        }
        to.enqueue(value);
      },
    });
    const app = await WebAssembly.compileStreaming(new Response(body, { headers: { "Content-Type": "application/wasm" } }));
    postMessage(app);
    if (late) await rehearse(app, page);
  } catch { /* the page sees to it itself */ }
  postMessage(null);
};

// rehearse starts the app here, on a page that is none: what is compiled is compiled for all who have the module, and the
// functions of a start are thousands. What the app asks of that page it is given, or fails of.
const DRAWS = 30; // ms once the app is alive
const rehearse = (app, page) => new Promise((over) => {
  const nothing = () => {}, none = () => null, turns = new MessageChannel();
  // A thing has whatever is asked of it, and that is a thing.
  const thing = new Proxy(function () {}, {
    get: (_, name) => name in plain ? plain[name] : name === Symbol.toPrimitive ? () => "" : thing,
    set: () => true, has: () => true, deleteProperty: () => true, apply: () => thing, construct: () => thing,
  });
  const plain = {
    length: 0, hidden: false, clientWidth: 0, clientHeight: 0, offsetWidth: 0, offsetHeight: 0,
    nodeValue: "", textContent: "", value: "", matches: false, isConnected: false, contains: () => false,
  };
  const island = { textContent: page.island };
  const storage = { getItem: none, setItem: nothing, removeItem: nothing, clear: nothing, key: none, length: 0 };
  const given = {
    document: new Proxy({}, {
      get: (_, name) => name === "getElementById" ? (id) => id === "island" ? island : thing : name in plain ? plain[name] : thing,
      set: () => true,
    }),
    location: new URL(page.href), history: thing, navigator: thing, localStorage: storage, sessionStorage: storage,
    console: new Proxy({}, { get: () => nothing }), goappGetenv: (name) => page.env[name],
    innerWidth: 0, innerHeight: 0, devicePixelRatio: 1, matchMedia: () => thing, getComputedStyle: () => thing,
    addEventListener: nothing, fetch: () => new Promise(nothing), requestAnimationFrame: (then) => setTimeout(then),
    IntersectionObserver: thing, ResizeObserver: thing, MutationObserver: thing, telltalePaint: thing, telltaleLines: thing,
    telltaleSocket: { open: () => ({ send: () => true, close: nothing, opened: Promise.resolve(), age: 0 }) },
    telltale: {
      turn(then) { turns.port1.onmessage = then; turns.port2.postMessage(null); },
      replace: nothing, unsaid: () => [], awake: nothing, keep: nothing, setUser: nothing, keepDraft: nothing,
      kept: none, user: none, hidden: none, draft: none, seen: () => 0, cached: () => false, workerAtStart: false,
      screen: () => "000000", theme: () => "auto", dark: () => false, alive: () => setTimeout(over, DRAWS),
    },
  };
  for (const name in given) Object.defineProperty(globalThis, name, { value: given[name], configurable: true, writable: true });
  const go = new Go();
  WebAssembly.instantiate(app, go.importObject).then((made) => go.run(made)).then(over, over);
});
