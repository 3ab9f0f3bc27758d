import { createRandom } from '../../stats/random.ts';

/** Words that most vocabularies have whole. Their number is a power of 2: a digit of a request's number is one of them. */
export const promptWords = (
  'time year people way day man thing woman life child world school state family student group country problem hand part ' +
  'place case week company system program question work government number night point home water room mother area money ' +
  'story fact month lot right study book eye job word business issue side kind head house service friend father power hour ' +
  'game line end member law car city name team minute idea body back parent face level office door health person art war ' +
  'history party result change morning reason research girl guy moment air teacher force education foot boy age policy music ' +
  'market sense nation plan college interest death course someone experience behind reach local six effect class control ' +
  'field pass former sell major sometimes require along development themselves report role better economic effort decide ' +
  'rate strong possible heart drug leader light voice wife whole police mind finally pull return free military price less ' +
  'according decision explain son hope develop view relationship carry town road drive arm true break difference thank ' +
  'receive value international building action full model join season society because tax director position player agree ' +
  'especially record pick wear paper special space ground form support event official whose matter everyone center couple ' +
  'site project activity star table need court american produce eat teach oil half situation easy cost industry figure ' +
  'street image phone data cover quite picture clear practice piece land recent describe product doctor wall patient worker ' +
  'news test movie certain north love personal open simply third technology catch step baby computer type attention draw'
).split(' ');

/** Words of a prompt that only it begins with. */
export const uniqueWords = 4;

/**
 * Prompts of random words, each with a beginning that no other has: a cache of prefixes finds nothing in them.
 *
 * The beginning is the number of the request, in words, its fastest digit first. Requests are counted from `start`, so that
 * a server which runs on meets other beginnings in the next sweep.
 *
 * @param seed of all other words: prompts cost the same each time
 * @param start integer from 0 to 2^32 - 1
 */
export function randomPrompts(seed: number, start: number): (wordCount: number) => string {
  const random = createRandom(seed);
  let request = start;
  return (wordCount) => {
    const chosen = Array.from(
      { length: uniqueWords },
      (_, digit) => promptWords[(request >>> (8 * digit)) & 0xff] ?? '',
    );
    request = (request + 1) >>> 0;
    while (chosen.length < wordCount) chosen.push(promptWords[random.below(promptWords.length)] ?? '');
    return chosen.join(' ');
  };
}
