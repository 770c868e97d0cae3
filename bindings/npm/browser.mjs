// For browsers and their workers.
import { Oracle } from "./oracle.mjs";

export { Oracle };

export async function load() {
  const url = new URL("./oracle.wasm", import.meta.url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return new Oracle(await WebAssembly.compile(await response.arrayBuffer()));
}
