/** A text, and the names that determine it. */
interface FormText {
  readonly names: readonly string[];
  readonly text: string;
}

const maxForms = 16;

/**
 * Caches the texts of recent statements. Thousands of items with a few different forms are written: to build a text,
 * and to escape it for the request, takes longer than to compare its names.
 */
export class FormTexts {
  readonly #forms: FormText[] = [];

  /**
   * The text of a form: the same string each time.
   *
   * @param names everything that determines the text.
   * @param make makes the text if it is not cached.
   */
  find(names: readonly string[], make: () => string): string {
    const known = this.#forms.findIndex((one) => isSameForm(one.names, names));
    const form = this.#forms[known] ?? { names, text: make() };
    if (known > 0) this.#forms.splice(known, 1);
    // The most recent are compared first.
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
