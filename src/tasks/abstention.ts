/**
 * Sentences that say that a passage has no answer to a question.
 *
 * A span of a passage may have the same words ("no answer was given", "I cannot tell a lie", "the unknown soldier", "None"), so
 * that one of the short set phrases ("unanswerable", "not mentioned", "no information") counts only where it is the whole
 * answer, or a reason follows. Any other denial counts only where it speaks of the question, its answer or the passage itself.
 * What an answer opens with counts, so that one which abstains and then guesses has abstained.
 */

import { normalizeSpan } from './squad-metric.ts';

/** Normal forms of whole answers that mean "no answer". */
const terms: ReadonlySet<string> = new Set(
  ['unanswerable', 'no answer', 'cannot be answered', "can't be answered", 'not answerable'].map(normalizeSpan),
);

const noun =
  '(?:passage|text|context|article|paragraph|excerpt|document|source|story|snippet|background|information|info)s?';
const source = `(?:(?:the|this|that|your|provided|given|above|following|supplied|available) ){0,3}${noun}(?: (?:provided|given|above|itself|alone|supplied)){0,2}`;
const inSource = `(?:in|by|from|within|on|using|with|given|based on|according to|anywhere in) ${source}\\b`;
const adverbs =
  '(?:(?:explicitly|directly|clearly|specifically|actually|really|simply|even|ever|seem to|appear to|definitively|currently|any) ){0,3}';
const adjectives =
  '(?:(?:such|specific|relevant|explicit|clear|direct|correct|definite|possible|valid|enough|sufficient|further|more|additional) ){0,2}';
const cannot = '(?:cannot|can not|could not)';
const isNot = '(?:is|are|has|have|can|does|do) ?not(?: been| be)?';
const subject =
  '(?:(?:the|this|that|your|such|any|requested|exact|specific|relevant|necessary|asked) ){0,3}(?:question|answer|information|info|detail|data|it|this|that)s?(?: (?:to|for|about|asked|posed|you asked|as asked|in|needed|requested)(?: \\S+){0,8}?)?';
const said = '(?:mentioned|stated|specified|given|provided|said|named|disclosed|indicated|discussed|addressed)';
const given = `(?:${said}|available|found|answered|included|present|described|listed|contained|determinable|told|clear|answerable|identified|explained)`;
const tell = '(?:answer|determine|say|tell|know|find|identify|infer|conclude)';
const told = '(?:answered|determined|found|inferred|known|identified|derived|concluded|ascertained|located)';
const wh = '(?:who|whom|whose|what|which|when|where|why|how|whether|if)';
/** The answer ends here, or a reason follows. */
const end = `(?=$|\\s*[.,;:!?(]|\\s+[-–—]|[–—]|\\s(?:because|since|as|given|due to|here)\\b|\\s${inSource})`;
/** Or what is left of it speaks of the passage or the question. */
const tail = `(?:${end}|.{0,200}\\b(?:${noun}|questions?|answers?)\\b)`;
const contents = '(?:answer|information|info|mention|indication|evidence|detail|data|reference|statement|way)s?';
/** `does not mention`. */
const isSilent = `(?:(?:does|did|do) not|never|fails? to|${cannot}) ${adverbs}(?:say|mention|provide|state|specify|answer|contain|give|include|tell|indicate|explain|discuss|describe|address|identify|name|offer|reveal|list|have|cover|clarify|disclose|supply|note|define|make|refer|talk|speak|report)s?\\b`;

const isUnclear =
  '(?:it|this|that) (?:is|remains|seems) (?:not possible|impossible|not clear|unclear|unknown|not known)';
const isUnable = `(?:not possible|impossible|unable|not|${cannot})(?: to)? (?:be )?(?:${tell}|${told})`;

const setPhrases: readonly string[] = [
  `unanswerable question${end}`,
  `(?:(?:the |this )?question )?(?:unanswerable|undeterminable|not answerable|n/a|not applicable|no ${adjectives}answer)(?:${end}| ${source}\\b)`,
  `no ${adjectives}(?:information|info|details|mention)(?:${end}| (?:about|on|regarding)\\b)|no mention of\\b`,
  `(?:insufficient|not enough|inadequate) ${adjectives}(?:information|info|context|data|details|evidence)(?:${end}| to ${tell}\\b| about\\b)`,
  `(?:cannot|can not|not) be ${told}${end}`,
  `(?:not possible|impossible|${cannot}|unable)(?: to)? ${tell}${end}`,
  `not ${adverbs}(?:${said}|available|found|answered|answerable)${end}`,
  `not ${adverbs}${inSource}${end}`,
];

