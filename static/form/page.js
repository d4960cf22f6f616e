/* Elements of the form's page that several modules need. */

export const byId = (id) => document.getElementById(id);

/** The form of a customer; null while the page shows something in its place. */
export const currentForm = () => document.querySelector("form[data-draft-url]");
