/** Throws the message it is given; without one it never comes back. */
export default async function fail(message: string | null): Promise<never> {
  if (message !== null) throw new Error(message);
  return new Promise(() => undefined);
}
