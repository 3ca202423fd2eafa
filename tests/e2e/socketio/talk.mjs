// A widget that speaks Rasa's protocol, with the client that such widgets use: one line of JSON for each thing heard.
import { io } from "socket.io-client";

const [address, session] = process.argv.slice(2);
const tell = (what, data) => console.log(JSON.stringify([what, data]));
const socket = io(address, { transports: ["polling"], path: "/socket.io/", reconnection: false });
const late = setTimeout(() => { tell("late"); process.exit(1); }, 30_000);
let known = session, heard = 0;
socket.on("connect", () => socket.emit("session_request", { session_id: session || null }));
socket.on("connect_error", (error) => { tell("refused", String(error)); process.exit(1); });
socket.on("session_confirm", (data) => {
  known = data.session_id ?? data;
  tell("session", known);
  socket.emit("user_uttered", { message: "hello", session_id: known, customData: { language: "en" } });
});
socket.on("bot_uttered", (message) => {
  tell("uttered", message);
  heard += 1;
  if (heard === 1) return socket.emit("user_uttered", { message: "buttons", session_id: known });
  clearTimeout(late);
  socket.disconnect();
});
