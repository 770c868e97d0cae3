// Commands a second through the module, beside the native core, on the same requests in the same run:
// `node bench.mjs MODULE NATIVE`, where NATIVE is the example `native` of bindings/wasm, built for speed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Oracle } from "./oracle.mjs";

const MEMBERS = 2_000;
const CREDENTIALS = 8_000;
const ROUNDS = 5;
const START = Date.parse("2026-03-10T09:00:00Z");

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

// An enterprise that grows, a revocation of everything, and its job.
function commands() {
  const commands = [{ type: "CreateEnterprise", slug: "octo-corp", kind: "managed_users" }];
  commands.push({ type: "AddOrganization", organization: 1, login: "octo-org" });
  for (let member = 1; member <= MEMBERS; member += 1) {
    commands.push({ type: "AddMember", member, login: `user-${member}`, role: member === 1 ? "owner" : "member" });
  }
  for (let credential = 1; credential <= CREDENTIALS; credential += 1) {
    const owner = 1 + (credential % MEMBERS);
    commands.push({ type: "IssueCredential", credential, owner, kind: "classic_pat", scopes: ["repo"] });
    commands.push({ type: "AuthorizeCredential", credential, organization: 1 });
  }
  const revocation = commands.length + 1;
  commands.push({ type: "RevokeAll", caller: { person: 1 }, revoke_credentials: true });
  for (let batch = 0; batch < CREDENTIALS / 10; batch += 1) {
    commands.push({ type: "ContinueRevocation", revocation, limit: 10 });
  }
  const carriedOut = commands.map((command, second) => {
    const at = new Date(START + 1000 * second).toISOString();
    return JSON.stringify({ call: "carry_out", handle: 1, at, command });
  });
  return ['{"call":"begin"}', ...carriedOut];
}

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
