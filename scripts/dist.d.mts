export const root: string;
export const sizeLimit: number;
export function buildModules(outDir: string): Promise<void>;
export function buildTypes(outDir: string): Promise<void>;
export function browserBundle(...entries: string[]): Promise<{ code: string; bytes: number; gzipped: number }>;