const ofTheQuestion: readonly string[] = [
  `(?:${subject} )?(?:is|remains|seems|appears|would be)(?: to be)? (?:therefore |thus |simply |an? )?(?:unanswerable|not answerable)\\b`,
  `${subject} (?:${cannot} be ${told}|${isNot} ${adverbs}${given}|not ${adverbs}${given}|(?:(?:is |are )?not) ${adverbs}${inSource})${end}`,
  `(?:the )?answer was not ${adverbs}${given}${end}`,
  `(?:the |this |that )?question (?:has no|does not have an?) answer\\b`,
  `there (?:is|are) (?:no|not enough|insufficient|not any|not sufficient|not an?) ${adjectives}(?:answer|information|info|mention|detail|data)s?\\b`,
  `no ${adjectives}(?:answer|information|info|mention|detail|data)s? (?:(?:(?:is|are|can be) )${adverbs}(?:${given}|possible)\\b|(?:${given}|exists?)${end})`,
  // `The year of his death is not given.`
  `(?:\\S+ ){1,15}(?:is|are) not ${adverbs}${said}${end}`,
  `(?:nothing |no (?:\\S+ ){1,6})(?:is|are) ${adverbs}${said}${end}`,
  `(?:it|this) is not ${adverbs}${said} ${wh}\\b|it (?:does not|did not) ${adverbs}(?:say|mention|state|specify|answer|tell|indicate)\\b`,
  `i (?:am )?(?:really |simply )?(?:${cannot}|unable to|not able to) ${adverbs}(?:determine|identify|infer)\\b`,
  `(?:i|we) (?:am |are )?(?:really |simply )?(?:${cannot}|unable to|not able to|do not|did not|have no) ${adverbs}(?:(?:answer|determine|find|tell|say|know|infer|identify|locate|see|have|provide|give)(?: (?:it|this|that))?)?${tail}`,
];

const ofTheSource: readonly string[] = [
  `(?:(?:as|since|because|although|while|if|given that) )?(?:${source}|the author|the writer) (?:.{0,200}?(?:\\b(?:but|and|which|however)|[,;.]),? (?:(?:it|${source}) )?)?(?:${isSilent}|does not${end})`,
  `${subject} .{0,150}\\b(?:but|and|which) ${source} ${isSilent}`,
  `${source} (?:(?:has|contains|gives|provides|offers|makes|includes) (?:no|insufficient|not enough) (?:\\S+ ){0,2}${contents}\\b|is (?:silent|not clear|unclear|insufficient|not sufficient|not enough)|remains silent|lacks|(?:says|mentions|states|tells us) nothing|leaves (?:it|this|that|the question))`,
  `(?:\\S+ ){1,15}(?:(?:is|are|was|were|has|have|can|could|does|do) ?not(?: been| be)? ${adverbs}${given}|(?:is|are) (?:missing|absent|omitted|lacking|not(?: there)?)) ${inSource}`,
  `there (?:is|was|are|were) (?:no|not|insufficient) (?:\\S+ ){1,6}${inSource}`,
  `(?:nothing|nowhere|none) (?:.{0,30} )?${inSource}`,
  `no (?:\\S+ ){0,8}(?:(?:${contents}|${given})\\b.{0,60} ${inSource}|in (?:the|this) (?:\\S+ )?passage\\b)`,
  `(?:unclear|unknown|${isUnclear}|${isUnable})\\b.{0,150} ${inSource}|(?:${isUnclear}|${isUnable})\\b.{0,150}\\b(?:question|answer)\\b`,
];

const abstaining: readonly RegExp[] = [...setPhrases, ...ofTheQuestion, ...ofTheSource].map(
  (pattern) => new RegExp(`^(?:${pattern})`, 'u'),
);
/** Of a sentence that opens with the passage: `Based on the passage, it is impossible to say who led them.` */
const ofAnything = new RegExp(
  `^(?:${isUnclear}|(?:i|we) (?:am |are )?(?:${cannot}|unable to|do not)|${isUnable})\\b`,
  'u',
);
const bySource = new RegExp(
  `^(?:given|based (?:up)?on|according to|from|judging (?:by|from)|in) ${source}\\s*[,:]\\s*`,
  'u',
);

/** `None. The passage does not say.`: no answer alone, but before a sentence that abstains. */
const weakOpening =
  /^(?:(?:none|unknown|unclear|undetermined|nothing|nope|no|null|sorry|unfortunately|however|(?:i am )?(?:not sure|sorry|afraid(?: that)?)|as an? [^,.]{0,15}(?:ai|model|assistant)\b[^,.]{0,30})(?:\s*[.,;:(–—-]+\s*(?:but\s+)?|\s+(?=the ))|i am afraid (?:that )?)/u;
/** `…, so the question is unanswerable.` */
const conclusion =
  /(?:[.,:;]|\b(?:is|say|write|so|thus|hence|therefore)[,:]?) (?:an? )?unanswerable(?: question)?\W{0,5}$/u;
const longest = 300;

/** Lower case, without quotes, markdown and brackets around it; apostrophes plain, single spaces. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[‘’]/gu, "'")
    .replaceAll("can't", 'cannot')
    .replaceAll("n't", ' not')
    .replaceAll(/\b(it|that|there)'s\b/gu, '$1 is')
    .replaceAll(/\bi'm\b/gu, 'i am')
    .replaceAll(/\bwe're\b/gu, 'we are')
    .replaceAll(/[*_`"“”«»[\]<>]/gu, '')
    .replaceAll(/\s+/gu, ' ')
    .replace(/^[('\s]+/u, '')
    .trim();
}

/** Whether an answer says that there is none; one that says nothing doesn't. */
export function isAbstention(answer: string): boolean {
  const start = answer.slice(0, longest);
  if (terms.has(normalizeSpan(start))) return true;
  const whole = plain(start);
  const sentence = whole.replace(weakOpening, '');
  const behind = sentence.replace(bySource, '');
  const isSaid = [whole, sentence, behind].some((text) => abstaining.some((pattern) => pattern.test(text)));
  return isSaid || (behind !== sentence && ofAnything.test(behind)) || conclusion.test(plain(answer.slice(-longest)));
}
