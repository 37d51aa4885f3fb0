const full = '█';
/** What is left of a bar, in eighths of a character. */
const parts = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar whose length is a value's share of the greatest. What is more than nothing shows. */
export function barOf(value: number, greatest: number, width: number): string {
  if (value <= 0 || greatest <= 0) return '';
  const eighths = Math.max(1, Math.round((value / greatest) * width * 8));
  return full.repeat(Math.floor(eighths / 8)) + (parts[eighths % 8] ?? '');
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes as people read them: three digits and a decimal unit. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}
