// Calls of the API. An answer that is no success, and none at all, are thrown as an ApiError.
import { credentials, dropToken } from "./session.js";

const TRIES = 3;

export class ApiError extends Error {
  // `status` 0: there was no answer. `retryAfter`: in how many seconds to try again, if the service said so.
  constructor(status, { code = "", detail = "", errors = [] } = {}, retryAfter = null) {
    super(`${status} ${code}`);
    Object.assign(this, { status, code, detail, errors, retryAfter });
  }

  // Whether the same request may succeed later.
  get isTemporary() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export const request = async (method, path, { body, key, headers, ...options } = {}) => {
  const sent = { ...credentials(), ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  if (key) sent["Idempotency-Key"] = key;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: sent,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      ...options,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0);
  }
  if (response.ok) return response;
  if (response.status === 401) dropToken();
  const problem = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  throw new ApiError(response.status, problem ?? {}, Number.isFinite(seconds) ? seconds : null);
};

// What a GET answers. It changes nothing, so it is tried again while the service says when.
export const read = async (path, signal) => {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await (await request("GET", path, { signal })).json();
    } catch (error) {
      if (!(error instanceof ApiError) || error.retryAfter === null || left <= 1) throw error;
      await pause(error.retryAfter, signal);
    }
  }
};

export const pause = (seconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

// Waits so long, or until the network is back.
export const waitForNetwork = (seconds, signal) => {
  const online = new Promise((resolve) => addEventListener("online", resolve, { once: true, signal }));
  return Promise.race([pause(seconds, signal), online]);
};

// A key that no other turn has. randomUUID() is not there on pages that came without TLS.
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
