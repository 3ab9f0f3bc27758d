/**
 * What a sentence says of the labels that it names.
 *
 * A line is a row of clauses, which end at punctuation and at words such as "but". A label is denied where a word of negation
 * stands before it in its clause ("I wouldn't call it positive", "far from positive", "nothing positive"), or right behind it
 * ("positive? No", "positive it is not"). It is conceded behind a word that yields a point ("despite", "although", "could be",
 * "some"): that counts where nothing else is claimed. It is claimed everywhere else. Double negations that affirm ("no doubt", "nothing
 * but", "not only") deny nothing. The words are English ones.
 */

/** Where a label stands in a line. */
export interface Mention {
  /** Undefined where it could be several that differ by case alone. */
  readonly label: string | undefined;
  readonly index: number;
  readonly length: number;
}

/** Sayings that have a word of negation and negate nothing. */
const affirmation = [
  String.raw`\b(?:no|not a|without(?: an?y?)?|little|beyond) (?:doubt|question|hesitation)\b|\bat least\b|\ba little\b`,
  String.raw`(?:\bnot|n['’]t) (?:only|just|merely|simply)\b|\bnothing (?:but|short of)\b|(?:\bnot|n['’]t) hesitat\p{L}*`,
  String.raw`\b(?:can(?:not|['’]t)|could(?: not|n['’]t)) (?:be (?:more|clearer)|help but)\b`,
].join('|');
/** An aside between commas doesn't end what "not" begins: "not, by any means, positive". */
const aside = String.raw`(?:,[^,.;:!?]{1,40},)?`;
const negation = [
  String.raw`(?:\b(?:not|never|cannot|hardly|barely|scarcely)\b|n['’]t\b|\b(?:ca|do|does|did|is|are|was|were|wo|would|could|should)nt\b)${aside}`,
  String.raw`\b(?:no|nor|neither|nothing|none|nobody|nowhere|without|rarely|seldom|unlikely|unable|impossible|doubt(?:ful|s)?|denies|deny|refuses?|less|least|lacks?|lacking|devoid|absence)\b`,
  String.raw`\b(?:far|cry|(?:furthest|farthest)(?: thing)?|short|opposite|antithesis|contrary|free|instead) (?:from|of|on|to)\b|\b(?:fail(?:s|ed|ing)?|hard|tough|difficult|challenging|struggl(?:es?|ed|ing)|opposed|hesitate|pressed|ceased?) to\b`,
  String.raw`\b(?:false|untrue|incorrect|wrong|inaccurate|mistaken|misleading|lie|mistake|stretch|exaggeration|myth)(?: (?!to\b|that\b)\p{L}+)? (?:to|that)\b`,
  String.raw`\b(?:any|every)thing but\b|\blast thing\b|(?<!\ba )\bfew\b|\blittle\b|\b(?:rather|less|other) than\b|(?<=\b(?:more|rather) \p{L}+ )than\b|\btoo (?:\p{L}+ ){1,3}to\b|\b(?:non|un|anti)(?=[-‐‑ ])`,
].join('|');
/** Yields a point, up to the end of its clause. */
const concession = String.raw`\b(?:despite|in spite of|notwithstanding|regardless of|(?:aside|apart) from|(?:even )?though|although)\b|(?<=^\W*|[.;:,]\s)whil(?:e|st)\b`;
/** Doubts a point, unless it is denied. */
const reserve = String.raw`\b(?:could|may|might|initially|at first|some|a few|minor|occasional|slight(?:ly)?|somewhat|part(?:ly|ially))\b`;
const boundary = String.raw`[,.;:!?()…—–\n，。；：！？]|\s-\s|\b(?:but|whereas|because|hence)\b|\b(?<!\bnot )(?:therefore|thus)\b|\bso (?:it|the|this|i|that)\b|\band (?:it|is|the|this|i|so|instead|therefore|thus|overall)\b`;
const turns = new RegExp(
  `(?<affirmation>${affirmation})|(?<concession>${concession})|(?<reserve>${reserve})|(?<negation>${negation})|(?<boundary>${boundary})`,
  'giu',
);

const answerEnd = String.raw`(?=\s*(?:$|[.,;!"'”*_})]))`;
const no = String.raw`(?:no(?:pe)?|hardly|false|not (?:really|at all|quite|exactly|so))${answerEnd}`;
const wrap = '[\\s"\'“”’*_`]*';
/** `spam: no`, `spam, no, not spam`: a label that is taken back. */
const takenBack = new RegExp(`^${wrap}[,:=–—-]+${wrap}${no}`, 'iu');
/** `spam? No`, `positive it is not`. */
const deniedBehind = new RegExp(
  `^${wrap}(?:[?]${wrap}${no}|[.!] *not[.!]*$|(?:it |this |that )?(?:(?:is|was|are|would be|does|do)(?:n['’]t| (?:not|wrong|false|incorrect))|(?:can|could|would)(?: ?not|n['’]t|['’]t))\\b|(?:it |this |that )?(?:is|was|would be) (?:an? )?(?:outright |complete |total )?(?:lie|falsehood|mistake|stretch|exaggeration|overstatement|misleading|inaccurate|untrue)\\b|\\s*[❌✗✘✖❎🚫])`,
  'iu',
);
const asked = /^[\s"'”’*_)]*[?？]/u;
const answeredYes = /^[\s"'”’*_)]*[?？]\s*(?:yes|yeah|yep|definitely|absolutely|certainly|indeed|sure)\b/iu;
const longestTail = 40;

type Claim = 'claimed' | 'conceded' | 'denied' | 'asked' | 'taken back';

function claimBehind(tail: string): Claim | undefined {
  if (takenBack.test(tail)) return 'taken back';
  if (deniedBehind.test(tail)) return 'denied';
  return asked.test(tail) && !answeredYes.test(tail) ? 'asked' : undefined;
}

/** What a line says of each of the labels that it names, in their order. */
function claims(line: string, mentions: readonly Mention[]): readonly Claim[] {
  const words = line.matchAll(turns);
  const found: Claim[] = [];
  let said: Claim = 'claimed';
  let next = words.next();
  let end = 0;
  for (const { index, length } of mentions) {
    for (; next.done !== true && next.value.index < index; next = words.next()) {
      const { groups, index: at } = next.value;
      // A label may have such words itself: "not spam".
      if (at < end) continue;
      if (groups?.['boundary'] !== undefined) said = 'claimed';
      else if (groups?.['concession'] !== undefined) said = 'conceded';
      else if (groups?.['reserve'] !== undefined) said = said === 'denied' ? said : 'conceded';
      else if (groups?.['negation'] !== undefined) said = 'denied';
    }
    end = index + length;
    found.push(said === 'denied' ? said : (claimBehind(line.slice(end, end + longestTail)) ?? said));
  }
  return found;
}

/**
 * The one label that a line claims, others being denied or none at all.
 *
 * @returns undefined where it claims none, or several, or both claims and denies one, or takes one back
 */
export function claimedLabel(line: string, mentions: readonly Mention[]): string | undefined {
  const said = claims(line, mentions);
  const of = (claim: Claim): ReadonlySet<string | undefined> =>
    new Set(mentions.filter((_, position) => said[position] === claim).map(({ label }) => label));
  const denied = of('denied');
  const claimed = of(said.includes('claimed') ? 'claimed' : 'conceded');
  const [label] = claimed;
  if (claimed.size !== 1 || denied.has(label) || said.includes('taken back')) return undefined;
  return label;
}
