// Speaking and listening on the chat page: a recorder with a level meter, and replies read aloud. It knows nothing of
// conversations: chat.js hands it what to say, and gets what was recorded.

import { wordsOf } from "./messages.js";

const MAX = 60; // seconds, as the speech stage listens
const SHORTEST = 0.4; // seconds; a shorter press was a slip
const HOLD = 400; // milliseconds: who presses longer talks while pressing, who presses shorter talks until the next press
const RATE = 24_000; // bits a second: a minute is 180 kB
const KINDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const QUIET = 0.012; // level below which a microphone that is open for a while seems to be muted
const LONG = 12; // seconds after which a pause ends a piece, which is sent and answered while the person speaks on
const PAUSE = 1.5; // seconds
const VOICED = 0.15; // of the loudest level so far: what is quieter is a pause
const BARS = 24;

const $ = (id) => document.getElementById(id);

// ---------------------------------------------------------------------------------------------- the microphone

export function listenable() {
  return document.documentElement.dataset.listening === "yes";
}

// Wires the microphone button. `recorded(blob, seconds)` gets what was said, `told(text)` what is the matter ("": nothing); `say(key)` has the words.
export function microphone({ say: words, recorded, told }) {
  if (!listenable()) return;
  const button = $("mic");
  button.hidden = false;
  let recording = null; // {recorder, stream, context, began, timer, chunks}
  let wanted = false; // false again where the person let go before the microphone was there
  let pressed = 0;

  async function begin() {
    if (recording || wanted) return;
    wanted = true;
    told("");
    quiet();
    const problem = impossible();
    if (problem) return void fail(words(problem));
    button.dataset.state = "asking";
    say(words("waitingForMic"));
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } });
    } catch (error) {
      return void fail(words(trouble(error), error));
    }
    if (!wanted) return void release(stream);
    try {
      start(stream);
    } catch (error) {
      // A browser that has the objects and refuses them: the microphone is let go again.
      release(stream);
      recording = null;
      fail(words("micBroken", error));
    }
  }

  function start(stream) {
    const type = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    stream.getAudioTracks()[0].addEventListener("ended", () => { if (recording) fail(words("micTaken")); });
    recording = { stream, type, context, began: performance.now(), loudest: 0, pieces: 0 };
    startPiece();
    show(true);
    say(words("recording"));
    meter(analyser);
  }

  function startPiece() {
    const { stream, type } = recording;
    const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: RATE });
    const chunks = [];
    recorder.addEventListener("dataavailable", ({ data }) => { if (data.size) chunks.push(data); });
    recorder.addEventListener("error", () => fail(words("brokeOff")));
    Object.assign(recording, { recorder, chunks, since: performance.now(), voiced: null });
    recorder.start(1000);
  }

  // What was said so far goes its way once its last bytes are there.
  function endPiece() {
    const { recorder, chunks, voiced, pieces, since } = recording;
    const seconds = (performance.now() - since) / 1000;
    recording.pieces++;
    recorder.addEventListener("stop", () => {
      const blob = new Blob(chunks, { type: recorder.mimeType });
      // Behind a piece that was sent, silence is no message of its own.
      if (pieces && voiced === null) return;
      if (seconds < SHORTEST || !blob.size) told(words("tooShort"));
      else recorded(blob, Math.min(seconds, MAX));
    });
    recorder.stop();
  }

  // One turn of the meter and the clock for each frame that the browser draws.
  function meter(analyser) {
    const samples = new Uint8Array(analyser.fftSize);
    const mine = recording;
    const bars = [...$("level").children];
    const levels = new Array(BARS).fill(0);
    const turn = () => {
      if (recording !== mine) return;
      analyser.getByteTimeDomainData(samples);
      const level = Math.sqrt(samples.reduce((sum, value) => sum + ((value - 128) / 128) ** 2, 0) / samples.length);
      mine.loudest = Math.max(mine.loudest, level);
      const now = performance.now();
      if (level > Math.max(QUIET, VOICED * mine.loudest)) mine.voiced = now;
      if (now - mine.since > LONG * 1000 && mine.voiced !== null && now - mine.voiced > PAUSE * 1000) { endPiece(); startPiece(); }
      levels.push(Math.min(1, level * 5));
      levels.shift();
      bars.forEach((bar, index) => { bar.style.transform = `scaleY(${Math.max(0.08, levels[index])})`; });
      const seconds = elapsed();
      const left = MAX - (now - mine.since) / 1000;
      $("clock").textContent = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
      $("hint").textContent = left < 10 ? words("secondsLeft", { seconds: Math.ceil(left) })
        : seconds > 3 && mine.loudest < QUIET ? words("muted") : "";
      if (left <= 0) return void finish();
      requestAnimationFrame(turn);
    };
    turn();
  }

  const elapsed = () => (recording ? (performance.now() - recording.began) / 1000 : 0);

  function finish() {
    wanted = false;
    if (!recording) return void reset();
    endPiece();
    stop();
    say("");
  }

  function cancel() {
    wanted = false;
    stop();
    say(words("recordingCancelled"));
  }

  function stop() {
    const ending = recording;
    recording = null;
    if (ending) {
      if (ending.recorder.state !== "inactive") ending.recorder.stop();
      release(ending.stream);
      ending.context.close();
    }
    reset();
  }

  function fail(problem) {
    wanted = false;
    stop();
    say("");
    told(problem);
  }

  function reset() {
    button.dataset.state = "";
    show(false);
  }

  function show(on) {
    if (on) button.dataset.state = "recording";
    $("recording").hidden = !on;
    $("text").hidden = on;
    $("send").hidden = on;
    button.setAttribute("aria-pressed", String(on));
    button.setAttribute("aria-label", words(on ? "sendRecording" : "speak"));
  }

  function press() {
    pressed = performance.now();
    if (recording) return void finish();
    begin();
  }

  function letGo() {
    if (!pressed) return;
    const held = performance.now() - pressed > HOLD;
    pressed = 0;
    // Where permission is still asked for, whoever lets go talks to the question, not to us: a press is a click then.
    if (held && recording && elapsed() * 1000 > HOLD / 2) finish();
  }

  button.addEventListener("pointerdown", (event) => { if (event.button === 0) { event.preventDefault(); button.focus(); press(); } });
  window.addEventListener("pointerup", letGo);
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) press();
  });
  button.addEventListener("keyup", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    letGo();
  });
  // Some assistive technologies send a click and nothing else.
  button.addEventListener("click", (event) => { if (event.detail === 0 && !pressed) { press(); pressed = 0; } });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (recording || wanted)) { event.preventDefault(); cancel(); button.focus(); }
    if (event.altKey && event.code === "KeyM" && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      if (!event.repeat) press();
    }
  });
  document.addEventListener("keyup", (event) => { if (event.code === "KeyM" || event.key === "Alt") letGo(); });
  $("discard").addEventListener("click", () => { cancel(); button.focus(); });
  window.addEventListener("pagehide", () => { if (recording) cancel(); });
  for (let index = 0; index < BARS; index++) $("level").append(document.createElement("i"));
}

