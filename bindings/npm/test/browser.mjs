// The package in Chromium, in a page and in a worker, without a bundler: `node browser.mjs CHROMIUM PACKAGE`.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import puppeteer from "puppeteer-core";
import { documented } from "./exchanges.mjs";

const [chromium, directory] = process.argv.slice(2);
const exchanges = documented(readFileSync(process.env.ORACLE_GUIDE, "utf8"));
const corpus = readFileSync(process.env.ORACLE_CORPUS);
const types = { mjs: "text/javascript", wasm: "application/wasm", html: "text/html", jsonl: "application/jsonl" };
const worker = `
import { load } from "/package/browser.mjs";
import { differences } from "/exchanges.mjs";
onmessage = async ({ data }) => postMessage(differences(await load(), data));`;
const files = new Map([
  ["/", ["html", "<!doctype html><title>page</title>"]],
  ["/worker.mjs", ["mjs", worker]],
  ["/exchanges.mjs", ["mjs", readFileSync("exchanges.mjs")]],
  ["/corpus.mjs", ["mjs", readFileSync("corpus.mjs")]],
  ["/corpus.jsonl", ["jsonl", corpus]],
  ...["browser.mjs", "oracle.mjs", "oracle.wasm"].map((name) => [
    `/package/${name}`,
    [name.split(".")[1], readFileSync(join(resolve(directory), name))],
  ]),
]);

const server = createServer((request, response) => {
  const [type, content] = files.get(request.url) ?? [];
  if (type) response.writeHead(200, { "content-type": types[type] }).end(content);
  else response.writeHead(404).end();
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
let seen = { steps: 0, wrong: ["nothing was asked"] };
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  seen = await page.evaluate(async (exchanges) => {
    const { load } = await import("/package/browser.mjs");
    const { differences } = await import("/exchanges.mjs");
    const { replay } = await import("/corpus.mjs");
    const inPage = differences(await load(), exchanges);
    const { steps, wrong } = replay(await load(), await (await fetch("/corpus.jsonl")).text());
    const worker = new Worker("/worker.mjs", { type: "module" });
    const inWorker = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
    worker.postMessage(exchanges);
    return { steps, wrong: [...inPage, ...wrong, ...(await inWorker)] };
  }, exchanges);
  console.log(`${await browser.version()}: ${exchanges.length} exchanges in a page and in a worker, ${seen.steps} steps of the corpus`);
} finally {
  await browser.close();
  server.close();
}
for (const line of seen.wrong) console.error(line);
process.exit(seen.wrong.length === 0 && exchanges.length > 20 && seen.steps > 1_000 ? 0 : 1);
