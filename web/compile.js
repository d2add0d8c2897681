"use strict";
// A worker that fetches and compiles the app: on the page's own thread, taking ten megabytes in would keep a phone from
// answering a hand. It is told {url, size, page}, size in bytes once unpacked, page what the app is told of its page, and tells
// how many percent it has, and then the compiled module, or null where there is none.
onmessage = async ({ data: { url, size, page } }) => {
  try {
    const asked = fetch(url);
    try { importScripts("/wasm_exec.js"); } catch { /* then nothing is rehearsed */ }
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
    try { await rehearse(app, page); } catch { /* the page starts it all the same */ }
    postMessage(app);
  } catch {
    postMessage(null);
  }
};

// rehearse starts the app here, on a page that is none: a browser compiles a function when it is first called, for all who
// have the module, and those of a start are thousands. What the app asks of that page it is given, or fails of; it ends with
// the worker, at the latest after so many ms. Only Chromium compiles that late.
const LONGEST = 500, DRAWS = 30; // and so many once the app is alive
async function rehearse(app, page) {
  if (!/Chrome\//.test(navigator.userAgent)) return;
  const over = new Promise((done) => {
    setTimeout(done, LONGEST);
    const nothing = () => {}, turns = new MessageChannel();
    // A thing has whatever is asked of it, and that is a thing.
    const thing = new Proxy(function () {}, {
      get: (_, name) => name in plain ? plain[name] : name === Symbol.toPrimitive ? () => "" : thing,
      set: () => true, has: () => true, deleteProperty: () => true, apply: () => thing, construct: () => thing,
    });
    const plain = { length: 0, hidden: false, clientWidth: 0, clientHeight: 0, offsetWidth: 0, offsetHeight: 0, nodeValue: "", textContent: "", value: "", matches: false, isConnected: false, contains: () => false };
    const storage = { getItem: () => null, setItem: nothing, removeItem: nothing, clear: nothing, key: () => null, length: 0 };
    const given = {
      console: new Proxy({}, { get: () => nothing }), localStorage: storage, sessionStorage: storage, history: thing, navigator: thing, location: new URL(page.href),
      document: new Proxy({}, { get: (_, name) => name === "getElementById" ? (id) => id === "island" ? { textContent: page.island } : thing : name in plain ? plain[name] : thing, set: () => true }),
      innerWidth: 0, innerHeight: 0, devicePixelRatio: 1, goappGetenv: (name) => page.env[name], matchMedia: () => thing, getComputedStyle: () => thing, addEventListener: nothing, fetch: () => new Promise(nothing), requestAnimationFrame: (then) => setTimeout(then),
      IntersectionObserver: thing, ResizeObserver: thing, MutationObserver: thing, telltalePaint: thing, telltaleLines: thing,
      telltaleSocket: { open: () => ({ send: () => true, close: nothing, opened: Promise.resolve(), age: 0 }) },
      telltale: {
        turn(then) { turns.port1.onmessage = then; turns.port2.postMessage(null); },
        hold: nothing, adopt: nothing, awake: nothing, cached: () => false, screen: () => "000000", theme: () => "auto", dark: () => false,
        kept: () => null, keep: nothing, user: () => null, setUser: nothing, hidden: () => null, seen: () => 0, draft: () => null, keepDraft: nothing, workerAtStart: false,
        alive: () => setTimeout(done, DRAWS),
      },
    };
    for (const name in given) Object.defineProperty(globalThis, name, { value: given[name], configurable: true, writable: true });
    const go = new Go();
    WebAssembly.instantiate(app, go.importObject).then((made) => go.run(made)).then(done, done);
  });
  await over;
}
