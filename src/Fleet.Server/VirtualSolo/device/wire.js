// The device's end of the link: which connection, which epoch, and what Fleet was told of the screen.

export class Wire {
  #turns;
  #link = null;

  /** The epoch of the last welcome on this connection; 0 before one. */
  #epoch = 0;

  /** Whether results may be sent now. */
  open = false;

  /** Whether the device is connected as its reader, and may send what only a reader sends. */
  welcomed = false;

  /** What the frame `state` says. */
  state = 'IDLE';

  constructor(turns) {
    this.#turns = turns;
  }

  get connected() { return this.#link !== null; }
  get epoch() { return this.#epoch; }

  /** Whether a frame came on the connection that the device has now. */
  isFrom(link) { return this.#link === link; }

  /** Whether a frame belongs to the present epoch. */
  isCurrent(epoch) { return this.open && epoch === this.#epoch; }

  attach(link) {
    this.#link = link;
  }

  detach() {
    this.#link = null;
    this.#forgetEpoch();
  }

  /** Sends the hello with which a connection begins. */
  sayHello(hello) {
    this.#forgetEpoch();
    this.#post({ type: 'hello', ...hello });
  }

  /** Takes the epoch of a welcome. */
  takeWelcome(epoch) {
    this.#epoch = epoch;
    this.open = this.welcomed = true;
  }

  /** The pairing is over: only results are still sent, in the epoch of this connection or 0. */
  beginLastWords() {
    this.open = true;
    this.welcomed = false;
  }

  /** Sends a frame in the present epoch; false when there is no connection for it. */
  send({ type, ...members }) {
    if (!this.#link || !this.open) return false;
    this.#post({ type, epoch: this.#epoch, ...members });
    return true;
  }

  /** Changes the state of the screen, and reports it. */
  changeState(state) {
    if (this.state === state) return;
    this.state = state;
    this.tellState();
  }

  tellState() {
    if (this.welcomed) this.send({ type: 'state', state: this.state });
  }

  #post(frame) {
    const link = this.#link;
    if (link) this.#turns.then(() => link.send(frame));
  }

  #forgetEpoch() {
    this.#epoch = 0;
    this.open = this.welcomed = false;
  }
}
