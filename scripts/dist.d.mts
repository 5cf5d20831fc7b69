export const root: string;
export const sizeLimit: number;
export function buildModules(outDir: string): Promise<void>;
export function buildTypes(outDir: string): Promise<void>;
export function pages(folder: string): Promise<{ run: string; train: string }>;
export interface Bundle {
  code: string;
  bytes: number;
  gzipped: number;
}
export function browserBundle(...entries: string[]): Promise<Bundle>;
export function wholeBundle(...entries: string[]): Promise<Bundle>;
