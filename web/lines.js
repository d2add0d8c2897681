"use strict";
// What a room's page shows of lines and members. Everything that came from others is written as text, never as HTML.
// app/ui is its only caller: draw(box, json) makes the children of box the lines of the list, keeps those that have not
// changed, and answers the height of each; names(list, json) does the same for members.
globalThis.telltaleLines = (() => {
  const make = (kind, name, text) => {
    const node = document.createElement(kind);
    if (name) node.className = name;
    if (text) node.textContent = text;
    return node;
  };
  const labelled = (name, text) => {
    const node = make("div", name);
    node.append(make("span", "", text));
    return node;
  };
  const button = (act, text) => {
    const node = make("button", "act", text);
    node.type = "button";
    node.dataset.act = act;
    return node;
  };

  // painted makes the parts of a text that app/ui/paint.go says how to show.
  const painted = (text, paint) => {
    let at = 0;
    return paint.split(";").map((piece) => {
      const [length, classes, tint] = piece.split(" "), end = at + +length;
      const node = make("span", (classes || "").replaceAll(",", " "), text.slice(at, end));
      at = end;
      if (tint) telltale.tint(node, tint);
      return node;
    });
  };

  function line(l) {
    const node = make("div", l.c), said = make("div", "said");
    node.dataset.key = l.k;
    if (l.n) node.append(labelled("gone", l.n));
    if (l.d) node.append(labelled("day", l.d));
    if (l.m) node.append(labelled("mark", l.m));
    if (l.i) {
      const number = make("a", "number", l.i);
      number.href = "#L" + l.i;
      node.append(number);
    }
    const time = make("time", "", l.t);
    if (l.a) time.dateTime = l.a;
    if (l.w) {
      const who = make("span", "who h" + (l.h || 0));
      who.append(make("bdi", "", l.w));
      said.append(who);
    }
    if (l.c.includes("stderr")) said.append(make("span", "unseen", "stderr: "));
    const text = make("span", "text", l.p ? "" : l.x);
    if (l.p) text.append(...painted(l.x, l.p));
    text.dir = "auto";
    said.append(text);
    if (l.o) said.append(button("whole", l.o));
    if (l.s) said.append(make("span", "state", l.s));
    if (l.c.includes("refused")) said.append(button("again", "Send again"), button("discard", "Discard"));
    node.append(time, said);
    return node;
  }

  // highlight marks a text where it stands in lines, without touching them; a browser that cannot has marked the line.
  function highlight(box, find) {
    if (!globalThis.Highlight) return;
    const ranges = [], wanted = (find || "").toLowerCase();
    for (const text of wanted ? box.querySelectorAll(".text") : []) {
      const all = text.textContent.toLowerCase();
      if (all.length !== text.textContent.length) continue; // letters that are longer in the other case
      for (let at = all.indexOf(wanted); at >= 0 && ranges.length < 1000; at = all.indexOf(wanted, at + wanted.length)) {
        const range = new Range();
        place(text, at, (node, offset) => range.setStart(node, offset));
        place(text, at + wanted.length, (node, offset) => range.setEnd(node, offset));
        ranges.push(range);
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }
  const place = (text, at, take) => {
    const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(), last = node; ; last = node, node = walk.nextNode()) {
      if (!node) return take(last, last.length);
      if (at <= node.length) return take(node, at);
      at -= node.length;
    }
  };

  // A line without its text (only "k") is as it was.
  function draw(box, json, find) {
    const old = box.lines || new Map(), now = new Map();
    let at = box.firstChild;
    for (const l of JSON.parse(json)) {
      const node = l.c ? line(l) : old.get(l.k);
      now.set(l.k, node);
      if (node === at) at = at.nextSibling;
      else {
        box.insertBefore(node, at);
        const before = old.get(l.k);
        if (before && before !== node) {
          if (before === at) at = at.nextSibling;
          before.remove();
        }
      }
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
    box.lines = now;
    if (find || box.found) highlight(box, find);
    box.found = find;
    return Array.from(box.children, (node) => node.getBoundingClientRect().height);
  }

  function names(list, json) {
    list.replaceChildren(...JSON.parse(json).map((n) => {
      const node = make("li", "h" + n.h);
      node.append(make("bdi", "", n.n), make("span", "about", n.a));
      return node;
    }));
  }

  return { draw, names };
})();
