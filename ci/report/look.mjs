// Looks at pages in Chromium: a picture of each at two widths, in light and in dark, and a PDF of A4; and asks axe-core about each.
// `node look.mjs CHROMIUM DIRECTORY PAGE…`. Exits with 1 where axe-core finds anything, or where a page is wider than its window.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const WIDTHS = [390, 1280];
const SCHEMES = ["light", "dark"];
const [chromium, directory, ...pages] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let faults = 0;

const fault = (where, what) => {
  faults += 1;
  console.error(`${where}: ${what}`);
};

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
try {
  for (const path of pages) {
    const name = basename(path, ".html");
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) {
        const where = `${name}, ${width} px, ${scheme}`;
        const page = await browser.newPage();
        // The page forbids all scripts; axe-core is one.
        await page.setBypassCSP(true);
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        page.on("request", (request) => {
          if (!/^(file|data):/.test(request.url())) fault(where, `asks the network for ${request.url()}`);
        });
        await page.goto(pathToFileURL(resolve(path)).href);
        await page.screenshot({ path: join(directory, `${name}-${width}-${scheme}.png`), fullPage: true });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        if (wide > width) fault(where, `${wide} px wide`);
        await page.evaluate(axe);
        const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
        for (const { id, help, nodes } of violations) fault(where, `${id}: ${help}: ${nodes.map((node) => node.html).join(" ")}`);
        console.log(`${where}: ${passes.length} rules of axe-core hold, ${violations.length} do not`);
        await page.close();
      }
    }
    const page = await browser.newPage();
    await page.goto(pathToFileURL(resolve(path)).href);
    await page.pdf({ path: join(directory, `${name}.pdf`), format: "A4", preferCSSPageSize: true, printBackground: true });
    await page.close();
  }
} finally {
  await browser.close();
}
process.exit(faults === 0 ? 0 : 1);
