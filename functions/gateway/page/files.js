// Files that a person sends: which ones are taken, large pictures made smaller, and the pieces that the gateway takes.

export const PIECE = 384 * 1024; // bytes, as the gateway takes them
export const MAX_BYTES = 14 * PIECE;
const TAKEN = /^((image|audio|video)\/.+|text\/plain|text\/csv|application\/pdf)$/;
const SHRINKABLE = /^image\/(jpeg|png|webp)$/;
const LARGE = 600_000; // bytes of a picture above which it is made smaller
const SIDE = 1600; // pixels

/** Whether a file of this content type may be sent. */
export const isTaken = (type) => TAKEN.test(type);

/** What is sent in pieces, in order. */
export function piecesOf(blob) {
  const pieces = [];
  for (let at = 0; at < blob.size; at += PIECE) pieces.push(blob.slice(at, at + PIECE));
  return pieces.length ? pieces : [blob];
}

/**
 * A large picture in fewer pixels, without what the camera noted (the place where it was taken, too); any other file,
 * and what the browser cannot read, as it is.
 */
export async function shrink(file) {
  if (!SHRINKABLE.test(file.type) || file.size <= LARGE) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const smaller = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return smaller && smaller.size < file.size ? smaller : file;
  } catch {
    return file;
  }
}
