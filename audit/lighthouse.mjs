// Examines one page with Lighthouse: `node lighthouse.mjs`, with a plan as JSON on the standard input.
//
// {url, fields (of a post, or null), cookies, status, categories, chromium, flags, formFactor}; prints one JSON object:
// the scores (null for a category that was left out), the audits that failed, and the total blocking time in
// milliseconds.
import {text} from "node:stream/consumers";

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
  const page = await browser.newPage();
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
  await page.close();
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  return summary(lhr);
}

const plan = JSON.parse(await text(process.stdin));
const browser = await puppeteer.launch({executablePath: plan.chromium, args: plan.flags, headless: true, protocolTimeout: 0});
try {
  console.log(JSON.stringify(await examine(browser, plan)));
} finally {
  await browser.close();
}
