// Tables of an edit page work by buttons that post the page. Here the same posts go on behind it, so
// the page stays: the answer brings the rows anew, and what is calculated in them.
(function () {
  var latest = 0;

  function post(form, button) {
    var data = new FormData(form);
    data.append("find", button);
    return fetch(form.action, { method: "POST", body: data, credentials: "same-origin" })
      .then(function (answer) { return answer.text(); })
      .then(function (text) { return new DOMParser().parseFromString(text, "text/html"); });
  }
  // Where the answer is no such page (signed out meanwhile, no network) the button posts the page itself.
  function change(button, focus) {
    var entry = button.closest(".entry");
    entry.setAttribute("aria-busy", "true");
    latest += 1;
    post(button.form, button.value).then(function (page) {
      var now = page.getElementById(entry.id);
      if (!now) throw new Error("no such table");
      entry.replaceWith(now);
      now.dispatchEvent(new Event("drawn", { bubbles: true }));
      focus(now);
    }).catch(function () { entry.removeAttribute("aria-busy"); button.dataset.plain = "yes"; button.click(); });
  }
  function shownFields(part) {
    var fields = part ? Array.from(part.querySelectorAll("input:not([type=hidden]), select, textarea, .chip button")) : [];
    return fields.filter(function (field) { return field.offsetParent !== null; });
  }
  function enter(row, column) {
    var field = row && (shownFields(row.cells[column])[0] || shownFields(row)[0]);
    if (field) { field.focus(); if (field.select) field.select(); }
  }
  function lastRow(entry) { return entry.querySelector("tbody tr:last-child"); }

  document.addEventListener("click", function (event) {
    var button = event.target.closest(".entry button[name=find]");
    if (!button || button.dataset.plain || button.closest(".picker")) return;
    event.preventDefault();
    var row = button.closest("tbody tr"), place = row ? row.sectionRowIndex : 0;
    change(button, function (entry) {
      var rows = entry.querySelectorAll("tbody tr");
      enter(row ? rows[Math.min(place, rows.length - 1)] : lastRow(entry), 0);
    });
  });
  // Enter goes down the column, and makes a row below the last one.
  document.addEventListener("keydown", function (event) {
    var cell = event.key === "Enter" && !event.isComposing && event.target.closest(".entry tbody td");
    if (!cell || event.defaultPrevented || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    var next = cell.parentElement.nextElementSibling, column = cell.cellIndex;
    if (next) { enter(next, column); return; }
    var add = cell.closest(".entry").querySelector("button[value$='.add']");
    change(add, function (entry) { enter(lastRow(entry), column); });
  });
  // What is calculated follows what is typed; what a link fills in goes where nothing stands.
  document.addEventListener("change", function (event) {
    var entry = event.target.closest(".entry");
    if (!entry) return;
    var mine = latest += 1;
    post(event.target.form, entry.id + ".calculate").then(function (page) {
      var now = page.getElementById(entry.id);
      if (!now || mine !== latest) return;
      now.querySelectorAll("output[id]").forEach(function (output) {
        var here = document.getElementById(output.id);
        if (here) here.value = output.value;
      });
      now.querySelectorAll("input[id]").forEach(function (input) {
        var here = document.getElementById(input.id);
        if (here && !here.value && here !== document.activeElement && input.value) here.value = input.value;
      });
    }).catch(function () { /* the next change, or the save, calculates */ });
  });
})();
