// Examines pages with Lighthouse, one after another in one browser: `node lighthouse.mjs CHROMIUM FLAG...`, with a plan
// as JSON in each line of the standard input.
//
// {url, fields (of a post, or null), cookies, status, categories, formFactor}; prints a JSON object for each in a line:
// the scores (null for a category that was left out), the audits that failed, and the total blocking time in
// milliseconds.
import {createInterface} from "node:readline";

import {desktopConfig, navigation} from "lighthouse";
import puppeteer from "puppeteer-core";

const CATEGORIES = ["performance", "accessibility", "best-practices"];

/* Posts as a browser without scripts does: HTMX would swap the response into the page. */
const post = (page, url, fields) => page.evaluate((action, pairs) => {
  const form = document.createElement("form");
  Object.assign(form, {method: "post", action, hidden: true});
  for (const [name, value] of Object.entries(pairs)) {
    form.append(Object.assign(document.createElement("textarea"), {name, value}));
  }
  document.body.append(form);
  form.submit();
}, url, fields);

function summary({audits, categories}) {
  const failed = CATEGORIES.filter((name) => name in categories).flatMap((name) => categories[name].auditRefs
    .filter(({id, weight}) => weight > 0 && (audits[id].score ?? 1) < (name === "performance" ? 0.9 : 1))
    .map(({id}) => {
      const items = audits[id].details?.items ?? [];
      const where = items.slice(0, 3).map((item) => item.node?.snippet ?? item.description ?? item.url ?? "");
      return `${id}: ${audits[id].displayValue ?? audits[id].title} ${where.join(" ")}`.trim();
    }));
  const scores = CATEGORIES.map((name) => name in categories ? Math.round((categories[name].score ?? 0) * 100) : null);
  return {scores, failed, blocking: audits["total-blocking-time"].numericValue ?? 0};
}

async function examine(browser, plan) {
  // A context of its own: no cookie and no cache of the page before.
  const context = await browser.createBrowserContext();
  try {
    const page = await context.newPage();
    await page.setCookie(...Object.entries(plan.cookies).map(([name, value]) => ({name, value, url: plan.url})));
    const flags = {
      onlyCategories: plan.categories,
      logLevel: "error",
      ignoreStatusCode: true,
      // The browser logs the status of an error page as an error of its own.
      skipAudits: plan.status >= 400 ? ["errors-in-console"] : null,
    };
    let requestor = plan.url;
    if (plan.fields) {
      await page.goto(new URL("/accounts/login/", plan.url).href);
      requestor = () => post(page, plan.url, plan.fields);
    }
    const config = plan.formFactor === "desktop" ? desktopConfig : undefined;
    const {lhr} = await navigation(page, requestor, {config, flags});
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    return summary(lhr);
  } finally {
    await context.close();
  }
}

const [chromium, ...flags] = process.argv.slice(2);
const browser = await puppeteer.launch({executablePath: chromium, args: flags, headless: true, protocolTimeout: 0});
try {
  for await (const line of createInterface({input: process.stdin})) {
    let result;
    try {
      result = await examine(browser, JSON.parse(line));
    } catch (error) {
      result = {scores: [0, 0, 0], failed: [String(error).slice(0, 300)]};
    }
    console.log(JSON.stringify(result));
  }
} finally {
  await browser.close();
}
