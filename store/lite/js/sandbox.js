// What a design document's functions see, and nothing else: CouchDB's query server words
// (emit, sum, isArray, toJSON, log, require). There is no file, network or host object to reach.
// The last expression is the object through which worker.py calls in, always text in, text out.
(function (global) {
  "use strict";
  // Kept before any design function runs: a function that patches built-ins harms only itself.
  const parse = JSON.parse, stringify = JSON.stringify, freeze = Object.freeze;
  const hasOwn = Object.prototype.hasOwnProperty, evaluate = eval;
  const MAX_LOG = 100, MAX_LOG_TEXT = 1000, MAX_EMITTED = 16 * 1024 * 1024;
  let design = {}, isViews = false, compiled = {}, modules = {}, logs = [], rows = [], emitted = 0;

  class Fatal extends Error {}

  function text(value) {
    const out = stringify(value);
    return out === undefined ? "null" : out;
  }

  function describe(error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    return typeof error === "string" ? error : text(error);
  }

  // Running out of stack, memory or output is the function's fault, not the document's.
  function isFatal(error) {
    return error instanceof Fatal || error instanceof InternalError ||
      (error instanceof RangeError && error.message.startsWith("Maximum call stack"));
  }

  function log(message) {
    if (logs.length < MAX_LOG) {
      const line = typeof message === "string" ? message : text(message);
      logs.push(line.slice(0, MAX_LOG_TEXT));
    }
  }

  function emit(key, value) {
    const row = [text(key), text(value)];
    emitted += row[0].length + row[1].length;
    if (emitted > MAX_EMITTED) throw new Fatal("the map function emits too much for one document");
    rows.push(row[0], row[1]);
  }

  function sum(values) {
    let total = 0;
    for (const value of values) total += value;
    return total;
  }

  function seal(value) {
    if (typeof value === "object" && value !== null) {
      freeze(value);
      for (const name in value) seal(value[name]);
    }
    return value;
  }

  function compile(source, what) {
    if (typeof source !== "string") throw new Fatal(`the ${what} is not a string`);
    let fn;
    try {
      try {
        fn = evaluate("(" + source + "\n)");
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        fn = evaluate("(" + source.replace(/[;\s]+$/, "") + "\n)");
      }
    } catch (error) {
      if (isFatal(error)) throw error;
      throw new Fatal(`Compilation of the ${what} failed: ${describe(error)}`);
    }
    if (typeof fn !== "function") throw new Fatal(`Expression of the ${what} does not eval to a function.`);
    return fn;
  }

  // CommonJS over the design document's own tree (CouchDB 3.5, "CommonJS Modules").
  function resolve(name, base) {
    const path = name.startsWith(".") ? base.slice(0, -1) : [];
    for (const part of name.split("/")) {
      if (part === "..") {
        if (!path.length) throw new Error(`require: "${name}" leaves the design document`);
        path.pop();
      } else if (part !== "." && part !== "") path.push(part);
    }
    return path;
  }

  function lookup(path, name) {
    let node = design;
    for (const part of path) {
      if (typeof node !== "object" || node === null || !hasOwn.call(node, part)) {
        throw new Error(`require: there is no module "${name}"`);
      }
      node = node[part];
    }
    if (typeof node !== "string") throw new Error(`require: "${name}" is not a module`);
    return node;
  }

  function requirer(base) {
    return function require(name) {
      const path = resolve(String(name), base), id = path.join("/");
      if (isViews && !(path[0] === "views" && path[1] === "lib")) {
        throw new Error(`require: a map function reaches only views/lib, not "${name}"`);
      }
      if (hasOwn.call(modules, id)) return modules[id].exports;
      const source = lookup(path, name);
      const module = { id, exports: {} };
      modules[id] = module;
      try {
        const body = evaluate("(function (module, exports, require) {" + source + "\n})");
        body.call(module.exports, module, module.exports, requirer(path));
      } catch (error) {
        delete modules[id];
        throw error;
      }
      return module.exports;
    };
  }

  function stopClock() {
    const message = "the clock is not available in views: rows would differ from machine to machine";
    const RealDate = Date;
    function SandboxDate(...parts) {
      if (!new.target || parts.length === 0) throw new Error(message);
      return Reflect.construct(RealDate, parts, new.target);
    }
    SandboxDate.prototype = RealDate.prototype;
    SandboxDate.prototype.constructor = SandboxDate;
    SandboxDate.parse = RealDate.parse;
    SandboxDate.UTC = RealDate.UTC;
    SandboxDate.now = function now() { throw new Error(message); };
    global.Date = SandboxDate;
    Math.random = function random() { throw new Error("Math.random: " + message); };
  }

  function viewNames() {
    const views = design.views || {};
    return Object.keys(views).filter(function (name) { return name !== "lib"; });
  }

  function load(source, kind) {
    design = parse(source);
    isViews = kind === "views";
    if (!isViews) return "true";
    stopClock();
    compiled.maps = viewNames().map(function (name) {
      return { name, fn: compile(design.views[name].map, `map function in the '${name}' view`) };
    });
    for (const name of viewNames()) {
      const reduce = design.views[name].reduce;
      if (typeof reduce === "string" && !reduce.startsWith("_")) {
        compiled["reduce " + name] = compile(reduce, `reduce function in the '${name}' view`);
      }
    }
    return "true";
  }

  function once(name, find) {
    if (!hasOwn.call(compiled, name)) compiled[name] = compile(find(), name);
    return compiled[name];
  }

  const calls = {};

  // One document in, for each view a flat list of key, value, key, value … as JSON texts.
  calls.map = function (line) {
    let doc;
    try {
      doc = seal(parse(line));
    } catch (error) {  // too large or too deep: this document's fault
      log(`a document of ${line.length} characters cannot be read: ${describe(error)}`);
      return stringify(compiled.maps.map(function () { return []; }));
    }
    const answer = [];
    emitted = 0;
    for (const view of compiled.maps) {
      rows = [];
      try {
        view.fn(doc);
      } catch (error) {
        if (isFatal(error)) throw error;
        rows = [];
        log(`view '${view.name}', document ${text(doc._id)}: ${describe(error)}`);
      }
      answer.push(rows);
    }
    rows = [];
    return stringify(answer);
  };

  // As in CouchDB, a reduce function that throws gives null.
  function reduce(name, keys, values, again) {
    try {
      return text(compiled["reduce " + name](keys, values, again));
    } catch (error) {
      if (isFatal(error)) throw error;
      log(`reduce function of the view '${name}': ${describe(error)}`);
      return "null";
    }
  }

  calls.reduce = function (line, name) {
    const [keys, values] = parse(line);
    return reduce(name, keys, values, false);
  };

  calls.rereduce = function (line, name) {
    return reduce(name, null, parse(line), true);
  };

  calls.validate = function (line, head) {
    const fn = once("validate_doc_update function", function () { return design.validate_doc_update; });
    const [user, security] = parse(head), [newDoc, oldDoc] = parse(line);
    try {
      fn.call(design, newDoc, oldDoc, user, security);
      return "null";
    } catch (error) {
      if (error instanceof Error) return stringify({ failed: describe(error) });
      return stringify({ thrown: error === undefined ? null : error });
    }
  };

  // A filter that throws fails the request, as in CouchDB.
  calls.filter = function (line, head) {
    const [name, req] = parse(head);
    const fn = once(`filter function '${name}'`, function () { return (design.filters || {})[name]; });
    return fn.call(design, parse(line), req) ? "true" : "false";
  };

  // A map function used as a filter passes what it emits at least once (`filter=_view`).
  calls.view_filter = function (line, name) {
    const fn = once(`map function in the '${name}' view`, function () { return design.views[name].map; });
    rows = [];
    emitted = 0;
    try {
      fn.call(design, parse(line));
    } catch (error) {
      if (isFatal(error)) throw error;
      rows = [];
      log(`view filter '${name}': ${describe(error)}`);
    }
    const passes = rows.length > 0;
    rows = [];
    return passes ? "true" : "false";
  };

  global.emit = emit;
  global.sum = sum;
  global.log = log;
  global.isArray = Array.isArray;
  global.toJSON = text;
  global.require = requirer([]);
  for (const name of ["performance", "navigator", "SharedArrayBuffer", "Atomics", "queueMicrotask"]) {
    delete global[name];
  }

  return {
    load,
    call(command, line, head) { return calls[command](line, head); },
    takeLog() { const taken = stringify(logs); logs = []; return taken; },
  };
})(globalThis);
