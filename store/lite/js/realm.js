// The global scope of a design document's functions, in which nothing can be kept from one call to
// the next: all built-ins are frozen, and what a call leaves on the global object is taken away.
// The last expression is what sandbox.js closes and cleans it with.
(function (global) {
  "use strict";
  const { create, freeze, getOwnPropertyDescriptor } = Object;
  const { defineProperty, deleteProperty, getPrototypeOf, isExtensible, ownKeys, setPrototypeOf } =
    Reflect;
  const hasOwn = Object.prototype.hasOwnProperty, seen = new Set();
  const lasting = [];  // what cannot be deleted from any global object: undefined, NaN, Infinity
  const hidden = [];  // behind accessors, where `harden` does not come by itself
  let scope = null;

  // A property of a frozen prototype would stop an assignment to an object that inherits it
  // (`error.name = "…"`); as an accessor it lets the object have one of its own.
  function assignable(holder) {
    for (const name of ownKeys(holder)) {
      if (typeof name === "symbol") continue;
      const { value, configurable, writable, enumerable } = getOwnPropertyDescriptor(holder, name);
      if (!configurable || !writable) continue;
      hidden.push(value);
      defineProperty(holder, name, {
        get() { return value; },
        set(own) {
          if (this === holder) return;  // as where a frozen property is assigned to
          if (hasOwn.call(this, name)) this[name] = own;
          else defineProperty(this, name, { value: own, writable: true, enumerable: true,
            configurable: true });
        },
        enumerable,
        configurable: true,
      });
    }
  }

  function harden(object) {
    if ((typeof object !== "object" && typeof object !== "function") || object === null) return;
    if (object === global || seen.has(object)) return;
    seen.add(object);
    freeze(object);
    harden(getPrototypeOf(object));
    for (const name of ownKeys(object)) {
      const { value, get, set } = getOwnPropertyDescriptor(object, name);
      harden(value);
      harden(get);
      harden(set);
    }
  }

  // Prototypes that no name leads to, only syntax and methods.
  function nameless() {
    return [
      function* () {}, async function () {}, async function* () {},
      [].values(), [].values().map(String), Iterator.from({ next() {} }),
      new Map().values(), new Set().values(), ""[Symbol.iterator](), "".matchAll(/./g),
      (function () { return arguments; })(),
    ];
  }

  // Freezes all there is. `words` become global names, which a call may shadow for itself.
  function close(words) {
    delete Error.stackTraceLimit;  // setters that keep what they are given
    delete Error.prepareStackTrace;
    assignable(words);
    scope = create(words);
    for (const name of ownKeys(global)) {
      const property = getOwnPropertyDescriptor(global, name);
      if (!property.configurable) {
        lasting.push(name);
        continue;
      }
      defineProperty(scope, name, property);
      delete global[name];
      const prototype = typeof property.value === "function" && property.value.prototype;
      if (prototype) assignable(prototype);
    }
    assignable(scope);
    setPrototypeOf(global, scope);
    for (const object of [scope, ...hidden, ...nameless()]) harden(object);
  }

  // Takes away what a call left. False where it locked something.
  function clean() {
    const names = ownKeys(global);
    if (names.length > lasting.length) {
      for (const name of names) {
        if (!lasting.includes(name) && !deleteProperty(global, name)) return false;
      }
    }
    return getPrototypeOf(global) === scope && isExtensible(global);
  }

  return { close, clean };
})(globalThis);
