// Opens a report in a real browser and holds it against the rows that it was made of. Prints what is wrong, a line each;
// the exit code is 1 then.
//
//     node page.mjs PAGE.html METRICS.csv FOLDER [--hostile|--large]
//
// `--hostile`: there may be nothing to move. `--large`: axe-core, which takes a minute for such a page, looks at it once and not
// in the dark and on a narrow screen, too, where it has the colours and the rules of any other page.
// NODE_MODULES is the folder that holds playwright-core and axe-core, CHROMIUM the browser. Pictures of the page go to FOLDER.

import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const modules = createRequire(path.join(process.env.NODE_MODULES, "index.js"));
const { chromium } = modules("playwright-core");
const axe = fs.readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
const [, , page, metrics, folder, option] = process.argv;
const address = pathToFileURL(page).href;
const wrong = [];
const must = (holds, text) => { if (!holds) wrong.push(text); };

// RFC 4180, as far as metrics.csv uses it.
const parse = (text) => {
  const rows = [[]];
  let cell = "", quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const c = text[at];
    if (quoted) {
      if (c === '"' && text[at + 1] === '"') { cell += '"'; at += 1; }
      else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"') quoted = true;
    else if (c === "," || c === "\n") {
      rows[rows.length - 1].push(cell);
      cell = "";
      if (c === "\n") rows.push([]);
    } else if (c !== "\r") cell += c;
  }
  const [heads, ...body] = rows.filter((row) => row.length > 1);
  return body.map((row) => Object.fromEntries(heads.map((head, place) => [head, row[place]])));
};
const table = parse(fs.readFileSync(metrics, "utf8"));
// The apostrophe before a text that a spreadsheet would run is not the text's.
for (const row of table) row.method = row.method.replace(/^'(?=['=+\-@\t\r\n＝＋－＠])/u, "");
// What nobody would see in a name stands on the page as a sign that something was there.
for (const row of table) row.method = row.method.replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const open = async (options) => {
  const context = await browser.newContext(options);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tab = await context.newPage();
  tab.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  tab.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
  tab.on("request", (request) => {
    if (request.url() !== address) wrong.push(`a request leaves the page: ${request.url()}`);
  });
  const begun = performance.now();
  await tab.goto(address, { waitUntil: "load" });
  return { tab, context, took: performance.now() - begun };
};
const audit = async (tab, name) => {
  await tab.evaluate(axe);
  const found = await tab.evaluate(() => window.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  for (const rule of found.violations) {
    wrong.push(`axe (${name}): ${rule.id}: ${rule.nodes.length} nodes, such as ${rule.nodes[0].html.slice(0, 200)}`);
  }
};
const picture = (tab, name) => tab.screenshot({ path: path.join(folder, `${name}.png`), fullPage: false });

const { tab, took } = await open({ viewport: { width: 1280, height: 900 } });
console.log(`opened in ${took.toFixed(0)} ms, ${fs.statSync(page).size} bytes`);
await picture(tab, "wide");

// The population that words of the page mean.
const population = (words) => {
  const window = words.match(/aged (\d+) to (\d+)/);
  if (window) return `window:${window[1]}-${window[2]}`;
  return /under/.test(words) ? "under" : "over";
};
const key = (...parts) => JSON.stringify(parts);
const whole = new Map();
for (const row of table) {
  if (row.group_by !== "" || row.weighting !== "subject" || row.variant !== "" || row.failure_policy !== "conditional") continue;
  const place = key(row.method, row.metric, row.limit, row.challenge, row.population);
  if (!whole.has(place)) whole.set(place, row);
}
const row = (...parts) => whole.get(key(...parts));
// A share in a cell against its row, as far as the cell shows it.
const fits = (text, row) => {
  const shown = text.replace(/\u00a0/g, " ");
  if (!row || row.value === "") return /n\/a|no row|not in the results|nobody|does not apply/.test(shown);
  const number = shown.match(/([0-9.]+) %/);
  if (!number) return row.status !== "value";
  const digits = (number[1].split(".")[1] || "").length;
  return Math.abs(Number(number[1]) - 100 * Number(row.value)) <= 0.5001 * 10 ** -digits || /<|>/.test(shown);
};

if (await tab.locator("#explore-gate").isVisible()) {
  const limits = await tab.locator("#explore-limit option").allTextContents();
  must(limits.length > 0, "the choice of limits is empty");
  let checked = 0, placed = 0;
  const picture = (id) => tab.locator(`svg[aria-labelledby^="${id}-title "]`);
  for (const limit of limits) {
    await tab.locator("#explore-limit").selectOption(limit);
    const steps = Number(await tab.locator("#explore-challenge").getAttribute("max"));
    let before = "";
    for (let step = 0; step <= steps; step += 1) {
      await tab.locator("#explore-challenge").fill(String(step));
      const challenge = await tab.locator("#explore-age").textContent();
      must(challenge !== before, `the slider does not move at ${limit}, step ${step}`);
      before = challenge;
      const words = await tab.locator("#explored-people").textContent();
      const [under, over] = words.split(" and people ").map(population);
      const lines = await tab.locator("#explored tr").evaluateAll((lines) => lines.map((line) => ({
        method: line.querySelector("th").textContent,
        cells: Array.from(line.querySelectorAll("td"), (cell) => cell.textContent),
      })));
      for (const { method, cells } of lines) {
        const passes = row(method, "under_age_pass_rate", limit, challenge, under);
        const denials = row(method, "adult_denial_rate", limit, challenge, over);
        must(fits(cells[0], passes), `${method} at ${limit}, ${challenge}: passes ${cells[0]}, the row has ${passes?.value}`);
        must(fits(cells[2], denials), `${method} at ${limit}, ${challenge}: denials ${cells[2]}, the row has ${denials?.value}`);
        must(!passes?.value || cells[1] === `${Number(passes.n_events).toLocaleString("en")} of ${Number(passes.n_attempts).toLocaleString("en")}`,
          `${method} at ${limit}, ${challenge}: ${cells[1]}`);
        checked += 2;
      }
      // The points of the picture stand where the rows say.
      const points = await picture(`by-age-${limit}`).locator("g.panel").evaluateAll((panels) => panels.map((panel) => ({
        method: panel.dataset.method, upper: Number(panel.dataset.upper), lower: Number(panel.dataset.lower),
        points: Array.from(panel.querySelectorAll("g.full[data-challenge] g[data-age]:not(.filtered)")).map((point) => {
          const dot = point.querySelector(".dot");
          const round = dot.tagName === "circle";
          return { age: point.dataset.age, y: round ? Number(dot.getAttribute("cy")) : Number(dot.getAttribute("y")) + Number(dot.getAttribute("height")) / 2 };
        }),
      })));
      for (const panel of points) {
        for (const point of panel.points) {
          const below = Number(point.age) < Number(limit);
          const metric = below ? "under_age_pass_rate" : "adult_denial_rate";
          const found = row(panel.method, metric, limit, challenge, `age:${point.age}`)
            || row(panel.method, metric, limit, challenge, `age:${point.age}-`);
          const share = below ? Number(found?.value) : 1 - Number(found?.value);
          const there = panel.lower - share * (panel.lower - panel.upper);
          must(Math.abs(there - point.y) < 0.05, `${panel.method} at ${limit}, ${challenge}, age ${point.age}: ${point.y} instead of ${there}`);
          placed += 1;
        }
      }
      // So do the marks of the challenge age on the pictures of both errors.
      for (const name of ["trade-off", "det"]) {
        const here = await picture(`${name}-${limit}`).locator("g.step.here").evaluateAll((steps) => steps.map((step) => step.dataset.challenge));
        must(here.length > 0 && here.every((one) => one === challenge), `${name} at ${limit}: ${here} marked instead of ${challenge}`);
      }
    }
  }
  must(checked > 0 && placed > 0, `${checked} numbers and ${placed} points were checked`);
  console.log(`${checked} numbers and ${placed} points checked`);
  await tab.locator("#explore-challenge").focus();
  const was = await tab.locator("#explore-age").textContent();
  await tab.keyboard.press("ArrowLeft");
  must(await tab.locator("#explore-age").textContent() !== was, "the slider does not follow the keyboard");
} else if (option !== "--hostile") {
  wrong.push("there is nothing to move");
}

const boxes = tab.locator("#explore-methods input");
if (await boxes.count() > 1) {
  const method = (await tab.locator("#explore-methods label").first().textContent()).trim();
  await boxes.first().uncheck();
  const left = await tab.locator("[data-method]").evaluateAll((all, name) =>
    all.filter((one) => one.dataset.method.trim() === name && getComputedStyle(one).display !== "none").length, method);
  must(left === 0, `${left} parts of a method that was left out are shown`);
  await boxes.first().check();
}

await tab.locator("button.copy").first().click();
const copied = await tab.evaluate(() => navigator.clipboard.readText());
const heads = await tab.locator("table").first().locator("thead th").allTextContents();
must(copied.startsWith(heads.join(",")), `copied: ${copied.slice(0, 200)}`);
must(parse(copied.replace(/\r\n/g, "\n")).length > 0, "no line was copied");
for (const cells of parse(copied.replace(/\r\n/g, "\n"))) {
  for (const cell of Object.values(cells)) must(!/^[=@+\-](?![0-9])/.test(cell ?? ""), `a formula was copied: ${cell}`);
}
must(await tab.evaluate(() => window.pwned) === undefined, "a name was run as a script");
await audit(tab, "light");
await tab.pdf({ path: path.join(folder, "page.pdf"), format: "A4" });

const dark = await open({ viewport: { width: 1280, height: 900 }, colorScheme: "dark", reducedMotion: "reduce" });
if (option !== "--large") await audit(dark.tab, "dark");
await picture(dark.tab, "dark");

const narrow = await open({ viewport: { width: 390, height: 844 } });
await picture(narrow.tab, "narrow");
const across = await narrow.tab.evaluate(() => document.documentElement.scrollWidth);
must(across <= 390, `the page is ${across} pixels wide on a screen of 390`);
if (option !== "--large") await audit(narrow.tab, "narrow");

const still = await open({ viewport: { width: 1280, height: 900 }, javaScriptEnabled: false });
must(await still.tab.locator("h1").isVisible(), "without scripts there is no heading");
must(await still.tab.locator("main table").first().isVisible(), "without scripts there is no table");
must(!(await still.tab.locator("#explore").isVisible()), "without scripts there are controls that do nothing");
must(option === "--hostile" || await still.tab.locator("svg.chart").first().isVisible(), "without scripts there is no picture");

await browser.close();
for (const text of wrong.slice(0, 40)) console.log(text);
process.exit(wrong.length > 0 ? 1 : 0);
