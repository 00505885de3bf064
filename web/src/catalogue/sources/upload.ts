/** What is taken, compressed; the server says the same. */
const most = 720 * 1024;

export const tooLong = 'The file is too long, or cannot be read. At most 720 KiB are taken once compressed, some 6 MiB of text. Give the address of a feed instead, or split it.';

/** A file as it is sent: compressed where it is not already, in base64. Nothing where it is too long or cannot be read. */
export async function packed(file: File): Promise<string | undefined> {
  try {
    if (file.size > 64 * 1024 * 1024) return undefined;
    const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const isPacked = (start[0] === 0x50 && start[1] === 0x4b) || (start[0] === 0x1f && start[1] === 0x8b);
    const bytes = isPacked ? await file.arrayBuffer() : await new Response(file.stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
    if (bytes.byteLength === 0 || bytes.byteLength > most) return undefined;
    let binary = '';
    const all = new Uint8Array(bytes);
    for (let i = 0; i < all.length; i += 0x8000) binary += String.fromCharCode(...all.subarray(i, i + 0x8000));
    return btoa(binary);
  } catch {
    return undefined; // it was moved or may not be read
  }
}
