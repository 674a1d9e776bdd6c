// What is found while one types into the box at the top; Enter opens the marked line, else the page.
(function () {
  function setUp(form) {
    var input = form.querySelector("input");
    var list = form.querySelector(".found");
    var timer = 0, latest = 0, active = -1;

    function lines() { return list.querySelectorAll("[role=option]"); }
    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function mark(index) {
      var rows = lines();
      if (!rows.length) return;
      active = (index + rows.length) % rows.length;
      rows.forEach(function (row, i) { row.setAttribute("aria-selected", String(i === active)); });
      rows[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", rows[active].id);
    }
    function line(one, index) {
      var row = document.createElement("li");
      row.setAttribute("role", "option");
      row.id = list.id + "-" + index;
      row.dataset.url = one.url;
      row.append(one.title);
      if (one.about) {
        var about = document.createElement("small");
        about.textContent = one.about;
        row.append(about);
      }
      row.addEventListener("mousedown", function (event) {
        event.preventDefault();
        location.assign(one.url);
      });
      return row;
    }
    function show(answer) {
      list.replaceChildren();
      answer.found.concat(answer.all || []).forEach(function (one, i) { list.append(line(one, i)); });
      if (answer.note) {
        var note = document.createElement("li");
        note.className = "more";
        note.textContent = answer.note;
        list.append(note);
      }
      active = -1;
      list.hidden = !list.children.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
    }
    function search() {
      var mine = ++latest, url = new URL(form.dataset.url, location.href);
      url.searchParams.set("q", input.value);
      fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } })
        .then(function (answer) { if (!answer.ok) throw new Error(String(answer.status)); return answer.json(); })
        .then(function (answer) { if (mine === latest && document.activeElement === input) show(answer); })
        .catch(function () { if (mine === latest) show({ found: [], note: form.dataset.failed }); });
    }
    input.addEventListener("input", function () {
      clearTimeout(timer);
      if (input.value.trim()) timer = setTimeout(search, 150);
      else { latest++; close(); }
    });
    input.addEventListener("blur", function () { latest++; clearTimeout(timer); close(); });
    input.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown") { event.preventDefault(); if (list.hidden) search(); else mark(active + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(active < 0 ? -1 : active - 1); }
      else if (event.key === "Escape") close();
      else if (event.key === "Enter" && active >= 0) {
        event.preventDefault();
        location.assign(lines()[active].dataset.url);
      }
    });
  }
  document.querySelectorAll(".search-box").forEach(setUp);
  document.addEventListener("keydown", function (event) {
    var typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      var box = document.querySelector(".search-box input");
      if (box) { event.preventDefault(); box.focus(); }
    }
  });
})();
