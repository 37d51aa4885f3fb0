/** Formats of an export, by the endings of their files. */
export const exportFormats = ['csv', 'jsonl'] as const;
export type ExportFormatName = (typeof exportFormats)[number];
