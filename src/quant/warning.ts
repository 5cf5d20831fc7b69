/** Something that works but is probably not meant. */
export interface Warning {
  /** Stable, for programs: `never-observed`. */
  readonly code: string;
  readonly message: string;
}

export type Warn = (warning: Warning) => void;

export const toConsole: Warn = ({ code, message }) => console.warn(`dot4 [${code}]: ${message}`);
