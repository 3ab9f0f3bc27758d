/** What is wrong, and what to do about it, as sentences of one line: `x is empty. Fill it in.` */
export function withRemedy(message: string, remedy: string | undefined): string {
  if (remedy === undefined) return message;
  return /[.?!:…]["')]?$/u.test(message) ? `${message} ${remedy}` : `${message}. ${remedy}`;
}
