// The page in a frame of a website: messages to and from widget.js around it. Which websites may frame the page is the
// gateway's to say (frame-ancestors), so whoever is around the page is one of them.

/**
 * @param {object} on
 * @param {() => void} on.open
 * @param {(text: string, payload?: string) => void} on.say
 * @param {(token: string) => void} on.identity
 * @returns {{framed: boolean, tell: (what: string, more?: object) => void}}
 */
export function frame(on) {
  const framed = window.parent !== window;
  if (!framed) return { framed, tell() {} };
  let origin = "*"; // until the website has spoken; nothing that a person said goes out before that
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.data?.parley !== "widget") return;
    origin = event.origin;
    const { what, text, payload, token } = event.data;
    if (what === "identity" && typeof token === "string") on.identity(token);
    if (what === "open") on.open();
    if (what === "say" && typeof text === "string") on.say(text, typeof payload === "string" ? payload : undefined);
  });
  return {
    framed,
    tell(what, more = {}) {
      if (origin === "*" && !["ready", "close"].includes(what)) return;
      window.parent.postMessage({ parley: "page", what, ...more }, origin);
    },
  };
}
