// For Node.
import { readFile } from "node:fs/promises";
import { Oracle } from "./oracle.mjs";

export { Oracle };

export async function load() {
  const bytes = await readFile(new URL("./oracle.wasm", import.meta.url));
  return new Oracle(await WebAssembly.compile(bytes));
}
