import fc from 'fast-check';

/** Characters of a long text. */
const length = 100_000;

/** Texts of 100,000 characters: a few of the tokens over and over, with something else at one of the ends. */
export function longTextOf(tokens: readonly string[]): fc.Arbitrary<string> {
  const some = fc.array(fc.constantFrom(...tokens), { minLength: 1, maxLength: 4 }).map((each) => each.join(''));
  return fc.tuple(some, some, some).map(([start, repeated, end]) => {
    return start + repeated.repeat(Math.ceil(length / repeated.length)) + end;
  });
}

/** The shortest of a few tries in ms: another process may take the processor meanwhile. */
export function quickest(attempt: () => unknown): number {
  let shortest = Infinity;
  for (let tries = 0; tries < 5 && shortest > 10; tries += 1) {
    const start = performance.now();
    attempt();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}
