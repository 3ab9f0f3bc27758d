/** Stands in for `node:util` in the browser, as far as what the page imports needs it. */
export function stripVTControlCharacters(text: string): string {
  return text.replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/gu, '');
}
