// The review page: lists conversations, shows one, and keeps what an author says of a turn with each click.
// Everything that people wrote is put on the page as text, never as markup.

const find = (id) => document.getElementById(id);
const NAMES = { low: "low confidence", fallback: "not understood", abandoned: "form abandoned", failed: "action failed", unhelpful: "rated unhelpful" };
let domain = { intents: [], entities: [] };
let shown = null;
let opening = 0; // the conversation that was asked for last; an earlier one that answers later is not shown
let listing = 0; // the list likewise
let after = null;

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

function notice(text, trouble = false) {
  const place = find("notice");
  place.className = trouble ? "trouble" : "";
  place.textContent = text;
  clearTimeout(notice.timer);
  if (!trouble) notice.timer = setTimeout(() => { place.textContent = ""; }, 2500);
}

class Refused extends Error {}

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(`api/${path}`, options);
  } catch {
    throw new Error("The server does not answer.");
  }
  const content = await answer.json().catch(() => ({}));
  if (answer.status === 401) throw new Refused(content.error);
  if (!answer.ok) throw new Error(content.error || `The server answered ${answer.status}.`);
  return content;
}

async function trying(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof Refused) signIn(error.message);
    else notice(error.message, true);
  }
}

function signIn(why) {
  find("work").hidden = true;
  find("signout").hidden = true;
  find("export").hidden = true;
  find("write").hidden = true;
  find("keys").hidden = true;
  find("signin").hidden = false;
  find("token").focus();
  if (why && signIn.before) notice(why, true);
  signIn.before = true;
}

async function begin() {
  domain = await call("GET", "domain");
  find("signin").hidden = true;
  find("work").hidden = false;
  find("export").hidden = false;
  find("signout").hidden = false;
  find("write").hidden = !domain.writable;
  find("keys").hidden = false;
  notice("");
  await list();
}

async function list(further = false) {
  const which = find("which").value;
  const query = new URLSearchParams({ which, below: find("below").value, search: find("search").value, ...(further && after ? { after } : {}) });
  const mine = ++listing, before = opening;
  const found = await call("GET", `conversations?${query}`);
  // Another list was asked for since: that one counts.
  if (mine !== listing) return;
  after = found.after;
  const place = find("list");
  if (!further) place.replaceChildren();
  place.append(...found.conversations.map(entry));
  find("more").hidden = after === null;
  if (!place.children.length) {
    find("conversation").replaceChildren(make("p", { className: "empty", textContent: after === null
      ? "No conversation is like that. Choose something else to show." : "None among those looked at so far." }));
  } else if (!further && before === opening) {
    // Unless the author opened one while this list was on its way.
    place.querySelector("button").click();
  }
}

function entry(conversation) {
  const badges = Object.entries(conversation.flags).map(([flag, count]) =>
    make("span", { className: "badge", textContent: count > 1 ? `${NAMES[flag]} ×${count}` : NAMES[flag] }));
  if (conversation.reviewed) {
    badges.push(make("span", { className: "badge good", textContent: `${conversation.reviewed} of ${conversation.turns} reviewed` }));
  }
  const button = make("button", { type: "button" },
    make("strong", { textContent: conversation.handle }),
    make("span", { className: "small", textContent:
      `${conversation.channel} · ${conversation.turns} turn${conversation.turns === 1 ? "" : "s"} · ${conversation.last}` }),
    make("span", { className: "badges" }, ...badges));
  button.dataset.handle = conversation.handle;
  button.addEventListener("click", () => trying(() => open(conversation.handle)));
  return make("li", {}, button);
}

async function open(handle) {
  const mine = ++opening;
  const found = await call("GET", `conversations/${handle}?below=${find("below").value}`);
  if (mine !== opening) return;
  draw(found);
  for (const button of find("list").querySelectorAll("button")) {
    button.setAttribute("aria-current", String(button.dataset.handle === handle));
  }
}

