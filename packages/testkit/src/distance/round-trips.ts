/** Counts how often a client has waited: once for the connection, and once for each answer that it sent something more after. */
export class RoundTrips {
  #count = 1;
  #itsTurn = true;

  get count(): number {
    return this.#count;
  }

  clientSent(): void {
    if (this.#itsTurn) this.#count += 1;
    this.#itsTurn = false;
  }

  clientGot(): void {
    this.#itsTurn = true;
  }
}