function impossible() {
  if (!window.isSecureContext) return "needsHttps";
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return "cannotRecord";
  if (!KINDS.some((kind) => MediaRecorder.isTypeSupported(kind))) return "cannotSendRecording";
  return "";
}

function trouble({ name }) {
  switch (name) {
    case "NotAllowedError": return "micDenied";
    case "NotFoundError": return "micMissing";
    case "NotReadableError": return "micBusy";
    default: return "micBroken";
  }
}

function release(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function say(words) {
  $("spoken").textContent = words;
}

// ---------------------------------------------------------------------------------------------- reading aloud

const ALOUD = "parley.aloud";
const VOICES = 1500; // milliseconds in which a browser that has voices says so
let player = null;
let queue = Promise.resolve();
let turn = 0; // what was queued before this number is not said any more

const remembered = () => { try { return localStorage.getItem(ALOUD) === "yes"; } catch { return false; } };

// Wires the toggle. `server(text)` gives a recording of the text, or null where the server has no voice.
export function aloud({ say: words, server, told }) {
  const toggle = $("aloud");
  let on = remembered();
  toggle.hidden = false;
  const show = () => {
    toggle.setAttribute("aria-pressed", String(on));
    toggle.title = words(on ? "readsAloud" : "readAloud");
  };
  toggle.addEventListener("click", () => {
    on = !on;
    try { localStorage.setItem(ALOUD, on ? "yes" : "no"); } catch { /* as long as the page lives */ }
    told("");
    if (on) window.speechSynthesis?.getVoices(); else quiet();
    show();
  });
  show();
  return (message) => {
    const said = wordsOf(message, words);
    // The microphone would hear it.
    if (!on || !said || !$("recording").hidden) return;
    const mine = turn;
    queue = queue.then(async () => {
      if (mine !== turn) return;
      if (await voiced()) return void (await synthesised(said));
      // The first sentence is heard while the server still says the next one.
      const sentences = sentencesOf(said);
      for (let at = 0, next = server(sentences[0]); at < sentences.length; at++) {
        const recording = await next;
        if (mine !== turn) return;
        if (!recording) {
          on = false;
          show();
          return void told(words("noVoice"));
        }
        next = at + 1 < sentences.length ? server(sentences[at + 1]) : null;
        next?.catch(() => { /* told when it is waited for */ });
        await played(recording);
        if (mine !== turn) return;
      }
    }).catch(() => { /* what cannot be said can be read */ });
  };
}

function sentencesOf(said) {
  if (!Intl.Segmenter) return [said];
  const language = document.documentElement.lang || navigator.language;
  const found = [...new Intl.Segmenter(language, { granularity: "sentence" }).segment(said)].map(({ segment }) => segment.trim());
  return found.some(Boolean) ? found.filter(Boolean) : [said];
}

export function quiet() {
  turn++;
  window.speechSynthesis?.cancel();
  player?.pause();
}

// Chrome has no voices at first, and says when it has.
function voiced() {
  const synthesis = window.speechSynthesis;
  if (!synthesis) return false;
  if (synthesis.getVoices().length) return true;
  return new Promise((done) => {
    const look = () => done(synthesis.getVoices().length > 0);
    synthesis.addEventListener?.("voiceschanged", look, { once: true });
    setTimeout(look, VOICES);
  });
}

function synthesised(said) {
  return new Promise((done) => {
    const utterance = new SpeechSynthesisUtterance(said);
    utterance.lang = document.documentElement.lang || navigator.language;
    utterance.onend = utterance.onerror = done;
    speechSynthesis.speak(utterance);
  });
}

function played(recording) {
  return new Promise((done) => {
    const address = URL.createObjectURL(recording);
    player = new Audio(address);
    player.onended = player.onpause = player.onerror = () => { URL.revokeObjectURL(address); done(); };
    player.play().catch(done);
  });
}
