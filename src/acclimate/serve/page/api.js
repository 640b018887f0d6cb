// The service's answers, or its refusals as errors that say what to do.

export class Refusal extends Error {
  constructor(status, { field = "", message = "", remedy = "" }, wait = 0) {
    super(message);
    this.status = status;
    this.field = field;
    this.remedy = remedy;
    // Seconds after which the service wants to be asked again.
    this.wait = wait;
  }
}

export async function get(address, signal) {
  return answered(await reached(address, { headers: key(), signal }));
}

export async function post(address, body, signal) {
  const headers = { "Content-Type": "application/json", ...key() };
  return answered(
    await reached(address, { method: "POST", headers, body: JSON.stringify(body), signal }),
  );
}

// A file as it is; what it is, the service tells by its bytes.
export async function postFile(address, file, signal) {
  const headers = { "Content-Type": file.type || "application/octet-stream", ...key() };
  return answered(await reached(address, { method: "POST", headers, body: file, signal }));
}

// A file of the service, for what cannot send a key by itself.
export async function getFile(address) {
  const response = await reached(address, { headers: key() });
  return response.ok ? response.blob() : null;
}

export function hasKey() {
  return Boolean(sessionStorage.getItem("key"));
}

// Only where the service protects reading. Kept for this tab, and no longer.
export function keepKey(value) {
  sessionStorage.setItem("key", value);
}

function key() {
  const kept = sessionStorage.getItem("key");
  return kept ? { "X-API-Key": kept } : {};
}

async function reached(address, request) {
  try {
    return await fetch(address, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, {
      message: "the service does not answer",
      remedy: "see whether it still runs, then try again",
    });
  }
}

async function answered(response) {
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  const wait = Number(response.headers.get("Retry-After")) || 0;
  const unnamed = { message: `the service answered with status ${response.status}` };
  throw new Refusal(response.status, body?.error ?? unnamed, wait);
}
