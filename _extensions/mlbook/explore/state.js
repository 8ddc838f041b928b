// What a reader has set, kept in the address: "#fig-descent:rate=0.3,batch=8;fig-balls:penalty=0.2".
// Only what differs from the start is written, so an untouched page keeps its plain address.

const WAIT = 300; // ms without a change before the address is written

// Field of a number that a slider chooses from `values`, in ascending order.
export function number(value, values) {
  const nearest = (wanted) => values.reduce((best, one) => (Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best));
  return {
    value: nearest(value),
    values,
    write: String,
    read: (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? nearest(Number(text)) : undefined),
  };
}

// Field of a point or list of numbers; `fit` brings what the address says into bounds, or refuses it (undefined).
export function numbers(value, fit, digits = 2) {
  const short = (one) => String(Number(one.toFixed(digits)));
  return {
    value,
    write: (list) => list.map(short).join("_"),
    read: (text) => {
      const list = text.split("_").map((part) => (part.trim() === "" ? NaN : Number(part)));
      return list.every(Number.isFinite) ? fit(list) : undefined;
    },
  };
}

function statesInAddress() {
  const states = new Map();
  for (const part of decodeURIComponent(location.hash.slice(1)).split(";")) {
    const [, id, text] = part.match(/^([\w-]+):(.*)$/) ?? [];
    if (id) states.set(id, text);
  }
  return states;
}

export class State {
  #fields;
  #id;
  #changed;
  #timer = 0;

  // `changed` is called after every change, with the names that changed.
  constructor(id, fields, changed) {
    this.#id = id;
    this.#fields = fields;
    this.#changed = changed;
    for (const [name, field] of Object.entries(fields)) this[name] = field.value;
    this.#read();
    addEventListener("hashchange", () => {
      if (statesInAddress().has(id)) this.set(this.#read());
    });
  }

  values(name) {
    return this.#fields[name].values;
  }

  set(changes) {
    Object.assign(this, changes);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(), WAIT);
    this.#changed(Object.keys(changes));
  }

  reset() {
    this.set(Object.fromEntries(Object.entries(this.#fields).map(([name, field]) => [name, field.value])));
  }

  #read() {
    const text = statesInAddress().get(this.#id) ?? "";
    const found = new Map(text.split(",").map((pair) => pair.split("=")));
    for (const [name, field] of Object.entries(this.#fields)) {
      this[name] = (found.has(name) ? field.read(found.get(name) ?? "") : undefined) ?? field.value;
    }
    return Object.fromEntries(Object.keys(this.#fields).map((name) => [name, this[name]]));
  }

  #write() {
    const states = statesInAddress();
    const set = Object.entries(this.#fields)
      .map(([name, field]) => [name, field.write(this[name]), field.write(field.value)])
      .filter(([, now, start]) => now !== start)
      .map(([name, now]) => `${name}=${now}`);
    if (set.length) states.set(this.#id, set.join(","));
    else if (!states.delete(this.#id)) return;
    const hash = [...states].map(([id, text]) => `${id}:${text}`).join(";");
    history.replaceState(history.state, "", hash ? `#${hash}` : location.pathname + location.search);
  }
}
