/** A TypeScript entry of this project as one .mjs file that Node can import; gone when the process ends. */
export function bundle(entry: string): Promise<string>;
