// What the browser keeps: the readers of this page, and the journal of each. A page of another path has its own.

const version = 1;

export class Shelf {
  #database;

  constructor(database) {
    this.#database = database;
  }

  /** @param {string} name of the database */
  static open(name) {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => {
        request.result.createObjectStore('readers', { keyPath: 'serial' });
        request.result.createObjectStore('journals');
      };
      request.onsuccess = () => resolve(new Shelf(request.result));
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error('Another tab has an older version of this page: close it.'));
    });
  }

  /** All readers, in the order in which they were made. */
  async readers() {
    const all = await ask(this.#database.transaction('readers').objectStore('readers').getAll());
    return all.sort((a, b) => a.made - b.made);
  }

  /** How one reader is set up; undefined when it was removed. */
  reader(serial) {
    return ask(this.#database.transaction('readers').objectStore('readers').get(serial));
  }

  /** Keeps how one reader is set up. */
  keepReader(reader) {
    return this.#write('readers', store => store.put(reader));
  }

  /** The store of one reader's journal. */
  journal(serial) {
    return {
      load: () => ask(this.#database.transaction('journals').objectStore('journals').get(serial)),
      save: page => this.#write('journals', store => store.put(page, serial)),
    };
  }

  /** Removes a reader with its journal. */
  async remove(serial) {
    await this.#write('journals', store => store.delete(serial));
    await this.#write('readers', store => store.delete(serial));
  }

  /** Ends when the change is on disk, and not only in the memory of the browser. */
  #write(name, change) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(name, 'readwrite', { durability: 'strict' });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('The write was aborted.'));
      change(transaction.objectStore(name));
    });
  }
}

const ask = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