function draw(conversation) {
  const before = shown?.handle === conversation.handle && shown.list.length === conversation.list.length ? shown.list : null;
  shown = conversation;
  if (before) redraw(before, conversation.list);
  else {
    find("conversation").replaceChildren(
      make("div", { className: "row" }, make("h2", { textContent: `Conversation ${conversation.handle}` }), allRight()),
      ...conversation.list.map(safely));
  }
  const listed = [...find("list").querySelectorAll("button")].find((item) => item.dataset.handle === conversation.handle);
  if (listed) {
    const fresh = entry(conversation);
    fresh.firstChild.setAttribute("aria-current", "true");
    listed.parentElement.replaceWith(fresh);
  }
}

// Only the turns that changed are made anew, and the keyboard stays where it was.
function redraw(before, turns) {
  const articles = [...find("conversation").querySelectorAll("article")];
  turns.forEach((item, index) => {
    if (JSON.stringify(before[index]) === JSON.stringify(item)) return;
    const fresh = safely(item);
    const act = articles[index].contains(document.activeElement) ? document.activeElement.dataset.act ?? "" : null;
    articles[index].replaceWith(fresh);
    if (act === null) return;
    (fresh.querySelector(`[data-act="${act}"]:not(:disabled)`) ?? fresh.querySelector("button:not(:disabled)") ?? fresh).focus();
  });
}

// Whatever stands in one turn, the others are shown.
function safely(item) {
  try {
    return turn(item);
  } catch {
    return make("article", { tabIndex: -1 }, make("p", { textContent: `Turn ${item?.number} cannot be shown.` }));
  }
}

// What counts now: the author's word where there is one, else what the model understood.
function current(turn) {
  return turn.review ? { intent: turn.review.intent, pieces: turn.review.pieces } : { intent: turn.intent, pieces: turn.pieces };
}

function turn(item) {
  const now = current(item);
  const said = make("p", { className: "said" }, ...now.pieces.map((piece, place) => words(item, piece, place)));
  said.addEventListener("mouseup", () => select(item, said));
  const parts = [
    make("div", { className: "row small" }, make("span", { textContent: `${item.number}. ${item.at}` }),
      ...item.flags.map((flag) => make("span", { className: "badge", textContent: NAMES[flag] })),
      item.review ? make("span", { className: "badge good", textContent: verdict(item) }) : null),
    said,
  ];
  if (item.transcription_failure) {
    parts.push(make("div", { className: "small", textContent: `A voice message that did not become text (${item.transcription_failure}): nothing to correct.` }));
  } else if (item.direct) {
    parts.push(make("div", { className: "small", textContent: "A button: nothing to correct." }));
  } else {
    parts.push(make("div", { className: "row" }, intent(item, now), ...doing(item, now)));
  }
  if (item.actions.length) parts.push(make("div", { className: "small", textContent: `did ${item.actions.join(", ")}` }));
  parts.push(...item.replies.map((text) => make("p", { className: "replies", textContent: text })));
  const state = item.review ? "reviewed" : item.flags.length ? "flagged" : "";
  const article = make("article", { className: state, tabIndex: -1 }, ...parts);
  article.setAttribute("aria-label", `Turn ${item.number}`);
  return article;
}

// Whatever is neither flagged nor reviewed was understood rightly: the long and dull part of reviewing.
function allRight() {
  const button = make("button", { type: "button", textContent: "The rest is right" });
  button.id = "right";
  button.title = "Confirms every turn that is neither flagged nor reviewed";
  button.addEventListener("click", () => trying(async () => {
    const before = shown.reviewed;
    draw(await call("POST", `conversations/${shown.handle}/right?below=${find("below").value}`));
    notice(`${shown.reviewed - before} turns are right.`);
  }));
  return button;
}

function verdict(item) {
  if (item.review.intent === null) return "set aside";
  if (!item.review.changed) return "confirmed";
  return item.review.intent === item.intent ? "entities corrected" : `was ${item.intent}`;
}

function intent(item, now) {
  const sure = item.confidence !== null && !item.review ? ` ${item.confidence.toFixed(2)}` : "";
  const button = make("button", { type: "button", textContent: `${now.intent ?? "no intent"}${sure} ▾` });
  button.dataset.act = "intent";
  button.setAttribute("aria-label", `Intent of turn ${item.number}: ${now.intent ?? "none"}; change`);
  button.addEventListener("click", () => {
    const ranked = item.ranking.filter((other) => domain.intents.includes(other.name));
    const names = ranked.map((other) => other.name);
    const choices = [
      ...ranked.map((other) => ({ name: other.name, note: other.confidence.toFixed(2) })),
      ...domain.intents.filter((name) => !names.includes(name)).map((name) => ({ name, note: "" })),
    ];
    choose("Which intent is it?", choices, (name) => keep(item, name, now.pieces));
  });
  return button;
}

