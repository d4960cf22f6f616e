/* Imports: a file is dropped or pasted anywhere on the page of the upload, and its way is shown; on the page of an import,
   what somebody types survives a part of the page that renews itself. */

const form = () => document.querySelector("form.upload");
const fileInput = () => document.getElementById("file");
const announce = (text) => { document.getElementById("announce").textContent = text; };

// -- a file that is dropped, or pasted ---------------------------------------------------------------

const hasFile = (event) => form() && [...(event.dataTransfer?.types || [])].includes("Files");
const mark = (isOver) => document.getElementById("drop").classList.toggle("over", isOver);

function take(files) {
  if (files.length !== 1) {
    announce("Choose one file.");
    return;
  }
  fileInput().files = files;
  fileInput().setCustomValidity("");
  form().requestSubmit(document.getElementById("upload"));
}

document.addEventListener("dragover", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  mark(true);
});
document.addEventListener("dragleave", (event) => {
  if (form() && !event.relatedTarget) mark(false);
});
document.addEventListener("drop", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  mark(false);
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

function showProgress(share) {
  const line = document.getElementById("upload-progress");
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

// -- what is typed while the page renews itself ---------------------------------------------------------

const PLACE = "#import";
const typed = new Map(); // by the id of the field: its value, or whether it is ticked

function isChanged(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.type !== "hidden" && field.type !== "file" && field.value !== field.defaultValue;
  const first = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(first, 0);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  if (!target?.matches?.(PLACE)) return;
  for (const field of target.querySelectorAll("input[id], select[id], textarea[id]")) {
    if (field.form?.method === "get" || !isChanged(field)) continue;
    typed.set(field.id, field.type === "checkbox" ? field.checked : field.value);
  }
});
document.addEventListener("htmx:afterSettle", () => {
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field?.type === "checkbox") field.checked = value;
    else if (field) field.value = value;
  }
  typed.clear();
});
