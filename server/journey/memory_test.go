package journey

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
)

// keepMemory keeps hold of the wasm app's memory, which the loader does not tell.
const keepMemory = `const start = WebAssembly.instantiateStreaming;
WebAssembly.instantiateStreaming = async (...args) => {
	const started = await start.apply(WebAssembly, args);
	window.wasmMemory = started.instance.exports.mem;
	return started;
};
const make = WebAssembly.instantiate;
WebAssembly.instantiate = async (...args) => {
	const made = await make.apply(WebAssembly, args);
	window.wasmMemory = (made.instance || made).exports.mem;
	return made;
};`

// heap is what the page holds, in bytes, after a garbage collection: JavaScript's objects, the browser's for the
// page, array buffers, and the wasm app's memory.
func heap(p *tab) float64 {
	p.t.Helper()
	command(p, heapprofiler.CollectGarbage, cdp.Empty{})
	usage := command(p, runtime.GetHeapUsage, cdp.Empty{})
	return usage.UsedSize + usage.EmbedderHeapUsedSize + usage.BackingStorageSize + eval[float64](p, `wasmMemory.buffer.byteLength`)
}
