/** How a text message travels: as GSM-7, or as UCS-2 as soon as one of its characters is not in GSM-7, which halves what fits. */
export interface Measured {
  encoding: 'GSM-7' | 'UCS-2';
  /** Characters, as people count them. */
  characters: number;
  /** Messages that it is sent and paid as. */
  parts: number;
  /** The characters that are not in GSM-7, each once. */
  unusual: string[];
}

// 3GPP TS 23.038: the default alphabet, and its extension, whose characters take two places.
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extension = new Set('\f^{}\\[~]|€');

/** Measures a text message. A message of several parts loses some of each to what puts the parts together again. */
export function measure(text: string): Measured {
  const all = [...text];
  const unusual = [...new Set(all.filter((c) => !basic.has(c) && !extension.has(c)))];
  const gsm = unusual.length === 0;
  const sizes = all.map((c) => (gsm ? (basic.has(c) ? 1 : 2) : c.length));
  const [alone, together] = gsm ? [160, 153] : [70, 67];
  const whole = sizes.reduce((sum, n) => sum + n, 0);
  let parts = whole ? 1 : 0;
  if (whole > alone) {
    // A character of two places is not cut in two: it begins the next part.
    let room: number = together;
    for (const size of sizes) {
      if (size > room) {
        parts++;
        room = together;
      }
      room -= size;
    }
  }
  return { encoding: gsm ? 'GSM-7' : 'UCS-2', characters: all.length, parts, unusual };
}

const plainer: [RegExp, string][] = [
  [/[‘’‚‛′`´]/g, "'"],
  [/[“”„‟″«»]/g, '"'],
  [/[‐‑‒–—―−]/g, '-'],
  [/…/g, '...'],
  [/[•·]/g, '-'],
  [/[\u00a0\u2000-\u200a\u202f\t]/g, ' '],
  [/[\u200b-\u200d\ufeff\u00ad]/g, ''],
  [/\r\n?/g, '\n'],
  [/×/g, 'x'],
  [/½/g, '1/2'],
  [/¼/g, '1/4'],
  [/¾/g, '3/4'],
];

/** Typographer's characters as a phone's plain ones, so that one curly apostrophe does not halve what fits. Names keep their letters. */
export function plain(text: string): string {
  return plainer.reduce((words, [from, to]) => words.replace(from, to), text);
}
