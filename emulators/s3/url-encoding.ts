/**
 * Encodes a key as S3 does in events and, on request, in lists: like a form field, but without encoding slashes. A
 * space becomes `+`.
 */
export function encodeKey(key: string): string {
  return encodeURIComponent(key.toWellFormed())
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+')
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
