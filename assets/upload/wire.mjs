// Requests to the API: the CSRF header, errors as sentences, bytes with progress.

const API = "/api/v1";
const own = () => ({ "X-CSRFToken": document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/)?.[1] ?? "", "Tus-Resumable": "1.0.0" });

export class Refusal extends Error {
  constructor(status, text) {
    const told = text.startsWith('{"error"') ? JSON.parse(text).error : { code: "" };   // a proxy's page has no sentence of ours
    super(told.sentence ?? (status ? `The server answered with ${status}.` : "The server cannot be reached."));
    this.status = status;
    this.code = told.code;
  }

  // Worth another try without asking the person: lost connection, restart, a second writer, a passing overload.
  get passes() { return [0, 408, 409, 429, 500, 502, 503, 504].includes(this.status); }
}

export async function call(method, path, body) {
  const raw = body instanceof ArrayBuffer || body === undefined;
  const headers = { ...own(), "Content-Type": raw ? "application/octet-stream" : "application/json" };
  const response = await fetch(API + path, { method, headers, body: raw ? body : JSON.stringify(body) })
    .catch(() => { throw new Refusal(0, ""); });
  const text = await response.text();
  if (!response.ok) throw new Refusal(response.status, text);
  return text ? JSON.parse(text) : null;
}

// Append bytes at an offset; resolves to the new offset. XMLHttpRequest, since fetch tells no progress of what it sends.
export function append(path, bytes, offset, onSent, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", API + path);
    const headers = { ...own(), "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onSent(offset + event.loaded);
    request.onload = () => request.status === 204
      ? resolve(Number(request.getResponseHeader("Upload-Offset")))
      : reject(new Refusal(request.status, request.responseText));
    request.onerror = () => reject(new Refusal(0, ""));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(bytes);
  });
}
