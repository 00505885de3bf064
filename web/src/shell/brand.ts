function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** Colours the header with the hub's brand, with whichever of white and black can be read on it. */
export function brand(colour: string | null | undefined) {
  const root = document.documentElement.style;
  if (!colour || !/^#[0-9a-f]{6}$/i.test(colour)) {
    root.removeProperty('--lr-brand');
    root.removeProperty('--lr-on-brand');
    return;
  }
  root.setProperty('--lr-brand', colour);
  root.setProperty('--lr-on-brand', 1.05 / (luminance(colour) + 0.05) >= 4.5 ? '#ffffff' : '#000000');
}
