/* Line breaks in texts of one line: Shift+Enter, or a pasted text of several lines, makes the input a <textarea>. */

const ONE_LINE = ".form-fields input[data-line-breaks]";

export function startLineBreaks() {
  document.addEventListener("keydown", (event) => {
    const isShiftEnter = event.key === "Enter" && event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (!isShiftEnter || event.isComposing || !event.target.matches?.(ONE_LINE)) return;
    event.preventDefault();
    insertLines(event.target, "\n");
  });
  document.addEventListener("paste", (event) => {
    if (!event.target.matches?.(ONE_LINE)) return;
    // Spreadsheets put a line break after a copied cell.
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n+$/, "");
    if (!text.includes("\n")) return;
    event.preventDefault();
    insertLines(event.target, text);
  });
}

/* Replaces an input by a <textarea> with the text inserted where the cursor is. */
function insertLines(input, text) {
  const area = document.createElement("textarea");
  for (const { name, value } of input.attributes) {
    if (!["type", "value", "data-line-breaks", "list"].includes(name)) area.setAttribute(name, value);
  }
  area.rows = 4;
  const { selectionStart, selectionEnd, value } = input;
  area.value = value.slice(0, selectionStart) + text + value.slice(selectionEnd);
  input.replaceWith(area);
  area.focus();
  area.setSelectionRange(selectionStart + text.length, selectionStart + text.length);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
