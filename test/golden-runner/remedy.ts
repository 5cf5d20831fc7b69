/** What to do about a folder of vectors that cannot be read. */
export const REMEDY = "Fetch the folder of vectors again, or name another by DOT4_GOLDEN";
