// Commands a second through the module, beside the native core, on the same requests in the same run:
// `node bench.mjs MODULE NATIVE`, where NATIVE is the example `native` of bindings/wasm, built for speed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Oracle } from "./oracle.mjs";
import { commands } from "./workload.mjs";

const ROUNDS = 5;

const [file, native] = process.argv.slice(2);
const bytes = readFileSync(file);
const requests = commands();
const text = `${requests.join("\n")}\n`;

const loads = rounds(() => new Oracle(new WebAssembly.Module(bytes)));
console.log(`module: ${bytes.length} bytes, loaded and asked its version in ${milliseconds(loads)} ms`);
const through = [];
const natively = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const oracle = new Oracle(new WebAssembly.Module(bytes));
  const begun = process.hrtime.bigint();
  let answered = 0;
  for (const request of requests) answered += Buffer.byteLength(oracle.callText(request));
  through.push(Number(process.hrtime.bigint() - begun));
  const [count, nanoseconds, length] = execFileSync(native, { input: text, encoding: "utf8" }).split(" ").map(Number);
  if (count !== requests.length || length !== answered) throw new Error(`${length} bytes natively, ${answered} through the module`);
  natively.push(nanoseconds);
}
console.log(`${requests.length} commands, of ${ROUNDS} rounds the median:`);
console.log(`through the module ${perSecond(through)} commands/s, natively ${perSecond(natively)} commands/s`);

function rounds(work) {
  return Array.from({ length: ROUNDS }, () => {
    const begun = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - begun);
  });
}

function median(times) {
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)];
}

function milliseconds(times) {
  return (median(times) / 1e6).toFixed(1);
}

function perSecond(times) {
  return Math.round((requests.length / median(times)) * 1e9);
}
