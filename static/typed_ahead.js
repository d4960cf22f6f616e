/* What is typed between a pencil and the arrival of its input: kept, and put into the input. No key is a shortcut then. */

const FIELDS = "input:not([type=hidden], [type=checkbox]), select, textarea";

let typed = null; // the text, null while no input is awaited

/** From now on an input is awaited. */
export function awaitInput() {
  typed = "";
}

/** No input comes any more: what was typed has no place. */
export function awaitNone() {
  typed = null;
}

/** Puts what was typed into the input that has come, which has the focus, in place of what is selected there. */
export function putTyped(input) {
  const text = typed;
  typed = null;
  if (!text || !input) return;
  if (input.matches("select")) {
    const option = [...input.options].find((one) => one.text.toLowerCase().startsWith(text.toLowerCase()));
    if (option) input.value = option.value;
  } else if (input.matches("textarea, [type=text]")) {
    input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
  } else return;
  for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
}

// Before any other script sees the key.
addEventListener("keydown", (event) => {
  if (typed === null || event.target.closest?.(FIELDS) || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key.length === 1) typed += event.key;
  else if (event.key === "Backspace") typed = typed.slice(0, -1);
  else if (event.key !== "Enter") return;
  event.preventDefault();
  event.stopPropagation();
}, { capture: true });
