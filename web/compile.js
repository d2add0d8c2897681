"use strict";
// A worker that fetches and compiles the app: on the page's own thread, taking ten megabytes in would keep a phone from
// answering a hand. It is told {url, size}, size in bytes once unpacked, and tells how many percent it has, and then
// the compiled module, or null where there is none.
onmessage = async ({ data: { url, size } }) => {
  try {
    const answer = await fetch(url);
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
    postMessage(await WebAssembly.compileStreaming(new Response(body, { headers: { "Content-Type": "application/wasm" } })));
  } catch {
    postMessage(null);
  }
};
