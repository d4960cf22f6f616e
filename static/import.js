/* Imports: a file is dropped or pasted anywhere on the upload's page, its way is shown, and what is typed survives a
   part of the page that renews itself. */

const form = () => document.querySelector("form.upload");
const fileInput = () => document.getElementById("file");

// -- a file that is dropped, or pasted ---------------------------------------------------------------

const drop = () => document.getElementById("drop");
const hasFile = (event) => form() && [...(event.dataTransfer?.types || [])].includes("Files");

function take(files) {
  if (files.length !== 1) return announce("Choose one file.");
  fileInput().files = files;
  fileInput().dispatchEvent(new Event("change", { bubbles: true }));
  form().requestSubmit(document.getElementById("upload"));
}

document.addEventListener("dragover", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  drop().classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (form() && !event.relatedTarget) drop().classList.remove("over");
});
document.addEventListener("drop", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  drop().classList.remove("over");
  take(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  if (!form()) return;
  const { clipboardData: data, target } = event;
  const text = data.getData("text/plain");
  // A spreadsheet puts a picture of the cells beside their text.
  if (!text && data.files.length) {
    event.preventDefault();
    take(data.files);
  } else if (text && !target.closest("input, textarea")) {
    const cells = document.getElementById("cells");
    cells.value = text;
    cells.focus();
  }
});

// -- its way -----------------------------------------------------------------------------------------

const announce = (text) => { document.getElementById("announce").textContent = text; };

function showProgress(share) {
  const line = document.getElementById("upload-progress");
  if (!line) return;
  const percent = Math.floor(share * 100);
  line.hidden = false;
  line.querySelector("progress").value = percent;
  line.querySelector("span").textContent = percent < 100 ? `${percent} %` : "Storing…";
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt !== form()) return;
  const file = fileInput().files[0];
  if (file && file.size > Number(form().dataset.maxSize)) {
    event.preventDefault();
    fileInput().setCustomValidity(form().dataset.tooLarge);
    fileInput().reportValidity();
  } else if (file) showProgress(0);
});
document.addEventListener("change", (event) => {
  if (event.target === fileInput()) fileInput().setCustomValidity("");
});
document.addEventListener("htmx:xhr:progress", (event) => {
  const { loaded, total } = event.detail;
  if (event.target === form() && total && fileInput().files[0]) showProgress(loaded / total);
});
