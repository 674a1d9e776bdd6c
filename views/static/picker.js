// Search as one types over a <select>. The select stays what is sent, so the server sees the same either way.
(function () {
  function setUp(box) {
    var select = box.querySelector("select");
    var input = box.querySelector(".live input");
    var list = box.querySelector(".found");
    var chosen = box.querySelector(".chosen");
    var many = select.multiple;
    var active = -1, timer = 0, latest = 0, waiting = false, entered = false;

    function selected() {
      return Array.from(select.options).filter(function (o) { return o.selected && o.value; });
    }
    function draw() {
      chosen.replaceChildren();
      selected().forEach(function (option) {
        var chip = document.createElement("span");
        chip.className = "chip";
        chip.append(option.textContent);
        var remove = document.createElement("button");
        remove.type = "button";
        remove.textContent = "×";
        remove.setAttribute("aria-label", box.dataset.remove + " " + option.textContent);
        remove.addEventListener("click", function () { option.selected = false; draw(); input.focus(); });
        chip.append(remove);
        chosen.append(chip);
      });
      input.hidden = !many && selected().length > 0;
    }
    function choose(found) {
      if (!many) selected().forEach(function (o) { o.selected = false; });
      var option = Array.from(select.options).find(function (o) { return o.value === found.value; });
      if (!option) { option = new Option(found.title, found.value); select.append(option); }
      option.selected = true;
      input.value = "";
      close();
      draw();
      select.dispatchEvent(new Event("change", { bubbles: true }));
      if (many) input.focus();
    }
    function close() { list.hidden = true; entered = false; active = -1; input.setAttribute("aria-expanded", "false"); }
    function mark(index) {
      var rows = list.querySelectorAll("[role=option]");
      if (!rows.length) return;
      active = (index + rows.length) % rows.length;
      rows.forEach(function (row, i) { row.setAttribute("aria-selected", String(i === active)); });
      rows[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", rows[active].id);
    }
    function show(answer) {
      list.replaceChildren();
      answer.found.forEach(function (found, i) {
        var row = document.createElement("li");
        row.setAttribute("role", "option");
        row.id = list.id + "-" + i;
        row.append(found.title);
        if (found.more) { var more = document.createElement("small"); more.textContent = found.more; row.append(more); }
        row.addEventListener("mousedown", function (event) { event.preventDefault(); choose(found); });
        list.append(row);
      });
      if (answer.note) {
        var note = document.createElement("li");
        note.className = "more";
        note.textContent = answer.note;
        list.append(note);
      }
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      waiting = false;
      if (answer.found.length) mark(0);
      if (answer.found.length && entered) choose(answer.found[0]);
      entered = false;
    }
    function search() {
      var mine = ++latest;
      waiting = true;
      var url = new URL(box.dataset.url, location.href);
      url.searchParams.set("q", input.value);
      fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } })
        .then(function (answer) { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); })
        .then(function (answer) { if (mine === latest && document.activeElement === input) show(answer); })
        .catch(function () { if (mine === latest) show({ found: [], note: box.dataset.failed }); });
    }
    input.addEventListener("input", function () {
      waiting = true;
      clearTimeout(timer);
      timer = setTimeout(search, 150);
    });
    input.addEventListener("click", function () { if (list.hidden) search(); });
    input.addEventListener("blur", function () { latest++; waiting = entered = false; clearTimeout(timer); close(); });
    input.addEventListener("keydown", function (event) {
      var rows = list.querySelectorAll("[role=option]");
      if (event.key === "ArrowDown") { event.preventDefault(); if (list.hidden) search(); else mark(active + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(active - 1); }
      else if (event.key === "Escape") { close(); }
      else if (event.key === "Backspace" && many && !input.value && selected().length) {
        selected().pop().selected = false; draw();
      }
      else if (event.key === "Enter") {
        event.preventDefault();
        if (waiting) entered = true;  // what was typed last is not there yet
        else if (!list.hidden && active >= 0) rows[active].dispatchEvent(new MouseEvent("mousedown", { cancelable: true }));
      }
    });
    box.classList.add("enhanced");
    draw();
  }
  document.querySelectorAll(".picker").forEach(setUp);
  // What a script put into the page comes with the event `drawn`.
  document.addEventListener("drawn", function (event) { event.target.querySelectorAll(".picker").forEach(setUp); });
})();
