// The oracle over its WebAssembly module: texts go into the module's memory and come out of it.
// bindings/wasm/src/lib.rs says what the module exports, and who owns which buffer.

const ABI = 1;
const PROTOCOL = 1;
const RULE_SET = 1;

// A request that surely fits goes into a buffer that is kept. In UTF-8 a UTF-16 unit takes at most three bytes.
const KEPT_BYTES = 64 * 1024;
const UTF8_BYTES_MAX = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class Oracle {
  #module;
  #exports;
  #kept;
  #bytes;

  // Starts an instance of the compiled module.
  constructor(module) {
    this.#module = module;
    this.#start(0n);
    const versions = this.call({ call: "version", protocol: PROTOCOL, rule_set: RULE_SET });
    if (versions.error) throw new Error(`the loader and oracle.wasm are of two releases: ${versions.error.message}`);
    this.versions = Object.freeze(versions.result);
  }

  // Answers a request. The answer has a `result` or an `error`.
  call(request) {
    return JSON.parse(this.callText(JSON.stringify(request)));
  }

  // The same, with texts: the answer is, to the byte, what every other carrier of the oracle gives.
  callText(request) {
    if (typeof request !== "string") throw new TypeError("a request is a string here; `call` takes objects");
    const kept = request.length * UTF8_BYTES_MAX <= KEPT_BYTES;
    const encoded = kept ? null : encoder.encode(request);
    const address = kept ? this.#kept : this.#exports.alloc(encoded.length) >>> 0;
    if (address === 0) return this.#noRoom(request);
    let length;
    if (kept) {
      length = encoder.encodeInto(request, this.#memory().subarray(address, address + KEPT_BYTES)).written;
    } else {
      length = encoded.length;
      this.#memory().set(encoded, address);
    }
    let answer;
    try {
      answer = this.#exports.call(address, length);
    } catch (trap) {
      return this.#died(request, trap);
    }
    if (!kept) this.#exports.free(address);
    return answer === 0n ? this.#noRoom(request) : this.#taken(answer);
  }

  #start(lastHandle) {
    this.#exports = new WebAssembly.Instance(this.#module).exports;
    this.#bytes = undefined;
    const { abi_version: version, begin_after: beginAfter, alloc } = this.#exports;
    if (version?.() !== ABI) throw new Error(`the loader is for version ${ABI} of the module's exports`);
    beginAfter(lastHandle);
    this.#kept = alloc(KEPT_BYTES) >>> 0;
  }

  // Growth of the memory detaches the view of it.
  #memory() {
    const { buffer } = this.#exports.memory;
    if (this.#bytes?.buffer !== buffer) this.#bytes = new Uint8Array(buffer);
    return this.#bytes;
  }

  #text(span) {
    const address = Number(span >> 32n);
    return decoder.decode(this.#memory().subarray(address, address + Number(span & 0xffffffffn)));
  }

  #taken(span) {
    const text = this.#text(BigInt.asUintN(64, span));
    this.#exports.free(Number(BigInt.asUintN(64, span) >> 32n));
    return text;
  }

  // The instance goes, with all enterprises. Handles go on after its last, so that none of them ever names another.
  #died(request, trap) {
    const words = this.#text(BigInt.asUintN(64, this.#exports.last_panic()));
    const last = BigInt.asUintN(64, this.#exports.last_handle());
    this.#start(last);
    const lost = last === 0n ? "no handle is lost" : `all handles up to ${last} are lost`;
    const message = `the instance died, ${lost}, and a new one answers from now on: ${words || trap}`;
    return failed(request, { kind: "died", message, lost_up_to: Number(last) });
  }

  #noRoom(request) {
    const message = "the module has no memory left for this request or its answer: `end` some enterprises";
    return failed(request, { kind: "out_of_memory", message });
  }
}

// An error of this loader's own, written like those of the module.
function failed(request, error) {
  let id;
  try {
    ({ id } = JSON.parse(request));
  } catch {
    // What is no JSON has no id.
  }
  return JSON.stringify(id === undefined || id === null ? { error } : { id, error });
}
