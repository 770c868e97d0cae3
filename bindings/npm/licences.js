// The licences of what is in the module: `node licences.js MANIFEST`; or of the crates in a library for another target:
// `node licences.js MANIFEST TARGET`. Each crate that is linked has a licence file, or this fails.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const OWN = /^enterprise-credentials/;
const WASM = "wasm32-unknown-unknown";
const [manifest, target = WASM] = process.argv.slice(2);
const run = (program, ...args) => execFileSync(program, args, { encoding: "utf8", maxBuffer: 1 << 26 });
const cargo = (...args) => run("cargo", ...args, "--locked", "--manifest-path", manifest);

// What proc macros are made of stays in the compiler.
const tree = cargo("tree", "--target", target, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}");
const linked = new Set(tree.split("\n").map((line) => line.split(" ").slice(0, 2).join(" v").replace("vv", "v")));
const { packages } = JSON.parse(cargo("metadata", "--format-version", "1", "--filter-platform", target));
const crates = packages
  .filter(({ name, version }) => linked.has(`${name} v${version}`) && !OWN.test(name))
  .sort((one, other) => (one.name < other.name ? -1 : 1));

const [what, rests] = target === WASM ? ["oracle.wasm", "core, alloc and compiler_builtins"] : ["the library", "std"];
console.log(`${what} is made of enterprise-credentials, of these crates, and of Rust's ${rests}.\n`);
for (const { name, version, license, repository, manifest_path: path } of crates) {
  const files = readdirSync(dirname(path)).filter((file) => /^(licen[cs]e|copying|copyright)/i.test(file));
  if (files.length === 0) throw new Error(`${name} ${version} has no licence file`);
  console.log(`${"=".repeat(80)}\n${name} ${version}: ${license}\n${repository}\n`);
  for (const file of files.sort()) console.log(`--- ${file}\n${readFileSync(join(dirname(path), file), "utf8")}`);
}
if (target === WASM) licencesOfCore();

function licencesOfCore() {
  const sysroot = run(process.env.RUSTC ?? "/usr/bin/rustc", "--print", "sysroot").trim();
  const rust = join(sysroot, "lib/rustlib/src/rust");
  console.log(`${"=".repeat(80)}\ncore, alloc and compiler_builtins, of the Rust Project\nhttps://github.com/rust-lang/rust\n`);
  // Its folder has no licence of its own.
  const builtins = readFileSync(join(rust, "library/compiler-builtins/compiler-builtins/Cargo.toml"), "utf8");
  console.log(`compiler_builtins: ${/^license = "(.*)"$/m.exec(builtins)[1]}\n`);
  console.log(`--- COPYRIGHT\n${readFileSync(join(rust, "COPYRIGHT"), "utf8")}`);
}
