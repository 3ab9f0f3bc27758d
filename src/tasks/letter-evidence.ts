/** What in an answer tells that a letter in it names a choice. Patterns look back and on from the letter, not far. */

/** A letter that stands alone, or several that stand together. */
export interface LetterPlace {
  /** Capital; undefined where several letters stand together. */
  readonly letter: string | undefined;
  readonly isSmall: boolean;
  /** From the first letter to behind the last. */
  readonly start: number;
  readonly end: number;
}

/** How well a letter is shown to be the answer, the best first. */
export type LetterEvidence = 'stated' | 'said' | 'line' | 'sentence';

const headCharacters = 1500;
const tailCharacters = 3000;

/** A letter alone in bold or as code is set off from the text behind it, as by brackets. */
const emphasised = /(\*{1,3}|_{2}|`|<(?:b|i|u|em|strong|code)>)([A-Za-z])(?:\1|<\/\w{1,6}>)/gu;
const answerTag = /<(answer|choice|option|final)>([^<>\n]{1,200})<\/\1>/giu;

/** An answer without marks that say nothing about a letter; LaTeX boxes and answer tags become "answer:". */
export function letterText(answer: string): string {
  const isLong = answer.length > headCharacters + tailCharacters;
  const read = isLong ? `${answer.slice(0, headCharacters)}\n${answer.slice(-tailCharacters)}` : answer;
  return read
    .replaceAll(/[\uff01-\uff5e]/gu, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replaceAll(/\ufe0f|[\u200b-\u200d\u2060\ufeff]/gu, '')
    .replaceAll('。', '.')
    .replaceAll('、', ',')
    .replaceAll(emphasised, '($2)')
    .replaceAll(answerTag, ' answer: $2 ')
    .replaceAll(/\\f?boxed\s*\{/gu, ' answer: ')
    .replaceAll(/\\(?:text\w{0,2}|math\w{2})\s*\{|\\[()[\]]/gu, '')
    .replaceAll(/\\[ ,;!]|_/gu, ' ')
    .replaceAll(/[*`$"“”„«»{}]/gu, '')
    .replaceAll(/(?<![\p{L}\p{N}])['‘’]|['‘’](?![\p{L}\p{N}])/gu, '');
}

