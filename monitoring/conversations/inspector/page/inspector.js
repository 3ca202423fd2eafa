"use strict";
// The page of `task inspect`. The token stands behind the # of the printed address and goes with each call; it stays in this tab.
(() => {
  const byId = (id) => document.getElementById(id);
  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "width") node.style.width = value;
      else node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };
  const token = location.hash.slice(1) || sessionStorage.getItem("token") || "";
  sessionStorage.setItem("token", token);
  if (location.hash) history.replaceState(null, "", location.pathname);
  let sender = "", assistant = { intents: [], entities: [] }, turns = [];

  const notify = (text) => { byId("notice").textContent = text; clearTimeout(notify.timer); notify.timer = setTimeout(() => { byId("notice").textContent = ""; }, 9000); };
  const call = async (path, body) => {
    const answered = await fetch(`api/${path}`, { method: body ? "POST" : "GET", headers: { "x-inspector-token": token, "content-type": "application/json" }, body: body ? JSON.stringify(body) : undefined });
    const found = await answered.json();
    if (!answered.ok) throw new Error(found.error || `the page's server answered ${answered.status}`);
    return found;
  };
  const safely = (action) => async (...given) => { try { await action(...given); } catch (error) { notify(error.message); } };

  const begin = () => { sender = `inspector-${crypto.getRandomValues(new Uint32Array(2)).join("")}`; turns = []; byId("log").replaceChildren(); byId("why").replaceChildren(make("p", { class: "empty" }, "Say something; what was understood and what decided stands here.")); byId("words").focus(); };

  const say = safely(async (text, shown) => {
    const number = turns.length;
    turns.push(null);
    const button = make("button", { type: "button", "aria-pressed": "false", onclick: () => show(number) }, shown || text);
    byId("log").append(make("li", { class: "person" }, button));
    byId("log").lastChild.scrollIntoView({ block: "end" });
    const found = await call("say", { sender, text });
    turns[number] = found.turn;
    for (const message of found.messages) {
      if (message.text || message.image || message.custom) byId("log").append(make("li", {}, message.text || message.image || JSON.stringify(message.custom)));
      if (message.buttons?.length) byId("log").append(make("li", { class: "choices" }, ...message.buttons.map((choice) => make("button", { type: "button", onclick: () => say(choice.payload || choice.title, choice.title) }, choice.title))));
    }
    byId("log").lastChild.scrollIntoView({ block: "end" });
    show(number);
  });

  const heading = (text) => make("h2", {}, text);
  const bar = (name, share, text) => make("div", { class: "bar" }, make("span", {}, name), make("i", { width: `${Math.max(0, Math.min(100, share * 100))}%` }), make("b", {}, text));
  const shown = (value) => typeof value === "string" ? value : JSON.stringify(value);

  // The words of the message: a click on one begins or ends a mark, a click on a mark takes it away.
  const words = (turn) => {
    const marks = turn.entities.filter((e) => e.start !== null && e.start !== undefined && !turn.text.startsWith("/")).map((e) => ({ start: e.start, end: e.end, entity: e.entity }));
    let chosen = null;
    const box = make("div", { class: "words" });
    const entity = make("select", { "aria-label": "Entity of the chosen words" }, make("option", { value: "" }, "mark as …"), ...assistant.entities.map((name) => make("option", {}, name)));
    const intent = make("select", { "aria-label": "Intent" }, ...assistant.intents.map((name) => make("option", name === turn.intent ? { selected: "" } : {}, name)));
    const draw = () => {
      box.replaceChildren();
      let place = 0;
      for (const mark of [...marks].sort((a, b) => a.start - b.start)) {
        plain(turn.text.slice(place, mark.start), place);
        box.append(make("mark", { title: "Take this mark away", tabindex: "0", role: "button", onclick: () => { marks.splice(marks.indexOf(mark), 1); draw(); }, onkeydown: (event) => { if (event.key === "Enter") { marks.splice(marks.indexOf(mark), 1); draw(); } } }, turn.text.slice(mark.start, mark.end), make("small", {}, mark.entity)));
        place = mark.end;
      }
      plain(turn.text.slice(place), place);
    };
    const plain = (text, from) => {
      for (const part of text.matchAll(/\s+|\S+/g)) {
        const start = from + part.index, end = start + part[0].length;
        if (!part[0].trim()) { box.append(part[0]); continue; }
        const within = chosen && start >= chosen.start && end <= chosen.end;
        const choose = (event) => { chosen = chosen && (event.shiftKey || chosen.end < start) && chosen.end <= start ? { start: chosen.start, end } : { start, end }; draw(); };
        box.append(make("span", { tabindex: "0", role: "button", class: within ? "chosen" : "", onclick: choose, onkeydown: (event) => { if (event.key === "Enter") choose(event); } }, part[0]));
      }
    };
    entity.addEventListener("change", () => { if (chosen && entity.value) marks.push({ ...chosen, entity: entity.value }); chosen = null; entity.value = ""; draw(); });
    const learn = make("button", { type: "button", onclick: safely(async () => { const found = await call("example", { text: turn.text, intent: intent.value, entities: marks }); notify(`Written to ${found.place}. An assistant that task up watches has learned it in a moment.`); }) }, "This is right: write it to the examples");
    draw();
    return [box, make("div", { class: "fix" }, make("label", {}, "means ", intent), entity, learn)];
  };

  const steps = (lines, action) => {
    const found = lines.map((line) => line.match(/^\s*-?\s*(intent|action|active_loop|slot_was_set|checkpoint):\s*(.*)$/)).filter(Boolean);
    return make("div", { class: "steps" }, ...found.flatMap((match, index) => [index ? "→" : null, make("span", { class: `${match[1]}${match[2] === action ? " now" : ""}` }, match[2] || match[1])]));
  };

  const show = (number) => {
    const turn = turns[number];
    document.querySelectorAll("#log .person button").forEach((button, index) => button.setAttribute("aria-pressed", String(index === number)));
    if (!turn) return;
    const parts = [heading("Understood"), ...words(turn)];
    const best = turn.ranking.length ? turn.ranking : [{ name: turn.intent, confidence: turn.confidence || 0 }];
    parts.push(...best.slice(0, 6).map((item) => bar(item.name, item.confidence, `${(item.confidence * 100).toFixed(1)} %`)));
    if (turn.entities.length) parts.push(heading("Entities"), make("table", {}, make("tr", {}, ...["entity", "value", "from", "confidence", "may be"].map((name) => make("th", {}, name))), ...turn.entities.map((e) => make("tr", {}, make("td", {}, [e.entity, e.role, e.group].filter(Boolean).join(" ")), make("td", {}, shown(e.value)), make("td", {}, e.extractor || ""), make("td", {}, e.confidence ? `${(e.confidence * 100).toFixed(0)} %` : ""), make("td", {}, turn.alternatives.filter((other) => other.start === e.start && other.entity !== e.entity).map((other) => other.entity).join(", "))))));
    const names = [...new Set([...Object.keys(turn.before), ...Object.keys(turn.after)])].sort();
    parts.push(heading("Slots"), names.length ? make("table", {}, make("tr", {}, ...["slot", "before", "after"].map((name) => make("th", {}, name))), ...names.map((name) => { const before = shown(turn.before[name] ?? ""), after = shown(turn.after[name] ?? ""); return make("tr", {}, make("td", {}, name), make("td", { class: before && before !== after ? "gone" : "" }, before), make("td", { class: before !== after ? "new" : "" }, after)); })) : make("p", { class: "empty" }, "none"));
    parts.push(heading("Decided"));
    for (const note of turn.decided.filter((one) => one.action !== "action_listen")) {
      parts.push(make("div", {}, make("strong", {}, note.action || ""), ` by ${note.policy} (${((note.confidence || 0) * 100).toFixed(0)} %)${note.source ? `: ${note.source}` : ""}`));
      if (note.lines.length) parts.push(steps(note.lines, note.action), make("pre", {}, note.lines.join("\n")));
      const others = [...note.others.map((o) => `${o.policy}: ${o.action} ${(o.confidence * 100).toFixed(0)} %`), ...note.ranking.slice(1, 5).map((o) => `${o.action} ${(o.confidence * 100).toFixed(0)} %`)];
      if (others.length) parts.push(make("p", { class: "empty" }, `not ${others.join(", ")}`));
    }
    if (turn.active_loop) parts.push(make("p", {}, `In the form ${turn.active_loop}${turn.after.requested_slot ? `, which asks for ${turn.after.requested_slot}` : ""}.`));
    if (turn.errors.length) parts.push(heading("Failed"), make("pre", {}, turn.errors.join("\n")));
    const slowest = Math.max(1, ...turn.stages.map((stage) => stage.ms));
    parts.push(heading(`Time: ${(turn.seconds * 1000).toFixed(0)} ms`), ...turn.stages.map((stage) => bar(stage.stage + (stage.cold ? " (just started)" : ""), stage.ms / slowest, `${stage.ms.toFixed(1)} ms`)));
    parts.push(heading("Events"), make("p", { class: "empty" }, turn.path.join(" → ")), make("pre", {}, turn.events.join("\n")));
    byId("why").replaceChildren(...parts);
  };

  byId("say").addEventListener("submit", (event) => { event.preventDefault(); const text = byId("words").value.trim(); if (text) { byId("words").value = ""; say(text); } });
  byId("anew").addEventListener("click", begin);
  byId("keep").addEventListener("click", safely(async () => { const name = turns.find(Boolean)?.text || ""; const found = await call("story", { sender, name: name || "A conversation" }); notify(`Kept at ${found.place}; task test:stories passes it.`); }));
  byId("compare").addEventListener("submit", (event) => { event.preventDefault(); safely(async () => { const found = await call("other", { sender, bundle: byId("bundle").value }); byId("why").replaceChildren(heading(`Bundle ${found.bundle}`), ...(found.changes.length ? found.changes.map((text) => make("pre", {}, text)) : [make("p", {}, "It would do the same.")])); })(); });
  safely(async () => { assistant = await call("assistant"); byId("name").textContent = assistant.name; document.title = `${assistant.name}: inspector`; begin(); })();
})();