function doing(item, now) {
  const right = make("button", { type: "button", className: "primary", textContent: "Right" });
  right.disabled = !domain.intents.includes(now.intent);
  right.title = "It was understood rightly: a good example as it is";
  right.addEventListener("click", () => keep(item, now.intent, now.pieces));
  const aside = make("button", { type: "button", textContent: "Set aside" });
  aside.title = "No example for any intent";
  aside.addEventListener("click", () => keep(item, null, now.pieces));
  right.dataset.act = aside.dataset.act = "verdict";
  const mark = make("button", { type: "button", textContent: "Mark words" });
  mark.dataset.act = "mark";
  mark.title = "Say that some words are an entity; selecting them does it, too";
  mark.addEventListener("click", () => markWords(item));
  if (!item.review) return [right, aside, mark];
  const undo = make("button", { type: "button", textContent: "Undo" });
  undo.addEventListener("click", () => trying(async () => {
    draw(await call("DELETE", `conversations/${shown.handle}/${item.number}?below=${find("below").value}`));
    notice("Taken back.");
  }));
  undo.dataset.act = "verdict";
  return [undo, mark];
}

function words(item, piece, place) {
  if (!piece.entity) return make("span", { textContent: piece.text });
  const label = [piece.entity, piece.role, piece.group, piece.value !== undefined ? `= ${piece.value}` : ""];
  const button = make("button", { type: "button" }, piece.text,
    make("small", { textContent: label.filter(Boolean).join(" ") }));
  button.setAttribute("aria-label", `${piece.text}: ${piece.entity}; change`);
  if (item.direct) button.disabled = true;
  button.addEventListener("click", () => {
    const pieces = current(item).pieces;
    const choices = [{ name: "", note: "no entity" }, ...domain.entities.map((name) => ({ name, note: "" }))];
    choose(`What is “${piece.text}”?`, choices, (name) => {
      const changed = name === "" ? { text: piece.text } : { text: piece.text, entity: name };
      keep(item, chosen(item), pieces.with(place, changed));
    });
  });
  return button;
}

// The same without a mouse: the first word, the last one, the entity.
function markWords(item) {
  const pieces = current(item).pieces;
  const found = pieces.flatMap((piece, place) => piece.entity ? [] : [...piece.text.matchAll(/\S+/g)].map((word) =>
    ({ name: word[0], note: "", place, start: word.index, end: word.index + word[0].length })));
  choose("Which is the first word?", found, (_, first) => {
    const last = found.filter((word) => word.place === first.place && word.start >= first.start);
    choose(`Which is the last word, from “${first.name}” on?`, last, (_, until) => {
      nameWords(item, first.place, first.start, until.end);
    });
  });
}

// Words that an author selected become an entity.
function select(item, said) {
  const selection = getSelection();
  if (item.direct || selection.isCollapsed || !said.contains(selection.anchorNode) || !said.contains(selection.focusNode)) return;
  const range = selection.getRangeAt(0);
  const span = range.startContainer.parentElement;
  const place = [...said.children].indexOf(span);
  const pieces = current(item).pieces;
  if (range.startContainer !== range.endContainer || place < 0 || pieces[place].entity) {
    notice("Select words outside of what is marked already.", true);
    return;
  }
  const text = pieces[place].text;
  let [start, end] = [range.startOffset, range.endOffset];
  while (start < end && /\s/.test(text[start])) start += 1;
  while (end > start && /\s/.test(text[end - 1])) end -= 1;
  if (start === end) return;
  nameWords(item, place, start, end);
  selection.removeAllRanges();
}

function nameWords(item, place, start, end) {
  const pieces = current(item).pieces, text = pieces[place].text;
  choose(`What is “${text.slice(start, end)}”?`, domain.entities.map((name) => ({ name, note: "" })), (name) => {
    const parts = [{ text: text.slice(0, start) }, { text: text.slice(start, end), entity: name }, { text: text.slice(end) }];
    keep(item, chosen(item), pieces.toSpliced(place, 1, ...parts.filter((part) => part.text)));
  });
}

