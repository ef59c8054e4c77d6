// Tells the server when a person, and not a timer, is behind a request: only that keeps a session alive.
// The first request after a key, pointer or wheel event carries X-HMS-Gesture: 1; polling alone never does.
// Also: an ended session leads back to the sign-in form, and a callback that was refused (404, 403, …) is shown to Dash
// as one that answered, for its body puts the reason on the page.

const HEADER = "X-HMS-Gesture";
const TOLD = "X-HMS-Told";
let moved = false;

for (const kind of ["keydown", "pointerdown", "wheel", "touchstart"]) {
  addEventListener(kind, () => { moved = true; }, { capture: true, passive: true });
}

const send = window.fetch.bind(window);

function isOurs(input) {
  return new URL(input instanceof Request ? input.url : input, location.href).origin === location.origin;
}

function withGesture(input, init) {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  headers.set(HEADER, "1");
  return { ...init, headers };
}

window.fetch = async function fetchWithGesture(input, init) {
  if (!isOurs(input)) return send(input, init);
  const marked = moved ? withGesture(input, init) : init;
  moved = false;
  const response = await send(input, marked);
  if (response.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  return response.headers.has(TOLD) ? new Response(response.body, { headers: response.headers }) : response;
};
