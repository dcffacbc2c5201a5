/** A typed line as words, as a shell of Unix would cut it: blanks, single and double quotes, backslashes. */
import { usage } from '../failure.ts';

/** Throws `CLI_USAGE` if a quote is not closed. A `#` at the beginning of a word begins a comment. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let index = 0; index < line.length; index += 1) {
    const character = line[index]!;
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (character === '\\' && quote === '"' && '\\"'.includes(line[index + 1] ?? ' ')) {
        index += 1;
        word = `${word ?? ''}${line[index]}`;
      } else word = `${word ?? ''}${character}`;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (character === '\\' && index + 1 < line.length) {
      index += 1;
      word = `${word ?? ''}${line[index]}`;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#' && word === undefined) break;
    else word = `${word ?? ''}${character}`;
  }
  if (quote !== undefined) throw usage('expected the quote to be closed');
  if (word !== undefined) words.push(word);
  return words;
}

/** `word` so that {@link splitWords} gives it back. */
export function quoteWord(word: string): string {
  return /^[\w:./@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
