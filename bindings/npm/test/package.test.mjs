// The package as it is installed: `import`, `require`, a worker, types, and what happens when an instance dies.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { load, Oracle } from "enterprise-credentials";
import { replay } from "./corpus.mjs";
import { differences, documented } from "./exchanges.mjs";

const require = createRequire(import.meta.url);
const wasm = readFileSync(require.resolve("enterprise-credentials/oracle.wasm"));
const exchanges = documented(readFileSync(process.env.ORACLE_GUIDE, "utf8"));

test("every documented exchange is answered to the byte", async () => {
  assert.ok(exchanges.length > 20, `${exchanges.length} exchanges`);
  assert.deepEqual(differences(await load(), exchanges), []);
});

test("every step of the corpus is answered to the byte", async () => {
  const corpus = readFileSync(process.env.ORACLE_CORPUS, "utf8");
  const { steps, due, wrong } = replay(await load(), corpus);
  assert.deepEqual(wrong, []);
  assert.ok(steps === due && steps > 1_000, `${steps} steps of ${due}`);
  const altered = replay(await load(), corpus.replace('"authenticates":[', '"authenticates":[9007199254740991,'));
  assert.equal(altered.wrong.length > 0, true, "an altered corpus is noticed");
});

test("what is imported, what is required and what a worker has are the same", async () => {
  const required = await require("enterprise-credentials").load();
  assert.ok(required instanceof Oracle);
  assert.deepEqual(differences(required, exchanges), []);
  const code = `
    import { parentPort, workerData } from "node:worker_threads";
    import { Oracle } from ${JSON.stringify(import.meta.resolve("enterprise-credentials"))};
    import { differences } from ${JSON.stringify(import.meta.resolve("./exchanges.mjs"))};
    parentPort.postMessage(differences(new Oracle(workerData.module), workerData.exchanges));`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const worker = new Worker(url, { workerData: { module: new WebAssembly.Module(wasm), exchanges } });
  const answered = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  assert.deepEqual(answered, []);
});

test("objects in, objects out", async () => {
  const oracle = await load();
  assert.deepEqual(oracle.call({ id: "a", call: "begin" }), { id: "a", result: { handle: 1, position: 0, last_at: null } });
  assert.equal(oracle.versions.protocol, 1);
  assert.equal(oracle.versions.version, require("enterprise-credentials/package.json").version);
  assert.equal(oracle.call({ call: "end", handle: 9 }).error.kind, "unknown_handle");
});

test("short, long and strange texts arrive as they are", async () => {
  const oracle = await load();
  for (const length of [0, 100, 60_000, 70_000, 1_000_000]) {
    const request = `{"id":"é€\u{1f511}","call":"version"}${" ".repeat(length)}`;
    assert.equal(JSON.parse(oracle.callText(request)).id, "é€\u{1f511}", `${length} more`);
  }
  for (const length of [21_800, 21_900, 1_000_000]) {
    const { error } = oracle.call({ call: "begin", lines: "€".repeat(length) });
    assert.equal(error.kind, "unreadable_event", `${length} signs of three bytes`);
  }
  assert.equal(oracle.callText("x".repeat(5 * 1024 * 1024)).slice(0, 27), '{"error":{"kind":"too_large');
  assert.throws(() => oracle.callText({ call: "begin" }), /a request is a string here/);
});

test("a request for which there is no room is refused, and nothing is lost", async () => {
  const oracle = await load();
  oracle.call({ call: "begin" });
  const { id, error } = oracle.call({ id: 7, call: "begin", lines: "x".repeat(70 * 1024 * 1024) });
  assert.deepEqual([id, error.kind], [7, "out_of_memory"]);
  assert.deepEqual(oracle.call({ call: "end", handle: 1 }), { result: { handle: 1 } });
});

test("an instance that dies is replaced, and lost handles are named and never given again", async () => {
  const { instances, oracle } = await watched(async (instances) => {
    const oracle = await load();
    oracle.call({ call: "begin" });
    oracle.call({ call: "begin" });
    leaveNoMemory(instances[0].exports);
    const { id, error } = oracle.call({ id: 1, call: "begin" });
    assert.equal(id, 1);
    assert.equal(error.kind, "died");
    assert.equal(error.lost_up_to, 2);
    assert.match(error.message, /all handles up to 2 are lost.*memory allocation of \d+ bytes failed/s);
    return { instances, oracle };
  });
  assert.equal(instances.length, 2);
  assert.equal(oracle.call({ call: "end", handle: 2 }).error.kind, "unknown_handle");
  assert.equal(oracle.call({ call: "begin" }).result.handle, 3);
});

