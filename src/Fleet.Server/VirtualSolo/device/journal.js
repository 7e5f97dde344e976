// What a device keeps over restarts: its pairing, the results that Fleet has not acknowledged, the results that Fleet
// refused, all charges, and the menu lock. A store keeps one page for each device, and replaces it as a whole.

const empty = { results: [], refused: [], charges: [] };

/** The frame that reports a result of the journal. */
export const frameOf = ({ outcome, checkout_id, ...rest }) => outcome === 'terminated'
  ? { type: 'terminated', checkout_id }
  : { type: 'result', checkout_id, outcome, ...rest };

export class Journal {
  #store;
  #page;
  #dirty = false;

  constructor(store, page) {
    this.#store = store;
    this.#page = page;
  }

  /**
   * Opens the journal of one device.
   * @param {{load: () => Promise<object?>, save: (page: object) => Promise<void>}} store `save` ends when the page is
   * on disk; after a crash the store has the old page or the new one
   */
  static async open(store) {
    return new Journal(store, { ...empty, ...await store.load() });
  }

  get readerId() { return this.#page.reader_id; }
  get credential() { return this.#page.credential; }

  /** How the menu is locked; undefined before that was ever set. */
  get menuLock() { return this.#page.menu_lock; }

  /** Results to be repeated until they are acknowledged or refused, oldest first. */
  get results() { return this.#page.results; }
  get refused() { return this.#page.refused; }

  /** Every card ever charged. Two for one checkout would be a double charge. */
  get charges() { return this.#page.charges; }

  /** Whether there is something that is not on disk. */
  get isDirty() { return this.#dirty; }

  /** Writes what has changed. The device shows and sends nothing of a change before this ends. */
  async save() {
    this.#dirty = false;
    await this.#store.save(this.#page);
  }

  keepPairing(reader_id, credential) {
    this.#change({ reader_id, credential });
  }

  /** Removes the pairing and the menu lock. Results are kept: they stay true when the device is paired anew. */
  dropPairing() {
    this.#change({ reader_id: undefined, credential: undefined, menu_lock: undefined });
  }

  keepMenuLock(menu_lock) {
    this.#change({ menu_lock });
  }

  /** Keeps a result and, for a success, its charge, so that neither is saved without the other. */
  keepResult(result, charge) {
    const { results, refused, charges } = this.#page;
    this.#change({
      results: [...without(results, result.checkout_id), result],
      refused: without(refused, result.checkout_id),
      charges: charge ? [...charges, charge] : charges,
    });
  }

  /** Removes a result that Fleet has committed. */
  forgetResult(checkoutId) {
    if (this.findResult(checkoutId)) this.#change({ results: without(this.results, checkoutId) });
  }

  /** Stops repeating a result, and keeps it as refused. */
  setResultAside(checkoutId) {
    const result = this.findResult(checkoutId);
    if (!result) return;
    this.#change({
      results: without(this.results, checkoutId),
      refused: [...without(this.refused, checkoutId), result],
    });
  }

  findResult(checkoutId) {
    return find(this.results, checkoutId);
  }

  findRefused(checkoutId) {
    return find(this.refused, checkoutId);
  }

  findCharge(checkoutId) {
    return find(this.charges, checkoutId);
  }

  #change(members) {
    this.#page = { ...this.#page, ...members };
    this.#dirty = true;
  }
}

const find = (list, checkoutId) => list.find(one => one.checkout_id === checkoutId);
const without = (list, checkoutId) => list.filter(one => one.checkout_id !== checkoutId);
