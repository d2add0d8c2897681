"use strict";
// A worker that fetches and compiles the app: on the page's own thread, taking ten megabytes in would keep a phone from
// answering a hand. It is told {url, size}, size in bytes once unpacked, and tells how many percent it has, and then
// the compiled module, or null where there is none.
onmessage = async ({ data: { url, size } }) => {
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(answer.status);
    const from = answer.body.getReader();
    let had = 0, said = 0;
    const body = new ReadableStream({
      async pull(to) {
        const { done, value } = await from.read();
        if (done) return to.close();
        had += value.byteLength;
        const percent = Math.min(Math.floor(100 * had / size), 99);
        if (percent >= said + 4) postMessage(said = percent);
        to.enqueue(value);
      },
    });
    postMessage(await WebAssembly.compileStreaming(new Response(body, { headers: { "Content-Type": "application/wasm" } })));
  } catch {
    postMessage(null);
  }
};
