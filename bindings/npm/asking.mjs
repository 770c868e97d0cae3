// Asks the module all requests of standard input: `node asking.mjs MODULE`. Prints how many they were, the nanoseconds that they
// took, and the bytes of their answers.
import { readFileSync } from "node:fs";
import { argv, hrtime } from "node:process";
import { Oracle } from "./oracle.mjs";

const requests = readFileSync(0, "utf8").trimEnd().split("\n");
const oracle = new Oracle(new WebAssembly.Module(readFileSync(argv[2])));
const begun = hrtime.bigint();
const bytes = requests.reduce((bytes, request) => bytes + Buffer.byteLength(oracle.callText(request)), 0);
console.log(requests.length, Number(hrtime.bigint() - begun), bytes);
