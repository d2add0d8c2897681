"use strict";
// Runs before the page is painted: sets the theme that was chosen, so that nothing flashes, shows how far the app has come,
// and times in the viewer's zone, takes keys for the app, and keeps for it what a person does on the server's page. It also
// holds what the app asks the browser for where a refusal is an exception: storage and the clipboard.
const telltale = (() => {
  const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");
  const THEME = "telltale.theme", KEPT = "telltale.kept", SEEN = "telltale.seen", USER = "telltale.user", SCREEN = "telltale.screen", HIDDEN = "telltale.hidden";
  const read = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const write = (key, value) => { try { localStorage.setItem(key, value); } catch { /* full or forbidden: nothing is kept */ } };

  const theme = () => root.dataset.theme || "auto";
  const dark = () => theme() === "dark" || theme() === "auto" && system.matches;
  function changed() {
    const colour = document.querySelector('meta[name="theme-color"]');
    if (colour) colour.content = dark() ? "#0c1116" : "#f4f6f8";
    dispatchEvent(new Event("telltale-theme"));
  }
  function setTheme(choice) {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
    changed();
  }
  setTheme(read(THEME));
  // The page is laid out as the person reads; its own words are English, whichever way they stand.
  try {
    const locale = new Intl.Locale(navigator.language), text = locale.getTextInfo ? locale.getTextInfo() : locale.textInfo;
    if (text ? text.direction === "rtl" : /^(ar|fa|he|ur|yi|ps|sd|ug|dv|ckb)\b/.test(navigator.language)) root.dir = "rtl";
  } catch { /* a language nobody knows */ }
  system.addEventListener("change", changed);

  // The service worker marks a page that it had kept. Such a page is grey from the start, and so is one that is old by
  // the clock; how far the clocks are apart is known from the last visit.
  const cached = () => root.dataset.from === "cache" || root.dataset.values === "stale";
  let whose = ""; // what is written on this page is theirs: app/ui's ownOf
  addEventListener("DOMContentLoaded", () => {
    try {
      const { now: made, stale = 0, me } = JSON.parse(document.getElementById("island").textContent);
      if (me && me.user) whose = me.user + "/";
      if (cached() || stale > 10_000 || Date.now() + (JSON.parse(read(KEPT)).ahead || 0) - made > 10_000) root.dataset.values = "stale";
    } catch { /* no island, or no visit before this one, whose page then cannot be an old one */ }
  });

  // The app is fetched once the page has been painted: on a slow line it would take the styles' and fonts' place. Hidden
  // pages are not painted.
  const ask = window.fetch;
  const painted = new Promise((done) => {
    if (document.hidden) done();
    setTimeout(done, 2000);
    try {
      new PerformanceObserver((list) => { if (list.getEntriesByName("first-contentful-paint").length) done(); }).observe({ type: "paint", buffered: true });
    } catch { done(); }
  });
  const parsed = new Promise((done) => addEventListener("DOMContentLoaded", done)); // and all scripts have run
  let app = null; // compiled
  window.fetch = async (url, ...more) => {
    if (!String(url).includes("/app.wasm")) return ask(url, ...more);
    window.fetch = ask;
    [app] = await Promise.all([compiled(String(url)), parsed]);
    telltaleSocket.ahead();
    return app ? new Response("") : ask(url, ...more);
  };

  // A worker compiles it (web/compile.js), which starts while the page is being painted; where there can be none, the page does.
  // For the worker's rehearsal it waits so long at most, whatever that is doing.
  const REHEARSAL = 500; // ms
  const compiled = (url) => new Promise((done) => {
    try {
      const worker = new Worker(document.querySelector('meta[name="telltale-compiler"]').content);
      let made = null;
      const end = () => { worker.terminate(); done(made); };
      worker.onerror = worker.onmessageerror = end;
      worker.onmessage = ({ data }) => {
        const label = document.getElementById("app-wasm-loader-label");
        if (data === null) end();
        else if (typeof data !== "number") { made = data; setTimeout(end, REHEARSAL); }
        else if (label) label.textContent = data + "%";
      };
      painted.then(() => worker.postMessage({
        url: new URL(url, location).href, size: +goappWasmContentLength,
        page: { href: location.href, env: goappEnv, island: document.getElementById("island")?.textContent || "" },
      }));
    } catch { painted.then(() => done(null)); }
  });

  // Making the instance, and the app's start, which go-app lets follow at once, are each a turn of their own.
  const turns = new MessageChannel(), waiting = [];
  turns.port1.onmessage = () => waiting.shift()();
  const turn = (then) => { waiting.push(then); turns.port2.postMessage(null); };
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (answer, imports) => {
    await answer;
    await new Promise(turn);
    const made = app ? { instance: await WebAssembly.instantiate(app, imports) } : await instantiate.call(WebAssembly, answer, imports);
    app = null;
    await new Promise(turn);
    return made;
  };

  // The service worker of somebody's first visit is fetched, and fetches what it keeps, once the start is over.
  const QUIET = 3000, LATEST = 20_000; // ms after the app is alive; where it never is, after the page has come
  let settled;
  const started = new Promise((done) => { settled = done; });
  const workers = navigator.serviceWorker;
  if (workers && !workers.controller) {
    const register = workers.register;
    workers.register = async (...all) => { await started; return register.apply(workers, all); };
    setTimeout(settled, LATEST);
  }

  // The app makes the page anew, and it takes the place of the server's within one task: here. What the server drew, and the
  // app leaves to the stage (drawings, lines, names), is given to the new page, and so is what a person has done on the old
  // one: what is written and chosen, how far it is scrolled, the focus and the caret.
  const scrolled = new Set();
  const scrolls = ({ target }) => { if (target !== document) scrolled.add(target); };
  document.addEventListener("scroll", scrolls, { capture: true, passive: true });
  const touched = new Set();
  const touches = ({ target }) => touched.add(target);
  document.addEventListener("input", touches, { capture: true, passive: true });
  let unheard = []; // fields of which the app has not heard
  function replace(page, old) {
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    const caret = focus && focus.selectionStart != null && [focus.selectionStart, focus.selectionEnd, focus.selectionDirection];
    const far = [...scrolled].filter((node) => old.contains(node)).map((node) => [node, node.scrollTop, node.scrollLeft]);
    document.removeEventListener("scroll", scrolls, { capture: true });
    document.removeEventListener("input", touches, { capture: true });
    removeEventListener("click", remember);
    removeEventListener("submit", submitted);
    scrolled.clear();
    old.replaceWith(page);
    giveDrawn(old, page);
    for (const field of old.querySelectorAll("input, textarea, select")) {
      const now = edited(field) && twin(field, page);
      if (!now) continue;
      if (field.matches("[type=checkbox], [type=radio]")) now.checked = field.checked;
      else now.value = field.value;
      unheard.push(now);
    }
    touched.clear();
    for (const each of early) each.node = twin(each.node, page);
    for (const [node, top, left] of far) twin(node, page)?.scrollTo({ top, left, behavior: "instant" });
    const now = focus && twin(focus, page);
    if (!now) return;
    now.focus({ preventScroll: true });
    if (caret) now.setSelectionRange(...caret);
  }
  // A browser moves a slider to its next step, and chooses a first option, by itself; other fields it gives back as they were left.
  const edited = (field) => field.matches("select, [type=range]") ? touched.has(field)
    : field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  // What stands in the new page where that stands in the old one: found by its id, or from what it stands in. What was drawn
  // is still itself.
  function twin(node, page) {
    if (node.isConnected) return node;
    if (node.id) return page.id === node.id ? page : page.querySelector("#" + CSS.escape(node.id));
    if (node.matches(".card")) return [...page.querySelectorAll(".card")].find((card) => card.dataset.panel === node.dataset.panel);
    const of = node.parentElement, now = of && twin(of, page);
    const same = (all) => [...all].filter((other) => other.localName === node.localName);
    return now ? same(now.children)[same(of.children).indexOf(node)] : null;
  }
  function giveDrawn(old, page) {
    const drawn = new Map();
    const each = (within, what) => {
      for (const place of within.querySelectorAll(".card .plot, .log .lines, .members .names")) {
        const of = place.closest(".log, .members, .card"), { panel, kind, room } = of.dataset;
        what(place, JSON.stringify([place.classList[0], of.classList.contains("large"), of.classList.contains("small"), panel, kind, room]), of);
      }
    };
    each(old, (place, key) => drawn.set(key, [...drawn.get(key) || [], ...place.children]));
    each(page, (place, key, of) => {
      const nodes = drawn.get(key);
      if (!nodes || place.firstElementChild) return;
      place.append(...nodes);
      drawn.delete(key);
      if (of.matches(".log")) of.classList.add("early");
    });
  }

  // The veil comes over the page by itself, 9 s after it was painted or after the app last said that it is awake: what a
  // page shows whose app never came, has crashed or is stuck is not taken for what is. The style sheet lets it come, so
  // nothing has to run for it; and a browser's compositor, even while the page's own thread is blocked.
  function awake() {
    const veil = document.getElementById("veil");
    if (veil) for (const coming of veil.getAnimations()) coming.currentTime = 0;
  }

  // The loader writes its progress as text; the bar is drawn from a variable.
  addEventListener("DOMContentLoaded", () => {
    const bar = document.getElementById("app-wasm-loader"), label = document.getElementById("app-wasm-loader-label");
    if (!bar || !label) return;
    const show = () => {
      const done = parseInt(label.textContent, 10);
      bar.dataset.state = Number.isNaN(done) ? "failed" : "loading";
      bar.style.setProperty("--done", (done || 0) / 100);
    };
    new MutationObserver(show).observe(label, { childList: true, characterData: true, subtree: true });
    show();
  });

  // Times the server wrote are in its zone until here.
  addEventListener("DOMContentLoaded", () => {
    const two = (n) => String(n).padStart(2, "0");
    for (const time of document.querySelectorAll(".lines time")) {
      const at = new Date(time.dateTime);
      time.textContent = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
    }
  });

  // The colours of a text in light and in dark, and of its ground. A style attribute would not be allowed.
  function tint(node, colours) {
    const [light, dark, under, underDark] = colours.split(",");
    node.classList.add("tint");
    node.style.setProperty("--light", light);
    node.style.setProperty("--dark", dark);
    if (!under) return;
    node.classList.add("ground");
    node.style.setProperty("--under", under);
    node.style.setProperty("--under-dark", underDark);
  }
  addEventListener("DOMContentLoaded", () => {
    for (const node of document.querySelectorAll(".lines [data-tint]")) tint(node, node.dataset.tint);
  });

  // Keys that the app would hear of too late to take them for itself: Enter sends the line that is written (with
  // Shift, or while a word is composed, it is the field's own), and no form leaves the page.
  // Some keyboards of phones tell of the line break alone.
  let enter = "";
  const press = (event) => {
    event.preventDefault();
    if (enter !== "sent") document.getElementById("send").click();
    enter = "sent";
  };
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.id !== "say") return;
    enter = event.shiftKey ? "break" : "";
    if (!event.shiftKey) press(event);
  });
  addEventListener("beforeinput", (event) => {
    if (event.inputType === "insertLineBreak" && event.target.id === "say" && enter !== "break") press(event);
  });
  addEventListener("keyup", () => { enter = ""; });
  addEventListener("submit", (event) => { if (event.target.method !== "post") event.preventDefault(); });

  // The way in, and out. A page that leaves because what its viewer may has ended asks nobody: what is edited is kept.
  let leaving = false;
  addEventListener("beforeunload", (event) => { if (leaving) event.stopImmediatePropagation(); }, true);
  function signIn(ended) {
    if (leaving) return;
    leaving = true;
    location.replace("/sign-in?" + (ended ? "ended&" : "") + "next=" + encodeURIComponent(location.pathname + location.search));
  }
  function signOut() {
    const form = document.body.appendChild(document.createElement("form"));
    form.method = "post";
    form.action = "/sign-out";
    form.submit();
  }
  // Who comes to the way in is nobody yet: what was seen is not for them. The service worker lets the pages go that it keeps.
  function forget() {
    for (const key of [KEPT, SEEN, HIDDEN]) try { localStorage.removeItem(key); } catch { /* forbidden: nothing was kept */ }
  }
  addEventListener("DOMContentLoaded", () => {
    const token = document.getElementById("token"), show = document.getElementById("show");
    if (!document.body.classList.contains("way-in") || !token) return;
    forget();
    show.hidden = false;
    show.addEventListener("click", () => {
      const shown = token.type === "text";
      token.type = shown ? "password" : "text";
      show.setAttribute("aria-pressed", !shown);
      token.focus();
    });
  });

  // Up to where each room was seen, of the rooms looked at last.
  const MOST_SEEN = 200;
  const allSeen = () => { try { return new Map(JSON.parse(read(SEEN)) || []); } catch { return new Map(); } };
  function setSeen(room, seq) {
    const all = allSeen();
    all.delete(room);
    all.set(room, seq);
    write(SEEN, JSON.stringify([...all].slice(-MOST_SEEN)));
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // plain http from another machine has no clipboard
      const area = document.body.appendChild(document.createElement("textarea"));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  // What is pressed, submitted or said before the app has come is done once it is there; what is said waits on the page, and
  // is kept where the page leaves first.
  const MOST = 20;
  let early = [], said = [], lives = false;
  function remember(event) {
    const button = event.target instanceof Element && event.target.closest("#page button:not([type=submit])");
    if (!button) return;
    if (button.id === "send") say();
    else if (early.length < MOST) early.push({ node: button, act: "click" });
  }
  function submitted({ target }) {
    if (early.length < MOST && target.closest("#page")) early.push({ node: target, act: "requestSubmit" });
  }
  addEventListener("click", remember);
  addEventListener("submit", submitted);
  function say() {
    const field = document.getElementById("say"), log = document.querySelector(".talk .log");
    const text = field.value.trimEnd().replace(/^[\r\n]+/, "");
    field.focus();
    if (!text.trim() || said.length >= MOST) return;
    said.push(text);
    field.value = "";
    const line = document.createElement("div"), words = document.createElement("div"), what = document.createElement("span"), state = document.createElement("span");
    line.className = "line waiting";
    words.className = "said";
    what.className = "text";
    what.dir = "auto";
    what.textContent = text;
    state.className = "state";
    state.textContent = "sending";
    words.append(what, state);
    line.append(document.createElement("time"), words);
    log.querySelector(".lines").append(line);
    log.querySelector(".scroll").scrollTop = 0; // its end
    delete log.dataset.empty;
  }
  const unsaid = () => { const texts = said; said = []; return texts; };
  const saysIn = () => !lives && document.getElementById("say") && whose + document.querySelector(".talk .log").dataset.room;
  addEventListener("DOMContentLoaded", () => {
    const room = saysIn(), kept = room && drafts("room").get(room), field = document.getElementById("say");
    if (kept) field.value = kept.endsWith(field.value) ? kept : kept + field.value; // a browser that goes back restores its end
  });
  addEventListener("pagehide", () => {
    const room = saysIn();
    if (room) keepDraft("room", room, [...said, document.getElementById("say").value].join("\n").trim());
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && saysIn()) keepDraft("room", saysIn(), "");
  });
  function alive() {
    setTimeout(settled, QUIET);
    lives = true;
    for (const field of unheard) {
      field.dispatchEvent(new Event("input", { bubbles: true }));
      if (!field.matches("textarea, [type=text], [type=search]")) field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    for (const { node, act } of early) if (node) node[act]();
    early = unheard = [];
  }

  // What this tab is called among the open screens, for as long as it is open.
  let screen;
  function screenID() {
    try { screen = screen || sessionStorage.getItem(SCREEN); } catch { /* forbidden: a reload is another screen */ }
    screen = screen || [...crypto.getRandomValues(new Uint8Array(3))].map((b) => b.toString(16).padStart(2, "0")).join("");
    try { sessionStorage.setItem(SCREEN, screen); } catch { /* as above */ }
    return screen;
  }

  // Changes of boards that were not saved, and what was written to rooms and not said: apart, since a board and a room may
  // have the same name; of each those that were kept last.
  const DRAFTS = { board: "telltale.drafts", room: "telltale.unsaid" }, MOST_DRAFTS = 20;
  const drafts = (kind) => { try { return new Map(JSON.parse(read(DRAFTS[kind])) || []); } catch { return new Map(); } };
  function keepDraft(kind, of, text) {
    const all = drafts(kind);
    if (!all.delete(of) && !text) return;
    if (text) all.set(of, text);
    write(DRAFTS[kind], JSON.stringify([...all].slice(-MOST_DRAFTS)));
  }

  return {
    cached, awake, turn, replace,
    alive, unsaid, screen: screenID, theme, dark, copy, tint, signIn, signOut,
    setTheme: (choice) => { write(THEME, choice); setTheme(choice); },
    kept: () => read(KEPT),
    keep: (text) => write(KEPT, text),
    user: () => read(USER),
    setUser: (name) => write(USER, name),
    hidden: () => read(HIDDEN),
    hide: (text) => write(HIDDEN, text),
    seen: (room) => allSeen().get(room) || 0,
    setSeen,
    draft: (kind, of) => drafts(kind).get(of) || null,
    keepDraft,
    workerAtStart: !!(navigator.serviceWorker && navigator.serviceWorker.controller),
  };
})();
window.telltale = telltale;
