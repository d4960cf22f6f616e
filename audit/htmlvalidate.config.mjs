// html-validate's recommended rules, with its accessibility rules in full.
export default {
  root: true,
  extends: ["html-validate:recommended", "html-validate:a11y"],
  rules: {
    // Matters of style, which compression makes invisible; the browser's own serialisation has another one.
    "attribute-boolean-style": "off",
    "attribute-empty-style": "off",
    "doctype-style": "off",
    // Checkboxes of one name are one choice of several values.
    "form-dup-name": ["error", {shared: ["radio", "button", "reset", "submit", "checkbox"]}],
    "no-trailing-whitespace": "off",
    // An input's id is its path in the model, such as f-addresses.b0.city: valid by the standard.
    "valid-id": ["error", {relaxed: true}],
    // A number is shown as Codat has it, so that it is also copied so; CSS keeps it on one line.
    "tel-non-breaking": "off",
  },
};
