/** Values as text: UTF-8, with U+FFFD for what is none. A byte order mark is part of the text. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Up to here ASCII is faster taken byte by byte than by the decoder. */
const SHORT_BYTES_MAX = 24;

export function decodeText(value: Uint8Array): string {
  if (value.length > SHORT_BYTES_MAX) return decoder.decode(value);
  let text = '';
  for (const byte of value) {
    if (byte > 0x7f) return decoder.decode(value);
    text += String.fromCharCode(byte);
  }
  return text;
}
