/** The items of a range, as whoever asks for a range gets them. */

/**
 * An iterable of the items of a range, lazily and in key order, for `for` and for `for await`; each iteration starts
 * anew and remembers nothing but where it is. The asynchronous one lets the event loop run between steps.
 */
export interface RangeReader<Item> extends Iterable<Item>, AsyncIterable<Item> {
  /** All items at once. */
  toArray(): Item[];
  /** How many items there are. O(items). */
  count(): number;
}