test("of what was asked and answered nothing stays in memory", async () => {
  const { instances, oracle } = await watched(async (instances) => ({ instances, oracle: await load() }));
  const { memory } = instances[0].exports;
  const long = " ".repeat(100_000);
  oracle.callText(`{"call":"version"}${long}`);
  const before = memory.buffer.byteLength;
  for (let round = 0; round < 50; round += 1) oracle.callText(`{"call":"version"}${long}`);
  for (let round = 0; round < 20_000; round += 1) oracle.call({ id: "x".repeat(250), call: "version" });
  assert.equal(memory.buffer.byteLength, before);
});

test("the exports keep what they promise about buffers", () => {
  const { exports: module } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
  // The two constants are of Rust's linker.
  const names = ["__data_end", "__heap_base", "abi_version", "alloc", "begin_after", "call", "free", "last_handle", "last_panic", "memory"];
  assert.deepEqual(Object.keys(module).sort(), names);
  assert.equal(module.abi_version(), 1);
  assert.equal(module.last_panic(), 0n);
  const request = new TextEncoder().encode('{"call":"begin"}');
  const address = module.alloc(request.length);
  new Uint8Array(module.memory.buffer).set(request, address);
  assert.equal(module.call(address, request.length + 1), 0n, "longer than the buffer");
  assert.equal(module.call(address + 1, 1), 0n, "no buffer begins there");
  assert.equal(module.call(address, -1), 0n);
  const answer = module.call(address, request.length);
  const [at, length] = [Number(answer >> 32n), Number(answer & 0xffffffffn)];
  const text = new TextDecoder().decode(new Uint8Array(module.memory.buffer, at, length));
  assert.equal(text, '{"result":{"handle":1,"position":0,"last_at":null}}');
  assert.deepEqual([module.free(at), module.free(at), module.free(address + 1), module.free(0)], [1, 0, 0, 0]);
  assert.equal(module.begin_after(7n), 0, "a handle was given out");
  assert.equal(module.last_handle(), 1n);
  assert.equal(module.alloc(-1), 0, "4 GiB");

  leaveNoMemory(module);
  assert.ok(module.memory.buffer.byteLength <= 64 * 1024 * 1024, `${module.memory.buffer.byteLength} bytes`);
  assert.throws(() => module.call(address, request.length), WebAssembly.RuntimeError);
  assert.notEqual(module.last_panic(), 0n);
  assert.deepEqual([module.call(address, request.length), module.free(address), module.alloc(1)], [0n, 0, 0], "dead");
});

test("the types fit what is asked and answered", async () => {
  const oracle = await load();
  const told = exchanges.map(({ request }) => ({ request, answer: oracle.callText(request) }));
  const fit = [...told.filter(({ answer }) => !answer.includes('"error"')), ...oneOfEach()];
  const lines = fit.map(
    ({ request, answer }) => `take<"${JSON.parse(request).call}">(${request}, ${answer});`,
  );
  writeFileSync("told.mts", `import type { Answer, Asked, Call } from "enterprise-credentials";
export declare function take<C extends Call>(request: Asked<C>, answer: Answer<C>): void;
${lines.join("\n")}
`);
  const tsc = () => execFileSync("node", [require.resolve("typescript/bin/tsc"), "--project", "."], { encoding: "utf8" });
  rmSync("bad.mts", { force: true });
  assert.equal(tsc(), "");
  writeFileSync("bad.mts", readFileSync("sample.mts", "utf8").replace('"carry_out"', '"carry_on"'));
  assert.throws(tsc, ({ stdout }) => /carry_on/.test(stdout));
});

// The first accepted and the first refused step of the corpus for each type of command.
function oneOfEach() {
  const found = new Map();
  for (const { steps } of readFileSync(process.env.ORACLE_CORPUS, "utf8").trimEnd().split("\n").map(JSON.parse)) {
    for (const { at, command, answer } of Array.isArray(steps) ? steps : []) {
      const key = `${command.type} ${Object.keys(answer)}`;
      if (!found.has(key)) {
        const request = JSON.stringify({ call: "carry_out", handle: 1, at, command });
        found.set(key, { request, answer: JSON.stringify({ result: answer }) });
      }
    }
  }
  assert.ok(found.size > 17, `${found.size} kinds of steps`);
  return found.values();
}

// Does something with the instances at hand that are made meanwhile.
async function watched(work) {
  const instances = [];
  const real = WebAssembly.Instance;
  WebAssembly.Instance = class extends real {
    constructor(...from) {
      super(...from);
      instances.push(this);
    }
  };
  try {
    return await work(instances);
  } finally {
    WebAssembly.Instance = real;
  }
}

// Takes all memory that there is, piece by piece.
function leaveNoMemory({ alloc }) {
  for (let length = 1 << 20; length >= 1; length >>= 1) while (alloc(length) !== 0);
}
