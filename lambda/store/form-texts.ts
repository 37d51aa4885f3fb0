/** A text, and all the names that it is made of. */
interface FormText {
  readonly names: readonly string[];
  readonly text: string;
}

const maxForms = 16;

/**
 * The texts of the statements that were made last. Items of few forms are written thousands of times: putting their text
 * together, and escaping it for the request, takes longer than comparing its names.
 */
export class FormTexts {
  readonly #forms: FormText[] = [];

  /**
   * Finds the text of a form, the same string each time.
   *
   * @param names all that the text depends on.
   * @param make makes the text, where it is not known.
   */
  find(names: readonly string[], make: () => string): string {
    const known = this.#forms.findIndex((one) => isSameForm(one.names, names));
    const form = this.#forms[known] ?? { names, text: make() };
    if (known > 0) this.#forms.splice(known, 1);
    // The latest are looked at first.
    if (known !== 0) this.#forms.unshift(form);
    if (this.#forms.length > maxForms) this.#forms.pop();
    return form.text;
  }
}

function isSameForm(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