// An entity can be corrected before the intent; then the intent stays as it is where there is such a one.
function chosen(item) {
  const name = current(item).intent;
  return domain.intents.includes(name) ? name : null;
}

function keep(item, name, pieces) {
  return trying(async () => {
    const body = { intent: name, pieces: merged(pieces) };
    draw(await call("PUT", `conversations/${shown.handle}/${item.number}?below=${find("below").value}`, body));
    notice("Kept.");
  });
}

// Words without an entity beside each other are one piece again, so that they can be selected together.
function merged(pieces) {
  const found = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    if (last && !last.entity && !piece.entity) last.text += piece.text;
    else found.push({ ...piece });
  }
  return found;
}

function choose(title, choices, done) {
  const dialog = find("chooser");
  find("chooser-title").textContent = title;
  const filter = find("filter");
  filter.value = "";
  const fill = () => {
    const wanted = filter.value.trim().toLowerCase();
    find("choices").replaceChildren(...choices.filter(({ name }) => name.toLowerCase().includes(wanted)).map((choice) => {
      const button = make("button", { type: "button" }, make("span", { textContent: choice.name || "—" }),
        make("span", { className: "small", textContent: choice.note }));
      button.addEventListener("click", () => { dialog.close(); done(choice.name, choice); });
      return make("li", {}, button);
    }));
  };
  filter.oninput = fill;
  filter.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    find("choices").querySelector("button")?.click();
  };
  fill();
  dialog.showModal();
  filter.focus();
}

// One key for each thing that is done often; none where somebody types.
function move(by) {
  const turns = [...find("conversation").querySelectorAll("article")];
  const here = turns.findIndex((article) => article.contains(document.activeElement));
  turns[Math.min(Math.max(here + by, 0), turns.length - 1)]?.focus();
}

function step(by) {
  const listed = [...find("list").querySelectorAll("button")];
  const here = listed.findIndex((button) => button.getAttribute("aria-current") === "true");
  listed[here + by]?.click();
}

const KEYS = {
  j: () => move(1), k: () => move(-1), n: () => step(1), p: () => step(-1),
  a: () => find("right")?.click(), "/": () => find("search").focus(),
  r: (article) => press(article, "Right"), s: (article) => press(article, "Set aside"), u: (article) => press(article, "Undo"),
  i: (article) => article?.querySelector('[data-act="intent"]')?.click(),
  m: (article) => article?.querySelector('[data-act="mark"]')?.click(),
};

function press(article, name) {
  [...(article?.querySelectorAll("button") ?? [])].find((button) => button.textContent === name && !button.disabled)?.click();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || find("work").hidden || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key](document.activeElement?.closest?.("article"));
});
find("search").addEventListener("change", () => trying(() => list()));
find("write").addEventListener("click", () => trying(async () => {
  const { places, refused } = await call("POST", "examples");
  const why = refused.length ? ` ${refused.length} were not: ${refused.slice(0, 3).map((one) => `“${one.text}” (${one.why})`).join("; ")}` : "";
  notice(`${places.length} examples stand in the assistant's files.${why}`, refused.length > 0);
}));
find("cancel").addEventListener("click", () => find("chooser").close());
find("which").addEventListener("change", () => trying(() => list()));
find("below").addEventListener("change", () => trying(() => list()));
find("more").addEventListener("click", () => trying(() => list(true)));
find("signout").addEventListener("click", () => trying(async () => {
  await call("DELETE", "session");
  find("list").replaceChildren();
  find("conversation").replaceChildren();
  signIn("");
}));
find("signin").addEventListener("submit", (event) => {
  event.preventDefault();
  trying(async () => {
    await call("POST", "session", { token: find("token").value });
    find("token").value = "";
    await begin();
  });
});
// The address that is printed at the start ends in a token; it signs in once and leaves the address.
trying(async () => {
  const token = decodeURIComponent(location.hash.slice(1));
  if (token) {
    history.replaceState(null, "", location.pathname);
    await call("POST", "session", { token });
  }
  await begin();
});
