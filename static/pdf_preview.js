/* The preview of a PDF, drawn by pdf.js. A browser's own viewer runs the scripts of a PDF, with prompts over the dashboard;
   pdf.js does not. Loaded when the button is pressed. */

// Pages that are drawn; the download has the rest.
const MAX_PAGES = 100;
// Pixels per PDF point, before the page is fitted to the width.
const SCALE = 1.5;

/** Replace the button in `holder` by the pages of the PDF at its `data-pdf`. */
export async function show(holder) {
  const { pdf, library, worker, decoders } = holder.dataset;
  const status = holder.querySelector("[role=status]");
  const button = holder.querySelector("button");
  button.disabled = true;
  status.textContent = "Loading preview…";
  try {
    const [{ getDocument, GlobalWorkerOptions }, response] = await Promise.all([import(library), fetch(pdf)]);
    if (!response.ok) throw new Error(`status ${response.status}`);
    GlobalWorkerOptions.workerSrc = worker;
    const data = await response.arrayBuffer();
    const file = await getDocument({ data, useWasm: false, wasmUrl: decoders, enableXfa: false }).promise;
    draw(holder, file);
    status.textContent = file.numPages > MAX_PAGES ? `The first ${MAX_PAGES} of ${file.numPages} pages. Download the file to read the rest.` : "";
  } catch (error) {
    button.disabled = false;
    const isLocked = error.name === "PasswordException";
    status.textContent = isLocked ? "This PDF has a password. Download it to open it." : "The preview failed. Try again, or download the file.";
  }
}

/** Placeholders for all pages, each drawn when it comes near the visible part. */
function draw(holder, file) {
  const pages = document.createElement("div");
  pages.className = "shown pdf-pages";
  Object.assign(pages, { tabIndex: 0, ariaLabel: holder.dataset.name });
  pages.setAttribute("role", "region");
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        drawPage(file, target);
      }
    },
    { root: pages, rootMargin: "100%" },
  );
  for (let number = 1; number <= Math.min(file.numPages, MAX_PAGES); number += 1) {
    const place = document.createElement("div");
    place.className = "pdf-page";
    place.dataset.number = number;
    pages.append(place);
    observer.observe(place);
  }
  holder.querySelector("button").replaceWith(pages);
  pages.focus({ preventScroll: true });
}

/** One page as a picture, with its text for screen readers. */
async function drawPage(file, place) {
  const page = await file.getPage(Number(place.dataset.number));
  const viewport = page.getViewport({ scale: SCALE * Math.min(window.devicePixelRatio || 1, 2) });
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: viewport.width, height: viewport.height });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Page ${place.dataset.number} of ${file.numPages}`);
  place.append(canvas);
  await page.render({ canvas, viewport }).promise;
  const { items } = await page.getTextContent();
  const text = document.createElement("p");
  text.className = "vh";
  text.textContent = items.map((item) => item.str).join(" ");
  place.append(text);
  place.dataset.drawn = "";
}
