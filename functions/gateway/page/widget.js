// The chat as a bubble on any website: <script src="https://bot.example.com/widget.js" async></script>
//
// Attributes of the script: data-title, data-color (#rrggbb), data-theme (light or dark), data-position (right or left),
// data-lang, data-logo, data-starters (what may be said first, with | between), data-start (what is said for the visitor
// when the chat opens first, e.g. /session_start), data-identity (who the visitor is, signed by the website). From its own code: parley.open(), .close(), .send(text), .identify(token),
// .on("open" | "close" | "message" | "sent", callback). Nothing is asked of the gateway before the bubble is pressed.
(() => {
  const script = document.currentScript;
  const base = new URL(".", script.src);
  const defaults = {}; // the assistant's page.yml, which the gateway writes here
  const given = { ...defaults, ...script.dataset };
  const language = (given.lang || document.documentElement.lang || defaults.language || "en").toLowerCase().split("-")[0];
  const WORDS = {
    en: ["Open the chat", "Close the chat"], de: ["Chat öffnen", "Chat schließen"], es: ["Abrir el chat", "Cerrar el chat"],
    fr: ["Ouvrir le chat", "Fermer le chat"], it: ["Apri la chat", "Chiudi la chat"], pt: ["Abrir o chat", "Fechar o chat"],
  };
  const [openWords, closeWords] = WORDS[language] ?? WORDS.en;
  const colour = /^#[0-9a-f]{6}$/i.test(given.color ?? "") ? given.color : "#3d5afe";
  const side = given.position === "left" ? "left" : "right";
  const listeners = new Map();
  const waiting = []; // what the page is to be told once it is there
  let frame = null, ready = false, shown = false;

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // by object, because the website's policy may forbid styles in the markup
  sheet.replaceSync(`
    :host { all: initial; position: fixed; z-index: 2147483000; bottom: 0; ${side}: 0; }
    [hidden] { display: none !important; }
    button { position: fixed; bottom: max(20px, env(safe-area-inset-bottom)); ${side}: 20px; width: 60px; height: 60px; padding: 0;
      border: 0; border-radius: 50%; background: ${colour}; color: #fff; color: oklch(from ${colour} calc((.66 - l) * 1000) 0 0); cursor: pointer; box-shadow: 0 6px 24px rgb(0 0 0 / 28%); }
    button:focus-visible { outline: 3px solid ${colour}; outline-offset: 3px; }
    button svg, button img { width: 30px; height: 30px; vertical-align: middle; }
    button img { border-radius: 50%; }
    section { position: fixed; bottom: 96px; ${side}: 20px; width: min(400px, calc(100vw - 40px)); height: min(640px, calc(100dvh - 120px));
      border-radius: 18px; overflow: hidden; background: Canvas; box-shadow: 0 12px 48px rgb(0 0 0 / 32%); }
    iframe { width: 100%; height: 100%; border: 0; display: block; color-scheme: light dark; }
    @media (max-width: 500px) {
      section { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; }
      section:not([hidden]) + button { display: none; }
    }
    @media (forced-colors: active) { button, section { border: 1px solid CanvasText; } }
    @media (prefers-reduced-motion: no-preference) { button { transition: transform .15s; } button:hover { transform: scale(1.05); } }`);
  root.adoptedStyleSheets = [sheet];

  const panel = document.createElement("section");
  panel.hidden = true;
  panel.setAttribute("aria-label", given.title ?? "Chat");
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-label", openWords);
  button.append(icon());
  root.append(panel, button);

  function icon() {
    if (given.logo && /^https?:/.test(given.logo)) {
      const image = document.createElement("img");
      image.src = given.logo;
      image.alt = "";
      return image;
    }
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M4 5.5A2.5 2.5 0 0 1 6.500 3h11A2.500 2.500 0 0 1 20 5.500v8A2.500 2.500 0 0 1 17.500 16H11l-4.500 4v-4A2.500 2.500 0 0 1 4 13.500z");
    path.setAttribute("fill", "currentColor");
    svg.append(path);
    return svg;
  }

  function load() {
    const query = new URLSearchParams({ widget: 1 });
    for (const name of ["title", "color", "theme", "logo", "start"]) if (given[name]) query.set(name, given[name]);
    for (const words of script.dataset.starters?.split("|") ?? []) if (words.trim()) query.append("starter", words.trim());
    query.set("lang", given.lang ?? document.documentElement.lang ?? "");
    frame = document.createElement("iframe");
    frame.title = given.title ?? "Chat";
    frame.allow = "microphone; clipboard-write";
    frame.referrerPolicy = "origin";
    frame.src = `${base}?${query}`;
    panel.append(frame);
  }

  // By message and not by address, because addresses are kept in logs.
  function tell(what, more) {
    const message = { parley: "widget", what, ...more };
    if (ready) frame.contentWindow.postMessage(message, base.origin);
    else waiting.push(message);
  }

  function emit(name, detail) {
    for (const callback of listeners.get(name) ?? []) callback(detail);
  }

  function open() {
    if (!frame) load();
    if (shown) return;
    shown = true;
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    button.setAttribute("aria-label", closeWords);
    tell("open");
    emit("open");
  }

  function close() {
    if (!shown) return;
    shown = false;
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", openWords);
    button.focus();
    emit("close");
  }

  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== base.origin || event.data?.parley !== "page") return;
    const { what, text } = event.data;
    if (what === "ready") {
      ready = true;
      for (const message of waiting.splice(0)) frame.contentWindow.postMessage(message, base.origin);
    }
    if (what === "close") close();
    if (what === "message" || what === "sent") emit(what, { text });
  });
  button.addEventListener("click", () => (shown ? close() : open()));
  if (given.identity) tell("identity", { token: given.identity });

  window.parley = {
    open,
    close,
    send(text, payload) { open(); tell("say", { text: String(text), payload }); },
    identify(token) { tell("identity", { token: String(token) }); },
    on(name, callback) { listeners.set(name, [...(listeners.get(name) ?? []), callback]); },
  };
  (document.body ? Promise.resolve() : new Promise((done) => document.addEventListener("DOMContentLoaded", done))).then(() => document.body.append(host));
})();
