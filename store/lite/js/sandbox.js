// What a design document's functions see, and nothing else: CouchDB's query server words
// (emit, sum, isArray, toJSON, log, require). There is no file, network or host object to reach.
// Each call sees the documents that it is given and nothing of an earlier one: functions and
// modules are made anew from their source's factory, in a scope that realm.js keeps clean.
// The last expression makes the object through which worker.py calls in, always text in, text out.
(function (realm) {
  "use strict";
  // Kept, since a call may shadow any name of the global object for itself.
  const { Array, Error, InternalError, Object, RangeError, Reflect, String, SyntaxError } =
    globalThis;
  const parse = JSON.parse, stringify = JSON.stringify, freeze = Object.freeze;
  const hasOwn = Object.prototype.hasOwnProperty, evaluate = eval;
  const MAX_LOG = 100, MAX_LOG_TEXT = 1000, MAX_EMITTED = 16 * 1024 * 1024;
  const OVERFLOW = 5000, RATIO = 2;  // CouchDB's reduce_limit_threshold and reduce_limit_ratio
  let design = {}, isViews = false, viewNames = [], logs = [];
  let factories = {};  // by name: each call of one gives the function as new, without its memory
  let modules = {};  // of this call
  let first = null, last = null;  // what was emitted, as a chain

  // Ends the request. `error` and `reason` are what CouchDB answers; worker.py reads them.
  class Fatal extends Error {
    constructor(error, reason) { super(stringify([text(error), text(reason)])); }
  }

  function json(value) {
    const out = stringify(value);
    return out === undefined ? "null" : out;
  }

  function text(value) {
    return typeof value === "string" ? value : json(value);
  }

  function describe(error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : text(error);
  }

  // Running out of stack, memory or output is the function's fault, not the document's; and a
  // function may say so itself.
  function raiseFatal(error) {
    if (error instanceof Fatal || error instanceof InternalError) throw error;
    // What QuickJS throws where there is no memory left for an error.
    if (error === null) throw new Fatal("InternalError", "out of memory");
    if (error instanceof RangeError && error.message.startsWith("Maximum call stack")) {
      throw new Fatal("InternalError", "stack overflow");
    }
    if (error === "fatal_error") {
      throw new Fatal("map_runtime_error", "function raised 'fatal_error'");
    }
    if (typeof error === "object" && error !== null && error[0] === "fatal") {
      throw new Fatal(error[1], error[2]);
    }
  }

  function log(message) {
    if (logs.length < MAX_LOG) {
      logs.push(text(message).slice(0, MAX_LOG_TEXT));
    }
  }

  function emit(key, value) {
    const row = { key, value, next: null };
    if (last === null) first = row; else last.next = row;
    last = row;
  }

  // An error as a value keeps its words, as in CouchDB.
  function valueText(value) {
    if (typeof value === "object" && value !== null &&
        "stack" in value && "name" in value && "message" in value) {
      return json({ error: value.name, message: value.message });
    }
    return json(value);
  }

  // A long text that was put together is a rope inside QuickJS, which Python cannot take.
  function flat(rope) {
    return rope.length < 256 ? rope : parse(stringify(rope));
  }

  // The emitted rows as lines: key, value, key, value … JSON text holds no line break.
  function takeRows() {
    let out = "";
    for (let row = first; row !== null; row = row.next) {
      out += json(row.key) + "\n" + valueText(row.value) + "\n";
      if (out.length > MAX_EMITTED) {
        throw new Fatal("os_process_error", "the map function emits too much for one document");
      }
    }
    first = last = null;
    return out;
  }

  function sum(values) {
    let total = 0;
    for (const value of values) total += value;
    return total;
  }

  function seal(object) {
    freeze(object);
    for (const name in object) {
      const value = object[name];
      if (typeof value === "object" && value !== null) seal(value);
    }
    return object;
  }

  // What gives the value of an expression as new each time. One that is sound by itself cannot
  // reach out of the braces around it.
  function factory(expression) {
    evaluate(expression);
    return evaluate(`(() => { return ${expression}; })`);
  }

  function compile(source, what) {
    if (typeof source !== "string" || !source) throw new Fatal("not_found", "missing function");
    let make, fn;
    try {
      try {
        make = factory("(" + source + "\n)");
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        make = factory("(" + source.replace(/[;\s]+$/, "") + "\n)");
      }
      fn = make();
    } catch (error) {
      raiseFatal(error);
      throw new Fatal("compilation_error", `${what}${describe(error)} (${source})`);
    }
    if (typeof fn !== "function") {
      const reason = `${what}Expression does not eval to a function. (${source})`;
      throw new Fatal("compilation_error", reason);
    }
    return make;
  }

  function compileView(kind, name, source) {
    return compile(source, `Compilation of the ${kind} function in the '${name}' view failed: `);
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
        const body = anew("module " + id, function () {
          return factory("(function (module, exports, require) {" + source + "\n})");
        });
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
    globalThis.Date = SandboxDate;
  }

  function load(source, kind) {
    design = seal(parse(source));
    isViews = kind === "views";
    Math.random = function random() {
      throw new Error("Math.random is not available: what it gives would tell of earlier calls");
    };
    if (isViews) stopClock();
    realm.close({ emit, sum, log, isArray: Array.isArray, toJSON: json, require: requirer([]) });
    if (isViews) {
      viewNames = design.names;
      for (const name of viewNames) {
        const { map, reduce } = design.views[name];
        factories["map " + name] = compileView("map", name, map);
        if (reduce && !reduce.startsWith("_")) {
          factories["reduce " + name] = compileView("reduce", name, reduce);
        }
      }
    }
    forget();
    return "true";
  }

  // The function of this name, as new; `prepare` makes its factory.
  function anew(name, prepare) {
    if (!hasOwn.call(factories, name)) factories[name] = prepare();
    return factories[name]();
  }

  function forget() {
    modules = {};
    first = last = null;
    if (!realm.clean()) throw new Fatal("os_process_error", "a function locks the global object");
  }

  const calls = {};

  // One document in; out come the rows of each view as lines, ended by a record separator.
  calls.map = function (line) {
    let doc = null, answer = "";
    try {
      doc = seal(parse(line));
    } catch (error) {  // too deep: this document's fault
      if (error === null || error instanceof InternalError) raiseFatal(error);
      log(`a document of ${line.length} characters cannot be read: ${describe(error)}`);
    }
    for (const name of viewNames) {
      first = last = null;
      try {
        if (doc !== null) {
          const fn = factories["map " + name]();
          fn(doc);
        }
        answer += takeRows();
      } catch (error) {
        raiseFatal(error);
        log(`function raised exception ${describe(error)} with doc._id ${doc._id} in ${name}`);
      }
      answer += "\x1e";
    }
    return flat(answer);
  };

  // As in CouchDB, a reduce function that throws gives null, and one that does not shrink what it
  // gets an error in place of its value.
  function reduce(name, keys, values, again, size) {
    let out;
    try {
      const fn = factories["reduce " + name]();
      out = json(fn(keys, values, again));
    } catch (error) {
      raiseFatal(error);
      log(`function raised exception ${describe(error)} in ${name}`);
      return "null";
    }
    if (out.length <= OVERFLOW || out.length * RATIO <= size) return out;
    const reason = `Reduce output must shrink more rapidly: input size: ${size} ` +
      `output size: ${out.length}`;
    return stringify({ reduce_overflow_error: reason });
  }

  calls.reduce = function (line, name) {
    const [keys, values] = parse(line);
    return reduce(name, keys, values, false, line.length);
  };

  calls.rereduce = function (line, name) {
    const values = parse(line);
    for (const value of values) {
      if (typeof value === "object" && value !== null && "reduce_overflow_error" in value) {
        return json(value);
      }
    }
    return reduce(name, null, values, true, line.length);
  };

  calls.validate = function (line, head) {
    const fn = anew("validate", function () { return compile(design.validate_doc_update, ""); });
    const [user, security] = parse(head), [newDoc, oldDoc] = parse(line);
    try {
      fn.call(design, newDoc, oldDoc, user, security);
      return "null";
    } catch (error) {
      raiseFatal(error);
      if (error instanceof Error) {
        return stringify({ failed: [text(error.name), text(error.message)] });
      }
      return stringify({ thrown: error === undefined ? null : error });
    }
  };

  // A filter that throws fails the request, as in CouchDB.
  calls.filter = function (line, head) {
    const [name, req] = parse(head);
    const fn = anew("filter " + name, function () {
      return compile((design.filters || {})[name], "");
    });
    return fn.call(design, parse(line), req) ? "true" : "false";
  };

  // A map function used as a filter passes what it emits at least once (`filter=_view`).
  calls.view_filter = function (line, name) {
    const fn = anew("map " + name, function () { return compile(design.views[name].map, ""); });
    try {
      fn.call(design, parse(line));
    } catch (error) {
      raiseFatal(error);
      first = null;
      log(`function raised exception ${describe(error)} in ${name}`);
    }
    return first === null ? "false" : "true";
  };

  // Beside what reaches outside: what tells when garbage goes, and so of the heap of earlier calls.
  for (const name of ["performance", "navigator", "SharedArrayBuffer", "Atomics", "queueMicrotask",
    "WeakRef", "FinalizationRegistry"]) {
    delete globalThis[name];
  }

  return {
    load,
    call(command, line, head) {
      const answer = calls[command](line, head);
      forget();
      return answer;
    },
    takeLog() { const taken = stringify(logs); logs = []; return taken; },
  };
})
