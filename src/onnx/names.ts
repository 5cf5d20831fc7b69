/** Names from files, as messages show them: quoted, without control characters, and cut where they are long. */
const MOST = 60;

export const quote = (name: string): string => JSON.stringify(name.length > MOST ? `${name.slice(0, MOST)}...` : name);

/** `a, b, c and 7 more` */
export const listed = (names: readonly string[], most = 12): string =>
  names.length > most ? `${names.slice(0, most).join(", ")} and ${names.length - most} more` : names.join(", ");