/** A base model goes on with another question. */
export const nextQuestion =
  /\n[^\p{L}\p{N}\n]{0,12}(?:(?:next|new)\s+)?(?:questions?|q|problem|exercise|user|human)(?:[^\S\n]*#?\d{1,4})?[^\p{L}\p{N}\n]{0,4}:/iu;

/** The letter that a text is, punctuation aside; none of `C++`, `A+`, `°C`, `5 A` or `B ✗`. */
export function wholeLetter(plain: string): string | undefined {
  return /^[^\p{L}\p{N}°%+'’#✗✘❌✖]*([A-Za-z])[^\p{L}\p{N}°%+'’#✗✘❌✖]*$/u.exec(plain)?.[1]?.toUpperCase();
}

const spaceless = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}`;
const besideBefore = String.raw`(?<![[\p{L}\p{N}\p{M}]--[${spaceless}]]|[°%&\/+\\'’^]|[\p{L}\p{N}][\-\u2013]|\p{L}\.)`;
const besideAfter = String.raw`(?![[\p{L}\p{N}\p{M}]--[${spaceless}]]|['’′″°%&\/+\\^=#]|[\-\u2013][\p{L}\p{N}]|\.\p{L}(?:\.|\b(?!\p{L}))|\()`;

const joining = new RegExp(
  String.raw`^(?:[)\]>]*\s*(?:[,;\/&+|\-\u2013]|,?\s*(?:and|or|nor|and\/or|und|oder|et|ou|y|o)\b)\s*(?:(?:either|both|option|choice)\s+)*[(\[<]*|\s+|[)\]>]+\s*[(\[<]+)$`,
  'iu',
);
/** Letters under one another, each alone on its line. */
const stacked = /^[)\].:,]*\s*\n[-•(*[\s]*(?:\d{1,2}[.)]\s+[-(*[]*)?$/u;

const title = String.raw`(?:(?:(?:the\s+)?(?:option|choice|alternative)|letter)\s*[:#]?\s*)?[(\[<]*`;
const lineStart = String.raw`(?:^|\n)[^\p{L}\p{N}°%\n]{0,12}(?:\d{1,2}[.)]\s+)?`;
const sentenceEnd = String.raw`(?<!\b(?:dr|mr|mrs|ms|prof|st|fig|vit|vs|sr|jr)\.)(?<=[.!?][)\]]*)\s+`;

const adverb = String.raw`(?:(?:most\s+|very\s+)?(?:likely|probably)|possibly|perhaps|maybe|presumably|apparently|clearly|plainly|evidently|obviously|definitely|certainly|undoubtedly|surely|however|ultimately|overall|indeed)`;
const filler = String.raw`(?:(?:${adverb}|therefore|thus|just|simply|actually|the|letter|option|choice|alternative|answer|number|(?:correct|right|best)(?![^\S\n]*\n)|final|as\s+follows|that|it|is|either|both)[\s:,>\-]+){0,6}`;
const foreign = String.raw`(?<!\p{L})(?:antwort|lösung|respuesta|réponse|risposta|resposta|antwoord|svar|cevap|ответ|відповідь|odpowied[zź])|答案|答え|正解|回答|选项|選項|选择|选|정답|답`;
const nouns = String.raw`(?:(?<!\b(?:wrong|incorrect)[^\S\n]+)\b(?:answers?|ans|solution|choice|option|selection|response|conclusion|verdict|result|letter|pick|guess|prediction|(?:correct|right|best)(?:\s+(?:one|statement))?)|${foreign})`;
const copula = String.raw`(?:['’]s|\s+(?:(?:is|was|are|ist|es|est|är|é|è|may\s+be|might\s+be|could\s+be|(?:would|should|must|will|has\s+to|can\s+only)\s+be)\b)|是|为|は)`;
const statement = String.raw`(?:${nouns}[^.!?:\n]{0,45}?(?:${copula}\s*[:\-\u2013—]?|\s*[:=→\u2013—\-]+>?)|(?:\b(?:answers?|ans\.?)|${foreign}),?)\s*`;

const before = (pattern: string): RegExp => new RegExp(`(?<=${pattern})`, 'iuy');

/** Read onwards from "answer", as what lies between may be long; ends where a letter may be stated. */
const answerIs = new RegExp(`${statement}${filler}[(\\[<]*(?=[A-Za-z](?![\\p{Script=Latin}\\p{N}]))`, 'giu');
const concludes = before(
  String.raw`(?:\b(?:so|therefore|thus|hence|consequently|accordingly)[,:]?|\b(?:leaving|leaves|then|only|instead)[,:]?(?![^\S\n]*\n)|(?:[,;.]|(?<!\p{L})\p{L}[)\]]*\s)\s*but|\b(?:no|yes|wait|sorry|actually|rather|correction|finally|ok|okay)\s*[,:;.\u2013—\-])\s+(?:(?:it|that|this)(?:['’]s|\s+is|\s+must\s+be|\s+has\s+to\s+be)\s+|(?:i|we|i['’]d|i['’]ll)\s+(?:think|choose|pick|say|go\s+with)\s+)?${filler}[(\[<]*`,
);
const says = before(
  String.raw`\b(?:think|believe|say|guess|suspect|choose|chose|pick(?:ed)?|select(?:ed)?|prefer|go(?:ing)?\s+(?:with|for)|opt\s+for|vote\s+for|answered|(?:pick|choos|select|answer|guess)ing|try|(?<!\bnot\s)(?:sure|certain|confident)|(?:sounds?|looks?|seems?)\s+(?:like|to\s+be)|(?:must|should|could|might)\s+be|(?:it|this|that|which|mine)(?:['’]s|\s+(?:is|was|(?:must|would|should|will|may|might|could|has\s+to|can\s+only)\s+be)))\s+(?:(?:that\s+)?it(?:['’]s|\s+is)\s+)?${filler}[(\[<]*`,
);
const headsLine = before(lineStart + title);
const sentenceStart = before(sentenceEnd + title);
/** "J. C. Maxwell": the first letter of one. */
const initials = /(?<=\p{Lu}\.\s+)\p{Lu}\.\s+\p{Lu}\p{Ll}/uy;
const titled = before(String.raw`\b(?:option|choice)\s+[(\[]?`);
const clause = before(
  String.raw`(?:${lineStart}|${sentenceEnd}|[,;:\/|)\u2013—]\s*|\b(?:that|so|because|since|and|but|then|think|believe|say|therefore|thus|hence|only|means|while|whereas|although)\s+)${title}`,
);
/** "Most likely B", "Because it is hard, C": ends what leads to a letter that ends its line. */
const led = before(
  String.raw`(?:(?:${lineStart}|${sentenceEnd}|[,;:]\s*)(?:${adverb}[,:]?\s+){1,3}|\p{L}{3}[)\]]?,\s+|\b(?:because|since|as|given)\b[^.:\n]{2,120}[:,]\s+)${title}`,
);
const answerInBrackets = new RegExp(
  String.raw`${nouns}[^.!?:\n]{0,45}?(?:${copula}|:)[^.!?\n()[\]]{1,80}[(\[](?=[A-Za-z][)\]])`,
  'giu',
);
/** A letter in brackets or behind a dash, after a word; after a number it may be a unit. */
const behindText = before(String.raw`\p{L}(?:\s+[(\[]{1,2}|\p{L}{2}(?:;|\s+[\-\u2013—→]|\s+->)\s+[(\[]?)`);
const initialBefore = /(?<=(?<!\p{L})(\p{L})[\p{L}\p{N}]*[\s;\-\u2013—→>]*[([]{0,2})/uy;

/** Ends what the letter may be a part of: no point of the clause, or negations behind it, lie between. */
const denied = before(
  String.raw`(?:\b(?:not|cannot|never|neither|nor|except|unlike|nicht|kein|rather\s+than|instead\s+of|rul(?:e|ed|es|ing)\s+out|(?:eliminat|exclud|discard|reject)\w+|wrong|incorrect)\b|n['’]t\b)(?:(?!\b(?:but|so|then|hence|therefore|because|sure|certain)\b|(?<![\p{L}'’])[b-hj-z](?![\p{L}'’]))[^.,;:!?)\n]){0,30}`,
);
const supposed = before(String.raw`\b(?:if|whether|suppos\w+|assum\w+|unless|were)\b[^.,!?:\n]{0,40}`);

const rightMark = String.raw`[✓✔✅☑]`;
const wrongMark = String.raw`[✗✘❌✖]`;
const markedRight = before(String.raw`(?:^|\n)\s*(?:[\-*•]\s*)?${rightMark}\s*${title}`);
const markedWrong = before(String.raw`(?:^|\n)\s*(?:[\-*•]\s*)?${wrongMark}\s*${title}`);

const shut = String.raw`[)\]>]*`;
const verdict = String.raw`${shut}\s*(?:\([^()\n]{1,60}\)\s*)?`;
const after = (pattern: string): RegExp => new RegExp(pattern, 'iuy');

const asked = after(String.raw`${shut}\s*\?`);
const isWrong = after(
  String.raw`${shut}[^\S\n]*${wrongMark}|${verdict}(?:(?:is|are|was|were|seems?|looks?|(?:would|must|has\s+to)\s+be)\s+(?:\w+ly\s+|all\s+|both\s+|also\s+)?(?:not|wrong|incorrect|false|out|eliminated|ruled|impossible|unlikely|too)\b|(?:is|are|was|ca|does|do|did|wo|could|would)n['’]t\b|cannot\b|(?:can|does|do|did|could|would|will)\s+not\b)`,
);
const isRight = after(
  String.raw`${verdict}(?:(?:is|seems|looks|must\s+be|would\s+be|has\s+to\s+be)\s+(?:(?:\w+ly|the|my|our|also|most|final|a|much)\s+)*(?:correct|right|best|better|answer|true|accurate|appropriate|choice|option|one|only)\b|(?:fits|works|matches|suits)\s+(?:the\s+)?(?:best|better)\b|makes\s+(?:the\s+)?(?:most|more|better)\s+sense\b)(?!\s+(?:only\s+)?(?:if|unless|were)\b)`,
);
const choiceText = String.raw`(?:(?![,;|\s]\s*[(\[]?[A-Za-z](?:[).:]|\s+(?:is|[\-\u2013—→])\s))[^\n]){1,160}\s`;
const correct = String.raw`\(?(?:correct|right)(?:(?=\s+(?:answer|choice|because|since|as)\b)|(?![^\S\n]+\p{L}(?![).:])))`;
/** "B: correct", "B. water is right", "B ✓": what a list of the choices says of one. */
const isMarkedRight = after(
  String.raw`${shut}(?:[^\S\n]*${rightMark}|\s*(?:[:.=\-\u2013—→]\s*|(?=\()|(?<=[)\]]\s*))(?:(?:${choiceText}(?:is|[\-\u2013—→])\s+)?${correct}|(?:${choiceText})?${rightMark}))`,
);
const restOfLine = /[)\]>]*[\s.:,!]*(?:\n|$)/uy;
const markBehind = /(?:[)\]>]+|\s*[.:)\]]|,)(?:\s|$)|\)[\p{L}\p{N}]|\.\p{L}{3}|\s*(?:[-\u2013—→|]|->|=>)\s/uy;
/** The last of several: "A, B and C". */
const another = /[)\]>]*\s*(?:and|or|nor)\s+(?:(?:option|choice)\s+)?[([]?[A-Za-z](?![\p{L}\p{N}'’])/iuy;
const stop = String.raw`\s*(?:$|\n|[,;:!|]|\.(?!\p{L}\p{L}?\.)|[\-\u2013—→]\s|->|=>|\s\()`;
const reason = String.raw`\s+(?:because|since|due|as|rather|instead|but|not|over)\b`;
const ends = after(`${shut}(?:${stop}|${reason})|[)\\]]`);
const endsStatement = after(
  String.raw`${shut}(?:${stop}|${reason}|\s+(?:and|so|if|for|in|on|with|that|the|it|this|by|from|at|when|where|while|although|though|based)\b)|[)\]]`,
);
/** A word with a capital behind the letter; or any behind a colon. */
const wordAfter = /\s+[\p{L}\p{N}]/uy;
const capitalAfter = /\s+\p{Lu}/uy;
const afterColon = /(?<=:\s*)/uy;

function holds(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

/** The letters of a text that stand alone; those that are joined ("A or B", "A, B") at one place. */
export function letterPlaces(text: string, letters: number): readonly LetterPlace[] {
  const last = String.fromCharCode(64 + letters);
  const single = new RegExp(`${besideBefore}[A-${last}a-${last.toLowerCase()}]${besideAfter}`, 'gv');
  const places: LetterPlace[] = [];
  for (const { 0: written, index } of text.matchAll(single)) {
    const place = { letter: written.toUpperCase(), isSmall: written > 'Z', start: index, end: index + 1 };
    const previous = places.at(-1);
    if (previous === undefined || !areJoined(text, previous, place)) places.push(place);
    else {
      places[places.length - 1] = {
        letter: previous.letter === place.letter ? place.letter : undefined,
        isSmall: previous.isSmall && place.isSmall,
        start: previous.start,
        end: place.end,
      };
    }
  }
  return places;
}

function areJoined(text: string, previous: LetterPlace, next: LetterPlace): boolean {
  if (next.start - previous.end > 30) return false;
  const between = text.slice(previous.end, next.start);
  if (stacked.test(between)) return holds(headsLine, text, previous.start) && holds(restOfLine, text, next.end);
  if (!joining.test(between)) return false;
  // "the answer is B, A is too small", "so I think A": no list.
  if (/\b(?:and|or|nor)\b/iu.test(between)) return true;
  return next.isSmall === previous.isSmall && (holds(ends, text, next.end) || areListed(text, previous, next));
}

/** "A, B and C"; of "the answer is B, A and C are wrong" only the last two. */
function areListed(text: string, previous: LetterPlace, next: LetterPlace): boolean {
  another.lastIndex = next.end;
  const [listed] = another.exec(text) ?? [];
  if (listed === undefined) return false;
  return !holds(isWrong, text, next.end + listed.length) || holds(headsLine, text, previous.start);
}

/** Whether a letter at the head of a text begins a list of the choices: `A) rock B) water`. */
export function beginsList(text: string, { letter, isSmall, end }: LetterPlace): boolean {
  const mark = text[end] ?? '';
  if (letter === undefined || !/[):]/u.test(mark)) return false;
  const next = String.fromCharCode(letter.charCodeAt(0) + 1);
  return new RegExp(String.raw`\s[(\[]?${isSmall ? next.toLowerCase() : next}[${mark}]\s`, 'u').test(text.slice(end));
}

/** Where "the answer is" ends, alone or with a choice's text and a bracket. */
export interface AnswerEnds {
  readonly plain: ReadonlySet<number>;
  readonly inBrackets: ReadonlySet<number>;
}

export function answerEnds(text: string): AnswerEnds {
  const endsOf = (pattern: RegExp): ReadonlySet<number> =>
    new Set(text.matchAll(pattern).map(({ 0: match, index }) => index + match.length));
  return { plain: endsOf(answerIs), inBrackets: endsOf(answerInBrackets) };
}

/** What tells that the letter, or one of the letters, at a place is the answer; undefined where nothing does. */
export function evidenceFor(text: string, place: LetterPlace, answers: AnswerEnds): LetterEvidence | undefined {
  const { start, end } = place;
  if (isDenied(text, place)) return undefined;
  if (isStated(text, place, answers)) return holds(supposed, text, start) ? undefined : 'stated';
  const isEnded = holds(ends, text, end);
  const endsLine = holds(restOfLine, text, end);
  if (endsLine && holds(headsLine, text, start)) return 'said';
  if (endsLine && holds(led, text, start) && !isArticle(text, place)) return 'said';
  if (isEnded && holds(says, text, start) && !isArticle(text, place)) return 'said';
  if (answers.inBrackets.has(start) && !isAbbreviation(text, place)) return 'said';
  if (isLineHead(text, place, isEnded)) return 'line';
  const isSentence = isEnded && !place.isSmall && holds(sentenceStart, text, start) && !holds(initials, text, start);
  return isSentence || (endsLine && isBehindText(text, place)) || (isEnded && holds(titled, text, start))
    ? 'sentence'
    : undefined;
}

function isDenied(text: string, { start, end }: LetterPlace): boolean {
  if (holds(denied, text, start) || holds(markedWrong, text, start)) return true;
  return holds(isWrong, text, end) || holds(asked, text, end);
}

function isStated(text: string, place: LetterPlace, answers: AnswerEnds): boolean {
  const { start, end, isSmall, letter } = place;
  if (answers.plain.has(start)) {
    if (holds(endsStatement, text, end)) return true;
    if (letter !== 'A' && letter !== 'I' && holds(capitalAfter, text, end)) return true;
    if (letter !== 'A' && letter !== 'I' && holds(afterColon, text, start) && holds(wordAfter, text, end)) return true;
  }
  if (holds(isRight, text, end) && (holds(clause, text, start) || isBehindText(text, place))) return true;
  if (holds(markedRight, text, start) || (holds(isMarkedRight, text, end) && holds(clause, text, start))) return true;
  return holds(ends, text, end) && holds(concludes, text, start) && !(isSmall && isArticle(text, place));
}

/** A small `a` or `i` with nothing but the end behind it may be a word that was cut off. */
function isArticle(text: string, { letter, isSmall, end }: LetterPlace): boolean {
  return isSmall && (letter === 'A' || letter === 'I') && !/[^\s]/u.test(text[end] ?? '');
}

/** "The answer is carbon (C)": the letter stands for the word before it. */
function isAbbreviation(text: string, { start, letter }: LetterPlace): boolean {
  initialBefore.lastIndex = start;
  return initialBefore.exec(text)?.[1]?.toUpperCase() === letter;
}

/** "granite (C)", "granite - C"; in "carbon (C)", "carbon [C]" and "5 (A)" it may be a symbol or a unit. */
function isBehindText(text: string, place: LetterPlace): boolean {
  return holds(behindText, text, place.start) && !isAbbreviation(text, place) && !isArticle(text, place);
}

function isLineHead(text: string, { start, end, isSmall, letter }: LetterPlace, isEnded: boolean): boolean {
  if (!holds(headsLine, text, start)) return false;
  if (isSmall) return holds(markBehind, text, end);
  // "D All of the above"; "A Plant" may be an article.
  return isEnded || (letter !== 'A' && letter !== 'I' && holds(capitalAfter, text, end));
}
